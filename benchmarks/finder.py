"""Does the finder find faces, and only faces? Recall on photos and renders, false alarms on pictures without people.

    python benchmarks/finder.py [--photos FOLDER] [--json out.json]

FOLDER holds ``index.csv`` as in ``real_faces.py`` (one upright face in each photo, pupils marked in the neutral ones).
Each photo is also mirrored, turned, shrunk, made grey, dark and flat; renders turn their heads by up to 60 degrees. A
face counts as proposed when a candidate's crop lies on it, as found when the reader keeps it too. The pictures without
people are scikit-image's, textures, noise and empty rooms of the renderer; nothing here is used in training.
"""

import csv
import json
import math
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import click
import cv2
import numpy as np

from facsimile.data.align import LEFT_EYE, RIGHT_EYE, TEMPLATE, invert, pixels_from_crop, transform_points
from facsimile.detect.aligner import align, crop_from_box
from facsimile.detect.finder import find_faces
from facsimile.detect.media import read_photo
from facsimile.detect.pipeline import MIN_SCORE
from facsimile.detect.reader import Reader
from facsimile.detect.turned import find_turned
from facsimile.facs.expression import ActionUnits
from facsimile.render.background import background_of
from facsimile.render.environment import random_place
from facsimile.render.renderer import render
from facsimile.render.scene import framed_camera, portrait_scene, random_scene

FACELESS = (
    "brick", "camera_sky", "cat", "cell", "checkerboard", "chelsea", "clock", "coffee", "coins", "colorwheel",
    "grass", "gravel", "horse", "hubble_deep_field", "immunohistochemistry", "logo", "moon", "page", "retina",
    "rocket", "text",
)  # fmt: skip
"""Pictures of ``skimage.data`` without a person who could be read; of the photographer only the sky and the lawn."""
TURNS_DEG = (-40, -20, 20, 40)
YAWS_DEG = (0, 20, 30, 40, 50, 60)
NEAR_EYES = 0.5
"""A face counts when the reported eyes' middle lies within this many true eye distances of the true one."""


@dataclass
class Tally:
    """Counts of one kind of picture."""

    faces: int = 0
    proposed: int = 0
    found: int = 0
    false_proposals: int = 0
    false_faces: int = 0
    pictures: int = 0
    ms: list[float] = field(default_factory=list)
    turned_ms: list[float] = field(default_factory=list)
    """Of the network, where no upright face was found."""
    worst: list[str] = field(default_factory=list)


Eyes = np.ndarray
"""The two eyes in pixels, [2, 2]."""


def variants(image: np.ndarray, eyes: Eyes) -> Iterator[tuple[str, np.ndarray, Eyes]]:
    """Yield (name, picture, eyes): the same photo as it may also be taken."""
    yield "as it is", image, eyes
    yield "mirrored", np.ascontiguousarray(image[:, ::-1]), eyes * [-1, 1] + [image.shape[1] - 1, 0]
    for degrees in TURNS_DEG:
        yield f"turned {abs(degrees)}", *turned(image, eyes, degrees)
    for scale in (0.5, 0.15):
        small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        yield f"size {scale:g}", small, eyes * scale
    grey = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    yield "grey", grey, eyes
    yield "dark", (image * 0.2).astype(np.uint8), eyes
    yield "flat", (image * 0.25 + 120).astype(np.uint8), eyes
    low, high = np.floor(eyes.mean(0) - 1.1 * span(eyes)), np.ceil(eyes.mean(0) + 1.5 * span(eyes))
    (x0, y0), (x1, y1) = np.maximum(low, 0).astype(int), high.astype(int)
    yield "cropped", np.ascontiguousarray(image[y0:y1, x0:x1]), eyes - [x0, y0]


def turned(image: np.ndarray, eyes: Eyes, degrees: float) -> tuple[np.ndarray, Eyes]:
    height, width = image.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), degrees, 0.8)
    return cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE), transform_points(
        matrix, eyes
    )


def span(eyes: Eyes) -> float:
    return float(np.linalg.norm(eyes[0] - eyes[1]))


def marked_photos(folder: Path) -> Iterator[tuple[str, np.ndarray, Eyes]]:
    """Yield photos with their eyes; a person's other photo borrows the marks of the neutral one."""
    with open(folder / "index.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    names = [f"pupil_image_{side}_{axis}" for side in ("left", "right") for axis in "xy"]
    marks = {r["person"]: np.array([r[n] for n in names], float).reshape(2, 2) for r in rows if r[names[0]]}
    for row in rows:
        if row["person"] in marks:
            yield row["path"], read_photo(folder / row["path"]), marks[row["person"]]


def turned_renders(people: int) -> Iterator[tuple[str, str, np.ndarray, Eyes]]:
    """Yield (kind, name, picture, eyes) of people whose head turns; darker and lighter skins alike."""
    for person in range(people):
        for yaw in YAWS_DEG:
            sign = 1 if person % 2 else -1
            scene = portrait_scene(
                ActionUnits.neutral(), seed=9000 + person, size=192, yaw_rad=sign * math.radians(yaw)
            )
            rendering = render(scene)
            points = rendering.landmarks.astype(float)
            eyes = np.stack([points[LEFT_EYE].mean(0), points[RIGHT_EYE].mean(0)])
            yield f"render, yaw {yaw}", f"{person}", rendering.image, eyes


def random_renders(people: int) -> Iterator[tuple[str, np.ndarray, Eyes]]:
    for person in range(people):
        rendering = render(random_scene(9100 + person, size=192))
        points = rendering.landmarks.astype(float)
        yield f"{person}", rendering.image, np.stack([points[LEFT_EYE].mean(0), points[RIGHT_EYE].mean(0)])


def faceless() -> Iterator[tuple[str, str, np.ndarray]]:
    """Yield (kind, name, picture)."""
    import skimage.data

    for name in FACELESS:
        picture = skimage.data.camera()[:90] if name == "camera_sky" else getattr(skimage.data, name)()
        yield "photos without people", name, rgb(picture)
    rng = np.random.default_rng(0)
    for _ in range(24):
        side = int(rng.integers(4, 120))
        noise = rng.normal(128, 60, (side, side * 4 // 3))
        picture = cv2.resize(noise, (640, 480), interpolation=cv2.INTER_CUBIC) + rng.normal(0, 12, (480, 640))
        yield "noise", f"noise {side}", rgb(np.clip(picture, 0, 255).astype(np.uint8))
    for i in range(24):
        rng = np.random.default_rng([i, 5])
        camera = framed_camera(
            np.zeros(3, np.float32), distance=10.0, frame=float(rng.uniform(4, 20)), offset=(0.0, 0.0)
        )
        linear = background_of(random_place(rng), camera).at(320)
        level = np.clip(linear / np.quantile(linear, 0.97), 0, 1) ** (1 / 2.2)
        yield "empty places", f"place {i}", (level * 255).astype(np.uint8)


def rgb(picture: np.ndarray) -> np.ndarray:
    if picture.dtype == bool:
        picture = picture.astype(np.uint8) * 255
    if picture.ndim == 2:
        picture = np.repeat(picture[..., None], 3, axis=2)
    return np.ascontiguousarray(picture[..., :3])


def count(tally: Tally, name: str, image: np.ndarray, eyes: Eyes | None, reader: Reader) -> None:
    """Add one picture; ``eyes`` is None where there is no face."""
    start = time.process_time()
    candidates = find_faces(image)
    tally.ms.append((time.process_time() - start) * 1000)
    size = reader.card.crop_size
    matrices = [crop_from_box(c.box, size) for c in candidates]
    template = pixels_from_crop(TEMPLATE[LEFT_EYE + RIGHT_EYE].mean(0), size)
    hits = [is_on(transform_points(invert(matrix), template), eyes) for matrix in matrices]
    faces = kept(reader, image, matrices)
    if not faces:
        start = time.process_time()
        turned = [place.crop(size) for place in find_turned(image)]
        tally.turned_ms.append((time.process_time() - start) * 1000)
        hits += [is_on(transform_points(invert(matrix), template), eyes) for matrix in turned]
        faces = kept(reader, image, turned)
    seen = [is_on(middle, eyes) for middle, _ in faces]
    tally.pictures += 1
    tally.faces += eyes is not None
    tally.proposed += any(hits)
    tally.found += any(seen)
    tally.false_proposals += len(hits) - sum(hits)
    tally.false_faces += len(seen) - sum(seen)
    if seen.count(False) or (eyes is not None and not any(seen)):
        tally.worst.append(f"{name} {[round(score, 2) for _, score in faces]}")


def kept(reader: Reader, image: np.ndarray, matrices: list[np.ndarray]) -> list[tuple[np.ndarray, float]]:
    """Return the eyes' middle and the score of each candidate that the reader takes for a face."""
    if not matrices:
        return []
    aligned = align(reader, image, np.stack(matrices))
    return [
        (aligned.landmarks[i][LEFT_EYE + RIGHT_EYE].mean(0), float(aligned.readings.score[i]))
        for i in range(len(matrices))
        if aligned.is_plausible[i] and aligned.readings.score[i] >= MIN_SCORE
    ]


def is_on(middle: np.ndarray, eyes: Eyes | None) -> bool:
    return eyes is not None and float(np.linalg.norm(middle - eyes.mean(0))) < NEAR_EYES * span(eyes)


def measure(photos: Path | None, people: int, reader: Reader, *, every: int) -> dict[str, Tally]:
    tallies: dict[str, Tally] = {}

    def add(kind: str, name: str, image: np.ndarray, eyes: Eyes | None) -> None:
        count(tallies.setdefault(kind, Tally()), name, image, eyes, reader)

    if photos:
        for name, image, eyes in list(marked_photos(photos))[::every]:
            for kind, changed, moved in variants(image, eyes):
                add(f"photo, {kind}", name, changed, moved)
    for kind, name, image, eyes in turned_renders(people):
        add(kind, name, image, eyes)
    for name, image, eyes in random_renders(people):
        add("render, random", name, image, eyes)
    for kind, name, image in faceless():
        add(kind, name, image, None)
    return tallies


@click.command()
@click.option("--photos", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--people", default=24, show_default=True, help="Rendered people.")
@click.option("--every", default=1, show_default=True, help="Take every N-th photo only.")
@click.option("--weights", type=click.Path(path_type=Path), help="Another reader.")
@click.option("--json", "json_path", type=click.Path(path_type=Path))
def main(photos: Path | None, people: int, every: int, weights: Path | None, json_path: Path | None) -> None:
    tallies = measure(photos, people, Reader(weights), every=every)
    print(f"{'':24} {'faces':>5} {'proposed':>8} {'found':>6}   false proposals, faces   find ms, turned ms")
    for kind, t in tallies.items():
        print(
            f"{kind:24} {t.faces:5} {t.proposed:8} {t.found:6}   {t.false_proposals:4} {t.false_faces:4} in "
            f"{t.pictures:4} pictures   {np.median(t.ms):5.1f} {np.median(t.turned_ms or [0]):5.1f}   "
            f"{'; '.join(t.worst[:4])}"
        )
    if json_path:
        result = {
            kind: vars(t) | {"ms": float(np.median(t.ms)), "turned_ms": float(np.median(t.turned_ms or [0]))}
            for kind, t in tallies.items()
        }
        json_path.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
