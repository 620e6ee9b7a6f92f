"""A person's skin, ready for sampling: smaller copies for small pictures, and the wrinkles of the moment."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32

from facsimile.face.appearance import Appearance
from facsimile.face.blood_flow import COARSE, flow_tint
from facsimile.face.rest import ATLAS_SIZE, TEXEL_MM
from facsimile.face.wrinkles import CAVITY_PER_MM, MAX_CAVITY, WrinkleMaps, unit_weights

MAX_LEVEL = 3
RELIEF_GAIN = 1.6
"""Slopes are exaggerated by this much: a pixel's highlight follows its steepest pores, not their mean."""
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
        """Return the colour with the flush and pallor of an expression."""
        tint = flow_tint(intensity, self.appearance.wrinkles.flush)
        if tint is None:
            return self.colour
        colour = self.colour.copy()
        first, after = (column >> self.level for column in FACE_COLUMNS)
        small = np.ascontiguousarray(tint[:, FACE_COLUMNS[0] // COARSE : FACE_COLUMNS[1] // COARSE])
        colour[:, first:after, :3] *= cv2.resize(small, (after - first, colour.shape[0]))
        return colour


def level_for(px_per_dm: float) -> int:
    """Return the level whose texels are about as large as the picture's pixels."""
    texels_per_dm = 100 / TEXEL_MM
    return int(np.clip(math.floor(math.log2(max(texels_per_dm / px_per_dm, 1e-3)) + 0.25), 0, MAX_LEVEL))


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
    """Interleave and shrink a person's skin maps."""
    colour = np.concatenate([np.moveaxis(appearance.albedo, 0, -1), appearance.gloss[..., None]], -1)
    height = appearance.height[..., None]
    relief = np.concatenate([height * slope_scale(0), np.zeros_like(height)], -1)
    relief = shrunk(relief, level) / np.float32(2**level)
    return SkinTexture(level, shrunk(colour, level), relief, appearance, {})


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
    return np.float32(RELIEF_GAIN / (TEXEL_MM * 2**level))


def shrunk(maps: np.ndarray, level: int) -> np.ndarray:
    """Return maps [h,w,...] averaged over 2**level squares."""
    if level == 0:
        return np.ascontiguousarray(maps, np.float32)
    size = (maps.shape[1] >> level, maps.shape[0] >> level)
    return np.ascontiguousarray(cv2.resize(maps, size, interpolation=cv2.INTER_AREA), np.float32)
