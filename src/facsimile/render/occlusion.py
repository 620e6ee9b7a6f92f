"""Ambient occlusion in screen space: how much of the sky each pixel's surroundings hide."""

import math

import numpy as np

from facsimile.kernel import lean_kernel
from facsimile.render.inlined import inlined
from facsimile.render.raster import FAR
from facsimile.render.sampling import disc_taps, pixel_turn

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
def hidden_part(depth, x, y, radius, dm_per_px, turn, taps):
    """Return the mean occlusion 0-1 of opposite tap pairs round a pixel; convex and flat surroundings give 0.

    A pair that leaves the picture hides nothing; the empty background lies deep.
    """
    height, width = depth.shape
    here = depth[y, x]
    cos_turn, sin_turn = math.cos(turn), math.sin(turn)
    hidden = np.float32(0)
    for tap in range(taps.shape[0]):
        ox = (taps[tap, 0] * cos_turn - taps[tap, 1] * sin_turn) * radius
        oy = (taps[tap, 0] * sin_turn + taps[tap, 1] * cos_turn) * radius
        ox = ox + math.copysign(np.float32(0.5), ox)
        oy = oy + math.copysign(np.float32(0.5), oy)
        reach = math.sqrt(ox * ox + oy * oy) * dm_per_px
        dx, dy = int(ox), int(oy)
        if x - dx < 0 or x + dx < 0 or x - dx >= width or x + dx >= width:
            continue
        if y - dy < 0 or y + dy < 0 or y - dy >= height or y + dy >= height:
            continue
        rise_a = (here - depth[y + dy, x + dx]) / reach
        rise_b = (here - depth[y - dy, x - dx]) / reach
        limit = np.float32(3)
        slopes = max(-limit, min(limit, rise_a)) + max(-limit, min(limit, rise_b))
        if slopes > np.float32(SLOPE_FREE):
            hidden += min(np.float32(1), (slopes - np.float32(SLOPE_FREE)) * np.float32(0.55))
    return hidden / taps.shape[0]


@lean_kernel
def ambient_occlusion(depth, px_per_dm, taps, raw, out):
    """Write the visible part of the sky [h,w], DARKEST..1, of a depth map; ``raw`` [h,w] is scratch."""
    height, width = depth.shape
    near, far = px_per_dm * np.float32(NEAR_RADIUS_DM), px_per_dm * np.float32(FAR_RADIUS_DM)
    dm_per_px = np.float32(1) / px_per_dm
    for y in range(height):
        for x in range(width):
            raw[y, x] = 1
            if depth[y, x] >= FAR:
                continue
            turn = pixel_turn(x, y)
            small = hidden_part(depth, x, y, near, dm_per_px, turn, taps)
            large = hidden_part(depth, x, y, far, dm_per_px, turn + np.float32(1), taps)
            open_part = (1 - small * np.float32(0.95)) * math.sqrt(max(np.float32(0.01), 1 - large * np.float32(0.95)))
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
