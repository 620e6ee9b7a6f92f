"""Frames a second of `facsimile detect` on a synthetic video, and where the time goes.

    python benchmarks/detect_speed.py [--threads 1] [--peer PYTHON] [--json out.json]

A rendered face moves over 640 x 480 frames. The command runs in a process of its own: seconds to its first row, frames
a second after it, peak memory. Each stage is also timed alone; median and quartiles of several runs. ``--peer`` is an
interpreter with MediaPipe (see ``mediapipe_face_mesh.py``), which reads the same video in turns with the command.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click
import cv2
import numpy as np
import onnxruntime

from facsimile.detect.aligner import align, crop_from_box
from facsimile.detect.finder import PHOTO_STAGES, VIDEO_STAGES, find_faces
from facsimile.detect.media import read_video
from facsimile.detect.overlay import draw_overlay
from facsimile.detect.pipeline import Detector
from facsimile.detect.table import Layout
from facsimile.detect.writers import TableFile
from facsimile.facs.expression import ActionUnits
from facsimile.render.renderer import render
from facsimile.render.scene import portrait_scene

BARS = {"frames_per_second": 60.0, "first_s": 2.0, "peak_mb": 500.0}
"""What must be reached on two cores with one face: the first at least, the others at most."""
PEER = Path(__file__).with_name("mediapipe_face_mesh.py")
SIZE = (640, 480)
FACE = 320
RATE = 25


def frames(count: int) -> Iterable[np.ndarray]:
    """Yield RGB frames with one face that drifts in a figure of eight and breathes in size."""
    face = render(portrait_scene(ActionUnits.from_dict({6: 3.0, 12: 4.0}), seed=7, size=FACE)).image
    for i in range(count):
        t = 2 * np.pi * i / 100
        scale = 1 + 0.1 * np.sin(t)
        shift = [160 + 60 * np.sin(t), 80 + 25 * np.sin(2 * t)]
        matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
        yield cv2.warpAffine(face, matrix, SIZE, borderMode=cv2.BORDER_REPLICATE)


def write(path: Path, count: int) -> None:
    video = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"mp4v"), RATE, SIZE)
    for frame in frames(count):
        video.write(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
    video.release()


def timed(run: Callable[[], object], *, repeats: int, per: int = 1) -> dict[str, float]:
    """Return the median and quartiles of milliseconds per item, after one run to warm up."""
    run()
    values = []
    for _ in range(repeats):
        start = time.perf_counter()
        run()
        values.append((time.perf_counter() - start) * 1000 / per)
    low, middle, high = np.quantile(values, [0.25, 0.5, 0.75])
    return {"ms": float(middle), "ms_q1": float(low), "ms_q3": float(high)}


def measure(video: Path, count: int, *, weights: Path | None, threads: int, repeats: int) -> dict[str, Any]:
    detector = Detector(weights, threads=threads, min_score=0.0)
    stills = list(read_video(video))
    image = stills[0].image
    found = find_faces(image, stages=VIDEO_STAGES)
    matrix = crop_from_box(found[0].box, detector.reader.card.crop_size)[None]
    frame = next(detector.stream(image))
    layout = Layout(detector.units)

    def whole() -> None:
        with TableFile(video.with_suffix(".csv"), layout.columns) as writer:
            for read in detector.stream(video):
                for row in layout.rows(read):
                    writer.write(row)

    return {
        "whole, per frame": timed(whole, repeats=repeats, per=count),
        "decode": timed(lambda: list(read_video(video)), repeats=repeats, per=count),
        "find, video": timed(lambda: find_faces(image, stages=VIDEO_STAGES), repeats=10),
        "find, photo": timed(lambda: find_faces(image, stages=PHOTO_STAGES), repeats=10),
        "align and read, 2 passes": timed(lambda: align(detector.reader, image, matrix, passes=2), repeats=20),
        "align and read, 3 passes": timed(lambda: align(detector.reader, image, matrix), repeats=20),
        "row": timed(lambda: list(layout.rows(frame)), repeats=20),
        "photo, everything": timed(lambda: list(detector.stream(image)), repeats=10),
        "overlay": timed(lambda: draw_overlay(frame), repeats=5),
    }


def from_cold(command: list[str]) -> dict[str, float]:
    """Run a command that prints a header and a line per frame; return what a user waits for and pays."""
    start = time.perf_counter()
    environment = os.environ | {"PYTHONUNBUFFERED": "1"}
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.stdout.readline()
        first = time.perf_counter()
        count = 1 + sum(1 for _ in process.stdout)
        end = time.perf_counter()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise click.ClickException(f"{' '.join(command)} failed with {process.returncode}")
    return {
        "first_s": first - start,
        "frames_per_second": (count - 1) / (end - first),
        "whole_s": end - start,
        "cpu_s": usage.ru_utime + usage.ru_stime,
        "peak_mb": usage.ru_maxrss / 1024,
    }


def in_turns(commands: dict[str, list[str]], repeats: int) -> dict[str, dict[str, float]]:
    """Return the median of each command's figures; they take turns, so that a busy machine is busy for both."""
    runs = {name: [] for name in commands}
    for _ in range(repeats):
        for name, command in commands.items():
            runs[name].append(from_cold(command))
    return {name: {key: float(np.median([r[key] for r in many])) for key in many[0]} for name, many in runs.items()}


def commands_of(video: Path, *, threads: int, weights: Path | None, peer: Path | None) -> dict[str, list[str]]:
    program = [sys.executable, "-c", "from facsimile.app.cli import main; main()"]
    options = ["--threads", str(threads), "--min-score", "0"] + (["--weights", str(weights)] if weights else [])
    commands = {"facsimile detect": [*program, "detect", str(video), *options]}
    return commands | ({"MediaPipe Face Mesh": [str(peer), str(PEER), str(video)]} if peer else {})


def verdict(cold: dict[str, float]) -> list[str]:
    """Say of each bar whether it is passed."""
    lines = []
    for name, bar in BARS.items():
        passed = cold[name] >= bar if name == "frames_per_second" else cold[name] <= bar
        lines.append(f"{'pass' if passed else 'FAIL'}  {name} {cold[name]:.1f} (bar {bar:g})")
    return lines


@click.command()
@click.option("--frames", "count", default=200)
@click.option("--repeats", default=3)
@click.option("--threads", default=1)
@click.option("--weights", type=click.Path(path_type=Path))
@click.option("--peer", type=click.Path(exists=True, path_type=Path), help="An interpreter with mediapipe.")
@click.option("--json", "json_path", type=click.Path(path_type=Path))
def main(
    count: int, repeats: int, threads: int, weights: Path | None, peer: Path | None, json_path: Path | None
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        video = Path(folder) / "face.mp4"
        write(video, count)
        commands = commands_of(video, threads=threads, weights=weights, peer=peer)
        cold = in_turns(commands, repeats)
        stages = measure(video, count, weights=weights, threads=threads, repeats=repeats)
    machine = {
        "cores": os.cpu_count(), "load": os.getloadavg()[0], "python": platform.python_version(),
        "opencv": cv2.__version__, "onnxruntime": onnxruntime.__version__, "threads": threads,
    }  # fmt: skip
    for name, run in cold.items():
        print(f"{name:26} " + "  ".join(f"{key} {value:.2f}" for key, value in run.items()))
    for name, stage in stages.items():
        print(f"{name:26} {stage['ms']:8.2f} ms  ({stage['ms_q1']:.2f}-{stage['ms_q3']:.2f})")
    print("\n".join(verdict(cold["facsimile detect"])) + f"\n{machine}")
    if json_path:
        result = {"cold": cold, "stages": stages, "machine": machine}
        json_path.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
