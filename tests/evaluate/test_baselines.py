import numpy as np
import pytest

from facsimile.evaluate.baselines import always_zero, fit_linear, linear_on_landmarks, training_mean
from facsimile.evaluate.sample import Truth
from facsimile.facs.action_units import LABEL_UNITS


def truth(seed, count=240):
    """Intensities that are a straight line of the first features."""
    random = np.random.default_rng(seed)
    features = random.normal(size=(count, 6))
    intensity = np.zeros((count, len(LABEL_UNITS), 2))
    intensity[:, 0] = np.clip(2.5 + 0.5 * features[:, :2], 0, 5)
    intensity[:, 1] = np.nan
    points = random.random((count, 70, 2))
    pose, gaze = features[:, 2:5] * 0.1, features[:, 4:] * 0.1
    return Truth("t", np.arange(count) // 4, intensity, points, np.ones((count, 70), bool), pose, gaze), features


def test_a_line_is_found():
    (train, x), (test, y) = truth(0), truth(1)
    said = linear_on_landmarks(train, test, train_features=x, test_features=y)
    assert said.intensity[:, 0] == pytest.approx(test.intensity[:, 0], abs=0.02)
    assert said.pose_rad == pytest.approx(test.pose_rad, abs=1e-3)
    assert said.gaze_rad == pytest.approx(test.gaze_rad, abs=1e-3)
    assert said.sd[0, 0].max() < 0.05
    assert np.isnan(said.landmarks).all()
    assert said.is_baseline


def test_ridge_equals_the_normal_equations():
    random = np.random.default_rng(3)
    x, y = random.normal(size=(60, 4)), random.normal(size=(60, 2))
    fitted = np.arange(60) < 40
    line = fit_linear(x, y, is_fitted=fitted)
    a = (x[fitted] - x[fitted].mean(0)) / (x[fitted].std(0) + 1e-9)
    expected = np.linalg.solve(a.T @ a + line.penalty * np.eye(4), a.T @ (y[fitted] - y[fitted].mean(0)))
    assert line.weights == pytest.approx(expected)


def test_noise_gets_the_largest_penalty():
    random = np.random.default_rng(4)
    x, y = random.normal(size=(60, 40)), random.normal(size=(60, 1))
    assert fit_linear(x, y, is_fitted=np.arange(60) < 45).penalty >= 10


def test_constants_state_their_own_spread():
    (train, _), (test, _) = truth(0), truth(1, count=8)
    zero, mean = always_zero(train, test), training_mean(train, test)
    assert (zero.intensity == 0).all()
    assert zero.sd[0, 0, 0] == pytest.approx(np.sqrt((train.intensity[:, 0, 0] ** 2).mean()))
    assert mean.intensity[:, 0, 0] == pytest.approx(np.full(8, train.intensity[:, 0, 0].mean()))
    assert mean.sd[0, 0, 1] == pytest.approx(train.intensity[:, 0, 1].std())
    assert mean.pose_rad[0] == pytest.approx(train.pose_rad.mean(0))


def test_one_person_is_too_few():
    train, x = truth(0, count=4)
    with pytest.raises(ValueError, match="two people"):
        linear_on_landmarks(train, train, train_features=x, test_features=x)
