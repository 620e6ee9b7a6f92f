"""Put on eye make-up and blush, and darken the rims of the lids, where lashes root."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from facsimile.face.regions import regions

SHADOWS = ((0.20, 0.10, 0.07), (0.12, 0.07, 0.10), (0.08, 0.10, 0.16), (0.35, 0.20, 0.15), (0.05, 0.04, 0.04))
"""Linear RGB of common eye shadows: bronze, plum, blue grey, rose, charcoal."""
LINER = (0.012, 0.010, 0.010)
BLUSH = (0.55, 0.20, 0.18)


@dataclass(frozen=True)
class Makeup:
    """Describe make-up by opacities 0-1; ``rim`` is the dark edge of the lids, which bare lids have a little too."""

    rim: float
    shadow: float
    shadow_colour: tuple[float, float, float]
    blush: float

    @property
    def is_worn(self) -> bool:
        """Say whether anything is on the face that was not born there."""
        return self.shadow > 0 or self.blush > 0


def random_makeup(rng: np.random.Generator, *, sex: float, age_years: float) -> Makeup:
    """Draw make-up: about half of grown women, few men."""
    worn = rng.random() < (0.45 if sex > 0.6 else 0.02) and age_years > 15
    rim, shadow, blush = rng.uniform(0.15, 0.5), rng.uniform(0.0, 0.6), rng.uniform(0.0, 0.3)
    colour = SHADOWS[int(rng.integers(len(SHADOWS)))]
    if not worn:
        return Makeup(float(rim), 0.0, colour, 0.0)
    return Makeup(float(min(0.9, 1.8 * rim)), float(shadow), colour, float(blush))


def _blend(albedo: Float32[np.ndarray, "3 H W"], colour: tuple[float, float, float], opacity: float, name: str) -> None:
    cover = np.float32(opacity) * regions()[name]
    for channel in range(3):
        albedo[channel] += (np.float32(colour[channel]) - albedo[channel]) * cover


def paint_makeup(albedo: Float32[np.ndarray, "3 H W"], makeup: Makeup) -> None:
    """Paint make-up into ``albedo`` in place; colours are dimmed to the skin they lie on."""
    light = float(np.clip(1.5 * albedo[:, 200:240, 420:450].mean(), 0.25, 1.0))
    red, green, blue = (light * c for c in BLUSH)
    if makeup.blush > 0:
        _blend(albedo, (red, green, blue), makeup.blush, "cheek")
    if makeup.shadow > 0:
        _blend(albedo, makeup.shadow_colour, makeup.shadow, "lid")
    _blend(albedo, LINER, makeup.rim, "lid_rim")
