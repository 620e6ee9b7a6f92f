"""Light on the head: what a place sends to it, ready for shading.

The strongest lamps become directional lights, the first of which casts a shadow; the rest is a panorama, of which the
skin gets order-2 irradiance and a blurred reflection, and eyes a sharp one.

A panorama is an octahedral map [N,N,3] (Cigolle et al. 2014): texel (row, column) looks along the unit vector whose
x, z are (column, row) in -1..1 over |x| + |y| + |z| where y > 0, folded outwards where y < 0; the middle looks up.
"""

from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Float32

from facsimile.render.place import Place, Source
from facsimile.render.sampling import SHADOW_TAPS, disc_taps

PANORAMA_SIZE, ROUGH_SIZE = 48, 16
"""Texels along a side: 4 degrees each, enough to tell a window from a lamp in an eye; 13 degrees for skin."""
ROUGH_SHARPNESS = 12.0
"""Lobe exp(k (cos - 1)) that skin reflects: about 17 degrees wide, GGX roughness 0.5 (Wang et al. 2009)."""
MAX_DIRECTIONAL = 2
"""Lamps that are shaded one by one; more cost time and add little to the panorama."""
LEAST_SHARE = 0.12
"""A second lamp counts if its irradiance is at least this part of the key light's."""
SKY_SHARE, SKY_RADIUS_RAD = 0.4, 0.7
"""Without lamps, this part of the sky's own direction becomes the key light, as wide as this."""
BLOCKER_DM = 0.45
"""Usual distance from a nose, a brow or a chin to the shadow it casts: the edge is softened by radius x this."""
MAX_SOFTNESS_DM = 0.16
FLIP_X = np.array([-1, 1, 1], np.float32)
TOWARDS_CAMERA = np.array([0, 0.2, 0.98], np.float32)
"""Where a face looks, on average."""
LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)
"""Rec. 709 luminance of linear RGB."""


@dataclass(frozen=True)
class Light:
    """What shines on the head, in the room frame; radiance in units where 1 is a white card in good light."""

    kind: str
    """One of ``environment.PLACES``, or a free name."""
    panorama: Float32[np.ndarray, "N N 3"]
    """All of it, as an eye mirrors it."""
    fill: Float32[np.ndarray, "N N 3"]
    """The panorama without the directional lights."""
    directions: Float32[np.ndarray, "K 3"]
    """Unit vectors towards the directional lights, the key light first; it alone casts shadows."""
    colours: Float32[np.ndarray, "K 3"]
    """Linear RGB irradiance / pi of each on a surface facing it."""
    radii: Float32[np.ndarray, " K"]
    """Half the angular size of each (rad)."""

    @property
    def softness(self) -> float:
        """Return the radius of the key light's shadow filter (dm)."""
        return float(min(np.tan(min(self.radii[0], 1.0)) * BLOCKER_DM, MAX_SOFTNESS_DM))

    @cached_property
    def arrays(self) -> "LightArrays":
        """Return the light as the shading kernel reads it, made once."""
        rough = (_rough_weights() @ self.fill.reshape(-1, 3)).reshape(ROUGH_SIZE, ROUGH_SIZE, 3)
        harmonics = irradiance_harmonics(self.fill)
        return LightArrays(harmonics, self.panorama, rough, self.directions, self.colours, self.radii)

    def mirrored(self) -> "Light":
        """Return the light of the mirrored room."""
        panorama, fill = (np.ascontiguousarray(maps[:, ::-1]) for maps in (self.panorama, self.fill))
        return Light(self.kind, panorama, fill, self.directions * FLIP_X, self.colours, self.radii)


class LightArrays(NamedTuple):
    """A light as the shading kernel reads it."""

    harmonics: np.ndarray
    sharp: np.ndarray
    rough: np.ndarray
    directions: np.ndarray
    colours: np.ndarray
    radii: np.ndarray


class Shadow(NamedTuple):
    """The key light's depth map and how to look it up."""

    depth: np.ndarray
    transform: np.ndarray
    taps: np.ndarray
    softness: np.float32


@lru_cache(maxsize=4)
def texel_directions(size: int) -> tuple[Float32[np.ndarray, "N N 3"], Float32[np.ndarray, "N N 1"]]:
    """Return the direction and the solid angle (sum 4 pi) of every texel of a panorama."""
    line = ((np.arange(size) + 0.5) / size * 2 - 1).astype(np.float64)
    x, z = np.meshgrid(line, line)
    y = 1 - np.abs(x) - np.abs(z)
    fold = np.maximum(-y, 0)
    flat = np.stack([x - np.copysign(fold, x), y, z - np.copysign(fold, z)], -1)
    length = np.linalg.norm(flat, axis=-1, keepdims=True)
    solid = length**-3
    return (flat / length).astype(np.float32), (solid / solid.sum() * 4 * np.pi).astype(np.float32)


@lru_cache(maxsize=1)
def _harmonic_weights() -> Float32[np.ndarray, "9 M"]:
    """Return what each texel adds to the 9 numbers of ``irradiance_harmonics``."""
    direction, solid = texel_directions(PANORAMA_SIZE)
    x, y, z = np.moveaxis(direction.astype(np.float64), -1, 0)
    bands = (np.ones_like(x), y, z, x, x * y, y * z, 3 * z * z - 1, x * z, x * x - y * y)
    norms = (0.282095, *[0.488603] * 3, 1.092548, 1.092548, 0.315392, 1.092548, 0.546274)
    transfer = (1, *[2 / 3] * 3, *[1 / 4] * 5)
    rows = [b * solid[..., 0] * n * n * a for b, n, a in zip(bands, norms, transfer, strict=True)]
    return np.stack(rows).reshape(9, -1).astype(np.float32)


def irradiance_harmonics(panorama: Float32[np.ndarray, "N N 3"]) -> Float32[np.ndarray, "9 3"]:
    """Project a panorama to the 9 numbers per channel that ``sampling.irradiance`` evaluates.

    Ramamoorthi and Hanrahan 2001, equations 3 and 8, with the 1/pi of a diffuse surface folded in: a constant
    panorama of 1 gives irradiance 1.
    """
    return _harmonic_weights() @ panorama.reshape(-1, 3)


@lru_cache(maxsize=1)
def _rough_weights() -> Float32[np.ndarray, "R M"]:
    """Return the lobe of each texel of the rough panorama over the texels of the sharp one; rows sum to 1."""
    fine, solid = texel_directions(PANORAMA_SIZE)
    coarse, _ = texel_directions(ROUGH_SIZE)
    lobe = np.exp((coarse.reshape(-1, 3) @ fine.reshape(-1, 3).T - 1) * np.float32(ROUGH_SHARPNESS))
    lobe *= solid.reshape(1, -1)
    return lobe / lobe.sum(1, keepdims=True)


def place_light(place: Place) -> Light:
    """Return what a place sends to the head."""
    direction, _ = texel_directions(PANORAMA_SIZE)
    rays, head = np.ascontiguousarray(direction.reshape(-1, 3)), np.zeros(3, np.float32)
    shape = direction.shape
    panorama = place.seen(head, rays).reshape(shape)
    lamps = _directional(place)
    if not lamps:
        key = _sky_key(panorama)
        fill = panorama * np.float32(1 - SKY_SHARE / 2)
        return Light(place.kind, panorama, fill, *_stacked((key,)))
    dark = place.without(lamps)
    fill = place.seen(head, rays).reshape(shape) if dark is place else dark.seen(head, rays).reshape(shape)
    for lamp in lamps:
        _add_spark(panorama, lamp)
    return Light(place.kind, panorama, fill, *_stacked(lamps))


def _directional(place: Place) -> tuple[Source, ...]:
    """Return the lamps that are shaded one by one."""
    lamps = place.sources()[:MAX_DIRECTIONAL]
    return tuple(lamp for lamp in lamps if lamp.colour @ LUMA >= LEAST_SHARE * (lamps[0].colour @ LUMA))


def _stacked(lamps: tuple[Source, ...]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    directions, colours = (np.stack([getattr(lamp, name) for lamp in lamps]) for name in ("towards", "colour"))
    return directions, colours, np.array([lamp.radius for lamp in lamps], np.float32)


def _sky_key(panorama: np.ndarray) -> Source:
    """Return the direction that most light comes from as a wide lamp: the order-1 part of the irradiance."""
    harmonics = irradiance_harmonics(panorama)
    axis = harmonics[[3, 1, 2]] @ LUMA
    length = np.linalg.norm(axis) + np.float32(1e-6)
    colour = (harmonics[[3, 1, 2]].T @ (axis / length)) * np.float32(SKY_SHARE)
    return Source((axis / length).astype(np.float32), np.maximum(colour, 0).astype(np.float32), SKY_RADIUS_RAD)


def _add_spark(panorama: np.ndarray, lamp: Source) -> None:
    """Show a lamp that is smaller than a texel: its power goes to the texel that looks at it."""
    direction, solid = texel_directions(PANORAMA_SIZE)
    if lamp.radius < 1.5 * float(np.sqrt(solid.mean() / np.pi)):
        row, column = np.unravel_index(int(np.argmax(direction @ lamp.towards)), solid.shape[:2])
        panorama[row, column] += lamp.colour * np.float32(np.pi) / solid[row, column]


def balance_gain(light: Light, strength: float) -> Float[np.ndarray, " 3"]:
    """Return the RGB gain of a camera that takes away ``strength`` (0-1) of the light's tint on a face."""
    total = face_light(light)
    return ((total @ LUMA) / total) ** strength


def face_light(light: Light) -> Float[np.ndarray, " 3"]:
    """Return the mean irradiance / pi (linear RGB) of a head that faces the camera: half in front, half all round."""
    harmonics = irradiance_harmonics(light.fill).astype(np.float64)
    facing = np.clip(light.directions @ TOWARDS_CAMERA, 0, None)
    lamps = (light.colours * (0.5 * facing + 0.15)[:, None]).sum(0)
    return np.maximum(harmonics[0] + 0.5 * harmonics[2] + lamps, 1e-5)


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
