"""Visibility of hair: polylines into a layer of coverage and mean look, anti-aliased and independent of order.

Hair is thinner than a sample, so a sample sees many strands at once. The layer keeps how much light passes between them
and a mean of their colour and direction in which near strands count most (weighted blended transparency, McGuire and
Bavoil 2013, with an exponential fall-off behind the nearest strand).
"""

import math
from typing import NamedTuple

import cv2
import numpy as np

from facsimile.kernel import lean_kernel
from facsimile.render.raster import FAR, NEAR

FADE_PER_DM = 40.0
"""How fast a strand loses weight behind the nearest one: to 1/e in 2.5 mm, about the thickness of a lock."""
FADE_CELLS, FADE_STEP = 64, 0.1
"""The fall-off is read from a table of ``FADE_CELLS`` steps of ``FADE_STEP``; beyond it a strand counts nothing."""
OPAQUE = 0.02
"""Share of light that passes below which what lies far behind is not drawn."""
HIDES = 0.5
"""Strands that let less light through hide what is behind them from labels."""
NEAR_HAIR_DM = 0.07
"""How far the soft shade of hair reaches on the skin."""
HAIR_SHADE = 0.6
"""Part of the sky that dense hair hides from the skin under it."""
WEIGHT, SLOPE, COLOUR, OPEN = 0, 1, 4, 7
"""Places in ``StrandLayer.sums``."""

_FADE = np.exp(-np.arange(FADE_CELLS) * FADE_STEP).astype(np.float32)


class StrandLayer(NamedTuple):
    """What each sample sees of hair."""

    light: np.ndarray
    """[H,W] f32: share of light that passes between the strands, 1 where there are none."""
    front: np.ndarray
    """[H,W] f32: depth of the nearest strand (dm), FAR where there is none."""
    sums: np.ndarray
    """[H,W,8] f32: weight; then weighted screen direction (dx, dy, ddepth), colour (r, g, b), openness to light 0-1."""
    kind: np.ndarray
    """[H,W] u8: kind of the nearest strand."""


def empty_strands(height: int, width: int) -> StrandLayer:
    """Allocate a layer without strands."""
    shape = (height, width)
    return StrandLayer(
        np.ones(shape, np.float32),
        np.full(shape, FAR, np.float32),
        np.zeros((*shape, 8), np.float32),
        np.zeros(shape, np.uint8),
    )


def draw_strands(
    screen: np.ndarray,
    *,
    width_px: np.ndarray,
    taper: float,
    colour: np.ndarray,
    openness: np.ndarray,
    kind: int,
    bias: float,
    solid: np.ndarray,
    layer: StrandLayer,
) -> None:
    """Draw polylines [N,M,3] of screen points (x, y, depth) into ``layer``.

    ``width_px`` [N] is the root's width in samples, ``taper`` the part of it lost at the tip (0-1), ``colour`` [N,2,3]
    at root and tip, ``openness`` [N,M] the light that reaches each point (0-1), ``bias`` pulls strands towards the
    camera (dm), ``solid`` [H,W] is the depth of what hides them.
    """
    _draw(screen, width_px, np.float32(taper), colour, openness, kind, np.float32(bias), solid, layer, _FADE)


@lean_kernel
def _draw(screen, width_px, taper, colour, openness, kind, bias, solid, layer, fade):
    height, width = solid.shape
    points = screen.shape[1]
    half, one, zero = np.float32(0.5), np.float32(1), np.float32(0)
    per_segment = one / np.float32(points - 1)
    for i in range(screen.shape[0]):
        for k in range(points - 1):
            x0, y0, z0 = screen[i, k, 0], screen[i, k, 1], screen[i, k, 2]
            x1, y1, z1 = screen[i, k + 1, 0], screen[i, k + 1, 1], screen[i, k + 1, 2]
            if z0 <= NEAR or z1 <= NEAR or max(x0, x1) < 0 or min(x0, x1) > width - 1:
                continue
            if max(y0, y1) < 0 or min(y0, y1) > height - 1:
                continue
            dx, dy, dz = x1 - x0, y1 - y0, z1 - z0
            major = max(abs(dx), abs(dy))
            if major > 4 * max(width, height) or major < np.float32(1e-6):
                continue
            steps = int(major) + 1
            is_steep = abs(dx) <= abs(dy)
            # Along its longer axis a line of width w covers w * hypot / major samples across.
            spread = width_px[i] * math.sqrt(dx * dx + dy * dy) / major
            per_step, per_length = one / np.float32(steps), one / major
            share = major * per_step
            for j in range(steps):
                f = (np.float32(j) + half) * per_step
                x, y, z = x0 + dx * f, y0 + dy * f, z0 + dz * f - bias
                along = (np.float32(k) + f) * per_segment
                wide = spread * (one - taper * along * along)
                middle, fixed = (x, int(y + half)) if is_steep else (y, int(x + half))
                low, high = middle - half * wide, middle + half * wide
                first, last = math.floor(low + half), math.floor(high + half)
                for cell in range(first, last + 1):
                    xi, yi = (cell, fixed) if is_steep else (fixed, cell)
                    if xi < 0 or yi < 0 or xi >= width or yi >= height or z >= solid[yi, xi]:
                        continue
                    edge = np.float32(cell) - half
                    inside = min(high, edge + one) - max(low, edge)
                    alpha = min(one, max(zero, inside * share))
                    behind = z - layer.front[yi, xi]
                    sums = layer.sums[yi, xi]
                    if behind < zero:
                        step = int(-behind * np.float32(FADE_PER_DM / FADE_STEP))
                        kept = fade[step] if step < FADE_CELLS else zero
                        for c in range(8):
                            sums[c] *= kept
                        layer.front[yi, xi] = z
                        layer.kind[yi, xi] = kind
                        weight = alpha
                    else:
                        step = int(behind * np.float32(FADE_PER_DM / FADE_STEP))
                        if step >= FADE_CELLS:
                            if layer.light[yi, xi] > np.float32(OPAQUE):
                                layer.light[yi, xi] *= one - alpha
                            continue
                        weight = alpha * fade[step]
                    layer.light[yi, xi] *= one - alpha
                    turned = sums[SLOPE] * dx + sums[SLOPE + 1] * dy < zero
                    along_line = -weight * per_length if turned else weight * per_length
                    sums[WEIGHT] += weight
                    sums[SLOPE] += along_line * dx
                    sums[SLOPE + 1] += along_line * dy
                    sums[SLOPE + 2] += along_line * dz
                    for c in range(3):
                        sums[COLOUR + c] += weight * (colour[i, 0, c] + along * (colour[i, 1, c] - colour[i, 0, c]))
                    sums[OPEN] += weight * (openness[i, k] + f * (openness[i, k + 1] - openness[i, k]))


def depth_with_strands(depth: np.ndarray, layer: StrandLayer) -> np.ndarray:
    """Return depth [H,W] with the strands that hide what is behind them."""
    return np.where(layer.light < HIDES, np.minimum(depth, layer.front), depth)


def shade_under_hair(layer: StrandLayer, px_per_dm: float, occlusion: np.ndarray) -> None:
    """Darken the occlusion [h,w] of what lies under or close to hair; ``layer`` has 2x2 samples per pixel."""
    height, width = occlusion.shape
    light = layer.light.reshape(height, 2, width, 2).mean((1, 3))
    side = 2 * round(NEAR_HAIR_DM * px_per_dm) + 1
    near = cv2.boxFilter(light, -1, (side, side), borderType=cv2.BORDER_REPLICATE)
    occlusion *= np.float32(1 - HAIR_SHADE) + np.float32(HAIR_SHADE) * near
