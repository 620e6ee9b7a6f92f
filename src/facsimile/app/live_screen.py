"""Show what is read from a camera in a terminal: a bar per unit and side, drawn anew with every frame."""

import math
import os
import shutil
import sys
from collections.abc import Mapping
from io import TextIOBase
from typing import Any

from facsimile.detect.faces import Face, Frame
from facsimile.detect.overlay import LEFT_COLOUR, MIDLINE_COLOUR, RIGHT_COLOUR
from facsimile.detect.reader import MAX_INTENSITY, presence
from facsimile.facs.action_units import UNITS
from facsimile.facs.notation import write

ENTER, LEAVE = "\x1b[?1049h\x1b[?25l", "\x1b[?25h\x1b[?1049l"
"""ECMA-48 with xterm's alternate screen, and the cursor hidden."""
HOME, REST_OF_LINE, REST_OF_SCREEN = "\x1b[H", "\x1b[K", "\x1b[J"
PLAIN, FAINT = "\x1b[0m", "\x1b[2m"
EIGHTHS = " ▏▎▍▌▋▊▉█"
NAME, BAR = 17, 8
"""Characters of a unit's name and of a bar."""
CELL = 2 + 1 + NAME + 1 + BAR + 1 + BAR
"""Characters of a unit: number, name, and two bars or one of twice the length."""
GAP = 3


class TerminalScreen:
    """A context that owns the terminal: frames in place, and the terminal as it was at the end."""

    def __init__(self, title: str, *, out: TextIOBase | None = None, environment: Mapping[str, str] = os.environ):
        self._title = title
        self._out: Any = out or sys.stdout
        self._has_colour = not environment.get("NO_COLOR")

    def __enter__(self) -> "TerminalScreen":
        self._out.write(ENTER)
        return self

    def __exit__(self, *_: object) -> None:
        self._out.write(LEAVE)
        self._out.flush()

    def show(self, frame: Frame, *, rate: float) -> bool:
        """Draw a frame; a terminal never asks to stop, so True."""
        width, height = shutil.get_terminal_size()
        head = f"{self._title}   {frame.image.shape[1]} x {frame.image.shape[0]}   {rate:.0f} frames/s   Ctrl-C ends"
        lines = [head, "", *face_lines(frame, width=width, has_colour=self._has_colour)]
        self._out.write(HOME + "".join(f"{line}{REST_OF_LINE}\n" for line in lines[: height - 1]) + REST_OF_SCREEN)
        self._out.flush()
        return True


class PlainLines:
    """One line per frame, for a terminal that is none: a pipe, a log."""

    def __init__(self, out: TextIOBase | None = None):
        self._out: Any = out or sys.stdout

    def __enter__(self) -> "PlainLines":
        return self

    def __exit__(self, *_: object) -> None:
        self._out.flush()

    def show(self, frame: Frame, *, rate: float) -> bool:
        """Write time and faces; True."""
        faces = "   ".join(summary(face) for face in frame.faces) or "no face"
        self._out.write(f"{frame.time_s:7.2f} s   {faces}\n")
        return True


def face_lines(frame: Frame, *, width: int, has_colour: bool) -> list[str]:
    """Return the first face's units in as many columns as fit, the others in a line each."""
    if not frame.faces:
        return ["no face"]
    first, *others = frame.faces
    cells = [_cell(first, row, has_colour=has_colour) for row in range(len(first.units))]
    columns = max(1, (width + GAP) // (CELL + GAP))
    rows = -(-len(cells) // columns)
    grid = [(" " * GAP).join(cells[row::rows]) for row in range(rows)]
    return [summary(first), "", *grid, "", *(summary(face) for face in others)]


def summary(face: Face) -> str:
    """Return one face in a line: number, what is present in FACS notation, head."""
    pitch, yaw, roll = (round(math.degrees(angle)) for angle in face.head_pose_rad)
    return f"face {face.face_id}   {write(face.action_units)}   pitch {pitch}°  yaw {yaw}°  roll {roll}°"


def bar(value: float, *, length: int) -> str:
    """Return a bar for an intensity 0-5, in eighths of a character.

    >>> bar(5.0, length=2), bar(1.25, length=2), bar(0.0, length=2)
    ('██', '▌ ', '  ')
    """
    eighths = round(min(max(value / MAX_INTENSITY, 0.0), 1.0) * 8 * length)
    whole, part = divmod(eighths, 8)
    return ("█" * whole + (EIGHTHS[part] if part else "")).ljust(length)


def _cell(face: Face, row: int, *, has_colour: bool) -> str:
    """Return number, name and bars of a unit; faint when it is more likely absent."""
    code, levels, sds = face.units[row], face.intensity[row], face.intensity_sd[row]
    is_present = any(presence(float(v), float(sd)) >= 0.5 for v, sd in zip(levels, sds, strict=True))
    name = f"{code:2} {UNITS[code].name[:NAME]:{NAME}} "
    if UNITS[code].is_sided:
        bars = [bar(float(level), length=BAR) for level in levels]
        shown = " ".join(_painted(b, c, has_colour) for b, c in zip(bars, (LEFT_COLOUR, RIGHT_COLOUR), strict=True))
    else:
        shown = _painted(bar(float(levels.max()), length=2 * BAR + 1), MIDLINE_COLOUR, has_colour)
    return name + shown if is_present or not has_colour else FAINT + name + PLAIN + shown


def _painted(text: str, colour: tuple[int, ...], has_colour: bool) -> str:
    red, green, blue = colour
    return f"\x1b[38;2;{red};{green};{blue}m{text}{PLAIN}" if has_colour else text
