"""Hold a face over time: resample, smooth, mirror."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from jaxtyping import Float

from facsimile.facs.action_units import NUM_LABEL_UNITS, side_index, unit_index
from facsimile.facs.controllers import NUM_CONTROLLERS, mirror_controllers
from facsimile.facs.expression import ActionUnits, ArrayRecord, Expression, is_valid_intensity

CHANNELS: dict[str, tuple[int, ...]] = {
    "intensity": (NUM_LABEL_UNITS, 2),
    "controllers": (NUM_CONTROLLERS,),
    "head_pose_rad": (3,),
    "gaze_rad": (2, 2),
}
"""What a track may hold, with the shape of one moment."""

SMOOTHING_REACH = 4.0
"""Standard deviations after which the Gaussian window is cut: its weight there is below 0.04 % of the centre."""


@dataclass(frozen=True, eq=False)
class Track(ArrayRecord):
    """Hold channels sampled at ascending times; NaN means not observed, None that the channel is absent.

    Axes and units of one moment are those of ActionUnits and Expression.
    """

    time_s: Float[np.ndarray, " T"]
    # strictly ascending
    intensity: Float[np.ndarray, "T A 2"] | None = None
    # action units, 0-5
    controllers: Float[np.ndarray, "T R"] | None = None
    # rig controllers, 0-1
    head_pose_rad: Float[np.ndarray, "T 3"] | None = None
    # pitch, yaw, roll
    gaze_rad: Float[np.ndarray, "T 2 2"] | None = None
    # left and right eye; yaw, pitch

    def __post_init__(self) -> None:
        time_s = _read_only(self.time_s, np.float64)
        _check_times(time_s)
        object.__setattr__(self, "time_s", time_s)
        for name, shape in CHANNELS.items():
            if (value := getattr(self, name)) is None:
                continue
            array = _read_only(value, np.float32)
            if array.shape != (time_s.size, *shape):
                raise ValueError(
                    f"{name}: expected shape {(time_s.size, *shape)} for {time_s.size} times, got {array.shape}"
                )
            object.__setattr__(self, name, array)
        if self.intensity is not None:
            _check_intensity(self.intensity)

    def __len__(self) -> int:
        return self.time_s.size

    @classmethod
    def from_action_units(cls, time_s: Sequence[float] | np.ndarray, states: Iterable[ActionUnits]) -> "Track":
        """Join action units of several moments; times are in seconds."""
        intensity = [state.intensity for state in states]
        return cls(np.array(time_s, np.float64), intensity=_stack(intensity, (NUM_LABEL_UNITS, 2)))

    @classmethod
    def from_expressions(cls, time_s: Sequence[float] | np.ndarray, expressions: Iterable[Expression]) -> "Track":
        """Join expressions of several moments; unobserved controllers become NaN, variances are not kept."""
        moments = list(expressions)
        controllers = [np.where(_observed(e), e.controllers, np.float32(np.nan)) for e in moments]
        return cls(
            np.array(time_s, np.float64),
            controllers=_stack(controllers, (NUM_CONTROLLERS,)),
            head_pose_rad=_stack([e.head_pose_rad for e in moments], (3,)),
            gaze_rad=_stack([e.gaze_rad for e in moments], (2, 2)),
        )

    def action_units(self, index: int) -> ActionUnits:
        """Give the action units of one moment."""
        return ActionUnits(self._channel("intensity")[index])

    def expression(self, index: int) -> Expression:
        """Give the expression of one moment; absent head pose and gaze are straight ahead."""
        controllers = self._channel("controllers")[index]
        seen = ~np.isnan(controllers)
        return Expression(
            np.where(seen, controllers, np.float32(0)),
            np.zeros(3, np.float32) if self.head_pose_rad is None else np.nan_to_num(self.head_pose_rad[index]),
            np.zeros((2, 2), np.float32) if self.gaze_rad is None else np.nan_to_num(self.gaze_rad[index]),
            observed=None if seen.all() else seen,
        )

    def curve(self, code: int, side: str | None = None) -> Float[np.ndarray, " T"]:
        """Give one unit over time: one side ("L" or "R"), or the larger side if none is named."""
        both = self._channel("intensity")[:, unit_index(code)]
        return np.fmax(both[:, 0], both[:, 1]) if side is None else both[:, side_index(side)]

    def resampled(self, time_s: Float[np.ndarray, " S"]) -> "Track":
        """Interpolate linearly at other ascending times; outside the track, and next to gaps, values are NaN.

        At the track's own times every value comes back unchanged.
        """
        return self._mapped(lambda values: _interpolate(self.time_s, values, time_s), time_s)

    def at_rate(self, frames_per_s: float | int) -> "Track":
        """Resample evenly, from the first time on, at ``frames_per_s`` > 0."""
        if not frames_per_s > 0:
            raise ValueError(f"frames_per_s: must be above 0, got {frames_per_s}; 25 is usual for video")
        if len(self) == 0:
            return self
        count = int(np.floor((self.time_s[-1] - self.time_s[0]) * frames_per_s + 1e-9)) + 1
        return self.resampled(np.minimum(self.time_s[0] + np.arange(count) / frames_per_s, self.time_s[-1]))

    def smoothed(self, sigma_s: float | int) -> "Track":
        """Average with a Gaussian window of standard deviation ``sigma_s`` seconds; 0 changes nothing.

        Times may be uneven. Gaps stay gaps and lend nothing to their neighbours.
        """
        if sigma_s < 0:
            raise ValueError(f"sigma_s: must be 0 or more seconds, got {sigma_s}; 0.1 removes frame jitter at 25 per s")
        return self if sigma_s == 0 else self._mapped(lambda v: _smooth(self.time_s, v, sigma_s), self.time_s)

    def mirrored(self) -> "Track":
        """Swap left and right at every moment; yaw and roll change sign."""
        intensity, controllers, head, gaze = self.intensity, self.controllers, self.head_pose_rad, self.gaze_rad
        return replace(
            self,
            intensity=None if intensity is None else intensity[:, :, ::-1],
            controllers=None if controllers is None else mirror_controllers(controllers),
            head_pose_rad=None if head is None else head * np.array([1, -1, -1], np.float32),
            gaze_rad=None if gaze is None else gaze[:, ::-1] * np.array([-1, 1], np.float32),
        )

    def _channel(self, name: str) -> np.ndarray:
        if (values := getattr(self, name)) is None:
            held = [channel for channel in CHANNELS if getattr(self, channel) is not None]
            raise ValueError(f"{name}: this track does not hold it (it holds {', '.join(held) or 'nothing'})")
        return values

    def _mapped(self, change: Callable[[np.ndarray], np.ndarray], time_s: np.ndarray) -> "Track":
        held = {name: getattr(self, name) for name in CHANNELS}
        changed = {name: None if values is None else change(values) for name, values in held.items()}
        return Track(np.array(time_s, np.float64), **changed)


def _read_only(values: Any, dtype: Any) -> np.ndarray:
    array = np.array(values, dtype)
    array.flags.writeable = False
    return array


def _check_times(time_s: np.ndarray) -> None:
    if time_s.ndim != 1 or not np.isfinite(time_s).all():
        raise ValueError(f"time_s: expected finite seconds on one axis, got shape {time_s.shape}")
    if (falls := np.flatnonzero(np.diff(time_s) <= 0)).size:
        i = falls[0]
        raise ValueError(
            f"time_s: must ascend, but entry {i + 1} is {time_s[i + 1]:g} s after {time_s[i]:g} s; sort the rows and "
            "drop repeated times"
        )


def _check_intensity(intensity: np.ndarray) -> None:
    if (bad := np.flatnonzero(~is_valid_intensity(intensity))).size:
        ActionUnits(intensity[bad[0]])  # raises and says which unit


def _stack(moments: list[np.ndarray], shape: tuple[int, ...]) -> np.ndarray:
    return np.stack(moments) if moments else np.zeros((0, *shape), np.float32)


def _observed(expression: Expression) -> np.ndarray:
    return np.ones(NUM_CONTROLLERS, np.bool_) if expression.observed is None else expression.observed


def _interpolate(old_s: np.ndarray, values: np.ndarray, new_s: np.ndarray) -> np.ndarray:
    if old_s.size == 0:
        return np.full((new_s.size, *values.shape[1:]), np.nan, np.float32)
    after = np.clip(np.searchsorted(old_s, new_s), 0, old_s.size - 1)
    before = np.maximum(after - 1, 0)
    span = np.where(after > before, old_s[after] - old_s[before], 1.0)
    weight = ((new_s - old_s[before]) / span).reshape(-1, *[1] * (values.ndim - 1))
    mixed = (1 - weight) * values[before] + weight * values[after]
    exact = old_s[after] == new_s
    mixed[exact] = values[after[exact]]
    mixed[(new_s < old_s[0]) | (new_s > old_s[-1])] = np.nan
    return mixed.astype(np.float32)


def _smooth(time_s: np.ndarray, values: np.ndarray, sigma_s: float | int) -> np.ndarray:
    smooth = np.full_like(values, np.nan)
    first = np.searchsorted(time_s, time_s - SMOOTHING_REACH * sigma_s)
    last = np.searchsorted(time_s, time_s + SMOOTHING_REACH * sigma_s, side="right")
    for i, (start, stop) in enumerate(zip(first, last, strict=True)):
        window = values[start:stop].astype(np.float64)
        seen = ~np.isnan(window)
        weight = np.exp(-0.5 * ((time_s[start:stop] - time_s[i]) / sigma_s) ** 2)
        weight = weight.reshape(-1, *[1] * (values.ndim - 1)) * seen
        here = seen[i - start]
        total = np.where(here, weight.sum(axis=0), 1.0)
        smooth[i] = np.where(here, (weight * np.where(seen, window, 0)).sum(axis=0) / total, np.nan)
    return smooth
