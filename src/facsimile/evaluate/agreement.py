"""Agreement of truth and reading, column by column, in every draw of people.

A column is a unit on a side. Rows where the truth or the reading is NaN take no part in their column.
"""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from facsimile.evaluate.bootstrap import People, ratio
from facsimile.facs.intensity import THRESHOLDS

AT_B, AT_C = THRESHOLDS[1], THRESHOLDS[2]
"""A unit is shown at letter B, or C, from this intensity on."""
INTERVALS = (0.5, 0.8, 0.9, 0.95)
INTERVAL_Z = (0.67449, 1.28155, 1.64485, 1.95996)
"""Central intervals that are looked at, and how many standard deviations they reach (quantiles of the Gaussian)."""

Column = Float[np.ndarray, "N C"]
Drawn = Float[np.ndarray, "D C"]


@dataclass(frozen=True)
class Agreement:
    """Statistics of C columns in D draws; draw 0 is everybody. Undefined is NaN."""

    num: Drawn
    """Rows that count."""
    num_shown: Drawn
    """Of those, at B or above in truth."""
    icc: Drawn
    """ICC(3,1) of truth and reading as two judges (Shrout & Fleiss 1979)."""
    r: Drawn
    """Pearson's correlation; 0 for a constant reading of a varying truth."""
    mae: Drawn
    """Mean absolute error on the 0-5 scale."""
    bias: Drawn
    """Mean of reading minus truth."""
    slope: Drawn
    """Of the reading over the truth: 1 is full size, smaller readings have less."""
    f1_b: Drawn
    """F1 of "at B or above"."""
    f1_c: Drawn
    """F1 of "at C or above"."""
    auc: Drawn
    """Chance that a face at B or above outranks one below B."""


def agreement(people: People, truth: Column, reading: Column) -> Agreement:
    """Compare two tables of intensities column by column."""
    seen = np.isfinite(truth) & np.isfinite(reading)
    x, y = np.where(seen, truth, 0.0), np.where(seen, reading, 0.0)
    n, sx, sy, sxx, syy, sxy, off = _totals(people, [seen, x, y, x * x, y * y, x * y, np.abs(x - y)])
    vx, vy, vxy = sxx - sx * ratio(sx, n), syy - sy * ratio(sy, n), sxy - sx * ratio(sy, n)
    vx, vy = _above_rounding(vx, sxx), _above_rounding(vy, syy)
    vxy = np.where((vx > 0) & (vy > 0), vxy, 0.0)
    return Agreement(
        num=n,
        num_shown=_totals(people, [seen & (x >= AT_B)])[0],
        icc=ratio(2 * vxy, vx + vy),
        r=np.where((vx > 0) & (vy == 0), 0.0, ratio(vxy, np.sqrt(vx * vy))),
        mae=ratio(off, n),
        bias=ratio(sy - sx, n),
        slope=ratio(vxy, vx),
        f1_b=_f1(people, seen, x >= AT_B, y >= AT_B),
        f1_c=_f1(people, seen, x >= AT_C, y >= AT_C),
        auc=np.stack([_auc(people, x[:, c], y[:, c], seen[:, c]) for c in range(x.shape[1])], 1),
    )


def correlation(people: People, truth: Column, reading: Column) -> Drawn:
    """Return Pearson's correlation of each column; 0 where only the reading is constant, NaN where the truth is."""
    seen = np.isfinite(truth) & np.isfinite(reading)
    x, y = np.where(seen, truth, 0.0), np.where(seen, reading, 0.0)
    n, sx, sy, sxx, syy, sxy = _totals(people, [seen, x, y, x * x, y * y, x * y])
    vx = _above_rounding(sxx - sx * ratio(sx, n), sxx)
    vy = _above_rounding(syy - sy * ratio(sy, n), syy)
    return np.where((vx > 0) & (vy == 0), 0.0, ratio(sxy - sx * ratio(sy, n), np.sqrt(vx * vy)))


def mean_error(people: People, truth: Column, reading: Column) -> Drawn:
    """Return the mean absolute error of each column."""
    seen = np.isfinite(truth) & np.isfinite(reading)
    off, n = _totals(people, [np.where(seen, np.abs(truth - reading), 0.0), seen])
    return ratio(off, n)


def share(people: People, happens: Bool[np.ndarray, "N C"], counts: Bool[np.ndarray, "N C"]) -> Drawn:
    """Return the share of the rows that count in which something happens."""
    part, whole = _totals(people, [happens & counts, counts])
    return ratio(part, whole)


def weighted_auc(
    score: Float[np.ndarray, " N"], is_positive: Bool[np.ndarray, " N"], weights: Float[np.ndarray, "D N"]
) -> Float[np.ndarray, " D"]:
    """Return the chance that a positive outranks a negative, ties one half, rows weighted per draw."""
    order = np.argsort(score, kind="stable")
    first = np.flatnonzero(np.diff(score[order], prepend=-math.inf) > 0)  # of each run of equal scores
    if not len(first):
        return np.full(len(weights), math.nan)
    weighed, positive = weights[:, order], is_positive[order]
    up = np.add.reduceat(weighed * positive, first, axis=1)
    down = np.add.reduceat(weighed * ~positive, first, axis=1)
    below = np.cumsum(down, axis=1) - down
    return ratio((up * (below + down / 2)).sum(1), up.sum(1) * down.sum(1))


def _auc(
    people: People, truth: Float[np.ndarray, " N"], reading: Float[np.ndarray, " N"], seen: Bool[np.ndarray, " N"]
) -> Float[np.ndarray, " D"]:
    return weighted_auc(reading[seen], truth[seen] >= AT_B, people.take(seen).weights())


def _f1(people: People, seen: np.ndarray, truth: np.ndarray, reading: np.ndarray) -> Drawn:
    hits, shown, claimed = _totals(people, [seen & truth & reading, seen & truth, seen & reading])
    return ratio(2 * hits, shown + claimed)


def _totals(people: People, tables: list[np.ndarray]) -> list[Drawn]:
    """Sum tables [N, C] in every draw, in one pass."""
    sums = people.totals(np.concatenate(tables, axis=1).astype(np.float64))
    return np.split(sums, len(tables), axis=1)


def _above_rounding(variation: Drawn, squares: Drawn) -> Drawn:
    """Return sums of squared deviations, exactly 0 where what is left is rounding of the sums of squares."""
    return np.where(variation > 1e-9 * squares, variation, 0.0)
