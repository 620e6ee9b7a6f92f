"""Heads that turn what was seen of a face into action units and rig controllers, each half from its own evidence."""

from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import nn
from torch.nn import functional

from facsimile.facs.action_units import UNITS, UPPER_FACE_UNITS
from facsimile.facs.controllers import CONTROLLERS, MIRROR
from facsimile.models.mirror import PairHead

UPPER_CONTROLLER_STEMS = ("eye", "brow", "cheekSquint", "noseSneer")
"""What the names of the controllers that move the upper face begin with."""

# Log-variances are kept where a Gaussian fit is stable: an intensity is known to 0.1 at best, to 4.5 at worst.
AU_LOG_VARIANCE_RANGE = (-4.6, 3.0)
CONTROLLER_LOG_VARIANCE_RANGE = (-9.0, 0.0)  # 0.01 to 1 of a controller's range


class ExpressionAnswer(NamedTuple):
    """Action units and controllers, each with a log-variance."""

    au: torch.Tensor
    """[B, n, 2] intensity 0-5; side 0 is the subject's left."""
    au_log_variance: torch.Tensor
    """[B, n, 2]"""
    controllers: torch.Tensor
    """[B, R] 0-1, in the order of ``facs.controllers.CONTROLLERS``."""
    controllers_log_variance: torch.Tensor
    """[B, R]"""


class SplitHead(nn.Module):
    """Answer ``channels`` numbers for each of n things, some from the upper features alone, the others from the lower.

    A positive ``hidden`` puts one layer of that width between features and answers.
    """

    order: torch.Tensor

    def __init__(self, is_upper: tuple[bool, ...], *, widths: tuple[int, int], channels: int, hidden: int = 0) -> None:
        super().__init__()
        counts = (sum(is_upper), len(is_upper) - sum(is_upper))
        self.channels = channels
        self.upper, self.lower = (
            PairLayers(width, channels * count, hidden=hidden) for width, count in zip(widths, counts, strict=True)
        )
        order = sorted(range(len(is_upper)), key=lambda k: not is_upper[k])
        self.register_buffer("order", torch.tensor([order.index(k) for k in range(len(order))]), persistent=False)

    def forward(
        self, upper: Float[torch.Tensor, "B 2 U"], lower: Float[torch.Tensor, "B 2 L"]
    ) -> Float[torch.Tensor, "B 2 n C"]:
        """Return the answers seen from each side."""
        answers = [head.unflatten(2, (-1, self.channels)) for head in (self.upper(upper), self.lower(lower))]
        return torch.cat(answers, dim=2)[:, :, self.order]


class PairLayers(nn.Module):
    """One or two `PairHead` layers."""

    def __init__(self, inputs: int, outputs: int, *, hidden: int) -> None:
        super().__init__()
        self.first = PairHead(inputs, hidden, gain=1.0) if hidden else None
        self.last = PairHead(hidden or inputs, outputs)

    def forward(self, pair: Float[torch.Tensor, "B 2 D"]) -> Float[torch.Tensor, "B 2 N"]:
        """Return the answer for each side."""
        return self.last(pair if self.first is None else functional.relu(self.first(pair)))


class ExpressionHead(nn.Module):
    """Answer action units and controllers from features of the two halves of the face."""

    is_midline: torch.Tensor
    mirror: torch.Tensor

    def __init__(self, units: tuple[int, ...], *, widths: tuple[int, int], hidden: int = 0, dropout: float) -> None:
        super().__init__()
        self.dropout = nn.Dropout(dropout)
        is_upper_unit = tuple(code in UPPER_FACE_UNITS for code in units)
        is_upper_controller = tuple(name.startswith(UPPER_CONTROLLER_STEMS) for name in CONTROLLERS)
        self.units = SplitHead(is_upper_unit, widths=widths, channels=2, hidden=hidden)
        self.controllers = SplitHead(is_upper_controller, widths=widths, channels=2, hidden=hidden)
        midline = [[not UNITS[code].is_sided] for code in units]
        self.register_buffer("is_midline", torch.tensor(midline), persistent=False)
        self.register_buffer("mirror", torch.tensor(MIRROR), persistent=False)

    def forward(self, upper: Float[torch.Tensor, "B 2 U"], lower: Float[torch.Tensor, "B 2 L"]) -> ExpressionAnswer:
        """Return the answers."""
        upper, lower = self.dropout(upper), self.dropout(lower)
        au, au_log_variance = (by_side(v, self.is_midline) for v in self.units(upper, lower).unbind(3))
        seen = self.controllers(upper, lower)
        both = (seen[:, 0] + seen[:, 1, self.mirror]) / 2
        return ExpressionAnswer(
            au,
            au_log_variance.clamp(*AU_LOG_VARIANCE_RANGE),
            both[..., 0],
            (both[..., 1] - 4).clamp(*CONTROLLER_LOG_VARIANCE_RANGE),
        )


def by_side(values: Float[torch.Tensor, "B 2 n"], is_midline: torch.Tensor) -> Float[torch.Tensor, "B n 2"]:
    """Put the side last; give midline units one value for both sides."""
    values = values.transpose(1, 2)
    return torch.where(is_midline, values.mean(dim=2, keepdim=True), values)
