"""Which half of the face does each unit look at? One half of a smile is replaced by the same person's neutral face.

    python benchmarks/half_face_swap.py FOLDER [--json out.json] [--weights reader.onnx]

A reader of muscles keeps AU12 from the mouth and AU6 from the eyes, and says nothing (AUC .5) when its half is at rest;
a reader of prototypes infers one from the other. Read alone, and beside the person's own neutral photo; crops are read
once, without the views of the pipeline. FOLDER as for ``real_faces.py``.
"""

import json
from pathlib import Path
from typing import Any

import click
import numpy as np
from real_faces import Photo, load, pairs_of

from facsimile.data.align import warp
from facsimile.detect.media import read_photo
from facsimile.detect.pipeline import Detector
from facsimile.evaluate.half_face import half_face_scores, half_faces
from facsimile.evaluate.tables import plain
from facsimile.facs.action_units import UPPER_FACE_UNITS

LOWER_UNITS = (10, 12, 14, 15, 17, 20, 25, 26)


def crops_of(photos: list[Photo], size: int) -> np.ndarray:
    """Return the aligned crops [N, S, S, 3]."""
    return np.stack([warp(read_photo(p.path), p.face.crop_from_image, size) for p in photos])


def measure(photos: list[Photo], detector: Detector) -> dict[str, Any]:
    """Return the AUC against neutral of the whole smile and of each half, per way of reading and unit."""
    pairs = pairs_of(photos)
    rest, smile = (crops_of(list(side), detector.reader.card.crop_size) for side in zip(*pairs, strict=True))
    reference = np.stack([neutral.face.features for neutral, _ in pairs])
    found: dict[str, Any] = {"people": len(pairs)}
    for way, beside in (("alone", None), ("beside own neutral", reference)):
        conditions = {name: intensity(detector, crops, beside) for name, crops in half_faces(smile, rest).items()}
        calm = intensity(detector, rest, beside)
        found[way] = {
            name: {f"AU{code:02d}": m for code, m in zip(detector.units, values, strict=True)}
            for name, values in half_face_scores(calm, conditions).items()
        }
    return found


def intensity(detector: Detector, crops: np.ndarray, beside: np.ndarray | None) -> np.ndarray:
    """Return the mean of both sides of every unit [N, U]."""
    return detector.reader.read(crops, beside).intensity.mean(2).astype(np.float64)


def show(result: dict[str, Any], units: tuple[int, ...]) -> None:
    print(f"{result['people']} people; AUC against their neutral faces")
    for way in ("alone", "beside own neutral"):
        print(way)
        for title, shown in (("upper units", UPPER_FACE_UNITS), ("lower units", LOWER_UNITS)):
            names = [f"AU{code:02d}" for code in shown if code in units]
            print(f"{title:12}" + "".join(f"{name:>7}" for name in names))
            for condition, values in result[way].items():
                print(f"{condition:12}" + "".join(f"{values[name].value:7.2f}" for name in names))


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--weights", type=click.Path(path_type=Path))
@click.option("--json", "json_path", type=click.Path(path_type=Path))
@click.option("--min-score", type=float, default=0.5)
def main(folder: Path, weights: Path | None, json_path: Path | None, min_score: float) -> None:
    detector = Detector(weights, min_score=min_score)
    result = measure(load(folder, detector, with_spoilt=False), detector)
    show(result, detector.units)
    if json_path:
        json_path.write_text(json.dumps(plain(result), indent=1) + "\n")


if __name__ == "__main__":
    main()
