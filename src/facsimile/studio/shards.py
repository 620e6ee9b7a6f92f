"""Write rows into Parquet shards and keep the manifest that says which of them are whole.

A shard appears under its name only when it is complete; the manifest lists it with its hash. What the manifest does not
list, or lists with another hash, is rendered again: the same bytes.
"""

import contextlib
import hashlib
import io
import json
import os
import tempfile
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from jaxtyping import UInt8

from facsimile.studio.settings import Settings, library_versions

MANIFEST_NAME = "manifest.json"
CARD_NAME = "README.md"
JPEG_QUALITY = 90
"""With full colour resolution: the renderer's own sensor noise is larger than what is lost."""
ROW_GROUP_ROWS = 64
"""Rows read together to fetch a single one: about 1 MB."""

_VECTOR = pa.list_(pa.float32())
_MATRIX = pa.list_(_VECTOR)
SCHEMA = pa.schema([
    ("image", pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
    ("identity", pa.int64()),
    ("index", pa.int64()),
    ("clip", pa.int64()),
    ("frame", pa.int32()),
    ("time_s", pa.float32()),
    ("affect", pa.string()),
    ("controllers", _VECTOR),
    ("au", _MATRIX),
    ("au_visible", pa.list_(pa.list_(pa.bool_()))),
    ("landmarks", _MATRIX),
    ("landmark_visible", pa.list_(pa.bool_())),
    ("head_pose_rad", _VECTOR),
    ("gaze_rad", _MATRIX),
    ("camera", pa.struct([("distance_dm", pa.float32()), ("frame_dm", pa.float32()), ("offset", _VECTOR)])),
    ("light", pa.struct([("number", pa.int32()), ("kind", pa.string())])),
    ("appearance", pa.struct([
        ("age_years", pa.float32()), ("sex", pa.float32()), ("ancestry", _VECTOR), ("description", pa.string()),
    ])),
    ("occluder", pa.string()),
    ("rig", pa.string()),
    ("notation", pa.string()),
    ("recipe", pa.string()),
    ("seed", pa.int64()),
])  # fmt: skip
"""Columns of a data set, shapes as in the design: A units x (left, right), 70 landmarks x (x, y) in pixels."""


_PNG = pa.binary()
BUFFER_FIELDS = {
    "segmentation": pa.field("segmentation", _PNG),
    "depth": pa.field("depth", _PNG),
    "displacement": pa.field("displacement", pa.map_(pa.string(), _PNG)),
}
"""Optional columns: PNG files, as ``render.buffer_files`` writes them; displacements by unit, such as AU12, and all."""


def schema_of(settings: Settings) -> pa.Schema:
    """Return the columns of a data set."""
    return pa.schema([*SCHEMA, *(BUFFER_FIELDS[name] for name in settings.buffers)])


def encode_image(image: UInt8[np.ndarray, "H W 3"], image_format: str, quality: int = JPEG_QUALITY) -> bytes:
    """Compress an RGB image to JPEG (4:4:4, ``quality`` 1-100) or PNG."""
    bgr = cv2.cvtColor(image, cv2.COLOR_RGB2BGR)
    jpeg = [
        cv2.IMWRITE_JPEG_QUALITY,
        quality,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR,
        cv2.IMWRITE_JPEG_SAMPLING_FACTOR_444,
    ]
    extension, options = (".jpg", jpeg) if image_format == "jpeg" else (".png", [])
    is_encoded, data = cv2.imencode(extension, bgr, options)
    assert is_encoded
    return data.tobytes()


def shard_name(shard: int) -> str:
    """Return the file name of a shard."""
    return f"shard-{shard:05d}.parquet"


def write_atomic(path: Path, content: bytes) -> None:
    """Write a file that is whole or not there: temporary name beside it, flushed to disk, moved into place."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.chmod(temporary, 0o644)
        os.replace(temporary, path)
    except BaseException:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)
        raise


class ShardFolder:
    """Own one data set's folder: finished shards, manifest, card."""

    def __init__(self, folder: Path, settings: Settings) -> None:
        """Open ``folder`` to make or go on with a data set.

        Raises ValueError if it holds another data set, a larger one, or other files.
        """
        self.folder, self.settings = folder, settings
        self.shards: dict[int, dict[str, Any]] = {}
        folder.mkdir(parents=True, exist_ok=True)
        if (folder / MANIFEST_NAME).exists():
            self._adopt(read_manifest(folder))
        elif any(not path.name.startswith(".") for path in folder.iterdir()):
            raise ValueError(f"{folder} holds files but no {MANIFEST_NAME}; choose an empty or new folder")
        for name in ("shard-*.parquet", MANIFEST_NAME, CARD_NAME):
            for leftover in folder.glob(f".{name}.*"):
                leftover.unlink()
        self._write_manifest()

    def _adopt(self, manifest: dict[str, Any]) -> None:
        """Take over the shards that are whole and belong to the same data set."""
        for key, value in self.settings.identity_card().items():
            if manifest.get(key) != value:
                raise ValueError(
                    f"{self.folder} holds another data set: its {_difference(key, manifest.get(key), value)}; "
                    "choose another folder, or the same settings to go on with this one"
                )
        self._refuse_shrinking(int(manifest.get("count", 0)))
        self._refuse_strays()
        for entry in manifest["shards"]:
            shard, path = int(entry["number"]), self.folder / entry["file"]
            is_expected = shard < self.settings.num_shards and entry["rows"] == self.settings.num_rows(shard)
            if is_expected and path.is_file() and _sha256(path.read_bytes()) == entry["sha256"]:
                self.shards[shard] = entry

    def _refuse_shrinking(self, count: int) -> None:
        """Let a data set only grow: what is rendered is never thrown away."""
        wanted = self.settings.count
        if wanted < count:
            raise ValueError(
                f"{self.folder} holds a data set of {count} images, asked for {wanted}; a data set can only grow: "
                f"choose another folder, or at least {count} images"
            )

    def _refuse_strays(self) -> None:
        """Refuse shards beyond the end of the set: whoever reads ``shard-*.parquet`` would take them for its own."""
        own = {shard_name(shard) for shard in range(self.settings.num_shards)}
        strays = sorted({path.name for path in self.folder.glob("shard-*.parquet")} - own)
        if strays:
            raise ValueError(
                f"{self.folder} holds {strays[0]}, but a data set of {self.settings.count} images ends with "
                f"{shard_name(self.settings.num_shards - 1)}; move it elsewhere or choose another folder"
            )

    def unfinished(self) -> list[int]:
        """Return the shards still to be made, in order."""
        return [shard for shard in range(self.settings.num_shards) if shard not in self.shards]

    def num_finished_rows(self) -> int:
        """Return the number of rows in finished shards."""
        return sum(entry["rows"] for entry in self.shards.values())

    def write(self, shard: int, rows: list[dict[str, Any]]) -> None:
        """Write one whole shard, then list it in the manifest."""
        buffer = io.BytesIO()
        table = pa.Table.from_pylist(rows, schema=schema_of(self.settings))
        pq.write_table(table, buffer, compression="zstd", row_group_size=ROW_GROUP_ROWS)
        content = buffer.getvalue()
        write_atomic(self.folder / shard_name(shard), content)
        self.shards[shard] = {
            "number": shard,
            "file": shard_name(shard),
            "first_index": rows[0]["index"],
            "rows": len(rows),
            "bytes": len(content),
            "sha256": _sha256(content),
        }
        self._write_manifest()

    def write_card(self, text: str) -> None:
        """Write the data set's README."""
        write_atomic(self.folder / CARD_NAME, text.encode())

    def _write_manifest(self) -> None:
        manifest = self.settings.identity_card() | {
            "count": self.settings.count,
            "versions": library_versions(),
            "complete": not self.unfinished(),
            "shards": [self.shards[shard] for shard in sorted(self.shards)],
        }
        write_atomic(self.folder / MANIFEST_NAME, (json.dumps(manifest, indent=1) + "\n").encode())


def read_manifest(folder: Path) -> dict[str, Any]:
    """Read a folder's manifest; a ValueError says what is wrong with it."""
    path = folder / MANIFEST_NAME
    try:
        manifest = json.loads(path.read_text())
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise ValueError(f"{path} is not a manifest ({error}); make the data set again in a new folder") from error
    if not isinstance(manifest, dict) or not isinstance(manifest.get("shards"), list):
        raise ValueError(f"{path} is not a manifest: no list 'shards'; make the data set again in a new folder")
    return manifest


def _difference(key: str, found: Any, wanted: Any) -> str:
    """Say how two settings differ, field by field for a recipe."""
    if isinstance(found, dict) and isinstance(wanted, dict):
        fields = [name for name in wanted if found.get(name) != wanted[name]]
        return "; its ".join(_difference(f"{key}.{name}", found.get(name), wanted[name]) for name in fields)
    return f"{key} is {found!r}, asked for {wanted!r}"


def _sha256(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()
