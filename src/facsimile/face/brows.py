"""Grow eyebrows: hairs tied to the skin, so that every brow movement carries them."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Float32

from facsimile.face.regions import BROW_INNER, BROW_WIDTH, brow_height, regions
from facsimile.face.rest import front_lookup, template_skin
from facsimile.face.strands import SurfaceStrands

HAIRS_PER_BROW = 150
"""Strands at density 1, by eye; each stands for a few hairs."""
POINTS = 4
BROW_HAIR_MM = 0.36


@dataclass(frozen=True)
class Brows:
    """Describe brows: ``thickness`` 0.55-1.75, ``density`` 0.3-1.5, ``arch`` -1 to 1, ``shift`` dm (x, y)."""

    thickness: float
    density: float
    arch: float
    shift: tuple[float, float]


def random_brows(rng: np.random.Generator, *, sex: float, age_years: float) -> Brows:
    """Draw brows: thinner and more arched for women on average, sparser in old age."""
    sparse = 1 - 0.35 * np.clip((age_years - 50) / 40, 0, 1)
    return Brows(
        thickness=float(np.clip(rng.normal(1.25 - 0.3 * sex, 0.22), 0.55, 1.75)),
        density=float(np.clip(rng.normal(0.95, 0.28), 0.25, 1.5) * sparse),
        arch=float(np.clip(rng.normal(-0.25 + 0.5 * sex, 0.4), -1, 1)),
        shift=(float(rng.normal(0, 0.012)), float(rng.normal(0, 0.010))),
    )


def attach(
    x: Float[np.ndarray, "N M"],
    y: Float[np.ndarray, "N M"],
    offset: Float[np.ndarray, "N M"],
    *,
    tint: Float[np.ndarray, " N"],
    width_mm: float,
) -> SurfaceStrands:
    """Tie polylines given by their rest-pose front view (dm) to the skin; strands that leave the face are dropped."""
    triangle, bary, _ = front_lookup(x, y)
    on_face = (triangle >= 0).all(1)
    return SurfaceStrands(
        template_skin().triangles,
        triangle[on_face],
        bary[on_face],
        offset[on_face].astype(np.float32),
        tint[on_face].astype(np.float32),
        width_mm,
    )


def grow_brows(rng: np.random.Generator, brows: Brows) -> SurfaceStrands:
    """Grow both brows; the two sides are drawn separately, so they differ a little."""
    sides = [_one_brow(rng, brows, sign) for sign in (1.0, -1.0)]
    x, y = (np.concatenate(parts) for parts in zip(*sides, strict=True))
    rise = 0.002 + 0.006 * np.sin(np.linspace(0, 2.6, POINTS))
    offset = np.broadcast_to(rise, x.shape)
    return attach(x, y, offset, tint=rng.normal(0, 0.35, len(x)), width_mm=BROW_HAIR_MM)


def _one_brow(rng: np.random.Generator, brows: Brows, sign: float) -> tuple[np.ndarray, np.ndarray]:
    count = max(12, int(HAIRS_PER_BROW * brows.density))
    along = rng.beta(1.15, 1.25, count)
    across = np.clip(rng.normal(0, 0.45, count), -1, 1)
    half_height = 0.032 * brows.thickness * np.interp(along, (0, 0.12, 0.6, 1), (0.75, 1, 0.72, 0.2))
    lean = np.interp(along, (0, 0.15, 0.5, 1), (1.35, 0.85, 0.25, -0.35))
    lean += rng.normal(0, 0.13, count) - across * 0.45 * np.interp(along, (0, 0.5, 1), (0.2, 1, 0.3))
    length = 0.075 * np.exp(rng.normal(0, 0.15, count)) * np.interp(along, (0, 0.3, 1), (0.8, 1, 0.75))
    step = np.linspace(0, 1, POINTS)[None] * length[:, None]
    x = (BROW_INNER + brows.shift[0] + along * BROW_WIDTH)[:, None] + step * np.cos(lean)[:, None]
    y = (brow_height(along, arch=brows.arch) - 0.012 + brows.shift[1] + across * half_height)[:, None]
    return x * sign, y + step * np.sin(lean)[:, None]


def brow_shadow(brows: Brows) -> Float32[np.ndarray, "H W"]:
    """Return how much the roots of the brow hairs darken the skin, 0-1."""
    return np.float32(np.clip(0.30 * brows.density * min(brows.thickness, 1.2), 0, 0.5)) * regions()["brow"]
