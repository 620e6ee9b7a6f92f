"""What is behind the head: the same place that lights it, out of focus."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32

from facsimile.render.camera import Camera
from facsimile.render.focus import blur_radius, defocused
from facsimile.render.place import Place

GRID = 128
"""Side of the stored picture: rays of a 256 px picture are cast for every second pixel."""
BACKGROUND_DM = 20.0
"""Backgrounds are blurred as if they lay this far behind the face."""
LEAST_BLUR = 0.75
"""Stored pixels that any lens but a pinhole blurs by: edges of leaves and tiles would be stairs."""
MARGIN = 12
"""Rays cast beyond the picture's edge, so that blur has something to take in."""
RANGE = (0.0005, 14.0)
"""Radiance of a background is kept in this range."""
BEHIND_DM = 2.0
"""Nothing nearer than this behind the face is background."""


@dataclass(frozen=True)
class Background:
    """A small linear-RGB picture of what is behind the head."""

    kind: str
    pixels: Float32[np.ndarray, "G G 3"]

    def at(self, size: int) -> Float32[np.ndarray, "{size} {size} 3"]:
        """Return the background of a picture of ``size`` pixels."""
        if size == self.pixels.shape[0]:
            return self.pixels
        shrinking = cv2.INTER_AREA if size < self.pixels.shape[0] else cv2.INTER_LINEAR
        resized = cv2.resize(self.pixels, (size, size), interpolation=shrinking)
        return np.ascontiguousarray(resized, np.float32)

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
    radius = max(LEAST_BLUR, blur_radius(camera, BACKGROUND_DM) * GRID) if camera.aperture_dm else 0.0
    blurred = defocused(np.clip(pixels, *RANGE), radius)
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
