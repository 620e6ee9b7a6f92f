"""A reader with its calibration: the module that is exported, so that no caller has to correct anything."""

from dataclasses import asdict, dataclass
from typing import Any

import torch
from jaxtyping import Float
from torch import nn

from facsimile.models.reader import MAX_INTENSITY, Reader, Reading


@dataclass(frozen=True)
class Calibration:
    """Corrections fitted on held-out identities; a temperature multiplies a standard deviation."""

    au_slope: tuple[float, ...]
    """Per unit: the intensity becomes slope * reading + offset."""
    au_offset: tuple[float, ...]
    """Per unit, on the 0-5 scale."""
    au_temperature: tuple[float, ...]
    """Per unit, applied after the slope."""
    landmark_temperature: float = 1.0
    pose_temperature: float = 1.0
    gaze_temperature: float = 1.0

    def __post_init__(self) -> None:
        lengths = {len(self.au_slope), len(self.au_offset), len(self.au_temperature)}
        if len(lengths) != 1:
            raise ValueError(f"au_slope, au_offset and au_temperature must have one length; got {lengths}")
        if min((*self.au_slope, *self.au_temperature)) <= 0:
            raise ValueError("slopes and temperatures must be positive; got one that is zero or negative")

    @staticmethod
    def identity(num_units: int) -> "Calibration":
        """Return the calibration that changes nothing."""
        return Calibration((1.0,) * num_units, (0.0,) * num_units, (1.0,) * num_units)

    def to_json(self) -> dict[str, Any]:
        """Return plain values."""
        return asdict(self)


class CalibratedReader(nn.Module):
    """Read faces, corrected; intensities are kept within 0-5."""

    slope: torch.Tensor
    offset: torch.Tensor
    spread: torch.Tensor

    def __init__(self, reader: Reader, calibration: Calibration) -> None:
        super().__init__()
        self.reader = reader
        self.calibration = calibration
        slope = torch.tensor(calibration.au_slope)[:, None]
        temperature = torch.tensor(calibration.au_temperature)[:, None]
        self.register_buffer("slope", slope)
        self.register_buffer("offset", torch.tensor(calibration.au_offset)[:, None])
        self.register_buffer("spread", 2 * torch.log(slope * temperature))

    def forward(self, image: Float[torch.Tensor, "B 3 112 112"]) -> Reading:
        """Read RGB crops with values 0-255."""
        r, c = self.reader(image), self.calibration
        return r._replace(
            au=(self.slope * r.au + self.offset).clamp(0.0, MAX_INTENSITY),
            au_log_variance=r.au_log_variance + self.spread,
            landmark_log_variance=r.landmark_log_variance + _twice_log(c.landmark_temperature),
            pose_log_variance=r.pose_log_variance + _twice_log(c.pose_temperature),
            gaze_log_variance=r.gaze_log_variance + _twice_log(c.gaze_temperature),
        )


def _twice_log(temperature: float) -> float:
    return 2 * float(torch.tensor(temperature).log())
