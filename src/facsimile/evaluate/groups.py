"""Who is read worse than the whole?"""

from typing import Any

import numpy as np
from jaxtyping import Float, Shaped

from facsimile.evaluate.agreement import correlation, mean_error
from facsimile.evaluate.bootstrap import People, mean_defined, measured
from facsimile.evaluate.sample import UNIT_SETS, Answer, Truth, larger_side
from facsimile.facs.action_units import unit_index

MEASURED_SET = "DISFA or BP4D"
MIN_PEOPLE = 5
"""Groups of fewer people are counted and not scored: their interval would say nothing."""
AGE_EDGES = (18, 30, 45, 65)
POSE_EDGES_DEG = (10, 20, 30)
FORM_EDGES = (0.35, 0.65)
"""Of the sexual form 0 male - 1 female: what lies between is neither."""


def group_rows(people: People, truth: Truth, answer: Answer) -> dict[str, dict[str, Any]]:
    """Return by what divides people, then by group: faces, people, mean r and error over units, gaps to the whole.

    Gaps are differences over the same draws of people; r that is lower and an error that is higher are worse.
    """
    columns = [unit_index(code) for code in UNIT_SETS[MEASURED_SET]]
    x, y = (larger_side(v.astype(np.float64))[:, columns] for v in (truth.intensity, answer.intensity))
    whole = _scores(people, x, y)
    rows: dict[str, dict[str, Any]] = {}
    for division, names in truth.groups.items():
        rows[division] = {}
        for name in sorted(set(names.tolist()) - {""}):
            here = np.asarray(names == name)
            row: dict[str, Any] = {"n": int(here.sum()), "people": len(np.unique(people.person[here]))}
            if row["people"] >= MIN_PEOPLE:
                part = _scores(people.take(here), x[here], y[here])
                for key, draws, all_draws in zip(("r", "mae"), part, whole, strict=True):
                    row |= {key: measured(draws), f"{key}_gap": measured(draws - all_draws)}
            rows[division][str(name)] = row
    return rows


def age_groups(age_years: Float[np.ndarray, " N"]) -> Shaped[np.ndarray, " N"]:
    """Name groups of age."""
    names = ["0-17", "18-29", "30-44", "45-64", "65+"]
    return np.array(names)[np.searchsorted(AGE_EDGES, age_years, side="right")]


def pose_groups(pose_rad: Float[np.ndarray, "N 3"]) -> Shaped[np.ndarray, " N"]:
    """Name groups by how far the head is turned, up or down and aside together."""
    names = np.array(["0-10 deg", "10-20 deg", "20-30 deg", "30+ deg"])
    return names[np.searchsorted(POSE_EDGES_DEG, np.degrees(np.hypot(pose_rad[:, 0], pose_rad[:, 1])), side="right")]


def form_groups(sex: Float[np.ndarray, " N"]) -> Shaped[np.ndarray, " N"]:
    """Name groups of sexual form, 0 male to 1 female."""
    return np.array(["male form", "between", "female form"])[np.searchsorted(FORM_EDGES, sex, side="right")]


def _scores(
    people: People, x: Float[np.ndarray, "N K"], y: Float[np.ndarray, "N K"]
) -> tuple[Float[np.ndarray, " D"], Float[np.ndarray, " D"]]:
    return mean_defined(correlation(people, x, y)), mean_defined(mean_error(people, x, y))
