import os

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from facsimile.app.commands import detect
from facsimile.app.commands.detect import command
from facsimile.app.report import reconstruction, writer
from facsimile.detect.reader import SHIPPED_WEIGHTS, Card


@pytest.fixture
def run(detector, monkeypatch):
    """The command with a reader and a renderer that cost nothing."""
    monkeypatch.setattr(reconstruction, "reconstruct", lambda face: np.zeros((224, 224, 3), np.uint8))
    return lambda *arguments: CliRunner().invoke(command, [str(a) for a in arguments])


@pytest.fixture
def photo(tmp_path, picture):
    path = tmp_path / "photo.png"
    Image.fromarray(picture).save(path)
    return path


def test_the_page_stands_beside_the_table(run, photo, tmp_path, monkeypatch):
    monkeypatch.setattr("sys.argv", ["/usr/bin/facsimile", "detect", "a b.png"])
    result = run(photo, "--report", tmp_path / "page.html")
    assert result.exit_code == 0
    assert result.stdout.startswith("input,frame")
    html = (tmp_path / "page.html").read_text()
    assert "<h2>photo.png</h2>" in html
    assert "facsimile detect &#x27;a b.png&#x27;" in html
    assert "reader.onnx, SHA-256" in html
    assert html.count("<img") == 2


def test_names_that_attack_or_are_no_text(run, photo, tmp_path):
    evil = tmp_path / "<script>alert(1)<" / "script>.png"
    evil.parent.mkdir()
    photo.rename(evil)
    odd = os.fsdecode(os.fsencode(tmp_path) + b"/odd\xff\xfe.png")
    os.link(evil, odd)
    assert run(evil, odd, "--report", tmp_path / "page.html").exit_code == 0
    html = (tmp_path / "page.html").read_text("utf-8")
    assert "<script" not in html
    assert "&lt;script&gt;alert(1)" in html
    assert "odd\\udcff\\udcfe.png" in html


def test_inputs_that_cannot_be_read_are_named(run, photo, tmp_path):
    result = run(photo, tmp_path / "none.png", tmp_path / "void*", "--report", tmp_path / "page.html")
    assert result.exit_code == 1
    html = (tmp_path / "page.html").read_text()
    assert "none.png: no such file" in html
    assert "no file matches the pattern" in html


def test_a_video_becomes_lines(run, picture, tmp_path, write_video):
    video = write_video(tmp_path / "talk.avi", [picture] * 12)
    assert run(video, "--report", tmp_path / "page.html").exit_code == 0
    html = (tmp_path / "page.html").read_text()
    assert "12 frames read" in html
    assert html.count('class="lane ') > 0


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("page.pdf", "must end in .html or .htm"),
        ("there.html", "add --force"),
        ("photo.html", "would replace an input"),
    ],
)
def test_a_name_that_will_not_do_stops_before_anything_is_read(run, photo, tmp_path, monkeypatch, name, words):
    (tmp_path / "there.html").write_text("mine")
    os.link(photo, tmp_path / "photo.html")
    monkeypatch.setattr(detect, "detector_of", None)
    force = ["--force"] * (name == "photo.html")
    result = run(tmp_path / "photo.html", "--report", tmp_path / name, *force)
    assert result.exit_code == 2
    assert words in result.stderr
    assert (tmp_path / "there.html").read_text() == "mine"


def test_the_weights_are_named_by_their_bytes(tmp_path):
    (tmp_path / "mine.onnx").write_bytes(b"abc")
    line = writer.weights_line(tmp_path / "mine.onnx", Card((12,), 112, 8, {"recipe": "small_cpu", "num_people": 8532}))
    assert line == "mine.onnx, SHA-256 ba7816bf8f01…, recipe small_cpu, trained on 8,532 synthetic people"
    assert SHIPPED_WEIGHTS.name in writer.weights_line(SHIPPED_WEIGHTS, Card((12,), 112, 8, {}))
