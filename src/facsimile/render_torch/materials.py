"""What skin, eyes, mouths and cloth look like at samples: ``render``'s materials for flat lists of samples [N].

``look`` holds the colours of each sample's person [N,...]; ``rest`` [N,3] are places on the template, ``place`` [N,3]
in the room.
"""

import math

import torch
from jaxtyping import Float32, Int64
from torch import Tensor

from facsimile.face.accessories import CHECK, KNIT, STRIPES, WEAVE
from facsimile.render.cloth_material import AXIS_Z, FOLD
from facsimile.render.eye_material import CARUNCLE_DM, CORNEA_REACH, CORNEA_STEEPNESS
from facsimile.render.mouth_material import (
    CORNER_NARROWING,
    GLOW_DECAY,
    LEAST_DEPTH_DM,
    LEAST_LIGHT,
    LIP_DEPTH_DM,
    LIP_EDGE_DM,
    LIP_GLOW,
    OUT_DM,
    THROAT_DECAY,
    WALL_GREEN,
    WALL_RED,
)
from facsimile.render.shading import EYE_RADIUS_DM
from facsimile.render_torch.light import bilinear, dot, normalised, texel_weights
from facsimile.render_torch.look import Look
from facsimile.render_torch.skin import Atlas

Sampled = Float32[Tensor, " N"]
Vectors = Float32[Tensor, "N 3"]


def mask_at(mask: Float32[Tensor, "M M"], uv: Float32[Tensor, "N 2"]) -> Sampled:
    """Return a mask 0-1 at texture coordinates (v up); see ``render.sampling.mask_texel``."""
    height, width = mask.shape
    u, v = uv[:, 0] * width - 0.5, (1 - uv[:, 1]) * height - 0.5
    x0, x1, y0, y1, fx, fy = texel_weights(u, v, height, width)
    corners = (mask[y0, x0, None], mask[y0, x1, None], mask[y1, x0, None], mask[y1, x1, None])
    return bilinear(corners, fx, fy)[:, 0]


def skin_look(
    atlas: Atlas,
    uv: Float32[Tensor, "N 2"],
    normal: Vectors,
    lip: Sampled,
    crease: Sampled,
    look: Look,
    picture: Int64[Tensor, " N"],
) -> tuple[Vectors, Vectors, Sampled, Sampled]:
    """Return albedo, bumped normal, alpha and specular strength of skin; see ``render.shading.skin_look``."""
    scale = atlas.scale[picture]
    u, v = (uv[:, 0] + 0.5) * scale - 0.5, (uv[:, 1] + 0.5) * scale - 0.5
    width = atlas.width[picture]
    x0, x1, y0, y1, fx, fy = texel_weights(u, v, atlas.height[picture], width)
    first = atlas.first[picture]
    places = [first + y * width + x for y in (y0, y1) for x in (x0, x1)]
    colours = (atlas.colour[places[0]], atlas.colour[places[1]], atlas.colour[places[2]], atlas.colour[places[3]])
    red, green, blue, gloss = bilinear(colours, fx, fy).unbind(1)
    (a, cave_a), (b, cave_b), (c, cave_c), (d, cave_d) = (atlas.relief[p].unbind(1) for p in places)
    keep = 1 - lip * (1 - crease)
    right, down = ((b - a) * (1 - fy) + (d - c) * fy) * keep, ((c - a) * (1 - fx) + (d - b) * fx) * keep
    cavity = (cave_a * (1 - fx) + cave_b * fx) * (1 - fy) + (cave_c * (1 - fx) + cave_d * fx) * fy
    tint, shade = lip * look.lip_strength, 1 - 0.55 * cavity
    colour = torch.stack([red, green, blue], 1) * (1 - tint)[:, None] + look.lip_colour * tint[:, None]
    albedo = colour * torch.stack([0.5 + 0.5 * shade, shade, shade], 1)
    wet = gloss.clamp(max=1.5)
    rough = look.roughness / (0.4 + gloss) * (1 - lip) + (0.46 - 0.12 * wet) * lip
    strength = gloss.clamp(max=1.2) * (1 - lip) + (0.25 + 0.6 * wet) * lip
    return albedo, _bumped(normal, right, down), rough * rough, strength * (1 - 0.5 * cavity)


def _bumped(normal: Vectors, right: Sampled, down: Sampled) -> Vectors:
    """Return normals tilted by slopes along the atlas's columns and rows."""
    nx, ny, nz = normal.unbind(1)
    zero = torch.zeros_like(nx)
    ax, _, az = normalised(torch.stack([nz, zero, -nx], 1)).unbind(1)
    bx, by, bz = -(ny * az), -(nz * ax - nx * az), ny * ax
    tilt = torch.stack([right * ax + down * bx, down * by, right * az + down * bz], 1)
    return normal - tilt


def corner_flesh(place: Vectors, corner: Vectors) -> Sampled:
    """Return how much of an eye's sample is the pink flesh of the inner corner."""
    near = 1 - (place - corner).norm(dim=1) / CARUNCLE_DM
    return (near * 1.8).clamp(0, 1)


def eye_look(
    rest: Vectors, place: Vectors, *, rest_centre: Vectors, ball: Vectors, axis: Vectors, corner: Vectors, look: Look
) -> tuple[Vectors, Vectors, Sampled]:
    """Return albedo, normal and share of corner flesh of eyeball samples; see ``render.shading.eye_look``."""
    dx, dy = rest[:, 0] - rest_centre[:, 0], rest[:, 1] - rest_centre[:, 1]
    radius = (dx * dx + dy * dy).sqrt() / EYE_RADIUS_DM
    radius = torch.where(rest[:, 2] < rest_centre[:, 2], 1.5, radius)
    flesh = corner_flesh(place, corner)
    angle, rise = torch.atan2(dy, dx), dy / EYE_RADIUS_DM / look.iris_radius
    return (
        _eye_albedo(radius, angle, rise, flesh, look),
        _eye_normal(place, ball, axis, radius, look.iris_radius),
        flesh,
    )


def _eye_albedo(radius: Sampled, angle: Sampled, rise: Sampled, flesh: Sampled, look: Look) -> Vectors:
    white = ((radius - look.iris_radius) * 14 + 0.5).clamp(0, 1)[:, None]
    glow = (1 - 0.45 * rise).clamp(min=0.5)[:, None]
    iris = _iris_colour(radius / look.iris_radius, angle, look) * glow
    albedo = _sclera_colour(radius, angle, look) * white + torch.where(white < 1, iris * (1 - white), 0)
    pink = torch.tensor([0.50, 0.20, 0.17], device=radius.device)
    return albedo * (1 - flesh)[:, None] + pink * flesh[:, None]


def _sclera_colour(radius: Sampled, angle: Sampled, look: Look) -> Vectors:
    redness = ((radius - 0.55) * 1.2).clamp(0, 1) * look.redness
    vein = ((angle * 9 + 3 * (radius * 14 + angle * 3).sin()).sin() - 0.7).clamp(min=0) * redness * 2
    pink = vein.clamp(max=1)
    kept = (1 - 0.10 * pink, (1 - 0.25 * redness) * (1 - pink), (1 - 0.28 * redness) * (1 - pink))
    return look.sclera * torch.stack(kept, 1)


def _iris_colour(q: Sampled, angle: Sampled, look: Look) -> Vectors:
    opened = (q - look.pupil_radius) / (1 - look.pupil_radius)
    wave = 0.30 + 0.04 * (angle * 7).sin() + 0.03 * (angle * 17 + 2).sin()
    inner = ((wave - opened) * 6 + 0.5).clamp(0, 1)[:, None]
    ridge = torch.exp(-(((opened - wave) * 9) ** 2))
    fibre = (angle * 31 + 3 * (q * 7).sin()).sin() * 0.5
    fibre = fibre + (angle * 67 + q * 13).sin() * 0.3 + (angle * 12 - q * 5).sin() * 0.25
    limbus = ((q - 0.80) * 5).clamp(0, 1)
    shade = (1 + 0.30 * fibre + 0.25 * ridge) * (1 - 0.72 * limbus * limbus) * (opened * 12).clamp(0, 1)
    return (look.iris_outer * (1 - inner) + look.iris_inner * inner) * shade[:, None] + 0.004


def _eye_normal(place: Vectors, ball: Vectors, axis: Vectors, radius: Sampled, iris_radius: Sampled) -> Vectors:
    normal = normalised(place - ball)
    bulge = ((iris_radius * CORNEA_REACH - radius) * 6).clamp(0, 1)
    along = dot(normal, axis)[:, None]
    return normal + (CORNEA_STEEPNESS * bulge)[:, None] * (normal - along * axis)


def cloth_look(rest: Vectors, normal: Vectors, look: Look) -> tuple[Vectors, Vectors]:
    """Return albedo and normal of cloth; see ``render.shading.cloth_look``."""
    share, shade = cloth_pattern(look.cloth_pattern[:, 0], look.cloth_pattern[:, 1], rest)
    one, two = look.clothes.unbind(1)
    albedo = one * ((1 - share) * shade)[:, None] + two * (share * shade)[:, None]
    x, y = rest[:, 0], rest[:, 1]
    wave = (x * 7 + 2.2 * (y * 3.1 + x).sin()).sin()
    cross = (y * 9 + 3 * (x * 2.3).sin()).sin()
    folds = torch.stack([FOLD * wave, 0.6 * FOLD * cross, torch.zeros_like(x)], 1)
    return albedo, normal + folds


def cloth_pattern(pattern: Sampled, scale: Sampled, rest: Vectors) -> tuple[Sampled, Sampled]:
    """Return the share of the second colour and the shade; see ``render.cloth_material.cloth_pattern``."""
    depth = rest[:, 2] - AXIS_Z
    u = torch.atan2(rest[:, 0], depth) * 0.75
    v = rest[:, 1] - 0.5 * (rest[:, 0] * rest[:, 0] + depth * depth).sqrt()
    across, down = fraction(u / scale), fraction(v / scale)
    leg = (across - 0.5).abs() * 2
    stitch = fraction(v / (scale * 0.8) + 0.7 * leg)
    knit = (0.72 + 0.36 * (math.pi * stitch).sin()) * (0.86 + 0.2 * (math.pi * leg).sin())
    weave = 0.93 + 0.14 * _grain((u / 0.012).floor(), (v / 0.012).floor())
    shade = torch.where(pattern == KNIT, knit, torch.where(pattern == WEAVE, weave, 1.0))
    low_across, low_down = (across < 0.5).float(), (down < 0.5).float()
    check = 0.5 * low_across + 0.5 * low_down
    share = torch.where(pattern == STRIPES, low_down, torch.where(pattern == CHECK, check, 0.0))
    return share, shade


def fraction(x: Sampled) -> Sampled:
    """Return x minus the whole number below it."""
    return x - x.floor()


def _grain(x: Sampled, y: Sampled) -> Sampled:
    n = (x.long() * 73856093) ^ (y.long() * 19349663) ^ 83492791
    n = (n ^ (n >> 13)) * 1274126177
    return ((n >> 8) & 1023).float() * (1 / 1023)


def light_between_lips(place: Vectors, window: Float32[Tensor, "N 5 3"]) -> Sampled:
    """Return how much light reaches points in mouths; see ``render.mouth_material.light_between_lips``."""
    centre, half_width, half_height, inwards, bend = window.unbind(1)
    offset = place - centre
    behind = dot(offset, inwards)
    depth = (behind - LIP_DEPTH_DM).clamp(min=LEAST_DEPTH_DM)
    wide2, high2 = dot(half_width, half_width), dot(half_height, half_height)
    across, up = dot(offset, half_width) / wide2, dot(offset, half_height) / high2
    wide, high = wide2.sqrt(), high2.sqrt()
    inside = (across * across).clamp(max=1)
    up = up - bend[:, 0] * inside
    opening, margin = 1 - CORNER_NARROWING * inside + LIP_EDGE_DM / high, 1 + LIP_EDGE_DM / wide

    def passed(edge: Sampled) -> Sampled:
        return edge / (edge * edge + depth * depth + 1e-9).sqrt()

    sideways = 0.5 * (passed((margin - across) * wide) + passed((margin + across) * wide))
    upwards = 0.5 * (passed((opening - up) * high) + passed((opening + up) * high))
    outside = (-behind / OUT_DM).clamp(0, 1)
    corners = torch.exp(-THROAT_DECAY * (depth - 0.1).clamp(min=0))
    glow = LEAST_LIGHT + LIP_GLOW * torch.exp(-GLOW_DECAY * depth)
    return torch.maximum(glow, sideways * upwards * corners * (1 - outside) + outside)


def reddened(albedo: Vectors, arriving: Sampled) -> Vectors:
    """Return the albedo times the light in the mouth; see ``render.mouth_material.reddened``."""
    red, rest = (arriving / (1 - wall * (1 - arriving)) for wall in (WALL_RED, WALL_GREEN))
    return albedo * torch.stack([red, rest, rest], 1)


def tooth_look(height: Sampled, across: Sampled, tooth: Int64[Tensor, " N"], look: Look) -> tuple[Vectors, Sampled]:
    """Return albedo and specular strength of enamel; see ``render.mouth_material.tooth_look``."""
    neck, clear = ((height - 0.45) * 1.8).clamp(0, 1), (1 - height * 6).clamp(min=0)
    side = (across.abs() - 0.72).clamp(min=0) * 3.5
    shade = look.tooth_shade.gather(1, tooth[:, None])[:, 0] * (1 - 0.30 * (side * side).clamp(max=1))
    lost = [(1 - a * neck) * (1 - b * clear) for a, b in ((0.03, 0.16), (0.09, 0.11), (0.22, 0.04))]
    return look.teeth * torch.stack(lost, 1) * shade[:, None], 1 - 0.6 * side.clamp(max=1)


def tongue_look(rest: Vectors, normal: Vectors, look: Look) -> tuple[Vectors, Vectors]:
    """Return albedo and normal of the tongue; see ``render.mouth_material.tongue_look``."""
    x, z = rest[:, 0], rest[:, 2]
    off = x * 32
    furrow = torch.exp(-off * off) * ((1.40 - z) * 5).clamp(0, 1)
    bumps = (x * 260 + 2 * (z * 190).sin()).sin() * (z * 240 + x * 70).sin()
    pale = normal[:, 1].clamp(0, 1) * (1 - furrow) * (0.8 + 0.2 * bumps)
    paler = torch.tensor([0.03, 0.04, 0.035], device=x.device)
    albedo = (look.gum + paler * pale[:, None]) * (0.82 - 0.20 * furrow)[:, None]
    tilt = 0.8 * off * furrow + 0.10 * bumps
    return albedo, normal + torch.stack([-tilt, torch.zeros_like(x), 0.10 * bumps], 1)
