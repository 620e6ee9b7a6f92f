"""Every data set in the layout of its distribution, written by the test, whole and with the usual damage."""

import numpy as np
import pytest

from facsimile.data.labelled.findings import Findings
from facsimile.data.labelled.folds import PUBLISHED, published_parts
from facsimile.data.labelled.record import level
from facsimile.data.labelled.sources import SOURCES, LoadOptions, load
from facsimile.facs.action_units import LABEL_UNITS, unit_index

DISFA_UNITS = (1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26)


def write(path, text="", *, encoding="utf-8"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode(encoding))
    return path


def loaded(source, folder, **options):
    findings = Findings()
    return list(load(source, folder, findings, options=LoadOptions(**options))), findings


def at(record, code):
    """Intensity and presence of one unit."""
    return float(record.intensity[unit_index(code)]), float(record.presence[unit_index(code)])


@pytest.fixture
def disfa(tmp_path):
    """Two people, four frames; unit u has intensity (u + frame) mod 6."""
    for subject in ("SN001", "SN002"):
        for unit in DISFA_UNITS:
            rows = "".join(f"{frame},{(unit + frame) % 6}\r\n" for frame in range(1, 5))
            write(tmp_path / f"ActionUnit_Labels/{subject}/{subject}_au{unit}.txt", rows)
    write(tmp_path / "Videos_LeftCamera/LeftVideoSN001_comp.avi")
    write(tmp_path / "Videos_LeftCamera/LeftVideoSN002_Comp.avi")
    write(tmp_path / "Video_RightCamera/RightVideoSN001_comp.avi")
    return tmp_path


def test_disfa(disfa):
    records, findings = loaded("disfa", disfa)
    assert not findings.counts
    assert [(r.subject, r.frame, r.video_frame) for r in records[:5]] == [
        ("SN001", 1, 0), ("SN001", 2, 1), ("SN001", 3, 2), ("SN001", 4, 3), ("SN002", 1, 0)
    ]  # fmt: skip
    assert at(records[2], 12) == (3.0, 1.0)
    assert at(records[1], 4) == (0.0, 0.0)
    assert np.isnan(records[0].intensity).sum() == len(LABEL_UNITS) - 12
    assert records[4].picture.name == "LeftVideoSN002_Comp.avi"
    assert np.isnan(records[0].side_intensity).all()


def test_disfa_counts_what_it_lacks(disfa):
    (disfa / "ActionUnit_Labels/SN001/SN001_au5.txt").unlink()
    write(disfa / "ActionUnit_Labels/SN001/SN001_au6.txt", "1,2\n2,9\n3,-1\n")
    records, findings = loaded("disfa", disfa, camera="right")
    assert {r.subject for r in records} == {"SN001"}
    assert np.isnan(at(records[0], 5)).all()
    assert at(records[0], 6) == (2.0, 1.0)
    assert np.isnan(at(records[1], 6)).all()
    assert findings.counts == {
        "people without a video of the right camera": 1,
        "label files missing, their unit counts as not coded": 1,
        "levels given as not coded": 2,
        "labels missing in some unit's file, not coded there": 1,
    }
    assert "1 people without a video of the right camera; first: SN002" in findings.lines()


def test_disfa_frames_from_zero_are_shifted(disfa):
    for unit in DISFA_UNITS:
        write(disfa / f"ActionUnit_Labels/SN001/SN001_au{unit}.txt", "0,0\n1,0\n2,3\n")
    records, findings = loaded("disfa", disfa)
    first = [r for r in records if r.subject == "SN001"]
    assert [(r.frame, r.video_frame) for r in first] == [(1, 0), (2, 1), (3, 2)]
    assert at(first[2], 12) == (3.0, 1.0)
    assert findings.counts == {"label files that count frames from 0, shifted by one": 12}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("1,7\n", "line 1: 7 is not a level; expected 0-5"),
        ("1,2\n1,3\n", "line 2: frame 1 stands twice"),
        ("1,2\nx,3\n", "line 2: expected 'frame,intensity', got 'x,3'"),
        ("1,two\n", "line 1: 'two' is not a number"),
    ],
)
def test_disfa_refuses_damaged_labels(disfa, text, words):
    write(disfa / "ActionUnit_Labels/SN001/SN001_au6.txt", text)
    with pytest.raises(ValueError, match=r"SN001_au6\.txt, ") as error:
        loaded("disfa", disfa)
    assert words in str(error.value)


def test_odd_encodings_are_read(disfa):
    write(disfa / "ActionUnit_Labels/SN001/SN001_au6.txt", "1,2\n2,3\n3,4\n4,5\n", encoding="utf-16")
    write(disfa / "ActionUnit_Labels/SN001/SN001_au9.txt", "1,2\n2,3\n3,4\n4,5\n", encoding="utf-8-sig")
    records, findings = loaded("disfa", disfa)
    assert at(records[3], 6) == at(records[3], 9) == (5.0, 1.0)
    assert not findings.counts


@pytest.fixture
def disfa_plus(tmp_path):
    """One person, one trial of three pictures, in a doubled folder."""
    trial = "A1_AU1_TrailNo_1"
    for unit in DISFA_UNITS:
        rows = "".join(f"{i:03d}.jpg     {(unit + i) % 6}\n" for i in range(3))
        write(tmp_path / f"Labels/SN001/SN001/{trial}/AU{unit}.txt", f"{trial}\nAU{unit}\n{rows}")
    for i in range(3):
        write(tmp_path / f"Images/SN001/{trial}/{i:03d}.jpg")
    return tmp_path


def test_disfa_plus(disfa_plus):
    records, findings = loaded("disfa+", disfa_plus)
    assert not findings.counts
    assert [(r.subject, r.sequence, r.frame, r.picture.name, r.video_frame) for r in records] == [
        ("SN001", "A1_AU1_TrailNo_1", i, f"{i:03d}.jpg", None) for i in range(3)
    ]
    assert at(records[1], 25) == (2.0, 1.0)


def test_disfa_plus_counts_what_it_lacks(disfa_plus):
    folder = disfa_plus / "Images/SN001"
    (folder / "A1_AU1_TrailNo_1/002.jpg").unlink()
    write(folder / "A1_AU1_TrailNo_1/007.jpg")
    write(folder / "Y1_TrailNo_1/000.jpg")
    write(disfa_plus / "Labels/SN003/Z_TrailNo_1/AU1.txt", "a\nb\n000.jpg 1\n")
    records, findings = loaded("disfa+", disfa_plus)
    assert len(records) == 2
    assert findings.counts == {
        "trials without labels": 1,
        "trials without pictures": 1,
        "pictures without labels": 1,
        "labels without a picture": 1,
    }


def test_disfa_plus_header_and_rows(disfa_plus):
    label = disfa_plus / "Labels/SN001/SN001/A1_AU1_TrailNo_1/AU1.txt"
    write(label, "000.jpg 1\n001.jpg 1\n002.jpg 2\n")
    records, findings = loaded("disfa+", disfa_plus)
    assert at(records[2], 1) == (2.0, 1.0)
    assert findings.counts == {"label files with another header than two lines": 1}
    write(label, "a\nb\n000.jpg 1\nnonsense\n")
    with pytest.raises(ValueError, match="line 4: expected a picture and a level, got 'nonsense'"):
        loaded("disfa+", disfa_plus)


@pytest.fixture
def bp4d(tmp_path):
    """One task of one person, frames 198-200; unit 12 has levels, unit 6 is coded in two frames of three."""
    header = ",".join(map(str, range(29)))
    occurrence = {198: {6: 1, 12: 1}, 199: {6: 9, 12: 0}, 200: {6: 0, 12: 1}}
    rows = "".join(f"{f},{','.join(str(o.get(u, 0)) for u in range(1, 29))}\n" for f, o in occurrence.items())
    write(tmp_path / "AUCoding/AU_OCC/F001_T1.csv", f"{header}\n{rows}")
    write(tmp_path / "AUCoding/AU_INT/AU12/F001_T1_AU12.csv", "198,3\n199,0\n200,9\n")
    for name in ("0198", "199", "00200"):
        write(tmp_path / f"Sequences/F001/T1/{name}.jpg")
    return tmp_path


def test_bp4d(bp4d):
    records, findings = loaded("bp4d", bp4d)
    assert not findings.counts
    assert [(r.subject, r.sequence, r.frame, r.picture.name) for r in records] == [
        ("F001", "T1", 198, "0198.jpg"), ("F001", "T1", 199, "199.jpg"), ("F001", "T1", 200, "00200.jpg")
    ]  # fmt: skip
    assert at(records[0], 12) == (3.0, 1.0)
    assert np.isnan(at(records[2], 12)[0])
    assert at(records[2], 12)[1] == 1.0
    assert np.isnan(at(records[1], 6)).all()
    assert np.isnan(at(records[0], 39)).all()


def test_bp4d_counts_what_it_lacks(bp4d):
    write(bp4d / "AUCoding/AU_INT/AU12/F001_T1_AU12.csv", "frame,level\n198,0\n201,2\n")
    write(bp4d / "AUCoding/AU_OCC/M001_T2.csv", "0,1,31\n5,1,1\n6,9,9\n")
    write(bp4d / "Sequences/M001/T2/5.jpg")
    write(bp4d / "Sequences/M001/T2/05.jpg")
    write(bp4d / "Sequences/M001/T3/5.jpg")
    write(bp4d / "AUCoding/AU_OCC/M001_T4.csv", "0,1\n5,1\n")
    records, findings = loaded("bp4d", bp4d)
    assert len(records) == 4
    assert findings.counts == {
        "pictures whose number another has, left out": 1,
        "levels that contradict the occurrence": 1,
        "labels without a picture": 1,
        "codes of unit 31, which is not among the label units": 1,
        "frames with nothing coded": 1,
        "tasks without labels": 1,
        "tasks without pictures": 1,
    }


def test_bp4d_plus_pictures_from_zero(tmp_path):
    write(tmp_path / "AU_OCC/F001_T1.csv", "0,1,2\n1,1,0\n2,0,1\n")
    for i in range(2):
        write(tmp_path / f"F001/T1/{i:04d}.jpg")
    records, findings = loaded("bp4d+", tmp_path)
    assert [(r.frame, r.picture.name) for r in records] == [(1, "0000.jpg"), (2, "0001.jpg")]
    assert findings.counts == {"tasks whose pictures count from 0: frame f is read from picture f - 1": 1}
    for offset, names in ((0, ["0001.jpg"]), (-1, ["0000.jpg", "0001.jpg"])):
        records, _ = loaded("bp4d+", tmp_path, frame_offset=offset)
        assert [r.picture.name for r in records] == names


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("frame,1,2\n1,0,1\n", "expected the header 0,1,2,... of frame and units, got 'frame,1,2'"),
        ("0,1,2\n1,0\n", "line 2: expected a frame and 2 codes, got 2 cells"),
        ("0,1,2\n1,0,3\n", "line 2, unit 2: 3 is not a level; expected 0-1"),
        ("0,1\n1,0\n1,0\n", "line 3: frame 1 stands twice"),
    ],
)
def test_bp4d_refuses_damaged_labels(bp4d, text, words):
    write(bp4d / "AUCoding/AU_OCC/F001_T1.csv", text)
    with pytest.raises(ValueError, match=r"F001_T1\.csv, line") as error:
        loaded("bp4d", bp4d)
    assert words in str(error.value)


@pytest.fixture
def ck_plus(tmp_path):
    """Two sequences of one person; the first shows 1 without a level and 12 at D, with a code off the label axis."""
    labels = "   1.0000000e+00   0.0000000e+00\n   1.2000000e+01   4.0000000e+00\n   4.5000000e+01   0.0000000e+00\n"
    write(tmp_path / "FACS/S005/001/S005_001_00000011_facs.txt", labels)
    write(tmp_path / "FACS/S005/002/S005_002_00000002_facs.txt", "   4.0000000e+00   2.0000000e+00\n")
    for sequence, last in (("001", 11), ("002", 2)):
        for i in range(1, last + 1):
            write(tmp_path / f"cohn-kanade-images/S005/{sequence}/S005_{sequence}_{i:08d}.png")
    write(tmp_path / "cohn-kanade-images/S005/001/._S005_001_00000012.png")
    points = "".join(f"   {x:.7e}   {2 * x:.7e}\n" for x in range(68))
    write(tmp_path / "Landmarks/S005/001/S005_001_00000011_landmarks.txt", points)
    return tmp_path


def test_ck_plus(ck_plus):
    records, findings = loaded("ck+", ck_plus)
    assert findings.counts == {"codes of unit 45, which is not among the label units": 1}
    assert [(r.subject, r.sequence, r.frame) for r in records] == [
        ("S005", "001", 1), ("S005", "001", 11), ("S005", "002", 1), ("S005", "002", 2)
    ]  # fmt: skip
    assert (records[0].intensity == 0).all()
    assert (records[0].presence == 0).all()
    assert np.isnan(at(records[1], 1)[0])
    assert at(records[1], 1)[1] == 1.0
    assert at(records[1], 12) == (4.0, 1.0)
    assert at(records[1], 4) == (0.0, 0.0)
    assert np.array_equal(records[1].landmarks[3], [3.0, 6.0])
    assert records[0].landmarks is None


def test_ck_plus_counts_what_it_lacks(ck_plus):
    write(ck_plus / "FACS/S005/002/S005_002_00000002_facs.txt", "\n")
    write(ck_plus / "FACS/S006/001/S006_001_00000009_facs.txt", "1.0 2.0\n")
    write(ck_plus / "cohn-kanade-images/S007/001/S007_001_00000001.png")
    write(ck_plus / "cohn-kanade-images/S005/001/S005_001_00000012.png")
    records, findings = loaded("ck+", ck_plus)
    assert [(r.sequence, r.frame) for r in records] == [("001", 1), ("001", 11)]
    assert findings.counts == {
        "sequences without labels": 1,
        "codes of unit 45, which is not among the label units": 1,
        "sequences that go on after the coded picture": 1,
        "label files without a single unit, not used": 1,
        "labels without their picture": 1,
    }


def test_ck_plus_refuses_damaged_labels(ck_plus):
    for text, words in (("1.2e+01\n", "expected a unit and a level"), ("99 1\n", "99 is not a FACS code")):
        write(ck_plus / "FACS/S005/001/S005_001_00000011_facs.txt", text)
        with pytest.raises(ValueError, match=words):
            loaded("ck+", ck_plus)


@pytest.fixture
def table(tmp_path):
    """A table of two pictures beside it."""
    write(tmp_path / "a.png")
    write(tmp_path / "b.avi")
    return write(
        tmp_path / "labels.csv",
        "path,subject,frame,AU12,AU06_L,AU06_R,AU04_present,site\na.png,Zoë,,3.5,1,4,0,x\nb.avi,2,7,,,,1,y\n",
    )


def test_table(table):
    records, findings = loaded("csv", table)
    assert findings.counts == {"columns that are not used": 1}
    first, second = records
    assert (first.subject, first.frame, first.video_frame) == ("Zoë", 0, None)
    assert (second.subject, second.frame, second.video_frame) == ("2", 7, 7)
    assert at(first, 12) == (3.5, 1.0)
    assert at(first, 6) == (4.0, 1.0)
    assert np.array_equal(first.side_intensity[unit_index(6)], [1.0, 4.0])
    assert at(first, 4)[1] == 0.0
    assert np.isnan(at(second, 12)).all()


def test_table_as_spreadsheets_write_it(table):
    text = table.read_text().replace(",", ";")
    write(table, text, encoding="cp1252")
    records, findings = loaded("csv", table)
    assert records[0].subject == "Zoë"
    assert findings.counts["text files that are not UTF-8, read as Windows-1252"] == 1
    write(table, "﻿" + text.replace(";", "\t"))
    assert loaded("csv", table)[0][0].subject == "Zoë"


def test_table_counts_rows_that_say_nothing(table):
    write(table, "path,subject,AU12\na.png,1,9\nnone.png,1,2\na.png,1,-1\na.png,1,5\n")
    records, findings = loaded("csv", table)
    assert len(records) == 1
    assert findings.counts == {"rows with nothing coded": 2, "rows whose picture does not exist": 1}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "the file has no header"),
        ("path,AU12\n", "the header lacks subject"),
        ("path,subject,AU_12\n", "no column of labels; 'AU_12' is not of the form"),
        ("path,subject,AU12,AU12\n", "names AU12 twice"),
        ("path,subject,AU45\n", "45 is not among the label units"),
        ("path,subject,AU25_L\n", "unit 25 has no sides"),
        ("path,subject,AU12\na.png,1\n", "line 2: expected 3 cells as in the header, got 2"),
        ("path,subject,AU12\na.png,1,6\n", "line 2, AU12: 6 is not a level"),
        ("path,subject,AU12\na.png,,1\n", "line 2: path and subject must not be empty"),
        ("path,subject,frame,AU12\na.png,1,-3,1\n", "line 2: frame '-3' is not a number from 0"),
    ],
)
def test_table_errors(table, text, words):
    write(table, text)
    with pytest.raises(ValueError, match=r"labels\.csv") as error:
        loaded("csv", table)
    assert words in str(error.value)


@pytest.mark.parametrize("source", SOURCES)
def test_a_wrong_folder_is_named(source, tmp_path):
    with pytest.raises(ValueError, match="nowhere"):
        loaded(source, tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ValueError, match=r"empty: no "):
        loaded(source, tmp_path / "empty")


def test_unknown_sources_and_cameras(tmp_path, disfa):
    with pytest.raises(ValueError, match=r"'dsifa': choose one of .* nearest: 'disfa'"):
        loaded("dsifa", tmp_path)
    with pytest.raises(ValueError, match="camera 'top': choose one of left, right"):
        loaded("disfa", disfa, camera="top")


def test_levels():
    assert [level(text, "x") for text in ("0", " 5 ", "2.5")] == [0.0, 5.0, 2.5]
    assert all(np.isnan(level(text, "x")) for text in ("", "9", "-1", "nan", " "))


def test_published_parts():
    assert [len(part.split()) for part in PUBLISHED["bp4d"]] == [14, 14, 13]
    assert [len(part.split()) for part in PUBLISHED["disfa"]] == [9, 9, 9]
    for parts in PUBLISHED.values():
        names = " ".join(parts).split()
        assert len(set(names)) == len(names)
    assert published_parts("disfa", ["SN001", "SN006", "SN003"]).tolist() == [0, 1, 2]
    assert published_parts("disfa", ["SN001", "SN006"]) is None
    assert published_parts("disfa", ["SN001", "SN006", "SN003", "SN099"]) is None
    assert published_parts("csv", ["SN001"]) is None
