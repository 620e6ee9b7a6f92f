import numpy as np
import pytest

from facsimile.render.postprocess import (
    Sensor,
    colour_matrix,
    compressed,
    developed,
    metered_exposure,
    moved,
    random_sensor,
    tone_curve,
    tone_table,
)


def grey(level, size=16):
    return np.full((size, size, 3), level, np.float32)


def test_developing_is_the_tone_curve():
    linear = np.random.default_rng(0).uniform(0, 7.9, (40, 40, 3)).astype(np.float32)
    expected = tone_curve(linear * 1.3 * 0.7) * 255
    np.testing.assert_allclose(developed(linear, Sensor(exposure=0.7), 1.3), expected, atol=0.8)


def test_contrast_and_black_keep_the_order_of_tones():
    flat, hard = tone_table(-0.7, 0.03).astype(int), tone_table(0.8, 0.0).astype(int)
    for table in (flat, hard):
        assert (np.diff(table) >= 0).all()
    assert flat[0] == 8
    assert hard[0] == 0
    dark, light = np.searchsorted(tone_table(0.0, 0.0), [60, 200])
    assert hard[dark] < 60 < flat[dark]
    assert hard[light] > 200 > flat[light]


def test_tone_curve_rises_from_black_to_white():
    values = tone_curve(np.linspace(0, 8, 500))
    assert values[0] == pytest.approx(0, abs=1e-6)
    assert (np.diff(values) >= 0).all()
    assert 0.85 < values[-1] <= 1


def test_meter_leaves_dark_skin_dark_and_fair_skin_fair():
    weight, light = np.ones((16, 16), np.float32), grey(0.6)
    dark, fair = (level * metered_exposure(grey(level), light, weight) for level in (0.03, 0.4))
    assert 3 < fair / dark < 0.4 / 0.03
    assert fair < 0.6


def test_meter_follows_the_light():
    weight = np.ones((16, 16), np.float32)
    dim, bright = (0.3 * level * metered_exposure(grey(0.3 * level), grey(level), weight) for level in (0.05, 3.0))
    assert dim == pytest.approx(bright, rel=0.02)
    assert metered_exposure(grey(0.2), grey(0.0), 0 * weight) == pytest.approx(1.0, rel=0.01)


def test_saturation_and_balance_leave_luminance_alone():
    colour = np.full((8, 8, 3), (0.4, 0.2, 0.1), np.float32)
    dull = developed(colour, Sensor(saturation=0.0), 1.0)
    assert np.ptp(dull) == 0
    np.testing.assert_allclose(colour_matrix(Sensor(saturation=1.4), 2.0) @ [1, 1, 1], 2.0, rtol=1e-5)


def test_the_lens_darkens_corners_and_spreads_colours():
    picture = developed(grey(0.3, 65), Sensor(vignette=0.4), 1.0)
    assert picture[32, 32, 1] == developed(grey(0.3), Sensor(), 1.0)[0, 0, 1]
    assert picture[0, 0, 1] < picture[32, 32, 1] - 20
    edge = grey(0.0, 128)
    edge[:, 110:] = 0.5
    seen = developed(edge, Sensor(aberration_px=2.0), 1.0).astype(int)
    assert seen[64, 109, 0] > seen[64, 109, 1] + 20
    assert seen[64, 110, 1] > seen[64, 110, 2] + 20


def test_motion_smears_along_its_line():
    spot = grey(0.0, 33)
    spot[16, 16] = 1
    smeared = moved(spot, 8.0, 0.0)[..., 0]
    assert smeared.sum() == pytest.approx(1, rel=1e-4)
    assert (smeared[16] > 0).sum() >= 7
    assert smeared[[14, 18]].sum() == 0
    upwards = moved(spot, 8.0, np.pi / 2)[..., 0]
    np.testing.assert_allclose(upwards, smeared.T, atol=1e-5)


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
