"""Paint the textures of a glTF head: skin colour, relief and gloss, and the eyes."""

import io
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from facsimile.face.appearance import Appearance
from facsimile.face.eyes import EyeColours
from facsimile.face.rest import TEXEL_MM
from facsimile.kernel import lean_kernel
from facsimile.render.eye_material import eye_albedo
from facsimile.render.textures import RELIEF_GAIN

EYE_TEXTURE_PX = 512
JPEG_QUALITY = 92


class _Eyes(NamedTuple):
    sclera: np.ndarray
    iris_outer: np.ndarray
    iris_inner: np.ndarray
    iris_radius: np.float32
    pupil_radius: np.float32
    redness: np.float32


def srgb(linear: Float[np.ndarray, "*n"]) -> UInt8[np.ndarray, "*n"]:
    """Return 8-bit sRGB of linear values 0-1 (IEC 61966-2-1)."""
    value = np.clip(linear, 0, 1)
    curved = np.where(value <= 0.0031308, 12.92 * value, 1.055 * value ** (1 / 2.4) - 0.055)
    return np.round(255 * curved).astype(np.uint8)


def colour_picture(look: Appearance) -> bytes:
    """Return the skin's colour as a JPEG."""
    return _jpeg(srgb(np.moveaxis(look.albedo, 0, -1)))


def relief_picture(look: Appearance) -> bytes:
    """Return the skin's pores and lines as a normal map (PNG): x right, y up in the picture."""
    down, right = np.gradient(look.height / np.float32(TEXEL_MM))
    normal = np.stack([-RELIEF_GAIN * right, RELIEF_GAIN * down, np.ones_like(right)], -1)
    normal /= np.linalg.norm(normal, axis=-1, keepdims=True)
    return _png(np.round(255 * (0.5 + 0.5 * normal)).astype(np.uint8))


def gloss_picture(look: Appearance) -> bytes:
    """Return roughness in green and no metal in blue, as glTF wants them (JPEG)."""
    roughness = np.clip(look.roughness * (1.35 - 0.35 * look.gloss), 0.15, 1)
    layers = np.stack([np.zeros_like(roughness), roughness, np.zeros_like(roughness)], -1)
    return _jpeg(np.round(255 * layers).astype(np.uint8))


def eye_picture(eyes: EyeColours) -> bytes:
    """Return both eyes' colour (JPEG): the pupil in the middle, the back of the ball at distance 1."""
    out = np.zeros((EYE_TEXTURE_PX, EYE_TEXTURE_PX, 3), np.float32)
    numbers = [np.float32(value) for value in (eyes.iris_radius, eyes.pupil_radius, eyes.redness)]
    _paint_eye(_Eyes(eyes.sclera, eyes.iris_outer, eyes.iris_inner, *numbers), out)
    return _jpeg(srgb(out))


@lean_kernel
def _paint_eye(eyes, out):
    size = out.shape[0]
    for row in range(size):
        for column in range(size):
            x = np.float32(2 * (column + 0.5) / size - 1)
            y = np.float32(1 - 2 * (row + 0.5) / size)
            polar = min(np.float32(0.5), np.sqrt(x * x + y * y)) * np.float32(np.pi)
            out[row, column, 0], out[row, column, 1], out[row, column, 2] = eye_albedo(
                np.sin(polar), np.arctan2(y, x), np.float32(0), np.float32(0), eyes
            )


def _jpeg(pixels: UInt8[np.ndarray, "H W 3"]) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", quality=JPEG_QUALITY)
    return stream.getvalue()


def _png(pixels: UInt8[np.ndarray, "H W 3"]) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG", optimize=True)
    return stream.getvalue()
