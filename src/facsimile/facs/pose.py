"""Turn head codes 51-56 and eye codes 61-64 into angles and back, so that one score holds a whole face.

FACS grades head and eye movements A-E without degrees. Here E is FULL_TURN_RAD and the letters divide it evenly.
"""

from collections.abc import Iterator

import numpy as np
from jaxtyping import Float

from facsimile.facs.action_units import UNITS
from facsimile.facs.converters import EYE_LOOK_RAD, expression_from_action_units
from facsimile.facs.converters import action_units_from_expression as _read_units
from facsimile.facs.expression import MAX_INTENSITY, Expression
from facsimile.facs.intensity import levels_of
from facsimile.facs.state import UNSTATED_LEVEL, State, Term

FULL_TURN_RAD: dict[int, tuple[int, float]] = {
    51: (1, np.deg2rad(45.0)),
    52: (1, -np.deg2rad(45.0)),
    53: (0, np.deg2rad(30.0)),
    54: (0, -np.deg2rad(30.0)),
    55: (2, np.deg2rad(30.0)),
    56: (2, -np.deg2rad(30.0)),
}
"""Head code -> (place in pitch, yaw, roll; signed angle at E). Convention of this package: about what a frontal camera
still shows of the face (30 degrees up, down and sideways, 45 degrees of turn)."""

FULL_LOOK_RAD: dict[int, tuple[int, float]] = {
    61: (0, EYE_LOOK_RAD["yaw"]),
    62: (0, -EYE_LOOK_RAD["yaw"]),
    63: (1, EYE_LOOK_RAD["up"]),
    64: (1, -EYE_LOOK_RAD["down"]),
}
"""Eye code -> (place in yaw, pitch; signed angle at E): the range of the eyeLook controllers."""


def head_pose_of(state: State) -> Float[np.ndarray, "3"]:
    """Give pitch, yaw and roll in radians of the head codes in a score; without them the head is straight."""
    return _angles(state, FULL_TURN_RAD, 3)


def gaze_of(state: State) -> Float[np.ndarray, "2 2"]:
    """Give the gaze ([left, right eye][yaw, pitch], radians) of the eye codes in a score; both eyes turn alike."""
    return np.tile(_angles(state, FULL_LOOK_RAD, 2), (2, 1))


def expression_from_state(state: State) -> Expression:
    """Pose the rig, head and eyes as a score says; ``lost_in_pose`` and ``State.lost_in_action_units`` name the rest.

    >>> from facsimile.facs.notation import parse
    >>> np.rad2deg(expression_from_state(parse("12D+51C")).head_pose_rad).round().tolist()
    [0.0, 27.0, 0.0]
    """
    return expression_from_action_units(
        state.to_action_units(), head_pose_rad=head_pose_of(state), gaze_rad=gaze_of(state)
    )


def state_from_expression(expression: Expression) -> State:
    """Score an expression: label units, head codes 51-56 and eye codes 61-64 (the mean of both eyes)."""
    units = State.from_action_units(_read_units(expression))
    if not units.face_seen:
        return units
    terms = pose_terms(expression.head_pose_rad, expression.gaze_rad)
    return State(units.groups + tuple((term,) for term in terms))


def pose_terms(head_pose_rad: Float[np.ndarray, "3"], gaze_rad: Float[np.ndarray, "2 2"]) -> tuple[Term, ...]:
    """Score pitch, yaw and roll of the head with 51-56 and the gaze ([left, right][yaw, pitch], mean) with 61-64."""
    head = _codes(head_pose_rad, FULL_TURN_RAD)
    return (*head, *_codes(gaze_rad.mean(axis=0), FULL_LOOK_RAD))


def lost_in_pose(state: State) -> tuple[str, ...]:
    """Say which head and eye codes of a score have no angle."""
    return tuple(
        f"{term}: {UNITS[term.code].name} has no angle; left out"
        for term in state.terms
        if UNITS[term.code].region in ("head", "gaze") and (term.moved or not _has_angle(term.code))
    )


def _has_angle(code: int) -> bool:
    return code in FULL_TURN_RAD or code in FULL_LOOK_RAD


def _angles(state: State, table: dict[int, tuple[int, float]], size: int) -> np.ndarray:
    angles = np.zeros(size, np.float32)
    for term in (group[0] for group in state.groups):
        if term.code in table and term.observed and not term.moved:
            axis, full = table[term.code]
            angles[axis] += full * (term.level or UNSTATED_LEVEL) / MAX_INTENSITY
    return angles


def _codes(angles: np.ndarray, table: dict[int, tuple[int, float]]) -> Iterator[Term]:
    for code, (axis, full) in table.items():
        amount = np.clip(angles[axis] / full, 0.0, 1.0) * MAX_INTENSITY
        if level := int(levels_of(np.asarray(amount))):
            yield Term(code, level)
