"""Light on samples of many pictures: what ``render.materials`` and ``render.sampling`` do to one sample.

Samples are flat lists [N]; ``picture`` [N] says which of the B pictures each belongs to.
"""

import math
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float32, Int64
from torch import Tensor

from facsimile.render.light import MAX_DIRECTIONAL, Light, shadow_frame
from facsimile.render.materials import BODY_HIDES, GRAZING_MIRROR, MAX_HIGHLIGHT, MIN_FACING
from facsimile.render.sampling import SHADOW_BIAS, SHADOW_BIAS_GRAZING, SHADOW_TAPS, TURNS, disc_taps


class Lights(NamedTuple):
    """Lights of B pictures; see ``render.light.LightArrays``. Lamps that are not there have no colour."""

    harmonics: Float32[Tensor, "B 9 3"]
    sharp: Float32[Tensor, "B N N 3"]
    rough: Float32[Tensor, "B R R 3"]
    directions: Float32[Tensor, "B K 3"]
    colours: Float32[Tensor, "B K 3"]
    radii: Float32[Tensor, "B K"]
    softness: Float32[Tensor, " B"]
    """Radius of the key light's shadow filter (dm)."""
    shadow_axes: Float32[Tensor, "B 3 3"]
    """Rows of the key light's map per unit of scale: right, down, away from the light."""


def lights_of(lights: list[Light], device: torch.device) -> Lights:
    """Move lights to a device, side by side."""

    def padded(values: np.ndarray) -> np.ndarray:
        return np.concatenate([values, np.zeros((MAX_DIRECTIONAL - len(values), *values.shape[1:]), np.float32)])

    arrays = [light.arrays for light in lights]
    axes = [shadow_frame(light, np.zeros(3), extent=1.0, size=1)[:, :3] for light in lights]
    columns = (
        *([getattr(a, name) for a in arrays] for name in ("harmonics", "sharp", "rough")),
        *([padded(getattr(a, name)) for a in arrays] for name in ("directions", "colours", "radii")),
        [light.softness for light in lights],
        axes,
    )
    return Lights(*(torch.as_tensor(np.stack(column).astype(np.float32), device=device) for column in columns))


class Shadows(NamedTuple):
    """Depth maps of the key lights and how to look them up; see ``render.light.Shadow``."""

    depth: Float32[Tensor, "B S S"]
    transform: Float32[Tensor, "B 3 4"]
    softness: Float32[Tensor, " B"]
    """Radius of the filter in texels."""


class Finish(NamedTuple):
    """How samples reflect; see ``render.materials.light_surface``."""

    alpha: Float32[Tensor, " N"]
    f0: Float32[Tensor, " N"]
    strength: Float32[Tensor, " N"]
    wrap: Float32[Tensor, "N 3"]
    least_lit: Float32[Tensor, " N"]
    is_eye: Bool[Tensor, " N"]


def dot(a: Tensor, b: Tensor) -> Tensor:
    """Return scalar products along the last axis."""
    return (a * b).sum(-1)


def normalised(vectors: Float32[Tensor, "*N 3"]) -> Float32[Tensor, "*N 3"]:
    """Return unit vectors."""
    return vectors / (dot(vectors, vectors) + 1e-12).sqrt()[..., None]


def towards_viewer(
    normal: Float32[Tensor, "N 3"], view: Float32[Tensor, "N 3"]
) -> tuple[Float32[Tensor, "N 3"], Float32[Tensor, " N"]]:
    """Return the normals, bent so that they face the viewer, and their cosines to the view."""
    normal = normalised(normal)
    facing = dot(normal, view)
    bend = (MIN_FACING - facing).clamp(min=0)[:, None]
    bent = torch.where(bend > 0, normalised(normal + bend * view), normal)
    return bent, facing.clamp(min=MIN_FACING)


def irradiance(
    harmonics: Float32[Tensor, "B 9 3"], normal: Float32[Tensor, "N 3"], picture: Int64[Tensor, " N"]
) -> Float32[Tensor, "N 3"]:
    """Return irradiance / pi along unit normals; see ``render.sampling.irradiance``."""
    x, y, z = normal.unbind(1)
    bands = (torch.ones_like(x), y, z, x, x * y, y * z, 3 * z * z - 1, x * z, x * x - y * y)
    total = torch.zeros_like(normal)
    for number, band in enumerate(bands):
        total = total + harmonics[:, number][picture] * band[:, None]
    return total.clamp(min=0)


def texel_weights(u: Tensor, v: Tensor, height: Tensor | int, width: Tensor | int) -> tuple[Tensor, ...]:
    """Return bilinear corners x0, x1, y0, y1 and fractions; see ``render.sampling.texel_weights``."""
    xf, yf = u.floor(), v.floor()
    x0 = torch.remainder(xf.long(), width)
    x1 = torch.where(x0 + 1 < width, x0 + 1, 0)
    last = torch.as_tensor(height, device=u.device) - 1
    y0, y1 = (torch.minimum((yf.long() + step).clamp(min=0), last) for step in (0, 1))
    return x0, x1, y0, y1, u - xf, v - yf


def bilinear(texels: tuple[Tensor, Tensor, Tensor, Tensor], fx: Tensor, fy: Tensor) -> Tensor:
    """Mix four corners (upper left and right, lower left and right) [N,C]."""
    fx, fy = fx[:, None], fy[:, None]
    a, b, c, d = texels
    return a * ((1 - fx) * (1 - fy)) + b * (fx * (1 - fy)) + c * ((1 - fx) * fy) + d * (fx * fy)


def environment(
    maps: Float32[Tensor, "B N N 3"], direction: Float32[Tensor, "M 3"], picture: Int64[Tensor, " M"]
) -> Float32[Tensor, "M 3"]:
    """Return what octahedral panoramas show in unit directions; see ``render.sampling.environment_texel``."""
    size, flat = maps.shape[1], maps.reshape(-1, 3)
    x, y, z = direction.unbind(1)
    scale = 1 / (x.abs() + y.abs() + z.abs())
    a, b, fold = x * scale, z * scale, (-y).clamp(min=0) * scale
    a, b = (c + torch.copysign(fold, c) for c in (a, b))
    u, v = (((c * 0.5 + 0.5) * size - 0.5).clamp(0, size - 1) for c in (a, b))
    x0, x1, y0, y1, fx, fy = texel_weights(u, v, size, size)
    rows = (picture * size + y0) * size, (picture * size + y1) * size
    return bilinear((flat[rows[0] + x0], flat[rows[0] + x1], flat[rows[1] + x0], flat[rows[1] + x1]), fx, fy)


def pixel_turns(x: Int64[Tensor, "*N"], y: Int64[Tensor, "*N"]) -> Float32[Tensor, "*N"]:
    """Return angles that look random from sample to sample; see ``render.sampling.pixel_turn``."""
    return turn_numbers(x, y).float() * (2 * math.pi / TURNS)


def turn_numbers(x: Int64[Tensor, "*N"], y: Int64[Tensor, "*N"]) -> Int64[Tensor, "*N"]:
    """Return numbers below ``TURNS``; see ``render.sampling.turn_number``."""
    return ((x * 73856093) ^ (y * 19349663)) & (TURNS - 1)


def shadow_visibility(
    shadows: Shadows,
    place: Float32[Tensor, "N 3"],
    facing: Float32[Tensor, " N"],
    turn: Float32[Tensor, " N"],
    picture: Int64[Tensor, " N"],
    *,
    decay: float = 0.0,
) -> Float32[Tensor, " N"]:
    """Return the part of the key light that reaches room points; see ``render.sampling.shadow_visibility``."""
    size, flat = shadows.depth.shape[1], shadows.depth.reshape(-1)
    matrix = shadows.transform[picture]
    x, y, depth = (dot(matrix[:, row, :3], place) + matrix[:, row, 3] for row in range(3))
    bias = SHADOW_BIAS + SHADOW_BIAS_GRAZING * (1 - facing.clamp(min=0))
    cosine, sine, softness = turn.cos(), turn.sin(), shadows.softness[picture]
    lit = torch.zeros_like(facing)
    for across, down in disc_taps(SHADOW_TAPS).tolist():
        column = (x + softness * (across * cosine - down * sine) + 0.5).long()
        row = (y + softness * (across * sine + down * cosine) + 0.5).long()
        outside = (column < 0) | (row < 0) | (column >= size) | (row >= size)
        there = flat[(picture * size + row.clamp(0, size - 1)) * size + column.clamp(0, size - 1)]
        behind = depth - there - bias
        shaded = torch.exp(-behind.clamp(min=0) * decay) if decay else torch.zeros_like(behind)
        lit = lit + torch.where(outside | (behind < 0), 1.0, shaded)
    return lit / SHADOW_TAPS


def ggx(n_l: Tensor, n_v: Tensor, n_h: Tensor, v_h: Tensor, alpha: Tensor, f0: Tensor) -> Tensor:
    """Return the Cook-Torrance factor without the final cosine; see ``render.materials.ggx``."""
    a2 = alpha * alpha
    d = n_h * n_h * (a2 - 1) + 1
    k = (alpha + 1) * (alpha + 1) * 0.125
    masking = 1 / ((n_l * (1 - k) + k) * (n_v * (1 - k) + k) * 4)
    return a2 / (math.pi * d * d) * masking * (f0 + (1 - f0) * (1 - v_h) ** 5)


def light_surface(
    place: Float32[Tensor, "N 3"],
    normal: Float32[Tensor, "N 3"],
    view: Float32[Tensor, "N 3"],
    finish: Finish,
    occlusion: Float32[Tensor, " N"],
    turn: Float32[Tensor, " N"],
    picture: Int64[Tensor, " N"],
    lights: Lights,
    shadows: Shadows,
) -> tuple[Float32[Tensor, "N 3"], Float32[Tensor, "N 3"]]:
    """Return irradiance and specular radiance of solid surfaces; see ``render.materials.light_surface``."""
    normal, n_v = towards_viewer(normal, view)
    diffuse = irradiance(lights.harmonics, normal, picture) * occlusion[:, None]
    mirror = _mirrored(normal, n_v, view, finish, occlusion, picture, lights)
    for number in range(lights.directions.shape[1]):
        towards, colour = lights.directions[:, number][picture], lights.colours[:, number][picture]
        n_l = dot(normal, towards)
        lit = shadow_visibility(shadows, place, n_l, turn, picture) if number == 0 else occlusion
        lit = torch.maximum(lit, finish.least_lit)
        arriving = torch.where((n_l >= -finish.wrap[:, 0]) & (lit > 0), lit, 0)[:, None] * colour
        diffuse = diffuse + arriving * ((n_l[:, None] + finish.wrap) / (1 + finish.wrap)).clamp(min=0)
        shine = _shine(normal, view, towards, n_l, n_v, finish, lights.radii[:, number][picture])
        mirror = mirror + arriving * shine[:, None]
    return diffuse, mirror


def _mirrored(
    normal: Tensor, n_v: Tensor, view: Tensor, finish: Finish, occlusion: Tensor, picture: Tensor, lights: Lights
) -> Float32[Tensor, "N 3"]:
    """Return what surfaces mirror of their surroundings: eyes sharply, all else blurred."""
    reflected = 2 * n_v[:, None] * normal - view
    seen = environment(lights.rough, reflected, picture)
    eyes = finish.is_eye.nonzero()[:, 0]
    seen[eyes] = environment(lights.sharp, reflected[eyes], picture[eyes])
    rise = (GRAZING_MIRROR * (1 - finish.alpha) - finish.f0).clamp(min=0)
    fresnel = (finish.f0 + rise * (1 - n_v) ** 5) * finish.strength * occlusion * occlusion
    below = 1 + BODY_HIDES * reflected[:, 1].clamp(max=0)
    return seen * torch.where(finish.is_eye, fresnel, fresnel * below)[:, None]


def _shine(
    normal: Tensor, view: Tensor, towards: Tensor, n_l: Tensor, n_v: Tensor, finish: Finish, radius: Tensor
) -> Float32[Tensor, " N"]:
    """Return the highlight of one lamp; eyes have theirs in the panorama."""
    half = normalised(towards + view)
    n_h, v_h = dot(normal, half).clamp(min=0), dot(view, half).clamp(min=0)
    wide = (finish.alpha + 0.33 * radius).clamp(max=1)
    tight = (wide - 0.65 * finish.alpha).clamp(max=1)
    lobes = 0.7 * ggx(n_l, n_v, n_h, v_h, wide, finish.f0) + 0.3 * ggx(n_l, n_v, n_h, v_h, tight, finish.f0)
    shine = lobes.clamp(max=MAX_HIGHLIGHT) * n_l * finish.strength * math.pi
    return torch.where((n_l > 0) & ~finish.is_eye, shine, 0)
