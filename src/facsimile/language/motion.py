"""Let a face move at natural speed: gestures with onset, apex and offset, blinks, a swaying head, jumping eyes."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from facsimile.facs.action_units import NUM_LABEL_UNITS, SIDED_LABELS, side_index, unit_index
from facsimile.facs.expression import MAX_INTENSITY
from facsimile.facs.track import Track

FRAMES_PER_S = 25
BLINKS_PER_S = 17 / 60
"""Blinks of a person at rest: 17 per minute; 26 in conversation (Bentivoglio et al. 1997)."""

BLINK_RISE_S, BLINK_HOLD_S, BLINK_FALL_S = 0.08, 0.04, 0.18
"""A blink of 0.3 s: closing is about twice as fast as opening (Kwon et al. 2013, High-speed camera characterization of
voluntary eye blinking kinematics)."""

BLINK_GAP_S = 0.5
"""Shortest time between the beginnings of two blinks."""

SWAY_RAD = np.deg2rad([1.2, 1.8, 0.8])
SWAY_S = 1.2
"""Standard deviation (pitch, yaw, roll) and memory of the slow motion of a head that talks; our choice."""

LOOK_RAD = np.deg2rad([4.0, 2.5])
LOOK_S = 1.5
"""Standard deviation (yaw, pitch) of the eyes' places and the mean time they stay there; our choice."""


@dataclass(frozen=True)
class Gesture:
    """One rise and fall of a unit; all times in seconds."""

    code: int
    peak: float
    # intensity 0-5 at the apex
    start_s: float
    rise_s: float = 0.35
    hold_s: float = 0.6
    fall_s: float = 0.6
    # spontaneous smiles rise in 0.4-0.7 s and fall more slowly (Schmidt, Cohn & Tian 2003)
    side: str | None = None
    # "L" or "R"; None for both

    @property
    def end_s(self) -> float:
        """When the face is at rest again."""
        return self.start_s + self.rise_s + self.hold_s + self.fall_s

    def envelope(self, time_s: Float[np.ndarray, " T"]) -> Float[np.ndarray, " T"]:
        """Give the share of the peak, 0-1, at each time: minimum-jerk rise and fall (Flash & Hogan 1985)."""
        up = _smooth_step((time_s - self.start_s) / self.rise_s)
        down = _smooth_step((self.end_s - time_s) / self.fall_s)
        return np.minimum(up, down)


def perform(
    gestures: Iterable[Gesture],
    *,
    duration_s: float | int,
    head_pose_rad: Float[np.ndarray, "T 3"] | None = None,
    gaze_rad: Float[np.ndarray, "T 2 2"] | None = None,
) -> Track:
    """Play gestures from 0 to ``duration_s``; where some of one unit overlap, the stronger shows."""
    time_s = frame_times(duration_s)
    intensity = np.zeros((time_s.size, NUM_LABEL_UNITS, 2))
    for gesture in gestures:
        place = unit_index(gesture.code)
        columns = [0, 1]
        if gesture.side is not None and SIDED_LABELS[place]:
            columns = [side_index(gesture.side)]
        curve = gesture.peak * gesture.envelope(time_s)
        intensity[:, place, columns] = np.maximum(intensity[:, place, columns], curve[:, None])
    values = np.clip(intensity, 0.0, MAX_INTENSITY).astype(np.float32)
    return Track(time_s, intensity=values, head_pose_rad=head_pose_rad, gaze_rad=gaze_rad)


def frame_times(duration_s: float | int) -> Float[np.ndarray, " T"]:
    """List the times of all frames from 0 to ``duration_s``."""
    return np.arange(int(np.floor(duration_s * FRAMES_PER_S + 1e-6)) + 1) / FRAMES_PER_S


def blink(start_s: float, *, peak: float = MAX_INTENSITY) -> Gesture:
    """Make one blink of both eyes."""
    return Gesture(43, peak, start_s, BLINK_RISE_S, BLINK_HOLD_S, BLINK_FALL_S)


def draw_blinks(
    rng: np.random.Generator, *, duration_s: float | int, preferred_s: Iterable[float] = ()
) -> list[Gesture]:
    """Draw blinks at ``BLINKS_PER_S``; each moves to a preferred time, such as a clause's end, within half a second."""
    favourites = np.array(sorted(preferred_s))
    starts: list[float] = []
    now_s = float(rng.exponential(1 / BLINKS_PER_S))
    while now_s < duration_s:
        near = favourites[np.abs(favourites - now_s) < 0.5]
        start_s = float(near[0]) if near.size else now_s
        if not starts or start_s - starts[-1] >= BLINK_GAP_S:
            starts.append(start_s)
        now_s += BLINK_GAP_S + float(rng.exponential(1 / BLINKS_PER_S - BLINK_GAP_S))
    return [blink(start_s) for start_s in starts]


def draw_sway(rng: np.random.Generator, *, duration_s: float | int) -> Float[np.ndarray, "T 3"]:
    """Draw a slow smooth motion of the head about straight ahead: pitch, yaw, roll in radians."""
    noise = _smooth_noise(rng, frame_times(duration_s).size, 3)
    return (noise * SWAY_RAD).astype(np.float32)


def draw_looks(rng: np.random.Generator, *, duration_s: float | int) -> Float[np.ndarray, "T 2 2"]:
    """Draw where the eyes look: they jump and stay; both turn alike; yaw, pitch in radians."""
    time_s = frame_times(duration_s)
    places = rng.normal(0, 1, (time_s.size + 1, 2)) * LOOK_RAD
    jumps = rng.random(time_s.size) < 1 / (LOOK_S * FRAMES_PER_S)
    looks = places[np.cumsum(jumps)]
    return np.repeat(looks[:, None, :], 2, axis=1).astype(np.float32)


def _smooth_step(x: np.ndarray) -> np.ndarray:
    x = np.clip(x, 0.0, 1.0)
    return np.asarray(x**3 * (10 - 15 * x + 6 * x**2))


def _smooth_noise(rng: np.random.Generator, num_frames: int, width: int) -> np.ndarray:
    """Filter white noise twice with a memory of SWAY_S: smooth, mean 0, unit variance in the long run."""
    keep = np.exp(-2.0 / (SWAY_S * FRAMES_PER_S))
    settle = 4 * int(SWAY_S * FRAMES_PER_S)
    values = rng.normal(0, 1, (num_frames + settle, width))
    for _ in range(2):
        for i in range(1, len(values)):
            values[i] = keep * values[i - 1] + (1 - keep) * values[i]
    variance = (1 - keep) ** 4 * (1 + keep**2) / (1 - keep**2) ** 3
    return np.asarray(values[settle:] / np.sqrt(variance))
