"""Cloth: yarn, weave, stripes and folds, from a point's place on the template. For one sample each."""

import math
from typing import Any

import numpy as np

from facsimile.face.accessories import CHECK, KNIT, STRIPES, WEAVE
from facsimile.render.inlined import inlined

AXIS_Z = 0.1
"""Patterns run round the vertical through x = 0 and this z (dm)."""
FOLD = 0.16
"""Slope of the soft folds."""


@inlined
def fraction(x):
    """Return x minus the whole number below it."""
    return x - math.floor(x)


@inlined
def grain(x, y, z):
    """Return a number 0-1 that looks random from cell to cell (integer hash, Teschner et al. 2003)."""
    n = (np.int64(x) * 73856093) ^ (np.int64(y) * 19349663) ^ (np.int64(z) * 83492791)
    n = (n ^ (n >> 13)) * 1274126177
    return ((n >> 8) & 1023) * np.float32(1 / 1023)


@inlined
def cloth_pattern(pattern, scale, rest):
    """Return the share of the second colour 0-1 and a shade about 1 of a pattern at a template point."""
    one, half, zero = np.float32(1), np.float32(0.5), np.float32(0)
    u = math.atan2(rest[0], rest[2] - np.float32(AXIS_Z)) * np.float32(0.75)
    away = math.sqrt(rest[0] * rest[0] + (rest[2] - np.float32(AXIS_Z)) * (rest[2] - np.float32(AXIS_Z)))
    v = rest[1] - np.float32(0.5) * away
    share: Any = zero
    shade: Any = one
    if pattern == KNIT:
        leg = abs(fraction(u / scale) - half) * np.float32(2)
        stitch = fraction(v / (scale * np.float32(0.8)) + np.float32(0.7) * leg)
        shade = np.float32(0.72) + np.float32(0.36) * math.sin(np.float32(math.pi) * stitch)
        shade *= np.float32(0.86) + np.float32(0.2) * math.sin(np.float32(math.pi) * leg)
    elif pattern == WEAVE:
        fine = np.float32(1 / 0.012)
        shade = np.float32(0.93) + np.float32(0.14) * grain(math.floor(u * fine), math.floor(v * fine), 1)
    elif pattern == STRIPES:
        share = one if fraction(v / scale) < half else zero
    elif pattern == CHECK:
        a = half if fraction(u / scale) < half else zero
        b = half if fraction(v / scale) < half else zero
        share = a + b
    return share, shade


@inlined
def fold_slope(rest):
    """Return slopes (x, y) of soft folds that hang from the shoulders at a template point."""
    x, y = rest[0], rest[1]
    wave = math.sin(x * np.float32(7) + np.float32(2.2) * math.sin(y * np.float32(3.1) + x))
    cross = math.sin(y * np.float32(9) + np.float32(3) * math.sin(x * np.float32(2.3)))
    fold = np.float32(FOLD)
    return fold * wave, np.float32(0.6) * fold * cross
