"""What is solid on a person and in which order it is drawn: head, teeth where lips part, clothes below the collar."""

import numpy as np
import torch
from jaxtyping import Bool, Float32
from torch import Tensor

from facsimile.face.appearance import Appearance
from facsimile.render.visibility import below_neckline, outside_clothes
from facsimile.render_torch.raster import Drawing
from facsimile.render_torch.template import Template


def keep_of(appearance: Appearance, template: Template) -> Float32[Tensor, "T 3"]:
    """Return what a person's collar leaves of each triangle: negative where skin is dressed, or cloth is cut away."""
    device = template.drawn.device
    below = torch.as_tensor(below_neckline(appearance), device=device)
    outside = torch.as_tensor(np.asarray(outside_clothes(below_neckline(appearance))), device=device)
    is_head, is_tooth = template.one_sided[:, None], template.is_tooth[:, None]
    keep = torch.where(is_head, outside[template.drawn], below[template.drawn])
    return torch.where(is_tooth, torch.ones_like(keep), keep)


def solids(keep: Float32[Tensor, "B T 3"], shows_teeth: Bool[Tensor, " B"], template: Template) -> Drawing:
    """Return what to draw of each head; ``keep`` [B,T,3] as ``keep_of`` says of the person in each picture."""
    is_drawn = shows_teeth[:, None] | ~template.is_tooth
    triangles = template.drawn.expand(len(keep), -1, -1)
    return Drawing(triangles, template.surface.int(), template.one_sided, is_drawn, keep)
