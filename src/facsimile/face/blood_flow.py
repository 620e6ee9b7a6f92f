"""Flush and blanch the skin where muscles press on it: change of haemoglobin per action unit and side.

That expressions move blood, and that a map per expression shows it, is Jimenez et al. 2010 (A practical
appearance model for dynamic facial color); the places and amounts here are small ones of our own.
"""

from functools import lru_cache

import cv2
import numpy as np
from jaxtyping import Float, Float32

from facsimile.face.rest import ATLAS_SIZE, atlas
from facsimile.face.skin import BLOOD_ABSORPTION
from facsimile.facs.action_units import LABEL_UNITS

Spot = tuple[float, float, float, float, float]
"""Centre x, y and radii (dm) on the left half, and change of the blood map at intensity 5."""

FLOW: dict[int, tuple[Spot, ...]] = {
    1: ((0.13, 7.66, 0.10, 0.10, -0.16), (0.10, 7.86, 0.14, 0.06, 0.08)),
    2: ((0.43, 7.66, 0.12, 0.09, -0.14),),
    4: ((0.0, 7.50, 0.06, 0.10, 0.12), (0.15, 7.54, 0.07, 0.05, -0.12)),
    5: ((0.31, 7.37, 0.12, 0.03, -0.12),),
    6: ((0.40, 6.99, 0.13, 0.07, 0.20), (0.33, 7.13, 0.11, 0.03, -0.08), (0.54, 7.26, 0.05, 0.07, -0.08)),
    7: ((0.31, 7.19, 0.12, 0.03, 0.14),),
    9: ((0.0, 7.18, 0.06, 0.06, -0.14), (0.14, 7.00, 0.06, 0.08, 0.24)),
    10: ((0.12, 6.77, 0.10, 0.03, -0.16), (0.24, 6.93, 0.07, 0.07, 0.16)),
    11: ((0.29, 6.82, 0.05, 0.06, 0.14),),
    12: ((0.43, 6.91, 0.13, 0.10, 0.22), (0.14, 6.61, 0.12, 0.05, -0.20), (0.30, 6.72, 0.04, 0.07, -0.10)),
    13: ((0.40, 6.84, 0.09, 0.08, 0.18),),
    14: ((0.30, 6.61, 0.03, 0.05, -0.26), (0.37, 6.62, 0.05, 0.06, 0.14)),
    15: ((0.25, 6.50, 0.05, 0.05, -0.18), (0.33, 6.44, 0.05, 0.07, 0.12)),
    16: ((0.10, 6.52, 0.12, 0.04, -0.16),),
    17: ((0.06, 6.29, 0.12, 0.07, -0.26), (0.10, 6.52, 0.12, 0.04, 0.14), (0.06, 6.41, 0.12, 0.03, 0.12)),
    18: ((0.06, 6.61, 0.12, 0.08, 0.20),),
    20: ((0.12, 6.61, 0.16, 0.06, -0.24), (0.44, 6.62, 0.07, 0.10, 0.10)),
    22: ((0.06, 6.61, 0.14, 0.09, 0.16),),
    23: ((0.10, 6.61, 0.14, 0.05, -0.32), (0.10, 6.76, 0.12, 0.03, -0.10)),
    24: ((0.10, 6.61, 0.15, 0.05, -0.50), (0.10, 6.75, 0.12, 0.03, -0.14), (0.10, 6.46, 0.12, 0.03, -0.14)),
    27: ((0.46, 6.70, 0.10, 0.18, -0.10), (0.10, 6.72, 0.12, 0.04, -0.12)),
    28: ((0.10, 6.74, 0.14, 0.04, -0.10), (0.10, 6.47, 0.14, 0.04, 0.08)),
    34: ((0.46, 6.66, 0.15, 0.14, -0.09),),
    35: ((0.46, 6.68, 0.12, 0.14, 0.08),),
    43: ((0.31, 7.31, 0.11, 0.05, -0.08),),
}
"""Spots by unit. Pressed, stretched and folded skin blanches; skin that is pushed together or worked fills."""

COARSE = 8
"""Texels of the atlas per cell of these maps: 5.7 mm, finer than any spot."""
MIDLINE_BLEND = 0.05


@lru_cache(maxsize=1)
def flow_maps() -> Float32[np.ndarray, "A 2 h w"]:
    """Return the change of the blood map at intensity 5 per label unit and side, on the coarse atlas."""
    size = (ATLAS_SIZE[1] // COARSE, ATLAS_SIZE[0] // COARSE)
    position = np.asarray(cv2.resize(atlas().position, size, interpolation=cv2.INTER_AREA), np.float32)
    x, y, z = (position[..., 0] - position[:, ::-1, 0]) / 2, position[..., 1], position[..., 2]
    t = np.clip(x / (2 * MIDLINE_BLEND) + 0.5, 0, 1)
    left = t * t * (3 - 2 * t) * np.clip((z - 0.25) / 0.2, 0, 1)
    maps = np.zeros((len(LABEL_UNITS), 2, size[1], size[0]), np.float32)
    for row, code in enumerate(LABEL_UNITS):
        for centre, height, wide, tall, change in FLOW.get(code, ()):
            spot = np.exp(-(((np.abs(x) - centre) / wide) ** 2 + ((y - height) / tall) ** 2) / 2)
            maps[row, 0] += np.float32(change) * spot
        maps[row, 0] = (maps[row, 0] + maps[row, 0, :, ::-1]) / 2 * left
        maps[row, 1] = maps[row, 0, :, ::-1]
    return maps


def flow_tint(action_units: Float[np.ndarray, "A 2"], strength: float) -> Float32[np.ndarray, "h w 3"] | None:
    """Return the factor on the skin's linear RGB, on the coarse atlas; None where nothing moves.

    ``action_units`` are intensities 0-5 in the order of ``LABEL_UNITS``, NaN counts as 0; ``strength`` is the
    person's own (``WrinkleStyle.flush``).
    """
    share = np.clip(np.nan_to_num(np.asarray(action_units, np.float32), nan=0.0) / 5, 0, 1)
    active = share > 0
    if not active.any():
        return None
    change = np.float32(strength) * np.tensordot(share[active], flow_maps()[active], 1)
    return np.asarray(np.exp(-change[..., None] * BLOOD_ABSORPTION), np.float32)
