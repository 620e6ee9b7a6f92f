import io
import json
import os
import pty
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from types import SimpleNamespace

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from facsimile.app import drawing, face_source
from facsimile.app.commands import chat
from facsimile.facs.notation import parse


def run(*arguments, text=None):
    return CliRunner().invoke(chat.command, list(arguments), input=text)


@pytest.fixture
def server(monkeypatch):
    """A server that answers every chat request with one face and sentence."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    seen = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            seen.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            body = json.dumps({"choices": [{"message": {"content": "(12B) Hm."}}]}).encode()
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            pass

    http = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{http.server_address[1]}", seen
    http.shutdown()
    http.server_close()
    thread.join()


def test_one_turn_with_echo():
    result = run("--notation", "au12d+6c", "--message", "I passed [4B] it!")
    assert result.exit_code == 0
    assert result.stdout == "[6C+12D] I passed [4B] it!\n"
    assert result.stderr == ""


def test_json_holds_face_words_and_rung():
    result = run("--notation", "6C+12D", "--message", "hé", "--json")
    assert json.loads(result.stdout) == {"face": "6C+12D", "words": "hé", "rung": "exact", "notes": []}


def test_words_from_standard_input():
    assert run(text="hello\nthere\n").stdout == "[?] hello\nthere\n"
    empty = run(text=" \n")
    assert empty.exit_code == 2
    assert "nothing to say" in empty.stderr


def test_a_server_is_asked_and_its_manners_are_told(server):
    url, seen = server
    result = run("--backend", url, "--model", "tiny", "--notation", "4C", "--message", "hi")
    assert result.stdout == "[12B] Hm.\n"
    assert "face read as unbracketed: no square brackets round '12B'" in result.stderr
    assert seen[0]["messages"][-1] == {"role": "user", "content": "[4C] hi"}


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (["--backend", "ecko", "--message", "x"], 2, "must be 'echo' or an address"),
        (["--backend", "openai:http://127.0.0.1:9", "--message", "x"], 1, "cannot reach http://127.0.0.1:9/v1"),
        (["--backend", "http://127.0.0.1:9", "--model", "m", "--message", "x"], 1, "is the server running"),
        (["--notation", "12F", "--message", "x"], 2, "unknown intensity letter"),
        (["--notation", "12D", "--face", "me.jpg", "--message", "x"], 2, "use one of them"),
        (["--show", "reply.gif", "--message", "x"], 2, "must end in .png"),
        (["--face", "nowhere.jpg", "--message", "x"], 1, "nowhere.jpg: no such file"),
    ],
)
def test_mistakes_are_one_line(arguments, code, text):
    result = run(*arguments)
    assert result.exit_code == code
    assert text in result.stderr
    assert "Traceback" not in result.output


def test_show_draws_the_reply(monkeypatch, tmp_path):
    drawn = []

    def draw_state(state, *, seed, size):
        drawn.append((state, seed))
        return np.zeros((size, size, 3), np.uint8)

    monkeypatch.setattr(drawing, "draw_state", draw_state)
    path = tmp_path / "reply.png"
    assert run("--notation", "6C+12D", "--message", "x", "--show", str(path), "--seed", "3").exit_code == 0
    assert drawn == [(parse("6C+12D"), 3)]
    with Image.open(path) as picture:
        assert picture.size == (chat.PICTURE_SIZE, chat.PICTURE_SIZE)
    again = run("--message", "x", "--show", str(path))
    assert again.exit_code == 2
    assert "add --force to replace it or choose another name with --show" in again.stderr
    unseen = run("--message", "x", "--show", str(path), "--force")
    assert unseen.exit_code == 0
    assert "drawn neutral" in unseen.stderr
    assert drawn[-1][0] == parse("0")


def test_a_photo_gives_the_face(monkeypatch):
    class Reading:
        state = parse("1C+2C")

    monkeypatch.setattr(face_source, "read_photo", lambda path: Reading)
    result = run("--face", "me.jpg", "--message", "x")
    assert result.stdout == "[1C+2C] x\n"
    assert "your face: [1C+2C]" in result.stderr


def test_a_conversation_in_the_terminal(monkeypatch, capfd):
    main, child = pty.openpty()
    os.write(main, b"hello\n/face 12C\n\n/face 12Z\nagain\n/quit\n")
    with os.fdopen(child, "r") as terminal:
        monkeypatch.setattr("sys.stdin", terminal)
        chat.command.main([], standalone_mode=False)
    os.close(main)
    out, err = capfd.readouterr()
    assert out == "[?] hello\n[12C] again\n"
    assert "Error: action unit" in err
    assert "/quit" in err


def test_the_reply_is_drawn_with_its_head_and_eyes(monkeypatch):
    scenes = []

    class Rendering:
        image = np.zeros((16, 16, 3), np.uint8)

    monkeypatch.setattr(drawing, "render", lambda scene: scenes.append(scene) or Rendering)
    drawing.draw_state(parse("12C+51C+64B+43?"), seed=1, size=16)
    drawing.draw_state(parse("?"), seed=1, size=16)
    turned, resting = (scene.expression for scene in scenes)
    assert turned.head_pose_rad[1] > 0.3
    assert turned.gaze_rad[0, 1] < 0
    assert scenes[0].action_units.of(12) == 3
    assert np.isfinite(scenes[0].action_units.intensity).all()
    assert not resting.head_pose_rad.any()


def test_pictures_are_encoded_as_files():
    image = np.full((4, 6, 3), 200, np.uint8)
    for form in ("PNG", "JPEG"):
        assert Image.open(io.BytesIO(drawing.encode(image, form))).size == (6, 4)


def drawn_face(monkeypatch, faces):
    """Make read_photo see one face after the other instead of running the reader."""
    shown = iter(faces)

    class Reading:
        def __init__(self, state):
            self.state, self.stated = state, state.to_action_units()

    def read_photo(_):
        text = next(shown)
        if text is None:
            raise ValueError("no face found")
        return Reading(parse(text))

    monkeypatch.setattr(face_source, "read_photo", read_photo)


def test_a_camera_is_asked_before_every_message(monkeypatch):
    drawn_face(monkeypatch, ["12D", "12D", "4C"])
    monkeypatch.setattr(face_source, "photograph", lambda number: np.full((4, 4, 3), number, np.uint8))
    source = face_source.FaceSource("camera:1")
    assert [source.read() for _ in range(3)] == [parse("12D"), parse("12D"), parse("4C")]


def test_a_camera_that_gives_no_picture_is_one_line(monkeypatch):
    closed = SimpleNamespace(isOpened=lambda: False, release=lambda: None)
    monkeypatch.setattr(face_source.cv2, "VideoCapture", lambda _: closed)
    result = run("--face", "camera", "--message", "x")
    assert result.exit_code == 1
    assert "camera 0: gives no picture" in result.stderr
    assert "a camera is written camera or camera:1" in run("--face", "camera:x", "--message", "x").stderr


def test_the_face_of_a_video_is_the_median_of_its_last_moments(monkeypatch, tmp_path):
    path = tmp_path / "me.avi"
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 25, (32, 32))
    for value in range(40):
        writer.write(np.full((32, 32, 3), 6 * value, np.uint8))
    writer.release()
    drawn_face(monkeypatch, ["0", None, "12C", "12D", "12D"])
    result = run("--face", str(path), "--message", "x")
    assert result.exit_code == 0, result.stderr
    assert result.stdout == "[12D] x\n"
    assert "your face: [12D]" in result.stderr
