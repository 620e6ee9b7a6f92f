"""Know each person's face at rest: some mouths turn down and some brows are low without any expression.

A baseline belongs to one person. A face at rest that is seen gives the reader a reference to read the person's other
pictures beside; a median over time is subtracted from what is read.
"""

from collections.abc import Callable
from dataclasses import replace
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from facsimile.detect.faces import Face
from facsimile.detect.reader import MAX_INTENSITY

BASELINES = ("none", "first", "median")
FRONTAL_RAD = 0.26
"""15 degrees of pitch and yaw: the readings of a face turned further are shifted by perspective."""
REST_INTENSITY = 2.0
"""A face with a unit above this, the middle of B-C, is not at rest by the reader's own account."""
NUM_FIRST = 15
"""Neutral frames that are averaged: their jitter falls to a quarter."""
PRIOR_S = 1.0
"""The running median starts with a second of zeros, so that a video that begins with a smile does not hide it."""
MAX_STEP_S = 0.2
"""A frame stands for the time since the last one, but for no more than this: gaps do not count."""
NUM_BINS = 201
"""Steps of the running median: 0.025 of an intensity."""


@runtime_checkable
class Baseline(Protocol):
    """One person's face at rest."""

    @property
    def reference(self) -> Float[np.ndarray, "2 D"] | None:
        """Return the features that the reader shall take as the person's face at rest; None if there are none."""

    def learn(self, face: Face, *, time_s: float) -> None:
        """Take in one reading, before smoothing."""

    def rested(self, face: Face) -> Face:
        """Return the face with what is subtracted at rest taken off."""


class NoBaseline:
    """Leave readings as they are."""

    reference: Float[np.ndarray, "2 D"] | None = None

    def learn(self, face: Face, *, time_s: float) -> None:
        """Do nothing."""

    def rested(self, face: Face) -> Face:
        """Return the face."""
        return face


class GivenNeutral(NoBaseline):
    """A face that the user says is at rest."""

    def __init__(self, neutral: Face):
        self.reference = neutral.features


class FirstNeutral(NoBaseline):
    """The mean of the first ``NUM_FIRST`` frames that are frontal and neutral by the reader's own account."""

    def __init__(self) -> None:
        self._count = 0

    def learn(self, face: Face, *, time_s: float) -> None:
        """Add the frame if it is one of the first that are neutral."""
        if self._count == NUM_FIRST or face.features is None or not is_neutral(face):
            return
        self._count += 1
        mean = face.features if self.reference is None else self.reference
        self.reference = mean + (face.features - mean) / np.float32(self._count)


class RunningMedian:
    """The median over time of all frontal frames so far, in constant memory: a histogram per value."""

    reference: Float[np.ndarray, "2 D"] | None = None

    def __init__(self) -> None:
        self._seconds = np.zeros((0, NUM_BINS))
        self._last_s: float | None = None

    def learn(self, face: Face, *, time_s: float) -> None:
        """Add the time since the last frame to the bins of what is read in this one."""
        levels = _levels(face)
        if not self._seconds.size:
            self._seconds = np.zeros((levels.size, NUM_BINS))
            self._seconds[:, 0] = PRIOR_S
        step_s = MAX_STEP_S if self._last_s is None else min(time_s - self._last_s, MAX_STEP_S)
        self._last_s = time_s
        if is_frontal(face):
            bins = np.rint(np.clip(levels, 0, 1) * (NUM_BINS - 1)).astype(np.intp)
            self._seconds[np.arange(levels.size), bins] += step_s

    def rested(self, face: Face) -> Face:
        """Subtract the medians."""
        return _subtracted(face, self.median) if self._seconds.size else face

    @property
    def median(self) -> Float[np.ndarray, " N"]:
        """Return the medians so far, as shares of the scales."""
        so_far = self._seconds.cumsum(1)
        return (so_far < so_far[:, -1:] / 2).sum(1) / (NUM_BINS - 1)


def baseline_maker(kind: str) -> Callable[[], Baseline]:
    """Return what makes the baseline called ``kind`` for a new person, one of BASELINES."""
    kinds: dict[str, Callable[[], Baseline]] = {"none": NoBaseline, "first": FirstNeutral, "median": RunningMedian}
    if kind not in kinds:
        raise ValueError(f"baseline {kind!r}: choose one of {', '.join(BASELINES)}")
    return kinds[kind]


def is_frontal(face: Face) -> bool:
    """Return whether the head is turned and nodded by less than ``FRONTAL_RAD``."""
    return bool((np.abs(face.head_pose_rad[:2]) <= FRONTAL_RAD).all())


def is_neutral(face: Face) -> bool:
    """Return whether the face is frontal and no unit is read above ``REST_INTENSITY``."""
    return is_frontal(face) and bool(face.intensity.max(initial=0) <= REST_INTENSITY)


def _levels(face: Face) -> Float[np.ndarray, " N"]:
    """Return intensities, and controllers where they are read, as shares of their scales."""
    controllers = np.zeros(0) if face.controllers is None else face.controllers
    return np.concatenate([face.intensity.ravel() / MAX_INTENSITY, controllers]).astype(np.float64)


def _subtracted(face: Face, rest: Float[np.ndarray, " N"]) -> Face:
    levels = np.clip(_levels(face) - rest, 0, 1).astype(np.float32)
    num_units = face.intensity.size
    intensity = (levels[:num_units] * np.float32(MAX_INTENSITY)).reshape(face.intensity.shape)
    controllers = None if face.controllers is None else levels[num_units:]
    return replace(face, intensity=intensity, controllers=controllers, is_relative=True)
