"""Does the stated deviation mean what it says? Coverage, spread of z, and reliability tables."""

import math
from typing import Any

import numpy as np
from jaxtyping import Float

from facsimile.evaluate.agreement import AT_B, INTERVAL_Z, INTERVALS
from facsimile.evaluate.bootstrap import People, measured, ratio
from facsimile.evaluate.sample import UNIT_SETS, Answer, Truth, pooled_sides
from facsimile.facs.action_units import LABEL_UNITS, unit_index
from facsimile.facs.intensity import PRESENT

NUM_BINS = 10
MEASURED_SET = "DISFA or BP4D"

_ERF = np.vectorize(math.erf, otypes=[np.float64])


def calibration(people: People, truth: Truth, answer: Answer) -> dict[str, Any]:
    """Return coverage of the central intervals, spread of z and two reliability tables; both sides are rows.

    ``coverage`` counts every value, ``coverage_shown`` those at B or above: where most units are absent, the first
    can be right while the second is not. z is (truth - reading) / stated deviation: its spread, the root of the
    mean square, is 1 for an honest reader.
    """
    twice = People(np.tile(people.person, 2), people.counts)
    x, mean, sd = (pooled_sides(v.astype(np.float64)) for v in (truth.intensity, answer.intensity, answer.sd))
    columns = [unit_index(code) for code in UNIT_SETS[MEASURED_SET]]
    z = (x - mean) / sd
    shown = np.where(x >= AT_B, z, np.nan)
    return {
        "units_of": MEASURED_SET,
        "coverage": _coverage(twice, z[:, columns]),
        "coverage_shown": _coverage(twice, shown[:, columns]),
        "z_spread": measured(_spread(twice, z[:, columns])),
        "by_unit": {
            str(code): {"coverage_90": _inside(z[:, i], INTERVAL_Z[2]), "z_spread": _root_mean_square(z[:, i])}
            for i, code in enumerate(LABEL_UNITS)
            if np.isfinite(z[:, i]).any()
        },
        "presence": presence_table(x[:, columns], mean[:, columns], sd[:, columns]),
        "deviation": deviation_table(x[:, columns], mean[:, columns], sd[:, columns]),
    }


def presence_table(
    truth: Float[np.ndarray, "N K"], mean: Float[np.ndarray, "N K"], sd: Float[np.ndarray, "N K"]
) -> list[dict[str, float | int]]:
    """Return by tenths of the stated probability that a unit is present: n, the stated mean, the share that is."""
    seen = np.isfinite(truth) & np.isfinite(mean) & np.isfinite(sd)
    stated = 0.5 * (1 + _ERF((mean[seen] - PRESENT) / (np.maximum(sd[seen], 1e-9) * math.sqrt(2))))
    is_there = truth[seen] >= PRESENT
    place = np.minimum((stated * NUM_BINS).astype(int), NUM_BINS - 1)
    return [
        {"n": int(here.sum()), "stated": float(stated[here].mean()), "observed": float(is_there[here].mean())}
        for here in (place == k for k in range(NUM_BINS))
        if here.any()
    ]


def deviation_table(
    truth: Float[np.ndarray, "N K"], mean: Float[np.ndarray, "N K"], sd: Float[np.ndarray, "N K"]
) -> list[dict[str, float | int]]:
    """Return by tenths of the values, from the surest on: n, the stated deviation, the error (root mean squares)."""
    seen = np.isfinite(truth) & np.isfinite(mean) & np.isfinite(sd)
    error, stated = (truth - mean)[seen], sd[seen]
    order = np.argsort(stated, kind="stable")
    return [
        {"n": len(part), "stated": _root_mean_square(stated[part]), "observed": _root_mean_square(error[part])}
        for part in np.array_split(order, NUM_BINS)
        if len(part)
    ]


def _coverage(people: People, z: Float[np.ndarray, "N K"]) -> dict[str, Any]:
    seen = np.isfinite(z)
    inside = [(np.abs(np.where(seen, z, np.inf)) <= reach).sum(1) for reach in INTERVAL_Z]
    *parts, whole = people.totals(np.stack([*inside, seen.sum(1)], 1).astype(np.float64)).T
    return {f"{level:.0%}": measured(ratio(part, whole)) for level, part in zip(INTERVALS, parts, strict=True)}


def _spread(people: People, z: Float[np.ndarray, "N K"]) -> Float[np.ndarray, " D"]:
    seen = np.isfinite(z)
    squares, whole = people.totals(np.stack([(np.where(seen, z, 0.0) ** 2).sum(1), seen.sum(1)], 1)).T
    return np.sqrt(ratio(squares, whole))


def _inside(z: Float[np.ndarray, " N"], reach: float) -> float:
    return float((np.abs(z[np.isfinite(z)]) <= reach).mean())


def _root_mean_square(values: Float[np.ndarray, " N"]) -> float:
    return float(np.sqrt((values[np.isfinite(values)] ** 2).mean()))
