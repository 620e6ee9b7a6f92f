import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from test_track import random_track

from facsimile.facs.track import Track
from facsimile.facs.track_files import COLUMNS, read_track, write_track


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
@pytest.mark.parametrize("count", [0, 1, 12])
def test_round_trip_is_exact(tmp_path, suffix, count):
    track = random_track(count)
    write_track(track, tmp_path / f"track{suffix}")
    assert read_track(tmp_path / f"track{suffix}") == track
    assert [path.name for path in tmp_path.iterdir()] == [f"track{suffix}"]


@pytest.mark.parametrize("suffix", [".csv", ".parquet"])
def test_absent_channels_stay_absent(tmp_path, suffix):
    track = Track(np.array([0.0, 0.04]), head_pose_rad=np.ones((2, 3), np.float32))
    write_track(track, tmp_path / f"track{suffix}")
    assert read_track(tmp_path / f"track{suffix}") == track


def test_columns(tmp_path):
    write_track(random_track(2), tmp_path / "track.parquet")
    names = pq.ParquetFile(tmp_path / "track.parquet").schema_arrow.names
    assert names[:3] == ["time_s", "AU01_L", "AU01_R"]
    assert {"AU17", "rig_jawOpen", "yaw_rad", "gaze_left_pitch_rad"} <= set(names)
    assert len(COLUMNS["intensity"]) == 33 + 18


def test_a_hand_written_csv(tmp_path):
    (tmp_path / "track.csv").write_text("\ufefftime_s, AU12_L,AU17\n0,1,2\n0.5,,3\n", encoding="utf-8")
    track = read_track(tmp_path / "track.csv")
    assert np.allclose(track.curve(12, "L"), [1, np.nan], equal_nan=True)
    assert track.curve(17, "R").tolist() == [2, 3]
    assert np.isnan(track.curve(4)).all()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "the file is empty"),
        ("AU12_L\n1\n", "no column 'time_s'"),
        ("time_s,AU12\n0,1\n", "unknown column 'AU12'; nearest: 'AU12"),
        ("time_s,AU12_L\n0\n", "line 2 has 1 cells, the header 2"),
        ("time_s,AU12_L\n0,x\n", "line 2, column 'AU12_L' must hold a number, got 'x'"),
        ("time_s,AU12_L\n0,1\n0,1\n", "must ascend"),
        ("time_s,AU12_L\n0,9\n", "intensities run from 0 to 5"),
        ("time_s,AU12_L\n,1\n", "expected finite seconds"),
    ],
)
def test_bad_csv(tmp_path, text, message):
    (tmp_path / "track.csv").write_text(text)
    with pytest.raises(ValueError, match=message):
        read_track(tmp_path / "track.csv")


def test_bad_files(tmp_path):
    (tmp_path / "track.parquet").write_bytes(b"PAR1 nonsense")
    with pytest.raises(ValueError, match="not a readable Parquet file"):
        read_track(tmp_path / "track.parquet")
    pq.write_table(pa.table({"time_s": ["a"]}), tmp_path / "text.parquet")
    with pytest.raises(ValueError, match="column 'time_s' must hold numbers"):
        read_track(tmp_path / "text.parquet")
    (tmp_path / "track.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(ValueError, match="not a readable CSV"):
        read_track(tmp_path / "track.csv")


def test_a_cut_parquet_file_is_refused(tmp_path):
    write_track(random_track(6), tmp_path / "track.parquet")
    whole = (tmp_path / "track.parquet").read_bytes()
    for share in (0.0, 0.1, 0.5, 0.9, 0.999):
        (tmp_path / "track.parquet").write_bytes(whole[: int(share * len(whole))])
        with pytest.raises(ValueError, match="not a readable Parquet file"):
            read_track(tmp_path / "track.parquet")


def test_unknown_suffix(tmp_path):
    with pytest.raises(ValueError, match=r"\.parquet or \.csv, got 'track.txt'"):
        write_track(random_track(1), tmp_path / "track.txt")
    with pytest.raises(ValueError, match=r"\.parquet or \.csv"):
        read_track(tmp_path / "track.txt")


def test_a_failed_write_leaves_the_old_file(tmp_path, monkeypatch):
    write_track(random_track(1), tmp_path / "track.csv")
    before = (tmp_path / "track.csv").read_bytes()
    monkeypatch.setattr("os.replace", lambda *_: (_ for _ in ()).throw(OSError("disk full")))
    with pytest.raises(OSError, match="disk full"):
        write_track(random_track(5), tmp_path / "track.csv")
    assert (tmp_path / "track.csv").read_bytes() == before
    assert len(list(tmp_path.iterdir())) == 1
