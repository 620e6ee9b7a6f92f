"""Draw the crease of the upper lid, low, high, or none (monolid), and the dark line of shut lids."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float32

from facsimile.face.identity import Identity
from facsimile.face.rest import atlas

EYE_MIDDLE, OPENING = (0.318, 7.287), (0.122, 0.044)
"""Middle and half axes (dm) of the left eye's opening on the template."""
FOLD_WIDTH_DM = 0.0075
"""Standard deviation of the drawn line: one texel."""
HANGING_DM = 0.022
"""The skin above the crease hangs over it and shades it by this much upwards."""
MONOLID_CHANCE = 0.45
"""Share of people of East Asian form without a crease (about half; Jeong et al., Arch Ophthalmol 1999)."""
DARKENING = (0.36, 0.46, 0.50)
"""Part of red, green and blue that the deepest crease swallows: light in a fold is reddened by skin."""
GROOVE_MM = 0.35
SHUT_LINE = 2.6
"""Optical depth of the line where shut lids meet: lashes and the crack between the lids let little light out."""
SHUT_LINE_POWER = 2
"""The line darkens with this power of the closure: open lids let light in between the lashes."""
SHUT_LINE_RADIUS, SHUT_LINE_WIDTH = 1.03, 0.15
"""Middle and standard deviation of the line, in half axes of the eye's opening; its lower half is the fainter one."""
LOWER_LINE = 0.6
ROWS = slice(164, 190)
"""Rows of the atlas that hold the upper lids (y 7.25 to 7.43 dm)."""


@dataclass(frozen=True)
class LidFold:
    """Describe the crease of a lid: ``height_mm`` over the lashes, ``depth`` 0 (none) to 1, ``slope`` outwards."""

    height_mm: float
    depth: float
    slope: float


def random_lid_fold(rng: np.random.Generator, identity: Identity) -> LidFold:
    """Draw a lid fold: 2-4 mm above the lashes in Asian, 3-6 mm in other people; deeper with age."""
    asian = identity.ancestry[1]
    is_none = rng.random() < MONOLID_CHANCE * asian
    height_mm = float(rng.uniform(2.6, 5.2) * (1 - 0.35 * asian))
    depth = float(np.clip(rng.uniform(0.35, 0.9) + 0.004 * (identity.age_years - 30), 0.2, 1.0))
    return LidFold(height_mm, 0.0 if is_none else depth, float(rng.normal(0, 0.12)))


def fold_line(fold: LidFold) -> tuple[Float32[np.ndarray, "h W"], Float32[np.ndarray, "h W"]]:
    """Return the crease and the soft shade above it, 0-1 and symmetric, on ``ROWS`` of the rest atlas."""
    a = atlas()
    x, y, z = (values[ROWS] for values in (a.x, a.y, a.z))
    across = (np.abs(x) - EYE_MIDDLE[0]) / (OPENING[0] * 1.12)
    inside = np.clip(1 - across**2, 0, 1)
    line = EYE_MIDDLE[1] + (OPENING[1] + fold.height_mm / 100) * inside**0.6 + 0.03 * fold.slope * across
    above = y - line
    ends = np.clip(inside * 4, 0, 1) * (z > 1.0) * (y > EYE_MIDDLE[1])
    crease = np.exp(-((above / FOLD_WIDTH_DM) ** 2) / 2) * ends
    shade = (
        np.where(above > 0, np.exp(-np.maximum(above, 0) / HANGING_DM), np.exp(-((above / FOLD_WIDTH_DM) ** 2) / 2))
        * ends
    )
    return np.asarray(crease * fold.depth, np.float32), np.asarray(shade * fold.depth, np.float32)


def paint_lid_fold(albedo: Float32[np.ndarray, "3 H W"], height: Float32[np.ndarray, "H W"], fold: LidFold) -> None:
    """Draw the crease into ``albedo`` and ``height`` (mm), in place."""
    if fold.depth == 0:
        return
    crease, shade = fold_line(fold)
    for channel, dark in enumerate(DARKENING):
        albedo[channel, ROWS] *= 1 - np.float32(dark) * np.maximum(crease, 0.35 * shade)
    height[ROWS] -= np.float32(GROOVE_MM) * crease


@lru_cache(maxsize=1)
def shut_line() -> Float32[np.ndarray, "2 H W"]:
    """Return where light is lost when the lids shut, 0-1, on the rest atlas: left and right, mirror images."""
    a = atlas()
    x, y = (np.abs(a.x) - EYE_MIDDLE[0]) / OPENING[0], (a.y - EYE_MIDDLE[1]) / OPENING[1]
    ring = np.exp(-(((np.hypot(x, y) - SHUT_LINE_RADIUS) / SHUT_LINE_WIDTH) ** 2) / 2)
    ring *= np.where(y > 0, 1.0, LOWER_LINE) * (a.z > 1.0) * np.clip((1.2 - np.abs(x)) / 0.2, 0, 1)
    both = (ring + ring[:, ::-1]) / 2
    return np.stack([both * (a.x > 0), both * (a.x < 0)]).astype(np.float32)


def shut_line_depth(intensity: float) -> float:
    """Return the optical depth of the line at an intensity 0-5 of unit 43; NaN counts as 0."""
    return SHUT_LINE * float(np.clip(np.nan_to_num(intensity) / 5, 0, 1)) ** SHUT_LINE_POWER
