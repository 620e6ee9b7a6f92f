"""Cut faces out of pictures so that eyes and nose always lie at the same place.

Crop coordinates run from 0 (left or top edge) to 1 (right or bottom edge); the centre of pixel ``k`` of a crop of
``size`` lies at ``(k + 0.5) / size``. Picture coordinates are pixels, (0, 0) is the centre of the top-left pixel.
Landmarks are the 70 of `face.landmarks`: iBUG's 68, then the left and the right iris.
"""

import json
import math
from importlib import resources

import cv2
import numpy as np
from jaxtyping import Float, UInt8

CROP_SIZE = 112
"""Width and height of the reader's input in pixels: 1.5 mm of a face each."""
EYE_DISTANCE = 0.36
"""Between the middles of the two eyes, in crops; 60 mm on a mean face, so a crop shows 165 mm."""
EYE_HEIGHT = 0.28
"""Of the eyes below the crop's top edge. Mean faces then hold raised brows (0.14) and a chin dropped by AU26 at E
(0.98); the wide open mouth of AU27 at E ends at 0.93 (measured on 60 people)."""

RIGHT_EYE = [36, 37, 38, 39, 40, 41]
LEFT_EYE = [42, 43, 44, 45, 46, 47]
"""Landmarks on the lids of the subject's own right and left eye."""
STABLE_POINTS = (36, 39, 42, 45, 27, 28, 29, 30, 31, 33, 35)
"""Lid corners and nose: brows, cheeks, mouth and jaw may move without moving the crop."""

FLIP_LANDMARKS: tuple[int, ...] = (
    *range(16, -1, -1),
    *range(26, 16, -1),
    *range(27, 31),
    *range(35, 30, -1),
    *(45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40),
    *(54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55),
    *(64, 63, 62, 61, 60, 67, 66, 65),
    *(69, 68),
)
"""Point i of a mirrored face is point FLIP_LANDMARKS[i] of the face (the same as in `face.landmarks`, which this room
may not import)."""

TEMPLATE: Float[np.ndarray, "70 2"] = np.array(
    json.loads(resources.files("facsimile.data").joinpath("template.json").read_text())
)
"""Where the landmarks of a mean, neutral, frontal face lie in the crop (``scripts/fit_template.py``)."""
TEMPLATE.setflags(write=False)

MIN_FACE_PX = 1.0
"""Stable points spread less than this are no face."""
SHARP_SCALE = 0.75
"""Below this scale a crop is taken from a picture shrunk by averaging, else fine texture would alias."""


def align_matrix(landmarks: Float[np.ndarray, "70 2"], size: int = CROP_SIZE) -> Float[np.ndarray, "2 3"]:
    """Return the similarity that takes picture pixels to the pixels of a crop of ``size``.

    Least squares over `STABLE_POINTS` (Umeyama 1991 without reflection); ValueError if they fall together or are not
    finite.
    """
    stable = list(STABLE_POINTS)
    return similarity(landmarks[stable], TEMPLATE[stable] * size - 0.5)


def similarity(source: Float[np.ndarray, "N 2"], target: Float[np.ndarray, "N 2"]) -> Float[np.ndarray, "2 3"]:
    """Return the least-squares rotation, scale and shift from ``source`` to ``target``."""
    source, target = source.astype(np.float64), target.astype(np.float64)
    source_middle, target_middle = source.mean(0), target.mean(0)
    a, b = source - source_middle, target - target_middle
    spread = float((a * a).sum())
    if not spread > len(a) * MIN_FACE_PX**2:
        raise ValueError(
            f"landmarks: the {len(a)} stable points must spread over more than {MIN_FACE_PX:g} px, got a spread of "
            f"{math.sqrt(max(spread, 0.0) / len(a)):.3g} px; this is no face"
        )
    cosine = float((a * b).sum()) / spread
    sine = float((a[:, 0] * b[:, 1] - a[:, 1] * b[:, 0]).sum()) / spread
    linear = np.array([[cosine, -sine], [sine, cosine]])
    return np.column_stack([linear, target_middle - linear @ source_middle])


def invert(matrix: Float[np.ndarray, "2 3"]) -> Float[np.ndarray, "2 3"]:
    """Return the affine map back."""
    linear = np.linalg.inv(matrix[:, :2].astype(np.float64))
    return np.column_stack([linear, -linear @ matrix[:, 2]])


def transform_points(matrix: Float[np.ndarray, "2 3"], points: Float[np.ndarray, "*n 2"]) -> Float[np.ndarray, "*n 2"]:
    """Apply an affine map to points."""
    return points @ matrix[:, :2].T + matrix[:, 2]


def crop_from_pixels(points: Float[np.ndarray, "*n 2"], size: int = CROP_SIZE) -> Float[np.ndarray, "*n 2"]:
    """Turn a crop's pixel coordinates into crop coordinates 0-1."""
    return (points + 0.5) / size


def pixels_from_crop(points: Float[np.ndarray, "*n 2"], size: int = CROP_SIZE) -> Float[np.ndarray, "*n 2"]:
    """Turn crop coordinates 0-1 into a crop's pixel coordinates."""
    return points * size - 0.5


def rotation_of(matrix: Float[np.ndarray, "2 3"]) -> float:
    """Return by how much a crop turns the picture clockwise, in radians.

    The head's roll in the crop is its roll in the picture plus this angle; a reader that sees the crop only can tell
    the former, and whoever knows the matrix gets the latter by subtraction.
    """
    return math.atan2(float(matrix[1, 0]), float(matrix[0, 0]))


def warp(
    image: UInt8[np.ndarray, "H W 3"],
    matrix: Float[np.ndarray, "2 3"],
    size: int = CROP_SIZE,
    *,
    border: int = cv2.BORDER_REPLICATE,
    fill: tuple[int, int, int] = (0, 0, 0),
) -> UInt8[np.ndarray, "{size} {size} 3"]:
    """Cut the crop of ``size`` out of a picture; large pictures are averaged down first, so nothing aliases.

    Outside the picture its edge goes on (``cv2.BORDER_CONSTANT`` takes ``fill``).
    """
    scale = math.sqrt(abs(float(np.linalg.det(matrix[:, :2]))))
    if scale < SHARP_SCALE:
        image, matrix = _shrunk(image, matrix.astype(np.float64), scale, size)
    return cv2.warpAffine(
        image, matrix.astype(np.float64), (size, size), flags=cv2.INTER_LINEAR, borderMode=border, borderValue=fill
    )


def _shrunk(
    image: UInt8[np.ndarray, "H W 3"], matrix: Float[np.ndarray, "2 3"], scale: float, size: int
) -> tuple[UInt8[np.ndarray, "h w 3"], Float[np.ndarray, "2 3"]]:
    """Average the part of a picture that the crop shows down to about the crop's scale; return it and its matrix."""
    corners = np.array([[-1.0, -1.0], [size, -1.0], [-1.0, size], [size, size]])
    seen = transform_points(invert(matrix), corners)
    margin = 2 / scale
    height, width = image.shape[:2]
    x0, y0 = np.clip(np.floor(seen.min(0) - margin), 0, [width - 1, height - 1]).astype(int)
    x1, y1 = np.clip(np.ceil(seen.max(0) + margin) + 1, [x0 + 1, y0 + 1], [width, height]).astype(int)
    new_width, new_height = max(1, round((x1 - x0) * scale)), max(1, round((y1 - y0) * scale))
    factor = np.array([(x1 - x0) / new_width, (y1 - y0) / new_height])
    small = cv2.resize(image[y0:y1, x0:x1], (new_width, new_height), interpolation=cv2.INTER_AREA)
    origin = np.array([x0, y0]) + (factor - 1) / 2
    shrunk = np.column_stack([matrix[:, :2] * factor, matrix[:, :2] @ origin + matrix[:, 2]])
    return small, shrunk
