"""Put a face into the reader's crop: guess from a box, then let the reader's own landmarks correct the guess.

The crop is the same similarity fit that training used (``data.align``), so the reader sees what it learnt on.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, UInt8

from facsimile.data.align import (
    EYE_DISTANCE,
    LEFT_EYE,
    RIGHT_EYE,
    TEMPLATE,
    align_matrix,
    crop_from_pixels,
    invert,
    pixels_from_crop,
    transform_points,
    warp,
)
from facsimile.detect.reader import Reader, Readings, merged

PASSES = 3
"""From a cascade's box one pass places the pupils as well as four do (1.3 % of their distance, 38 photos); the two more
are for boxes that sit worse."""
BOX_EYES = (0.5, 0.39)
"""Middle of the eyes within a cascade box, in box sides; median over frontal renders."""
BOX_EYE_DISTANCE = 0.39
"""Eye distance in sides of a cascade box; median over frontal renders."""
VIEWS = (
    (1.0, 0.0, 0.0), (0.96, 0.0, 0.0), (1.04, 0.0, 0.0), (1.0, 0.02, 0.0), (1.0, -0.02, 0.0), (1.0, 0.0, 0.02),
    (1.0, 0.0, -0.02),
)  # fmt: skip
"""Crops whose readings are averaged at the end: scale about the middle, shift right and down in crops. On renders of
people never trained on the mean correlation rises from .594 to .601 (``docs/lab.md``)."""
MIN_CONTRAST = 5.0
"""Standard deviation (of 255 levels) in a crop below which nothing can be seen: a black frame with a camera's noise has
1 to 3, the least of 400 renders 22."""
MAX_ZOOM_STEP = 3.0
"""A pass that changes the crop's scale by more than this lost the face."""

Matrix = Float[np.ndarray, "2 3"]


@dataclass(frozen=True)
class Aligned:
    """Readings of one picture's faces and where they were read."""

    readings: Readings
    crop_from_image: Float[np.ndarray, "B 2 3"]
    landmarks: Float[np.ndarray, "B L 2"]
    """Image pixels."""
    is_plausible: tuple[bool, ...]
    """False where the landmarks left the crop or do not form a face, and where there is nothing to see."""


def crop_from_box(box: Float[np.ndarray, "4"], size: int) -> Matrix:
    """Return the upright crop that puts a typical face of a cascade box on the template; image to crop pixels."""
    eyes = pixels_from_crop(TEMPLATE[LEFT_EYE + RIGHT_EYE].mean(0), size)
    scale = EYE_DISTANCE * size / (BOX_EYE_DISTANCE * box[2])
    middle = box[:2] + np.array(BOX_EYES) * box[2:]
    return np.column_stack([np.eye(2) * scale, eyes - scale * middle])


def crop_from_landmarks(landmarks: Float[np.ndarray, "L 2"], size: int) -> Matrix:
    """Return the crop that training would cut for these landmarks; image to crop pixels."""
    return np.asarray(align_matrix(landmarks, size), np.float64)


def align(
    reader: Reader,
    image: UInt8[np.ndarray, "H W 3"],
    matrices: Float[np.ndarray, "B 2 3"],
    *,
    passes: int = PASSES,
    reference: Float[np.ndarray, "B 2 D"] | None = None,
) -> Aligned:
    """Read the faces at ``matrices`` (image to crop pixels), moving each crop onto its landmarks between the passes.

    The last pass reads each face in all `VIEWS`, beside its ``reference`` (see `Reader.read`), and merges them.
    """
    size = reader.card.crop_size
    for _ in range(passes - 1):
        readings = reader.read(_crops(image, matrices, size))
        landmarks = _to_image(matrices, readings.landmarks, size)
        matrices = np.stack([_next_matrix(m, q, size) for m, q in zip(matrices, landmarks, strict=True)])
    readings = _read_views(reader, image, matrices, reference)
    landmarks = _to_image(matrices, readings.landmarks, size)
    seen = _crops(image, matrices, size)
    pairs = zip(readings.landmarks, seen, strict=True)
    plausible = tuple(_is_plausible(points) and bool(crop.std() > MIN_CONTRAST) for points, crop in pairs)
    return Aligned(readings, matrices, landmarks, plausible)


def _read_views(
    reader: Reader,
    image: UInt8[np.ndarray, "H W 3"],
    matrices: Float[np.ndarray, "B 2 3"],
    reference: Float[np.ndarray, "B 2 D"] | None,
) -> Readings:
    """Read each crop in all `VIEWS` and merge the readings; landmarks in units of the given crops."""
    size = reader.card.crop_size
    from_crop = np.stack([_view(scale, shift, size) for scale, *shift in VIEWS])  # [views, 2, 3]
    views = np.concatenate([_composed(from_crop, matrix) for matrix in matrices])
    beside = None if reference is None else np.repeat(reference, len(VIEWS), axis=0)
    readings = reader.read(_crops(image, views, size), beside)
    points = pixels_from_crop(readings.landmarks.astype(np.float64), size)
    to_crop = [invert(m) for m in from_crop] * len(matrices)
    points = np.stack([transform_points(m, p) for m, p in zip(to_crop, points, strict=True)])
    landmarks = crop_from_pixels(points, size).astype(np.float32)
    return merged(replace(readings, landmarks=landmarks), len(VIEWS))


def _view(scale: float, shift: Sequence[float], size: int) -> Matrix:
    """Return the map from a crop's pixels to those of the crop scaled about its middle and shifted."""
    middle = (size - 1) / 2
    return np.column_stack([np.eye(2) * scale, (1 - scale) * middle + np.array(shift) * size])


def _composed(second: Float[np.ndarray, "views 2 3"], first: Matrix) -> Float[np.ndarray, "views 2 3"]:
    """Return the maps that do ``first``, then each of ``second``."""
    return second[:, :, :2] @ first + second[:, :, 2:] * np.array([0.0, 0.0, 1.0])


def _crops(
    image: UInt8[np.ndarray, "H W 3"], matrices: Float[np.ndarray, "B 2 3"], size: int
) -> UInt8[np.ndarray, "B S S 3"]:
    return np.stack([warp(image, matrix, size) for matrix in matrices])


def _to_image(
    matrices: Float[np.ndarray, "B 2 3"], landmarks: Float[np.ndarray, "B L 2"], size: int
) -> Float[np.ndarray, "B L 2"]:
    points = pixels_from_crop(landmarks.astype(np.float64), size)
    return np.stack([transform_points(invert(m), p) for m, p in zip(matrices, points, strict=True)])


def _next_matrix(matrix: Matrix, landmarks: Float[np.ndarray, "L 2"], size: int) -> Matrix:
    """Return the crop for the new landmarks, or the old one when they make no sense."""
    try:
        new = crop_from_landmarks(landmarks, size)
    except ValueError:  # points that fall together
        return matrix
    step = np.sqrt(abs(np.linalg.det(new[:, :2])) / abs(np.linalg.det(matrix[:, :2])))
    return new if 1 / MAX_ZOOM_STEP < step < MAX_ZOOM_STEP else matrix


def _is_plausible(landmarks: Float[np.ndarray, "L 2"]) -> bool:
    """Return whether crop landmarks can be an aligned face: level eyes, a mouth below them, all near the crop."""
    eyes = landmarks[LEFT_EYE].mean(0) - landmarks[RIGHT_EYE].mean(0)
    return bool(
        np.isfinite(landmarks).all()
        and EYE_DISTANCE / 2 < eyes[0] < EYE_DISTANCE * 1.6
        and abs(eyes[1]) < EYE_DISTANCE / 2
        and landmarks[48:60, 1].mean() > landmarks[36:48, 1].mean() + EYE_DISTANCE / 2
        and np.abs(landmarks - 0.5).max() < 1.0
    )
