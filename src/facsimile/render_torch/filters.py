"""Blur pictures, each in its own way."""

import math

import numpy as np
import torch
from jaxtyping import Float32, Int64
from torch import Tensor


def convolved(
    picture: Float32[Tensor, "B C H W"], kernels: list[np.ndarray], *, edge: str = "replicate"
) -> Float32[Tensor, "B C H W"]:
    """Filter each picture with its own kernel [odd,odd] (``cv2.filter2D``).

    Beyond the edge the edge goes on ("replicate") or the picture turns back ("reflect", the edge itself once).
    """
    rows, columns = (max(kernel.shape[axis] for kernel in kernels) for axis in (0, 1))
    stacked = np.zeros((len(kernels), rows, columns), np.float32)
    for out, kernel in zip(stacked, kernels, strict=True):
        top, left = (rows - kernel.shape[0]) // 2, (columns - kernel.shape[1]) // 2
        out[top : top + kernel.shape[0], left : left + kernel.shape[1]] = kernel
    num, channels = picture.shape[:2]
    weight = torch.as_tensor(stacked, device=picture.device).repeat_interleave(channels, 0)[:, None]
    pad = (columns // 2, columns // 2, rows // 2, rows // 2)
    padded = torch.nn.functional.pad(picture, pad, mode=edge)
    flat = padded.reshape(1, num * channels, *padded.shape[2:])
    return torch.nn.functional.conv2d(flat, weight, groups=num * channels).reshape(picture.shape)


def blurred(
    picture: Float32[Tensor, "B C H W"], sigmas: list[float], *, reach: float = 4.0, edge: str = "replicate"
) -> Float32[Tensor, "B C H W"]:
    """Blur each picture by a Gaussian (``cv2.GaussianBlur``), cut at ``reach`` deviations; 0 leaves it alone."""
    lines = [gaussian_line(sigma, reach) for sigma in sigmas]
    across = convolved(picture, [line[None] for line in lines], edge=edge)
    return convolved(across, [line[:, None] for line in lines], edge=edge)


def gaussian_line(sigma: float, reach: float) -> Float32[np.ndarray, " K"]:
    """Return the taps of a Gaussian, sum 1."""
    if sigma <= 0:
        return np.ones(1, np.float32)
    side = round(sigma * reach * 2 + 1) | 1
    taps = np.exp(-((np.arange(side) - side // 2) ** 2) / (2 * sigma * sigma))
    return (taps / taps.sum()).astype(np.float32)


def motion_kernel(way_px: float, angle_rad: float) -> Float32[np.ndarray, "K K"]:
    """Return the smear along a line of ``way_px`` pixels; see ``render.postprocess.moved``."""
    if way_px < 0.5:
        return np.ones((1, 1), np.float32)
    reach = math.ceil(way_px / 2) + 1
    line = np.arange(-reach, reach + 1)
    x, y = line[None], -line[:, None]
    along, across = x * math.cos(angle_rad) + y * math.sin(angle_rad), y * math.cos(angle_rad) - x * math.sin(angle_rad)
    inside = np.clip(way_px / 2 + 0.5 - np.abs(along), 0, 1) * np.clip(1 - np.abs(across), 0, 1)
    return (inside / inside.sum()).astype(np.float32)


def sampled(
    picture: Float32[Tensor, "B C H W"], x: Float32[Tensor, "B H W"], y: Float32[Tensor, "B H W"]
) -> Float32[Tensor, "B C H W"]:
    """Return a picture at other places (pixels), bilinear; beyond the edge its edge goes on."""
    height, width = picture.shape[2:]
    x, y = x.clamp(0, width - 1), y.clamp(0, height - 1)
    i, j = x.floor().clamp(max=max(width - 2, 0)), y.floor().clamp(max=max(height - 2, 0))
    fx, fy = (x - i)[:, None], (y - j)[:, None]

    def at(row: Tensor, column: Tensor) -> Tensor:
        place: Int64[Tensor, "B 1 P"] = (row * width + column).long().reshape(len(picture), 1, -1)
        flat = picture.flatten(2).gather(2, place.expand(-1, picture.shape[1], -1))
        return flat.reshape(*picture.shape[:2], *x.shape[1:])

    right, below = (i + 1).clamp(max=width - 1), (j + 1).clamp(max=height - 1)
    upper = at(j, i) * (1 - fx) + at(j, right) * fx
    lower = at(below, i) * (1 - fx) + at(below, right) * fx
    return upper * (1 - fy) + lower * fy
