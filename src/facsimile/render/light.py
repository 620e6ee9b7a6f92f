"""Light: a small random panorama, its order-2 irradiance, and a few directional lights."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import NamedTuple

import cv2
import numpy as np
from jaxtyping import Float

from facsimile.render.sampling import SHADOW_TAPS, disc_taps

PANORAMA_SHAPE = (24, 48)
"""Rows and columns of the panorama: 7.5 degrees per texel, enough for catch lights 0.2 rad wide."""
ROUGH_SIGMA = (1.3, 2.6)
"""Blur of the panorama that skin reflects, in texels (rows, columns); about 10-20 degrees, GGX roughness 0.5."""
LIGHT_KINDS = ("studio", "indoor", "window", "overcast", "sun", "evening")
LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
"""Rec. 709 luminance of linear RGB."""


@dataclass(frozen=True)
class Light:
    """What shines on the head, in the room frame; radiance in units where 1 is a white card in good light."""

    kind: str
    """One of LIGHT_KINDS, or a free name."""
    panorama: Float[np.ndarray, "H W 3"]
    """Linear RGB; row 0 up, middle column +z (behind the camera)."""
    directions: Float[np.ndarray, "K 3"]
    """Unit vectors towards the directional lights, the key light first; it alone casts shadows."""
    colours: Float[np.ndarray, "K 3"]
    """Linear RGB irradiance / pi of each on a surface facing it."""
    softness: float
    """Radius of the key light's shadow filter (dm)."""

    def mirrored(self) -> "Light":
        """Return the light of the mirrored room."""
        flip = np.array([-1, 1, 1], np.float32)
        panorama = np.ascontiguousarray(self.panorama[:, ::-1])
        return Light(self.kind, panorama, self.directions * flip, self.colours, self.softness)


class LightArrays(NamedTuple):
    """A light as the shading kernel reads it."""

    harmonics: np.ndarray
    sharp: np.ndarray
    rough: np.ndarray
    directions: np.ndarray
    colours: np.ndarray


class Shadow(NamedTuple):
    """The key light's depth map and how to look it up."""

    depth: np.ndarray
    transform: np.ndarray
    taps: np.ndarray
    softness: np.float32


@lru_cache(maxsize=1)
def _directions() -> tuple[np.ndarray, np.ndarray]:
    """Return the direction [h,w,3] and the solid angle [h,w,1] of every texel of the panorama."""
    height, width = PANORAMA_SHAPE
    polar = (np.arange(height) + 0.5)[:, None] / height * np.pi
    azimuth = ((np.arange(width) + 0.5)[None] / width - 0.5) * 2 * np.pi
    x, z = np.sin(polar) * np.sin(azimuth), np.sin(polar) * np.cos(azimuth)
    direction = np.stack([x, np.broadcast_to(np.cos(polar), x.shape), z], -1)
    solid = np.sin(polar) * (np.pi / height) * (2 * np.pi / width)
    return direction, np.broadcast_to(solid, x.shape)[..., None]


def irradiance_harmonics(panorama: Float[np.ndarray, "H W 3"]) -> Float[np.ndarray, "9 3"]:
    """Project a panorama to the 9 numbers per channel that ``sampling.irradiance`` evaluates.

    Ramamoorthi and Hanrahan 2001, equations 3 and 8, with the 1/pi of a diffuse surface folded in: a constant
    panorama of 1 gives irradiance 1.
    """
    direction, solid = _directions()
    x, y, z = np.moveaxis(direction, -1, 0)
    bands = (np.ones_like(x), y, z, x, x * y, y * z, 3 * z * z - 1, x * z, x * x - y * y)
    norms = (0.282095, *[0.488603] * 3, 1.092548, 1.092548, 0.315392, 1.092548, 0.546274)
    transfer = (1, *[2 / 3] * 3, *[1 / 4] * 5)
    weighted = panorama * solid
    rows = [(weighted * b[..., None]).sum((0, 1)) * n * n * a for b, n, a in zip(bands, norms, transfer, strict=True)]
    return np.stack(rows).astype(np.float32)


def light_arrays(light: Light) -> LightArrays:
    """Prepare a light for shading."""
    rows, columns = ROUGH_SIGMA
    pad = 8
    wrapped = np.concatenate([light.panorama[:, -pad:], light.panorama, light.panorama[:, :pad]], 1)
    rough = cv2.GaussianBlur(wrapped, (0, 0), sigmaX=columns, sigmaY=rows, borderType=cv2.BORDER_REPLICATE)
    return LightArrays(
        irradiance_harmonics(light.panorama),
        np.ascontiguousarray(light.panorama, np.float32),
        np.ascontiguousarray(rough[:, pad:-pad]),
        np.ascontiguousarray(light.directions, np.float32),
        np.ascontiguousarray(light.colours, np.float32),
    )


def shadow_frame(light: Light, centre: Float[np.ndarray, " 3"], *, extent: float, size: int) -> np.ndarray:
    """Return the [3,4] transform from the room to the key light's map of ``size`` samples over ``extent`` dm."""
    towards = light.directions[0] / np.linalg.norm(light.directions[0])
    up = np.array([0, 1, 0]) if abs(towards[1]) < 0.95 else np.array([0, 0, -1])
    right = np.cross(up, towards)
    right /= np.linalg.norm(right)
    down = -np.cross(towards, right)
    scale = size / extent
    rows = np.stack([right * scale, down * scale, -towards])
    shift = np.array([size / 2, size / 2, 0]) - rows @ centre
    return np.concatenate([rows, shift[:, None]], 1).astype(np.float32)


def shadow_of(depth: np.ndarray, transform: np.ndarray, softness_px: float) -> Shadow:
    """Bundle a finished shadow map for the shading kernel."""
    return Shadow(depth, transform, disc_taps(SHADOW_TAPS), np.float32(softness_px))


def _kelvin_tint(warmth: float) -> np.ndarray:
    """Return an RGB tint of luminance 1; warmth -1 is shade (about 9000 K), 0 daylight, 1 a lamp (3000 K)."""
    tint = np.exp(np.array([0.32, 0.02, -0.45]) * warmth)
    return tint / (tint @ LUMA)


def _direction(azimuth: float, elevation: float) -> np.ndarray:
    level = math.cos(elevation)
    return np.array([level * math.sin(azimuth), math.sin(elevation), level * math.cos(azimuth)])


def _add_glow(panorama: np.ndarray, towards: np.ndarray, colour: np.ndarray, sharpness: float) -> None:
    """Add a soft box: a lobe of integral about 1 white card, ``sharpness`` its 1 / angle^2."""
    direction, _ = _directions()
    lobe = np.exp((direction @ towards - 1) * sharpness) * (sharpness / (2 * np.pi))
    panorama += lobe[..., None] * colour


def _add_window(panorama: np.ndarray, rng: np.random.Generator, colour: np.ndarray) -> None:
    """Add a bright rectangle at a random place above the horizon."""
    height, width = PANORAMA_SHAPE
    top, rows = int(rng.integers(height // 6, height // 2 - 1)), int(rng.integers(3, 7))
    left, columns = int(rng.integers(0, width)), int(rng.integers(2, 6))
    panorama[top : top + rows, np.arange(left, left + columns) % width] += colour


def random_light(rng: np.random.Generator) -> Light:
    """Draw a light: a panorama of sky, walls, windows and soft boxes, and one to three directional lights."""
    kind = str(rng.choice(LIGHT_KINDS, p=[0.2, 0.26, 0.16, 0.14, 0.14, 0.1]))
    warmth = {"studio": 0.0, "indoor": 0.5, "window": -0.15, "overcast": -0.25, "sun": 0.0, "evening": 0.8}[kind]
    ambient = {"studio": 0.22, "indoor": 0.35, "window": 0.25, "overcast": 0.75, "sun": 0.4, "evening": 0.2}[kind]
    tint = _kelvin_tint(warmth + rng.normal() * 0.25)
    direction, _ = _directions()
    slope = np.clip(direction[..., 1:2] * rng.uniform(0.1, 0.8) + 1, 0.05, None)
    ground = np.where(direction[..., 1:2] < -0.05, rng.uniform(0.25, 0.8), 1.0)
    panorama = slope * ground * tint * ambient * math.exp(rng.normal() * 0.25)
    panorama *= np.exp(rng.normal(size=3) * 0.05)
    for _ in range(int(rng.integers(0, 4)) if kind != "sun" else 0):
        _add_window(panorama, rng, _kelvin_tint(rng.normal() * 0.5) * rng.uniform(0.6, 2.5))
    directions, colours = _random_lamps(rng, kind, warmth, panorama)
    balance = white_balance(panorama, directions, colours, strength=float(rng.uniform(0.5, 0.95)))
    panorama, colours = panorama * balance, colours * balance
    softness = {"studio": 0.09, "sun": 0.015, "overcast": 0.12}.get(kind, 0.06) * math.exp(rng.normal() * 0.4)
    return Light(kind, panorama.astype(np.float32), directions, colours.astype(np.float32), float(softness))


def white_balance(panorama: np.ndarray, directions: np.ndarray, colours: np.ndarray, *, strength: float) -> np.ndarray:
    """Return the RGB gain of a camera that takes away ``strength`` (0-1) of the light's tint on a face."""
    direction, solid = _directions()
    ambient = panorama * solid * np.clip(direction[..., 2:] + 0.3, 0, None)
    lamps = colours * np.clip(directions[:, 2:] + 0.3, 0, None)
    total = ambient.sum((0, 1)) / np.pi + lamps.sum(0)
    return ((total @ LUMA) / total) ** strength


def _random_lamps(
    rng: np.random.Generator, kind: str, warmth: float, panorama: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Draw the directional lights and show each one in the panorama, so that eyes reflect it."""
    key = {"studio": 0.75, "indoor": 0.5, "window": 0.7, "overcast": 0.22, "sun": 1.1, "evening": 0.6}[kind]
    directions, colours = [], []
    for index in range(int(rng.choice([1, 2, 3], p=[0.45, 0.35, 0.2]))):
        first = index == 0
        azimuth = np.clip(rng.normal() * (0.65 if first else 1.3), -2.6, 2.6)
        towards = _direction(azimuth, rng.uniform(0.15, 1.1) if first else rng.uniform(-0.1, 0.8))
        strength = key * math.exp(rng.normal() * 0.25) * (1.0 if first else rng.uniform(0.15, 0.6))
        colour = _kelvin_tint(warmth + rng.normal() * 0.25) * strength
        _add_glow(panorama, towards, colour * 0.5, rng.uniform(15, 90))
        directions.append(towards)
        colours.append(colour)
    return np.array(directions, np.float32), np.array(colours, np.float32)
