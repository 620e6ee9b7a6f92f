"""Teach the finder's network: targets on its grid, the loss, the loop, the file."""

import json
import logging
import math
import time
import warnings
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import torch
from jaxtyping import Float, Float32, UInt8
from torch import Tensor
from torch.nn import functional

from facsimile.train.finder.composites import PATCH, Place
from facsimile.train.finder.network import STRIDE, UNIT_SIDE, FinderNetwork, as_input
from facsimile.train.seal import sealed

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
WARM_UP, LEAST_RATE = 60, 1e-6
GAIN_SD, SHIFT_SD = 0.2, 10.0
"""Each batch's contrast (log) and brightness (grey levels) vary: the same patches are seen several times."""
METADATA_KEY = "facsimile-finder"
METADATA_VERSION = 1


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
    steps: int,
    seed: int = 0,
    batch: int = 64,
    peak_rate: float = 4e-3,
    start_from: Mapping[str, Tensor] | None = None,
    tell: Callable[[str], None] = print,
) -> FinderNetwork:
    """Train for ``steps`` batches, from nothing or the weights given; the rate rises, then falls along a cosine."""
    torch.manual_seed(seed)
    rng, network = np.random.default_rng([seed, 1]), FinderNetwork()
    if start_from is not None:
        network.load_state_dict(start_from)
    targets = targets_of(places)
    optimizer = torch.optim.AdamW(network.parameters(), lr=peak_rate, weight_decay=1e-3)
    start, running = time.process_time(), math.nan
    for step in range(steps):
        for group in optimizer.param_groups:
            falling = 0.5 + 0.5 * math.cos(math.pi * step / steps)
            group["lr"] = peak_rate * min(1.0, (step + 1) / WARM_UP) * falling + LEAST_RATE
        rows = rng.integers(0, len(patches), batch)
        image = as_input(torch.from_numpy(patches[rows]))
        image = image * float(np.exp(rng.normal() * GAIN_SD)) + float(rng.normal() * SHIFT_SD)
        goal = [torch.from_numpy(a[rows]) for a in (targets.heat, targets.counts, targets.crop, targets.crop_counts)]
        loss = loss_of(network(image), *goal)
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(network.parameters(), 5.0)
        optimizer.step()
        running = loss.item() if math.isnan(running) else 0.98 * running + 0.02 * loss.item()
        if (step + 1) % 100 == 0:
            tell(f"{step + 1} steps, {time.process_time() - start:.0f} s, loss {running:.3f}")
    return network.eval()


def export(network: FinderNetwork, path: Path, provenance: Mapping[str, Any]) -> None:
    """Write the network as ONNX; height and width stay open, ``provenance`` goes into its metadata."""
    network.eval()
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)
    height, width = (torch.export.Dim(name, min=2, max=1024) * STRIDE for name in ("h", "w"))
    with warnings.catch_warnings(), torch.no_grad():
        warnings.simplefilter("ignore")  # the exporter's own deprecations
        program = torch.onnx.export(
            network, (torch.zeros(1, 1, 64, 96),), dynamo=True, input_names=["grey"], output_names=["cells"],
            dynamic_shapes=({2: height, 3: width},), verbose=False,
        )  # fmt: skip
    assert program is not None
    model = program.model_proto
    del model.metadata_props[:]
    for node in model.graph.node:  # the exporter leaves paths of this machine in every node
        del node.metadata_props[:]
        node.doc_string = ""
    values = {"version": METADATA_VERSION, "stride": STRIDE, "unit_side": UNIT_SIDE, "sides": SIDES, **provenance}
    model.metadata_props.add(key=METADATA_KEY, value=json.dumps(values, sort_keys=True))
    onnx.checker.check_model(model)
    path.write_bytes(sealed(model.SerializeToString()))
