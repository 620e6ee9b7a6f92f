"""Paint skin from its two pigments, melanin and haemoglobin.

Light passes through pigment and comes back weaker (Beer-Lambert): albedo = bare * exp(-(a + b m) m - c h), per linear
RGB channel. Everything that makes skin uneven changes m or h: freckles, moles, sun, blood in the cheeks.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from facsimile.face.identity import Identity
from facsimile.face.regions import noise, regions, rolled_noise
from facsimile.face.rest import ATLAS_SIZE, TEXEL_MM, atlas

BARE_SKIN = np.array((0.63, 0.52, 0.415), np.float32)
"""Linear RGB of skin without melanin and blood."""
MELANIN_ABSORPTION = np.array((1.30, 2.50, 3.50), np.float32)
"""Absorption per m in thin pigment: rises towards blue, as melanosomes' does (Jacques 2013)."""
MELANIN_CROWDING = np.array((0.80, 0.0, -1.05), np.float32)
"""Absorption per m squared: in dark skin light returns from shallower layers, and the colour gets more neutral. The
three constants fit CIELAB (68, 9, 15), (55, 13, 19), (35, 11, 14), (25, 8, 8) at m = 0.1, 0.33, 0.74, 0.99:
patches chosen by us to span pale to very dark skin, not a fit to a measured population."""
BLOOD_ABSORPTION = np.array((0.10, 0.62, 0.52), np.float32)
"""Absorption at h = 1: haemoglobin takes green and blue, hardly red (Q bands at 542 and 577 nm)."""

MELANIN_BY_ANCESTRY = ((0.74, 0.17), (0.28, 0.13), (0.13, 0.10))
"""Mean and spread of m for African, Asian, European ancestry: wide, and overlapping, as within each continent."""
ANY_TONE_SHARE = 0.25
"""Share of people whose tone is drawn evenly from all tones, whatever their ancestry, so that none is rare."""
MAX_MELANIN = 1.05
FRECKLED = 0.28
"""Share of the fairest people that have freckles."""

TONE_NAMES = ("very light", "light", "medium light", "medium", "dark", "very dark")
TONE_EDGES = (0.08, 0.18, 0.34, 0.55, 0.78)


@dataclass(frozen=True)
class Pigments:
    """Hold the maps that make the skin's colour: ``melanin`` and ``blood``, both 0 to about 1.2, and the base tone."""

    melanin: Float32[np.ndarray, "H W"]
    blood: Float32[np.ndarray, "H W"]
    tone: float
    ruddiness: float


def oldness(age_years: float) -> float:
    """Return 0 up to 25 years, rising evenly to 1 at 80."""
    return float(np.clip((age_years - 25) / 55, 0, 1))


def lightness(melanin: float) -> float:
    """Return 1 on light skin, falling to 0 on dark skin: how far fair hair and eyes keep their frequency."""
    return float(np.clip(1.25 - 2.0 * melanin, 0, 1))


def tone_name(melanin: float) -> str:
    """Return the plain name of a melanin level."""
    return TONE_NAMES[int(np.searchsorted(TONE_EDGES, melanin))]


def pigment_colour(melanin: float, blood: float) -> Float32[np.ndarray, "3"]:
    """Return the linear RGB of skin with these amounts of pigment."""
    return np.asarray(
        BARE_SKIN * np.exp(-(MELANIN_ABSORPTION + MELANIN_CROWDING * melanin) * melanin - BLOOD_ABSORPTION * blood),
        np.float32,
    )


def random_melanin(rng: np.random.Generator, ancestry: tuple[float, float, float]) -> float:
    """Draw the base amount of melanin, 0 to 1.05."""
    if rng.random() < ANY_TONE_SHARE:
        return float(rng.uniform(0.0, MAX_MELANIN))
    levels = [share * rng.normal(*stats) for share, stats in zip(ancestry, MELANIN_BY_ANCESTRY, strict=True)]
    return float(np.clip(sum(levels), 0.0, MAX_MELANIN))


def random_pigments(rng: np.random.Generator, identity: Identity) -> Pigments:
    """Draw the pigment maps of a person."""
    tone = random_melanin(rng, identity.ancestry)
    ruddiness = float(np.clip(rng.normal(0.40, 0.18), 0.05, 0.9) * (1 - 0.45 * tone))
    old, region = oldness(identity.age_years), regions()
    uneven = np.float32(rng.uniform(0.2, 1.0))
    melanin = tone + uneven * (
        0.028 * rolled_noise(rng, 12.0) + 0.025 * rolled_noise(rng, 40.0) + 0.015 * rolled_noise(rng, 4.0)
    )
    melanin += np.float32(0.05 * rng.normal()) * region["forehead"] - np.float32(0.05 * tone) * region["cheek"]
    melanin += np.float32((0.03 + 0.13 * rng.random()) * (0.6 + 0.5 * old)) * region["under_eye"]
    melanin += np.float32(0.06 * rng.random()) * region["lid"] + np.float32(0.08 * tone) * region["nose_bridge"]
    _add_freckles(rng, melanin, tone)
    _add_spots(rng, melanin, old)
    return Pigments(melanin, _random_blood(rng, ruddiness), tone, ruddiness)


def _random_blood(rng: np.random.Generator, ruddiness: float) -> Float32[np.ndarray, "H W"]:
    region = regions()
    cheek, nose, lid = rng.uniform(0.2, 1.0), rng.uniform(0.2, 0.9), rng.uniform(0.1, 0.4)
    pattern = 0.55 + np.float32(cheek) * region["cheek"] + np.float32(nose) * region["nose"]
    pattern += 0.6 * region["ear"] + 0.25 * region["chin"] + np.float32(lid) * region["lid"]
    pattern += np.float32(0.3) * region["under_eye"] - np.float32(0.15) * region["forehead"]
    blood = np.float32(ruddiness) * pattern
    blood += 0.06 * rolled_noise(rng, 12.0, 1) + 0.05 * rolled_noise(rng, 4.0, 1)
    if rng.random() < 0.2:
        blotches = np.clip(rolled_noise(rng, 1.5, 4) - rng.uniform(2.2, 3.2), 0, 1)
        blood += np.float32(rng.uniform(0.2, 0.6)) * blotches
    return np.asarray(blood, np.float32)


def _add_freckles(rng: np.random.Generator, melanin: Float32[np.ndarray, "H W"], tone: float) -> None:
    """Add freckles, the more likely the fairer the skin; they gather on cheeks and nose."""
    if rng.random() > FRECKLED * (1 - tone):
        return
    region = regions()
    where = 0.9 * region["cheek"] + region["nose"] + region["nose_bridge"] + 0.35 * region["forehead"] + 0.08
    dots = np.clip(rolled_noise(rng, 1.1, 1) - rng.uniform(0.5, 1.8), 0, 1.2)
    melanin += np.float32(rng.uniform(0.05, 0.20)) * dots * where


def _add_spots(rng: np.random.Generator, melanin: Float32[np.ndarray, "H W"], old: float) -> None:
    """Add age spots and up to seven moles."""
    if old > 0.35:
        melanin += np.float32(0.22 * old * rng.random()) * np.clip(rolled_noise(rng, 3.0, 3) - 1.8, 0, 1)
    for _ in range(int(rng.integers(0, 8))):
        row, column = rng.uniform(0.2, 0.8) * ATLAS_SIZE[0], rng.uniform(0.28, 0.72) * ATLAS_SIZE[1]
        radius, depth = rng.uniform(0.4, 1.2) / TEXEL_MM, rng.uniform(0.1, 0.5)
        top, left = int(row) - 6, int(column) - 6
        rows, columns = np.mgrid[top : top + 13, left : left + 13]
        spot = np.exp(-((rows - row) ** 2 + (columns - column) ** 2) / (2 * radius**2))
        melanin[top : top + 13, left : left + 13] += np.float32(depth * spot)


def pigment_albedo(pigments: Pigments) -> Float32[np.ndarray, "3 H W"]:
    """Return the linear RGB albedo of the pigment maps."""
    albedo = np.empty((3, *ATLAS_SIZE), np.float32)
    for channel, layer in enumerate(albedo):
        thin, crowded = MELANIN_ABSORPTION[channel], MELANIN_CROWDING[channel]
        density = (thin + crowded * pigments.melanin) * pigments.melanin + BLOOD_ABSORPTION[channel] * pigments.blood
        np.multiply(np.exp(-density), BARE_SKIN[channel], out=layer)
    return albedo


def random_gloss(rng: np.random.Generator) -> Float32[np.ndarray, "H W"]:
    """Draw how much the skin shines, 0.1 (powdered) to about 1.5 (oily nose): a factor on its specular strength."""
    region, oil = regions(), rng.uniform(0.0, 1.2)
    gloss = 0.62 + 0.25 * region["nose"] + np.float32(0.22 * oil) * region["forehead"] + 0.10 * region["cheek"]
    gloss += 0.15 * region["lid"] + 0.05 * rolled_noise(rng, 4.0, 2) + 0.04 * noise(0.7)
    return np.asarray(np.clip(gloss * rng.uniform(0.4, 0.95), 0.1, 1.6), np.float32)


def random_height(rng: np.random.Generator, age_years: float) -> Float32[np.ndarray, "H W"]:
    """Draw pores and fine lines: height of the skin in mm, within about +-0.15."""
    region, old = regions(), oldness(age_years)
    where = 0.4 + 0.6 * region["cheek"] + 0.9 * region["nose"] + 0.4 * region["forehead"]
    pores = np.float32(0.020 * rng.uniform(0.4, 1.5)) * where * (0.6 * rolled_noise(rng, 0.7) + 0.5 * noise(1.5))
    lines = np.float32(0.012 + 0.030 * old) * rolled_noise(rng, 1.5, 3)
    uneven = np.float32(0.020 + 0.040 * old) * rolled_noise(rng, 4.0, 3)
    soft = 1 - 0.7 * atlas().lips
    return np.asarray((pores + lines + uneven) * soft, np.float32)
