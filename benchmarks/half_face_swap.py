"""Which half of the face does each unit look at? One half of a smile is replaced by the same person's neutral face.

    python benchmarks/half_face_swap.py FOLDER [--json out.json] [--weights reader.onnx]

A reader of muscles keeps AU12 from the mouth and AU6 from the eyes, and says nothing (AUC .5) when its half is at rest;
a reader of prototypes infers one from the other. FOLDER as for ``real_faces.py``.
"""

import json
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np
from real_faces import Photo, load, pairs_of

from facsimile.data.align import warp
from facsimile.detect.media import read_photo
from facsimile.detect.pipeline import Detector
from facsimile.evaluate.metrics import auc
from facsimile.facs.action_units import UPPER_FACE_UNITS

LOWER_UNITS = (10, 12, 14, 15, 17, 20, 25, 26)
SEAM = 0.59
"""Height of the seam in crops: between the base of the nose (.564) and the upper lip (.620) of the template."""
SEAM_WIDTH = 0.014
"""Of the soft edge, in crops: 1.5 px of 112."""


def crops_of(photos: list[Photo], size: int) -> np.ndarray:
    """Return the aligned crops [N, S, S, 3]."""
    return np.stack([warp(read_photo(p.path), p.face.crop_from_image, size) for p in photos])


def swapped(smile: np.ndarray, rest: np.ndarray, *, keep: str) -> np.ndarray:
    """Return smiles of which only the upper or lower half (``keep``) is left; the other half is the person at rest."""
    size = smile.shape[1]
    below = 1 / (1 + np.exp(-((np.arange(size) + 0.5) / size - SEAM) / SEAM_WIDTH))
    weight = (below if keep == "lower" else 1 - below)[None, :, None, None]
    return np.round(smile * weight + rest * (1 - weight)).astype(np.uint8)


def scores(
    read: Callable[[np.ndarray], np.ndarray], rest: np.ndarray, smile: np.ndarray, units: tuple[int, ...]
) -> dict:
    """Return the AUC against neutral of the whole smile and of each half, per unit."""
    conditions = {
        "whole": smile,
        "upper half": swapped(smile, rest, keep="upper"),
        "lower half": swapped(smile, rest, keep="lower"),
    }
    calm = read(rest)
    return {
        name: {f"AU{code:02d}": auc(values[:, i], calm[:, i]) for i, code in enumerate(units)}
        for name, values in ((name, read(crops)) for name, crops in conditions.items())
    }


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--weights", type=click.Path(path_type=Path))
@click.option("--json", "json_path", type=click.Path(path_type=Path))
@click.option("--min-score", type=float, default=0.5)
def main(folder: Path, weights: Path | None, json_path: Path | None, min_score: float) -> None:
    detector = Detector(weights, min_score=min_score)
    pairs = pairs_of(load(folder, detector))
    rest, smile = (crops_of(list(photos), detector.reader.card.crop_size) for photos in zip(*pairs, strict=True))

    def read(crops: np.ndarray) -> np.ndarray:
        return detector.reader.read(crops).intensity.mean(2).astype(np.float64)

    result = scores(read, rest, smile, detector.units)
    print(f"{len(pairs)} people; AUC against their neutral faces")
    for title, units in (("upper units", UPPER_FACE_UNITS), ("lower units", LOWER_UNITS)):
        names = [f"AU{code:02d}" for code in units if code in detector.units]
        print(f"{title:12}" + "".join(f"{name:>7}" for name in names))
        for condition, values in result.items():
            print(f"{condition:12}" + "".join(f"{values[name]:7.2f}" for name in names))
    if json_path:
        json_path.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
