"""Measure where each unit moves the skin: the matrix of units and areas of the face, in millimetres."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float

from facsimile.face.directions import PosesHeads
from facsimile.face.evidence import region, unit_expression
from facsimile.face.identity import Identity
from facsimile.face.pack import MM_PER_UNIT, load_head_pack
from facsimile.face.shapes import skin_vertices
from facsimile.facs.action_units import LABEL_UNITS

AREAS: dict[str, tuple[float, float, float, float]] = {
    "forehead": (0.0, 0.75, 7.60, 8.4),
    "inner brow": (0.0, 0.26, 7.38, 7.60),
    "outer brow": (0.26, 0.75, 7.40, 7.60),
    "upper lid": (0.17, 0.48, 7.29, 7.38),
    "lower lid": (0.17, 0.48, 7.17, 7.28),
    "temple": (0.55, 0.85, 7.05, 7.40),
    "nose": (0.0, 0.12, 6.85, 7.38),
    "wing": (0.10, 0.20, 6.78, 6.98),
    "cheek": (0.22, 0.60, 6.84, 7.14),
    "side cheek": (0.40, 0.80, 6.45, 6.84),
    "upper lip": (0.0, 0.20, 6.62, 6.80),
    "corner": (0.20, 0.36, 6.52, 6.72),
    "lower lip": (0.0, 0.20, 6.46, 6.60),
    "chin": (0.0, 0.30, 6.05, 6.40),
    "neck": (0.0, 0.60, 4.5, 5.95),
}
"""Areas of the subject's left half of the template: x from, x to, y from, y to (dm)."""
OTHER_SIDE = "other side"
OTHER_SIDE_X = -0.15
"""Skin beyond this (dm) is the other side: motion fades over the middle of the face."""
COLUMNS = (*AREAS, OTHER_SIDE)


@lru_cache(maxsize=1)
def areas() -> dict[str, Bool[np.ndarray, " V"]]:
    """Return the skin vertices of each area."""
    vertices = load_head_pack().vertices
    is_skin = np.zeros(len(vertices), bool)
    is_skin[skin_vertices()] = True
    x, y, z = vertices.T
    found = {
        name: is_skin & (x >= low) & (x <= high) & (y >= bottom) & (y <= top) & (z > 0.2)
        for name, (low, high, bottom, top) in AREAS.items()
    }
    return found | {OTHER_SIDE: is_skin & (x < OTHER_SIDE_X)}


def leakage_matrix(rig: PosesHeads, identities: Sequence[Identity]) -> Float[np.ndarray, "A N"]:
    """Return the largest motion (mm) in each of ``COLUMNS`` of each unit at E on the left, mean over people."""
    totals = np.zeros((len(LABEL_UNITS), len(COLUMNS)))
    for identity in identities:
        for row, code in enumerate(LABEL_UNITS):
            motion = unit_motion_mm(rig, identity, code=code, side="L")
            totals[row] += [motion[mask].max() for mask in areas().values()]
    return totals / len(identities)


def unit_motion_mm(rig: PosesHeads, identity: Identity, *, code: int, side: str) -> Float[np.ndarray, " V"]:
    """Return how far (mm) each vertex moves under one unit at E."""
    moved = rig.vertices(identity, unit_expression(code, side)) - rig.neutral_vertices(identity)
    return np.linalg.norm(moved, axis=1).astype(np.float64) * MM_PER_UNIT


def inside_and_outside_mm(rig: PosesHeads, identity: Identity, *, code: int, side: str) -> tuple[float, float]:
    """Return the largest motion (mm) of a unit at E inside its region and on the face's skin outside it."""
    motion = unit_motion_mm(rig, identity, code=code, side=side)
    inside = region(code, side)
    is_skin = np.zeros(len(motion), bool)
    is_skin[skin_vertices()] = True
    return float(motion[inside].max()), float(motion[is_skin & ~inside].max())
