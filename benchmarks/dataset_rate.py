"""Measure how many labelled images a second ``facsimile dataset make`` renders.

Run from the repository root: ``python benchmarks/dataset_rate.py``. Each repeat is a fresh data set, process start
included; one unmeasured set comes first and compiles the kernels.
"""

import argparse
import datetime
import json
import os
import platform
import statistics
import tempfile
import time
from pathlib import Path

from facsimile.studio.engine import make_dataset
from facsimile.studio.people import render_group
from facsimile.studio.settings import Settings, library_versions

RESULT = Path(__file__).parent / "results" / "dataset_rate.json"


def seconds_for(settings: Settings, workers: int) -> float:
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        make_dataset(Path(folder) / "set", settings, render_group=render_group, workers=workers, is_quiet=True)
        return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=256)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--output", type=Path, default=RESULT)
    options = parser.parse_args()
    seconds_for(Settings(count=8 * options.workers, size=options.size), options.workers)
    settings = Settings(count=options.count, size=options.size)
    load = os.getloadavg()[0]
    rates = [options.count / seconds_for(settings, options.workers) for _ in range(options.repeats)]
    quarters = statistics.quantiles(rates, n=4) if len(rates) > 1 else [rates[0]] * 3
    result = {
        "what": "images per second, process start included",
        "images_per_second_median": round(statistics.median(rates), 2),
        "images_per_second_iqr": [round(quarters[0], 2), round(quarters[2], 2)],
        "count": options.count,
        "size": options.size,
        "workers": options.workers,
        "repeats": options.repeats,
        "seed": settings.seed,
        "recipe": settings.recipe.name,
        "date": datetime.date.today().isoformat(),
        "machine": f"{platform.machine()}, {os.cpu_count()} cores",
        "load_average_before": round(load, 1),
        "versions": library_versions(),
    }
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
