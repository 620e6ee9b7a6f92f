"""Visibility and light of hair, batched: what ``render.strand_raster`` and ``render.shading`` do to one picture.

The raster blends strands one after the other and forgets the far ones bit by bit; here all strands of a kind meet at
once: first the nearest of each sample, then the mean of all by their distance behind it. Coverage is the same up to
what lies behind nearly opaque hair (``strand_raster.OPAQUE``); colours and directions differ a little.
"""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float32, Int64, UInt8
from torch import Tensor

from facsimile.render.hair_material import (
    CUTICLE_TILT,
    CUTICLE_WIDTH,
    HAIR_LIGHT_DECAY,
    RANDOM_SHINE,
    SCATTERED,
    THROUGH,
    TINTED,
    WHITE,
)
from facsimile.render.raster import FAR, NEAR
from facsimile.render.strand_raster import COLOUR, FADE_CELLS, FADE_PER_DM, FADE_STEP, HIDES, OPEN, SLOPE, WEIGHT
from facsimile.render_torch.light import (
    Lights,
    Shadows,
    dot,
    irradiance,
    normalised,
    shadow_visibility,
    towards_viewer,
)
from facsimile.render_torch.ragged import chunks, repeated
from facsimile.render_torch.strands import PosedStrands

PLACES = 1_000_000
"""Steps along strands opened at once; one takes about 250 bytes."""


class StrandLayer(NamedTuple):
    """What each sample sees of hair; see ``render.strand_raster.StrandLayer``."""

    light: Float32[Tensor, "B H W"]
    front: Float32[Tensor, "B H W"]
    sums: Float32[Tensor, "B H W 8"]
    kind: UInt8[Tensor, "B H W"]


class Dabs(NamedTuple):
    """What strands leave on samples: D dabs in ``sample`` (flat over all pictures)."""

    sample: Int64[Tensor, " D"]
    depth: Float32[Tensor, " D"]
    cover: Float32[Tensor, " D"]
    """Part of the sample, 0-1."""
    slope: Float32[Tensor, "D 3"]
    """Direction along the strand per step of its longer axis."""
    colour: Float32[Tensor, "D 3"]
    openness: Float32[Tensor, " D"]


def empty_strands(num: int, side: int, device: torch.device) -> StrandLayer:
    """Allocate layers without strands."""
    shape = (num, side, side)
    return StrandLayer(
        torch.ones(shape, device=device),
        torch.full(shape, FAR, device=device),
        torch.zeros((*shape, 8), device=device),
        torch.zeros(shape, dtype=torch.uint8, device=device),
    )


def draw_strands(
    screen: Float32[Tensor, "B N M 3"],
    strands: PosedStrands,
    *,
    width_px: Float32[Tensor, "B N"],
    taper: float,
    kind: int,
    bias: float,
    solid: Float32[Tensor, "B Y Y"],
    layer: StrandLayer,
) -> StrandLayer:
    """Return ``layer`` with strands of screen points drawn into it; see ``render.strand_raster.draw_strands``."""
    start, stop = screen[:, :, :-1], screen[:, :, 1:]
    steps = torch.where(strands.is_real(), _steps(start, stop, solid.shape[1]), 0)
    drawn = []
    for run in chunks(steps.reshape(len(screen), -1).sum(1), PLACES):
        part = PosedStrands(*(field[run] for field in strands))
        segments = _segments(start[run], stop[run], steps[run], part, width_px[run], bias, solid.shape[1])
        dabs = _dabs(segments, taper, solid[run])
        drawn.append(_blended(dabs, kind, StrandLayer(*(plane[run] for plane in layer))))
    return StrandLayer(*(torch.cat(plane) for plane in zip(*drawn, strict=True)))


def _steps(start: Tensor, stop: Tensor, side: int) -> Int64[Tensor, "B N S"]:
    """Return how many steps each segment takes along its longer axis; none where it cannot be seen."""
    low, high = torch.minimum(start, stop), torch.maximum(start, stop)
    major = (stop - start)[..., :2].abs().amax(-1)
    seen = (low[..., 2] > NEAR) & (high[..., :2] >= 0).all(-1) & (low[..., :2] <= side - 1).all(-1)
    seen &= (major <= 4 * side) & (major >= 1e-6)
    return torch.where(seen, major.clamp(max=4 * side).long() + 1, 0)


class Segments(NamedTuple):
    """Segments of strands that can be seen, S of them, along their longer axis b across the other axis a."""

    line: Float32[Tensor, "S 10"]
    """Start (a, b, depth), way (a, b, depth), 1 / steps, width across, place along the strand 0-1 and its growth."""
    look: Float32[Tensor, "S 11"]
    """Slope (x, y, depth), colour at the root (3) and what the tip adds (3), openness and its growth."""
    stride: Int64[Tensor, "S 3"]
    """Number of the picture's first sample; samples from one cell to the next along a and along b."""
    steps: Int64[Tensor, " S"]


def _segments(
    start: Tensor, stop: Tensor, steps: Tensor, strands: PosedStrands, width_px: Tensor, bias: float, side: int
) -> Segments:
    """Gather what segments leave to each of their steps."""
    picture, strand, number = steps.nonzero().unbind(1)
    first, way = start[picture, strand, number], (stop - start)[picture, strand, number]
    flat = way[:, :2].abs()
    major, is_steep = flat.amax(1), flat[:, 0] <= flat[:, 1]
    count, per_segment = steps[picture, strand, number], 1 / strands.length[picture]
    wide = width_px[picture, strand] * way[:, :2].square().sum(1).sqrt() / major

    def across_along(points: Tensor) -> list[Tensor]:
        x, y = points[:, 0], points[:, 1]
        return [torch.where(is_steep, x, y), torch.where(is_steep, y, x)]

    line = [*across_along(first), first[:, 2] - bias, *across_along(way), way[:, 2]]
    line += [1 / count.float(), wide, number.float() * per_segment, per_segment]
    colour, opened = strands.colour[picture, strand], strands.openness[picture, strand, number]
    more_open = strands.openness[picture, strand, number + 1] - opened
    look = [way / major[:, None], colour[:, 0], colour[:, 1] - colour[:, 0], opened[:, None], more_open[:, None]]
    across = torch.where(is_steep, 1, side)
    stride = torch.stack([picture * side * side, across, side + 1 - across], 1)
    return Segments(torch.stack(line, 1), torch.cat(look, 1), stride, count)


def _dabs(segments: Segments, taper: float, solid: Float32[Tensor, "B Y Y"]) -> Dabs:
    """Open segments into the samples they touch in front of what is solid."""
    side, flat_solid = solid.shape[1], solid.reshape(-1)
    owner, number = repeated(segments.steps)
    line = segments.line[owner]
    per_step = line[:, 6]
    f = (number.float() + 0.5) * per_step
    a, b, depth = (line[:, :3] + line[:, 3:6] * f[:, None]).unbind(1)
    along, share = line[:, 8] + f * line[:, 9], line[:, 4].abs() * per_step
    half_width, fixed = 0.5 * line[:, 7] * (1 - taper * along * along), (b + 0.5).long()
    low, high = a - half_width, a + half_width
    first = (low + 0.5).floor().long()
    cells = torch.where((fixed >= 0) & (fixed < side), (high + 0.5).floor().long() - first + 1, 0)
    stride = segments.stride[owner]
    base = stride[:, 0] + fixed * stride[:, 2]
    found, rows, place = [], cells.nonzero()[:, 0], 0
    while len(rows):
        cell = first[rows] + place
        inside = (cell >= 0) & (cell < side)
        sample = base[rows] + cell.clamp(0, side - 1) * stride[rows, 1]
        seen = (inside & (depth[rows] < flat_solid[sample])).nonzero()[:, 0]
        mine, edge = rows[seen], cell[seen].float() - 0.5
        part = torch.minimum(high[mine], edge + 1) - torch.maximum(low[mine], edge)
        found.append((mine, sample[seen], (part * share[mine]).clamp(0, 1)))
        place += 1
        rows = rows[cells[rows] > place]
    rows, sample, cover = (torch.cat(part) for part in zip(*found, strict=True)) if found else _nothing(solid)
    look = segments.look[owner[rows]]
    colour = look[:, 3:6] + along[rows, None] * look[:, 6:9]
    return Dabs(sample, depth[rows], cover, look[:, :3], colour, look[:, 9] + f[rows] * look[:, 10])


def _nothing(like: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    none = torch.zeros(0, dtype=torch.int64, device=like.device)
    return none, none, none.float()


def _fade(behind: Tensor) -> Tensor:
    """Return the weight left to a strand this far (dm) behind the nearest one, in the raster's steps."""
    step = (behind.clamp(0, 1) * (FADE_PER_DM / FADE_STEP)).floor()
    return torch.where(step < FADE_CELLS, torch.exp(-FADE_STEP * step), 0)


def _blended(dabs: Dabs, kind: int, layer: StrandLayer) -> StrandLayer:
    """Blend dabs into a layer."""
    light, front, sums, kinds = (plane.reshape(-1, *plane.shape[3:]) for plane in layer)
    nearest = front.scatter_reduce(0, dabs.sample, dabs.depth, "amin")
    sums = sums * _fade(front - nearest)[:, None]
    weight = dabs.cover * _fade(dabs.depth - nearest[dabs.sample])
    slope = _aligned(dabs, sums[:, SLOPE : SLOPE + 2], nearest)
    added = torch.cat([torch.ones_like(weight)[:, None], slope, dabs.colour, dabs.openness[:, None]], 1)
    sums = sums.index_add(0, dabs.sample, added * weight[:, None])
    passed = torch.zeros_like(light).index_add(0, dabs.sample, torch.log1p(-dabs.cover))
    flat = (light * passed.exp(), nearest, sums, torch.where(nearest < front, kind, kinds).to(torch.uint8))
    return StrandLayer(*(plane.reshape(old.shape) for plane, old in zip(flat, layer, strict=True)))


def _aligned(dabs: Dabs, before: Tensor, nearest: Tensor) -> Float32[Tensor, "D 3"]:
    """Return the dabs' directions, turned to that of what lies there, or else of the sample's nearest strand."""
    is_front = dabs.depth == nearest[dabs.sample]
    own = torch.zeros_like(before)
    own[dabs.sample[is_front]] = dabs.slope[is_front, :2]
    guide = torch.where((before != 0).any(1, keepdim=True), before, own)[dabs.sample]
    return torch.where((dot(guide, dabs.slope[:, :2]) < 0)[:, None], -dabs.slope, dabs.slope)


def depth_with_strands(depth: Float32[Tensor, "B H W"], layer: StrandLayer) -> Float32[Tensor, "B H W"]:
    """Return depth with the strands that hide what is behind them."""
    return torch.where(layer.light < HIDES, torch.minimum(depth, layer.front), depth)


def strand_depth(
    screen: Float32[Tensor, "B N M 3"], is_real: Bool[Tensor, "B N S"], depth: Float32[Tensor, "B Y Y"]
) -> Float32[Tensor, "B Y Y"]:
    """Return depth maps with polylines in them, of real segments alone; see ``render.raster.strands_depth``."""
    start, stop = screen[:, :, :-1].reshape(-1, 3), screen[:, :, 1:].reshape(-1, 3)
    size, per_picture = depth.shape[1], screen.shape[1] * (screen.shape[2] - 1)
    way = stop - start
    steps = torch.where(is_real.reshape(-1), way[:, :2].abs().amax(1).clamp(max=4 * size).long() + 1, 0)
    owner, number = repeated(steps)
    f = (number.float() + 0.5) / steps[owner].float()
    x, y, z = (start[owner] + way[owner] * f[:, None]).unbind(1)
    column, row = (x + 0.5).long(), (y + 0.5).long()
    inside = (column >= 0) & (row >= 0) & (column < size) & (row < size)
    picture = torch.div(owner, per_picture, rounding_mode="floor")
    place = ((picture * size + row) * size + column)[inside]
    return depth.reshape(-1).scatter_reduce(0, place, z[inside], "amin").reshape(depth.shape)


class Locks(NamedTuple):
    """The hair of 2x2 blocks of samples [N]: mean look, depth and coverage."""

    depth: Float32[Tensor, " N"]
    tangent: Float32[Tensor, "N 3"]
    """Direction per sample on the screen: right, down, away."""
    colour: Float32[Tensor, "N 3"]
    openness: Float32[Tensor, " N"]
    cover: Float32[Tensor, " N"]
    """Sum over the block's samples, 0-4."""


def locks_of(light: Float32[Tensor, "N 4"], front: Float32[Tensor, "N 4"], sums: Float32[Tensor, "N 4 8"]) -> Locks:
    """Return the mean hair of blocks; see ``render.shading.shade_strands``."""
    cover = torch.where(sums[..., WEIGHT] > 0, (1 - light).clamp(min=0), 0)
    share = cover / sums[..., WEIGHT].clamp(min=torch.finfo(torch.float32).tiny)
    share = torch.where(cover > 0, share, 0)
    tangent = torch.zeros_like(sums[:, 0, :3])
    for k in range(4):
        slope = sums[:, k, SLOPE : SLOPE + 3]
        sign = torch.where(dot(tangent[:, :2], slope[:, :2]) >= 0, 1.0, -1.0)
        tangent = tangent + (sign * share[:, k])[:, None] * slope
    total = cover.sum(1)
    scale = 1 / total.clamp(min=torch.finfo(torch.float32).tiny)
    colour = (share[..., None] * sums[..., COLOUR : COLOUR + 3]).sum(1) * scale[:, None]
    depth = torch.where(cover > 0, cover * front, 0).sum(1) * scale
    return Locks(depth, tangent, colour, (share * sums[..., OPEN]).sum(1) * scale, total)


def light_hair(
    place: Float32[Tensor, "N 3"],
    tangent: Float32[Tensor, "N 3"],
    outward: Float32[Tensor, "N 3"],
    view: Float32[Tensor, "N 3"],
    albedo: Float32[Tensor, "N 3"],
    occlusion: Float32[Tensor, " N"],
    turn: Float32[Tensor, " N"],
    picture: Int64[Tensor, " N"],
    lights: Lights,
    shadows: Shadows,
) -> Float32[Tensor, "N 3"]:
    """Return the radiance of locks; see ``render.hair_material.light_hair``."""
    tangent = normalised(tangent)
    t_v = dot(tangent, view)
    across = view - t_v[:, None] * tangent
    cos_v = dot(across, across).clamp(min=1e-6).sqrt()
    normal, _ = towards_viewer(across * 0.35 + outward * 0.8, view)
    bright = 0.3 * albedo[:, 0] + 0.6 * albedo[:, 1] + 0.1 * albedo[:, 2]
    occlusion = occlusion + (1 - occlusion) * (SCATTERED * bright).clamp(max=0.5)
    radiance = irradiance(lights.harmonics, normal, picture) * occlusion[:, None] * (albedo + RANDOM_SHINE)
    for number in range(lights.directions.shape[1]):
        towards, colour = lights.directions[:, number][picture], lights.colours[:, number][picture]
        n_l = dot(normal, towards)
        lit = occlusion
        if number == 0:
            lit = shadow_visibility(shadows, place, n_l, turn, picture, decay=HAIR_LIGHT_DECAY) * occlusion.sqrt()
        t_l = dot(tangent, towards)
        cos_l = (1 - t_l * t_l).clamp(min=1e-6).sqrt()
        cos_turn = (dot(towards, across) / (cos_l * cos_v)).clamp(-1, 1)
        diffuse = cos_l * (0.2 + 0.75 * (n_l * 0.7 + 0.3).clamp(min=0)) * lit
        white, tinted, through = _lobes(t_l, t_v, cos_turn)
        ahead = lit * (n_l + 0.4).clamp(0, 1)
        coloured = tinted * ahead + through * lit * occlusion + diffuse
        radiance = radiance + colour * (albedo * coloured[:, None] + (white * ahead)[:, None])
    return radiance


def _lobes(t_l: Tensor, t_v: Tensor, cos_turn: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Return the strengths of a hair's paths; see ``render.hair_material.hair_lobes``."""
    lift = 0.5 * (t_l.clamp(-0.999, 0.999).asin() + t_v.clamp(-0.999, 0.999).asin())
    near_half, away = (0.5 + 0.5 * cos_turn).clamp(min=0).sqrt(), 0.5 - 0.5 * cos_turn

    def bell(x: Tensor, width: float) -> Tensor:
        return torch.exp(-0.5 * (x / width) ** 2)

    white = bell(lift - CUTICLE_TILT, CUTICLE_WIDTH) * near_half
    tinted = bell(lift + 1.5 * CUTICLE_TILT, 2 * CUTICLE_WIDTH) * near_half * near_half
    through = bell(lift + 0.5 * CUTICLE_TILT, CUTICLE_WIDTH) * away**4
    return white * WHITE, tinted * TINTED, through * THROUGH
