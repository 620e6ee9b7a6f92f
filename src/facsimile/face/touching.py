"""Bring a thing to a face until it touches: hands, cups and telephones rest on the skin they meet."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float, Float32, Int32

from facsimile.face.landmarks import FLIP_LANDMARKS, landmark_surface
from facsimile.face.pack import load_head_pack

CELL_DM = 0.1
"""Width of the cells in which thing and face are compared: wider than the mesh's triangles on the face."""
NECK_BELOW = 6.6
"""Skin of the template with y + 0.45 z below this (dm) is neck or chest, which hands do not rest on."""
MOST_SHIFT_DM = 0.8
"""A thing that meets nothing stays near where it is on the template."""


@dataclass(frozen=True, eq=False)
class Touch:
    """Say how a thing comes to the face: along ``approach`` until ``points`` meet skin, then ``press_dm`` further.

    Sideways it follows landmark ``anchor``; with an ``approach`` of 0 it only does that. ``points`` [N,3] lie before
    the template's face, dm.
    """

    points: Float32[np.ndarray, "N 3"]
    approach: Float32[np.ndarray, "3"]
    anchor: int
    press_dm: float

    def __call__(
        self, vertices: Float32[np.ndarray, "V 3"], head: Float32[np.ndarray, "W 3"]
    ) -> Float32[np.ndarray, "V 3"]:
        """Return ``vertices`` moved to where the thing touches ``head``."""
        return vertices + self.shift(head)

    def shift(self, head: Float32[np.ndarray, "W 3"]) -> Float32[np.ndarray, "3"]:
        """Return the way from the template to ``head``."""
        anchor = landmark_surface().take([self.anchor])
        aside = (anchor.at(head) - anchor.at(load_head_pack().vertices))[0]
        if not self.approach.any():
            return aside
        aside = aside - self.approach * (aside @ self.approach)
        skin = head[touched_vertices()]
        gap = free_way(self.points + aside, skin, self.approach)
        way = np.clip(gap + self.press_dm, -MOST_SHIFT_DM, MOST_SHIFT_DM)
        return np.asarray(aside + self.approach * way, np.float32)

    def mirrored(self) -> "Touch":
        """Return the same on the other side of the face."""
        flip = np.array((-1, 1, 1), np.float32)
        return Touch(self.points * flip, self.approach * flip, FLIP_LANDMARKS[self.anchor], self.press_dm)


@lru_cache(maxsize=1)
def touched_vertices() -> Int32[np.ndarray, " N"]:
    """Return the skin vertices of face and head that things rest on."""
    pack = load_head_pack()
    body = pack.part_vertices("body")
    return body[pack.vertices[body, 1] + 0.45 * pack.vertices[body, 2] > NECK_BELOW]


def free_way(
    points: Float32[np.ndarray, "N 3"], skin: Float32[np.ndarray, "M 3"], approach: Float32[np.ndarray, "3"]
) -> float:
    """Return how far (dm) ``points`` can go along ``approach`` before one meets ``skin``; negative if it is past it.

    Both are compared cell by cell across the approach; 0 where they share no cell.
    """
    across, up = _basis(approach)
    nearest: dict[bool, np.ndarray] = {}
    low = np.minimum(*(np.array(((p @ across).min(), (p @ up).min())) for p in (points, skin)))
    high = np.maximum(*(np.array(((p @ across).max(), (p @ up).max())) for p in (points, skin)))
    shape = tuple(((high - low) / CELL_DM).astype(int) + 1)
    for is_skin, cloud in ((False, points), (True, skin)):
        cell = tuple(
            ((cloud @ axis - start) / CELL_DM).astype(int) for axis, start in zip((across, up), low, strict=True)
        )
        nearest[is_skin] = np.full(shape, np.inf)
        np.minimum.at(nearest[is_skin], cell, (cloud @ approach) * (1 if is_skin else -1))
    gap = nearest[True] + nearest[False]
    return float(gap.min()) if np.isfinite(gap).any() else 0.0


def _basis(axis: Float32[np.ndarray, "3"]) -> tuple[Float[np.ndarray, "3"], Float[np.ndarray, "3"]]:
    """Return two unit vectors across a unit vector and each other."""
    helper = np.array((0.0, 1.0, 0.0)) if abs(axis[1]) < 0.9 else np.array((0.0, 0.0, 1.0))
    across = np.cross(helper, axis)
    across /= np.linalg.norm(across)
    return across, np.cross(axis, across)
