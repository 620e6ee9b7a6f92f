"""Score every unit, on each side, and sets of units; test whether the sides are told apart."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from facsimile.evaluate.agreement import AT_C, Agreement, agreement, correlation, share
from facsimile.evaluate.bootstrap import Measured, People, mean_defined, measured, ratio
from facsimile.evaluate.sample import SIDED, UNIT_SETS, Answer, Truth, larger_side, one_side, pooled_sides
from facsimile.facs.action_units import LABEL_UNITS, unit_index
from facsimile.facs.intensity import PRESENT

STATISTICS = ("icc", "r", "mae", "bias", "slope", "f1_b", "f1_c", "auc")
SIDES = ("larger", "pooled", "L", "R")
"""How a unit becomes one column: its larger side, both sides as rows of their own, or one side."""


@dataclass(frozen=True)
class UnitScores:
    """Agreement of all units in every draw of people."""

    sides: dict[str, Agreement]
    """One column per unit of ``LABEL_UNITS`` for each of `SIDES`."""
    difference: Float[np.ndarray, "D A"]
    """Correlation of left minus right; NaN for units of the midline."""
    is_read: Bool[np.ndarray, " A"]

    def draws(self, statistic: str, side: str) -> Float[np.ndarray, "D A"]:
        """Return one statistic; ``r`` of side ``L-R`` is that of the difference."""
        return self.difference if side == "L-R" else getattr(self.sides[side], statistic)

    def over(self, units: tuple[int, ...], statistic: str, side: str) -> Float[np.ndarray, " D"]:
        """Return the mean over the units of a set for which the statistic is defined."""
        return mean_defined(self.draws(statistic, side)[:, [unit_index(code) for code in units]])


def score_units(people: People, truth: Truth, answer: Answer) -> UnitScores:
    """Compare truth and answer unit by unit."""
    twice = People(np.tile(people.person, 2), people.counts)
    x, y = truth.intensity.astype(np.float64), answer.intensity.astype(np.float64)
    sides = {
        "larger": agreement(people, larger_side(x), larger_side(y)),
        "pooled": agreement(twice, pooled_sides(x), pooled_sides(y)),
        "L": agreement(people, one_side(x, 0), one_side(y, 0)),
        "R": agreement(people, one_side(x, 1), one_side(y, 1)),
    }
    difference = correlation(people, *(one_side(v, 0) - one_side(v, 1) for v in (x, y)))
    return UnitScores(sides, difference, np.isfinite(y).any((0, 2)))


def unit_rows(scores: UnitScores) -> dict[str, dict[str, Any]]:
    """Return per unit and side: n, shown, every statistic, and the correlation of the sides' difference."""
    rows: dict[str, dict[str, Any]] = {}
    for i, code in enumerate(LABEL_UNITS):
        if not scores.is_read[i]:
            continue
        sides = SIDES if SIDED[i] else SIDES[:1]
        rows[str(code)] = {side: _row(scores.sides[side], i) for side in sides}
        if SIDED[i]:
            rows[str(code)]["L-R"] = {"r": measured(scores.difference[:, i])}
    return rows


def set_rows(scores: UnitScores) -> dict[str, dict[str, Any]]:
    """Return per set of units its means, and which of its units are not read."""
    rows: dict[str, dict[str, Any]] = {}
    for name, units in UNIT_SETS.items():
        rows[name] = {side: {stat: measured(scores.over(units, stat, side)) for stat in STATISTICS} for side in SIDES}
        rows[name]["L-R"] = {"r": measured(scores.over(units, "r", "L-R"))}
        rows[name]["not_read"] = [code for code in units if not scores.is_read[unit_index(code)]]
    return rows


def one_sided(people: People, truth: Truth, answer: Answer) -> dict[str, Any]:
    """Return in what share of one-sided units the answer's larger side is the right one.

    Those are units at C or above on one side and absent on the other. A tie is wrong.
    """
    x, y = truth.intensity[:, SIDED].astype(np.float64), answer.intensity[:, SIDED].astype(np.float64)
    left = (x[..., 0] >= AT_C) & (x[..., 1] < PRESENT)
    right = (x[..., 1] >= AT_C) & (x[..., 0] < PRESENT)
    counts = (left | right) & np.isfinite(y).all(2)
    difference = y[..., 0] - y[..., 1]
    is_right = np.where(left, difference > 0, difference < 0)
    codes = [code for code, sided in zip(LABEL_UNITS, SIDED, strict=True) if sided]
    by_unit = share(people, is_right, counts)
    part, whole = people.totals((is_right & counts).sum(1)[:, None] * 1.0), people.totals(counts.sum(1)[:, None] * 1.0)
    return {
        "n": int(counts.sum()),
        "right": measured(ratio(part, whole)[:, 0]),
        "units": {
            str(code): {"n": int(counts[:, k].sum()), "right": measured(by_unit[:, k])} for k, code in enumerate(codes)
        },
    }


def difference_rows(first: UnitScores, second: UnitScores) -> dict[str, dict[str, Measured]]:
    """Return second minus first over the same draws of people: where the interval is off 0 they differ."""
    return {
        name: {
            statistic: measured(second.over(units, statistic, side) - first.over(units, statistic, side))
            for statistic, side in (("icc", "larger"), ("r", "larger"), ("mae", "larger"), ("auc", "larger"))
        }
        for name, units in UNIT_SETS.items()
    }


def _row(column: Agreement, i: int) -> dict[str, Any]:
    return {"n": int(column.num[0, i]), "shown": int(column.num_shown[0, i])} | {
        name: measured(getattr(column, name)[:, i]) for name in STATISTICS
    }
