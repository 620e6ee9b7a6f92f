"""Know the scalp of the template: where hair roots lie, where a person's hair begins, and how far the skull reaches."""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from jaxtyping import Float, Float32, Int32

from facsimile.face.pack import load_head_pack
from facsimile.face.regions import hairline_distance
from facsimile.face.rest import template_skin
from facsimile.face.strands import unit

SKULL_CENTRE = np.array((0.0, 7.5, 0.35))
"""A point (dm) inside the skull from which its surface is seen in every direction."""
RADIUS_CELLS = (64, 128)
NUM_ROOTS = 14_000
"""Roots to choose from; a head of hair takes about 5,000."""
LOWEST_RECEDE = -0.5
"""Roots reach down to this hairline."""


@dataclass(frozen=True)
class Roots:
    """Hold where strands start: triangle and barycentrics on the body, position and normal (dm)."""

    triangle: Int32[np.ndarray, " N"]
    bary: Float32[np.ndarray, "N 2"]
    position: Float[np.ndarray, "N 3"]
    normal: Float[np.ndarray, "N 3"]

    def __len__(self) -> int:
        """Count the roots."""
        return len(self.triangle)

    def of(self, index: Int32[np.ndarray, " K"] | Float[np.ndarray, " K"] | slice | np.ndarray) -> "Roots":
        """Return some of the roots."""
        return Roots(self.triangle[index], self.bary[index], self.position[index], self.normal[index])


@dataclass(frozen=True)
class Hairline:
    """Describe where hair begins.

    ``recede`` -0.5 low to 1 temples far back, ``peak`` 0-1 widow's peak, ``crown`` 0-1 thinning of the vertex,
    ``softness`` dm over which hair gets dense, ``density`` 0-1 of the hair behind it.
    """

    recede: float = 0.0
    peak: float = 0.0
    crown: float = 0.0
    softness: float = 0.15
    density: float = 1.0

    def inside(self, points: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n"]:
        """Return how far (dm) template points lie inside the hair."""
        x, z = points[..., 0], points[..., 2]
        front = np.clip((z - 0.5) / 0.3, 0, 1)
        peak = self.peak * 0.16 * (np.exp(-((x / 0.13) ** 2)) - 0.35 * np.exp(-(((np.abs(x) - 0.32) / 0.14) ** 2)))
        wobble = 0.015 * np.sin(17.0 * x + 1.3) + 0.012 * np.sin(41.0 * x + 0.4)
        return hairline_distance(points, recede=self.recede) + front * (peak + wobble)

    def cover(self, points: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n"]:
        """Return how dense hair is at template points, 0-1."""
        edge = np.clip(self.inside(points) / self.softness, 0, 1)
        away = np.hypot(points[..., 0], points[..., 2] + 0.05) / 0.55
        bare = self.crown * np.clip(1.25 - away, 0, 1) * np.clip((points[..., 1] - 7.9) / 0.2, 0, 1)
        return edge * edge * (3 - 2 * edge) * (1 - np.clip(1.4 * bare, 0, 0.97)) * self.density


@lru_cache(maxsize=1)
def skull_radius() -> Float32[np.ndarray, "H W"]:
    """Return the distance of the skin from ``SKULL_CENTRE`` by (elevation, azimuth)."""
    skin, pack = template_skin(), load_head_pack()
    vertices = np.unique(skin.triangles[skin.outer])
    ray = pack.vertices[vertices].astype(np.float64) - SKULL_CENTRE
    ray = ray[pack.vertices[vertices][:, 1] > 6.2]
    radius = np.linalg.norm(ray, axis=1)
    rows, columns = (side // 2 for side in RADIUS_CELLS)
    azimuth, elevation = np.meshgrid(
        (np.arange(columns) + 0.5) / columns * 2 * np.pi - np.pi, (np.arange(rows) + 0.5) / rows * np.pi - np.pi / 2
    )
    look = [np.cos(elevation) * np.sin(azimuth), np.sin(elevation), np.cos(elevation) * np.cos(azimuth)]
    away = -np.stack(look, -1).reshape(-1, 3).astype(np.float32) @ (ray / radius[:, None]).T.astype(np.float32)
    nearest = np.argpartition(away, 4, axis=1)[:, :4]
    mean = radius[nearest].mean(1).reshape(rows, columns).astype(np.float32)
    wrapped = np.concatenate([mean[:, -3:], mean, mean[:, :3]], 1)
    fine = cv2.resize(wrapped, None, fx=2, fy=2, interpolation=cv2.INTER_LINEAR)
    return cv2.GaussianBlur(fine, (0, 0), 1.2)[:, 6:-6]


def above_skull(points: Float[np.ndarray, "*n 3"]) -> tuple[Float[np.ndarray, "*n"], Float[np.ndarray, "*n"]]:
    """Return the distance of points from the skull's centre, and that of the skin in the same direction."""
    ray = points - SKULL_CENTRE
    distance = np.linalg.norm(ray, axis=-1) + 1e-9
    rows, columns = RADIUS_CELLS
    row = (np.arcsin(np.clip(ray[..., 1] / distance, -1, 1)) / np.pi + 0.5) * rows
    column = (np.arctan2(ray[..., 0], ray[..., 2]) / (2 * np.pi) + 0.5) * columns
    index = np.clip(row.astype(int), 0, rows - 1), column.astype(int) % columns
    return distance, skull_radius()[index]


@lru_cache(maxsize=1)
def scalp_roots() -> Roots:
    """Return ``NUM_ROOTS`` roots scattered evenly over the scalp in random order, made once per process."""
    rng = np.random.default_rng(7)
    skin = template_skin()
    corners = skin.corners().astype(np.float64)
    middle = corners.mean(1)
    ears = load_head_pack().sample_mask("ears", skin.uv.mean(1)) > 0.3
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    grows = (hairline_distance(middle, recede=LOWEST_RECEDE) > -0.15) & ~ears & (np.abs(middle[:, 0]) < 0.82)
    area *= grows & (middle[:, 1] > 6.4) & skin.outer
    triangle = rng.choice(len(area), NUM_ROOTS * 2, p=area / area.sum())
    bary = rng.random((NUM_ROOTS * 2, 2))
    bary = np.where(bary.sum(1, keepdims=True) > 1, 1 - bary, bary)
    weights = np.concatenate([1 - bary.sum(1, keepdims=True), bary], 1)[..., None]
    position = (corners[triangle] * weights).sum(1)
    normal = unit((skin.normals[skin.triangles[triangle]] * weights).sum(1).astype(np.float64))
    keep = np.flatnonzero(hairline_distance(position, recede=LOWEST_RECEDE) > 0)[:NUM_ROOTS]
    return Roots(triangle[keep].astype(np.int32), bary[keep].astype(np.float32), position[keep], normal[keep])


def nearest_root(point: Float[np.ndarray, "3"]) -> int:
    """Return the root nearest to a template point."""
    return int(np.argmin(((scalp_roots().position - point) ** 2).sum(1)))
