"""Ambient occlusion of many pictures: what ``render.occlusion`` does to one."""

import numpy as np
import torch
from jaxtyping import Float32
from torch import Tensor

from facsimile.render.occlusion import (
    BLUR_DEPTH,
    DARKEST,
    FAR_RADIUS_DM,
    NEAR_RADIUS_DM,
    SLOPE_FREE,
    turned_taps,
)
from facsimile.render.raster import FAR
from facsimile.render.strand_raster import HAIR_SHADE, NEAR_HAIR_DM
from facsimile.render_torch.light import turn_numbers


def ambient_occlusion(depth: Float32[Tensor, "B H W"], px_per_dm: list[float]) -> Float32[Tensor, "B H W"]:
    """Return the visible part of the sky, DARKEST..1, of depth maps (dm)."""
    rows, columns = _grid(depth)
    turn = turn_numbers(columns, rows)
    small, large = (
        _hidden_part(depth, turn, [turned_taps(scale * radius, scale, shift) for scale in px_per_dm])
        for radius, shift in ((NEAR_RADIUS_DM, 0.0), (FAR_RADIUS_DM, 1.0))
    )
    opened = (1 - small * 0.95) * (1 - large * 0.95).clamp(min=0.01).sqrt()
    raw = torch.where(depth < FAR, opened.clamp(min=DARKEST), 1)
    return _smoothed(raw, depth)


def _grid(depth: Tensor) -> tuple[Tensor, Tensor]:
    height, width = depth.shape[1:]
    lines = (torch.arange(side, device=depth.device) for side in (height, width))
    rows, columns = torch.meshgrid(*lines, indexing="ij")
    return rows, columns


def _hidden_part(depth: Tensor, turn: Tensor, taps: list[tuple[np.ndarray, ...]]) -> Float32[Tensor, "B H W"]:
    """Return the mean occlusion of opposite tap pairs; see ``render.occlusion.hidden_part``."""
    height, width = depth.shape[1:]
    rows, columns = _grid(depth)
    flat = depth.reshape(len(depth), -1)
    across, down, reach = (
        torch.as_tensor(np.stack(part), device=depth.device)[:, turn] for part in zip(*taps, strict=True)
    )
    hidden = torch.zeros_like(depth)
    for tap in range(across.shape[-1]):
        dx, dy, way = across[..., tap].long(), down[..., tap].long(), reach[..., tap]
        inside = (columns >= dx.abs()) & (columns + dx.abs() < width) & (rows >= dy.abs()) & (rows + dy.abs() < height)
        slopes = torch.zeros_like(depth)
        for sign in (1, -1):
            place = (rows + sign * dy).clamp(0, height - 1) * width + (columns + sign * dx).clamp(0, width - 1)
            there = flat.gather(1, place.reshape(len(depth), -1)).reshape(depth.shape)
            slopes = slopes + ((depth - there) / way).clamp(-3, 3)
        hidden = hidden + torch.where(inside, ((slopes - SLOPE_FREE) * 0.55).clamp(0, 1), 0)
    return hidden / across.shape[-1]


def _smoothed(raw: Tensor, depth: Tensor) -> Tensor:
    """Return the mean over neighbours of like depth; the background stays open."""
    height, width = depth.shape[1:]
    nothing = torch.nn.functional.pad(depth, (1, 1, 1, 1), value=torch.inf)
    values = torch.nn.functional.pad(raw, (1, 1, 1, 1))
    total, count = torch.zeros_like(raw), torch.zeros_like(raw)
    for j in range(3):
        for i in range(3):
            window = (slice(None), slice(j, j + height), slice(i, i + width))
            like = (nothing[window] - depth).abs() < BLUR_DEPTH
            total, count = total + torch.where(like, values[window], 0), count + like
    return torch.where(depth < FAR, total / count.clamp(min=1), 1)


def shade_under_hair(passed: Float32[Tensor, "B H W"], px_per_dm: list[float]) -> Float32[Tensor, "B H W"]:
    """Return the factor on the occlusion under and near hair; ``passed`` is the light between the strands."""
    factor = torch.empty_like(passed)
    reaches = [round(NEAR_HAIR_DM * scale) for scale in px_per_dm]
    for reach in sorted(set(reaches)):
        rows = [row for row, one in enumerate(reaches) if one == reach]
        padded = torch.nn.functional.pad(passed[rows][:, None], (reach,) * 4, mode="replicate")
        factor[rows] = torch.nn.functional.avg_pool2d(padded, 2 * reach + 1, 1)[:, 0]
    return (1 - HAIR_SHADE) + HAIR_SHADE * factor
