"""The whole command on toy pictures whose brightness is the label, with a detector that reads half of it."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
from click import ClickException, UsageError
from click.testing import CliRunner

from facsimile.app.commands import calibrate as module
from facsimile.app.reading_options import detector_of
from facsimile.data.labelled.sources import SOURCES
from facsimile.detect import pipeline
from facsimile.detect.calibration import read_calibration, weights_hash
from facsimile.detect.columns import reading_columns, reading_values
from facsimile.detect.faces import Face, Frame
from facsimile.detect.media import read_photo, read_video
from facsimile.facs.controllers import NUM_CONTROLLERS

UNITS = (12, 25)
LEVEL_STEP = 40
NUM_PEOPLE, NUM_EACH = 6, 8


RealDetector = pipeline.Detector


class HalfDetector(RealDetector):
    """AU12 on the left is half of brightness / LEVEL_STEP; AU25 is the same for both sides."""

    def __init__(self, weights=None, *, threads=1):
        self.units = UNITS

    def stream(self, path):
        if path.endswith(".avi"):
            for still in read_video(Path(path)):
                yield Frame(path, still.index, still.time_s, still.image, (face_of(still.image),))
        else:
            image = read_photo(Path(path))
            yield Frame(path, 0, 0.0, image, (face_of(image),))


class StoppedDetector(HalfDetector):
    """Ctrl-C arrives at the tenth picture."""

    count = 0

    def stream(self, path):
        StoppedDetector.count += 1
        if StoppedDetector.count == 10:
            raise KeyboardInterrupt
        yield from super().stream(path)


def face_of(image):
    level = float(image.mean()) / LEVEL_STEP
    intensity = np.array([[level / 2, 0], [level / 2, level / 2]], np.float32)
    return Face(
        face_id=0, score=1.0, box=np.array([0.0, 0.0, 9.0, 9.0]), landmarks=np.zeros((70, 2)),
        head_pose_rad=np.zeros(3), gaze_rad=np.zeros(2, np.float32), intensity=intensity,
        intensity_sd=np.ones((2, 2), np.float32), units=UNITS, crop_from_image=np.zeros((2, 3)),
        controllers=np.zeros(NUM_CONTROLLERS, np.float32), controllers_sd=np.ones(NUM_CONTROLLERS, np.float32),
    )  # fmt: skip


def picture(level):
    return np.full((16, 16, 3), level * LEVEL_STEP, np.uint8)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """Pictures, their labels, and weights that only have a hash."""
    monkeypatch.setattr(pipeline, "Detector", HalfDetector)
    (tmp_path / "w.onnx").write_bytes(b"weights")
    rows = ["path,subject,AU12,AU25_present"]
    for i in range(NUM_PEOPLE * NUM_EACH):
        level = i % 6
        cv2.imwrite(str(tmp_path / f"{i}.png"), picture(level))
        rows.append(f"{i}.png,p{i // NUM_EACH},{level},{int(level >= 3)}")
    (tmp_path / "labels.csv").write_text("\n".join([*rows, "gone.png,p0,1,1"]) + "\n")
    return tmp_path


def run(folder, *arguments, source="csv", data="labels.csv", output="c.json"):
    given = [source, "--data", folder / data, "-o", folder / output, "--weights", folder / "w.onnx", *arguments]
    return CliRunner().invoke(module.command, [str(a) for a in given])


def test_from_labels_to_calibrated_readings(folder):
    result = run(folder)
    assert result.exit_code == 0, result.output
    assert "48 pictures of 6 people; csv" in result.stdout
    assert "AU12" in result.stdout
    assert "1 rows whose picture does not exist; first: " in result.stderr
    calibration = read_calibration(folder / "c.json", weights=folder / "w.onnx")
    calibration.check(UNITS)
    for level in range(6):
        told = calibration.apply(face_of(picture(level)))
        assert told.intensity[0, 0] == pytest.approx(level, abs=0.2)
        assert (told.intensity[1, 0] >= 0.5) == (level >= 3)
    content = json.loads((folder / "c.json").read_text())
    assert content["weights_sha256"] == weights_hash(folder / "w.onnx")
    assert content["columns"] == list(reading_columns(UNITS))
    assert {u: c["target"] for u, c in content["units"].items()} == {"12": "intensity", "25": "presence"}
    twelve = content["units"]["12"]
    assert twelve["metrics"]["calibrated"]["icc"][0] > 0.98 > 0.9 > twelve["metrics"]["reader"]["icc"][0]
    assert twelve["metrics"]["constant"]["mae"][0] > 1
    assert len(content["people_by_part"]) == 3
    assert (folder / "c.readings" / "part-00000.parquet").exists()


def test_an_output_is_not_replaced_without_force(folder):
    (folder / "c.json").write_text("{}")
    result = run(folder)
    assert result.exit_code == 2
    assert "exists; add --force" in result.stderr
    assert not (folder / "c.readings").exists()


def test_ctrl_c_keeps_what_was_read(folder, monkeypatch):
    monkeypatch.setattr(pipeline, "Detector", StoppedDetector)
    result = run(folder, "--readings", folder / "kept")
    assert result.exit_code == 130
    assert result.stderr.strip().endswith(f"stopped; 9 readings are kept in {folder / 'kept'}")
    assert not (folder / "c.json").exists()
    result = run(folder, "--readings", folder / "kept", "--json")
    assert result.exit_code == 0
    assert StoppedDetector.count == 9 + 1 + 48 - 9
    printed = json.loads(result.stdout)
    assert printed["num_pictures"] == 48
    assert "model" not in printed["units"]["12"]


def test_readings_from_a_table_of_detect(folder):
    names = reading_columns(UNITS)
    lines = [",".join(["input", "frame", "box_w", "box_h", *names])]
    for i in range(48):
        values = reading_values(face_of(picture(i % 6)))
        lines.append(",".join([str(folder / f"{i}.png"), "0", "9", "9", *map(str, values)]))
    (folder / "t.csv").write_text("\n".join(lines) + "\n")
    result = run(folder, "--table", folder / "t.csv")
    assert result.exit_code == 0, result.output
    told = read_calibration(folder / "c.json", weights=folder / "w.onnx").apply(face_of(picture(4)))
    assert told.intensity[0, 0] == pytest.approx(4, abs=0.2)


def test_videos_of_disfa(folder):
    for k, subject in enumerate(("SN001", "SN002", "SN003", "SN004")):
        levels = [(i + k) % 6 for i in range(12)]
        labels = folder / f"disfa/ActionUnit_Labels/{subject}/{subject}_au12.txt"
        labels.parent.mkdir(parents=True)
        labels.write_text("".join(f"{i + 1},{level}\n" for i, level in enumerate(levels)) + "13,2\n")
        writer = cv2.VideoWriter(
            str(folder / f"disfa/LeftVideo{subject}_comp.avi"), cv2.VideoWriter_fourcc(*"MJPG"), 20, (16, 16)
        )
        for level in levels:
            writer.write(picture(level))
        writer.release()
    result = run(folder, source="disfa", data="disfa")
    assert result.exit_code == 0, result.output
    assert "4 labels without a reading: the video ends before this frame" in result.stderr
    assert "label files missing, their unit counts as not coded" in result.stderr
    unit = json.loads((folder / "c.json").read_text())["units"]["12"]
    assert unit["metrics"]["calibrated"]["icc"][0] > 0.95
    assert unit["num_rows"] == 48


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("path,subject,AU12\n0.png,a,1\n1.png,b,0\n", "2 people have labels and readings, and 3 are the least"),
        ("path,subject,AU12\n0.png,a,1\n1.png,b,1\n2.png,c,1\n", "no unit is shown and absent in enough people"),
        ("path,subject,AU12\ngone.png,a,1\n", "no label has a picture"),
        ("path,subject,AU12\n0.png,a,7\n", "line 2, AU12: 7 is not a level"),
    ],
)
def test_errors_are_one_line(folder, text, words):
    (folder / "labels.csv").write_text(text)
    result = run(folder)
    assert result.exit_code == 1
    assert words in result.stderr
    assert result.stderr.splitlines()[-1].startswith("Error: ")
    assert not (folder / "c.json").exists()


def test_usage_errors(folder, monkeypatch):
    (folder / "t.csv").write_text("a")
    result = run(folder, "--table", folder / "t.csv", "--readings", folder / "r")
    assert result.exit_code == 2
    assert "give --table or --readings, not both" in result.stderr
    assert run(folder, source="affectnet").exit_code == 2
    monkeypatch.setattr(module.importlib.util, "find_spec", lambda name: None)
    result = run(folder)
    assert result.exit_code == 1
    assert 'pip install "facsimile[calibrate]"' in result.stderr


def test_sources_are_those_of_the_loaders():
    assert module.SOURCES == SOURCES


def test_detect_refuses_what_does_not_fit(folder):
    assert run(folder).exit_code == 0
    other = folder / "other.onnx"
    other.write_bytes(b"others")
    choices = {"weights": other, "calibration": folder / "c.json", "neutral": None, "baseline": "none"}
    with pytest.raises(ClickException, match=r"made for weights .*, these are"):
        detector_of(choices | {"smooth": True, "threads": 1, "min_score": 0.5})
    for change in ({"neutral": "rest.jpg"}, {"baseline": "median"}):
        with pytest.raises(UsageError, match="--calibration is fitted on faces read alone"):
            detector_of(choices | change)
        with pytest.raises(ValueError, match="calibration: is fitted on faces read alone"):
            RealDetector(other, calibration=folder / "c.json", **change)
