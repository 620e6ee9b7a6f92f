"""Paint skin from its two pigments, melanin and haemoglobin.

Light passes through pigment and comes back weaker (Beer-Lambert): albedo = bare * exp(-(a + b m) m - c h), per linear
RGB channel. Everything that makes skin uneven changes m or h: freckles, moles, sun, blood in the cheeks.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float32

from facsimile.face.identity import Identity
from facsimile.face.marks import Layers, stamp_marks
from facsimile.face.regions import (
    add_region,
    add_rolled,
    grain,
    noise,
    pore_relief,
    region_window,
    regions,
    rolled_noise,
)
from facsimile.face.rest import ATLAS_SIZE
from facsimile.kernel import lean_kernel

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
TABLE_SIZE, TABLE_PER_UNIT, LEAST_BLOOD = 6144, 1536.0, 1.0
"""Steps of the tables of absorption: melanin 0 to 4, blood -1 to 3, in steps of 0.00065."""
BLOTCHED = 0.15
"""Share of people with a blotchy flush; a guess."""

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
    old, deep = oldness(age_years), min(tone, 1.0)
    uneven = float(rng.uniform(0.3, 1.0) * (0.55 + 0.6 * deep) * (0.7 + 0.5 * old))
    melanin = np.full(ATLAS_SIZE, tone, np.float32)
    for sigma, spread in ((12.0, 0.034 * uneven), (40.0, 0.030 * uneven), (4.0, 0.018 * uneven)):
        add_rolled(melanin, rng, noise(sigma), spread)
    add_rolled(melanin, rng, noise(1.5), 0.012 * (0.5 + tone))
    part, circles, socket = rng.normal(0, 1, 6), rng.beta(1.4, 2.2), rng.beta(1.5, 2.5)
    amounts = {
        "forehead": 0.03 * part[0] + 0.05 * tone,
        "cheek": -0.07 * tone,
        "tear_trough": (0.02 + 0.17 * circles) * (0.55 + 0.5 * old),
        "socket": 0.14 * socket * (0.35 + tone),
        "mouth_ring": 0.05 * abs(part[1]) * (0.3 + tone),
        "temple": 0.03 * part[2] + 0.05 * tone,
        "nose_bridge": 0.06 * tone + 0.01 * part[3],
        "neck": 0.02 * part[4] - 0.02,
    }
    for name, amount in amounts.items():
        add_region(melanin, name, float(amount))
    melanin -= np.float32(0.02 * uneven) * pore_relief()
    return melanin


def _random_blood(
    rng: np.random.Generator, ruddiness: float, *, tone: float, age_years: float
) -> Float32[np.ndarray, "H W"]:
    """Draw where blood shows: cheeks, nose and its wings, ears, chin, lids; blotches and threads on some."""
    blood = np.full(ATLAS_SIZE, 0.55 * ruddiness, np.float32)
    cheek, nose = rng.uniform(0.1, 1.0), rng.uniform(0.2, 0.9)
    amounts = {
        "cheek": cheek,
        "nose": nose,
        "wing": 0.4 + 0.4 * nose,
        "ear": 0.8 * rng.random(),
        "chin": rng.uniform(0, 0.4),
        "lid": rng.uniform(0.1, 0.45),
        "tear_trough": 0.3,
        "forehead": -0.12,
        "neck": rng.uniform(-0.1, 0.3),
        "mouth_ring": -0.15,
    }
    for name, amount in amounts.items():
        add_region(blood, name, float(ruddiness * amount))
    for sigma, spread in ((12.0, 0.05), (4.0, 0.05), (1.5, 0.03)):
        add_rolled(blood, rng, noise(sigma, 1), spread)
    blotched, threaded, pale = rng.random(), rng.random(), 1 - 0.7 * min(tone, 1.0)
    if blotched < BLOTCHED:
        window = region_window("flushed")
        limit = rng.uniform(1.2, 2.0)
        blotches = rolled_noise(rng, 4.0, 4)[window] + np.float32(2 * ruddiness) * regions()["flushed"][window]
        blood[window] += np.float32(pale * rng.uniform(0.1, 0.4)) * np.clip(blotches - np.float32(limit), 0, 1)
    if threaded < 0.15 + 0.6 * oldness(age_years):
        window = region_window("flushed")
        threads = np.exp(-((rolled_noise(rng, 4.0, 8)[window] / np.float32(0.07)) ** 2))
        flushed = np.clip(np.float32(ruddiness) * regions()["flushed"][window], 0, 0.6)
        blood[window] += np.float32(pale * rng.uniform(0.2, 0.7)) * threads * flushed
    return blood


@lean_kernel
def _absorb(melanin, blood, through_melanin, through_blood, out):
    """Write the albedo [3,H,W] of pigment maps from what each amount of pigment [N,3] lets through."""
    last = through_melanin.shape[0] - 1
    for row in range(melanin.shape[0]):
        for column in range(melanin.shape[1]):
            m = min(last, max(0, int(melanin[row, column] * np.float32(TABLE_PER_UNIT) + np.float32(0.5))))
            place = (blood[row, column] + np.float32(LEAST_BLOOD)) * np.float32(TABLE_PER_UNIT) + np.float32(0.5)
            h = min(last, max(0, int(place)))
            for channel in range(3):
                out[channel, row, column] = through_melanin[m, channel] * through_blood[h, channel]


@lru_cache(maxsize=1)
def _transmission() -> tuple[Float32[np.ndarray, "N 3"], Float32[np.ndarray, "N 3"]]:
    """Return the share of light that melanin (with bare skin) and blood let through, by amount."""
    amount = np.arange(TABLE_SIZE)[:, None] / TABLE_PER_UNIT
    thin = np.minimum(amount, 1)
    density = (MELANIN_ABSORPTION + MELANIN_CROWDING * thin) * thin + DEEP_ABSORPTION * (amount - thin)
    melanin, blood = BARE_SKIN * np.exp(-density), np.exp(-BLOOD_ABSORPTION * (amount - LEAST_BLOOD))
    return melanin.astype(np.float32), blood.astype(np.float32)


def pigment_albedo(pigments: Pigments) -> Float32[np.ndarray, "3 H W"]:
    """Return the linear RGB albedo of the pigment maps, to 1 part in 500 of ``pigment_colour``."""
    albedo = np.empty((3, *ATLAS_SIZE), np.float32)
    _absorb(pigments.melanin, pigments.blood, *_transmission(), albedo)
    return albedo


def random_gloss(rng: np.random.Generator, age_years: float) -> Float32[np.ndarray, "H W"]:
    """Draw how much the skin shines, 0.1 (powdered) to about 1.5 (oily nose): a factor on its specular strength.

    The T-zone (forehead, nose, chin) is oily, most in young adults; cheeks and old skin are dry.
    """
    oil = float(rng.beta(1.6, 2.2) * np.interp(age_years, (6, 12, 18, 40, 80), (0.4, 0.6, 1.2, 1.0, 0.6)))
    gloss = np.full(ATLAS_SIZE, 0.50, np.float32)
    amounts = {
        "cheek": -0.10,
        "nose": 0.14 + 0.5 * oil,
        "forehead": 0.45 * oil,
        "nose_bridge": 0.10 + 0.25 * oil,
        "chin": 0.2 * oil,
        "lid": 0.14,
        "wing": 0.15 * oil,
    }
    for name, amount in amounts.items():
        add_region(gloss, name, amount)
    add_rolled(gloss, rng, noise(4.0, 2), 0.06)
    gloss += np.float32(0.10) * pore_relief()
    gloss *= np.float32(rng.uniform(0.55, 1.0))
    return np.clip(gloss, np.float32(0.1), np.float32(1.6), out=gloss)


def random_height(rng: np.random.Generator, age_years: float) -> Float32[np.ndarray, "H W"]:
    """Draw pores and fine lines: height of the skin in mm, rarely beyond +-0.5.

    Pores are wide on nose and inner cheeks, fine on the forehead, absent on lids; fine lines cross on cheeks and lie
    level under the eyes and on the neck.
    """
    old = oldness(age_years)
    grown = float(np.interp(age_years, (6, 14, 30, 80), (0.25, 0.7, 1.0, 1.3)))
    height = np.float32(0.040 * rng.uniform(0.5, 1.5) * grown) * pore_relief()
    for field in (grain(0.7, 2.6), grain(2.6, 0.7)):
        add_rolled(height, rng, field, 0.010 + 0.022 * old)
    level = 0.012 + 0.075 * old * rng.uniform(0.5, 1.3)
    add_rolled(height, rng, grain(5.0, 0.8), level, mask=regions()["creased"])
    add_rolled(height, rng, noise(4.0, 3), 0.014 + 0.05 * old)
    add_rolled(height, rng, noise(12.0, 3), 0.05)
    window = region_window("lips")
    height[window] *= 1 - np.float32(0.8) * regions()["lips"][window]
    return height
