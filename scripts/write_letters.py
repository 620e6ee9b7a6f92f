"""Write docs/letters.md: what each intensity letter means in millimetres of skin on an average person."""

from pathlib import Path

import numpy as np

from facsimile.face.evidence import evidence, region, unit_expression
from facsimile.face.identity import average_identity
from facsimile.face.pack import MM_PER_UNIT
from facsimile.face.rig import default_rig
from facsimile.facs.action_units import LABEL_UNITS, UNITS, unit_index

PAGE = Path(__file__).resolve().parent.parent / "docs" / "letters.md"
LETTERS = "ABCDE"
HEAD = """# What a letter means in millimetres

Largest motion (mm) of the skin in each unit's region (`face/evidence.py`) when the unit acts alone at A to E, on the
left where it has sides, on the average identity. *Evidence* is the part of that person's own full motion, times 5, that
each letter shows; `python scripts/write_letters.py` writes this page.

Intensity drives controllers in proportion: A is a fifth of the most a person can do, E all of it. FACS defines letters
by evidence (trace, slight, marked or pronounced, severe or extreme, maximum) with C and D wider than A, B and E. Its
manual gives no lengths, so equal steps are our choice; a trace that can barely be seen is a value below 1 here.
25, 26, 27 and 43 are labelled as they are measured on the mesh, the others as asked. Evidence is not the label: where
units share skin (9 and 10, 12 and 13), each would take part of the other's.

"""


def main() -> None:
    rig, person = default_rig(), average_identity()
    neutral = rig.neutral_vertices(person)
    rows = [f"| unit | {' | '.join(f'{letter} mm' for letter in LETTERS)} | evidence A-E |", "|" + "---|" * 7]
    for code in LABEL_UNITS:
        inside, lengths, shown = region(code, "L"), [], []
        for level in range(1, 6):
            expression = unit_expression(code, "L", float(level))
            moved = np.linalg.norm(rig.vertices(person, expression)[inside] - neutral[inside], axis=1)
            lengths.append(f"{moved.max() * MM_PER_UNIT:.1f}")
            value = evidence(rig, person, expression, units=(code,))[unit_index(code), 0]
            shown.append(f"{value:.1f}")
        rows.append(f"| {code} {UNITS[code].name} | {' | '.join(lengths)} | {', '.join(shown)} |")
    PAGE.write_text(HEAD + "\n".join(rows) + "\n")


if __name__ == "__main__":
    main()
