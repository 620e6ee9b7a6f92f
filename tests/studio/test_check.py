import dataclasses
import json
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tiny_renderer
from click.testing import CliRunner

from facsimile.app.commands.dataset import command
from facsimile.studio import shards
from facsimile.studio.check import check_folders, notation_agrees
from facsimile.studio.engine import make_dataset
from facsimile.studio.recipe import Recipe
from facsimile.studio.settings import Settings

SETTINGS = Settings(count=18, seed=4, size=32, recipe=Recipe(images_per_identity=4))


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("facsimile.studio.settings.SHARD_ROWS", 8)
        patch.setattr("facsimile.studio.card.CARD_PLAN_ROWS", 20)
        folder = tmp_path_factory.mktemp("a") / "faces"
        make_dataset(folder, SETTINGS, render_group=tiny_renderer.render_group, is_quiet=True)
    return folder


@pytest.fixture
def folder(made, tmp_path) -> Path:
    return Path(shutil.copytree(made, tmp_path / "faces"))


def rewritten(folder: Path, name: str, values: list) -> None:
    """Replace a column of the first shard, with the hash that belongs to it."""
    path = folder / "shard-00000.parquet"
    table = pq.read_table(path)
    place = table.column_names.index(name)
    table = table.set_column(place, table.schema.field(name), pa.array(values, table.schema.field(name).type))
    pq.write_table(table, path)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["shards"][0] |= {"bytes": path.stat().st_size, "sha256": shards._sha256(path.read_bytes())}
    (folder / "manifest.json").write_text(json.dumps(manifest))


def column(folder: Path, name: str) -> list:
    return pq.read_table(folder / "shard-00000.parquet")[name].to_pylist()


def test_a_whole_set_is_found_whole(folder):
    assert check_folders([folder]) == []


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda path: path.write_bytes(path.read_bytes()[:-9]), "bytes, manifest.json says"),
        (lambda path: path.write_bytes(path.read_bytes()[:-9] + b"123456789"), "differs from its hash"),
        (lambda path: path.unlink(), "is lost; run the"),
        (lambda path: shutil.copy(path, path.with_name("shard-00009.parquet")), "is not in manifest.json"),
        (lambda path: path.with_name(".shard-00001.parquet.x1").touch(), "was left by a run that was killed"),
    ],
)
def test_damaged_lost_and_stray_files_are_named(folder, damage, message):
    damage(folder / "shard-00001.parquet")
    (finding,) = check_folders([folder])
    assert message in finding
    assert "shard-0000" in finding


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("au", lambda v: (np.array(v) + 9).tolist(), "au must lie in 0..5, got 9..1"),
        ("controllers", lambda v: (np.array(v) - 1).tolist(), "controllers must lie in 0..1, got -1..-1"),
        ("landmarks", lambda v: (np.array(v) * np.inf).tolist(), "landmarks are not all finite"),
        ("identity", lambda v: [9] * len(v), "identity is not index // 4"),
        ("index", lambda v: v[::-1], "index does not count from 0 to 7"),
        ("notation", lambda v: ["12C"] * len(v), "notation '12C' of row 0 does not say"),
        ("image", lambda v: [{"bytes": b"no", "path": ""}, *v[1:]], "picture of row 0: 2 bytes are no JPEG"),
    ],
)
def test_columns_that_break_their_rules_are_named(folder, name, change, message):
    rewritten(folder, name, change(column(folder, name)))
    assert any(message in finding for finding in check_folders([folder]))


def test_pictures_of_another_size_are_named(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"size": 64}))
    assert check_folders([folder])[0].endswith("picture of row 0 is 32 x 32 px, manifest.json says 64")


def test_a_set_in_the_making_is_told(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps(manifest | {"complete": False, "count": 30}))
    assert check_folders([folder]) == [f"{folder} is not finished: 18 of 30 images; run the same command to go on"]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('{"format": 1, "facsimile": "0.0.9", "shards": []}', "has format 1, this version writes"),
        ("{", "is not a manifest"),
        (None, "holds no manifest.json"),
    ],
)
def test_other_manifests_are_told(folder, text, message):
    if text is None:
        (folder / "manifest.json").unlink()
    else:
        (folder / "manifest.json").write_text(text)
    (finding,) = check_folders([folder])
    assert message in finding


def test_people_in_two_sets_are_told(folder, tmp_path):
    other = tmp_path / "test"
    make_dataset(other, dataclasses.replace(SETTINGS, count=8), render_group=tiny_renderer.render_group, is_quiet=True)
    (finding,) = check_folders([folder, other])
    assert "show the same people 0-1 (seed 4, rig makehuman)" in finding
    apart = tmp_path / "apart"
    make_dataset(
        apart, dataclasses.replace(SETTINGS, count=8, seed=5), render_group=tiny_renderer.render_group, is_quiet=True
    )
    assert check_folders([folder, apart]) == []


def test_notation_agrees_with_the_letters_of_its_units():
    values = np.zeros((33, 2))
    assert notation_agrees("0", values)
    values[9] = 2.6, 4.0
    assert not notation_agrees("12C", values)


def test_the_command_finds_nothing_or_exits_1(folder):
    assert CliRunner().invoke(command, ["check", str(folder)]).exit_code == 0
    (folder / "shard-00001.parquet").unlink()
    found = CliRunner().invoke(command, ["check", str(folder), "--json"])
    assert found.exit_code == 1
    assert "is lost" in json.loads(found.stdout)["findings"][0]
