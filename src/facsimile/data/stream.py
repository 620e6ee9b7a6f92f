"""Stream a data set for training: shuffled anew each epoch, parted by rank and worker, pictures decoded in parallel.

>>> for row in stream_rows(read_shards(folder), seed=1, epoch=0):       # doctest: +SKIP
...     row["image"], row["au"]                                          # [160,160,3] u8, [33,2] f32
"""

import concurrent.futures as futures
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import Int

from facsimile.data.shards import ROW_SHAPES, Shards, decode_image, numbers_of

BLOCKS_AT_ONCE = 8
"""Row groups in memory whose rows are mixed: 8 x 64 rows, some 5 MB of compressed pictures."""


@dataclass(frozen=True)
class Part:
    """Say which part of a stream one process reads; all parts together read each row once."""

    rank: int = 0
    """Number of this machine or process among those that train together."""
    num_ranks: int = 1
    worker: int = 0
    """Number of this loader among those of the rank."""
    num_workers: int = 1

    def __post_init__(self) -> None:
        for name, size in (("rank", "num_ranks"), ("worker", "num_workers")):
            if not 0 <= getattr(self, name) < getattr(self, size):
                raise ValueError(
                    f"{name} must lie in 0..{size} - 1 = {getattr(self, size) - 1}, got {getattr(self, name)}"
                )


def stream_rows(
    shards: Shards,
    *,
    seed: int = 0,
    epoch: int = 0,
    part: Part | None = None,
    columns: tuple[str, ...] = ("image", "identity", "au", "au_visible", "landmarks"),
    threads: int | None = None,
) -> Iterator[dict[str, Any]]:
    """Yield the rows of one epoch in an order that depends on (seed, epoch, part) alone.

    Row groups are read whole and in shuffled order, and the rows of `BLOCKS_AT_ONCE` of them are mixed. Images come as
    RGB arrays, decoded on ``threads`` (default: one per core); lists as arrays of their shapes.
    """
    part = Part() if part is None else part
    blocks = _own_blocks(shards, part, np.random.default_rng([seed, epoch]))
    rng = np.random.default_rng([seed, epoch, part.rank, part.worker])
    with futures.ThreadPoolExecutor(threads or os.cpu_count()) as pool:
        waiting: list[futures.Future[list[dict[str, Any]]]] = []
        for first in range(0, len(blocks), BLOCKS_AT_ONCE):
            waiting.append(
                pool.submit(_mixed, shards, blocks[first : first + BLOCKS_AT_ONCE], columns, rng.spawn(1)[0])
            )
            if len(waiting) > 1:
                yield from pool.map(_decoded, waiting.pop(0).result())
        for rows in waiting:
            yield from pool.map(_decoded, rows.result())


def _own_blocks(shards: Shards, part: Part, rng: np.random.Generator) -> Int[np.ndarray, "N 2"]:
    """Return (shard, row group) of one part, in the epoch's order."""
    blocks = np.array([(k, group) for k, path in enumerate(shards.paths) for group in range(_num_groups(path))])
    everyone = part.num_ranks * part.num_workers
    return rng.permutation(blocks)[part.rank * part.num_workers + part.worker :: everyone]


def _num_groups(path: os.PathLike[str]) -> int:
    with pq.ParquetFile(path) as file:
        return file.num_row_groups


def _mixed(
    shards: Shards, blocks: Int[np.ndarray, "N 2"], columns: tuple[str, ...], rng: np.random.Generator
) -> list[dict[str, Any]]:
    """Read some row groups and shuffle their rows; images stay compressed."""
    rows = [row for shard, group in blocks for row in _block(shards, int(shard), int(group), columns)]
    return [rows[k] for k in rng.permutation(len(rows))]


def _block(shards: Shards, shard: int, group: int, columns: tuple[str, ...]) -> list[dict[str, Any]]:
    """Read one row group."""
    unknown = [name for name in columns if name not in shards.column_names]
    if unknown:
        raise ValueError(f"there is no column {unknown[0]!r}; the columns are {', '.join(shards.column_names)}")
    with pq.ParquetFile(shards.paths[shard]) as file:
        table = file.read_row_group(group, list(columns))
    values = {name: _values(table[name].combine_chunks(), name, table.num_rows) for name in columns}
    return [{name: values[name][k] for name in columns} for k in range(table.num_rows)]


def _values(column: pa.Array, name: str, num_rows: int) -> Any:
    if name in ROW_SHAPES:
        return numbers_of(column).reshape(num_rows, *ROW_SHAPES[name])
    return column.to_pylist()


def _decoded(row: dict[str, Any]) -> dict[str, Any]:
    if "image" in row:
        row["image"] = decode_image(row["image"]["bytes"])
    return row
