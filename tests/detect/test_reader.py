import math

import numpy as np
import pytest

from facsimile.data.align import FLIP_LANDMARKS
from facsimile.detect import reader as reader_module
from facsimile.detect.reader import Reader, ReaderError, merged, presence


@pytest.fixture
def crops():
    return np.random.default_rng(0).integers(0, 256, (3, 112, 112, 3), dtype=np.uint8)


def test_shapes_and_ranges(shipped, crops):
    readings = shipped.read(crops)
    count = len(shipped.card.units)
    assert readings.intensity.shape == readings.intensity_sd.shape == (3, count, 2)
    assert readings.landmarks.shape == (3, 70, 2)
    assert (readings.intensity >= 0).all()
    assert (readings.intensity <= 5).all()
    assert (readings.intensity_sd > 0).all()
    assert ((readings.score >= 0) & (readings.score <= 1)).all()


def test_shipped_weights_read_a_mirrored_crop_mirrored(shipped, crops):
    """The network is mirror-symmetric by construction; what is left is rounding, measured 1e-6."""
    plain = shipped.read(crops)
    mirrored = shipped.read(np.ascontiguousarray(crops[:, :, ::-1])).mirrored()
    for name, value in vars(plain).items():
        np.testing.assert_allclose(getattr(mirrored, name), value, rtol=0, atol=1e-4, err_msg=name)


def test_merging_one_view_changes_nothing(shipped, crops):
    plain = shipped.read(crops)
    for name, value in vars(merged(plain, 1)).items():
        np.testing.assert_allclose(value, getattr(plain, name), rtol=1e-6, atol=1e-7, err_msg=name)


def test_merged_views_are_a_mixture(shipped, crops):
    plain = shipped.read(crops)
    one = merged(plain, len(crops))
    np.testing.assert_allclose(one.intensity[0], plain.intensity.mean(0), rtol=1e-5)
    second_moment = (plain.intensity_sd**2 + plain.intensity**2).mean(0)
    np.testing.assert_allclose(one.intensity_sd[0] ** 2, second_moment - plain.intensity.mean(0) ** 2, rtol=1e-3)


def test_missing_shipped_weights_name_both_ways_out(tmp_path, monkeypatch):
    monkeypatch.setattr(reader_module, "SHIPPED_WEIGHTS", tmp_path / "reader.onnx")
    with pytest.raises(ReaderError, match=r"installed again; in a source checkout copy .* `facsimile train`"):
        Reader()


def test_a_batch_reads_like_its_crops(shipped, crops):
    batch = shipped.read(crops)
    single = shipped.read(crops[1:2])
    np.testing.assert_allclose(batch.intensity[1], single.intensity[0], atol=1e-4)


def test_mirroring_twice_changes_nothing(shipped, crops):
    readings = shipped.read(crops)
    twice = readings.mirrored().mirrored()
    for name, value in vars(readings).items():
        np.testing.assert_allclose(getattr(twice, name), value, atol=1e-6)
    assert [FLIP_LANDMARKS[i] for i in FLIP_LANDMARKS] == list(range(70))


def test_crops_of_another_size_are_refused(shipped):
    with pytest.raises(ValueError, match=r"crops: must be \[B, 112, 112, 3\], got \(1, 64, 64, 3\)"):
        shipped.read(np.zeros((1, 64, 64, 3), np.uint8))


def test_presence_is_one_half_at_the_threshold_and_follows_the_intensity():
    assert presence(0.5, 0.3) == 0.5
    assert presence(0.5 + 0.3, 0.3) == pytest.approx(0.8413, abs=1e-4)
    assert presence(0.0, 0.3) < presence(0.4, 0.3) < 0.5 < presence(0.6, 0.3)
    assert presence(2.0, 0.0) == 1
    assert math.isclose(presence(0.2, 1.0) + presence(0.8, 1.0), 1)


def test_missing_and_foreign_weights(tmp_path):
    with pytest.raises(ReaderError, match=r"no such file; give the \.onnx file"):
        Reader(tmp_path / "none.onnx")
    (tmp_path / "text.onnx").write_text("hello")
    with pytest.raises(ReaderError, match="not a readable ONNX model"):
        Reader(tmp_path / "text.onnx")


class FakeModel:
    def __init__(self, text, *, outputs=reader_module.OUTPUTS):
        self.text, self.outputs = text, outputs

    def get_inputs(self):
        return [type("Port", (), {"name": name}) for name in reader_module.INPUTS]

    def get_outputs(self):
        return [type("Port", (), {"name": name}) for name in self.outputs]

    def get_modelmeta(self):
        values = {} if self.text is None else {"facsimile": self.text}
        return type("Meta", (), {"custom_metadata_map": values})


def read_card(monkeypatch, model):
    monkeypatch.setattr(reader_module, "_open_model", lambda path, threads: model)
    return Reader("w.onnx").card


def test_good_metadata(monkeypatch, metadata):
    card = read_card(monkeypatch, FakeModel(metadata(recipe="mixed")))
    assert card.units == (4, 12, 25)
    assert card.metadata["recipe"] == "mixed"


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"version": 1}, "contract version 1, this facsimile reads version 2"),
        ({"units": [12, 99]}, r"unknown action units \[99\]"),
        ({"controllers": ["jawOpen"]}, "another list of rig controllers"),
        ({"units": None}, "broken 'facsimile' metadata"),
        ({"template": [[0, 0]] * 70}, "another crop template"),
        ({"template": [[0, 0]] * 3}, "another crop template"),
    ],
)
def test_metadata_that_does_not_fit(monkeypatch, metadata, changes, words):
    with pytest.raises(ReaderError, match=words):
        read_card(monkeypatch, FakeModel(metadata(**changes)))


def test_a_model_without_metadata_or_outputs(monkeypatch, metadata):
    with pytest.raises(ReaderError, match="no 'facsimile' metadata"):
        read_card(monkeypatch, FakeModel(None))
    with pytest.raises(ReaderError, match="broken 'facsimile' metadata"):
        read_card(monkeypatch, FakeModel("{"))
    outputs = tuple(name for name in reader_module.OUTPUTS if name != "gaze")
    with pytest.raises(ReaderError, match="missing: gaze"):
        read_card(monkeypatch, FakeModel(metadata(), outputs=outputs))


def test_a_reference_changes_the_expression_alone_and_nan_means_none(shipped, crops):
    alone = shipped.read(crops)
    rest = alone.features[::-1].copy()
    rest[1] = np.nan
    beside = shipped.read(crops, rest)
    np.testing.assert_array_equal(beside.landmarks, alone.landmarks)
    np.testing.assert_allclose(beside.intensity[1], alone.intensity[1], atol=1e-5)
    assert np.abs(beside.intensity[0] - alone.intensity[0]).max() > 0.01
    assert np.abs(beside.controllers[0] - alone.controllers[0]).max() > 0.001


def test_a_reference_of_another_shape_is_refused(shipped, crops):
    with pytest.raises(ValueError, match=r"reference: must be \(3, 2, \d+\) as `Readings.features`, got \(3, 2, 5\)"):
        shipped.read(crops, np.zeros((3, 2, 5), np.float32))
