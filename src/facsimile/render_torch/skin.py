"""Skin of many pictures: each person's texture with the folds and the flush of each expression, side by side."""

from functools import lru_cache
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Float32, Int64
from torch import Tensor

from facsimile.face.appearance import Appearance
from facsimile.face.blood_flow import COARSE, flow_maps
from facsimile.face.lid_fold import shut_line_depth
from facsimile.face.rest import ATLAS_SIZE
from facsimile.face.skin import BLOOD_ABSORPTION
from facsimile.face.wrinkles import MAX_CAVITY, texels, unit_weights
from facsimile.facs.action_units import unit_index
from facsimile.render.textures import FACE_COLUMNS, FoldCache, WrinkleMaps, _shut_line_crop, skin_texture


class Atlas(NamedTuple):
    """Skin textures of B pictures in one list of texels; picture b owns ``height[b] * width[b]`` from ``first[b]``."""

    colour: Float32[Tensor, "T 4"]
    """Linear albedo and gloss."""
    relief: Float32[Tensor, "T 2"]
    """Height in slope units, and cavity."""
    first: Int64[Tensor, " B"]
    height: Int64[Tensor, " B"]
    width: Int64[Tensor, " B"]
    scale: Float32[Tensor, " B"]
    """Texels per texel of the full atlas."""


class SkinMaps:
    """Keep a person's bare skin and folds on a device; each level of detail and each fold is made when first used."""

    def __init__(self, appearance: Appearance, age_years: float, device: torch.device) -> None:
        self.style, self.age_years = appearance.wrinkles, age_years
        self._appearance, self._device = appearance, device
        self._levels: dict[int, tuple[Tensor, Tensor]] = {}
        self._folds: dict[int, FoldCache] = {}
        self._crops: dict[tuple[int, int, int], tuple[int, int, Tensor] | None] = {}

    def bare(self, level: int) -> tuple[Float32[Tensor, "h w 4"], Float32[Tensor, "h w 2"]]:
        """Return colour and relief at rest."""
        if level not in self._levels:
            texture = skin_texture(self._appearance, level)
            self._levels[level] = (self._moved(texture.colour), self._moved(texture.relief))
        return self._levels[level]

    def crop(self, code: int, side: int, level: int) -> tuple[int, int, Tensor] | None:
        """Return row, column and map [h,w,2] of a unit's folds; None where the person has none."""
        key = (code, side, level)
        if key not in self._crops:
            if level not in self._folds:
                self._folds[level] = FoldCache(WrinkleMaps(self.style, self.age_years), level)
            drawn = self._folds[level].crop(code, side)
            self._crops[key] = None if drawn is None else (*drawn[0], self._moved(drawn[1]))
        return self._crops[key]

    def folded(self, intensity: Float[np.ndarray, "A 2"], level: int) -> Float32[Tensor, "h w 2"]:
        """Return the relief of an expression; see ``render.textures.SkinTexture.with_wrinkles``."""
        relief = self.bare(level)[1].clone()
        for code, side, weight in unit_weights(intensity, self.style, self.age_years):
            drawn = self.crop(code, side, level)
            if drawn is not None:
                row, column, crop = drawn
                relief[row : row + crop.shape[0], column : column + crop.shape[1]] += float(weight) * crop
        relief[..., 1].clamp_(max=MAX_CAVITY)
        return relief

    def _moved(self, values: np.ndarray) -> Tensor:
        return torch.as_tensor(np.ascontiguousarray(values, np.float32), device=self._device)


def skin_atlas(
    maps: list[SkinMaps], levels: list[int], intensity: Float[np.ndarray, "B A 2"], device: torch.device
) -> Atlas:
    """Return the skin of each picture: whose (``maps`` [B]), at which level, with which nominal intensities 0-5."""
    colours = [m.bare(level)[0] for m, level in zip(maps, levels, strict=True)]
    reliefs = [m.folded(one, level) for m, level, one in zip(maps, levels, intensity, strict=True)]
    for level in sorted(set(levels)):
        rows = [row for row, one in enumerate(levels) if one == level]
        flush = np.array([maps[row].style.flush for row in rows], np.float32)
        flushed = _flushed(torch.stack([colours[row] for row in rows]), intensity[rows], flush, level)
        for row, colour in zip(rows, flushed, strict=True):
            colours[row] = colour
    height, width = (torch.tensor([colour.shape[axis] for colour in colours], device=device) for axis in (0, 1))
    return Atlas(
        torch.cat([colour.reshape(-1, 4) for colour in colours]),
        torch.cat([relief.reshape(-1, 2) for relief in reliefs]),
        (height * width).cumsum(0) - height * width,
        height,
        width,
        torch.tensor([0.5**level for level in levels], dtype=torch.float32, device=device),
    )


def _flushed(colour: Tensor, intensity: np.ndarray, flush: np.ndarray, level: int) -> Float32[Tensor, "B h w 4"]:
    """Return skin with flush, pallor and the line of shut lids; see ``SkinTexture.with_blood_flow``."""
    device = colour.device
    share = np.clip(np.nan_to_num(intensity.astype(np.float32), nan=0.0) / 5, 0, 1)
    first, after = (texels(column, level) for column in FACE_COLUMNS)
    flow, lines = _constants(level, device)
    change = torch.einsum("bas,ashw->bhw", torch.as_tensor(share * flush[:, None, None], device=device), flow)
    absorption = torch.as_tensor(np.asarray(BLOOD_ABSORPTION, np.float32), device=device)
    tint = torch.exp(-change[:, None] * absorption[:, None, None])
    size = (colour.shape[1], after - first)
    tint = torch.nn.functional.interpolate(tint, size=size, mode="bilinear", align_corners=False)
    factor = torch.ones_like(colour[..., :3])
    factor[:, :, first:after] = tint.movedim(1, -1)
    closed = intensity[:, unit_index(43)]
    depth = torch.tensor([[shut_line_depth(float(c)) for c in sides] for sides in closed], device=device)
    factor *= torch.exp(-torch.einsum("bs,shw->bhw", depth.float(), lines))[..., None]
    return torch.cat([colour[..., :3] * factor, colour[..., 3:]], -1)


@lru_cache(maxsize=4)
def _constants(level: int, device: torch.device) -> tuple[Float32[Tensor, "A 2 h w"], Float32[Tensor, "2 H W"]]:
    """Return the change of blood per unit on the face's columns, and the line of shut lids of each eye on a level."""
    flow = flow_maps()[..., FACE_COLUMNS[0] // COARSE : FACE_COLUMNS[1] // COARSE]
    lines = np.zeros((2, *(texels(side, level) for side in ATLAS_SIZE)), np.float32)
    for side in (0, 1):
        rows, columns, line = _shut_line_crop(level, side)
        lines[side, rows, columns] = line
    return torch.as_tensor(np.ascontiguousarray(flow), device=device), torch.as_tensor(lines, device=device)
