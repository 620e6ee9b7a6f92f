"""The process that draws, played by a stand-in: answers, deaths, silence, nonsense, and errors that say what to do."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from facsimile.app.commands.render import command
from facsimile.facs.expression import ActionUnits
from facsimile.render.cycles import painter
from facsimile.render.cycles.blender import Blender, BlenderError, blender_python, blender_version
from facsimile.render.cycles.painter import CyclesPainter
from facsimile.render.cycles.scene_file import Quality
from facsimile.render.performance import perform
from facsimile.render.renderer import render
from facsimile.render.scene import portrait_scene

FAKE = Path(__file__).with_name("fake_blender.py")


@pytest.fixture
def python(tmp_path, monkeypatch):
    """Name a stand-in for Blender's Python; a test may set FAKE_BLENDER to how it misbehaves."""
    wrapper = tmp_path / "python"
    wrapper.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{FAKE}" "$@"\n')
    wrapper.chmod(0o755)
    monkeypatch.setenv("FACSIMILE_BLENDER", str(wrapper))
    return wrapper


@pytest.fixture
def folder(tmp_path):
    """Return a folder with a scene that only the stand-in takes for one."""
    path = tmp_path / "scene"
    path.mkdir()
    (path / "scene.json").write_text(json.dumps({"size": 16, "passes": ["light"]}))
    np.savez(path / "arrays.npz", one=np.ones(1, np.float32))
    return path


@pytest.fixture
def blender(python):
    held = Blender(python, picture_seconds=20.0)
    yield held
    held.close()


def test_one_process_draws_picture_after_picture(blender, folder):
    blender.draw(folder)
    first = blender._process.pid
    blender.draw(folder)
    assert blender._process.pid == first
    assert np.load(folder / "light.npy", allow_pickle=False).shape == (16, 16, 4)
    blender.close()
    blender.close()
    with pytest.raises(ProcessLookupError):
        os.kill(first, 0)


def test_a_killed_process_is_replaced(blender, folder):
    blender.draw(folder)
    os.kill(blender._process.pid, signal.SIGKILL)
    blender.draw(folder)


def test_a_process_that_dies_once_is_replaced(blender, folder, monkeypatch, tmp_path):
    monkeypatch.setenv("FAKE_BLENDER", "die once")
    monkeypatch.setenv("FAKE_BLENDER_MARK", str(tmp_path / "mark"))
    blender.draw(folder)


def test_a_process_that_holds_too_much_is_replaced(blender, folder, monkeypatch):
    monkeypatch.setenv("FAKE_BLENDER", "fat")
    blender.draw(folder)
    first = blender._process.pid
    blender.draw(folder)
    assert blender._process.pid != first


@pytest.mark.parametrize(
    ("mode", "message"),
    [
        ("die", r"Blender's process ended \(exit status 7\); it said: out of beans$"),
        ("fail", r"Blender could not draw the scene: ValueError: no such node"),
        ("babble", r"Blender answered b'hello\\n' instead of JSON"),
        ("not ready", r"Blender's process did not get ready"),
    ],
)
def test_failures_say_what_happened(blender, folder, monkeypatch, mode, message):
    monkeypatch.setenv("FAKE_BLENDER", mode)
    with pytest.raises(BlenderError, match=message):
        blender.draw(folder)
    monkeypatch.setenv("FAKE_BLENDER", "")
    blender.close()
    blender.draw(folder)


def test_a_process_that_hangs_is_given_up(python, folder, monkeypatch):
    monkeypatch.setenv("FAKE_BLENDER", "hang")
    impatient = Blender(python, picture_seconds=0.05)
    with pytest.raises(BlenderError, match="Blender gave no answer in 0 s"):
        impatient.draw(folder)
    assert impatient._process is None


SERVE = """
import sys
from unittest.mock import MagicMock
sys.modules["bpy"], sys.modules["mathutils"] = MagicMock(), MagicMock()
sys.modules["bpy"].app.version_string = "4.5"
sys.path.insert(0, sys.argv[1])
from blender_side.serve import main
main([])
"""


def test_the_serving_side_answers_errors_and_ends_with_its_parent(tmp_path):
    rooms = Path(painter.__file__).parent
    unfinished = tmp_path / "facsimile-cycles-x"
    unfinished.mkdir()
    command = [sys.executable, "-I", "-c", SERVE, str(rooms)]
    pipe, nowhere = subprocess.PIPE, subprocess.DEVNULL
    with subprocess.Popen(command, stdin=pipe, stdout=pipe, stderr=nowhere, text=True) as process:
        assert json.loads(process.stdout.readline()) == {"ready": True, "blender": "4.5"}
        process.stdin.write(f"{unfinished}\n")
        process.stdin.flush()
        answer = json.loads(process.stdout.readline())
        process.stdin.close()
        assert process.wait(timeout=60) == 0
    assert not answer["ok"]
    assert answer["error"].startswith("FileNotFoundError")
    assert not unfinished.exists()


def test_what_is_missing_is_told_in_one_line(tmp_path, monkeypatch):
    monkeypatch.delenv("FACSIMILE_BLENDER", raising=False)
    with pytest.raises(ValueError, match=r"FACSIMILE_BLENDER is not set; get it by: .*pip install 'bpy==4\.5\.\*'"):
        blender_python()
    monkeypatch.setenv("FACSIMILE_BLENDER", str(tmp_path / "nowhere"))
    with pytest.raises(ValueError, match="nowhere is no program"):
        blender_python()
    monkeypatch.setenv("FACSIMILE_BLENDER", sys.executable)
    with pytest.raises(ValueError, match="has no bpy; get it by"):
        blender_version()


def test_versions_are_read_and_old_ones_refused(python, monkeypatch):
    assert blender_version() == "4.5.15"
    monkeypatch.setenv("FAKE_BLENDER_VERSION", "3.6.0")
    old = python.with_name("old")
    old.write_text(python.read_text())
    old.chmod(0o755)
    monkeypatch.setenv("FACSIMILE_BLENDER", str(old))
    with pytest.raises(ValueError, match=r"bpy 3\.6\.0 is too old, 4\.5 is the least"):
        blender_version()


def test_labels_are_the_rasters(blender):
    scene = portrait_scene(ActionUnits.from_dict({12: 3.0}), seed=3, size=32)
    drawn = render(scene, painter=CyclesPainter(blender, Quality(samples=1)))
    raster = render(scene)
    for name in ("segmentation", "landmarks", "landmark_visible", "au", "au_visible", "controllers", "gaze_rad"):
        np.testing.assert_array_equal(getattr(drawn, name), getattr(raster, name))
    assert drawn.image.shape == raster.image.shape
    assert (drawn.image != raster.image).any()


def test_a_picture_of_the_wrong_size_is_refused(blender, monkeypatch):
    monkeypatch.setenv("FAKE_BLENDER", "wrong size")
    scene = portrait_scene(ActionUnits.neutral(), seed=3, size=32)
    with pytest.raises(
        BlenderError, match=r"Blender's picture is float32 \(33, 33, 4\), not finite float32 32 x 32 x 4"
    ):
        CyclesPainter(blender, Quality(samples=1))(scene, perform(scene, scene.expression))


def run(*arguments):
    painter.painter_of.cache_clear()
    try:
        return CliRunner().invoke(command, [str(argument) for argument in arguments])
    finally:
        painter.painter_of.cache_clear()


def test_the_command_draws_with_cycles(python, tmp_path):
    picture = tmp_path / "a.png"
    result = run("12C", "--size", 32, "--engine", "cycles", "--samples", 2, "-o", picture, "--json")
    assert result.exit_code == 0, result.output
    assert json.loads(result.stdout)["notation"] == "12C"
    assert picture.stat().st_size > 300


def test_the_command_says_what_is_missing(tmp_path, monkeypatch):
    monkeypatch.delenv("FACSIMILE_BLENDER", raising=False)
    missing = run("12C", "--engine", "cycles", "-o", tmp_path / "a.png")
    assert (missing.exit_code, "FACSIMILE_BLENDER is not set" in missing.output) == (2, True)
    assert "Traceback" not in missing.output


def test_the_command_says_what_failed(python, tmp_path, monkeypatch):
    monkeypatch.setenv("FAKE_BLENDER", "fail")
    failed = run("12C", "--size", 32, "--engine", "cycles", "-o", tmp_path / "a.png")
    assert (failed.exit_code, "could not draw the scene" in failed.output) == (1, True)
