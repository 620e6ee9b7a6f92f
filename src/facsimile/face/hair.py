"""Give a person head hair: a style, a hairline and colours that go with age, sex and ancestry, loosely."""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from jaxtyping import Float32

from facsimile.face.hair_growth import grow
from facsimile.face.hairstyles import STYLES, Style, style_named, varied
from facsimile.face.identity import Identity
from facsimile.face.regions import hairline_distance, noise
from facsimile.face.rest import atlas, template_skin
from facsimile.face.scalp import Hairline
from facsimile.face.skin import lightness
from facsimile.face.strands import HairStrands

HAIR_COLOURS = {
    "black": (0.008, 0.0065, 0.0058),
    "dark brown": (0.022, 0.013, 0.008),
    "brown": (0.060, 0.032, 0.016),
    "light brown": (0.130, 0.076, 0.038),
    "red": (0.150, 0.048, 0.016),
    "blond": (0.330, 0.228, 0.118),
    "dyed": (0.120, 0.020, 0.030),
}
"""Linear RGB, by eye; "grey" and "white" are mixed in with age."""
DYES = (
    (0.16, 0.015, 0.02),
    (0.05, 0.02, 0.10),
    (0.02, 0.05, 0.13),
    (0.42, 0.12, 0.20),
    (0.03, 0.10, 0.06),
    (0.5, 0.46, 0.4),
)
GREY = (0.34, 0.33, 0.315)
DARK_SHARE = (0.67, 0.26, 0.04, 0.0, 0.0, 0.01, 0.02)
"""Colour frequencies for African and Asian ancestry; blond hair is bleached there."""
EUROPEAN_SHARE = (0.10, 0.24, 0.26, 0.19, 0.06, 0.13, 0.02)

WOMEN = {
    "bald": 0.15, "shaved": 0.2, "buzz": 0.4, "crop": 0.5, "fade": 0.1, "side part": 0.6, "slicked back": 0.6,
    "quiff": 0.1, "pixie": 2.0, "short curly": 1.2, "curly": 2.2, "coils": 0.5, "afro": 0.7, "bob": 2.6,
    "bob with fringe": 1.8, "long": 4.0, "wavy": 4.0, "fringe": 2.4, "ponytail": 2.6, "bun": 2.4, "braids": 1.1,
    "cornrows": 0.3, "box braids": 0.5, "locs": 0.2,
}  # fmt: skip
MEN = {
    "bald": 1.2, "shaved": 1.8, "buzz": 2.2, "crop": 4.0, "fade": 3.0, "side part": 3.4, "slicked back": 1.5,
    "quiff": 2.2, "pixie": 0.8, "short curly": 2.0, "curly": 0.6, "coils": 0.8, "afro": 0.7, "bob": 0.3,
    "bob with fringe": 0.15, "long": 0.7, "wavy": 0.8, "fringe": 0.15, "ponytail": 0.4, "bun": 0.5, "braids": 0.1,
    "cornrows": 0.3, "box braids": 0.2, "locs": 0.5,
}  # fmt: skip
"""How often styles are worn, relative; a guess that keeps every style on both sexes."""
COILED = {"coils": 14.0, "afro": 9.0, "cornrows": 8.0, "box braids": 9.0, "locs": 5.0, "fade": 1.5, "shaved": 1.5,
          "long": 0.3, "side part": 0.2, "slicked back": 0.4, "quiff": 0.1, "crop": 0.2, "wavy": 0.5, "fringe": 0.3,
          "pixie": 0.3,          "bob with fringe": 0.4}  # fmt: skip
"""Factors for African ancestry, where hair is mostly coiled; a guess."""
UNCOILED = {"coils": 0.05, "afro": 0.08, "cornrows": 0.06, "box braids": 0.06, "locs": 0.25}
"""Factors for other ancestries."""
OLD = {"cornrows": 0.2, "box braids": 0.2, "locs": 0.4, "braids": 0.3, "quiff": 0.3, "fade": 0.4, "long": 0.5,
       "short curly": 2.5, "pixie": 2.0, "bun": 1.5}  # fmt: skip
"""Factors from 65 years on."""


@dataclass(frozen=True)
class Hair:
    """Describe head hair: style and colour names, linear RGB, share of grey 0-1, hairline, strands or None.

    ``cover`` is how dark the scalp is between the roots, 0-1.
    """

    style: str
    colour_name: str
    colour: Float32[np.ndarray, "3"]
    grey: float
    hairline: Hairline
    cover: float
    strands: HairStrands | None


def random_hair_colour(
    rng: np.random.Generator, identity: Identity, melanin: float
) -> tuple[str, Float32[np.ndarray, "3"], float]:
    """Draw name, linear RGB and share of grey; light hair goes with light skin, dyed hair aside."""
    european = identity.ancestry[2] * lightness(melanin)
    share = np.asarray(DARK_SHARE) * (1 - european) + np.asarray(EUROPEAN_SHARE) * european
    name = list(HAIR_COLOURS)[int(rng.choice(len(HAIR_COLOURS), p=share / share.sum()))]
    colour = np.asarray(DYES[int(rng.integers(len(DYES)))] if name == "dyed" else HAIR_COLOURS[name])
    colour = colour * np.exp(rng.normal(0, 0.18) + rng.normal(0, 0.05, 3))
    turned = rng.random() < np.clip((identity.age_years - 32) / 35, 0, 1) and name != "dyed"
    grey = float(rng.uniform(0.1, 1.0)) if turned else 0.0
    if grey > 0.55:
        name = "white" if grey > 0.9 else "grey"
    return name, np.asarray(np.clip(colour, 0.003, 0.8), np.float32), grey


def _random_style(rng: np.random.Generator, identity: Identity) -> str:
    table = WOMEN if identity.sex > 0.5 else MEN
    african = identity.ancestry[0]
    old = float(np.clip((identity.age_years - 50) / 15, 0, 1))
    weights = []
    for name, worn in table.items():
        kind = african * COILED.get(name, 1.0) + (1 - african) * UNCOILED.get(name, 1.0)
        weights.append(worn * kind * (1 - old + old * OLD.get(name, 1.0)))
    chance = np.array(weights)
    if identity.sex < 0.5 and identity.age_years > 45:
        chance[[list(table).index(name) for name in ("bald", "shaved")]] *= 2.5
    if identity.age_years < 18:
        chance[[list(table).index(name) for name in ("bald", "shaved")]] *= 0.05
    return list(table)[int(rng.choice(len(chance), p=chance / chance.sum()))]


def random_hairline(rng: np.random.Generator, identity: Identity) -> Hairline:
    """Draw a hairline: men lose hair with age at the temples and the crown, in very different measure."""
    years = np.clip((identity.age_years - 25) / 50, 0, 1)
    male_loss = (1 - identity.sex) * years * rng.uniform(0, 1.0) ** 0.8
    return Hairline(
        recede=float(np.clip(rng.normal(-0.25, 0.16) + 1.45 * male_loss, -0.5, 1.0)),
        peak=float(rng.uniform(0.2, 1.0)) if rng.random() < 0.35 else 0.0,
        crown=float(np.clip(2.2 * male_loss - 0.7 + rng.normal(0, 0.15), 0, 1)),
        softness=float(rng.uniform(0.10, 0.24)),
        density=float(np.clip(rng.normal(0.95, 0.06) - 0.15 * years, 0.65, 1.0)),
    )


def random_hair(rng: np.random.Generator, identity: Identity, melanin: float, *, style: str | None = None) -> Hair:
    """Draw head hair for a person whose skin has this much ``melanin``; ``style`` fixes the style's name."""
    colour_name, colour, grey = random_hair_colour(rng, identity, melanin)
    drawn, hairline = _random_style(rng, identity), random_hairline(rng, identity)
    name = drawn if style is None else style
    if name == "bald":
        hairline = replace(hairline, crown=1.0, recede=1.0)
        return Hair(name, colour_name, _mixed(colour, grey), grey, hairline, 0.0, None)
    worn = suited(varied(rng, style_named(name)), identity)
    strands = grow(rng, worn, hairline)
    if strands is not None:
        strands = replace(strands, colour=strand_colours(rng, strands, colour, grey=grey, dyed=colour_name == "dyed"))
    return Hair(name, colour_name, _mixed(colour, grey), grey, hairline, worn.cover, strands)


def suited(style: Style, identity: Identity) -> Style:
    """Return a style as hair of this ancestry grows: East Asian hair is straighter and thicker, African hair coils."""
    african, asian, _ = identity.ancestry
    width = style.width_mm * (1 + 0.12 * asian)
    if style.kind != "loose" or african < 0.6 or style.curl > 0 or style.length < 0.1:
        return replace(style, width_mm=width)
    return replace(style, width_mm=width, frizz=style.frizz * 1.5, curl=0.02, wave=0.3)


def _mixed(colour: np.ndarray, grey: float) -> Float32[np.ndarray, "3"]:
    return np.asarray(colour * (1 - grey) + np.asarray(GREY) * grey, np.float32)


def strand_colours(
    rng: np.random.Generator, strands: HairStrands, colour: Float32[np.ndarray, "3"], *, grey: float, dyed: bool
) -> Float32[np.ndarray, "N 2 3"]:
    """Return linear RGB at root and tip of each strand.

    Single hairs turn grey, not all a little; tips are bleached by the sun; some have lighter locks or dark roots.
    """
    count = len(strands.tint)
    shade = np.exp(0.26 * strands.tint)[:, None]
    root, tip = colour * shade, colour * shade * rng.uniform(0.95, 1.35)
    assert strands.member is not None
    if rng.random() < 0.3:
        light = rng.random(strands.member.max() + 1) < rng.uniform(0.1, 0.5)
        gain = np.where(light[strands.member], rng.uniform(1.3, 2.4), 1.0)[:, None] * np.array((1.0, 0.96, 0.88))
        tip, root = tip * np.where(gain > 1.1, gain, 1), root * np.where(gain > 1.1, np.sqrt(gain), 1)
    if dyed or rng.random() < 0.15:
        root = root * (np.asarray(HAIR_COLOURS["dark brown"]) * 1.5 / colour).clip(0.3, 1.0)
    turned = rng.random(count) < grey
    white = np.asarray(GREY) * np.exp(0.15 * strands.tint)[:, None] * rng.uniform(0.85, 1.2)
    both = np.stack([np.where(turned[:, None], white, root), np.where(turned[:, None], white, tip)], 1)
    return np.asarray(np.clip(both, 0.003, 0.75), np.float32)


def style_strands(rng: np.random.Generator, style: str, *, hairline: Hairline) -> HairStrands | None:
    """Grow a style in a person's own way behind a hairline; None for styles without strands."""
    return None if style == "bald" else grow(rng, varied(rng, style_named(style)), hairline)


def style_names() -> tuple[str, ...]:
    """Return the names of all styles."""
    return ("bald", *(style.name for style in STYLES))


def scalp_shadow(hair: Hair) -> Float32[np.ndarray, "H W"]:
    """Return how much hair and roots cover the scalp, 0-1, with a ragged soft hairline, to tint the albedo."""
    maps, line = _scalp_maps(), hair.hairline
    inside = maps["inside"] + np.float32(line.recede) * maps["recede"] + np.float32(line.peak) * maps["peak"]
    ragged = inside + 0.015 * noise(0.7, 4) + 0.02 * noise(4.0, 4)
    dense = np.clip(ragged / np.float32(max(0.2, 1.6 * line.softness)), 0, 1) ** 1.3
    bare = 1 - np.clip(np.float32(1.4 * line.crown) * maps["crown"], 0, 0.9)
    return np.float32(hair.cover) * dense * bare * (1 - atlas().ears)


@lru_cache(maxsize=1)
def _scalp_maps() -> dict[str, Float32[np.ndarray, "H W"]]:
    """Return the parts of a hairline on the atlas: where hair grows, and what each number of it changes."""
    points = atlas().position.astype(np.float64)
    plain = hairline_distance(points)
    inside = Hairline(recede=0.0).inside(points)
    away = np.hypot(points[..., 0], points[..., 2] + 0.05) / 0.55
    maps = {
        "inside": inside,
        "recede": hairline_distance(points, recede=1.0) - plain,
        "peak": Hairline(peak=1.0).inside(points) - inside,
        "crown": np.clip(1.25 - away, 0, 1) * np.clip((points[..., 1] - 7.9) / 0.2, 0, 1),
    }
    return {name: np.asarray(values, np.float32) for name, values in maps.items()}


def template_roots(strands: HairStrands) -> Float32[np.ndarray, "N 3"]:
    """Return where the roots lie on the template."""
    skin = template_skin()
    corners = skin.corners()[strands.root_triangle]
    b = strands.root_bary
    weights = np.concatenate([1 - b.sum(1, keepdims=True), b], 1)[..., None]
    return np.asarray((corners * weights).sum(1), np.float32)
