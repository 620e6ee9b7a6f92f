"""Hold one moment of a face: as action units (what FACS sees) or as rig controllers (what moves)."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from facsimile.facs.action_units import (
    LABEL_UNITS,
    NUM_LABEL_UNITS,
    SIDED_LABELS,
    side_index,
    unit_index,
)
from facsimile.facs.controllers import NUM_CONTROLLERS, mirror_controllers

MAX_INTENSITY = 5.0
"""The intensity of letter E (Ekman, Friesen & Hager 2002); data sets write 0-5 for absent and A-E."""

_MIDLINE = np.flatnonzero(~np.array(SIDED_LABELS))
_TOLERANCE = 1e-5


def frozen_array(values: Any, dtype: Any, shape: tuple[int, ...], *, name: str) -> np.ndarray:
    """Copy ``values`` into a read-only array and check its shape."""
    array = np.array(values, dtype=dtype)
    if array.shape != shape:
        raise ValueError(f"{name}: expected shape {shape}, got {array.shape}")
    array.flags.writeable = False
    return array


class ArrayRecord:
    """Compare frozen dataclasses of arrays field by field; NaN equals NaN."""

    def __eq__(self, other: object) -> bool:
        if type(self) is not type(other):
            return NotImplemented
        return all(_same(getattr(self, f.name), getattr(other, f.name)) for f in fields(self))  # type: ignore[arg-type]

    __hash__ = None  # type: ignore[assignment]


def _same(a: Any, b: Any) -> bool:
    if a is None or b is None:
        return a is b
    return np.array_equal(a, b, equal_nan=a.dtype.kind == "f")


@dataclass(frozen=True, eq=False)
class ActionUnits(ArrayRecord):
    """Hold intensities of LABEL_UNITS on both sides.

    Values run from 0 (absent) through 1-5 (A-E); NaN means not observed. Midline units carry the same value on both
    sides. Values outside 0-5 or unequal midline sides raise ValueError; ``clipped`` repairs raw predictions.
    """

    intensity: Float[np.ndarray, "A 2"]
    # [..., 0] the subject's left, [..., 1] the subject's right

    def __post_init__(self) -> None:
        values = frozen_array(self.intensity, np.float32, (NUM_LABEL_UNITS, 2), name="intensity")
        _check_range(values)
        _check_midline(values)
        object.__setattr__(self, "intensity", values)

    @classmethod
    def neutral(cls) -> "ActionUnits":
        """Make a face at rest, every unit observed at 0."""
        return cls(np.zeros((NUM_LABEL_UNITS, 2), np.float32))

    @classmethod
    def unobserved(cls) -> "ActionUnits":
        """Make a face of which nothing is known."""
        return cls(np.full((NUM_LABEL_UNITS, 2), np.nan, np.float32))

    @classmethod
    def clipped(cls, intensity: Float[np.ndarray, "A 2"]) -> "ActionUnits":
        """Make a state from raw predictions: clip to 0-5 and average the two sides of midline units."""
        values = np.clip(np.array(intensity, np.float32), 0.0, MAX_INTENSITY)
        values[_MIDLINE] = values[_MIDLINE].mean(axis=1, keepdims=True)
        return cls(values)

    @classmethod
    def from_dict(cls, values: Mapping[Any, Any]) -> "ActionUnits":
        """Make a state from ``{code: intensity}`` or ``{(code, "L"): intensity}``; units not named are 0.

        >>> ActionUnits.from_dict({12: 3.0, (14, "L"): 2}).of(14, "L")
        2.0
        """
        intensity = np.zeros((NUM_LABEL_UNITS, 2), np.float32)
        for key, value in values.items():
            code, side = key if isinstance(key, tuple) else (key, None)
            row = unit_index(int(code))
            if side is None:
                intensity[row] = value
            else:
                intensity[row, side_index(side)] = value
        return cls(intensity)

    def of(self, code: int, side: str | None = None) -> float:
        """Give the intensity of one unit: on ``side`` ("L" or "R"), or the larger side if none is named."""
        row = self.intensity[unit_index(code)]
        if side is not None:
            return float(row[side_index(side)])
        known = row[~np.isnan(row)]
        return float(known.max()) if known.size else float("nan")

    def to_dict(self) -> dict[tuple[int, str], float]:
        """List the nonzero or unobserved values as ``{(code, side): intensity}``."""
        rows, sides = np.nonzero(self.intensity)
        return {
            (LABEL_UNITS[row], "LR"[side]): float(self.intensity[row, side])
            for row, side in zip(rows, sides, strict=True)
        }

    def mirrored(self) -> "ActionUnits":
        """Swap left and right."""
        return ActionUnits(self.intensity[:, ::-1])


def is_valid_intensity(values: Float[np.ndarray, "*B A 2"]) -> Bool[np.ndarray, "*B"]:
    """Tell, for each moment, whether every value is NaN or in 0-5 and midline units have equal sides."""
    left, right = values[..., _MIDLINE, 0], values[..., _MIDLINE, 1]
    equal = (np.abs(left - right) <= _TOLERANCE) | (np.isnan(left) & np.isnan(right))
    return ~_out_of_range(values).any(axis=(-2, -1)) & equal.all(axis=-1)


def _out_of_range(values: np.ndarray) -> np.ndarray:
    return (values < 0) | (values > MAX_INTENSITY)


def _check_range(values: np.ndarray) -> None:
    bad = _out_of_range(values)
    if bad.any():
        row, side = np.argwhere(bad)[0]
        raise ValueError(
            f"intensity: unit {LABEL_UNITS[row]} on side {'LR'[side]} is {values[row, side]:g}; intensities run from 0 "
            f"to {MAX_INTENSITY:g} (A-E = 1-5), NaN where not observed; ActionUnits.clipped(...) clips raw predictions"
        )


def _check_midline(values: np.ndarray) -> None:
    left, right = values[_MIDLINE].T
    same = (np.abs(left - right) <= _TOLERANCE) | (np.isnan(left) & np.isnan(right))
    if not same.all():
        row = _MIDLINE[np.flatnonzero(~same)[0]]
        raise ValueError(
            f"intensity: unit {LABEL_UNITS[row]} has no sides but holds {values[row, 0]:g} left and "
            f"{values[row, 1]:g} right; give both sides one value, or use ActionUnits.clipped(...) to average them"
        )


@dataclass(frozen=True, eq=False)
class Expression(ArrayRecord):
    """Hold rig controllers, head rotation and gaze of one moment.

    Head: pitch > 0 looks up, yaw > 0 turns to the subject's own left, roll > 0 tilts to the subject's own left
    shoulder. Gaze is relative to the head: yaw > 0 to the subject's left, pitch > 0 up.
    """

    controllers: Float[np.ndarray, " R"]
    # 0 rest, 1 full, in the order of CONTROLLERS
    head_pose_rad: Float[np.ndarray, "3"]
    # pitch, yaw, roll
    gaze_rad: Float[np.ndarray, "2 2"]
    # left and right eye; yaw, pitch
    log_variance: Float[np.ndarray, " R"] | None = None
    # natural logarithm of the variance of each controller
    observed: Bool[np.ndarray, " R"] | None = None
    # False where a controller is not known; None means all are

    def __post_init__(self) -> None:
        shapes = {"controllers": (NUM_CONTROLLERS,), "head_pose_rad": (3,), "gaze_rad": (2, 2)}
        for name, shape in shapes.items():
            object.__setattr__(self, name, frozen_array(getattr(self, name), np.float32, shape, name=name))
        for name, dtype in (("log_variance", np.float32), ("observed", np.bool_)):
            if (value := getattr(self, name)) is not None:
                object.__setattr__(self, name, frozen_array(value, dtype, (NUM_CONTROLLERS,), name=name))
        if not ((self.controllers >= 0) & (self.controllers <= 1)).all():
            raise ValueError(
                f"controllers: values run from 0 to 1, got {self.controllers.min():g} to {self.controllers.max():g}; "
                "clip them and mark unknown ones in `observed` instead of NaN"
            )

    @classmethod
    def neutral(cls) -> "Expression":
        """Make a face at rest that looks straight ahead."""
        return cls(np.zeros(NUM_CONTROLLERS, np.float32), np.zeros(3, np.float32), np.zeros((2, 2), np.float32))

    def mirrored(self) -> "Expression":
        """Give the mirror image: sides swap, yaw and roll change sign."""
        variance, observed = self.log_variance, self.observed
        return replace(
            self,
            controllers=mirror_controllers(self.controllers),
            head_pose_rad=self.head_pose_rad * np.array([1, -1, -1], np.float32),
            gaze_rad=self.gaze_rad[::-1] * np.array([-1, 1], np.float32),
            log_variance=None if variance is None else mirror_controllers(variance),
            observed=None if observed is None else mirror_controllers(observed.astype(np.float32)) > 0,
        )
