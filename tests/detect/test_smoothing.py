import dataclasses
import doctest
import math

import numpy as np
import pytest

from facsimile.app import live_screen
from facsimile.detect import smoothing
from facsimile.detect.smoothing import RESTART_S, FaceSmoother, OneEuro


class ScalarOneEuro:
    """The algorithm as printed in the paper (Casiez, Roussel & Vogel 2012, appendix), one number at a time."""

    def __init__(self, mincutoff, beta, dcutoff=1.0):
        self.mincutoff, self.beta, self.dcutoff = mincutoff, beta, dcutoff
        self.x = self.dx = self.t = None

    @staticmethod
    def alpha(rate, cutoff):
        tau, period = 1 / (2 * math.pi * cutoff), 1 / rate
        return 1 / (1 + tau / period)

    def filter(self, x, t):
        if self.t is None:
            self.x, self.dx, self.t = x, 0.0, t
            return x
        rate = 1 / (t - self.t)
        dx = (x - self.x) * rate
        a = self.alpha(rate, self.dcutoff)
        self.dx = a * dx + (1 - a) * self.dx
        b = self.alpha(rate, self.mincutoff + self.beta * abs(self.dx))
        self.x, self.t = b * x + (1 - b) * self.x, t
        return self.x


def test_it_is_the_published_filter_on_each_signal():
    rng = np.random.default_rng(0)
    times = np.cumsum(rng.uniform(0.01, 0.2, 100))
    signals = np.cumsum(rng.normal(size=(100, 3)), 0)
    cutoffs, betas = np.array([0.5, 1.0, 2.0]), np.array([0.0, 0.5, 3.0])
    ours = OneEuro(min_cutoff_hz=cutoffs, beta=betas)
    theirs = [ScalarOneEuro(float(c), float(b)) for c, b in zip(cutoffs, betas, strict=True)]
    for t, row in zip(times.tolist(), signals, strict=True):
        expected = [twin.filter(float(x), t) for twin, x in zip(theirs, row, strict=True)]
        np.testing.assert_allclose(ours(row, time_s=t), expected, rtol=1e-12)


def test_rest_is_held_and_a_jump_after_a_gap_passes():
    still = OneEuro(min_cutoff_hz=1.0, beta=0.0)
    assert still(np.array([1.0]), time_s=0.0) == 1
    assert [float(still(np.array([1.0]), time_s=i / 10)[0]) for i in range(1, 5)] == [1.0] * 4
    assert 1 < still(np.array([2.0]), time_s=0.5)[0] < 1.5
    assert still(np.array([5.0]), time_s=0.5 + 1.1 * RESTART_S) == 5


def test_scale_counts_speed_in_other_lengths():
    value = [np.array([v]) for v in (0.0, 3.0, 5.0, 4.0)]
    plain, scaled = (OneEuro(min_cutoff_hz=1.0, beta=2.0) for _ in range(2))
    for i, v in enumerate(value):
        one, hundred = plain(v, time_s=i / 25), scaled(100 * v, time_s=i / 25, scale=100.0)
    np.testing.assert_allclose(hundred, 100 * one)


@pytest.fixture
def noisy(detector, picture):
    """Readings of one face with jitter as video_noise.py measures it."""
    (face,) = detector.read_image(picture)
    rng = np.random.default_rng(1)

    def shaken(array, size):
        return (array + rng.normal(scale=size, size=array.shape)).astype(array.dtype)

    return face, [
        dataclasses.replace(
            face,
            intensity=np.clip(shaken(face.intensity, 0.06), 0, 5),
            landmarks=shaken(face.landmarks, 0.25),
            head_pose_rad=shaken(face.head_pose_rad, 0.006),
            gaze_rad=shaken(face.gaze_rad, 0.014),
        )
        for _ in range(60)
    ]


@pytest.mark.parametrize("name", ["intensity", "landmarks", "head_pose_rad", "gaze_rad"])
def test_jitter_falls_by_a_third_at_least_in_everything(noisy, name):
    _, faces = noisy
    smoother = FaceSmoother()
    smooth = [smoother.smoothed(face, time_s=i / 25) for i, face in enumerate(faces)]
    before, after = (np.stack([getattr(f, name) for f in some[20:]]) for some in (faces, smooth))
    assert after.dtype == before.dtype
    assert after.std(0).mean() < before.std(0).mean() * 2 / 3
    np.testing.assert_allclose(after.mean(0), before.mean(0), atol=0.5 * before.std(0).max())


def test_box_follows_landmarks_and_deviations_stay(noisy):
    _, faces = noisy
    smoother = FaceSmoother()
    smooth = [smoother.smoothed(face, time_s=i / 25) for i, face in enumerate(faces)][-1]
    np.testing.assert_allclose(smooth.box[:2], smooth.landmarks.min(0))
    assert smooth.intensity_sd is faces[-1].intensity_sd
    assert ((smooth.intensity >= 0) & (smooth.intensity <= 5)).all()


def test_controllers_are_smoothed_where_they_are_read(noisy):
    face, _ = noisy
    smoother = FaceSmoother()
    for i in range(5):
        controllers = np.full(72, i % 2, np.float32)
        told = smoother.smoothed(dataclasses.replace(face, controllers=controllers), time_s=i / 25)
    assert told.controllers.dtype == np.float32
    assert 0 < told.controllers[0] < 1
    assert told.expression.controllers[0] == told.controllers[0]


@pytest.mark.parametrize("module", [smoothing, live_screen])
def test_examples_run(module):
    result = doctest.testmod(module)
    assert (result.failed, result.attempted > 0) == (0, True)
