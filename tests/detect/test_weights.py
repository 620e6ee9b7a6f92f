"""A file is what its hash says, or it is named as damaged."""

import pytest

onnx = pytest.importorskip("onnx")

from onnx import TensorProto, helper  # noqa: E402

from facsimile.detect.weights import WeightsError, is_sealed, open_model, read_weights  # noqa: E402
from facsimile.train.seal import sealed  # noqa: E402

pytestmark = pytest.mark.torch


@pytest.fixture
def model():
    """A model that adds its input to itself, as bytes."""
    value = helper.make_tensor_value_info("x", TensorProto.FLOAT, [1])
    other = helper.make_tensor_value_info("y", TensorProto.FLOAT, [1])
    graph = helper.make_graph([helper.make_node("Add", ["x", "x"], ["y"])], "g", [value], [other])
    made = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=10)
    made.metadata_props.add(key="facsimile", value="{}")
    return made.SerializeToString()


@pytest.fixture
def write(tmp_path):
    def call(content):
        (tmp_path / "w.onnx").write_bytes(content)
        return tmp_path / "w.onnx"

    return call


def test_a_sealed_model_is_a_model_with_one_more_entry(model, write):
    content = sealed(model)
    assert is_sealed(content)
    assert not is_sealed(model)
    entries = open_model(write(content)).get_modelmeta().custom_metadata_map
    assert set(entries) == {"facsimile", "facsimile-sha256"}
    onnx.checker.check_model(onnx.load_model_from_string(content))


def test_a_model_without_a_hash_opens(model, write):
    assert [i.name for i in open_model(write(model)).get_inputs()] == ["x"]


@pytest.mark.parametrize("place", [0.0, 0.3, 0.9])
def test_a_changed_byte_is_noticed(model, write, place):
    content = bytearray(sealed(model))
    index = int(place * len(model))
    content[index] ^= 1
    with pytest.raises(WeightsError, match="damaged: its bytes do not have the SHA-256"):
        open_model(write(bytes(content)))


def test_what_is_cut_off_or_foreign_is_no_model(model, write):
    for content in (sealed(model)[:-150], b"hello " * 99, b"\x89PNG\r\n\x1a\n" + bytes(200)):
        with pytest.raises(WeightsError, match="not a readable ONNX model: cut off, or another kind of file"):
            open_model(write(content))
    with pytest.raises(WeightsError, match="the file is empty"):
        read_weights(write(b""))


def test_a_missing_file_and_a_folder(tmp_path):
    with pytest.raises(WeightsError, match="No such file"):
        read_weights(tmp_path / "none.onnx")
    with pytest.raises(WeightsError, match="Is a directory"):
        read_weights(tmp_path)
