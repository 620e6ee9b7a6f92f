"""Grow head hair on the template: a style is a few numbers, a groom is the strands that come of them.

A strand leaves its root along the skin's normal, turns towards the comb direction, is pulled down by its weight, curls,
clumps with its neighbours and slides off the skull, the shoulders and the face.
"""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from jaxtyping import Float, Float32, Int32

from facsimile.face.pack import load_head_pack
from facsimile.face.regions import hairline_distance
from facsimile.face.rest import template_skin
from facsimile.face.strands import HairStrands, unit

SKULL_CENTRE = np.array((0.0, 7.5, 0.35))
"""A point (dm) inside the skull from which its surface is seen in every direction."""
RADIUS_CELLS = (64, 128)
TIES = {"tied": (0.0, 7.35, -0.85), "bun": (0.0, 8.45, -0.35)}
"""Where hair that is tied is gathered (dm): a pony tail behind the head, a bun on its crown."""
COMBED_DM = 0.45
"""Length over which a strand forgets the comb (1/e)."""
LONG_DM = 0.8
"""Hair longer than this hangs; shorter hair lies or stands."""
FALL_DM = 0.6
"""Length after which a strand hangs by its full weight."""
LOWEST_RECEDE = -0.5
"""Grooms grow down to this hairline; a person's own hairline then thins them out."""


@dataclass(frozen=True)
class Style:
    """Describe a hair style; lengths in dm.

    ``comb``: where strands are laid ("forward", "side", "back", "parted", "fringe", "tied", "bun", "out"). ``gravity``
    0-1; ``curl`` amplitude of the coil, ``coils`` its turning in radians per dm; ``frizz`` random bending; ``volume``
    height above the skull; ``sides`` length at the sides over that on top; ``part_x`` where it parts; ``locks`` number
    of clumps; ``lift`` how far roots stand up.
    """

    name: str
    count: int
    points: int
    length: float
    comb: str
    gravity: float = 0.3
    curl: float = 0.0
    coils: float = 5.0
    frizz: float = 0.06
    volume: float = 0.03
    sides: float = 1.0
    part_x: float = 0.0
    locks: int = 180
    width_mm: float = 0.6
    lift: float = 0.8


STYLES = (
    Style("buzz", 4800, 2, 0.045, "out", gravity=0.0, frizz=0.2, volume=0.0, locks=400, width_mm=0.55),
    Style("crop", 5100, 5, 0.20, "forward", gravity=0.15, sides=0.35, lift=0.5),
    Style("crop", 5100, 5, 0.28, "side", gravity=0.1, sides=0.25, part_x=0.30, frizz=0.12, lift=0.45),
    Style("spiky", 4800, 5, 0.22, "out", gravity=0.0, sides=0.3, frizz=0.18, locks=130, lift=1.2),
    Style("side part", 5100, 8, 0.48, "side", gravity=0.35, sides=0.3, part_x=0.28, volume=0.04, lift=0.4),
    Style("side part", 5100, 8, 0.60, "side", gravity=0.45, sides=0.4, part_x=-0.28, volume=0.06, lift=0.5),
    Style("slicked back", 5100, 9, 0.60, "back", gravity=0.35, sides=0.5, lift=0.25, volume=0.02),
    Style("tied back", 5400, 10, 1.30, "tied", gravity=0.10, lift=0.15, volume=0.015, frizz=0.03),
    Style("tied up", 5400, 10, 1.20, "bun", gravity=0.0, lift=0.15, volume=0.02, frizz=0.04),
    Style("long", 5400, 15, 2.3, "parted", gravity=1.0, volume=0.05, part_x=0.0, locks=150),
    Style("long", 5400, 15, 1.9, "parted", gravity=1.0, volume=0.08, part_x=0.25, locks=150),
    Style("wavy", 5400, 17, 1.9, "parted", gravity=0.9, curl=0.38, coils=4.5, volume=0.08, part_x=-0.2, locks=120),
    Style("wavy", 5400, 17, 1.4, "parted", gravity=0.8, curl=0.55, coils=6.5, volume=0.10, part_x=0.2, locks=140),
    Style("curly", 5700, 14, 0.95, "out", gravity=0.45, curl=0.9, coils=11.0, volume=0.10, locks=260, frizz=0.15),
    Style("afro", 6300, 9, 0.55, "out", gravity=0.0, frizz=0.7, volume=0.05, locks=380, width_mm=0.8, lift=1.0),
    Style("afro", 6300, 7, 0.26, "out", gravity=0.0, frizz=0.7, volume=0.03, locks=380, width_mm=0.75, lift=1.0),
    Style("bob", 5400, 13, 1.25, "parted", gravity=1.0, volume=0.06, part_x=0.2, frizz=0.04),
    Style("bob", 5400, 13, 1.10, "fringe", gravity=1.0, volume=0.05, frizz=0.05),
    Style("fringe", 5700, 15, 1.9, "fringe", gravity=1.0, volume=0.05, locks=150),
)
"""The grooms of the bank; numbers set by looking at what grows from them."""


@dataclass(frozen=True)
class Roots:
    """Hold where strands start: triangle and barycentrics on the body, position and normal (dm)."""

    triangle: Int32[np.ndarray, " N"]
    bary: Float32[np.ndarray, "N 2"]
    position: Float[np.ndarray, "N 3"]
    normal: Float[np.ndarray, "N 3"]


@lru_cache(maxsize=1)
def skull_radius() -> Float32[np.ndarray, "H W"]:
    """Return the distance of the skin from ``SKULL_CENTRE`` by (elevation, azimuth)."""
    skin, pack = template_skin(), load_head_pack()
    vertices = np.unique(skin.triangles[skin.outer])
    ray = pack.vertices[vertices].astype(np.float64) - SKULL_CENTRE
    ray = ray[pack.vertices[vertices][:, 1] > 6.2]
    radius = np.linalg.norm(ray, axis=1)
    rows, columns = RADIUS_CELLS
    azimuth, elevation = np.meshgrid(
        (np.arange(columns) + 0.5) / columns * 2 * np.pi - np.pi, (np.arange(rows) + 0.5) / rows * np.pi - np.pi / 2
    )
    look = [np.cos(elevation) * np.sin(azimuth), np.sin(elevation), np.cos(elevation) * np.cos(azimuth)]
    cosine = np.stack(look, -1).reshape(-1, 3) @ (ray / radius[:, None]).T
    nearest = np.argpartition(-cosine, 4, axis=1)[:, :4]
    mean = radius[nearest].mean(1).reshape(RADIUS_CELLS).astype(np.float32)
    wrapped = np.concatenate([mean[:, -6:], mean, mean[:, :6]], 1)
    return cv2.GaussianBlur(wrapped, (0, 0), 1.2)[:, 6:-6]


def above_skull(points: Float[np.ndarray, "*n 3"]) -> tuple[Float[np.ndarray, "*n"], Float[np.ndarray, "*n"]]:
    """Return the distance of points from the skull's centre, and that of the skin in the same direction."""
    ray = points - SKULL_CENTRE
    distance = np.linalg.norm(ray, axis=-1) + 1e-9
    rows, columns = RADIUS_CELLS
    row = (np.arcsin(np.clip(ray[..., 1] / distance, -1, 1)) / np.pi + 0.5) * rows
    column = (np.arctan2(ray[..., 0], ray[..., 2]) / (2 * np.pi) + 0.5) * columns
    index = np.clip(row.astype(int), 0, rows - 1), column.astype(int) % columns
    return distance, skull_radius()[index]


def scatter_roots(rng: np.random.Generator, count: int) -> Roots:
    """Scatter roots evenly over the scalp; towards the hairline they get rarer over about a centimetre and a half."""
    skin = template_skin()
    corners = skin.corners().astype(np.float64)
    middle = corners.mean(1)
    ears = load_head_pack().sample_mask("ears", skin.uv.mean(1)) > 0.3
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    grows = (hairline_distance(middle, recede=LOWEST_RECEDE) > -0.15) & ~ears & (np.abs(middle[:, 0]) < 0.82)
    area *= grows & (middle[:, 1] > 6.4) & skin.outer
    triangle = rng.choice(len(area), count * 2, p=area / area.sum())
    bary = rng.random((count * 2, 2))
    bary = np.where(bary.sum(1, keepdims=True) > 1, 1 - bary, bary)
    weights = np.concatenate([1 - bary.sum(1, keepdims=True), bary], 1)[..., None]
    position = (corners[triangle] * weights).sum(1)
    normal = unit((skin.normals[skin.triangles[triangle]] * weights).sum(1).astype(np.float64))
    inside = hairline_distance(position, recede=LOWEST_RECEDE) / 0.15
    keep = np.flatnonzero(rng.random(len(position)) < np.clip(inside, 0, 1) ** 1.5)[:count]
    return Roots(triangle[keep].astype(np.int32), bary[keep].astype(np.float32), position[keep], normal[keep])


def _comb_direction(style: Style, roots: Roots) -> Float[np.ndarray, "N 3"]:
    """Return where each strand is laid."""
    p = roots.position
    side = np.where(p[:, :1] >= style.part_x, 1.0, -1.0)
    x, y, z = np.eye(3)
    if style.comb == "forward":
        return 0.8 * z + np.clip(2 * p[:, :1], -0.5, 0.5) * x - 0.3 * y
    if style.comb == "side":
        return 0.9 * side * x + 0.2 * z - 0.25 * y
    if style.comb == "back":
        return np.broadcast_to(0.25 * y - 0.95 * z, p.shape) - 0.35 * p[:, :1] * x
    if style.comb == "parted":
        return 0.9 * side * x - 0.35 * z
    if style.comb == "fringe":
        front = np.clip((p[:, 2:] - 0.55) / 0.4, 0, 1)
        swept = 0.8 * side * x - 0.3 * z
        return swept * (1 - front) + (0.9 * z + np.clip(p[:, :1] * 1.2, -0.6, 0.6) * x) * front
    if style.comb in TIES:
        return unit(np.asarray(TIES[style.comb]) - p)
    return roots.normal.copy()


def _strand_lengths(rng: np.random.Generator, style: Style, roots: Roots) -> Float[np.ndarray, " N"]:
    """Return lengths: cut shorter at the sides and nape where the style says so, always shorter at the hairline."""
    length = style.length * np.exp(rng.normal(0, 0.17, len(roots.position)))
    cut = np.interp(roots.position[:, 1], (6.7, 7.4, 7.9), (0.7 * style.sides, style.sides, 1.0))
    inside = hairline_distance(roots.position, recede=LOWEST_RECEDE)
    edge = np.clip(0.35 + inside / 0.35, 0.35, 1) if style.length < LONG_DM else np.clip(0.7 + inside / 0.3, 0.7, 1)
    return np.clip(length * cut * edge, 0.02, None)


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
    clear = 0.62 + np.clip((6.3 - points[:, 1]) * 0.5, 0, 0.8)
    scale = np.where((points[:, 1] < 6.7) & (radius < clear), clear / (radius + 1e-6), 1.0)
    out[:, 0] *= scale
    out[:, 2] = 0.15 + (points[:, 2] - 0.15) * scale
    return out


def _off_the_face(points: np.ndarray, side: np.ndarray, slack: np.ndarray) -> np.ndarray:
    """Sweep long hair out of the face, to its own side of the parting."""
    out = points.copy()
    half_face = np.interp(points[:, 1], (6.2, 7.0, 7.5, 7.9, 8.15), (0.62, 0.76, 0.74, 0.58, 0.0))
    covers = (points[:, 2] > 0.75) & (np.abs(points[:, 0]) < half_face)
    out[covers, 0] = (side * (half_face + slack))[covers]
    return out


def _laid_direction(style: Style, comb: np.ndarray, point: np.ndarray) -> np.ndarray:
    """Return where the comb draws the strands at ``point``; short hair is laid along the skull."""
    if style.comb in TIES:
        return unit(np.asarray(TIES[style.comb]) - point)
    if style.comb == "out" or style.length > LONG_DM:
        return comb
    outward = unit(point - SKULL_CENTRE)
    return unit(comb - (comb * outward).sum(1, keepdims=True) * outward)


@dataclass(frozen=True)
class _Locks:
    """Hold what neighbours share: which lock a strand is in, its phase of curl, its offset direction."""

    member: Int32[np.ndarray, " N"]
    phase: Float[np.ndarray, " N"]
    bend: Float[np.ndarray, "N 3"]


def _make_locks(rng: np.random.Generator, style: Style, roots: Roots) -> _Locks:
    centres = roots.position[rng.integers(0, len(roots.position), style.locks)]
    cross = roots.position @ centres.T
    member = np.argmin((centres**2).sum(1) - 2 * cross, axis=1).astype(np.int32)
    phase = rng.uniform(0, 2 * np.pi, style.locks)[member] + rng.normal(0, 0.25, len(member))
    return _Locks(member, phase, rng.normal(0, 0.10, (style.locks, 3))[member])


def grow(rng: np.random.Generator, style: Style) -> HairStrands:
    """Grow a groom of ``style``; same generator state, same strands."""
    roots = scatter_roots(rng, style.count)
    count = len(roots.position)
    comb, locks = _comb_direction(style, roots), _make_locks(rng, style, roots)
    step = (_strand_lengths(rng, style, roots) / (style.points - 1))[:, None]
    side = np.where(roots.position[:, 0] >= style.part_x, 1.0, -1.0)
    loose = np.exp(rng.normal(0, 0.35, (count, 1)))
    height = style.volume * (0.4 + 0.6 * rng.random(count))
    slack = 0.08 * rng.random(count)
    point = roots.position
    heading = unit(roots.normal * style.lift + comb * 0.6 + locks.bend + rng.normal(0, 0.10, (count, 3)))
    points = [point]
    for index in range(1, style.points):
        share = index / (style.points - 1)
        laid = _laid_direction(style, comb, point)
        heading = _next_heading(rng, style, heading, comb=laid, locks=locks, share=share, loose=loose)
        moved = _off_the_skull(point + heading * step, 0.012 + height * min(1.0, 3 * share))
        if style.length > LONG_DM and style.gravity > 0.5 and style.comb != "out":
            moved = _off_the_neck(moved)
            kept = roots.position[:, 2] > 0.8 if style.comb == "fringe" else np.zeros(count, bool)
            moved = np.where(kept[:, None], moved, _off_the_face(moved, side, slack))
            moved = np.where((kept & (moved[:, 1] < 7.60))[:, None], point, moved)
        points.append(moved)
        point = moved
    tint = 0.5 * rng.standard_normal(style.locks)[locks.member] + 0.45 * rng.standard_normal(count)
    strands = np.stack(points, 1).astype(np.float32)
    return HairStrands(strands, roots.triangle, roots.bary, tint.astype(np.float32), style.width_mm)


def _next_heading(
    rng: np.random.Generator,
    style: Style,
    heading: np.ndarray,
    *,
    comb: np.ndarray,
    locks: _Locks,
    share: float,
    loose: np.ndarray,
) -> np.ndarray:
    """Return the next direction of every strand, ``share`` of the way to its tip."""
    travelled = share * style.length
    hold = 1.0 if style.comb in TIES else 0.5 * np.exp(-travelled / COMBED_DM) + 0.1 * (style.gravity < 0.5)
    weight = np.array((0.0, -style.gravity * (0.15 + 0.9 * min(1.0, travelled / FALL_DM)), 0.0))
    turn = locks.phase + style.coils * travelled
    coil = style.curl * np.stack([np.cos(turn), 0.3 * np.sin(2 * turn), np.sin(turn)], -1)
    frizz = style.frizz * loose * rng.standard_normal(heading.shape)
    return unit(0.55 * heading + hold * comb + weight + coil + frizz)
