"""Turn strands, each a few hairs wide, into thinner hairs for a path tracer."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from facsimile.render.cycles.parts import CLEAR, FACE, HAIR_LABEL
from facsimile.render.posing import PosedHead, Strands
from facsimile.render.shading import STRAND_BEARD, STRAND_BROW, STRAND_HAIR, STRAND_LASH
from facsimile.render.visibility import STRAND_BIAS_DM, STRAND_TAPER

KINDS = {STRAND_HAIR: "hair", STRAND_BROW: "brow", STRAND_BEARD: "beard", STRAND_LASH: "lash"}
MASKS = {STRAND_HAIR: HAIR_LABEL, STRAND_BROW: CLEAR, STRAND_BEARD: CLEAR, STRAND_LASH: FACE}
"""What strands are in masks: brows and beards belong to the face they lie on."""
HAIRS_PER_STRAND = {STRAND_HAIR: 4, STRAND_BROW: 2, STRAND_BEARD: 2, STRAND_LASH: 1}
SPREAD = 1.1
"""Hairs of a strand root within this many widths of its middle."""
TIP_SPREAD = 0.6
"""At the tip they are this much nearer together: a lock ends in a point."""
THINNING = {STRAND_HAIR: 0.62, STRAND_BROW: 0.5, STRAND_BEARD: 0.55}
"""Width of a hair over the strand's, times the root of the number of hairs: by eye, so that they cover as much."""


@dataclass(frozen=True, eq=False)
class Hairs:
    """Hold one kind of hair: points [N,M,3] (dm), linear RGB of each hair, its width at the root and the taper."""

    name: str
    label: str
    points: Float32[np.ndarray, "N M 3"]
    colours: Float32[np.ndarray, "N 3"]
    width_dm: Float32[np.ndarray, " N"]
    taper: float


def all_hairs(head: PosedHead, eye: Float32[np.ndarray, " 3"], seed: int) -> list[Hairs]:
    """Return hair, brows, lashes and beard of a posed head; the scatter of hairs depends on ``seed`` alone.

    Strands on skin come towards the camera at ``eye`` by what the raster pulls them, so that as much of them is seen.
    """
    return [_hairs(strands, eye, np.random.default_rng([seed, strands.kind])) for strands in head.strands]


def _hairs(strands: Strands, eye: np.ndarray, rng: np.random.Generator) -> Hairs:
    count = HAIRS_PER_STRAND[strands.kind]
    towards = eye - strands.points
    towards /= np.linalg.norm(towards, axis=-1, keepdims=True)
    points, width = strands.points + np.float32(STRAND_BIAS_DM[strands.kind]) * towards, strands.width_dm
    colours = np.repeat(strands.colour.mean(1), count, axis=0)
    if count > 1:
        points = _split(points, width, count, rng)
        width = np.repeat(width * np.float32(THINNING[strands.kind] / count**0.5), count)
        colours = colours * np.exp(rng.normal(0, 0.10, (len(colours), 1)))
    return Hairs(
        KINDS[strands.kind],
        MASKS[strands.kind],
        points,
        np.clip(colours, 0, 1).astype(np.float32),
        width.astype(np.float32),
        STRAND_TAPER[strands.kind],
    )


def _split(points: np.ndarray, width: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
    """Return ``count`` hairs per strand, side by side across its mean direction."""
    strands, length = points.shape[:2]
    along = points[:, -1] - points[:, 0]
    along = along / (np.linalg.norm(along, axis=1, keepdims=True) + 1e-6)
    offset = rng.normal(size=(strands, count, 3))
    offset -= (offset * along[:, None]).sum(-1, keepdims=True) * along[:, None]
    offset *= SPREAD * 0.7 * width[:, None, None]
    closing = np.linspace(1, 1 - TIP_SPREAD, length)
    spread = points[:, None] + offset[:, :, None] * closing[None, None, :, None]
    return np.ascontiguousarray(spread.reshape(-1, length, 3), np.float32)
