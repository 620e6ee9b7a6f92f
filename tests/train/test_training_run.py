"""A whole run leaves weights, card, configuration, measurements and curves; people never cross between parts."""

import csv
import dataclasses
import json

import numpy as np
import onnxruntime
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

import toy  # noqa: E402
from test_trainer import SMALL  # noqa: E402

from facsimile.train.crops import CropMakers, crop_makers  # noqa: E402
from facsimile.train.faces import Splits, split_rows  # noqa: E402
from facsimile.train.run import train_reader  # noqa: E402

pytestmark = pytest.mark.torch

TOY_CROPS = CropMakers(toy.plain_crop, toy.plain_crop, toy.plain_crop)
CONFIG = dataclasses.replace(SMALL, steps=4, validate_every=2)


def toy_splits():
    faces = toy.toy_faces(800)
    return Splits(*(faces.take(rows) for rows in split_rows(faces.identity)))


@pytest.fixture(scope="module")
def finished(tmp_path_factory):
    folder = tmp_path_factory.mktemp("run")
    lines = []
    weights = train_reader(
        CONFIG, toy_splits(), folder=folder, template=toy.template(), controller_metric=toy.METRIC, crops=TOY_CROPS,
        source={"data_recipe": "drawn"}, report=lines.append,
    )  # fmt: skip
    return folder, weights, lines


def test_everything_is_written(finished):
    folder, weights, lines = finished
    names = {
        "reader.onnx",
        "reader.md",
        "config.json",
        "metrics.json",
        "scores.csv",
        "checkpoint.pt",
        "curves.png",
        "tensorboard",
    }
    assert names == {path.name for path in folder.iterdir()}
    assert weights == folder / "reader.onnx"
    assert onnxruntime.InferenceSession(str(weights)).get_inputs()[0].shape[1:] == [3, 112, 112]
    assert any("held-out" in line for line in lines)


def test_configuration_and_metrics_are_plain_json(finished):
    folder, _, _ = finished
    config = json.loads((folder / "config.json").read_text())
    assert (config["recipe"], config["seed"], config["steps"]) == ("toy", 0, 4)
    assert len(config["data"]) == 16
    metrics = json.loads((folder / "metrics.json").read_text())
    assert [u["unit"] for u in metrics["units"]] == list(toy.UNITS)
    assert metrics["units"][2]["asymmetry"] is None
    assert "concordance" in metrics["summary"]
    with (folder / "scores.csv").open() as file:
        assert [int(row["step"]) for row in csv.DictReader(file)] == [2, 4]


def test_the_card_names_the_data_and_every_unit(finished):
    folder, _, _ = finished
    card = (folder / "reader.md").read_text()
    data = json.loads((folder / "config.json").read_text())["data"]
    assert f"| data | {data} |" in card
    assert "| data_recipe | drawn |" in card
    assert all(f"| {unit} |" in card for unit in toy.UNITS)


def test_a_finished_run_can_be_prolonged(finished, tmp_path):
    folder, _, _ = finished
    (tmp_path / "checkpoint.pt").write_bytes((folder / "checkpoint.pt").read_bytes())
    longer = dataclasses.replace(CONFIG, steps=6)
    lines = []
    train_reader(
        longer, toy_splits(), folder=tmp_path, template=toy.template(), controller_metric=toy.METRIC, crops=TOY_CROPS,
        source={}, resume=True, report=lines.append,
    )  # fmt: skip
    assert json.loads((tmp_path / "config.json").read_text())["steps"] == 6
    assert not any("changed" in line for line in lines)


def test_people_stay_in_one_part_whatever_is_added():
    many, few = split_rows(np.arange(20_000)), split_rows(np.arange(200))
    assert sorted(np.concatenate(many)) == list(range(20_000))
    for before, after in zip(few, many, strict=True):
        assert list(before) == [k for k in after if k < 200]
    assert [len(rows) / 20_000 for rows in many] == pytest.approx([0.92, 0.04, 0.04], abs=0.005)


def test_too_few_people_are_refused():
    with pytest.raises(ValueError, match="3 people are too few"):
        split_rows(np.arange(30) % 3)


@pytest.mark.parametrize("name", CropMakers._fields)
def test_augmentation_moves_labels_with_the_picture(name):
    faces = toy.toy_faces(8)
    faces = dataclasses.replace(faces, landmarks=(aligned_points() + np.zeros((8, 1, 1))).astype(np.float32))
    make_crop = getattr(crop_makers(), name)
    for row in range(8):
        crop = make_crop(faces, row, np.random.default_rng(row))
        is_flipped = not np.allclose(crop.au, faces.au[row])
        np.testing.assert_array_equal(crop.au, faces.au[row][:, ::-1] if is_flipped else faces.au[row])
        sign = np.array([-1, 1]) if is_flipped else 1
        np.testing.assert_allclose(crop.gaze, faces.gaze[row].mean(0) * sign, rtol=1e-5)
        assert crop.image.shape == (112, 112, 3)
        assert crop.au_observed.all()
        assert crop.landmark_observed.all()


def test_unobserved_intensities_stay_so():
    faces = toy.toy_faces(1)
    au = faces.au.copy()
    au[0, 1, 0] = np.nan
    points = (aligned_points()[None]).astype(np.float32)
    faces = dataclasses.replace(faces, au=au, landmarks=points)
    crop = crop_makers().light(faces, 0, np.random.default_rng(0))
    assert crop.au_observed.sum() == 5
    assert np.array_equal(np.isnan(crop.au), ~crop.au_observed)


def aligned_points():
    from facsimile.data.align import TEMPLATE

    return TEMPLATE * 112 - 0.5


def test_network_and_data_agree_on_the_crop():
    """Models may not import data; what both must know is compared here."""
    from facsimile.data import align
    from facsimile.models import reader

    assert reader.MIRRORED_LANDMARKS == align.FLIP_LANDMARKS
    assert reader.CROP_SIZE == align.CROP_SIZE
    nose_tip, nostrils, upper_lip = align.TEMPLATE[[30, 31, 51], 1] * 112
    config, lip_raise = reader.ReaderConfig(), 0.07 * 112  # 12 mm: as far as a broad smile with AU10 lifts the lip
    assert nose_tip < config.upper_rows[1] < upper_lip - lip_raise
    assert config.lower_rows[0] < nostrils
