"""Grow beards, moustaches and stubble: short hairs tied to the skin, and the shadow of their roots."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32

from facsimile.face.brows import attach
from facsimile.face.regions import noise, regions
from facsimile.face.rest import TEXEL_MM, atlas, front_lookup
from facsimile.face.strands import SurfaceStrands

KINDS = (
    "none",
    "shadow",
    "stubble",
    "moustache",
    "goatee",
    "circle beard",
    "chin strap",
    "short beard",
    "full beard",
    "long beard",
)
MEN_SHARE = (0.38, 0.14, 0.15, 0.05, 0.05, 0.05, 0.02, 0.08, 0.06, 0.02)
"""How often men wear each: shaven and stubble most, every kind often enough to be learnt."""
STRANDS = {
    "stubble": 2200, "moustache": 800, "goatee": 1100, "circle beard": 1500, "chin strap": 1100, "short beard": 3000,
    "full beard": 3400, "long beard": 3400,
}  # fmt: skip
LENGTHS = {
    "stubble": 0.012, "moustache": 0.075, "goatee": 0.09, "circle beard": 0.06, "chin strap": 0.035,
    "short beard": 0.055,
    "full beard": 0.13, "long beard": 0.28,
}  # fmt: skip
"""Length (dm) of the hairs."""
SHADOW = {
    "shadow": 0.30, "stubble": 0.42, "moustache": 0.5, "goatee": 0.5, "circle beard": 0.55, "chin strap": 0.5,
    "short beard": 0.68, "full beard": 0.8, "long beard": 0.8,
}  # fmt: skip
"""How dark the skin is under each at full density."""
POINTS = 4
BEARD_HAIR_MM = 0.34
NECK_Z = 0.95
"""Below the jaw (y 6.35) skin behind this depth (dm) is throat: it is only shaded, the front view cannot follow it."""
OFF_FACE_Z = -9.0
"""Depth (dm) taken for points beside the head, far behind any skin."""


@dataclass(frozen=True)
class Beard:
    """Describe a beard: its kind, ``density`` 0.3-1, ``length`` a factor on the kind's, ``cheek`` dm its edge is lower.

    ``patchy`` 0-1 is how unevenly it grows, ``curl`` 0-1 how much its hairs bend.
    """

    kind: str
    density: float
    length: float
    cheek: float = 0.0
    patchy: float = 0.3
    curl: float = 0.3


def random_beard(rng: np.random.Generator, *, sex: float, age_years: float) -> Beard:
    """Draw a beard for a man over 17; women and boys get none."""
    kind = KINDS[int(rng.choice(len(KINDS), p=MEN_SHARE))]
    density, length = float(rng.uniform(0.4, 1.0)), float(np.exp(rng.normal(0, 0.25)))
    cheek, patchy, curl = float(rng.uniform(-0.03, 0.10)), float(rng.uniform(0.1, 0.8)), float(rng.uniform(0, 1))
    young = float(np.clip((age_years - 17) / 8, 0.3, 1))
    worn = kind if sex < 0.4 and age_years > 17 else "none"
    return Beard(worn, density * young, length, cheek, patchy, curl)


def _growth(beard: Beard) -> Float32[np.ndarray, "H W"]:
    """Return where a beard grows, 0-1 on the atlas."""
    region, a = regions(), atlas()
    x, kind = np.abs(a.x), beard.kind
    if kind == "moustache":
        return region["moustache"]
    cheeks = np.clip((6.60 - beard.cheek + np.clip((x - 0.30) * 1.3, 0, 0.65) - a.y) / 0.08, 0, 1)
    whole = np.maximum(region["beard"] * cheeks, region["moustache"])
    if kind in ("goatee", "circle beard"):
        chin = np.clip((0.30 - x) / 0.06, 0, 1) * np.clip((6.44 - a.y) / 0.05, 0, 1)
        corner = np.exp(-(((x - 0.29) / 0.035) ** 2) / 2) * np.clip((6.74 - a.y) / 0.05, 0, 1)
        ring = np.clip(chin + (corner if kind == "circle beard" else 0), 0, 1)
        with_lip = 1.0 if kind == "circle beard" else 0.0
        return np.asarray(np.clip(region["beard"] * ring + with_lip * region["moustache"], 0, 1), np.float32)
    if kind == "chin strap":
        edge = 6.15 + 0.62 * np.clip((x - 0.2) / 0.55, 0, 1) ** 1.4
        return np.asarray(region["beard"] * np.exp(-(((a.y - edge) / 0.07) ** 2)) * (a.z > 0.4), np.float32)
    return np.asarray(whole, np.float32)


def _patches(beard: Beard) -> Float32[np.ndarray, "H W"]:
    """Return a factor about 1 that makes growth uneven."""
    uneven = 1 + beard.patchy * (0.35 * noise(4.0, 5) + 0.25 * noise(9.0, 6))
    return np.asarray(np.clip(uneven, 0.1, 1.6), np.float32)


def grow_beard(rng: np.random.Generator, beard: Beard) -> SurfaceStrands | None:
    """Grow the hairs of a beard; None where there is nothing longer than a shadow."""
    if beard.kind not in STRANDS:
        return None
    x, y = _scatter(rng, beard)
    on_face = np.isfinite(front_lookup(x, y)[2])
    x, y = x[on_face], y[on_face]
    length = LENGTHS[beard.kind] * beard.length * np.exp(rng.normal(0, 0.25, len(x)))
    length *= np.where(y > 6.66, 0.6 if LENGTHS[beard.kind] > 0.1 else 0.85, 1.0)
    down = -np.pi / 2 + np.clip(x / 0.5, -1, 1) * np.where(y > 6.66, 0.9, 0.4) + rng.normal(0, 0.28, len(x))
    share = np.linspace(0, 1, POINTS)[None]
    wave = beard.curl * 0.5 * np.sin(4 * share + rng.uniform(0, 6.28, (len(x), 1)))
    step = share * length[:, None]
    xs = x[:, None] + step * np.cos(down[:, None] + wave)
    ys = y[:, None] + step * np.sin(down[:, None] + wave)
    offset = 0.003 + 0.18 * step
    return _on_the_face(rng, xs, np.maximum(ys, 6.03), offset)


def _on_the_face(
    rng: np.random.Generator,
    xs: Float[np.ndarray, "N M"],
    ys: Float[np.ndarray, "N M"],
    offset: Float[np.ndarray, "N M"],
) -> SurfaceStrands:
    """Tie hairs to the skin; one that would leave the chin stays on it and stands off further instead."""
    z = front_lookup(xs, ys)[2]
    z = np.where(np.isfinite(z), z, OFF_FACE_Z)
    on_skin = np.abs(z - z[:, :1]) < 0.10
    last = np.where(on_skin.all(1), on_skin.shape[1], np.argmin(on_skin, 1)) - 1
    held = np.minimum(np.arange(xs.shape[1])[None], last[:, None])
    rows = np.arange(len(xs))[:, None]
    hanging = np.maximum(ys[rows, held] - ys, 0)
    tint = 0.4 * rng.standard_normal(len(xs))
    return attach(xs[rows, held], ys[rows, held], offset + 0.7 * hanging, tint=tint, width_mm=BEARD_HAIR_MM)


def _scatter(rng: np.random.Generator, beard: Beard) -> tuple[Float[np.ndarray, " N"], Float[np.ndarray, " N"]]:
    """Scatter roots (x, y) over the beard's region, as often as it is dense there."""
    a, growth = atlas(), _growth(beard) * _patches(beard)
    lowest = 6.02 + 0.5 * LENGTHS[beard.kind]
    cells = np.flatnonzero((growth > 0.02) & (a.z > 0.5) & (a.y > lowest) & ((a.y > 6.35) | (a.z > NECK_Z)))
    weight = growth.ravel()[cells].astype(np.float64)
    chosen = rng.choice(cells, int(STRANDS[beard.kind] * beard.density), p=weight / weight.sum())
    jitter = rng.uniform(-0.5, 0.5, (2, len(chosen))) * TEXEL_MM / 100
    return a.x.ravel()[chosen] + jitter[0], a.y.ravel()[chosen] + jitter[1]


def beard_shadow(beard: Beard) -> Float32[np.ndarray, "H W"]:
    """Return how much the roots darken the skin, 0-1."""
    if beard.kind == "none":
        return np.zeros_like(regions()["beard"])
    fine = 1 + 0.25 * noise(0.7, 2)
    strength = SHADOW[beard.kind] * (0.35 + 0.65 * beard.density)
    return np.float32(np.clip(strength * fine * _patches(beard), 0, 0.92)) * _growth(beard)
