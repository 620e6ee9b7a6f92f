import math

import numpy as np
import pytest

from facsimile.evaluate import metrics


def slow_auc(positive, negative):
    wins = [1.0 if p > n else 0.5 if p == n else 0.0 for p in positive for n in negative]
    return sum(wins) / len(wins)


def anova_icc31(truth, prediction):
    """The textbook two-way table: rows are targets, columns are the two raters."""
    table = np.stack([truth, prediction], 1)
    n, k = table.shape
    rows = k * ((table.mean(1) - table.mean()) ** 2).sum() / (n - 1)
    residual = table - table.mean(1, keepdims=True) - table.mean(0, keepdims=True) + table.mean()
    error = (residual**2).sum() / ((n - 1) * (k - 1))
    return (rows - error) / (rows + (k - 1) * error)


def test_auc_equals_counting_all_pairs():
    random = np.random.default_rng(1)
    positive, negative = random.integers(0, 6, 40).astype(float), random.integers(0, 4, 30).astype(float)
    assert metrics.auc(positive, negative) == pytest.approx(slow_auc(positive, negative))
    assert metrics.auc(positive, negative) + metrics.auc(negative, positive) == pytest.approx(1)


def test_auc_ends():
    low, high = np.array([0.0, 1.0]), np.array([2.0, 3.0])
    assert metrics.auc(high, low) == 1
    assert metrics.auc(low, low) == 0.5
    assert math.isnan(metrics.auc(high, np.empty(0)))


def test_pearson_is_blind_to_scale_and_offset():
    x = np.array([0.0, 1.0, 3.0, 5.0])
    assert metrics.pearson(x, 2 * x + 1) == pytest.approx(1)
    assert metrics.pearson(x, -x) == pytest.approx(-1)
    assert math.isnan(metrics.pearson(x, np.ones(4)))
    y = np.array([1.0, 0.0, 2.0, 2.0])
    assert metrics.pearson(x, y) == pytest.approx(np.corrcoef(x, y)[0, 1])


def test_icc31_equals_the_anova_table():
    random = np.random.default_rng(2)
    truth = random.random(50) * 5
    prediction = truth * 0.6 + random.random(50)
    assert metrics.icc31(truth, prediction) == pytest.approx(anova_icc31(truth, prediction))


def test_icc31_forgives_an_offset_but_not_a_shrunken_scale():
    truth = np.array([0.0, 1.0, 2.0, 5.0])
    assert metrics.icc31(truth, truth + 1) == pytest.approx(1)
    assert metrics.icc31(truth, truth * 0.1) == pytest.approx(2 * 0.1 / (1 + 0.1**2))
    assert metrics.icc31(truth, np.zeros(4)) == pytest.approx(0)


def test_shrout_and_fleiss_example():
    """Table 2 of Shrout & Fleiss 1979: four judges, six targets; their table 4 gives ICC(3,1) = .71."""
    judges = np.array([[9.0, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])
    assert round(metrics.icc31_of_judges(judges), 2) == 0.71
    assert metrics.icc31(judges[:, 0], judges[:, 1]) == pytest.approx(anova_icc31(judges[:, 0], judges[:, 1]))


def test_f1_counts():
    truth = np.array([True, True, False, False])
    assert metrics.f1(truth, truth) == 1
    assert metrics.f1(truth, np.array([True, False, True, False])) == 0.5
    assert math.isnan(metrics.f1(np.zeros(3, bool), np.zeros(3, bool)))


def test_unobserved_truth_is_left_out():
    truth, prediction = np.array([1.0, math.nan, 3.0]), np.array([2.0, 100.0, 3.0])
    assert metrics.mean_absolute_error(truth, prediction) == 0.5
    assert math.isnan(metrics.mean_absolute_error(np.array([math.nan]), np.array([1.0])))


def test_landmark_error_in_eye_distances():
    truth = np.zeros((2, 70, 2))
    truth[:, metrics.LEFT_EYE_OUTER, 0] = [10, 20]
    assert metrics.landmark_error(truth, truth + np.array([1.0, 0.0])) == pytest.approx([0.1, 0.05])
    visible = np.zeros((2, 70), bool)
    visible[:, 0] = True
    moved = truth.copy()
    moved[:, 1:] += 99
    assert metrics.landmark_error(truth, moved, visible) == pytest.approx([0, 0])
