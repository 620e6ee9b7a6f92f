"""Exchange expressions with ARKit, MediaPipe and Live Link Face by blend-shape name."""

import difflib
from collections.abc import Iterable, Mapping

import numpy as np

from facsimile.facs.controllers import ARKIT, EXTRA, NUM_CONTROLLERS, UNSIDED_STEMS, controller_index
from facsimile.facs.converters import (
    Converted,
    changed_controllers,
    gaze_from_eye_look,
    set_eye_look,
)
from facsimile.facs.expression import Expression
from facsimile.facs.rows import number

SPLIT_STEMS = ("browInnerUp", "cheekPuff")
"""ARKit's unsided shapes whose unit has sides here; pucker and funnel stay in the middle, as units 18 and 22 do."""

_SWAPPED = {"jawLeft": "jawRight", "jawRight": "jawLeft", "mouthLeft": "mouthRight", "mouthRight": "mouthLeft"}

LIVE_LINK_ANGLES = (
    "HeadYaw", "HeadPitch", "HeadRoll", "LeftEyeYaw", "LeftEyePitch", "LeftEyeRoll", "RightEyeYaw", "RightEyePitch",
    "RightEyeRoll",
)  # fmt: skip

LIVE_LINK: tuple[str, ...] = (
    tuple(name[0].upper() + name[1:] for name in (_SWAPPED.get(name, name) for name in ARKIT)) + LIVE_LINK_ANGLES
)
"""The 61 columns of a Live Link Face CSV after Timecode and BlendShapeCount; unlike Apple, it lists jaw and mouth right
before left (header of the app's own recordings)."""

_IGNORED = ("_neutral", "Timecode", "BlendShapeCount", "BlendshapeCount")
_CSV_DIGITS = 1e-6


def arkit_from_expression(expression: Expression) -> Converted[dict[str, float]]:
    """Give ARKit's 52 values by name; ``lost`` names what ARKit has no shape for, such as sided inner brows.

    Unsided shapes (browInnerUp, cheekPuff, mouthPucker, mouthFunnel) take the mean of both sides; eyeLook follows the
    gaze.
    """
    values = np.array(expression.controllers)
    for stem in UNSIDED_STEMS:
        left, right = (controller_index(stem + side) for side in ("Left", "Right"))
        values[controller_index(stem)] += (values[left] + values[right]) / 2
    set_eye_look(values, expression.gaze_rad)
    named = {name: float(min(values[controller_index(name)], 1.0)) for name in ARKIT}
    back = expression_from_arkit(named).value
    return Converted(named, _unmerged(changed_controllers(expression, back), expression, back))


def expression_from_arkit(values: Mapping[str, float | int]) -> Converted[Expression]:
    """Make an expression from ARKit values (0-1) by name, in Apple's spelling or Live Link's.

    Shapes that are missing (MediaPipe has no tongueOut) and controllers ARKit lacks are unobserved; ``lost`` names
    the former. Gaze comes from the eyeLook shapes; the head stays straight.
    """
    controllers = np.zeros(NUM_CONTROLLERS, np.float32)
    observed = np.zeros(NUM_CONTROLLERS, np.bool_)
    for name, value in values.items():
        if name in _IGNORED:
            continue
        index = controller_index(_arkit_name(name))
        controllers[index] = _unit_value(name, value)
        observed[index] = True
    missing = [name for name in ARKIT if not observed[controller_index(name)]]
    for stem in SPLIT_STEMS:
        _split(controllers, observed, stem)
    expression = Expression(controllers, np.zeros(3, np.float32), gaze_from_eye_look(controllers), observed=observed)
    return Converted(expression, tuple(f"{name}: not given; unobserved" for name in missing))


def livelink_from_expression(expression: Expression) -> Converted[dict[str, float]]:
    """Give the 61 Live Link values: 52 shapes, then head and eye angles in radians, signed as in Expression."""
    arkit = arkit_from_expression(expression)
    pitch, yaw, roll = map(float, expression.head_pose_rad)
    (left_yaw, left_pitch), (right_yaw, right_pitch) = expression.gaze_rad.tolist()
    angles = (yaw, pitch, roll, left_yaw, left_pitch, 0.0, right_yaw, right_pitch, 0.0)
    shapes = {name: arkit.value[_arkit_name(name)] for name in LIVE_LINK[: len(ARKIT)]}
    return Converted({**shapes, **dict(zip(LIVE_LINK_ANGLES, angles, strict=True))}, arkit.lost)


def expression_from_livelink(row: Mapping[str, float | int | str]) -> Converted[Expression]:
    """Make an expression from one row of a Live Link CSV; angles in radians, signed as in Expression.

    Without eye angles, gaze comes from the eyeLook shapes. ``lost`` names missing columns and eye roll.
    """
    numbers = {name: number(name, value) for name, value in row.items() if name not in _IGNORED}
    shapes = {name: value for name, value in numbers.items() if name not in LIVE_LINK_ANGLES}
    arkit = expression_from_arkit(shapes)
    head = np.array([numbers.get("Head" + axis, 0.0) for axis in ("Pitch", "Yaw", "Roll")], np.float32)
    gaze = np.array(arkit.value.gaze_rad)
    for eye, side in enumerate(("Left", "Right")):
        for place, axis in enumerate(("Yaw", "Pitch")):
            gaze[eye, place] = numbers.get(f"{side}Eye{axis}", gaze[eye, place])
    rolls = [f"{name}: eye roll is not kept" for name in ("LeftEyeRoll", "RightEyeRoll") if numbers.get(name)]
    absent = [f"{name}: not given; read as 0" for name in LIVE_LINK_ANGLES[:3] if name not in numbers]
    expression = Expression(arkit.value.controllers, head, gaze, observed=arkit.value.observed)
    return Converted(expression, arkit.lost + tuple(absent + rolls))


def _arkit_name(name: str) -> str:
    lowered = name[:1].lower() + name[1:]
    if lowered in ARKIT:
        return lowered
    close = difflib.get_close_matches(lowered, ARKIT, n=1, cutoff=0.0)
    raise ValueError(f"values: ARKit has no shape called {name!r}; nearest: {close[0] if close else ARKIT[0]!r}")


def _unit_value(name: str, value: float | int) -> float:
    if not -_CSV_DIGITS <= value <= 1 + _CSV_DIGITS:
        raise ValueError(f"values: {name} must lie in 0-1, got {value}; ARKit weights need no scaling")
    return min(max(float(value), 0.0), 1.0)


def _split(controllers: np.ndarray, observed: np.ndarray, stem: str) -> None:
    """Move an unsided shape onto our two sides."""
    whole = controller_index(stem)
    for side in ("Left", "Right"):
        controllers[controller_index(stem + side)] = controllers[whole]
        observed[controller_index(stem + side)] = observed[whole]
    controllers[whole] = 0.0


def _unmerged(lost: Iterable[str], before: Expression, after: Expression) -> tuple[str, ...]:
    """Drop notes about controllers that rested anyway, and about a whole that now stands on two equal sides."""
    idle = {f"{name}: no longer observed" for name in EXTRA if before.controllers[controller_index(name)] < 0.01}
    idle |= {
        note for stem in UNSIDED_STEMS if _same_sides(stem, before, after) for note in lost if note.startswith(stem)
    }
    return tuple(note for note in lost if note not in idle)


def _same_sides(stem: str, before: Expression, after: Expression) -> bool:
    whole = controller_index(stem)
    sides = [controller_index(stem + side) for side in ("Left", "Right")]
    then, there = (np.minimum(one.controllers[sides] + one.controllers[whole], 1) for one in (before, after))
    return bool(np.allclose(then, there, atol=0.01))
