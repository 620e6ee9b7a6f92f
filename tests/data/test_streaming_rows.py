import itertools

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from test_reading import ROWS, picture, row

from facsimile.data.shards import Shards, read_shards
from facsimile.data.stream import Part, stream_rows


@pytest.fixture
def shards(tmp_path) -> Shards:
    """Three shards of 4, 4 and 2 rows in row groups of 1."""
    for shard, rows in enumerate((range(4), range(4, 8), range(8, 10))):
        table = pa.Table.from_pylist([row(i) for i in rows])
        pq.write_table(table, tmp_path / f"shard-{shard:05d}.parquet", row_group_size=1)
    return read_shards(tmp_path)


COLUMNS = ("image", "index", "au", "appearance")


def order(shards: Shards, **options) -> list[int]:
    return [r["index"] for r in stream_rows(shards, columns=("index",), **options)]


def test_an_epoch_shows_every_row_once_in_an_order_of_its_own(shards):
    first, again, second = order(shards, epoch=0), order(shards, epoch=0), order(shards, epoch=1)
    assert sorted(first) == list(range(10))
    assert first == again
    assert sorted(second) == list(range(10))
    assert second != first
    assert order(shards, seed=5) != first
    assert first != sorted(first)


@pytest.mark.parametrize(("ranks", "workers"), [(1, 3), (2, 2), (3, 1), (7, 2)])
def test_parts_share_the_rows_without_overlap(shards, ranks, workers):
    parts = [Part(r, ranks, w, workers) for r, w in itertools.product(range(ranks), range(workers))]
    shown = [order(shards, part=part) for part in parts]
    assert sorted(itertools.chain.from_iterable(shown)) == list(range(10))
    assert max(map(len, shown)) - min(map(len, shown)) <= 1


@pytest.mark.parametrize("threads", [1, 4])
def test_rows_come_whole_and_decoded(shards, threads):
    for shown in stream_rows(shards, columns=COLUMNS, threads=threads):
        expected = row(shown["index"])
        np.testing.assert_array_equal(shown["image"], picture(shown["index"]))
        np.testing.assert_array_equal(shown["au"], np.array(expected["au"]))
        assert shown["appearance"] == expected["appearance"]


def test_the_order_does_not_depend_on_threads(shards):
    assert order(shards, threads=1) == order(shards, threads=5)


def test_rows_of_several_blocks_are_mixed(tmp_path):
    table = pa.Table.from_pylist([row(i % ROWS) | {"index": i} for i in range(64)])
    pq.write_table(table, tmp_path / "shard-0.parquet", row_group_size=8)
    blocks = np.array(order(read_shards(tmp_path))).reshape(8, 8) // 8
    assert all(len(set(block)) > 1 for block in blocks)


def test_mistakes_are_told(shards):
    with pytest.raises(ValueError, match="there is no column 'aus'; the columns are image"):
        list(stream_rows(shards, columns=("aus",)))
    with pytest.raises(ValueError, match=r"rank must lie in 0..num_ranks - 1 = 1, got 2"):
        Part(rank=2, num_ranks=2)
    with pytest.raises(ValueError, match=r"worker must lie in"):
        Part(worker=-1)
