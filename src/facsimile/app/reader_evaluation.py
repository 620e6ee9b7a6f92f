"""Read labelled faces with weights for ``facsimile evaluate reader``: data sets to truth, weights to answers."""

import dataclasses
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, Int, Shaped, UInt8
from tqdm import tqdm

from facsimile.data.align import align_matrix, rotation_of, transform_points
from facsimile.data.shards import Shards, read_shards
from facsimile.detect.aligner import align, crop_from_landmarks
from facsimile.detect.pipeline import MIN_SCORE, Detector
from facsimile.detect.reader import SHIPPED_WEIGHTS, Readings
from facsimile.evaluate.baselines import always_zero, linear_on_landmarks, training_mean
from facsimile.evaluate.groups import age_groups, form_groups, pose_groups
from facsimile.evaluate.sample import Answer, Truth
from facsimile.facs.action_units import LABEL_UNITS, unit_index
from facsimile.facs.expression import MAX_INTENSITY
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


def open_blocks(folder: Path, *, part: str, by_rig: bool = False, limit: int | None = None) -> list[Block]:
    """Open a data set, as one block or one per rig; ``limit`` spreads that many faces evenly over each block.

    Raises ValueError for what is no data set, for a part of a set of too few people, and where no rig is named.
    """
    labels = Labels(read_shards(folder))
    train, rows = _part(labels["identity"].astype(np.int64), part)
    if not by_rig:
        return [_block(folder.name, labels, train, rows, limit)]
    if "rig" not in labels:
        raise ValueError(f"{folder} does not say which rig drew its faces; leave --by-rig away")
    rig = labels["rig"]
    return [
        _block(f"{folder.name} ({name})", labels, train[rig[train] == name], rows[rig[rows] == name], limit)
        for name in sorted(set(rig[rows].tolist()))
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


def baselines(block: Block, others: Sequence[Block]) -> list[Answer]:
    """Answer without a network; from ``others`` comes a line fitted to their people."""
    answers = [
        _by_fold(block, answer)
        for answer in (
            always_zero,
            training_mean,
            lambda train, test: linear_on_landmarks(
                train, test, train_features=aligned_features(train), test_features=aligned_features(test)
            ),
        )
    ]
    for other in others:
        if other is not block:
            train = other.training[0]
            answer = linear_on_landmarks(
                train,
                block.truth,
                train_features=aligned_features(train),
                test_features=aligned_features(block.truth),
            )
            answers.append(dataclasses.replace(answer, name=f"{answer.name} of {other.name}"))
    return answers


def aligned_features(truth: Truth) -> Float[np.ndarray, "N K"]:
    """Return the true landmarks in the crop's frame, as one row of numbers per face."""
    return np.stack([transform_points(align_matrix(points), points).ravel() for points in truth.landmarks])


class Subject:
    """Weights, and how they look at faces."""

    def __init__(self, weights: Path | None, *, threads: int = 1, with_detector: bool = False) -> None:
        """Load weights, the shipped ones if None; a ReaderError says what is wrong with them."""
        self.name = weight_name(weights)
        self.detector = Detector(weights, threads=threads, min_score=MIN_SCORE)
        self.reader = self.detector.reader
        self.with_detector = with_detector

    def place(
        self, image: UInt8[np.ndarray, "H W 3"], landmarks: Float[np.ndarray, "L 2"]
    ) -> Float[np.ndarray, "2 3"] | None:
        """Return the crop in which a labelled face is read: by its labels, or as the detector finds it; None if not."""
        if not self.with_detector:
            return crop_from_landmarks(landmarks, self.reader.card.crop_size)
        faces = self.detector.read_image(image)
        middle = landmarks.mean(0)
        size = np.ptp(landmarks, axis=0).max()
        near = [f for f in faces if np.linalg.norm(f.landmarks.mean(0) - middle) < size / 2]
        return near[0].crop_from_image if near else None

    def look(
        self,
        image: UInt8[np.ndarray, "H W 3"],
        matrix: Float[np.ndarray, "2 3"],
        *,
        reference: Float[np.ndarray, "2 D"] | None = None,
    ) -> tuple[Readings, Float[np.ndarray, "L 2"]]:
        """Read one crop in the views of the pipeline, alone or beside the ``features`` of a face at rest.

        Landmarks are pixels of the picture.
        """
        beside = None if reference is None else reference[None]
        aligned = align(self.reader, image, matrix[None], passes=1, reference=beside)
        return aligned.readings, aligned.landmarks[0]


def weight_name(weights: Path | None) -> str:
    """Name weights by the run they are from."""
    return "shipped weights" if weights in (None, SHIPPED_WEIGHTS) else f"{weights.parent.name}/{weights.name}"


def read_block(block: Block, subject: Subject) -> Answer:
    """Read every face of a block, each alone."""
    return _collect(block, subject, lambda i, image, matrix: subject.look(image, matrix), name=subject.name)


def read_block_at_rest(block: Block, subject: Subject, alone: Answer) -> list[Answer]:
    """Read every face once more, knowing another picture of the same person at rest; empty if no person has one.

    First beside the picture as the reader's reference, then with its intensities subtracted. Faces without a picture
    at rest keep the reading ``alone``.
    """
    resting = neutral_rows(block)
    wanted = np.unique(resting[resting >= 0])
    rest: dict[int, Readings] = {}
    landmarks = block.labels["landmarks"][wanted].astype(np.float64)
    for row, image, points in zip(wanted, block.labels.shards.images(wanted), landmarks, strict=True):
        matrix = subject.place(image, points)
        if matrix is not None:
            rest[int(row)] = subject.look(image, matrix)[0]
    if not rest:
        return []

    def look(i: int, image: np.ndarray, matrix: np.ndarray) -> tuple[Readings, np.ndarray]:
        near = rest.get(int(resting[i]))
        return subject.look(image, matrix, reference=None if near is None else near.features[0])

    beside = _collect(block, subject, look, name=f"{subject.name}, beside neutral")
    return [beside, _subtracted(subject, alone, [rest.get(int(row)) for row in resting])]


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


def _by_fold(block: Block, answer: Callable[[Truth, Truth], Answer]) -> Answer:
    """Predict each fold from the people of the other."""
    parts = [
        (places, answer(train, load_truth(block.labels, block.rows[places], name=block.name)))
        for train, (_, places) in zip(block.training, block.folds, strict=True)
        if len(train) and len(places)
    ]
    if len(parts) == 1 and len(parts[0][0]) == len(block.rows):
        return parts[0][1]
    order = np.argsort(np.concatenate([places for places, _ in parts]))
    joined = {
        name: np.concatenate([getattr(said, name) for _, said in parts])[order]
        for name in ("intensity", "sd", "landmarks", "pose_rad", "gaze_rad")
    }
    return Answer(parts[0][1].name, **joined, is_baseline=True)


def _collect(
    block: Block,
    subject: Subject,
    look: Callable[[int, np.ndarray, np.ndarray], tuple[Readings, np.ndarray]],
    *,
    name: str,
) -> Answer:
    """Read the faces one by one into arrays; faces that are not found stay NaN."""
    num, columns = len(block.rows), [unit_index(code) for code in subject.reader.card.units]
    intensity, sd = (np.full((num, len(LABEL_UNITS), 2), np.nan) for _ in range(2))
    landmarks = np.full(block.truth.landmarks.shape, np.nan)
    pose, gaze = np.full((num, 3), np.nan), np.full((num, 2), np.nan)
    for i, image in enumerate(tqdm(block.images(), total=num, desc=name, unit=" faces", delay=2, disable=None)):
        matrix = subject.place(image, block.truth.landmarks[i])
        if matrix is None:
            continue
        readings, landmarks[i] = look(i, image, matrix)
        intensity[i, columns], sd[i, columns] = readings.intensity[0], readings.intensity_sd[0]
        pose[i], gaze[i] = readings.head_pose_rad[0], readings.gaze_rad[0]
        pose[i, 2] -= rotation_of(matrix)
    return Answer(name, intensity, sd, landmarks, pose, gaze)


def _subtracted(subject: Subject, alone: Answer, rest: Sequence[Readings | None]) -> Answer:
    """Subtract what is read at rest."""
    columns = [unit_index(code) for code in subject.reader.card.units]
    intensity = alone.intensity.copy()
    for i, readings in enumerate(rest):
        if readings is not None:
            intensity[i, columns] = np.clip(intensity[i, columns] - readings.intensity[0], 0, MAX_INTENSITY)
    return dataclasses.replace(alone, name=f"{subject.name}, minus neutral", intensity=intensity)


def _optional(labels: Labels, column: str, rows: Rows) -> Any:
    return labels[column][rows] if column in labels else None
