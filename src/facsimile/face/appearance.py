"""Dress an identity: skin, lips, eyes, teeth, hair, brows, lashes, beard and clothes, from one generator."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float32

from facsimile.face.accessories import Accessory
from facsimile.face.beard import beard_shadow, grow_beard, random_beard
from facsimile.face.brows import brow_shadow, grow_brows, random_brows
from facsimile.face.clothes import Garment, collar_of, random_garment, random_scarf
from facsimile.face.eyes import EyeColours, random_eyes
from facsimile.face.glasses import random_glasses
from facsimile.face.hair import HAIR_COLOURS, Hair, random_hair, scalp_shadow
from facsimile.face.headwear import pressed, random_headwear
from facsimile.face.identity import Identity
from facsimile.face.lashes import random_lashes
from facsimile.face.lid_fold import paint_lid_fold, random_lid_fold
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

GLASSES_SHARE = (0.07, 0.12, 0.22)
"""Part of people who wear clear glasses at 12, 45 and 75 years: about 13 % overall; more do in life."""
SUNGLASSES_SHARE, HEADWEAR_SHARE, SCARF_SHARE = 0.015, 0.07, 0.05
"""Parts of people who wear the rest."""
ROOT_SHADE = 0.7
"""Brightness of hair at the scalp against its lengths: roots lie in the shade of the hair above them."""


@dataclass(frozen=True)
class Appearance:
    """Hold all that is seen of a person apart from form and movement.

    ``albedo`` [3,H,W] linear RGB on the rest atlas, with lips, make-up, beard shadow, brow roots and scalp already in
    it; ``gloss`` [H,W] factor on the specular strength, 0.1-2, lips included; ``height`` [H,W] mm of pores and fine
    lines; ``lip_colour`` mean linear RGB of the lips (for information: ``lip_strength``, the share a renderer should
    still blend over the albedo, is 0); ``roughness`` of the skin's highlight, 0.4-0.65; ``wrinkles`` how the
    skin folds and flushes; ``accessories``: glasses, hats, scarves, collars.
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
    garment: Garment
    accessories: tuple[Accessory, ...]
    description: dict[str, Any]

    @property
    def clothes_colour(self) -> Float32[np.ndarray, "3"]:
        """Return the linear RGB of the cloth."""
        return self.garment.colour

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


def random_accessories(
    rng: np.random.Generator, *, sex: float, age_years: float, garment: Garment
) -> tuple[tuple[Accessory, ...], str]:
    """Draw what is worn, and the name of the headwear; the more often glasses, the older a person is."""
    eyewear, head, neck = rng.random(3)
    worn = collar_of(rng, garment)
    share = np.interp(age_years, (12, 45, 75), GLASSES_SHARE)
    if eyewear < share + SUNGLASSES_SHARE:
        worn += random_glasses(rng, are_dark=bool(eyewear >= share))
    if neck < SCARF_SHARE and garment.name not in ("hoodie", "shirt"):
        worn += (random_scarf(rng),)
    if head < HEADWEAR_SHARE:
        hat = random_headwear(rng, sex=sex)
        return (*worn, hat), hat.name
    return worn, "none"


def _hair_shade(rng: np.random.Generator, hair: Hair, factor: float) -> Float32[np.ndarray, "3"]:
    """Return the colour of other hair of the same person: ``factor`` as bright, more or less."""
    base = np.asarray(HAIR_COLOURS["dark brown"]) if hair.colour_name == "dyed" else hair.colour
    factor *= 1 - 0.45 * (1 - hair.grey) * float(np.clip((base[1] - 0.05) / 0.2, 0, 1))
    return np.asarray(np.clip(base * factor * np.exp(rng.normal(0, 0.2)), 0.003, 0.7), np.float32)


def _under_hat(hair: Hair, worn: tuple[Accessory, ...]) -> HairStrands | None:
    """Return the hair that shows with what is worn."""
    hats = [item for item in worn if item.kind == "headwear"]
    return pressed(hair.strands, hats[0]) if hats and hair.strands is not None else hair.strands


def _eyewear(worn: tuple[Accessory, ...]) -> str:
    """Return "glasses", "sunglasses" or "none"."""
    lenses = [item for item in worn if item.is_lens]
    return "none" if not lenses else "sunglasses" if lenses[0].is_dark else "glasses"


def random_appearance(
    rng: np.random.Generator,
    identity: Identity,
    *,
    tone: float | None = None,
    hair_style: str | None = None,
    with_accessories: bool = True,
) -> Appearance:
    """Draw the appearance of ``identity``; the same generator state gives the same bytes.

    ``tone`` (0-1.25) fixes the base amount of melanin, ``hair_style`` the style (``hair.style_names``);
    without accessories nobody wears glasses, hats or scarves, and all else stays the same.
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
    paint_lid_fold(albedo, pigments.height, random_lid_fold(rng, identity))
    paint_makeup(albedo, gloss, makeup)
    np.clip(albedo, *ALBEDO_RANGE, out=albedo)
    eyes = random_eyes(rng, fair=identity.ancestry[2] * lightness(pigments.tone), age_years=identity.age_years)
    garment = random_garment(rng)
    worn, headwear = random_accessories(rng, sex=identity.sex, age_years=identity.age_years, garment=garment)
    strands = _under_hat(hair, worn) if with_accessories else hair.strands
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
        "glasses": _eyewear(worn) if with_accessories else "none",
        "headwear": headwear if with_accessories else "none",
        "clothes": garment.name,
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
        hair=strands,
        brows=grow_brows(rng, brows),
        lashes=random_lashes(rng, sex=identity.sex, mascara=makeup.mascara),
        beard=grow_beard(rng, beard),
        garment=garment,
        accessories=worn if with_accessories else tuple(a for a in worn if a.name == "collar"),
        description=description,
    )
