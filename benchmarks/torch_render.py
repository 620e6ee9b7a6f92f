"""Time the torch renderer: pictures a second by device and batch size, the share of each stage, and how near to raster.

Seconds are wall seconds on a GPU and seconds of one process on a CPU. People are prepared before the clock starts.
Run: python benchmarks/torch_render.py [--device cuda] [--batch-sizes 16 64 256] [-o FILE]
"""

import argparse
import json
import platform
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from render_speed import processor

from facsimile.data.augment import Augmentation
from facsimile.render.background import Background
from facsimile.render.renderer import render
from facsimile.render.segments import SEGMENT_NAMES
from facsimile.render_torch.faces import RenderedFaces
from facsimile.render_torch.timing import Timer
from facsimile.studio.people import person_of, scene_of
from facsimile.studio.recipe import mixed
from facsimile.studio.shots import shot

SIZE = 128
BATCH_SIZES = {"cpu": (1, 4, 8), "cuda": (16, 64, 256)}
PARTS = {
    "skin": ("skin", "left_ear", "right_ear", "neck"),
    "brows": ("left_brow", "right_brow"),
    "eyes": ("left_eye", "right_eye"),
    "lips": ("upper_lip", "lower_lip"),
    "mouth": ("mouth", "teeth", "tongue"),
    "hair": ("hair", "beard"),
    "clothes": ("clothes",),
    "background": ("background",),
}


def rate(options: argparse.Namespace, batch_size: int) -> dict[str, Any]:
    """Return the median rate of a batch size and the milliseconds a picture spends in each stage."""
    device = torch.device(options.device)
    faces = RenderedFaces(
        mixed(), pool=options.pool, batch_size=batch_size, at_once=batch_size, device=device, seed=options.seed,
        size=SIZE, lights=2, augmentation=Augmentation(),
    )  # fmt: skip
    faces.batch(0)
    runs = []
    for step in range(1, options.repeats + 1):
        timer = Timer(device)
        faces.batch(step, timer=timer)
        runs.append(timer.seconds)
    per_picture = {stage: np.median([run[stage] for run in runs]) / batch_size * 1e3 for stage in runs[0]}
    totals = [sum(run.values()) for run in runs]
    memory = torch.cuda.max_memory_allocated(device) / 2**20 if device.type == "cuda" else None
    return {
        "pictures_per_s": round(batch_size / float(np.median(totals)), 2),
        "iqr_per_s": [round(batch_size / float(q), 2) for q in np.quantile(totals, [0.75, 0.25])],
        "ms_per_picture": {stage: round(float(value), 2) for stage, value in per_picture.items()},
        "peak_device_mb": memory and round(memory),
    }


def agreement(options: argparse.Namespace, pictures: int) -> dict[str, Any]:
    """Return how far pictures and labels lie from the CPU engine's, with the same scenes and backgrounds."""
    faces = RenderedFaces(
        mixed(), pool=options.pool, batch_size=pictures, at_once=8, device=options.device, seed=options.seed,
        size=SIZE, lights=2,
    )  # fmt: skip
    drawn = faces.batch(0)
    wrong: dict[str, list[float]] = {name: [] for name in (*PARTS, "all")}
    labels: dict[str, float] = {}
    for row, index in enumerate(drawn.sample.tolist()):
        this = shot(faces.recipe, options.seed, index)
        behind = faces._pool.frame(index).setting.background
        scene = scene_of(this, person_of(options.seed, this.identity), seed=options.seed, size=SIZE)
        reference = render(replace(scene, background=Background("as drawn", behind.pixels)))
        difference = np.abs(drawn.images[row].movedim(0, -1).cpu().numpy().astype(int) - reference.image).mean(-1)
        for name, segments in PARTS.items():
            inside = np.isin(reference.segmentation, [SEGMENT_NAMES.index(s) for s in segments])
            wrong[name] += difference[inside].tolist()
        wrong["all"] += difference.ravel().tolist()
        for name in ("au", "au_visible", "landmarks", "landmark_visible", "controllers"):
            ours, theirs = getattr(drawn, name)[row].cpu().numpy(), getattr(reference, name)
            error = np.abs(ours.astype(float) - theirs.astype(float)).max()
            labels[name] = max(labels.get(name, 0.0), float(error))
    return {
        "pictures": pictures,
        "mean_levels_of_255": {name: round(float(np.mean(values)), 2) for name, values in wrong.items() if values},
        "worst_label_difference": labels,
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--batch-sizes", type=int, nargs="+")
    parser.add_argument("--pool", type=int, default=4)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--compare", type=int, default=8, help="pictures to compare with the CPU engine; 0 for none")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-o", "--output", type=Path, default=Path(__file__).parent / "results" / "torch_render.json")
    options = parser.parse_args()
    device = torch.device(options.device)
    if device.type == "cpu":
        torch.set_num_threads(1)
    sizes = options.batch_sizes or BATCH_SIZES[device.type]
    result: dict[str, Any] = {
        "what": f"pictures of {SIZE} px with labels, cut to augmented crops; people prepared beforehand",
        "seed": options.seed,
        "pool": options.pool,
        "device": torch.cuda.get_device_name(device) if device.type == "cuda" else f"{processor()}, one thread",
        "machine": {"system": platform.platform(), "python": platform.python_version()},
        "versions": {name: version(name) for name in ("torch", "numpy", "numba")},
        "batch_sizes": {},
    }
    for size in sizes:
        result["batch_sizes"][str(size)] = measured = rate(options, size)
        stages = ", ".join(f"{stage} {value:g}" for stage, value in measured["ms_per_picture"].items())
        print(f"batch {size}: {measured['pictures_per_s']:g} pictures/s; ms: {stages}")
    if options.compare:
        result["agreement_with_raster"] = agreement(options, options.compare)
        print(json.dumps(result["agreement_with_raster"]))
    options.output.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
