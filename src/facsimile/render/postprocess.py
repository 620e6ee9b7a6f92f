"""From linear light to the bytes of a camera: exposure, tone curve, white balance, blur, noise, JPEG."""

import io
import math
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float32, UInt8
from PIL import Image

from facsimile.render.light import LUMA

METER_TARGET = 0.30
"""Linear luminance that an average face is brought to before the tone curve."""
METER_STRENGTH = 0.62
"""1 exposes every face alike, 0 ignores it; in between dark skin stays darker than fair skin."""
REFERENCE_LUMINANCE = 0.30
CURVE_SIZE = 4096
CURVE_MAX = 8.0
"""Linear value that the tone curve's table ends at."""


@dataclass(frozen=True)
class Sensor:
    """A camera's habits; all zeros and ones is a perfect one."""

    exposure: float = 1.0
    """Factor on the metered exposure."""
    white_balance: tuple[float, float, float] = (1.0, 1.0, 1.0)
    blur_px: float = 0.0
    """Standard deviation of the lens blur, in pixels of a 256 px picture."""
    read_noise: float = 0.0
    """Standard deviation of the noise in black, in 0-1 of the picture's range."""
    shot_noise: float = 0.0
    """Additional standard deviation at white."""
    chroma_noise: float = 0.3
    """Part of the noise that differs between channels, 0-1."""
    jpeg_quality: int = 0
    """1-100, or 0 for no compression."""
    saturation: float = 1.0
    seed: int = 0
    """Of the noise."""


def random_sensor(rng: np.random.Generator) -> Sensor:
    """Draw a camera: most are good, some are bad."""
    bad = rng.random() < 0.25
    noise = math.exp(rng.normal() * 0.7) * (0.012 if bad else 0.004)
    red, blue = np.exp(rng.normal(size=2) * 0.05)
    return Sensor(
        exposure=float(math.exp(rng.normal() * 0.26)),
        white_balance=(float(red), 1.0, float(blue)),
        blur_px=float(rng.choice([0.0, rng.uniform(0.3, 0.7), rng.uniform(0.6, 1.3)], p=[0.4, 0.4, 0.2])),
        read_noise=float(noise * 0.6),
        shot_noise=float(noise),
        chroma_noise=float(rng.uniform(0.1, 0.8)),
        jpeg_quality=int(rng.integers(35, 75)) if bad else int(rng.integers(70, 98)),
        saturation=float(math.exp(rng.normal() * 0.12)),
        seed=int(rng.integers(0, 2**31)),
    )


def metered_exposure(radiance: Float32[np.ndarray, "H W 3"], weight: Float32[np.ndarray, "H W"]) -> float:
    """Return the factor that exposes the face: the mean luminance under ``weight`` moves towards METER_TARGET."""
    total = float(weight.sum())
    if total <= 0:
        return 1.0
    luminance = float(((radiance @ LUMA) * weight).sum()) / total
    return METER_TARGET / REFERENCE_LUMINANCE * (REFERENCE_LUMINANCE / max(luminance, 1e-3)) ** METER_STRENGTH


def tone_curve(linear: np.ndarray) -> np.ndarray:
    """Map linear radiance to 0-1 display values: a filmic shoulder (after Hable 2010), then the sRGB transfer curve."""
    filmic = linear * (2.51 * linear * 0.6 + 0.03) / (linear * (2.43 * linear * 0.6 + 0.4425) + 0.10)
    filmic = np.clip(filmic, 0, 1)
    return np.where(filmic < 0.0031308, 12.92 * filmic, 1.055 * filmic ** (1 / 2.4) - 0.055)


_CURVE = tone_curve(np.linspace(0, math.sqrt(CURVE_MAX), CURVE_SIZE) ** 2).astype(np.float32)


def tone_mapped(linear: Float32[np.ndarray, "H W 3"]) -> Float32[np.ndarray, "H W 3"]:
    """Apply the tone curve by table (error below 1/1000)."""
    scale = np.float32((CURVE_SIZE - 1) / math.sqrt(CURVE_MAX))
    place = np.sqrt(np.clip(linear, 0, CURVE_MAX)) * scale
    return _CURVE[(place + np.float32(0.5)).astype(np.int32)]


def developed(radiance: Float32[np.ndarray, "H W 3"], sensor: Sensor, exposure: float) -> UInt8[np.ndarray, "H W 3"]:
    """Return what the camera saves of linear radiance."""
    gain = np.asarray(sensor.white_balance, np.float32) * np.float32(exposure * sensor.exposure)
    picture = tone_mapped(radiance * gain)
    if sensor.saturation != 1.0:
        grey = (picture @ LUMA)[..., None]
        picture = grey + (picture - grey) * np.float32(sensor.saturation)
    sigma = sensor.blur_px * radiance.shape[0] / 256
    if sigma > 0.15:
        picture = cv2.GaussianBlur(picture, (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    if sensor.read_noise > 0 or sensor.shot_noise > 0:
        picture = picture + _noise(picture, sensor)
    saved = (np.clip(picture, 0, 1) * np.float32(255) + np.float32(0.5)).astype(np.uint8)
    return compressed(saved, sensor.jpeg_quality) if sensor.jpeg_quality else saved


def _noise(picture: Float32[np.ndarray, "H W 3"], sensor: Sensor) -> Float32[np.ndarray, "H W 3"]:
    """Return noise whose deviation grows from read noise in black to shot noise in white."""
    rng = np.random.default_rng(sensor.seed)
    height, width, _ = picture.shape
    chroma = np.float32(sensor.chroma_noise)
    grain = rng.standard_normal((height, width, 3), np.float32) * chroma
    grain += rng.standard_normal((height, width, 1), np.float32) * (1 - chroma)
    brightness = np.sqrt(np.clip(picture, 0, 1))
    return grain * (np.float32(sensor.read_noise) + np.float32(sensor.shot_noise) * brightness)


def compressed(picture: UInt8[np.ndarray, "H W 3"], quality: int) -> UInt8[np.ndarray, "H W 3"]:
    """Return the picture after one round through JPEG."""
    stream = io.BytesIO()
    Image.fromarray(picture).save(stream, "JPEG", quality=quality)
    return np.array(Image.open(stream).convert("RGB"))
