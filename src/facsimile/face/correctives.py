"""Turn controllers into weights of the rig's shapes: what happens when units meet."""

import numpy as np
from jaxtyping import Float

from facsimile.facs.controllers import CONTROLLERS, UNSIDED_STEMS
from facsimile.facs.expression import Expression

LID_DOWN_RAD, LID_UP_RAD, LID_SIDE_RAD = 0.199, 0.172, 0.265
"""Turn of the eyeball in the pack's eyeLookDown, eyeLookUp and eyeLookIn/Out: lids follow in proportion."""
LID_FOLLOW, LID_FOLLOW_MAX = 0.7, 1.4
"""Lids make this part of that motion and stop at this weight: a look straight down still shows the iris."""
TEETH_JAW = 0.4
"""Jaw opening at which a smile shows the upper teeth fully."""
TEETH_PART = 0.7
"""Parting of the lips at which it does."""
LIP_BUDGET_MAX = 1.3
"""Pucker, funnel, tightening and the larger of the two rolls together weigh at most this: lips do one thing."""
LIP_ROLLS = ("mouthRollLower", "mouthRollUpper", "lipBite")
LIP_ROUNDERS = ("mouthFunnel", "mouthPucker")
TONGUE_JAW = 0.22
"""A tongue put out opens the jaw at least this far: it would pass through the lower lip."""

Weights = dict[str, float]


def shape_weights(expression: Expression) -> Weights:
    """Return the weight of each shape by name; zero weights are left out.

    ``browInnerUp`` and ``cheekPuff`` add to both of their sides, up to 1. ``mouthClose`` never exceeds
    ``jawOpen``. ``eyeLook*`` controllers are derived values: the lids follow ``gaze_rad``.
    """
    values = np.clip(np.nan_to_num(np.asarray(expression.controllers, np.float64)), 0, 1)
    weights: Weights = dict(zip(CONTROLLERS, (float(value) for value in values), strict=True))
    for both in UNSIDED_STEMS:
        value = weights.pop(both)
        for side in ("Left", "Right"):
            weights[both + side] = min(weights[both + side] + value, 1.0)
    weights["jawOpen"] = max(weights["jawOpen"], TONGUE_JAW * weights["tongueOut"])
    weights["mouthClose"] = min(weights["mouthClose"], weights["jawOpen"])
    _share_lips(weights)
    for index, side in enumerate(("Left", "Right")):
        _show_teeth(weights, side)
        _follow_gaze(weights, side, expression.gaze_rad[index])
    return {name: weight for name, weight in weights.items() if weight}


def _share_lips(weights: Weights) -> None:
    middle = max(weights[name] for name in LIP_ROLLS) + weights["lipTighten"]
    rounding = [sum(weights[name + side] for name in LIP_ROUNDERS) for side in ("Left", "Right")]
    total = middle + max(rounding)
    if total > LIP_BUDGET_MAX:
        sided = [name + side for name in LIP_ROUNDERS for side in ("Left", "Right")]
        shapers = (*LIP_ROLLS, "lipTighten", *sided)
        weights.update({name: weights[name] * LIP_BUDGET_MAX / total for name in shapers})


def _show_teeth(weights: Weights, side: str) -> None:
    parted = min(max(weights["lipsPart"] / TEETH_PART, weights["jawOpen"] / TEETH_JAW), 1)
    weights[f"smileParted{side}"] = weights[f"mouthSmile{side}"] * parted


def _follow_gaze(weights: Weights, side: str, gaze: Float[np.ndarray, "2"]) -> None:
    yaw, pitch = (float(angle) for angle in gaze)
    outward = yaw if side == "Left" else -yaw
    for direction, angle, unit in (
        ("Down", -pitch, LID_DOWN_RAD),
        ("Up", pitch, LID_UP_RAD),
        ("Out", outward, LID_SIDE_RAD),
        ("In", -outward, LID_SIDE_RAD),
    ):
        weights[f"eyeLook{direction}{side}"] = min(max(LID_FOLLOW * angle / unit, 0), LID_FOLLOW_MAX)
