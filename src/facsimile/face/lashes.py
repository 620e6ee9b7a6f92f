"""Grow eyelashes on the lash cards of the mesh, from lid to tip; they open and close with the lids."""

from functools import lru_cache

import numpy as np
from jaxtyping import Float32, Int32

from facsimile.face.pack import load_head_pack
from facsimile.face.rest import EYE_CENTRE, fill_triangles
from facsimile.face.strands import SurfaceStrands, concatenated

CARDS = ("left_lash_upper", "left_lash_lower", "right_lash_upper", "right_lash_lower")
CARD_CELLS = (40, 160)
"""Rows, columns of the grid laid over a card's texture; columns run along the lid."""
POINTS = 5
LASH_MM = 0.32
"""Drawn width; a real lash is 0.06-0.1 mm, lashes clump."""


@lru_cache(maxsize=4)
def _card(name: str) -> tuple[Int32[np.ndarray, "F 3"], Int32[np.ndarray, "H W"], Float32[np.ndarray, "H W 2"], bool]:
    """Return a card's triangles, its grid of triangles and barycentrics (row 0 at the lid), whether it is upper."""
    pack = load_head_pack()
    triangles, uv_triangles, _ = pack.triangles([name])
    uv = pack.uv[uv_triangles]
    low, high = uv.min((0, 1)), uv.max((0, 1))
    grid = (uv - low) / (high - low) * np.asarray((CARD_CELLS[1] - 1, CARD_CELLS[0] - 1), np.float32)
    triangle, bary, _ = fill_triangles(np.concatenate([grid, np.zeros_like(grid[..., :1])], -1), CARD_CELLS)
    centre = np.asarray(EYE_CENTRE) * (1 if name.startswith("left") else -1, 1, 1)
    weights = np.concatenate([1 - bary.sum(-1, keepdims=True), bary], -1)[..., None]
    position = (pack.vertices[triangles][triangle] * weights).sum(-2)
    reach = np.where(triangle >= 0, np.linalg.norm(position - centre, axis=-1), np.nan)
    half = CARD_CELLS[0] // 2
    if np.nanmean(reach[:half]) > np.nanmean(reach[half:]):
        triangle, bary = triangle[::-1], bary[::-1]
    return triangles, triangle, bary, bool(pack.vertices[triangles, 1].mean() > EYE_CENTRE[1])


def _grow_card(rng: np.random.Generator, name: str, *, density: float, length: float) -> SurfaceStrands:
    triangles, grid, bary, is_upper = _card(name)
    count = max(4, int((120 if is_upper else 40) * density))
    full = CARD_CELLS[1]
    root = rng.uniform(2, full - 3, (count, 1))
    splay = rng.normal(0, 6, (count, 1)) + (root - full / 2) * 0.08
    columns = np.clip(root + np.linspace(0, 1, POINTS) * splay, 0, full - 1).astype(int)
    reach = np.linspace(0, 1, POINTS) * np.clip(rng.uniform(0.65, 1.0, (count, 1)) * length, 0, 1)
    covered = grid >= 0
    first = np.argmax(covered, 0)[columns]
    last = CARD_CELLS[0] - 1 - np.argmax(covered[::-1], 0)[columns]
    rows = np.clip(first + (last - first) * reach, 0, CARD_CELLS[0] - 1).astype(int)
    keep = (grid[rows, columns] >= 0).all(1)
    rows, columns = rows[keep], columns[keep]
    offset = np.zeros(rows.shape, np.float32)
    tint = rng.normal(-0.2, 0.2, len(rows)).astype(np.float32)
    return SurfaceStrands(triangles, grid[rows, columns], bary[rows, columns], offset, tint, LASH_MM)


def grow_lashes(rng: np.random.Generator, *, density: float, length: float) -> SurfaceStrands:
    """Grow the lashes of both eyes; ``density`` about 0.4-1.4 (mascara), ``length`` 0.4-1 of the cards' depth."""
    cards = [_grow_card(rng, name, density=density, length=length) for name in CARDS]
    moved, base = [], 0
    for card in cards:
        moved.append(SurfaceStrands(card.triangles, card.triangle + base, card.bary, card.offset, card.tint, LASH_MM))
        base += len(card.triangles)
    joined = concatenated(moved)
    triangles = np.concatenate([card.triangles for card in cards])
    return SurfaceStrands(triangles, joined.triangle.astype(np.int32), joined.bary, joined.offset, joined.tint, LASH_MM)
