"""What the reader is trained to minimise: one weighted sum, every term masked by what was observed."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch.nn import functional

from facsimile.models.expression_heads import ExpressionAnswer
from facsimile.models.reader import Reading, answer_of

CONTROLLER_FLOOR = 0.02
"""Share of a controller's error that counts even if it moves nothing: it keeps such controllers from drifting."""
MOTION_CAP = 4.0


class Targets(NamedTuple):
    """Truth for a batch; masked values may be anything, NaN included. Negatives have ``is_face`` 0."""

    au: torch.Tensor
    """[B, n, 2] intensity 0-5."""
    au_observed: torch.Tensor
    """[B, n, 2] bool: labelled, and the place where the unit acts can be seen."""
    controllers: torch.Tensor
    """[B, R] rig controllers 0-1."""
    landmarks: torch.Tensor
    """[B, 70, 2] crop units."""
    landmark_observed: torch.Tensor
    """[B, 70] bool."""
    pose: torch.Tensor
    """[B, 3] pitch, yaw, roll in the crop, radians."""
    gaze: torch.Tensor
    """[B, 2] yaw, pitch, radians."""
    is_face: torch.Tensor
    """[B] 1 for an aligned face, 0 for anything else."""
    reference: torch.Tensor
    """[B] int: row of the batch that shows the same person at rest; -1 for none."""


@dataclass(frozen=True)
class LossWeights:
    """Weights of the terms, set so that each is near 1 early in training."""

    au: float = 1.0
    """Squared error of intensities (0-5)."""
    asymmetry: float = 0.5
    """Squared error of left minus right."""
    controllers: float = 1.0
    """Squared error of the controllers, as motion of the mesh."""
    beside: float = 0.7
    """The three terms above, once more for faces read beside the same person at rest."""
    visible: float = 0.2
    """Cross-entropy of units that can be seen against hidden ones."""
    landmarks: float = 50.0
    """Absolute error in crop units."""
    pose: float = 3.0
    """Absolute error in radians."""
    gaze: float = 3.0
    """Absolute error in radians."""
    spread: float = 0.1
    """Likelihood of all errors; moves only their variances."""
    face: float = 0.5
    """Cross-entropy of face against no face."""


class LossTerms(NamedTuple):
    """The terms of the loss before weighting; scalars."""

    au: torch.Tensor
    asymmetry: torch.Tensor
    controllers: torch.Tensor
    beside: torch.Tensor
    visible: torch.Tensor
    landmarks: torch.Tensor
    pose: torch.Tensor
    gaze: torch.Tensor
    spread: torch.Tensor
    face: torch.Tensor

    def total(self, weights: LossWeights) -> torch.Tensor:
        """Return the weighted sum."""
        return torch.stack([getattr(weights, k) * v for k, v in self._asdict().items()]).sum()


class ExpressionTerms(NamedTuple):
    """The terms for action units and controllers; scalars."""

    au: torch.Tensor
    asymmetry: torch.Tensor
    controllers: torch.Tensor
    spread: torch.Tensor


class Measure(NamedTuple):
    """How errors of units and controllers count."""

    unit_weight: torch.Tensor
    """[n] balances rare and common units."""
    controller_metric: torch.Tensor
    """[R, R]: an error e of the controllers counts e @ metric @ e; see `normalised_metric`."""


def normalised_metric(metric: Float[torch.Tensor, "R R"]) -> Float[torch.Tensor, "R R"]:
    """Scale a mesh metric so that an error of .2 in every controller counts about 1 in all, and add a small floor.

    ``metric[i, j]`` is the mean over the skin of the product of the motions of controllers i and j, any unit. No
    controller counts more than `MOTION_CAP` times the median one: the whole jaw would drown the brows.
    """
    size = metric.diagonal()
    typical = size[size > 0].median()
    shrink = (MOTION_CAP * typical / size.clamp(min=MOTION_CAP * typical)).sqrt()
    scaled = shrink[:, None] * metric * shrink / typical + CONTROLLER_FLOOR * torch.eye(len(metric))
    return scaled / (0.04 * len(metric))


def loss_terms(
    reading: Reading, targets: Targets, *, beside: tuple[Int[torch.Tensor, " M"], ExpressionAnswer], measure: Measure
) -> LossTerms:
    """Compare a reading with the truth. ``beside`` holds the rows read beside a reference, and the answers for them.

    Means are fitted as if there were no variances, and variances to the errors that the means leave: a likelihood of
    both together lets the network give up on units that it finds hard (Stirn et al., Faithful Heteroscedastic
    Regression with Neural Networks, AISTATS 2023).
    """
    face = targets.is_face > 0.5
    observed = targets.au_observed & face[:, None, None]
    alone = expression_terms(answer_of(reading), targets, measure=measure)
    rows, answer = beside
    paired = expression_terms(answer, Targets(*(t[rows] for t in targets)), measure=measure)
    points = targets.landmark_observed & face[:, None]
    landmark_error = _error(reading.landmarks, targets.landmarks, points[..., None])
    pose_error = _error(reading.pose, targets.pose, face[:, None])
    gaze_error = _error(reading.gaze, targets.gaze, face[:, None])
    spread = (
        alone.spread
        + paired.spread
        + _detached_nll(landmark_error, reading.landmark_log_variance[..., None], points[..., None])
        + _detached_nll(pose_error, reading.pose_log_variance, face[:, None])
        + _detached_nll(gaze_error, reading.gaze_log_variance, face[:, None])
    )
    seen = functional.binary_cross_entropy_with_logits(reading.visible_logit, observed.float(), reduction="none")
    return LossTerms(
        au=alone.au,
        asymmetry=alone.asymmetry,
        controllers=alone.controllers,
        beside=paired.au + 0.5 * paired.asymmetry + paired.controllers,
        visible=masked_mean(seen, face[:, None, None]),
        landmarks=masked_mean(landmark_error.abs(), points[..., None]),
        pose=masked_mean(pose_error.abs(), face[:, None]),
        gaze=masked_mean(gaze_error.abs(), face[:, None]),
        spread=spread,
        face=functional.binary_cross_entropy_with_logits(reading.face_logit, targets.is_face),
    )


def expression_terms(answer: ExpressionAnswer, targets: Targets, *, measure: Measure) -> ExpressionTerms:
    """Compare action units and controllers with the truth."""
    face = targets.is_face > 0.5
    observed = targets.au_observed & face[:, None, None]
    weight = measure.unit_weight
    error = _error(answer.au, targets.au, observed)
    controller_error = _error(answer.controllers, targets.controllers, face[:, None])
    motion = ((controller_error @ measure.controller_metric) * controller_error).sum(1)
    return ExpressionTerms(
        au=masked_mean(weight[:, None] * error.square(), observed),
        asymmetry=asymmetry_loss(answer.au, targets.au, observed, unit_weight=weight),
        controllers=masked_mean(motion, face),
        spread=_detached_nll(error, answer.au_log_variance, observed)
        + _detached_nll(controller_error, answer.controllers_log_variance, face[:, None]),
    )


def asymmetry_loss(
    mean: Float[torch.Tensor, "B n 2"],
    truth: Float[torch.Tensor, "B n 2"],
    observed: Bool[torch.Tensor, "B n 2"],
    *,
    unit_weight: Float[torch.Tensor, " n"],
) -> torch.Tensor:
    """Return the squared error of left minus right where both sides are observed."""
    both = observed.all(dim=2)
    squared = _error(mean[..., 0] - mean[..., 1], truth[..., 0] - truth[..., 1], both).square()
    return masked_mean(unit_weight * squared, both)


def masked_mean(values: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """Return the mean of ``values`` where ``mask`` (broadcast) holds; 0 if nowhere."""
    weight = mask.expand_as(values)
    return torch.where(weight, values, 0.0).sum() / weight.sum().clamp(min=1)


def _error(answer: torch.Tensor, truth: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    return torch.where(mask, answer - torch.where(mask, truth, 0.0), 0.0)


def _detached_nll(error: torch.Tensor, log_variance: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    squared = error.detach().square()
    return masked_mean(0.5 * (squared / log_variance.exp() + log_variance), mask)
