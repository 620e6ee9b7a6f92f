"""Random faces for the tests of this folder."""

import numpy as np

from facsimile.facs.action_units import LABEL_UNITS, SIDED_LABELS, UNITS
from facsimile.facs.expression import ActionUnits
from facsimile.facs.state import LIP_PART_UNITS, State, Term

CODES = np.array(list(UNITS))
JAW_DROP = LABEL_UNITS.index(26)


def random_levels(rng: np.random.Generator) -> np.ndarray:
    """Draw whole intensities 0-5, one in ten unobserved, equal sides on the midline."""
    values = rng.integers(0, 6, (len(LABEL_UNITS), 2)).astype(np.float32)
    values[rng.random(values.shape) < 0.5] = 0
    values[rng.random(values.shape) < 0.1] = np.nan
    midline = ~np.array(SIDED_LABELS)
    values[midline, 1] = values[midline, 0]
    return values


def drivable(values: np.ndarray) -> np.ndarray:
    """Keep what the rig can hold: 26 or 27, not both."""
    values = values.copy()
    values[JAW_DROP] = np.where(values[JAW_DROP + 1] > 0, 0, values[JAW_DROP])
    return values


def random_units(rng: np.random.Generator) -> ActionUnits:
    return ActionUnits(random_levels(rng))


def random_state(rng: np.random.Generator) -> State:
    """Draw a score over all codes with sides, parts, letters, M, @ and unobserved units."""
    codes = CODES[rng.permutation(CODES.size)[: rng.integers(0, 6)]]
    terms = [random_term(rng, int(code)) for code in codes]
    groups = [(term,) for term in terms[2:]]
    if len(terms) >= 2:
        groups += [tuple(terms[:2])] if rng.random() < 0.3 else [(terms[0],), (terms[1],)]
    return State(tuple(groups))


def random_term(rng: np.random.Generator, code: int) -> Term:
    unit = UNITS[code]
    level = int(rng.integers(1, 6)) if unit.is_graded and rng.random() < 0.8 else None
    if unit.region in ("head", "gaze"):
        return Term(code, level, moved=bool(rng.random() < 0.3))
    if code > 46:
        return Term(code)
    part = ["", "T", "B"][rng.integers(3)] if code in LIP_PART_UNITS else ""
    side = "" if part else ["", "L", "R", "U", "A"][rng.integers(5)]
    return (
        Term(code, level, side=side, part=part, observed=True)
        if rng.random() < 0.9
        else Term(code, side=side, observed=False)
    )
