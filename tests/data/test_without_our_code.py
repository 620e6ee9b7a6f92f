"""The ways of reading a data set that the documentation shows, without this package."""

import glob

import cv2
import duckdb
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from test_reading import row

from facsimile.studio.shards import SCHEMA

ROWS = 6


@pytest.fixture(scope="module")
def pattern(tmp_path_factory) -> str:
    """Two shards with the columns of a data set."""
    folder = tmp_path_factory.mktemp("faces")
    for shard in range(2):
        rows = [full_row(i) for i in range(shard * 3, shard * 3 + 3)]
        pq.write_table(pa.Table.from_pylist(rows, schema=SCHEMA), folder / f"shard-{shard:05d}.parquet")
    return str(folder / "shard-*.parquet")


def full_row(index: int) -> dict:
    made = {name: value for name, value in row(index).items() if name in SCHEMA.names}
    person = {"age_years": 30.0, "sex": float(index % 2), "ancestry": [1.0, 0.0, 0.0], "description": "{}"}
    other = {"clip": index, "frame": 0, "time_s": 0.0, "affect": "", "rig": "makehuman", "recipe": "mixed", "seed": 1}
    return made | other | {"appearance": person}


def test_pandas_reads_pictures_and_labels(pattern):
    frame = pd.concat(pd.read_parquet(f) for f in sorted(glob.glob(pattern)))
    picture = cv2.imdecode(np.frombuffer(frame.image.iloc[0]["bytes"], np.uint8), cv2.IMREAD_COLOR)
    smile = np.stack([np.stack(au) for au in frame.au])[:, 9].max(1)
    assert picture.shape == (24, 24, 3)
    np.testing.assert_array_equal(smile, [max(i, 9.0) for i in range(ROWS)])


def test_duckdb_counts_by_appearance(pattern):
    found = duckdb.sql(f"""
        select appearance.sex > 0.5 as female, count(*) as images, avg(list_max(au[10])) as smile
        from '{pattern}' group by all order by female
    """).fetchall()
    assert found == [(False, 3, 9.0), (True, 3, 9.0)]


def test_pyarrow_reads_columns(pattern):
    table = pq.ParquetDataset(sorted(glob.glob(pattern))).read(columns=["identity", "notation", "au"])
    assert table.num_rows == ROWS
    assert table["au"][1].as_py()[9] == [1.0, 9.0]
