"""What is behind the head: the same place that lights it, out of focus."""

import math
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from jaxtyping import Float, Float32

from facsimile.render.camera import Camera
from facsimile.render.place import Place

GRID = 128
"""Side of the stored picture: rays of a 256 px picture are cast for every second pixel."""
MARGIN = 12
"""Rays cast beyond the picture's edge, so that blur has something to take in."""
RANGE = (0.0005, 14.0)
"""Radiance of a background is kept in this range."""
BEHIND_DM = 2.0
"""Nothing nearer than this behind the face is background."""
FOCUS_DISTANCE_DM = 20.0
"""Backgrounds are blurred as if they lay this far behind the face."""


@dataclass(frozen=True)
class Background:
    """A small linear-RGB picture of what is behind the head."""

    kind: str
    pixels: Float32[np.ndarray, "G G 3"]

    def at(self, size: int) -> Float32[np.ndarray, "{size} {size} 3"]:
        """Return the background of a picture of ``size`` pixels."""
        if size == self.pixels.shape[0]:
            return self.pixels
        shrinking = cv2.INTER_AREA if size < self.pixels.shape[0] else cv2.INTER_CUBIC
        resized = cv2.resize(self.pixels, (size, size), interpolation=shrinking)
        return np.ascontiguousarray(np.maximum(resized, 0), np.float32)

    def mirrored(self) -> "Background":
        """Return the background of the mirrored room."""
        return Background(self.kind, np.ascontiguousarray(self.pixels[:, ::-1]))


def plain_background(level: float) -> Background:
    """Return an even grey of linear brightness ``level``."""
    return Background("plain", np.full((GRID, GRID, 3), level, np.float32))


def background_of(place: Place, camera: Camera) -> Background:
    """Return what ``camera`` sees of a place behind the head."""
    side = GRID + 2 * MARGIN
    eye = np.array([0.0, 0.0, camera.distance], np.float32)
    pixels = place.seen(eye, camera_rays(camera, GRID, MARGIN), beyond=camera.distance + BEHIND_DM).reshape(
        side, side, 3
    )
    blurred = defocused(np.clip(pixels, *RANGE), blur_radius(camera) * GRID)
    inside = slice(MARGIN, MARGIN + GRID)
    return Background(place.kind, np.ascontiguousarray(blurred[inside, inside]))


def camera_rays(camera: Camera, size: int, margin: int) -> Float32[np.ndarray, "N 3"]:
    """Return the unit directions (head's frame) of the pixels of a picture with a margin, row by row."""
    line = np.arange(-margin, size + margin, dtype=np.float32)
    focal, (centre_x, centre_y) = camera.focal_px(size), camera.centre_px(size)
    x, y = (line - np.float32(centre_x)) / np.float32(focal), (np.float32(centre_y) - line) / np.float32(focal)
    rays = np.empty((len(line), len(line), 3), np.float32)
    rays[..., 0], rays[..., 1], rays[..., 2] = x[None], y[:, None], -1
    rays /= np.sqrt(1 + x[None] ** 2 + y[:, None] ** 2)[..., None]
    return rays.reshape(-1, 3)


def blur_radius(camera: Camera) -> float:
    """Return the radius of an unsharp point of the background, in picture heights.

    A lens of aperture a spreads a point at distance d over a (1 - D / d) at the subject's distance D (thin lens).
    """
    spread = 1 - camera.distance / (camera.distance + FOCUS_DISTANCE_DM)
    return 0.5 * camera.aperture_dm * spread / camera.frame


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
    return cv2.resize(small, (width, height), interpolation=cv2.INTER_CUBIC)


@lru_cache(maxsize=64)
def _disc(quarter_radius: int) -> Float32[np.ndarray, "K K"]:
    """Return a disc with a soft edge, sum 1; its radius is in quarters of a pixel."""
    radius = quarter_radius / 4
    reach = math.ceil(radius + 0.5)
    line = np.arange(-reach, reach + 1)
    disc = np.clip(radius + 0.5 - np.hypot(line[:, None], line[None]), 0, 1)
    return (disc / disc.sum()).astype(np.float32)
