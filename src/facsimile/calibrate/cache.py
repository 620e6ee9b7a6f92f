"""Keep readings of pictures in Parquet files, so that reading a large data set can stop and go on.

The folder holds ``part-00000.parquet`` and so on, each written whole. One row per picture: ``picture`` (relative to the
data set), ``frame`` (-1 for a photo), ``problem`` (why there is no reading, else null), then the reader's numbers.
"""

import os
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import Float

Key = tuple[str, int]
"""Picture and frame; -1 for a photo."""

ROWS_HELD = 512
"""Readings that a kill can lose: some ten seconds of work."""
WEIGHTS_KEY = b"facsimile_weights_sha256"


class ReadingCache:
    """Readings by picture; use as a context, so that the last ones are written whatever happens."""

    def __init__(self, folder: Path, *, columns: tuple[str, ...], weights_sha256: str):
        """Load what is there; ValueError if other weights read it or a part is damaged."""
        self.folder, self.columns, self._weights = folder, columns, weights_sha256
        self._rows: dict[Key, Float[np.ndarray, " C"]] = {}
        self._problems: dict[Key, str] = {}
        self._new: list[Key] = []
        self._next = 0
        for path in sorted(folder.glob("part-*.parquet")):
            self._load(path)
            self._next = int(path.stem.removeprefix("part-")) + 1

    def __enter__(self) -> "ReadingCache":
        return self

    def __exit__(self, *_: object) -> None:
        self.flush()

    def __contains__(self, key: Key) -> bool:
        return key in self._rows

    def __len__(self) -> int:
        return len(self._rows)

    def values(self, key: Key) -> Float[np.ndarray, " C"]:
        """Return the numbers of one picture; NaN where it has none."""
        return self._rows[key]

    def problem(self, key: Key) -> str | None:
        """Return why a picture has no reading."""
        return self._problems.get(key)

    def add(self, key: Key, values: Float[np.ndarray, " C"] | None, *, problem: str | None = None) -> None:
        """Take in one picture."""
        self._put(key, np.full(len(self.columns), np.nan) if values is None else values, problem)
        self._new.append(key)
        if len(self._new) >= ROWS_HELD:
            self.flush()

    def flush(self) -> None:
        """Write what is not written yet as one more part."""
        if not self._new:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        path = self.folder / f"part-{self._next:05d}.parquet"
        temporary = path.with_name(f".{path.name}.{os.getpid()}")
        try:
            pq.write_table(self._table(), temporary, compression="zstd")
            os.replace(temporary, path)
        finally:
            temporary.unlink(missing_ok=True)
        self._new, self._next = [], self._next + 1

    def _put(self, key: Key, values: np.ndarray, problem: str | None) -> None:
        self._rows[key] = values.astype(np.float32)
        if problem is not None:
            self._problems[key] = problem

    def _table(self) -> pa.Table:
        values = np.stack([self._rows[key] for key in self._new])
        data: dict[str, pa.Array] = {
            "picture": pa.array([picture for picture, _ in self._new], pa.string()),
            "frame": pa.array([frame for _, frame in self._new], pa.int64()),
            "problem": pa.array([self._problems.get(key) for key in self._new], pa.string()),
        }
        data |= {name: pa.array(values[:, i], pa.float32(), from_pandas=True) for i, name in enumerate(self.columns)}
        return pa.table(data).replace_schema_metadata({WEIGHTS_KEY: self._weights.encode()})

    def _load(self, path: Path) -> None:
        try:
            table = pq.read_table(path)
        except (pa.ArrowInvalid, OSError) as error:
            raise ValueError(f"{path} is damaged ({error}); delete this part, its pictures are read again") from error
        weights = (table.schema.metadata or {}).get(WEIGHTS_KEY, b"").decode()
        if weights != self._weights or table.column_names[3:] != list(self.columns):
            raise ValueError(
                f"{self.folder} holds readings of other weights ({weights[:12]}..., not {self._weights[:12]}...); "
                "name another folder with --readings or delete it"
            )
        values = np.stack([table[name].to_numpy(zero_copy_only=False) for name in self.columns], 1)
        keys = zip(table["picture"].to_pylist(), table["frame"].to_pylist(), strict=True)
        for key, row, problem in zip(keys, values, table["problem"].to_pylist(), strict=True):
            self._put(key, row, problem)
