"""Fit scikit-learn models by people, and turn them into plain numbers."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int
from sklearn.ensemble import GradientBoostingClassifier, GradientBoostingRegressor
from sklearn.linear_model import LinearRegression, LogisticRegression, Ridge

from facsimile.calibrate.folds import NUM_PARTS, parts_of
from facsimile.detect.regressors import CLIP, Linear, Regressor, Trees

FAMILIES = ("linear", "trees", "best")
RIDGE_PENALTIES = (10.0, 100.0, 1e3, 1e4, 1e5, 1e6)
"""From almost none to almost nothing but the unit's own reading, for standardised features and ``MAX_ROWS`` rows."""
LOGISTIC_STRENGTHS = (1e-6, 1e-5, 1e-4, 1e-3, 1e-2, 1e-1)
"""Inverse penalties, the same range for log-odds."""
TREE_COUNTS = (25, 50, 100, 200)
TREE_SETTINGS = {"max_depth": 3, "learning_rate": 0.1, "subsample": 0.5, "max_features": "sqrt", "min_samples_leaf": 20}
"""Shallow trees on random halves: Hastie, Tibshirani & Friedman 2009, 10.11-10.12."""
MAX_ROWS = 20_000
"""Frames that are fitted on, spread evenly over all: neighbours in a video say the same, people are what counts."""
MAX_ITERATIONS = 200
"""Of the logistic regression; Newton's method needs some ten."""


@dataclass(frozen=True)
class Fitted:
    """A model and how it was chosen."""

    model: Regressor
    family: str
    setting: float
    """Penalty, strength, or number of trees."""


@dataclass(frozen=True)
class Rows:
    """What a model is fitted on."""

    features: Float[np.ndarray, "M F"]
    truth: Float[np.ndarray, " M"]
    person: Int[np.ndarray, " M"]
    weight: Float[np.ndarray, " F"]
    """A feature counts as if it varied so much more: its penalty is smaller by the square; 0 leaves it out."""

    def thinned(self) -> "Rows":
        """Return at most ``MAX_ROWS``, evenly spread."""
        if len(self.truth) <= MAX_ROWS:
            return self
        return self.take(np.linspace(0, len(self.truth) - 1, MAX_ROWS).astype(np.intp))

    def take(self, rows: np.ndarray) -> "Rows":
        """Return some rows."""
        return Rows(self.features[rows], self.truth[rows], self.person[rows], self.weight)

    def inner_splits(self) -> Iterator[tuple["Rows", "Rows"]]:
        """Yield (fitted on, tested on) by people; nothing if there is one person."""
        num_parts = min(NUM_PARTS, len(np.unique(self.person)))
        if num_parts > 1:
            part = parts_of(self.person, num_parts)
            for k in range(num_parts):
                yield self.take(part != k), self.take(part == k)


Fit = Callable[[Rows], list[Regressor]]
"""Fits one model per setting."""


def fit(rows: Rows, *, target: str, family: str = "linear", seed: int = 0) -> Fitted:
    """Fit the setting, and for ``best`` the family, that does best on people left out within ``rows``.

    ``target`` is intensity (least squares) or presence (log-odds); consumes ``seed`` for the trees.
    """
    if family not in FAMILIES:
        raise ValueError(f"model {family!r}: choose one of {', '.join(FAMILIES)}")
    rows = rows.thinned()
    best: tuple[float, str, int] | None = None
    splits = list(rows.inner_splits())
    for name in ("linear", "trees") if family == "best" else (family,):
        losses = _losses(splits, fit_of(name, target, seed), target)
        choice = int(np.argmin(losses)) if len(losses) else len(settings_of(name, target)) // 2
        loss = float(losses[choice]) if len(losses) else 0.0
        if best is None or loss < best[0]:
            best = loss, name, choice
    assert best is not None
    _, name, choice = best
    return Fitted(fit_of(name, target, seed)(rows)[choice], name, settings_of(name, target)[choice])


def settings_of(family: str, target: str) -> tuple[float, ...]:
    """Return what is tried."""
    if family == "trees":
        return tuple(float(count) for count in TREE_COUNTS)
    return RIDGE_PENALTIES if target == "intensity" else LOGISTIC_STRENGTHS


def fit_of(family: str, target: str, seed: int) -> Fit:
    """Return the function that fits one model for each setting."""
    if family == "trees":
        return lambda rows: _fit_trees(rows, target, seed)
    return lambda rows: _fit_lines(rows, target)


def fit_one_number(rows: Rows, *, target: str) -> Regressor:
    """Fit a line through a single feature without a penalty: the reader's own number, rescaled."""
    center, scale = np.zeros(rows.features.shape[1]), np.ones(rows.features.shape[1])
    if _is_constant(rows.truth):
        return _constant(rows, target)
    model = LinearRegression() if target == "intensity" else LogisticRegression(C=np.inf, max_iter=MAX_ITERATIONS)
    model.fit(rows.features, rows.truth)
    return Linear(center, scale, model.coef_.ravel().astype(np.float64), float(np.ravel(model.intercept_)[0]))


def loss_of(answers: Float[np.ndarray, " M"], truth: Float[np.ndarray, " M"], *, target: str) -> float:
    """Return the mean squared error, or for presence the mean logarithmic loss of log-odds."""
    if target == "intensity":
        return float(((answers - truth) ** 2).mean())
    return float(np.logaddexp(0.0, np.where(truth > 0, -answers, answers)).mean())


def _losses(splits: list[tuple[Rows, Rows]], fit_all: Fit, target: str) -> Float[np.ndarray, " S"]:
    """Return the mean loss of each setting over the splits; empty without splits."""
    if not splits:
        return np.zeros(0)
    losses = [
        [loss_of(model.predict(test.features), test.truth, target=target) for model in fit_all(train)]
        for train, test in splits
    ]
    return np.mean(losses, axis=0)


def _fit_lines(rows: Rows, target: str) -> list[Regressor]:
    settings = settings_of("linear", target)
    if _is_constant(rows.truth):
        return [_constant(rows, target)] * len(settings)
    center, scale = rows.features.mean(0), rows.features.std(0)
    scale = np.where(scale > 1e-9, scale, 1.0)
    standard = np.clip((rows.features - center) / scale, -CLIP, CLIP) * rows.weight
    lines: list[Regressor] = []
    for setting in settings:
        line = (
            Ridge(alpha=setting)
            if target == "intensity"
            else LogisticRegression(C=setting, max_iter=MAX_ITERATIONS, solver="newton-cholesky")
        )
        line.fit(standard, rows.truth)
        coefficients, intercept = line.coef_.ravel() * rows.weight, float(np.ravel(line.intercept_)[0])
        lines.append(Linear(center, scale, coefficients, intercept))
    return lines


def _fit_trees(rows: Rows, target: str, seed: int) -> list[Regressor]:
    if _is_constant(rows.truth):
        return [_constant(rows, target)] * len(TREE_COUNTS)
    kind = GradientBoostingRegressor if target == "intensity" else GradientBoostingClassifier
    model = kind(n_estimators=max(TREE_COUNTS), random_state=seed, **TREE_SETTINGS)
    used = np.flatnonzero(rows.weight)
    model.fit(rows.features[:, used], rows.truth)
    whole = trees_of(model, rows.features[:1, used])
    arrays = (used[whole.feature], whole.threshold, whole.left, whole.right, whole.value)
    return [Trees(whole.start, *(array[:count] for array in arrays)) for count in TREE_COUNTS]


def trees_of(model: GradientBoostingRegressor | GradientBoostingClassifier, sample: Float[np.ndarray, "M F"]) -> Trees:
    """Return a fitted scikit-learn model as plain numbers; ``sample`` (one row) tells where its sum starts."""
    grown = [estimator.tree_ for estimator in model.estimators_[:, 0]]
    width = max(tree.node_count for tree in grown)
    feature, left, right = (np.zeros((len(grown), width), np.int64) for _ in range(3))
    threshold, value = np.zeros((len(grown), width)), np.zeros((len(grown), width))
    left[:], right[:] = np.arange(width), np.arange(width)
    for k, tree in enumerate(grown):
        inner = np.flatnonzero(tree.children_left >= 0)
        left[k, inner], right[k, inner] = tree.children_left[inner], tree.children_right[inner]
        feature[k, inner], threshold[k, inner] = tree.feature[inner], tree.threshold[inner]
        value[k, : tree.node_count] = model.learning_rate * tree.value[:, 0, 0]
    trees = Trees(0.0, feature, threshold, left, right, value)
    is_classifier = isinstance(model, GradientBoostingClassifier)
    told = model.decision_function(sample) if is_classifier else model.predict(sample)
    return Trees(float(told[0] - trees.predict(sample)[0]), feature, threshold, left, right, value)


def _constant(rows: Rows, target: str) -> Linear:
    """Return the model for a truth that does not vary: its value, or the odds after one more case of each kind."""
    num = rows.features.shape[1]
    mean, count = float(rows.truth.mean()), len(rows.truth)
    chance = (mean * count + 1) / (count + 2)
    answer = mean if target == "intensity" else float(np.log(chance / (1 - chance)))
    return Linear(np.zeros(num), np.ones(num), np.zeros(num), answer)


def _is_constant(truth: Float[np.ndarray, " M"]) -> bool:
    return bool((truth == truth[0]).all())
