"""How much a reading changes when a photo is mirrored, shrunk, made grey, dark, compressed or turned.

    python benchmarks/robustness.py FOLDER [--every 1] [--weights reader.onnx] [--json out.json]

FOLDER holds ``index.csv`` with a column ``path``, and the photos, one face in each. No labels are needed: the photo as
it is says what the changed one should say. Differences are in intensity, 0-5, per unit and side.
"""

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import cv2
import numpy as np

from facsimile.detect.faces import Face
from facsimile.detect.media import read_photo
from facsimile.detect.pipeline import Detector

MIRROR_BAR = 0.3
"""A mirrored photo swaps the sides of every unit to within this."""
CHANGE_BAR = 0.7
"""Half size and grey change no unit by more on average."""
BARRED = ("half size", "grey")

Change = Callable[[np.ndarray], np.ndarray]


def mirrored(image: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(image[:, ::-1])


def half_size(image: np.ndarray) -> np.ndarray:
    return cv2.resize(image, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)


def grey(image: np.ndarray) -> np.ndarray:
    return cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)


def dark(image: np.ndarray) -> np.ndarray:
    return (image * 0.4).astype(np.uint8)


def compressed(image: np.ndarray) -> np.ndarray:
    _, data = cv2.imencode(".jpg", image, [cv2.IMWRITE_JPEG_QUALITY, 30])
    return np.asarray(cv2.imdecode(data, cv2.IMREAD_COLOR))


def turned(image: np.ndarray) -> np.ndarray:
    height, width = image.shape[:2]
    matrix = cv2.getRotationMatrix2D((width / 2, height / 2), 20, 0.9)
    return cv2.warpAffine(image, matrix, (width, height), borderMode=cv2.BORDER_REPLICATE)


CHANGES: dict[str, Change] = {
    "mirrored": mirrored,
    "half size": half_size,
    "grey": grey,
    "dark, 40 %": dark,
    "JPEG, quality 30": compressed,
    "turned by 20 degrees": turned,
}


def largest(detector: Detector, image: np.ndarray) -> Face | None:
    return next(iter(detector.read_image(image)), None)


def differences(detector: Detector, photos: list[Path]) -> tuple[dict[str, list[np.ndarray]], dict[str, list[str]]]:
    """Return for each change the differences [A, 2] of the photos, and the photos whose face was lost."""
    found: dict[str, list[np.ndarray]] = {name: [] for name in CHANGES}
    lost: dict[str, list[str]] = {name: [] for name in ("as it is", *CHANGES)}
    for path in photos:
        image = read_photo(path)
        plain = largest(detector, image)
        if plain is None:
            lost["as it is"].append(path.name)
            continue
        for name, change in CHANGES.items():
            face = largest(detector, change(image))
            if face is None:
                lost[name].append(path.name)
                continue
            intensity = face.intensity[:, ::-1] if name == "mirrored" else face.intensity
            found[name].append(intensity - plain.intensity)
    return found, lost


def summary(found: list[np.ndarray], units: tuple[int, ...]) -> dict[str, Any]:
    change = np.abs(np.stack(found))  # [N, A, 2]
    means = change.mean((0, 2))
    worst = int(means.argmax())
    return {
        "photos": len(found),
        "mean": float(change.mean()),
        "worst_unit": f"AU{units[worst]:02d}",
        "worst_unit_mean": float(means[worst]),
        "largest": float(change.max()),
        "photos_within_mirror_bar": float((change.max((1, 2)) <= MIRROR_BAR).mean()),
        "means": {f"AU{code:02d}": float(mean) for code, mean in zip(units, means, strict=True)},
    }


def bars(results: dict[str, dict[str, Any]], lost: dict[str, list[str]]) -> dict[str, bool]:
    return {
        "all faces found": not any(lost.values()),
        f"mirrored: every unit of every photo within {MIRROR_BAR:g}": results["mirrored"]["largest"] <= MIRROR_BAR,
        **{f"{name}: no unit changes by more than {CHANGE_BAR:g} on average":
           results[name]["worst_unit_mean"] <= CHANGE_BAR for name in BARRED},
    }  # fmt: skip


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--every", default=1, show_default=True, help="Take every N-th photo only.")
@click.option("--weights", type=click.Path(path_type=Path))
@click.option("--json", "json_path", type=click.Path(path_type=Path))
def main(folder: Path, every: int, weights: Path | None, json_path: Path | None) -> None:
    with open(folder / "index.csv", newline="") as file:
        photos = [folder / row["path"] for row in csv.DictReader(file)][::every]
    detector = Detector(weights)
    found, lost = differences(detector, photos)
    results = {name: summary(values, detector.units) for name, values in found.items() if values}
    for name, r in results.items():
        print(
            f"{name:22} n {r['photos']:3}  lost {len(lost[name]):2}  mean {r['mean']:.3f}  worst {r['worst_unit']} "
            f"{r['worst_unit_mean']:.3f}  largest {r['largest']:.2f}  photos within {MIRROR_BAR:g}: "
            f"{r['photos_within_mirror_bar']:.2f}"
        )
    passed = bars(results, lost)
    for name, is_passed in passed.items():
        print(f"{'pass' if is_passed else 'FAIL'}  {name}")
    if json_path:
        json_path.write_text(json.dumps({"changes": results, "lost": lost, "bars": passed}, indent=1) + "\n")


if __name__ == "__main__":
    main()
