import numpy as np
import pytest

from facsimile.facs.notation import parse, write
from facsimile.facs.pose import expression_from_state, lost_in_pose, state_from_expression


@pytest.mark.parametrize("letter", "ABCDE")
@pytest.mark.parametrize("code", [51, 52, 53, 54, 55, 56, 61, 62, 63, 64])
def test_head_and_eye_letters_round_trip(code, letter):
    text = f"12D+{code}{letter}"
    assert write(state_from_expression(expression_from_state(parse(text)))) == text


def test_signs_follow_the_subject():
    expression = expression_from_state(parse("51E+53E+55E+61E+63E"))
    assert (expression.head_pose_rad > 0).all()
    assert (expression.gaze_rad > 0).all()
    assert np.allclose(np.rad2deg(expression.head_pose_rad), [30, 45, 30], atol=1e-4)


def test_unsided_scores_round_trip_through_the_rig():
    for text in ("0", "?", "6C+12D", "L12B+R14A", "1C+2C+5D+26C", "4D+7C+23B+24C"):
        assert write(state_from_expression(expression_from_state(parse(text)))) == text


def test_codes_without_an_angle_are_said():
    assert lost_in_pose(parse("12C+51B")) == ()
    assert lost_in_pose(parse("57B+M59+65")) == (
        "57B: head forward has no angle; left out",
        "M59: head nod at the onset has no angle; left out",
        "65: walleye has no angle; left out",
    )
