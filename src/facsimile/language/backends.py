"""Ask a language model for the next message: what every backend is, and two stand-ins for models.

A backend turns a list of messages into the text of the answer and knows nothing of faces; ``tags`` reads the face
out of that text. Servers are in ``http_backend``, models in this process in ``local_models``, recorded answers in
``cassettes``; ``opening`` chooses by address.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

MAX_TOKENS = 400
"""Longest answer: a few sentences and a tag of at most 3 tokens per unit."""


@dataclass(frozen=True)
class Message:
    """One message in OpenAI's chat format."""

    role: str
    """``system``, ``user`` or ``assistant``."""
    content: str

    def __post_init__(self) -> None:
        if self.role not in ("system", "user", "assistant"):
            raise ValueError(f"role {self.role!r}: must be 'system', 'user' or 'assistant'")


@dataclass(frozen=True)
class Options:
    """How to answer. Hints: a backend that has no such thing leaves it out, and the reader of the answer is the law."""

    max_tokens: int = MAX_TOKENS
    temperature: float = 0.7
    seed: int | None = None
    """For servers that can repeat an answer; None leaves it to them."""
    grammar: str | None = None
    """What may be written, in GBNF (``grammar.gbnf``)."""


@dataclass(frozen=True)
class Capabilities:
    """What a backend does with the options."""

    seed: bool = False
    """The same seed gives the same answer."""
    grammar: bool = False
    """Answers keep to ``Options.grammar``."""
    stream: bool = False
    """Answers can come piece by piece."""
    network: bool = False
    """Messages leave this process."""


DEFAULTS = Options()


@runtime_checkable
class Backend(Protocol):
    """Anything that continues a list of messages."""

    @property
    def name(self) -> str:
        """Name the backend and model for people; holds no secret."""
        ...

    @property
    def capabilities(self) -> Capabilities:
        """Say what it can do."""
        ...

    def complete(self, messages: Sequence[Message], options: Options = DEFAULTS) -> str:
        """Return the text of the next message; raise ``BackendError`` if there is none."""
        ...


@runtime_checkable
class Weighing(Protocol):
    """A backend that says how likely given answers are."""

    def nats(self, messages: Sequence[Message], answers: Sequence[str]) -> Float[np.ndarray, " N"]:
        """Return -log p(answer | messages) of each answer."""
        ...


class BackendError(ConnectionError):
    """The backend gave no usable answer; the message is one line, says what to do and holds no secret."""


@dataclass(frozen=True)
class Echo:
    """Repeat the last user message as it came, face tag included: the same words, the same face."""

    name: str = "echo"
    capabilities: Capabilities = Capabilities(seed=True)

    def complete(self, messages: Sequence[Message], options: Options = DEFAULTS) -> str:
        """Return the content of the last user message."""
        for message in reversed(messages):
            if message.role == "user":
                return message.content
        raise BackendError("echo has nothing to repeat: the messages hold no user message")


@dataclass
class Scripted:
    """Answer with prepared texts in order and keep what was asked, for tests and dry runs."""

    answers: Iterable[str]
    name: str = "scripted"
    capabilities: Capabilities = Capabilities(seed=True)
    requests: list[tuple[Message, ...]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._rest = iter(self.answers)

    def complete(self, messages: Sequence[Message], options: Options = DEFAULTS) -> str:
        """Return the next prepared text."""
        self.requests.append(tuple(messages))
        answer = next(self._rest, None)
        if answer is None:
            raise BackendError(f"scripted backend: no answer left for request {len(self.requests)}")
        return answer
