"""Write tracks to Parquet and CSV and read them back.

One row per moment: ``time_s``, then ``AU12_L``, ``AU12_R`` for sided units and ``AU17`` for midline ones (0-5),
``rig_jawOpen`` ... (0-1), ``pitch_rad``, ``yaw_rad``, ``roll_rad`` and ``gaze_left_yaw_rad`` ... Empty cells are
unobserved values; columns of absent channels are left out.
"""

import csv
import difflib
import io
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from facsimile.facs.action_units import LABEL_UNITS, SIDED_LABELS
from facsimile.facs.controllers import CONTROLLERS
from facsimile.facs.track import CHANNELS, Track

_VERSION = {b"facsimile.track": b"1"}


def _unit_columns() -> Iterator[tuple[str, int]]:
    for row, (code, sided) in enumerate(zip(LABEL_UNITS, SIDED_LABELS, strict=True)):
        if sided:
            yield f"AU{code:02d}_L", 2 * row
            yield f"AU{code:02d}_R", 2 * row + 1
        else:
            yield f"AU{code:02d}", 2 * row


COLUMNS: dict[str, dict[str, int]] = {
    "intensity": dict(_unit_columns()),
    "controllers": {f"rig_{name}": index for index, name in enumerate(CONTROLLERS)},
    "head_pose_rad": {f"{axis}_rad": index for index, axis in enumerate(("pitch", "yaw", "roll"))},
    "gaze_rad": {
        f"gaze_{eye}_{axis}_rad": 2 * i + j
        for i, eye in enumerate(("left", "right"))
        for j, axis in enumerate(("yaw", "pitch"))
    },
}
"""For each channel, column name -> place in the flattened moment."""

TIME_COLUMN = "time_s"


def write_track(track: Track, path: str | Path) -> None:
    """Write a track to ``path``, ending in .parquet or .csv; the file appears whole or not at all."""
    target = Path(path)
    if target.suffix == ".parquet":
        _write_atomically(target, _parquet_bytes(track))
    elif target.suffix == ".csv":
        _write_atomically(target, _csv_bytes(track))
    else:
        raise ValueError(f"path: expected a name ending in .parquet or .csv, got {target.name!r}")


def read_track(path: str | Path) -> Track:
    """Read a track written by ``write_track``; values come back exactly. Raise ValueError for any other content."""
    source = Path(path)
    if source.suffix == ".parquet":
        return _from_columns(_parquet_columns(source), source)
    if source.suffix == ".csv":
        return _from_columns(_csv_columns(source), source)
    raise ValueError(f"path: expected a name ending in .parquet or .csv, got {source.name!r}")


def _columns(track: Track) -> dict[str, np.ndarray]:
    columns = {TIME_COLUMN: track.time_s}
    for channel, places in COLUMNS.items():
        values = getattr(track, channel)
        if values is not None:
            flat = values.reshape(len(track), int(np.prod(CHANNELS[channel])))
            columns.update({name: flat[:, place] for name, place in places.items()})
    return columns


def _from_columns(columns: dict[str, np.ndarray], source: Path) -> Track:
    if TIME_COLUMN not in columns:
        raise ValueError(f"{source}: no column {TIME_COLUMN!r}; it has {', '.join(list(columns)[:5]) or 'none'}")
    known = [name for places in COLUMNS.values() for name in places]
    for name in columns:
        if name != TIME_COLUMN and name not in known:
            near = difflib.get_close_matches(name, known, n=1, cutoff=0.0)
            raise ValueError(f"{source}: unknown column {name!r}; nearest: {near[0]!r}")
    channels = {channel: _channel(columns, channel) for channel in COLUMNS}
    try:
        return Track(columns[TIME_COLUMN], **channels)
    except ValueError as error:
        raise ValueError(f"{source}: {error}") from None


def _channel(columns: dict[str, np.ndarray], channel: str) -> np.ndarray | None:
    places = {name: place for name, place in COLUMNS[channel].items() if name in columns}
    if not places:
        return None
    length, shape = len(columns[TIME_COLUMN]), CHANNELS[channel]
    flat = np.full((length, int(np.prod(shape))), np.nan, np.float32)
    for name, place in places.items():
        flat[:, place] = columns[name]
        if channel == "intensity" and not name.endswith(("_L", "_R")):
            flat[:, place + 1] = columns[name]
    return flat.reshape(length, *shape)


def _parquet_bytes(track: Track) -> bytes:
    arrays = {name: pa.array(values, from_pandas=True) for name, values in _columns(track).items()}
    table = pa.table(arrays).replace_schema_metadata(_VERSION)
    sink = io.BytesIO()
    pq.write_table(table, sink)
    return sink.getvalue()


def _parquet_columns(source: Path) -> dict[str, np.ndarray]:
    try:
        table = pq.ParquetFile(source).read()
    except pa.ArrowInvalid as error:
        raise ValueError(f"{source}: not a readable Parquet file ({str(error).splitlines()[0]})") from None
    columns = {}
    for name in table.column_names:
        column = table[name]
        if not (pa.types.is_floating(column.type) or pa.types.is_integer(column.type)):
            raise ValueError(f"{source}: column {name!r} must hold numbers, but holds {column.type}")
        columns[name] = column.cast(pa.float64()).to_numpy(zero_copy_only=False)
    return columns


def _csv_bytes(track: Track) -> bytes:
    columns = _columns(track)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    for row in zip(*columns.values(), strict=True):
        writer.writerow(["" if np.isnan(value) else str(value) for value in row])
    return text.getvalue().encode()


def _csv_columns(source: Path) -> dict[str, np.ndarray]:
    try:
        rows = list(csv.reader(io.StringIO(source.read_bytes().decode("utf-8-sig"))))
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{source}: not a readable CSV file ({error})") from None
    if not rows:
        raise ValueError(f"{source}: the file is empty; a track has at least the column {TIME_COLUMN!r}")
    header, body = [name.strip() for name in rows[0]], rows[1:]
    for number, row in enumerate(body, start=2):
        if len(row) != len(header):
            raise ValueError(
                f"{source}: line {number} has {len(row)} cells, the header {len(header)}; check for a cut file"
            )
    return {name: _numbers(name, [row[i] for row in body], source) for i, name in enumerate(header)}


def _numbers(name: str, cells: Sequence[str], source: Path) -> np.ndarray:
    values = np.full(len(cells), np.nan)
    for i, cell in enumerate(cells):
        try:
            values[i] = float(cell) if cell.strip() else np.nan
        except ValueError:
            raise ValueError(f"{source}: line {i + 2}, column {name!r} must hold a number, got {cell!r}") from None
    return values


def _write_atomically(target: Path, content: bytes) -> None:
    handle, temporary = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        os.chmod(temporary, 0o644)
        os.replace(temporary, target)
    except BaseException:
        os.unlink(temporary)
        raise
