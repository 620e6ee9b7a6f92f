"""Light that wanders under the skin: a separable screen-space blur of irradiance (Jimenez et al. 2009)."""

import math

import numpy as np

from facsimile.kernel import lean_kernel

RADIUS_DM = (0.020, 0.0085, 0.005)
"""Standard deviation of the blur for red, green and blue: 2.0, 0.85 and 0.5 mm (d'Eon and Luebke 2007, table 1)."""
DEPTH_TOLERANCE = 0.12
"""Light does not cross between pixels whose depths differ by more than this (dm)."""


def diffusion_taps(px_per_dm: float) -> np.ndarray:
    """Return one side of the blur [n,3], centre first, for a picture with ``px_per_dm`` pixels per dm."""
    sigma = np.maximum(np.array(RADIUS_DM) * px_per_dm, 0.15)
    reach = np.arange(max(1, math.ceil(2.2 * sigma[0])) + 1)[:, None]
    taps = np.exp(-(reach**2) / (2 * sigma**2))
    red_core = np.exp(-(reach**2) / (2 * (0.35 * sigma) ** 2))
    taps[:, 0] = 0.55 * taps[:, 0] + 0.45 * red_core[:, 0]
    return taps.astype(np.float32)


@lean_kernel
def diffuse_along(irradiance, skin, depth, taps, step_x, step_y, out):
    """Blur irradiance [h,w,3] along one direction, over skin only."""
    height, width = skin.shape
    reach = taps.shape[0] - 1
    for y in range(height):
        for x in range(width):
            if skin[y, x] <= 0:
                continue
            r, g, b = np.float32(0), np.float32(0), np.float32(0)
            n_r, n_g, n_b = np.float32(0), np.float32(0), np.float32(0)
            for k in range(-reach, reach + 1):
                i, j = x + k * step_x, y + k * step_y
                if i < 0 or j < 0 or i >= width or j >= height or skin[j, i] <= 0:
                    continue
                if abs(depth[j, i] - depth[y, x]) > np.float32(DEPTH_TOLERANCE):
                    continue
                a = abs(k)
                w_r, w_g, w_b = taps[a, 0] * skin[j, i], taps[a, 1] * skin[j, i], taps[a, 2] * skin[j, i]
                r, g, b = (
                    r + w_r * irradiance[j, i, 0],
                    g + w_g * irradiance[j, i, 1],
                    b + w_b * irradiance[j, i, 2],
                )
                n_r, n_g, n_b = n_r + w_r, n_g + w_g, n_b + w_b
            out[y, x, 0], out[y, x, 1], out[y, x, 2] = r / n_r, g / n_g, b / n_b
