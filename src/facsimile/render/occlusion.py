"""Ambient occlusion in screen space: how much of the sky each pixel's surroundings hide."""

import math

import numpy as np
from jaxtyping import Float32

from facsimile.kernel import lean_kernel
from facsimile.render.inlined import inlined
from facsimile.render.raster import FAR
from facsimile.render.sampling import TURNS, disc_taps, turn_number

NEAR_RADIUS_DM = 0.10
"""Radius of small features: nostrils, lids, lip seam (dm)."""
FAR_RADIUS_DM = 0.32
"""Radius of large ones: eye sockets, under the chin (dm)."""
TAPS = disc_taps(8)
SLOPE_FREE = 0.12
"""Concavity (sum of the two slopes of opposite taps) that hides nothing."""
DARKEST = 0.12
BLUR_DEPTH = 0.12
"""Pixels whose depths differ by more than this are not averaged (dm)."""


@lean_kernel
def nearest_of_blocks(depth, out):
    """Write the nearest of each 2x2 block of samples."""
    for y in range(out.shape[0]):
        for x in range(out.shape[1]):
            upper = min(depth[2 * y, 2 * x], depth[2 * y, 2 * x + 1])
            lower = min(depth[2 * y + 1, 2 * x], depth[2 * y + 1, 2 * x + 1])
            out[y, x] = min(upper, lower)


@inlined
def hidden_part(depth, x, y, across, down, reach):
    """Return the mean occlusion 0-1 of opposite tap pairs round a pixel; convex and flat surroundings give 0.

    ``across``, ``down`` [T] are offsets in pixels, ``reach`` [T] their lengths in dm. A pair that leaves the picture
    hides nothing; the empty background lies deep.
    """
    height, width = depth.shape
    here, limit = depth[y, x], np.float32(3)
    hidden = np.float32(0)
    for tap in range(across.shape[0]):
        dx, dy = across[tap], down[tap]
        if min(x - dx, x + dx) < 0 or max(x - dx, x + dx) >= width:
            continue
        if min(y - dy, y + dy) < 0 or max(y - dy, y + dy) >= height:
            continue
        rise_a = (here - depth[y + dy, x + dx]) / reach[tap]
        rise_b = (here - depth[y - dy, x - dx]) / reach[tap]
        slopes = max(-limit, min(limit, rise_a)) + max(-limit, min(limit, rise_b))
        if slopes > np.float32(SLOPE_FREE):
            hidden += min(np.float32(1), (slopes - np.float32(SLOPE_FREE)) * np.float32(0.55))
    return hidden / np.float32(across.shape[0])


def turned_taps(radius_px: float, px_per_dm: float, shift_rad: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return for each of ``TURNS`` angles the taps' offsets (columns, rows) in pixels and their lengths in dm [N,T]."""
    angle = (np.arange(TURNS) * (2 * math.pi / TURNS) + shift_rad)[:, None]
    x = (TAPS[:, 0] * np.cos(angle) - TAPS[:, 1] * np.sin(angle)) * radius_px
    y = (TAPS[:, 0] * np.sin(angle) + TAPS[:, 1] * np.cos(angle)) * radius_px
    x, y = x + np.copysign(0.5, x), y + np.copysign(0.5, y)
    reach = (np.hypot(x, y) / px_per_dm).astype(np.float32)
    return x.astype(np.int32), y.astype(np.int32), reach


def ambient_occlusion(depth: Float32[np.ndarray, "h w"], px_per_dm: float) -> Float32[np.ndarray, "h w"]:
    """Return the visible part of the sky, DARKEST..1, of a depth map (dm)."""
    raw, out = np.empty_like(depth), np.empty_like(depth)
    near = turned_taps(px_per_dm * NEAR_RADIUS_DM, px_per_dm, 0.0)
    far = turned_taps(px_per_dm * FAR_RADIUS_DM, px_per_dm, 1.0)
    _look_round(depth, near, far, raw, out)
    return out


@lean_kernel
def _look_round(depth, near, far, raw, out):
    """Write the visible part of the sky: by taps into ``raw``, its mean over neighbours of like depth into ``out``."""
    height, width = depth.shape
    one, strength = np.float32(1), np.float32(0.95)
    for y in range(height):
        for x in range(width):
            raw[y, x] = 1
            if depth[y, x] >= FAR:
                continue
            turn = turn_number(x, y)
            small = hidden_part(depth, x, y, near[0][turn], near[1][turn], near[2][turn])
            large = hidden_part(depth, x, y, far[0][turn], far[1][turn], far[2][turn])
            open_part = (one - small * strength) * math.sqrt(max(np.float32(0.01), one - large * strength))
            raw[y, x] = max(np.float32(DARKEST), open_part)
    for y in range(height):
        for x in range(width):
            out[y, x] = 1
            here = depth[y, x]
            if here >= FAR:
                continue
            total, count = np.float32(0), 0
            for j in range(max(0, y - 1), min(height, y + 2)):
                for i in range(max(0, x - 1), min(width, x + 2)):
                    if abs(depth[j, i] - here) < np.float32(BLUR_DEPTH):
                        total += raw[j, i]
                        count += 1
            out[y, x] = total / count
