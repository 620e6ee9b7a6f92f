"""Record a backend's answers in a file and play them again: models in tests without models.

A cassette is JSON lines with the messages, the options and the answer. Keys never come near it: what is written is what
a backend is asked, and a key is no part of that.
"""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from facsimile.language.backends import DEFAULTS, Backend, BackendError, Capabilities, Message, Options


@dataclass
class Recorder:
    """Ask another backend and append every answer to a cassette."""

    backend: Backend
    path: Path

    @property
    def name(self) -> str:
        """Name the recorded backend."""
        return self.backend.name

    @property
    def capabilities(self) -> Capabilities:
        """Those of the recorded backend."""
        return self.backend.capabilities

    def complete(self, messages: Sequence[Message], options: Options = DEFAULTS) -> str:
        """Return the other backend's answer; failures are not recorded."""
        answer = self.backend.complete(messages, options)
        line = {"key": _key(messages, options), **_asked(messages, options), "answer": answer}
        with self.path.open("a", encoding="utf-8") as file:
            file.write(json.dumps(line, ensure_ascii=False) + "\n")
        return answer


class Replay:
    """Answer from a cassette: the same question gives the recorded answers in their order."""

    capabilities = Capabilities(seed=True)

    def __init__(self, path: Path | str):
        """Read the cassette; raise ValueError, naming the line, for one that is damaged."""
        self.path = Path(path)
        self.name = f"replay of {self.path.name}"
        self._answers: dict[str, list[str]] = {}
        for number, line in enumerate(self.path.read_text(encoding="utf-8").splitlines(), start=1):
            try:
                entry = json.loads(line)
                self._answers.setdefault(entry["key"], []).append(str(entry["answer"]))
            except (ValueError, KeyError, TypeError):
                raise ValueError(f"{self.path}: line {number} is no entry of a cassette; record it again") from None

    def complete(self, messages: Sequence[Message], options: Options = DEFAULTS) -> str:
        """Return the recorded answer; each is given once, the last of a question as often as it is asked."""
        answers = self._answers.get(_key(messages, options))
        if not answers:
            raise BackendError(f"{self.path.name} holds no answer to this question; record it with a live backend")
        return answers.pop(0) if len(answers) > 1 else answers[0]


def _asked(messages: Sequence[Message], options: Options) -> dict[str, object]:
    return {"messages": [asdict(message) for message in messages], "options": asdict(options)}


def _key(messages: Sequence[Message], options: Options) -> str:
    return hashlib.sha256(json.dumps(_asked(messages, options), sort_keys=True).encode()).hexdigest()[:16]
