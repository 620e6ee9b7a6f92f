import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from facsimile.data.align import TEMPLATE
from facsimile.facs.action_units import LABEL_UNITS

COUNT = 12


def write_noise(path, **columns):
    """Write a data set of grey noise with known labels: four people, the first picture of each at rest."""
    random = np.random.default_rng(0)
    au = (random.random((COUNT, len(LABEL_UNITS), 2)) * 5).astype(np.float32)
    au[::3] = 0
    visible = np.ones_like(au, bool)
    visible[:, 0] = False
    noise = random.integers(0, 256, (COUNT, 120, 120, 1), dtype=np.uint8).repeat(3, axis=3)
    images = [{"bytes": cv2.imencode(".png", image)[1].tobytes(), "path": None} for image in noise]
    landmarks = TEMPLATE * 112 + random.normal(size=(COUNT, 70, 2))
    table = pa.table(
        {
            "image": pa.array(images, pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
            "identity": pa.array(np.arange(COUNT) // 3),
            "au": pa.array(au.tolist(), pa.list_(pa.list_(pa.float32()))),
            "au_visible": pa.array(visible.tolist(), pa.list_(pa.list_(pa.bool_()))),
            "landmarks": pa.array(landmarks.tolist(), pa.list_(pa.list_(pa.float32()))),
            "landmark_visible": pa.array([[True] * 70] * COUNT, pa.list_(pa.bool_())),
            **columns,
        }
    )
    pq.write_table(table, path / "shard-00000.parquet")
    return path


@pytest.fixture(scope="session")
def noise_set(tmp_path_factory):
    """A data set of noise that is written once."""
    return write_noise(tmp_path_factory.mktemp("noise"))


@pytest.fixture
def noise_writer(tmp_path):
    """Write another one, with more columns."""
    return lambda **columns: write_noise(tmp_path, **columns)
