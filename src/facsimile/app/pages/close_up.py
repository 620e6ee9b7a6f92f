"""Cut a face out of its picture."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

MARGIN = 0.55
"""Space round the landmarks, in sizes of their box: enough to see brow, ears and chin."""
LEAST_SIZE = 64
"""Pixels; smaller faces are enlarged, so that a page can show them."""


@dataclass(frozen=True)
class CloseUp:
    """A square round a face."""

    image: UInt8[np.ndarray, "S S 3"]
    points: Float[np.ndarray, "L 2"]
    """The landmarks as parts of the square's side, 0-1."""


def close_up(image: UInt8[np.ndarray, "H W 3"], landmarks: Float[np.ndarray, "L 2"], *, size: int) -> CloseUp:
    """Cut a square round the landmarks, at most ``size`` pixels wide; what lies outside the picture is black."""
    low, high = landmarks.min(0), landmarks.max(0)
    side = max(1.0, float((high - low).max()) * (1 + MARGIN))
    corner = (low + high) / 2 - side / 2
    width = min(size, max(LEAST_SIZE, math.ceil(side)))
    box = (corner[0] + 0.5, corner[1] + 0.5, corner[0] + side + 0.5, corner[1] + side + 0.5)
    picture, edges = _covered(image, box)
    scale = max(1.0, (edges[2] - edges[0]) / width)
    if scale > 1.5:
        shrunk = (max(1, round(picture.width / scale)), max(1, round(picture.height / scale)))
        factor = (shrunk[0] / picture.width, shrunk[1] / picture.height)
        picture = picture.resize(shrunk, Image.Resampling.BOX)
        edges = (edges[0] * factor[0], edges[1] * factor[1], edges[2] * factor[0], edges[3] * factor[1])
    crop = picture.transform((width, width), Image.Transform.EXTENT, edges, Image.Resampling.BICUBIC)
    return CloseUp(np.array(crop), ((landmarks - corner) / side).astype(np.float64))


def _covered(
    image: UInt8[np.ndarray, "H W 3"], box: tuple[float, float, float, float]
) -> tuple[Image.Image, tuple[float, float, float, float]]:
    """Return the part of the picture that the box touches, and the box in that part's coordinates."""
    height, width = image.shape[:2]
    left, top = (int(np.clip(math.floor(v) - 2, 0, limit - 1)) for v, limit in ((box[0], width), (box[1], height)))
    right, bottom = (
        int(np.clip(math.ceil(v) + 2, low + 1, limit))
        for v, low, limit in ((box[2], left, width), (box[3], top, height))
    )
    part = Image.fromarray(np.ascontiguousarray(image[top:bottom, left:right]))
    return part, (float(box[0] - left), float(box[1] - top), float(box[2] - left), float(box[3] - top))


def points_svg(points: Float[np.ndarray, "L 2"]) -> str:
    """Return dots to lay over a close-up: one path of points, half a per cent of its side apart at the finest."""
    dots = "".join(f"M{round(200 * x)} {round(200 * y)}h0" for x, y in np.clip(points, 0, 1).tolist())
    return f'<svg class="points" viewBox="0 0 200 200" aria-hidden="true"><path d="{dots}"/><path d="{dots}"/></svg>'
