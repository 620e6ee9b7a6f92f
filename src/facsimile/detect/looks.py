"""Tell people of one video apart by colour: hair, skin, clothes and what is behind them, as a histogram.

It serves to give a person who comes back the same number within one video, and is good for nothing else: another
light, another day or another coat is another histogram.
"""

from collections.abc import Sequence

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from facsimile.detect.faces import Face

ZOOM = 2.0
"""Side of the looked-at square in sides of the reader's crop: takes in hair and collar."""
SIDE = 48
"""Pixels of the square."""
BINS = (4, 8, 8)
RANGES = (0, 256, 96, 176, 96, 176)
"""Of L, a and b as OpenCV keeps them: a and b of skin, hair and most cloth lie within 32 of grey (128), the rest in
the outermost bins."""
CROP_SIZE = 112

Look = Float[np.ndarray, " K"]


def look_of(image: UInt8[np.ndarray, "H W 3"], face: Face) -> Look:
    """Return the square root of the histogram: a vector of length 1, 256 numbers."""
    scale = SIDE / CROP_SIZE
    middle = (CROP_SIZE - 1) / 2
    matrix = face.crop_from_image / ZOOM
    matrix[:, 2] += middle * (1 - 1 / ZOOM)
    square = cv2.warpAffine(
        image, matrix * scale, (SIDE, SIDE), flags=cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    lab = cv2.cvtColor(square, cv2.COLOR_RGB2LAB)
    lab[..., 1:] = np.clip(lab[..., 1:], RANGES[2], RANGES[3] - 1)
    counts = cv2.calcHist([lab], [0, 1, 2], None, list(BINS), list(RANGES)).ravel()
    return np.sqrt(counts / counts.sum())


def looks_of(image: UInt8[np.ndarray, "H W 3"], faces: Sequence[Face]) -> list[Look]:
    """Return the look of each face."""
    return [look_of(image, face) for face in faces]


def look_distance(a: Look, b: Look) -> float:
    """Return the distance of two looks: 0 the same, 1.41 no colour in common (1.41 times Hellinger's distance)."""
    return float(np.linalg.norm(a - b))
