"""Read every labelled picture with the detector, or find it in a table that `facsimile detect` wrote."""

import os
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.csv
import pyarrow.json
import pyarrow.parquet
from jaxtyping import Float

from facsimile.calibrate.cache import Key, ReadingCache
from facsimile.data.labelled.findings import Findings
from facsimile.data.labelled.record import Labelled
from facsimile.detect.columns import reading_columns, reading_values
from facsimile.detect.faces import Face, Frame
from facsimile.detect.media import InputError, is_video
from facsimile.detect.pipeline import Detector

NO_FACE = "no face found"
NOT_REACHED = "the video ends before this frame"


def cache_for(folder: Path, detector: Detector, *, weights_sha256: str) -> ReadingCache:
    """Open the cache in ``folder`` for the readings of ``detector``."""
    return ReadingCache(folder, columns=reading_columns(detector.units), weights_sha256=weights_sha256)


def read_pictures(
    records: Sequence[Labelled], detector: Detector, cache: ReadingCache, *, base: Path, told: Callable[[int], None]
) -> None:
    """Read what is not in ``cache`` yet; ``told`` gets the number of records done with each step.

    Videos are read from their first frame on, as `facsimile detect` follows faces from frame to frame. Of several
    faces the largest is taken.
    """
    videos: dict[Path, set[int]] = defaultdict(set)
    photos: dict[Path, None] = {}
    num_known = 0
    for record in records:
        frame = frame_of(record)
        if key_of(record, base) in cache:
            num_known += 1
        elif frame is None:
            photos[record.picture] = None
        else:
            videos[record.picture].add(frame)
    told(num_known)
    for path in photos:
        _read_photo(path, detector, cache, base)
        told(1)
    for path, frames in videos.items():
        _read_video(path, frames, detector, cache, base, told)


def cached_values(
    records: Sequence[Labelled], cache: ReadingCache, findings: Findings, *, base: Path
) -> Float[np.ndarray, "N C"]:
    """Return the readings of all records, NaN where there is none, which is counted."""
    keys = [key_of(record, base) for record in records]
    for key in keys:
        if problem := cache.problem(key):
            kind = problem if problem in (NO_FACE, NOT_REACHED) else "the picture cannot be read"
            findings.add(f"labels without a reading: {kind}", f"{key[0]} ({problem})" if problem != kind else key[0])
    return np.stack([cache.values(key) for key in keys]).astype(np.float64)


def table_values(
    records: Sequence[Labelled], path: Path, columns: Sequence[str], findings: Findings, *, base: Path
) -> tuple[tuple[str, ...], Float[np.ndarray, "N C"]]:
    """Return the readings of all records from a table of `facsimile detect`, and those of ``columns`` that it has.

    An ``input`` of the table is a record's picture if it is the same file, or ends in the picture's path within the
    data set. Of several faces in a frame the largest is taken. Records that are not in the table are counted.
    """
    table = _read_table(path)
    if lacking := {"input", "frame", "box_w", "box_h"} - set(table.column_names):
        raise ValueError(f"table {path}: has no column {sorted(lacking)[0]}; give a table of `facsimile detect`")
    there = tuple(name for name in columns if name in table.column_names)
    numbers = [_numbers(table, name) for name in there]
    values = np.stack(numbers, 1) if numbers else np.zeros((table.num_rows, 0))
    rows = _largest(table)
    by_tail: dict[int, dict[Key, int]] = {}
    result = np.full((len(records), len(there)), np.nan)
    for i, record in enumerate(records):
        row = _row_of(record, rows, by_tail, base)
        if row is None:
            findings.add("labels without a row in the table", record.picture)
        elif np.isnan(values[row]).any():
            findings.add(f"labels without a reading: {NO_FACE}", record.picture)
        else:
            result[i] = values[row]
    return there, result


def key_of(record: Labelled, base: Path) -> Key:
    """Return the record's name in a cache: its path within the data set, and its frame."""
    frame = frame_of(record)
    return _relative(record.picture, base), -1 if frame is None else frame


def frame_of(record: Labelled) -> int | None:
    """Return the frame of a video, the first if none is given; None for a photo, whatever number its label has."""
    return (record.video_frame or 0) if is_video(record.picture) else None


def _relative(path: Path, base: Path) -> str:
    return Path(os.path.relpath(path, base)).as_posix()


def _read_photo(path: Path, detector: Detector, cache: ReadingCache, base: Path) -> None:
    try:
        frame = next(iter(detector.stream(str(path))))
    except InputError as error:
        cache.add((_relative(path, base), -1), None, problem=" ".join(str(error).split()))
        return
    _add(cache, (_relative(path, base), -1), frame)


def _read_video(
    path: Path, frames: set[int], detector: Detector, cache: ReadingCache, base: Path, told: Callable[[int], None]
) -> None:
    left = set(frames)
    problem = NOT_REACHED
    try:
        for frame in detector.stream(str(path)):
            if frame.index in left:
                _add(cache, (_relative(path, base), frame.index), frame)
                left.discard(frame.index)
                told(1)
            if not left:
                break
    except InputError as error:
        problem = " ".join(str(error).split())
    for index in sorted(left):
        cache.add((_relative(path, base), index), None, problem=problem)
        told(1)


def _add(cache: ReadingCache, key: Key, frame: Frame) -> None:
    if not frame.faces:
        cache.add(key, None, problem=NO_FACE)
        return
    face = max(frame.faces, key=_area)
    cache.add(key, reading_values(face.raw or face))


def _area(face: Face) -> float:
    return float(face.box[2] * face.box[3])


def _read_table(path: Path) -> pa.Table:
    readers = {".csv": pyarrow.csv.read_csv, ".parquet": pyarrow.parquet.read_table, ".jsonl": pyarrow.json.read_json}
    if path.suffix.lower() not in readers:
        raise ValueError(f"table {path}: the name must end in {', '.join(readers)}")
    try:
        return readers[path.suffix.lower()](path)
    except FileNotFoundError as error:
        raise ValueError(f"table {path}: no such file") from error
    except (pa.ArrowInvalid, OSError) as error:
        raise ValueError(f"table {path}: cannot be read ({error})") from error


def _numbers(table: pa.Table, name: str) -> np.ndarray:
    """Return a column as floats, absent values as NaN."""
    try:
        return table[name].cast(pa.float64()).to_numpy(zero_copy_only=False)
    except pa.ArrowInvalid as error:
        raise ValueError(f"table: column {name} must hold numbers ({error})") from error


def _largest(table: pa.Table) -> dict[Key, int]:
    """Return the row of the largest face by absolute path and frame."""
    area = np.nan_to_num(_numbers(table, "box_w") * _numbers(table, "box_h"))
    frames = _numbers(table, "frame")
    rows: dict[Key, int] = {}
    for row, given in enumerate(table["input"].to_pylist()):
        key = (Path(os.path.abspath(given)).as_posix(), int(frames[row]))
        if key not in rows or area[row] > area[rows[key]]:
            rows[key] = row
    return rows


def _row_of(record: Labelled, rows: dict[Key, int], by_tail: dict[int, dict[Key, int]], base: Path) -> int | None:
    frame = frame_of(record) or 0
    exact = rows.get((Path(os.path.abspath(record.picture)).as_posix(), frame))
    if exact is not None:
        return exact
    parts = Path(_relative(record.picture, base)).parts
    if len(parts) not in by_tail:
        by_tail[len(parts)] = _by_tail(rows, len(parts))
    found = by_tail[len(parts)].get(("/".join(parts), frame))
    if found is not None and found < 0:
        raise ValueError(
            f"table: several inputs end in {'/'.join(parts)}; run `facsimile detect` on the data set alone"
        )
    return found


def _by_tail(rows: dict[Key, int], length: int) -> dict[Key, int]:
    """Return the rows by the last ``length`` parts of the path; -1 where several inputs share them."""
    found: dict[Key, int] = {}
    for (path, frame), row in rows.items():
        key = ("/".join(Path(path).parts[-length:]), frame)
        found[key] = -1 if key in found else row
    return found
