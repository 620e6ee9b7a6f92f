import io
import json
import signal

import numpy as np
import pytest
from click.testing import CliRunner

from facsimile.app.commands import live
from facsimile.app.commands.live import command
from facsimile.app.live_screen import ENTER, LEAVE, PlainLines, TerminalScreen, face_lines
from facsimile.app.live_window import window_obstacle
from facsimile.detect.faces import Frame


@pytest.fixture
def video(write_video, picture, tmp_path):
    return write_video(tmp_path / "v.avi", [picture] * 4, rate=25)


@pytest.fixture
def frame(detector, picture):
    return Frame("camera:0", 3, 0.12, picture, detector.read_image(picture))


def run(*arguments):
    return CliRunner().invoke(command, [str(a) for a in arguments])


def test_a_played_file_gives_a_line_per_frame(detector, video):
    result = run("--source", video)
    assert result.exit_code == 0, result.output
    lines = result.stdout.splitlines()
    assert 1 <= len(lines) <= 4
    assert lines[0].startswith("   0.00 s   face 0   ")
    assert "12" in lines[0]


def test_json_lines_have_the_columns_of_detect(detector, video):
    rows = [json.loads(line) for line in run("--source", video, "--json").stdout.splitlines()]
    assert {row["input"] for row in rows} == {str(video)}
    assert rows[0]["AU12_L"] > rows[0]["AU12_R"]


def test_ctrl_c_ends_cleanly(detector, video, monkeypatch):
    class Interrupted(PlainLines):
        def show(self, frame, *, rate):
            signal.raise_signal(signal.SIGINT)
            return super().show(frame, rate=rate)

    monkeypatch.setattr(live, "PlainLines", Interrupted)
    before = signal.getsignal(signal.SIGINT)
    result = run("--source", video)
    assert (result.exit_code, result.stderr) == (0, "")
    assert signal.getsignal(signal.SIGINT) is before


def test_it_stops_when_the_time_is_over(detector, video):
    assert len(run("--source", video, "--seconds", "1e-9").stdout.splitlines()) == 1


def test_errors_are_one_line(detector, tmp_path, video):
    for arguments, code, words in (
        (["--camera", "77"], 1, "camera:77: no picture; is a camera connected"),
        (["--source", tmp_path / "no.mp4"], 1, "no.mp4: no such file"),
        (["--source", video, "--camera", "1"], 2, "look through one of them"),
        (["--source", video, "--weights", tmp_path / "w.onnx", "--neutral", tmp_path / "n.png"], 1, "n.png"),
    ):
        result = run(*arguments)
        assert (result.exit_code, words in result.stderr, result.stdout) == (code, True, "")


def test_a_window_needs_windows(detector, video, monkeypatch):
    monkeypatch.setattr(live, "window_obstacle", lambda: "none here")
    result = run("--source", video, "--view", "window")
    assert (result.exit_code, "--view window: none here; --view terminal works" in result.stderr) == (1, True)


def test_what_stands_in_the_way_of_a_window(monkeypatch):
    monkeypatch.setattr("sys.platform", "linux")
    assert "install opencv-python" in window_obstacle(build="  GUI:    NONE\n", environment={"DISPLAY": ":0"})
    assert "no display" in window_obstacle(build="  GUI:    QT5\n", environment={})
    assert window_obstacle(build="  GUI:    QT5\n", environment={"DISPLAY": ":0"}) is None
    monkeypatch.setattr("sys.platform", "darwin")
    assert window_obstacle(build="  GUI:    COCOA\n", environment={}) is None


def test_the_terminal_is_left_as_it_was(frame):
    out = io.StringIO()
    with TerminalScreen("title", out=out, environment={}) as screen:
        assert screen.show(frame, rate=24.6)
    text = out.getvalue()
    assert (text.startswith(ENTER), text.endswith(LEAVE)) == (True, True)
    assert "title   200 x 200   25 frames/s" in text
    assert "\x1b[38;2;" in text
    plain = io.StringIO()
    TerminalScreen("title", out=plain, environment={"NO_COLOR": "1"}).show(frame, rate=1.0)
    assert "\x1b[38;2;" not in plain.getvalue()


@pytest.mark.parametrize("width", [20, 80, 200])
def test_units_fill_as_many_columns_as_fit(frame, width):
    lines = face_lines(frame, width=width, has_colour=False)
    assert sum(line.count("lip corner puller") for line in lines) == 1
    assert all(len(line) <= max(width, 38) for line in lines[2:])


def test_no_face_and_many_faces(frame):
    assert face_lines(Frame("a", 0, 0.0, frame.image, ()), width=80, has_colour=True) == ["no face"]
    twice = Frame("a", 0, 0.0, frame.image, frame.faces * 3)
    assert sum(line.startswith("face 0") for line in face_lines(twice, width=80, has_colour=True)) == 3


def test_bars_grow_with_the_intensity(frame):
    (line,) = (line for line in face_lines(frame, width=38, has_colour=False) if line.startswith("12"))
    left, right = line[21:29], line[30:38]
    face = frame.faces[0]
    for text, value in zip((left, right), face.intensity[1], strict=True):
        assert len(text.strip()) == int(np.ceil(round(float(value) / 5 * 64) / 8))


def test_standard_input_is_watched_as_it_comes(detector, video):
    result = CliRunner().invoke(command, ["--source", "-"], input=video.read_bytes())
    assert (result.exit_code, len(result.stdout.splitlines())) == (0, 4)
