"""What JPEG does to pictures, batched: 4:2:0 colour, 8x8 cosine transform, rounding by a quality per picture.

The steps of libjpeg (ITU-T T.81) as OpenCV calls it, in floating point: bytes differ from a real file's by about one
level where its integer arithmetic rounds otherwise.
"""

import math

import numpy as np
import torch
from jaxtyping import Float32
from torch import Tensor

LUMINANCE = np.array(
    [
        (16, 11, 10, 16, 24, 40, 51, 61),
        (12, 12, 14, 19, 26, 58, 60, 55),
        (14, 13, 16, 24, 40, 57, 69, 56),
        (14, 17, 22, 29, 51, 87, 80, 62),
        (18, 22, 37, 56, 68, 109, 103, 77),
        (24, 35, 55, 64, 81, 104, 113, 92),
        (49, 64, 78, 87, 103, 121, 120, 101),
        (72, 92, 95, 98, 112, 100, 103, 99),
    ]
)
"""ITU-T T.81, table K.1."""
CHROMINANCE = np.full((8, 8), 99)
CHROMINANCE[:4, :4] = ((17, 18, 24, 47), (18, 21, 26, 66), (24, 26, 56, 99), (47, 66, 99, 99))
"""ITU-T T.81, table K.2."""
YCC = np.array([(0.299, 0.587, 0.114), (-0.168735892, -0.331264108, 0.5), (0.5, -0.418687589, -0.081312411)])
"""JFIF 1.02: luminance and colour differences of red, green, blue."""


def quantised(table: np.ndarray, quality: int) -> np.ndarray:
    """Return a table for a quality of 1-100, as libjpeg scales it."""
    scale = 5000 // quality if quality < 50 else 200 - 2 * quality
    return np.clip((table * scale + 50) // 100, 1, 255)


def compressed(pictures: Float32[Tensor, "B 3 H W"], qualities: list[int]) -> Float32[Tensor, "B 3 H W"]:
    """Return pictures of whole numbers 0-255 after one round through JPEG; a quality of 0 leaves one as it is."""
    rows = [row for row, quality in enumerate(qualities) if quality]
    if not rows:
        return pictures
    chosen, device = pictures[rows], pictures.device
    height, width = chosen.shape[2:]
    padded = torch.nn.functional.pad(chosen, (0, -width % 16, 0, -height % 16), mode="replicate")
    to_ycc = torch.as_tensor(YCC, dtype=torch.float32, device=device)
    ycc = torch.einsum("yc,bchw->byhw", to_ycc, padded).round()
    tables = [
        torch.as_tensor(np.stack([quantised(table, qualities[row]) for row in rows]), device=device).float()
        for table in (LUMINANCE, CHROMINANCE)
    ]
    bright = _rounded_waves(ycc[:, :1] - 128, tables[0]) + 128
    halves = torch.arange(padded.shape[3] // 2, device=device) % 2 * 0.25 + 0.25
    colour = (torch.nn.functional.avg_pool2d(ycc[:, 1:], 2) + halves).floor()
    colour = _fancy(_rounded_waves(colour, tables[1]))
    back = torch.cat([bright, colour], 1).clamp(-128, 255)
    rgb = torch.einsum("cy,byhw->bchw", torch.linalg.inv(to_ycc.double()).float(), back).round().clamp(0, 255)
    out = pictures.clone()
    out[rows] = rgb[:, :, :height, :width]
    return out


def _waves(device: torch.device) -> Float32[Tensor, "8 8"]:
    """Return the orthonormal cosine transform of eight numbers."""
    k, n = np.arange(8)[:, None], np.arange(8)[None]
    basis = np.cos((2 * n + 1) * k * math.pi / 16) * np.where(k == 0, math.sqrt(1 / 8), 0.5)
    return torch.as_tensor(basis, dtype=torch.float32, device=device)


def _rounded_waves(planes: Float32[Tensor, "B C H W"], table: Float32[Tensor, "B 8 8"]) -> Float32[Tensor, "B C H W"]:
    """Round the waves of each 8x8 block to whole steps of the table."""
    num, channels, height, width = planes.shape
    waves, steps = _waves(planes.device), table[:, None, None, None]
    tiles = planes.reshape(num, channels, height // 8, 8, width // 8, 8).movedim(3, 4)
    rounded = (waves @ tiles @ waves.T / steps).round() * steps
    low, high = (-128, 127)
    tiles = (waves.T @ rounded @ waves).round().clamp(low, high)
    return tiles.movedim(4, 3).reshape(planes.shape)


def _fancy(planes: Float32[Tensor, "B C h w"]) -> Float32[Tensor, "B C H W"]:
    """Double the size with weights 3/4 and 1/4, as libjpeg does."""
    for axis in (2, 3):
        length = planes.shape[axis]
        before = torch.cat([planes.narrow(axis, 0, 1), planes.narrow(axis, 0, length - 1)], axis)
        after = torch.cat([planes.narrow(axis, 1, length - 1), planes.narrow(axis, length - 1, 1)], axis)
        pair = torch.stack([0.75 * planes + 0.25 * before, 0.75 * planes + 0.25 * after], axis + 1)
        planes = pair.flatten(axis, axis + 1)
    return planes.round()
