"""Cut a track into ticks of 0.32 s with a handful of integers each: the discrete code of a face.

A tick holds, for every label unit and side, the FACS level 0-5 at its end; the highest closure of each eye within it,
because a blink fits between two ticks; head pose and gaze; what was observed; and whether the person spoke. Tick k is
known at its end and not before, so a model that sees ticks up to k has seen nothing of the future.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields, replace

import numpy as np
from jaxtyping import Bool, Float, Int8

from facsimile.facs.action_units import NUM_LABEL_UNITS, UNITS, unit_index
from facsimile.facs.expression import ArrayRecord
from facsimile.facs.intensity import LETTERS, levels_of
from facsimile.facs.track import Track

TICK_S = 0.32
"""Seconds of one tick: 8 frames at 25 per second, the code length of Ng et al. 2023 (Can Language Models Learn to
Listen?); about one word piece of speech."""

NUM_LEVELS = len(LETTERS) + 1
"""Levels of a unit: absent and A-E."""

CODE_UNITS = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 18, 20, 23, 24, 25, 26, 28, 43)
"""The 20 units that FACET coded and CMU-MOSEI publishes: enough for conversation, few enough to remember."""

EYE_CLOSURE = unit_index(43)
"""Place of eye closure on axis A."""


@dataclass(frozen=True, eq=False)
class FaceTicks(ArrayRecord):
    """Hold the discrete code of one person's face; axis K counts ticks."""

    start_s: Float[np.ndarray, ""]
    # when tick 0 begins; tick k ends at start_s + (k + 1) * TICK_S
    level: Int8[np.ndarray, "K A 2"]
    # 0 absent, 1-5 A-E at the tick's end; 0 where not valid; axis A is LABEL_UNITS
    valid: Bool[np.ndarray, "K A 2"]
    # whether the unit was observed at the tick's end
    closure: Int8[np.ndarray, "K 2"]
    # highest level of eye closure (43) within the tick: left, right eye
    head_pose_rad: Float[np.ndarray, "K 3"]
    # pitch, yaw, roll at the tick's end; 0 where not valid
    head_valid: Bool[np.ndarray, " K"]
    gaze_rad: Float[np.ndarray, "K 2"]
    # yaw, pitch, the mean of both eyes; 0 where not valid
    gaze_valid: Bool[np.ndarray, " K"]
    speaking: Bool[np.ndarray, " K"]
    # whether the person spoke at any time within the tick

    def __post_init__(self) -> None:
        if self.level.shape[1:] != (NUM_LABEL_UNITS, 2):
            raise ValueError(f"level: expected {NUM_LABEL_UNITS} units by 2 sides, got shape {self.level.shape}")
        for name in ("level", "closure"):
            values = getattr(self, name)
            if values.size and not 0 <= values.min() <= values.max() < NUM_LEVELS:
                raise ValueError(f"{name}: levels run from 0 to 5, got {values.min()} to {values.max()}")

    def __len__(self) -> int:
        return len(self.level)

    @property
    def end_s(self) -> Float[np.ndarray, " K"]:
        """When each tick ends, in seconds."""
        return np.asarray(self.start_s + TICK_S * (1 + np.arange(len(self))))

    @classmethod
    def unseen(cls, num_ticks: int, *, start_s: float | int = 0.0) -> "FaceTicks":
        """Make ticks in which no face was seen and nobody spoke."""
        return cls(
            np.array(start_s, np.float64),
            np.zeros((num_ticks, NUM_LABEL_UNITS, 2), np.int8),
            np.zeros((num_ticks, NUM_LABEL_UNITS, 2), np.bool_),
            np.zeros((num_ticks, 2), np.int8),
            np.zeros((num_ticks, 3), np.float32),
            np.zeros(num_ticks, np.bool_),
            np.zeros((num_ticks, 2), np.float32),
            np.zeros(num_ticks, np.bool_),
            np.zeros(num_ticks, np.bool_),
        )

    def part(self, start: int, stop: int) -> "FaceTicks":
        """Give the ticks from ``start`` up to and without ``stop``."""
        names = [field.name for field in fields(self) if field.name != "start_s"]
        cut = {name: getattr(self, name)[start:stop] for name in names}
        return replace(self, start_s=np.asarray(self.start_s + TICK_S * start), **cut)

    def mirrored(self) -> "FaceTicks":
        """Swap left and right; yaw and roll change sign."""
        return replace(
            self,
            level=self.level[:, :, ::-1],
            valid=self.valid[:, :, ::-1],
            closure=self.closure[:, ::-1],
            head_pose_rad=self.head_pose_rad * np.array([1, -1, -1], np.float32),
            gaze_rad=self.gaze_rad * np.array([-1, 1], np.float32),
        )


def unit_columns(codes: Sequence[int] = CODE_UNITS) -> tuple[tuple[int, int], ...]:
    """List (place on axis A, side) of every value that ``codes`` can have: two for sided units, one for others.

    >>> unit_columns((12, 17))
    ((9, 0), (9, 1), (15, 0))
    """
    return tuple((unit_index(code), side) for code in codes for side in ((0, 1) if UNITS[code].is_sided else (0,)))


def encode_ticks(track: Track, *, speech_s: Iterable[tuple[float, float]] = ()) -> FaceTicks:
    """Cut a track into ticks, from its first time on; a last part shorter than a tick is left out.

    ``speech_s`` lists (start, end) in seconds of what the person said.
    """
    duration_s = float(track.time_s[-1] - track.time_s[0]) if len(track) else 0.0
    start_s = float(track.time_s[0]) if len(track) else 0.0
    ticks = FaceTicks.unseen(int(np.floor(duration_s / TICK_S + 1e-6)), start_s=start_s)
    if not len(ticks):
        return ticks
    at_ends = track.resampled(np.minimum(ticks.end_s, track.time_s[-1]))
    changes: dict[str, np.ndarray] = {"speaking": _overlaps(ticks.end_s, speech_s)}
    if track.intensity is not None and at_ends.intensity is not None:
        level, valid = _levels(at_ends.intensity)
        inside = np.stack([_levels(moments.max(axis=0, initial=0.0))[0] for moments in _closures(track, ticks)])
        changes |= {"level": level, "valid": valid, "closure": np.maximum(inside, level[:, EYE_CLOSURE])}
    if at_ends.head_pose_rad is not None:
        changes["head_valid"] = ~np.isnan(at_ends.head_pose_rad).any(axis=1)
        changes["head_pose_rad"] = np.where(changes["head_valid"][:, None], at_ends.head_pose_rad, np.float32(0))
    if at_ends.gaze_rad is not None:
        gaze = at_ends.gaze_rad.mean(axis=1)
        changes["gaze_valid"] = ~np.isnan(gaze).any(axis=1)
        changes["gaze_rad"] = np.where(changes["gaze_valid"][:, None], gaze, np.float32(0))
    return replace(ticks, **changes)


def _levels(intensity: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    valid = ~np.isnan(intensity)
    return levels_of(np.where(valid, intensity, np.float32(0))).astype(np.int8), valid


def _closures(track: Track, ticks: FaceTicks) -> Iterator[np.ndarray]:
    """Give the eye closure of both sides at the track's own times within each tick (start, end]."""
    assert track.intensity is not None, "asked only for tracks of action units"
    closure = np.nan_to_num(track.intensity[:, EYE_CLOSURE])
    last = np.searchsorted(track.time_s, ticks.end_s + 1e-9, side="right")
    first = np.concatenate([[0], last[:-1]])
    return (closure[start:stop] for start, stop in zip(first, last, strict=True))


def _overlaps(end_s: np.ndarray, spans_s: Iterable[tuple[float, float]]) -> np.ndarray:
    speaking = np.zeros(end_s.size, np.bool_)
    for start, stop in spans_s:
        if stop < start:
            raise ValueError(f"speech_s: a span must end after it starts, got ({start:g}, {stop:g})")
        speaking |= (end_s > start) & (end_s - TICK_S < stop)
    return speaking
