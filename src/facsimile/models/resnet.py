"""ResNet-101 (He et al., Deep Residual Learning for Image Recognition, CVPR 2016) as the body of a large reader.

The trunk is applied to the upper and to the lower half of the crop by itself and to both in the mirror, so the promises
of the small reader hold here as well: no unit sees the other half, and the mirrored crop gives the mirrored answer.
"""

import torch
from jaxtyping import Float
from torch import nn
from torch.nn import functional

RESNET_101_STAGES = (3, 4, 23, 3)
"""Bottlenecks per stage."""
EXPANSION = 4
TRUNK_CHANNELS = 512 * EXPANSION
ENLARGED = 2
"""A crop of 112 pixels is shown twice as large: the trunk was laid out for 224."""


class Bottleneck(nn.Module):
    """Three convolutions round a shortcut; the middle one carries the stride."""

    def __init__(self, inputs: int, width: int, *, stride: int) -> None:
        super().__init__()
        outputs = width * EXPANSION
        self.narrow, self.narrow_norm = nn.Conv2d(inputs, width, 1, bias=False), nn.BatchNorm2d(width)
        self.middle = nn.Conv2d(width, width, 3, stride=stride, padding=1, bias=False)
        self.middle_norm = nn.BatchNorm2d(width)
        self.widen, self.widen_norm = nn.Conv2d(width, outputs, 1, bias=False), nn.BatchNorm2d(outputs)
        nn.init.zeros_(self.widen_norm.weight)  # a block begins as its shortcut
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or inputs != outputs:
            projection = nn.Conv2d(inputs, outputs, 1, stride=stride, bias=False)
            self.shortcut = nn.Sequential(projection, nn.BatchNorm2d(outputs))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return the map after the block."""
        inner = functional.relu(self.narrow_norm(self.narrow(features)))
        inner = functional.relu(self.middle_norm(self.middle(inner)))
        return functional.relu(self.widen_norm(self.widen(inner)) + self.shortcut(features))


def trunk(stages: tuple[int, ...] = RESNET_101_STAGES) -> nn.Sequential:
    """Return the convolutional part, pictures [B, 3, H, W] to vectors [B, 2048]."""
    layers: list[nn.Module] = [
        nn.Conv2d(3, 64, 7, stride=2, padding=3, bias=False),
        nn.BatchNorm2d(64),
        nn.ReLU(),
        nn.MaxPool2d(3, stride=2, padding=1),
    ]
    inputs = 64
    for stage, blocks in enumerate(stages):
        width = 64 * 2**stage
        for block in range(blocks):
            layers.append(Bottleneck(inputs, width, stride=2 if stage > 0 and block == 0 else 1))
            inputs = width * EXPANSION
    network = nn.Sequential(*layers, nn.AdaptiveAvgPool2d(1), nn.Flatten())
    for module in network.modules():
        if isinstance(module, nn.Conv2d):
            nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")
    return network


class ResNetBody(nn.Module):
    """Read a crop into one vector per side: ``upper_width`` numbers from its upper rows, then from its lower rows."""

    def __init__(
        self, *, upper_rows: tuple[int, int], lower_rows: tuple[int, int], upper_width: int, lower_width: int
    ) -> None:
        super().__init__()
        self.upper_rows, self.lower_rows = slice(*upper_rows), slice(*lower_rows)
        self.trunk = trunk()
        self.upper, self.lower = nn.Linear(TRUNK_CHANNELS, upper_width), nn.Linear(TRUNK_CHANNELS, lower_width)

    def forward(self, pixels: Float[torch.Tensor, "B 3 112 112"]) -> Float[torch.Tensor, "B 2 D"]:
        """Return what is seen from the subject's left and, in the mirror, from the right."""
        views = torch.cat([pixels, pixels.flip(-1)])
        halves = (self.upper(self._seen(views, self.upper_rows)), self.lower(self._seen(views, self.lower_rows)))
        left, right = functional.relu(torch.cat(halves, dim=1)).chunk(2)
        return torch.stack([left, right], dim=1)

    def _seen(self, views: torch.Tensor, rows: slice) -> torch.Tensor:
        return self.trunk(functional.interpolate(views[:, :, rows], scale_factor=ENLARGED, mode="bilinear"))
