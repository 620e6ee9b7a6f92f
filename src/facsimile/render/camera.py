"""Pinhole camera and head rotation: where a point of the room lands in the picture.

The room frame is the head's frame at rest (x to the subject's left, y up, z out of the face, decimetres). The camera
looks along -z and never turns; framing shifts the principal point. The head turns instead, so the head pose label is
exact.
"""

import math
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float


@dataclass(frozen=True)
class Camera:
    """A pinhole camera in front of the head, looking along -z of the room."""

    target: tuple[float, float, float] = (0.0, 7.06, 0.6)
    """Room point on the optical axis (dm)."""
    distance: float = 9.0
    """From the target to the pinhole (dm)."""
    frame: float = 2.9
    """Height of the picture at the target's depth (dm); focal length = distance / frame, in picture heights."""
    offset: tuple[float, float] = (0.0, 0.0)
    """Shift of the target from the picture's centre, right and down, in picture heights."""
    aperture_dm: float = 0.0
    """Diameter of the lens opening: 0.03 a telephone, 0.5 a portrait lens; 0 is sharp everywhere."""

    def __post_init__(self) -> None:
        if not self.distance > 2.0:
            raise ValueError(f"distance: must exceed 2 dm (the head's radius and a margin), got {self.distance}")
        if not self.frame > 0.0:
            raise ValueError(f"frame: must be positive dm, got {self.frame}")
        if not 0 <= self.aperture_dm < 2.0:
            raise ValueError(f"aperture_dm: must lie in [0, 2), got {self.aperture_dm}")

    def focal_px(self, size: int) -> float:
        """Return the focal length in pixels of a square picture."""
        return size * self.distance / self.frame

    def centre_px(self, size: int) -> tuple[float, float]:
        """Return the principal point; (0, 0) is the centre of the top-left pixel."""
        half = (size - 1) / 2
        return half + self.offset[0] * size, half + self.offset[1] * size

    def project(self, points: Float[np.ndarray, "*n 3"], size: int) -> Float[np.ndarray, "*n 3"]:
        """Return pixel x (right), pixel y (down) and depth along the axis (dm) of room points."""
        focal, (centre_x, centre_y) = self.focal_px(size), self.centre_px(size)
        screen = np.empty(points.shape, np.float32)
        depth = np.float32(self.target[2] + self.distance) - points[..., 2]
        scale = np.float32(focal) / depth
        screen[..., 0] = (points[..., 0] - np.float32(self.target[0])) * scale + np.float32(centre_x)
        screen[..., 1] = np.float32(centre_y) - (points[..., 1] - np.float32(self.target[1])) * scale
        screen[..., 2] = depth
        return screen

    def eye(self) -> Float[np.ndarray, " 3"]:
        """Return the pinhole's place in the room (dm)."""
        x, y, z = self.target
        return np.array([x, y, z + self.distance], np.float32)

    def mirrored(self) -> "Camera":
        """Return the camera that sees the mirrored room as the mirrored picture."""
        x, y, z = self.target
        return replace(self, target=(-x, y, z), offset=(-self.offset[0], self.offset[1]))


def head_rotation(head_pose_rad: Float[np.ndarray, " 3"]) -> Float[np.ndarray, "3 3"]:
    """Return the room-from-head rotation of (pitch, yaw, roll), in radians: yaw after pitch after roll.

    Positive pitch looks up, positive yaw turns to the subject's own left (picture right), positive roll tilts the crown
    towards the subject's own left shoulder. At zero it is the identity.
    """
    pitch, yaw, roll = (float(angle) for angle in head_pose_rad)
    cp, sp, cy, sy, cr, sr = *_cos_sin(pitch), *_cos_sin(yaw), *_cos_sin(roll)
    about_x = np.array([[1, 0, 0], [0, cp, sp], [0, -sp, cp]])
    about_y = np.array([[cy, 0, sy], [0, 1, 0], [-sy, 0, cy]])
    about_z = np.array([[cr, sr, 0], [-sr, cr, 0], [0, 0, 1]])
    return (about_y @ about_x @ about_z).astype(np.float32)


def _cos_sin(angle: float) -> tuple[float, float]:
    return math.cos(angle), math.sin(angle)
