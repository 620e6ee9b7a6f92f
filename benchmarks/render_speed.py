"""Time the renderer: CPU milliseconds per picture and per stage, eight pictures per person as in a data set.

Every picture has a place of its own here; in a data set three share one.
Run: python benchmarks/render_speed.py [--people 6] [-o benchmarks/results/render_speed.json]
"""

import argparse
import json
import platform
import resource
import time
from collections import defaultdict
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from facsimile.render.renderer import render
from facsimile.render.scene import random_person, random_scene
from facsimile.render.stopwatch import Stopwatch

PICTURES_PER_PERSON = 8
SIZES = (128, 160, 256)
BARS = {128: (40, 150), 256: (12, 40)}
"""Pictures a second that two processes should draw at least, and what would be wished for."""


def measure(size: int, people: int, seed: int) -> dict[str, list[float]]:
    """Return CPU seconds by stage, one value per picture; drawing a person is shared by its pictures."""
    stages: dict[str, list[float]] = defaultdict(list)
    for number in range(people):
        start = time.thread_time()
        person = random_person(seed + number)
        share = (time.thread_time() - start) / PICTURES_PER_PERSON
        for index in range(PICTURES_PER_PERSON):
            start = time.thread_time()
            scene = random_scene(1000 * (seed + number) + index, person=person, size=size)
            drawn = time.thread_time()
            watch = Stopwatch()
            render(scene, watch=watch)
            total = time.thread_time() - start + share
            for stage, seconds in {"person": share, "scene": drawn - start, **watch.seconds, "total": total}.items():
                stages[stage].append(seconds)
    return stages


def summary(seconds: list[float]) -> dict[str, Any]:
    """Return median, quartiles and mean in milliseconds."""
    low, median, high = np.percentile(np.array(seconds) * 1e3, [25, 50, 75])
    mean = round(1e3 * float(np.mean(seconds)), 2)
    return {"median_ms": round(median, 2), "iqr_ms": [round(low, 2), round(high, 2)], "mean_ms": mean}


def processor() -> str:
    """Return the processor's name, as far as the system tells."""
    info = Path("/proc/cpuinfo")
    names = [line.split(":")[1].strip() for line in info.read_text().splitlines() if line.startswith("model name")]
    return names[0] if names else platform.processor()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=6)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("-o", "--output", type=Path, default=Path(__file__).parent / "results" / "render_speed.json")
    options = parser.parse_args()
    measure(128, 1, options.seed + 500)
    result: dict = {
        "what": "CPU ms per picture, one thread, 2x2 samples per pixel, labels and camera effects included",
        "pictures": options.people * PICTURES_PER_PERSON,
        "pictures_per_person": PICTURES_PER_PERSON,
        "seed": options.seed,
        "machine": {"processor": processor(), "system": platform.platform(), "python": platform.python_version()},
        "versions": {name: version(name) for name in ("numba", "numpy", "opencv-python-headless", "pillow")},
        "sizes": {},
    }
    for size in SIZES:
        stages = {stage: summary(seconds) for stage, seconds in measure(size, options.people, options.seed).items()}
        result["sizes"][str(size)] = stages
        print(f"\n{size} px" + " " * 10 + "median ms   interquartile range")
        for stage, numbers in stages.items():
            print(
                f"  {stage:10s} {numbers['median_ms']:10.2f}   {numbers['iqr_ms'][0]:.2f} to {numbers['iqr_ms'][1]:.2f}"
            )
        rate = 2000 / stages["total"]["mean_ms"]
        least, wished = BARS.get(size, (None, None))
        bar = "" if least is None else f" (bar {least}, wish {wished})"
        print(f"  two processes on two idle cores: {rate:.0f} pictures/s{bar}")
    result["peak_memory_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    print(f"\npeak memory of the process: {result['peak_memory_mb']} MB (bar 700)")
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
