"""Draw what was read over the picture: landmarks, gaze, and beside it one bar per action unit and side.

Bars run from 0 to 5; the whisker is one standard deviation. A unit is bright when it is more likely present than not.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image, ImageDraw, ImageFont

from facsimile.detect.faces import Face, Frame
from facsimile.detect.reader import MAX_INTENSITY, presence
from facsimile.facs.action_units import UNITS
from facsimile.facs.intensity import letter_of

HEIGHT = 960
"""Height of the drawing in pixels; the photo is scaled to it, so that text is readable whatever the photo's size."""
MAX_PHOTO_WIDTH = 1440
PANEL_WIDTH = 430
MAX_PANELS = 3
"""Faces with a panel; the others only get their outline."""
SUPERSAMPLE = 2
"""Drawn this much larger and scaled down, for smooth lines."""

BACKGROUND = (17, 19, 24)
TRACK = (38, 42, 51)
QUIET = (150, 156, 168)
BRIGHT = (238, 240, 244)
CASING = (12, 14, 18)
"""Round every line and number on the photo, so that they stand out from pale skin and dark alike."""
LEFT_COLOUR = (255, 176, 84)
RIGHT_COLOUR = (98, 178, 255)
MIDLINE_COLOUR = (152, 214, 140)
FACE_COLOURS = ((255, 255, 255), (255, 209, 102), (120, 220, 232), (198, 160, 246), (166, 218, 149), (245, 150, 170))

OUTLINES = (
    (range(0, 17), False),
    (range(17, 22), False),
    (range(22, 27), False),
    (range(27, 31), False),
    (range(31, 36), False),
    (range(36, 42), True),
    (range(42, 48), True),
    (range(48, 60), True),
    (range(60, 68), True),
)
"""iBUG-68 outlines (Sagonas et al. 2013) and whether they close: jaw, brows, nose, eyes, lips."""
CORNER_PAD = 0.08
"""Space between the box round the landmarks and its corners, in widths of the box."""
IRISES = ((68, slice(42, 48)), (69, slice(36, 42)))
"""Landmark of each iris and the lid points of the same eye."""


Number = float | int
Boxed = tuple[Number, Number, Number, Number]


@dataclass(frozen=True)
class _Brush:
    """A canvas that takes coordinates of the final picture."""

    draw: ImageDraw.ImageDraw

    def line(self, points: Sequence[Sequence[Number]], colour: tuple[int, ...], *, width: Number):
        line = [tuple(float(v) * SUPERSAMPLE for v in p) for p in points]
        self.draw.line(line, fill=colour, width=max(1, round(width * SUPERSAMPLE)), joint="curve")

    def cased(self, lines: Sequence[Sequence[Sequence[Number]]], colour: tuple[int, ...], *, width: Number):
        for line in lines:
            self.line(line, CASING, width=width + 2 * _casing(width))
        for line in lines:
            self.line(line, colour, width=width)

    def dot(self, point: Sequence[Number], radius: Number, colour: tuple[int, ...]):
        x, y, r = float(point[0]) * SUPERSAMPLE, float(point[1]) * SUPERSAMPLE, radius * SUPERSAMPLE
        self.draw.ellipse([x - r, y - r, x + r, y + r], fill=colour)

    def cased_dot(self, point: Sequence[Number], radius: Number, colour: tuple[int, ...]):
        self.dot(point, radius + _casing(radius), CASING)
        self.dot(point, radius, colour)

    def label(self, at: tuple[Number, Number], words: str, colour: tuple[int, ...], *, size: Number, within: Boxed):
        """Write with a casing, above ``at`` if the words stay ``within`` x0, y0, x1, y1, else as near as they do."""
        wide, high = self.draw.textlength(words, font=_font(round(size * SUPERSAMPLE))) / SUPERSAMPLE, 1.2 * size
        x = min(max(at[0], within[0] + 3), within[2] - wide - 3)
        y = min(max(at[1] - high / 2, within[1] + high / 2), within[3] - high / 2)
        self.text((x, y), words, colour, size=size, casing=_casing(size / 6))

    def bar(self, box: tuple[Number, Number, Number, Number], colour: tuple[int, ...]):
        x0, y0, x1, y1 = (v * SUPERSAMPLE for v in box)
        if x1 - x0 >= 1:
            self.draw.rounded_rectangle([x0, y0, x1, y1], radius=(y1 - y0) / 2, fill=colour)

    def text(
        self,
        at: tuple[Number, Number],
        words: str,
        colour: tuple[int, ...],
        *,
        size: Number,
        anchor: str = "lm",
        casing: Number = 0,
    ):
        x, y = round(at[0] * SUPERSAMPLE), round(at[1] * SUPERSAMPLE)
        height, stroke = round(size * SUPERSAMPLE), round(casing * SUPERSAMPLE)
        for ink, reach in ((CASING, stroke), (colour, 0)):
            if ink is colour or stroke:
                mask, (left, top) = _written(words, height, anchor, reach)
                self.draw.bitmap((x + left, y + top), mask, fill=ink)


@functools.lru_cache(maxsize=1024)
def _written(words: str, size: int, anchor: str, stroke: int) -> tuple[Image.Image, tuple[int, int]]:
    """Return words as a mask and where it lies from the anchor; names and most numbers come back in every drawing."""
    font = _font(size)
    left, top, right, bottom = (round(v) for v in font.getbbox(words, anchor=anchor, stroke_width=stroke))
    mask = Image.new("L", (max(1, right - left), max(1, bottom - top)))
    ImageDraw.Draw(mask).text((-left, -top), words, fill=255, font=font, anchor=anchor, stroke_width=stroke)
    return mask, (left, top)


def _casing(width: Number) -> Number:
    """Return how far the casing of a line reaches beyond it: less round the thin lines of small faces."""
    return min(max(0.8 * width, 0.6), 1.5)


@functools.cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return Pillow's own font; loading it takes as long as drawing a line of text."""
    return ImageFont.load_default(size)


def draw_overlay(frame: Frame) -> UInt8[np.ndarray, "H2 W2 3"]:
    """Return an RGB picture, ``HEIGHT`` pixels high, of the frame with its readings."""
    height, width = frame.image.shape[:2]
    scale = min(HEIGHT / height, MAX_PHOTO_WIDTH / width)
    size = (max(1, round(width * scale)), max(1, round(height * scale)))
    shown = frame.faces[:MAX_PANELS]
    full = (size[0] + PANEL_WIDTH * max(1, len(shown)), HEIGHT)
    canvas = Image.new("RGB", (full[0] * SUPERSAMPLE, full[1] * SUPERSAMPLE), BACKGROUND)
    top = (HEIGHT - size[1]) // 2
    photo = _scaled(frame.image, (size[0] * SUPERSAMPLE, size[1] * SUPERSAMPLE))
    canvas.paste(Image.fromarray(photo), (0, top * SUPERSAMPLE))
    brush = _Brush(ImageDraw.Draw(canvas))
    offset = np.array([0.5 * scale, 0.5 * scale + top])
    within = (0, top, size[0], top + size[1])
    for number, face in enumerate(frame.faces):
        colour = FACE_COLOURS[number % len(FACE_COLOURS)]
        _draw_face(brush, face, scale=scale, offset=offset, colour=colour)
        if len(frame.faces) > 1:
            _draw_number(brush, face, scale=scale, offset=offset, colour=colour, within=within)
    brush.draw.rectangle([size[0] * SUPERSAMPLE, 0, canvas.width, canvas.height], fill=BACKGROUND)
    for number, face in enumerate(shown):
        _draw_panel(brush, face, left=size[0] + number * PANEL_WIDTH, colour=FACE_COLOURS[number])
    if not shown:
        brush.text((size[0] + PANEL_WIDTH / 2, HEIGHT / 2), "no face found", QUIET, size=22, anchor="mm")
    if left_out := len(frame.faces) - len(shown):
        words = f"{left_out} more face{'s' * (left_out > 1)} in the table only"
        brush.text((full[0] - 24, 92), words, QUIET, size=15, anchor="rm")
    return _scaled(np.asarray(canvas), full)


def _scaled(image: UInt8[np.ndarray, "H W 3"], size: tuple[int, int]) -> UInt8[np.ndarray, "H2 W2 3"]:
    """Return the picture at ``size`` (width, height): means of pixels where it shrinks, cubic where it grows."""
    is_smaller = size[0] < image.shape[1] or size[1] < image.shape[0]
    return cv2.resize(image, size, interpolation=cv2.INTER_AREA if is_smaller else cv2.INTER_CUBIC)


def _draw_face(brush: _Brush, face: Face, *, scale: Number, offset: np.ndarray, colour: tuple[int, ...]) -> None:
    points = face.landmarks * scale + offset
    width = float(np.clip(face.box[2] * scale / 220, 0.9, 2.0))
    lines = [points[[*indices, *indices[: 1 * closed]]].tolist() for indices, closed in OUTLINES]
    brush.cased(lines, colour, width=width)
    for iris, lids in IRISES:
        if iris < len(points):
            _draw_gaze(brush, points[iris], points[lids], face, width)
    _draw_corners(brush, face.box * scale + np.array([*offset, 0, 0]), colour, width * 1.6)


def _draw_gaze(
    brush: _Brush, iris: Float[np.ndarray, "2"], lids: Float[np.ndarray, "6 2"], face: Face, width: Number
) -> None:
    """Draw the iris and an arrow where it looks: head and eye rotation together, three eye widths long."""
    length = 3 * float(np.linalg.norm(lids[0] - lids[3]))
    yaw, pitch = float(face.head_pose_rad[1] + face.gaze_rad[0]), float(face.head_pose_rad[0] + face.gaze_rad[1])
    tip = iris + length * np.array([np.sin(yaw) * np.cos(pitch), -np.sin(pitch)])
    brush.cased([[iris.tolist(), tip.tolist()]], MIDLINE_COLOUR, width=width)
    brush.cased_dot(iris.tolist(), 1.8 * width, MIDLINE_COLOUR)


def _draw_corners(brush: _Brush, box: Float[np.ndarray, "4"], colour: tuple[int, ...], width: Number) -> None:
    x, y, w, h = (float(v) for v in box)
    pad, arm = CORNER_PAD * w, 0.16 * w
    corners = ((x, y, 1, 1), (x + w, y, -1, 1), (x, y + h, 1, -1), (x + w, y + h, -1, -1))
    angles = []
    for cx, cy, dx, dy in corners:
        px, py = cx - dx * pad, cy - dy * pad
        angles.append([(px + dx * arm, py), (px, py), (px, py + dy * arm)])
    brush.cased(angles, colour, width=width)


def _draw_number(
    brush: _Brush, face: Face, *, scale: Number, offset: np.ndarray, colour: tuple[int, ...], within: Boxed
) -> None:
    """Write the face's number above its corners, inside the photo."""
    x, y, w, _ = (float(v) for v in face.box * scale)
    at = (x + offset[0] - CORNER_PAD * w, y + offset[1] - CORNER_PAD * w - 4)
    brush.label(
        (float(at[0]), float(at[1])), str(face.face_id), colour, size=float(np.clip(w / 6, 15, 26)), within=within
    )


def _draw_panel(brush: _Brush, face: Face, *, left: Number, colour: tuple[int, ...]) -> None:
    x = left + 24
    brush.dot((x + 7, 36), 7, colour)
    brush.text((x + 24, 36), f"face {face.face_id}", BRIGHT, size=22)
    brush.text((left + PANEL_WIDTH - 24, 36), f"score {face.score:.2f}", QUIET, size=16, anchor="rm")
    pitch, yaw, roll = (round(float(v)) for v in np.degrees(face.head_pose_rad))
    brush.text((x, 66), f"pitch {pitch}°   yaw {yaw}°   roll {roll}°", QUIET, size=16)
    for name, tint, at in (("left", LEFT_COLOUR, 250), ("right", RIGHT_COLOUR, 312)):
        brush.dot((x + at, 66), 5, tint)
        brush.text((x + at + 11, 66), name, QUIET, size=16)
    step = (HEIGHT - 112 - 16) / max(1, len(face.units))
    step = min(step, 40.0)
    for row, code in enumerate(face.units):
        _draw_unit(brush, face, row, code, x=x, y=112 + (row + 0.5) * step, step=step)


def _draw_unit(brush: _Brush, face: Face, row: int, code: int, *, x: Number, y: Number, step: Number) -> None:
    intensity, sd = face.intensity[row], face.intensity_sd[row]
    present = max(presence(float(v), float(s)) for v, s in zip(intensity, sd, strict=True)) >= 0.5
    ink = BRIGHT if present else QUIET
    size = min(15.0, step * 0.62)
    brush.text((x, y), f"{code}", ink, size=size)
    brush.text((x + 28, y), UNITS[code].name, ink, size=size)
    sided = UNITS[code].is_sided
    colours = (LEFT_COLOUR, RIGHT_COLOUR) if sided else (MIDLINE_COLOUR,)
    thick = min(9.0, step * (0.3 if sided else 0.34))
    for side, tint in enumerate(colours):
        middle = y + (side - 0.5) * (thick + 1.5) if sided else y
        shade = tint if present else tuple((t + 2 * b) // 3 for t, b in zip(tint, BACKGROUND, strict=True))
        _draw_bar(brush, float(intensity[side]), float(sd[side]), x=x + 196, y=middle, thick=thick, colour=shade)
    strongest = float(intensity.max())
    brush.text((x + 366, y), f"{strongest:.1f}", ink, size=size, anchor="rm")
    brush.text((x + 382, y), letter_of(strongest), ink, size=size, anchor="rm")


def _draw_bar(
    brush: _Brush, value: Number, sd: Number, *, x: Number, y: Number, thick: Number, colour: tuple[int, ...]
) -> None:
    unit = 140 / MAX_INTENSITY
    brush.bar((x, y - thick / 2, x + 140, y + thick / 2), TRACK)
    brush.bar((x, y - thick / 2, x + value * unit, y + thick / 2), colour)
    low, high = (float(np.clip(value + sign * sd, 0, MAX_INTENSITY)) * unit for sign in (-1, 1))
    whisker = [[(x + low, y), (x + high, y)], [(x + high, y - thick / 2), (x + high, y + thick / 2)]]
    brush.cased(whisker, BRIGHT, width=1)
