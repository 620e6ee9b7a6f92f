"""Open data sets for ``facsimile evaluate reader``: which faces are measured, their labels, and whom they show."""

import dataclasses
import json
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Int, Shaped, UInt8

from facsimile.data.shards import Shards, read_shards
from facsimile.evaluate.groups import age_groups, form_groups, pose_groups
from facsimile.evaluate.sample import Truth
from facsimile.facs.action_units import LABEL_UNITS
from facsimile.facs.intensity import PRESENT
from facsimile.train.faces import split_rows

PARTS = ("train", "development", "test", "all")
"""Of the people, as training splits them."""
DESCRIBED = ("skin_tone", "glasses", "hair_style", "beard", "headwear", "makeup")
"""Groups that the description of a person's looks names."""
BATCH = 256
"""Pictures decoded at a time."""

Rows = Int[np.ndarray, " _"]
"""Numbers of rows, any number of them."""


class Labels:
    """The label columns of a data set, each loaded once."""

    def __init__(self, shards: Shards) -> None:
        """Load nothing yet."""
        self.shards = shards
        self._columns: dict[str, Shaped[np.ndarray, "N ..."]] = {}

    def __contains__(self, name: str) -> bool:
        """Tell whether the data set has a column."""
        return name in self.shards.column_names

    def __getitem__(self, name: str) -> Shaped[np.ndarray, "N ..."]:
        """Return a column of all rows."""
        if name not in self._columns:
            self._columns[name] = self.shards.column(name)
        return self._columns[name]


@dataclass(frozen=True)
class Block:
    """The faces of one data set that are measured, and those that baselines may learn from."""

    name: str
    labels: Labels
    rows: Rows
    folds: tuple[tuple[Rows, Rows], ...]
    """(rows to fit on, places in ``rows`` to predict): one pair for a held-out part, two halves for everybody."""

    @cached_property
    def truth(self) -> Truth:
        """Return the labels of ``rows``."""
        truth = load_truth(self.labels, self.rows, name=self.name)
        return dataclasses.replace(truth, groups=load_groups(self.labels, self.rows))

    @cached_property
    def training(self) -> tuple[Truth, ...]:
        """Return the labels that each fold fits on."""
        return tuple(load_truth(self.labels, rows, name=self.name) for rows, _ in self.folds)

    def images(self) -> Iterator[UInt8[np.ndarray, "H W 3"]]:
        """Yield the pictures of ``rows``."""
        for start in range(0, len(self.rows), BATCH):
            yield from self.labels.shards.images(self.rows[start : start + BATCH])


def open_blocks(
    folder: Path, *, part: str, by_rig: bool = False, limit: int | None = None, name: str | None = None
) -> list[Block]:
    """Open a data set, as one block or one per rig; ``limit`` spreads that many faces evenly over each block.

    ``name`` stands for the data set in reports, the folder's own if None.

    Raises ValueError for what is no data set, for a part of a set of too few people, and where no rig is named.
    """
    labels, name = Labels(read_shards(folder)), name or folder.name
    train, rows = _part(labels["identity"].astype(np.int64), part)
    if not by_rig:
        return [_block(name, labels, train, rows, limit)]
    if "rig" not in labels:
        raise ValueError(f"{folder} does not say which rig drew its faces; leave --by-rig away")
    rig = labels["rig"]
    return [
        _block(f"{name} ({one})", labels, train[rig[train] == one], rows[rig[rows] == one], limit)
        for one in sorted(set(rig[rows].tolist()))
    ]


def load_truth(labels: Labels, rows: Rows, *, name: str) -> Truth:
    """Load labels without groups; what a set lacks is NaN."""
    intensity = np.where(labels["au_visible"], labels["au"], np.nan)[rows].astype(np.float64)
    if intensity.shape[1] != len(LABEL_UNITS):
        raise ValueError(
            f"column 'au' of {labels.shards.folder} has {intensity.shape[1]} units, this version labels "
            f"{len(LABEL_UNITS)}; make the data set again with 'facsimile dataset make'"
        )
    pose, gaze = (_optional(labels, column, rows) for column in ("head_pose_rad", "gaze_rad"))
    return Truth(
        name=name,
        identity=labels["identity"][rows].astype(np.int64),
        intensity=intensity,
        landmarks=labels["landmarks"][rows].astype(np.float64),
        landmark_visible=labels["landmark_visible"][rows].astype(bool),
        pose_rad=np.full((len(rows), 3), np.nan) if pose is None else pose.astype(np.float64),
        gaze_rad=np.full((len(rows), 2), np.nan) if gaze is None else gaze.astype(np.float64).mean(1),
    )


def load_groups(labels: Labels, rows: Rows) -> dict[str, Shaped[np.ndarray, " M"]]:
    """Name the groups of each face by looks, pose, light, what covers it, and rig."""
    groups: dict[str, Shaped[np.ndarray, " M"]] = {}
    appearance = _optional(labels, "appearance", rows)
    if appearance is not None:
        words = [json.loads(one["description"]) for one in appearance]
        groups["age"] = age_groups(np.array([one["age_years"] for one in appearance], np.float64))
        groups["sexual form"] = form_groups(np.array([one["sex"] for one in appearance], np.float64))
        groups |= {name.replace("_", " "): np.array([str(w.get(name, "")) for w in words]) for name in DESCRIBED}
    if (pose := _optional(labels, "head_pose_rad", rows)) is not None:
        groups["pose"] = pose_groups(pose.astype(np.float64))
    if (light := _optional(labels, "light", rows)) is not None:
        groups["light"] = np.array([one["kind"] for one in light])
    if (cover := _optional(labels, "occluder", rows)) is not None:
        groups["cover"] = np.array([str(name) or "nothing" for name in cover])
    if (rig := _optional(labels, "rig", rows)) is not None:
        groups["rig"] = np.array([str(name) for name in rig])
    return groups


def neutral_rows(block: Block) -> Int[np.ndarray, " N"]:
    """Return for each face the row of another picture of the person at rest, -1 if there is none.

    The same light is preferred, then the nearest pose.
    """
    labels, rows = block.labels, block.rows
    identity = labels["identity"]
    at_rest = np.flatnonzero(np.nan_to_num(labels["au"]).max((1, 2)) < PRESENT)
    pose = labels["head_pose_rad"] if "head_pose_rad" in labels else np.zeros((len(identity), 3))
    light = np.array([one["number"] for one in labels["light"]] if "light" in labels else [0])
    light = np.broadcast_to(light, len(identity))
    by_person: dict[int, list[int]] = {}
    for row in at_rest:
        by_person.setdefault(int(identity[row]), []).append(int(row))
    found = np.full(len(rows), -1)
    for i, row in enumerate(rows):
        others = [r for r in by_person.get(int(identity[row]), []) if r != row]
        if others:
            found[i] = min(others, key=lambda r: (light[r] != light[row], float(np.abs(pose[r] - pose[row])[:2].sum())))
    return found


def _part(identity: Int[np.ndarray, " N"], part: str) -> tuple[Rows, Rows]:
    """Return the rows that baselines may fit on and the rows of a part; for everybody both are all."""
    if part == "all":
        everybody = np.arange(len(identity))
        return everybody, everybody
    parts = split_rows(identity)
    return parts[0], parts[PARTS.index(part)]


def _block(name: str, labels: Labels, train: Rows, rows: Rows, limit: int | None) -> Block:
    identity = labels["identity"]
    if limit is not None and limit < len(rows):
        rows = rows[np.linspace(0, len(rows) - 1, limit).astype(int)]
    if not len(rows):
        raise ValueError(f"{name}: no faces in this part of the data set; choose another --part")
    if not np.isin(identity[train], identity[rows]).any():
        return Block(name, labels, rows, ((train, np.arange(len(rows))),))
    people = np.unique(identity[train])
    first = np.isin(identity, people[::2])
    halves = [(train[first[train] == side], np.flatnonzero(first[rows] != side)) for side in (True, False)]
    return Block(name, labels, rows, tuple(halves))


def _optional(labels: Labels, column: str, rows: Rows) -> Any:
    return labels[column][rows] if column in labels else None
