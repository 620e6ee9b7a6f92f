"""Write readings in the columns that other programs expect: OpenFace 2.2 and Live Link Face."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from facsimile.detect.faces import Face, Frame
from facsimile.detect.table import Layout, Value
from facsimile.facs.arkit import LIVE_LINK, livelink_from_expression
from facsimile.facs.openface import INTENSITY_COLUMNS, PRESENCE_COLUMNS, openface_from_expression

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


def layout_of(form: str, units: tuple[int, ...], *, with_raw: bool = False) -> AnyLayout:
    """Return the layout called ``form``, one of FORMATS; ``with_raw`` adds columns to the first, ``facsimile``."""
    kinds: dict[str, AnyLayout] = {
        "facsimile": Layout(units, with_raw),
        "openface": OpenFaceLayout(),
        "livelink": LiveLinkLayout(),
    }
    if form not in kinds:
        raise ValueError(f"format {form!r}: choose one of {', '.join(FORMATS)}")
    return kinds[form]


@dataclass(frozen=True)
class OpenFaceLayout:
    """The 714 columns of OpenFace 2.2 for sequences; what a picture alone does not tell (millimetres, 3-D) stays empty.

    Frames count from 1. Both gaze vectors are the mean of both eyes, in camera axes.
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
            *INTENSITY_COLUMNS,
            *PRESENCE_COLUMNS,
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
        return ("Timecode", "BlendShapeCount", *LIVE_LINK)

    def rows(self, frame: Frame) -> Iterator[list[Value]]:
        """Yield the row of the frame's first face; empty curves without one."""
        values = livelink_from_expression(frame.faces[0].expression).value if frame.faces else {}
        yield [_time_code(frame.time_s), len(LIVE_LINK), *(values.get(name) for name in LIVE_LINK)]


def _openface_values(face: Face) -> dict[str, Value]:
    units = openface_from_expression(face.action_units, face.expression).value
    values: dict[str, Value] = {"face_id": face.face_id, "confidence": face.score, "success": 1, **units}
    values |= {name: int(units[name]) for name in PRESENCE_COLUMNS if not math.isnan(units[name])}
    x, y = units["gaze_angle_x"], units["gaze_angle_y"]
    direction = (math.sin(x) * math.cos(y), math.sin(y), -math.cos(x) * math.cos(y))
    for eye in (0, 1):
        values |= {f"gaze_{eye}_{axis}": v for axis, v in zip("xyz", direction, strict=True)}
    for i, (x, y) in enumerate(face.landmarks[:OPENFACE_LANDMARKS]):
        values |= {f"x_{i}": float(x), f"y_{i}": float(y)}
    return values


def _time_code(time_s: float) -> str:
    """Return HH:MM:SS.mmm."""
    milliseconds = round(time_s * 1000)
    hours, rest = divmod(milliseconds, 3_600_000)
    minutes, rest = divmod(rest, 60_000)
    return f"{hours:02d}:{minutes:02d}:{rest // 1000:02d}.{rest % 1000:03d}"
