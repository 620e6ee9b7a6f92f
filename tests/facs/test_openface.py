import numpy as np
import pytest

from facsimile.facs.expression import ActionUnits
from facsimile.facs.notation import parse
from facsimile.facs.openface import (
    INTENSITY_COLUMNS,
    PRESENCE_COLUMNS,
    action_units_from_openface,
    expression_from_openface,
    openface_from_expression,
)
from facsimile.facs.pose import expression_from_state


def test_column_names_are_those_of_openface():
    units = ["01", "02", "04", "05", "06", "07", "09", "10", "12", "14", "15", "17", "20", "23", "25", "26", "45"]
    assert tuple(f"AU{unit}_r" for unit in units) == INTENSITY_COLUMNS
    assert PRESENCE_COLUMNS[-2:] == ("AU28_c", "AU45_c")
    assert len(PRESENCE_COLUMNS) == 18


def test_round_trip_of_what_openface_holds():
    units = ActionUnits.from_dict({6: 2.5, 12: 3.25, 43: 1.5, 26: 2})
    out = openface_from_expression(units)
    assert out.lost == ()
    assert out.value["AU45_r"] == 1.5
    back = action_units_from_openface(out.value)
    assert back.lost == ()
    seen = ~np.isnan(back.value.intensity)
    assert np.array_equal(back.value.intensity[seen], units.intensity[seen])
    assert np.isnan(back.value.of(11))


def test_presence_agrees_with_intensity():
    row = openface_from_expression(ActionUnits.from_dict({12: 0.4, 6: 0.6, 28: 3})).value
    assert (row["AU12_c"], row["AU06_c"], row["AU28_c"]) == (0, 1, 1)


def test_losses_are_said():
    lost = openface_from_expression(ActionUnits.from_dict({(11, "L"): 2, 28: 2})).lost
    assert lost == ("unit 11, L: OpenFace has no column", "unit 28: OpenFace keeps presence only")
    half = openface_from_expression(ActionUnits.from_dict({(12, "L"): 3, (12, "R"): 1})).lost
    assert half == ("unit 12, R: 1.00 becomes 3.00 (OpenFace has no sides)",)


def test_contradicting_presence_is_said():
    out = action_units_from_openface({" AU12_r": "0.00", " AU12_c": "1.00", " AU28_c": "1.00"})
    assert out.value.of(12) == 0
    assert np.isnan(out.value.of(28))
    assert any(note.startswith("AU12_c: 1.00 disagrees") for note in out.lost)
    assert "AU28_c: present, intensity not given; unobserved" in out.lost


def test_pose_and_gaze_round_trip():
    expression = expression_from_state(parse("12C+51B+53A+55C+62B+64A"))
    units = parse("12C").to_action_units()
    row = openface_from_expression(units, expression).value
    assert row["pose_Rx"] < 0 < row["pose_Rz"]
    assert row["pose_Ry"] < 0
    back = expression_from_openface(row).value
    assert np.allclose(back.head_pose_rad, expression.head_pose_rad, atol=1e-6)
    assert np.allclose(back.gaze_rad, expression.gaze_rad, atol=1e-6)


def test_missing_pose_is_said():
    out = expression_from_openface({"AU12_r": 5.5})
    assert out.value.head_pose_rad.tolist() == [0, 0, 0]
    assert "pose_Rx: not given; read as 0" in out.lost


def test_errors():
    with pytest.raises(ValueError, match=r"expected OpenFace columns AU01_r ... AU45_r, got \['AU12'\]"):
        action_units_from_openface({"AU12": 1})
    with pytest.raises(ValueError, match="column AU12_r must hold a number"):
        action_units_from_openface({"AU12_r": "high"})
