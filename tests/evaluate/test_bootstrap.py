import math

import numpy as np
import pytest

from facsimile.evaluate.bootstrap import Measured, People, draw_people, mean_defined, measured, ratio


def test_every_draw_holds_as_many_people_as_there_are():
    people = draw_people(np.array([7, 7, 3, 9, 3]), seed=1, draws=20)
    assert people.person.tolist() == [1, 1, 0, 2, 0]
    assert (people.counts[0] == 1).all()
    assert (people.counts.sum(1) == 3).all()


def test_totals_are_sums_over_drawn_rows():
    identity = np.array([0, 1, 1, 2])
    people = draw_people(identity, seed=3, draws=50)
    values = np.array([[1.0, 10], [2, 20], [4, 40], [8, 80]])
    for counts, total in zip(people.counts, people.totals(values), strict=True):
        rows = np.concatenate([np.flatnonzero(identity == p) for p in range(3) for _ in range(int(counts[p]))])
        assert total == pytest.approx(values[rows].sum(0))


def test_the_interval_of_a_mean_matches_theory():
    random = np.random.default_rng(4)
    value = random.normal(size=400)
    people = draw_people(np.arange(400), draws=800)
    totals = people.totals(np.stack([value, np.ones(400)], 1))
    found = measured(totals[:, 0] / totals[:, 1])
    assert found.value == pytest.approx(value.mean())
    assert (found.high - found.low) / 2 == pytest.approx(1.96 * value.std() / 20, rel=0.1)


def test_people_are_drawn_and_not_rows():
    """One hundred copies of two people's rows give the interval of two people."""
    people = draw_people(np.repeat([0, 1], 100), draws=200)
    mean = people.totals(np.repeat([0.0, 1.0], 100)[:, None])[:, 0] / people.totals(np.ones((200, 1)))[:, 0]
    assert measured(mean) == Measured(0.5, 0.0, 1.0)


def test_the_same_seed_gives_the_same_draws():
    identity = np.arange(9) // 2
    assert (draw_people(identity, seed=5).counts == draw_people(identity, seed=5).counts).all()
    assert (draw_people(identity, seed=5).counts != draw_people(identity, seed=6).counts).any()


def test_undefined_draws_are_left_out():
    assert measured(np.array([1.0, math.nan, 2.0, 2.0])) == Measured(1.0, 2.0, 2.0)
    assert all(math.isnan(v) for v in measured(np.full(4, math.nan)))
    assert math.isnan(measured(np.array([1.0, math.nan])).low)


def test_nobody_is_no_error():
    assert draw_people(np.zeros(0, int)).counts.shape[1] == 0


def test_means_keep_the_columns_of_the_whole():
    values = np.array([[1.0, math.nan, 3.0], [1.0, 9.0, math.nan]])
    assert mean_defined(values) == pytest.approx([2, 1])
    assert math.isnan(ratio(np.array([1.0]), np.array([0.0]))[0])


def test_taking_rows_keeps_the_draws():
    people = draw_people(np.array([0, 1, 2]))
    some = people.take(np.array([True, False, True]))
    assert isinstance(some, People)
    assert some.person.tolist() == [0, 2]
    assert some.counts is people.counts


@pytest.mark.parametrize("num", [1, 2, 7, 500])
def test_intervals_are_the_usual_quantiles(num):
    draws = np.random.default_rng(num).normal(size=num + 1)
    found = measured(draws)
    assert (found.low, found.high) == pytest.approx(tuple(np.quantile(draws[1:], [0.025, 0.975])))
