"""A person's skin, ready for sampling: smaller copies for small pictures, and the wrinkles of the moment."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32

from facsimile.face.appearance import Appearance
from facsimile.face.rest import TEXEL_MM
from facsimile.face.wrinkles import wrinkle_height

MAX_LEVEL = 3
RELIEF_GAIN = 1.6
"""Slopes are exaggerated by this much: a pixel's highlight follows its steepest pores, not their mean."""


@dataclass(frozen=True)
class SkinTexture:
    """Skin at one level of detail."""

    level: int
    """Texels are 2**level atlas texels wide."""
    colour: Float32[np.ndarray, "h w 4"]
    """Linear albedo and gloss."""
    relief: Float32[np.ndarray, "h w 2"]
    """Height of pores and fine lines as sampled by the shader (slope units), and cavity."""

    def with_wrinkles(
        self, intensity: Float32[np.ndarray, "A 2"], age_years: float, strength: float
    ) -> Float32[np.ndarray, "h w 2"]:
        """Return the relief with the folds of an expression added."""
        height, cavity = wrinkle_height(intensity, age_years, strength=strength)
        relief = self.relief.copy()
        relief[..., 0] += shrunk(height, self.level) * slope_scale(self.level)
        relief[..., 1] = shrunk(cavity, self.level)
        return relief


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
    return SkinTexture(level, shrunk(colour, level), shrunk(relief, level) / np.float32(2**level))


def slope_scale(level: int) -> np.float32:
    """Return the factor from mm of height to slope units of a level."""
    return np.float32(RELIEF_GAIN / (TEXEL_MM * 2**level))


def shrunk(maps: np.ndarray, level: int) -> np.ndarray:
    """Return maps [h,w,...] averaged over 2**level squares."""
    if level == 0:
        return np.ascontiguousarray(maps, np.float32)
    size = (maps.shape[1] >> level, maps.shape[0] >> level)
    return np.ascontiguousarray(cv2.resize(maps, size, interpolation=cv2.INTER_AREA), np.float32)
