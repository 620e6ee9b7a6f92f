"""Swap left and right in every label, as a mirror does."""

import numpy as np
from jaxtyping import Float, Shaped

from facsimile.data.align import FLIP_LANDMARKS

POSE_SIGNS = (1.0, -1.0, -1.0)
"""Pitch stays; yaw and roll change sign."""
GAZE_SIGNS = (-1.0, 1.0)
"""Yaw changes sign; pitch stays."""


def mirrored_sides(values: Shaped[np.ndarray, "*B A 2"]) -> Shaped[np.ndarray, "*B A 2"]:
    """Swap the sides of action units or of their visibility."""
    return values[..., ::-1].copy()


def mirrored_landmarks(points: Float[np.ndarray, "*B 70 2"]) -> Float[np.ndarray, "*B 70 2"]:
    """Mirror landmarks in crop coordinates 0-1: point i takes the place of its twin."""
    twins = points[..., list(FLIP_LANDMARKS), :].copy()
    twins[..., 0] = 1 - twins[..., 0]
    return twins


def mirrored_flags(flags: Shaped[np.ndarray, "*B 70"]) -> Shaped[np.ndarray, "*B 70"]:
    """Give each landmark its twin's flag."""
    return flags[..., list(FLIP_LANDMARKS)]


def mirrored_pose(pose_rad: Float[np.ndarray, "*B 3"]) -> Float[np.ndarray, "*B 3"]:
    """Mirror (pitch, yaw, roll)."""
    return pose_rad * np.array(POSE_SIGNS, pose_rad.dtype)


def mirrored_gaze(gaze_rad: Float[np.ndarray, "*B 2 2"]) -> Float[np.ndarray, "*B 2 2"]:
    """Mirror the gaze of (left, right) eye, each (yaw, pitch): the eyes swap."""
    return gaze_rad[..., ::-1, :] * np.array(GAZE_SIGNS, gaze_rad.dtype)
