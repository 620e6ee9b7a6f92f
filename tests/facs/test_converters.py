import numpy as np
import pytest
from faces import drivable, random_levels
from hypothesis import given, settings
from hypothesis import strategies as st

from facsimile.facs.action_units import LABEL_UNITS
from facsimile.facs.controllers import CONTROLLERS, controller_index
from facsimile.facs.converters import (
    MIDLINE,
    PAIRED,
    UNLABELLED,
    action_units_from_expression,
    expression_from_action_units,
    gaze_from_eye_look,
    lost_in_action_units,
    lost_in_expression,
    with_unlabelled,
)
from facsimile.facs.expression import ActionUnits, Expression
from facsimile.facs.notation import parse


def with_controller(name, value):
    controllers = np.zeros(72, np.float32)
    controllers[controller_index(name)] = value
    return Expression(controllers, np.zeros(3, np.float32), np.zeros((2, 2), np.float32))


def test_every_label_unit_drives_the_rig():
    assert {*PAIRED, *MIDLINE, 26, 27} == set(LABEL_UNITS)
    for code in LABEL_UNITS:
        moved = expression_from_action_units(ActionUnits.from_dict({code: 5})).controllers
        assert moved.max() > 0.4
        assert np.flatnonzero(moved).size <= 2


def test_units_round_trip():
    rng = np.random.default_rng(5)
    for _ in range(100):
        units = ActionUnits(drivable(random_levels(rng)))
        expression = expression_from_action_units(units)
        back = action_units_from_expression(expression)
        jaw = slice(LABEL_UNITS.index(26), LABEL_UNITS.index(27) + 1)
        both_seen = not np.isnan(units.intensity[jaw]).any()
        rows = [r for r in range(33) if both_seen or not jaw.start <= r < jaw.stop]
        assert np.allclose(back.intensity[rows], units.intensity[rows], atol=1e-5, equal_nan=True)
        assert expression_from_action_units(back) == expression


def test_mirror_commutes_with_the_map():
    units = ActionUnits.from_dict({(12, "L"): 3, (30, "R"): 2, (1, "L"): 5, 17: 2})
    gaze = np.array([[0.2, 0.1], [0.3, -0.1]], np.float32)
    right = np.array([[-0.3, -0.1], [-0.2, 0.1]], np.float32)
    mirrored = expression_from_action_units(units.mirrored(), gaze_rad=right)
    assert mirrored == expression_from_action_units(units, gaze_rad=gaze).mirrored()


@pytest.mark.parametrize(("units", "jaw_open"), [({26: 5}, 0.45), ({27: 5}, 1.0), ({27: 1}, 0.56), ({26: 2}, 0.18)])
def test_jaw(units, jaw_open):
    expression = expression_from_action_units(ActionUnits.from_dict(units))
    assert expression.controllers[controller_index("jawOpen")] == pytest.approx(jaw_open)
    assert action_units_from_expression(expression).of(next(iter(units))) == pytest.approx(next(iter(units.values())))


def test_a_trace_of_27_barely_opens_the_jaw():
    opened = expression_from_action_units(ActionUnits.from_dict({27: 0.05})).controllers
    assert opened[controller_index("jawOpen")] < 0.03


def test_chin_lifts_the_upper_lip():
    controllers = expression_from_action_units(ActionUnits.from_dict({17: 5})).controllers
    assert controllers[controller_index("mouthShrugUpper")] == pytest.approx(0.3)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.floats(-1, 1), min_size=4, max_size=4))
def test_gaze_and_eye_look_agree_within_range(angles):
    gaze = (np.array(angles).reshape(2, 2) * np.deg2rad([40, 30])).astype(np.float32)
    expression = expression_from_action_units(ActionUnits.neutral(), gaze_rad=gaze)
    assert np.allclose(gaze_from_eye_look(expression.controllers), gaze, atol=1e-6)


def test_looking_left_uses_the_left_eyes_out_and_the_right_eyes_in():
    gaze = np.full((2, 2), [0.3, 0.0], np.float32)
    moved = np.flatnonzero(expression_from_action_units(ActionUnits.neutral(), gaze_rad=gaze).controllers)
    assert {CONTROLLERS[i] for i in moved} == {"eyeLookOutLeft", "eyeLookInRight"}


def test_unobserved_stays_unobserved():
    expression = expression_from_action_units(ActionUnits.unobserved())
    assert expression.observed is not None
    assert not expression.controllers.any()
    assert action_units_from_expression(expression) == ActionUnits.unobserved()


def test_unsided_shapes_add_to_both_sides():
    units = action_units_from_expression(with_controller("browInnerUp", 0.5))
    assert (units.of(1, "L"), units.of(1, "R")) == (2.5, 2.5)


def test_one_lip_sucked_in_is_28():
    assert action_units_from_expression(with_controller("mouthRollLower", 0.6)).of(28) == pytest.approx(3.0)


def test_losses_are_said():
    assert lost_in_action_units(Expression.neutral()) == ()
    assert lost_in_action_units(with_controller("mouthLeft", 0.5)) == ("mouthLeft: 0.50 becomes 0.00",)
    assert lost_in_expression(ActionUnits.from_dict({6: 3, 12: 4})) == ()
    both_jaws = lost_in_expression(ActionUnits.from_dict({26: 2, 27: 3}))
    assert both_jaws[0] == "unit 26 (jaw drop), left: 2.00 becomes 0.00"


def test_units_without_a_label_drive_their_controllers():
    score = parse("12B+31+32D")
    driven = with_unlabelled(expression_from_action_units(score.to_action_units()), score)
    assert driven.controllers[controller_index("jawClench")] == pytest.approx(0.6)
    assert driven.controllers[controller_index("lipBite")] == pytest.approx(0.8)
    assert driven.controllers[controller_index("mouthSmileLeft")] == pytest.approx(0.4)
    assert not set(UNLABELLED) & set(LABEL_UNITS)
    assert with_unlabelled(Expression.neutral(), parse("12B")) == Expression.neutral()


def test_sided_pucker_and_funnel_are_read_by_their_stronger_side():
    for code, stem in ((18, "mouthPucker"), (22, "mouthFunnel")):
        assert action_units_from_expression(with_controller(f"{stem}Right", 0.6)).of(code) == pytest.approx(3.0)
        assert lost_in_action_units(with_controller(f"{stem}Right", 0.6))
        assert action_units_from_expression(with_controller(stem, 0.6)).of(code) == pytest.approx(3.0)
