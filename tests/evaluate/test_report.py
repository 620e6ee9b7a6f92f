import json
import math

import numpy as np
import pytest

from facsimile.evaluate.report import COLUMNS, SIDE_COLUMNS, Sample, as_text, report


def sample(mean, truth, *, units=(12, 25)):
    count = len(truth)
    points = np.random.default_rng(0).random((count, 70, 2))
    return Sample(
        units=units,
        identity=np.arange(count) // 4,
        truth=truth,
        mean=mean,
        sd=np.ones_like(mean),
        landmarks=points,
        read_landmarks=points + np.array([0.01, 0.0]),
        landmark_visible=np.ones((count, 70), bool),
    )


@pytest.fixture
def truth():
    values = np.random.default_rng(1).random((80, 2, 2)) * 5
    values[:, 1, 1] = values[:, 1, 0]
    return values


def test_a_perfect_reader(truth):
    row = report(sample(truth, truth))["units"]["12"]
    assert (row["icc"], row["r"], row["auc"], row["f1"], row["mae"]) == pytest.approx((1, 1, 1, 1, 0))
    assert row["r_left_minus_right"] == pytest.approx(1)
    assert row["n"] == 160
    assert row["mae_zero"] == pytest.approx(truth[:, 0].mean())
    assert row["f1_always"] == pytest.approx(2 * row["share"] / (1 + row["share"]))


def test_a_reader_that_sees_no_sides(truth):
    middle = truth.mean(2, keepdims=True).repeat(2, 2)
    row = report(sample(middle, truth))["units"]["12"]
    assert 0.3 < row["icc"] < 0.9
    assert math.isnan(row["r_left_minus_right"])


def test_a_constant_reader_has_no_skill(truth):
    row = report(sample(np.full_like(truth, 2.5), truth))["units"]["25"]
    assert row["icc"] == pytest.approx(0)
    assert row["auc"] == 0.5
    assert math.isnan(row["r"])


def test_shuffled_predictions_fail(truth):
    shuffled = truth[np.random.default_rng(2).permutation(len(truth))]
    row = report(sample(shuffled, truth))["units"]["25"]
    assert row["icc_low"] < 0 < row["icc_high"]


def test_the_interval_holds_the_value(truth):
    noisy = truth + np.random.default_rng(3).normal(size=truth.shape)
    row = report(sample(noisy, truth), seed=1)["units"]["12"]
    assert row["icc_low"] < row["icc"] < row["icc_high"]
    assert report(sample(noisy, truth), seed=1)["units"]["12"] == row


def test_invisible_units_do_not_count(truth):
    hidden = truth.copy()
    hidden[:40, 0] = math.nan
    result = report(sample(truth, hidden))
    assert result["units"]["12"]["n"] == 80
    assert result["units"]["12"]["mae"] == 0


def test_text_and_json(truth):
    result = report(sample(truth, truth))
    text = as_text(result)
    assert text.startswith("80 faces of 20 people")
    assert all(name in text for name in COLUMNS + SIDE_COLUMNS)
    assert len({len(line) for line in text.splitlines()[1:-1]}) == 1
    assert json.loads(json.dumps(result))["landmarks"]["nme_mean"] > 0
