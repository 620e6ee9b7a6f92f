"""Draw people with replacement and carry every draw through a statistic at once.

Rows of one person are not independent, so people are drawn, not rows (Efron & Tibshirani 1993, ch. 8). A draw is a
count per person; draw 0 counts everybody once, so a statistic comes out as [D] with its value first and its
distribution behind it. What adds up over rows is summed per person and then weighted: no row is touched twice.
"""

import math
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

DRAWS = 500
"""Draws of people behind an interval: its ends are then good to a few per cent of its width."""
LEVEL = 0.95
"""Share of draws inside an interval."""


class Measured(NamedTuple):
    """A number with the interval that holds 95 % of the draws; NaN where it is undefined."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class People:
    """Who is in each of N rows, and D draws of P people."""

    person: Int[np.ndarray, " N"]
    """0 to P-1."""
    counts: Float[np.ndarray, "D P"]
    """How often each person is in a draw; row 0 is 1 for everybody."""

    def weights(self) -> Float[np.ndarray, "D N"]:
        """Return how often each row is in each draw."""
        return self.counts[:, self.person]

    def totals(self, values: Float[np.ndarray, "N K"]) -> Float[np.ndarray, "D K"]:
        """Return the sum of each column in each draw; values must be finite."""
        sums = np.zeros((self.counts.shape[1], values.shape[1]))
        np.add.at(sums, self.person, values)
        return self.counts @ sums

    def take(self, rows: Bool[np.ndarray, " N"]) -> "People":
        """Return the same draws over some of the rows: differences between groups stay paired."""
        return People(self.person[rows], self.counts)


def draw_people(identity: Int[np.ndarray, " N"], *, seed: int = 0, draws: int = DRAWS) -> People:
    """Draw as many people as there are, ``draws`` times; the same people and seed give the same draws."""
    people, person = np.unique(identity, return_inverse=True)
    num = len(people)
    if not num:
        return People(person, np.ones((draws + 1, 0)))
    picks = np.random.default_rng(seed).integers(0, num, (draws, num))
    counts = np.zeros((draws + 1, num))
    counts[0] = 1
    np.add.at(counts, (np.arange(1, draws + 1)[:, None], picks), 1.0)
    return People(person, counts)


def measured(draws: Float[np.ndarray, " D"]) -> Measured:
    """Return the value of draw 0 and the percentile interval of the others; undefined draws are left out."""
    others = draws[1:][np.isfinite(draws[1:])]
    if not len(others) or not np.isfinite(draws[0]):
        return Measured(float(draws[0]) if np.isfinite(draws[0]) else math.nan, math.nan, math.nan)
    others = np.sort(others)
    return Measured(float(draws[0]), *(_quantile(others, share) for share in ((1 - LEVEL) / 2, (1 + LEVEL) / 2)))


def _quantile(ascending: Float[np.ndarray, " N"], share: float) -> float:
    """Return the value below which a share of sorted values lies, between two of them by a straight line."""
    place = share * (len(ascending) - 1)
    below = int(place)
    above = min(below + 1, len(ascending) - 1)
    return float(ascending[below] + (place - below) * (ascending[above] - ascending[below]))


def ratio(part: Float[np.ndarray, "..."], whole: Float[np.ndarray, "..."]) -> Float[np.ndarray, "..."]:
    """Return part / whole, NaN where the whole is not above 0."""
    return np.divide(part, whole, out=np.full(np.broadcast(part, whole).shape, math.nan), where=whole > 0)


def mean_defined(values: Float[np.ndarray, "D K"]) -> Float[np.ndarray, " D"]:
    """Return each draw's mean over the columns that are defined in it and in draw 0; NaN if there is none."""
    values = values[:, np.isfinite(values[0])]
    defined = np.isfinite(values)
    return ratio(np.where(defined, values, 0.0).sum(1), defined.sum(1).astype(np.float64))
