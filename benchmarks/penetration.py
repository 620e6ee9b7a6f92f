"""Measure how deep lids cut into eyeballs, lips into one another and teeth into lips, on random faces.

States: every prototype of ``facs.prototypes`` (first of its alternatives, no letter: C; and once with every unit at E),
and states drawn as the studio's ``mixed`` recipe draws them. Lengths in millimetres; the bar for lids and lips is 0.5.

    python benchmarks/penetration.py --people 20 --states 200 --out benchmarks/results/penetration.json
"""

import argparse
import json
from pathlib import Path

import numpy as np

from facsimile.face.contact import lid_penetration_mm, lip_penetration_mm, tooth_penetration_mm
from facsimile.face.identity import identity_from_seed
from facsimile.face.rig import default_rig
from facsimile.facs.converters import expression_from_action_units
from facsimile.facs.expression import MAX_INTENSITY, ActionUnits
from facsimile.facs.notation import parse, write
from facsimile.facs.prototypes import PROTOTYPES
from facsimile.studio.recipe import recipe_named
from facsimile.studio.sampling import sample_action_units

MEASURES = {"lids": lid_penetration_mm, "lips": lip_penetration_mm, "teeth": tooth_penetration_mm}


def prototype_states() -> list[ActionUnits]:
    """Return every prototype at C and at E."""
    states = []
    for prototype in PROTOTYPES:
        units = parse(prototype.units).to_action_units()
        states += [units, ActionUnits(np.where(units.intensity > 0, MAX_INTENSITY, 0).astype(np.float32))]
    return states


def random_states(count: int, seed: int) -> list[ActionUnits]:
    """Draw states as data sets are drawn."""
    rng = np.random.default_rng(seed)
    recipe = recipe_named("mixed")
    return [ActionUnits(sample_action_units(recipe, rng).astype(np.float32)) for _ in range(count)]


def measure(states: list[ActionUnits], people: int) -> dict[str, dict[str, float | str]]:
    """Return for each measure the deepest, the 99th percentile, the share over 0.5 mm, and the worst case."""
    depths: dict[str, list[float]] = {name: [] for name in MEASURES}
    cases = []
    for seed in range(people):
        identity = identity_from_seed(seed)
        for units in states:
            vertices = default_rig().vertices(identity, expression_from_action_units(units))
            cases.append(f"person {seed}: {write(units)}")
            for name, depth_mm in MEASURES.items():
                depths[name].append(depth_mm(vertices))
    return {
        name: {
            "deepest_mm": round(max(values), 3),
            "p99_mm": round(float(np.percentile(values, 99)), 3),
            "share_over_half_mm": round(float(np.mean(np.array(values) > 0.5)), 5),
            "worst": cases[int(np.argmax(values))],
        }
        for name, values in depths.items()
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=20)
    parser.add_argument("--states", type=int, default=200)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path)
    options = parser.parse_args()
    found = {
        "people": options.people,
        "random_states": options.states,
        "seed": options.seed,
        "prototypes": measure(prototype_states(), options.people),
        "random": measure(random_states(options.states, options.seed), options.people),
    }
    text = json.dumps(found, indent=1)
    print(text)
    if options.out:
        options.out.write_text(text + "\n")


if __name__ == "__main__":
    main()
