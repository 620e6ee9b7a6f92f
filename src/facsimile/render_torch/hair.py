"""Visibility and light of hair, batched: what ``render.strand_raster`` and ``render.shading`` do to one picture.

The raster blends strands one after the other and forgets the far ones bit by bit; here all strands of a kind meet at
once: first the nearest of each sample, then the mean of all by their distance behind it. Coverage is the same up to
what lies behind nearly opaque hair (``strand_raster.OPAQUE``); colours and directions differ a little.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float32, Int64, UInt8
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
    solid: Float32[Tensor, "B H W"],
    layer: StrandLayer,
) -> StrandLayer:
    """Return ``layer`` with strands of screen points drawn into it; see ``render.strand_raster.draw_strands``."""
    start, stop = screen[:, :, :-1], screen[:, :, 1:]
    steps = _steps(start, stop, width_px, solid.shape[1])
    drawn = []
    for run in chunks(steps.reshape(len(screen), -1).sum(1), PLACES):
        part = PosedStrands(*(field[run] for field in strands))
        dabs = _dabs(start[run], stop[run], steps[run], part, width_px[run], taper, bias, solid[run])
        drawn.append(_blended(dabs, kind, StrandLayer(*(plane[run] for plane in layer))))
    return StrandLayer(*(torch.cat(plane) for plane in zip(*drawn, strict=True)))


def _steps(start: Tensor, stop: Tensor, width_px: Tensor, side: int) -> Int64[Tensor, "B N S"]:
    """Return how many steps each segment takes along its longer axis; none where it cannot be seen."""
    low, high = torch.minimum(start, stop), torch.maximum(start, stop)
    major = (stop - start)[..., :2].abs().amax(-1)
    seen = (low[..., 2] > NEAR) & (high[..., :2] >= 0).all(-1) & (low[..., :2] <= side - 1).all(-1)
    seen &= (major <= 4 * side) & (major >= 1e-6) & (width_px[..., None] > 0)
    return torch.where(seen, major.clamp(max=4 * side).long() + 1, 0)


def _dabs(
    start: Tensor,
    stop: Tensor,
    steps: Tensor,
    strands: PosedStrands,
    width_px: Tensor,
    taper: float,
    bias: float,
    solid: Tensor,
) -> Dabs:
    """Open segments into the samples they touch in front of what is solid."""
    height, width = solid.shape[1:]
    segments, flat_solid = steps.shape[2], solid.reshape(-1)
    owner, number = repeated(steps.reshape(-1))
    strand = torch.div(owner, segments, rounding_mode="floor")
    picture = torch.div(strand, steps.shape[1], rounding_mode="floor")
    first, way = start.reshape(-1, 3)[owner], (stop - start).reshape(-1, 3)[owner]
    dx, dy = way[:, 0], way[:, 1]
    major = torch.maximum(dx.abs(), dy.abs())
    per_step = 1 / steps.reshape(-1)[owner].float()
    f = (number.float() + 0.5) * per_step
    x, y, z = (first + way * f[:, None]).unbind(1)
    z = z - bias
    along = ((owner - strand * segments).float() + f) / strands.length[picture]
    wide = width_px.reshape(-1)[strand] * (dx * dx + dy * dy).sqrt() / major * (1 - taper * along * along)
    is_steep = dx.abs() <= dy.abs()
    middle, fixed = torch.where(is_steep, x, y), torch.where(is_steep, y + 0.5, x + 0.5).long()
    low, high = middle - 0.5 * wide, middle + 0.5 * wide
    cells = (high + 0.5).floor().long() - (low + 0.5).floor().long() + 1
    found = []
    for place in range(int(cells.max()) if len(cells) else 0):
        cell = (low + 0.5).floor().long() + place
        column, row = torch.where(is_steep, cell, fixed), torch.where(is_steep, fixed, cell)
        inside = (column >= 0) & (row >= 0) & (column < width) & (row < height) & (place < cells)
        sample = (picture * height + row.clamp(0, height - 1)) * width + column.clamp(0, width - 1)
        rows = (inside & (z < flat_solid[sample])).nonzero()[:, 0]
        edge = cell[rows].float() - 0.5
        part = torch.minimum(high[rows], edge + 1) - torch.maximum(low[rows], edge)
        found.append((rows, sample[rows], (part * (major * per_step)[rows]).clamp(0, 1)))
    rows, sample, cover = (torch.cat(part) for part in zip(*found, strict=True)) if found else _nothing(solid)
    colour, openness = strands.colour.reshape(-1, 2, 3), strands.openness.reshape(-1, segments + 1)
    who, share = strand[rows], along[rows, None]
    point = owner[rows] - who * segments
    opened, next_open = openness[who, point], openness[who, point + 1]
    return Dabs(
        sample,
        z[rows],
        cover,
        (way / major[:, None])[rows],
        colour[who, 0] + share * (colour[who, 1] - colour[who, 0]),
        opened + f[rows] * (next_open - opened),
    )


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
    screen: Float32[Tensor, "B N M 3"], is_real: Tensor, depth: Float32[Tensor, "B S S"]
) -> Float32[Tensor, "B S S"]:
    """Return a depth map with polylines of real strands [B,N] in it; see ``render.raster.strands_depth``."""
    start, stop = screen[:, :, :-1].reshape(-1, 3), screen[:, :, 1:].reshape(-1, 3)
    size, per_picture = depth.shape[1], screen.shape[1] * (screen.shape[2] - 1)
    way = stop - start
    steps = torch.where(
        is_real[..., None].expand(-1, -1, screen.shape[2] - 1).reshape(-1),
        way[:, :2].abs().amax(1).clamp(max=4 * size).long() + 1,
        0,
    )
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
