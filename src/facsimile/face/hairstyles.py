"""Name the hair styles: each is a few numbers, and varies with the person who wears it."""

from dataclasses import dataclass, replace

import numpy as np


@dataclass(frozen=True)
class Style:
    """Describe a hair style; lengths in dm, heights (``_y``) on the template.

    ``kind``: "loose", "tied" (``tie`` names where), "ropes" (hair is many cords). ``comb``: where loose hair is laid
    ("forward", "side", "swept", "back", "up", "parted", "fringe", "out"). ``gravity`` 0-1; ``curl`` radius and ``wave``
    length of the coil; ``coherent`` 0-1 how much neighbouring locks wave together; ``frizz`` wandering of single hairs;
    ``clump`` 0-1 how far locks close towards their tips; ``mess`` how differently locks lie; ``volume`` height above
    the skull; ``sides`` length at the sides over that on top; ``part_x`` where it parts; ``uneven`` spread of log
    length; ``lift`` how far roots stand up; ``cut_y`` height of the cut, 0 uncut; ``fringe_y`` height of the fringe's
    edge, ``fringe_curve`` its rise to the sides; ``strays`` share of fly-aways; ``rope`` radius of a cord, ``plait``
    whether cords are braided; ``cover`` how dark the scalp is between the roots, 0-1; ``count`` strands of ``points``.
    """

    name: str
    count: int
    points: int
    length: float
    comb: str = "out"
    kind: str = "loose"
    tie: str = ""
    gravity: float = 0.3
    curl: float = 0.0
    wave: float = 0.5
    coherent: float = 0.6
    frizz: float = 0.02
    clump: float = 0.55
    mess: float = 0.05
    volume: float = 0.03
    sides: float = 1.0
    part_x: float = 0.0
    locks: int = 260
    width_mm: float = 0.42
    uneven: float = 0.15
    lift: float = 0.8
    cut_y: float = 0.0
    fringe_y: float = 7.55
    fringe_curve: float = 0.5
    strays: float = 0.03
    rope: float = 0.0
    plait: bool = False
    cover: float = 0.9


STYLES = (
    Style("shaved", 0, 2, 0.0, cover=0.62),
    Style("buzz", 6800, 2, 0.035, gravity=0.0, clump=0.0, mess=0.15, volume=0.0, locks=500, width_mm=0.34, cover=0.75),
    Style("crop", 6200, 5, 0.24, "forward", gravity=0.15, sides=0.35, lift=0.5, locks=420, clump=0.6, mess=0.14),
    Style("fade", 6200, 5, 0.30, "forward", gravity=0.1, sides=0.10, lift=0.8, locks=300, clump=0.6, mess=0.16),
    Style("side part", 6200, 8, 0.50, "side", gravity=0.35, sides=0.32, part_x=0.28, volume=0.05, lift=0.45, locks=340),
    Style("slicked back", 6000, 9, 0.62, "back", gravity=0.3, sides=0.55, lift=0.3, volume=0.02, clump=0.7),
    Style("quiff", 6000, 7, 0.42, "up", gravity=0.05, sides=0.25, lift=1.0, locks=240, clump=0.7, mess=0.1),
    Style("pixie", 6200, 8, 0.55, "swept", gravity=0.35, sides=0.6, part_x=0.25, volume=0.06, locks=330, mess=0.1),
    Style(
        "short curly", 4800, 14, 0.42, gravity=0.15, curl=0.055, wave=0.24, coherent=0.1, frizz=0.03, clump=0.75,
        mess=0.22, volume=0.05, sides=0.5, locks=420, lift=0.9,
    ),
    Style(
        "curly", 4000, 26, 1.15, gravity=0.6, curl=0.075, wave=0.30, coherent=0.1, frizz=0.028, clump=0.85, mess=0.2,
        volume=0.14, locks=420, lift=1.0, strays=0.03,
    ),
    Style(
        "coils", 5200, 9, 0.17, gravity=0.0, curl=0.022, wave=0.085, coherent=0.0, frizz=0.02, clump=0.8, mess=0.3,
        volume=0.0, sides=0.75, locks=900, width_mm=0.45, lift=1.0, cover=0.95,
    ),
    Style(
        "afro", 4800, 18, 0.62, gravity=0.0, curl=0.03, wave=0.11, coherent=0.0, frizz=0.06, clump=0.7, mess=0.12,
        volume=0.05, locks=800, width_mm=0.5, lift=1.2, uneven=0.10, strays=0.05, cover=0.95,
    ),
    Style("bob", 5400, 14, 1.5, "parted", gravity=1.0, volume=0.07, part_x=0.2, cut_y=6.42, clump=0.35, mess=0.03),
    Style("bob with fringe", 5600, 14, 1.6, "fringe", gravity=1.0, volume=0.05, cut_y=6.5, clump=0.35, mess=0.03),
    Style("long", 5400, 16, 2.4, "parted", gravity=1.0, volume=0.06, locks=220, clump=0.5),
    Style(
        "wavy", 5200, 22, 2.1, "parted", gravity=0.95, curl=0.09, wave=0.62, volume=0.09, part_x=-0.2, locks=170,
        clump=0.75, mess=0.07,
    ),
    Style("fringe", 5600, 16, 2.2, "fringe", gravity=1.0, volume=0.05, locks=240, clump=0.45),
    Style("ponytail", 5600, 16, 1.3, kind="tied", tie="tail", volume=0.015, clump=0.5, strays=0.02),
    Style("bun", 5400, 16, 1.2, kind="tied", tie="bun", volume=0.02, clump=0.4, strays=0.03),
    Style("braids", 5400, 30, 1.9, kind="tied", tie="plaits", volume=0.015, clump=0.5, strays=0.02),
    Style("cornrows", 5200, 34, 1.3, kind="ropes", tie="rows", rope=0.05, plait=True, locks=15, cover=0.6, strays=0.0),
    Style(
        "box braids", 4400, 34, 1.9, "parted", kind="ropes", gravity=1.0, volume=0.04, rope=0.03, plait=True, locks=110,
        clump=0.97, cover=0.75, strays=0.01, mess=0.05,
    ),
    Style(
        "locs", 4400, 20, 1.4, "parted", kind="ropes", gravity=0.9, volume=0.06, rope=0.04, locks=130, clump=0.97,
        cover=0.8, strays=0.02, frizz=0.03, mess=0.09, uneven=0.25,
    ),
)  # fmt: skip
"""The styles; numbers set by looking at what grows from them."""


def style_named(name: str) -> Style:
    """Return a style by its name; a wrong name is an error that lists the right ones."""
    for style in STYLES:
        if style.name == name:
            return style
    known = ", ".join(style.name for style in STYLES)
    raise ValueError(f"style: {name!r} is not a hair style; use one of bald, {known}")


def varied(rng: np.random.Generator, style: Style) -> Style:
    """Return the style as one person wears it: length, volume, curl, parting and disorder of their own."""

    def about(value: float, spread: float) -> float:
        return float(value * np.exp(np.clip(rng.normal(0, spread), -2 * spread, 2 * spread)))

    part = style.part_x + rng.normal(0, 0.07)
    length = about(style.length, 0.2)
    return replace(
        style,
        length=length,
        sides=float(np.clip(about(style.sides, 0.2), 0.08, 1.0)),
        volume=about(style.volume, 0.3),
        curl=about(style.curl, 0.25),
        wave=about(style.wave, 0.2),
        frizz=about(style.frizz, 0.4),
        clump=float(np.clip(style.clump + rng.normal(0, 0.1), 0, 0.98)),
        mess=about(style.mess, 0.35),
        part_x=float(-part if rng.random() < 0.5 else part),
        cut_y=float(style.cut_y + rng.normal(0, 0.12)) if style.cut_y else 0.0,
        fringe_y=float(style.fringe_y + rng.normal(0, 0.09)),
        fringe_curve=float(rng.uniform(-0.3, 1.2)),
        strays=about(style.strays, 0.5),
        width_mm=about(style.width_mm, 0.1),
        locks=max(8, int(about(float(style.locks), 0.15))),
    )
