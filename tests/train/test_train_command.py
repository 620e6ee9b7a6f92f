"""The command, from shards on disk to weights, and its one-line errors."""

import importlib.util
import json
import shutil

import cv2
import numpy as np
import onnxruntime
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from facsimile.app.commands.train import command
from facsimile.data.align import TEMPLATE
from facsimile.facs.action_units import LABEL_UNITS, unit_index
from facsimile.studio.shards import SCHEMA

NUM_PEOPLE = 150


def run(*arguments):
    return CliRunner().invoke(command, [str(a) for a in arguments])


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    folder = tmp_path_factory.mktemp("data")
    rng = np.random.default_rng(0)
    table = pa.Table.from_pylist([row(k, rng) for k in range(NUM_PEOPLE)], schema=SCHEMA)
    pq.write_table(table, folder / "shard-00000.parquet")
    entries = [{"number": 0, "file": "shard-00000.parquet", "rows": NUM_PEOPLE}]
    manifest = {"recipe": {"name": "noise"}, "seed": 5, "image_format": "png", "code": "c0de", "shards": entries}
    (folder / "manifest.json").write_text(json.dumps(manifest))
    return folder


@pytest.fixture(params=[None, {"recipe": "noise"}], ids=["no manifest", "a poor manifest"])
def unnamed_data(data, tmp_path, request):
    """The same faces beside a manifest that tells little or nothing of them."""
    folder = tmp_path / "unnamed"
    folder.mkdir()
    shutil.copy(data / "shard-00000.parquet", folder)
    if request.param:
        (folder / "manifest.json").write_text(json.dumps(request.param))
    return folder


def row(person, rng):
    encoded = cv2.imencode(".png", rng.integers(0, 256, (128, 128, 3)).astype(np.uint8))[1]
    au = np.zeros((len(LABEL_UNITS), 2), np.float32)
    au[unit_index(12), 0] = person % 6
    return {
        "image": {"bytes": encoded.tobytes(), "path": None},
        "identity": person,
        "index": person,
        "controllers": [0.0] * 66,
        "au": au.tolist(),
        "au_visible": (au >= 0).tolist(),
        "landmarks": (TEMPLATE * 112 + 7.5).tolist(),
        "landmark_visible": [True] * 70,
        "head_pose_rad": [0.1, 0.2, 0.3],
        "gaze_rad": [[0.1, 0.0], [0.3, 0.2]],
        "notation": "0",
        "recipe": "noise",
        "seed": 5,
    }


@pytest.mark.torch
def test_shards_are_loaded_by_person_and_unit(data):
    pytest.importorskip("torch")
    from facsimile.train.faces import load_splits

    splits, source = load_splits(data, units=(4, 12))
    assert source == {
        "data_recipe": "noise", "data_seed": 5, "data_images": NUM_PEOPLE, "data_size": 128, "data_format": "png",
        "data_code": "c0de", "data_rig": None,
    }  # fmt: skip
    assert sum(len(part) for part in splits) == NUM_PEOPLE
    for part in splits:
        assert part.images.shape[1:] == (128, 128, 3)
        np.testing.assert_array_equal(part.au[:, 1, 0], part.identity % 6)
        assert (part.au[:, 0] == 0).all()
        np.testing.assert_allclose(part.gaze[0], [[0.1, 0], [0.3, 0.2]])


@pytest.mark.torch
def test_two_sets_are_one_with_different_people(data):
    pytest.importorskip("torch")
    from facsimile.train.faces import load_all_splits, load_splits

    one, source = load_splits(data, units=(4, 12))
    two, both = load_all_splits([data, data], units=(4, 12))
    assert both == {"data_sets": [source, source]}
    for part, double in zip(one, two, strict=True):
        assert len(double) == 2 * len(part)
        assert len(np.unique(double.identity)) == 2 * len(np.unique(part.identity))
        np.testing.assert_array_equal(double.images[len(part) :], part.images)


@pytest.mark.torch
@pytest.mark.slow
def test_a_run_from_shards_to_weights_and_on(data, tmp_path):
    pytest.importorskip("torch")
    pytest.importorskip("onnx")
    out = tmp_path / "out"
    first = run("small_cpu", "--data", data, "--out", out, "--steps", 1, "--workers", 0)
    assert first.exit_code == 0, first.output
    assert first.stdout.strip() == str(out / "reader.onnx")
    refused = run("small_cpu", "--data", data, "--out", out, "--steps", 1)
    assert refused.exit_code == 2
    assert "exists" in refused.output
    again = run("small_cpu", "--data", data, "--out", out, "--steps", 2, "--workers", 0, "--resume", "--json")
    assert again.exit_code == 0, again.output
    assert "face_accuracy" in json.loads(again.stdout)["summary"]


@pytest.mark.torch
@pytest.mark.slow
def test_a_set_whose_manifest_says_little_is_trained_on_all_the_same(unnamed_data, tmp_path):
    pytest.importorskip("torch")
    pytest.importorskip("onnx")
    out = tmp_path / "out"
    result = run("small_cpu", "--data", unnamed_data, "--out", out, "--steps", 1, "--workers", 0)
    assert result.exit_code == 0, result.output
    config = json.loads((out / "config.json").read_text())
    assert (config["data_images"], config["data_size"], config["data_code"]) == (NUM_PEOPLE, 128, None)
    assert config["commands"] == ["facsimile train small_cpu --data faces --out run --seed 0 --steps 1"]
    card = (out / "reader.md").read_text()
    assert "| data_seed | unknown |" in card
    assert "dataset make" not in card


@pytest.mark.torch
@pytest.mark.slow
def test_a_spent_run_is_published_again_at_once(data, tmp_path):
    pytest.importorskip("torch")
    pytest.importorskip("onnx")
    out, budget = tmp_path / "out", ("--minutes", 1e-4)
    assert run("small_cpu", "--data", data, "--out", out, *budget, "--workers", 0).exit_code == 0
    weights, scores = (out / "reader.onnx").read_bytes(), (out / "scores.csv").read_text()
    for name in ("reader.onnx", "reader.md", "metrics.json"):
        (out / name).unlink()
    again = run("small_cpu", "--data", data, "--out", out, *budget, "--resume")  # with the recipe's one worker
    assert again.exit_code == 0, again.output
    assert (out / "reader.onnx").read_bytes() == weights
    assert (out / "scores.csv").read_text() == scores
    dataset = f"facsimile dataset make faces -n {NUM_PEOPLE} --seed 5 --size 128 --recipe noise --image-format png"
    training = "facsimile train small_cpu --data faces --out run --seed 0 --minutes 0.0001"
    assert f"    {dataset}\n    {training}\n" in (out / "reader.md").read_text()
    text = onnxruntime.InferenceSession(str(out / "reader.onnx")).get_modelmeta().custom_metadata_map["facsimile"]
    expected = {
        "data_recipe": "noise",
        "data_seed": 5,
        "data_images": NUM_PEOPLE,
        "data_size": 128,
        "data_code": "c0de",
    }
    for values in (json.loads(text), json.loads((out / "config.json").read_text())):
        assert values["commands"] == [dataset, training]
        assert {name: values[name] for name in expected} == expected


@pytest.mark.torch
def test_mistakes_get_one_line(data, tmp_path):
    pytest.importorskip("torch")
    unknown = run("smal_cpu", "--data", data, "--out", tmp_path)
    assert unknown.exit_code == 1
    assert "did you mean 'small_cpu'" in unknown.output
    empty = run("small_cpu", "--data", tmp_path, "--out", tmp_path / "out")
    assert empty.exit_code == 1
    assert "holds no shard-" in empty.output
    both = run("small_cpu", "--data", data, "--out", tmp_path, "--steps", 1, "--minutes", 1)
    assert both.exit_code == 2


def test_without_torch_the_extra_is_named(data, tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    result = run("small_cpu", "--data", data, "--out", tmp_path)
    assert result.exit_code == 1
    assert 'pip install "facsimile[train]"' in result.output


@pytest.mark.torch
def test_the_commands_on_the_card_name_the_rig():
    pytest.importorskip("torch")
    from facsimile.train.provenance import dataset_command

    source = {"data_recipe": "mixed", "data_seed": 5, "data_images": 9, "data_size": 128, "data_rig": "mixed"}
    assert dataset_command(source, "a").endswith("--recipe mixed --rig mixed")
    assert dataset_command(source | {"data_rig": "makehuman"}, "a").endswith("--recipe mixed")
    assert dataset_command(source | {"data_seed": None}, "a") is None


@pytest.mark.torch
def test_weights_can_be_chosen_on_another_data_set(data, tmp_path):
    pytest.importorskip("torch")
    from facsimile.train.faces import load_all

    assert len(load_all(data, units=(4, 12))) == NUM_PEOPLE
    nothing = run("small_cpu", "--data", data, "--out", tmp_path / "a", "--steps", 1, "--choose-on", tmp_path)
    assert nothing.exit_code == 1
    assert "holds no shard-" in nothing.output
    wrong = run("tiny_cpu", "--out", tmp_path / "b", "--choose-on", data)
    assert wrong.exit_code == 2
