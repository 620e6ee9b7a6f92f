"""Lay the guides of a head of hair: one line per lock, from its root over the skull and down, on the template.

Loose hair is walked step by step: it leaves along the skin's normal, turns towards the comb, is pulled down by its
weight and slides off skull, neck and face. Tied hair follows the skull to where it is gathered.
"""

import numpy as np
from jaxtyping import Float

from facsimile.face.hairstyles import Style
from facsimile.face.scalp import SKULL_CENTRE, Roots, above_skull
from facsimile.face.strands import unit

COMBED_DM = 0.45
"""Length over which a strand forgets the comb (1/e)."""
LONG_DM = 0.8
"""Hair longer than this hangs; shorter hair lies or stands."""
FALL_DM = 0.6
"""Length after which a strand hangs by its full weight."""
BESIDE_Z, BESIDE_Y, BESIDE_DM = 0.72, 7.75, 0.3
"""Long hair below this height, this near to the side of the face, is drawn back to this depth (dm)."""
SWEPT_DM = 0.035
"""How far back it goes from point to point."""
FRINGE_ROOTS_Z, FRINGE_ROOTS_X = 0.62, 0.5
"""Hair that grows in front of this and not further to the side (dm) belongs to the fringe."""


def comb_direction(style: Style, roots: Roots) -> Float[np.ndarray, "N 3"]:
    """Return where each strand is laid."""
    p = roots.position
    side = np.where(p[:, :1] >= style.part_x, 1.0, -1.0)
    x, y, z = np.eye(3)
    if style.comb == "forward":
        return 0.8 * z + np.clip(2 * p[:, :1], -0.5, 0.5) * x - 0.3 * y
    if style.comb == "side":
        return 0.9 * side * x + 0.3 * z - 0.25 * y
    if style.comb == "swept":
        return -np.sign(style.part_x) * 0.9 * x + 0.35 * z - 0.1 * y + np.zeros_like(p)
    if style.comb == "back":
        return np.broadcast_to(0.25 * y - 0.95 * z, p.shape) - 0.35 * p[:, :1] * x
    if style.comb == "up":
        return 0.75 * y + 0.35 * z + 0.3 * p[:, :1] * x + np.zeros_like(p)
    parted = 0.9 * side * x - 0.35 * z
    if style.comb == "parted":
        return parted
    if style.comb == "fringe":
        front = np.clip((p[:, 2:] - FRINGE_ROOTS_Z) / 0.25, 0, 1)
        return parted * (1 - front) + (0.9 * z + np.clip(p[:, :1] * 1.2, -0.6, 0.6) * x) * front
    return roots.normal.copy()


def lengths(rng: np.random.Generator, style: Style, roots: Roots, inside: np.ndarray) -> Float[np.ndarray, " N"]:
    """Return lengths: cut shorter at the sides and nape where the style says so, always shorter at the hairline."""
    length = style.length * np.exp(rng.normal(0, style.uneven, len(roots)))
    cut = np.interp(roots.position[:, 1], (6.7, 7.35, 7.95), (0.7 * style.sides, style.sides, 1.0))
    edge = np.clip(0.35 + inside / 0.35, 0.35, 1) if style.length < LONG_DM else np.clip(0.75 + inside / 0.3, 0.75, 1)
    return np.clip(length * cut * edge, 0.012, None)


def _off_the_skull(points: np.ndarray, lift: np.ndarray) -> np.ndarray:
    """Push points that are nearer to the skull than ``lift`` out along the radius."""
    distance, skin = above_skull(points)
    low = (distance < skin + lift) & (points[:, 1] > 6.3)
    pushed = SKULL_CENTRE + (points - SKULL_CENTRE) / distance[:, None] * (skin + lift)[:, None]
    return np.where(low[:, None], pushed, points)


def _off_the_neck(points: np.ndarray) -> np.ndarray:
    """Push points out of neck and shoulders, a cylinder that widens downwards."""
    out = points.copy()
    radius = np.hypot(points[:, 0], points[:, 2] - 0.15)
    clear = 0.66 + np.clip((6.3 - points[:, 1]) * 0.5, 0, 0.8)
    scale = np.where((points[:, 1] < 6.7) & (radius < clear), clear / (radius + 1e-6), 1.0)
    out[:, 0] *= scale
    out[:, 2] = 0.15 + (points[:, 2] - 0.15) * scale
    return out


def _off_the_face(points: np.ndarray, side: np.ndarray, slack: np.ndarray) -> np.ndarray:
    """Sweep long hair out of the face, to its own side of the parting, and back to the hair beside it."""
    out = points.copy()
    half_face = np.interp(points[:, 1], (6.2, 7.0, 7.5, 7.9, 8.15), (0.62, 0.76, 0.74, 0.58, 0.0))
    covers = (points[:, 2] > 0.75) & (np.abs(points[:, 0]) < half_face)
    out[covers, 0] = (side * (half_face + slack))[covers]
    beside = (points[:, 2] > BESIDE_Z) & (points[:, 1] < BESIDE_Y) & (np.abs(out[:, 0]) < half_face + BESIDE_DM)
    out[beside, 2] = np.maximum(points[beside, 2] - SWEPT_DM, BESIDE_Z)
    return out


def _laid(style: Style, comb: np.ndarray, point: np.ndarray) -> np.ndarray:
    """Return where the comb draws the strands at ``point``; short hair is laid along the skull."""
    if style.comb == "out" or style.length > LONG_DM:
        return comb
    outward = unit(point - SKULL_CENTRE)
    return unit(comb - (comb * outward).sum(1, keepdims=True) * outward)


def loose_guides(
    rng: np.random.Generator, style: Style, roots: Roots, inside: np.ndarray
) -> Float[np.ndarray, "N M 3"]:
    """Walk the guides of hair that is not tied."""
    count = len(roots)
    comb = comb_direction(style, roots) + rng.normal(0, style.mess, (count, 3))
    step = (lengths(rng, style, roots, inside) / (style.points - 1))[:, None]
    side = np.where(roots.position[:, 0] >= style.part_x, 1.0, -1.0)
    height = style.volume * (0.45 + 0.55 * rng.random(count))
    slack = 0.09 * rng.random(count)
    is_front = (roots.position[:, 2] > FRINGE_ROOTS_Z) & (np.abs(roots.position[:, 0]) < FRINGE_ROOTS_X)
    is_fringe = (style.comb == "fringe") & is_front
    bend = rng.normal(0, 0.08 + style.mess, (count, 3))
    point = roots.position
    heading = unit(roots.normal * style.lift + comb * 0.6 + bend)
    path = [point]
    for index in range(1, style.points):
        share = index / (style.points - 1)
        travelled = share * style.length
        hold = 0.5 * np.exp(-travelled / COMBED_DM) + 0.1 * (style.gravity < 0.5)
        weight = np.array((0.0, -style.gravity * (0.15 + 0.9 * min(1.0, travelled / FALL_DM)), 0.0))
        wander = style.mess * 0.5 * rng.standard_normal((count, 3))
        heading = unit(0.6 * heading + hold * _laid(style, comb, point) + weight + wander)
        moved = _off_the_skull(point + heading * step, 0.012 + height * min(1.0, 3 * share))
        if style.length > LONG_DM and style.gravity > 0.5 and style.comb != "out":
            moved = _off_the_neck(moved)
            moved = np.where(is_fringe[:, None], moved, _off_the_face(moved, side, slack))
        path.append(moved)
        point = moved
    guides = np.stack(path, 1)
    if is_fringe.any():
        level = style.fringe_y + 0.10 * np.clip(np.abs(roots.position[:, 0]) / 0.5, 0, 1) ** 2 * style.fringe_curve
        guides = cut_below(guides, np.where(is_fringe, level + rng.normal(0, 0.025, count), -9.0))
    return cut_below(guides, style.cut_y + rng.normal(0, 0.03, count)) if style.cut_y > 0 else guides


def cut_below(guides: Float[np.ndarray, "N M 3"], level: Float[np.ndarray, " N"]) -> Float[np.ndarray, "N M 3"]:
    """Shorten guides to where they first sink below ``level`` (dm), keeping the number of points."""
    out = guides.copy()
    points = guides.shape[1]
    below = guides[..., 1] < level[:, None]
    for n in np.flatnonzero(below.any(1) & ~below[:, 0]):
        last = int(np.argmax(below[n]))
        high, low = guides[n, last - 1, 1], guides[n, last, 1]
        end = last - 1 + (high - level[n]) / max(high - low, 1e-6)
        at = np.linspace(0, end, points)
        for axis in range(3):
            out[n, :, axis] = np.interp(at, np.arange(points), guides[n, :, axis])
    return out


def along_skull(
    start: Float[np.ndarray, "N 3"], end: Float[np.ndarray, " 3"], points: int, *, lift: Float[np.ndarray, "N M"]
) -> Float[np.ndarray, "N M 3"]:
    """Return the great arcs over the skull from ``start`` to ``end``, ``lift`` dm above the skin."""
    one, two = unit(start - SKULL_CENTRE), unit(np.asarray(end, np.float64) - SKULL_CENTRE)
    angle = np.arccos(np.clip(one @ two, -0.999, 0.999))[:, None]
    share = np.linspace(0, 1, points)[None]
    blend = np.stack([np.sin((1 - share) * angle), np.sin(share * angle)], -1) / np.sin(angle)[..., None]
    way = unit(blend[..., :1] * one[:, None] + blend[..., 1:] * two)
    _, skin = above_skull(SKULL_CENTRE + way)
    first = np.linalg.norm(start - SKULL_CENTRE, axis=1, keepdims=True)
    settle = np.clip(share * 6, 0, 1)
    return SKULL_CENTRE + way * (first * (1 - settle) + (skin + lift) * settle)[..., None]


def falling(
    start: Float[np.ndarray, " 3"], outward: Float[np.ndarray, " 3"], *, length: float, points: int, weight: float = 1.0
) -> Float[np.ndarray, "M 3"]:
    """Return the line of a tail that leaves ``start`` along ``outward`` and falls down the back or the chest."""
    path = [np.asarray(start, np.float64)]
    heading = unit(np.asarray(outward, np.float64))
    for index in range(1, points):
        pull = weight * min(1.0, 0.25 + index / points * 2)
        heading = unit(heading + np.array((0.0, -pull * 12 / points, 0.0)))
        moved = (path[-1] + heading * length / (points - 1))[None]
        path.append(_off_the_neck(_off_the_skull(moved, np.full(1, 0.06)))[0])
    return np.stack(path)
