"""Photograph a crop again: focus, motion, resolution, tone, colour, side light, noise, JPEG."""

import dataclasses
import functools
import math

import cv2
import numpy as np
from jaxtyping import Float32, UInt8

NOISE_SIDE = 256
"""Noise is cut from a fixed square of this side at a random place: drawing it anew would cost half of the time."""
LUMA = np.array([0.299, 0.587, 0.114])
"""ITU-R BT.601: brightness of R, G, B."""
DOWNSCALES = (cv2.INTER_AREA, cv2.INTER_LINEAR, cv2.INTER_NEAREST)


@dataclasses.dataclass(frozen=True)
class Photometric:
    """Set how pictures are spoilt; shares are probabilities, spreads are standard deviations.

    Stronger than what looks natural: closed eyes and parted lips are what dark or contrasty pictures hide first.
    """

    resample_share: float = 0.25
    """Shown through fewer pixels, 0.3 to 0.9 of them along each axis."""
    blur_share: float = 0.30
    """Out of focus, sigma 0.3 to 1.6 pixels."""
    sharpen_share: float = 0.15
    """Oversharpened as phones do."""
    motion_share: float = 0.08
    """Moved, 3 to 7 pixels."""
    gamma_spread: float = 0.40
    """Of the log gamma."""
    extreme_gamma_share: float = 0.15
    """Very dark (gamma up to 2.6) or very bright (down to 0.4)."""
    contrast_spread: float = 0.22
    """Of the log contrast."""
    brightness_spread: float = 0.08
    """Of the brightness, white being 1."""
    balance_spread: float = 0.10
    """Of the log gain of each colour channel."""
    grey_share: float = 0.20
    """Without colour."""
    saturation: tuple[float, float] = (0.2, 1.5)
    """Least and greatest saturation, 1 being unchanged."""
    hue_spread_rad: float = 0.10
    """Of the hue's turn."""
    gradient_share: float = 0.45
    """Lit from one side."""
    gradient_spread: float = 0.55
    """Of the log of the light across the crop, each direction."""
    spot_share: float = 0.4
    """Of the side-lit ones, those with a bright or dark spot."""
    noise_share: float = 0.45
    """With sensor noise."""
    noise_limit: float = 0.06
    """Greatest standard deviation of the noise, white being 1."""
    jpeg_share: float = 0.35
    """Compressed with quality 18 to 92."""


def photographed(
    crop: UInt8[np.ndarray, "S S 3"], rng: np.random.Generator, options: Photometric
) -> UInt8[np.ndarray, "S S 3"]:
    """Return the crop as another camera in another light would have stored it."""
    crop = _refocused(crop, rng, options)
    crop = cv2.LUT(crop, _tone_table(rng, options))
    if (colours := _colour_matrix(rng, options)) is not None:
        crop = cv2.transform(crop, colours)
    crop = _relit(crop, rng, options)
    if rng.random() < options.jpeg_share:
        quality = int(rng.integers(18, 93))
        crop = cv2.imdecode(cv2.imencode(".jpg", crop, [cv2.IMWRITE_JPEG_QUALITY, quality])[1], cv2.IMREAD_COLOR)
    return crop


def _refocused(crop: np.ndarray, rng: np.random.Generator, options: Photometric) -> np.ndarray:
    """Lose resolution, focus or stillness, or gain too much sharpness."""
    size = len(crop)
    if rng.random() < options.resample_share:
        small = max(8, int(size * rng.uniform(0.3, 0.9)))
        crop = cv2.resize(crop, (small, small), interpolation=int(rng.choice(DOWNSCALES)))
        crop = cv2.resize(crop, (size, size), interpolation=cv2.INTER_LINEAR)
    kind = rng.random()
    if kind < options.blur_share:
        return cv2.GaussianBlur(crop, (0, 0), rng.uniform(0.3, 1.6))
    if kind < options.blur_share + options.sharpen_share:
        amount = rng.uniform(0.4, 1.6)
        return cv2.addWeighted(crop, 1 + amount, cv2.GaussianBlur(crop, (0, 0), rng.uniform(0.6, 1.4)), -amount, 0)
    if kind < options.blur_share + options.sharpen_share + options.motion_share:
        return cv2.filter2D(crop, -1, _motion_kernel(rng))
    return crop


def _motion_kernel(rng: np.random.Generator) -> Float32[np.ndarray, "n n"]:
    """Return a straight path through the middle, 3 to 7 pixels long, in a random direction."""
    length = int(rng.integers(1, 4)) * 2 + 1
    angle, middle = rng.uniform(0, math.pi), length // 2
    dx, dy = middle * math.cos(angle), middle * math.sin(angle)
    kernel = np.zeros((length, length), np.float32)
    cv2.line(kernel, (round(middle - dx), round(middle - dy)), (round(middle + dx), round(middle + dy)), (1.0,))
    return kernel / kernel.sum()


def _tone_table(rng: np.random.Generator, options: Photometric) -> UInt8[np.ndarray, "1 256 3"]:
    """Draw gamma, contrast, brightness and white balance as one look-up table."""
    gamma = math.exp(rng.normal() * options.gamma_spread)
    if rng.random() < options.extreme_gamma_share:
        gamma = rng.uniform(1.6, 2.6) if rng.random() < 0.6 else rng.uniform(0.4, 0.65)
    contrast = math.exp(rng.normal() * options.contrast_spread)
    brightness = rng.normal() * options.brightness_spread
    gain = np.exp(rng.normal(size=3) * options.balance_spread)
    level = np.linspace(0, 1, 256) ** gamma
    pivot = 0.5**gamma
    table = ((level - pivot) * contrast + pivot + brightness)[:, None] * gain
    return (np.clip(table, 0, 1) * 255 + 0.5).astype(np.uint8)[None]


def _colour_matrix(rng: np.random.Generator, options: Photometric) -> Float32[np.ndarray, "3 3"] | None:
    """Draw saturation and a turn of the hue about the grey axis, or no colour at all."""
    to_grey = np.tile(LUMA, (3, 1))
    if rng.random() < options.grey_share:
        return to_grey.astype(np.float32)
    if rng.random() < 0.3:
        return None
    saturation, turn = rng.uniform(*options.saturation), rng.normal() * options.hue_spread_rad
    cosine, sine = math.cos(turn), math.sin(turn) / math.sqrt(3)
    around_grey = np.full((3, 3), (1 - cosine) / 3) + cosine * np.eye(3)
    around_grey += sine * np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]])
    return ((to_grey + (np.eye(3) - to_grey) * saturation) @ around_grey).astype(np.float32)


def _relit(crop: np.ndarray, rng: np.random.Generator, options: Photometric) -> np.ndarray:
    """Add a gradient of light and noise."""
    has_gradient, has_noise = rng.random() < options.gradient_share, rng.random() < options.noise_share
    if not (has_gradient or has_noise):
        return crop
    values = crop.astype(np.float32)
    if has_gradient:
        values *= _gradient(len(crop), rng, options)[..., None]
    if has_noise:
        values += noise_patch(len(crop), rng) * np.float32(255 * rng.uniform(0, options.noise_limit))
    return cv2.convertScaleAbs(np.maximum(values, 0, out=values))


def _gradient(size: int, rng: np.random.Generator, options: Photometric) -> Float32[np.ndarray, "S S"]:
    """Draw a smooth field of light, 1 on average in the log, with a spot in some."""
    place = np.linspace(-0.5, 0.5, size, dtype=np.float32)
    across, down = (np.float32(rng.normal() * options.gradient_spread) for _ in range(2))
    light = np.exp(down * place)[:, None] * np.exp(across * place)[None]
    if rng.random() < options.spot_share:
        x, y = rng.uniform(-0.5, 0.5, 2)
        width, strength = rng.uniform(0.15, 0.5), np.clip(rng.normal() * 0.5, -0.8, 1.5)
        bell_x, bell_y = (np.exp(-(((place - np.float32(c)) / np.float32(width)) ** 2)) for c in (x, y))
        light *= 1 + np.float32(strength) * bell_y[:, None] * bell_x[None]
    return light


@functools.cache
def _noise_square() -> Float32[np.ndarray, "N N 3"]:
    square = np.random.default_rng(0).normal(size=(NOISE_SIDE, NOISE_SIDE, 3))
    return square.astype(np.float32)


def noise_patch(size: int, rng: np.random.Generator) -> Float32[np.ndarray, "S S C"]:
    """Return normal noise of standard deviation 1, coloured or grey, from the fixed square at a random place."""
    side = max(1, NOISE_SIDE - size)
    y, x = rng.integers(0, side, 2)
    channels = slice(0, 1) if rng.random() < 0.5 else slice(None)
    square = _noise_square()
    if size > NOISE_SIDE:
        repeats = -(-size // NOISE_SIDE) + 1
        square = np.tile(square, (repeats, repeats, 1))
    return square[y : y + size, x : x + size, channels]
