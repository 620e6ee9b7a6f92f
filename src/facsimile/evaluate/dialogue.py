"""Measure faces and words in conversation: bits, proper scores and what can be won without skill.

Pure functions of arrays; the first axis D is dialogues, the unit of every interval. Metrics of motion take S sampled
continuations of each dialogue, [D, S, T, A], and the true one, [D, T, A].
"""

import math
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

DRAWS = 2000
"""Bootstrap draws: ends of a 95 % interval are then good to about 3 % of its width."""

FRECHET_FRAMES = 8
"""Frames per window of `window_fd`: long enough to see motion (8 frames are 0.32 s at 25 per second)."""

Dialogues = Float[np.ndarray, " _"]
Truth = Float[np.ndarray, "_ _ _"]
Samples = Float[np.ndarray, "_ _ _ _"]


class Measured(NamedTuple):
    """A number with its 95 % interval over dialogues."""

    value: float
    low: float = math.nan
    high: float = math.nan

    def __str__(self) -> str:
        if math.isnan(self.value):
            return "-"
        return f"{self.value:.3f}" if math.isnan(self.low) else f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def rate(total: Dialogues, count: Dialogues, *, seed: int = 0) -> Measured:
    """Return sum(total) / sum(count) over dialogues: bits per token, frame or byte, as the columns say."""
    if total.shape != count.shape:
        raise ValueError(f"total and count must pair by dialogue; got {len(total)} and {len(count)}")
    if not count.sum() > 0:
        return Measured(math.nan)
    weights = _draws(len(total), seed)
    counts = weights @ count
    drawn = (weights @ total)[counts > 0] / counts[counts > 0]
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Measured(float(total.sum() / count.sum()), float(low), float(high))


def paired_gain(worse: Dialogues, better: Dialogues, count: Dialogues, *, seed: int = 0) -> Measured:
    """Return how much ``better`` saves per count on the same dialogues, drawn together (paired bootstrap)."""
    if worse.shape != better.shape:
        raise ValueError(f"both columns must come from the same dialogues; got {len(worse)} and {len(better)}")
    return rate(worse - better, count, seed=seed)


def share(success: Bool[np.ndarray, " N"], dialogue: Int[np.ndarray, " N"], *, seed: int = 0) -> Measured:
    """Return the share of successes: flip and ignore rates, answers read on one rung; N answers in some dialogues."""
    _, index = np.unique(dialogue, return_inverse=True)
    size = int(index.max()) + 1 if len(index) else 0
    total, count = np.bincount(index, weights=success, minlength=size), np.bincount(index, minlength=size)
    return rate(total.astype(np.float64), count.astype(np.float64), seed=seed)


def energy_score(samples: Samples, truth: Truth, *, window: int) -> Dialogues:
    """Return the energy score of each dialogue, the mean over windows of ``window`` frames; lower is better.

    E|X - y| - E|X - X'| / 2 over flattened windows, a strictly proper score (Gneiting & Raftery 2007, eq. 21): on
    average only the true law reaches the least value. One sample has no spread and pays its full error.
    """
    _check_pair(samples, truth)
    x, y = _windows(samples, window), _windows(truth, window)
    error = np.linalg.norm(x - y[:, None], axis=-1).mean(axis=(1, 2))
    num_samples = x.shape[1]
    if num_samples < 2:
        return error
    total = np.zeros(len(x))
    for shift in range(1, num_samples):
        total += np.linalg.norm(x - np.roll(x, shift, axis=1), axis=-1).mean(axis=(1, 2))
    return error - 0.5 * total / (num_samples - 1)


def pairing_lift(samples: Samples, truth: Truth, *, window: int, seed: int = 0) -> Measured:
    """Return by how much the energy score is better than against the next dialogue's truth: 1 - right / wrong.

    0 for whatever ignores the partner: a constant, a stranger, noise.
    """
    right = energy_score(samples, truth, window=window)
    wrong = energy_score(samples, np.roll(truth, -1, axis=0), window=window)
    return rate(wrong - right, wrong, seed=seed)


def frame_fd(samples: Samples, truth: Truth) -> float:
    """Return the Frechet distance of frames, pooled over dialogues: blind to time, kept to show how it is gamed."""
    return _frechet(samples[:, 0].reshape(-1, truth.shape[-1]), truth.reshape(-1, truth.shape[-1]))


def window_fd(samples: Samples, truth: Truth, *, frames: int = FRECHET_FRAMES) -> float:
    """Return the Frechet distance of flattened windows, first sample of each, pooled over dialogues.

    Sees shuffled frames and white noise, not a wrong partner; never print it alone.
    """
    return _frechet(*(_windows(a, frames).reshape(-1, frames * truth.shape[-1]) for a in (samples[:, 0], truth)))


def onsets(active: Bool[np.ndarray, " T"]) -> Int[np.ndarray, " N"]:
    """Return the frames at which something begins; what acts in the first frame has no onset."""
    return np.flatnonzero(active[1:] & ~active[:-1]) + 1


def event_f1(truth: Int[np.ndarray, " N"], found: Int[np.ndarray, " M"], *, tolerance: int) -> float:
    """Return F1 of onsets matched one to one, in order, within ``tolerance`` frames; NaN if there are none at all."""
    if not len(truth) and not len(found):
        return math.nan
    return 2 * num_matched(truth, found, tolerance=tolerance) / (len(truth) + len(found))


def num_matched(truth: Int[np.ndarray, " N"], found: Int[np.ndarray, " M"], *, tolerance: int) -> int:
    """Count onsets that match one to one, in order, within ``tolerance`` frames."""
    hits, i, j = 0, 0, 0
    while i < len(truth) and j < len(found):
        if abs(int(truth[i]) - int(found[j])) <= tolerance:
            hits, i, j = hits + 1, i + 1, j + 1
        elif truth[i] < found[j]:
            i += 1
        else:
            j += 1
    return hits


def event_f1_null(
    truth: Int[np.ndarray, " N"], found: Int[np.ndarray, " M"], *, tolerance: int, num_frames: int
) -> float:
    """Return the mean F1 over all circular shifts of ``found``: what its rate alone earns."""
    shifted = [np.sort((found + shift) % num_frames) for shift in range(num_frames)]
    return float(np.mean([event_f1(truth, moved, tolerance=tolerance) for moved in shifted]))


def turn_points(
    speaking: Bool[np.ndarray, "K 2"], *, min_silence: int = 1
) -> tuple[Int[np.ndarray, " N"], Bool[np.ndarray, " N"]]:
    """Find silences of both that last ``min_silence`` ticks or more between two stretches of one speaker each.

    Returns the first tick of each silence and whether the turn shifts: the other party speaks next. Silences next to
    overlapping speech are left out (Skantze 2021 calls the rest holds and shifts).
    """
    quiet: np.ndarray = np.logical_not(speaking.any(axis=1))
    starts = onsets(quiet)
    found = [(int(start), _next_speech(quiet, int(start))) for start in starts]
    places, shifts = [], []
    for start, stop in found:
        if stop is not None and stop - start >= min_silence and speaking[start - 1].sum() == speaking[stop].sum() == 1:
            places.append(start)
            shifts.append(bool(speaking[start - 1].argmax() != speaking[stop].argmax()))
    return np.array(places, np.int64), np.array(shifts, np.bool_)


def balanced_accuracy(truth: Bool[np.ndarray, " N"], answer: Bool[np.ndarray, " N"]) -> float:
    """Return the mean of the accuracies on shifts and on holds; 0.5 is chance, NaN if one of them never occurs."""
    if truth.all() or not truth.any():
        return math.nan
    return float((answer[truth].mean() + 1 - answer[~truth].mean()) / 2)


def balanced(
    truth: Bool[np.ndarray, " N"], answer: Bool[np.ndarray, " N"], dialogue: Int[np.ndarray, " N"], *, seed: int = 0
) -> Measured:
    """Return the balanced accuracy of answers in some dialogues with its interval over dialogues."""
    value = balanced_accuracy(truth, answer)
    if math.isnan(value):
        return Measured(value)
    _, index = np.unique(dialogue, return_inverse=True)
    size = int(index.max()) + 1
    weights = _draws(size, seed)
    shares = []
    for kind in (True, False):
        right = np.bincount(index, weights=(truth == kind) & (answer == kind), minlength=size)
        shares.append((weights @ right, weights @ np.bincount(index, weights=truth == kind, minlength=size)))
    whole = (shares[0][1] > 0) & (shares[1][1] > 0)
    drawn = sum(right[whole] / count[whole] for right, count in shares) / 2
    low, high = np.quantile(drawn, [0.025, 0.975])
    return Measured(value, float(low), float(high))


def _next_speech(quiet: np.ndarray, start: int) -> int | None:
    later = np.flatnonzero(~quiet[start:])
    return start + int(later[0]) if len(later) else None


def _draws(count: int, seed: int) -> Float[np.ndarray, "draws D"]:
    """Return how often each dialogue is drawn in each bootstrap draw."""
    return np.random.default_rng(seed).multinomial(count, np.full(count, 1 / count), DRAWS).astype(np.float64)


def _windows(values: np.ndarray, length: int) -> np.ndarray:
    """Cut the time axis into whole windows and flatten each: [..., T, A] to [..., W, length A]."""
    whole = values.shape[-2] // length
    if not whole:
        raise ValueError(f"window: {length} frames do not fit into clips of {values.shape[-2]}; take a shorter window")
    return values[..., : whole * length, :].reshape(*values.shape[:-2], whole, length * values.shape[-1])


def _check_pair(samples: np.ndarray, truth: np.ndarray) -> None:
    if (samples.shape[0], *samples.shape[2:]) != truth.shape:
        raise ValueError(f"samples [D, S, T, A] must match the truth {truth.shape}; got {samples.shape}")


def _frechet(a: np.ndarray, b: np.ndarray) -> float:
    """Return |m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^1/2) (Dowson & Landau 1982)."""
    first, second = np.atleast_2d(np.cov(a.T)), np.atleast_2d(np.cov(b.T))
    values, vectors = np.linalg.eigh(first)
    root = (vectors * np.sqrt(values.clip(min=0))) @ vectors.T
    cross = np.sqrt(np.linalg.eigvalsh(root @ second @ root).clip(min=0)).sum()
    distance = ((a.mean(0) - b.mean(0)) ** 2).sum() + np.trace(first) + np.trace(second) - 2 * cross
    return float(max(distance, 0.0))
