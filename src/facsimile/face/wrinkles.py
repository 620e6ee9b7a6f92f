"""Fold and swell the skin where muscles pull: height maps per action unit and side, in mm, on the rest atlas.

Shape moves by millimetres, often less than two pixels; what people read in brows, eyes and nose is the light on folds.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float, Float32

from facsimile.face.regions import noise
from facsimile.face.rest import ATLAS_SIZE, TEXEL_MM, atlas, atlas_uv, front_lookup
from facsimile.face.skin import oldness
from facsimile.face.wrinkle_table import AGE_SHARES, UNIT_MARKS, Bulge, Fold, Mark
from facsimile.facs.action_units import unit_index
from facsimile.kernel import kernel

MIDLINE_BLEND = 0.05
"""Half width (dm) of the zone round the midline where the left half's map hands over to the right half's."""
DEPTH_BY_AGE = ((8.0, 25.0, 80.0), (0.35, 0.60, 1.25))
"""Age in years and depth of expression folds: elastic skin folds less and smoother."""
CAVITY_PER_MM = 0.34
"""Share of the sky that a groove 1 mm deep hides; a crease of 3 mm is nearly black."""
FADE = 0.3
"""Share of a fold's length over which each end fades out."""
BREAK_UP = 0.32
"""Spread of the depth along a fold."""
SMALLEST = 0.004
"""Height (mm) under which a map is cut off."""


@dataclass(frozen=True)
class WrinkleMaps:
    """Hold the maps: unit w is ``units[w]`` = (code, side), its crop starts at ``origin[w]`` = (row, column).

    ``height[w]`` [h,w] in mm at intensity 5, ``cavity[w]`` the depth of grooves alone (mm, 0 or more).
    """

    units: tuple[tuple[int, int], ...]
    origin: tuple[tuple[int, int], ...]
    height: tuple[Float32[np.ndarray, "..."], ...]
    cavity: tuple[Float32[np.ndarray, "..."], ...]


@kernel
def _draw_fold(path, width, fade, lip, origin_row, origin_column, height, cavity):
    """Carve a groove along a polyline [P,(column, row)]; ``width`` in texels; overlapping strokes keep the deepest."""
    last = path.shape[0] - 1
    for row in range(height.shape[0]):
        for column in range(height.shape[1]):
            x, y = column + origin_column, row + origin_row
            best, at = 1e9, 0.0
            for k in range(last):
                dx, dy = path[k + 1, 0] - path[k, 0], path[k + 1, 1] - path[k, 1]
                t = ((x - path[k, 0]) * dx + (y - path[k, 1]) * dy) / (dx * dx + dy * dy + 1e-12)
                t = min(1.0, max(0.0, t))
                gap = (x - path[k, 0] - t * dx) ** 2 + (y - path[k, 1] - t * dy) ** 2
                if gap < best:
                    best, at = gap, (k + t) / last
            if best < (5 * width) ** 2:
                end = min(1.0, min(at, 1 - at) / fade)
                end = end * end * (3 - 2 * end)
                groove = np.exp(-best / (2 * width * width))
                heap = np.exp(-best / (2 * (2.2 * width) ** 2))
                height[row, column] += end * (lip * heap - (1 + lip) * groove)
                cavity[row, column] += end * groove


def _smooth_path(points: Float[np.ndarray, "P 2"], count: int = 24) -> Float[np.ndarray, "N 2"]:
    """Return a Catmull-Rom curve through the points."""
    padded = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    position = np.linspace(0, len(points) - 1, count)
    k = np.minimum(position.astype(int), len(points) - 2)
    t = (position - k)[:, None]
    p0, p1, p2, p3 = (padded[k + i] for i in range(4))
    return 0.5 * (2 * p1 + (p2 - p0) * t + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2 + (3 * p1 - p0 - 3 * p2 + p3) * t**3)


def _texel_path(fold: Fold, sign: float) -> Float[np.ndarray, "N 2"]:
    """Return the fold's curve in atlas columns and rows."""
    path = _smooth_path(np.asarray(fold.path, np.float64))
    z = front_lookup(path[:, 0], path[:, 1])[2].astype(np.float64)
    points = np.stack([sign * path[:, 0], path[:, 1], np.where(np.isfinite(z), z, 0.8)], -1)
    return atlas_uv(points)


def _broken(stroke: Float32[np.ndarray, "h w"], window: tuple[slice, slice]) -> Float32[np.ndarray, "h w"]:
    """Return a stroke deepened and shallowed along its way, as skin never folds evenly."""
    return stroke * np.clip(1 + BREAK_UP * noise(4.0, 6)[window], 0.15, 2)


def _draw_mark(mark: Mark, height: Float32[np.ndarray, "H W"], cavity: Float32[np.ndarray, "H W"]) -> None:
    """Add a mark and its mirror image to whole-atlas maps."""
    if isinstance(mark, Bulge):
        height += np.float32(mark.height_mm) * atlas().blob(*mark.centre, *mark.radii)
        cavity += np.float32(max(0.0, -mark.height_mm)) * atlas().blob(*mark.centre, *mark.radii)
        return
    for sign in (1.0, -1.0):
        path = _texel_path(mark, sign)
        width = mark.width_mm / 2 / TEXEL_MM
        low = np.maximum(np.floor(path.min(0) - 5 * width).astype(int), 0)
        high = np.minimum(np.ceil(path.max(0) + 5 * width).astype(int) + 1, (ATLAS_SIZE[1], ATLAS_SIZE[0]))
        window = (slice(low[1], high[1]), slice(low[0], high[0]))
        stroke = np.zeros((2, high[1] - low[1], high[0] - low[0]), np.float32)
        _draw_fold(path, width, FADE, mark.lip, low[1], low[0], stroke[0], stroke[1])
        height[window] += np.float32(mark.depth_mm) * _broken(stroke[0], window)
        cavity[window] += np.float32(mark.depth_mm) * _broken(stroke[1], window)


def _left_half(code: int) -> tuple[tuple[int, int], Float32[np.ndarray, "h w"], Float32[np.ndarray, "h w"]]:
    """Return origin, height and cavity of a unit's left map; left and right add up to the whole face's."""
    height, cavity = np.zeros((2, *ATLAS_SIZE), np.float32)
    for mark in UNIT_MARKS[code]:
        _draw_mark(mark, height, cavity)
    height = np.asarray((height + height[:, ::-1]) / 2, np.float32)
    cavity = np.asarray((cavity + cavity[:, ::-1]) / 2, np.float32)
    t = np.clip(atlas().x / (2 * MIDLINE_BLEND) + 0.5, 0, 1)
    left = np.asarray(t * t * (3 - 2 * t), np.float32)
    height, cavity = height * left, cavity * left
    rows = np.flatnonzero((np.abs(height) > SMALLEST).any(1))
    columns = np.flatnonzero((np.abs(height) > SMALLEST).any(0))
    window = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    return (int(rows[0]), int(columns[0])), height[window].copy(), cavity[window].copy()


@lru_cache(maxsize=1)
def wrinkle_maps() -> WrinkleMaps:
    """Return the maps of all units and both sides, drawn once per process; right is the exact mirror image of left."""
    units, origins, heights, cavities = [], [], [], []
    for code in UNIT_MARKS:
        origin, height, cavity = _left_half(code)
        mirrored = (origin[0], ATLAS_SIZE[1] - origin[1] - height.shape[1])
        units += [(code, 0), (code, 1)]
        origins += [origin, mirrored]
        heights += [height, np.ascontiguousarray(height[:, ::-1])]
        cavities += [cavity, np.ascontiguousarray(cavity[:, ::-1])]
    return WrinkleMaps(tuple(units), tuple(origins), tuple(heights), tuple(cavities))


def _weight(intensity: float, code: int, *, age: float) -> float:
    """Return the factor on a unit's map: expression folds plus what age has left in the resting face."""
    contraction = float(np.interp(age, *DEPTH_BY_AGE)) * max(0.0, intensity) / 5
    return contraction + AGE_SHARES.get(code, 0.0) * oldness(age) * max(0.0, 1 - intensity / 5)


def wrinkle_height(
    action_units: Float[np.ndarray, "A 2"], age: float, *, strength: float = 1.0
) -> tuple[Float32[np.ndarray, "H W"], Float32[np.ndarray, "H W"]]:
    """Return the height (mm) and the cavity (0-1, share of light lost) that wrinkles add to the skin.

    ``action_units`` are intensities 0-5 in the order of ``LABEL_UNITS``, NaN counts as 0; ``age`` in years deepens the
    folds and leaves some at rest; ``strength`` is the person's own (``Appearance.wrinkle_strength``).
    """
    maps = wrinkle_maps()
    height, cavity = np.zeros((2, *ATLAS_SIZE), np.float32)
    intensity = np.nan_to_num(action_units, nan=0.0)
    for (code, side), (row, column), fold, groove in zip(
        maps.units, maps.origin, maps.height, maps.cavity, strict=True
    ):
        weight = np.float32(strength * _weight(float(intensity[unit_index(code), side]), code, age=age))
        if weight > 0:
            window = (slice(row, row + fold.shape[0]), slice(column, column + fold.shape[1]))
            height[window] += weight * fold
            cavity[window] += weight * groove
    np.clip(CAVITY_PER_MM * cavity, 0, 0.85, out=cavity)
    return height, cavity
