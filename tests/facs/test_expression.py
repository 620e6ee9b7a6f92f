import numpy as np
import pytest
from faces import random_units

from facsimile.facs.expression import ActionUnits, Expression

ROLL = np.array([0.1, 0.2, 0.3], np.float32)


def random_expression(rng):
    return Expression(
        rng.random(72).astype(np.float32),
        rng.normal(size=3).astype(np.float32),
        rng.normal(size=(2, 2)).astype(np.float32),
        rng.normal(size=72).astype(np.float32),
        rng.random(72) < 0.5,
    )


def test_mirror_twice_is_identity():
    rng = np.random.default_rng(1)
    for _ in range(20):
        units, expression = random_units(rng), random_expression(rng)
        assert units.mirrored().mirrored() == units
        assert expression.mirrored().mirrored() == expression


def test_mirror_swaps_sides_and_signs():
    units = ActionUnits.from_dict({12: 3.0, (14, "L"): 2})
    assert units.mirrored().to_dict() == {(12, "L"): 3.0, (12, "R"): 3.0, (14, "R"): 2.0}
    gaze = np.array([[0.1, 0.2], [0.3, 0.4]], np.float32)
    mirrored = Expression(np.zeros(72, np.float32), ROLL, gaze).mirrored()
    assert np.allclose(mirrored.head_pose_rad, [0.1, -0.2, -0.3])
    assert np.allclose(mirrored.gaze_rad, [[-0.3, 0.4], [-0.1, 0.2]])


def test_neutral():
    assert ActionUnits.neutral().to_dict() == {}
    assert np.isnan(ActionUnits.unobserved().intensity).all()
    assert Expression.neutral() == Expression.neutral().mirrored()
    assert Expression.neutral() != ActionUnits.neutral()


def test_of_takes_the_larger_side_and_ignores_the_unseen():
    units = ActionUnits.from_dict({(12, "L"): 1, (12, "R"): float("nan"), (4, "R"): 2})
    assert units.of(12) == 1
    assert units.of(4) == 2
    assert units.of(4, "L") == 0
    assert np.isnan(units.of(12, "R"))
    assert np.isnan(ActionUnits.unobserved().of(1))


def test_arrays_are_copied_and_read_only():
    values = np.zeros((33, 2), np.float32)
    units = ActionUnits(values)
    values[0, 0] = 3
    assert units.of(1) == 0
    with pytest.raises(ValueError, match="read-only"):
        units.intensity[0, 0] = 1


def test_clipped_repairs_raw_predictions():
    raw = np.full((33, 2), [-0.2, 5.4], np.float32)
    units = ActionUnits.clipped(raw)
    assert (units.of(12, "L"), units.of(12, "R")) == (0, 5)
    assert units.of(17, "L") == units.of(17, "R") == 2.5


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({12: 5.5}, "unit 12 on side L is 5.5; intensities run from 0 to 5"),
        ({12: -1.0}, "unit 12 on side L is -1"),
        ({(17, "L"): 1.0}, "unit 17 has no sides but holds 1 left and 0 right"),
        ({45: 1.0}, "not on the label axis"),
        ({(12, "U"): 1.0}, "expected 'L' or 'R'"),
        ({12: float("inf")}, "is inf"),
    ],
)
def test_bad_intensities(values, message):
    with pytest.raises(ValueError, match=message):
        ActionUnits.from_dict(values)


@pytest.mark.parametrize("value", [1.5, -0.1, float("nan")])
def test_bad_controllers(value):
    controllers = np.zeros(72, np.float32)
    controllers[3] = value
    with pytest.raises(ValueError, match="values run from 0 to 1"):
        Expression(controllers, np.zeros(3, np.float32), np.zeros((2, 2), np.float32))


def test_bad_shape():
    with pytest.raises(ValueError, match=r"expected shape \(33, 2\), got \(32, 2\)"):
        ActionUnits(np.zeros((32, 2), np.float32))
