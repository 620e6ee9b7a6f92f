"""Write docs/leakage.md: where each action unit moves the skin, in millimetres."""

import argparse
from pathlib import Path

import numpy as np

from facsimile.face.evidence import REGIONS, full_motion
from facsimile.face.identity import identity_from_seed
from facsimile.face.leakage import COLUMNS, inside_and_outside_mm, leakage_matrix
from facsimile.face.rig import default_rig
from facsimile.facs.action_units import LABEL_UNITS, UNITS

PAGE = Path(__file__).resolve().parent.parent / "docs" / "leakage.md"
HEAD = """# Where each unit moves the skin

Largest motion (mm) of the skin in areas of the subject's left half when one unit acts alone at E, on the left where it
has sides; mean over {count} random people. `python scripts/write_leakage.py --people {count}` writes this page. Areas
are boxes on the template (`face/leakage.py`); *mean* is the mean length of the unit's full motion, weighted by itself,
which evidence is measured against (`face/evidence.py`); *out/in* is the largest motion outside the unit's region
(`REGIONS`) as a part of the largest inside, worst of the people; the tests hold it under a fifth.

Shared skin is real: 9 lifts the lip as 10 does, 12 lifts the cheek as 6 does. A jaw unit moves everything below the
mouth.

"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=20)
    count = parser.parse_args().people
    rig, people = default_rig(), [identity_from_seed(seed) for seed in range(count)]
    matrix = leakage_matrix(rig, people)
    names = ("unit", *COLUMNS, "mean", "out/in")
    rows = [f"| {' | '.join(names)} |", "|" + "---|" * len(names)]
    for row, code in enumerate(LABEL_UNITS):
        inside = [inside_and_outside_mm(rig, person, code=code, side="L") for person in people]
        mean = float(np.mean([full_motion(rig, person, code=code, side="L").full_mm for person in people]))
        cells = [f"{value:.1f}" if value >= 0.05 else "" for value in matrix[row]]
        ratio = max(outside / within for within, outside in inside)
        rows.append(f"| {code} {UNITS[code].name} | {' | '.join(cells)} | {mean:.1f} | {ratio:.2f} |")
    assert set(REGIONS) == set(LABEL_UNITS)
    PAGE.write_text(HEAD.format(count=count) + "\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
