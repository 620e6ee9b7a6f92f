"""Whether a long video is read in constant memory, and at what rate: `facsimile detect` on many frames, memory sampled.

    python benchmarks/long_video.py [--frames 10000] [--json out.json]

One rendered face wanders over 320 x 240 frames and leaves the picture now and then. Everything is on: smoothing, the
running median, Parquet with raw columns. The video itself is written in one process and read in another.
"""

import json
import multiprocessing
import os
import tempfile
import time
from pathlib import Path

import click
import cv2
import numpy as np

from facsimile.detect.pipeline import Detector
from facsimile.detect.table import Layout
from facsimile.detect.writers import TableFile
from facsimile.facs.expression import ActionUnits

SIZE, FACE, RATE = (320, 240), 180, 25
SAMPLES = 20
"""Places along the video where memory is looked at."""
BAR_MB = 20.0
"""Memory may grow by this much after the first fifth: the interpreter's and Arrow's pools breathe."""


def write(path: Path, count: int) -> None:
    from facsimile.render.renderer import render
    from facsimile.render.scene import portrait_scene

    faces = [
        render(portrait_scene(ActionUnits.from_dict(units), seed=7, size=FACE)).image
        for units in ({}, {6: 2.0, 12: 3.0}, {1: 3.0, 2: 3.0, 25: 2.0})
    ]
    video = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), RATE, SIZE)
    for i in range(count):
        t = 2 * np.pi * i / 250
        away = 400.0 if i % 1500 > 1450 else 0.0
        matrix = np.array([[1.0, 0, 70 + 50 * np.sin(t) + away], [0, 1.0, 30 + 20 * np.sin(2 * t)]])
        frame = cv2.warpAffine(faces[i // 40 % len(faces)], matrix, SIZE, borderValue=(90, 100, 110))
        video.write(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
    video.release()


def memory_mb() -> float:
    """Return the resident memory of this process (Linux)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6


@click.command()
@click.option("--frames", "count", default=10_000)
@click.option("--json", "json_path", type=click.Path(path_type=Path))
def main(count: int, json_path: Path | None) -> None:
    with tempfile.TemporaryDirectory() as folder:
        video = Path(folder) / "long.mp4"
        writer = multiprocessing.get_context("spawn").Process(target=write, args=(video, count))
        writer.start()
        writer.join()
        detector = Detector(baseline="median")
        layout = Layout(detector.units, with_raw=True)
        found, ids, samples = 0, set[int](), list[float]()
        start, busy = time.perf_counter(), time.process_time()
        with TableFile(video.with_suffix(".parquet"), layout.columns) as table:
            for frame in detector.stream(video):
                for row in layout.rows(frame):
                    table.write(row)
                found += bool(frame.faces)
                ids |= {face.face_id for face in frame.faces}
                if (frame.index + 1) % (count // SAMPLES) == 0:
                    samples.append(memory_mb())
                    print(f"{frame.index + 1:6} frames  {samples[-1]:.0f} MB", flush=True)
        wall_s, cpu_s = time.perf_counter() - start, time.process_time() - busy
        rows_mb = video.with_suffix(".parquet").stat().st_size / 1e6
    growth = max(samples[SAMPLES // 5 :]) - samples[SAMPLES // 5 - 1]
    load = os.getloadavg()[0]
    print(f"{count / cpu_s:.0f} frames per second of CPU, {count / wall_s:.0f} by the clock; load {load:.1f}")
    print(f"a face in {found} frames, numbers {sorted(ids)}; table {rows_mb:.1f} MB")
    print(f"memory grew by {growth:.1f} MB after the first fifth; {'pass' if growth < BAR_MB else 'FAIL'}: {BAR_MB:g}")
    if json_path:
        result = {"frames": count, "memory_mb": samples, "growth_mb": growth, "frames_per_cpu_s": count / cpu_s}
        json_path.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
