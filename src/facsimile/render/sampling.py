"""Look-ups shared by all materials: textures, masks, environment, irradiance, shadows."""

import math
from typing import Any

import numpy as np

from facsimile.render.inlined import inlined

GOLDEN_ANGLE = 2.399963
"""Radians; spreads taps evenly over a disc (Vogel 1979)."""
SHADOW_TAPS = 6
TURNS = 256
"""Angles that taps are turned by, a power of two."""
SHADOW_BIAS = 0.012
"""dm in front of the shadow map that still counts as lit, at normal incidence; grows to SHADOW_BIAS_GRAZING more."""
SHADOW_BIAS_GRAZING = 0.03


@inlined
def texel_weights(u, v, height, width):
    """Return bilinear corners (x0, x1, y0, y1) and fractions; texel centres are whole; u wraps, v stops at the edge."""
    xf, yf = math.floor(u), math.floor(v)
    x0 = int(xf) % width
    x1 = x0 + 1 if x0 + 1 < width else 0
    y0 = min(max(int(yf), 0), height - 1)
    y1 = min(max(int(yf) + 1, 0), height - 1)
    return x0, x1, y0, y1, np.float32(u - xf), np.float32(v - yf)


@inlined
def skin_texel(texture, u, v):
    """Return albedo r, g, b and gloss of a [h,w,4] texture at texel coordinates."""
    x0, x1, y0, y1, fx, fy = texel_weights(u, v, texture.shape[0], texture.shape[1])
    one = np.float32(1)
    w00, w01, w10, w11 = (one - fx) * (one - fy), fx * (one - fy), (one - fx) * fy, fx * fy
    return (
        texture[y0, x0, 0] * w00 + texture[y0, x1, 0] * w01 + texture[y1, x0, 0] * w10 + texture[y1, x1, 0] * w11,
        texture[y0, x0, 1] * w00 + texture[y0, x1, 1] * w01 + texture[y1, x0, 1] * w10 + texture[y1, x1, 1] * w11,
        texture[y0, x0, 2] * w00 + texture[y0, x1, 2] * w01 + texture[y1, x0, 2] * w10 + texture[y1, x1, 2] * w11,
        texture[y0, x0, 3] * w00 + texture[y0, x1, 3] * w01 + texture[y1, x0, 3] * w10 + texture[y1, x1, 3] * w11,
    )


@inlined
def relief_texel(texture, u, v):
    """Return the height gradient per texel (right, down) and the cavity of a [h,w,2] (height, cavity) texture."""
    x0, x1, y0, y1, fx, fy = texel_weights(u, v, texture.shape[0], texture.shape[1])
    one = np.float32(1)
    a, b, c, d = texture[y0, x0, 0], texture[y0, x1, 0], texture[y1, x0, 0], texture[y1, x1, 0]
    right = (b - a) * (one - fy) + (d - c) * fy
    down = (c - a) * (one - fx) + (d - b) * fx
    upper = texture[y0, x0, 1] * (one - fx) + texture[y0, x1, 1] * fx
    lower = texture[y1, x0, 1] * (one - fx) + texture[y1, x1, 1] * fx
    cavity = upper * (one - fy) + lower * fy
    return right, down, cavity


@inlined
def mask_texel(mask, u, v):
    """Return a u8 mask [h,w] at texture coordinates (v up), bilinear, 0-1."""
    height, width = mask.shape
    half = np.float32(0.5)
    x0, x1, y0, y1, fx, fy = texel_weights(u * width - half, (np.float32(1) - v) * height - half, height, width)
    one = np.float32(1)
    upper = mask[y0, x0] * (one - fx) + mask[y0, x1] * fx
    lower = mask[y1, x0] * (one - fx) + mask[y1, x1] * fx
    return (upper * (one - fy) + lower * fy) * np.float32(1 / 255)


@inlined
def irradiance(harmonics, x, y, z):
    """Return r, g, b irradiance / pi along a unit normal from order-2 spherical harmonics [9,3] (see ``light.py``)."""
    xy, yz, xz, zz, d = x * y, y * z, x * z, np.float32(3) * z * z - np.float32(1), x * x - y * y
    h = harmonics
    out0 = h[0, 0] + h[1, 0] * y + h[2, 0] * z + h[3, 0] * x
    out1 = h[0, 1] + h[1, 1] * y + h[2, 1] * z + h[3, 1] * x
    out2 = h[0, 2] + h[1, 2] * y + h[2, 2] * z + h[3, 2] * x
    out0 += h[4, 0] * xy + h[5, 0] * yz + h[6, 0] * zz + h[7, 0] * xz + h[8, 0] * d
    out1 += h[4, 1] * xy + h[5, 1] * yz + h[6, 1] * zz + h[7, 1] * xz + h[8, 1] * d
    out2 += h[4, 2] * xy + h[5, 2] * yz + h[6, 2] * zz + h[7, 2] * xz + h[8, 2] * d
    return max(out0, np.float32(0)), max(out1, np.float32(0)), max(out2, np.float32(0))


@inlined
def environment_texel(environment, x, y, z):
    """Return r, g, b of an octahedral panorama [N,N,3] (see ``light.py``) in a unit direction."""
    size = environment.shape[0]
    scale = np.float32(1) / (abs(x) + abs(y) + abs(z))
    a, b = x * scale, z * scale
    if y < 0:
        a, b = a + math.copysign(y * scale, a), b + math.copysign(y * scale, b)
    half, last = np.float32(0.5), np.float32(size - 1)
    u = min(last, max(np.float32(0), (a * half + half) * size - half))
    v = min(last, max(np.float32(0), (b * half + half) * size - half))
    x0, x1, y0, y1, fx, fy = texel_weights(u, v, size, size)
    one = np.float32(1)
    w00, w01, w10, w11 = (one - fx) * (one - fy), fx * (one - fy), (one - fx) * fy, fx * fy
    e = environment
    return (
        e[y0, x0, 0] * w00 + e[y0, x1, 0] * w01 + e[y1, x0, 0] * w10 + e[y1, x1, 0] * w11,
        e[y0, x0, 1] * w00 + e[y0, x1, 1] * w01 + e[y1, x0, 1] * w10 + e[y1, x1, 1] * w11,
        e[y0, x0, 2] * w00 + e[y0, x1, 2] * w01 + e[y1, x0, 2] * w10 + e[y1, x1, 2] * w11,
    )


@inlined
def shadow_visibility(shadow, x, y, z, facing, softness, turn, decay):
    """Return the part of the key light that reaches a room point, 0-1, by percentage-closer filtering.

    ``shadow`` has the fields ``depth`` [h,w] and ``transform`` [3,4] (room to map x, y, depth); ``facing`` is the
    cosine to the light, ``softness`` the radius in texels, ``turn`` an angle that decorrelates neighbours. ``decay``
    above 0 lets light fall off with depth instead of stopping (hair), per dm.
    """
    m = shadow.transform
    sx = m[0, 0] * x + m[0, 1] * y + m[0, 2] * z + m[0, 3]
    sy = m[1, 0] * x + m[1, 1] * y + m[1, 2] * z + m[1, 3]
    depth = m[2, 0] * x + m[2, 1] * y + m[2, 2] * z + m[2, 3]
    bias = np.float32(SHADOW_BIAS) + np.float32(SHADOW_BIAS_GRAZING) * (np.float32(1) - max(np.float32(0), facing))
    height, width = shadow.depth.shape
    cos_turn, sin_turn = math.cos(turn), math.sin(turn)
    lit: Any = np.float32(0)
    for tap in range(SHADOW_TAPS):
        ox, oy = shadow.taps[tap, 0] * softness, shadow.taps[tap, 1] * softness
        ix = int(sx + ox * cos_turn - oy * sin_turn + np.float32(0.5))
        iy = int(sy + ox * sin_turn + oy * cos_turn + np.float32(0.5))
        if ix < 0 or iy < 0 or ix >= width or iy >= height:
            lit += np.float32(1)
            continue
        behind = depth - shadow.depth[iy, ix] - bias
        if behind < 0:
            lit += np.float32(1)
        elif decay > 0:
            lit += math.exp(-behind * decay)
    return lit * np.float32(1 / SHADOW_TAPS)


@inlined
def turn_number(x, y):
    """Return a number below ``TURNS`` that looks random from pixel to pixel (Teschner et al. 2003, spatial hash)."""
    return ((x * 73856093) ^ (y * 19349663)) & (TURNS - 1)


@inlined
def pixel_turn(x, y):
    """Return an angle in 0..2 pi that looks random from pixel to pixel."""
    return np.float32(turn_number(x, y)) * np.float32(2 * math.pi / TURNS)


def disc_taps(count: int) -> np.ndarray:
    """Return ``count`` points [count,2] spread evenly over the unit disc."""
    index = np.arange(count)
    radius, angle = np.sqrt((index + 0.5) / count), index * GOLDEN_ANGLE
    return np.stack([radius * np.cos(angle), radius * np.sin(angle)], -1).astype(np.float32)
