import csv
import io
import json
import math
from dataclasses import replace

import numpy as np
import pyarrow.parquet as pq
import pytest

from facsimile.detect.exports import FORMATS, layout_of
from facsimile.detect.faces import Frame
from facsimile.detect.table import ANGLES, PLACE, Layout, text_value, unit_columns
from facsimile.detect.writers import CsvWriter, TableFile, arrow_table


@pytest.fixture
def frame(detector, picture):
    (face,) = detector.read_image(picture)
    face = replace(
        face,
        intensity=np.array([[0.0, 0.2], [1.0, 3.0], [2.0, 2.0]]),
        intensity_sd=np.array([[0.1, 0.2], [0.3, 0.4], [0.5, 0.5]]),
    )
    return Frame("a.jpg", 7, 0.28, picture, (face,))


@pytest.fixture
def empty(picture):
    return Frame("b.jpg", 0, 0.0, picture, ())


def cells(frame):
    layout = Layout((4, 12, 25))
    (row,) = layout.rows(frame)
    return dict(zip(layout.columns, row, strict=True))


def test_columns_in_the_documented_order():
    columns = Layout((4, 25)).columns
    assert columns[: len(PLACE)] == ("input", "frame", "time_s", "face_id", "score", "box_x", "box_y", "box_w", "box_h")
    assert columns[9:14] == ("pitch_rad", "yaw_rad", "roll_rad", "gaze_yaw_rad", "gaze_pitch_rad")
    assert columns[14:20] == ("AU04", "AU04_L", "AU04_R", "AU04_sd", "AU04_p", "AU04_visible")
    assert columns[20:24] == ("AU25", "AU25_sd", "AU25_p", "AU25_visible")
    assert {"rig_jawOpen", "rig_jawOpen_sd"} <= set(columns)
    assert columns[-140:-138] == ("x_0", "x_1")
    assert columns[-70:] == tuple(f"y_{i}" for i in range(70))
    assert len(set(columns)) == len(columns)
    assert unit_columns(12) == ("AU12", "AU12_L", "AU12_R", "AU12_sd", "AU12_p", "AU12_visible")


def test_a_unit_is_its_larger_side_with_that_sides_doubt(frame):
    row = cells(frame)
    assert (row["input"], row["frame"], row["time_s"], row["face_id"]) == ("a.jpg", 7, 0.28, 0)
    assert (row["AU12"], row["AU12_L"], row["AU12_R"], row["AU12_sd"]) == (3.0, 1.0, 3.0, 0.4)
    assert row["AU12_p"] > 0.99
    assert row["AU04_p"] == pytest.approx(0.5 * math.erfc(0.3 / 0.2 / math.sqrt(2)))
    assert row["x_3"] == frame.faces[0].landmarks[3, 0]


def test_presence_and_intensity_never_disagree(frame):
    row = cells(frame)
    for name in ("AU04", "AU12", "AU25"):
        assert (row[f"{name}_p"] > 0.5) == (row[name] > 0.5)


def test_the_rig_is_what_was_read(frame):
    row = cells(frame)
    assert row["rig_jawOpen"] == 0.25
    assert row["rig_jawOpen_sd"] == pytest.approx(0.1)


def test_without_controllers_the_rig_follows_the_units(frame):
    row = cells(replace(frame, faces=(replace(frame.faces[0], controllers=None, controllers_sd=None),)))
    assert row["rig_mouthSmileLeft"] == pytest.approx(1 / 5)
    assert row["rig_mouthSmileRight"] == pytest.approx(3 / 5)
    rig = {k: v for k, v in row.items() if k.startswith("rig_")}
    assert all(math.isnan(v) if k.endswith("_sd") else 0 <= v <= 1 for k, v in rig.items())


def test_visibility_is_that_of_the_larger_side(frame):
    visible = np.array([[1.0, 1.0], [0.9, 0.2], [0.5, 0.5]])
    assert cells(replace(frame, faces=(replace(frame.faces[0], visible=visible),)))["AU12_visible"] == 0.2
    assert math.isnan(cells(replace(frame, faces=(replace(frame.faces[0], visible=None),)))["AU12_visible"])


def test_raw_columns_stand_at_the_end(frame, empty):
    face = frame.faces[0]
    told = replace(face, intensity=face.intensity / 2, raw=face)
    layout = Layout((4, 12, 25), with_raw=True)
    (row,) = layout.rows(replace(frame, faces=(told,)))
    row = dict(zip(layout.columns, row, strict=True))
    assert layout.columns[: -5 - 7] == Layout((4, 12, 25)).columns
    assert layout.columns[-12:-7] == tuple(f"{name}_raw" for name in ANGLES)
    assert (row["AU12_R"], row["AU12_raw"], row["AU12_L_raw"], row["AU25_raw"]) == (1.5, 3.0, 1.0, 2.0)
    (same,) = layout.rows(frame)
    assert same[-7:] == [row[name] for name in layout.columns[-7:]]
    (nothing,) = layout.rows(empty)
    assert len(nothing) == len(layout.columns)


def test_a_frame_without_a_face_keeps_one_row(empty):
    row = cells(empty)
    assert [row.pop(k) for k in ("input", "frame", "time_s")] == ["b.jpg", 0, 0.0]
    assert set(row.values()) == {None}


def test_cells_as_text():
    assert [text_value(v) for v in (None, math.nan, 0.0, -0.00001, 1.5, 2.0, 1e6, 3, "a,b")] == [
        "", "", "0", "0", "1.5", "2", "1000000", "3", "a,b",
    ]  # fmt: skip


def test_three_files_say_the_same(tmp_path, frame, empty):
    layout = Layout((4, 12, 25))
    for suffix in ("csv", "parquet", "jsonl"):
        with TableFile(tmp_path / f"t.{suffix}", layout.columns) as writer:
            for f in (frame, empty):
                for row in layout.rows(f):
                    writer.write(row)
    with open(tmp_path / "t.csv", newline="") as file:
        text = list(csv.DictReader(file))
    lines = [json.loads(line) for line in (tmp_path / "t.jsonl").read_text().splitlines()]
    table = pq.read_table(tmp_path / "t.parquet").to_pylist()
    assert len(text) == len(lines) == len(table) == 2
    for name in layout.columns:
        for a, b, c in zip(text, lines, table, strict=True):
            assert a[name] == text_value(b[name])
            assert c[name] == (pytest.approx(b[name], abs=1e-3) if isinstance(b[name], float) else b[name])


def test_parquet_keeps_types_and_many_rows(tmp_path, frame):
    layout = Layout((4, 12, 25))
    (row,) = layout.rows(frame)
    with TableFile(tmp_path / "t.parquet", layout.columns) as writer:
        for _ in range(2500):
            writer.write(row)
    table = pq.read_table(tmp_path / "t.parquet")
    assert table.num_rows == 2500
    assert {name: str(table.schema.field(name).type) for name in ("input", "frame", "time_s", "AU12")} == {
        "input": "string", "frame": "int64", "time_s": "double", "AU12": "float",
    }  # fmt: skip
    assert arrow_table([], layout.columns).schema == table.schema


class RefusedError(Exception):
    """Stands for a disk that is full."""


class OddRow(list):
    """A row that no writer can take."""

    def __iter__(self):
        raise RefusedError


@pytest.mark.parametrize("name", ["t.csv", "t.jsonl"])
@pytest.mark.parametrize(("good", "error"), [(0, KeyboardInterrupt), (2, RefusedError)])
def test_without_rows_or_after_a_failed_write_nothing_is_left(tmp_path, name, good, error):
    def stopped(table):
        with table as writer:
            for _ in range(good):
                writer.write([1])
            if good:
                writer.write(OddRow([1]))
            raise KeyboardInterrupt

    table = TableFile(tmp_path / name, ("frame",))
    with pytest.raises(error):
        stopped(table)
    assert (list(tmp_path.iterdir()), table.kept) == ([], "nothing is kept")


@pytest.mark.parametrize("name", ["t.csv", "t.jsonl", "t.parquet"])
def test_a_stopped_file_keeps_its_rows(tmp_path, name):
    def stopped(table):
        with table as writer:
            for number in range(3):
                writer.write([number])
            raise KeyboardInterrupt

    table = TableFile(tmp_path / name, ("frame",))
    with pytest.raises(KeyboardInterrupt):
        stopped(table)
    assert [path.name for path in tmp_path.iterdir()] == [name]
    assert table.kept == f"the 3 rows so far are in {tmp_path / name}"


def test_an_unknown_suffix_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"must end in \.csv, \.parquet, \.jsonl"):
        TableFile(tmp_path / "t.txt", ("frame",))


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_fills_its_columns(form, frame, empty):
    layout = layout_of(form, (4, 12, 25))
    for f in (frame, empty):
        for row in layout.rows(f):
            assert len(row) == len(layout.columns)


def test_unknown_format():
    with pytest.raises(ValueError, match="format 'bids': choose one of facsimile, openface, livelink"):
        layout_of("bids", (12,))


def test_openface_header_and_values(frame, empty):
    """714 columns: 5 + 8 gaze + 280 eye + 6 pose + 340 landmarks + 40 shape + 17 intensities + 18 presences."""
    layout = layout_of("openface", (4, 12, 25))
    assert len(layout.columns) == 714
    assert layout.columns[:5] == ("frame", "face_id", "timestamp", "confidence", "success")
    assert (layout.columns[13], layout.columns[293], layout.columns[-35]) == ("eye_lmk_x_0", "pose_Tx", "AU01_r")
    (row,) = layout.rows(frame)
    values = dict(zip(layout.columns, row, strict=True))
    assert (values["frame"], values["success"], values["AU12_r"], values["AU12_c"]) == (8, 1, 3, 1)
    assert text_value(values["AU01_r"]) == text_value(values["AU01_c"]) == ""
    assert values["pose_Ry"] == pytest.approx(-frame.faces[0].head_pose_rad[1])
    (row,) = layout.rows(empty)
    assert dict(zip(layout.columns, row, strict=True))["success"] == 0


def test_live_link_names(frame):
    layout = layout_of("livelink", (4, 12, 25))
    assert len(layout.columns) == 63
    assert layout.columns[2] == "EyeBlinkLeft"
    (row,) = layout.rows(frame)
    values = dict(zip(layout.columns, row, strict=True))
    assert (values["Timecode"], values["BlendShapeCount"]) == ("00:00:00.280", 61)
    assert values["MouthSmileRight"] == pytest.approx(0.25)


def test_csv_quotes_names():
    text = io.StringIO()
    CsvWriter(text, ("input",)).write(['a,"b"'])
    assert list(csv.reader(io.StringIO(text.getvalue())))[1] == ['a,"b"']
