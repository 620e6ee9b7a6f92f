"""Predict faces as mixtures: K joint guesses of all levels and angles, each with a probability.

Independent units cannot say "smile or frown, but not half of each"; a mixture of independent units can, and its
likelihood is exact (McLachlan & Peel 2000, Finite Mixture Models; the latent class model for categories).
"""

import math
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from facsimile.language.facelm.layout import NUM_ANGLES, NUM_PARTIES, Layout
from facsimile.language.ticks import NUM_LEVELS

LOG_SD_RANGE = (math.log(0.005), math.log(1.0))
"""Standard deviations of angles, radians: from below what any tracker resolves (0.3 degrees) to a whole face turn."""

START_SD_RAD = 0.15
"""Standard deviation before training: heads turn about so far in conversation."""


class Forecast(NamedTuple):
    """Mixtures of K components; leading axes as batch, position, horizon and party."""

    mix: Float[Tensor, "... K"]
    # logits
    level: Float[Tensor, "... K C 6"]
    # logits of levels 0-5
    angle_mean: Float[Tensor, "... K 5"]
    # radians
    angle_log_sd: Float[Tensor, "... K 5"]


class ForecastHead(nn.Module):
    """Map hidden states to forecasts."""

    def __init__(self, hidden_size: int, layout: Layout, *, num_horizons: int, num_components: int, width: int) -> None:
        super().__init__()
        self.shape = (num_horizons, NUM_PARTIES, num_components)
        self.num_columns = layout.num_columns
        guesses = num_horizons * NUM_PARTIES * num_components
        self.trunk = nn.Sequential(nn.Linear(hidden_size, width), nn.GELU())
        self.level = nn.Linear(width, guesses * layout.num_columns * NUM_LEVELS)
        self.angle = nn.Linear(width, guesses * 2 * NUM_ANGLES)
        self.mix = nn.Linear(hidden_size, guesses)

    def forward(self, hidden: Float[Tensor, "B N D"]) -> Forecast:
        """Return the forecast at every position; always in full precision, whatever the body computes in."""
        with torch.autocast(hidden.device.type, enabled=False):
            return self._forecast(hidden.to(self.mix.weight.dtype))

    def _forecast(self, hidden: Tensor) -> Forecast:
        batch, low, high = hidden.shape[:2], *LOG_SD_RANGE
        inner = self.trunk(hidden)
        angle = self.angle(inner).reshape(*batch, *self.shape, 2, NUM_ANGLES)
        return Forecast(
            self.mix(hidden).reshape(*batch, *self.shape),
            self.level(inner).reshape(*batch, *self.shape, self.num_columns, NUM_LEVELS),
            angle[..., 0, :],
            (angle[..., 1, :] + math.log(START_SD_RAD)).clamp(low, high),
        )


def log_likelihood(
    forecast: Forecast,
    level: Int[Tensor, "... C"],
    level_valid: Bool[Tensor, "... C"],
    angle: Float[Tensor, "... 5"] | None = None,
    angle_valid: Bool[Tensor, "... 5"] | None = None,
) -> Float[Tensor, "..."]:
    """Return log p of observed levels, and of angles if given, in nats; what is not valid is integrated out.

    Without angles the result is the exact marginal of the levels.
    """
    chance = forecast.level.log_softmax(-1)
    index = level[..., None, :, None].expand(*chance.shape[:-1], 1)
    inside = (chance.gather(-1, index)[..., 0] * level_valid[..., None, :]).sum(-1)
    if angle is not None and angle_valid is not None:
        z = (angle[..., None, :] - forecast.angle_mean) * (-forecast.angle_log_sd).exp()
        density = -0.5 * z**2 - forecast.angle_log_sd - 0.5 * math.log(2 * math.pi)
        inside = inside + (density * angle_valid[..., None, :]).sum(-1)
    return (forecast.mix.log_softmax(-1) + inside).logsumexp(-1)


def level_chances(forecast: Forecast) -> Float[Tensor, "... C 6"]:
    """Return each column's probabilities of levels 0-5, the mixture summed out."""
    weight = forecast.mix.softmax(-1)[..., None, None]
    return (weight * forecast.level.softmax(-1)).sum(-3)


def sample(
    forecast: Forecast, *, generator: torch.Generator, temperature: float | int = 1.0
) -> tuple[Int[Tensor, "... C"], Float[Tensor, "... 5"]]:
    """Draw levels and angles jointly: first a component, then all values within it; consumes ``generator``."""
    if temperature <= 0:
        raise ValueError(f"temperature: must be above 0, got {temperature}; 1 samples what the model believes")
    component = _draw(forecast.mix / temperature, generator)
    logits = _pick(forecast.level, component, trailing=2)
    level = _draw(logits / temperature, generator)
    mean, log_sd = (_pick(part, component, trailing=1) for part in (forecast.angle_mean, forecast.angle_log_sd))
    noise = torch.randn(mean.shape, generator=generator).to(mean)
    return level, mean + log_sd.exp() * noise * math.sqrt(temperature)


def _draw(logits: Tensor, generator: torch.Generator) -> Tensor:
    chances = logits.float().softmax(-1).cpu()
    flat = torch.multinomial(chances.reshape(-1, chances.shape[-1]), 1, generator=generator)
    return flat.reshape(chances.shape[:-1]).to(logits.device)


def _pick(values: Tensor, component: Tensor, *, trailing: int) -> Tensor:
    """Take one component (axis K stands before ``trailing`` axes)."""
    axis = values.ndim - 1 - trailing
    index = component.reshape(*component.shape, *[1] * (trailing + 1))
    return values.gather(axis, index.expand(*values.shape[:axis], 1, *values.shape[axis + 1 :])).squeeze(axis)
