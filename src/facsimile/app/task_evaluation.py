"""Ask a backend questions that need faces and lay its scores beside what needs none."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from tqdm import tqdm

from facsimile.evaluate.dialogue import Measured, paired_gain, rate
from facsimile.evaluate.dialogue_report import as_json, table
from facsimile.language.backends import Backend, Options
from facsimile.language.leniency import Rung
from facsimile.language.opening import open_backend
from facsimile.language.referees import Oracle, Parrot, RandomLegal, Result, run_task
from facsimile.language.tasks import REMOVED, RIGHT, SWAPPED, Task, all_tasks

REFEREES = {"oracle": Oracle, "random": RandomLegal, "parrot": Parrot}
"""Stand-ins that prove the scoring: all right, chance, persistence."""

Rows = dict[str, dict[str, Measured]]


def open_subject(address: str, tasks: Sequence[Task], *, model: str | None) -> Backend:
    """Return the backend or the referee that ``address`` names."""
    return REFEREES[address](tasks) if address in REFEREES else open_backend(address, model=model)


def ask_tasks(address: str, *, num_groups: int, seed: int, model: str | None = None) -> tuple[str, list[Result]]:
    """Ask all tasks, three times each question: with its face, without, with another. Return the backend's name too."""
    tasks = all_tasks(seed=seed, num_groups=num_groups)
    backend = open_subject(address, tasks, model=model)
    options = Options(temperature=0.0, seed=seed)
    shown = tqdm(tasks, desc="asking", delay=2, leave=False, disable=None)
    return backend.name, [run_task(task, backend, options=options) for task in shown]


def score_rows(name: str, results: Sequence[Result]) -> Rows:
    """Return task scores with the right face, the controls and the baselines."""
    return {
        name: {r.task: _mean(r.scores[RIGHT]) for r in results},
        "face removed": {r.task: _mean(r.scores[REMOVED]) for r in results},
        "face swapped": {r.task: _mean(r.scores[SWAPPED]) for r in results},
        "right face over swapped": {r.task: _gain(r.scores[RIGHT], r.scores[SWAPPED]) for r in results},
        "chance": {r.task: Measured(r.chance) for r in results},
        "repeating the last face": {r.task: Measured(r.persistence) for r in results},
    }


def answer_rows(name: str, results: Sequence[Result]) -> Rows:
    """Return bits of right answers among the legal ones; empty if the backend states no chances."""
    weighed = [result for result in results if result.bits]
    if not weighed:
        return {}
    return {
        name: {r.task: _mean(r.bits[RIGHT]) for r in weighed},
        "face removed": {r.task: _mean(r.bits[REMOVED]) for r in weighed},
        "face swapped": {r.task: _mean(r.bits[SWAPPED]) for r in weighed},
        "saved by the right face over swapped": {r.task: _gain(r.bits[SWAPPED], r.bits[RIGHT]) for r in weighed},
        "guessing": {r.task: Measured(r.guessing_bits) for r in weighed},
    }


def reading_table(results: Sequence[Result]) -> str:
    """Lay out by task how answers had to be read, in shares."""
    lines = [
        "| | " + " | ".join(rung.name.lower() for rung in Rung) + " | asked again |",
        "|---" * (len(Rung) + 2) + "|",
    ]
    for result in results:
        total = max(sum(result.rungs.values()), 1)
        cells = [f"{result.rungs[rung] / total:.0%}" for rung in Rung] + [f"{result.num_retries / total:.0%}"]
        lines.append(f"| {result.task} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def task_text(name: str, results: Sequence[Result]) -> str:
    """Lay everything out as Markdown."""
    parts = ["Scores, 0-1", table(score_rows(name, results), kind="tasks", synthetic=False)]
    if answers := answer_rows(name, results):
        parts += ["Bits of the right answer among the legal ones", table(answers, kind="answers", synthetic=False)]
    return "\n\n".join([*parts, "How answers were read", reading_table(results)])


def task_json(name: str, results: Sequence[Result]) -> dict[str, Any]:
    """Return everything as plain values."""
    return {
        "scores": as_json(score_rows(name, results)),
        "answer_bits": as_json(answer_rows(name, results)),
        "reading": {r.task: {rung.name.lower(): r.rungs[rung] for rung in Rung} for r in results},
        "asked_again": {r.task: r.num_retries for r in results},
    }


def _mean(values: Sequence[float]) -> Measured:
    return rate(np.array(values, np.float64), np.ones(len(values)))


def _gain(worse: Sequence[float], better: Sequence[float]) -> Measured:
    return paired_gain(np.array(worse, np.float64), np.array(better, np.float64), np.ones(len(worse)))
