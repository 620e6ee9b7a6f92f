import math

import numpy as np
import pytest

from facsimile.evaluate.dialogue import Measured
from facsimile.evaluate.dialogue_baselines import ar2_bits, gaming_samples, marginal_bits, markov_bits
from facsimile.evaluate.dialogue_report import BIT_BASELINES, KINDS, as_json, table


def rows(kind, *, without=()):
    names = ["the model", *KINDS[kind], "oracle"]
    return {name: {"bits": Measured(1.0, 0.9, 1.1)} for name in names if name not in without}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_table_needs_every_baseline(kind):
    text = table(rows(kind), kind=kind, synthetic=True)
    assert "| the model | 1.000 [0.900, 1.100] |" in text
    assert "nothing about people" in text
    for name in (*KINDS[kind], "oracle"):
        with pytest.raises(ValueError, match="missing: ") as error:
            table(rows(kind, without=[name]), kind=kind, synthetic=True)
        assert name in str(error.value)
    assert "about people" not in table(rows(kind, without=["oracle"]), kind=kind, synthetic=False)


def test_an_empty_baseline_row_is_a_missing_one():
    hollow = rows("bits") | {BIT_BASELINES[0]: {}}
    with pytest.raises(ValueError, match="missing: marginal;"):
        table(hollow, kind="bits", synthetic=True)
    with pytest.raises(ValueError, match="'bit' is unknown"):
        table(rows("bits"), kind="bit", synthetic=True)


def test_plain_numbers():
    assert as_json({"a": {"b": Measured(1.0)}}) == {"a": {"b": [1.0, None, None]}}


def chain(count, seed, *, stay=0.8):
    """A sticky chain over six levels in one column, whose entropy rate is known."""
    rng = np.random.default_rng(seed)
    levels = rng.integers(0, 6, (count, 50, 1))
    for t in range(1, 50):
        keep = rng.random((count, 1)) < stay
        levels[:, t] = np.where(keep, levels[:, t - 1], levels[:, t])
    return levels


def test_baselines_reach_the_entropies_of_a_known_chain():
    train, test = chain(800, 1), chain(200, 2)
    stay = 0.8 + 0.2 / 6
    entropy = -(stay * math.log2(stay) + (1 - stay) * math.log2((1 - stay) / 5))
    per_tick = {f: f(train, test).mean() / 49 for f in (marginal_bits, markov_bits, ar2_bits)}
    assert per_tick[marginal_bits] == pytest.approx(math.log2(6), abs=0.01)
    assert per_tick[markov_bits] == pytest.approx(entropy, abs=0.05)
    assert per_tick[markov_bits] < per_tick[ar2_bits] < per_tick[marginal_bits] + 0.5


def test_ar2_sees_a_column_that_follows_another():
    first = np.random.default_rng(5).integers(0, 6, (60, 41))
    levels = np.stack([first[:, 1:], first[:, :-1]], axis=2)
    random = ar2_bits(levels[:, :, :1], levels[:, :, :1])
    assert ar2_bits(levels, levels).mean() == pytest.approx(random.mean(), rel=0.05)
    assert markov_bits(levels, levels).mean() > 1.9 * random.mean()


def test_a_level_never_seen_is_unlikely_not_impossible():
    train = np.zeros((5, 10, 2), np.int64)
    for bits in (marginal_bits, markov_bits, ar2_bits):
        assert np.isfinite(bits(train, train + 5)).all()
        assert bits(train, train + 5).min() > bits(train, train).max()


def test_gaming_samples_have_what_they_promise():
    rng = np.random.default_rng(0)
    train, truth, partner = rng.random((9, 12, 2)), rng.random((4, 12, 2)), rng.random((4, 12, 2))
    made = gaming_samples(train, truth, partner, num_samples=3)
    assert set(made) == set(KINDS["motion"])
    assert np.ptp(made["mean face"], axis=2).max() == 0
    assert np.array_equal(made["copy partner"][:, 0], partner)
    assert np.allclose(np.sort(made["frame-shuffled"], axis=2), np.sort(truth, axis=1)[:, None])
    assert all((clip == train).all(axis=(1, 2)).any() for clip in made["random clip"].reshape(-1, 12, 2))
