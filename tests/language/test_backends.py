import socket
import sys

import pytest

from facsimile.language.backends import BackendError, Echo, Message, Options, Scripted
from facsimile.language.cassettes import Recorder, Replay
from facsimile.language.http_backend import API_KEY_VARIABLE, LONGEST_PAUSE_S, MAX_TRIES, OpenAICompatible
from facsimile.language.opening import open_backend

HELLO = [Message("system", "be kind"), Message("user", "[12C] hi")]
KEY = "sk-very-secret"


def test_round_trip_over_http_sends_the_messages_and_returns_the_text(chat_server):
    backend = OpenAICompatible(chat_server.url, model="tiny")
    assert backend.complete(HELLO) == "[6C+12D] Hello."
    request = chat_server.requests[0]
    assert request["path"] == "/v1/chat/completions"
    assert request["model"] == "tiny"
    assert request["messages"] == [
        {"role": "system", "content": "be kind"},
        {"role": "user", "content": "[12C] hi"},
    ]
    assert chat_server.keys == [None]


@pytest.mark.parametrize("tail", ["", "/", "/v1", "/v1/", "/v1/chat/completions"])
def test_every_usual_spelling_of_the_address_reaches_the_server(chat_server, tail):
    assert OpenAICompatible(chat_server.url + tail, model="tiny").complete(HELLO) == chat_server.answer
    assert chat_server.requests[0]["path"] == "/v1/chat/completions"


def test_without_a_model_the_first_listed_is_asked(chat_server):
    backend = OpenAICompatible(chat_server.url)
    backend.complete(HELLO)
    assert chat_server.requests[0]["model"] == "tiny"
    assert backend.name.startswith("tiny at http://127.0.0.1:")


def test_a_server_without_models_asks_for_a_name(chat_server):
    chat_server.mode = "no models"
    with pytest.raises(BackendError, match="name one with --model"):
        OpenAICompatible(chat_server.url).complete(HELLO)


def test_the_key_comes_from_the_environment_and_stays_out_of_texts(chat_server, monkeypatch):
    monkeypatch.setenv(API_KEY_VARIABLE, KEY)
    chat_server.mode = "401"
    backend = OpenAICompatible(chat_server.url, model="tiny")
    with pytest.raises(BackendError, match="HTTP 401; put the server's key into FACSIMILE_API_KEY") as caught:
        backend.complete(HELLO)
    assert chat_server.keys == [f"Bearer {KEY}"]
    for text in (str(caught.value), repr(backend), backend.name, str(backend)):
        assert KEY not in text


@pytest.mark.parametrize("address", ["http://ann:word@host/v1", "https://host/v1?key=word"])
def test_a_secret_in_the_address_is_refused_without_repeating_it(address):
    with pytest.raises(ValueError, match="put the key into FACSIMILE_API_KEY") as caught:
        OpenAICompatible(address)
    assert "word@" not in str(caught.value)
    assert "=word" not in str(caught.value)


@pytest.mark.parametrize(
    ("mode", "message"),
    [
        ("404", "HTTP 404; check the address and that the server has model 'tiny'"),
        ("429", "refused 4 times with HTTP 429; wait a little"),
        ("500", "refused 4 times with HTTP 500; it said: Traceback x+…"),
        ("redirect", "HTTP 302"),
        ("cut body", "broke off its answer: .*; nothing was sent again"),
        ("html", "did not answer in JSON; it said: <html>"),
        ("truncated", "did not answer in JSON"),
        ("bad bytes", "did not answer in JSON"),
        ("no choices", "answered without choices"),
        ("list", "answered without choices"),
        ("odd choice", "empty message"),
        ("empty content", "empty message .finish_reason 'length'"),
        ("null content", "empty message"),
    ],
)
def test_each_misbehaviour_of_a_server_is_one_clear_line(chat_server, mode, message):
    chat_server.mode = mode
    with pytest.raises(BackendError, match=message) as caught:
        OpenAICompatible(chat_server.url, model="tiny", sleep=lambda _: None).complete(HELLO)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 320
    assert len(chat_server.requests) == (MAX_TRIES if mode in ("429", "500") else 1)


def test_a_busy_server_is_asked_again_after_growing_pauses(chat_server):
    chat_server.times_busy = 3
    pauses = []
    backend = OpenAICompatible(chat_server.url, model="tiny", sleep=pauses.append)
    assert backend.complete(HELLO) == chat_server.answer
    assert len(chat_server.requests) == 4
    assert all(request == chat_server.requests[0] for request in chat_server.requests)
    assert [0.25 * 2**i <= pause <= 0.5 * 2**i for i, pause in enumerate(pauses)] == [True] * 3
    assert max(pauses) <= LONGEST_PAUSE_S


def test_a_refused_field_is_left_out_once_and_for_good(chat_server):
    chat_server.refuses = ("seed", "temperature")
    backend = OpenAICompatible(chat_server.url, model="tiny")
    options = Options(seed=3, grammar="root ::= x")
    assert backend.complete(HELLO, options) == chat_server.answer
    assert backend.dropped == {"seed", "temperature"}
    assert len(chat_server.requests) == 3
    assert {"model", "messages", "max_tokens", "grammar"} == set(chat_server.requests[-1]) - {"path"}
    assert not backend.capabilities.seed
    backend.complete(HELLO, options)
    assert len(chat_server.requests) == 4


def test_a_refusal_that_names_nothing_to_leave_out_is_told(chat_server):
    chat_server.refuses = ("messages",)
    with pytest.raises(BackendError, match="HTTP 400"):
        OpenAICompatible(chat_server.url, model="tiny").complete(HELLO)
    assert len(chat_server.requests) == 1


def test_an_answer_can_come_in_pieces(chat_server):
    chat_server.mode = "stream"
    backend = OpenAICompatible(chat_server.url, model="tiny", stream=True)
    assert list(backend.pieces(HELLO)) == ["[6C", "+12", "D] ", "Hel", "lo."]
    assert backend.complete(HELLO) == chat_server.answer
    assert chat_server.requests[0]["stream"] is True


def test_a_server_that_streams_nothing_answers_whole(chat_server):
    backend = OpenAICompatible(chat_server.url, model="tiny", stream=True)
    assert backend.complete(HELLO) == chat_server.answer
    chat_server.refuses = ("stream",)
    assert backend.complete(HELLO) == chat_server.answer
    assert not backend.capabilities.stream


@pytest.mark.parametrize(
    ("mode", "message"),
    [
        ("cut stream", "broke off after 3 characters; nothing was sent again"),
        ("error in stream", "stopped with an error: .*out of memory"),
    ],
)
def test_a_stream_that_breaks_is_one_clear_line_and_is_not_sent_again(chat_server, mode, message):
    chat_server.mode = mode
    with pytest.raises(BackendError, match=message):
        OpenAICompatible(chat_server.url, model="tiny", stream=True).complete(HELLO)
    assert len(chat_server.requests) == 1


def test_a_key_in_an_answer_is_hidden_and_never_recorded(chat_server, monkeypatch, tmp_path):
    monkeypatch.setenv(API_KEY_VARIABLE, KEY)
    chat_server.mode = "repeats the key"
    recorder = Recorder(OpenAICompatible(chat_server.url, model="tiny"), tmp_path / "tape.jsonl")
    assert recorder.complete(HELLO) == "[0] your key is Bearer ***"
    assert KEY not in (tmp_path / "tape.jsonl").read_text()


def test_a_cassette_plays_what_was_recorded(tmp_path):
    path = tmp_path / "tape.jsonl"
    recorder = Recorder(Scripted(["one", "two", "three"]), path)
    assert [recorder.complete(HELLO), recorder.complete(HELLO), recorder.complete(HELLO[:1])] == ["one", "two", "three"]
    replay = open_backend(f"replay:{path}")
    assert [replay.complete(HELLO) for _ in range(3)] == ["one", "two", "two"]
    assert replay.complete(HELLO[:1]) == "three"
    with pytest.raises(BackendError, match="holds no answer to this question"):
        replay.complete(HELLO, Options(seed=1))
    path.write_text("{}\n")
    with pytest.raises(ValueError, match="line 1 is no entry of a cassette"):
        Replay(path)


def test_a_slow_server_times_out(chat_server):
    chat_server.mode = "slow"
    with pytest.raises(BackendError, match=r"did not answer within 0\.2 s"):
        OpenAICompatible(chat_server.url, model="tiny", timeout_s=0.2).complete(HELLO)


def test_a_refused_connection_says_so():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(BackendError, match=r"cannot reach http://127\.0\.0\.1:.*is the server running"):
        OpenAICompatible(f"http://127.0.0.1:{port}", model="tiny").complete(HELLO)


@pytest.mark.parametrize("address", ["localhost:8080", "ftp://host", "http://", "ecko", ""])
def test_an_address_that_is_none_is_refused_at_once(address):
    with pytest.raises(ValueError, match="backend: must be 'echo' or an address"):
        open_backend(address)


def test_a_missing_httpx_names_the_install_command(monkeypatch):
    monkeypatch.setitem(sys.modules, "httpx", None)
    with pytest.raises(ImportError, match="pip install httpx"):
        OpenAICompatible("http://127.0.0.1:1", model="tiny").complete(HELLO)


def test_echo_returns_the_last_user_message():
    assert Echo().complete([*HELLO, Message("assistant", "[0] ok"), Message("user", "[4B] no")]) == "[4B] no"
    with pytest.raises(BackendError, match="no user message"):
        Echo().complete(HELLO[:1])


def test_scripted_answers_in_order_and_keeps_the_requests():
    backend = Scripted(["one", "two"])
    assert [backend.complete(HELLO), backend.complete(HELLO[:1])] == ["one", "two"]
    assert backend.requests == [tuple(HELLO), tuple(HELLO[:1])]
    with pytest.raises(BackendError, match="no answer left for request 3"):
        backend.complete(HELLO)


def test_an_unknown_role_is_refused():
    with pytest.raises(ValueError, match="role 'robot'"):
        Message("robot", "hi")


def test_open_backend_knows_echo_and_addresses():
    assert open_backend("echo") == Echo()
    assert open_backend("http://localhost:1", model="m").name == "m at http://localhost:1/v1"
