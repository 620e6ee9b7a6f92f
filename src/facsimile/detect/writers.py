"""Write rows to CSV, Parquet or JSON lines as they come; a file appears under its name only when it is closed."""

import csv
import json
import os
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Protocol, runtime_checkable

from facsimile.detect.table import INTEGER_COLUMNS, TEXT_COLUMNS, Value, text_value

SUFFIXES = (".csv", ".parquet", ".jsonl")
ROW_GROUP = 1024
"""Rows held before Parquet writes them: 1.5 MB at 400 columns."""


@runtime_checkable
class RowWriter(Protocol):
    """Takes rows in the order of its columns."""

    def write(self, row: Sequence[Value]) -> None:
        """Add one row."""

    def close(self) -> None:
        """Write what is still held."""


class CsvWriter:
    """Comma-separated values with a header, '.' decimals, empty cells for absent values."""

    def __init__(self, file: Any, columns: Sequence[str]):
        """Write the header to ``file``, open for text."""
        self._writer = csv.writer(file, lineterminator="\n")
        self._writer.writerow(columns)

    def write(self, row: Sequence[Value]) -> None:
        """Add one row."""
        self._writer.writerow([text_value(value) for value in row])

    def close(self) -> None:
        """Do nothing: rows are not held back."""


class JsonLinesWriter:
    """One JSON object per line; absent values are null."""

    def __init__(self, file: Any, columns: Sequence[str]):
        self._file, self._columns = file, tuple(columns)

    def write(self, row: Sequence[Value]) -> None:
        """Add one row."""
        cells = (None if text_value(v) == "" else round(v, 4) if isinstance(v, float) else v for v in row)
        self._file.write(json.dumps(dict(zip(self._columns, cells, strict=True))) + "\n")

    def close(self) -> None:
        """Do nothing: rows are not held back."""


class ParquetWriter:
    """Typed columns: text, 64-bit integers, 64-bit ``time_s`` and 32-bit floats, all nullable."""

    def __init__(self, file: Any, columns: Sequence[str]):
        import pyarrow as pa
        import pyarrow.parquet as pq

        self._schema = pa.schema([(name, _arrow_type(name)) for name in columns])
        self._writer = pq.ParquetWriter(file, self._schema, compression="zstd")
        self._rows: list[Sequence[Value]] = []

    def write(self, row: Sequence[Value]) -> None:
        """Add one row."""
        self._rows.append(row)
        if len(self._rows) >= ROW_GROUP:
            self._flush()

    def close(self) -> None:
        """Write the last rows and the footer."""
        self._flush()
        self._writer.close()

    def _flush(self) -> None:
        if self._rows:
            self._writer.write_table(arrow_table(self._rows, self._schema.names))
            self._rows = []


class TableFile:
    """A context that writes rows to ``path`` in the format of its suffix, atomically.

    If the block stops early, the rows so far are kept as a readable file; nothing is left if there are none or if
    writing itself failed.
    """

    def __init__(self, path: Path, columns: Sequence[str]):
        if path.suffix.lower() not in SUFFIXES:
            raise ValueError(f"output {path}: the name must end in {', '.join(SUFFIXES)}")
        self.name = str(path)
        self._path, self._columns = path, columns
        self._is_whole, self._is_kept, self._num_rows = True, False, 0

    def __enter__(self) -> "TableFile":
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._temporary = self._path.with_name(f".{self._path.name}.{os.getpid()}")
        suffix = self._path.suffix.lower()
        self._file: IO = _open(self._temporary, is_text=suffix != ".parquet")
        kinds: dict[str, Any] = {".csv": CsvWriter, ".parquet": ParquetWriter, ".jsonl": JsonLinesWriter}
        self._writer: RowWriter = kinds[suffix](self._file, self._columns)
        return self

    def write(self, row: Sequence[Value]) -> None:
        """Add one row."""
        self._is_whole = False
        self._writer.write(row)
        self._is_whole = True
        self._num_rows += 1

    @property
    def kept(self) -> str:
        """Say what there is under the file's name after the block stopped early."""
        if self._is_kept:
            return f"the {self._num_rows} rows so far are in {self._path}"
        return "nothing is kept"

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        try:
            self._writer.close()
            self._file.close()
            if kind is None or (self._is_whole and self._num_rows):
                os.replace(self._temporary, self._path)
                self._is_kept = True
        finally:
            self._file.close()
            self._temporary.unlink(missing_ok=True)


def arrow_table(rows: Sequence[Sequence[Value]], columns: Sequence[str]):
    """Return rows as a typed ``pyarrow.Table``; absent values are null."""
    import pyarrow as pa

    cells = zip(*rows, strict=True) if rows else ([] for _ in columns)
    arrays = [pa.array(list(c), _arrow_type(name), from_pandas=True) for name, c in zip(columns, cells, strict=True)]
    return pa.Table.from_arrays(arrays, names=list(columns))


def _arrow_type(name: str):
    import pyarrow as pa

    if name in TEXT_COLUMNS:
        return pa.string()
    if name in INTEGER_COLUMNS:
        return pa.int64()
    return pa.float64() if name == "time_s" else pa.float32()


def _open(path: Path, *, is_text: bool) -> IO:
    return path.open("w", encoding="utf-8", newline="") if is_text else path.open("wb")
