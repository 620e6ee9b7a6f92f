"""Controllers to shape weights, batched: what ``face.correctives`` does to one expression."""

import torch
from jaxtyping import Float, Float32
from torch import Tensor

from facsimile.face.correctives import (
    LID_DOWN_RAD,
    LID_FOLLOW,
    LID_FOLLOW_MAX,
    LID_SIDE_RAD,
    LID_UP_RAD,
    LIP_BUDGET_MAX,
    LIP_ROLLS,
    LIP_ROUNDERS,
    TEETH_JAW,
    TEETH_PART,
    TONGUE_JAW,
)
from facsimile.facs.controllers import CONTROLLERS, UNSIDED_STEMS

SIDES = ("Left", "Right")
Columns = dict[str, Tensor]


def shape_weights(
    controllers: Float[Tensor, "B R"], gaze_rad: Float[Tensor, "B 2 2"], names: tuple[str, ...]
) -> Float32[Tensor, "B S"]:
    """Return the weights of the shapes ``names``; see ``face.correctives.shape_weights``."""
    values = controllers.double().nan_to_num().clamp(0, 1)
    weights: Columns = dict(zip(CONTROLLERS, values.unbind(1), strict=True))
    for both in UNSIDED_STEMS:
        value = weights.pop(both)
        for side in SIDES:
            weights[both + side] = (weights[both + side] + value).clamp(max=1)
    weights["jawOpen"] = torch.maximum(weights["jawOpen"], TONGUE_JAW * weights["tongueOut"])
    weights["mouthClose"] = torch.minimum(weights["mouthClose"], weights["jawOpen"])
    _share_lips(weights)
    for index, side in enumerate(SIDES):
        _show_teeth(weights, side)
        _follow_gaze(weights, side, gaze_rad[:, index].double())
    return torch.stack([weights[name] for name in names], 1).float()


def _share_lips(weights: Columns) -> None:
    middle = torch.stack([weights[name] for name in LIP_ROLLS]).amax(0) + weights["lipTighten"]
    rounding = torch.stack([sum((weights[name + side] for name in LIP_ROUNDERS), middle * 0) for side in SIDES])
    scale = LIP_BUDGET_MAX / (middle + rounding.amax(0)).clamp(min=LIP_BUDGET_MAX)
    for name in (*LIP_ROLLS, "lipTighten", *(name + side for name in LIP_ROUNDERS for side in SIDES)):
        weights[name] = weights[name] * scale


def _show_teeth(weights: Columns, side: str) -> None:
    parted = torch.maximum(weights["lipsPart"] / TEETH_PART, weights["jawOpen"] / TEETH_JAW).clamp(max=1)
    weights[f"smileParted{side}"] = weights[f"mouthSmile{side}"] * parted


def _follow_gaze(weights: Columns, side: str, gaze: Float[Tensor, "B 2"]) -> None:
    yaw, pitch = gaze.unbind(1)
    outward = yaw if side == "Left" else -yaw
    for direction, angle, unit in (
        ("Down", -pitch, LID_DOWN_RAD),
        ("Up", pitch, LID_UP_RAD),
        ("Out", outward, LID_SIDE_RAD),
        ("In", -outward, LID_SIDE_RAD),
    ):
        weights[f"eyeLook{direction}{side}"] = (LID_FOLLOW * angle / unit).clamp(0, LID_FOLLOW_MAX)
