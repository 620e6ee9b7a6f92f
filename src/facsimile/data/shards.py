"""Read data sets: Parquet shards with typed label columns and compressed images.

>>> shards = read_shards(folder)                                    # doctest: +SKIP
>>> au, images = shards.column("au"), shards.images()               # [N,33,2] f32, [N,160,160,3] u8  # doctest: +SKIP
"""

import bisect
import concurrent.futures as futures
import functools
import hashlib
import itertools
import json
import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from jaxtyping import Int, Shaped, UInt8

MANIFEST_NAME = "manifest.json"
NUM_LANDMARKS = 70
ROW_SHAPES: dict[str, tuple[int, ...]] = {
    "controllers": (-1,),
    "au": (-1, 2),
    "au_visible": (-1, 2),
    "landmarks": (NUM_LANDMARKS, 2),
    "landmark_visible": (NUM_LANDMARKS,),
    "head_pose_rad": (3,),
    "gaze_rad": (2, 2),
}
"""Shape of one row's value; -1 is as long as the data set's lists are."""


def read_shards(folder: Path | str) -> "Shards":
    """Open a data set; reads the manifest and the shards' footers only.

    The rows are those of the shards that the manifest lists, in their order: the finished ones of a data set that is
    still being made. Other files are not looked at. Without a manifest, or with one that lists no shards at all, every
    ``shard-*.parquet`` is read by name.

    Raises ValueError for a folder without finished shards, and for a shard that is lost, damaged or of another length
    than the manifest says.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise ValueError(f"{folder} is not a folder; give the folder that 'facsimile dataset make' wrote")
    manifest = _manifest(folder)
    if "shards" not in manifest:
        paths = sorted(folder.glob("shard-*.parquet"))
        if not paths:
            raise ValueError(f"{folder} holds no shard-*.parquet; make one with 'facsimile dataset make {folder}'")
        return Shards(folder, paths, manifest=manifest)
    if not manifest["shards"]:
        raise ValueError(f"{folder} holds no finished shard yet; wait for 'facsimile dataset make', or run it again")
    shards = Shards(folder, [folder / entry["file"] for entry in manifest["shards"]], manifest=manifest)
    _check_rows(shards, [entry["rows"] for entry in manifest["shards"]])
    return shards


class Shards(Sequence[dict[str, Any]]):
    """Give random access to the rows of a data set and load whole columns as arrays."""

    def __init__(self, folder: Path, paths: list[Path], *, manifest: dict[str, Any]) -> None:
        """Open the shards at ``paths``; ``manifest`` is the data set's, empty if it has none."""
        self.folder, self.paths, self.manifest = folder, paths, manifest
        self.num_rows = [_num_rows(path) for path in paths]
        self._starts = [0, *itertools.accumulate(self.num_rows)]

    def __len__(self) -> int:
        return self._starts[-1]

    @functools.cached_property
    def column_names(self) -> list[str]:
        """Return the names of all columns."""
        return list(_open(self.paths[0]).schema_arrow.names)

    def __getitem__(self, row: int) -> dict[str, Any]:  # type: ignore[override]
        """Return one row as plain values, the image as RGB array; reads one row group."""
        position = row + len(self) if row < 0 else row
        if not 0 <= position < len(self):
            raise IndexError(f"row {row} is outside the data set's {len(self)} rows")
        shard = bisect.bisect_right(self._starts, position) - 1
        values = _row(self.paths[shard], position - self._starts[shard])
        values["image"] = decode_image(values["image"]["bytes"])
        return values

    def column(self, name: str) -> Shaped[np.ndarray, "N ..."]:
        """Load one label column of all rows.

        Lists of numbers become one array [N, ...] (float32 or bool), numbers [N], texts and structs [N] of objects.
        """
        if name not in self.column_names or name == "image":
            labels = [column for column in self.column_names if column != "image"]
            raise ValueError(f"there is no label column {name!r}; the columns are {', '.join(labels)}")
        table = pa.concat_tables(_read(path, [name]) for path in self.paths)
        values = table[name].combine_chunks()
        if name in ROW_SHAPES:
            return numbers_of(values).reshape(len(self), *ROW_SHAPES[name])
        if pa.types.is_integer(values.type) or pa.types.is_floating(values.type):
            return values.to_numpy(zero_copy_only=False)
        return np.array([*values.to_pylist(), None], object)[:-1]

    def images(
        self,
        rows: Int[np.ndarray, " M"] | None = None,
        *,
        out: UInt8[np.ndarray, "M H W 3"] | None = None,
        threads: int | None = None,
    ) -> UInt8[np.ndarray, "M H W 3"]:
        """Decode the images of ``rows`` (default: all) into one RGB array, or into ``out``, for example a memmap.

        Decoding runs on ``threads`` (default: one per core); measured 3,300 images of 128 px a second and core.
        """
        wanted = np.arange(len(self)) if rows is None else np.asarray(rows)
        if len(wanted) and (wanted.min() < 0 or wanted.max() >= len(self)):
            raise IndexError(f"rows must lie in 0..{len(self) - 1}, got {wanted.min()}..{wanted.max()}")
        shape = (len(wanted), *self._image_shape())
        out = np.empty(shape, np.uint8) if out is None else out
        if out.shape != shape:
            raise ValueError(f"out must have the shape {shape}, got {out.shape}")
        with futures.ThreadPoolExecutor(threads or os.cpu_count()) as pool:
            list(pool.map(lambda shard: self._decode_into(out, wanted, shard), range(len(self.paths))))
        return out

    def encoded_images(self) -> Iterator[bytes]:
        """Yield the compressed pictures in order, one shard in memory at a time."""
        for path in self.paths:
            encoded = pc.struct_field(_read(path, ["image"])["image"], "bytes")
            yield from (value.as_py() for value in encoded)

    def _image_shape(self) -> tuple[int, ...]:
        return self[0]["image"].shape

    def _decode_into(self, out: UInt8[np.ndarray, "M H W 3"], wanted: Int[np.ndarray, " M"], shard: int) -> None:
        """Decode the wanted images that lie in one shard to their places."""
        start, stop = self._starts[shard], self._starts[shard + 1]
        places = np.flatnonzero((wanted >= start) & (wanted < stop))
        if not len(places):
            return
        encoded = pc.struct_field(_read(self.paths[shard], ["image"])["image"], "bytes").combine_chunks()
        for place in places:
            image = decode_image(encoded[int(wanted[place]) - start].as_py())
            if image.shape != out.shape[1:]:
                raise ValueError(
                    f"row {wanted[place]} of {self.paths[shard]} is {image.shape[1]} x {image.shape[0]} px, row 0 is "
                    f"{out.shape[2]} x {out.shape[1]}; images of one data set must have one size"
                )
            out[place] = image


def decode_image(content: bytes) -> UInt8[np.ndarray, "H W 3"]:
    """Decode JPEG or PNG bytes to RGB."""
    image = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_COLOR) if content else None
    if image is None:
        raise ValueError(f"{len(content)} bytes are no JPEG or PNG image; the data set is damaged, make it again")
    return cv2.cvtColor(image, cv2.COLOR_BGR2RGB)


def split_by_identity(
    identity: Int[np.ndarray, " N"], fractions: tuple[float, ...], seed: int = 0
) -> list[Int[np.ndarray, " M"]]:
    """Split rows so that no person is in two parts; return the row numbers of each part.

    A person's part depends on (seed, person) alone: it stays when the data set grows. ``fractions`` add up to at most
    1; people beyond their sum belong to no part.
    """
    if any(part < 0 for part in fractions) or sum(fractions) > 1 + 1e-9:
        raise ValueError(f"fractions must not be negative and add up to at most 1, got {fractions}")
    people, which = np.unique(identity, return_inverse=True)
    place = np.array([_place(seed, int(person)) for person in people])
    edges = np.concatenate([[0.0], np.cumsum(fractions)])
    part = np.searchsorted(edges, place, side="right") - 1
    return [np.flatnonzero(part[which] == number) for number in range(len(fractions))]


def _place(seed: int, person: int) -> float:
    """Return a number in [0, 1) that looks random, the same on every machine."""
    digest = hashlib.sha256(f"{seed}:{person}".encode()).digest()
    return int.from_bytes(digest[:6], "big") / 2.0**48


def _manifest(folder: Path) -> dict[str, Any]:
    """Read the manifest of a data set; empty if there is none."""
    path = folder / MANIFEST_NAME
    if not path.exists():
        return {}
    try:
        manifest = json.loads(path.read_text())
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is not a manifest ({error}); make the data set again in a new folder") from error
    if not isinstance(manifest, dict):
        raise ValueError(f"{path} is not a manifest: no JSON object; make the data set again in a new folder")
    return manifest


def _check_rows(shards: Shards, expected: list[int]) -> None:
    """Compare the lengths of the shards with the manifest's."""
    for path, found, listed in zip(shards.paths, shards.num_rows, expected, strict=True):
        if found != listed:
            raise ValueError(
                f"{path} has {found} rows, {MANIFEST_NAME} says {listed}; run the 'facsimile dataset make' that made "
                "it again: it replaces such shards"
            )


def numbers_of(values: pa.Array) -> Shaped[np.ndarray, " n"]:
    """Strip all list levels and return the numbers."""
    while pa.types.is_list(values.type) or pa.types.is_large_list(values.type):
        values = values.flatten()
    return values.to_numpy(zero_copy_only=False)


def _open(path: Path) -> pq.ParquetFile:
    """Open a shard; a damaged one is named."""
    try:
        return pq.ParquetFile(path)
    except (pa.ArrowInvalid, OSError) as error:
        raise ValueError(
            f"{path} is not a whole Parquet file ({error}); run the 'facsimile dataset make' that made it again: "
            "it replaces damaged shards"
        ) from error


def _num_rows(path: Path) -> int:
    with _open(path) as file:
        return file.metadata.num_rows


def _read(path: Path, columns: list[str]) -> pa.Table:
    with _open(path) as file:
        return file.read(columns)


def _row(path: Path, row: int) -> dict[str, Any]:
    """Read one row of a shard."""
    with _open(path) as file:
        for group in range(file.num_row_groups):
            rows = file.metadata.row_group(group).num_rows
            if row < rows:
                return file.read_row_group(group).slice(row, 1).to_pylist()[0]
            row -= rows
    raise AssertionError("row lies in the shard")
