"""How often is one unit read where only its double is there?"""

from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from facsimile.evaluate.agreement import AT_B, share
from facsimile.evaluate.bootstrap import People, measured
from facsimile.evaluate.sample import Answer, Truth, larger_side
from facsimile.facs.action_units import unit_index
from facsimile.facs.intensity import PRESENT

Units = tuple[int, ...]
PAIRS: tuple[tuple[Units, Units], ...] = (((6,), (7,)), ((23,), (24,)), ((25,), (26,)), ((9,), (4, 10)))
"""What coders and readers mix up; several units count together."""


def confusions(people: People, truth: Truth, answer: Answer) -> list[dict[str, Any]]:
    """Return for each pair, both ways round, how the missing one is read.

    ``wrong``: the missing one is read at B or above where the other is at B or above and it is absent. ``swapped``:
    it is even read stronger than the other. ``without``: it is read at B or above where both are absent, which is
    what has nothing to do with the double.
    """
    return [
        _row(people, truth, answer, missing, there)
        for pair in PAIRS
        for missing, there in (pair, pair[::-1])
        if np.isfinite(_together(answer.intensity, missing + there)).any()
    ]


def _row(people: People, truth: Truth, answer: Answer, missing: Units, there: Units) -> dict[str, Any]:
    absent = _absent(truth.intensity, missing)
    said, other = _together(answer.intensity, missing), _together(answer.intensity, there)
    seen = np.isfinite(said) & np.isfinite(other)
    only = absent & (_together(truth.intensity, there) >= AT_B) & seen
    neither = absent & _absent(truth.intensity, there) & seen
    wrong, swapped, without = (
        measured(share(people, happens[:, None], where[:, None])[:, 0])
        for happens, where in ((said >= AT_B, only), (said > other, only), (said >= AT_B, neither))
    )
    return {
        "missing": name_of(missing),
        "there": name_of(there),
        "n": int(only.sum()),
        "wrong": wrong,
        "swapped": swapped,
        "without": without,
    }


def name_of(units: Units) -> str:
    """Name units as FACS scores do: 4+10."""
    return "+".join(map(str, units))


def _together(values: Float[np.ndarray, "N A 2"], units: Units) -> Float[np.ndarray, " N"]:
    """Return the weakest of some units, each by its larger side."""
    return larger_side(values)[:, [unit_index(code) for code in units]].min(1)


def _absent(values: Float[np.ndarray, "N A 2"], units: Units) -> Bool[np.ndarray, " N"]:
    """Return where all of some units are seen to be absent."""
    return np.asarray((larger_side(values)[:, [unit_index(code) for code in units]] < PRESENT).all(1))
