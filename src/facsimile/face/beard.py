"""Grow beards, moustaches and stubble: short hairs tied to the skin, and the shadow of their roots."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32

from facsimile.face.brows import attach
from facsimile.face.regions import noise, regions
from facsimile.face.rest import TEXEL_MM, atlas, front_lookup
from facsimile.face.strands import SurfaceStrands

KINDS = ("none", "shadow", "stubble", "moustache", "goatee", "short beard", "full beard")
MEN_SHARE = (0.36, 0.18, 0.16, 0.06, 0.08, 0.09, 0.07)
"""How often men wear each: shaven and stubble most, every kind often enough to be learnt."""
STRANDS = {"stubble": 1500, "moustache": 600, "goatee": 1000, "short beard": 2400, "full beard": 3000}
LENGTHS = {"stubble": 0.014, "moustache": 0.07, "goatee": 0.08, "short beard": 0.06, "full beard": 0.14}
"""Length (dm) of the hairs."""
SHADOW = {"shadow": 0.35, "stubble": 0.45, "moustache": 0.15, "goatee": 0.2, "short beard": 0.55, "full beard": 0.65}
POINTS = 3
BEARD_HAIR_MM = 0.36
OFF_FACE_Z = -9.0
"""Depth (dm) taken for points beside the head, far behind any skin."""


@dataclass(frozen=True)
class Beard:
    """Describe a beard: its kind, ``density`` 0.3-1 and ``length`` as a factor on the kind's length."""

    kind: str
    density: float
    length: float


def random_beard(rng: np.random.Generator, *, sex: float, age_years: float) -> Beard:
    """Draw a beard for a man over 17; women and boys get none."""
    kind = KINDS[int(rng.choice(len(KINDS), p=MEN_SHARE))]
    density, length = float(rng.uniform(0.35, 1.0)), float(np.exp(rng.normal(0, 0.25)))
    return Beard(kind if sex < 0.4 and age_years > 17 else "none", density, length)


def _growth(kind: str) -> Float32[np.ndarray, "H W"]:
    """Return where a kind of beard grows, 0-1 on the atlas."""
    region, a = regions(), atlas()
    if kind == "moustache":
        return region["moustache"]
    if kind == "goatee":
        x = np.abs(a.x)
        chin = np.clip((0.30 - x) / 0.06, 0, 1) * np.clip((6.44 - a.y) / 0.05, 0, 1)
        corner = np.exp(-(((x - 0.29) / 0.035) ** 2) / 2) * np.clip((6.74 - a.y) / 0.05, 0, 1)
        return np.asarray(
            np.clip(region["beard"] * np.clip(chin + corner, 0, 1) + region["moustache"], 0, 1), np.float32
        )
    return region["beard"]


def grow_beard(rng: np.random.Generator, beard: Beard) -> SurfaceStrands | None:
    """Grow the hairs of a beard; None where there is nothing longer than a shadow."""
    if beard.kind not in STRANDS:
        return None
    x, y = _scatter(rng, beard)
    on_face = np.isfinite(front_lookup(x, y)[2])
    x, y = x[on_face], y[on_face]
    length = LENGTHS[beard.kind] * beard.length * np.exp(rng.normal(0, 0.25, len(x)))
    length *= np.where(y > 6.66, 0.75, 1.0)
    down = -np.pi / 2 + np.clip(x / 0.5, -1, 1) * 0.5 + rng.normal(0, 0.3, len(x))
    step = np.linspace(0, 1, POINTS)[None] * length[:, None]
    xs = x[:, None] + step * np.cos(down)[:, None]
    ys = y[:, None] + step * np.sin(down)[:, None]
    z = front_lookup(xs, ys)[2]
    z = np.where(np.isfinite(z), z, OFF_FACE_Z)
    smooth = (np.abs(z - z[:, :1]).max(1) < 0.09) & (ys.min(1) > 6.08)
    xs, ys, step = xs[smooth], ys[smooth], step[smooth]
    tint = 0.35 * rng.standard_normal(len(xs))
    return attach(xs, ys, 0.003 + 0.45 * step, tint=tint, width_mm=BEARD_HAIR_MM)


def _scatter(rng: np.random.Generator, beard: Beard) -> tuple[Float[np.ndarray, " N"], Float[np.ndarray, " N"]]:
    """Scatter roots (x, y) over the beard's region, as often as it is dense there."""
    a, growth = atlas(), _growth(beard.kind)
    cells = np.flatnonzero((growth > 0.02) & (a.z > 0.5) & (a.y > 6.02))
    weight = growth.ravel()[cells].astype(np.float64)
    chosen = rng.choice(cells, int(STRANDS[beard.kind] * beard.density), p=weight / weight.sum())
    jitter = rng.uniform(-0.5, 0.5, (2, len(chosen))) * TEXEL_MM / 100
    return a.x.ravel()[chosen] + jitter[0], a.y.ravel()[chosen] + jitter[1]


def beard_shadow(beard: Beard) -> Float32[np.ndarray, "H W"]:
    """Return how much the roots darken the skin, 0-1."""
    if beard.kind == "none":
        return np.zeros_like(regions()["beard"])
    patchy = 1 + 0.25 * noise(0.7, 2) + 0.15 * noise(4.0, 5)
    return np.float32(np.clip(SHADOW[beard.kind] * beard.density * patchy, 0, 1)) * _growth(beard.kind)
