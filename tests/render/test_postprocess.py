import numpy as np
import pytest

from facsimile.render.postprocess import (
    Sensor,
    compressed,
    developed,
    metered_exposure,
    random_sensor,
    tone_curve,
    tone_mapped,
)


def grey(level, size=16):
    return np.full((size, size, 3), level, np.float32)


def test_tone_table_agrees_with_the_curve():
    linear = np.random.default_rng(0).uniform(0, 8, (40, 40, 3)).astype(np.float32)
    np.testing.assert_allclose(tone_mapped(linear), tone_curve(linear), atol=1e-3)


def test_tone_curve_rises_from_black_to_white():
    values = tone_curve(np.linspace(0, 8, 500))
    assert values[0] == pytest.approx(0, abs=1e-6)
    assert (np.diff(values) >= 0).all()
    assert 0.85 < values[-1] <= 1


def test_meter_brings_faces_closer_without_making_them_equal():
    weight = np.ones((16, 16), np.float32)
    dark, fair = (level * metered_exposure(grey(level), weight) for level in (0.05, 0.5))
    assert 1 < fair / dark < 0.5 / 0.05
    assert metered_exposure(grey(0.2), 0 * weight) == 1.0


def test_a_perfect_sensor_adds_nothing():
    picture = developed(grey(0.3), Sensor(), 1.0)
    assert np.ptp(picture) == 0


def test_noise_depends_on_its_seed_alone():
    sensors = [Sensor(read_noise=0.05, shot_noise=0.05, seed=seed) for seed in (1, 1, 2)]
    one, same, other = (developed(grey(0.3), sensor, 1.0) for sensor in sensors)
    np.testing.assert_array_equal(one, same)
    assert (one != other).any()
    assert 4 < one.astype(float).std() < 30


@pytest.mark.parametrize("size", [1, 8, 33])
def test_jpeg_keeps_the_size(size):
    assert compressed(np.full((size, size, 3), 90, np.uint8), 50).shape == (size, size, 3)


def test_random_sensors_work():
    for seed in range(20):
        assert developed(grey(0.2), random_sensor(np.random.default_rng(seed)), 1.2).dtype == np.uint8
