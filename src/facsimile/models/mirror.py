"""Layers that commute with mirroring, so that left and right are learnt together and never contradict each other.

A feature map holds 2C channels: C answers of the kernels, then C answers of the mirrored kernels (a group convolution
over {identity, mirror}; Cohen and Welling, Group Equivariant Convolutional Networks, ICML 2016). Mirroring a picture
flips the width axis of every map and swaps the two halves of its channels. That is exact when kernels sit symmetrically
on the picture: an even width is halved by an even kernel, an odd one is left alone.
"""

import torch
from jaxtyping import Float
from torch import nn
from torch.nn import functional


def mirror_map(features: Float[torch.Tensor, "B C2 H W"]) -> Float[torch.Tensor, "B C2 H W"]:
    """Return the feature map that the mirrored picture has."""
    answers, mirrored = features.chunk(2, dim=1)
    return torch.cat([mirrored, answers], dim=1).flip(-1)


class MirrorConv(nn.Module):
    """A convolution from 2 x ``inputs`` to 2 x ``outputs`` channels; from plain pixels if ``lifts``."""

    def __init__(self, inputs: int, outputs: int, *, size: int, stride: int = 1, lifts: bool = False) -> None:
        super().__init__()
        self.inputs, self.stride, self.lifts = inputs, stride, lifts
        self.padding = (size - 1) // 2
        self.weight = nn.Parameter(torch.empty(outputs, inputs if lifts else 2 * inputs, size, size))
        nn.init.kaiming_normal_(self.weight, nonlinearity="relu")

    def kernels(self) -> torch.Tensor:
        """Return all kernels, the mirrored half included."""
        mirrored = self.weight.flip(-1)
        if not self.lifts:
            mirrored = mirrored.roll(self.inputs, dims=1)
        return torch.cat([self.weight, mirrored])

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Convolve."""
        return functional.conv2d(features, self.kernels(), stride=self.stride, padding=self.padding)


class MirrorNorm(nn.Module):
    """Batch normalisation whose scale, offset and running statistics are shared by a channel and its mirror."""

    running_mean: torch.Tensor
    running_var: torch.Tensor

    def __init__(self, channels: int, *, momentum: float = 0.1) -> None:
        super().__init__()
        self.momentum = momentum
        self.weight = nn.Parameter(torch.ones(channels))
        self.bias = nn.Parameter(torch.zeros(channels))
        self.register_buffer("running_mean", torch.zeros(channels))
        self.register_buffer("running_var", torch.ones(channels))

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Normalise by the batch in training, by the running statistics otherwise."""
        mean, var = self.running_mean.repeat(2), self.running_var.repeat(2)
        scale, offset = self.weight.repeat(2), self.bias.repeat(2)
        normed = functional.batch_norm(features, mean, var, scale, offset, self.training, self.momentum)
        if self.training:
            self.running_mean.copy_(mean.view(2, -1).mean(0))
            self.running_var.copy_(var.view(2, -1).mean(0))
        return normed


class MirrorBlock(nn.Module):
    """Halve the resolution with a 2x2 kernel (an odd height is rounded up), then add one 3x3 convolution's answer."""

    def __init__(self, inputs: int, outputs: int) -> None:
        super().__init__()
        self.halve, self.halve_norm = MirrorConv(inputs, outputs, size=2, stride=2), MirrorNorm(outputs)
        self.refine, self.refine_norm = MirrorConv(outputs, outputs, size=3), MirrorNorm(outputs)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return the map at half the resolution."""
        even = functional.pad(features, (0, 0, 0, features.shape[2] % 2))
        halved = functional.relu(self.halve_norm(self.halve(even)))
        return functional.relu(halved + self.refine_norm(self.refine(halved)))


class PairHead(nn.Module):
    """A linear layer applied to each side's vector beside the other side's, with the same weights for both."""

    def __init__(self, inputs: int, outputs: int, *, gain: float = 0.1) -> None:
        super().__init__()
        self.linear = nn.Linear(2 * inputs, outputs)
        nn.init.zeros_(self.linear.bias)
        with torch.no_grad():
            self.linear.weight.mul_(gain)

    def forward(self, pair: Float[torch.Tensor, "B 2 D"]) -> Float[torch.Tensor, "B 2 N"]:
        """Return the answer for each side; index 0 is the subject's left."""
        return self.linear(torch.cat([pair, pair.flip(1)], dim=2))
