"""Dress the shoulders: the cut of the collar, the cloth, and what stands or hangs round the neck."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32

from facsimile.face.accessories import CHECK, KNIT, PLAIN, STRIPES, WEAVE, Accessory, accessory
from facsimile.face.headwear import cloth_colours, drape
from facsimile.face.rest import AXIS_Z, atlas, atlas_column, atlas_row
from facsimile.face.solids import Mesh, joined, sheet, tube

GARMENTS = ("T-shirt", "V-neck", "scoop neck", "shirt", "polo neck", "hoodie", "sweater", "jacket")
GARMENT_SHARE = (0.26, 0.12, 0.10, 0.18, 0.08, 0.10, 0.10, 0.06)
"""How often each is worn; a guess."""
BODY_MARGIN_DM = 0.16
"""The body is drawn this far below the collar, so that nobody looks through it under the cloth."""


@dataclass(frozen=True, eq=False)
class Garment:
    """Describe what covers the shoulders.

    ``height`` of the collar at the neck (dm), ``drop`` per dm forward, ``radius`` (dm) round the neck, ``point`` depth
    of a V (dm); linear RGB ``colour`` and ``second`` of the ``pattern`` (see ``accessories``) of size ``scale`` (dm).
    """

    name: str
    height: float
    drop: float
    radius: float
    point: float
    colour: Float32[np.ndarray, "3"]
    second: Float32[np.ndarray, "3"]
    pattern: int
    scale: float

    def below(self, points: Float[np.ndarray, "V 3"]) -> Float32[np.ndarray, " V"]:
        """Return how far template points lie below the collar (dm): cloth covers what is positive."""
        x, y, z = points.T
        away = np.hypot(x, z - 0.1) - self.radius
        front = np.clip((z - 0.2) / 0.3, 0, 1)
        notch = self.point * front * np.clip(1 - np.abs(x) / (0.22 + 0.45 * self.point), 0, 1)
        collar = self.height - self.drop * np.maximum(z, 0) - notch + np.clip(away * 1.6, -0.6, 1.5)
        return np.asarray(collar - y, np.float32)


def neck_ring(
    turn: Float[np.ndarray, " N"], y: Float[np.ndarray, " N"], gap: Float[np.ndarray, " N"]
) -> Float[np.ndarray, "N 3"]:
    """Return points round the template's neck at angles ``turn`` (0 in front), ``gap`` dm off the skin."""
    a = atlas()
    x, z = np.sin(turn), np.cos(turn)
    columns = [int(atlas_column(float(i), float(AXIS_Z + k))) for i, k in zip(x, z, strict=True)]
    column = np.array(columns) % a.x.shape[1]
    row = np.clip(np.array([int(atlas_row(float(v))) for v in y]), 0, a.x.shape[0] - 1)
    radius = np.hypot(a.x[row, column], a.z[row, column] - AXIS_Z)
    radius = np.minimum(radius, 0.68) + gap
    return np.stack([radius * x, y, AXIS_Z + radius * z], -1)


def _shirt_collar(rng: np.random.Generator) -> Mesh:
    """Return a turned-down collar, open in front."""
    opening = rng.uniform(0.22, 0.6)
    turn = np.linspace(opening, 2 * np.pi - opening, 60)
    front = np.cos(turn)
    tip = np.exp(-(((np.minimum(turn, 2 * np.pi - turn) - opening) / 0.35) ** 2))
    stand = rng.uniform(6.02, 6.14) - 0.34 * np.clip(front, -0.1, 1) - 0.10 * tip
    fall = rng.uniform(0.22, 0.32) + rng.uniform(0.1, 0.22) * tip
    rows = [
        neck_ring(turn, stand - 0.30, np.full(60, 0.07)),
        neck_ring(turn, stand - 0.02, np.full(60, 0.06)),
        neck_ring(turn, stand, np.full(60, 0.085)),
        neck_ring(turn, stand - 0.01, np.full(60, 0.115)),
    ]
    for share in (0.35, 0.7, 1.0):
        ring = neck_ring(turn, stand, np.full(60, 0.115)) - np.array((0, 1, 0)) * (fall * share)[:, None]
        out = ring - np.array((0, 0, AXIS_Z))
        out[:, 1] = 0
        out /= np.linalg.norm(out, axis=1, keepdims=True)
        rows.append(ring + out * (share * (0.16 + 0.10 * tip))[:, None])
    return sheet(np.stack(rows))


def _polo_neck(rng: np.random.Generator) -> Mesh:
    turn = np.arange(64) / 64 * 2 * np.pi
    top = rng.uniform(6.10, 6.28) - 0.16 * np.clip(np.cos(turn), -0.2, 1)
    levels = ((-0.42, 0.11), (-0.25, 0.085), (-0.08, 0.085), (0.0, 0.075), (0.015, 0.055), (-0.05, 0.04))
    soft = 0.008 * np.sin(5 * turn + rng.uniform(0, 6))
    return sheet(np.stack([neck_ring(turn, top + rise, gap + soft) for rise, gap in levels]), closed=True)


def _hood(rng: np.random.Generator) -> Mesh:
    """Return a hood that lies on the shoulders: a thick fold from the chest round the neck."""
    half = 2.55
    turn = np.linspace(np.pi - half, np.pi + half, 60)
    away = np.abs(turn - np.pi) / half
    y = 5.98 - 0.42 * away**2.2
    thick = (0.24 - 0.14 * away**1.5) * (1 + 0.08 * np.sin(7 * turn + rng.uniform(0, 6)))
    line = neck_ring(turn, y, 0.14 + 0.10 * (1 - away))
    return tube(line, np.stack([thick, 0.8 * thick], -1), sides=12)


def collar_of(rng: np.random.Generator, garment: Garment) -> tuple[Accessory, ...]:
    """Return what stands up from a garment's neckline."""
    makers = {"shirt": _shirt_collar, "polo neck": _polo_neck, "hoodie": _hood, "jacket": _shirt_collar}
    if garment.name not in makers:
        return ()
    pattern = KNIT if garment.name == "polo neck" else garment.pattern
    made = accessory("collar", makers[garment.name](rng), kind="clothes", hold="body", colour=garment.colour,
                     second=garment.second, pattern=pattern, scale=garment.scale, roughness=0.85)  # fmt: skip
    return (made,)


def random_scarf(rng: np.random.Generator) -> Accessory:
    """Draw a scarf round the neck."""
    colour, second = cloth_colours(rng)
    turn = np.arange(96) / 96 * 2 * np.pi
    loops = []
    for level, gap in ((6.02, 0.12), (5.86, 0.20)):
        y = level - 0.16 * np.cos(turn) + 0.03 * np.sin(3 * turn + rng.uniform(0, 6))
        thick = 0.15 * (1 + 0.18 * np.sin(2 * turn + rng.uniform(0, 6)) + 0.10 * np.sin(5 * turn + rng.uniform(0, 6)))
        radius = np.stack([thick, 0.75 * thick], -1)
        loops.append(tube(neck_ring(turn, y, np.full(96, gap)), radius, closed=True, sides=14))
    mesh = joined([*loops, drape(rng, top=5.85, bottom=5.2, thickness=0.16)]) if rng.random() < 0.3 else joined(loops)
    pattern = int(rng.choice((KNIT, STRIPES, CHECK, WEAVE)))
    return accessory("scarf", mesh, kind="clothes", hold="body", colour=colour, second=second, pattern=pattern,
                     scale=float(rng.uniform(0.10, 0.3)), roughness=0.9)  # fmt: skip


def random_garment(rng: np.random.Generator, *, name: str | None = None) -> Garment:
    """Draw a garment: its cut, cloth and colours; ``name`` fixes the cut."""
    drawn = GARMENTS[int(rng.choice(len(GARMENTS), p=GARMENT_SHARE))]
    chosen = drawn if name is None else name
    colour, second = cloth_colours(rng)
    height, drop, radius, point = {
        "T-shirt": (rng.uniform(5.75, 6.0), rng.uniform(0.1, 0.35), rng.uniform(0.58, 0.72), 0.0),
        "V-neck": (rng.uniform(5.8, 6.0), rng.uniform(0.15, 0.3), rng.uniform(0.58, 0.7), rng.uniform(0.35, 0.7)),
        "scoop neck": (rng.uniform(5.6, 5.8), rng.uniform(0.4, 0.6), rng.uniform(0.75, 0.95), 0.0),
        "shirt": (5.95, 0.2, 0.6, rng.uniform(0.2, 0.55)),
        "polo neck": (6.05, 0.1, 0.55, 0.0),
        "hoodie": (rng.uniform(5.8, 5.95), 0.25, 0.62, 0.0),
        "sweater": (rng.uniform(5.85, 6.0), 0.15, 0.6, 0.0),
        "jacket": (5.95, 0.2, 0.6, rng.uniform(0.3, 0.6)),
    }[chosen]
    knit = chosen in ("polo neck", "sweater")
    share = (0.32, 0.0, 0.46, 0.18, 0.04)
    if knit or chosen == "shirt":
        share = (0.0, 0.75, 0.0, 0.25, 0.0) if knit else (0.30, 0.0, 0.36, 0.18, 0.16)
    pattern = int(rng.choice((PLAIN, KNIT, WEAVE, STRIPES, CHECK), p=share))
    scale = {STRIPES: rng.uniform(0.13, 0.45), CHECK: rng.uniform(0.13, 0.4)}.get(pattern, 0.045)
    return Garment(chosen, float(height), float(drop), float(radius), float(point), colour.astype(np.float32),
                   second.astype(np.float32), pattern, float(scale))  # fmt: skip
