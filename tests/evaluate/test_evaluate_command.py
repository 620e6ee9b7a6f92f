import json

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from facsimile.app.commands.evaluate import command
from facsimile.data.align import TEMPLATE
from facsimile.detect.reader import SHIPPED_WEIGHTS
from facsimile.facs.action_units import LABEL_UNITS

COUNT = 12

pytestmark = pytest.mark.skipif(not SHIPPED_WEIGHTS.exists(), reason="no weights in this checkout")


@pytest.fixture
def folder(tmp_path):
    """A data set of noise in which the labels are known."""
    random = np.random.default_rng(0)
    au = (random.random((COUNT, len(LABEL_UNITS), 2)) * 5).astype(np.float32)
    visible = np.ones_like(au, bool)
    visible[:, 0] = False
    noise = random.integers(0, 256, (COUNT, 120, 120, 3), dtype=np.uint8)
    images = [{"bytes": cv2.imencode(".png", image)[1].tobytes(), "path": None} for image in noise]
    table = pa.table(
        {
            "image": pa.array(images, pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
            "identity": pa.array(np.arange(COUNT) // 3),
            "au": pa.array(au.tolist(), pa.list_(pa.list_(pa.float32()))),
            "au_visible": pa.array(visible.tolist(), pa.list_(pa.list_(pa.bool_()))),
            "landmarks": pa.array([(TEMPLATE * 112).tolist()] * COUNT, pa.list_(pa.list_(pa.float32()))),
            "landmark_visible": pa.array([[True] * 70] * COUNT, pa.list_(pa.bool_())),
        }
    )
    pq.write_table(table, tmp_path / "shard-00000.parquet")
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(command, [str(a) for a in arguments])


def test_a_table_on_stdout(folder):
    result = run(SHIPPED_WEIGHTS, "--data", folder, "--split", "all")
    assert result.exit_code == 0
    assert result.stdout.startswith("12 faces of 4 people")
    assert "icc" in result.stdout


def test_json_has_null_for_what_is_undefined(folder):
    result = json.loads(run(SHIPPED_WEIGHTS, "--data", folder, "--split", "all", "--json").stdout)
    assert result["num_faces"] == COUNT
    assert result["units"]["1"]["n"] == 0
    assert result["units"]["1"]["icc"] is None
    assert result["units"]["12"]["n"] == 2 * COUNT
    assert result["units"]["25"]["n"] == COUNT


def test_a_limit_spreads_over_the_data(folder):
    result = json.loads(run(SHIPPED_WEIGHTS, "--data", folder, "--split", "all", "--limit", 4, "--json").stdout)
    assert (result["num_faces"], result["num_people"]) == (4, 4)


def test_errors_are_one_line(folder, tmp_path):
    for arguments, words in (
        ((tmp_path / "none.onnx", "--data", folder), "no such file"),
        ((SHIPPED_WEIGHTS, "--data", tmp_path / "none"), "not a folder"),
        ((SHIPPED_WEIGHTS, "--data", folder), "too few to hold some out"),
    ):
        result = run(*arguments)
        assert result.exit_code == 1
        assert words in result.stderr
        assert result.stderr.count("\n") == 1
