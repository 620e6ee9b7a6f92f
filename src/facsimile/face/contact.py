"""Keep lips from passing through each other, and measure how deep lids, lips and teeth cut into one another.

Lips meet along a surface that is nearly level: seen from above, at each place (x, z), the lowest point of the upper
lip must not lie below the highest point of the lower lip. Where it does, each lip gives way by half.
"""

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float32, Float64, Int32

from facsimile.face.eyeballs import fit_eyeball, lid_vertices
from facsimile.face.landmarks import lip_gap_mm
from facsimile.face.lips import SEAL_DEPTH_Z, lower_share, seal_weights
from facsimile.face.pack import MM_PER_UNIT, load_head_pack
from facsimile.face.symmetry import mirror_vertices
from facsimile.kernel import lean_kernel

CELL, COLUMNS, ROWS = 0.0101, 88, 80
"""The plan of the lips, in cells of about 1 mm (dm); an odd size: vertices at round numbers miss their edges."""
HALF_WIDTH = COLUMNS * CELL / 2
PLAN_Z = (1.1013, 1.1013 + ROWS * CELL)
"""Depths (dm) of the plan."""
COLUMN_X = (np.arange(COLUMNS) + 0.5) * CELL - HALF_WIDTH

MIDDLE_HALF_WIDTH = 0.035
"""The opening is measured over this much (dm) on both sides of the mid-line."""
FREE_OVERLAP = 0.0025
"""Closed lips overlap by this much (dm), so that no light shows between them; deeper ones flatten."""
PART_PASSES, PART_GAIN, PART_TOLERANCE = 24, 1.5, 0.001
"""Skin follows its lip a little less than fully; each pass parts what the one before left (dm)
until no more than the tolerance is left."""
GENTLE_PASSES, FIRM_SHARE = 6, 1.0
"""After this many passes, for lips folded into each other, all red and inner skin gives way fully."""
NARROW_PASSES, REACH = 2, 3
"""After this many passes skin gives way as much as this many columns beside it ask: vertices lie up to 3 mm apart."""
SMOOTH = np.array((0.25, 0.5, 0.25))
STILL = 1e-4
"""Motion below this (dm at controller 1) leaves the lips as they are."""
FRONT_LOW_Y = 6.2
"""Seen from the front, the plan begins at this height (dm)."""


@dataclass(frozen=True)
class Lips:
    """Hold the triangles [F,3] of the red and inner upper lip, and of the lower lip."""

    upper: Int32[np.ndarray, "F 3"]
    lower: Int32[np.ndarray, "G 3"]


@lru_cache(maxsize=1)
def lip_triangles() -> Lips:
    """Return the triangles of both lips on the shipped topology."""
    pack = load_head_pack()
    triangles, uv_triangles, _ = pack.triangles(("body",))
    centre = pack.uv[uv_triangles].mean(1)
    is_lip = (pack.sample_mask("lips", centre) > 0.5) | (pack.sample_mask("inside_mouth", centre) > 0.5)
    places = pack.vertices[triangles]
    inside = (places[:, :, 2] > SEAL_DEPTH_Z).all(1) & (np.abs(places[:, :, 0]) < HALF_WIDTH).all(1)
    share = lower_share()[triangles]
    keep = is_lip & inside
    return Lips(*(_both_ways(triangles[keep & of_lip.all(1)]) for of_lip in (share < 0.5, share > 0.5)))


def _both_ways(triangles: np.ndarray) -> np.ndarray:
    """Add the mirror images: quads are cut along one diagonal, and left and right must measure alike."""
    return np.unique(np.concatenate([triangles, mirror_vertices()[triangles]]), axis=0)


def _plans(vertices: Float32[np.ndarray, "V 3"]) -> tuple[np.ndarray, np.ndarray]:
    """Return the lowest height of the upper lip and the highest of the lower lip on the plan (dm), columns by rows."""
    lips = lip_triangles()
    floor, roof = np.full((COLUMNS, ROWS), np.inf), np.full((COLUMNS, ROWS), -np.inf)
    posed = vertices.astype(np.float64)
    _lay(posed, lips.upper, floor, -1.0)
    _lay(posed, lips.lower, roof, 1.0)
    return floor, roof


def lip_overlap(vertices: Float32[np.ndarray, "V 3"]) -> Float64[np.ndarray, " N"]:
    """Return how deep (dm) the lips overlap at each of ``COLUMN_X``; 0 where they only touch or are apart."""
    floor, roof = _plans(vertices)
    depth = roof - floor
    return np.where(np.isfinite(depth), depth, 0).max(1).clip(0)


def mouth_opening_mm(vertices: Float32[np.ndarray, "V 3"]) -> float:
    """Return the height of the mouth opening at its middle, where the lips come nearest; closed lips give 0.

    Lips rolled in or pushed out hide the edges that ``lip_gap_mm`` looks at; these may be apart while the lips touch.
    """
    floor, roof = _plans(vertices)
    between = (floor - roof)[np.abs(COLUMN_X) < MIDDLE_HALF_WIDTH]
    narrowest = np.median(np.where(np.isfinite(between), between, np.inf).min(1)) * MM_PER_UNIT
    return float(np.clip(min(narrowest, lip_gap_mm(vertices)), 0, None))


def part_lips(vertices: Float32[np.ndarray, "V 3"]) -> None:
    """Move lips that overlap by more than ``FREE_OVERLAP`` apart, in place."""
    rows, gentle, firm = _lip_skin()
    for number in range(PART_PASSES):
        excess = np.maximum(lip_overlap(vertices) - FREE_OVERLAP, 0)
        if excess.max() < PART_TOLERANCE:
            return
        spread = np.maximum(excess, np.convolve(excess, SMOOTH, "same"))
        if number >= NARROW_PASSES:
            spread = np.maximum.reduce([np.roll(excess, step) for step in range(-REACH, REACH + 1)])
        half = np.interp(vertices[rows, 0], COLUMN_X, spread) * (PART_GAIN / 2)
        vertices[rows, 1] += (half * (gentle if number < GENTLE_PASSES else firm)).astype(np.float32)


def moves_lips(shapes: Float32[np.ndarray, "S V 3"]) -> Bool[np.ndarray, " S"]:
    """Tell which shapes move the lips."""
    return np.abs(shapes[:, _lip_skin()[0]]).max((1, 2)) > STILL


def lip_penetration_mm(vertices: Float32[np.ndarray, "V 3"]) -> float:
    """Return the deepest overlap of the lips in millimetres."""
    return float(lip_overlap(vertices).max()) * MM_PER_UNIT


def lid_penetration_mm(vertices: Float32[np.ndarray, "V 3"]) -> float:
    """Return how deep (mm) lid skin cuts into an eyeball's sphere, over corners and centres of the lids' triangles."""
    deepest = 0.0
    for side in (0, 1):
        ball = fit_eyeball(vertices, side)
        corners = vertices[_lid_triangles()[side]]
        points = np.concatenate([corners.reshape(-1, 3), corners.mean(1)])
        deepest = max(deepest, ball.radius - float(np.linalg.norm(points - ball.centre, axis=1).min()))
    return deepest * MM_PER_UNIT


def tooth_penetration_mm(vertices: Float32[np.ndarray, "V 3"]) -> float:
    """Return how far (mm) the pack's front teeth reach through the red of the lips, straight forward.

    Reported, not held to a bound: the picture draws teeth of its own where the mouth is open (``face.teeth``).
    """
    turned = vertices.astype(np.float64)[:, [0, 2, 1]] - (0, 0, FRONT_LOW_Y - PLAN_Z[0])
    front = np.full((COLUMNS, ROWS), -np.inf)
    _lay(turned, _red_triangles(), front, 1.0)
    rows = np.concatenate([load_head_pack().part_vertices(part) for part in ("upper_teeth", "lower_teeth")])
    column, row = (((turned[rows][:, (0, 2)] + (HALF_WIDTH, -PLAN_Z[0])) / CELL).astype(int)).T
    inside = (column >= 0) & (column < COLUMNS) & (row >= 0) & (row < ROWS)
    depth = turned[rows[inside], 1] - front[column[inside], row[inside]]
    return float(np.where(np.isfinite(depth), depth, 0).max(initial=0.0)) * MM_PER_UNIT


@lru_cache(maxsize=1)
def _red_triangles() -> np.ndarray:
    pack = load_head_pack()
    triangles, uv_triangles, _ = pack.triangles(("body",))
    is_red = pack.sample_mask("lips", pack.uv[uv_triangles]).min(1) > 0.5
    is_inside = pack.sample_mask("inside_mouth", pack.uv[uv_triangles]).max(1) > 0.5
    return triangles[is_red & ~is_inside]


@lru_cache(maxsize=1)
def _lid_triangles() -> tuple[np.ndarray, np.ndarray]:
    """Return the triangles of the lids whose corners lie in front of the template's eyeball: no fold behind them."""
    pack = load_head_pack()
    triangles = pack.triangles(("body",))[0]
    found = []
    for side in (0, 1):
        ball = fit_eyeball(pack.vertices, side)
        is_outside = np.linalg.norm(pack.vertices - ball.centre, axis=1) > ball.radius
        found.append(triangles[(np.isin(triangles, lid_vertices(side)) & is_outside[triangles]).all(1)])
    return found[0], found[1]


@lru_cache(maxsize=1)
def _lip_skin() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the vertices near the seam and how they give way, up positive: fading from the seam, and whole lips."""
    up, down = seal_weights()
    firm = up - down
    lips = lip_triangles()
    firm[np.unique(lips.upper)] = np.maximum(firm[np.unique(lips.upper)], FIRM_SHARE)
    firm[np.unique(lips.lower)] = np.minimum(firm[np.unique(lips.lower)], -FIRM_SHARE)
    rows = np.flatnonzero(np.abs(firm) > 1e-3)
    return rows, (up - down)[rows], firm[rows]


@lean_kernel
def _lay(vertices, triangles, plan, sign):
    """Lay triangles on the plan (x, z): keep the highest ``sign * y`` at each cell, signed back."""
    columns, rows = plan.shape
    for t in range(triangles.shape[0]):
        i, j, k = triangles[t]
        x0, x1 = (vertices[i, 0] + HALF_WIDTH) / CELL, (vertices[j, 0] + HALF_WIDTH) / CELL
        x2 = (vertices[k, 0] + HALF_WIDTH) / CELL
        z0, z1 = (vertices[i, 2] - PLAN_Z[0]) / CELL, (vertices[j, 2] - PLAN_Z[0]) / CELL
        z2 = (vertices[k, 2] - PLAN_Z[0]) / CELL
        area = (x1 - x0) * (z2 - z0) - (x2 - x0) * (z1 - z0)
        if abs(area) < 1e-12:
            continue
        share = 1 / area
        left, right = max(0, math.ceil(min(x0, x1, x2) - 0.5)), min(columns - 1, math.floor(max(x0, x1, x2) - 0.5))
        back, front = max(0, math.ceil(min(z0, z1, z2) - 0.5)), min(rows - 1, math.floor(max(z0, z1, z2) - 0.5))
        for column in range(left, right + 1):
            for row in range(back, front + 1):
                px, pz = column + 0.5, row + 0.5
                b = ((px - x0) * (z2 - z0) - (x2 - x0) * (pz - z0)) * share
                c = ((x1 - x0) * (pz - z0) - (px - x0) * (z1 - z0)) * share
                if b < -1e-9 or c < -1e-9 or b + c > 1 + 1e-9:
                    continue
                y = (1 - b - c) * vertices[i, 1] + b * vertices[j, 1] + c * vertices[k, 1]
                if sign * y > sign * plan[column, row]:
                    plan[column, row] = y
