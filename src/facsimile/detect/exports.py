"""Write readings in the columns that other programs expect: OpenFace 2.2 and Live Link Face."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from facsimile.detect.faces import Face, Frame
from facsimile.detect.reader import presence
from facsimile.detect.table import Layout, Value
from facsimile.facs.controllers import ARKIT

OPENFACE_INTENSITY = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 25, 26, 45)
OPENFACE_PRESENCE = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 25, 26, 28, 45)
"""Units of OpenFace 2.2 (Baltrusaitis et al. 2018), in its column order."""
OPENFACE_READS = {45: 43}
"""OpenFace calls closed eyes 45 (blink), a movement; a single frame shows 43 (eye closure)."""
OPENFACE_LANDMARKS = 68
FORMATS = ("facsimile", "openface", "livelink")


@runtime_checkable
class AnyLayout(Protocol):
    """Columns and the rows that fill them."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the column names in order."""

    def rows(self, frame: Frame) -> Iterator[list[Value]]:
        """Yield the rows of one frame."""


def layout_of(form: str, units: tuple[int, ...]) -> AnyLayout:
    """Return the layout called ``form``, one of FORMATS."""
    kinds: dict[str, AnyLayout] = {
        "facsimile": Layout(units),
        "openface": OpenFaceLayout(),
        "livelink": LiveLinkLayout(),
    }
    if form not in kinds:
        raise ValueError(f"format {form!r}: choose one of {', '.join(FORMATS)}")
    return kinds[form]


@dataclass(frozen=True)
class OpenFaceLayout:
    """The 714 columns of OpenFace 2.2 for sequences; what a picture alone does not tell (millimetres, 3-D) stays empty.

    Frames count from 1. Angles follow OpenFace: rotations about x (right), y (down) and z (away from the camera), so
    that looking down, turning to the subject's right and tilting to the subject's left shoulder are positive; gaze
    angles are those of the camera, left and down positive.
    """

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the exact header."""
        return (
            *("frame", "face_id", "timestamp", "confidence", "success"),
            *(f"gaze_{eye}_{axis}" for eye in (0, 1) for axis in "xyz"),
            *("gaze_angle_x", "gaze_angle_y"),
            *(f"eye_lmk_{axis}_{i}" for axis in "xyXYZ" for i in range(56)),
            *(f"pose_{kind}{axis}" for kind in "TR" for axis in "xyz"),
            *(f"{axis}_{i}" for axis in "xyXYZ" for i in range(OPENFACE_LANDMARKS)),
            *("p_scale", "p_rx", "p_ry", "p_rz", "p_tx", "p_ty"),
            *(f"p_{i}" for i in range(34)),
            *(f"AU{code:02d}_r" for code in OPENFACE_INTENSITY),
            *(f"AU{code:02d}_c" for code in OPENFACE_PRESENCE),
        )

    def rows(self, frame: Frame) -> Iterator[list[Value]]:
        """Yield one row per face, or one with ``success`` 0."""
        for face in frame.faces or (None,):
            known: dict[str, Value] = {"frame": frame.index + 1, "timestamp": frame.time_s}
            known |= {"face_id": 0, "confidence": 0.0, "success": 0}
            if face is not None:
                known |= _openface_values(face)
            yield [known.get(name) for name in self.columns]


@dataclass(frozen=True)
class LiveLinkLayout:
    """The columns of Live Link Face: time code, 52 ARKit shapes in Pascal case, head and eye rotation in radians."""

    @property
    def columns(self) -> tuple[str, ...]:
        """Return the header: 61 curves after the time code."""
        shapes = (name[0].upper() + name[1:] for name in ARKIT)
        head = ("HeadYaw", "HeadPitch", "HeadRoll")
        eyes = (f"{side}Eye{axis}" for side in ("Left", "Right") for axis in ("Yaw", "Pitch", "Roll"))
        return ("Timecode", "BlendShapeCount", *shapes, *head, *eyes)

    def rows(self, frame: Frame) -> Iterator[list[Value]]:
        """Yield the row of the frame's first face; empty curves without one."""
        time_code: list[Value] = [_time_code(frame.time_s), len(self.columns) - 2]
        if not frame.faces:
            yield time_code + [None] * (len(self.columns) - 2)
            return
        face = frame.faces[0]
        shapes = face.expression.controllers[: len(ARKIT)].astype(float).tolist()
        pitch, yaw, roll = (float(v) for v in face.head_pose_rad)
        eye = [float(face.gaze_rad[0]), float(face.gaze_rad[1]), 0.0]
        yield [*time_code, *shapes, yaw, pitch, roll, *eye, *eye]


def _openface_values(face: Face) -> dict[str, Value]:
    pitch, yaw, roll = (float(v) for v in face.head_pose_rad)
    gaze_yaw, gaze_pitch = yaw + float(face.gaze_rad[0]), pitch + float(face.gaze_rad[1])
    values: dict[str, Value] = {"face_id": face.face_id, "confidence": face.score, "success": 1}
    values |= {"pose_Rx": -pitch, "pose_Ry": -yaw, "pose_Rz": roll}
    values |= {"gaze_angle_x": gaze_yaw, "gaze_angle_y": -gaze_pitch}
    direction = (
        math.sin(gaze_yaw) * math.cos(gaze_pitch),
        -math.sin(gaze_pitch),
        -math.cos(gaze_yaw) * math.cos(gaze_pitch),
    )
    for eye in (0, 1):
        values |= {f"gaze_{eye}_{axis}": v for axis, v in zip("xyz", direction, strict=True)}
    for i, (x, y) in enumerate(face.landmarks[:OPENFACE_LANDMARKS]):
        values |= {f"x_{i}": float(x), f"y_{i}": float(y)}
    for code in OPENFACE_PRESENCE:
        values |= _openface_unit(face, code)
    return values


def _openface_unit(face: Face, code: int) -> dict[str, Value]:
    """Return both columns of a unit from one reading, so that they agree; nothing if the unit is not read."""
    read = OPENFACE_READS.get(code, code)
    if read not in face.units:
        return {}
    row = face.units.index(read)
    side = int(face.intensity[row].argmax())
    value, sd = float(face.intensity[row, side]), float(face.intensity_sd[row, side])
    return {f"AU{code:02d}_r": value, f"AU{code:02d}_c": int(presence(value, sd) >= 0.5)}


def _time_code(time_s: float) -> str:
    """Return HH:MM:SS.mmm."""
    milliseconds = round(time_s * 1000)
    hours, rest = divmod(milliseconds, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{hours:02d}:{minutes:02d}:{rest // 1000:02d}.{rest % 1000:03d}"
