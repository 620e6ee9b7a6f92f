import numpy as np
import pytest
from faces import random_units

from facsimile.facs.action_units import unit_index
from facsimile.facs.converters import expression_from_action_units
from facsimile.facs.expression import ActionUnits, Expression
from facsimile.facs.track import Track


def random_track(count, seed=0, gaps=True):
    rng = np.random.default_rng(seed)
    time_s = np.cumsum(rng.uniform(0.01, 0.1, count))
    units = Track.from_action_units(time_s, [random_units(rng) for _ in range(count)])
    controllers = rng.random((count, 72)).astype(np.float32)
    if gaps:
        controllers[rng.random(controllers.shape) < 0.1] = np.nan
    head = rng.normal(size=(count, 3)).astype(np.float32)
    gaze = rng.normal(size=(count, 2, 2)).astype(np.float32)
    return Track(time_s, units.intensity, controllers, head, gaze)


def track_of(time_s, values, code=12):
    states = [ActionUnits.from_dict({code: float(value)}) for value in values]
    return Track.from_action_units(np.array(time_s, float), states)


@pytest.mark.parametrize("count", [0, 1, 2, 17])
def test_identities(count):
    track = random_track(count)
    assert len(track) == count
    assert track.resampled(np.array(track.time_s)) == track
    assert track.smoothed(0) == track
    assert track.mirrored().mirrored() == track


def test_moments_come_back():
    units = [ActionUnits.from_dict({12: 3, 4: float("nan")}), ActionUnits.neutral()]
    track = Track.from_action_units([0.0, 0.5], units)
    assert [track.action_units(i) for i in range(2)] == units
    expressions = [expression_from_action_units(unit) for unit in units]
    assert [Track.from_expressions([0.0, 0.5], expressions).expression(i) for i in range(2)] == expressions
    assert Track(np.zeros(1), controllers=np.zeros((1, 72), np.float32)).expression(0) == Expression.neutral()


def test_linear_between_samples_and_unknown_outside():
    track = track_of([0, 1, 3], [0, 2, 4])
    resampled = track.resampled(np.array([-0.1, 0.25, 1.0, 2.0, 3.0, 3.1]))
    assert np.allclose(resampled.curve(12), [np.nan, 0.5, 2, 3, 4, np.nan], equal_nan=True)


def test_gaps_do_not_spread_to_known_samples():
    track = track_of([0, 1, 2, 3], [1, np.nan, 3, 4])
    resampled = track.resampled(np.array([0, 0.5, 1.5, 2, 2.5]))
    assert np.allclose(resampled.curve(12), [1, np.nan, np.nan, 3, 3.5], equal_nan=True)


def test_even_rate():
    track = track_of([0.1, 0.5, 1.1], [0, 1, 2])
    assert np.allclose(track.at_rate(10).time_s, np.arange(11) / 10 + 0.1)
    assert np.array_equal(random_track(1).at_rate(25).time_s, random_track(1).time_s)
    assert len(random_track(0).at_rate(25)) == 0


def test_smoothing_keeps_constants_and_ramps_and_lowers_noise():
    time_s = np.arange(200) / 25
    assert np.allclose(track_of(time_s, np.full(200, 5.0)).smoothed(0.1).curve(12), 5.0)
    ramp = track_of(time_s, time_s / 2).smoothed(0.1).curve(12)
    assert np.allclose(ramp[20:-20], time_s[20:-20] / 2, atol=1e-5)
    noise = np.random.default_rng(0).uniform(0, 5, 200)
    assert track_of(time_s, noise).smoothed(0.1).curve(12).std() < 0.6 * noise.std()


def test_smoothing_matches_a_slow_twin_and_keeps_gaps():
    values = np.array([0, 1, np.nan, 4, 2])
    time_s = np.array([0, 0.04, 0.1, 0.12, 0.2])
    known = ~np.isnan(values)
    expected = [
        np.average(values[known], weights=np.exp(-0.5 * ((time_s[known] - t) / 0.2) ** 2)) if seen else np.nan
        for t, seen in zip(time_s, known, strict=True)
    ]
    assert np.allclose(track_of(time_s, values).smoothed(0.2).curve(12), expected, atol=1e-5, equal_nan=True)


def test_curve_of_a_side():
    track = Track.from_action_units([0.0], [ActionUnits.from_dict({(12, "L"): 1, (12, "R"): 3})])
    assert (track.curve(12)[0], track.curve(12, "L")[0]) == (3, 1)


def test_errors():
    with pytest.raises(ValueError, match=r"must ascend, but entry 2 is 1 s after 1 s"):
        Track(np.array([0.0, 1.0, 1.0]))
    with pytest.raises(ValueError, match="expected finite seconds"):
        Track(np.array([np.nan]))
    with pytest.raises(ValueError, match=r"controllers: expected shape \(2, 72\)"):
        Track(np.array([0.0, 1.0]), controllers=np.zeros((2, 52), np.float32))
    with pytest.raises(ValueError, match="does not hold it"):
        Track(np.zeros(1)).curve(12)
    with pytest.raises(ValueError, match="above 0"):
        random_track(2).at_rate(0)
    with pytest.raises(ValueError, match="0 or more"):
        random_track(2).smoothed(-1)
    bad = np.zeros((2, 33, 2), np.float32)
    bad[1, unit_index(17), 0] = 1
    with pytest.raises(ValueError, match="unit 17 has no sides"):
        Track(np.array([0.0, 1.0]), bad)
