"""A reader with its calibration: the module that is exported, so that no caller has to correct anything."""

from dataclasses import asdict, dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import nn

from facsimile.models.expression_heads import ExpressionAnswer
from facsimile.models.reader import MAX_INTENSITY, Reader, Reading, answer_of


@dataclass(frozen=True)
class ExpressionCalibration:
    """Corrections of action units and controllers; a temperature multiplies a standard deviation."""

    au_slope: tuple[float, ...]
    """Per unit: the intensity becomes slope * reading + offset."""
    au_offset: tuple[float, ...]
    """Per unit, on the 0-5 scale."""
    au_temperature: tuple[float, ...]
    """Per unit, applied after the slope."""
    controller_temperature: float = 1.0
    """For all controllers."""

    def __post_init__(self) -> None:
        lengths = {len(self.au_slope), len(self.au_offset), len(self.au_temperature)}
        if len(lengths) != 1:
            raise ValueError(f"au_slope, au_offset and au_temperature must have one length; got {lengths}")
        if min((*self.au_slope, *self.au_temperature, self.controller_temperature)) <= 0:
            raise ValueError("slopes and temperatures must be positive; got one that is zero or negative")

    @staticmethod
    def identity(num_units: int) -> "ExpressionCalibration":
        """Return the calibration that changes nothing."""
        return ExpressionCalibration((1.0,) * num_units, (0.0,) * num_units, (1.0,) * num_units)


@dataclass(frozen=True)
class Calibration:
    """Corrections fitted on held-out identities."""

    alone: ExpressionCalibration
    """For faces read alone."""
    beside: ExpressionCalibration
    """For faces read beside the same person at rest."""
    landmark_temperature: float = 1.0
    pose_temperature: float = 1.0
    gaze_temperature: float = 1.0

    @staticmethod
    def identity(num_units: int) -> "Calibration":
        """Return the calibration that changes nothing."""
        return Calibration(ExpressionCalibration.identity(num_units), ExpressionCalibration.identity(num_units))

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


class Corrected(nn.Module):
    """Apply an `ExpressionCalibration`; intensities are kept within 0-5, controllers within 0-1."""

    slope: torch.Tensor
    offset: torch.Tensor
    spread: torch.Tensor

    def __init__(self, calibration: ExpressionCalibration) -> None:
        super().__init__()
        slope = torch.tensor(calibration.au_slope)[:, None]
        temperature = torch.tensor(calibration.au_temperature)[:, None]
        self.register_buffer("slope", slope)
        self.register_buffer("offset", torch.tensor(calibration.au_offset)[:, None])
        self.register_buffer("spread", 2 * torch.log(slope * temperature))
        self.controller_spread = _twice_log(calibration.controller_temperature)

    def forward(self, answer: ExpressionAnswer) -> ExpressionAnswer:
        """Return the answer, corrected."""
        return ExpressionAnswer(
            au=(self.slope * answer.au + self.offset).clamp(0.0, MAX_INTENSITY),
            au_log_variance=answer.au_log_variance + self.spread,
            controllers=answer.controllers.clamp(0.0, 1.0),
            controllers_log_variance=answer.controllers_log_variance + self.controller_spread,
        )


class CalibratedReader(nn.Module):
    """Read faces, corrected."""

    def __init__(self, reader: Reader, calibration: Calibration) -> None:
        super().__init__()
        self.reader = reader
        self.calibration = calibration
        self.alone, self.beside = Corrected(calibration.alone), Corrected(calibration.beside)

    def forward(
        self,
        image: Float[torch.Tensor, "B 3 112 112"],
        reference: Float[torch.Tensor, "B 2 D"],
        has_reference: Float[torch.Tensor, " B"],
    ) -> Reading:
        """Read RGB crops with values 0-255, beside ``reference`` where ``has_reference`` is 1, alone where it is 0."""
        reading = self.reader(image)
        alone = self.correct(reading)
        beside = self.beside(self.reader.compare(reading.features, reference))
        chosen = [_choose(has_reference, b, a) for a, b in zip(answer_of(alone), beside, strict=True)]
        return alone._replace(**dict(zip(ExpressionAnswer._fields, chosen, strict=True)))

    def correct(self, reading: Reading) -> Reading:
        """Return the reader's own answer for faces read alone, corrected."""
        c = self.calibration
        return reading._replace(
            **self.alone(answer_of(reading))._asdict(),
            landmark_log_variance=reading.landmark_log_variance + _twice_log(c.landmark_temperature),
            pose_log_variance=reading.pose_log_variance + _twice_log(c.pose_temperature),
            gaze_log_variance=reading.gaze_log_variance + _twice_log(c.gaze_temperature),
        )


def _choose(has_reference: torch.Tensor, beside: torch.Tensor, alone: torch.Tensor) -> torch.Tensor:
    return torch.where(has_reference.reshape(-1, *(1,) * (alone.ndim - 1)) > 0.5, beside, alone)


def _twice_log(temperature: float) -> float:
    return 2 * float(torch.tensor(temperature).log())
