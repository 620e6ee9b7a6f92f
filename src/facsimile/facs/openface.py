"""Exchange action units, head pose and gaze with OpenFace 2.2's CSV columns.

OpenFace has no sides, scores blinks as 45, and reports pose and gaze in camera axes (x right, y down, z away from the
camera; Baltrusaitis et al. 2018 and the project's output-format page).
"""

import difflib
from collections.abc import Mapping

import numpy as np

from facsimile.facs.action_units import UNITS, unit_index
from facsimile.facs.converters import Converted, expression_from_action_units
from facsimile.facs.expression import MAX_INTENSITY, ActionUnits, Expression
from facsimile.facs.intensity import PRESENT
from facsimile.facs.rows import number

INTENSITY_UNITS = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 25, 26, 45)
"""Units of the AUxx_r columns, 0-5."""

PRESENCE_UNITS = (*INTENSITY_UNITS[:16], 28, 45)
"""Units of the AUxx_c columns, 0 or 1."""

INTENSITY_COLUMNS = tuple(f"AU{code:02d}_r" for code in INTENSITY_UNITS)
PRESENCE_COLUMNS = tuple(f"AU{code:02d}_c" for code in PRESENCE_UNITS)
POSE_COLUMNS = ("pose_Rx", "pose_Ry", "pose_Rz")
GAZE_COLUMNS = ("gaze_angle_x", "gaze_angle_y")

_POSE_SIGN = np.array([-1.0, -1.0, 1.0])
"""OpenFace's Rx > 0 looks down and Ry > 0 turns to the subject's right; Rz agrees with roll."""

_CLOSURE = 43


def openface_from_expression(
    action_units: ActionUnits, expression: Expression | None = None
) -> Converted[dict[str, float]]:
    """Give OpenFace's AUxx_r and AUxx_c columns, and pose and gaze columns if ``expression`` is given.

    A unit takes its larger side (the manual's rule for unequal sides); an unobserved one is NaN. ``_c`` is 1 exactly
    when ``_r`` reaches PRESENT, so that both always agree.
    """
    row = {name: action_units.of(_ours(code)) for name, code in zip(INTENSITY_COLUMNS, INTENSITY_UNITS, strict=True)}
    for name, code in zip(PRESENCE_COLUMNS, PRESENCE_UNITS, strict=True):
        value = action_units.of(_ours(code))
        row[name] = float("nan") if np.isnan(value) else float(value >= PRESENT)
    if expression is not None:
        row.update(_pose_and_gaze(expression))
    return Converted(row, tuple(_lost_units(action_units)))


def action_units_from_openface(row: Mapping[str, float | int | str]) -> Converted[ActionUnits]:
    """Read the AU columns of one OpenFace row; both sides get the same value, units it lacks are NaN.

    ``_r`` values are clipped to 0-5. AU28 has presence only: 0 reads as 0, 1 as unobserved, because the intensity is
    not known. ``lost`` says so, and lists presences that contradict their intensity.
    """
    values = {name.strip(): value for name, value in row.items()}
    _check_columns(values)
    intensity = np.full_like(ActionUnits.neutral().intensity, np.nan)
    for name, code in zip(INTENSITY_COLUMNS, INTENSITY_UNITS, strict=True):
        if name in values:
            intensity[unit_index(_ours(code))] = np.clip(number(name, values[name]), 0, MAX_INTENSITY)
    lost = list(_contradictions(values))
    if "AU28_c" in values:
        present = number("AU28_c", values["AU28_c"]) > 0
        intensity[unit_index(28)] = np.nan if present else 0.0
        lost += ["AU28_c: present, intensity not given; unobserved"] if present else []
    return Converted(ActionUnits(intensity), tuple(lost))


def expression_from_openface(row: Mapping[str, float | int | str]) -> Converted[Expression]:
    """Drive the rig from one OpenFace row: units, head pose, and gaze relative to the head (both eyes alike)."""
    units = action_units_from_openface(row)
    values = {name.strip(): value for name, value in row.items()}
    pose = np.array([number(name, values.get(name, 0.0)) for name in POSE_COLUMNS])
    x, y = (number(name, values.get(name, 0.0)) for name in GAZE_COLUMNS)
    head = (_POSE_SIGN * pose).astype(np.float32)
    gaze = np.array([x - head[1], -y - head[0]], np.float32)
    if not all(name in values for name in GAZE_COLUMNS):
        gaze = np.zeros(2, np.float32)
    expression = expression_from_action_units(units.value, head_pose_rad=head, gaze_rad=np.tile(gaze, (2, 1)))
    missing = [f"{name}: not given; read as 0" for name in POSE_COLUMNS + GAZE_COLUMNS if name not in values]
    return Converted(expression, units.lost + tuple(missing))


def _pose_and_gaze(expression: Expression) -> dict[str, float]:
    pose = _POSE_SIGN * expression.head_pose_rad
    yaw, pitch = expression.gaze_rad.mean(axis=0)
    gaze = (yaw + expression.head_pose_rad[1], -(pitch + expression.head_pose_rad[0]))
    return {name: float(value) for name, value in zip(POSE_COLUMNS + GAZE_COLUMNS, (*pose, *gaze), strict=True)}


def _ours(code: int) -> int:
    return _CLOSURE if code == 45 else code


def _lost_units(action_units: ActionUnits) -> list[str]:
    kept = {_ours(code) for code in INTENSITY_UNITS}
    notes = []
    for (code, side), value in action_units.to_dict().items():
        if code in kept and UNITS[code].is_sided and value < action_units.of(code):
            notes.append(
                f"unit {code}, {side}: {value:.2f} becomes {action_units.of(code):.2f} (OpenFace has no sides)"
            )
        elif code == 28 and side == "L" and value >= PRESENT:
            notes.append("unit 28: OpenFace keeps presence only")
        elif code not in (*kept, 28) and value > 0:
            notes.append(f"unit {code}, {side}: OpenFace has no column")
    return notes


def _contradictions(values: Mapping[str, float | int | str]) -> list[str]:
    pairs = [(code, f"AU{code:02d}_r", f"AU{code:02d}_c") for code in INTENSITY_UNITS]
    return [
        f"{present}: {values[present]} disagrees with {graded} = {values[graded]}; the intensity is kept"
        for _, graded, present in pairs
        if graded in values
        and present in values
        and (number(present, values[present]) > 0) != (number(graded, values[graded]) >= PRESENT)
    ]


def _check_columns(values: Mapping[str, float | int | str]) -> None:
    if any(name in values for name in INTENSITY_COLUMNS):
        return
    near = [difflib.get_close_matches(name, INTENSITY_COLUMNS, n=1) for name in values]
    hint = next((f"; nearest: {found[0]!r}" for found in near if found), "")
    raise ValueError(f"row: expected OpenFace columns AU01_r ... AU45_r, got {list(values)[:5]}{hint}")
