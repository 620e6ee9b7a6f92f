"""Read labelled faces with weights for ``facsimile evaluate reader``: data sets to truth, weights to answers."""

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8
from tqdm import tqdm

from facsimile.app.reader_data import Block, load_truth, neutral_rows
from facsimile.data.align import align_matrix, rotation_of, transform_points
from facsimile.detect.aligner import align, crop_from_landmarks
from facsimile.detect.pipeline import MIN_SCORE, Detector
from facsimile.detect.reader import SHIPPED_WEIGHTS, Readings
from facsimile.evaluate.baselines import always_zero, linear_on_landmarks, training_mean
from facsimile.evaluate.sample import Answer, Truth
from facsimile.facs.action_units import LABEL_UNITS, unit_index
from facsimile.facs.expression import MAX_INTENSITY

LANDMARK_NOISE_PX = 1.4
"""Standard deviation per coordinate, in crops of 112 px: a mean distance of 3 % of that of the outer eye corners."""
NOISY_NAME = "linear on landmarks off by 3 %"


def baselines(block: Block, others: Sequence[Block], *, seed: int = 0) -> list[Answer]:
    """Answer without a network; from ``others`` comes a line fitted to their people.

    Exact landmarks tell more than any picture: the second line is fitted to and asked with landmarks that are off by
    `LANDMARK_NOISE_PX`. Consumes ``seed`` for that.
    """

    def exact(train: Truth, test: Truth) -> Answer:
        return linear_on_landmarks(
            train, test, train_features=aligned_features(train), test_features=aligned_features(test)
        )

    def noisy(train: Truth, test: Truth) -> Answer:
        random = np.random.default_rng(seed)
        train_features, test_features = (
            features + random.normal(0, LANDMARK_NOISE_PX, features.shape)
            for features in (aligned_features(train), aligned_features(test))
        )
        answer = linear_on_landmarks(train, test, train_features=train_features, test_features=test_features)
        return dataclasses.replace(answer, name=NOISY_NAME)

    answers = [_by_fold(block, answer) for answer in (always_zero, training_mean, exact, noisy)]
    for other in others:
        if other is not block:
            answer = noisy(other.training[0], block.truth)
            answers.append(dataclasses.replace(answer, name=f"{NOISY_NAME}, from {other.name}"))
    return answers


def aligned_features(truth: Truth) -> Float[np.ndarray, "N K"]:
    """Return the true landmarks in pixels of the crop, as one row of numbers per face."""
    return np.stack([transform_points(align_matrix(points), points).ravel() for points in truth.landmarks])


class Subject:
    """Weights, and how they look at faces."""

    def __init__(
        self, weights: Path | None, *, name: str | None = None, threads: int = 1, with_detector: bool = False
    ) -> None:
        """Load weights, the shipped ones if None; a ReaderError says what is wrong with them.

        ``name`` stands for them in reports, that of `weight_name` if None.
        """
        self.name = name or weight_name(weights)
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
    return [
        dataclasses.replace(beside, is_variant=True),
        _subtracted(subject, alone, [rest.get(int(row)) for row in resting]),
    ]


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
    return dataclasses.replace(alone, name=f"{subject.name}, minus neutral", intensity=intensity, is_variant=True)
