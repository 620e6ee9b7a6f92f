"""Run tasks against a backend; three backends prove the scoring: if one of them misses, the scoring is wrong."""

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

import numpy as np

from facsimile.language.backends import DEFAULTS, Backend, Capabilities, Message, Options
from facsimile.language.leniency import Rung
from facsimile.language.tasks import Item, Task, rung_of

RESAMPLES = 2000


@dataclass(frozen=True)
class Result:
    """What a backend did on one task."""

    task: str
    score: float
    # mean over groups, 0-1
    interval: tuple[float, float]
    # 95 %, bootstrap over groups
    chance: float
    # expected score of drawing legal answers
    persistence: float
    # score of repeating the last face
    rungs: Counter[Rung] = field(default_factory=Counter)
    # how answers had to be read
    num_retries: int = 0
    # questions that were asked a second time because the first answer could not be read


def run_task(task: Task, backend: Backend, *, options: Options = DEFAULTS, seed: int = 0) -> Result:
    """Ask every question, a second time if the answer cannot be read, and score the answers by group."""
    scores, rungs, num_retries = [], Counter[Rung](), 0
    for group in task.groups():
        answers = []
        for item in group:
            answer = backend.complete(item.messages, options)
            if rung_of(task, item, answer) is Rung.NONE:
                answer = backend.complete(asked_again(task, item, answer), options)
                num_retries += 1
            answers.append(answer)
        scores.append(task.score(group, answers))
        rungs.update(rung_of(task, item, answer) for item, answer in zip(group, answers, strict=True))
    rng = np.random.default_rng(seed)
    values = np.array(scores)
    means = values[rng.integers(0, len(values), (RESAMPLES, len(values)))].mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    mean, interval = float(values.mean()), (float(low), float(high))
    return Result(task.name, mean, interval, chance(task), persistence(task), rungs, num_retries)


def asked_again(task: Task, item: Item, answer: str) -> tuple[Message, ...]:
    """Give the question, the answer that could not be read, and what was wrong with it."""
    wanted = (
        "one face in square brackets, such as [6C+12D]" if task.wants_face else f"one of: {', '.join(item.choices)}"
    )
    return (
        *item.messages,
        Message("assistant", answer),
        Message("user", f"That could not be read: it holds no single answer. Answer with {wanted}."),
    )


def chance(task: Task) -> float:
    """Compute the mean score over all legal answers."""
    means = []
    for group in task.groups():
        every = itertools.product(*(item.choices for item in group))
        means.append(np.mean([task.score(group, answers) for answers in every]))
    return float(np.mean(means))


def persistence(task: Task) -> float:
    """Compute the score of answering with the last face seen."""
    return float(np.mean([task.score(group, [item.last_face for item in group]) for group in task.groups()]))


def to_markdown(results: Iterable[Result]) -> str:
    """Lay results out with their baselines beside them."""
    lines = ["| task | score | 95 % | chance | repeating the last face | unreadable |", "|---|---|---|---|---|---|"]
    for result in results:
        low, high = result.interval
        unreadable = result.rungs[Rung.NONE] / max(sum(result.rungs.values()), 1)
        lines.append(
            f"| {result.task} | {result.score:.2f} | {low:.2f}-{high:.2f} | {result.chance:.2f} | "
            f"{result.persistence:.2f} | {unreadable:.0%} |"
        )
    return "\n".join(lines)


class _Knowing:
    """Look a question up; the same question always means the same item."""

    capabilities = Capabilities(seed=True)

    def __init__(self, tasks: Iterable[Task]):
        self._items = {item.messages[:2]: item for task in tasks for item in task.items}

    def _item(self, messages: Sequence[Message]) -> Item:
        return self._items[tuple(messages[:2])]


class Oracle(_Knowing):
    """Know every answer: scores 1."""

    name = "oracle"

    def complete(self, messages: Sequence[Message], options: Options = DEFAULTS) -> str:
        """Return the right answer."""
        return self._item(messages).answer


class RandomLegal(_Knowing):
    """Draw a legal answer: scores at chance."""

    name = "random legal"

    def __init__(self, tasks: Iterable[Task], *, seed: int = 0):
        super().__init__(tasks)
        self._rng = np.random.default_rng(seed)

    def complete(self, messages: Sequence[Message], options: Options = DEFAULTS) -> str:
        """Return one of the choices."""
        choices = self._item(messages).choices
        return choices[int(self._rng.integers(len(choices)))]


class Parrot(_Knowing):
    """Repeat the last face: scores like persistence."""

    name = "parrot"

    def complete(self, messages: Sequence[Message], options: Options = DEFAULTS) -> str:
        """Return the last tag seen."""
        return self._item(messages).last_face
