"""Dress an identity: skin, lips, eyes, teeth, hair, brows, lashes, beard and clothes, from one generator."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float32

from facsimile.face.beard import beard_shadow, grow_beard, random_beard
from facsimile.face.brows import brow_shadow, grow_brows, random_brows
from facsimile.face.eyes import EyeColours, random_eyes
from facsimile.face.hair import HAIR_COLOURS, Hair, random_hair, scalp_shadow
from facsimile.face.identity import Identity
from facsimile.face.lashes import grow_lashes
from facsimile.face.lip_paint import paint_lips, random_lips
from facsimile.face.makeup import paint_makeup, random_makeup
from facsimile.face.skin import (
    lightness,
    pigment_albedo,
    pigment_colour,
    random_gloss,
    random_pigments,
    tone_name,
)
from facsimile.face.strands import HairStrands, SurfaceStrands
from facsimile.face.teeth import Dentition, random_dentition
from facsimile.face.wrinkle_layout import WrinkleStyle, random_wrinkle_style

ALBEDO_RANGE = (0.004, 0.95)
"""No real surface is outside it: soot 0.04 is mixed with gaps between hairs, fresh snow 0.95."""

ROOT_SHADE = 0.7
"""Brightness of hair at the scalp against its lengths: roots lie in the shade of the hair above them."""


@dataclass(frozen=True)
class Appearance:
    """Hold all that is seen of a person apart from form and movement.

    ``albedo`` [3,H,W] linear RGB on the rest atlas, with lips, make-up, beard shadow, brow roots and scalp already in
    it; ``gloss`` [H,W] factor on the specular strength, 0.1-2, lips included; ``height`` [H,W] mm of pores and fine
    lines; ``lip_colour`` mean linear RGB of the lips (for information: ``lip_strength``, the share a renderer should
    still blend over the albedo, is 0); ``roughness`` of the skin's highlight, 0.4-0.65; ``wrinkles`` how the
    skin folds and flushes; ``neckline``: (height at the neck in dm, drop per dm forward, radius in dm) of the collar.
    ``description``: plain words and numbers for a data set's row.
    """

    albedo: Float32[np.ndarray, "3 H W"]
    gloss: Float32[np.ndarray, "H W"]
    height: Float32[np.ndarray, "H W"]
    skin_colour: Float32[np.ndarray, "3"]
    """Linear RGB of the bare skin's base tone."""
    lip_colour: Float32[np.ndarray, "3"]
    lip_strength: float
    roughness: float
    wrinkles: WrinkleStyle
    eyes: EyeColours
    teeth: Dentition
    hair_colour: Float32[np.ndarray, "3"]
    brow_colour: Float32[np.ndarray, "3"]
    beard_colour: Float32[np.ndarray, "3"]
    hair: HairStrands | None
    brows: SurfaceStrands
    lashes: SurfaceStrands
    beard: SurfaceStrands | None
    clothes_colour: Float32[np.ndarray, "3"]
    neckline: Float32[np.ndarray, "3"]
    description: dict[str, Any]

    @property
    def teeth_colour(self) -> Float32[np.ndarray, "3"]:
        """Return the linear RGB of the enamel."""
        return self.teeth.colour


def _tint(
    albedo: Float32[np.ndarray, "3 H W"], colour: Float32[np.ndarray, "3"], cover: Float32[np.ndarray, "H W"]
) -> None:
    """Blend ``colour`` over ``albedo`` in place."""
    for channel in range(3):
        albedo[channel] += (colour[channel] - albedo[channel]) * cover


def random_clothes(rng: np.random.Generator) -> tuple[Float32[np.ndarray, "3"], Float32[np.ndarray, "3"]]:
    """Draw the colour of the clothes (linear RGB) and the neckline (height, drop forward, radius; dm)."""
    grey = np.exp(rng.uniform(np.log(0.02), np.log(0.7)))
    hue = np.exp(rng.normal(0, rng.choice([0.08, 0.4]), 3))
    neckline = (rng.uniform(5.45, 6.05), rng.uniform(0.0, 0.55), rng.uniform(0.55, 0.8))
    return np.asarray(np.clip(grey * hue, 0.01, 0.85), np.float32), np.asarray(neckline, np.float32)


def _hair_shade(rng: np.random.Generator, hair: Hair, factor: float) -> Float32[np.ndarray, "3"]:
    """Return the colour of other hair of the same person: ``factor`` as bright, more or less."""
    base = np.asarray(HAIR_COLOURS["dark brown"]) if hair.colour_name == "dyed" else hair.colour
    return np.asarray(np.clip(base * factor * np.exp(rng.normal(0, 0.2)), 0.003, 0.7), np.float32)


def random_appearance(
    rng: np.random.Generator, identity: Identity, *, tone: float | None = None, hair_style: str | None = None
) -> Appearance:
    """Draw the appearance of ``identity``; the same generator state gives the same bytes.

    ``tone`` (0-1.25) fixes the base amount of melanin, ``hair_style`` the style (``hair.style_names``).
    """
    pigments = random_pigments(rng, identity, tone=tone)
    hair = random_hair(rng, identity, pigments.tone, style=hair_style)
    brow_colour, beard_colour = _hair_shade(rng, hair, 0.8 - 0.4 * hair.grey), _hair_shade(rng, hair, 0.9)
    beard = random_beard(rng, sex=identity.sex, age_years=identity.age_years)
    brows = random_brows(rng, sex=identity.sex, age_years=identity.age_years)
    lips = random_lips(rng, identity, melanin=pigments.tone)
    albedo, gloss = pigment_albedo(pigments), random_gloss(rng, identity.age_years)
    bare = pigment_colour(pigments.tone, pigments.ruddiness)
    _tint(albedo, np.minimum(beard_colour, 0.40 * bare), np.float32(0.75) * beard_shadow(beard))
    _tint(albedo, np.minimum(1.5 * brow_colour, 0.55 * bare), brow_shadow(brows))
    _tint(albedo, np.minimum(ROOT_SHADE * hair.colour, 0.8 * bare), scalp_shadow(hair))
    lip_colour = paint_lips(albedo, gloss, pigments.height, lips=lips, pigments=pigments, rng=rng)
    makeup = random_makeup(rng, sex=identity.sex, age_years=identity.age_years)
    paint_makeup(albedo, gloss, makeup)
    np.clip(albedo, *ALBEDO_RANGE, out=albedo)
    eyes = random_eyes(rng, fair=identity.ancestry[2] * lightness(pigments.tone), age_years=identity.age_years)
    clothes_colour, neckline = random_clothes(rng)
    description = {
        "age_years": round(identity.age_years, 1),
        "sex": "female" if identity.sex > 0.5 else "male",
        "melanin": round(pigments.tone, 3),
        "skin_tone": tone_name(pigments.tone),
        "hair_style": hair.style,
        "hair_colour": hair.colour_name,
        "beard": beard.kind,
        "eye_colour": eyes.colour_name,
        "lipstick": lips.lipstick,
        "makeup": makeup.is_worn,
        "mascara": makeup.mascara,
        "glasses": False,
    }
    return Appearance(
        albedo=albedo,
        gloss=gloss,
        height=pigments.height,
        skin_colour=bare,
        lip_colour=lip_colour,
        lip_strength=0.0,
        roughness=float(rng.uniform(0.42, 0.62)),
        wrinkles=random_wrinkle_style(rng),
        eyes=eyes,
        teeth=random_dentition(rng, sex=identity.sex, age_years=identity.age_years, melanin=pigments.tone),
        hair_colour=hair.colour,
        brow_colour=brow_colour,
        beard_colour=beard_colour,
        hair=hair.strands,
        brows=grow_brows(rng, brows),
        lashes=grow_lashes(rng, density=rng.uniform(0.4, 1.3), length=rng.uniform(0.5, 1.0)),
        beard=grow_beard(rng, beard),
        clothes_colour=clothes_colour,
        neckline=neckline,
        description=description,
    )
