"""Depth of field: what lies off the plane of the face becomes a disc."""

import math
from functools import lru_cache

import cv2
import numpy as np
from jaxtyping import Float, Float32

from facsimile.render.camera import Camera

SHOULDER_DM = 1.6
"""Shoulders and the back of the head lie about this far behind the face."""
LEAST_BLUR_PX = 0.6
"""A radius below this is not worth drawing."""


def blur_radius(camera: Camera, behind_dm: float) -> float:
    """Return the radius of the disc of a point ``behind_dm`` behind the face, in picture heights.

    A lens of aperture a spreads a point at distance d over a (1 - D / d) at the subject's distance D (thin lens).
    """
    spread = 1 - camera.distance / (camera.distance + behind_dm)
    return 0.5 * camera.aperture_dm * spread / camera.frame


def soft_behind(
    picture: Float32[np.ndarray, "H W 3"],
    depth: Float32[np.ndarray, "H W"],
    cover: Float32[np.ndarray, "H W"],
    camera: Camera,
) -> Float32[np.ndarray, "H W 3"]:
    """Blur what lies behind the face, by ``depth`` (dm): shoulders fully, ears a little; approximate at edges.

    ``cover`` is the part of each pixel that is not background, which has its own blur.
    """
    radius = blur_radius(camera, SHOULDER_DM) * picture.shape[0]
    if radius < LEAST_BLUR_PX:
        return picture
    blurred = cv2.GaussianBlur(picture, (0, 0), radius / 2, borderType=cv2.BORDER_REPLICATE)
    behind = np.minimum((depth - np.float32(camera.distance)) / np.float32(SHOULDER_DM), 1)
    share = np.maximum(behind, 0) * cover
    return picture + (blurred - picture) * share[..., None]


def defocused(picture: Float[np.ndarray, "H W 3"], radius: float) -> Float32[np.ndarray, "H W 3"]:
    """Blur with a disc of ``radius`` pixels; below half a pixel nothing changes."""
    if radius < 0.5:
        return picture.astype(np.float32)
    shrink = max(1, int(radius / 4))
    if shrink == 1:
        return cv2.filter2D(picture, -1, _disc(round(radius * 4)), borderType=cv2.BORDER_REPLICATE)
    height, width = picture.shape[:2]
    small = cv2.resize(picture, (width // shrink, height // shrink), interpolation=cv2.INTER_AREA)
    small = cv2.filter2D(small, -1, _disc(round(radius / shrink * 4)), borderType=cv2.BORDER_REPLICATE)
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_LINEAR)


@lru_cache(maxsize=64)
def _disc(quarter_radius: int) -> Float32[np.ndarray, "K K"]:
    """Return a disc with a soft edge, sum 1; its radius is in quarters of a pixel."""
    radius = quarter_radius / 4
    reach = math.ceil(radius + 0.5)
    line = np.arange(-reach, reach + 1)
    disc = np.clip(radius + 0.5 - np.hypot(line[:, None], line[None]), 0, 1)
    return (disc / disc.sum()).astype(np.float32)
