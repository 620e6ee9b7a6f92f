"""Measure the reader on real photos of people, each neutral and smiling. Measured only, never trained on.

    python benchmarks/real_faces.py FOLDER [--json out.json] [--weights reader.onnx]

FOLDER holds ``index.csv`` (path, expression neutral|smiling, person, age, gender, ethnicity, pupil_image_left_x,
pupil_image_left_y, pupil_image_right_x, pupil_image_right_y) and the photos; for example a part of the Face
Research Lab London Set (DeBruine & Jones 2017, doi 10.6084/m9.figshare.5047666).
"""

import csv
import json
import math
from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
import numpy as np

from facsimile.detect.faces import Face
from facsimile.detect.media import read_photo
from facsimile.detect.pipeline import Detector
from facsimile.evaluate.metrics import auc, bootstrap_interval

LEFT_IRIS, RIGHT_IRIS = 68, 69
BARS = {"smile_auc": 0.93, "share_smile_above_neutral": 0.95, "units_loud_at_rest": 2}
"""What a reader must reach: the first two at least, the third at most."""
LOUD = 1.0
"""Mean intensity at rest above which a unit counts as loud."""


@dataclass(frozen=True)
class Photo:
    path: Path
    person: str
    expression: str
    groups: tuple[str, ...]
    pupils: np.ndarray | None
    """Left and right pupil in pixels, [2, 2]; None if not marked."""
    face: Face | None
    """The largest face."""
    num_faces: int
    flip_difference: float
    """Largest difference of a unit between the photo and its mirror image, sides swapped."""


def load(folder: Path, detector: Detector) -> list[Photo]:
    with open(folder / "index.csv", newline="") as file:
        return [read(folder, row, detector) for row in csv.DictReader(file)]


def read(folder: Path, row: dict[str, str], detector: Detector) -> Photo:
    image = read_photo(folder / row["path"])
    faces = detector.read_image(image)
    mirrored = detector.read_image(np.ascontiguousarray(image[:, ::-1]))
    difference = math.nan
    if faces and mirrored:
        difference = float(np.abs(faces[0].intensity - mirrored[0].intensity[:, ::-1]).max())
    return Photo(
        path=folder / row["path"],
        person=row["person"],
        expression=row["expression"],
        groups=(f"gender {row['gender']}", f"ethnicity {row['ethnicity']}", age_group(row["age"])),
        pupils=pupils_of(row),
        face=faces[0] if faces else None,
        num_faces=len(faces),
        flip_difference=difference,
    )


def age_group(age: str) -> str:
    if not age.isdigit():
        return "age unknown"
    return "age under 25" if int(age) < 25 else "age 25-34" if int(age) < 35 else "age 35 and over"


def pupils_of(row: dict[str, str]) -> np.ndarray | None:
    values = [row.get(f"pupil_image_{side}_{axis}") or "" for side in ("left", "right") for axis in "xy"]
    if not all(values):
        return None
    points = np.array(values, float).reshape(2, 2)
    return points[np.argsort(-points[:, 0])]  # the subject's left eye is at the right of the picture


def intensity(photo: Photo, code: int) -> float:
    """Return the mean of both sides: the smoothest answer for ranking symmetric expressions."""
    assert photo.face is not None
    return float(photo.face.intensity[photo.face.units.index(code)].mean())


def pairs_of(photos: list[Photo]) -> list[tuple[Photo, Photo]]:
    """Return (neutral, smiling) of everyone with a face in both."""
    by_person: dict[str, dict[str, Photo]] = defaultdict(dict)
    for photo in photos:
        if photo.face is not None:
            by_person[photo.person][photo.expression] = photo
    return [(p["neutral"], p["smiling"]) for p in by_person.values() if {"neutral", "smiling"} <= set(p)]


def smile_scores(pairs: list[tuple[Photo, Photo]], code: int) -> dict[str, Any]:
    rest, smile = (np.array([intensity(pair[i], code) for pair in pairs]) for i in (0, 1))
    people = np.arange(len(pairs))
    return {
        "n": len(pairs),
        "auc": auc(smile, rest),
        "auc_95": bootstrap_interval(lambda r: auc(smile[r], rest[r]), people),
        "share_smile_above_neutral": float((smile > rest).mean()),
        "mean_smile": float(smile.mean()),
        "mean_neutral": float(rest.mean()),
    }


def pupil_error(photos: list[Photo]) -> float:
    """Return the median distance of iris landmarks to marked pupils over the distance between the pupils."""
    errors = [
        np.linalg.norm(p.face.landmarks[[LEFT_IRIS, RIGHT_IRIS]] - p.pupils, axis=1).mean()
        / np.linalg.norm(p.pupils[0] - p.pupils[1])
        for p in photos
        if p.face is not None and p.pupils is not None
    ]
    return float(np.median(errors)) if errors else math.nan


def measure(photos: list[Photo], units: tuple[int, ...]) -> dict[str, Any]:
    pairs = pairs_of(photos)
    rest = {f"AU{c:02d}": float(np.mean([intensity(n, c) for n, _ in pairs])) for c in units}
    groups = sorted({group for photo in photos for group in photo.groups})
    members = {g: [pair for pair in pairs if g in pair[0].groups] for g in groups}
    twelve = smile_scores(pairs, 12)
    loud = [name for name, value in rest.items() if value >= LOUD]
    return {
        "photos": len(photos),
        "faces_found": sum(p.face is not None for p in photos),
        "photos_with_several_faces": sum(p.num_faces > 1 for p in photos),
        "AU12": twelve,
        "AU06": smile_scores(pairs, 6),
        "neutral_mean": rest,
        "loud_at_rest": loud,
        "groups": {g: smile_scores(m, 12) for g, m in members.items() if m},
        "pupil_error": pupil_error(photos),
        "largest_flip_difference": max((p.flip_difference for p in photos if p.face), default=math.nan),
        "bars": {
            "all faces found": all(p.face is not None for p in photos),
            "AU12 AUC": twelve["auc"] >= BARS["smile_auc"],
            "smile above neutral": twelve["share_smile_above_neutral"] >= BARS["share_smile_above_neutral"],
            "quiet at rest": len(loud) <= BARS["units_loud_at_rest"],
        },
    }


def show(result: dict[str, Any]) -> None:
    print(f"faces found: {result['faces_found']} of {result['photos']} photos")
    print(f"photos with more than one: {result['photos_with_several_faces']}")
    for name in ("AU12", "AU06"):
        show_scores(f"{name} smile against neutral", result[name])
    for group, scores in result["groups"].items():
        show_scores(f"  AU12, {group}", scores)
    quiet = sorted(result["neutral_mean"].items(), key=lambda item: -item[1])
    print("mean intensity at rest: " + "  ".join(f"{name} {value:.2f}" for name, value in quiet))
    print(f"pupil error / pupil distance: {result['pupil_error']:.4f}")
    print(f"largest difference to the mirrored photo: {result['largest_flip_difference']:.3f}")
    for name, passed in result["bars"].items():
        print(f"{'pass' if passed else 'FAIL'}  {name}")


def show_scores(name: str, s: dict[str, Any]) -> None:
    low, high = s["auc_95"]
    print(
        f"{name:38} n {s['n']:3}  AUC {s['auc']:.3f} ({low:.3f}-{high:.3f})  "
        f"above own neutral {s['share_smile_above_neutral']:.3f}  mean {s['mean_smile']:.2f} / {s['mean_neutral']:.2f}"
    )


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--weights", type=click.Path(path_type=Path))
@click.option("--json", "json_path", type=click.Path(path_type=Path))
@click.option("--min-score", type=float, default=0.5)
def main(folder: Path, weights: Path | None, json_path: Path | None, min_score: float) -> None:
    detector = Detector(weights, min_score=min_score)
    result = measure(load(folder, detector), detector.units)
    result["weights"] = {k: v for k, v in detector.reader.card.metadata.items() if k not in ("template", "calibration")}
    show(result)
    if json_path:
        json_path.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
