"""Lips that do not pass through each other, batched: what ``face.contact`` does to one head."""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Float32
from torch import Tensor

from facsimile.face.contact import (
    CELL,
    COLUMNS,
    FREE_OVERLAP,
    GENTLE_PASSES,
    HALF_WIDTH,
    MIDDLE_HALF_WIDTH,
    NARROW_PASSES,
    PART_GAIN,
    PART_PASSES,
    PART_TOLERANCE,
    PLAN_Z,
    REACH,
    ROWS,
    SMOOTH,
)
from facsimile.face.pack import MM_PER_UNIT
from facsimile.render_torch.ragged import cells_of_boxes
from facsimile.render_torch.template import Template

EDGE = 1e-9
"""A cell this far outside a triangle, in barycentric coordinates, still belongs to it."""


class Plans(NamedTuple):
    """Heights [B,columns,rows] f64 of the lips seen from above (dm)."""

    floor: Tensor
    """Lowest of the upper lip; inf where there is none."""
    roof: Tensor
    """Highest of the lower lip; -inf where there is none."""


def plans_of(vertices: Float32[Tensor, "B V 3"], template: Template) -> Plans:
    """Return both lips' plans."""
    return Plans(-_highest(vertices, template.lip_upper, -1.0), _highest(vertices, template.lip_lower, 1.0))


def _highest(vertices: Float32[Tensor, "B V 3"], triangles: Tensor, sign: float) -> Tensor:
    """Return the largest ``sign * y`` over each cell of the plan, -inf where no triangle is."""
    corners = vertices[:, triangles].double()
    x, z = (corners[..., 0] + HALF_WIDTH) / CELL, (corners[..., 2] - PLAN_Z[0]) / CELL
    left, back = (torch.ceil(v.amin(-1) - 0.5).clamp(min=0).long().reshape(-1) for v in (x, z))
    right, front = (
        torch.floor(v.amax(-1) - 0.5).clamp(max=last - 1).long().reshape(-1) for v, last in ((x, COLUMNS), (z, ROWS))
    )
    area = (x[..., 1] - x[..., 0]) * (z[..., 2] - z[..., 0]) - (x[..., 2] - x[..., 0]) * (z[..., 1] - z[..., 0])
    right = torch.where(area.reshape(-1).abs() < 1e-12, left - 1, right)
    owner, column, row = cells_of_boxes(left, right, back, front)
    (x0, x1, x2), (z0, z1, z2) = (v.reshape(-1, 3)[owner].unbind(1) for v in (x, z))
    share, px, pz = 1 / area.reshape(-1)[owner], column + 0.5, row + 0.5
    b = ((px - x0) * (z2 - z0) - (x2 - x0) * (pz - z0)) * share
    c = ((x1 - x0) * (pz - z0) - (px - x0) * (z1 - z0)) * share
    y0, y1, y2 = corners[..., 1].reshape(-1, 3)[owner].unbind(1)
    height = sign * ((1 - b - c) * y0 + b * y1 + c * y2)
    inside = (b >= -EDGE) & (c >= -EDGE) & (b + c <= 1 + EDGE)
    batch = torch.div(owner, len(triangles), rounding_mode="floor")
    cell = (batch * COLUMNS + column) * ROWS + row
    plan = torch.full((len(vertices) * COLUMNS * ROWS,), -torch.inf, dtype=torch.float64, device=vertices.device)
    plan.scatter_reduce_(0, cell[inside], height[inside], "amax")
    return plan.reshape(-1, COLUMNS, ROWS)


def lip_overlap(vertices: Float32[Tensor, "B V 3"], template: Template) -> Float[Tensor, "B C"]:
    """Return how deep (dm) the lips overlap at each column; see ``contact.lip_overlap``."""
    floor, roof = plans_of(vertices, template)
    depth = roof - floor
    return torch.where(depth.isfinite(), depth, 0).amax(2).clamp(min=0)


def mouth_opening_mm(vertices: Float32[Tensor, "B V 3"], template: Template) -> Float[Tensor, " B"]:
    """Return the height of the mouth opening at its middle; see ``contact.mouth_opening_mm``."""
    floor, roof = plans_of(vertices, template)
    between = (floor - roof)[:, template.lip_columns.abs() < MIDDLE_HALF_WIDTH]
    narrow = torch.where(between.isfinite(), between, torch.inf).amin(2)
    ordered, half = narrow.sort(1).values, narrow.shape[1] // 2
    middle = ordered[:, half] if narrow.shape[1] % 2 else (ordered[:, half - 1] + ordered[:, half]) / 2
    points = template.landmarks.at(vertices)
    gap = (points[:, 62, 1] - points[:, 66, 1]).clamp(min=0) * MM_PER_UNIT
    return torch.minimum(middle * MM_PER_UNIT, gap.double()).clamp(min=0)


def part_lips(vertices: Float32[Tensor, "B V 3"], chosen: Bool[Tensor, " B"], template: Template) -> None:
    """Move lips of the chosen heads that overlap too much apart, in place; see ``contact.part_lips``."""
    left = chosen.nonzero()[:, 0]
    for number in range(PART_PASSES):
        if not len(left):
            return
        excess = (lip_overlap(vertices[left], template) - FREE_OVERLAP).clamp(min=0)
        still = excess.amax(1) >= PART_TOLERANCE
        left, excess = left[still], excess[still]
        if len(left):
            _give_way(vertices, left, _spread(excess, number), template, number)


def _spread(excess: Float[Tensor, "B C"], number: int) -> Float[Tensor, "B C"]:
    """Return how much each column gives way in pass ``number``."""
    if number >= NARROW_PASSES:
        return torch.stack([excess.roll(step, 1) for step in range(-REACH, REACH + 1)]).amax(0)
    kernel = torch.as_tensor(SMOOTH, device=excess.device)[None, None]
    return torch.maximum(excess, torch.nn.functional.conv1d(excess[:, None], kernel, padding=1)[:, 0])


def _give_way(vertices: Tensor, rows: Tensor, spread: Tensor, template: Template, number: int) -> None:
    skin = template.lip_skin
    place = (vertices[rows][:, skin, 0].double() - template.lip_columns[0]) / CELL
    place = place.clamp(0, COLUMNS - 1)
    low = place.floor().clamp(max=COLUMNS - 2).long()
    share = place - low
    half = (spread.gather(1, low) * (1 - share) + spread.gather(1, low + 1) * share) * (PART_GAIN / 2)
    follow = template.lip_gentle if number < GENTLE_PASSES else template.lip_firm
    lifted = vertices[rows]
    lifted[:, skin, 1] += (half * follow).float()
    vertices[rows] = lifted
