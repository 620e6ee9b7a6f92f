"""Check finished data sets: files and hashes, ranges of labels, pictures, notation, people in more than one set."""

import collections
import hashlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float

from facsimile.data.shards import Shards, decode_image
from facsimile.facs.intensity import levels_of
from facsimile.facs.notation import parse
from facsimile.studio.settings import FORMAT_VERSION
from facsimile.studio.shards import MANIFEST_NAME, read_manifest

RANGES: dict[str, tuple[float, float]] = {
    "au": (0.0, 5.0),
    "controllers": (0.0, 1.0),
    "head_pose_rad": (-np.pi, np.pi),
    "gaze_rad": (-np.pi / 2, np.pi / 2),
}
"""Least and greatest value of label columns; a unit that is not observed is NaN."""
AGAIN = "run the 'facsimile dataset make' that made it again: it replaces such shards"


def check_folders(folders: Sequence[Path]) -> list[str]:
    """Return what is wrong with some data sets, a sentence each; empty if nothing is."""
    findings: list[str] = []
    manifests: dict[Path, dict[str, Any]] = {}
    for folder in folders:
        try:
            manifests[folder] = _own_manifest(folder)
        except ValueError as error:
            findings.append(str(error))
            continue
        findings += _check_files(folder, manifests[folder])
    return [*findings, *_shared_people(manifests)]


def _own_manifest(folder: Path) -> dict[str, Any]:
    """Read a manifest of this version."""
    if not (folder / MANIFEST_NAME).exists():
        raise ValueError(f"{folder} holds no {MANIFEST_NAME}; give a folder that 'facsimile dataset make' wrote")
    manifest = read_manifest(folder)
    if manifest.get("format") != FORMAT_VERSION:
        raise ValueError(
            f"{folder / MANIFEST_NAME} has format {manifest.get('format')}, this version writes {FORMAT_VERSION}; "
            f"check it with the version that made it ({manifest.get('facsimile')})"
        )
    return manifest


def _check_files(folder: Path, manifest: dict[str, Any]) -> Iterator[str]:
    """Find shards that are lost, damaged, unlisted, or that break the rules for their columns."""
    if not manifest.get("complete"):
        rows = sum(entry["rows"] for entry in manifest["shards"])
        yield f"{folder} is not finished: {rows} of {manifest['count']} images; run the same command to go on"
    listed = {entry["file"] for entry in manifest["shards"]}
    for path in sorted(folder.glob("shard-*.parquet")):
        if path.name not in listed:
            yield f"{path} is not in {MANIFEST_NAME}; move it elsewhere, or finish the data set"
    for path in sorted(folder.glob(".*")):
        yield f"{path} was left by a run that was killed; the next run removes it"
    for entry in manifest["shards"]:
        path = folder / entry["file"]
        if not path.is_file():
            yield f"{path} is lost; {AGAIN}"
        elif path.stat().st_size != entry["bytes"]:
            yield f"{path} has {path.stat().st_size} bytes, {MANIFEST_NAME} says {entry['bytes']}; {AGAIN}"
        elif hashlib.sha256(path.read_bytes()).hexdigest() != entry["sha256"]:
            yield f"{path} differs from its hash in {MANIFEST_NAME}; {AGAIN}"
        else:
            yield from _check_rows(path, manifest, entry)


def _check_rows(path: Path, manifest: dict[str, Any], entry: dict[str, Any]) -> Iterator[str]:
    """Check the columns of one undamaged shard."""
    shard = Shards(path.parent, [path], manifest=manifest)
    index = shard.column("index")
    if not np.array_equal(index, np.arange(entry["first_index"], entry["first_index"] + entry["rows"])):
        yield f"{path}: index does not count from {entry['first_index']} to {entry['first_index'] + entry['rows'] - 1}"
    if not np.array_equal(shard.column("identity"), index // manifest["recipe"]["images_per_identity"]):
        yield f"{path}: identity is not index // {manifest['recipe']['images_per_identity']}"
    for name, (low, high) in RANGES.items():
        values = shard.column(name)
        if not ((values >= low) & (values <= high) | np.isnan(values)).all():
            found = f"{np.nanmin(values):.3g}..{np.nanmax(values):.3g}"
            yield f"{path}: {name} must lie in {low:.3g}..{high:.3g}, got {found}"
    if not np.isfinite(shard.column("landmarks")).all():
        yield f"{path}: landmarks are not all finite"
    for row, (text, intensity) in enumerate(zip(shard.column("notation"), shard.column("au"), strict=True)):
        if not notation_agrees(text, intensity):
            yield f"{path}: notation {text!r} of row {row} does not say what its action units say"
    yield from _check_pictures(path, shard.encoded_images(), size=manifest["size"])


def notation_agrees(text: str, intensity: Float[np.ndarray, "A 2"]) -> bool:
    """Return whether FACS text parses back to the letters of ``intensity`` [A,2] 0-5, side by side."""
    said = np.nan_to_num(parse(text).to_action_units().intensity)
    return np.array_equal(levels_of(said), levels_of(np.nan_to_num(intensity)))


def _check_pictures(path: Path, pictures: Iterator[bytes], *, size: int) -> Iterator[str]:
    """Decode every picture of a shard and compare its size with the manifest's."""
    for row, encoded in enumerate(pictures):
        try:
            shape = decode_image(encoded).shape
        except ValueError as error:
            yield f"{path}: picture of row {row}: {error}"
            continue
        if shape != (size, size, 3):
            yield f"{path}: picture of row {row} is {shape[1]} x {shape[0]} px, {MANIFEST_NAME} says {size}"


def _shared_people(manifests: dict[Path, dict[str, Any]]) -> Iterator[str]:
    """Find people who are in more than one set: those of the same seed, rig and number."""
    sets = collections.defaultdict(list)
    for folder, manifest in manifests.items():
        people = -(-int(manifest["count"]) // int(manifest["recipe"]["images_per_identity"]))
        sets[manifest["seed"], manifest["rig"]].append((folder, people))
    for (seed, rig), members in sets.items():
        if len(members) > 1:
            shared = sorted(people for _, people in members)[-2]
            names = " and ".join(str(folder) for folder, _ in members)
            yield (
                f"{names} show the same people 0-{shared - 1} (seed {seed}, rig {rig}); never train on one and test on "
                "the other, make one of them with another --seed"
            )
