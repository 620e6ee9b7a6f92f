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
POINTS = 6
LASH_MM = 0.20
"""Drawn width at the root; a real lash is 0.06-0.1 mm, and lashes clump."""
UPPER_CLUMPS, LOWER_CLUMPS = 28, 17
"""Clumps of about three lashes: 90-160 upper and 75-80 lower lashes (Na et al., Br J Dermatol 2006)."""
LOWER_LENGTH = 0.72
"""Lower lashes are 6-8 mm long, upper ones 8-12 mm (Na et al.)."""
ROOTS = (8, 130)
"""Columns between which lashes root; beyond them the card only carries tips that lean outwards."""
FAN_MIDDLE, FAN_COLUMNS = 0.4, 34
"""Lashes stand straight this far along the lid; at its outer end they lean out by 0.6 of these columns."""
REACH_ALONG = ((0.0, 0.25, 0.7, 1.0), (0.5, 0.8, 1.0, 0.8))
"""Length of lashes along the lid, from the nose outwards."""


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


@lru_cache(maxsize=4)
def _rows(name: str) -> tuple[Int32[np.ndarray, " W"], Int32[np.ndarray, " W"]]:
    """Return the first (at the lid) and the last covered row of each column of a card."""
    covered = _card(name)[1] >= 0
    return np.argmax(covered, 0).astype(np.int32), (CARD_CELLS[0] - 1 - np.argmax(covered[::-1], 0)).astype(np.int32)


@lru_cache(maxsize=4)
def _runs_outwards(name: str) -> bool:
    """Tell whether the columns of a card run from the nose outwards."""
    triangles, grid, _, _ = _card(name)
    x = np.abs(load_head_pack().vertices[triangles].mean(1)[:, 0])
    middle = CARD_CELLS[0] // 2
    inner, outer = (grid[middle - 8 : middle + 8, column].max() for column in (40, 100))
    return bool(x[outer] > x[inner])


def _clumps(rng: np.random.Generator, *, count: int, per_clump: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw root and tip columns (outwards) and the reach 0-1 of lashes that lean together in clumps."""
    place = (np.arange(count) + rng.uniform(0.25, 0.75, count)) / count
    size = np.maximum(2, rng.poisson(per_clump, count))
    clump = np.repeat(np.arange(count), size)
    spacing = ROOTS[1] - ROOTS[0]
    root = ROOTS[0] + spacing * place[clump] + rng.normal(0, 0.42 * spacing / count, len(clump))
    lean = (place - FAN_MIDDLE) * FAN_COLUMNS + rng.normal(0, 2.0, count)
    tip = ROOTS[0] + spacing * place[clump] + lean[clump] + rng.normal(0, 0.9, len(clump))
    reach = np.interp(place, *REACH_ALONG)[clump] * rng.uniform(0.85, 1.05, count)[clump]
    return root, tip, reach * rng.uniform(0.75, 1.0, len(clump))


def _grow_card(
    rng: np.random.Generator, name: str, *, density: float, length: float, width_mm: float
) -> SurfaceStrands:
    triangles, grid, bary, is_upper = _card(name)
    full, size = CARD_CELLS[1], (UPPER_CLUMPS, 3.4) if is_upper else (LOWER_CLUMPS, 2.4)
    root, tip, reach = _clumps(rng, count=max(4, round(size[0] * density)), per_clump=size[1])
    along = np.linspace(0, 1, POINTS)
    columns = root[:, None] + (tip - root)[:, None] * along**1.3
    if not _runs_outwards(name):
        columns = full - 1 - columns
    columns = np.clip(columns, 0, full - 1).astype(int)
    first, last = _rows(name)
    reach = np.clip(reach * length * (1.0 if is_upper else LOWER_LENGTH), 0, 1)[:, None] * along
    rows = np.clip(first[columns] + (last - first)[columns] * reach, 0, CARD_CELLS[0] - 1).astype(int)
    keep = (grid[rows, columns] >= 0).all(1)
    rows, columns = rows[keep], columns[keep]
    offset = np.zeros(rows.shape, np.float32)
    tint = rng.normal(-0.2, 0.2, len(rows)).astype(np.float32)
    return SurfaceStrands(triangles, grid[rows, columns], bary[rows, columns], offset, tint, width_mm)


def grow_lashes(
    rng: np.random.Generator, *, density: float, length: float, width_mm: float = LASH_MM
) -> SurfaceStrands:
    """Grow the lashes of both eyes; ``density`` about 0.6-1.4, ``length`` 0.4-1 of the cards' depth, ``width_mm`` each.

    Mascara makes lashes about half wider and longer.
    """
    cards = [_grow_card(rng, name, density=density, length=length, width_mm=width_mm) for name in CARDS]
    moved, base = [], 0
    for card in cards:
        moved.append(SurfaceStrands(card.triangles, card.triangle + base, card.bary, card.offset, card.tint, width_mm))
        base += len(card.triangles)
    joined = concatenated(moved)
    triangles = np.concatenate([card.triangles for card in cards])
    return SurfaceStrands(
        triangles, joined.triangle.astype(np.int32), joined.bary, joined.offset, joined.tint, width_mm
    )


def random_lashes(rng: np.random.Generator, *, sex: float, mascara: bool) -> SurfaceStrands:
    """Draw and grow a person's lashes: longer and denser on women on average, and with mascara; ``sex`` 0 to 1."""
    density = rng.uniform(0.75, 1.15) + 0.1 * sex + 0.15 * mascara
    length = rng.uniform(0.65, 0.92) + 0.06 * sex + 0.15 * mascara
    return grow_lashes(rng, density=density, length=length, width_mm=LASH_MM * (1.4 if mascara else 1.0))
