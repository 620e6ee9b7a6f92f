import math

import numpy as np
import pytest

from facsimile.evaluate import metrics
from facsimile.evaluate.agreement import AT_B, AT_C, agreement, correlation, mean_error, share, weighted_auc
from facsimile.evaluate.bootstrap import draw_people


@pytest.fixture
def columns():
    random = np.random.default_rng(0)
    truth = random.random((120, 3)) * 5
    reading = np.clip(truth * 0.6 + random.normal(size=truth.shape), 0, 5)
    truth[:20, 1] = math.nan
    return np.arange(120) // 4, truth, reading


def test_values_equal_the_plain_functions(columns):
    identity, truth, reading = columns
    found = agreement(draw_people(identity, draws=5), truth, reading)
    for c in range(3):
        x, y = metrics.observed_pairs(truth[:, c], reading[:, c])
        assert found.num[0, c] == len(x)
        assert found.icc[0, c] == pytest.approx(metrics.icc31(x, y))
        assert found.r[0, c] == pytest.approx(metrics.pearson(x, y))
        assert found.mae[0, c] == pytest.approx(metrics.mean_absolute_error(x, y))
        assert found.bias[0, c] == pytest.approx((y - x).mean())
        assert found.slope[0, c] == pytest.approx(np.polyfit(x, y, 1)[0])
        assert found.f1_b[0, c] == pytest.approx(metrics.f1(x >= AT_B, y >= AT_B))
        assert found.f1_c[0, c] == pytest.approx(metrics.f1(x >= AT_C, y >= AT_C))
        assert found.auc[0, c] == pytest.approx(metrics.auc(y[x >= AT_B], y[x < AT_B]))


def test_each_draw_equals_the_statistic_of_its_rows(columns):
    identity, truth, reading = columns
    people = draw_people(identity, seed=2, draws=6)
    found = agreement(people, truth, reading)
    for d in range(1, 7):
        rows = np.repeat(np.arange(120), people.counts[d, people.person].astype(int))
        x, y = metrics.observed_pairs(truth[rows, 1], reading[rows, 1])
        assert found.icc[d, 1] == pytest.approx(metrics.icc31(x, y))
        assert found.auc[d, 1] == pytest.approx(metrics.auc(y[x >= AT_B], y[x < AT_B]))
        assert correlation(people, truth, reading)[d, 1] == pytest.approx(metrics.pearson(x, y))
        assert mean_error(people, truth, reading)[d, 1] == pytest.approx(np.abs(x - y).mean())


def test_a_constant_reading_has_no_skill(columns):
    identity, truth, _ = columns
    found = agreement(draw_people(identity, draws=3), truth, np.full_like(truth, 1.1))
    assert (found.r[0] == 0).all()
    assert found.icc[0] == pytest.approx(np.zeros(3))
    assert found.auc[0] == pytest.approx(np.full(3, 0.5))


def test_a_constant_truth_is_undefined():
    found = agreement(draw_people(np.arange(6), draws=3), np.zeros((6, 1)), np.arange(6.0)[:, None])
    assert np.isnan(found.r[0, 0])
    assert np.isnan(found.auc[0, 0])


def test_units_that_are_not_read_are_undefined():
    found = agreement(draw_people(np.arange(6), draws=3), np.arange(6.0)[:, None], np.full((6, 1), math.nan))
    assert found.num[0, 0] == 0
    assert np.isnan([found.icc[0, 0], found.mae[0, 0], found.auc[0, 0]]).all()


def test_ties_count_one_half():
    score, positive = np.array([0.0, 1, 1, 1]), np.array([False, False, True, True])
    assert weighted_auc(score, positive, np.ones((1, 4)))[0] == pytest.approx(0.75)


def test_shares_count_only_what_counts():
    happens, counts = np.array([[True], [True], [False]]), np.array([[True], [False], [True]])
    assert share(draw_people(np.arange(3), draws=2), happens, counts)[0, 0] == 0.5
