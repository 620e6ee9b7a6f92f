"""What the reader is trained to minimise: one weighted sum, every term masked by what was observed."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch.nn import functional

from facsimile.models.reader import Reading


class Targets(NamedTuple):
    """Truth for a batch; masked values may be anything, NaN included. Negatives have ``is_face`` 0."""

    au: torch.Tensor
    """[B, n, 2] intensity 0-5."""
    au_observed: torch.Tensor
    """[B, n, 2] bool."""
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


@dataclass(frozen=True)
class LossWeights:
    """Weights of the terms, set so that each is near 1 early in training."""

    au: float = 1.0
    """Squared error of intensities (0-5)."""
    asymmetry: float = 0.5
    """Squared error of left minus right."""
    landmarks: float = 50.0
    """Absolute error in crop units."""
    pose: float = 3.0
    """Absolute error in radians."""
    gaze: float = 3.0
    """Absolute error in radians."""
    spread: float = 0.1
    """Likelihood of the errors of intensities, landmarks, pose and gaze; moves only their variances."""
    face: float = 0.5
    """Cross-entropy of face against no face."""


class LossTerms(NamedTuple):
    """The terms of the loss before weighting; scalars."""

    au: torch.Tensor
    asymmetry: torch.Tensor
    landmarks: torch.Tensor
    pose: torch.Tensor
    gaze: torch.Tensor
    spread: torch.Tensor
    face: torch.Tensor

    def total(self, weights: LossWeights) -> torch.Tensor:
        """Return the weighted sum."""
        return torch.stack([getattr(weights, k) * v for k, v in self._asdict().items()]).sum()


def loss_terms(reading: Reading, targets: Targets, *, unit_weight: Float[torch.Tensor, " n"]) -> LossTerms:
    """Compare a reading with the truth; ``unit_weight`` balances rare and common units.

    Means are fitted as if there were no variances, and variances to the errors that the means leave: a likelihood of
    both together lets the network give up on units that it finds hard (Stirn et al., Faithful Heteroscedastic
    Regression with Neural Networks, AISTATS 2023).
    """
    face = targets.is_face > 0.5
    observed = targets.au_observed & face[:, None, None]
    points = targets.landmark_observed & face[:, None]
    au_error = _error(reading.au, targets.au, observed)
    landmark_error = _error(reading.landmarks, targets.landmarks, points[..., None])
    pose_error = _error(reading.pose, targets.pose, face[:, None])
    gaze_error = _error(reading.gaze, targets.gaze, face[:, None])
    spread = (
        _detached_nll(au_error, reading.au_log_variance, observed)
        + _detached_nll(landmark_error, reading.landmark_log_variance[..., None], points[..., None])
        + _detached_nll(pose_error, reading.pose_log_variance, face[:, None])
        + _detached_nll(gaze_error, reading.gaze_log_variance, face[:, None])
    )
    return LossTerms(
        au=intensity_loss(reading, targets.au, observed, unit_weight=unit_weight),
        asymmetry=asymmetry_loss(reading.au, targets.au, observed, unit_weight=unit_weight),
        landmarks=masked_mean(landmark_error.abs(), points[..., None]),
        pose=masked_mean(pose_error.abs(), face[:, None]),
        gaze=masked_mean(gaze_error.abs(), face[:, None]),
        spread=spread,
        face=functional.binary_cross_entropy_with_logits(reading.face_logit, targets.is_face),
    )


def intensity_loss(
    reading: Reading,
    truth: Float[torch.Tensor, "B n 2"],
    observed: Bool[torch.Tensor, "B n 2"],
    *,
    unit_weight: Float[torch.Tensor, " n"],
) -> torch.Tensor:
    """Return the squared error of the intensities."""
    return masked_mean(unit_weight[:, None] * _error(reading.au, truth, observed).square(), observed)


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
