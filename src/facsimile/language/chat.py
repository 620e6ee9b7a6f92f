"""A conversation in which both sides have a face."""

from collections import Counter
from dataclasses import dataclass, field

from facsimile.facs.state import State
from facsimile.language.backends import Backend, BackendError
from facsimile.language.leniency import Rung
from facsimile.language.prompt import PERSONA, Turn, build_messages
from facsimile.language.tags import read


@dataclass
class Conversation:
    """Turns so far with one backend, and a count of how well its faces could be read."""

    backend: Backend
    persona: str = PERSONA
    turns: list[Turn] = field(default_factory=list)
    rungs: Counter[Rung] = field(default_factory=Counter)

    def say(self, words: str, face: State | None = None) -> Turn:
        """Say words with a face and return the model's turn.

        The user's words are data: a tag typed among them stays words. If the backend fails, ``BackendError`` is
        raised and the conversation is as it was.
        """
        turns = [*self.turns, Turn("user", words, face)]
        answer = read(_without_thoughts(self.backend.complete(build_messages(turns, persona=self.persona))))
        if not answer.words and answer.face is None:
            raise BackendError(f"{self.backend.name} answered with nothing but thoughts or blanks")
        reply = Turn("model", answer.words, answer.face, answer.rung, answer.notes)
        self.turns = [*turns, reply]
        self.rungs[answer.rung] += 1
        return reply


def _without_thoughts(text: str) -> str:
    """Drop what a thinking model wrote before ``</think>``; a text that opens with a face holds no thoughts."""
    return text if text.lstrip().startswith("[") else text.rpartition("</think>")[2]
