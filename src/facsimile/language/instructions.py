"""Write instruction data: questions about faces with answers that are true by construction, a JSON object per line.

Every line has the ``messages`` of OpenAI's chat format, an ``id``, the ``task`` and the ``notation`` of the face, from
which an answer can be checked again (``account.read_account``).
"""

import json
import random
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from facsimile.facs import notation
from facsimile.facs.state import State
from facsimile.language.account import give_account
from facsimile.language.tags import write_tag

QUESTIONS: dict[str, tuple[str, ...]] = {
    "account": (
        "Describe the face {face}: what moves, how it combines, and which published pattern it is nearest to.",
        "Here is a face in FACS notation: {face}. Give your observations, an interpretation and a conclusion.",
        "What can be said about the face {face}? Go step by step.",
    ),
    "words": (
        "Say in plain words what moves in the face {face}.",
        "{face} - which movements are these? One sentence for each.",
    ),
    "notation": (
        "Write this face in FACS notation, in square brackets:\n{words}",
        "Score the following with FACS. Answer with one bracket.\n{words}",
    ),
}
"""Task -> ways to ask."""

TASKS = tuple(QUESTIONS)


@dataclass(frozen=True)
class Face:
    """One face and where it comes from."""

    id: str
    # unique within the file: a row of a data set, a time in a track
    state: State


def write_instructions(faces: Iterable[Face], *, seed: int = 0, tasks: tuple[str, ...] = TASKS) -> Iterator[str]:
    """Yield a line of JSON for every face and task; wording depends on ``seed``, the id and the task alone."""
    unknown = [task for task in tasks if task not in QUESTIONS]
    if unknown:
        raise ValueError(f"tasks: unknown {', '.join(unknown)}; the tasks are {', '.join(TASKS)}")
    for face in faces:
        for task in tasks:
            choose = random.Random(f"{seed} {face.id} {task}")
            question, answer = _ANSWERS[task](face.state, choose)
            messages = [{"role": "user", "content": question}, {"role": "assistant", "content": answer}]
            line = {"id": f"{face.id}/{task}", "task": task, "notation": notation.write(face.state)}
            yield json.dumps({**line, "messages": messages}, ensure_ascii=False)


def _account(state: State, choose: random.Random) -> tuple[str, str]:
    question = choose.choice(QUESTIONS["account"]).format(face=write_tag(state))
    return question, give_account(state, seed=choose.randrange(2**31)).text


def _words(state: State, choose: random.Random) -> tuple[str, str]:
    question = choose.choice(QUESTIONS["words"]).format(face=write_tag(state))
    return question, "\n".join(give_account(state, seed=choose.randrange(2**31)).observations)


def _notation(state: State, choose: random.Random) -> tuple[str, str]:
    words = "\n".join(give_account(state, seed=choose.randrange(2**31)).observations)
    return choose.choice(QUESTIONS["notation"]).format(words=words), write_tag(state)


_ANSWERS: dict[str, Callable[[State, random.Random], tuple[str, str]]] = {
    "account": _account,
    "words": _words,
    "notation": _notation,
}
