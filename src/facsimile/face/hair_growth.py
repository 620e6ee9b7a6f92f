"""Grow head hair on the template: guides, and round each of them a lock of strands that clump, curl and stray.

Strands are placed round their lock's guide, not walked one by one, so a person's own hair takes a few milliseconds.
"""

import math
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from jaxtyping import Float, Float32, Int32

from facsimile.face.hair_guides import along_skull, falling, lengths, loose_guides
from facsimile.face.hairstyles import Style
from facsimile.face.scalp import SKULL_CENTRE, Hairline, Roots, above_skull, nearest_root, scalp_roots
from facsimile.face.strands import HairStrands, unit
from facsimile.kernel import lean_kernel

BABY_DM = 0.10
"""Hair nearer than this to the hairline is short and fine."""
GRID_CELL, GRID_LOW, GRID_SHAPE = 0.09, (-1.75, 4.7, -1.75), (39, 45, 39)
"""Grid (dm) in which the density of hair is counted to find how much light reaches a strand."""
GRID_STEPS = 6
DARKEST = 0.10
"""Share of light deep inside the hair, scattered from its neighbours."""
TIES = {"tail": ((0.0, 7.75, -0.90), (0.0, 0.25, -1.0)), "bun": ((0.0, 8.30, -0.62), (0.0, 0.75, -0.8))}
"""Where tied hair is gathered (dm) and the direction in which it leaves."""
PLAIT_TIE = ((0.66, 6.75, -0.15), (0.55, -0.35, -0.1))
"""The same for the left one of two plaits."""
STRAY_DM = 0.06
"""How far single hairs stand off their lock."""
SCALP_SHARE = 0.62
"""Share of a tied style's strands that lie on the scalp; the rest make the tail."""


OCTAHEDRON = 160
"""Cells along a side of the map of the skull's radius."""
LAST = 4095
TURN = (LAST + 1) * 1.0
TIGHTEST_LOCK = 0.72
"""Part of their distance that the hairs of a lock lose at most towards its tip: tighter locks look like wires."""
INTO_TABLE = (LAST + 1) / (2 * math.pi)
_SINE = np.sin(np.arange(LAST + 1) / INTO_TABLE).astype(np.float32)


@dataclass(frozen=True)
class Part:
    """Hold some strands of a groom: points [N,M,3], roots, lock numbers, width factor of each."""

    points: Float32[np.ndarray, "N M 3"]
    roots: Roots
    member: Int32[np.ndarray, " N"]
    fineness: Float32[np.ndarray, " N"]


@lru_cache(maxsize=1)
def _octahedral_radius() -> Float32[np.ndarray, "S S"]:
    """Return the skull's radius by octahedral direction (Cigolle et al. 2014): looked up without angles."""
    u, v = np.meshgrid(*[(np.arange(OCTAHEDRON) + 0.5) / OCTAHEDRON * 2 - 1] * 2)
    y = 1 - np.abs(u) - np.abs(v)
    x = np.where(y >= 0, u, (1 - np.abs(v)) * np.where(u >= 0, 1, -1))
    z = np.where(y >= 0, v, (1 - np.abs(u)) * np.where(v >= 0, 1, -1))
    return np.asarray(above_skull(SKULL_CENTRE + np.stack([x, y, z], -1))[1], np.float32)


@lean_kernel
def _reach(radius, x, y, z):
    """Return the distance of the skin from the skull's centre along (x, y, z)."""
    scale = 1.0 / (abs(x) + abs(y) + abs(z) + 1e-9)
    u, v = x * scale, z * scale
    if y < 0:
        u, v = (1.0 - abs(v)) * (1.0 if u >= 0 else -1.0), (1.0 - abs(u)) * (1.0 if v >= 0 else -1.0)
    size = radius.shape[0]
    column, row = int((u * 0.5 + 0.5) * size), int((v * 0.5 + 0.5) * size)
    return radius[min(max(row, 0), size - 1), min(max(column, 0), size - 1)]


@lean_kernel
def _follow(guides, member, start, reach, locks, strands, params, sine, radius, out):
    """Place strands [N,M,3] round their guides [G,M,3].

    ``start`` [N,3] is the root; ``reach`` [N] the part of the guide that a strand follows; ``locks`` [G,2] phase and
    turning sense of the curl; ``strands`` [N,8] clump factor, phase, frizz, six random phases.
    """
    clump, curl, wave_step, frizz, rope, plaited, cx, cy, cz = params
    count, points = out.shape[0], out.shape[1]
    for n in range(count):
        g = member[n]
        ox, oy, oz = start[n, 0] - guides[g, 0, 0], start[n, 1] - guides[g, 0, 1], start[n, 2] - guides[g, 0, 2]
        loose, bend = strands[n, 0], frizz * strands[n, 2]
        phase4, phase5 = strands[n, 4] * INTO_TABLE, strands[n, 5] * INTO_TABLE
        phase6, phase7 = strands[n, 6] * INTO_TABLE, strands[n, 7] * INTO_TABLE
        for m in range(points):
            s = m / (points - 1)
            at = s * reach[n] * (points - 1)
            k = min(int(at), points - 2)
            f = at - k
            tx = guides[g, k + 1, 0] - guides[g, k, 0]
            ty = guides[g, k + 1, 1] - guides[g, k, 1]
            tz = guides[g, k + 1, 2] - guides[g, k, 2]
            x, y, z = guides[g, k, 0] + f * tx, guides[g, k, 1] + f * ty, guides[g, k, 2] + f * tz
            scale = 1.0 / math.sqrt(tx * tx + ty * ty + tz * tz + 1e-12)
            tx, ty, tz = tx * scale, ty * scale, tz * scale
            # Two directions across the guide, from a fixed oblique one so that they turn smoothly along it.
            ax, ay, az = ty * -0.4 - tz * 0.1, tz * 0.57 + tx * 0.4, tx * 0.1 - ty * 0.57
            scale = 1.0 / math.sqrt(ax * ax + ay * ay + az * az + 1e-9)
            ax, ay, az = ax * scale, ay * scale, az * scale
            bx, by, bz = ty * az - tz * ay, tz * ax - tx * az, tx * ay - ty * ax
            ramp = min(1.0, 5.0 * s)
            if rope > 0:
                turn = at * wave_step + locks[g, 0]
                keep = (1.0 - ramp) * (1.0 - ramp)
                angle = int(strands[n, 1] * INTO_TABLE)
                u = sine[(angle + (LAST + 1) // 4) & LAST] * rope * strands[n, 3] * ramp
                v = sine[angle & LAST] * rope * strands[n, 3] * ramp
                if plaited > 0:
                    third = turn + (n % 3) * 2.0943951
                    u = 0.55 * u + rope * ramp * sine[int(third * INTO_TABLE) & LAST]
                    v = 0.55 * v + 0.6 * rope * ramp * sine[int(2.0 * third * INTO_TABLE) & LAST]
            else:
                keep = 1.0 - min(TIGHTEST_LOCK, clump * loose) * s * (2.0 - s)
                turn = (at * wave_step + locks[g, 0]) * locks[g, 1] + strands[n, 1]
                place = int(turn * INTO_TABLE + 64 * (LAST + 1))
                u, v = curl * ramp * sine[(place + (LAST + 1) // 4) & LAST], curl * ramp * sine[place & LAST]
            slow, quick = s * TURN, 3.0 * s * TURN
            u += bend * s * sine[int(1.1 * slow + phase4) & LAST] + 0.4 * bend * sine[int(1.2 * quick + phase5) & LAST]
            v += bend * s * sine[int(1.3 * slow + phase6) & LAST] + 0.4 * bend * sine[int(1.4 * quick + phase7) & LAST]
            x += keep * ox + u * ax + v * bx
            y += keep * oy + u * ay + v * by
            z += keep * oz + u * az + v * bz
            if m > 0 and y > 6.4:
                rx, ry, rz = x - cx, y - cy, z - cz
                distance = math.sqrt(rx * rx + ry * ry + rz * rz) + 1e-9
                least = 0.006 + 0.012 * strands[n, 3] * s + _reach(radius, rx, ry, rz)
                if distance < least:
                    x, y, z = cx + rx * least / distance, cy + ry * least / distance, cz + rz * least / distance
            if m == 0:
                x, y, z = start[n, 0], start[n, 1], start[n, 2]
            out[n, m, 0], out[n, m, 1], out[n, m, 2] = x, y, z


@lean_kernel
def _light_reach(points, thickness, low, cell, centre, grid, out):
    """Write the share of outside light that reaches each point [N,M] through the hair round it."""
    nx, ny, nz = grid.shape
    count, length = points.shape[0], points.shape[1]
    for n in range(count):
        for m in range(length - 1):
            dx = points[n, m + 1, 0] - points[n, m, 0]
            dy = points[n, m + 1, 1] - points[n, m, 1]
            dz = points[n, m + 1, 2] - points[n, m, 2]
            i = int((points[n, m, 0] - low[0]) / cell)
            j = int((points[n, m, 1] - low[1]) / cell)
            k = int((points[n, m, 2] - low[2]) / cell)
            if 0 <= i < nx and 0 <= j < ny and 0 <= k < nz:
                grid[i, j, k] += math.sqrt(dx * dx + dy * dy + dz * dz) * thickness[n] / (cell * cell * cell)
    for n in range(count):
        for m in range(0, length, 2):
            x, y, z = points[n, m, 0], points[n, m, 1], points[n, m, 2]
            ux, uy, uz = x - centre[0], y - min(max(y, 6.9), centre[1]), z - centre[2]
            scale = cell / math.sqrt(ux * ux + uy * uy + uz * uz + 1e-9)
            hidden = 0.0
            for step in range(GRID_STEPS):
                reach = (step + 0.55) * scale
                i = int((x + ux * reach - low[0]) / cell)
                j = int((y + uy * reach - low[1]) / cell)
                k = int((z + uz * reach - low[2]) / cell)
                if 0 <= i < nx and 0 <= j < ny and 0 <= k < nz:
                    hidden += grid[i, j, k] * cell
            out[n, m] = DARKEST + (1 - DARKEST) * math.exp(-0.55 * hidden)
        for m in range(1, length, 2):
            out[n, m] = 0.5 * (out[n, m - 1] + out[n, m + 1]) if m + 1 < length else out[n, m - 1]


def follow_guides(
    rng: np.random.Generator,
    style: Style,
    guides: Float[np.ndarray, "G M 3"],
    *,
    member: Int32[np.ndarray, " N"],
    start: Float[np.ndarray, "N 3"],
    reach: Float[np.ndarray, " N"],
    rope: float = 0.0,
) -> Float32[np.ndarray, "N M 3"]:
    """Return strands round their guides; a ``rope`` radius above 0 (dm) makes each lock a cord."""
    count, num_locks, points = len(member), len(guides), guides.shape[1]
    length = float(np.linalg.norm(np.diff(guides, axis=1), axis=2).sum(1).mean())
    period = 6.5 * rope if rope > 0 else style.wave
    phase = np.where(rng.random(num_locks) < style.coherent, rng.uniform(0, 6.28) + rng.normal(0, 0.5, num_locks),
                     rng.uniform(0, 6.28, num_locks))  # fmt: skip
    sense = np.where(rng.random(num_locks) < 0.5, 1.0, -1.0) if style.coherent < 0.5 else np.ones(num_locks)
    strands = rng.random((count, 8), np.float32) * np.float32(6.2832)
    stray = rng.random(count) < style.strays
    strands[:, 0] = np.where(stray, 0.0, rng.uniform(0.85, 1.1, count))
    strands[:, 1] = strands[:, 1] if rope > 0 else rng.normal(0, 0.35, count)
    wild = STRAY_DM / max(style.frizz, 1e-4)
    strands[:, 2] = np.exp(rng.normal(0, 0.5, count)) * np.where(stray, np.clip(wild, 1.0, 6.0), 1.0)
    strands[:, 3] = np.sqrt(rng.random(count))
    params = (style.clump, style.curl, 2 * math.pi / period * length / (points - 1), style.frizz, rope,
              float(style.plait or style.tie == "plaits"), *(float(c) for c in SKULL_CENTRE))  # fmt: skip
    out = np.empty((count, points, 3), np.float32)
    locks = np.stack([phase, sense], 1).astype(np.float32)
    _follow(guides.astype(np.float32), member, start.astype(np.float32), reach.astype(np.float32), locks, strands,
            params, _SINE, _octahedral_radius(), out)  # fmt: skip
    return out


def nearest_guides(
    roots: Float[np.ndarray, "N 3"], guides: Float[np.ndarray, "G 3"], *, part_x: float | None
) -> Int32[np.ndarray, " N"]:
    """Return the nearest guide of each root, on its own side of the parting where hair is parted at ``part_x``."""

    middle = np.float32(-1e3 if part_x is None else part_x)
    out = np.empty(len(roots), np.int32)
    _nearest(roots.astype(np.float32), guides.astype(np.float32), middle, out)
    return out


@lean_kernel
def _nearest(roots, guides, middle, out):
    for n in range(roots.shape[0]):
        x, y, z = roots[n, 0], roots[n, 1], roots[n, 2]
        side = x >= middle
        best = np.float32(1e9)
        out[n] = 0
        for g in range(guides.shape[0]):
            dx, dy, dz = guides[g, 0] - x, guides[g, 1] - y, guides[g, 2] - z
            square = dx * dx + dy * dy + dz * dz
            if square < best and (guides[g, 0] >= middle) == side:
                best = square
                out[n] = g


def _loose(rng: np.random.Generator, style: Style, roots: Roots, hairline: Hairline) -> Part:
    inside = hairline.inside(roots.position)
    chosen = np.arange(min(style.locks, len(roots)))
    guides = loose_guides(rng, style, roots.of(chosen), inside[chosen])
    is_parted = style.comb in ("side", "parted", "fringe")
    member = nearest_guides(roots.position, guides[:, 0], part_x=style.part_x if is_parted else None)
    mine = lengths(rng, style, roots, inside)
    lock = lengths(rng, replace(style, uneven=0.0), roots.of(chosen), inside[chosen])
    baby = np.clip(inside / BABY_DM, 0, 1)
    reach = np.clip(mine / lock[member], 0.35, 1.0) * (0.35 + 0.65 * baby)
    if style.cut_y:
        reach = np.where(baby < 1, reach, rng.uniform(0.96, 1.0, len(roots)))
    points = follow_guides(rng, style, guides, member=member, start=roots.position, reach=reach, rope=style.rope)
    return Part(points, roots, member, (0.6 + 0.4 * baby).astype(np.float32))


def _tail_part(
    rng: np.random.Generator, style: Style, guide: Float[np.ndarray, "M 3"], *, count: int, radius: float, rope: float
) -> Part:
    """Make a tail of ``count`` strands round one line, rooted where it is tied."""
    root = nearest_root(guide[0])
    roots = scalp_roots().of(np.full(count, root))
    spread = unit(rng.normal(0, 1, (count, 3))) * (radius * np.sqrt(rng.random((count, 1))))
    member = np.zeros(count, np.int32)
    reach = rng.uniform(0.75, 1.0, count) ** 0.7
    tail = replace(style, clump=0.3)
    points = follow_guides(rng, tail, guide[None], member=member, start=guide[0] + spread, reach=reach, rope=rope)
    if rope == 0:
        swell = np.sin(np.linspace(0, np.pi * 0.8, guide.shape[0]))[None, :, None] * 1.6
        points = points + (spread[:, None] * swell).astype(np.float32)
    return Part(points, roots, member, np.ones(count, np.float32))


def _bun(rng: np.random.Generator, centre: np.ndarray, outward: np.ndarray, *, count: int, points: int) -> Part:
    """Wind strands round a ball."""
    axis = unit(outward)
    radius = 0.24 * float(np.exp(rng.normal(0, 0.15)))
    middle = centre + axis * radius * 0.75
    across = unit(np.cross(axis, (0.3, 0.1, 1.0)))
    other = np.cross(axis, across)
    level = rng.uniform(-0.9, 0.95, (count, 1))
    turn = rng.uniform(0, 6.28, (count, 1)) + np.linspace(0, 2.2, points)[None]
    level = level + np.linspace(-0.12, 0.12, points)[None] + 0.05 * np.sin(3 * turn)
    round_it = np.sqrt(np.clip(1 - level**2, 0.02, 1)) * (1 + 0.06 * np.sin(9 * level))
    shell = radius * rng.uniform(0.9, 1.03, (count, 1))
    ring = np.cos(turn)[..., None] * across + np.sin(turn)[..., None] * other
    place = middle + (shell * round_it)[..., None] * ring + (shell * level * 0.85)[..., None] * axis
    roots = scalp_roots().of(np.full(count, nearest_root(centre)))
    return Part(place.astype(np.float32), roots, np.zeros(count, np.int32), np.ones(count, np.float32))


def _gathered(rng: np.random.Generator, style: Style, roots: Roots, tie: np.ndarray, hairline: Hairline) -> Part:
    """Draw hair over the skull to where it is tied."""
    count, points = len(roots), style.points
    lift = 0.012 + style.volume * (0.3 + 0.7 * rng.random((count, 1))) * np.sin(np.linspace(0.2, np.pi, points))[None]
    arcs = along_skull(roots.position, tie, points, lift=lift)
    member = nearest_guides(roots.position, roots.position[: max(1, style.locks // 3)], part_x=None)
    sway = rng.normal(0, 0.02, (member.max() + 1, 3))[member] + rng.normal(0, 0.006, (count, 3))
    arcs += sway[:, None] * np.sin(np.linspace(0, np.pi, points))[None, :, None]
    stray = rng.random(count) < style.strays
    baby = hairline.inside(roots.position) < BABY_DM
    at = np.linspace(0, 1, points)[None] * np.where(stray | baby, rng.uniform(0.1, 0.5, count), 1.0)[:, None]
    index = np.minimum((at * (points - 1)).astype(int), points - 2)
    rows = np.arange(count)[:, None]
    part = at * (points - 1) - index
    arcs = arcs[rows, index] * (1 - part[..., None]) + arcs[rows, index + 1] * part[..., None]
    out = (
        unit(arcs - SKULL_CENTRE)
        * (np.linspace(0, 1, points)[None] ** 2 * np.where(stray, 0.09, 0.0)[:, None])[..., None]
    )
    fine = np.where(baby, 0.55, np.where(stray, 0.7, 1.0)).astype(np.float32)
    return Part((arcs + out).astype(np.float32), roots, member, fine)


def _tied(rng: np.random.Generator, style: Style, roots: Roots, hairline: Hairline) -> list[Part]:
    tail = int(style.count * (1 - SCALP_SHARE))
    if style.tie == "plaits":
        return _plaits(rng, style, roots, hairline, tail=tail)
    tie, outward = (np.asarray(v, np.float64) for v in TIES[style.tie])
    tie = tie + np.array((0.0, rng.uniform(-0.55, 0.25) if style.tie == "tail" else rng.uniform(-1.1, 0.1), 0.0))
    tie[2] = -0.92 + 0.32 * max(0.0, (tie[1] - 7.75)) if style.tie == "tail" else -0.95 + 0.45 * max(0, tie[1] - 7.6)
    scalp = _gathered(rng, style, roots, tie, hairline)
    if style.tie == "bun":
        return [scalp, _bun(rng, tie, outward, count=tail, points=style.points)]
    guide = falling(tie, outward, length=style.length, points=style.points)
    return [scalp, _tail_part(rng, style, guide, count=tail, radius=0.075, rope=0.0)]


def _plaits(rng: np.random.Generator, style: Style, roots: Roots, hairline: Hairline, *, tail: int) -> list[Part]:
    parts = []
    for sign in (1.0, -1.0):
        mirror = np.array((sign, 1.0, 1.0))
        tie, outward = (np.asarray(v) * mirror for v in PLAIT_TIE)
        mine = roots.of(np.flatnonzero((roots.position[:, 0] >= style.part_x * 0.5) == (sign > 0)))
        parts.append(_gathered(rng, style, mine, tie, hairline))
        start = parts[-1].points[:, -1].mean(0)
        guide = falling(start, outward, length=style.length, points=style.points)
        guide[:, 2] += np.linspace(0, 0.75, style.points)
        parts.append(_tail_part(rng, style, guide, count=tail // 2, radius=0.03, rope=0.085))
    return parts


def _rows(rng: np.random.Generator, style: Style, hairline: Hairline) -> list[Part]:
    """Braid rows that run from the hairline over the skull to its back, and hang from there."""
    on_head = int(style.points * 0.72)
    guides = []
    for lean in np.linspace(-1.45, 1.45, style.locks) + rng.normal(0, 0.02, style.locks):
        across = np.array((np.sin(lean), np.cos(lean), 0.0))
        turn = np.linspace(0.25, 2.45, 120)[:, None]
        way = np.sin(turn) * across + np.cos(turn) * np.array((0.0, 0.25, 0.97))
        way = unit(way)
        line = SKULL_CENTRE + way * (above_skull(SKULL_CENTRE + way)[1] + 0.035)[:, None]
        first = int(np.argmax(hairline.inside(line) > 0.04))
        on_skull = line[np.linspace(first, 119, on_head).astype(int)]
        hang = falling(on_skull[-1], on_skull[-1] - on_skull[-2], length=0.45 * style.length,
                       points=style.points - on_head + 1)[1:]  # fmt: skip
        guides.append(np.concatenate([on_skull, hang]))
    lines = np.stack(guides)
    member = rng.integers(0, style.locks, style.count).astype(np.int32)
    index = np.array([nearest_root(line[0]) for line in lines])
    start = lines[member, 0] + rng.normal(0, 0.012, (style.count, 3))
    points = follow_guides(rng, style, lines, member=member, start=start, reach=rng.uniform(0.9, 1.0, style.count),
                           rope=style.rope)  # fmt: skip
    return [Part(points, scalp_roots().of(index[member]), member, np.ones(style.count, np.float32))]


def chosen_roots(rng: np.random.Generator, count: int, hairline: Hairline) -> Roots:
    """Draw about ``count`` roots, as dense as the hairline says."""
    pool = scalp_roots()
    order = (np.arange(int(count * 1.1)) + int(rng.integers(len(pool)))) % len(pool)
    cover = hairline.cover(pool.position[order])
    return pool.of(order[rng.random(len(order)) < cover])


def grow(rng: np.random.Generator, style: Style, hairline: Hairline) -> HairStrands | None:
    """Grow a head of hair of ``style`` behind ``hairline``; same generator state, same strands; None for no hair."""
    if style.count == 0:
        return None
    share = SCALP_SHARE if style.kind == "tied" else 1.0
    roots = chosen_roots(rng, int(style.count * share), hairline)
    if len(roots) < 50:
        return None
    if style.kind == "tied":
        parts = _tied(rng, style, roots, hairline)
    elif style.tie == "rows":
        parts = _rows(rng, style, hairline)
    else:
        parts = [_loose(rng, style, roots, hairline)]
    return _joined(rng, style, parts)


def _joined(rng: np.random.Generator, style: Style, parts: list[Part]) -> HairStrands:
    """Join parts, shuffled so that any fraction of the strands is a thinner head of hair."""
    points = np.concatenate([part.points for part in parts])
    member = np.concatenate([part.member + 1000 * i for i, part in enumerate(parts)])
    order = rng.permutation(len(points))
    _, member = np.unique(member[order], return_inverse=True)
    tint = 0.5 * rng.standard_normal(member.max() + 1)[member] + 0.45 * rng.standard_normal(len(points))
    fineness = np.concatenate([part.fineness for part in parts])[order]
    points = np.ascontiguousarray(points[order])
    return HairStrands(
        points,
        np.concatenate([part.roots.triangle for part in parts])[order],
        np.concatenate([part.roots.bary for part in parts])[order],
        tint.astype(np.float32),
        style.width_mm,
        fineness=fineness,
        openness=light_reach(points, fineness * np.float32(style.width_mm / 100)),
        member=member.astype(np.int32),
    )


def light_reach(
    points: Float32[np.ndarray, "N M 3"], thickness: Float32[np.ndarray, " N"]
) -> Float32[np.ndarray, "N M"]:
    """Return the share of outside light, 0-1, that reaches each point through strands of ``thickness`` dm."""
    out = np.empty(points.shape[:2], np.float32)
    grid = np.zeros(GRID_SHAPE, np.float32)
    _light_reach(points, thickness, np.array(GRID_LOW, np.float32), np.float32(GRID_CELL),
                 SKULL_CENTRE.astype(np.float32), grid, out)  # fmt: skip
    return out
