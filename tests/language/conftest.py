"""A server on 127.0.0.1 that speaks just enough of OpenAI's chat format, and misbehaves on request."""

import contextlib
import json
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest


@dataclass
class ChatServer:
    url: str = ""
    mode: str = "ok"
    answer: str = "[6C+12D] Hello."
    requests: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str | None] = field(default_factory=list)
    times_busy: int = 0
    refuses: tuple[str, ...] = ()


def _chat(content: Any, reason: str = "stop") -> bytes:
    message = {"role": "assistant", "content": content, "reasoning_content": "thinking"}
    return json.dumps({"choices": [{"index": 0, "message": message, "finish_reason": reason}]}).encode()


def _answer(server: ChatServer, key: str | None) -> tuple[int, bytes]:
    return {
        "ok": (200, _chat(server.answer)),
        "empty content": (200, _chat("", "length")),
        "null content": (200, _chat(None)),
        "no choices": (200, b'{"choices": []}'),
        "list": (200, b"[1, 2]"),
        "odd choice": (200, b'{"choices": ["text"]}'),
        "html": (200, b"<html><body>Gateway</body></html>"),
        "truncated": (200, b'{"choices": [{"mess'),
        "bad bytes": (200, b"\xff\xfe\x00"),
        "401": (401, f'{{"error": "bad key {key}"}}'.encode()),
        "404": (404, b'{"error": "no such model"}'),
        "429": (429, b"slow down"),
        "500": (500, b"Traceback " + b"x" * 5000),
        "redirect": (302, b""),
        "slow": (200, _chat("too late")),
        "repeats the key": (200, _chat(f"[0] your key is {key}")),
    }[server.mode]


def _events(server: ChatServer) -> list[bytes]:
    """Server-sent events with the answer in pieces of three characters."""
    pieces = [server.answer[i : i + 3] for i in range(0, len(server.answer), 3)]
    deltas: list[dict[str, Any]] = [{"role": "assistant"}, *({"content": piece} for piece in pieces)]
    lines = [b": a comment\n\n"]
    lines += [
        b"data: " + json.dumps({"choices": [{"delta": d, "finish_reason": None}]}).encode() + b"\n\n" for d in deltas
    ]
    if server.mode == "cut stream":
        return lines[: len(lines) // 2]
    if server.mode == "error in stream":
        return [*lines[:3], b'data: {"error": {"message": "out of memory"}}\n\n']
    last = json.dumps({"choices": [{"delta": {}, "finish_reason": "stop"}]}).encode()
    return [*lines, b"data: " + last + b"\n\n", b"data: [DONE]\n\n"]


def _refusal(server: ChatServer, body: dict[str, Any]) -> tuple[int, bytes] | None:
    """Say 429 while busy, and 400 for the first field that the server does not know."""
    if server.times_busy:
        server.times_busy -= 1
        return 429, b"slow down"
    name = next((name for name in server.refuses if name in body), None)
    return (400, f'{{"error": {{"message": "Unsupported parameter: \'{name}\'"}}}}'.encode()) if name else None


def _handler(server: ChatServer) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _send(self, status: int, body: bytes) -> None:
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def do_GET(self) -> None:
            models = [] if server.mode == "no models" else [{"id": "tiny"}, {"id": "large"}]
            known = self.path == "/v1/models"
            self._send(200 if known else 404, json.dumps({"data": models}).encode())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            server.requests.append({"path": self.path, **json.loads(body)})
            server.keys.append(self.headers["Authorization"])
            if server.mode == "slow":
                time.sleep(0.6)
            refusal = _refusal(server, server.requests[-1])
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                if refusal:
                    self._send(*refusal)
                elif server.requests[-1].get("stream") and "stream" in server.mode:
                    self._stream()
                elif server.mode == "cut body":
                    self._cut()
                else:
                    self._send(*_answer(server, self.headers["Authorization"]))

        def _stream(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/event-stream; charset=utf-8")
            self.end_headers()
            for event in _events(server):
                self.wfile.write(event)
                self.wfile.flush()

        def _cut(self) -> None:
            body = _chat(server.answer)
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2])

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


@pytest.fixture
def chat_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[ChatServer]:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("FACSIMILE_API_KEY", raising=False)
    state = ChatServer()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(state))
    state.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield state
    server.shutdown()
    server.server_close()
    thread.join()
