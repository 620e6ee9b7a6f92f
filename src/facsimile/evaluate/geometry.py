"""How far off are landmarks, head and gaze?"""

import math
from typing import Any

import numpy as np
from jaxtyping import Float

from facsimile.evaluate.bootstrap import People, measured, ratio
from facsimile.evaluate.metrics import landmark_error
from facsimile.evaluate.sample import Answer, Truth

POSE_NAMES = ("pitch", "yaw", "roll")
GAZE_NAMES = ("yaw", "pitch")


def geometry(people: People, truth: Truth, answer: Answer) -> dict[str, Any]:
    """Return the landmark error over the outer eye distance and mean absolute angles in degrees.

    Landmarks that are hidden in the picture do not count. ``angle`` of the gaze is between the two directions.
    """
    error = landmark_error(
        truth.landmarks.astype(np.float64), answer.landmarks.astype(np.float64), truth.landmark_visible
    )
    finite = error[np.isfinite(error)]
    pose, gaze = (
        np.degrees(np.abs(a - b)) for a, b in ((truth.pose_rad, answer.pose_rad), (truth.gaze_rad, answer.gaze_rad))
    )
    angle = np.degrees(_angle(truth.gaze_rad.astype(np.float64), answer.gaze_rad.astype(np.float64)))
    return {
        "landmarks": mean_of(people, error),
        "landmarks_median": float(np.median(finite)) if len(finite) else math.nan,
        "landmarks_95": float(np.quantile(finite, 0.95)) if len(finite) else math.nan,
        "pose_deg": {name: mean_of(people, pose[:, k]) for k, name in enumerate(POSE_NAMES)},
        "gaze_deg": {name: mean_of(people, gaze[:, k]) for k, name in enumerate(GAZE_NAMES)}
        | {"angle": mean_of(people, angle)},
    }


def mean_of(people: People, values: Float[np.ndarray, " N"]) -> Any:
    """Return the mean over faces, with its interval; NaN takes no part."""
    seen = np.isfinite(values)
    part, whole = people.totals(np.stack([np.where(seen, values, 0.0), seen], 1).astype(np.float64)).T
    return measured(ratio(part, whole))


def _angle(a: Float[np.ndarray, "N 2"], b: Float[np.ndarray, "N 2"]) -> Float[np.ndarray, " N"]:
    """Return the angle between directions given by yaw and pitch."""
    first, second = (
        np.stack([np.sin(v[:, 0]) * np.cos(v[:, 1]), np.sin(v[:, 1]), np.cos(v[:, 0]) * np.cos(v[:, 1])], 1)
        for v in (a, b)
    )
    return np.arctan2(np.linalg.norm(np.cross(first, second), axis=1), (first * second).sum(1))
