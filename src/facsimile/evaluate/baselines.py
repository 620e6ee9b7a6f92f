"""Answers that need no network: nothing, the mean, and a straight line from the landmarks."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from facsimile.evaluate.sample import Answer, Truth
from facsimile.facs.expression import MAX_INTENSITY

PENALTIES = (1e-3, 1e-2, 1e-1, 1.0, 10.0, 100.0, 1000.0)
"""Ridge penalties that are tried, for features of unit variance and the sum of squares over all faces."""
FIT_SHARE = 0.8
"""Of the people, to fit; the others choose the penalty and give the deviation."""


def always_zero(train: Truth, test: Truth) -> Answer:
    """Answer that no unit is shown; the deviation is the root mean square of the training labels."""
    spread = np.sqrt(_mean(train.intensity**2))
    return _constant("always 0", np.zeros_like(spread), spread, train, test)


def training_mean(train: Truth, test: Truth) -> Answer:
    """Answer the mean of the training labels."""
    mean = _mean(train.intensity)
    return _constant("training mean", mean, np.sqrt(_mean((train.intensity - mean) ** 2)), train, test)


@dataclass(frozen=True)
class Linear:
    """A ridge regression from aligned landmarks to every label."""

    centre: Float[np.ndarray, " K"]
    scale: Float[np.ndarray, " K"]
    weights: Float[np.ndarray, "K T"]
    offset: Float[np.ndarray, " T"]
    sd: Float[np.ndarray, " T"]
    penalty: float

    def __call__(self, features: Float[np.ndarray, "N K"]) -> Float[np.ndarray, "N T"]:
        """Predict T targets."""
        return ((features - self.centre) / self.scale) @ self.weights + self.offset


def fit_linear(
    features: Float[np.ndarray, "N K"], targets: Float[np.ndarray, "N T"], *, is_fitted: Bool[np.ndarray, " N"]
) -> Linear:
    """Fit by least squares with the penalty that is best on the rows that are not ``is_fitted``.

    Closed form: one decomposition serves every penalty. NaN targets count as their column's mean.
    """
    mean = _mean(targets)
    filled = np.where(np.isnan(targets), mean, targets)
    fit, rest = features[is_fitted], features[~is_fitted]
    centre, scale = fit.mean(0), fit.std(0) + 1e-9
    offset = filled[is_fitted].mean(0)
    u, s, vt = np.linalg.svd((fit - centre) / scale, full_matrices=False)
    projected = u.T @ (filled[is_fitted] - offset)
    best: Linear | None = None
    least = math.inf
    for penalty in PENALTIES:
        weights = vt.T @ (projected * (s / (s**2 + penalty))[:, None])
        linear = Linear(centre, scale, weights, offset, np.ones_like(offset), penalty)
        squares = (linear(rest) - targets[~is_fitted]) ** 2
        if (error := float(np.nanmean(squares))) < least:
            least, best = error, Linear(centre, scale, weights, offset, np.sqrt(_mean(squares)), penalty)
    assert best is not None
    return best


def linear_on_landmarks(
    train: Truth, test: Truth, *, train_features: Float[np.ndarray, "N K"], test_features: Float[np.ndarray, "M K"]
) -> Answer:
    """Answer by a ridge regression from aligned landmarks, fitted on the people of ``train``."""
    num = len(train)
    targets = np.concatenate([train.intensity.reshape(num, -1), train.pose_rad, train.gaze_rad], 1).astype(np.float64)
    people = np.unique(train.identity)
    if len(people) < 2:
        raise ValueError(f"{train.name}: a line needs labels of two people or more, got {len(people)}")
    fitted = np.isin(train.identity, people[: max(1, int(len(people) * FIT_SHARE))])
    linear = fit_linear(train_features, targets, is_fitted=fitted)
    said = linear(test_features)
    shape = (len(test), *test.intensity.shape[1:])
    size = math.prod(shape[1:])
    return Answer(
        name="linear on true landmarks",
        intensity=np.clip(said[:, :size].reshape(shape), 0, MAX_INTENSITY),
        sd=np.broadcast_to(linear.sd[:size].reshape(shape[1:]), shape),
        landmarks=np.full_like(test.landmarks, np.nan),
        pose_rad=said[:, size : size + 3],
        gaze_rad=said[:, size + 3 :],
        is_baseline=True,
    )


def _constant(
    name: str, intensity: Float[np.ndarray, "A 2"], sd: Float[np.ndarray, "A 2"], train: Truth, test: Truth
) -> Answer:
    def repeat(values: np.ndarray) -> np.ndarray:
        return np.broadcast_to(values, (len(test), *values.shape)).astype(np.float64)

    return Answer(
        name, repeat(intensity), repeat(sd), np.full_like(test.landmarks, np.nan),
        repeat(_mean(train.pose_rad)), repeat(_mean(train.gaze_rad)), is_baseline=True,
    )  # fmt: skip


def _mean(values: Float[np.ndarray, "N ..."]) -> Float[np.ndarray, "..."]:
    """Return the mean over rows of what is observed, 0 where nothing is."""
    seen = np.isfinite(values)
    return np.where(seen, values, 0.0).sum(0) / np.maximum(seen.sum(0), 1)
