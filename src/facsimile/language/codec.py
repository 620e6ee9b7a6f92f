"""Pack the discrete code of a face into bytes and play it again: a codec whose rate and error can be stated.

Levels are coded one by one with adaptive probabilities given the level before and, on the right side, the left one;
head and gaze are rounded to ANGLE_STEP_RAD and coded as differences. What ticks hold comes back exactly, angles to half
a step. ``play`` turns ticks into a track at any frame rate.
"""

import struct
from collections.abc import Callable, Hashable

import numpy as np
from jaxtyping import Int8

from facsimile.facs.action_units import LABEL_UNITS
from facsimile.facs.track import Track
from facsimile.language.motion import BLINK_FALL_S, BLINK_HOLD_S, BLINK_RISE_S, FRAMES_PER_S, blink
from facsimile.language.range_coder import Decoder, Encoder
from facsimile.language.ticks import EYE_CLOSURE, NUM_LEVELS, TICK_S, FaceTicks, unit_columns

ANGLE_STEP_RAD = float(np.deg2rad(1.0))
"""Step of head and gaze angles: a degree, well under the error of head pose from one camera (2-4 degrees)."""

_MAX_STEPS = 127
"""Largest angle, in steps; the head of a face that is still in view turns less than 90 degrees."""

_SMALL = 7
"""Differences up to this many steps have a symbol of their own; larger ones follow an escape."""

_HEADER = struct.Struct("<4sdI")
_MAGIC = b"FTK1"


_Coder = Callable[[int, int, Hashable], int]
"""Take a symbol, the number of symbols and the context; give the symbol that is written or was read."""


def pack(ticks: FaceTicks) -> bytes:
    """Code ticks into bytes."""
    encoder = Encoder()

    def write(symbol: int, size: int, context: Hashable) -> int:
        encoder.put(symbol, size=size, context=context)
        return symbol

    _code(_Arrays(ticks), write)
    return _HEADER.pack(_MAGIC, float(ticks.start_s), len(ticks)) + encoder.finish()


def unpack(data: bytes) -> FaceTicks:
    """Read what ``pack`` wrote; raise ValueError for other bytes."""
    if len(data) < _HEADER.size or data[:4] != _MAGIC:
        raise ValueError(f"data: expected packed ticks, which begin with {_MAGIC!r}, got {data[:4]!r}")
    _, start_s, num_ticks = _HEADER.unpack_from(data)
    if num_ticks > 8 * len(data) * _HEADER.size:
        raise ValueError(f"data: {num_ticks} ticks cannot lie in {len(data)} bytes; the file is damaged")
    decoder = Decoder(data[_HEADER.size :])
    arrays = _Arrays(FaceTicks.unseen(num_ticks, start_s=start_s))
    _code(arrays, lambda _, size, context: decoder.get(size=size, context=context))
    return arrays.ticks()


def bits_per_frame(ticks: FaceTicks, *, frames_per_s: float | int = FRAMES_PER_S) -> float:
    """Give the rate of ``pack`` on these ticks, without the header of 16 bytes, in bits per frame of video."""
    if not len(ticks):
        raise ValueError("ticks: at least one is needed to state a rate")
    return 8 * (len(pack(ticks)) - _HEADER.size) / (len(ticks) * TICK_S * frames_per_s)


def play(ticks: FaceTicks, *, frames_per_s: float | int = FRAMES_PER_S) -> Track:
    """Turn ticks into a track from the start of the first to the end of the last.

    Values run straight from one tick's end to the next, so what is shown lags until the next tick is known; before the
    first end its value holds. Eyes that close within a tick blink in its middle. What was not observed at both ends of
    a stretch is NaN there.
    """
    count = int(np.floor(len(ticks) * TICK_S * frames_per_s + 1e-6)) + 1 if len(ticks) else 0
    time_s = float(ticks.start_s) + np.arange(count) / frames_per_s
    if not count:
        return Track(np.zeros(0))
    gap = np.float32(np.nan)
    ends = Track(
        np.concatenate([[float(ticks.start_s)], ticks.end_s]),
        intensity=_held(np.where(ticks.valid, ticks.level.astype(np.float32), gap)),
        head_pose_rad=_held(np.where(ticks.head_valid[:, None], ticks.head_pose_rad, gap)),
        gaze_rad=_held(np.repeat(np.where(ticks.gaze_valid[:, None], ticks.gaze_rad, gap)[:, None], 2, axis=1)),
    )
    track = ends.resampled(np.minimum(time_s, ticks.end_s[-1]))
    assert track.intensity is not None, "made with units above"
    intensity = np.array(track.intensity)
    for k in np.flatnonzero((ticks.closure > ticks.level[:, EYE_CLOSURE]).any(axis=1)):
        _add_blink(intensity[:, EYE_CLOSURE], time_s, ticks, int(k))
    return Track(time_s, intensity=intensity, head_pose_rad=track.head_pose_rad, gaze_rad=track.gaze_rad)


def _held(values: np.ndarray) -> np.ndarray:
    return np.concatenate([values[:1], values])


def _add_blink(closure: np.ndarray, time_s: np.ndarray, ticks: FaceTicks, k: int) -> None:
    duration_s = BLINK_RISE_S + BLINK_HOLD_S + BLINK_FALL_S
    start_s = float(ticks.end_s[k]) - TICK_S / 2 - duration_s / 2
    for side in range(2):
        shape = blink(start_s, peak=float(ticks.closure[k, side]))
        closure[:, side] = np.maximum(closure[:, side], shape.peak * shape.envelope(time_s))


class _Arrays:
    """The arrays of ticks, to be read while packing and filled while unpacking."""

    def __init__(self, ticks: FaceTicks):
        self.start_s = ticks.start_s
        self.level, self.valid = np.array(ticks.level), np.array(ticks.valid)
        self.closure = np.array(ticks.closure)
        angles = np.concatenate([ticks.head_pose_rad, ticks.gaze_rad], axis=1) / ANGLE_STEP_RAD
        self.angles = np.clip(np.round(angles), -_MAX_STEPS, _MAX_STEPS).astype(np.int64)
        self.flags = np.stack([ticks.head_valid, ticks.gaze_valid, ticks.speaking], axis=1)

    def ticks(self) -> FaceTicks:
        angles = (self.angles * ANGLE_STEP_RAD).astype(np.float32)
        flags = self.flags.astype(np.bool_)
        return FaceTicks(
            self.start_s, self.level, self.valid, self.closure,
            angles[:, :3], flags[:, 0], angles[:, 3:], flags[:, 1], flags[:, 2],
        )  # fmt: skip


def _code(arrays: _Arrays, code: _Coder) -> None:
    """Pass every symbol through ``code`` in a fixed order; contexts look back only."""
    columns = unit_columns(LABEL_UNITS)
    for k in range(len(arrays.level)):
        for j in range(3):
            before = int(arrays.flags[k - 1, j]) if k else 0
            arrays.flags[k, j] = code(int(arrays.flags[k, j]), 2, ("flag", j, before))
        for place, side in columns:
            _code_level(arrays, code, k, place, side)
        _mirror_midline(arrays.level[k], arrays.valid[k])
        _code_closure(arrays.closure, arrays.level, code, k)
        for j in range(5):
            if arrays.flags[k, 0 if j < 3 else 1]:
                before = int(arrays.angles[k - 1, j]) if k else 0
                arrays.angles[k, j] = before + _code_step(int(arrays.angles[k, j]) - before, code, j)


def _code_level(arrays: _Arrays, code: _Coder, k: int, place: int, side: int) -> None:
    """Code whether a unit was observed and its level, given the tick before and the left side."""
    level, valid = arrays.level, arrays.valid
    was_valid = bool(valid[k - 1, place, side]) if k else True
    valid[k, place, side] = code(int(valid[k, place, side]), 2, ("valid", was_valid))
    if not valid[k, place, side]:
        level[k, place, side] = 0
        return
    before = int(level[k - 1, place, side]) if k else 0
    left = (int(level[k, place, 0]), int(level[k - 1, place, 0]) if k else 0) if side else None
    level[k, place, side] = code(int(level[k, place, side]), NUM_LEVELS, (before, left))


def _mirror_midline(level: Int8[np.ndarray, "A 2"], valid: np.ndarray) -> None:
    for place, columns in _MIDLINE:
        level[place, columns], valid[place, columns] = level[place, 0], valid[place, 0]


_BOTH = {place for place, side in unit_columns(LABEL_UNITS) if side}
_MIDLINE = tuple((place, 1) for place in range(len(LABEL_UNITS)) if place not in _BOTH)


def _code_closure(closure: np.ndarray, level: np.ndarray, code: _Coder, k: int) -> None:
    """Code the highest closure of each eye, given the level at the end and, on the right, what the left eye did."""
    for side in range(2):
        other = int(closure[k, 0]) if side else None
        context = ("closure", int(level[k, EYE_CLOSURE, side]), other)
        closure[k, side] = code(int(closure[k, side]), NUM_LEVELS, context)


def _code_step(step: int, code: _Coder, j: int) -> int:
    """Code a difference of angles: small ones as one symbol, others as an escape and two digits to base 256."""
    escape = 2 * _SMALL + 1
    symbol = code(step + _SMALL if abs(step) <= _SMALL else escape, escape + 1, ("step", j))
    if symbol < escape:
        return symbol - _SMALL
    high, low = divmod(step + 2 * _MAX_STEPS, 256)
    return 256 * code(high, 2, "high") + code(low, 256, "low") - 2 * _MAX_STEPS
