"""Take the jitter out of what is read from video, with little delay: the One-Euro filter, one per person.

A low-pass filter whose cut-off rises with speed: slow signals are held still, fast ones pass (Casiez, Roussel & Vogel
2012, "1 Euro Filter: a simple speed-based low-pass filter for noisy input in interactive systems", CHI).
"""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float

from facsimile.detect.faces import Face, box_of

SPEED_CUTOFF_HZ = 1.0
"""Cut-off of the speed that steers the filter: the authors' value."""
RESTART_S = 0.5
"""After a gap longer than this the filter starts anew: what was before says nothing about now."""


@dataclass(frozen=True)
class Dial:
    """How one kind of value is filtered."""

    min_cutoff_hz: float
    """Cut-off at rest: lower is smoother."""
    beta: float
    """Hertz that the cut-off rises by for each unit of speed: higher is quicker."""


DIALS = {
    "intensity": Dial(1.0, 1.0),
    "controllers": Dial(1.0, 5.0),
    "landmarks": Dial(2.0, 60.0),
    "head_pose_rad": Dial(1.0, 20.0),
    "gaze_rad": Dial(1.0, 5.0),
}
"""Speeds in intensities, controllers, face widths and radians a second. Chosen with ``benchmarks/video_noise.py``:
the smoothest that add less than a frame of lag and no error; controllers as intensities, on a fifth of the scale."""


class OneEuro:
    """Filter a vector of signals, each on its own, sampled at ascending and possibly uneven times.

    >>> still = OneEuro(min_cutoff_hz=1.0, beta=0.0)
    >>> [round(float(still(np.array([v]), time_s=t)[0]), 2) for t, v in ((0.0, 0.0), (0.04, 1.0), (0.08, 1.0))]
    [0.0, 0.2, 0.36]
    """

    def __init__(self, *, min_cutoff_hz: Float[np.ndarray, " N"] | float, beta: Float[np.ndarray, " N"] | float):
        self._min_cutoff_hz, self._beta = min_cutoff_hz, beta
        self._time_s = -np.inf
        self._value = self._speed = np.zeros(0)

    def __call__(
        self, value: Float[np.ndarray, " N"], *, time_s: float, scale: Float[np.ndarray, " N"] | float = 1.0
    ) -> Float[np.ndarray, " N"]:
        """Return the filtered value; ``scale`` is the length in which speeds are counted.

        The result lies between the last result and ``value``; the first value, and one after a gap, passes unchanged.
        """
        step_s = time_s - self._time_s
        if step_s > RESTART_S:
            self._value, self._speed = value.astype(np.float64), np.zeros(value.shape)
        elif step_s > 0:
            speed = (value - self._value) / (step_s * scale)
            self._speed = self._speed + _gain(SPEED_CUTOFF_HZ, step_s) * (speed - self._speed)
            cutoff = self._min_cutoff_hz + self._beta * np.abs(self._speed)
            self._value = self._value + _gain(cutoff, step_s) * (value - self._value)
        self._time_s = time_s
        return self._value


def _gain(cutoff_hz: np.ndarray | float, step_s: float):
    """Return the share of the new value in a first-order low-pass filter (equation 3 of the paper)."""
    turn = 2 * np.pi * cutoff_hz * step_s
    return turn / (turn + 1)


class FaceSmoother:
    """Smooth the readings of one person: intensities, controllers, landmarks with the box, head and gaze."""

    def __init__(self) -> None:
        self._filter: OneEuro | None = None

    def smoothed(self, face: Face, *, time_s: float) -> Face:
        """Return the face as it is known from this frame and those before; deviations stay those of the frame."""
        held = {name: value for name in DIALS if (value := getattr(face, name)) is not None}
        sizes = [value.size for value in held.values()]
        if self._filter is None:
            self._filter = OneEuro(
                min_cutoff_hz=np.repeat([DIALS[name].min_cutoff_hz for name in held], sizes),
                beta=np.repeat([DIALS[name].beta for name in held], sizes),
            )
        scales = [max(float(face.box[2]), 1.0) if name == "landmarks" else 1.0 for name in held]
        vector = np.concatenate([value.ravel() for value in held.values()]).astype(np.float64)
        parts = np.split(self._filter(vector, time_s=time_s, scale=np.repeat(scales, sizes)), np.cumsum(sizes)[:-1])
        smooth: dict[str, Any] = {
            name: part.reshape(value.shape).astype(value.dtype)
            for (name, value), part in zip(held.items(), parts, strict=True)
        }
        return replace(face, **smooth, box=box_of(smooth["landmarks"]))
