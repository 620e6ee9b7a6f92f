"""Measure the reader on real photos of people, each neutral and smiling. Measured only, never trained on.

    python benchmarks/real_faces.py FOLDER [--json out.json] [--weights reader.onnx]

FOLDER holds ``index.csv`` (path, expression neutral|smiling, person, age, gender, ethnicity, pupil_image_left_x,
pupil_image_left_y, pupil_image_right_x, pupil_image_right_y) and the photos; for example a part of the Face
Research Lab London Set (DeBruine & Jones 2017, doi 10.6084/m9.figshare.5047666).

Three ways to read: alone; beside the person's own neutral photo, as the reader's reference; with its intensities
subtracted. Where the neutral photo is known, the face at rest that smiles are told from is its mirror image: the same
photo against itself would be no face at rest but a zero.
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

from facsimile.app.reader_probes import PERTURBATIONS, perturbed
from facsimile.detect.aligner import align
from facsimile.detect.faces import Face
from facsimile.detect.media import read_photo
from facsimile.detect.pipeline import Detector
from facsimile.detect.reader import MAX_INTENSITY
from facsimile.evaluate.agreement import AT_B
from facsimile.evaluate.bootstrap import Measured, draw_people, measured
from facsimile.evaluate.half_face import half_face_scores
from facsimile.evaluate.metrics import auc
from facsimile.evaluate.tables import plain

LEFT_IRIS, RIGHT_IRIS = 68, 69
LOUD = 1.0
"""Mean intensity at rest above which a unit counts as loud."""
SMILE_UNITS = (12, 6)
WAYS = ("alone", "beside own neutral", "minus own neutral")
SPOILT = {"neutral": PERTURBATIONS[:1], "smiling": PERTURBATIONS}
"""What is done to a photo: small and grey pictures are looked at where something moves."""
MIN_GROUP = 3
"""People; smaller groups are left out."""


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
    spoilt: dict[str, Face | None]
    """The largest face of the photo mirrored, at half size and grey."""


@dataclass(frozen=True)
class Person:
    groups: tuple[str, ...]
    rest: dict[str, np.ndarray]
    """Intensities [U, 2] of the neutral face, per way of reading."""
    smile: dict[str, np.ndarray]


def load(folder: Path, detector: Detector, *, with_spoilt: bool = True) -> list[Photo]:
    with open(folder / "index.csv", newline="") as file:
        return [read(folder, row, detector, with_spoilt=with_spoilt) for row in csv.DictReader(file)]


def read(folder: Path, row: dict[str, str], detector: Detector, *, with_spoilt: bool) -> Photo:
    image = read_photo(folder / row["path"])
    faces = detector.read_image(image)
    spoilt = {}
    if with_spoilt and faces:
        for name in SPOILT[row["expression"]]:
            seen = detector.read_image(perturbed(image, np.zeros((70, 2)), name)[0])
            spoilt[name] = seen[0] if seen else None
    return Photo(
        path=folder / row["path"],
        person=row["person"],
        expression=row["expression"],
        groups=(f"gender {row['gender']}", f"ethnicity {row['ethnicity']}", age_group(row["age"])),
        pupils=pupils_of(row),
        face=faces[0] if faces else None,
        num_faces=len(faces),
        spoilt=spoilt,
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


def pairs_of(photos: list[Photo]) -> list[tuple[Photo, Photo]]:
    """Return (neutral, smiling) of everyone with a face in both."""
    by_person: dict[str, dict[str, Photo]] = defaultdict(dict)
    for photo in photos:
        if photo.face is not None:
            by_person[photo.person][photo.expression] = photo
    return [(p["neutral"], p["smiling"]) for p in by_person.values() if {"neutral", "smiling"} <= set(p)]


def people_of(pairs: list[tuple[Photo, Photo]], detector: Detector) -> list[Person]:
    """Read everybody in all ways; people whose mirrored neutral is not found are left out."""
    people = []
    for neutral, smiling in pairs:
        mirrored = neutral.spoilt["mirrored"]
        if mirrored is None:
            continue
        own = neutral.face.intensity
        image = read_photo(neutral.path)
        rest_beside = beside(detector, np.ascontiguousarray(image[:, ::-1]), mirrored, neutral.face)
        smile_beside = beside(detector, read_photo(smiling.path), smiling.face, neutral.face)
        rest = (own, rest_beside, np.clip(mirrored.intensity - own, 0, MAX_INTENSITY))
        smile = (smiling.face.intensity, smile_beside, np.clip(smiling.face.intensity - own, 0, MAX_INTENSITY))
        people.append(Person(neutral.groups, dict(zip(WAYS, rest, strict=True)), dict(zip(WAYS, smile, strict=True))))
    return people


def beside(detector: Detector, image: np.ndarray, face: Face, neutral: Face) -> np.ndarray:
    """Read a face that was found once more, beside the person's neutral photo."""
    reference = neutral.features[None]
    return align(detector.reader, image, face.crop_from_image[None], passes=1, reference=reference).readings.intensity[
        0
    ]


def smile_scores(people: list[Person], way: str, column: int) -> dict[str, Any]:
    """Compare smiling with resting faces; the mean of both sides, the smoothest answer for symmetric expressions."""
    rest, smile = (np.array([float(of[way][column].mean()) for of in side]) for side in sides_of(people))
    found = half_face_scores(rest[:, None], {"smile": smile[:, None]})["smile"][0]
    return {
        "n": len(people),
        "auc": found.value,
        "auc_95": (found.low, found.high),
        "share_smile_above_neutral": float((smile > rest).mean()),
        "mean_smile": float(smile.mean()),
        "mean_neutral": float(rest.mean()),
    }


def sides_of(people: list[Person]) -> tuple[list[dict[str, np.ndarray]], list[dict[str, np.ndarray]]]:
    return [p.rest for p in people], [p.smile for p in people]


def false_alarms(people: list[Person], way: str, units: tuple[int, ...]) -> dict[str, Any]:
    """Return in what share of neutral faces each unit, and any unit, is read at B or above on its larger side."""
    loud = np.stack([p.rest[way].max(1) >= AT_B for p in people])
    share = loud.mean(0)
    by_unit = {f"AU{code:02d}": float(share[k]) for k, code in enumerate(units) if share[k] > 0}
    draws = draw_people(np.arange(len(people))).totals(loud.any(1)[:, None].astype(float))[:, 0] / len(people)
    worst = max(by_unit, key=lambda name: by_unit[name], default="none")
    return {
        "any": measured(draws),
        "worst_unit": worst,
        "worst_share": by_unit.get(worst, 0.0),
        "units": by_unit,
    }


def scores_of(people: list[Person], units: tuple[int, ...]) -> dict[str, Any]:
    """Score every way of reading."""
    return {
        way: {f"AU{code:02d}": smile_scores(people, way, units.index(code)) for code in SMILE_UNITS if code in units}
        | {"alarms": false_alarms(people, way, units)}
        for way in WAYS
    }


def group_scores(people: list[Person], units: tuple[int, ...]) -> dict[str, Any]:
    """Score every group, and by how much it is worse than the whole: AUC lower, alarms more often."""
    whole = scores_of(people, units)
    found: dict[str, Any] = {}
    for group in sorted({group for person in people for group in person.groups}):
        members = [person for person in people if group in person.groups]
        if len(members) < MIN_GROUP:
            continue
        found[group] = scores_of(members, units)
        for way in WAYS:
            of, all_of = found[group][way], whole[way]
            of["worse"] = {name: all_of[name]["auc"] - of[name]["auc"] for name in of if name.startswith("AU")} | {
                "alarms": of["alarms"]["any"].value - all_of["alarms"]["any"].value
            }
    return found


def movements(photos: list[Photo], units: tuple[int, ...]) -> dict[str, Any]:
    """Return how far readings move when a photo is mirrored, halved or greyed; mirrored: after swapping the sides."""
    found = {}
    for name in PERTURBATIONS:
        moved = [
            np.abs((seen.intensity[:, ::-1] if name == "mirrored" else seen.intensity) - photo.face.intensity)
            for photo in photos
            if photo.face is not None and (seen := photo.spoilt.get(name)) is not None
        ]
        if not moved:
            continue
        by_unit = np.stack(moved).mean((0, 2))
        found[name] = {
            "n": len(moved),
            "mean": float(np.stack(moved).mean()),
            "worst_unit": f"AU{units[int(by_unit.argmax())]:02d}",
            "worst_unit_mean": float(by_unit.max()),
            "largest": float(np.stack(moved).max()),
            "lost": sum(name in photo.spoilt and photo.spoilt[name] is None for photo in photos),
        }
    return found


def pupil_error(photos: list[Photo]) -> float:
    """Return the median distance of iris landmarks to marked pupils over the distance between the pupils."""
    errors = [
        np.linalg.norm(p.face.landmarks[[LEFT_IRIS, RIGHT_IRIS]] - p.pupils, axis=1).mean()
        / np.linalg.norm(p.pupils[0] - p.pupils[1])
        for p in photos
        if p.face is not None and p.pupils is not None
    ]
    return float(np.median(errors)) if errors else math.nan


def measure(photos: list[Photo], detector: Detector) -> dict[str, Any]:
    units = detector.units
    people = people_of(pairs_of(photos), detector)
    rest = {f"AU{c:02d}": float(np.mean([p.rest["alone"][k].mean() for p in people])) for k, c in enumerate(units)}
    return {
        "photos": len(photos),
        "faces_found": sum(p.face is not None for p in photos),
        "photos_with_several_faces": sum(p.num_faces > 1 for p in photos),
        "people": len(people),
        "ways": scores_of(people, units),
        "groups": group_scores(people, units),
        "spoilt": movements(photos, units),
        "neutral_mean": rest,
        "loud_at_rest": [name for name, value in rest.items() if value >= LOUD],
        "all_units_auc": all_units(people, units),
        "pupil_error": pupil_error(photos),
    }


def all_units(people: list[Person], units: tuple[int, ...]) -> dict[str, float]:
    """Return for every unit how often a smiling face outranks a neutral one, read alone."""
    rest, smile = (np.stack([of["alone"].mean(1) for of in side]) for side in sides_of(people))
    return {f"AU{code:02d}": auc(smile[:, k], rest[:, k]) for k, code in enumerate(units)}


def show(result: dict[str, Any]) -> None:
    print(f"faces found: {result['faces_found']} of {result['photos']} photos")
    print(f"photos with more than one: {result['photos_with_several_faces']}")
    for way, of in result["ways"].items():
        show_way(way, of)
    print("groups (worse: points below the whole)")
    for group, ways in result["groups"].items():
        for way in WAYS[:2]:
            show_way(f"  {group}, {way}", ways[way])
    for name, of in result["spoilt"].items():
        print(
            f"{name:10} mean change {of['mean']:.3f}  {of['worst_unit']} {of['worst_unit_mean']:.3f}  "
            f"largest {of['largest']:.3f}  faces lost {of['lost']}"
        )
    quiet = sorted(result["neutral_mean"].items(), key=lambda item: -item[1])
    print("mean intensity at rest: " + "  ".join(f"{name} {value:.2f}" for name, value in quiet))
    print("AUC of smile against neutral: " + "  ".join(f"{n} {v:.2f}" for n, v in result["all_units_auc"].items()))
    print(f"pupil error / pupil distance: {result['pupil_error']:.4f}")


def show_way(name: str, of: dict[str, Any]) -> None:
    worse = of.get("worse", {})
    for unit, s in of.items():
        if unit.startswith("AU"):
            low, high = s["auc_95"]
            gap = f"  worse {100 * worse[unit]:+.1f}" if unit in worse else ""
            print(
                f"{name + ', ' + unit:48} n {s['n']:3}  AUC {s['auc']:.3f} ({low:.3f}-{high:.3f})  above own neutral "
                f"{s['share_smile_above_neutral']:.3f}  mean {s['mean_smile']:.2f} / {s['mean_neutral']:.2f}{gap}"
            )
    alarms = of["alarms"]
    any_share: Measured = alarms["any"]
    gap = f"  worse {100 * worse['alarms']:+.1f}" if worse else ""
    print(
        f"{name + ', neutral with a unit at B':48} {any_share.value:.3f} ({any_share.low:.3f}-{any_share.high:.3f})  "
        f"most often {alarms['worst_unit']} {alarms['worst_share']:.3f}{gap}"
    )


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--weights", type=click.Path(path_type=Path))
@click.option("--json", "json_path", type=click.Path(path_type=Path))
@click.option("--min-score", type=float, default=0.5)
def main(folder: Path, weights: Path | None, json_path: Path | None, min_score: float) -> None:
    detector = Detector(weights, min_score=min_score)
    result = measure(load(folder, detector), detector)
    result["weights"] = {k: v for k, v in detector.reader.card.metadata.items() if k not in ("template", "calibration")}
    show(result)
    if json_path:
        json_path.write_text(json.dumps(plain(result), indent=1) + "\n")


if __name__ == "__main__":
    main()
