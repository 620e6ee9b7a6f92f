"""Measure what folds, bulges and blood add to a picture: grey levels at the reader's size, by unit and age.

    python benchmarks/wrinkle_evidence.py --json benchmarks/results/wrinkle_evidence.json

Each person is drawn twice with the same unit at C: as they are, and with skin that neither folds nor flushes. The
number is the mean change of the hundredth of all pixels that change most, 0-255, over people; both sides of the unit.
"""

import argparse
import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from facsimile.face.appearance import random_appearance
from facsimile.face.identity import identity_from_seed
from facsimile.face.person import Person
from facsimile.facs.expression import ActionUnits
from facsimile.render.renderer import render
from facsimile.render.scene import portrait_scene

UNITS = (1, 2, 4, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 24)
AGES = (8.0, 20.0, 45.0, 75.0)
INTENSITY, SIZE, PEOPLE = 3.0, 112, 2


def person_of(seed: int, age_years: float) -> Person:
    identity = identity_from_seed(seed, age_years=age_years)
    return Person(seed, identity, random_appearance(np.random.default_rng(seed), identity, hair_style="buzz"))


def change(person: Person, code: int) -> float:
    looks = person.appearance
    smooth = replace(looks, wrinkles=replace(looks.wrinkles, strength=0.0, flush=0.0))
    asked = ActionUnits.from_dict({code: INTENSITY})
    pictures = [
        render(portrait_scene(asked, seed=1, person=replace(person, appearance=skin), size=SIZE)).image.astype(float)
        for skin in (looks, smooth)
    ]
    difference = np.sort(np.abs(pictures[0] - pictures[1]).mean(-1).ravel())
    return float(difference[-SIZE * SIZE // 100 :].mean())


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("--json", type=Path)
    path = options.parse_args().json
    rows = []
    for age in AGES:
        people = [person_of(seed, age) for seed in range(PEOPLE)]
        by_unit = {code: round(float(np.mean([change(one, code) for one in people])), 1) for code in UNITS}
        rows.append({"age_years": age, "grey_levels": by_unit})
        print(f"{age:.0f} years:", "  ".join(f"AU{code} {value}" for code, value in by_unit.items()))
    if path is not None:
        path.write_text(
            json.dumps({"size": SIZE, "intensity": INTENSITY, "people": PEOPLE, "rows": rows}, indent=1) + "\n"
        )


if __name__ == "__main__":
    main()
