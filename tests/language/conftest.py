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
    }[server.mode]


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
            with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                self._send(*_answer(server, self.headers["Authorization"]))

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
