"""Measure readings against truth: pure functions of arrays, one number out.

Arrays are paired by position. Where truth is NaN the unit was not observed and the pair is left out. A statistic that
is undefined (no positives, a constant column) is NaN, never a silent 0 or 1.
"""

import math

import numpy as np
from jaxtyping import Bool, Float

LEFT_EYE_OUTER = 45
RIGHT_EYE_OUTER = 36
"""Outer lid corners in the iBUG-68 order; their distance normalises landmark errors (Sagonas et al. 2013, 300-W)."""

Column = Float[np.ndarray, " N"]


def auc(positive: Column, negative: Float[np.ndarray, " M"]) -> float:
    """Return the chance that a positive outranks a negative; ties count one half (Mann-Whitney U / NM)."""
    if not len(positive) or not len(negative):
        return math.nan
    ordered = np.sort(negative)
    below = np.searchsorted(ordered, positive, side="left")
    not_above = np.searchsorted(ordered, positive, side="right")
    return float((below + not_above).sum() / (2 * len(positive) * len(negative)))


def pearson(truth: Column, prediction: Column) -> float:
    """Return the linear correlation; NaN when either column is constant."""
    truth, prediction = observed_pairs(truth, prediction)
    if len(truth) < 2:
        return math.nan
    x, y = truth - truth.mean(), prediction - prediction.mean()
    scale = math.sqrt(float(x @ x) * float(y @ y))
    return float(x @ y) / scale if scale > 0 else math.nan


def icc31(truth: Column, prediction: Column) -> float:
    """Return ICC(3,1) of two judges; 1 is equal up to an offset. See `icc31_of_judges`."""
    truth, prediction = observed_pairs(truth, prediction)
    return icc31_of_judges(np.stack([truth, prediction], 1))


def icc31_of_judges(scores: Float[np.ndarray, "N K"]) -> float:
    """Return ICC(3,1) of N targets scored by K judges: two-way mixed, single judge, consistency.

    (BMS - EMS) / (BMS + (K - 1) EMS) with the mean squares between targets and of the residual (Shrout & Fleiss 1979).
    """
    num, judges = scores.shape
    if num < 2:
        return math.nan
    middle = scores.mean(1, keepdims=True)
    between = judges * float(np.var(middle, ddof=1))
    left = scores - middle - scores.mean(0) + scores.mean()
    residual = float((left * left).sum()) / ((num - 1) * (judges - 1))
    whole = between + (judges - 1) * residual
    return (between - residual) / whole if whole > 0 else math.nan


def mean_absolute_error(truth: Column, prediction: Column) -> float:
    """Return the mean of |truth - prediction|, in the unit of the columns."""
    truth, prediction = observed_pairs(truth, prediction)
    return float(np.abs(truth - prediction).mean()) if len(truth) else math.nan


def f1(truth: Bool[np.ndarray, " N"], prediction: Bool[np.ndarray, " N"]) -> float:
    """Return 2TP / (2TP + FP + FN); NaN when nothing is positive in either column."""
    hits = int((truth & prediction).sum())
    claims = int(truth.sum()) + int(prediction.sum())
    return 2 * hits / claims if claims else math.nan


def landmark_error(
    truth: Float[np.ndarray, "N L 2"],
    prediction: Float[np.ndarray, "N L 2"],
    visible: Bool[np.ndarray, "N L"] | None = None,
) -> Float[np.ndarray, " N"]:
    """Return each face's mean distance over its visible points, divided by its outer eye distance (NME)."""
    distance = np.linalg.norm(truth - prediction, axis=2)
    weight = np.ones(distance.shape) if visible is None else visible.astype(np.float64)
    eye = np.linalg.norm(truth[:, LEFT_EYE_OUTER] - truth[:, RIGHT_EYE_OUTER], axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        return (distance * weight).sum(1) / weight.sum(1) / eye


def observed_pairs(truth: Column, prediction: Column) -> tuple[Float[np.ndarray, " M"], Float[np.ndarray, " M"]]:
    """Return both columns without the rows where truth is NaN."""
    seen = ~np.isnan(truth)
    return truth[seen], prediction[seen]
