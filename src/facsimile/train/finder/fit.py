"""Teach the finder's network: targets on its grid, the loss, the loop, the file."""

import json
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float, Float32, UInt8
from torch import Tensor
from torch.nn import functional

from facsimile.train.finder.composites import PATCH, Place
from facsimile.train.finder.network import NUM_OUTPUTS, STRIDE, UNIT_SIDE, FinderNetwork, as_input

GRID = PATCH // STRIDE
SIDES = (20.0, 60.0)
"""Crop sides that must be found at one scale (pixels); the picture is searched at scales a factor of 2 apart."""
DOUBTFUL_SIDES = (16.0, 72.0)
"""Sides between these and `SIDES` count neither way; beyond them a face is as good as none."""
SPREAD = 0.09
"""Standard deviation of the target round a face's middle, in its side."""
INSIDE = 0.2
"""Cells nearer than this many sides also learn the crop."""
CROP_WEIGHT = 0.6


@dataclass(frozen=True)
class Targets:
    """What the network should say about patches."""

    heat: Float32[np.ndarray, "B h w"]
    """1 at a middle, falling off round it."""
    counts: Float32[np.ndarray, "B h w"]
    """0 where a face of a doubtful size makes any answer right."""
    crop: Float32[np.ndarray, "B 5 h w"]
    crop_counts: Float32[np.ndarray, "B h w"]


def targets_of(places: Sequence[Sequence[Place]]) -> Targets:
    """Return the targets of patches with these faces."""
    shape = (len(places), GRID, GRID)
    targets = Targets(*(np.full(s, v, np.float32) for s, v in (
        (shape, 0.0), (shape, 1.0), ((len(places), 5, GRID, GRID), 0.0), (shape, 0.0)
    )))  # fmt: skip
    for k, faces in enumerate(places):
        for place in faces:
            _mark(targets, k, place)
    return targets


def _mark(targets: Targets, k: int, place: Place) -> None:
    cells = np.arange(GRID) * STRIDE + (STRIDE - 1) / 2
    dx, dy = np.broadcast_arrays(place.x - cells[None], place.y - cells[:, None])
    distance = np.hypot(dx, dy) / place.side
    if not SIDES[0] <= place.side <= SIDES[1]:
        if DOUBTFUL_SIDES[0] <= place.side <= DOUBTFUL_SIDES[1]:
            targets.counts[k][distance < 2 * INSIDE] = 0
        return
    spread = max(SPREAD, 0.5 * STRIDE / place.side)
    targets.heat[k] = np.maximum(targets.heat[k], np.exp(-0.5 * (distance / spread) ** 2))
    if 0 <= place.x < PATCH and 0 <= place.y < PATCH:
        targets.heat[k, int(place.y // STRIDE), int(place.x // STRIDE)] = 1
    inside = distance < max(INSIDE, 0.75 * STRIDE / place.side)
    values = (
        dx / UNIT_SIDE, dy / UNIT_SIDE, math.log(place.side / UNIT_SIDE), math.cos(place.angle_rad),
        math.sin(place.angle_rad),
    )  # fmt: skip
    for channel, value in enumerate(values):
        targets.crop[k, channel][inside] = value[inside] if isinstance(value, np.ndarray) else value
    targets.crop_counts[k][inside] = 1


def loss_of(out: Float[Tensor, "B 6 h w"], heat: Tensor, counts: Tensor, crop: Tensor, crop_counts: Tensor) -> Tensor:
    """Return the penalty-reduced focal loss of the logit (Law & Deng 2018) plus the error of the crop."""
    logit, is_middle = out[:, 0], heat >= 0.999
    probability = torch.sigmoid(logit)
    hit = functional.softplus(-logit) * (1 - probability) ** 2 * is_middle
    miss = functional.softplus(logit) * probability**2 * (1 - heat) ** 4 * ~is_middle
    focal = ((hit + miss) * counts).sum() / is_middle.sum().clamp(min=1)
    errors = functional.smooth_l1_loss(out[:, 1:], crop, beta=0.1, reduction="none").sum(1)
    return focal + CROP_WEIGHT * (errors * crop_counts).sum() / crop_counts.sum().clamp(min=1)


def fit(
    patches: UInt8[np.ndarray, "N 96 96"],
    places: Sequence[Sequence[Place]],
    *,
    cpu_seconds: float,
    seed: int = 0,
    batch: int = 64,
    peak_rate: float = 4e-3,
    steps: int | None = None,
    tell: Callable[[str], None] = print,
) -> FinderNetwork:
    """Train for ``cpu_seconds`` of this process' time, or ``steps`` steps; mirrored patches come for free."""
    torch.manual_seed(seed)
    rng, network = np.random.default_rng([seed, 1]), FinderNetwork()
    targets = targets_of(places)
    optimizer = torch.optim.AdamW(network.parameters(), lr=peak_rate, weight_decay=1e-3)
    start, step, running = time.process_time(), 0, math.nan
    while (done := step / steps if steps else (time.process_time() - start) / cpu_seconds) < 1:
        for group in optimizer.param_groups:
            group["lr"] = peak_rate * min(1.0, (step + 1) / 60) * (0.5 + 0.5 * math.cos(math.pi * done)) + 1e-6
        rows = rng.integers(0, len(patches), batch)
        image = as_input(torch.from_numpy(patches[rows]))
        image = image * float(np.exp(rng.normal() * 0.2)) + float(rng.normal() * 10)
        goal = [torch.from_numpy(a[rows]) for a in (targets.heat, targets.counts, targets.crop, targets.crop_counts)]
        loss = loss_of(network(image), *goal)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        running = loss.item() if math.isnan(running) else 0.98 * running + 0.02 * loss.item()
        step += 1
        if step % 100 == 0:
            tell(f"{step} steps, {time.process_time() - start:.0f} s, loss {running:.3f}")
    return network.eval()


def export(network: FinderNetwork, path: Path, metadata: dict) -> None:
    """Write the network as ONNX; height and width stay open, ``metadata`` goes into the file as JSON."""
    import onnx

    network.eval()
    height, width = (torch.export.Dim(name, min=2, max=1024) * STRIDE for name in ("h", "w"))
    program = torch.onnx.export(
        network, (torch.zeros(1, 1, 64, 96),), dynamo=True, input_names=["grey"], output_names=["cells"],
        dynamic_shapes=({2: height, 3: width},), verbose=False,
    )  # fmt: skip
    assert program is not None
    model = program.model_proto
    entry = model.metadata_props.add()
    entry.key, entry.value = "facsimile-finder", json.dumps(metadata)
    onnx.checker.check_model(model)
    path.write_bytes(model.SerializeToString())


assert NUM_OUTPUTS == 6
