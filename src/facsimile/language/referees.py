"""Run tasks against a backend; three backends prove the scoring: if one of them misses, the scoring is wrong."""

import itertools
import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from facsimile.language.backends import DEFAULTS, Backend, Capabilities, Message, Options, Weighing
from facsimile.language.leniency import Rung
from facsimile.language.tasks import CONDITIONS, RIGHT, Item, Task, rung_of


@dataclass(frozen=True)
class Result:
    """What a backend did on one task; scores lie in 0-1, one per group."""

    task: str
    scores: Mapping[str, tuple[float, ...]]
    # by condition of ``tasks.CONDITIONS``, all against the true answers
    chance: float
    # expected score of drawing legal answers
    persistence: float
    # score of repeating the last face
    rungs: Counter[Rung] = field(default_factory=Counter)
    # how answers had to be read, with the right face
    num_retries: int = 0
    # questions that were asked a second time because the first answer could not be read, with the right face
    bits: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    # by condition: -log2 of the right answer's chance among the legal ones; empty if the backend states no chances
    guessing_bits: float = math.nan
    # the same for equal chances

    @property
    def score(self) -> float:
        """Mean score with the right face."""
        return float(np.mean(self.scores[RIGHT]))


def run_task(task: Task, backend: Backend, *, options: Options = DEFAULTS) -> Result:
    """Ask every question with its face, without one and with another's; score all answers against the true ones.

    What cannot be read is asked a second time. With a backend that is `Weighing`, also weigh the legal answers of
    tasks with one right answer.
    """
    scores, rungs, num_retries = {}, Counter[Rung](), 0
    for condition in CONDITIONS:
        values = []
        for group in task.groups():
            answers, retries = zip(*(_answered(task, item, condition, backend, options) for item in group), strict=True)
            values.append(task.score(group, answers))
            if condition == RIGHT:
                num_retries += sum(retries)
                rungs.update(rung_of(task, item, answer) for item, answer in zip(group, answers, strict=True))
        scores[condition] = tuple(values)
    weighed = isinstance(backend, Weighing) and task.is_single
    bits = {condition: _bits(task, condition, backend) for condition in CONDITIONS} if weighed else {}
    guessing = float(np.mean([math.log2(len(item.choices)) for item in task.items])) if weighed else math.nan
    return Result(task.name, scores, chance(task), persistence(task), rungs, num_retries, bits, guessing)


def _answered(task: Task, item: Item, condition: str, backend: Backend, options: Options) -> tuple[str, bool]:
    """Return the answer and whether it took a second question."""
    question = item.asked(condition)
    answer = backend.complete(question, options)
    if rung_of(task, item, answer) is not Rung.NONE:
        return answer, False
    return backend.complete(asked_again(task, item, answer, question), options), True


def _bits(task: Task, condition: str, backend: Backend) -> tuple[float, ...]:
    """Weigh every legal answer and return the bits of the right one among them."""
    assert isinstance(backend, Weighing)
    found = []
    for item in task.items:
        nats = backend.nats(item.asked(condition), item.choices)
        weight = np.exp(nats.min() - nats)
        found.append(float(-np.log2(weight[item.choices.index(item.answer)] / weight.sum())))
    return tuple(found)


def asked_again(task: Task, item: Item, answer: str, question: tuple[Message, ...]) -> tuple[Message, ...]:
    """Give the question, the answer that could not be read, and what was wrong with it."""
    wanted = (
        "one face in square brackets, such as [6C+12D]" if task.wants_face else f"one of: {', '.join(item.choices)}"
    )
    return (
        *question,
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


class _Knowing:
    """Look a question up; the same question always means the same item."""

    capabilities = Capabilities(seed=True)

    def __init__(self, tasks: Iterable[Task]):
        items = [item for task in tasks for item in task.items]
        self._items = {item.asked(condition): item for condition in CONDITIONS[::-1] for item in items}
        controls = [control for item in items for control in (item.removed, item.swapped)]
        self._answers = {control.messages: control.answer for control in controls}
        self._answers |= {item.messages: item.answer for item in items}

    def _item(self, messages: Sequence[Message]) -> Item:
        return self._items[tuple(messages[:2])]


class Oracle(_Knowing):
    """Believe every face it is shown: scores 1 with the right one."""

    name = "oracle"

    def complete(self, messages: Sequence[Message], options: Options = DEFAULTS) -> str:
        """Return the answer to what is asked."""
        return self._answers[tuple(messages[:2])]


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
