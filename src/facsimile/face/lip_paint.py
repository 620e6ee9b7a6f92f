"""Paint lips: full or thin, two-toned or plain, with a dark or hidden seam, matt or wet.

Lips vary widely on purpose: dark outer with pink inner lips, or a strong mouth line, must not look like parted lips.
"""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from jaxtyping import Float32

from facsimile.face.identity import Identity
from facsimile.face.regions import LIP_SEAM_Y, rolled_noise
from facsimile.face.rest import ATLAS_SIZE, atlas
from facsimile.face.skin import BLOOD_ABSORPTION, Pigments, pigment_colour

LIPSTICKS = {
    "red": (0.42, 0.035, 0.05),
    "rose": (0.45, 0.13, 0.15),
    "nude": (0.40, 0.22, 0.17),
    "berry": (0.16, 0.018, 0.05),
    "coral": (0.52, 0.13, 0.08),
    "brown": (0.16, 0.055, 0.035),
}
"""Linear RGB of common lipsticks on light skin; on dark lips the same paint looks deeper."""


CHILD_YEARS = 14.0
"""Younger people are not painted."""
WET_REACH_DM = 0.016
"""How far from the seam the inner, always wet lip reaches."""
WET_GLOSS = 0.3


@dataclass(frozen=True)
class Lips:
    """Describe a person's lips.

    ``fullness`` -1 thin to 1 full (where the red ends); ``contrast`` 0-1 against the skin; ``two_tone`` 0-1 how much
    paler the inner lip is than the outer; ``seam`` 0-1 darkness of the mouth line; ``gloss`` 0-1.3; ``creases_mm``
    depth of the upright lines; ``roll`` 0-1 brightness of the pale line round the red; ``lipstick`` a name or
    ``"none"`` with its opacity.
    """

    fullness: float
    contrast: float
    two_tone: float
    seam: float
    gloss: float
    creases_mm: float
    roll: float
    lipstick: str
    opacity: float


def mean_fullness(identity: Identity) -> float:
    """Return how full the red of the lips is on average, -1 to 1: by ancestry, and thinner with age.

    Wong et al. (Arch Facial Plast Surg 2010) and Iblher et al. (J Plast Reconstr Aesthet Surg 2008: lips lose about a
    third of their red from 25 to 70 years) give the order; the numbers are chosen by eye.
    """
    african, asian, _ = identity.ancestry
    return 0.75 * african + 0.2 * asian - 0.2 - 0.012 * max(0.0, identity.age_years - 30)


def random_lips(rng: np.random.Generator, identity: Identity, *, melanin: float) -> Lips:
    """Draw lips; two tones are commoner on dark skin but occur on all, lipstick is worn mostly by women."""
    two_tone = rng.beta(1.5, 1.5) if rng.random() < 0.25 + 0.6 * melanin else 0.25 * rng.random()
    grown = identity.age_years > CHILD_YEARS
    paints = grown and rng.random() < (0.42 if identity.sex > 0.6 else 0.02)
    name = list(LIPSTICKS)[int(rng.integers(len(LIPSTICKS)))]
    return Lips(
        fullness=float(np.clip(rng.normal(mean_fullness(identity), 0.45), -1, 1)),
        contrast=float(rng.uniform(0.15, 1.0)),
        two_tone=float(two_tone),
        seam=float(rng.beta(1.3, 1.6)),
        gloss=float(rng.uniform(0.35, 1.3) if paints else rng.uniform(0.25, 1.0)),
        creases_mm=float(rng.uniform(0.03, 0.08) * (1 + max(0.0, identity.age_years - 40) / 50)),
        roll=float(rng.beta(1.2, 2.0)),
        lipstick=name if paints else "none",
        opacity=float(rng.uniform(0.4, 0.95) if paints else 0.0),
    )


@lru_cache(maxsize=1)
def _crease_noise() -> Float32[np.ndarray, "H W"]:
    """Return upright lines of uneven width and depth: noise drawn out along the height, -1 to 1."""
    rng = np.random.default_rng(0)
    fine = cv2.GaussianBlur(rng.standard_normal(ATLAS_SIZE, np.float32), (0, 0), sigmaX=0.8, sigmaY=4.0)
    broad = cv2.GaussianBlur(rng.standard_normal(ATLAS_SIZE, np.float32), (0, 0), sigmaX=2.0, sigmaY=6.0)
    lines = fine / fine.std() + 0.7 * broad / broad.std()
    return np.asarray(np.clip(lines / 2, -1, 1), np.float32)


@lru_cache(maxsize=1)
def _lip_falloff() -> Float32[np.ndarray, "H W"]:
    """Return a smooth hill over the lips whose level sets are thinner or fuller lips."""
    return cv2.GaussianBlur(atlas().lips, (0, 0), 2.2)


def lip_mask(fullness: float) -> Float32[np.ndarray, "H W"]:
    """Return the painted lip, 0-1, with a soft border; ``fullness`` -1 to 1 moves the border 1.5 mm each way."""
    level = 0.5 - 0.28 * fullness
    return np.asarray(np.clip((_lip_falloff() - level) / 0.34 + 0.5, 0, 1), np.float32)


def lip_tone(pigments: Pigments, lips: Lips) -> Float32[np.ndarray, "3"]:
    """Return the mean linear RGB of the bare lip."""
    blood = np.exp(-BLOOD_ABSORPTION * np.asarray((2.2, 1.7, 1.5), np.float32) * lips.contrast)
    return pigment_colour(pigments.tone * 0.9 + 0.05, 0.6 * pigments.ruddiness) * np.float32(blood)


def paint_lips(
    albedo: Float32[np.ndarray, "3 H W"],
    gloss: Float32[np.ndarray, "H W"],
    height: Float32[np.ndarray, "H W"],
    *,
    lips: Lips,
    pigments: Pigments,
    rng: np.random.Generator,
) -> Float32[np.ndarray, "3"]:
    """Paint lips into ``albedo``, ``gloss`` and ``height`` (mm) in place; return their mean linear RGB."""
    window = (slice(240, 320), slice(320, 448))
    turn = int(rng.integers(ATLAS_SIZE[1]))
    a, mask = atlas(), lip_mask(lips.fullness)[window]
    tone = lip_tone(pigments, lips)
    pale = pigment_colour(pigments.tone * 0.68, 1.2) * np.asarray((1.0, 0.9, 0.9), np.float32)
    from_seam = np.abs(a.y[window] - LIP_SEAM_Y)
    reach = np.where(a.y[window] > LIP_SEAM_Y, 0.022, 0.045)
    inner = np.exp(-((from_seam / reach) ** 2) / 2) * lips.two_tone
    dark = 1 - 0.25 * lips.two_tone * (1 - inner)
    mottle = np.exp(0.05 * rolled_noise(rng, 1.5)[window] + 0.06 * rolled_noise(rng, 4.0)[window])
    seam = np.exp(-((from_seam / 0.011) ** 2) / 2) * (np.abs(a.x[window]) < 0.25) * lips.seam
    reflected = np.float32(min(1.0, 0.45 + 1.3 * float(tone.mean())))
    stick = reflected * np.asarray(LIPSTICKS.get(lips.lipstick, (0, 0, 0)), np.float32)
    for channel in range(3):
        colour = (tone[channel] * (1 - inner) + pale[channel] * inner) * dark * mottle
        colour = colour * (1 - lips.opacity) + stick[channel] * lips.opacity
        layer = albedo[channel][window]
        layer += (colour - layer) * mask
        layer *= 1 - 0.75 * seam
    roll = np.clip(lip_mask(lips.fullness + 0.35)[window] - mask, 0, 1) * (a.z[window] > 1.2)
    albedo[(slice(None), *window)] *= 1 + np.float32(0.16 * lips.roll) * roll
    wet = np.exp(-((from_seam / WET_REACH_DM) ** 2) / 2)
    shine = gloss[window]
    shine += (np.float32(lips.gloss) + np.float32(WET_GLOSS) * wet - shine) * mask
    _press_creases(height[window], np.roll(_crease_noise(), turn, 1)[window], mask * (1 - wet), lips.creases_mm)
    return np.asarray(tone * (1 - lips.opacity) + stick * lips.opacity, np.float32)


def _press_creases(
    height: Float32[np.ndarray, "h w"],
    lines: Float32[np.ndarray, "h w"],
    mask: Float32[np.ndarray, "h w"],
    depth_mm: float,
) -> None:
    """Replace pores by upright creases where the lip is, in place."""
    height *= 1 - 0.8 * mask
    height += np.float32(depth_mm) * lines * mask
