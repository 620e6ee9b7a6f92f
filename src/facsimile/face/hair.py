"""Give a person head hair: a groom from a bank made once per process, thinned to the person's own hairline."""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from jaxtyping import Float32

from facsimile.face.hairstyles import STYLES, grow
from facsimile.face.identity import Identity
from facsimile.face.regions import hairline_distance, noise
from facsimile.face.rest import atlas, template_skin
from facsimile.face.skin import lightness
from facsimile.face.strands import HairStrands

HAIR_COLOURS = {
    "black": (0.010, 0.008, 0.007),
    "dark brown": (0.030, 0.017, 0.010),
    "brown": (0.075, 0.038, 0.018),
    "light brown": (0.160, 0.090, 0.042),
    "red": (0.170, 0.055, 0.018),
    "blond": (0.400, 0.280, 0.145),
}
"""Linear RGB, by eye; "grey" and "white" are mixed in with age."""
GREY = (0.31, 0.30, 0.29)
DARK_SHARE = (0.68, 0.27, 0.04, 0.0, 0.0, 0.01)
"""Colour frequencies for African and Asian ancestry; the last is dyed hair."""
EUROPEAN_SHARE = (0.10, 0.24, 0.27, 0.19, 0.07, 0.13)

WOMEN = {"buzz": 1, "crop": 1, "spiky": 0.3, "side part": 0.7, "slicked back": 1, "tied back": 4, "tied up": 2,
         "long": 6, "wavy": 5,
         "curly": 3, "afro": 1.5, "bob": 5, "fringe": 3, "bald": 0.2}  # fmt: skip
MEN = {"buzz": 4, "crop": 7, "spiky": 1.5, "side part": 5, "slicked back": 2, "tied back": 0.7, "tied up": 0.3,
       "long": 0.7,
       "wavy": 1, "curly": 1.5, "afro": 1.5, "bob": 0.3, "fringe": 0.2, "bald": 2}  # fmt: skip
"""How often styles are worn, relative; a guess that keeps every style on both sexes."""
COILED = {"afro": 4.0, "buzz": 2.0, "curly": 2.0, "long": 0.4, "fringe": 0.4}
"""Factors for African ancestry, where hair is mostly coiled; a guess."""
SCALP_COVER = {"buzz": 0.8, "bald": 0.0}
"""How much hair darkens the scalp between its roots; other styles: 0.9."""


@dataclass(frozen=True)
class Hair:
    """Describe head hair: style, colour name, linear RGB, ``recede`` -0.5 to 1, share of grey, strands or None."""

    style: str
    colour_name: str
    colour: Float32[np.ndarray, "3"]
    recede: float
    grey: float
    strands: HairStrands | None


@lru_cache(maxsize=1)
def hair_bank() -> tuple[tuple[str, HairStrands], ...]:
    """Return every groom with its style's name, grown once per process."""
    return tuple((style.name, grow(np.random.default_rng([7, i]), style)) for i, style in enumerate(STYLES))


def random_hair_colour(
    rng: np.random.Generator, identity: Identity, melanin: float
) -> tuple[str, Float32[np.ndarray, "3"], float]:
    """Draw name, linear RGB and share of grey; light hair goes with light skin, dyed hair aside."""
    european = identity.ancestry[2] * lightness(melanin)
    share = np.asarray(DARK_SHARE) * (1 - european) + np.asarray(EUROPEAN_SHARE) * european
    name = list(HAIR_COLOURS)[int(rng.choice(len(HAIR_COLOURS), p=share / share.sum()))]
    colour = np.asarray(HAIR_COLOURS[name]) * np.exp(rng.normal(0, 0.18) + rng.normal(0, 0.05, 3))
    turned = rng.random() < np.clip((identity.age_years - 32) / 35, 0, 1)
    grey = float(rng.uniform(0.2, 1.0)) if turned else 0.0
    colour = colour * (1 - grey) + np.asarray(GREY) * grey * rng.uniform(0.7, 1.3)
    if grey > 0.55:
        name = "white" if grey > 0.9 else "grey"
    return name, np.asarray(np.clip(colour, 0.003, 0.8), np.float32), grey


def _random_style(rng: np.random.Generator, identity: Identity) -> str:
    table = WOMEN if identity.sex > 0.5 else MEN
    african = identity.ancestry[0]
    weights = np.array([worn * (1 - african + african * COILED.get(name, 1.0)) for name, worn in table.items()])
    if identity.sex < 0.5 and identity.age_years > 45:
        weights[list(table).index("bald")] *= 3
    return list(table)[int(rng.choice(len(weights), p=weights / weights.sum()))]


def _random_recede(rng: np.random.Generator, identity: Identity) -> float:
    male_loss = (1 - identity.sex) * np.clip((identity.age_years - 25) / 50, 0, 1)
    return float(np.clip(rng.normal(-0.28, 0.15) + male_loss * rng.uniform(0, 1.3), -0.5, 1.0))


def random_hair(rng: np.random.Generator, identity: Identity, melanin: float) -> Hair:
    """Draw head hair for a person whose skin has this much ``melanin``."""
    colour_name, colour, grey = random_hair_colour(rng, identity, melanin)
    style, recede = _random_style(rng, identity), _random_recede(rng, identity)
    return Hair(style, colour_name, colour, recede, grey, style_strands(rng, style, recede=recede))


def style_strands(rng: np.random.Generator, style: str, *, recede: float) -> HairStrands | None:
    """Return one of the bank's grooms of ``style``, thinned to a hairline; None for a bald head."""
    grooms = [strands for name, strands in hair_bank() if name == style]
    if not grooms:
        if style != "bald":
            known = sorted({name for name, _ in hair_bank()})
            raise ValueError(f"style: {style!r} is not a hair style; use one of bald, {', '.join(known)}")
        return None
    groom = grooms[int(rng.integers(len(grooms)))]
    inside = hairline_distance(groom.points[:, 0].astype(np.float64), recede=recede)
    softness = rng.uniform(0.08, 0.22)
    keep = rng.random(len(inside)) < np.clip(inside / softness + 0.15, 0, 1) * rng.uniform(0.8, 1.0)
    return replace(
        groom,
        points=groom.points[keep],
        root_triangle=groom.root_triangle[keep],
        root_bary=groom.root_bary[keep],
        tint=groom.tint[keep],
    )


def scalp_shadow(hair: Hair) -> Float32[np.ndarray, "H W"]:
    """Return how much hair and roots cover the scalp, 0-1, with a ragged soft hairline, to tint the albedo."""
    inside = _hairline_map() - np.float32(hair.recede) * _recede_map()
    ragged = inside + 0.02 * noise(0.7, 4) + 0.03 * noise(4.0, 4)
    cover = SCALP_COVER.get(hair.style, 0.9)
    return np.float32(cover * np.clip(ragged / 0.26, 0, 1) ** 1.2) * (1 - atlas().ears)


@lru_cache(maxsize=1)
def _hairline_map() -> Float32[np.ndarray, "H W"]:
    return np.asarray(hairline_distance(atlas().position), np.float32)


@lru_cache(maxsize=1)
def _recede_map() -> Float32[np.ndarray, "H W"]:
    return _hairline_map() - np.float32(hairline_distance(atlas().position, recede=1.0))


def template_roots(strands: HairStrands) -> Float32[np.ndarray, "N 3"]:
    """Return where the roots lie on the template."""
    skin = template_skin()
    corners = skin.corners()[strands.root_triangle]
    b = strands.root_bary
    weights = np.concatenate([1 - b.sum(1, keepdims=True), b], 1)[..., None]
    return np.asarray((corners * weights).sum(1), np.float32)
