"""Colours of people on a device, stacked, and how they are looked up for samples."""

from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float32
from torch import Tensor

from facsimile.face.appearance import Appearance


class Look(NamedTuple):
    """Colours of people [P,...], linear RGB; see ``render.shading.Paint``."""

    roughness: Float32[Tensor, " P"]
    lip_colour: Float32[Tensor, "P 3"]
    lip_strength: Float32[Tensor, " P"]
    sclera: Float32[Tensor, "P 3"]
    iris_outer: Float32[Tensor, "P 3"]
    iris_inner: Float32[Tensor, "P 3"]
    iris_radius: Float32[Tensor, " P"]
    pupil_radius: Float32[Tensor, " P"]
    redness: Float32[Tensor, " P"]
    teeth: Float32[Tensor, "P 3"]
    tooth_shade: Float32[Tensor, "P 28"]
    gum: Float32[Tensor, "P 3"]
    clothes: Float32[Tensor, "P 2 3"]
    """Colours of the cloth and of its pattern."""
    cloth_pattern: Float32[Tensor, "P 2"]
    """Pattern and its size (dm)."""

    def of(self, rows: Tensor) -> "Look":
        """Return the colours of some people, or of samples' people."""
        return Look(*(field[rows] for field in self))


def look_of(appearances: list[Appearance], device: torch.device) -> Look:
    """Stack people's colours."""

    def stacked(values: list) -> Tensor:
        return torch.as_tensor(np.stack([np.asarray(value, np.float32) for value in values]), device=device)

    eyes, teeth, garments = ([getattr(a, name) for a in appearances] for name in ("eyes", "teeth", "garment"))
    names = (("roughness", "lip_colour", "lip_strength"), Look._fields[3:9], ("colour", "shade", "gum_colour"))
    columns = [
        stacked([getattr(one, name) for one in people])
        for people, wanted in zip((appearances, eyes, teeth), names, strict=True)
        for name in wanted
    ]
    clothes = stacked([np.stack([g.colour, g.second]) for g in garments])
    return Look._make([*columns, clothes, stacked([(g.pattern, g.scale) for g in garments])])
