"""Exact labels of many pictures: what ``render.labels`` and ``render.performance`` say of one."""

from collections.abc import Iterable

import numpy as np
import torch
from jaxtyping import Bool, Float, Float32, Int32
from torch import Tensor

from facsimile.face.pack import MM_PER_UNIT
from facsimile.facs.action_units import LABEL_UNITS, UNITS, unit_index
from facsimile.facs.controllers import controller_index
from facsimile.facs.expression import MAX_INTENSITY
from facsimile.render.labels import (
    _RIGHT_LEFT,
    CLOSURE_LEVELS,
    FAR_SIDE_YAW_RAD,
    FULL_LIP_GAP_MM,
    JAW_DROP_LIMIT,
    SEEN_SHARE,
)
from facsimile.render.labels import landmark_visibility as landmark_visibility_of_one
from facsimile.render.raster import GBuffer
from facsimile.render_torch.ragged import interpolated
from facsimile.render_torch.template import Template


def landmark_visibility(
    points: Float32[Tensor, "B 70 3"],
    hiding: Float32[Tensor, "B Y X"],
    surface: Int32[Tensor, "B Y X"],
    *,
    frame_dm: list[float],
) -> Bool[Tensor, "B 70"]:
    """Tell which landmarks (pixel x, y, depth) cameras see: the CPU engine's rule itself, picture by picture.

    ``hiding`` and ``surface`` have 2x2 samples per pixel; the first is the depth of what can hide a landmark.
    """
    size, arrays = hiding.shape[1] // 2, [values.cpu().numpy() for values in (points, hiding, surface)]
    rows = [
        landmark_visibility_of_one(own, GBuffer(depth, seen, depth, depth), size=size, frame_dm=frame)
        for own, depth, seen, frame in zip(*arrays, frame_dm, strict=True)
    ]
    return torch.as_tensor(np.stack(rows), device=points.device)


def unit_visibility(landmark_visible: Bool[Tensor, "B 70"], yaw_rad: Float[Tensor, " B"]) -> Bool[Tensor, "B A 2"]:
    """Tell which units can be seen on which side; see ``render.labels.unit_visibility``."""

    def half_seen(points: Iterable[int]) -> Tensor:
        return landmark_visible[:, list(points)].float().mean(1) >= SEEN_SHARE

    of_region = {
        region: torch.stack([half_seen(left), half_seen(right)], 1) for region, (right, left) in _RIGHT_LEFT.items()
    }
    seen = torch.stack([of_region[UNITS[code].region] for code in LABEL_UNITS], 1)
    turned, far = yaw_rad.abs() > FAR_SIDE_YAW_RAD, torch.where(yaw_rad > 0, 0, 1)
    is_far = torch.arange(2, device=far.device) == far[:, None]
    seen = seen & ~(turned[:, None] & is_far)[:, None]
    is_sided = torch.tensor([UNITS[code].is_sided for code in LABEL_UNITS], device=seen.device)[:, None]
    return torch.where(is_sided, seen, seen.any(-1, keepdim=True))


def lid_apertures_mm(vertices: Float32[Tensor, "B V 3"], template: Template) -> Float32[Tensor, "B 2"]:
    """Return the mean heights of the eye openings; see ``face.landmarks.lid_aperture_mm``."""
    points = template.landmarks.at(vertices)[..., 1]
    upper, lower = points[:, [[43, 44], [37, 38]]], points[:, [[47, 46], [41, 40]]]
    return (upper - lower).mean(-1).clamp(min=0) * MM_PER_UNIT


def measured_intensity(
    nominal: Float32[Tensor, "B A 2"],
    controllers: Float32[Tensor, "B R"],
    *,
    lip_opening_mm: Float[Tensor, " B"],
    lid_closure: Float32[Tensor, "B 2"],
) -> Float32[Tensor, "B A 2"]:
    """Return label intensities, those of lips, jaw and lids as measured; see ``render.labels.measured_intensity``."""
    intensity = nominal.nan_to_num().clone()
    intensity[:, unit_index(25)] = (MAX_INTENSITY * (lip_opening_mm / FULL_LIP_GAP_MM).clamp(0, 1)).float()[:, None]
    jaw = controllers[:, controller_index("jawOpen")].double()
    stretched = jaw > JAW_DROP_LIMIT + 1e-6
    dropped, wide = MAX_INTENSITY * jaw / JAW_DROP_LIMIT, MAX_INTENSITY * (jaw - JAW_DROP_LIMIT) / (1 - JAW_DROP_LIMIT)
    intensity[:, unit_index(26)] = torch.where(stretched, 0, dropped).float()[:, None]
    intensity[:, unit_index(27)] = torch.where(stretched, wide, 0).float()[:, None]
    levels = torch.as_tensor(np.array(CLOSURE_LEVELS, np.float32), device=nominal.device).expand(len(nominal), -1)
    marks = torch.arange(len(CLOSURE_LEVELS), device=nominal.device).float().expand(len(nominal), -1)
    intensity[:, unit_index(43)] = interpolated(lid_closure, levels, marks)
    return intensity.clamp(0, MAX_INTENSITY)
