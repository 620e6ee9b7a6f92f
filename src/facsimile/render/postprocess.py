"""From linear light to the bytes of a camera: metering, lens, sensor, tone curve, sharpening, JPEG."""

import math
from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from jaxtyping import Float, Float32, UInt8

from facsimile.kernel import lean_kernel
from facsimile.render.light import LUMA

INCIDENT_TARGET, FACE_TARGET, SCENE_TARGET = 0.66, 0.30, 0.20
"""Linear light on the face, light from the face and mean of the picture that suit the tone curve."""
INCIDENT_WEIGHT, FACE_WEIGHT, SCENE_WEIGHT = 0.52, 0.28, 0.20
"""How much each counts in the exposure. Light on the face exposes all skin alike, and leaves dark skin dark and light
skin light; light from the face would make all skin equally bright."""
FACE_RANGE = (0.03, 0.85)
"""Linear luminance that no metered face lies outside of: cameras find faces and correct."""
CURVE_SIZE = 4096
CURVE_MAX = 8.0
"""Linear value that the tone curve's table ends at."""
GRAIN_SIZE = 320
"""Side of the stored noise; larger pictures repeat it."""
GRAIN_SIGMA = (0.9, 0.5, 0.9)
"""Blur (px) of the noise of red, green and blue: a colour mosaic has half as many red and blue pixels as green."""
COMMON_GRAIN = 0.75
"""Part of the noise's deviation that all colours share: cameras smooth colours more than brightness."""
CLEANED, LARGEST_NOISE = 0.93, 0.022
"""Part of the cameras that take away noise, and what they leave at light 1: telephones' pictures are smooth."""


@dataclass(frozen=True)
class Sensor:
    """A camera's habits; all zeros and ones is a perfect one. Lengths are in pixels of a 256 px picture."""

    exposure: float = 1.0
    """Factor on the metered exposure."""
    white_balance: tuple[float, float, float] = (1.0, 1.0, 1.0)
    blur_px: float = 0.0
    """Standard deviation of the lens blur."""
    motion_px: float = 0.0
    """Way that the picture moves while the shutter is open."""
    motion_rad: float = 0.0
    """Direction of the motion."""
    vignette: float = 0.0
    """Light lost in the corners, 0-1."""
    aberration_px: float = 0.0
    """Red and blue are this much larger and smaller than green, at the middle of the picture's edge."""
    read_noise: float = 0.0
    """Standard deviation of the noise in black, in linear light where 1 is nearly white."""
    shot_noise: float = 0.0
    """Standard deviation of the noise of light 1; it grows with the root of the light."""
    contrast: float = 0.0
    """S-curve over the tone curve, -1 flat to 1 hard."""
    black: float = 0.0
    """Level of black, 0-1."""
    sharpening: float = 0.0
    """Amount of unsharp masking."""
    jpeg_quality: int = 0
    """1-100, or 0 for no compression."""
    saturation: float = 1.0
    seed: int = 0
    """Of the noise."""


def random_sensor(rng: np.random.Generator, *, is_dim: bool = False) -> Sensor:
    """Draw a camera: most are good, some are bad; ``is_dim`` places cost noise and motion blur."""
    bad = rng.random() < 0.25
    noise = math.exp(rng.normal() * 0.6) * (0.013 if bad else 0.005) * (1.8 if is_dim else 1.0)
    noise = min(noise, LARGEST_NOISE) if rng.random() < CLEANED else noise
    red, blue = np.exp(rng.normal(size=2) * 0.05)
    moves = rng.random() < (0.35 if is_dim else 0.12)
    return Sensor(
        exposure=float(math.exp(rng.normal() * 0.26)),
        white_balance=(float(red), 1.0, float(blue)),
        blur_px=float(rng.choice([0.0, rng.uniform(0.3, 0.7), rng.uniform(0.6, 1.3)], p=[0.4, 0.4, 0.2])),
        motion_px=float(rng.uniform(1.0, 4.5)) if moves else 0.0,
        motion_rad=float(rng.uniform(0, math.pi)),
        vignette=float(max(0.0, rng.uniform(-0.15, 0.4))),
        aberration_px=float(max(0.0, rng.uniform(-0.4, 0.45))),
        read_noise=float(noise * 0.25),
        shot_noise=float(noise),
        contrast=float(np.clip(rng.normal() * 0.35, -0.7, 0.8)),
        black=float(max(0.0, rng.uniform(-0.03, 0.04))),
        sharpening=float(max(0.0, rng.uniform(-0.4, 0.8))),
        jpeg_quality=int(rng.integers(35, 75)) if bad else int(rng.integers(70, 98)),
        saturation=float(math.exp(rng.normal() * 0.12)),
        seed=int(rng.integers(0, 2**31)),
    )


def metered_exposure(
    picture: Float32[np.ndarray, "H W 3"], irradiance: Float32[np.ndarray, "H W 3"], skin: Float32[np.ndarray, "H W"]
) -> float:
    """Return the gain of a camera that sees ``picture``; ``irradiance`` falls on the part ``skin`` (0-1) of each pixel.

    The gain is a weighted geometric mean of what the light on the face, the face and the whole picture ask for.
    """
    luminance = picture @ LUMA
    weight = float(skin.sum())
    scene = float(np.sqrt(np.maximum(luminance, 0)).mean()) ** 2 + 1e-4
    if weight < 1:
        return SCENE_TARGET / scene
    incident = float((irradiance @ LUMA * skin).sum()) / weight + 1e-4
    face = float((luminance * skin).sum()) / weight + 1e-4
    logs = (math.log(INCIDENT_TARGET / incident), math.log(FACE_TARGET / face), math.log(SCENE_TARGET / scene))
    gain = math.exp(sum(w * log for w, log in zip((INCIDENT_WEIGHT, FACE_WEIGHT, SCENE_WEIGHT), logs, strict=True)))
    return float(np.clip(gain, FACE_RANGE[0] / face, FACE_RANGE[1] / face))


def tone_curve(linear: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """Map linear radiance to 0-1 display values: a filmic shoulder (after Hable 2010), then the sRGB transfer curve."""
    filmic = linear * (2.51 * linear * 0.6 + 0.03) / (linear * (2.43 * linear * 0.6 + 0.4425) + 0.10)
    filmic = np.clip(filmic, 0, 1)
    return np.where(filmic < 0.0031308, 12.92 * filmic, 1.055 * filmic ** (1 / 2.4) - 0.055)


_CURVE = tone_curve(np.linspace(0, math.sqrt(CURVE_MAX), CURVE_SIZE) ** 2)


def tone_table(contrast: float, black: float) -> UInt8[np.ndarray, " T"]:
    """Return the bytes of linear light (step / (T - 1))^2 CURVE_MAX: tone curve, S-curve, black level."""
    bent = _CURVE + contrast * _CURVE * (1 - _CURVE) * (2 * _CURVE - 1)
    return ((black + (1 - black) * bent) * 255 + 0.5).astype(np.uint8)


def developed(radiance: Float32[np.ndarray, "H W 3"], sensor: Sensor, exposure: float) -> UInt8[np.ndarray, "H W 3"]:
    """Return what the camera saves of linear radiance."""
    scale = radiance.shape[0] / 256
    picture = moved(radiance, sensor.motion_px * scale, sensor.motion_rad)
    if sensor.blur_px * scale > 0.15:
        picture = cv2.GaussianBlur(picture, (0, 0), sensor.blur_px * scale, borderType=cv2.BORDER_REPLICATE)
    rng = np.random.default_rng(sensor.seed)
    row, column = (int(value) for value in rng.integers(0, GRAIN_SIZE, 2))
    out = np.empty(picture.shape, np.uint8)
    expose(
        np.ascontiguousarray(picture, np.float32),
        colour_matrix(sensor, exposure),
        np.float32(sensor.vignette),
        np.float32(sensor.aberration_px / 128),
        _grain(),
        row,
        column,
        np.float32(sensor.read_noise),
        np.float32(sensor.shot_noise),
        tone_table(sensor.contrast, sensor.black),
        out,
    )
    if sensor.sharpening > 0:
        soft = cv2.GaussianBlur(out, (0, 0), 1.0 if scale > 0.7 else 0.7, borderType=cv2.BORDER_REPLICATE)
        out = cv2.addWeighted(out, 1 + sensor.sharpening, soft, -sensor.sharpening, 0)
    return compressed(out, sensor.jpeg_quality) if sensor.jpeg_quality else out


def colour_matrix(sensor: Sensor, exposure: float) -> Float32[np.ndarray, "3 3"]:
    """Return exposure, white balance and saturation as one matrix on linear RGB columns."""
    gain = np.diag(np.asarray(sensor.white_balance) * exposure * sensor.exposure)
    grey = np.tile(LUMA.astype(np.float64), (3, 1))
    colourful = grey + (np.eye(3) - grey) * sensor.saturation
    return (colourful @ gain).astype(np.float32)


def moved(picture: Float32[np.ndarray, "H W 3"], way_px: float, angle_rad: float) -> Float32[np.ndarray, "H W 3"]:
    """Return the picture smeared along a line of ``way_px`` pixels."""
    if way_px < 0.5:
        return picture
    reach = math.ceil(way_px / 2) + 1
    line = np.arange(-reach, reach + 1)
    x, y = line[None], -line[:, None]
    along, across = x * math.cos(angle_rad) + y * math.sin(angle_rad), y * math.cos(angle_rad) - x * math.sin(angle_rad)
    inside = np.clip(way_px / 2 + 0.5 - np.abs(along), 0, 1) * np.clip(1 - np.abs(across), 0, 1)
    return cv2.filter2D(picture, -1, (inside / inside.sum()).astype(np.float32), borderType=cv2.BORDER_REPLICATE)


@lru_cache(maxsize=1)
def _grain() -> Float32[np.ndarray, "G G 3"]:
    """Return noise of deviation 1 as a camera leaves it: coarser in red and blue, and mostly common to all colours."""
    noise = np.random.default_rng(20).standard_normal((GRAIN_SIZE, GRAIN_SIZE, 3), np.float32)
    for channel, sigma in enumerate(GRAIN_SIGMA):
        plane = cv2.GaussianBlur(noise[..., channel], (0, 0), sigma, borderType=cv2.BORDER_REFLECT_101)
        noise[..., channel] = plane / plane.std()
    own = np.float32(math.sqrt(1 - COMMON_GRAIN**2))
    noise[..., ::2] = np.float32(COMMON_GRAIN) * noise[..., 1:2] + own * noise[..., ::2]
    return np.asarray(noise / noise.std((0, 1)), np.float32)


@lean_kernel
def expose(picture, matrix, vignette, aberration, grain, row, column, read, shot, table, out):
    """Write the bytes [h,w,3] of linear light: lateral colour, vignette, colour matrix, noise, tone table.

    ``aberration`` is the relative size error of red and blue; noise starts at (row, column) of ``grain``.
    """
    height, width, side = picture.shape[0], picture.shape[1], grain.shape[0]
    zero, one, half = np.float32(0), np.float32(1), np.float32(0.5)
    middle_x, middle_y = half * (width - 1), half * (height - 1)
    steps = np.float32((table.shape[0] - 1) / math.sqrt(CURVE_MAX))
    corner = one / np.float32(middle_x * middle_x + middle_y * middle_y + 1)
    for y in range(height):
        for x in range(width):
            dx, dy = np.float32(x - middle_x), np.float32(y - middle_y)
            r, g, b = picture[y, x, 0], picture[y, x, 1], picture[y, x, 2]
            if aberration > 0:
                for c in (0, 2):
                    sign = aberration if c == 0 else -aberration
                    u = min(max(x + dx * sign, zero), np.float32(width - 1))
                    v = min(max(y + dy * sign, zero), np.float32(height - 1))
                    i, j = int(u), int(v)
                    i1, j1 = min(i + 1, width - 1), min(j + 1, height - 1)
                    a, e = np.float32(u - i), np.float32(v - j)
                    upper = picture[j, i, c] * (one - a) + picture[j, i1, c] * a
                    lower = picture[j1, i, c] * (one - a) + picture[j1, i1, c] * a
                    if c == 0:
                        r = upper * (one - e) + lower * e
                    else:
                        b = upper * (one - e) + lower * e
            fall = one - vignette * (dx * dx + dy * dy) * corner
            j, i = (y + row) % side, (x + column) % side
            for c in range(3):
                value = fall * (matrix[c, 0] * r + matrix[c, 1] * g + matrix[c, 2] * b)
                value += grain[j, i, c] * math.sqrt(read * read + shot * shot * max(value, zero))
                value = min(max(value, zero), np.float32(CURVE_MAX))
                out[y, x, c] = table[int(math.sqrt(value) * steps + half)]


def compressed(picture: UInt8[np.ndarray, "H W 3"], quality: int) -> UInt8[np.ndarray, "H W 3"]:
    """Return the picture after one round through JPEG."""
    stream = cv2.imencode(".jpg", picture[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])[1]
    return np.ascontiguousarray(cv2.imdecode(stream, cv2.IMREAD_COLOR)[..., ::-1])
