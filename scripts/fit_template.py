"""Write the crop's template: mean landmarks of 400 synthetic people, neutral, frontal, eyes level.

Run from the repository root: ``python scripts/fit_template.py``. Weights are bound to the template they were trained
on, so the file in the package stays while people change; a test checks that it is within 1 % of the crop of what this
script gives. Write it afresh only together with new weights.
"""

import json
from pathlib import Path

import numpy as np

from facsimile.data.align import EYE_DISTANCE, EYE_HEIGHT, FLIP_LANDMARKS, LEFT_EYE, RIGHT_EYE
from facsimile.face.identity import identity_from_seed
from facsimile.face.landmarks import landmarks
from facsimile.face.rig import default_rig

PEOPLE = 400
CAMERA_DISTANCE_DM = 9.0
"""From the eyes; the middle of the distances in training data."""
TEMPLATE_PATH = Path(__file__).parents[1] / "src/facsimile/data/template.json"


def normalised_landmarks(seed: int) -> np.ndarray:
    """Return one person's landmarks [70,2], eyes' middle at the origin, eye distance 1, y down."""
    points = landmarks(default_rig().neutral_vertices(identity_from_seed(seed))).astype(np.float64)
    points -= points[LEFT_EYE + RIGHT_EYE].mean(0)
    picture = np.stack([points[:, 0], -points[:, 1]], 1) / (CAMERA_DISTANCE_DM - points[:, 2:])
    left, right = picture[LEFT_EYE].mean(0), picture[RIGHT_EYE].mean(0)
    return (picture - (left + right) / 2) / np.linalg.norm(left - right)


def main() -> None:
    """Average, make symmetric, place in the crop, round to a thousandth of a pixel, write."""
    mean = np.mean([normalised_landmarks(seed) for seed in range(PEOPLE)], 0)
    mean = (mean + mean[list(FLIP_LANDMARKS)] * [-1, 1]) / 2
    template = mean * EYE_DISTANCE + [0.5, EYE_HEIGHT]
    rows = [[round(float(x), 5), round(float(y), 5)] for x, y in template]
    TEMPLATE_PATH.write_text("[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]\n")


if __name__ == "__main__":
    main()
