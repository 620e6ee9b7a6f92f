"""Turn frames into rows: one row per face per frame, and one row with empty values for a frame without a face.

Columns: where and when (``input, frame, time_s, face_id, score, box_*``), head and gaze, then per action unit ``AU12``
(intensity 0-5, the larger side), ``AU12_L`` and ``AU12_R`` where the unit has sides, ``AU12_sd`` (standard deviation),
``AU12_p`` (probability that the unit is present) and ``AU12_visible`` (probability that its place can be seen), then
rig controllers ``rig_*`` (0-1) with deviations ``rig_*_sd``, and landmarks ``x_*``, ``y_*`` in image pixels; on demand
``*_raw``, what was read in this frame alone. Left and right are the subject's own.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from facsimile.detect.faces import Face, Frame
from facsimile.detect.reader import presence
from facsimile.facs.action_units import UNITS
from facsimile.facs.controllers import CONTROLLERS

NUM_LANDMARKS = 70
PLACE = ("input", "frame", "time_s", "face_id", "score", "box_x", "box_y", "box_w", "box_h")
ANGLES = ("pitch_rad", "yaw_rad", "roll_rad", "gaze_yaw_rad", "gaze_pitch_rad")
TEXT_COLUMNS = frozenset({"input"})
INTEGER_COLUMNS = frozenset({"frame", "face_id"})
DECIMALS = 4
"""Digits kept after the point in text files; far below the reader's error for radians, pixels and intensities."""

Value = str | int | float | None


@dataclass(frozen=True)
class Layout:
    """The columns for one reader's units."""

    units: tuple[int, ...]
    """FACS codes in the reader's order."""
    with_raw: bool = False
    """Whether angles and intensities before smoothing and subtraction are added at the end."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the column names in order."""
        points = range(NUM_LANDMARKS)
        return (
            *PLACE,
            *ANGLES,
            *(name for code in self.units for name in unit_columns(code)),
            *(f"rig_{name}" for name in CONTROLLERS),
            *(f"rig_{name}_sd" for name in CONTROLLERS),
            *(f"x_{i}" for i in points),
            *(f"y_{i}" for i in points),
            *(f"{name}_raw" for name in (self._raw_columns if self.with_raw else ())),
        )

    @property
    def _raw_columns(self) -> tuple[str, ...]:
        return (*ANGLES, *(name for code in self.units for name in level_columns(code)))

    def rows(self, frame: Frame) -> Iterator[list[Value]]:
        """Yield one row per face, or one empty row."""
        name = frame.input.encode("utf-8", "backslashreplace").decode("utf-8")  # a file's name may be any bytes
        head: list[Value] = [name, frame.index, frame.time_s]
        if not frame.faces:
            yield head + [None] * (len(self.columns) - len(head))
        for face in frame.faces:
            yield head + self._face(face)

    def _face(self, face: Face) -> list[Value]:
        pose, gaze = face.head_pose_rad, face.gaze_rad
        row: list[Value] = [face.face_id, face.score, *_floats(face.box), *_floats(pose), *_floats(gaze)]
        visible = np.full_like(face.intensity, math.nan) if face.visible is None else face.visible
        for i, code in enumerate(self.units):
            row += _unit_values(code, face.intensity[i], face.intensity_sd[i], visible[i])
        deviations = np.full(len(CONTROLLERS), math.nan) if face.controllers_sd is None else face.controllers_sd
        row += [*_floats(face.expression.controllers), *_floats(deviations), *_floats(face.landmarks.T)]
        return row + self._raw(face.raw or face) if self.with_raw else row

    def _raw(self, face: Face) -> list[Value]:
        row: list[Value] = [*_floats(face.head_pose_rad), *_floats(face.gaze_rad)]
        for code, levels in zip(self.units, face.intensity, strict=True):
            row += _level_values(code, levels)
        return row


def unit_columns(code: int) -> tuple[str, ...]:
    """Return the columns of one unit: 'AU12', 'AU12_L', 'AU12_R', 'AU12_sd', 'AU12_p', 'AU12_visible'."""
    name = f"AU{code:02d}"
    return (*level_columns(code), f"{name}_sd", f"{name}_p", f"{name}_visible")


def level_columns(code: int) -> tuple[str, ...]:
    """Return the columns of one unit's intensity: the larger side, and both where it has sides."""
    name = f"AU{code:02d}"
    return (name, f"{name}_L", f"{name}_R") if UNITS[code].is_sided else (name,)


def text_value(value: Value) -> str:
    """Return a value as it stands in a CSV cell; nothing for an absent one."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float):
        return f"{round(value, DECIMALS) + 0.0:.{DECIMALS}f}".rstrip("0").rstrip(".")
    return str(value)


def _floats(array: np.ndarray) -> list[float]:
    return array.astype(np.float64).ravel().tolist()


def _unit_values(code: int, intensity: np.ndarray, sd: np.ndarray, visible: np.ndarray) -> list[Value]:
    """Return the cells of ``unit_columns``; deviation, presence and visibility are those of the larger side."""
    side = 0 if intensity[0] >= intensity[1] else 1
    value, deviation = float(intensity[side]), float(sd[side])
    return [*_level_values(code, intensity), deviation, presence(value, deviation), float(visible[side])]


def _level_values(code: int, intensity: np.ndarray) -> list[Value]:
    left, right = float(intensity[0]), float(intensity[1])
    return [max(left, right), left, right] if UNITS[code].is_sided else [max(left, right)]
