"""Evaluate fitted models that are kept as plain numbers: a line, or a sum of small trees."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float, Int

CLIP = 5.0
"""Standardised features are kept within this many deviations: beyond what was fitted on, a line is a guess."""


@runtime_checkable
class Regressor(Protocol):
    """One number from features."""

    def predict(self, features: Float[np.ndarray, "N F"]) -> Float[np.ndarray, " N"]:
        """Return the model's answers."""

    def as_json(self) -> dict[str, Any]:
        """Return the model as plain numbers."""


@dataclass(frozen=True)
class Linear:
    """intercept + sum of coefficient x feature, features standardised and kept within ``CLIP``."""

    center: Float[np.ndarray, " F"]
    scale: Float[np.ndarray, " F"]
    coefficients: Float[np.ndarray, " F"]
    intercept: float

    def predict(self, features: Float[np.ndarray, "N F"]) -> Float[np.ndarray, " N"]:
        """Return the model's answers."""
        return np.clip((features - self.center) / self.scale, -CLIP, CLIP) @ self.coefficients + self.intercept

    def as_json(self) -> dict[str, Any]:
        """Return the model as plain numbers."""
        arrays = {name: getattr(self, name).tolist() for name in ("center", "scale", "coefficients")}
        return {"kind": "linear", "intercept": self.intercept, **arrays}


@dataclass(frozen=True)
class Trees:
    """start + sum of trees' values; a node sends what is at or under its threshold to the left, a leaf to itself."""

    start: float
    feature: Int[np.ndarray, "T M"]
    threshold: Float[np.ndarray, "T M"]
    left: Int[np.ndarray, "T M"]
    right: Int[np.ndarray, "T M"]
    value: Float[np.ndarray, "T M"]

    def predict(self, features: Float[np.ndarray, "N F"]) -> Float[np.ndarray, " N"]:
        """Return the model's answers."""
        features = features.astype(np.float32)  # as scikit-learn compares
        rows, trees = np.arange(len(features))[:, None], np.arange(len(self.value))
        node: np.ndarray = np.zeros((len(features), len(trees)), np.int64)
        while True:
            goes_left = features[rows, self.feature[trees, node]] <= self.threshold[trees, node]
            following = np.where(goes_left, self.left[trees, node], self.right[trees, node])
            if (following == node).all():
                return self.start + self.value[trees, node].sum(1)
            node = following

    def as_json(self) -> dict[str, Any]:
        """Return the model as plain numbers."""
        names = ("feature", "threshold", "left", "right", "value")
        return {"kind": "trees", "start": self.start, **{name: getattr(self, name).tolist() for name in names}}


def regressor_of_json(content: Any, *, num_features: int) -> Regressor:
    """Check what ``as_json`` wrote and return the model; ValueError or KeyError if it cannot be one."""
    kinds: dict[str, Callable[[Any, int], Regressor]] = {"linear": _linear, "trees": _trees}
    if content["kind"] not in kinds:
        raise ValueError(f"unknown kind of model {content['kind']!r}; known: {', '.join(kinds)}")
    model = kinds[content["kind"]](content, num_features)
    if not all(np.isfinite(value).all() for value in vars(model).values()):
        raise ValueError("a number is not finite")
    return model


def _linear(content: Any, num_features: int) -> Linear:
    center, scale, coefficients = (np.asarray(content[n], np.float64) for n in ("center", "scale", "coefficients"))
    for array in (center, scale, coefficients):
        if array.shape != (num_features,):
            raise ValueError(f"{num_features} features, but a list of shape {array.shape}")
    if not (scale > 0).all():
        raise ValueError("a scale is not above 0")
    return Linear(center, scale, coefficients, float(content["intercept"]))


def _trees(content: Any, num_features: int) -> Trees:
    feature, left, right = (np.asarray(content[name], np.int64) for name in ("feature", "left", "right"))
    threshold, value = (np.asarray(content[name], np.float64) for name in ("threshold", "value"))
    if feature.ndim != 2 or any(a.shape != feature.shape for a in (threshold, left, right, value)):
        raise ValueError("trees of different shapes")
    nodes = np.arange(feature.shape[1])
    ends = ((left > nodes) & (right > nodes)) | ((left == nodes) & (right == nodes))
    if not ends.all() or max(left.max(), right.max()) >= len(nodes):
        raise ValueError("a tree that does not end")
    if feature.min() < 0 or feature.max() >= num_features:
        raise ValueError(f"a tree asks for feature {feature.max()} of {num_features}")
    return Trees(float(content["start"]), feature, threshold, left, right, value)
