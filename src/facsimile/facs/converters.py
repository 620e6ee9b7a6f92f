"""Turn action units into rig controllers and back: map version 1.

Each unit drives the ARKit controller that Apple's text describes with the same movement, or one of the EXTRA
controllers where ARKit has none. With u = intensity / 5 every row is ``controller = u`` except

* 17: mouthShrugLower = u, mouthShrugUpper = 0.3 u, because the chin pushes both lips up;
* 26: jawOpen = 0.45 u, and 27: jawOpen = 0.45 + 0.55 u, because 27 begins where 26 ends; the two exclude each other.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

import numpy as np
from jaxtyping import Float

from facsimile.facs.action_units import LABEL_UNITS, NUM_LABEL_UNITS, UNITS, unit_index
from facsimile.facs.controllers import CONTROLLERS, NUM_CONTROLLERS, UNSIDED_STEMS, controller_index
from facsimile.facs.expression import MAX_INTENSITY, ActionUnits, Expression
from facsimile.facs.state import UNSTATED_LEVEL, State

MAP_VERSION = 1
"""Raised whenever the map changes, so that stored labels say which map made them."""

PAIRED: dict[int, str] = {
    1: "browInnerUp",
    2: "browOuterUp",
    4: "browDown",
    5: "eyeWide",
    6: "cheekSquint",
    7: "eyeSquint",
    9: "noseSneer",
    10: "mouthUpperUp",
    11: "nasolabialDeepen",
    12: "mouthSmile",
    13: "sharpLipPull",
    14: "mouthDimple",
    15: "mouthFrown",
    16: "mouthLowerDown",
    20: "mouthStretch",
    24: "mouthPress",
    30: "jaw",
    34: "cheekPuff",
    43: "eyeBlink",
}
"""Units that drive a Left and a Right controller of this stem."""

MIDLINE: dict[int, tuple[str, ...]] = {
    17: ("mouthShrugLower",),
    18: ("mouthPucker",),
    19: ("tongueOut",),
    21: ("neckTighten",),
    22: ("mouthFunnel",),
    23: ("lipTighten",),
    25: ("lipsPart",),
    28: ("mouthRollLower", "mouthRollUpper"),
    29: ("jawForward",),
    35: ("cheekSuck",),
    38: ("nostrilDilate",),
    39: ("nostrilCompress",),
}
"""Units that drive unsided controllers."""

UNLABELLED: dict[int, str] = {31: "jawClench", 32: "lipBite"}
"""Units that drive a controller but have no place on the label axis: data sets and readers hold 33 units."""

CHIN_LIFTS_UPPER_LIP = 0.3
"""mouthShrugUpper per mouthShrugLower in unit 17 (map version 1)."""

JAW_DROP_END = 0.45
"""jawOpen where 26 at E ends and 27 begins (map version 1)."""

EYE_LOOK_RAD = {"yaw": np.deg2rad(40.0), "up": np.deg2rad(30.0), "down": np.deg2rad(40.0)}
"""Eye rotation at eyeLook* = 1: Epic's face board drives the eyes over +-40 degrees of yaw and 70 degrees of pitch."""

T = TypeVar("T")


@dataclass(frozen=True)
class Converted(Generic[T]):
    """Carry a converted value and, in words, what the other form cannot hold."""

    value: T
    lost: tuple[str, ...]


def expression_from_action_units(
    action_units: ActionUnits,
    *,
    head_pose_rad: Float[np.ndarray, "3"] | None = None,
    gaze_rad: Float[np.ndarray, "2 2"] | None = None,
) -> Expression:
    """Drive the rig with action units; controllers of unobserved units rest at 0 and are marked unobserved.

    ``head_pose_rad`` (pitch, yaw, roll) and ``gaze_rad`` ([left, right eye][yaw, pitch]) default to straight ahead.
    """
    u = action_units.intensity / MAX_INTENSITY
    controllers = np.zeros(NUM_CONTROLLERS, np.float32)
    for code, sides in _drives():
        for side, names in enumerate(sides):
            for name in names:
                controllers[controller_index(name)] = u[unit_index(code), side]
    controllers[controller_index("mouthShrugUpper")] = CHIN_LIFTS_UPPER_LIP * u[unit_index(17), 0]
    controllers[controller_index("jawOpen")] = _jaw_open(float(u[unit_index(26), 0]), float(u[unit_index(27), 0]))
    observed = ~np.isnan(controllers)
    controllers[~observed] = 0.0
    gaze = np.zeros((2, 2), np.float32) if gaze_rad is None else gaze_rad
    set_eye_look(controllers, gaze)
    return Expression(
        controllers=controllers,
        head_pose_rad=np.zeros(3, np.float32) if head_pose_rad is None else head_pose_rad,
        gaze_rad=gaze,
        observed=None if observed.all() else observed,
    )


def with_unlabelled(expression: Expression, score: State) -> Expression:
    """Add what a score says of units that have a controller but no label: 31 and 32; a missing letter is C.

    >>> from facsimile.facs.notation import parse
    >>> bitten = with_unlabelled(Expression.neutral(), parse("12B+32E"))
    >>> float(bitten.controllers[controller_index("lipBite")])
    1.0
    """
    controllers = np.array(expression.controllers)
    for term in (group[0] for group in score.groups):
        if term.code in UNLABELLED and term.observed:
            controllers[controller_index(UNLABELLED[term.code])] = (term.level or UNSTATED_LEVEL) / MAX_INTENSITY
    return replace(expression, controllers=controllers)


def action_units_from_expression(expression: Expression) -> ActionUnits:
    """Read action units off the rig: the inverse of ``expression_from_action_units``.

    Units whose controllers are unobserved are NaN. ``lost_in_action_units`` says what no unit sees.
    """
    values = expression.controllers.astype(np.float32)
    if expression.observed is not None:
        values = np.where(expression.observed, values, np.float32(np.nan))
    for stem in UNSIDED_STEMS:
        _add_to_both_sides(values, stem)
    intensity = np.zeros((NUM_LABEL_UNITS, 2), np.float32)
    _sides_to_middle(values)
    for code, sides in _drives():
        for side, names in enumerate(sides):
            read = max((values[controller_index(name)] for name in names), key=_nan_first)
            intensity[unit_index(code), side] = MAX_INTENSITY * read
    drop, stretch = _jaw_units(float(values[controller_index("jawOpen")]))
    intensity[unit_index(26)] = MAX_INTENSITY * drop
    intensity[unit_index(27)] = MAX_INTENSITY * stretch
    return ActionUnits.clipped(intensity)


def lost_in_action_units(expression: Expression) -> tuple[str, ...]:
    """Say which controllers change when an expression is read as action units and driven back."""
    back = expression_from_action_units(
        action_units_from_expression(expression),
        head_pose_rad=expression.head_pose_rad,
        gaze_rad=expression.gaze_rad,
    )
    return changed_controllers(expression, back)


def lost_in_expression(action_units: ActionUnits) -> tuple[str, ...]:
    """Say which units change when they are driven on the rig and read back (26 beside 27; 27 below A; midline 24)."""
    back = action_units_from_expression(expression_from_action_units(action_units))
    return tuple(
        f"unit {LABEL_UNITS[row]} ({UNITS[LABEL_UNITS[row]].name}), {'left' if side == 0 else 'right'}: "
        f"{action_units.intensity[row, side]:.2f} becomes {back.intensity[row, side]:.2f}"
        for row, side in np.argwhere(~_close(action_units.intensity, back.intensity))
    )


def changed_controllers(before: Expression, after: Expression) -> tuple[str, ...]:
    """List the controllers that differ by more than 0.01 or are no longer observed."""
    kept = np.ones(NUM_CONTROLLERS, np.bool_)
    was_seen = kept if before.observed is None else before.observed
    is_seen = kept if after.observed is None else after.observed
    changed = [
        f"{CONTROLLERS[i]}: {before.controllers[i]:.2f} becomes {after.controllers[i]:.2f}"
        for i in np.flatnonzero(~_close(before.controllers, after.controllers))
    ]
    gone = [f"{CONTROLLERS[i]}: no longer observed" for i in np.flatnonzero(was_seen & ~is_seen)]
    return tuple(changed + gone)


def set_eye_look(controllers: Float[np.ndarray, " R"], gaze_rad: Float[np.ndarray, "2 2"]) -> None:
    """Write the eyeLook controllers of both eyes, in place, from gaze (yaw > 0 to the subject's left, pitch > 0 up)."""
    for eye, (name, left, right) in enumerate((("Left", "Out", "In"), ("Right", "In", "Out"))):
        yaw, pitch = gaze_rad[eye]
        for direction, angle, full in (
            (left, yaw, EYE_LOOK_RAD["yaw"]),
            (right, -yaw, EYE_LOOK_RAD["yaw"]),
            ("Up", pitch, EYE_LOOK_RAD["up"]),
            ("Down", -pitch, EYE_LOOK_RAD["down"]),
        ):
            controllers[controller_index(f"eyeLook{direction}{name}")] = np.clip(angle / full, 0.0, 1.0)


def gaze_from_eye_look(controllers: Float[np.ndarray, " R"]) -> Float[np.ndarray, "2 2"]:
    """Read the gaze of both eyes ([left, right][yaw, pitch], radians) off the eyeLook controllers."""

    def look(direction: str, eye: str) -> float:
        return float(controllers[controller_index(f"eyeLook{direction}{eye}")])

    return np.array(
        [
            [
                (look(left, eye) - look(right, eye)) * EYE_LOOK_RAD["yaw"],
                look("Up", eye) * EYE_LOOK_RAD["up"] - look("Down", eye) * EYE_LOOK_RAD["down"],
            ]
            for eye, left, right in (("Left", "Out", "In"), ("Right", "In", "Out"))
        ],
        np.float32,
    )


def _drives() -> Iterator[tuple[int, tuple[tuple[str, ...], tuple[str, ...]]]]:
    for code, stem in PAIRED.items():
        yield code, ((stem + "Left",), (stem + "Right",))
    for code, names in MIDLINE.items():
        yield code, (names, names)


def _jaw_open(drop: float, stretch: float) -> float:
    """Open the jaw by units 26 and 27 (0-1 each). Below A, 27 fades to a closed jaw so that noise cannot open it."""
    trace = 1.0 / MAX_INTENSITY
    start = JAW_DROP_END + (1 - JAW_DROP_END) * trace
    by_stretch = start * stretch / trace if stretch < trace else JAW_DROP_END + (1 - JAW_DROP_END) * stretch
    return max(JAW_DROP_END * drop, by_stretch, key=_nan_first)


def _jaw_units(jaw_open: float) -> tuple[float, float]:
    if jaw_open <= JAW_DROP_END * (1 + 1e-6):
        return min(jaw_open / JAW_DROP_END, 1.0), 0.0
    return 0.0 * jaw_open, (jaw_open - JAW_DROP_END) / (1 - JAW_DROP_END)


def _nan_first(value: Any) -> tuple[bool, float]:
    return bool(np.isnan(value)), float(value)


def _add_to_both_sides(values: np.ndarray, stem: str) -> None:
    both = np.nan_to_num(values[controller_index(stem)])
    for side in ("Left", "Right"):
        values[controller_index(stem + side)] += both


def _sides_to_middle(values: np.ndarray) -> None:
    """Read a midline unit off the stronger side of its controller, in place, after the middle was added to both."""
    for stem in ("mouthPucker", "mouthFunnel"):
        sides = [float(np.nan_to_num(values[controller_index(stem + side)])) for side in ("Left", "Right")]
        values[controller_index(stem)] = np.maximum(values[controller_index(stem)], min(max(sides), 1.0))


def _close(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return (np.abs(a - b) <= 0.01) | (np.isnan(a) & np.isnan(b))
