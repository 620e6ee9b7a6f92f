import csv
import io

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from facsimile.app.commands.detect import command

FAST = ["--min-score", "0"]


@pytest.fixture
def run(detector):
    def call(*arguments):
        return CliRunner().invoke(command, [str(a) for a in arguments])

    return call


@pytest.fixture
def photo(tmp_path, picture):
    path = tmp_path / "photo.png"
    Image.fromarray(picture).save(path)
    return path


def rows(text):
    return list(csv.DictReader(io.StringIO(text)))


def test_csv_on_stdout(run, photo):
    result = run(photo)
    assert result.exit_code == 0
    (row,) = rows(result.stdout)
    assert row["input"] == str(photo)
    assert float(row["AU12"]) == max(float(row["AU12_L"]), float(row["AU12_R"]))
    assert result.stderr == ""


def test_every_kind_of_bad_input_has_one_line_and_the_rest_is_read(run, photo, tmp_path):
    (tmp_path / "empty.png").touch()
    (tmp_path / "text.png").write_text("hello")
    (tmp_path / "cut.png").write_bytes(photo.read_bytes()[:300])
    (tmp_path / "no.mp4").write_text("hello")
    Image.new("1", (10_001, 10_000)).save(tmp_path / "huge.png")
    names = ["missing.png", "empty.png", "text.png", "cut.png", "no.mp4", "huge.png"]
    result = run(*(tmp_path / name for name in names), photo, "-o", tmp_path / "out.csv")
    assert result.exit_code == 1
    assert len(result.stderr.splitlines()) == len(names)
    for name, line in zip(names, result.stderr.splitlines(), strict=True):
        assert line.startswith(f"facsimile detect: {tmp_path / name}: ")
    assert [row["input"] for row in rows((tmp_path / "out.csv").read_text())] == [str(photo)]


def test_a_picture_without_a_face_keeps_a_row_and_is_no_error(run, tmp_path):
    Image.new("RGB", (200, 200)).save(tmp_path / "black.png")
    result = run(tmp_path / "black.png")
    assert result.exit_code == 0
    (row,) = rows(result.stdout)
    assert (row["frame"], row["face_id"], row["AU12"], row["x_0"]) == ("0", "", "", "")


def test_existing_files_stay_without_force(run, photo, tmp_path):
    out = tmp_path / "out.csv"
    out.write_text("mine")
    result = run(photo, "-o", out)
    assert (result.exit_code, out.read_text()) == (2, "mine")
    assert "--force" in result.stderr
    assert run(photo, "-o", out, "--force").exit_code == 0
    assert out.read_text().startswith("input,frame")


@pytest.mark.parametrize("suffix", ["parquet", "jsonl"])
def test_other_files(run, photo, tmp_path, suffix):
    assert run(photo, "-o", tmp_path / f"out.{suffix}").exit_code == 0
    assert (tmp_path / f"out.{suffix}").stat().st_size > 0


def test_usage_errors(run, photo, tmp_path):
    assert run().exit_code == 2
    result = run(photo, "-o", tmp_path / "out.txt")
    assert (result.exit_code, "must end in .csv, .parquet, .jsonl" in result.stderr) == (2, True)
    assert run(photo, "--every", "0").exit_code == 2
    assert run(photo, "--format", "bids").exit_code == 2


def test_a_neutral_without_a_face_is_one_line(run, photo, tmp_path):
    Image.new("RGB", (200, 200)).save(tmp_path / "black.png")
    result = run(photo, "--neutral", tmp_path / "black.png")
    assert result.exit_code == 1
    assert "no face found" in result.stderr
    assert result.stderr.count("\n") == 1


def test_the_same_photo_as_neutral_gives_rest(run, photo):
    (row,) = rows(run(photo, "--neutral", photo).stdout)
    assert (row["AU12"], row["AU25"]) == ("0", "0")
    assert float(row["AU12_p"]) < 0.5


def test_overlays_get_names_that_do_not_clash(run, photo, tmp_path, picture):
    (tmp_path / "b").mkdir()
    Image.fromarray(picture).save(tmp_path / "b" / "photo.png")
    folder = tmp_path / "drawings"
    assert run(photo, tmp_path / "b" / "photo.png", "--overlay", folder).exit_code == 0
    assert sorted(p.name for p in folder.iterdir()) == ["photo-2.jpg", "photo.jpg"]
    again = run(photo, "--overlay", folder)
    assert (again.exit_code, "--force" in again.stderr) == (2, True)


def test_a_video_with_a_broken_tail(run, picture, tmp_path, write_video):
    whole = write_video(tmp_path / "whole.avi", [picture] * 40)
    data = whole.read_bytes()
    (tmp_path / "cut.avi").write_bytes(data[: len(data) // 2])
    result = run(tmp_path / "cut.avi", "--every", "3")
    assert result.exit_code == 1
    assert "breaks off after" in result.stderr
    found = rows(result.stdout)
    assert [int(row["frame"]) for row in found] == list(range(0, 3 * len(found), 3))
    assert {row["face_id"] for row in found} == {"0"}


def test_openface_takes_one_file(run, photo):
    result = run(photo, "--format", "openface")
    assert result.stdout.startswith("frame,face_id,timestamp,confidence,success,gaze_0_x")
    two = run(photo, photo, "--format", "openface")
    assert (two.exit_code, "one input" in two.stderr) == (2, True)


def test_broken_weights_are_one_line(photo, tmp_path):
    (tmp_path / "w.onnx").write_text("hello")
    result = CliRunner().invoke(command, [str(photo), "--weights", str(tmp_path / "w.onnx")])
    assert result.exit_code == 1
    assert "not a readable ONNX model" in result.stderr
    assert result.stderr.count("\n") == 1


def test_real_weights_from_photo_to_row(shipped, photo):
    result = CliRunner().invoke(command, [str(photo), *FAST])
    assert result.exit_code == 0
    assert len(rows(result.stdout)) == 1


def test_astronaut_has_one_face(shipped, tmp_path):
    data = pytest.importorskip("skimage.data")
    Image.fromarray(np.asarray(data.astronaut())).save(tmp_path / "a.png")
    result = CliRunner().invoke(command, [str(tmp_path / "a.png"), *FAST])
    (row,) = rows(result.stdout)
    assert 170 < float(row["box_x"]) < 240


def test_a_place_that_cannot_be_written_is_one_line(run, photo, tmp_path):
    (tmp_path / "file").touch()
    result = run(photo, "-o", tmp_path / "file" / "out.csv")
    assert result.exit_code == 1
    assert result.stderr.startswith(f"Error: cannot write {tmp_path / 'file' / 'out.csv'}: ")
    assert result.stderr.count("\n") == 1
