import numpy as np
import pytest

from facsimile.evaluate.bootstrap import draw_people
from facsimile.evaluate.calibration import calibration, deviation_table, presence_table
from facsimile.evaluate.sample import Answer, Truth
from facsimile.facs.action_units import LABEL_UNITS

COUNT = 1500


def world(stated):
    """A reader whose errors have a deviation of .8 everywhere, and that states ``stated`` times that."""
    random = np.random.default_rng(0)
    shape = (COUNT, len(LABEL_UNITS), 2)
    mean = random.random(shape) * 5
    intensity = mean + 0.8 * random.normal(size=shape)
    points = np.zeros((COUNT, 70, 2))
    angles, gaze = np.zeros((COUNT, 3)), np.zeros((COUNT, 2))
    truth = Truth("w", np.arange(COUNT), intensity, points, np.ones((COUNT, 70), bool), angles, gaze)
    return truth, Answer("r", mean, np.full(shape, 0.8 * stated), points, angles, gaze)


def test_an_honest_reader_covers_what_it_says():
    truth, answer = world(1.0)
    found = calibration(draw_people(truth.identity, draws=50), truth, answer)
    for name, share in (("50%", 0.5), ("80%", 0.8), ("90%", 0.9), ("95%", 0.95)):
        assert found["coverage"][name].value == pytest.approx(share, abs=0.01)
    assert found["z_spread"].value == pytest.approx(1, abs=0.01)
    assert set(found["by_unit"]) == {str(code) for code in LABEL_UNITS}
    for row in found["presence"]:
        assert row["observed"] == pytest.approx(row["stated"], abs=0.04)


@pytest.mark.parametrize(("stated", "spread", "inside"), [(0.5, 2.0, 0.59), (2.0, 0.5, 0.999)])
def test_boasting_and_modesty_show(stated, spread, inside):
    truth, answer = world(stated)
    found = calibration(draw_people(truth.identity, draws=50), truth, answer)
    assert found["z_spread"].value == pytest.approx(spread, rel=0.02)
    assert found["coverage"]["90%"].value == pytest.approx(inside, abs=0.02)


def test_deviations_are_compared_from_the_surest_on():
    random = np.random.default_rng(1)
    sd = random.uniform(0.2, 2, (5000, 1))
    rows = deviation_table(sd * random.normal(size=sd.shape), np.zeros_like(sd), sd)
    assert [row["stated"] for row in rows] == sorted(row["stated"] for row in rows)
    assert all(row["observed"] == pytest.approx(row["stated"], rel=0.15) for row in rows)
    assert sum(row["n"] for row in rows) == 5000


def test_unseen_values_take_no_part():
    seen = np.array([[1.0, np.nan]])
    assert sum(row["n"] for row in presence_table(seen, np.ones((1, 2)), np.ones((1, 2)))) == 1
