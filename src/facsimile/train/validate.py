"""Look at held-out people: predictions as arrays, and one number by which weights are chosen."""

from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, UInt8
from torch import nn

from facsimile.models.expression_heads import ExpressionAnswer
from facsimile.models.losses import Targets
from facsimile.models.reader import Reader, Reading, answer_of

PREDICTION_BATCH = 256
LEFT_EYE_OUTER, RIGHT_EYE_OUTER = 45, 36  # iBUG-68; sides are the subject's own
LANDMARK_PENALTY = 2.0  # a landmark error of .05 costs as much as .1 of concordance


class Score(NamedTuple):
    """How well a reader reads held-out people."""

    concordance: float
    """Mean over units of Lin's concordance, both sides pooled; 0 for any constant answer, 1 for the truth."""
    correlation: float
    """Mean over units of Pearson's r; blind to shrunken magnitudes, unlike concordance."""
    asymmetry: float
    """Mean over sided units of the correlation of left minus right."""
    beside_concordance: float
    """The first three again, of faces read beside the same person at rest."""
    beside_correlation: float
    beside_asymmetry: float
    controller_correlation: float
    """Mean over the controllers of Pearson's r, read alone."""
    landmark_error: float
    """Mean distance of the landmarks over the outer eye distance."""
    pose_error_rad: float
    """Mean absolute error of the three angles."""
    gaze_error_rad: float
    """Mean absolute error of both angles."""
    face_accuracy: float
    """Share of crops rightly called face or no face at a logit of 0."""

    @property
    def value(self) -> float:
        """The number by which checkpoints are chosen; higher is better."""
        return (self.concordance + self.beside_concordance) / 2 - LANDMARK_PENALTY * self.landmark_error


def predict(network: nn.Module, images: UInt8[np.ndarray, "N 112 112 3"]) -> Reading:
    """Read all crops in evaluation mode; returns CPU tensors in float32."""
    was_training = network.training
    device = next(network.parameters()).device
    network.eval()
    parts = []
    with torch.inference_mode():
        for start in range(0, len(images), PREDICTION_BATCH):
            crops = torch.from_numpy(images[start : start + PREDICTION_BATCH]).to(device)
            parts.append([v.float().cpu() for v in network(crops.permute(0, 3, 1, 2).float())])
    network.train(was_training)
    return Reading(*(torch.cat(column) for column in zip(*parts, strict=True)))


def beside(network: Reader, reading: Reading, targets: Targets) -> ExpressionAnswer:
    """Read again, beside the same person at rest, the rows that have a reference; the others keep their answers."""
    rows = (targets.reference >= 0).nonzero()[:, 0]
    own, reference = reading.features[rows], reading.features[targets.reference[rows]]
    device = next(network.parameters()).device
    with torch.inference_mode():
        answer = network.eval().compare(own.to(device), reference.to(device))
    whole = ExpressionAnswer(*(column.clone() for column in answer_of(reading)))
    for column, values in zip(whole, answer, strict=True):
        column[rows] = values.float().cpu()
    return whole


def score(reading: Reading, targets: Targets, *, beside: ExpressionAnswer) -> Score:
    """Compare predictions with the truth; ``beside`` holds the answers next to references."""
    face = targets.is_face > 0.5
    alone = agreement(reading.au, targets, face)
    paired = agreement(beside.au, targets, targets.reference >= 0)
    controllers = np.where(face[:, None].numpy(), targets.controllers.numpy(), np.nan)
    return Score(
        *alone,
        *paired,
        controller_correlation=_mean(
            [correlation(*pair) for pair in zip(controllers.T, reading.controllers.numpy().T, strict=True)]
        ),
        landmark_error=landmark_error(reading, targets),
        pose_error_rad=float((reading.pose - targets.pose)[face].abs().mean()),
        gaze_error_rad=float((reading.gaze - targets.gaze)[face].abs().mean()),
        face_accuracy=float(((reading.face_logit > 0) == face).float().mean()),
    )


def agreement(au: torch.Tensor, targets: Targets, rows: torch.Tensor) -> tuple[float, float, float]:
    """Return concordance, correlation and correlation of left minus right, each a mean over units, of some rows."""
    truth = torch.where(targets.au_observed & rows[:, None, None], targets.au, torch.nan).numpy()
    answer = au.numpy()
    units = range(truth.shape[1])
    return (
        _mean([concordance(truth[:, u].ravel(), answer[:, u].ravel()) for u in units]),
        _mean([correlation(truth[:, u].ravel(), answer[:, u].ravel()) for u in units]),
        _mean([correlation(truth[:, u, 0] - truth[:, u, 1], answer[:, u, 0] - answer[:, u, 1]) for u in units]),
    )


def concordance(truth: Float[np.ndarray, " N"], answer: Float[np.ndarray, " N"]) -> float:
    """Return Lin's concordance (Biometrics 45, 1989) where truth is not NaN; NaN if truth is constant."""
    x, y = _observed(truth, answer)
    if len(x) < 2 or np.ptp(x) == 0:
        return float("nan")
    covariance = ((x - x.mean()) * (y - y.mean())).mean()
    return float(2 * covariance / (x.var() + y.var() + (x.mean() - y.mean()) ** 2))


def correlation(truth: Float[np.ndarray, " N"], answer: Float[np.ndarray, " N"]) -> float:
    """Return Pearson's r where truth is not NaN; NaN if truth is constant, 0 if only the answer is."""
    x, y = _observed(truth, answer)
    if len(x) < 2 or np.ptp(x) == 0:
        return float("nan")
    scale = x.std() * y.std()
    return float(((x - x.mean()) * (y - y.mean())).mean() / scale) if scale > 0 else 0.0


def landmark_error(reading: Reading, targets: Targets) -> float:
    """Return the mean distance of the observed landmarks over the outer eye distance."""
    seen = targets.landmark_observed & (targets.is_face > 0.5)[:, None]
    distance = (reading.landmarks - targets.landmarks).norm(dim=2)
    eyes = (targets.landmarks[:, LEFT_EYE_OUTER] - targets.landmarks[:, RIGHT_EYE_OUTER]).norm(dim=1)
    return float((distance / eyes.clamp(min=0.05)[:, None])[seen].mean())


def _observed(truth: np.ndarray, answer: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    seen = ~np.isnan(truth)
    return truth[seen].astype(np.float64), answer[seen].astype(np.float64)


def _mean(values: list[float]) -> float:
    defined = [v for v in values if not np.isnan(v)]
    return float(np.mean(defined)) if defined else float("nan")
