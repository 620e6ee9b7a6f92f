"""Measure a calibration on people it was not fitted on, beside the reader as it is and answers that know nothing."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from facsimile.calibrate.fitting import Rows, fit, fit_one_number
from facsimile.calibrate.targets import Task
from facsimile.detect.calibration import MIN_SD, UnitCalibration
from facsimile.evaluate.agreement import agreement, weighted_auc
from facsimile.evaluate.bootstrap import Measured, People, draw_people, measured, ratio
from facsimile.facs.intensity import PRESENT, THRESHOLDS

ANSWERS = ("reader", "rescaled", "calibrated", "constant")
"""The reader's own number; a line through that number alone; the model; the mean of the people fitted on."""
AT_1, AT_2 = THRESHOLDS[0], THRESHOLDS[1]
"""A level of 1 or more, 2 or more, for whole levels of coders and the numbers of a reader alike."""
DRAWS = 200
"""Draws of people per interval."""
CHUNK = 20
"""Draws at a time: 130,000 frames then take 20 MB per table."""
NINETY = 1.64485
"""Half-width of the central 90 % of a Gaussian in deviations."""


@dataclass(frozen=True)
class OutOfFold:
    """What each answer says of each row of a task when its person was left out."""

    answers: dict[str, Float[np.ndarray, " M"]]
    """Intensities, or log-odds; the reader's are intensities always."""
    claims: dict[str, Bool[np.ndarray, " M"]]
    """Shown (at 2 for intensities), by the threshold that was best on the people fitted on."""


def out_of_fold(task: Task, *, family: str, seed: int) -> OutOfFold:
    """Fit on two parts of the people and answer for the third, three times."""
    answers = {name: np.zeros(len(task.truth)) for name in ANSWERS}
    claims = {name: np.zeros(len(task.truth), bool) for name in ANSWERS}
    for k in np.unique(task.part):
        train, test = task.take(task.part != k), task.part == k
        tested = task.take(test)
        for name, answer in _answerers(train, family=family, seed=seed).items():
            answers[name][test] = answer(tested)
            claims[name][test] = answers[name][test] >= best_threshold(answer(train), shown_of(train))
    return OutOfFold(answers, claims)


def _answerers(train: Task, *, family: str, seed: int) -> dict[str, Callable[[Task], Float[np.ndarray, " M"]]]:
    rows = Rows(train.features, train.truth, train.person, train.weight)
    one = fit_one_number(Rows(train.read[:, None], train.truth, train.person, np.ones(1)), target=train.target)
    model = fit(rows, target=train.target, family=family, seed=seed).model
    return {
        "reader": lambda task: task.read,
        "rescaled": lambda task: _on_scale(one.predict(task.read[:, None]), task),
        "calibrated": lambda task: _on_scale(model.predict(task.features), task),
        "constant": lambda task: np.full(len(task.truth), float(train.truth.mean())),
    }


def _on_scale(answers: Float[np.ndarray, " M"], task: Task) -> Float[np.ndarray, " M"]:
    return np.clip(answers, 0.0, 5.0) if task.target == "intensity" else answers


def shown_of(task: Task) -> Bool[np.ndarray, " M"]:
    """Return where the coders saw the unit: level 2 or more, as on DISFA, or presence."""
    return task.truth >= (AT_2 if task.target == "intensity" else PRESENT)


def best_threshold(answers: Float[np.ndarray, " M"], shown: Bool[np.ndarray, " M"]) -> float:
    """Return the threshold with the highest F1; of several the highest, and infinity where nothing is shown."""
    order = np.argsort(-answers, kind="stable")
    hits, claimed = np.cumsum(shown[order]), np.arange(1, len(answers) + 1)
    if not shown.any():
        return float("inf")
    f1 = 2 * hits / (claimed + int(shown.sum()))
    last_of_run = np.append(np.diff(answers[order]) < 0, True)
    return float(answers[order][np.argmax(np.where(last_of_run, f1, -1.0))])


def metrics(task: Task, oof: OutOfFold, *, seed: int) -> dict[str, dict[str, Measured]]:
    """Return every statistic with its interval over people, for each answer, and ``gain``: calibrated minus reader."""
    people = draw_people(task.person, seed=seed, draws=DRAWS)
    draws = {name: _statistics(people, task, oof, name) for name in ANSWERS}
    table = {name: {key: measured(d) for key, d in statistics.items()} for name, statistics in draws.items()}
    shared = [key for key in draws["calibrated"] if key in draws["reader"]]
    table["gain"] = {key: measured(draws["calibrated"][key] - draws["reader"][key]) for key in shared}
    return table


def deviation_rule(task: Task, answers: Float[np.ndarray, " M"]) -> tuple[float, float]:
    """Return (a, b): the deviation of a calibrated intensity x is a + b x, from errors on people left out.

    A line through the absolute errors, neither part below 0, as wide as a Gaussian with those mean absolute errors,
    then widened to the spread that the errors have.
    """
    error = np.abs(task.truth - answers)
    center = answers - answers.mean()
    slope = max(float(center @ error) / max(float(center @ center), 1e-12), 0.0)
    low = float(error.mean()) - slope * float(answers.mean())
    if low < 0:
        low, slope = 0.0, float(answers @ error) / max(float(answers @ answers), 1e-12)
    stated = np.maximum(low + slope * answers, MIN_SD)
    widen = float(np.sqrt(((error / stated) ** 2).mean()))
    return low * widen, slope * widen


def coverage_90(task: Task, unit: UnitCalibration, answers: Float[np.ndarray, " M"]) -> float:
    """Return how often the coders' level lies in the central 90 % that the calibration states."""
    level, sd = unit.levels(answers)
    return float((np.abs(task.truth - level) <= NINETY * sd).mean())


def _statistics(people: People, task: Task, oof: OutOfFold, name: str) -> dict[str, Float[np.ndarray, " D"]]:
    answers, shown = oof.answers[name], shown_of(task)
    if task.target == "presence":
        at = PRESENT if name in ("reader", "constant") else 0.0  # intensity or share; log-odds
        return {
            "f1_at_1": _f1(people, shown, answers >= at),
            "f1_at_1_tuned": _f1(people, shown, oof.claims[name]),
            "auc": np.concatenate([weighted_auc(answers, shown, part.weights()) for part in _chunks(people)]),
        }
    parts = [agreement(p, task.truth[:, None], answers[:, None]) for p in _chunks(people)]
    whole = {key: np.concatenate([getattr(part, key)[:, 0] for part in parts]) for key in ("icc", "r", "mae", "auc")}
    return whole | {
        "f1_at_2": _f1(people, shown, answers >= AT_2),
        "f1_at_2_tuned": _f1(people, shown, oof.claims[name]),
        "f1_at_1": _f1(people, task.truth >= AT_1, answers >= AT_1),
    }


def _f1(people: People, truth: Bool[np.ndarray, " M"], claim: Bool[np.ndarray, " M"]) -> Float[np.ndarray, " D"]:
    """Return 2TP / (2TP + FP + FN) in every draw; NaN where nothing is positive in either."""
    hits, shown, claimed = people.totals(np.stack([truth & claim, truth, claim], 1).astype(np.float64)).T
    return ratio(2 * hits, shown + claimed)


def _chunks(people: People) -> list[People]:
    return [
        People(people.person, people.counts[start : start + CHUNK]) for start in range(0, len(people.counts), CHUNK)
    ]
