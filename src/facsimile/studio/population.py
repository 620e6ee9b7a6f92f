"""Count who a data set shows, and in what light, before a single image is rendered."""

import sys
from collections import Counter
from typing import Any

import numpy as np
from tqdm import tqdm

from facsimile.studio.people import person_of_settings, place_of
from facsimile.studio.settings import Settings

MOST_PEOPLE = 128
"""People drawn for the counts, evenly spread over the set: shares are right to 9 % (two standard deviations)."""
DESCRIBED = (
    "sex", "skin_tone", "hair_style", "hair_colour", "beard", "eye_colour", "glasses", "headwear", "makeup", "clothes",
)  # fmt: skip
"""Counted entries of ``Appearance.description``."""


def population(settings: Settings) -> dict[str, Any]:
    """Return shares of people by age, skin, hair and what they wear, and of places; about 30 people a second."""
    chosen = np.unique(np.linspace(0, settings.num_identities - 1, MOST_PEOPLE).round().astype(int))
    counts: dict[str, Counter[str]] = {name: Counter() for name in ("age", *DESCRIBED, "light")}
    for identity in tqdm([int(person) for person in chosen], desc="people", file=sys.stderr, delay=2):
        person = person_of_settings(settings, identity)
        decade = int(person.identity.age_years // 10) * 10
        counts["age"][f"{decade:02d}-{decade + 9:02d}"] += 1
        for name in DESCRIBED:
            counts[name][str(person.appearance.description[name])] += 1
        counts["light"].update(
            place_of(settings.seed, identity, number).kind for number in range(settings.recipe.lights_per_identity)
        )
    shares = {
        name: {key: n / counter.total() for key, n in sorted(counter.items())} for name, counter in counts.items()
    }
    return {"counted": len(chosen), "people": settings.num_identities} | shares


def format_population(report: dict[str, Any]) -> str:
    """Lay the shares out as lines for people, the commonest first."""
    lines = [f"{report['people']} people ({report['counted']} of them drawn for these shares)"]
    for name in ("age", *DESCRIBED, "light"):
        shares = report[name]
        order = sorted(shares) if name == "age" else sorted(shares, key=lambda key: -shares[key])
        lines.append(f"{name.replace('_', ' ')}: " + ", ".join(f"{key} {shares[key]:.0%}" for key in order))
    return "\n".join(lines)
