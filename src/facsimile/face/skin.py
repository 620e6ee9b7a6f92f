"""Paint skin from its two pigments, melanin and haemoglobin.

Light passes through pigment and comes back weaker (Beer-Lambert): albedo = bare * exp(-(a + b m) m - c h), per linear
RGB channel. Everything that makes skin uneven changes m or h: freckles, moles, sun, blood in the cheeks.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from facsimile.face.identity import Identity
from facsimile.face.marks import Layers, stamp_marks
from facsimile.face.regions import pore_noise, regions, rolled_grain, rolled_noise
from facsimile.face.rest import ATLAS_SIZE, atlas
from facsimile.kernel import kernel

BARE_SKIN = np.array((0.63, 0.52, 0.415), np.float32)
"""Linear RGB of skin without melanin and blood."""
MELANIN_ABSORPTION = np.array((1.30, 2.50, 3.50), np.float32)
"""Absorption per m in thin pigment: rises towards blue, as melanosomes' does (Jacques 2013)."""
MELANIN_CROWDING = np.array((0.80, 0.0, -1.05), np.float32)
"""Absorption per m squared: in dark skin light returns from shallower layers, and the colour gets more neutral. The
three constants fit CIELAB (68, 9, 15), (55, 13, 19), (35, 11, 14), (25, 8, 8) at m = 0.1, 0.33, 0.74, 0.99:
patches chosen by us to span pale to very dark skin, not a fit to a measured population."""
DEEP_ABSORPTION = np.array((2.6, 2.5, 2.3), np.float32)
"""Absorption per m beyond 1, towards the two darkest tones of the Monk scale, linear RGB (0.042, 0.031, 0.023) and
(0.022, 0.018, 0.014): nearly neutral."""
BLOOD_ABSORPTION = np.array((0.10, 0.62, 0.52), np.float32)
"""Absorption at h = 1: haemoglobin takes green and blue, hardly red (Q bands at 542 and 577 nm)."""

MELANIN_BY_ANCESTRY = ((0.74, 0.17), (0.28, 0.13), (0.13, 0.10))
"""Mean and spread of m for African, Asian, European ancestry: wide, and overlapping, as within each continent."""
ANY_TONE_SHARE = 0.35
"""Share of people whose tone is drawn evenly from all tones, whatever their ancestry, so that none is rare."""
MAX_MELANIN = 1.25

TONE_NAMES = ("very light", "light", "medium light", "medium", "dark", "very dark")
TONE_EDGES = (0.08, 0.18, 0.34, 0.55, 0.78)


@dataclass(frozen=True)
class Pigments:
    """Hold the maps that make the skin's colour: ``melanin`` and ``blood``, both 0 to about 1.2, and the base tone."""

    melanin: Float32[np.ndarray, "H W"]
    blood: Float32[np.ndarray, "H W"]
    height: Float32[np.ndarray, "H W"]
    """Pores, fine lines and raised marks (mm): marks change colour and form together."""
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
    thin = min(melanin, 1.0)
    density = (MELANIN_ABSORPTION + MELANIN_CROWDING * thin) * thin + DEEP_ABSORPTION * (melanin - thin)
    return np.asarray(BARE_SKIN * np.exp(-density - BLOOD_ABSORPTION * blood), np.float32)


def random_melanin(rng: np.random.Generator, ancestry: tuple[float, float, float]) -> float:
    """Draw the base amount of melanin, 0 to 1.25."""
    if rng.random() < ANY_TONE_SHARE:
        return float(rng.uniform(0.0, MAX_MELANIN))
    levels = [share * rng.normal(*stats) for share, stats in zip(ancestry, MELANIN_BY_ANCESTRY, strict=True)]
    return float(np.clip(sum(levels), 0.0, MAX_MELANIN))


def random_pigments(rng: np.random.Generator, identity: Identity, *, tone: float | None = None) -> Pigments:
    """Draw the pigment maps of a person; ``tone`` (0-1.25) fixes the base amount of melanin."""
    drawn = random_melanin(rng, identity.ancestry)
    tone = drawn if tone is None else tone
    ruddiness = float(np.clip(rng.normal(0.36, 0.16), 0.05, 0.9) * (1 - 0.45 * min(tone, 1.0)))
    age_years = identity.age_years
    melanin, blood = (
        _random_melanin_map(rng, tone, age_years),
        _random_blood(rng, ruddiness, tone=tone, age_years=age_years),
    )
    height = random_height(rng, age_years)
    stamp_marks(rng, Layers(melanin, blood, height), tone=tone, age_years=age_years, sex=identity.sex)
    np.maximum(melanin, 0, out=melanin)
    return Pigments(melanin, blood, height, tone, ruddiness)


def _random_melanin_map(rng: np.random.Generator, tone: float, age_years: float) -> Float32[np.ndarray, "H W"]:
    """Draw where skin is darker and paler: sockets, lips' surround, temples, forehead against cheeks and neck."""
    old, region = oldness(age_years), regions()
    uneven = np.float32(rng.uniform(0.3, 1.0) * (0.55 + 0.6 * min(tone, 1.0)) * (0.7 + 0.5 * old))
    melanin = tone + uneven * (
        0.034 * rolled_noise(rng, 12.0) + 0.030 * rolled_noise(rng, 40.0) + 0.018 * rolled_noise(rng, 4.0)
    )
    melanin += np.float32(0.012 * (0.5 + tone)) * rolled_noise(rng, 1.5)
    part = rng.normal(0, 1, 6)
    circles, socket = rng.beta(1.4, 2.2), rng.beta(1.5, 2.5)
    melanin += np.float32(0.03 * part[0] + 0.05 * tone) * region["forehead"] - np.float32(0.07 * tone) * region["cheek"]
    melanin += np.float32((0.02 + 0.17 * circles) * (0.55 + 0.5 * old)) * region["tear_trough"]
    melanin += np.float32(0.14 * socket * (0.35 + tone)) * region["socket"]
    melanin += np.float32(0.05 * abs(part[1]) * (0.3 + tone)) * region["mouth_ring"]
    melanin += np.float32(0.03 * part[2] + 0.05 * tone) * region["temple"]
    melanin += np.float32(0.06 * tone + 0.01 * part[3]) * region["nose_bridge"]
    melanin += np.float32(0.02 * part[4] - 0.02) * region["neck"]
    melanin -= np.float32(0.02 * uneven) * region["pores"] * np.minimum(pore_noise(), 0)
    return np.asarray(melanin, np.float32)


def _random_blood(
    rng: np.random.Generator, ruddiness: float, *, tone: float, age_years: float
) -> Float32[np.ndarray, "H W"]:
    region, old = regions(), oldness(age_years)
    cheek, nose, lid, chin = rng.uniform(0.1, 1.0), rng.uniform(0.2, 0.9), rng.uniform(0.1, 0.45), rng.uniform(0, 0.4)
    pattern = 0.55 + np.float32(cheek) * region["cheek"] + np.float32(nose) * region["nose"]
    pattern += np.float32(0.4 + 0.4 * nose) * region["wing"] + np.float32(0.8 * rng.random()) * region["ear"]
    pattern += np.float32(chin) * region["chin"] + np.float32(lid) * region["lid"]
    pattern += np.float32(0.3) * region["tear_trough"] - np.float32(0.12) * region["forehead"]
    pattern += np.float32(rng.uniform(-0.1, 0.3)) * region["neck"] - np.float32(0.15) * region["mouth_ring"]
    blood = np.float32(ruddiness) * pattern
    blood += 0.05 * rolled_noise(rng, 12.0, 1) + 0.05 * rolled_noise(rng, 4.0, 1) + 0.03 * rolled_noise(rng, 1.5, 1)
    flushed = (region["cheek"] + region["nose"] + region["wing"]) * np.float32(ruddiness)
    pale = 1 - 0.7 * min(tone, 1.0)
    if rng.random() < 0.15:
        blotches = np.clip(rolled_noise(rng, 4.0, 4) + 2 * flushed - rng.uniform(1.2, 2.0), 0, 1)
        blood += np.float32(pale * rng.uniform(0.1, 0.4)) * blotches
    if rng.random() < 0.15 + 0.6 * old:
        threads = np.exp(-((rolled_noise(rng, 4.0, 8) / 0.07) ** 2))
        blood += np.float32(pale * rng.uniform(0.2, 0.7)) * threads * np.clip(flushed, 0, 0.6)
    return np.asarray(blood, np.float32)


@kernel
def _absorb(melanin, blood, bare, thin, crowded, deep, red, out):
    """Write the albedo [3,H,W] of pigment maps."""
    for row in range(melanin.shape[0]):
        for column in range(melanin.shape[1]):
            m, h = melanin[row, column], blood[row, column]
            q = min(m, np.float32(1))
            for channel in range(3):
                density = (thin[channel] + crowded[channel] * q) * q + deep[channel] * (m - q) + red[channel] * h
                out[channel, row, column] = bare[channel] * np.exp(-density)


def pigment_albedo(pigments: Pigments) -> Float32[np.ndarray, "3 H W"]:
    """Return the linear RGB albedo of the pigment maps."""
    albedo = np.empty((3, *ATLAS_SIZE), np.float32)
    constants = (BARE_SKIN, MELANIN_ABSORPTION, MELANIN_CROWDING, DEEP_ABSORPTION, BLOOD_ABSORPTION)
    _absorb(pigments.melanin, pigments.blood, *constants, albedo)
    return albedo


def random_gloss(rng: np.random.Generator, age_years: float) -> Float32[np.ndarray, "H W"]:
    """Draw how much the skin shines, 0.1 (powdered) to about 1.5 (oily nose): a factor on its specular strength.

    The T-zone (forehead, nose, chin) is oily, most in young adults; cheeks and old skin are dry.
    """
    region = regions()
    oil = float(rng.beta(1.6, 2.2) * np.interp(age_years, (6, 12, 18, 40, 80), (0.4, 0.6, 1.2, 1.0, 0.6)))
    gloss = 0.50 - 0.10 * region["cheek"] + np.float32(0.14 + 0.5 * oil) * region["nose"]
    gloss += np.float32(0.45 * oil) * region["forehead"] + np.float32(0.10 + 0.25 * oil) * region["nose_bridge"]
    gloss += np.float32(0.2 * oil) * region["chin"] + 0.14 * region["lid"] + np.float32(0.15 * oil) * region["wing"]
    gloss *= 1 + 0.10 * rolled_noise(rng, 4.0, 2) + 0.16 * region["pores"] * pore_noise()
    return np.asarray(np.clip(gloss * rng.uniform(0.55, 1.0), 0.1, 1.6), np.float32)


def random_height(rng: np.random.Generator, age_years: float) -> Float32[np.ndarray, "H W"]:
    """Draw pores and fine lines: height of the skin in mm, rarely beyond +-0.5.

    Pores are wide on nose and inner cheeks, fine on the forehead, absent on lids; fine lines cross on cheeks and lie
    level under the eyes and on the neck.
    """
    region, old = regions(), oldness(age_years)
    grown = float(np.interp(age_years, (6, 14, 30, 80), (0.25, 0.7, 1.0, 1.3)))
    pores = np.float32(0.040 * rng.uniform(0.5, 1.5) * grown) * region["pores"] * np.minimum(pore_noise(), 0.4)
    weave = np.float32(0.010 + 0.022 * old) * (rolled_grain(rng, 0.7, 2.6) + rolled_grain(rng, 2.6, 0.7))
    level = np.float32(0.012 + 0.075 * old * rng.uniform(0.5, 1.3)) * rolled_grain(rng, 5.0, 0.8)
    level *= region["tear_trough"] + 0.7 * region["lid"] + 0.8 * region["neck"] + 0.25 * region["forehead"]
    uneven = np.float32(0.014 + 0.05 * old) * rolled_noise(rng, 4.0, 3) + np.float32(0.05) * rolled_noise(rng, 12.0, 3)
    soft = 1 - 0.8 * atlas().lips
    return np.asarray((pores + weave + level + uneven) * soft, np.float32)
