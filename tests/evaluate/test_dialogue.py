import itertools
import math

import numpy as np
import pytest

from facsimile.evaluate.dialogue import (
    Measured,
    balanced,
    balanced_accuracy,
    energy_score,
    event_f1,
    event_f1_null,
    frame_fd,
    onsets,
    paired_gain,
    pairing_lift,
    rate,
    share,
    turn_points,
    window_fd,
)


def gaussian_world(*, count=300, num_samples=16, seed=0):
    """Truth follows the partner with unit noise: the law of it is known."""
    rng = np.random.default_rng(seed)
    partner = rng.normal(size=(count, 40, 3))
    truth = partner + rng.normal(size=partner.shape)
    oracle = partner[:, None] + rng.normal(size=(count, num_samples, 40, 3))
    return partner, truth, oracle


def slow_energy(samples, truth, window):
    """One dialogue, by the definition, every pair of samples."""
    scores = []
    for start in range(0, truth.shape[0] - window + 1, window):
        x = [sample[start : start + window].ravel() for sample in samples]
        y = truth[start : start + window].ravel()
        error = np.mean([np.linalg.norm(a - y) for a in x])
        pairs = [np.linalg.norm(a - b) for a, b in itertools.permutations(x, 2)]
        scores.append(error - 0.5 * np.mean(pairs))
    return np.mean(scores)


def test_rates_are_ratios_of_sums():
    total, count = np.array([10.0, 2.0, 6.0]), np.array([5.0, 1.0, 2.0])
    result = rate(total, count)
    assert result.value == pytest.approx(18 / 8)
    assert result.low <= result.value <= result.high
    assert rate(total, count) == result
    assert math.isnan(rate(np.zeros(2), np.zeros(2)).value)
    with pytest.raises(ValueError, match="must pair by dialogue; got 3 and 2"):
        rate(total, count[:2])


def test_the_interval_of_a_mean_matches_theory():
    values = np.random.default_rng(0).normal(size=400)
    result = rate(values, np.ones(400))
    assert (result.high - result.low) / 2 == pytest.approx(1.96 * values.std() / 20, rel=0.06)


def test_a_paired_gain_is_narrower_than_its_parts():
    rng = np.random.default_rng(1)
    hard = rng.gamma(2, 50, 200)
    gain = paired_gain(hard + 1 + 0.1 * rng.normal(size=200), hard, np.ones(200))
    assert gain.low < 1 < gain.high
    assert gain.high - gain.low < 0.1 < rate(hard, np.ones(200)).high - rate(hard, np.ones(200)).low


def test_shares_are_drawn_by_dialogue():
    dialogue = np.repeat([3, 7], 50)
    result = share(dialogue == 3, dialogue)
    assert (result.value, result.low, result.high) == (0.5, 0.0, 1.0)


def test_the_energy_score_equals_its_definition():
    rng = np.random.default_rng(2)
    samples, truth = rng.normal(size=(3, 5, 21, 2)), rng.normal(size=(3, 21, 2))
    expected = [slow_energy(s, t, 10) for s, t in zip(samples, truth, strict=True)]
    assert energy_score(samples, truth, window=10) == pytest.approx(expected)
    one = energy_score(samples[:, :1], truth, window=10)
    assert one[0] == pytest.approx(np.mean([np.linalg.norm((samples[0, 0] - truth[0])[k : k + 10]) for k in (0, 10)]))


def test_only_the_true_law_has_the_least_energy_and_the_partner_lifts_it():
    partner, truth, oracle = gaussian_world()
    best = energy_score(oracle, truth, window=10).mean()
    rivals = {
        "mean": partner[:, None],
        "wide": partner[:, None] + 1.5 * (oracle - partner[:, None]),
        "stranger": np.roll(oracle, 1, axis=0),
        "biased": oracle + 0.3,
    }
    for name, samples in rivals.items():
        assert energy_score(samples, truth, window=10).mean() > best, name
    assert pairing_lift(oracle, truth, window=10).low > 0.1
    assert pairing_lift(rivals["stranger"], truth, window=10).high < 0.02
    constant = np.zeros_like(oracle[:, :1])
    ignoring = pairing_lift(constant, truth, window=10)
    assert ignoring.low <= 0 <= ignoring.high


def test_frechet_distances_of_gaussians_have_a_closed_form():
    rng = np.random.default_rng(3)
    a, b = rng.normal(size=(50, 1, 400, 2)), 3 + 2 * rng.normal(size=(50, 400, 2))
    assert frame_fd(a, b) == pytest.approx(2 * (9 + 1), rel=0.03)
    assert frame_fd(b[:, None], b) == pytest.approx(0, abs=1e-9)


def test_shuffled_frames_win_by_frames_and_lose_by_windows():
    rng = np.random.default_rng(4)
    smooth = np.cumsum(rng.normal(size=(60, 80, 2)), axis=1) * 0.2
    shuffled = np.stack([clip[rng.permutation(80)] for clip in smooth])[:, None]
    other = np.cumsum(rng.normal(size=(60, 1, 80, 2)), axis=2) * 0.2
    assert frame_fd(shuffled, smooth) < frame_fd(other, smooth)
    assert window_fd(shuffled, smooth) > 3 * window_fd(other, smooth)


def test_onsets_and_their_matching():
    assert onsets(np.array([1, 1, 0, 1, 0, 1], bool)).tolist() == [3, 5]
    truth = np.array([10, 20, 40])
    assert event_f1(truth, truth, tolerance=0) == 1
    assert event_f1(truth, np.array([11, 19]), tolerance=1) == pytest.approx(4 / 5)
    assert event_f1(truth, np.array([10, 10, 10]), tolerance=1) == pytest.approx(1 / 3)
    assert event_f1(truth, np.array([], np.int64), tolerance=1) == 0
    assert math.isnan(event_f1(truth[:0], truth[:0], tolerance=1))


def test_many_events_are_worth_little_more_than_their_null():
    truth, spam = np.array([11, 50, 89]), np.arange(0, 100, 4)
    null = event_f1_null(truth, spam, tolerance=1, num_frames=100)
    assert event_f1(truth, spam, tolerance=1) == pytest.approx(null, abs=0.1)
    assert event_f1_null(truth, truth, tolerance=1, num_frames=100) < 0.1


def test_turn_points_are_holds_and_shifts():
    me = np.array([1, 1, 0, 0, 1, 0, 0, 0, 1, 0, 0], bool)
    you = np.array([0, 0, 0, 0, 0, 0, 1, 0, 1, 0, 1], bool)
    places, shifts = turn_points(np.stack([me, you], 1))
    assert places.tolist() == [2, 5]
    assert shifts.tolist() == [False, True]
    assert turn_points(np.stack([me, you], 1), min_silence=2)[0].tolist() == [2]


def test_balanced_accuracy():
    truth = np.array([True, False, False, False])
    assert balanced_accuracy(truth, truth) == 1
    assert balanced_accuracy(truth, np.zeros(4, bool)) == 0.5
    assert math.isnan(balanced_accuracy(np.zeros(3, bool), np.zeros(3, bool)))


def test_numbers_print_with_their_interval():
    assert str(Measured(1.23456, 1.1, 1.4)) == "1.235 [1.100, 1.400]"
    assert (str(Measured(2.0)), str(Measured(math.nan))) == ("2.000", "-")


def test_bad_shapes_are_refused():
    with pytest.raises(ValueError, match="must match the truth"):
        energy_score(np.zeros((2, 3, 10, 2)), np.zeros((2, 11, 2)), window=5)
    with pytest.raises(ValueError, match="12 frames do not fit into clips of 10"):
        energy_score(np.zeros((2, 3, 10, 2)), np.zeros((2, 10, 2)), window=12)


def test_balanced_accuracy_with_its_interval_over_dialogues():
    truth = np.array([True, False, False, True, False, False] * 20)
    answer = np.array([True, False, True, False, False, False] * 20)
    dialogue = np.repeat(np.arange(20), 6)
    found = balanced(truth, answer, dialogue)
    assert found.value == pytest.approx((0.5 + 0.75) / 2) == found.low == found.high
    mixed = balanced(truth, np.random.default_rng(0).random(120) < 0.5, dialogue)
    assert mixed.low < 0.5 < mixed.high
    assert np.isnan(balanced(truth & False, answer, dialogue).value)
