import json
from pathlib import Path

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from facsimile.data.shards import decode_image, read_shards, split_by_identity

ROWS = 10


def picture(index: int) -> np.ndarray:
    """A plain RGB colour per row."""
    return np.full((24, 24, 3), [index * 20, 255 - index * 20, 40], np.uint8)


def row(index: int) -> dict:
    bgr = cv2.cvtColor(picture(index), cv2.COLOR_RGB2BGR)
    return {
        "image": {"bytes": cv2.imencode(".png", bgr)[1].tobytes(), "path": f"{index}.png"},
        "identity": index // 4,
        "index": index,
        "au": [[float(index), float(unit)] for unit in range(33)],
        "au_visible": [[index % 2 == 0, True]] * 33,
        "landmarks": [[float(index), float(k)] for k in range(70)],
        "landmark_visible": [True] * 70,
        "head_pose_rad": [0.1, 0.2, 0.3],
        "gaze_rad": [[0.1, 0.2], [0.3, 0.4]],
        "controllers": [0.5] * 66,
        "appearance": {"age_years": 30.0},
        "notation": f"{index}",
        "weight": 0.5 * index,
    }


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Three shards of 4, 4 and 2 rows in row groups of 3."""
    for shard in range(3):
        table = pa.Table.from_pylist([row(i) for i in range(shard * 4, min(shard * 4 + 4, ROWS))])
        pq.write_table(table, tmp_path / f"shard-{shard:05d}.parquet", row_group_size=3)
    return tmp_path


def test_columns_come_as_arrays_of_their_shapes(folder):
    shards = read_shards(folder)
    assert len(shards) == ROWS
    shapes = {"au": (33, 2), "au_visible": (33, 2), "landmarks": (70, 2), "landmark_visible": (70,),
              "head_pose_rad": (3,), "gaze_rad": (2, 2), "controllers": (66,)}  # fmt: skip
    for name, shape in shapes.items():
        assert shards.column(name).shape == (ROWS, *shape)
    np.testing.assert_array_equal(shards.column("au")[7, 5], [7, 5])
    assert shards.column("au_visible").dtype == bool
    np.testing.assert_array_equal(shards.column("identity"), np.arange(ROWS) // 4)
    assert shards.column("notation").tolist() == [str(i) for i in range(ROWS)]
    assert shards.column("appearance")[3] == {"age_years": 30.0}
    assert shards.column("weight")[3] == 1.5


def test_images_come_in_row_order_in_rgb(folder):
    images = read_shards(folder).images(threads=2)
    np.testing.assert_array_equal(images, np.stack([picture(i) for i in range(ROWS)]))


def test_some_images_come_in_the_asked_order_also_into_a_memmap(folder):
    shards, wanted = read_shards(folder), np.array([9, 0, 5, 5])
    out = np.memmap(folder / "images.u8", np.uint8, "w+", shape=(4, 24, 24, 3))
    images = shards.images(wanted, out=out)
    assert images is out
    np.testing.assert_array_equal(images, np.stack([picture(i) for i in wanted]))
    assert shards.images(np.zeros(0, int)).shape == (0, 24, 24, 3)


@pytest.mark.parametrize("index", [0, 3, 4, 9, -1])
def test_single_rows_are_the_same_as_columns(folder, index):
    shards = read_shards(folder)
    expected = row(index % ROWS)
    found = shards[index]
    np.testing.assert_array_equal(found.pop("image"), picture(index % ROWS))
    assert found == {name: value for name, value in expected.items() if name != "image"}


def test_rows_outside_are_refused(folder):
    shards = read_shards(folder)
    with pytest.raises(IndexError, match="row 10 is outside the data set's 10 rows"):
        shards[10]
    with pytest.raises(IndexError, match=r"rows must lie in 0..9, got 3..12"):
        shards.images(np.array([3, 12]))


def test_the_manifest_is_read_if_there_is_one(folder):
    assert read_shards(folder).manifest == {}
    (folder / "manifest.json").write_text(json.dumps({"seed": 3}))
    assert read_shards(folder).manifest == {"seed": 3}
    assert len(read_shards(folder)) == ROWS


def write_manifest(folder: Path, rows: dict[int, int]) -> None:
    """List shards with their lengths."""
    entries = [{"number": k, "file": f"shard-{k:05d}.parquet", "rows": n} for k, n in rows.items()]
    (folder / "manifest.json").write_text(json.dumps({"count": ROWS, "shards": entries}))


def test_only_the_shards_of_the_manifest_are_read(folder):
    (folder / "shard-00000 (copy).parquet").write_bytes((folder / "shard-00000.parquet").read_bytes())
    (folder / "shard-00007.parquet").write_bytes(b"half a fi")
    write_manifest(folder, {0: 4, 1: 4, 2: 2})
    assert read_shards(folder).column("index").tolist() == list(range(ROWS))
    write_manifest(folder, {0: 4, 2: 2})
    shards = read_shards(folder)
    assert shards.column("index").tolist() == [0, 1, 2, 3, 8, 9]
    assert shards[4]["index"] == 8


def test_a_set_without_a_finished_shard_says_so(folder):
    write_manifest(folder, {})
    with pytest.raises(ValueError, match="holds no finished shard yet"):
        read_shards(folder)


def test_shards_that_break_the_manifests_word_are_named(folder):
    write_manifest(folder, {0: 4, 1: 5, 2: 2})
    with pytest.raises(ValueError, match=r"shard-00001.parquet has 4 rows, manifest.json says 5; run the"):
        read_shards(folder)
    write_manifest(folder, {0: 4, 3: 4})
    with pytest.raises(ValueError, match=r"shard-00003.parquet is not a whole Parquet file"):
        read_shards(folder)


@pytest.mark.parametrize("text", ["{", "[]"])
def test_a_manifest_that_is_none_is_named(folder, text):
    (folder / "manifest.json").write_text(text)
    with pytest.raises(ValueError, match=r"manifest.json is not a manifest"):
        read_shards(folder)


def test_a_wrong_folder_is_named(tmp_path):
    with pytest.raises(ValueError, match="is not a folder"):
        read_shards(tmp_path / "nothing")
    with pytest.raises(ValueError, match=r"holds no shard-\*.parquet; make one"):
        read_shards(tmp_path)


@pytest.mark.parametrize("keep", [0, 3, 500])
def test_a_truncated_shard_is_named(folder, keep):
    path = folder / "shard-00001.parquet"
    path.write_bytes(path.read_bytes()[:keep])
    with pytest.raises(ValueError, match=r"shard-00001.parquet is not a whole Parquet file .* run the"):
        read_shards(folder)


def test_an_unknown_column_is_told_the_known_ones(folder):
    with pytest.raises(ValueError, match="no label column 'aus'; the columns are identity, index, au"):
        read_shards(folder).column("aus")


@pytest.mark.parametrize("content", [b"", b"GIF89a nonsense"])
def test_bytes_that_are_no_image_are_refused(content):
    with pytest.raises(ValueError, match="are no JPEG or PNG image"):
        decode_image(content)


def test_images_of_several_sizes_are_refused(folder):
    odd = row(9)
    odd["image"]["bytes"] = cv2.imencode(".png", np.zeros((8, 8, 3), np.uint8))[1].tobytes()
    pq.write_table(pa.Table.from_pylist([row(8), odd]), folder / "shard-00002.parquet")
    with pytest.raises(ValueError, match=r"row 9 of .* is 8 x 8 px, row 0 is 24 x 24"):
        read_shards(folder).images()


def test_no_person_is_in_two_parts():
    identity = np.repeat(np.arange(500), 8)
    parts = split_by_identity(identity, (0.8, 0.1, 0.1), seed=1)
    people = [set(identity[part]) for part in parts]
    assert not (people[0] & people[1])
    assert not (people[0] & people[2])
    assert not (people[1] & people[2])
    assert sum(map(len, parts)) == len(identity)
    assert len(people[0]) == pytest.approx(400, abs=30)


def test_a_person_keeps_the_part_when_the_set_grows():
    few, many = np.arange(100), np.arange(1000)
    small, large = (split_by_identity(identity, (0.5, 0.5), seed=2)[0] for identity in (few, many))
    np.testing.assert_array_equal(small, large[large < 100])
    assert (split_by_identity(many, (0.5,), seed=3)[0].tolist()) != large.tolist()


@pytest.mark.parametrize("fractions", [(0.8, 0.3), (-0.1, 0.5)])
def test_fractions_that_make_no_sense_are_refused(fractions):
    with pytest.raises(ValueError, match="fractions must not be negative and add up to at most 1"):
        split_by_identity(np.arange(3), fractions)
