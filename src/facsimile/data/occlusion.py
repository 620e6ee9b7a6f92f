"""Put things in front of faces: glasses, blobs and boxes."""

import dataclasses

import cv2
import numpy as np
from jaxtyping import Float, UInt8

from facsimile.data.align import LEFT_EYE, RIGHT_EYE
from facsimile.data.photometric import noise_patch

SHIFT_BITS = 4
"""Drawing coordinates carry 1/16 pixel."""


@dataclasses.dataclass(frozen=True)
class Occlusion:
    """Set how often faces are covered."""

    glasses_share: float = 0.12
    """Crops with glasses."""
    tinted_share: float = 0.3
    """Glasses whose lenses are tinted."""
    reflection_share: float = 0.4
    """Glasses with a bright reflection."""
    cover_share: float = 0.18
    """Crops with one or two blobs or boxes."""
    cover_size: tuple[float, float] = (0.08, 0.36)
    """Their width and height in crops."""


def occluded(
    crop: UInt8[np.ndarray, "S S 3"],
    landmarks: Float[np.ndarray, "70 2"],
    rng: np.random.Generator,
    options: Occlusion,
) -> UInt8[np.ndarray, "S S 3"]:
    """Draw glasses and covers on some crops; landmarks in crop coordinates say where the eyes are."""
    if rng.random() < options.glasses_share:
        crop = _with_glasses(crop, landmarks, rng, options)
    if rng.random() < options.cover_share:
        for _ in range(int(rng.integers(1, 3))):
            crop = _with_cover(crop, rng, options)
    return crop


def _flat(height: int, width: int, crop: UInt8[np.ndarray, "S S 3"], rng: np.random.Generator) -> np.ndarray:
    """Return a plain patch: grey, a random colour or the crop's own mean colour, with some noise."""
    kind = rng.integers(3)
    colour = np.array([128, 128, 128]) if kind == 0 else rng.integers(0, 256, 3) if kind == 1 else crop.mean((0, 1))
    noise = noise_patch(max(height, width), rng)[:height, :width] * np.float32(rng.uniform(0, 20))
    return np.clip(colour.astype(np.float32) + noise, 0, 255).astype(np.uint8)


def _with_cover(
    crop: UInt8[np.ndarray, "S S 3"], rng: np.random.Generator, options: Occlusion
) -> UInt8[np.ndarray, "S S 3"]:
    """Paint an ellipse or a box, of plain colour or of the crop's own texture turned round."""
    size = len(crop)
    width, height = (max(2, int(side * size)) for side in rng.uniform(*options.cover_size, 2))
    x, y = (int(place * size) for place in rng.uniform(-0.1, 1.0, 2))
    x0, y0, x1, y1 = max(0, x), max(0, y), min(size, x + width), min(size, y + height)
    is_ellipse, is_texture = rng.random() < 0.6, rng.random() < 0.4
    if x1 - x0 < 2 or y1 - y0 < 2:
        return crop
    covered = crop.copy()
    patch = crop[::-1, ::-1][y0:y1, x0:x1] if is_texture else _flat(y1 - y0, x1 - x0, crop, rng)
    mask = np.zeros((y1 - y0, x1 - x0), np.uint8)
    if is_ellipse:
        middle = ((x1 - x0) // 2, (y1 - y0) // 2)
        cv2.ellipse(mask, middle, middle, 0, 0, 360, (1,), -1)
    else:
        mask[:] = 1
    cv2.copyTo(patch, mask, covered[y0:y1, x0:x1])
    return covered


def _with_glasses(
    crop: UInt8[np.ndarray, "S S 3"], landmarks: Float[np.ndarray, "70 2"], rng: np.random.Generator, options: Occlusion
) -> UInt8[np.ndarray, "S S 3"]:
    """Draw two rims, a bridge and temples; lenses may be tinted or shine."""
    size = len(crop)
    eyes = np.stack([landmarks[RIGHT_EYE].mean(0), landmarks[LEFT_EYE].mean(0)]) * size - 0.5
    along = eyes[1] - eyes[0]
    distance = float(np.hypot(*along))
    if distance < 4:
        return crop
    along = along / distance
    axes = (distance * rng.uniform(0.34, 0.47), distance * rng.uniform(0.24, 0.40))
    angle = float(np.degrees(np.arctan2(along[1], along[0])))
    grey, thickness = int(rng.integers(0, 100)), int(rng.integers(1, 4))
    colour = tuple(int(np.clip(grey + tint, 0, 255)) for tint in rng.integers(-25, 26, 3))
    drawn = crop.copy()
    if rng.random() < options.tinted_share:
        for eye in eyes:
            _ellipse(drawn, eye, axes, angle, (grey // 2,) * 3, -1)
        drawn = cv2.addWeighted(crop, 1 - (tint := rng.uniform(0.1, 0.4)), drawn, tint, 0)
    for eye, outward in zip(eyes, (-1, 1), strict=True):
        _ellipse(drawn, eye, axes, angle, colour, thickness)
        hinge = eye + outward * along * axes[0]
        _line(drawn, hinge, hinge + outward * along * distance * 0.25, colour, thickness)
    _line(drawn, eyes[0] + along * axes[0], eyes[1] - along * axes[0], colour, thickness)
    if rng.random() < options.reflection_share:
        where = eyes[int(rng.integers(2))] + rng.normal(size=2) * distance * 0.1
        _ellipse(drawn, where, (rng.uniform(1, 5), rng.uniform(1, 3)), angle + 40, (250,) * 3, -1)
    return drawn


def _ellipse(
    image: np.ndarray, middle: np.ndarray, axes: tuple[float, float], angle: float, colour: tuple, thickness: int
) -> None:
    unit = 1 << SHIFT_BITS
    centre = (round(float(middle[0]) * unit), round(float(middle[1]) * unit))
    radii = (round(axes[0] * unit), round(axes[1] * unit))
    cv2.ellipse(image, centre, radii, angle, 0, 360, colour, thickness, cv2.LINE_AA, SHIFT_BITS)


def _line(image: np.ndarray, start: np.ndarray, end: np.ndarray, colour: tuple, thickness: int) -> None:
    unit = 1 << SHIFT_BITS
    ends = [(round(float(p[0]) * unit), round(float(p[1]) * unit)) for p in (start, end)]
    cv2.line(image, ends[0], ends[1], colour, thickness, cv2.LINE_AA, SHIFT_BITS)
