"""Measure how many labelled images a second ``facsimile dataset make`` renders.

Run from the repository root: ``python benchmarks/dataset_rate.py``. Each repeat is a fresh data set, process start
included; one unmeasured set comes first and compiles the kernels. Also measured: the share of time of each stage of
one worker (CPU time, some people drawn in this process), memory of all processes together, bytes of an image and of a
row.
"""

import argparse
import contextlib
import datetime
import json
import os
import platform
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path

from facsimile.data.shards import read_shards
from facsimile.render.renderer import render
from facsimile.render.stopwatch import Stopwatch
from facsimile.studio.engine import make_dataset
from facsimile.studio.people import person_of_settings, render_group, row_of, scene_of
from facsimile.studio.settings import Settings, library_versions
from facsimile.studio.shots import shot

MOST_PEOPLE = 64
"""People drawn in this process for the shares of the stages: about half a minute."""
RESULT = Path(__file__).parent / "results" / "dataset_rate.json"


def measured(settings: Settings, workers: int) -> tuple[float, dict[str, float]]:
    """Make a data set; return its seconds up to the closed manifest, and the mean bytes of a picture and of its row."""
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        make_dataset(Path(folder) / "set", settings, render_group=render_group, workers=workers, is_quiet=True)
        seconds = time.perf_counter() - start
        shards = read_shards(Path(folder) / "set")
        sizes = [len(picture) for picture in shards.encoded_images()]
        stored = sum(path.stat().st_size for path in shards.paths) / len(shards)
        return seconds, {"image": round(statistics.mean(sizes)), "row_with_image": round(stored)}


def memory_mb() -> float:
    """Return the resident memory of this process and its children, in 10^6 bytes."""
    total, parents = 0, {os.getpid()}
    for entry in sorted(int(p.name) for p in Path("/proc").iterdir() if p.name.isdigit()):
        try:
            status = (Path("/proc") / str(entry) / "status").read_text()
        except FileNotFoundError:
            continue
        fields = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
        if entry in parents or int(fields["PPid"]) in parents:
            parents.add(entry)
            total += int(fields.get("VmRSS", "0 kB").split()[0])
    return total * 1024 / 1e6


@contextlib.contextmanager
def watched_memory(peak: list[float]) -> Iterator[None]:
    """Append the greatest memory seen while the block runs, looked at ten times a second."""
    done = threading.Event()
    seen = [0.0]

    def watch() -> None:
        while not done.wait(0.1):
            seen.append(memory_mb())

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()
        peak.append(max(seen))


def stage_shares(settings: Settings, people: int) -> tuple[dict[str, float], float]:
    """Return the share of CPU time of each stage of one worker, and CPU milliseconds per image."""
    clock, rows = Stopwatch(), 0
    for group in range(people + 1):
        if group == 1:  # the first warms up
            clock, rows = Stopwatch(), 0
        person = person_of_settings(settings, settings.identity_of(group))
        clock.lap("person")
        for index in settings.indices_of(group):
            this = shot(settings.recipe, settings.seed, index)
            scene = scene_of(this, person, seed=settings.seed, size=settings.size)
            clock.lap("draw labels and scene")
            rendering = render(scene, watch=clock)
            clock.lap("labels")
            row_of(this, scene, rendering, settings)
            clock.lap("encode row")
            rows += 1
    total = sum(clock.seconds.values())
    return {name: round(t / total, 3) for name, t in clock.seconds.items()}, round(1000 * total / rows, 1)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=256)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--output", type=Path, default=RESULT)
    options = parser.parse_args()
    measured(Settings(count=8 * options.workers, size=options.size), options.workers)
    settings = Settings(count=options.count, size=options.size)
    load = os.getloadavg()[0]
    peak: list[float] = []
    with watched_memory(peak):
        runs = [measured(settings, options.workers) for _ in range(options.repeats)]
    rates = [options.count / seconds for seconds, _ in runs]
    shares, milliseconds = stage_shares(settings, min(MOST_PEOPLE, max(1, options.count // 64)))
    quarters = statistics.quantiles(rates, n=4) if len(rates) > 1 else [rates[0]] * 3
    result = {
        "what": "images per second, process start included",
        "images_per_second_median": round(statistics.median(rates), 2),
        "images_per_second_iqr": [round(quarters[0], 2), round(quarters[2], 2)],
        "share_of_cpu_time_by_stage": shares,
        "cpu_ms_per_image": milliseconds,
        "peak_memory_mb": round(peak[0]),
        "bytes": runs[-1][1],
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
