import json

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from facsimile.app.commands.express import command
from facsimile.facs.track_files import read_track
from facsimile.language.express import express
from facsimile.language.transcripts import changes_of, read_changes

TEXT = "I am so happy!"


def run(*arguments, stdin=None):
    return CliRunner().invoke(command, list(arguments), input=stdin)


def test_the_face_is_printed_wherever_it_changes():
    result = run(TEXT)
    assert result.exit_code == 0
    assert read_changes(result.stdout) == changes_of(express(TEXT).track, min_hold_s=0.0)
    assert "joy" in result.stderr
    assert "not what anybody feels" in result.stderr
    assert run(stdin=TEXT).stdout == result.stdout


def test_json_holds_clauses_and_changes():
    found = json.loads(run(TEXT, "--json").stdout)
    assert found["clauses"][0]["label"] == "joy"
    assert found["clauses"][0]["source"]
    assert found["changes"][0]["time_s"] == 0.0


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_a_track_file_holds_the_track(tmp_path, suffix):
    path = tmp_path / f"x{suffix}"
    assert run(TEXT, "-o", str(path), "--seed", "3").exit_code == 0
    assert read_track(path) == express(TEXT, seed=3).track


def test_text_and_json_files(tmp_path):
    run(TEXT, "-o", str(tmp_path / "x.txt"))
    run(TEXT, "-o", str(tmp_path / "x.json"))
    assert (tmp_path / "x.txt").read_text() == run(TEXT).stdout
    assert json.loads((tmp_path / "x.json").read_text()) == json.loads(run(TEXT, "--json").stdout)
    again = run(TEXT, "-o", str(tmp_path / "x.txt"))
    assert again.exit_code == 2
    assert "--force" in again.stderr


def test_a_clip_of_one_moment_is_a_portrait_and_only_the_face_moves():
    from facsimile.app.clip import draw_frames
    from facsimile.app.drawing import draw_person

    result = express("I passed the exam!", seed=1)
    first, other = draw_frames(result.track.resampled(np.array([0.4, 0.9])), seed=7, size=96)
    assert not np.array_equal(first, other)
    assert np.abs(first[:12, :12].astype(int) - other[:12, :12]).max() <= 2
    lone = result.track.resampled(np.array([0.4]))
    assert np.array_equal(
        next(draw_frames(lone, seed=7, size=96)),
        draw_person(
            lone.action_units(0), seed=7, size=96, head_pose_rad=lone.head_pose_rad[0], gaze_rad=lone.gaze_rad[0]
        ),
    )


def test_a_sheet_shows_eight_moments_and_a_clip_moves(tmp_path):
    sheet, clip = tmp_path / "x.png", tmp_path / "x.gif"
    assert run("Yes!", "--show", str(sheet), "--size", "64").exit_code == 0
    with Image.open(sheet) as stills:
        assert stills.size == (4 * 64, 2 * 64)
    assert run("Yes!", "--show", str(clip), "--size", "64").exit_code == 0
    with Image.open(clip) as moving:
        assert moving.n_frames > 15
        assert moving.info["duration"] == 80


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([""], "holds no words to say"),
        ([TEXT, "-o", "x.doc"], "must end in .csv, .parquet, .txt, .json"),
        ([TEXT, "--show", "x.jpg"], "must end in .gif, .mp4, .png"),
    ],
)
def test_wrong_use_is_one_clear_line(arguments, message):
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr
