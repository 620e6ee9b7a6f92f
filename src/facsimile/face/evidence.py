"""Measure how far the skin moves where a unit acts, so that an intensity is evidence and not the turn of a knob.

A unit's own motion on a person is what the rig does with that unit alone at E, inside the unit's region. Evidence is
the part of that motion, in its own directions, that an expression shows: 0 at rest, 5 when the skin moves as far as
this person's skin can. Units that share skin share evidence: 9 also lifts the lip that 10 lifts.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
from jaxtyping import Bool, Float, Float32

from facsimile.face.directions import PosesHeads
from facsimile.face.identity import Identity
from facsimile.face.pack import MM_PER_UNIT, load_head_pack
from facsimile.face.shapes import skin_vertices
from facsimile.facs.action_units import LABEL_UNITS, NUM_LABEL_UNITS, SIDES, UNITS, unit_index
from facsimile.facs.converters import expression_from_action_units
from facsimile.facs.expression import MAX_INTENSITY, ActionUnits, Expression

REGIONS: dict[int, tuple[float, float, float, float]] = {
    1: (-0.06, 0.62, 7.05, 8.4),
    2: (0.08, 0.80, 7.15, 8.4),
    4: (-0.05, 0.72, 7.20, 8.4),
    5: (0.10, 0.55, 7.10, 7.50),
    6: (0.05, 0.85, 6.35, 7.65),
    7: (0.05, 0.68, 6.95, 7.45),
    9: (-0.10, 0.72, 6.25, 7.75),
    10: (-0.10, 0.66, 6.45, 7.15),
    11: (0.00, 0.50, 6.50, 7.20),
    12: (-0.05, 0.85, 6.10, 7.20),
    13: (-0.05, 0.68, 6.25, 7.10),
    14: (-0.05, 0.72, 6.10, 7.10),
    15: (-0.05, 0.60, 6.10, 7.00),
    16: (-0.12, 0.50, 5.95, 6.72),
    17: (-0.60, 0.60, 5.80, 6.80),
    18: (-0.70, 0.70, 6.10, 7.10),
    19: (-0.70, 0.70, 5.85, 6.95),
    20: (-0.05, 0.65, 6.10, 6.95),
    21: (-0.90, 0.90, 3.00, 6.85),
    22: (-0.72, 0.72, 6.00, 7.00),
    23: (-0.55, 0.55, 6.15, 7.05),
    24: (-0.65, 0.65, 5.95, 7.10),
    25: (-0.28, 0.28, 6.15, 6.85),
    26: (-0.75, 0.75, 5.80, 7.00),
    27: (-0.75, 0.75, 5.80, 7.00),
    28: (-0.40, 0.40, 6.20, 6.95),
    29: (-0.75, 0.75, 5.80, 7.00),
    30: (-0.75, 0.75, 5.80, 7.00),
    34: (-0.05, 0.75, 6.10, 7.15),
    35: (-0.75, 0.75, 6.30, 7.15),
    38: (-0.25, 0.25, 6.70, 7.10),
    39: (-0.25, 0.25, 6.70, 7.10),
    43: (0.10, 0.55, 7.05, 7.50),
}
"""Where each unit acts on the template: x from, x to, y from, y to (dm), for the subject's left or for both sides.
Drawn round the appearance changes of the FACS manual; all of it lies in front of the ears."""
FRONT_Z = 0.2
"""Skin behind this depth (dm) belongs to no region."""


@dataclass(frozen=True)
class Motion:
    """Hold a unit's full motion on one person: displacements [N,3] in mm of the skin ``rows`` [N] of its region."""

    rows: np.ndarray
    displacement: Float[np.ndarray, "N 3"]

    def along(self, moved_mm: Float[np.ndarray, "N 3"]) -> float:
        """Return how far (mm) other displacements of these rows go in the unit's own directions, on average.

        The mean weighs each vertex with the unit's own motion there; the unit's full motion gives its own mean length.
        """
        return float((moved_mm * self.displacement).sum() / np.linalg.norm(self.displacement, axis=1).sum())

    @property
    def full_mm(self) -> float:
        """Return the mean length of the full motion (mm)."""
        return self.along(self.displacement)


@cache
def region(code: int, side: str) -> Bool[np.ndarray, " V"]:
    """Tell which skin vertices of the template belong to a unit's region; midline units have one for both sides."""
    low, high, bottom, top = REGIONS[code]
    vertices = load_head_pack().vertices
    x = -vertices[:, 0] if UNITS[code].is_sided and code != 30 and side == "R" else vertices[:, 0]
    y, z = vertices[:, 1], vertices[:, 2]
    is_skin = np.zeros(len(vertices), bool)
    is_skin[skin_vertices()] = True
    return is_skin & (x >= low) & (x <= high) & (y >= bottom) & (y <= top) & (z > FRONT_Z)


def unit_expression(code: int, side: str, intensity: float = MAX_INTENSITY) -> Expression:
    """Return an expression with one unit, on one side where it has sides."""
    return expression_from_action_units(
        ActionUnits.from_dict({(code, side) if UNITS[code].is_sided else code: float(intensity)})
    )


def full_motion(rig: PosesHeads, identity: Identity, *, code: int, side: str) -> Motion:
    """Measure what one unit does alone at E on a person."""
    rows = np.flatnonzero(region(code, side))
    moved = rig.vertices(identity, unit_expression(code, side))[rows] - rig.neutral_vertices(identity)[rows]
    return Motion(rows, moved.astype(np.float64) * MM_PER_UNIT)


def region_motion_mm(
    rig: PosesHeads, identity: Identity, expression: Expression, *, code: int, side: str
) -> tuple[float, float]:
    """Return how far (mm) the skin of a unit's region goes in the unit's directions, and how far it can go there."""
    full = full_motion(rig, identity, code=code, side=side)
    moved = (rig.vertices(identity, expression) - rig.neutral_vertices(identity))[full.rows]
    return full.along(moved.astype(np.float64) * MM_PER_UNIT), full.full_mm


def evidence(
    rig: PosesHeads, identity: Identity, expression: Expression, *, units: tuple[int, ...] = LABEL_UNITS
) -> Float32[np.ndarray, "A 2"]:
    """Return the evidence of each unit and side, 0-5, against the person's own full motion; NaN for units not asked."""
    values = np.full((NUM_LABEL_UNITS, 2), np.nan, np.float32)
    moved = (rig.vertices(identity, expression) - rig.neutral_vertices(identity)).astype(np.float64) * MM_PER_UNIT
    for code in units:
        for column, side in enumerate(SIDES):
            if column and not UNITS[code].is_sided:
                values[unit_index(code), 1] = values[unit_index(code), 0]
                continue
            full = full_motion(rig, identity, code=code, side=side)
            share = full.along(moved[full.rows]) / full.full_mm
            values[unit_index(code), column] = np.clip(share, 0, 1) * MAX_INTENSITY
    return values
