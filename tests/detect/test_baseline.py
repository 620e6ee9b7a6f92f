import dataclasses

import numpy as np
import pytest

from facsimile.detect.baseline import (
    NUM_FIRST,
    PRIOR_S,
    FirstNeutral,
    GivenNeutral,
    NoBaseline,
    RunningMedian,
    baseline_maker,
)


@pytest.fixture
def face(detector, picture):
    return dataclasses.replace(detector.read_image(picture)[0], head_pose_rad=np.zeros(3))


def shown(face, value, *, yaw=0.0, **changes):
    """The face with ``value`` in every unit."""
    pose = np.array([0.0, yaw, 0.0])
    return dataclasses.replace(face, intensity=np.full_like(face.intensity, value), head_pose_rad=pose, **changes)


def test_none_changes_nothing(face):
    rest = NoBaseline()
    rest.learn(face, time_s=0.0)
    assert rest.rested(face) is face


def test_a_given_neutral_is_the_reference(face):
    rest = GivenNeutral(face)
    assert rest.reference is face.features
    assert rest.rested(face) is face


def seen(face, value, feature, **changes):
    return shown(face, value, features=np.full((2, 8), feature, np.float32), **changes)


def test_the_first_neutral_frames_are_averaged_and_others_ignored(face):
    rest = FirstNeutral()
    rest.learn(seen(face, 4.0, 100), time_s=0.0)
    rest.learn(seen(face, 1.0, 100, yaw=0.5), time_s=0.1)
    assert rest.reference is None
    for i in range(NUM_FIRST):
        rest.learn(seen(face, 1.0, i), time_s=0.2 + i / 25)
    rest.learn(seen(face, 0.0, 100), time_s=9.0)
    assert rest.reference == pytest.approx((NUM_FIRST - 1) / 2)
    assert (rest.reference.shape, rest.reference.dtype) == ((2, 8), np.float32)


def test_the_median_is_subtracted_within_the_scale_also_from_controllers(face):
    rest = RunningMedian()
    half, whole = np.full(72, 0.25, np.float32), np.full(72, 1.0, np.float32)
    for i in range(100):
        rest.learn(shown(face, 1.0, controllers=half), time_s=i / 10)
    told = rest.rested(shown(face, 3.0, controllers=whole))
    assert told.intensity == pytest.approx(2.0, abs=0.03)
    assert told.controllers == pytest.approx(0.75, abs=0.01)
    assert told.is_relative
    assert (rest.rested(shown(face, 0.5, controllers=half)).intensity == 0).all()


def test_the_running_median_is_the_median_over_time(face):
    rng = np.random.default_rng(0)
    values = rng.gamma(2.0, 0.6, 500).clip(0, 5)
    rest = RunningMedian()
    for i, value in enumerate(values):
        rest.learn(shown(face, value), time_s=i / 25)
    with_prior = np.concatenate([np.zeros(round(PRIOR_S * 25)), values])
    assert 5 * rest.median[:6] == pytest.approx(np.median(with_prior), abs=0.03)


def test_the_running_median_begins_at_rest_and_counts_seconds_not_frames(face):
    rest = RunningMedian()
    rest.learn(shown(face, 4.0), time_s=0.0)
    assert rest.rested(shown(face, 4.0)).intensity == pytest.approx(4.0)
    for i in range(100):
        rest.learn(shown(face, 1.0), time_s=1 + i / 1000)
    assert (rest.median == 0).all()
    for i in range(100):
        rest.learn(shown(face, 1.0), time_s=2 + i / 10)
    assert 5 * rest.median[:6] == pytest.approx(1.0, abs=0.03)


def test_turned_heads_teach_nothing_and_memory_stays(face):
    rest = RunningMedian()
    for i in range(200):
        rest.learn(shown(face, 3.0, yaw=0.5), time_s=i / 25)
    assert (rest.median == 0).all()
    assert rest._seconds.nbytes < 150_000


def test_unknown_kinds():
    with pytest.raises(ValueError, match="baseline 'mean': choose one of none, first, median"):
        baseline_maker("mean")
