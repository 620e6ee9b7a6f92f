"""A person's skin, ready for sampling: smaller copies for small pictures, and the wrinkles of the moment."""

import math
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from jaxtyping import Float32

from facsimile.face.appearance import Appearance
from facsimile.face.blood_flow import COARSE, flow_tint
from facsimile.face.lid_fold import shut_line, shut_line_depth
from facsimile.face.regions import regions
from facsimile.face.rest import ATLAS_SIZE, TEXEL_MM, atlas
from facsimile.face.wrinkles import CAVITY_PER_MM, MAX_CAVITY, WrinkleMaps, resized, texels, unit_weights
from facsimile.facs.action_units import unit_index

MIN_LEVEL, MAX_LEVEL = -1, 3
"""Level -1 has twice the atlas's texels, for close views: pores and fine lines too small for the atlas are added."""
FINE_PORE_MM, FINE_LINE_MM = 0.035, 0.008
"""Depth of the relief that level -1 adds, where pores are widest and everywhere."""
RELIEF_GAIN = 1.6
"""Slopes are exaggerated by this much: a pixel's highlight follows its steepest pores, not their mean."""
LEAST_LINE = 0.004
"""Where the line of shut lids is weaker, it is not drawn."""
FACE_COLUMNS = (ATLAS_SIZE[1] // 4, ATLAS_SIZE[1] * 3 // 4)
"""The part of the atlas that blood flow reaches: columns of the front half of the head."""


@dataclass(frozen=True)
class SkinTexture:
    """Skin at one level of detail."""

    level: int
    """Texels are 2**level atlas texels wide."""
    colour: Float32[np.ndarray, "h w 4"]
    """Linear albedo and gloss."""
    relief: Float32[np.ndarray, "h w 2"]
    """Height of pores and fine lines as sampled by the shader (slope units), and cavity."""
    appearance: Appearance
    folds: dict[float, "FoldCache"]
    """By age."""

    def with_wrinkles(self, intensity: Float32[np.ndarray, "A 2"], age_years: float) -> Float32[np.ndarray, "h w 2"]:
        """Return the relief with the folds of an expression added."""
        style = self.appearance.wrinkles
        if age_years not in self.folds:
            self.folds[age_years] = FoldCache(WrinkleMaps(style, age_years), self.level)
        folds, relief = self.folds[age_years], self.relief.copy()
        for code, side, weight in unit_weights(intensity, style, age_years):
            drawn = folds.crop(code, side)
            if drawn is not None:
                (row, column), crop = drawn
                relief[row : row + crop.shape[0], column : column + crop.shape[1]] += weight * crop
        np.minimum(relief[..., 1], np.float32(MAX_CAVITY), out=relief[..., 1])
        return relief

    def with_blood_flow(self, intensity: Float32[np.ndarray, "A 2"]) -> Float32[np.ndarray, "h w 4"]:
        """Return the colour with the flush and pallor of an expression, and the dark line of shut lids."""
        tint = flow_tint(intensity, self.appearance.wrinkles.flush)
        if tint is None:
            return self.colour
        colour = self.colour.copy()
        first, after = (texels(column, self.level) for column in FACE_COLUMNS)
        small = np.ascontiguousarray(tint[:, FACE_COLUMNS[0] // COARSE : FACE_COLUMNS[1] // COARSE])
        colour[:, first:after, :3] *= cv2.resize(small, (after - first, colour.shape[0]))
        for side, closed in enumerate(intensity[unit_index(43)]):
            if depth := shut_line_depth(float(closed)):
                rows, columns, line = _shut_line_crop(self.level, side)
                colour[rows, columns, :3] *= np.exp(-np.float32(depth) * line)[..., None]
        return colour


def level_for(px_per_dm: float) -> int:
    """Return the level whose texels are about as large as the picture's pixels."""
    texels_per_dm = 100 / TEXEL_MM
    return int(np.clip(math.floor(math.log2(max(texels_per_dm / px_per_dm, 1e-3)) + 0.25), MIN_LEVEL, MAX_LEVEL))


class TextureCache:
    """Keep the textures of the person drawn last: a data set draws each person several times in a row."""

    def __init__(self) -> None:
        self._appearance: Appearance | None = None
        self._levels: dict[int, SkinTexture] = {}

    def of(self, appearance: Appearance, level: int) -> SkinTexture:
        """Return the texture of ``appearance`` at ``level``."""
        if appearance is not self._appearance:
            self._appearance, self._levels = appearance, {}
        if level not in self._levels:
            self._levels[level] = skin_texture(appearance, level)
        return self._levels[level]


def skin_texture(appearance: Appearance, level: int) -> SkinTexture:
    """Interleave and resize a person's skin maps."""
    colour = np.concatenate([np.moveaxis(appearance.albedo, 0, -1), appearance.gloss[..., None]], -1)
    height = appearance.height[..., None]
    relief = np.concatenate([height * slope_scale(0), np.zeros_like(height)], -1)
    relief = resized(relief, level) / np.float32(2.0**level)
    if level < 0:
        relief[..., 0] += _fine_relief() * slope_scale(level)
    return SkinTexture(level, resized(colour, level), relief, appearance, {})


@lru_cache(maxsize=8)
def _shut_line_crop(level: int, side: int) -> tuple[slice, slice, Float32[np.ndarray, "h w"]]:
    """Return where on a level the line of one eye's shut lids lies, and the line."""
    line = resized(shut_line()[side], level)
    rows, columns = (np.flatnonzero((line > LEAST_LINE).any(axis)) for axis in (1, 0))
    place = slice(int(rows[0]), int(rows[-1]) + 1), slice(int(columns[0]), int(columns[-1]) + 1)
    return *place, line[place]


@lru_cache(maxsize=1)
def _fine_relief() -> Float32[np.ndarray, "h w"]:
    """Return pores 0.3 mm wide and a weave of lines (mm) at level -1, the same on all skin."""
    size = tuple(texels(side, -1) for side in ATLAS_SIZE)
    rng = np.random.default_rng(17)
    dots, across, down = rng.standard_normal((3, *size), np.float32)
    pits = cv2.GaussianBlur(dots, (0, 0), 0.8)
    pits = np.minimum(pits / pits.std() + 0.7, 0)
    weave = cv2.GaussianBlur(across, (0, 0), sigmaX=0.6, sigmaY=2.5) + cv2.GaussianBlur(down, (0, 0), 2.5, sigmaY=0.6)
    wide = resized(regions()["pores"], -1)
    fine = np.float32(FINE_PORE_MM) * wide * pits + np.float32(FINE_LINE_MM) * (1 + wide) * weave / weave.std()
    return np.asarray(fine * (1 - resized(atlas().lips, -1)), np.float32)


class FoldCache:
    """Keep a person's folds in slope units and shares of the sky, at one level; each is drawn when first used."""

    def __init__(self, maps: WrinkleMaps, level: int) -> None:
        self._maps, self._level = maps, level
        self._scale = np.array((slope_scale(level), CAVITY_PER_MM), np.float32)
        self._crops: dict[tuple[int, int], tuple[tuple[int, int], np.ndarray]] = {}

    def crop(self, code: int, side: int) -> tuple[tuple[int, int], np.ndarray] | None:
        """Return origin and map of a unit; None where the person has no marks for it."""
        if (code, side) not in self._maps.units:
            return None
        if (code, side) not in self._crops:
            origin, crop = self._maps.crop(code, side, self._level)
            self._crops[code, side] = (origin, crop * self._scale)
        return self._crops[code, side]


def slope_scale(level: int) -> np.float32:
    """Return the factor from mm of height to slope units of a level."""
    return np.float32(RELIEF_GAIN / (TEXEL_MM * 2.0**level))
