"""Make a reader's numbers mean what they say: fit on people it was not trained on, check on others.

Intensities get a straight line per unit where that lowers the error on other people; standard deviations get one factor
per unit so that a little more than nine in ten truths lie in the 90 % interval that they state.
"""

from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float, Int

from facsimile.models.calibrated import Calibration, ExpressionCalibration
from facsimile.models.expression_heads import ExpressionAnswer
from facsimile.models.losses import Targets
from facsimile.models.reader import MAX_INTENSITY, Reading, answer_of
from facsimile.train.validate import concordance, correlation

MIN_SAMPLES = 200  # fewer observed values leave a unit as it is
SLOPE_LIMITS = (0.5, 2.0)
TEMPERATURE_LIMITS = (0.25, 4.0)
INTERVAL_SD = 1.6449  # half of a Gaussian's 90 % interval, in standard deviations
COVERAGE, UNIT_COVERAGE = 0.9, 0.93
"""Stated deviations are scaled so that this share of the truths lies in the 90 % interval that they state. Errors of
units are peaked with long tails, as most mostly do not show; where one does, intervals hold fewer truths, so the aim is
above 90 %."""
MIN_GAIN = 0.005  # share by which the squared error must fall on other people


class UnitReport(NamedTuple):
    """How one unit is read on held-out people, both sides pooled; errors on the 0-5 scale."""

    unit: int
    num_values: int
    correlation: float
    concordance: float
    mean_absolute_error: float
    baseline_error: float
    """Mean absolute error of always answering 0."""
    bias: float
    asymmetry: float
    """Correlation of left minus right; NaN for midline units."""
    z_spread: float
    """Standard deviation of error / predicted standard deviation; 1 is right."""
    coverage_1: float
    """Share of truths within one standard deviation; .683 is right for a Gaussian."""
    coverage_90: float
    """Share within the stated 90 % interval."""
    coverage_2: float
    """Share within two; .954 is right."""


def fit_calibration(
    reading: Reading, targets: Targets, *, beside: ExpressionAnswer, identity: Int[np.ndarray, " N"]
) -> Calibration:
    """Fit lines and temperatures to the readings of held-out people, alone and ``beside`` references."""
    face = targets.is_face > 0.5
    points = targets.landmark_observed & face[:, None]
    return Calibration(
        _fit_expression(answer_of(reading), targets, face, identity=identity),
        _fit_expression(beside, targets, targets.reference >= 0, identity=identity),
        _geometry(reading.landmarks - targets.landmarks, reading.landmark_log_variance[..., None], points),
        _geometry(reading.pose - targets.pose, reading.pose_log_variance, face),
        _geometry(reading.gaze - targets.gaze, reading.gaze_log_variance, face),
    )


def _fit_expression(
    answer: ExpressionAnswer, targets: Targets, rows: torch.Tensor, *, identity: Int[np.ndarray, " N"]
) -> ExpressionCalibration:
    observed = (targets.au_observed & rows[:, None, None]).numpy()
    au, truth = answer.au.numpy().astype(np.float64), targets.au.numpy().astype(np.float64)
    is_first_half = np.isin(identity, np.unique(identity)[::2])
    lines = [_line(au[:, u], truth[:, u], observed[:, u], is_first_half=is_first_half) for u in range(au.shape[1])]
    slope, offset = np.array(lines).T
    corrected = np.clip(slope[:, None] * au + offset[:, None], 0, MAX_INTENSITY)
    spread = np.exp(answer.au_log_variance.numpy() / 2) * slope[:, None]
    z = (truth - corrected) / spread
    temperature = [_temperature(z[:, u][observed[:, u]], coverage=UNIT_COVERAGE) for u in range(au.shape[1])]
    controllers = answer.controllers.clamp(0, 1) - targets.controllers
    return ExpressionCalibration(
        tuple(map(float, slope)), tuple(map(float, offset)), tuple(temperature),
        _geometry(controllers, answer.controllers_log_variance, rows),
    )  # fmt: skip


def unit_reports(
    answer: ExpressionAnswer, targets: Targets, *, rows: Bool[torch.Tensor, " N"], units: tuple[int, ...]
) -> list[UnitReport]:
    """Measure each unit in some rows; give people who took no part in training or calibration."""
    observed = (targets.au_observed & rows[:, None, None]).numpy()
    truth = np.where(observed, targets.au.numpy(), np.nan).astype(np.float64)
    au, spread = answer.au.numpy().astype(np.float64), np.exp(answer.au_log_variance.numpy() / 2)
    return [_unit_report(code, truth[:, u], au[:, u], spread[:, u]) for u, code in enumerate(units)]


def _unit_report(code: int, truth: np.ndarray, answer: np.ndarray, spread: np.ndarray) -> UnitReport:
    seen = ~np.isnan(truth)
    error = (answer - truth)[seen]
    z = np.abs(error / spread[seen])
    if not len(error):
        return UnitReport(code, 0, *[float("nan")] * 10)
    return UnitReport(
        unit=code,
        num_values=len(error),
        correlation=correlation(truth.ravel(), answer.ravel()),
        concordance=concordance(truth.ravel(), answer.ravel()),
        mean_absolute_error=float(np.abs(error).mean()),
        baseline_error=float(np.abs(truth[seen]).mean()),
        bias=float(error.mean()),
        asymmetry=correlation(truth[:, 0] - truth[:, 1], answer[:, 0] - answer[:, 1]),
        z_spread=float(np.sqrt((z**2).mean())),
        coverage_1=float((z <= 1).mean()),
        coverage_90=float((z <= INTERVAL_SD).mean()),
        coverage_2=float((z <= 2).mean()),
    )


def _line(
    answer: Float[np.ndarray, "N 2"],
    truth: Float[np.ndarray, "N 2"],
    seen: Bool[np.ndarray, "N 2"],
    *,
    is_first_half: Bool[np.ndarray, " N"],
) -> tuple[float, float]:
    """Return slope and offset, (1, 0) unless lines fitted to either half of the people help the other half."""
    if seen.sum() < MIN_SAMPLES:
        return 1.0, 0.0
    before = after = 0.0
    for half in (is_first_half, ~is_first_half):
        fit, check = seen & half[:, None], seen & ~half[:, None]
        slope, offset = _least_squares(answer[fit], truth[fit])
        before += float(((_bounded(answer[check]) - truth[check]) ** 2).sum())
        after += float(((_bounded(slope * answer[check] + offset) - truth[check]) ** 2).sum())
    return _least_squares(answer[seen], truth[seen]) if after < (1 - MIN_GAIN) * before else (1.0, 0.0)


def _least_squares(answer: Float[np.ndarray, " N"], truth: Float[np.ndarray, " N"]) -> tuple[float, float]:
    variance = answer.var()
    if len(answer) < 2 or variance < 1e-6:
        return 1.0, 0.0
    covariance = ((answer - answer.mean()) * (truth - truth.mean())).mean()
    slope = float(np.clip(covariance / variance, *SLOPE_LIMITS))
    return slope, float(truth.mean() - slope * answer.mean())


def _bounded(values: np.ndarray) -> np.ndarray:
    return np.clip(values, 0, MAX_INTENSITY)


def _temperature(z: Float[np.ndarray, " N"], *, coverage: float) -> float:
    if len(z) < MIN_SAMPLES:
        return 1.0
    return float(np.clip(np.quantile(np.abs(z), coverage) / INTERVAL_SD, *TEMPERATURE_LIMITS))


def _geometry(error: torch.Tensor, log_variance: torch.Tensor, seen: torch.Tensor) -> float:
    z = error / (log_variance / 2).exp()
    return _temperature(z[seen].double().numpy().ravel(), coverage=COVERAGE)
