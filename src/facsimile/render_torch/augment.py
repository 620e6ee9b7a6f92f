"""Cut and spoil training crops on a device: the random choices and the steps of ``data.augment``, batched.

With the same random generators the crops equal the CPU's up to rounding (its warp works in 1/32 pixels). What is drawn
in front of faces (``data.occlusion``) is drawn on the CPU, into the few crops that have it.
"""

from typing import NamedTuple

import cv2
import numpy as np
import torch
from jaxtyping import Float32, UInt8
from torch import Tensor

from facsimile.data import photometric
from facsimile.data.align import (
    SHARP_SCALE,
    align_matrix,
    crop_from_pixels,
    invert,
    pixels_from_crop,
    rotation_of,
    transform_points,
)
from facsimile.data.augment import BORDERS, Augmentation, _compose, _flipped, _jitter, _random_colour
from facsimile.data.mirror import mirrored_landmarks
from facsimile.data.occlusion import occluded
from facsimile.data.photometric import Photometric
from facsimile.render_torch.filters import blurred, convolved
from facsimile.render_torch.jpeg import compressed

Generators = list[np.random.Generator]
CONSTANT, REPLICATE, REFLECT = BORDERS
BLUR_PER_STEP = 0.35
"""Deviation, in steps of a crop over the picture, of the blur that keeps fine texture from aliasing in it."""


class Cuts(NamedTuple):
    """How crops are cut out of pictures: affine maps from picture to crop pixels, and what lies beyond the edges."""

    matrices: list[np.ndarray]
    """[2,3] without the flip."""
    is_flipped: list[bool]
    borders: list[int]
    """One of cv2's."""
    fills: list[tuple[int, int, int]]


class Crops(NamedTuple):
    """Crops and what was done to them; landmarks in pixels of the crop."""

    images: UInt8[Tensor, "B 3 S S"]
    landmarks: Float32[np.ndarray, "B 70 2"]
    is_flipped: list[bool]
    rotation_rad: list[float]
    """How far each picture was turned clockwise before it was mirrored."""


def augmented_crops(
    images: UInt8[Tensor, "B 3 H W"],
    landmarks: Float32[np.ndarray, "B 70 2"],
    rngs: Generators,
    *,
    options: Augmentation,
    size: int,
) -> Crops:
    """Cut one training crop from each picture; see ``data.augment.augmented_crop``."""
    cuts = _random_cuts(landmarks, rngs, options, size)
    crops, points = cut(images, cuts, size), []
    for matrix, flipped, own in zip(cuts.matrices, cuts.is_flipped, landmarks, strict=True):
        moved = crop_from_pixels(transform_points(matrix, own.astype(np.float64)), size)
        points.append(mirrored_landmarks(moved) if flipped else moved)
    crops = _occluded(crops, points, rngs, options)
    crops = photographed(crops, rngs, options.photometric)
    moved = pixels_from_crop(np.stack(points), size).astype(np.float32)
    return Crops(crops.to(torch.uint8), moved, cuts.is_flipped, [rotation_of(matrix) for matrix in cuts.matrices])


def plain_crops(images: UInt8[Tensor, "B 3 H W"], landmarks: Float32[np.ndarray, "B 70 2"], *, size: int) -> Crops:
    """Cut the aligned crops without any change, as at run time."""
    matrices = [align_matrix(points, size) for points in landmarks]
    none = len(matrices)
    crops = cut(images, Cuts(matrices, [False] * none, [REPLICATE] * none, [(0, 0, 0)] * none), size)
    points = np.stack([transform_points(m, p) for m, p in zip(matrices, landmarks, strict=True)]).astype(np.float32)
    return Crops(crops.to(torch.uint8), points, [False] * none, [rotation_of(matrix) for matrix in matrices])


def _random_cuts(landmarks: np.ndarray, rngs: Generators, options: Augmentation, size: int) -> Cuts:
    cuts = Cuts([], [], [], [])
    for points, rng in zip(landmarks, rngs, strict=True):
        cuts.is_flipped.append(bool(rng.random() < options.flip_share))
        cuts.matrices.append(_compose(_jitter(options, rng, size), align_matrix(points, size)))
        cuts.borders.append(int(rng.choice(BORDERS)))
        cuts.fills.append(_random_colour(rng))
    return cuts


def cut(images: UInt8[Tensor, "B 3 H W"], cuts: Cuts, size: int) -> Float32[Tensor, "B 3 S S"]:
    """Cut crops with one resampling; whole numbers 0-255."""
    device, (height, width) = images.device, images.shape[2:]
    seen = [_flipped(m, size) if f else m for m, f in zip(cuts.matrices, cuts.is_flipped, strict=True)]
    scales = [float(np.sqrt(abs(np.linalg.det(m[:, :2])))) for m in cuts.matrices]
    picture = blurred(images.float(), [BLUR_PER_STEP / s if s < SHARP_SCALE else 0.0 for s in scales])
    back = torch.as_tensor(np.stack([invert(matrix) for matrix in seen]), dtype=torch.float32, device=device)
    line = torch.arange(size, device=device, dtype=torch.float32)
    across, down, shift = back[..., None, None].unbind(2)
    x, y = (across * line + down * line[:, None] + shift).unbind(1)
    fill = torch.tensor(cuts.fills, dtype=torch.float32, device=device)[..., None, None]
    is_constant, is_reflected = (
        torch.tensor([b == kind for b in cuts.borders], device=device)[:, None, None] for kind in (CONSTANT, REFLECT)
    )
    x, y = (torch.where(is_reflected, _reflected(v, side), v) for v, side in ((x, width), (y, height)))
    return _sampled(picture, x, y, fill, is_constant).round()


def _reflected(place: Tensor, side: int) -> Tensor:
    """Fold places beyond the edges back, the edge itself once (cv2.BORDER_REFLECT_101)."""
    period = max(2 * (side - 1), 1)
    folded = torch.remainder(place, period)
    return torch.minimum(folded, period - folded)


def _sampled(picture: Tensor, x: Tensor, y: Tensor, fill: Tensor, is_constant: Tensor) -> Float32[Tensor, "B 3 S S"]:
    """Return pictures at places, bilinear; beyond the edge ``fill`` where it is constant, else the edge."""
    height, width = picture.shape[2:]
    x0, y0 = x.floor(), y.floor()
    fx, fy = (x - x0)[:, None], (y - y0)[:, None]
    flat = picture.flatten(2)

    def at(column: Tensor, row: Tensor) -> Tensor:
        outside = is_constant & ((column < 0) | (row < 0) | (column >= width) | (row >= height))
        place = (row.clamp(0, height - 1) * width + column.clamp(0, width - 1)).long().flatten(1)
        values = flat.gather(2, place[:, None].expand(-1, 3, -1)).reshape(len(picture), 3, *x.shape[1:])
        return torch.where(outside[:, None], fill, values)

    upper = at(x0, y0) * (1 - fx) + at(x0 + 1, y0) * fx
    lower = at(x0, y0 + 1) * (1 - fx) + at(x0 + 1, y0 + 1) * fx
    return upper * (1 - fy) + lower * fy


def _occluded(crops: Tensor, points: list[np.ndarray], rngs: Generators, options: Augmentation) -> Tensor:
    """Draw glasses and covers into some crops, on the CPU."""
    arrays = crops.to(torch.uint8).movedim(1, -1).cpu().numpy()
    for row, (crop, own, rng) in enumerate(zip(arrays, points, rngs, strict=True)):
        drawn = occluded(crop, own, rng, options.occlusion)
        if drawn is not crop:
            crops[row] = torch.as_tensor(np.ascontiguousarray(drawn.transpose(2, 0, 1)), device=crops.device).float()
    return crops


def photographed(
    crops: Float32[Tensor, "B 3 S S"], rngs: Generators, options: Photometric
) -> Float32[Tensor, "B 3 S S"]:
    """Return crops as other cameras in other light would have stored them; see ``data.photometric.photographed``."""
    crops = _refocused(crops, rngs, options)
    device, size = crops.device, crops.shape[2]
    tables = np.stack([photometric._tone_table(rng, options)[0].T for rng in rngs])
    crops = torch.as_tensor(tables, device=device).gather(2, crops.long().flatten(2)).reshape(crops.shape).float()
    colours = [photometric._colour_matrix(rng, options) for rng in rngs]
    matrices = np.stack([np.eye(3, dtype=np.float32) if one is None else one for one in colours])
    matrix = torch.as_tensor(matrices, device=device)
    crops = torch.einsum("bcd,bdhw->bchw", matrix, crops).round().clamp(0, 255)
    crops = _relit(crops, rngs, options, size)
    qualities = [int(rng.integers(18, 93)) if rng.random() < options.jpeg_share else 0 for rng in rngs]
    return compressed(crops.flip(1), qualities).flip(1)  # the CPU's crops are RGB where OpenCV expects BGR


def _refocused(crops: Tensor, rngs: Generators, options: Photometric) -> Tensor:
    """Lose resolution, focus or stillness, or gain too much sharpness."""
    size, one = crops.shape[2], np.ones((1, 1), np.float32)
    same = np.eye(size, dtype=np.float32)
    lines, sigmas, amounts, moves = [], [], [], []
    for rng in rngs:
        lines.append(_resampling(rng, size) if rng.random() < options.resample_share else same)
        kind, sigma, amount, move = rng.random(), 0.0, 0.0, one
        if kind < options.blur_share:
            sigma, amount = rng.uniform(0.3, 1.6), -1.0
        elif kind < options.blur_share + options.sharpen_share:
            amount, sigma = rng.uniform(0.4, 1.6), rng.uniform(0.6, 1.4)
        elif kind < options.blur_share + options.sharpen_share + options.motion_share:
            move = photometric._motion_kernel(rng)
        sigmas.append(sigma)
        amounts.append(amount)
        moves.append(move)
    line = torch.as_tensor(np.stack(lines), device=crops.device)[:, None]
    crops = (line @ crops @ line.mT).round().clamp(0, 255)
    soft = blurred(crops, sigmas, reach=3.0, edge="reflect").round()
    more = torch.tensor(amounts, dtype=torch.float32, device=crops.device)[:, None, None, None]
    crops = (crops + more * (crops - soft)).round().clamp(0, 255)
    return convolved(crops, moves, edge="reflect").round().clamp(0, 255)


def _resampling(rng: np.random.Generator, size: int) -> Float32[np.ndarray, "S S"]:
    """Draw a fall and rise in resolution, as the matrix that does it to a line of pixels."""
    small = max(8, int(size * rng.uniform(0.3, 0.9)))
    way = int(rng.choice(photometric.DOWNSCALES))
    fewer = cv2.resize(np.eye(size, dtype=np.float32), (size, small), interpolation=way)
    return np.asarray(cv2.resize(fewer, (size, size), interpolation=cv2.INTER_LINEAR), np.float32)


def _relit(crops: Tensor, rngs: Generators, options: Photometric, size: int) -> Tensor:
    """Add gradients of light and noise."""
    light, noise = np.ones((len(rngs), size, size), np.float32), np.zeros((len(rngs), size, size, 3), np.float32)
    for row, rng in enumerate(rngs):
        has_gradient, has_noise = rng.random() < options.gradient_share, rng.random() < options.noise_share
        if has_gradient:
            light[row] = photometric._gradient(size, rng, options)
        if has_noise:
            noise[row] = photometric.noise_patch(size, rng) * np.float32(255 * rng.uniform(0, options.noise_limit))
    gain, grain = torch.as_tensor(light, device=crops.device), torch.as_tensor(noise, device=crops.device)
    return (crops * gain[:, None] + grain.movedim(-1, 1)).round().clamp(0, 255)
