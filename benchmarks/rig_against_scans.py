"""Compare what each controller does to 68 landmarks with ICT-FaceKit's scan-based face, in direction and in size.

The table of that face is the user's own: a CSV with ``shape``, two numbers, then dx, dy, dz (mm, pupils 63 mm apart) of
iBUG's 68 points per expression shape at 1. Prints, per controller: the cosine of the two fields of displacements, the
ratio of their lengths (ours / theirs), the root mean square of their difference and of theirs (mm).

    python benchmarks/rig_against_scans.py landmark_displacements_mm.csv -o benchmarks/results/rig_against_scans.json
"""

import argparse
import csv
import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from facsimile.face.identity import average_identity
from facsimile.face.landmarks import landmarks
from facsimile.face.pack import MM_PER_UNIT
from facsimile.face.rig import default_rig
from facsimile.facs.controllers import CONTROLLERS, controller_index
from facsimile.facs.expression import Expression

NUM_POINTS = 68
ELSEWHERE = ("eyeLook", "mouthClose")
"""Not compared: eyeLook controllers follow the gaze; mouthClose needs an open jaw."""


def read_scans(path: Path) -> dict[str, np.ndarray]:
    """Return displacements [68,3] in mm by shape name."""
    with path.open(newline="") as file:
        rows = list(csv.reader(file))[1:]
    return {row[0]: np.array(row[3:], float).reshape(NUM_POINTS, 3) for row in rows}


def scan_name(controller: str) -> str:
    """Return ICT-FaceKit's name of an ARKit controller: sides are _L and _R."""
    return controller.replace("Left", "_L").replace("Right", "_R") if not controller.startswith("jaw") else controller


def displacements(controller: str) -> np.ndarray:
    """Return displacements [68,3] in mm of one controller at 1 on the average person."""
    values = np.zeros(len(CONTROLLERS), np.float32)
    values[controller_index(controller)] = 1
    person, rig = average_identity(), default_rig()
    posed = rig.vertices(person, replace(Expression.neutral(), controllers=values))
    moved = landmarks(posed) - landmarks(rig.neutral_vertices(person))
    return moved[:NUM_POINTS].astype(float) * MM_PER_UNIT


def compare(ours: np.ndarray, theirs: np.ndarray) -> dict[str, float]:
    """Return cosine, gain and root mean squares (mm) of two fields."""
    lengths = [float(np.sqrt((field**2).sum())) for field in (ours, theirs)]
    return {
        "cosine": round(float((ours * theirs).sum() / (lengths[0] * lengths[1])), 2),
        "gain": round(lengths[0] / lengths[1], 2),
        "difference_rms_mm": round(float(np.sqrt(((ours - theirs) ** 2).sum(1).mean())), 2),
        "scan_rms_mm": round(float(np.sqrt((theirs**2).sum(1).mean())), 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("scans", type=Path)
    parser.add_argument("-o", "--output", type=Path)
    options = parser.parse_args()
    scans = read_scans(options.scans)
    found = {}
    for name in CONTROLLERS:
        if scan_name(name) in scans and not name.endswith("Right") and not name.startswith(ELSEWHERE):
            found[name] = compare(displacements(name), scans[scan_name(name)])
            print(name, found[name])
    if options.output:
        options.output.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
