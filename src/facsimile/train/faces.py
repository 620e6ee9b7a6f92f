"""The faces of a data set in memory, parted by person."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped, UInt8

from facsimile.data.shards import Shards, read_shards, split_by_identity
from facsimile.facs.action_units import LABEL_UNITS, unit_index
from facsimile.facs.controllers import NUM_CONTROLLERS

SPLIT_FRACTIONS = (0.92, 0.04, 0.04)  # of the people: to train, to choose weights and calibrate, to report
MIN_PART = 2  # faces


@dataclass(frozen=True)
class Faces:
    """N labelled pictures; landmarks in pixels of ``images``."""

    images: UInt8[np.ndarray, "N H W 3"]
    au: Float[np.ndarray, "N n 2"]
    """Intensity 0-5 of the units to be read, NaN where not observed."""
    au_visible: Bool[np.ndarray, "N n 2"]
    controllers: Float[np.ndarray, "N R"]
    """Rig controllers 0-1."""
    landmarks: Float[np.ndarray, "N 70 2"]
    pose: Float[np.ndarray, "N 3"]
    """Pitch, yaw, roll in the picture, radians."""
    gaze: Float[np.ndarray, "N 2 2"]
    """Yaw and pitch of the left and the right eye relative to the head, radians."""
    identity: Int[np.ndarray, " N"]

    def __len__(self) -> int:
        return len(self.images)

    def take(self, rows: Shaped[np.ndarray, " M"]) -> "Faces":
        """Return the faces at ``rows`` (numbers or a mask)."""
        return Faces(*(getattr(self, f.name)[rows] for f in fields(self)))

    def at_rest(self) -> Bool[np.ndarray, " N"]:
        """Return which faces show no action unit."""
        return (np.nan_to_num(self.au, nan=1.0) == 0).all(axis=(1, 2))

    def fingerprint(self) -> str:
        """Return a hash of all labels and of every 64th picture."""
        digest = hashlib.sha256()
        for field in fields(self):
            values = getattr(self, field.name)
            digest.update(np.ascontiguousarray(values[::64] if field.name == "images" else values).tobytes())
        return digest.hexdigest()[:16]


class Splits(NamedTuple):
    """Faces of three groups of people that have nobody in common."""

    train: Faces
    development: Faces
    """To choose weights and to calibrate."""
    test: Faces
    """To report; nothing is decided on them."""


def split_rows(identity: Int[np.ndarray, " N"]) -> list[Int[np.ndarray, " M"]]:
    """Return the rows of each part of `Splits`; a ValueError if there are too few people to hold some out.

    A person's part depends on the person's number alone, so nobody changes sides when a data set grows.
    """
    parts = split_by_identity(identity, SPLIT_FRACTIONS)
    if min(len(rows) for rows in parts) < MIN_PART:
        raise ValueError(
            f"{len(np.unique(identity))} people are too few to hold some out; make a data set of at least 100 people "
            "with 'facsimile dataset make'"
        )
    return parts


def load_all_splits(
    folders: Sequence[Path], *, units: tuple[int, ...], report: Callable[[str], None] = lambda line: None
) -> tuple[Splits, dict[str, Any]]:
    """Load one or more data sets as one: nobody is in two of them, and pictures must be of one size."""
    loaded = [load_splits(folder, units=units, report=report) for folder in folders]
    if len(loaded) == 1:
        return loaded[0]
    sizes = {splits.train.images.shape[1:3] for splits, _ in loaded}
    if len(sizes) > 1:
        raise ValueError(f"data sets trained on together need pictures of one size; got {sorted(sizes)} pixels")
    splits = Splits(*(joined(parts) for parts in zip(*(splits for splits, _ in loaded), strict=True)))
    return splits, {"data_sets": [source for _, source in loaded]}


def joined(parts: Sequence[Faces]) -> Faces:
    """Return the faces of several sets as one, their people renumbered apart."""
    arrays = {f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Faces)}
    first = np.cumsum([0] + [int(part.identity.max()) + 1 for part in parts[:-1]])
    arrays["identity"] = np.concatenate([part.identity + n for part, n in zip(parts, first, strict=True)])
    return Faces(**arrays)


def load_splits(
    folder: Path, *, units: tuple[int, ...], report: Callable[[str], None] = lambda line: None
) -> tuple[Splits, dict[str, Any]]:
    """Load the finished shards of a data set, and say where they come from.

    A data set may still be in the making; shards finished later take no part.
    """
    shards = read_shards(folder)
    report(f"reading {len(shards)} faces from {len(shards.paths)} shards")
    parts = split_rows(shards.column("identity").astype(np.int64))
    splits = Splits(*(load_faces(shards, rows, units=units) for rows in parts))
    return splits, data_source(shards.manifest, num_images=len(shards), size=splits.train.images.shape[2])


def load_all(folder: Path, *, units: tuple[int, ...]) -> Faces:
    """Load everybody of a data set."""
    shards = read_shards(folder)
    return load_faces(shards, np.arange(len(shards)), units=units)


def data_source(manifest: Mapping[str, Any], *, num_images: int, size: int) -> dict[str, Any]:
    """Return what the manifest says of a data set, None where it does not, and what was read of it.

    ``size`` is the width of its pictures in pixels.
    """
    recipe = manifest.get("recipe")
    return {
        "data_recipe": recipe.get("name") if isinstance(recipe, dict) else recipe,
        "data_seed": manifest.get("seed"),
        "data_images": num_images,
        "data_size": size,
        "data_format": manifest.get("image_format"),
        "data_code": manifest.get("code"),
        "data_rig": manifest.get("rig"),
    }


def load_faces(shards: Shards, rows: Int[np.ndarray, " M"], *, units: tuple[int, ...]) -> Faces:
    """Load some rows of a data set with the labels of ``units``."""
    au, visible = shards.column("au"), shards.column("au_visible")
    if au.shape[1] != len(LABEL_UNITS):
        raise ValueError(
            f"column 'au' of {shards.folder} has {au.shape[1]} units, this version labels {len(LABEL_UNITS)}; make the "
            "data set again with 'facsimile dataset make'"
        )
    columns = [unit_index(code) for code in units]
    return Faces(
        images=shards.images(rows),
        au=au[rows][:, columns],
        au_visible=visible[rows][:, columns],
        controllers=_all_controllers(shards.column("controllers")[rows]),
        landmarks=shards.column("landmarks")[rows],
        pose=shards.column("head_pose_rad")[rows],
        gaze=shards.column("gaze_rad")[rows],
        identity=shards.column("identity")[rows].astype(np.int64),
    )


def _all_controllers(stored: Float[np.ndarray, "N S"]) -> Float[np.ndarray, "N R"]:
    """Append the controllers that a data set is too old to know: they were at rest."""
    return np.pad(stored, ((0, 0), (0, NUM_CONTROLLERS - stored.shape[1])))
