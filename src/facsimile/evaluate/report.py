"""Say how good a reader is: every metric per action unit, beside the dumb answers that could pass for skill."""

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Bool, Float, Int

from facsimile.evaluate.metrics import (
    auc,
    bootstrap_interval,
    coverage,
    f1,
    icc31,
    landmark_error,
    mean_absolute_error,
    pearson,
)
from facsimile.facs.action_units import UNITS

POSITIVE = 2.0
"""A unit counts as shown from this intensity (B) on, as in work on DISFA (Mavadati et al. 2013)."""
INTERVAL_DRAWS = 200
"""Draws of people per interval: its ends are then good to a few per cent of its width."""
COLUMNS = ("n", "share", "icc", "icc_low", "icc_high", "r", "auc", "f1", "f1_always", "mae", "mae_zero", "mae_mean")
SIDE_COLUMNS = ("r_left_minus_right", "coverage_1sd")


@dataclass(frozen=True)
class Sample:
    """Truth and reading of N faces, paired by position."""

    units: tuple[int, ...]
    """FACS codes of axis U."""
    identity: Int[np.ndarray, " N"]
    """The person in each picture."""
    truth: Float[np.ndarray, "N U 2"]
    """Intensity 0-5; NaN where not visible."""
    mean: Float[np.ndarray, "N U 2"]
    """Intensity read."""
    sd: Float[np.ndarray, "N U 2"]
    """Its standard deviation as stated by the reader."""
    landmarks: Float[np.ndarray, "N L 2"]
    """True landmarks."""
    read_landmarks: Float[np.ndarray, "N L 2"]
    landmark_visible: Bool[np.ndarray, "N L"]


def report(sample: Sample, *, seed: int = 0) -> dict[str, Any]:
    """Return the metrics as plain numbers: ``units`` (one row per code), ``mean`` over units, ``landmarks``, counts.

    Sides are pooled; the difference between them has its own column. ``share`` is the share of faces with intensity
    2 or more, ``f1_always`` the F1 of answering "shown" every time, ``mae_zero`` and ``mae_mean`` the errors of always
    answering 0 and the mean. Intervals hold 95 % over people. Consumes ``seed`` for the intervals.
    """
    rows = {str(code): _unit_row(sample, i, seed=seed) for i, code in enumerate(sample.units)}
    error = landmark_error(sample.landmarks, sample.read_landmarks, sample.landmark_visible)
    error = error[np.isfinite(error)]
    return {
        "num_faces": len(sample.identity),
        "num_people": len(np.unique(sample.identity)),
        "units": rows,
        "mean": {name: _mean_over(rows, name) for name in COLUMNS + SIDE_COLUMNS if name != "n"},
        "landmarks": {"nme_mean": _mean(error), "nme_median": float(np.median(error)) if len(error) else math.nan},
    }


def as_text(result: dict[str, Any]) -> str:
    """Return the report as a table of fixed width."""
    names = COLUMNS + SIDE_COLUMNS
    heads = ("AU", *names)
    lines = [[str(code), *(_cell(row[name]) for name in names)] for code, row in result["units"].items()]
    lines.append(["mean", "", *(_cell(result["mean"][name]) for name in names[1:])])
    widths = [max(len(line[i]) for line in [list(heads), *lines]) for i in range(len(heads))]
    table = ["  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in [heads, *lines]]
    landmarks = result["landmarks"]
    return "\n".join(
        [
            f"{result['num_faces']} faces of {result['num_people']} people",
            *table,
            f"landmark error / outer eye distance: mean {_cell(landmarks['nme_mean'])}, "
            f"median {_cell(landmarks['nme_median'])}",
        ]
    )


def _unit_row(sample: Sample, i: int, *, seed: int) -> dict[str, int | float]:
    sided = UNITS[sample.units[i]].is_sided
    truth, mean, sd = (_pooled(a[:, i], sided=sided) for a in (sample.truth, sample.mean, sample.sd))
    identity = np.tile(sample.identity, 2) if sided else sample.identity
    seen = ~np.isnan(truth)
    truth, mean, sd, identity = truth[seen], mean[seen], sd[seen], identity[seen]
    shown = truth >= POSITIVE
    share = _mean(shown.astype(np.float64))
    low, high = bootstrap_interval(lambda r: icc31(truth[r], mean[r]), identity, seed=seed, draws=INTERVAL_DRAWS)
    average = np.full_like(truth, _mean(truth))
    return {
        "n": len(truth),
        "share": share,
        "icc": icc31(truth, mean),
        "icc_low": low,
        "icc_high": high,
        "r": pearson(truth, mean),
        "auc": auc(mean[shown], mean[~shown]),
        "f1": f1(shown, mean >= POSITIVE),
        "f1_always": 2 * share / (1 + share) if share > 0 else math.nan,
        "mae": mean_absolute_error(truth, mean),
        "mae_zero": mean_absolute_error(truth, np.zeros_like(truth)),
        "mae_mean": mean_absolute_error(truth, average),
        "r_left_minus_right": _side_correlation(sample, i) if sided else math.nan,
        "coverage_1sd": coverage(truth, mean, sd),
    }


def _side_correlation(sample: Sample, i: int) -> float:
    """Return the correlation of true and read left-minus-right: 0 for a reader that cannot tell the sides."""
    return pearson(sample.truth[:, i, 0] - sample.truth[:, i, 1], sample.mean[:, i, 0] - sample.mean[:, i, 1])


def _pooled(values: Float[np.ndarray, "N 2"], *, sided: bool) -> Float[np.ndarray, " M"]:
    return (values.T.ravel() if sided else values[:, 0]).astype(np.float64)


def _mean(values: np.ndarray) -> float:
    return float(values.mean()) if len(values) else math.nan


def _mean_over(rows: dict[str, dict[str, int | float]], name: str) -> float:
    """Return the mean over the units for which the metric is defined."""
    values = np.array([row[name] for row in rows.values()], np.float64)
    return _mean(values[~np.isnan(values)])


def _cell(value: int | float) -> str:
    if isinstance(value, int):
        return str(value)
    return "-" if math.isnan(value) else f"{value:.3f}"
