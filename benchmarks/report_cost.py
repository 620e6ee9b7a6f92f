"""What the page of `facsimile detect --report` costs: time and memory per video frame, bytes per face.

    python benchmarks/report_cost.py [--json out.json]

Made-up readings of one face go by as a video of 1,000 and of 10,000 frames; the page is then built with grey pictures
in place of drawn ones. A drawn face is timed apart, after one that warms up. Time is that of the processor.
"""

import json
import platform
import resource
import time
from pathlib import Path
from typing import Any

import click
import numpy as np

import facsimile
from facsimile.app.report.collector import Collector
from facsimile.app.report.page import About, build_page
from facsimile.app.report.reconstruction import PERSON, SIZE, reconstruct
from facsimile.detect.faces import Face, Frame
from facsimile.facs.action_units import LABEL_UNITS, unit_index

RATE = 30.0
LENGTHS = (1_000, 10_000)
REPEATS = 5
ABOUT = About(command="facsimile detect talk.mp4", version=facsimile.__version__, weights="none", person=PERSON)


def smiling(intensity: float) -> Face:
    """Return a face of 200 pixels with this much of unit 12, and a little noise in all others."""
    rng = np.random.default_rng(round(100 * intensity))
    values = rng.uniform(0, 0.3, (len(LABEL_UNITS), 2))
    values[unit_index(12)] = intensity
    points = np.random.default_rng(0).uniform([220, 140], [420, 340], (70, 2))
    return Face(
        face_id=0,
        score=1.0,
        box=np.concatenate([points.min(0), np.ptp(points, 0)]),
        landmarks=points,
        head_pose_rad=np.zeros(3),
        gaze_rad=np.zeros(2),
        intensity=values,
        intensity_sd=np.full_like(values, 0.5),
        units=LABEL_UNITS,
        crop_from_image=np.zeros((2, 3)),
    )


def video(num_frames: int) -> dict[str, Any]:
    """Count a video in; a smile of two seconds comes every seven."""
    cycle = np.concatenate([np.linspace(0, 4, 15), np.full(60, 4.0), np.linspace(4, 0, 15), np.zeros(120)])
    faces = [smiling(float(value)) for value in cycle]
    image = np.random.default_rng(0).integers(0, 256, (480, 640, 3), np.uint8)
    collector, start = Collector(), time.process_time()
    for i in range(num_frames):
        collector.add(Frame("talk.mp4", i, i / RATE, image, (faces[i % len(faces)],)))
    spent = time.process_time() - start
    page = build_page(collector.finished(), ABOUT, draw=lambda face: np.full((SIZE, SIZE, 3), 128, np.uint8))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return {"frames": num_frames, "us_per_frame": 1e6 * spent / num_frames, "page_bytes": len(page), "peak_mb": peak}


def drawing() -> float:
    """Return the median seconds of drawing one face."""
    spent = []
    for repeat in range(REPEATS + 1):
        start = time.process_time()
        reconstruct(smiling(repeat / 2))
        spent.append(time.process_time() - start)
    return float(np.median(spent[1:]))


@click.command()
@click.option("--json", "path", type=click.Path(path_type=Path))
def main(path: Path | None) -> None:
    """Measure and print."""
    result = {"machine": platform.processor() or platform.machine(), "videos": [video(n) for n in LENGTHS]}
    result["drawn_face_s"] = drawing()
    text = json.dumps(result, indent=1)
    click.echo(text)
    if path:
        path.write_text(text + "\n")


if __name__ == "__main__":
    main()
