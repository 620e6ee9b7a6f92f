"""Ask a server that speaks OpenAI's chat format, over HTTP, and live with what such servers do.

A server that says it is busy (429, 500, 502, 503, 504) is asked again, after a pause that grows and varies. One that
refuses a field by name (400, 422) is asked once more without that field, for good. Nothing else is sent twice: after a
timeout or a cut answer nobody knows what the server did.
"""

import json
import os
import random
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit, urlunsplit

from facsimile.language.backends import DEFAULTS, BackendError, Capabilities, Message, Options

API_KEY_VARIABLE = "FACSIMILE_API_KEY"
"""Environment variable holding the server's key. A name of our own: another service's key never leaves by accident."""

TIMEOUT_S = 120.0
"""Longest silence of the server. Local models on a laptop may think for a minute before the first byte."""

CONNECT_TIMEOUT_S = 10.0

EXCERPT_LENGTH = 160
"""Characters of a server's answer quoted in an error."""

MAX_TRIES = 4
BUSY = frozenset((429, 500, 502, 503, 504))
"""Answers that mean: not now."""

FIRST_PAUSE_S, LONGEST_PAUSE_S = 0.5, 20.0
"""Pauses before asking again double from the first to the longest, each drawn between half and the whole of it; a
server's own Retry-After is kept to, up to the longest."""

DROPPABLE = ("grammar", "seed", "temperature", "max_tokens", "stream")
"""Fields that an answer can do without."""


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
    stream: bool = False
    """Whether answers come piece by piece; ``complete`` returns them whole all the same."""
    dropped: set[str] = field(default_factory=set)
    """Fields that this server refused."""
    sleep: Callable[[float], None] = field(default=time.sleep, repr=False)

    def __post_init__(self) -> None:
        self.url = _base_url(self.url)
        if self.api_key is None:
            self.api_key = os.environ.get(API_KEY_VARIABLE) or None

    @property
    def name(self) -> str:
        """Name the model and the server, without the key."""
        return f"{self.model or 'first model'} at {self.url}"

    @property
    def capabilities(self) -> Capabilities:
        """Say what may be asked for; what the server refuses by name is taken away."""
        return Capabilities(
            seed="seed" not in self.dropped,
            grammar="grammar" not in self.dropped,
            stream="stream" not in self.dropped,
            network=True,
        )

    def complete(self, messages: Sequence[Message], options: Options = DEFAULTS) -> str:
        """Return the text of the first choice."""
        if self.stream and "stream" not in self.dropped:
            return "".join(self.pieces(messages, options))
        return self._whole(messages, options)

    def pieces(self, messages: Sequence[Message], options: Options = DEFAULTS) -> Iterator[str]:
        """Yield the text of the first choice as it comes; raise ``BackendError`` if it ends before it is finished."""
        if "stream" in self.dropped:
            yield self._whole(messages, options)
            return
        with self._ask("POST", "/chat/completions", self._body(messages, options, stream=True)) as response:
            if "text/event-stream" not in response.headers.get("content-type", ""):
                yield self._content(self._json(response))
                return
            yield from self._events(response)

    def _whole(self, messages: Sequence[Message], options: Options) -> str:
        with self._ask("POST", "/chat/completions", self._body(messages, options, stream=False)) as response:
            return self._content(self._json(response))

    def _body(self, messages: Sequence[Message], options: Options, *, stream: bool) -> dict[str, Any]:
        if self.model is None:
            self.model = self._first_model()
        body: dict[str, Any] = {
            "model": self.model,
            "messages": [{"role": message.role, "content": message.content} for message in messages],
            "max_tokens": options.max_tokens,
            "temperature": options.temperature,
        }
        body |= {} if options.seed is None else {"seed": options.seed}
        body |= {} if options.grammar is None else {"grammar": options.grammar}
        return body | ({"stream": True} if stream else {})

    def _first_model(self) -> str:
        with self._ask("GET", "/models", None) as response:
            listed = self._json(response)
        try:
            return str(listed["data"][0]["id"])
        except (KeyError, IndexError, TypeError):
            raise BackendError(f"{self.url} lists no model; name one with --model") from None

    def _ask(self, method: str, path: str, body: dict[str, Any] | None) -> "_Response":
        """Send a request until it is taken, at most ``MAX_TRIES`` times; return the open answer with status 200."""
        tries = 0
        while True:
            sent = None if body is None else {name: value for name, value in body.items() if name not in self.dropped}
            response = self._send(method, path, sent)
            if response.status == 200:
                return response
            with response:
                text = self._read(response)
            tries += 1
            if response.status in BUSY and tries < MAX_TRIES:
                self.sleep(_pause_s(tries, response.headers.get("retry-after")))
                continue
            refused = _refused_field(response.status, text, sent or {})
            if refused is None:
                raise BackendError(self._status_text(response.status, text, tries))
            self.dropped.add(refused)

    def _send(self, method: str, path: str, body: dict[str, Any] | None) -> "_Response":
        httpx = _httpx()
        headers = {"Authorization": f"Bearer {self.api_key}"} if self.api_key else {}
        timeout = httpx.Timeout(self.timeout_s, connect=min(CONNECT_TIMEOUT_S, self.timeout_s))
        with self._clear_errors():
            client = httpx.Client(timeout=timeout)
            try:
                request = client.build_request(method, self.url + path, json=body, headers=headers)
                return _Response(client, client.send(request, stream=True))
            except BaseException:
                client.close()
                raise

    def _clear_errors(self) -> "_ClearErrors":
        return _ClearErrors(self)

    def _read(self, response: "_Response") -> str:
        with self._clear_errors():
            response.raw.read()
            return str(response.raw.text)

    def _json(self, response: "_Response") -> Any:
        text = self._read(response)
        try:
            return json.loads(text)
        except ValueError:
            raise BackendError(f"{self.url} did not answer in JSON; it said: {self.excerpt(text)}") from None

    def _events(self, response: "_Response") -> Iterator[str]:
        """Yield the pieces of server-sent events up to their end."""
        length, finished = 0, False
        with self._clear_errors():
            for line in response.raw.iter_lines():
                data = line.removeprefix("data:").strip() if line.startswith("data:") else ""
                if data == "[DONE]":
                    finished = True
                    break
                piece, reason = self._delta(data) if data else ("", None)
                finished |= reason is not None
                length += len(piece)
                if piece:
                    yield self._hidden(piece)
        if not finished:
            raise BackendError(f"{self.url} broke off after {length} characters; nothing was sent again, ask again")
        if not length:
            raise BackendError(self._empty_text(None))

    def _delta(self, data: str) -> tuple[str, str | None]:
        try:
            event = json.loads(data)
        except ValueError:
            raise BackendError(f"{self.url} sent a piece that is no JSON: {self.excerpt(data)}") from None
        if isinstance(event, dict) and "error" in event:
            raise BackendError(f"{self.url} stopped with an error: {self.excerpt(str(event['error']))}")
        choices = event.get("choices") if isinstance(event, dict) else None
        choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
        delta = choice.get("delta")
        content = delta.get("content") if isinstance(delta, dict) else None
        return content if isinstance(content, str) else "", choice.get("finish_reason")

    def _content(self, answer: Any) -> str:
        """Take the text out of the answer; say which part is missing."""
        choices = answer.get("choices") if isinstance(answer, dict) else None
        if not isinstance(choices, list) or not choices:
            raise BackendError(f"{self.url} answered without choices: {self.excerpt(str(answer))}")
        choice = choices[0] if isinstance(choices[0], dict) else {}
        message = choice.get("message")
        content = message.get("content") if isinstance(message, dict) else None
        if not isinstance(content, str) or not content.strip():
            raise BackendError(self._empty_text(choice.get("finish_reason")))
        return self._hidden(content)

    def _empty_text(self, reason: str | None) -> str:
        return (
            f"{self.url} answered with an empty message (finish_reason {reason!r}); "
            "a thinking model may have spent its tokens: turn thinking off or try another model"
        )

    def _status_text(self, status: int, text: str, tries: int) -> str:
        advice = {
            401: f"; put the server's key into {API_KEY_VARIABLE}",
            403: f"; put a key with access into {API_KEY_VARIABLE}",
            404: f"; check the address and that the server has model {self.model!r}",
            429: "; wait a little and ask again",
        }.get(status, "")
        times = f" {tries} times" if tries > 1 and status in BUSY else ""
        return f"{self.url} refused{times} with HTTP {status}{advice}; it said: {self.excerpt(text)}"

    def _hidden(self, text: str) -> str:
        """Hide the key, should the server repeat it."""
        return text.replace(self.api_key, "***") if self.api_key else text

    def excerpt(self, text: str) -> str:
        """Shorten to one line without the key."""
        line = " ".join(self._hidden(text).split()) or "(nothing)"
        return line if len(line) <= EXCERPT_LENGTH else line[: EXCERPT_LENGTH - 1] + "…"


class _Response:
    """An open answer; leaving it closes the connection."""

    def __init__(self, client: Any, raw: Any):
        self._client, self.raw = client, raw
        self.status, self.headers = int(raw.status_code), raw.headers

    def __enter__(self) -> "_Response":
        return self

    def __exit__(self, *_: object) -> None:
        self.raw.close()
        self._client.close()


class _ClearErrors:
    """Turn what httpx raises into a ``BackendError`` of one line."""

    def __init__(self, backend: OpenAICompatible):
        self._backend = backend

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: object) -> None:
        if error is None or isinstance(error, BackendError):
            return
        httpx, url = _httpx(), self._backend.url
        if isinstance(error, httpx.TimeoutException):
            raise BackendError(f"{url} did not answer within {self._backend.timeout_s:g} s") from None
        if isinstance(error, (httpx.RemoteProtocolError, httpx.ReadError)):
            said = self._backend.excerpt(str(error))
            raise BackendError(f"{url} broke off its answer: {said}; nothing was sent again, ask again") from None
        if isinstance(error, (httpx.HTTPError, httpx.InvalidURL, ValueError)):
            said = self._backend.excerpt(str(error))
            raise BackendError(f"cannot reach {url}: {said}; is the server running?") from None


def _pause_s(tries: int, retry_after: str | None) -> float:
    """Give the pause before the next try, in seconds."""
    wanted = float(retry_after) if retry_after and retry_after.strip().isdigit() else 0.0
    grown = FIRST_PAUSE_S * 2 ** (tries - 1) * random.uniform(0.5, 1.0)
    return min(max(wanted, grown), LONGEST_PAUSE_S)


def _refused_field(status: int, text: str, sent: dict[str, Any]) -> str | None:
    """Find the field that a refusal names and that the request can do without."""
    if status not in (400, 422):
        return None
    return next((name for name in DROPPABLE if name in sent and name in text), None)


def _base_url(url: str) -> str:
    """Bring a server's address to the form ``scheme://host[:port]/.../v1``."""
    parts = urlsplit(url.strip())
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(
            "backend: must be 'echo' or an address such as http://localhost:8080, or facelm:, local:, gguf: or "
            f"replay: before a path, but {url.rpartition('@')[2]!r} has no http:// or https:// in front or no host"
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
