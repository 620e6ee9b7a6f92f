"""Put on make-up: foundation, blush, eye shadow, liner and mascara; bare lids get the dark rim where lashes root."""

from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32

from facsimile.face.regions import regions
from facsimile.face.rest import ATLAS_SIZE

SHADOWS = {
    "bronze": (0.20, 0.10, 0.07),
    "plum": (0.12, 0.07, 0.10),
    "blue grey": (0.08, 0.10, 0.16),
    "rose": (0.35, 0.20, 0.15),
    "charcoal": (0.05, 0.04, 0.04),
    "green": (0.06, 0.11, 0.07),
    "gold": (0.38, 0.25, 0.09),
}
"""Linear RGB of common eye shadows."""
LINER = (0.012, 0.010, 0.010)
BLUSHES = ((0.55, 0.20, 0.18), (0.60, 0.28, 0.20), (0.42, 0.13, 0.16))
WORN_BY_WOMEN, WORN_BY_MEN, YOUNGEST = 0.45, 0.02, 15.0
"""Shares of grown people who wear make-up here, and the age in years from which; a guess."""
FOUNDATION_BLUR = 5.0
"""Foundation evens out what is finer than this standard deviation (texels of the quarter-size map)."""


@dataclass(frozen=True)
class Makeup:
    """Describe make-up by opacities 0-1; ``rim`` is the dark edge of the lids, which bare lids have a little too.

    ``powder`` -1 (dewy) to 1 (matt) changes the shine where foundation lies; ``mascara`` says whether lashes are
    thickened.
    """

    rim: float
    shadow: float = 0.0
    shadow_colour: tuple[float, float, float] = (0.0, 0.0, 0.0)
    blush: float = 0.0
    blush_colour: tuple[float, float, float] = (0.0, 0.0, 0.0)
    foundation: float = 0.0
    powder: float = 0.0
    liner: float = 0.0
    mascara: bool = False

    @property
    def is_worn(self) -> bool:
        """Say whether anything is on the face that was not born there."""
        return self.shadow > 0 or self.blush > 0 or self.foundation > 0 or self.liner > 0


def random_makeup(rng: np.random.Generator, *, sex: float, age_years: float) -> Makeup:
    """Draw make-up: about half of grown women, few men; each part is worn or not by itself."""
    worn = rng.random() < (WORN_BY_WOMEN if sex > 0.6 else WORN_BY_MEN) and age_years > YOUNGEST
    rim, amounts, has = float(rng.uniform(0.15, 0.5)), rng.uniform(0, 1, 5), rng.random(5)
    shadow_colour = list(SHADOWS.values())[int(rng.integers(len(SHADOWS)))]
    blush_colour = BLUSHES[int(rng.integers(len(BLUSHES)))]
    if not worn:
        return Makeup(rim)
    return Makeup(
        rim=min(0.9, 1.5 * rim),
        shadow=float(0.1 + 0.6 * amounts[0]) if has[0] < 0.6 else 0.0,
        shadow_colour=shadow_colour,
        blush=float(0.05 + 0.3 * amounts[1]) if has[1] < 0.6 else 0.0,
        blush_colour=blush_colour,
        foundation=float(0.25 + 0.55 * amounts[2]) if has[2] < 0.7 else 0.0,
        powder=float(2 * amounts[3] - 1),
        liner=float(0.3 + 0.7 * amounts[4]) if has[3] < 0.55 else 0.0,
        mascara=bool(has[4] < 0.75),
    )


def _cover(albedo: Float32[np.ndarray, "3 H W"], colour: tuple[float, ...], cover: Float32[np.ndarray, "H W"]) -> None:
    for channel in range(3):
        albedo[channel] += (np.float32(colour[channel]) - albedo[channel]) * cover


def paint_makeup(albedo: Float32[np.ndarray, "3 H W"], gloss: Float32[np.ndarray, "H W"], makeup: Makeup) -> None:
    """Paint make-up into ``albedo`` and ``gloss`` in place; colours are dimmed to the skin they lie on."""
    region = regions()
    light = float(np.clip(1.5 * albedo[:, 200:240, 420:450].mean(), 0.12, 1.0))
    if makeup.foundation > 0:
        _lay_foundation(albedo, gloss, makeup)
    if makeup.blush > 0:
        _cover(albedo, tuple(light * c for c in makeup.blush_colour), np.float32(makeup.blush) * region["cheekbone"])
    if makeup.shadow > 0:
        shade = tuple(min(1.0, 0.35 + light) * c for c in makeup.shadow_colour)
        _cover(albedo, shade, np.float32(makeup.shadow) * region["lid"])
    _cover(albedo, LINER, np.float32(makeup.rim) * region["lid_rim"])
    if makeup.liner > 0:
        _cover(albedo, LINER, np.float32(makeup.liner) * region["liner"])


def _lay_foundation(albedo: Float32[np.ndarray, "3 H W"], gloss: Float32[np.ndarray, "H W"], makeup: Makeup) -> None:
    """Even out the skin of the face: pull its colour towards its own blur, and its shine to matt or dewy."""
    columns = slice(ATLAS_SIZE[1] // 4, ATLAS_SIZE[1] * 3 // 4)
    cover = np.float32(makeup.foundation) * regions()["face"][:, columns]
    for layer in albedo[:, :, columns]:
        small = cv2.resize(layer, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
        even = cv2.GaussianBlur(small, (0, 0), FOUNDATION_BLUR)
        layer += (cv2.resize(even, (layer.shape[1], layer.shape[0])) - layer) * cover
    gloss[:, columns] *= 1 - np.float32(0.45 * makeup.powder) * cover
