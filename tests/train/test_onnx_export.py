"""The exported file answers as the network does and carries what a program must know."""

import json

import numpy as np
import onnxruntime
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("onnx")

import toy  # noqa: E402

from facsimile.models.calibrated import CalibratedReader, Calibration, ExpressionCalibration  # noqa: E402
from facsimile.models.reader import Reader, ReaderConfig, Reading  # noqa: E402
from facsimile.train import export  # noqa: E402

pytestmark = pytest.mark.torch


@pytest.fixture(scope="module")
def reader():
    torch.manual_seed(0)
    network = Reader(ReaderConfig(units=toy.UNITS, stem=4, stages=(6, 8, 12), squeeze=4, hidden=32), toy.template())
    alone = ExpressionCalibration((1.5, 1.0, 0.8), (0.1, 0.2, 0.3), (1.0, 2.0, 0.5))
    return CalibratedReader(network, Calibration(alone, ExpressionCalibration.identity(3))).eval()


@pytest.fixture(scope="module")
def weights(reader, tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "reader.onnx"
    difference = export.export_onnx(reader, path, provenance={"recipe": "toy", "seed": 0, "data": "none"})
    assert difference < 1e-4
    return path


def test_names_shapes_and_values_hold_for_any_batch(reader, weights):
    runtime = onnxruntime.InferenceSession(str(weights))
    assert [i.name for i in runtime.get_inputs()] == list(export.INPUTS)
    assert [o.name for o in runtime.get_outputs()] == list(Reading._fields)
    for batch in (1, 3, 7):
        rng = np.random.default_rng(batch)
        given = {
            "image": rng.uniform(0, 255, (batch, 3, 112, 112)).astype(np.float32),
            "reference": rng.uniform(0, 1, (batch, 2, 96)).astype(np.float32),
            "has_reference": (np.arange(batch) % 2).astype(np.float32),
        }
        with torch.inference_mode():
            expected = reader(*(torch.from_numpy(value) for value in given.values()))
        for name, want, got in zip(Reading._fields, expected, runtime.run(None, given), strict=True):
            assert got.dtype == np.float32
            np.testing.assert_allclose(got, want.numpy(), atol=1e-4, err_msg=name)


def test_metadata_holds_the_contract(reader, weights):
    text = onnxruntime.InferenceSession(str(weights)).get_modelmeta().custom_metadata_map["facsimile"]
    values = json.loads(text)
    assert values["version"] == 2
    assert values["num_features"] == 96
    assert values["units"] == list(toy.UNITS)
    assert values["crop_size"] == 112
    np.testing.assert_allclose(values["template"], toy.template(), atol=1e-6)
    assert (values["recipe"], values["seed"], values["data"]) == ("toy", 0, "none")
    assert values["calibration"]["alone"]["au_slope"] == pytest.approx([1.5, 1.0, 0.8])


def test_the_file_says_nothing_about_this_machine(weights):
    content = weights.read_bytes()
    assert b"site-packages" not in content
    assert b"/facsimile/" not in content


def test_a_different_answer_is_never_written(reader, tmp_path, monkeypatch):
    monkeypatch.setattr(export, "parity", lambda reader, content: 0.5)
    with pytest.raises(ValueError, match=r"differs from the trained network by 0\.5"):
        export.export_onnx(reader, tmp_path / "reader.onnx", provenance={})
    assert list(tmp_path.iterdir()) == []
