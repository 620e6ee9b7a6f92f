"""A small convolutional network that says for each 8 x 8 pixels whether a face's crop has its middle there.

It sees grey pictures with the local brightness and contrast divided out, so neither skin nor light counts.
"""

import torch
from jaxtyping import Float, UInt8
from torch import Tensor, nn
from torch.nn import functional

STRIDE = 8
CHANNELS = (16, 24, 40)
NUM_BLOCKS = 2
"""Residual blocks at the coarse grid; with them an output sees 79 pixels, more than the largest crop it looks for."""
NUM_OUTPUTS = 6
"""Logit; then the crop: middle x, y from the cell's middle in `UNIT_SIDE`, log(side / `UNIT_SIDE`), cosine and sine of
its angle."""
UNIT_SIDE = 36.0
"""Crop side in pixels in the middle of the range that one scale of the picture is searched for."""
NEIGHBOURHOOD = 9
"""Side of the square that local brightness is taken over, in blocks of `BLOCK` pixels."""
BLOCK = 4
LEAST_CONTRAST = 4.0
"""Grey levels (of 255); flatter places are not amplified further."""


class FinderNetwork(nn.Module):
    """Grey pictures [B, 1, H, W], 0-255, sides multiples of 8, to [B, 6, H/8, W/8]."""

    def __init__(self) -> None:
        super().__init__()
        first, second, third = CHANNELS
        self.stem = nn.Sequential(_layer(1, first, 2), _layer(first, second, 2), _layer(second, third, 2))
        self.blocks = nn.ModuleList(
            nn.Sequential(
                _layer(third, third), nn.Conv2d(third, third, 3, padding=1, bias=False), nn.BatchNorm2d(third)
            )
            for _ in range(NUM_BLOCKS)
        )
        self.head = nn.Conv2d(third, NUM_OUTPUTS, 1)
        bias = self.head.bias
        assert bias is not None
        nn.init.constant_(bias, 0.0)
        nn.init.constant_(bias[:1], -4.0)

    def forward(self, image: Float[Tensor, "B 1 H W"]) -> Float[Tensor, "B 6 h w"]:
        """Return logit and crop of every cell."""
        x = self.stem(evened(image))
        for block in self.blocks:
            x = torch.relu(x + block(x))
        return self.head(x)


def evened(image: Float[Tensor, "B 1 H W"]) -> Float[Tensor, "B 1 H W"]:
    """Return the picture less its local mean, over its local deviation."""
    mean = functional.avg_pool2d(image, BLOCK)
    square = functional.avg_pool2d(image * image, BLOCK)
    mean, square = _smoothed(mean), _smoothed(square)
    gain = torch.rsqrt((square - mean * mean).clamp(min=0) + LEAST_CONTRAST**2)
    both = functional.interpolate(torch.cat([mean, gain], 1), scale_factor=float(BLOCK), mode="bilinear")
    return (image - both[:, :1]) * both[:, 1:]


def _smoothed(blocks: Tensor) -> Tensor:
    """Return the mean over the neighbourhood of each block, as far as it lies in the picture."""
    return functional.avg_pool2d(
        blocks, kernel_size=NEIGHBOURHOOD, stride=1, padding=NEIGHBOURHOOD // 2, count_include_pad=False
    )


def _layer(inputs: int, outputs: int, stride: int = 1) -> nn.Sequential:
    return nn.Sequential(
        nn.Conv2d(inputs, outputs, 3, stride, padding=1, bias=False), nn.BatchNorm2d(outputs), nn.ReLU(inplace=True)
    )


def as_input(patches: UInt8[Tensor, "B H W"]) -> Float[Tensor, "B 1 H W"]:
    """Return bytes as the network's input."""
    return patches[:, None].float()
