"""Ask a language model for the next message: a server that speaks OpenAI's chat format, or a stand-in.

A backend turns a list of messages into the text of the answer and knows nothing of faces; ``tags`` reads the face
out of that text.
"""

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable
from urllib.parse import urlsplit, urlunsplit

API_KEY_VARIABLE = "FACSIMILE_API_KEY"
"""Environment variable holding the server's key. A name of our own: another service's key never leaves by accident."""

TIMEOUT_S = 120.0
"""Longest silence of the server. Local models on a laptop may think for a minute before the first byte."""

CONNECT_TIMEOUT_S = 10.0
MAX_TOKENS = 400
"""Longest answer: a few sentences and a tag of at most 3 tokens per unit."""

EXCERPT_LENGTH = 160
"""Characters of a server's answer quoted in an error."""


@dataclass(frozen=True)
class Message:
    """One message in OpenAI's chat format."""

    role: str
    """``system``, ``user`` or ``assistant``."""
    content: str

    def __post_init__(self) -> None:
        if self.role not in ("system", "user", "assistant"):
            raise ValueError(f"role {self.role!r}: must be 'system', 'user' or 'assistant'")


@runtime_checkable
class Backend(Protocol):
    """Anything that continues a list of messages."""

    @property
    def name(self) -> str:
        """Name the backend and model for people; holds no secret."""
        ...

    def complete(self, messages: Sequence[Message]) -> str:
        """Return the text of the next message; raise ``BackendError`` if there is none."""
        ...


class BackendError(ConnectionError):
    """The backend gave no usable answer; the message is one line, says what to do and holds no secret."""


@dataclass(frozen=True)
class Echo:
    """Repeat the last user message as it came, face tag included: the same words, the same face."""

    name: str = "echo"

    def complete(self, messages: Sequence[Message]) -> str:
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
    requests: list[tuple[Message, ...]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._rest = iter(self.answers)

    def complete(self, messages: Sequence[Message]) -> str:
        """Return the next prepared text."""
        self.requests.append(tuple(messages))
        answer = next(self._rest, None)
        if answer is None:
            raise BackendError(f"scripted backend: no answer left for request {len(self.requests)}")
        return answer


@dataclass
class OpenAICompatible:
    """Ask a server that answers ``POST /v1/chat/completions``: llama.cpp, Ollama, vLLM, LM Studio or a hosted one.

    ``url`` may stop at the host, at ``/v1`` or name the whole path. Without ``model`` the first that the server
    lists is taken. Without ``api_key`` the variable ``FACSIMILE_API_KEY`` is used, if set.
    """

    url: str
    model: str | None = None
    api_key: str | None = field(default=None, repr=False)
    timeout_s: float = TIMEOUT_S
    temperature: float = 0.7

    def __post_init__(self) -> None:
        self.url = _base_url(self.url)
        if self.api_key is None:
            self.api_key = os.environ.get(API_KEY_VARIABLE) or None

    @property
    def name(self) -> str:
        """Name the model and the server, without the key."""
        return f"{self.model or 'first model'} at {self.url}"

    def complete(self, messages: Sequence[Message]) -> str:
        """Return the text of the first choice."""
        if self.model is None:
            self.model = self._first_model()
        body = {
            "model": self.model,
            "messages": [{"role": message.role, "content": message.content} for message in messages],
            "max_tokens": MAX_TOKENS,
            "temperature": self.temperature,
        }
        return self._content(self._request("POST", "/chat/completions", body))

    def _first_model(self) -> str:
        listed = self._request("GET", "/models", None)
        try:
            return str(listed["data"][0]["id"])
        except (KeyError, IndexError, TypeError):
            raise BackendError(f"{self.url} lists no model; name one with --model") from None

    def _content(self, answer: Any) -> str:
        """Take the text out of the answer; say which part is missing."""
        choices = answer.get("choices") if isinstance(answer, dict) else None
        if not isinstance(choices, list) or not choices:
            raise BackendError(f"{self.url} answered without choices: {self._excerpt(str(answer))}")
        message = choices[0].get("message") if isinstance(choices[0], dict) else None
        content = message.get("content") if isinstance(message, dict) else None
        if not isinstance(content, str) or not content.strip():
            reason = choices[0].get("finish_reason") if isinstance(choices[0], dict) else None
            raise BackendError(
                f"{self.url} answered with an empty message (finish_reason {reason!r}); "
                "a thinking model may have spent its tokens: turn thinking off or try another model"
            )
        return content

    def _request(self, method: str, path: str, body: dict[str, Any] | None) -> Any:
        """Send one request and return the decoded JSON; every failure becomes a ``BackendError``."""
        httpx = _httpx()
        headers = {"Authorization": f"Bearer {self.api_key}"} if self.api_key else {}
        timeout = httpx.Timeout(self.timeout_s, connect=min(CONNECT_TIMEOUT_S, self.timeout_s))
        try:
            response = httpx.request(method, self.url + path, json=body, headers=headers, timeout=timeout)
        except httpx.TimeoutException:
            raise BackendError(f"{self.url} did not answer within {self.timeout_s:g} s") from None
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            raise BackendError(
                f"cannot reach {self.url}: {self._excerpt(str(error))}; is the server running?"
            ) from None
        if response.status_code != 200:
            raise BackendError(self._status_text(response.status_code, response.text))
        try:
            return response.json()
        except ValueError:
            raise BackendError(f"{self.url} did not answer in JSON; it said: {self._excerpt(response.text)}") from None

    def _status_text(self, status: int, text: str) -> str:
        advice = {
            401: f"; put the server's key into {API_KEY_VARIABLE}",
            403: f"; put a key with access into {API_KEY_VARIABLE}",
            404: f"; check the address and that the server has model {self.model!r}",
            429: "; wait a little and ask again",
        }.get(status, "")
        return f"{self.url} refused with HTTP {status}{advice}; it said: {self._excerpt(text)}"

    def _excerpt(self, text: str) -> str:
        """Shorten to one line and hide the key, should the server repeat it."""
        if self.api_key:
            text = text.replace(self.api_key, "***")
        line = " ".join(text.split()) or "(nothing)"
        return line if len(line) <= EXCERPT_LENGTH else line[: EXCERPT_LENGTH - 1] + "…"


def open_backend(address: str, *, model: str | None = None, timeout_s: float = TIMEOUT_S) -> Backend:
    """Return the backend that ``address`` names: ``echo`` or the http(s) address of a server."""
    if address == "echo":
        return Echo()
    return OpenAICompatible(address, model=model, timeout_s=timeout_s)


def _base_url(url: str) -> str:
    """Bring a server's address to the form ``scheme://host[:port]/.../v1``."""
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(
            "backend: must be 'echo' or an address such as http://localhost:8080, "
            f"but {url.rpartition('@')[2]!r} has no http:// or https:// in front or no host"
        )
    if "@" in parts.netloc or parts.query:
        raise ValueError(
            f"backend: the address of {parts.hostname} holds a user name, password or query; "
            f"give http(s)://host[:port][/path] and put the key into {API_KEY_VARIABLE}"
        )
    path = parts.path.rstrip("/").removesuffix("/chat/completions")
    return urlunsplit(parts._replace(path=path if path.endswith("/v1") else path + "/v1", fragment=""))


def _httpx() -> Any:
    try:
        import httpx
    except ImportError:
        raise ImportError("talking to a server needs httpx; install it with: pip install httpx") from None
    return httpx
