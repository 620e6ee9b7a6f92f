import dataclasses
import hashlib
import json
import os
import shutil
from pathlib import Path

import pyarrow.parquet as pq
import pytest
import tiny_renderer

from facsimile.data.shards import read_shards
from facsimile.studio import shards
from facsimile.studio.card import card
from facsimile.studio.engine import RenderingError, make_dataset
from facsimile.studio.recipe import Recipe, sequences
from facsimile.studio.settings import Settings
from facsimile.studio.shards import ShardFolder


@pytest.fixture(autouse=True)
def small_shards(monkeypatch):
    """Two people a shard."""
    monkeypatch.setattr("facsimile.studio.settings.SHARD_ROWS", 8)
    monkeypatch.setattr("facsimile.studio.card.CARD_PLAN_ROWS", 20)


SETTINGS = Settings(count=18, seed=4, size=32, recipe=Recipe(images_per_identity=4))


def make(folder: Path, *, workers: int = 1, settings: Settings = SETTINGS, render=tiny_renderer.render_group) -> None:
    make_dataset(folder, settings, render_group=render, workers=workers, is_quiet=True)


def hashes(folder: Path) -> dict[str, str]:
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("facsimile.studio.settings.SHARD_ROWS", 8)
        patch.setattr("facsimile.studio.card.CARD_PLAN_ROWS", 20)
        folder = tmp_path_factory.mktemp("a") / "faces"
        make(folder)
    return folder


def rewrite_manifest(folder: Path, **changes) -> None:
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | changes))


def test_rows_are_in_order_and_shards_hold_whole_people(whole):
    tables = [pq.read_table(path) for path in sorted(whole.glob("shard-*.parquet"))]
    assert [t.num_rows for t in tables] == [8, 8, 2]
    assert [i for t in tables for i in t["index"].to_pylist()] == list(range(18))
    assert [i for t in tables for i in t["identity"].to_pylist()] == [i // 4 for i in range(18)]


def test_the_manifest_tells_recipe_seed_and_hashes(whole):
    manifest = json.loads((whole / "manifest.json").read_text())
    assert manifest["complete"]
    assert manifest["recipe"] == SETTINGS.recipe.to_dict()
    assert (manifest["seed"], manifest["count"]) == (4, 18)
    assert {s["file"]: s["sha256"] for s in manifest["shards"]} == {
        name: h for name, h in hashes(whole).items() if name.startswith("shard")
    }
    assert "18 synthetic faces" in (whole / "README.md").read_text()


def test_the_card_tells_how_to_make_the_set_again():
    still = card(Path("faces"), dataclasses.replace(SETTINGS, buffers=("depth",)))
    assert "5 people who\nnever existed, 4 images each; image 0 of each person is neutral" in still
    assert "-n 18 --seed 4 --size 32 --recipe mixed --rig makehuman --image-format jpeg --jpeg-quality 90" in still
    assert "--buffers depth" in still
    assert "| `depth` | PNG, 16 bits: steps of 0.1 mm" in still
    moving_card = card(Path("clips"), Settings(count=400, recipe=sequences()))
    assert "4 clips each of 100 frames at 25 a second" in moving_card
    assert "--fps 25 --clip-seconds 4" in moving_card


def test_two_workers_make_the_same_bytes_as_one(whole, tmp_path):
    make(tmp_path / "faces", workers=2)
    assert hashes(tmp_path / "faces") == hashes(whole)


def test_a_stopped_run_goes_on_to_the_same_bytes(whole, tmp_path):
    folder = tmp_path / "faces"
    with pytest.raises(RenderingError, match=r"identity 2 \(samples 8-11\); recipe 'mixed', seed 4") as caught:
        make(folder, render=tiny_renderer.fail_on_person_two)
    assert "bad geometry" in str(caught.value)
    assert sorted(hashes(folder)) == ["manifest.json", "shard-00000.parquet", "shard-00002.parquet"]
    assert not json.loads((folder / "manifest.json").read_text())["complete"]
    untouched = (folder / "shard-00000.parquet").stat().st_mtime_ns
    (folder / ".shard-00001.parquet.abc").write_bytes(b"left by a killed run")
    make(folder)
    assert hashes(folder) == hashes(whole)
    assert (folder / "shard-00000.parquet").stat().st_mtime_ns == untouched


def test_a_finished_set_is_not_rendered_again(whole):
    make(whole, render=tiny_renderer.fail_on_person_two)


def test_a_killed_worker_is_replaced_and_nothing_is_lost_or_doubled(whole, tmp_path, monkeypatch):
    monkeypatch.setenv("TINY_MARK", str(tmp_path / "mark"))
    make(tmp_path / "faces", workers=2, render=tiny_renderer.die_once_on_person_two)
    assert (tmp_path / "mark").exists()
    assert hashes(tmp_path / "faces") == hashes(whole)


def test_a_person_who_kills_every_worker_is_named(tmp_path):
    with pytest.raises(
        RenderingError, match=r"(?s)^could not render .tried twice. identity 2 .samples 8-11.;.*killed twice"
    ):
        make(tmp_path / "faces", render=tiny_renderer.die_on_person_two)


def test_a_damaged_or_lost_shard_is_made_again(whole, tmp_path):
    folder = tmp_path / "faces"
    make(folder)
    (folder / "shard-00000.parquet").write_bytes((folder / "shard-00000.parquet").read_bytes()[:-9])
    (folder / "shard-00001.parquet").unlink()
    make(folder)
    assert hashes(folder) == hashes(whole)


def test_a_longer_set_keeps_the_full_shards_of_a_shorter_one(whole, tmp_path):
    folder = tmp_path / "faces"
    make(folder, settings=Settings(count=10, seed=4, size=32, recipe=SETTINGS.recipe))
    kept = (folder / "shard-00000.parquet").stat().st_mtime_ns
    make(folder)
    assert hashes(folder) == hashes(whole)
    assert (folder / "shard-00000.parquet").stat().st_mtime_ns == kept


@pytest.mark.parametrize("count", [17, 16, 8, 1])
def test_a_shorter_set_is_refused_and_nothing_is_lost(whole, count):
    before = hashes(whole)
    with pytest.raises(
        ValueError, match=rf"holds a data set of 18 images, asked for {count}; a data set can only grow"
    ):
        make(whole, settings=dataclasses.replace(SETTINGS, count=count))
    assert hashes(whole) == before


def test_a_shard_beyond_the_end_of_the_set_is_refused(tmp_path):
    folder = tmp_path / "faces"
    make(folder)
    shutil.copy(folder / "shard-00000.parquet", folder / "shard-00003.parquet")
    with pytest.raises(ValueError, match=r"holds shard-00003.parquet, but .* 18 images ends with shard-00002.parquet"):
        make(folder)
    (folder / "shard-00003.parquet").unlink()
    make(folder)


@pytest.mark.parametrize("counts", [(3,), (8, 18), (10, 18, 21)])
def test_manifest_files_and_rows_read_agree_however_a_set_grew(tmp_path, counts):
    for count in counts:
        make(tmp_path, settings=dataclasses.replace(SETTINGS, count=count))
    read, manifest = read_shards(tmp_path), shards.read_manifest(tmp_path)
    assert len(read) == manifest["count"] == sum(entry["rows"] for entry in manifest["shards"]) == counts[-1]
    assert sorted(tmp_path.glob("*.parquet")) == read.paths
    assert read.column("index").tolist() == list(range(counts[-1]))


def test_a_set_in_the_making_is_read_as_far_as_it_is_finished(tmp_path):
    """Of a set that grows, the old last shard is too short and waits to be drawn again."""
    make(tmp_path, settings=dataclasses.replace(SETTINGS, count=10))
    with pytest.raises(RenderingError):
        make(tmp_path, render=tiny_renderer.fail_on_person_two)
    assert (tmp_path / "shard-00001.parquet").exists()
    assert read_shards(tmp_path).column("index").tolist() == [*range(8), 16, 17]


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        (Settings(count=18, seed=5, size=32, recipe=SETTINGS.recipe), "its seed is 4, asked for 5"),
        (Settings(count=18, seed=4, size=64, recipe=SETTINGS.recipe), "its size is 32, asked for 64"),
        (Settings(count=18, seed=4, size=32), "its recipe.images_per_identity is 4, asked for 8"),
    ],
)
def test_another_data_set_in_the_folder_is_refused(whole, settings, message):
    before = hashes(whole)
    with pytest.raises(ValueError, match=message):
        make(whole, settings=settings)
    assert hashes(whole) == before


def test_a_folder_with_other_files_is_refused(tmp_path):
    (tmp_path / "thesis.tex").write_text("precious")
    with pytest.raises(ValueError, match=r"holds files but no manifest.json"):
        make(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["thesis.tex"]


def test_a_manifest_that_is_none_is_refused(tmp_path):
    (tmp_path / "manifest.json").write_text("{")
    with pytest.raises(ValueError, match="is not a manifest"):
        make(tmp_path)


def test_a_full_disk_leaves_finished_shards_whole(whole, tmp_path, monkeypatch):
    folder, write = tmp_path / "faces", shards.write_atomic

    def write_until_full(path: Path, content: bytes) -> None:
        if path.name == "shard-00001.parquet":
            raise OSError(28, "No space left on device", str(path))
        write(path, content)

    monkeypatch.setattr(shards, "write_atomic", write_until_full)
    with pytest.raises(OSError, match="No space left"):
        make(folder)
    assert (folder / "shard-00000.parquet").read_bytes() == (whole / "shard-00000.parquet").read_bytes()
    assert [s["number"] for s in json.loads((folder / "manifest.json").read_text())["shards"]] == [0]
    monkeypatch.setattr(shards, "write_atomic", write)
    make(folder)
    assert hashes(folder) == hashes(whole)


def test_a_write_that_breaks_leaves_no_half_file(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="No space left"):
        shards.write_atomic(tmp_path / "a.bin", b"1")
    assert list(tmp_path.iterdir()) == []


def test_ctrl_c_keeps_finished_shards(whole, tmp_path, monkeypatch):
    folder, write = tmp_path / "faces", ShardFolder.write

    def interrupted(self: ShardFolder, shard: int, rows: list) -> None:
        if shard == 1:
            raise KeyboardInterrupt
        write(self, shard, rows)

    monkeypatch.setattr(ShardFolder, "write", interrupted)
    with pytest.raises(KeyboardInterrupt):
        make(folder)
    monkeypatch.setattr(ShardFolder, "write", write)
    make(folder)
    assert hashes(folder) == hashes(whole)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"count": 0}, "count must be at least 1 image, got 0"),
        ({"count": 8, "size": 16}, "size must lie in 32..2048 pixels, got 16"),
        ({"count": 8, "seed": -1}, "seed must lie in"),
        ({"count": 8, "image_format": "gif"}, "image_format must be one of"),
    ],
)
def test_settings_refuse_nonsense(fields, message):
    with pytest.raises(ValueError, match=message):
        Settings(**fields)
