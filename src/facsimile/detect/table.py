"""Turn frames into rows: one row per face per frame, and one row with empty values for a frame without a face.

Columns: where and when (``input, frame, time_s, face_id, score, box_*``), head and gaze, then per action unit ``AU12``
(intensity 0-5, the larger side), ``AU12_L`` and ``AU12_R`` where the unit has sides, ``AU12_sd`` (standard deviation)
and ``AU12_p`` (probability that the unit is present), then rig controllers ``rig_*`` (0-1) and landmarks ``x_*``,
``y_*`` in image pixels. Left and right are the subject's own.
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

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the column names in order."""
        points = range(NUM_LANDMARKS)
        return (
            *PLACE,
            *ANGLES,
            *(name for code in self.units for name in unit_columns(code)),
            *(f"rig_{name}" for name in CONTROLLERS),
            *(f"x_{i}" for i in points),
            *(f"y_{i}" for i in points),
        )

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
        for i, code in enumerate(self.units):
            row += _unit_values(code, face.intensity[i], face.intensity_sd[i])
        return [*row, *_floats(face.expression.controllers), *_floats(face.landmarks.T)]


def unit_columns(code: int) -> tuple[str, ...]:
    """Return the columns of one unit, for example ('AU12', 'AU12_L', 'AU12_R', 'AU12_sd', 'AU12_p')."""
    name = f"AU{code:02d}"
    sides = (f"{name}_L", f"{name}_R") if UNITS[code].is_sided else ()
    return (name, *sides, f"{name}_sd", f"{name}_p")


def text_value(value: Value) -> str:
    """Return a value as it stands in a CSV cell; nothing for an absent one."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, float):
        return f"{round(value, DECIMALS) + 0.0:.{DECIMALS}f}".rstrip("0").rstrip(".")
    return str(value)


def _floats(array: np.ndarray) -> list[float]:
    return array.astype(np.float64).ravel().tolist()


def _unit_values(code: int, intensity: np.ndarray, sd: np.ndarray) -> list[Value]:
    """Return the cells of ``unit_columns``; the whole unit is its larger side, with that side's deviation."""
    left, right = float(intensity[0]), float(intensity[1])
    side = 0 if left >= right else 1
    value, deviation = max(left, right), float(sd[side])
    sides: list[Value] = [left, right] if UNITS[code].is_sided else []
    return [value, *sides, deviation, presence(value, deviation)]
