"""Teeth and tongue of many heads, and the opening of their lips: what ``face.mouth`` does to one."""

import torch
from jaxtyping import Float, Float32
from torch import Tensor

from facsimile.face.mouth import (
    COVERED_GAP_DM,
    CREASE_LOSS,
    CREASE_RANGE,
    INNER_LIPS,
    LARGEST_TILT,
    LEAST_HALF_HEIGHT_DM,
    LIP_THICKNESS_DM,
    ROLL_FREE_DM,
    ROLL_GAIN,
    SKIN_THICKNESS_DM,
    TONGUE_ARCH_DM,
    TONGUE_CLEARANCE_DM,
    TONGUE_FLATTENING,
    TONGUE_FRONT_DM,
    TONGUE_FULLY_OUT,
    TONGUE_PAST_LIP_DM,
    TONGUE_ROUNDING_DM,
    TONGUE_SAG,
)
from facsimile.render_torch.ragged import interpolated, where_rows
from facsimile.render_torch.template import Template


def moved_teeth(
    placed: Float32[Tensor, "B D 3"],
    neutral: Float32[Tensor, "B V 3"],
    posed: Float32[Tensor, "B V 3"],
    template: Template,
) -> Float32[Tensor, "B D 3"]:
    """Return teeth where expressions take them; see ``face.mouth.moved_teeth``."""
    split = template.num_upper_teeth
    moved = []
    for strip, teeth in zip(template.strips, (placed[:, :split], placed[:, split:]), strict=True):
        matrix, shift = _affine_between(neutral[:, strip], posed[:, strip])
        moved.append(teeth @ matrix + shift[:, None])
    upper_lip, lower_lip = _inner_lips(posed, template)[:, :2].unbind(1)
    closed = (1 - (upper_lip[:, 1] - lower_lip[:, 1]) / COVERED_GAP_DM).clamp(0, 1)
    before_upper = upper_lip[:, 2] + closed * (lower_lip[:, 2] - upper_lip[:, 2]).clamp(max=0)
    rolled = (_inner_lips(neutral, template)[:, 0, 2] - upper_lip[:, 2] - ROLL_FREE_DM).clamp(min=0)
    for lip_z, teeth in zip((before_upper, lower_lip[:, 2]), moved, strict=True):
        back = (teeth[..., 2].amax(1) - lip_z + LIP_THICKNESS_DM).clamp(min=0) + ROLL_GAIN * rolled
        teeth[..., 2] -= back[:, None]
    _keep_behind_skin(moved[1], template.skin_below_lip.at(posed))
    return torch.cat(moved, 1)


def _inner_lips(vertices: Tensor, template: Template) -> Float32[Tensor, "B 4 3"]:
    return template.landmarks.at(vertices)[:, list(INNER_LIPS)]


def _affine_between(before: Tensor, after: Tensor) -> tuple[Float32[Tensor, "B 3 3"], Float32[Tensor, "B 3"]]:
    """Return the least-squares matrices and shifts with ``after`` = ``before`` @ matrix + shift."""
    mean_before, mean_after = before.mean(1), after.mean(1)
    centred = (before - mean_before[:, None]).double()
    moments = centred.mT @ (after - mean_after[:, None]).double()
    matrix = torch.linalg.solve(centred.mT @ centred, moments).float()
    return matrix, mean_after - (mean_before[:, None] @ matrix)[:, 0]


def _keep_behind_skin(gums: Tensor, skin: Tensor) -> None:
    """Move what lies below the first place of ``skin`` back behind it, in place."""
    upward = skin.flip(1)
    limit = interpolated(gums[..., 1], upward[..., 1], upward[..., 2]) - SKIN_THICKNESS_DM
    below = gums[..., 1] < skin[:, :1, 1]
    gums[..., 2] = torch.where(below, torch.minimum(gums[..., 2], limit), gums[..., 2])


def rest_tongue_on_lip(
    vertices: Float32[Tensor, "B V 3"], out: Float32[Tensor, " B"], template: Template
) -> Float32[Tensor, "B V 3"]:
    """Return heads whose tongues, put ``out`` 0-1, lie on the lower lip; see ``face.mouth.rest_tongue_on_lip``."""
    top, bottom = _inner_lips(vertices, template)[:, :2].double().unbind(1)
    bottom_y, bottom_z = bottom[:, 1:2], bottom[:, 2:3]
    x, y, z = vertices[:, template.tongue].double().unbind(-1)
    out = out.double()[:, None]
    tip = z.amax(1, keepdim=True)
    side = ((x - x.mean(1, keepdim=True)) / (x.abs().amax(1, keepdim=True) + 1e-6)).square()
    push = (bottom_z + TONGUE_PAST_LIP_DM * out - tip).clamp(min=0)
    z = z + push * _smooth_step((z - tip + TONGUE_FRONT_DM) / TONGUE_FRONT_DM)
    z = z - TONGUE_ROUNDING_DM * side * _smooth_step((z - bottom_z + TONGUE_FRONT_DM) / 0.2)
    on_lip = z > bottom_z - TONGUE_FRONT_DM / 3
    floor = torch.where(on_lip, y, torch.inf).amin(1, keepdim=True)
    ceiling = torch.where(on_lip, y, -torch.inf).amax(1, keepdim=True)
    flat = ((top[:, 1:2] - bottom_y) / (ceiling - floor + 1e-6)).clamp(*TONGUE_FLATTENING)
    lifted = bottom_y + TONGUE_CLEARANCE_DM + (y - floor) * flat
    lifted = lifted - TONGUE_SAG * (z - bottom_z).clamp(min=0) - TONGUE_ARCH_DM * side
    front = _smooth_step((z - bottom_z + TONGUE_FRONT_DM) / (0.8 * TONGUE_FRONT_DM))
    y = y + (lifted - y) * front * (out / TONGUE_FULLY_OUT).clamp(max=1)
    moved = vertices.clone()
    moved[:, template.tongue] = torch.stack([x, y, z], -1).float()
    return where_rows(out[:, 0] > 0, moved, vertices)


def _smooth_step(value: Tensor) -> Tensor:
    step = value.clamp(0, 1)
    return step * step * (3 - 2 * step)


def lip_crease(
    neutral: Float32[Tensor, "B V 3"], posed: Float32[Tensor, "B V 3"], template: Template
) -> Float[Tensor, " B"]:
    """Return how deep the lips' upright creases are against rest; see ``face.mouth.lip_crease``."""
    before, after = (
        (corners[:, 2] - corners[:, 3]).square().sum(1).sqrt()
        for corners in (_inner_lips(vertices, template) for vertices in (neutral, posed))
    )
    return (1 - CREASE_LOSS * (after / before - 1)).clamp(*CREASE_RANGE)


def mouth_window(vertices: Float32[Tensor, "B V 3"], template: Template) -> Float32[Tensor, "B 5 3"]:
    """Return the opening between the lips; see ``face.mouth.mouth_window``."""
    top, bottom, left, right = _inner_lips(vertices, template).unbind(1)
    half_width, rise = (left - right) / 2, top - bottom
    least = torch.tensor([0, 2 * LEAST_HALF_HEIGHT_DM, 0], device=vertices.device)
    rise = torch.where(rise[:, 1:2] < 2 * LEAST_HALF_HEIGHT_DM, least, rise)
    tilt = LARGEST_TILT * rise[:, 1]
    rise = torch.stack([rise[:, 0], rise[:, 1], torch.minimum(torch.maximum(rise[:, 2], -tilt), tilt)], 1)
    height = rise.norm(dim=1, keepdim=True) / 2
    inwards = torch.linalg.cross(rise, half_width)
    inwards = inwards / (inwards.norm(dim=1, keepdim=True) + 1e-9)
    up = torch.linalg.cross(half_width, inwards)
    up = up / (up.norm(dim=1, keepdim=True) + 1e-9)
    centre = (top + bottom) / 2
    bend = (((left + right) / 2 - centre) * up).sum(1, keepdim=True) / height
    bend_row = torch.cat([bend, torch.zeros_like(rise[:, :2])], 1)
    return torch.stack([centre, half_width, up * height, inwards, bend_row], 1)
