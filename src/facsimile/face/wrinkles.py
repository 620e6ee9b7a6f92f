"""Fold and swell the skin where muscles pull: height maps per action unit and side, in mm, on the rest atlas.

Shape moves by millimetres, often less than two pixels; what people read in brows, eyes and nose is the light on folds.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from jaxtyping import Float, Float32, Int

from facsimile.face.regions import noise
from facsimile.face.rest import ATLAS_SIZE, TEXEL_MM, atlas, atlas_uv, front_lookup
from facsimile.face.skin import oldness
from facsimile.face.wrinkle_layout import WrinkleStyle, person_marks
from facsimile.face.wrinkle_table import AGE_SHARES, REST, UNIT_MARKS, Bulge, Fold, Mark
from facsimile.facs.action_units import unit_index
from facsimile.kernel import kernel

MIDLINE_BLEND = 0.05
"""Half width (dm) of the zone round the midline where the left half's map hands over to the right half's."""
DEPTH_BY_AGE = ((6.0, 14.0, 25.0, 45.0, 65.0, 85.0), (0.22, 0.42, 0.72, 1.0, 1.2, 1.35))
"""Age in years and depth of expression folds: elastic skin folds less and smoother."""
EARLY = 0.45
"""Folds come early: at intensity share u the depth is u (1 + EARLY - EARLY u) of the whole."""
REST_BEND = 1.5
"""Exponent on old age, 0 at 25 years and 1 at 80: lines at rest come late."""
LEAST_REST = 0.03
"""Share of a fold too faint to be drawn at rest."""
CAVITY_PER_MM = 0.34
"""Share of the sky that a groove 1 mm deep hides; a crease of 3 mm is nearly black."""
MAX_CAVITY = 0.85
FADE = 0.3
"""Share of a fold's length over which each end fades out."""
STEEPEST = 0.72
"""Deepest fold as a share of its width: skin folds over before it stands steeper."""
BREAK_UP = 0.32
"""Spread of the depth along a fold."""
CROP_STEP = 8
"""Crops start and end at multiples of this many texels, so that they shrink as the whole atlas does."""
REACH, BULGE_REACH = 5, 3
"""Half widths of a fold and deviations of a bulge after which they are not drawn."""
PIT_RADIUS = 0.012
"""Radius (dm) up to which a hollow is as dark as a groove of its depth; wider ones see more sky."""
BESIDE_Z = 0.8
"""Depth (dm) taken for points beside the face."""
PLACE_MM, DEPTH_SPREAD = 1.3, 0.28
"""Standard deviation of a mark's place, and of the logarithm of its depth, between people."""
SIDE_PLACE_MM, SIDE_DEPTH_SPREAD = 0.7, 0.25
"""The same between the sides of a face of asymmetry 1."""
ONSET_SPREAD_YEARS, ONSET_YEARS = 8.0, 20.0
"""How far people differ in when a late fold comes, and how long it takes to be whole."""
CURVE_POINTS = 20


@kernel
def _draw_folds(curves, width, depth, lip, bias, windows, rough, step, top, left, out):
    """Carve grooves along polylines [S,P,(column, row)] into ``out``, whose first texel is (top, left).

    ``width`` in texels; ``bias`` heaps more skin on the left hand (+) of one who walks along the curve, as seen in the
    atlas; ``windows`` [S,4]: first row and column, row and column after the last. ``rough`` has ``step`` texels for
    each of ``out``.
    """
    for s in range(curves.shape[0]):
        path, wide, first_row, first_column = curves[s], width[s], windows[s, 0], windows[s, 1]
        rows, columns = windows[s, 2] - first_row, windows[s, 3] - first_column
        nearest = np.full((rows, columns), np.float32(1e9))
        at = np.zeros((rows, columns), np.float32)
        hand = np.zeros((rows, columns), np.float32)
        last, reach = path.shape[0] - 1, REACH * wide
        for k in range(last):
            x0, y0 = path[k, 0] - first_column, path[k, 1] - first_row
            dx, dy = path[k + 1, 0] - path[k, 0], path[k + 1, 1] - path[k, 1]
            length2 = dx * dx + dy * dy + 1e-12
            for row in range(max(0, int(min(y0, y0 + dy) - reach)), min(rows, int(max(y0, y0 + dy) + reach) + 1)):
                low, high = int(min(x0, x0 + dx) - reach), int(max(x0, x0 + dx) + reach) + 1
                for column in range(max(0, low), min(columns, high)):
                    px, py = column - x0, row - y0
                    t = min(1.0, max(0.0, (px * dx + py * dy) / length2))
                    gap = (px - t * dx) ** 2 + (py - t * dy) ** 2
                    if gap < nearest[row, column]:
                        nearest[row, column] = gap
                        at[row, column] = (k + t) / last
                        hand[row, column] = (px * dy - py * dx) / np.sqrt(length2)
        for row in range(rows):
            for column in range(columns):
                gap = nearest[row, column]
                if gap < reach * reach:
                    end = min(1.0, min(at[row, column], 1 - at[row, column]) / FADE)
                    strength = depth[s] * end * end * (3 - 2 * end)
                    strength *= min(
                        2.0, max(0.15, 1 + BREAK_UP * rough[(first_row + row) * step, (first_column + column) * step])
                    )
                    groove = np.exp(-gap / (2 * wide * wide))
                    heap = np.exp(-gap / (2 * (2 * wide) ** 2))
                    side = 1 + bias[s] * min(1.0, max(-1.0, hand[row, column] / wide))
                    i, j = first_row + row - top, first_column + column - left
                    out[i, j, 0] += strength * (lip[s] * side * (heap - groove) - groove)
                    out[i, j, 1] += max(0.0, strength) * groove


@kernel
def _draw_bulges(shape, windows, position, step, top, left, out):
    """Add soft hills, or hollows of negative height: ``shape`` [S,5] centre x, y and radii (dm), height (mm)."""
    for s in range(shape.shape[0]):
        x0, y0, wide, tall, height = shape[s]
        shade = max(0.0, -height) * min(1.0, PIT_RADIUS / min(wide, tall))
        for row in range(windows[s, 0], windows[s, 2]):
            for column in range(windows[s, 1], windows[s, 3]):
                x, y, z = position[row * step + step // 2, column * step + step // 2]
                front = min(1.0, max(0.0, (z - 0.25) / 0.2))
                if front > 0:
                    u, v = (abs(x) - x0) / wide, (y - y0) / tall
                    spot = front * np.exp(-(u * u + v * v) / 2)
                    out[row - top, column - left, 0] += height * spot
                    out[row - top, column - left, 1] += shade * spot


@lru_cache(maxsize=8)
def _spline(count: int) -> Float[np.ndarray, "N P"]:
    """Return the matrix that takes ``count`` points to a Catmull-Rom curve through them."""
    points = np.eye(count)
    padded = np.concatenate([2 * points[:1] - points[1:2], points, 2 * points[-1:] - points[-2:-1]])
    position = np.linspace(0, count - 1, CURVE_POINTS)
    k = np.minimum(position.astype(int), count - 2)
    t = (position - k)[:, None]
    p0, p1, p2, p3 = (padded[k + i] for i in range(4))
    return 0.5 * (2 * p1 + (p2 - p0) * t + (2 * p0 - 5 * p1 + 4 * p2 - p3) * t**2 + (3 * p1 - p0 - 3 * p2 + p3) * t**3)


@lru_cache(maxsize=1)
def _half_column() -> int:
    """Return the first column of left-half maps: where the midline zone begins, a multiple of the crop step."""
    inside = np.flatnonzero((atlas().x[: ATLAS_SIZE[0] // 2] > -MIDLINE_BLEND).all(0))
    return int(inside[inside > ATLAS_SIZE[1] // 4][0] // CROP_STEP * CROP_STEP - CROP_STEP)


@lru_cache(maxsize=4)
def _left_share(level: int) -> Float32[np.ndarray, "h w"]:
    """Return the left half's part of the whole, 0-1; its mirror image is the right half's and both add up to 1."""
    t = np.clip(resized(atlas().x, level) / (2 * MIDLINE_BLEND) + 0.5, 0, 1)
    return np.asarray(t * t * (3 - 2 * t), np.float32)


def _depth_of(points: Float[np.ndarray, "*n 2"]) -> Float[np.ndarray, "*n"]:
    """Return z (dm) of the template at (x, y), 0.8 beside it."""
    z = front_lookup(points[..., 0], points[..., 1])[2].astype(np.float64)
    return np.where(np.isfinite(z), z, BESIDE_Z)


def _windows(low: Float[np.ndarray, "S 2"], high: Float[np.ndarray, "S 2"]) -> Int[np.ndarray, "S 4"]:
    """Return windows of texels from (column, row) ``low`` to ``high`` within the left half and its midline zone."""
    least = np.array((0, _half_column()))
    first = np.clip(np.floor(low[:, ::-1]).astype(int), least, ATLAS_SIZE)
    after = np.clip(np.ceil(high[:, ::-1]).astype(int) + 1, first, ATLAS_SIZE)
    return np.concatenate([first, after], 1)


@dataclass(frozen=True)
class _Marks:
    """Hold the marks of a face side by side: ``curves`` [S,P,2] in dm and columns of numbers per fold and per bulge."""

    curves: Float[np.ndarray, "S P 2"]
    fold: Float[np.ndarray, "S 4"]
    """Width and depth (mm), lip, bias."""
    fold_unit: Int[np.ndarray, " S"]
    bulge: Float[np.ndarray, "B 5"]
    bulge_unit: Int[np.ndarray, " B"]

    def jittered(self, noise_of: np.random.Generator, *, place_mm: float, depth: float) -> "_Marks":
        """Return marks moved and turned by some ``place_mm`` and deepened or flattened by a factor exp(+-depth)."""
        shift, bend = noise_of.standard_normal((2, len(self.curves), 1, 2)) * (place_mm / 100)
        curves = self.curves + shift + bend * np.linspace(-1, 1, CURVE_POINTS)[None, :, None]
        fold, bulge = self.fold.copy(), self.bulge.copy()
        fold[:, :2] *= np.exp(noise_of.standard_normal((len(fold), 2)) * (0.5 * depth, depth))
        fold[:, 1] = np.clip(fold[:, 1], -STEEPEST * fold[:, 0], STEEPEST * fold[:, 0])
        moved = noise_of.standard_normal((len(bulge), 3))
        bulge[:, 0] += np.where(bulge[:, 0] > MIDLINE_BLEND, moved[:, 0] * (place_mm / 100), 0)
        bulge[:, 1] += moved[:, 1] * (place_mm / 100)
        bulge[:, 4] *= np.exp(moved[:, 2] * depth)
        return _Marks(curves, fold, self.fold_unit, bulge, self.bulge_unit)


def _gathered(marks: dict[int, tuple[Mark, ...]], rng: np.random.Generator, age_years: float) -> _Marks:
    """Put marks side by side, as deep as they are at an age."""
    folds = [(code, mark) for code, of_unit in marks.items() for mark in of_unit if isinstance(mark, Fold)]
    bulges = [(code, mark) for code, of_unit in marks.items() for mark in of_unit if isinstance(mark, Bulge)]
    numbers = np.array([(m.width_mm, m.depth_mm, m.lip, m.bias, m.onset) for _, m in folds])
    late = rng.standard_normal(len(folds)) * ONSET_SPREAD_YEARS
    there = np.clip((age_years - numbers[:, 4] - late) / ONSET_YEARS + 0.5, 0, 1)
    numbers[:, 1] *= np.where(numbers[:, 4] > 0, there, 1.0)
    return _Marks(
        np.stack([_spline(len(mark.path)) @ np.array(mark.path) for _, mark in folds]),
        numbers[:, :4],
        np.array([code for code, _ in folds]),
        np.array([(*mark.centre, *mark.radii, mark.height_mm) for _, mark in bulges]),
        np.array([code for code, _ in bulges]),
    )


@dataclass(frozen=True)
class _Half:
    """Hold the marks of one half placed on the atlas, as if it were the left one."""

    marks: _Marks
    texels: Float[np.ndarray, "S P 2"]
    fold: Float[np.ndarray, "S 4"]
    """Width in texels, depth in mm, lip, bias; folds near the midline have their mirror images at the end."""
    fold_unit: Int[np.ndarray, " S"]
    fold_windows: Int[np.ndarray, "S 4"]
    bulge_windows: Int[np.ndarray, "B 4"]
    rough: Float32[np.ndarray, "H W"]

    def codes(self) -> list[int]:
        """Return the units that have marks."""
        return sorted({*self.fold_unit.tolist(), *self.marks.bulge_unit.tolist()})

    def drawn(self, code: int, level: int) -> tuple[tuple[int, int], Float32[np.ndarray, "h w 2"]]:
        """Draw a unit on texels 2**level atlas texels wide: first row and column, and (height, depth of grooves) in mm.

        A fold is widened and flattened as averaging over a texel would.
        """
        step = 2**level
        folds, bulges = self.fold_unit == code, self.marks.bulge_unit == code
        fold_windows, bulge_windows = (
            np.concatenate([windows[:, :2] // step, -(-windows[:, 2:] // step)], 1)
            for windows in (self.fold_windows[folds], self.bulge_windows[bulges])
        )
        windows, edge = np.concatenate([fold_windows, bulge_windows]), CROP_STEP // step
        top, left = (windows[:, :2].min(0) // edge * edge).tolist()
        bottom, right = (-(-windows[:, 2:].max(0) // edge) * edge).tolist()
        out = np.zeros((bottom - top, right - left, 2), np.float32)
        width, depth, lip, bias = self.fold[folds].T.copy()
        wide = np.sqrt(width**2 + (step**2 - 1) / 12)
        curves, flat = (self.texels[folds] + 0.5) / step - 0.5, depth * width / wide
        _draw_folds(curves, wide / step, flat, lip, bias, fold_windows, self.rough, step, top, left, out)
        _draw_bulges(self.marks.bulge[bulges], bulge_windows, atlas().position, step, top, left, out)
        out *= _left_share(level)[top:bottom, left:right, None]
        return (top, left), out


def _placed(marks: _Marks, rough: Float32[np.ndarray, "H W"]) -> _Half:
    """Place the marks of a half on the atlas."""
    crossing = marks.curves[..., 0].min(1) < 2 * MIDLINE_BLEND
    mirrored = marks.curves[crossing] * (-1, 1)
    z = np.concatenate([_depth_of(marks.curves), _depth_of(mirrored * (-1, 1))])
    texels = atlas_uv(np.concatenate([np.concatenate([marks.curves, mirrored]), z[..., None]], -1))
    fold = np.concatenate([marks.fold, marks.fold[crossing] * (1, 1, 1, -1)])
    fold[:, 0] /= 2 * TEXEL_MM
    reach = REACH * fold[:, :1]
    windows = _windows(texels.min(1) - reach, texels.max(1) + reach)
    seen = (fold[:, 1] != 0) & (windows[:, 3] > windows[:, 1])
    fold_unit = np.concatenate([marks.fold_unit, marks.fold_unit[crossing]])
    bulges = _bulge_windows(marks.bulge)
    return _Half(marks, texels[seen], fold[seen], fold_unit[seen], windows[seen], bulges, rough)


def _bulge_windows(bulge: Float[np.ndarray, "B 5"]) -> Int[np.ndarray, "B 4"]:
    """Return the texels within BULGE_REACH deviations, wider at the side where the face turns away."""
    centre, radii = bulge[:, :2], bulge[:, 2:4] * BULGE_REACH
    z = _depth_of(centre)
    low, high = centre - radii, centre + radii
    inner = np.stack([low[:, 0], high[:, 1], z], -1)
    outer = np.stack([high[:, 0], low[:, 1], z - radii[:, 0]], -1)
    return _windows(atlas_uv(inner), atlas_uv(outer))


class WrinkleMaps:
    """Draw one person's maps when they are asked for; ``units`` are the (code, side) that have any. Code 0 is age."""

    def __init__(self, style: WrinkleStyle, age_years: float) -> None:
        rng = np.random.default_rng([style.seed, 13])
        own = _gathered(person_marks(style), rng, age_years).jittered(rng, place_mm=PLACE_MM, depth=DEPTH_SPREAD)
        place, depth = SIDE_PLACE_MM * style.asymmetry, SIDE_DEPTH_SPREAD * style.asymmetry
        self._halves = [_placed(own.jittered(rng, place_mm=place, depth=depth), rough) for rough in _roughness(style)]
        self.units = tuple((code, side) for side, half in enumerate(self._halves) for code in half.codes())

    def crop(self, code: int, side: int, level: int = 0) -> tuple[tuple[int, int], Float32[np.ndarray, "h w 2"]]:
        """Return a unit's origin (row, column) and map, at the resolution of ``resized``.

        [..., 0] is the height in mm at intensity 5, [..., 1] the depth of grooves alone. At asymmetry 0 right mirrors
        left exactly.
        """
        (row, column), half = self._halves[side].drawn(code, max(0, level))
        if level < 0:
            row, column, half = texels(row, level), texels(column, level), resized(half, level)
        if side == 1:
            column, half = texels(ATLAS_SIZE[1], level) - column - half.shape[1], np.ascontiguousarray(half[:, ::-1])
        return (row, column), half


def texels(count: int, level: int) -> int:
    """Return how many texels of a level ``count`` atlas texels are: level 1 has half as many, -1 twice as many."""
    return count >> level if level >= 0 else count << -level


def resized(maps: np.ndarray, level: int) -> np.ndarray:
    """Return maps [h,w,...] averaged over squares of 2**level texels; a negative level interpolates."""
    if level == 0:
        return np.ascontiguousarray(maps, np.float32)
    size = (texels(maps.shape[1], level), texels(maps.shape[0], level))
    way = cv2.INTER_AREA if level > 0 else cv2.INTER_LINEAR
    return np.ascontiguousarray(cv2.resize(maps, size, interpolation=way), np.float32)


def _roughness(style: WrinkleStyle) -> tuple[Float32[np.ndarray, "H W"], Float32[np.ndarray, "H W"]]:
    """Return the noise that breaks up the folds of the left and the right half."""
    rng = np.random.default_rng([style.seed, 12])
    left, other = (np.roll(noise(4.0, 6), int(rng.integers(ATLAS_SIZE[1])), axis=1) for _ in range(2))
    apart = np.float32(min(1.0, style.asymmetry))
    return left, left * (1 - apart) + other * apart


def unit_weight(intensity: float, code: int, *, age: float) -> float:
    """Return the factor on a unit's map: expression folds plus what age has left in the resting face."""
    return _weight(intensity, code, depth=_depth_at(age), rest=oldness(age) ** REST_BEND)


def _depth_at(age: float) -> float:
    return float(np.interp(age, *DEPTH_BY_AGE))


def _weight(intensity: float, code: int, *, depth: float, rest: float) -> float:
    """Return the factor on a unit's map; ``depth`` of folds and ``rest``, what stays of them, go with age."""
    if code == REST:
        return rest
    share = min(1.0, max(0.0, intensity / 5))
    contraction = depth * share * (1 + EARLY - EARLY * share)
    return contraction + max(0.0, AGE_SHARES.get(code, 0.0) * rest - LEAST_REST) * (1 - share)


def unit_weights(
    action_units: Float[np.ndarray, "A 2"], style: WrinkleStyle, age: float
) -> Iterator[tuple[int, int, np.float32]]:
    """Yield (code, side, factor on the map) of what is folded.

    Intensities 0-5 in the order of ``LABEL_UNITS``, NaN counts as 0.
    """
    intensity, depth, rest = np.nan_to_num(action_units, nan=0.0).tolist(), _depth_at(age), oldness(age) ** REST_BEND
    for code in (REST, *UNIT_MARKS):
        for side in (0, 1):
            asked = intensity[unit_index(code)][side] if code else 0.0
            weight = style.strength * _weight(asked, code, depth=depth, rest=rest)
            if weight > 0:
                yield code, side, np.float32(weight)


def wrinkle_height(
    action_units: Float[np.ndarray, "A 2"], age: float, style: WrinkleStyle
) -> tuple[Float32[np.ndarray, "H W"], Float32[np.ndarray, "H W"]]:
    """Return the height (mm) and the cavity (0-1, share of light lost) that wrinkles add to the skin.

    ``action_units`` are intensities 0-5 in the order of ``LABEL_UNITS``, NaN counts as 0; ``age`` in years deepens the
    folds and leaves some at rest.
    """
    maps = WrinkleMaps(style, age)
    both = np.zeros((*ATLAS_SIZE, 2), np.float32)
    for code, side, weight in unit_weights(action_units, style, age):
        if (code, side) in maps.units:
            (row, column), crop = maps.crop(code, side)
            both[row : row + crop.shape[0], column : column + crop.shape[1]] += weight * crop
    return both[..., 0], np.clip(CAVITY_PER_MM * both[..., 1], 0, MAX_CAVITY)
