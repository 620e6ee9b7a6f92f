"""From layers of light to bytes, batched: what ``render.film`` and ``render.postprocess`` do to one picture."""

import math
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Float32
from torch import Tensor

from facsimile.render.camera import Camera
from facsimile.render.diffusion import DEPTH_TOLERANCE, diffusion_taps
from facsimile.render.focus import LEAST_BLUR_PX, SHOULDER_DM, blur_radius
from facsimile.render.light import LUMA
from facsimile.render.postprocess import (
    CURVE_MAX,
    FACE_RANGE,
    FACE_TARGET,
    FACE_WEIGHT,
    GRAIN_SIZE,
    INCIDENT_TARGET,
    INCIDENT_WEIGHT,
    SCENE_TARGET,
    SCENE_WEIGHT,
    Sensor,
    _grain,
    colour_matrix,
    tone_table,
)
from facsimile.render_torch.filters import blurred, convolved, motion_kernel, sampled
from facsimile.render_torch.jpeg import compressed
from facsimile.render_torch.shading import Layers


def diffused(layers: Layers, depth: Float32[Tensor, "B H W"], px_per_dm: list[float]) -> Float32[Tensor, "B H W 3"]:
    """Let light wander under the skin, then add up the layers: linear radiance times coverage."""
    taps = [diffusion_taps(scale) for scale in px_per_dm]
    reach = max(len(one) for one in taps)
    stacked = np.stack([np.pad(one, ((0, reach - len(one)), (0, 0))) for one in taps])
    weights = torch.as_tensor(stacked, device=depth.device)
    across = _diffused_along(layers.irradiance, layers.skin, depth, weights, axis=2)
    return layers.plain + layers.albedo * _diffused_along(across, layers.skin, depth, weights, axis=1)


def _diffused_along(irradiance: Tensor, skin: Tensor, depth: Tensor, taps: Tensor, *, axis: int) -> Tensor:
    """Blur irradiance along rows (axis 2) or columns (axis 1), over skin only."""
    reach, length = taps.shape[1] - 1, depth.shape[axis]
    pad = (reach, reach) if axis == 2 else (0, 0, reach, reach)
    wide_skin, wide_depth = (torch.nn.functional.pad(plane, pad) for plane in (skin, depth))
    wide = torch.nn.functional.pad(irradiance, (0, 0, *pad))
    total, weight = torch.zeros_like(irradiance), torch.zeros_like(irradiance)
    for step in range(-reach, reach + 1):
        here, there, light = (plane.narrow(axis, reach + step, length) for plane in (wide_skin, wide_depth, wide))
        counts = torch.where((here > 0) & ((there - depth).abs() <= DEPTH_TOLERANCE), here, 0)
        part = taps[:, abs(step)][:, None, None] * counts[..., None]
        total, weight = total + part * light, weight + part
    return torch.where((skin > 0)[..., None], total / torch.where(weight > 0, weight, 1), 0)


def exposed(
    radiance: Float32[Tensor, "B H W 3"],
    layers: Layers,
    depth: Float32[Tensor, "B H W"],
    background: Float32[Tensor, "B H W 3"],
    *,
    cameras: list[Camera],
    sensors: list[Sensor],
) -> Float32[Tensor, "B 3 H W"]:
    """Put heads before their backgrounds and take the pictures: whole numbers 0-255."""
    picture = radiance + background * (1 - layers.cover)[..., None]
    gain = metered_exposure(picture, layers)
    picture = _soft_behind(picture.movedim(-1, 1), depth, layers.cover, cameras)
    return developed(picture, sensors, gain)


def metered_exposure(picture: Float32[Tensor, "B H W 3"], layers: Layers) -> Float32[Tensor, " B"]:
    """Return the gain of each camera; see ``render.postprocess.metered_exposure``."""
    luma = torch.as_tensor(LUMA, device=picture.device)
    luminance, weight = picture @ luma, layers.skin.sum((1, 2))
    scene = luminance.clamp(min=0).sqrt().mean((1, 2)) ** 2 + 1e-4
    face_area = weight.clamp(min=1)
    incident = ((layers.irradiance @ luma) * layers.skin).sum((1, 2)) / face_area + 1e-4
    face = (luminance * layers.skin).sum((1, 2)) / face_area + 1e-4
    parts = (
        (INCIDENT_WEIGHT, INCIDENT_TARGET, incident),
        (FACE_WEIGHT, FACE_TARGET, face),
        (SCENE_WEIGHT, SCENE_TARGET, scene),
    )
    gain = torch.exp(sum((w * torch.log(target / value) for w, target, value in parts), torch.zeros_like(face)))
    gain = torch.minimum(torch.maximum(gain, FACE_RANGE[0] / face), FACE_RANGE[1] / face)
    return torch.where(weight < 1, SCENE_TARGET / scene, gain)


def _soft_behind(picture: Tensor, depth: Tensor, cover: Tensor, cameras: list[Camera]) -> Float32[Tensor, "B 3 H W"]:
    """Blur what lies behind the face; see ``render.focus.soft_behind``."""
    radii = [blur_radius(camera, SHOULDER_DM) * picture.shape[2] for camera in cameras]
    soft = blurred(picture, [radius / 2 if radius >= LEAST_BLUR_PX else 0.0 for radius in radii])
    distance = torch.tensor([c.distance for c in cameras], dtype=torch.float32, device=picture.device)
    behind = ((depth - distance[:, None, None]) / SHOULDER_DM).clamp(0, 1)
    return picture + (soft - picture) * (behind * cover)[:, None]


def developed(
    radiance: Float32[Tensor, "B 3 H W"], sensors: list[Sensor], gain: Float32[Tensor, " B"]
) -> Float32[Tensor, "B 3 H W"]:
    """Return what cameras save of linear radiance; see ``render.postprocess.developed``."""
    scale = radiance.shape[2] / 256
    picture = convolved(radiance, [motion_kernel(s.motion_px * scale, s.motion_rad) for s in sensors])
    soft = [s.blur_px * scale for s in sensors]
    picture = blurred(picture, [sigma if sigma > 0.15 else 0.0 for sigma in soft])
    picture = _exposed_bytes(_aberrated(picture, sensors), sensors, gain)
    sharpening = torch.tensor([s.sharpening for s in sensors], dtype=torch.float32, device=picture.device)
    smooth = blurred(picture, [1.0 if scale > 0.7 else 0.7] * len(sensors), reach=3.0).round()
    sharp = picture + sharpening[:, None, None, None] * (picture - smooth)
    return compressed(sharp.round().clamp(0, 255), [s.jpeg_quality for s in sensors])


def _aberrated(picture: Tensor, sensors: list[Sensor]) -> Tensor:
    """Make red larger and blue smaller than green."""
    error = torch.tensor([s.aberration_px / 128 for s in sensors], dtype=torch.float32, device=picture.device)
    height, width = picture.shape[2:]
    dx, dy = _from_middle(height, width, picture.device)
    x, y = torch.arange(width, device=picture.device), torch.arange(height, device=picture.device)[:, None]
    planes = [
        sampled(picture[:, c : c + 1], x + dx * sign[:, None, None], y + dy * sign[:, None, None])
        for c, sign in ((0, error), (2, -error))
    ]
    return torch.cat([planes[0], picture[:, 1:2], planes[1]], 1)


def _from_middle(height: int, width: int, device: torch.device) -> tuple[Tensor, Tensor]:
    x, y = (torch.arange(side, device=device) - (side - 1) / 2 for side in (width, height))
    return x.expand(height, width), y[:, None].expand(height, width)


def _exposed_bytes(picture: Tensor, sensors: list[Sensor], gain: Tensor) -> Float32[Tensor, "B 3 H W"]:
    """Apply vignette, colour matrix, noise and tone table; see ``render.postprocess.expose``."""
    device, (height, width) = picture.device, picture.shape[2:]
    dx, dy = _from_middle(height, width, device)
    matrix = torch.as_tensor(np.stack([colour_matrix(s, 1.0) for s in sensors]), device=device)
    numbers = torch.tensor([(s.vignette, s.read_noise, s.shot_noise) for s in sensors], device=device)
    vignette, read, shot = numbers.float().T[..., None, None, None]
    corner = 1 / (((width - 1) / 2) ** 2 + ((height - 1) / 2) ** 2 + 1)
    value = torch.einsum("bcd,bdhw->bchw", matrix * gain[:, None, None], picture)
    value = value * (1 - vignette * (dx * dx + dy * dy) * corner)
    noise = torch.stack([_grain_at(s.seed, height, width, device) for s in sensors])
    value = value + noise * (read * read + shot * shot * value.clamp(min=0)).sqrt()
    tables = torch.as_tensor(np.stack([tone_table(s.contrast, s.black) for s in sensors]), device=device)
    steps = (tables.shape[1] - 1) / math.sqrt(CURVE_MAX)
    place = (value.clamp(0, CURVE_MAX).sqrt() * steps + 0.5).long()
    return tables.gather(1, place.flatten(1)).reshape(picture.shape).float()


def _grain_at(seed: int, height: int, width: int, device: torch.device) -> Float32[Tensor, "3 H W"]:
    """Return the noise of a camera from the place its seed names."""
    row, column = (int(value) for value in np.random.default_rng(seed).integers(0, GRAIN_SIZE, 2))
    rows, columns = (
        (torch.arange(n, device=device) + first) % GRAIN_SIZE for n, first in ((height, row), (width, column))
    )
    return _grain_on(device)[:, rows][:, :, columns]


@lru_cache(maxsize=2)
def _grain_on(device: torch.device) -> Float32[Tensor, "3 G G"]:
    return torch.as_tensor(np.ascontiguousarray(np.moveaxis(_grain(), -1, 0)), device=device)
