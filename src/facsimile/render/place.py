"""A place to be in: flat panels, lamps and sky, seen from anywhere near the head.

One description gives the light on the face and the picture behind it, so the two agree. Coordinates are decimetres from
the middle of the face, x to the left of somebody who looks along +z, y up; the camera stands at +z. The whole place may
be turned about the vertical. Radiance is linear RGB.
"""

import math
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float, Float32

from facsimile.kernel import lean_kernel

PLAIN, TILES, PLANKS, BRICKS, FACADE, BOOKS, FOLIAGE, FOLDS, MOTTLE, POSTER, OUTSIDE, RING, DISC = range(13)
"""Patterns of a panel; what ``period`` and ``second`` mean is said in ``pattern_colour``."""
(
    AXIS,
    OFFSET,
    U_LOW,
    U_HIGH,
    V_LOW,
    V_HIGH,
    PATTERN,
    EMITS,
    PERIOD_U,
    PERIOD_V,
    SEED,
    FIRST,
    SECOND,
    COLUMNS,
) = (0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 14, 17)
"""Columns of the panel table; FIRST and SECOND are colours of three columns."""
CORNER_DM, CORNER_SHADE = 3.0, 0.45
"""Walls darken by CORNER_SHADE towards their edges, over about this distance."""
LARGE_DM = 14.0
"""Panels wider than this are walls, whose edges are corners of the room."""


class Sky(NamedTuple):
    """What is seen past all panels."""

    zenith: np.ndarray
    horizon: np.ndarray
    ground: np.ndarray
    cloud: np.ndarray
    cover: np.float32
    """Part of the sky under cloud, 0-1."""
    seed: np.int64


@dataclass(frozen=True)
class Source:
    """A lamp, window or sun: ``towards`` unit direction from the face, ``colour`` irradiance / pi on a surface facing
    it, ``radius`` half its angular size (rad), ``panel`` its row in the panel table or -1."""

    towards: Float32[np.ndarray, " 3"]
    colour: Float32[np.ndarray, " 3"]
    radius: float
    panel: int = -1


@dataclass(frozen=True)
class Place:
    """Panels in front of a sky, with the light of lamps on them."""

    kind: str
    panels: Float32[np.ndarray, "Q 17"]
    """Axis-parallel rectangles, nearest first; columns as above."""
    sky: Sky
    ambient: Float32[np.ndarray, " 3"]
    """Light that reaches every surface alike."""
    turn_rad: float
    """Angle by which the place is turned to its left about the vertical."""
    distant: tuple[Source, ...] = ()
    """Sun and the like: too far away to be a panel; directions before the turn."""
    lit_by: Float32[np.ndarray, "K 8"] | None = None
    """Lamps that light the panels; None: the panels that shine, and ``distant``."""

    def tinted(self, gain: Float[np.ndarray, " 3"]) -> "Place":
        """Return the place with all light multiplied by ``gain``."""
        factor = gain.astype(np.float32)
        panels = self.panels.copy()
        emits = panels[:, EMITS] > 0
        for first in (FIRST, SECOND):
            panels[emits, first : first + 3] *= factor
        colours = [colour * factor for colour in (self.sky.zenith, self.sky.horizon, self.sky.ground, self.sky.cloud)]
        distant = tuple(replace(source, colour=source.colour * factor) for source in self.distant)
        sky = self.sky._replace(zenith=colours[0], horizon=colours[1], ground=colours[2], cloud=colours[3])
        return replace(self, panels=panels, sky=sky, ambient=self.ambient * factor, distant=distant)

    def sources(self) -> tuple[Source, ...]:
        """List everything that shines by itself apart from the sky, brightest first, in the head's frame."""
        shining = np.flatnonzero(self.panels[:, EMITS] > 0)
        lamps = [*self.distant, *(lamp_source(self.panels[row], int(row)) for row in shining)]
        turned = (replace(lamp, towards=_turned(lamp.towards, self.turn_rad)) for lamp in lamps)
        return tuple(sorted(turned, key=lambda lamp: -float(lamp.colour.sum())))

    def without(self, sources: tuple[Source, ...]) -> "Place":
        """Return the place with some of its sources looking black; what they light stays lit."""
        rows = [source.panel for source in sources if source.panel >= 0]
        panels = self.panels.copy()
        panels[rows, FIRST:COLUMNS] = 0
        return replace(self, panels=panels, lit_by=_lamp_table(self))

    def seen(
        self, origin: Float32[np.ndarray, " 3"], directions: Float32[np.ndarray, "N 3"], *, beyond: float = 0.0
    ) -> Float32[np.ndarray, "N 3"]:
        """Return the radiance that arrives at ``origin`` from unit ``directions`` in the head's frame.

        Panels nearer than ``beyond`` (dm) are looked through.
        """
        out = np.empty_like(directions)
        start = _turned(origin, -self.turn_rad)
        cosine, sine = np.float32(math.cos(self.turn_rad)), np.float32(math.sin(self.turn_rad))
        lamps = _lamp_table(self) if self.lit_by is None else self.lit_by
        look(start, directions, cosine, sine, np.float32(beyond), self.panels, lamps, self.sky, self.ambient, out)
        return out


def panel(
    axis: int,
    offset: float,
    u: tuple[float, float],
    v: tuple[float, float],
    colour: np.ndarray,
    *,
    second: np.ndarray | None = None,
    pattern: int = PLAIN,
    period: tuple[float, float] = (1.0, 1.0),
    emits: bool = False,
    seed: int = 0,
) -> np.ndarray:
    """Return a row of the panel table: a rectangle in the plane ``axis`` = ``offset``.

    u, v are the remaining coordinates: (z, y) for axis 0, (x, z) for axis 1, (x, y) for axis 2.
    """
    row = np.zeros(COLUMNS, np.float32)
    row[:FIRST] = (axis, offset, *u, *v, pattern, emits, *period, seed)
    row[FIRST:SECOND] = colour
    row[SECOND:] = colour if second is None else second
    return row


def lamp_source(row: np.ndarray, number: int) -> Source:
    """Return what the middle of an emitting panel sends to the face; dm."""
    middle = panel_middle(row)
    distance = float(np.linalg.norm(middle))
    towards = middle / np.float32(distance)
    area = float((row[U_HIGH] - row[U_LOW]) * (row[V_HIGH] - row[V_LOW]))
    slant = abs(float(towards[int(row[AXIS])]))
    strength = area * slant / (math.pi * (distance * distance + area / 4))
    colour = (row[FIRST:SECOND] + row[SECOND:]) * np.float32(0.5 * strength)
    return Source(towards, colour, math.atan(math.sqrt(area / math.pi) / distance), number)


def panel_middle(row: np.ndarray) -> Float32[np.ndarray, " 3"]:
    """Return the middle of a panel."""
    axis, u, v = int(row[AXIS]), (row[U_LOW] + row[U_HIGH]) / 2, (row[V_LOW] + row[V_HIGH]) / 2
    points = ((row[OFFSET], v, u), (u, row[OFFSET], v), (u, v, row[OFFSET]))
    return np.array(points[axis], np.float32)


def _turned(vector: np.ndarray, angle: float) -> Float32[np.ndarray, " 3"]:
    cosine, sine = math.cos(angle), math.sin(angle)
    x, y, z = (float(value) for value in vector)
    return np.array([cosine * x + sine * z, y, cosine * z - sine * x], np.float32)


def _lamp_table(place: Place) -> Float32[np.ndarray, "K 8"]:
    """Return for each emitting panel its middle, axis (-1: distant) and power / pi; suns have a direction instead."""
    rows = [
        [*panel_middle(row), row[AXIS], *(row[FIRST:SECOND] + row[SECOND:]) / 2 * _area(row) / np.pi, _area(row)]
        for row in place.panels[place.panels[:, EMITS] > 0]
    ]
    rows += [[*sun.towards, -1.0, *sun.colour, 0.0] for sun in place.distant]
    return np.array(rows, np.float32).reshape(-1, 8)


def _area(row: np.ndarray) -> float:
    return float((row[U_HIGH] - row[U_LOW]) * (row[V_HIGH] - row[V_LOW]))


@lean_kernel
def cell_noise(i, j, seed):
    """Return a number 0-1 that belongs to cell (i, j) (integer hash; constants of Teschner et al. 2003 and Jenkins)."""
    n = (i * 73856093) ^ (j * 19349663) ^ (seed * 83492791)
    n = ((n ^ (n >> 13)) * 1274126177) & 0x7FFFFFFF
    return ((n ^ (n >> 15)) & 0xFFFF) * np.float32(1 / 65535)


@lean_kernel
def smooth_noise(u, v, seed):
    """Return value noise 0-1 with one blob per unit."""
    fu, fv = math.floor(u), math.floor(v)
    i, j = int(fu), int(fv)
    a, b = np.float32(u - fu), np.float32(v - fv)
    a, b = a * a * (np.float32(3) - a - a), b * b * (np.float32(3) - b - b)
    top = cell_noise(i, j, seed) * (np.float32(1) - a) + cell_noise(i + 1, j, seed) * a
    bottom = cell_noise(i, j + 1, seed) * (np.float32(1) - a) + cell_noise(i + 1, j + 1, seed) * a
    return top * (np.float32(1) - b) + bottom * b


@lean_kernel
def rough_noise(u, v, seed):
    """Return three octaves of noise, 0-1, mean 1/2, turned against each other so that no grid shows."""
    total = np.float32(0.45) * smooth_noise(u, v, seed)
    total += np.float32(0.32) * smooth_noise(u * 2.1 + v * 1.7, v * 2.1 - u * 1.7, seed + 7)
    return total + np.float32(0.23) * smooth_noise(u * 2.6 - v * 6.4, v * 2.6 + u * 6.4, seed + 19)


@lean_kernel
def pattern_value(kind, u, v, width, height, period_u, period_v, seed):
    """Return (share of the second colour 0-1, brightness factor, hue 0-1 or -1 for none); share below 0 is a hole.

    ``u``, ``v`` run from a corner of the panel (dm). TILES and BRICKS: size of a tile, second colour in the joints.
    PLANKS: width and length of a board. FACADE: spacing of windows, second colour in them. BOOKS: width of a book and
    height of a shelf. FOLIAGE: size of a leaf cluster and density 0-1. FOLDS: spacing. MOTTLE: size and strength of
    blotches. POSTER: size of shapes. OUTSIDE: number of panes across and down, second colour below the horizon.
    RING, DISC: inscribed in the panel.
    """
    zero, one, half = np.float32(0), np.float32(1), np.float32(0.5)
    if kind == PLAIN:
        return zero, one, -one
    i, j = math.floor(u / period_u), math.floor(v / period_v)
    a, b = np.float32(u / period_u - i), np.float32(v / period_v - j)
    if kind in (TILES, BRICKS):
        if kind == BRICKS and int(j) % 2 == 1:
            a += half
            i, a = (i + 1, a - one) if a >= one else (i, a)
        line = np.float32(0.12) / period_u
        joint = one if a < line or b < np.float32(0.12) / period_v else zero
        shade = one + (cell_noise(int(i), int(j), seed) - half) * (half if kind == BRICKS else np.float32(0.06))
        return joint, shade, -one
    if kind == PLANKS:
        grain = smooth_noise(u * 14 / period_u, v * np.float32(0.8), seed)
        board = cell_noise(int(i), math.floor(v / period_v + cell_noise(int(i), 3, seed) * 5), seed)
        gap = np.float32(0.55) if a < np.float32(0.06) else one
        return board, gap * (np.float32(0.85) + np.float32(0.3) * grain), -one
    if kind == FACADE:
        pane = abs(a - half) < np.float32(0.27) and abs(b - half) < np.float32(0.34)
        light = cell_noise(int(i), int(j), seed)
        return (one if pane else zero), (half + light if pane else one), -one
    if kind == BOOKS:
        if b < np.float32(0.07):
            return one, np.float32(0.9), -one
        slot, place = int(i), a
        if cell_noise(slot >> 1, int(j), seed + 5) < np.float32(0.35):  # a thick book takes two places
            place = (place + (slot & 1)) * half
            slot = slot >> 1 | 1024
        tall = np.float32(0.62) + np.float32(0.3) * cell_noise(slot, int(j), seed + 1)
        empty = cell_noise(slot, int(j), seed + 2) < np.float32(0.08)
        if b > tall or empty:
            return one, np.float32(0.28), -one
        edge = one - half * abs(place * 2 - one) ** 6
        return zero, edge * (np.float32(0.25) + cell_noise(slot, int(j), seed + 3)), cell_noise(slot, int(j), seed + 4)
    if kind == FOLIAGE:
        away = max(abs(u / width * 2 - one), abs(v / height * 2 - one))
        leaf = rough_noise(u / period_u, v / period_u, seed)
        if leaf < (one - period_v) * half + np.float32(0.42) * away**6:
            return -one, one, -one
        bright = rough_noise(u * 2.3 / period_u, v * 2.3 / period_u, seed + 31)
        return bright, np.float32(0.35) + np.float32(1.3) * bright, -one
    if kind == FOLDS:
        phase = u / period_u + smooth_noise(u / period_u * half, v * np.float32(0.02), seed)
        return zero, np.float32(0.8) + np.float32(0.22) * math.sin(phase * np.float32(6.2832)), -one
    if kind == MOTTLE:
        return zero, one + (rough_noise(u / period_u, v / period_u, seed) - half) * period_v, -one
    if kind == POSTER:
        tone = smooth_noise(u / period_u, v / period_v, seed)
        soft = min(one, max(zero, (tone - np.float32(0.4)) * 6))
        return (
            soft,
            np.float32(0.6) + np.float32(0.8) * smooth_noise(u * 2 / period_u, v * 2 / period_v, seed + 3),
            -one,
        )
    if kind == OUTSIDE:
        a, b = u / width * period_u, v / height * period_v
        if abs(a - math.floor(a + half)) < np.float32(0.03) * period_u:
            return half, np.float32(0.12), -one
        if abs(b - math.floor(b + half)) < np.float32(0.03) * period_v:
            return half, np.float32(0.12), -one
        skyline = np.float32(0.25) + np.float32(0.35) * rough_noise(u * np.float32(0.35), zero, seed)
        below = one if v / height < skyline else zero
        return below, np.float32(0.7) + np.float32(0.6) * rough_noise(u, v, seed + 9), -one
    radius = math.sqrt((u / width - half) ** 2 + (v / height - half) ** 2)
    if kind == DISC:
        return (zero, one, -one) if radius < half else (-one, one, -one)
    if np.float32(0.34) < radius < half:
        return zero, one, -one
    return -one, one, -one


@lean_kernel
def panel_light(x, y, z, axis, lamps, ambient, red, green, blue):
    """Return the radiance of a matt surface of the given albedo at a point: lamps and ambient, nothing hides them."""
    e0, e1, e2 = ambient[0], ambient[1], ambient[2]
    for k in range(lamps.shape[0]):
        dx, dy, dz = lamps[k, 0], lamps[k, 1], lamps[k, 2]
        fall: Any = np.float32(1)
        if lamps[k, 3] >= 0:
            dx, dy, dz = dx - x, dy - y, dz - z
            square = dx * dx + dy * dy + dz * dz
            length = math.sqrt(square) + np.float32(1e-4)
            dx, dy, dz = dx / length, dy / length, dz / length
            slant = abs(dx) if lamps[k, 3] == 0 else (abs(dy) if lamps[k, 3] == 1 else abs(dz))
            fall = slant / (square + np.float32(0.25) * lamps[k, 7] + np.float32(0.5))
        facing = -dx * x if axis == 0 else (-dy * y if axis == 1 else -dz * z)
        scale = abs(x) if axis == 0 else (abs(y) if axis == 1 else abs(z))
        cosine = max(np.float32(0), facing / (scale + np.float32(1e-6))) * fall
        e0, e1, e2 = e0 + lamps[k, 4] * cosine, e1 + lamps[k, 5] * cosine, e2 + lamps[k, 6] * cosine
    return e0 * red, e1 * green, e2 * blue


@lean_kernel
def sky_colour(dx, dy, dz, sky):
    """Return the radiance of the sky: a gradient with clouds above the horizon, ground below."""
    if dy < 0:
        return sky.ground[0], sky.ground[1], sky.ground[2]
    high = math.sqrt(dy)
    low = np.float32(1) - high
    r = sky.zenith[0] * high + sky.horizon[0] * low
    g = sky.zenith[1] * high + sky.horizon[1] * low
    b = sky.zenith[2] * high + sky.horizon[2] * low
    if sky.cover > 0 and dy > np.float32(0.02):
        scale = np.float32(1.5) / (dy + np.float32(0.12))
        thick = rough_noise(dx * scale + 50, dz * scale + 50, sky.seed) - np.float32(1) + sky.cover
        part = min(np.float32(1), max(np.float32(0), thick * 4 + np.float32(0.3)))
        shade = np.float32(0.75) + np.float32(0.5) * rough_noise(dx * scale * 2, dz * scale * 2, sky.seed + 3)
        r += (sky.cloud[0] * shade - r) * part
        g += (sky.cloud[1] * shade - g) * part
        b += (sky.cloud[2] * shade - b) * part
    return r, g, b


@lean_kernel
def look(origin, directions, cosine, sine, beyond, panels, lamps, sky, ambient, out):
    """Write the radiance [N,3] seen from ``origin`` (in the place's frame) along directions of the head's frame.

    ``cosine``, ``sine`` are of the place's turn. The first panel that a ray meets hides those after it.
    """
    half, one = np.float32(0.5), np.float32(1)
    for n in range(directions.shape[0]):
        dx = cosine * directions[n, 0] - sine * directions[n, 2]
        dy = directions[n, 1]
        dz = cosine * directions[n, 2] + sine * directions[n, 0]
        found = False
        for q in range(panels.shape[0]):
            axis = int(panels[q, AXIS])
            along = dx if axis == 0 else (dy if axis == 1 else dz)
            start = origin[axis]
            if abs(along) < np.float32(1e-5):
                continue
            t = (panels[q, OFFSET] - start) / along
            if t <= beyond:
                continue
            x, y, z = origin[0] + dx * t, origin[1] + dy * t, origin[2] + dz * t
            u = z if axis == 0 else x
            v = z if axis == 1 else y
            if u < panels[q, U_LOW] or u > panels[q, U_HIGH] or v < panels[q, V_LOW] or v > panels[q, V_HIGH]:
                continue
            width, height = panels[q, U_HIGH] - panels[q, U_LOW], panels[q, V_HIGH] - panels[q, V_LOW]
            u, v = u - panels[q, U_LOW], v - panels[q, V_LOW]
            seed = np.int64(panels[q, SEED])
            kind = np.int64(panels[q, PATTERN])
            part, shade, hue = pattern_value(kind, u, v, width, height, panels[q, PERIOD_U], panels[q, PERIOD_V], seed)
            if part < 0:
                continue
            r = (panels[q, FIRST] * (one - part) + panels[q, SECOND] * part) * shade
            g = (panels[q, FIRST + 1] * (one - part) + panels[q, SECOND + 1] * part) * shade
            b = (panels[q, FIRST + 2] * (one - part) + panels[q, SECOND + 2] * part) * shade
            if hue >= 0:
                swing = np.float32(0.6)
                r *= one + swing * math.cos(hue * np.float32(6.2832))
                g *= one + swing * half * math.cos(hue * np.float32(6.2832) - np.float32(2.09))
                b *= one + swing * math.cos(hue * np.float32(6.2832) + np.float32(2.09))
            if panels[q, EMITS] <= 0:
                r, g, b = panel_light(x, y, z, axis, lamps, ambient, r, g, b)
                if width > np.float32(LARGE_DM) and height > np.float32(LARGE_DM):
                    edge = min(min(u, width - u), min(v, height - v))
                    dim = one - np.float32(CORNER_SHADE) * math.exp(-edge / np.float32(CORNER_DM))
                    r, g, b = r * dim, g * dim, b * dim
            out[n, 0], out[n, 1], out[n, 2] = r, g, b
            found = True
            break
        if not found:
            out[n, 0], out[n, 1], out[n, 2] = sky_colour(dx, dy, dz, sky)
