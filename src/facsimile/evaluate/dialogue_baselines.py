"""Predict the next face without a network: what any model of faces has to beat, and what only seems to be skill.

Levels are integers 0-5 [D, K, C]; the first tick of a dialogue is given. Fits take training dialogues, bits are of
others, per dialogue, summed over all ticks after the first and all columns.
"""

import math
from collections.abc import Callable

import numpy as np
from jaxtyping import Float, Int

NUM_LEVELS = 6
SMOOTHING = 0.5
"""Counts added to every level (Jeffreys' prior), so that nothing is impossible."""

LEAST_SD = 0.05
"""Least standard deviation of AR(2) noise, in levels: a column that never moves must not be infinitely sure."""

Levels = Int[np.ndarray, "_ _ C"]
Bits = Float[np.ndarray, " _"]


def marginal_bits(train: Levels, test: Levels) -> Bits:
    """Return bits under each column's frequencies of levels."""
    table = np.stack([np.bincount(train[..., c].ravel(), minlength=NUM_LEVELS) for c in range(train.shape[2])])
    chance = _normalised(table + SMOOTHING)
    return _bits(chance[np.arange(test.shape[2]), test[:, 1:]])


def markov_bits(train: Levels, test: Levels) -> Bits:
    """Return bits under each column's first-order Markov chain."""
    columns = np.arange(train.shape[2])
    table = np.zeros((train.shape[2], NUM_LEVELS, NUM_LEVELS))
    before, after = train[:, :-1], train[:, 1:]
    np.add.at(table, (np.broadcast_to(columns, before.shape), before, after), 1)
    chance = _normalised(table + SMOOTHING)
    return _bits(chance[columns, test[:, :-1], test[:, 1:]])


def ar2_bits(train: Levels, test: Levels) -> Bits:
    """Return bits under a linear prediction from the last two ticks of all columns with Gaussian noise per column.

    The chance of a level is the Gaussian's mass within half a level of it; the ends take the tails.
    """
    inputs, target = _lags(train)
    weight, *_ = np.linalg.lstsq(inputs.reshape(-1, inputs.shape[-1]), target.reshape(-1, target.shape[-1]), rcond=None)
    sd = np.sqrt(((inputs @ weight - target) ** 2).mean(axis=(0, 1))).clip(min=LEAST_SD)
    inputs, target = _lags(test)
    mean = inputs @ weight
    upper = np.where(target >= NUM_LEVELS - 1, math.inf, target + 0.5)
    lower = np.where(target <= 0, -math.inf, target - 0.5)
    return _bits((_normal_cdf((upper - mean) / sd) - _normal_cdf((lower - mean) / sd)).clip(min=1e-12))


def gaming_samples(
    train: Float[np.ndarray, "N T A"],
    truth: Float[np.ndarray, "D T A"],
    partner: Float[np.ndarray, "D T A"],
    *,
    num_samples: int,
    seed: int = 0,
) -> dict[str, Float[np.ndarray, "D S T A"]]:
    """Return continuations that need no skill, by name: they show what a metric can be talked into."""
    rng = np.random.default_rng(seed)
    count, length, _ = truth.shape
    mean = np.broadcast_to(train.mean(axis=(0, 1)), truth.shape)
    return {
        "mean face": mean[:, None],
        "copy partner": partner[:, None],
        "random clip": _sampled(lambda: train[rng.integers(0, len(train), count)], num_samples),
        "frame-shuffled": _sampled(lambda: np.stack([clip[rng.permutation(length)] for clip in truth]), num_samples),
    }


def _sampled(draw: Callable[[], np.ndarray], num_samples: int) -> np.ndarray:
    return np.stack([draw() for _ in range(num_samples)], axis=1)


def _lags(levels: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return [last, the one before, 1] and the next for every tick after the first; before the first stands itself."""
    values = levels.astype(np.float64)
    last = values[:, :-1]
    older = np.concatenate([values[:, :1], values[:, :-2]], axis=1)
    return np.concatenate([last, older, np.ones((*last.shape[:2], 1))], axis=2), values[:, 1:]


def _normalised(table: np.ndarray) -> np.ndarray:
    return table / table.sum(axis=-1, keepdims=True)


def _bits(chance: np.ndarray) -> np.ndarray:
    return -np.log2(chance).sum(axis=(1, 2))


def _normal_cdf(z: np.ndarray) -> np.ndarray:
    return 0.5 * (1 + np.vectorize(math.erf)(z / math.sqrt(2)))
