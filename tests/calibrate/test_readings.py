"""Reading pictures with a detector that knows brightness only: the cache, stops, and tables of detect."""

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pyarrow.parquet as pq
import pytest

from facsimile.calibrate.cache import ReadingCache
from facsimile.calibrate.readings import cached_values, key_of, read_pictures, table_values
from facsimile.data.labelled.findings import Findings
from facsimile.data.labelled.record import NO_SIDES, Labelled, nothing_coded
from facsimile.detect.columns import reading_columns, reading_values
from facsimile.detect.faces import Face, Frame
from facsimile.detect.media import InputError, read_photo, read_video
from facsimile.detect.pipeline import Detector
from facsimile.facs.controllers import NUM_CONTROLLERS

UNITS = (12, 25)
COLUMNS = reading_columns(UNITS)


class BrightnessDetector(Detector):
    """AU12 is the brightness of the picture in fifths; a black picture has no face, a small second face is 0."""

    units = UNITS

    def __init__(self, *, stop_after=None):
        self.count, self.stop_after = 0, stop_after

    def stream(self, path):
        stills = read_video(Path(path)) if path.endswith(".avi") else [None]
        for still in stills:
            if self.count == self.stop_after:
                raise KeyboardInterrupt
            self.count += 1
            image = read_photo(Path(path)) if still is None else still.image
            index = 0 if still is None else still.index
            level = float(image.mean()) / 51
            faces = (face_of(0.0, 10.0), face_of(level, 50.0)) if level > 0.1 else ()
            yield Frame(path, index, 0.0, image, faces)


def face_of(level, width):
    intensity = np.array([[level, 0], [1, 1]], np.float32)
    return Face(
        face_id=0, score=1.0, box=np.array([0.0, 0.0, width, width]), landmarks=np.zeros((70, 2)),
        head_pose_rad=np.zeros(3), gaze_rad=np.zeros(2, np.float32), intensity=intensity,
        intensity_sd=np.ones((2, 2), np.float32), units=UNITS, crop_from_image=np.zeros((2, 3)),
        controllers=np.zeros(NUM_CONTROLLERS, np.float32), controllers_sd=np.ones(NUM_CONTROLLERS, np.float32),
    )  # fmt: skip


@pytest.fixture
def records(tmp_path):
    """Three photos (one black, one broken), and four frames of a video, of which the third exists no more."""
    for name, level in (("a.png", 153), ("black.png", 0)):
        cv2.imwrite(str(tmp_path / name), np.full((20, 20, 3), level, np.uint8))
    (tmp_path / "broken.png").write_bytes(b"no picture")
    writer = cv2.VideoWriter(str(tmp_path / "v.avi"), cv2.VideoWriter_fourcc(*"MJPG"), 25, (32, 32))
    for level in (51, 102, 204):
        writer.write(np.full((32, 32, 3), level, np.uint8))
    writer.release()
    places = [("a.png", None), ("black.png", None), ("broken.png", None), ("v.avi", 0), ("v.avi", 2), ("v.avi", 9)]
    return [
        Labelled("p", "", f or 0, tmp_path / name, f, nothing_coded(), nothing_coded(), NO_SIDES) for name, f in places
    ]


def open_cache(folder, weights="w"):
    return ReadingCache(folder, columns=COLUMNS, weights_sha256=weights)


def read_all(records, detector, folder, base):
    told = []
    with open_cache(folder) as cache:
        read_pictures(records, detector, cache, base=base, told=told.append)
    return told


def level_of(values):
    return values[:, COLUMNS.index("AU12_L")]


def test_pictures_are_read_and_losses_counted(records, tmp_path):
    told = read_all(records, BrightnessDetector(), tmp_path / "r", tmp_path)
    assert sum(told) == len(records)
    findings = Findings()
    values = cached_values(records, open_cache(tmp_path / "r"), findings, base=tmp_path)
    np.testing.assert_allclose(level_of(values), [3, np.nan, np.nan, 1, 4, np.nan], atol=0.1)
    assert findings.counts == {
        "labels without a reading: no face found": 1,
        "labels without a reading: the picture cannot be read": 1,
        "labels without a reading: the video ends before this frame": 1,
    }
    assert any("broken.png" in line for line in findings.lines())


def test_what_is_read_is_not_read_again(records, tmp_path):
    read_all(records, BrightnessDetector(), tmp_path / "r", tmp_path)
    again = BrightnessDetector()
    assert read_all(records, again, tmp_path / "r", tmp_path) == [len(records)]
    assert again.count == 0
    assert len(list((tmp_path / "r").glob("*.parquet"))) == 1


@pytest.mark.parametrize("stop", range(6))
def test_a_stop_loses_nothing(records, tmp_path, stop):
    with pytest.raises(KeyboardInterrupt):
        read_all(records, BrightnessDetector(stop_after=stop), tmp_path / "r", tmp_path)
    kept = len(open_cache(tmp_path / "r"))
    assert kept >= min(stop, 4)
    read_all(records, BrightnessDetector(), tmp_path / "r", tmp_path)
    read_all(records, BrightnessDetector(), tmp_path / "whole", tmp_path)
    stopped, whole = (
        cached_values(records, open_cache(tmp_path / name), Findings(), base=tmp_path) for name in ("r", "whole")
    )
    assert np.array_equal(stopped, whole, equal_nan=True)


def test_the_folder_may_move(records, tmp_path):
    assert key_of(records[3], tmp_path) == ("v.avi", 0)
    assert key_of(records[0], tmp_path / "other") == ("../a.png", -1)


def test_numbers_of_photos_and_videos_without_one(records, tmp_path):
    photo, video = (replace(records[i], video_frame=f) for i, f in ((0, 7), (3, None)))
    assert [key_of(r, tmp_path) for r in (photo, video)] == [("a.png", -1), ("v.avi", 0)]
    read_all([photo, video], BrightnessDetector(), tmp_path / "r", tmp_path)
    values = cached_values([photo, video], open_cache(tmp_path / "r"), Findings(), base=tmp_path)
    np.testing.assert_allclose(level_of(values), [3, 1], atol=0.1)


def test_readings_of_other_weights_are_refused(records, tmp_path):
    read_all(records[:1], BrightnessDetector(), tmp_path / "r", tmp_path)
    with pytest.raises(ValueError, match="holds readings of other weights"):
        open_cache(tmp_path / "r", weights="x")
    (tmp_path / "r" / "part-00001.parquet").write_bytes(b"PAR1")
    with pytest.raises(ValueError, match=r"part-00001\.parquet is damaged"):
        open_cache(tmp_path / "r")


def test_parts_are_plain_parquet(records, tmp_path):
    read_all(records, BrightnessDetector(), tmp_path / "r", tmp_path)
    table = pq.read_table(tmp_path / "r")
    assert table.column_names == ["picture", "frame", "problem", *COLUMNS]
    assert table["AU12_L"].null_count == 3


def write_table(path, records, *, input_of=str):
    """A CSV as detect writes it, with two faces in the first picture."""
    names = [c for c in COLUMNS if not (c.startswith("rig_") and c.endswith("_sd"))]
    lines = [",".join(["input", "frame", "box_w", "box_h", *names])]
    for i, record in enumerate(records):
        face = reading_values(face_of(float(i), 50.0))
        cells = dict(zip(COLUMNS, face, strict=True))
        row = [input_of(record.picture), str(record.video_frame or 0), "50", "50"]
        lines.append(",".join(row + [str(cells[n]) for n in names]))
    first = lines[1].split(",")
    lines.append(",".join([*first[:2], "10", "10", *["5"] * len(names)]))
    lines.append(",".join([first[0] + "x", "0", *[""] * (len(names) + 2)]))
    path.write_text("\n".join(lines) + "\n")
    return path


@pytest.mark.parametrize("kind", ["absolute", "relative"])
def test_a_table_of_detect_serves_too(records, tmp_path, kind):
    names = {"absolute": str, "relative": lambda p: f"elsewhere/{p.name}"}
    path = write_table(tmp_path / "t.csv", records[:4], input_of=names[kind])
    findings = Findings()
    columns, values = table_values(records, path, COLUMNS, findings, base=tmp_path)
    assert set(COLUMNS) - set(columns) == {c for c in COLUMNS if c.startswith("rig_") and c.endswith("_sd")}
    np.testing.assert_allclose(values[:, columns.index("AU12_L")], [0, 1, 2, 3, np.nan, np.nan])
    assert findings.counts == {"labels without a row in the table": 2}


def test_rows_without_a_face_count_as_such(records, tmp_path):
    path = write_table(tmp_path / "t.csv", records[:1])
    other = Labelled("p", "", 0, tmp_path / "a.pngx", None, nothing_coded(), nothing_coded(), NO_SIDES)
    findings = Findings()
    _, values = table_values([other], path, COLUMNS, findings, base=tmp_path)
    assert np.isnan(values).all()
    assert findings.counts == {"labels without a reading: no face found": 1}


def test_tables_that_do_not_fit(records, tmp_path):
    def take(path):
        return table_values(records, path, COLUMNS, Findings(), base=tmp_path)

    twice = write_table(tmp_path / "twice.csv", records[:1], input_of=lambda p: f"one/{p.name}")
    text = twice.read_text().splitlines()
    twice.write_text("\n".join([*text, text[1].replace("one/", "two/")]) + "\n")
    (tmp_path / "x.txt").write_text("a")
    (tmp_path / "no.csv").write_text("path,frame\na,1\n")
    for path, words in (
        (twice, r"several inputs end in a\.png"),
        (tmp_path / "x.txt", r"the name must end in \.csv"),
        (tmp_path / "none.csv", "no such file"),
        (tmp_path / "no.csv", "has no column box_h"),
    ):
        with pytest.raises(ValueError, match=words):
            take(path)


def test_videos_that_break_off_say_so(records, tmp_path, monkeypatch):
    def broken(self, path):
        yield Frame(path, 0, 0.0, np.zeros((2, 2, 3), np.uint8), (face_of(2.0, 5.0),))
        raise InputError(f"{path}: breaks off after 1 of 9 frames")

    monkeypatch.setattr(BrightnessDetector, "stream", broken)
    read_all(records[3:5], BrightnessDetector(), tmp_path / "r", tmp_path)
    cache = open_cache(tmp_path / "r")
    assert cache.problem(("v.avi", 0)) is None
    assert "breaks off" in cache.problem(("v.avi", 2))
