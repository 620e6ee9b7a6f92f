import numpy as np
import pytest

from facsimile.facs.arkit import (
    LIVE_LINK,
    arkit_from_expression,
    expression_from_arkit,
    expression_from_livelink,
    livelink_from_expression,
)
from facsimile.facs.controllers import ARKIT, controller_index
from facsimile.facs.converters import action_units_from_expression, expression_from_action_units
from facsimile.facs.expression import ActionUnits, Expression

SMILE = ActionUnits.from_dict({1: 2, 6: 3, (12, "L"): 4, (30, "R"): 2})
GAZE = np.array([[0.2, 0.1], [0.15, 0.1]], np.float32)


def test_arkit_round_trip_and_loss():
    expression = expression_from_action_units(SMILE, gaze_rad=GAZE)
    out = arkit_from_expression(expression)
    assert tuple(out.value) == ARKIT
    assert out.value["browInnerUp"] == pytest.approx(0.4)
    assert out.lost == ()
    back = expression_from_arkit(out.value)
    assert back.lost == ()
    assert np.allclose(back.value.gaze_rad, GAZE, atol=1e-6)
    units = action_units_from_expression(back.value)
    seen = ~np.isnan(units.intensity)
    assert np.allclose(units.intensity[seen], SMILE.intensity[seen], atol=1e-5)
    assert np.isnan(units.of(11))


def test_what_arkit_lacks_is_said():
    units = ActionUnits.from_dict({(1, "L"): 4, 11: 3, (34, "R"): 5})
    lost = "\n".join(arkit_from_expression(expression_from_action_units(units)).lost)
    assert "browInnerUpLeft: 0.80 becomes 0.40" in lost
    assert "nasolabialDeepenLeft: 0.60 becomes 0.00" in lost
    assert "cheekPuffRight: 1.00 becomes 0.50" in lost
    assert "cheekSuck" not in lost


def test_missing_shapes_are_unobserved():
    values = dict.fromkeys((name for name in ARKIT if name != "tongueOut"), 0.25) | {"_neutral": 0.0}
    out = expression_from_arkit(values)
    assert out.lost == ("tongueOut: not given; unobserved",)
    assert out.value.observed is not None
    assert not out.value.observed[controller_index("tongueOut")]
    assert np.isnan(action_units_from_expression(out.value).of(19))


def test_live_link_round_trip():
    head = np.array([0.1, -0.2, 0.3], np.float32)
    expression = expression_from_action_units(SMILE, head_pose_rad=head, gaze_rad=GAZE)
    row = livelink_from_expression(expression).value
    assert tuple(row) == LIVE_LINK
    assert len(LIVE_LINK) == 61
    assert row["JawRight"] == pytest.approx(0.4)
    assert row["HeadYaw"] == pytest.approx(-0.2)
    back = expression_from_livelink(
        {"Timecode": "00:00:00:00.0", "BlendShapeCount": 61, **{k: str(v) for k, v in row.items()}}
    )
    assert back.lost == ()
    assert np.allclose(back.value.head_pose_rad, head)
    assert np.allclose(back.value.gaze_rad, GAZE)
    assert livelink_from_expression(back.value).value == pytest.approx(row)


def test_live_link_says_what_is_missing():
    out = expression_from_livelink({"JawOpen": 0.5, "LeftEyeRoll": 0.1})
    assert "HeadYaw: not given; read as 0" in out.lost
    assert "LeftEyeRoll: eye roll is not kept" in out.lost


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"jawOpn": 0.1}, "no shape called 'jawOpn'; nearest: 'jawOpen'"),
        ({"lipTighten": 0.1}, "no shape called 'lipTighten'"),
        ({"jawOpen": 1.5}, "jawOpen must lie in 0-1, got 1.5"),
        ({"jawOpen": float("nan")}, "must lie in 0-1"),
    ],
)
def test_arkit_errors(values, message):
    with pytest.raises(ValueError, match=message):
        expression_from_arkit(values)


def test_live_link_errors():
    with pytest.raises(ValueError, match="column JawOpen must hold a number, got 'x'"):
        expression_from_livelink({"JawOpen": "x"})


def test_neutral_is_neutral():
    assert not any(arkit_from_expression(Expression.neutral()).value.values())
