"""Cover nose and mouth: surgical, cloth and cup-shaped masks, stretched over whatever face wears them."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from jaxtyping import Bool, Float, Float32, Int32

from facsimile.face.accessories import CHECK, PLAIN, STRIPES, WEAVE, Accessory, accessory, ear_vertices
from facsimile.face.headwear import cloth_colours
from facsimile.face.landmarks import landmark_surface
from facsimile.face.pack import load_head_pack
from facsimile.face.solids import Mesh, joined, sheet, tube
from facsimile.face.touching import touched_vertices

MASKS = ("surgical", "cloth", "respirator")
MASK_SHARE = (0.6, 0.25, 0.15)
"""How often each is worn; a guess."""
SURGICAL = ((0.33, 0.58, 0.74), (0.33, 0.58, 0.74), (0.62, 0.63, 0.64), (0.02, 0.02, 0.022), (0.45, 0.66, 0.55),
            (0.62, 0.36, 0.42))  # fmt: skip
"""Linear RGB of surgical masks: blue, white, black, green, rose, by eye."""
CENTRE = (0.0, 6.75, 0.35)
"""Point inside the template's head (dm) from which cloth and skin are measured."""
FOLLOWED = (2, 14, 8, 28)
"""Landmarks whose mean movement the centre follows: both cheeks, chin, bridge of the nose."""
WIDTH_DEG, TOP_DEG, BOTTOM_DEG, CORNER_DEG = 60.0, 15.0, -43.0, -17.0
"""Where a mask ends, seen from the centre: to the sides, above on the nose, below under the chin and at its corners."""
FIELD_DEG = ((-80.0, 80.0), (-70.0, 40.0))
"""Directions (aside, up) in which cloth is computed."""
STEP_DEG = 2.5
PULLS = 60
"""Steps that straighten the cloth."""
GAP_DM = 0.03
"""Cloth over skin."""
ROWS, COLUMNS = 44, 36
EAR_LOOPS = ((0.78, 7.27, 0.56), (0.76, 6.93, 0.45))
"""Where loops pass the template's left ear, above and below (dm)."""


@dataclass(frozen=True, eq=False)
class Drape:
    """Lay a mask over a head: cloth is tight over nose, cheeks and chin and straight between them.

    ``aside`` and ``up`` [R,C] are the directions of the cloth's points in degrees, ``thick`` [R,C] what pleats, seams
    and cups add to its distance (dm).
    """

    aside: Float[np.ndarray, "R C"]
    up: Float[np.ndarray, "R C"]
    thick: Float[np.ndarray, "R C"]

    def __call__(
        self, vertices: Float32[np.ndarray, "V 3"], head: Float32[np.ndarray, "W 3"]
    ) -> Float32[np.ndarray, "V 3"]:
        """Return the mask's points on ``head``; ``vertices`` only say how many there are."""
        points = self.mesh(head)[0].astype(np.float32)
        assert points.shape == vertices.shape
        return points

    def mesh(self, head: Float32[np.ndarray, "W 3"]) -> Mesh:
        """Return cloth and loops on a head."""
        centre = _centre(head)
        inside = self._inside()
        radius = pulled(_skin_radius(head, centre) + GAP_DM, inside)
        angles = zip((self.aside, self.up), FIELD_DEG, strict=True)
        column, row = (((angle - low) / STEP_DEG).astype(np.float32) for angle, (low, _) in angles)
        away = cv2.remap(radius.astype(np.float32), column, row, cv2.INTER_LINEAR) + self.thick
        grid = centre + _directions(self.aside, self.up) * away[..., None]
        return joined([sheet(grid), *self._loops(grid, head)])

    def _inside(self) -> Bool[np.ndarray, "M N"]:
        """Return which directions of the field the cloth covers."""
        aside, up = _field()
        across = np.interp(aside[0], self.aside[0], np.arange(self.aside.shape[1])).round().astype(int)
        return (np.abs(aside) < WIDTH_DEG) & (up < self.up[0][across]) & (up > self.up[-1][across])

    def _loops(self, grid: Float[np.ndarray, "R C 3"], head: Float32[np.ndarray, "W 3"]) -> list[Mesh]:
        """Return two elastic bands on each side, from the corners of the cloth to the ear."""
        moved = head[ear_vertices()] - load_head_pack().vertices[ear_vertices()]
        out = []
        for column, side in ((0, -1), (-1, 1)):
            on_side = moved[np.sign(load_head_pack().vertices[ear_vertices(), 0]) == side].mean(0)
            for row, ear in zip((2, -3), EAR_LOOPS, strict=True):
                end = np.array(ear) * (side, 1, 1) + on_side
                share = np.linspace(0, 1, 6)[:, None]
                line = grid[row, column] * (1 - share) + end * share
                line[:, 0] += side * 0.04 * np.sin(np.pi * share[:, 0])
                out.append(tube(line, np.full((6, 2), 0.012), sides=6))
        return out


def pulled(skin: Float[np.ndarray, "M N"], inside: Bool[np.ndarray, "M N"]) -> Float[np.ndarray, "M N"]:
    """Return the distance of cloth that lies on ``skin`` or spans it: nowhere below it, elsewhere as flat as can be."""
    cloth, step = skin.copy(), np.zeros_like(skin)
    for _ in range(PULLS):
        step[1:-1, 1:-1] = (cloth[:-2, 1:-1] + cloth[2:, 1:-1] + cloth[1:-1, :-2] + cloth[1:-1, 2:]) * 0.25
        cloth = np.where(inside, np.maximum(skin, step), skin)
    return cloth


def _field() -> tuple[Float[np.ndarray, "M N"], Float[np.ndarray, "M N"]]:
    """Return the directions (aside, up) of the field in degrees."""
    aside, up = (np.arange(low, high + STEP_DEG / 2, STEP_DEG) for low, high in FIELD_DEG)
    wide, high = np.meshgrid(aside, up)
    return wide, high


def _directions(aside: Float[np.ndarray, "*n"], up: Float[np.ndarray, "*n"]) -> Float[np.ndarray, "*n 3"]:
    """Return unit vectors of directions in degrees."""
    a, b = np.radians(aside), np.radians(up)
    return np.stack([np.sin(a) * np.cos(b), np.sin(b), np.cos(a) * np.cos(b)], -1)


def _centre(head: Float32[np.ndarray, "W 3"]) -> Float[np.ndarray, "3"]:
    """Return the point inside a head that its mask is measured from."""
    points = landmark_surface().take(list(FOLLOWED))
    return np.array(CENTRE) + (points.at(head) - points.at(load_head_pack().vertices)).mean(0)


@lru_cache(maxsize=1)
def _skin_triangles() -> Int32[np.ndarray, "F 3"]:
    """Return the triangles between touched vertices."""
    corners, _, _ = load_head_pack().triangles(("body",))
    return corners[np.isin(corners, touched_vertices()).all(1)].astype(np.int32)


def _skin_radius(head: Float32[np.ndarray, "W 3"], centre: Float[np.ndarray, "3"]) -> Float[np.ndarray, "M N"]:
    """Return how far (dm) the outermost skin lies from ``centre`` in each direction of the field."""
    triangles = head[_skin_triangles()]
    ends = np.concatenate([triangles.reshape(-1, 3), triangles.mean(1), triangles[:, :2].mean(1)])
    away = ends - centre
    radius = np.linalg.norm(away, axis=1)
    aside = np.degrees(np.arctan2(away[:, 0], away[:, 2]))
    up = np.degrees(np.arcsin(np.clip(away[:, 1] / radius, -1, 1)))
    out = np.zeros(_field()[0].shape, np.float32)
    (left, right), (low, high) = FIELD_DEG
    seen = (aside > left) & (aside < right) & (up > low) & (up < high)
    cell = ((up[seen] - low) / STEP_DEG + 0.5).astype(int), ((aside[seen] - left) / STEP_DEG + 0.5).astype(int)
    np.maximum.at(out, cell, radius[seen].astype(np.float32))
    filled = cv2.dilate(out, np.ones((3, 3), np.uint8), iterations=2)
    return cv2.GaussianBlur(np.where(out > 0, out, filled), (3, 3), 0).astype(np.float64)


def random_mask(rng: np.random.Generator, *, name: str | None = None) -> Accessory:
    """Draw a face mask; ``name`` fixes which."""
    drawn = MASKS[int(rng.choice(len(MASKS), p=MASK_SHARE))]
    kind = drawn if name is None else name
    if kind not in MASKS:
        raise ValueError(f"mask {kind!r} is unknown; use one of {', '.join(MASKS)}")
    drape = _cut(rng, kind)
    mesh = drape.mesh(load_head_pack().vertices)
    colour, second = cloth_colours(rng)
    plain = np.array(SURGICAL[int(rng.integers(len(SURGICAL)))]) * np.exp(rng.normal(0, 0.05))
    pattern = WEAVE
    if kind == "cloth":
        pattern = (PLAIN, WEAVE, STRIPES, CHECK)[int(rng.choice(4, p=(0.3, 0.4, 0.15, 0.15)))]
    else:
        colour = np.full(3, 0.6) if kind == "respirator" and rng.random() < 0.7 else plain
    return accessory(
        f"{kind} mask",
        mesh,
        kind="mask",
        hold="drape",
        colour=_painted(mesh, colour, kind),
        second=second,
        pattern=pattern,
        scale=float(rng.uniform(0.08, 0.2)),
        roughness=0.85,
        fit=drape,
    )


def _cut(rng: np.random.Generator, kind: str) -> Drape:
    """Return the form of a mask."""
    across, down = np.meshgrid(np.linspace(-1, 1, COLUMNS), np.linspace(0, 1, ROWS))
    top = TOP_DEG + rng.normal(0, 1.5) + 2.0 * np.cos(np.pi * across) * (kind != "surgical")
    bottom = BOTTOM_DEG + rng.normal(0, 2.0) + (CORNER_DEG - BOTTOM_DEG) * np.abs(across) ** 2.2
    narrow = 1 - 0.08 * np.abs(2 * down - 1) ** 2
    up = top + (bottom - top) * down
    middle = 1 - np.abs(across) ** 3
    if kind == "surgical":
        fold = 4.0 * down - 0.35
        thick = 0.035 * (1 - np.mod(fold, 1.0)) * ((fold > 0) & (fold < 3)) * middle
    elif kind == "cloth":
        thick = 0.012 * np.exp(-((across / 0.03) ** 2)) + 0.006 * np.sin(6 * down + 5 * across**2 + rng.uniform(0, 6))
    else:
        dome = np.clip(1 - (across / 0.75) ** 2 - ((down - 0.45) / 0.55) ** 2, 0, 1)
        thick = 0.22 * np.sqrt(dome) + 0.012 * np.exp(-((across / 0.03) ** 2))
    return Drape(WIDTH_DEG * across * narrow, up, np.asarray(thick, np.float64))


def _painted(mesh: Mesh, colour: Float[np.ndarray, "3"], kind: str) -> Float[np.ndarray, "V 3"]:
    """Return the colour at each point: cloth, its paler edge, white loops."""
    out = np.broadcast_to(np.asarray(colour, np.float64), mesh[0].shape).copy()
    edge = np.zeros((ROWS, COLUMNS), bool)
    edge[[0, 1, -2, -1]] = True
    edge[:, [0, -1]] = True
    if kind == "surgical":
        out[: ROWS * COLUMNS][edge.ravel()] = 0.5 * np.asarray(colour) + 0.3
    out[ROWS * COLUMNS :] = np.where(np.mean(colour) < 0.08, 0.03, 0.7)
    return out
