"""Keep a cast of 66 named people: diverse in age, sex, ancestry, build, skin and hair, none of whom exists.

A record fixes what people are told apart by; the seed draws the rest.
"""

import difflib
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from facsimile.face.appearance import random_appearance
from facsimile.face.blend import blend_people
from facsimile.face.identity import identity_from_seed
from facsimile.face.person import Person

PRESET_STREAM = 66
"""Second word of the seed of a preset's appearance."""
CACHED_PEOPLE = 8
"""People kept ready; one takes about 8 MB."""


@dataclass(frozen=True)
class Preset:
    """Describe one of the cast; the fields are ``identity_from_seed``'s and ``random_appearance``'s."""

    name: str
    seed: int
    age_years: float
    sex: float
    ancestry: tuple[float, float, float]
    muscle: float
    weight: float
    tone: float
    hair_style: str


AFRICAN, ASIAN, EUROPEAN = (1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)
HORN, NORTH_AFRICAN, MIDDLE_EASTERN = (0.65, 0.05, 0.3), (0.35, 0.1, 0.55), (0.1, 0.2, 0.7)
SOUTH_ASIAN, ANDEAN, LATIN = (0.15, 0.45, 0.4), (0.05, 0.7, 0.25), (0.15, 0.35, 0.5)
PACIFIC, AFRO_LATIN, EURASIAN = (0.3, 0.6, 0.1), (0.5, 0.15, 0.35), (0.0, 0.5, 0.5)
"""Mixtures of African, Asian and European form that stand for regions in between; rough, and by eye."""

PRESETS: tuple[Preset, ...] = (
    Preset("Abeni", 1, 34.0, 0.92, AFRICAN, 0.45, 0.50, 0.92, "box braids"),
    Preset("Adwoa", 2, 68.0, 0.88, AFRICAN, 0.40, 0.75, 0.85, "short curly"),
    Preset("Amara", 3, 26.0, 0.95, AFRICAN, 0.45, 0.40, 1.02, "afro"),
    Preset("Chidi", 4, 41.0, 0.06, AFRICAN, 0.60, 0.60, 1.08, "fade"),
    Preset("Fatou", 5, 53.0, 0.90, AFRICAN, 0.45, 0.65, 1.15, "cornrows"),
    Preset("Jabari", 6, 23.0, 0.10, AFRICAN, 0.75, 0.40, 0.80, "locs"),
    Preset("Kwame", 7, 74.0, 0.08, AFRICAN, 0.40, 0.50, 0.95, "bald"),
    Preset("Makena", 8, 17.0, 0.90, AFRICAN, 0.45, 0.45, 0.75, "coils"),
    Preset("Nia", 9, 8.0, 0.90, AFRICAN, 0.45, 0.50, 0.70, "braids"),
    Preset("Sefu", 10, 30.0, 0.05, AFRICAN, 0.55, 0.35, 1.20, "shaved"),
    Preset("Tendai", 11, 58.0, 0.10, AFRICAN, 0.55, 0.80, 0.78, "buzz"),
    Preset("Thandiwe", 12, 45.0, 0.93, AFRICAN, 0.50, 0.45, 0.66, "shaved"),
    Preset("Zola", 13, 37.0, 0.85, AFRICAN, 0.55, 0.70, 0.88, "bun"),
    Preset("Hirut", 14, 29.0, 0.93, HORN, 0.45, 0.35, 0.62, "curly"),
    Preset("Dawit", 15, 49.0, 0.08, HORN, 0.50, 0.40, 0.70, "short curly"),
    Preset("Ananya", 16, 22.0, 0.95, SOUTH_ASIAN, 0.45, 0.45, 0.48, "long"),
    Preset("Arjun", 17, 33.0, 0.08, SOUTH_ASIAN, 0.60, 0.55, 0.55, "side part"),
    Preset("Lakshmi", 18, 61.0, 0.92, SOUTH_ASIAN, 0.40, 0.60, 0.72, "bun"),
    Preset("Rahul", 19, 14.0, 0.12, SOUTH_ASIAN, 0.45, 0.45, 0.50, "crop"),
    Preset("Sanjiv", 20, 70.0, 0.10, SOUTH_ASIAN, 0.40, 0.55, 0.62, "slicked back"),
    Preset("Bao", 21, 27.0, 0.12, ASIAN, 0.50, 0.40, 0.30, "quiff"),
    Preset("Dewi", 22, 31.0, 0.92, ASIAN, 0.45, 0.50, 0.44, "ponytail"),
    Preset("Haruto", 23, 9.0, 0.10, ASIAN, 0.45, 0.50, 0.18, "fringe"),
    Preset("Jia", 24, 24.0, 0.94, ASIAN, 0.40, 0.35, 0.14, "bob with fringe"),
    Preset("Kenji", 25, 64.0, 0.08, ASIAN, 0.45, 0.45, 0.28, "crop"),
    Preset("Linh", 26, 47.0, 0.90, ASIAN, 0.45, 0.45, 0.32, "bob"),
    Preset("Malai", 27, 56.0, 0.88, ASIAN, 0.45, 0.65, 0.42, "pixie"),
    Preset("Minjun", 28, 36.0, 0.10, ASIAN, 0.55, 0.50, 0.16, "side part"),
    Preset("Suda", 29, 19.0, 0.92, ASIAN, 0.45, 0.45, 0.36, "wavy"),
    Preset("Tenzin", 30, 79.0, 0.12, ASIAN, 0.40, 0.40, 0.46, "buzz"),
    Preset("Tuan", 31, 43.0, 0.06, ASIAN, 0.65, 0.70, 0.38, "buzz"),
    Preset("Yuki", 32, 82.0, 0.90, ASIAN, 0.35, 0.35, 0.20, "short curly"),
    Preset("Bayarmaa", 33, 39.0, 0.90, ASIAN, 0.50, 0.70, 0.26, "braids"),
    Preset("Astrid", 34, 28.0, 0.93, EUROPEAN, 0.45, 0.40, 0.05, "long"),
    Preset("Bogdan", 35, 55.0, 0.05, EUROPEAN, 0.65, 0.80, 0.14, "buzz"),
    Preset("Chiara", 36, 21.0, 0.95, EUROPEAN, 0.45, 0.45, 0.20, "wavy"),
    Preset("Dimitri", 37, 35.0, 0.06, EUROPEAN, 0.65, 0.50, 0.16, "slicked back"),
    Preset("Freya", 38, 12.0, 0.92, EUROPEAN, 0.45, 0.45, 0.04, "braids"),
    Preset("Henrik", 39, 66.0, 0.08, EUROPEAN, 0.45, 0.55, 0.08, "side part"),
    Preset("Ingrid", 40, 77.0, 0.92, EUROPEAN, 0.40, 0.50, 0.07, "bob"),
    Preset("Lars", 41, 31.0, 0.08, EUROPEAN, 0.60, 0.45, 0.06, "quiff"),
    Preset("Maeve", 42, 44.0, 0.90, EUROPEAN, 0.45, 0.55, 0.03, "curly"),
    Preset("Mateusz", 43, 18.0, 0.10, EUROPEAN, 0.50, 0.35, 0.09, "crop"),
    Preset("Matteo", 44, 48.0, 0.06, EUROPEAN, 0.55, 0.60, 0.24, "bald"),
    Preset("Nikos", 45, 72.0, 0.06, EUROPEAN, 0.50, 0.65, 0.26, "short curly"),
    Preset("Piotr", 46, 26.0, 0.10, EUROPEAN, 0.50, 0.65, 0.08, "shaved"),
    Preset("Siobhan", 47, 59.0, 0.92, EUROPEAN, 0.45, 0.65, 0.04, "pixie"),
    Preset("Zsofia", 48, 36.0, 0.92, EUROPEAN, 0.50, 0.40, 0.12, "fringe"),
    Preset("Aylin", 49, 32.0, 0.93, MIDDLE_EASTERN, 0.45, 0.45, 0.24, "wavy"),
    Preset("Farid", 50, 40.0, 0.06, MIDDLE_EASTERN, 0.55, 0.60, 0.34, "crop"),
    Preset("Leila", 51, 51.0, 0.92, MIDDLE_EASTERN, 0.45, 0.55, 0.30, "long"),
    Preset("Noor", 52, 7.0, 0.88, MIDDLE_EASTERN, 0.45, 0.45, 0.28, "ponytail"),
    Preset("Tariq", 53, 69.0, 0.06, NORTH_AFRICAN, 0.50, 0.50, 0.44, "crop"),
    Preset("Yasmin", 54, 25.0, 0.94, NORTH_AFRICAN, 0.45, 0.40, 0.36, "curly"),
    Preset("Diego", 55, 29.0, 0.08, LATIN, 0.65, 0.50, 0.34, "fade"),
    Preset("Itzel", 56, 38.0, 0.90, ANDEAN, 0.45, 0.60, 0.46, "braids"),
    Preset("Ximena", 57, 63.0, 0.92, LATIN, 0.40, 0.70, 0.30, "bob"),
    Preset("Inti", 58, 54.0, 0.08, ANDEAN, 0.55, 0.55, 0.52, "long"),
    Preset("Luana", 59, 20.0, 0.92, AFRO_LATIN, 0.50, 0.45, 0.52, "curly"),
    Preset("Thiago", 60, 46.0, 0.06, AFRO_LATIN, 0.70, 0.45, 0.58, "coils"),
    Preset("Aroha", 61, 42.0, 0.90, PACIFIC, 0.50, 0.80, 0.50, "wavy"),
    Preset("Kalani", 62, 16.0, 0.15, PACIFIC, 0.55, 0.60, 0.46, "bun"),
    Preset("Tane", 63, 34.0, 0.04, PACIFIC, 0.80, 0.75, 0.54, "ponytail"),
    Preset("Emiko", 64, 30.0, 0.94, EURASIAN, 0.45, 0.40, 0.15, "bob"),
    Preset("Silvio", 65, 86.0, 0.08, LATIN, 0.35, 0.40, 0.22, "bald"),
    Preset("Imani", 66, 11.0, 0.92, AFRO_LATIN, 0.45, 0.55, 0.60, "afro"),
)

_BY_NAME = {record.name.lower(): record for record in PRESETS}


def preset_names() -> tuple[str, ...]:
    """Return the names of the cast in the order of the table."""
    return tuple(record.name for record in PRESETS)


def find_preset(name: str) -> Preset:
    """Return the record of a name, whatever its capitals; an unknown name raises ValueError with the nearest."""
    record = _BY_NAME.get(name.strip().lower())
    if record is None:
        near = difflib.get_close_matches(name.strip().lower(), _BY_NAME, n=1, cutoff=0.0)
        nearest = _BY_NAME[near[0]].name if near else PRESETS[0].name
        raise ValueError(f"person {name!r}: nobody of the cast of {len(PRESETS)} has this name; nearest: {nearest}")
    return record


def preset(name: str) -> Person:
    """Return one of the cast."""
    return _person(find_preset(name))


@lru_cache(maxsize=CACHED_PEOPLE)
def _person(record: Preset) -> Person:
    identity = identity_from_seed(
        record.seed,
        age_years=record.age_years,
        sex=record.sex,
        ancestry=record.ancestry,
        muscle=record.muscle,
        weight=record.weight,
    )
    rng = np.random.default_rng([record.seed, PRESET_STREAM])
    looks = random_appearance(rng, identity, tone=record.tone, hair_style=record.hair_style)
    return Person(record.seed, identity, looks)


def parse_blend(text: str) -> Person:
    """Return the mixture that a text like ``Amara:0.6,Bao:0.4`` asks for; a name without a number weighs 1."""
    shares = []
    for part in text.split(","):
        name, _, number = part.partition(":")
        try:
            weight = float(number) if number.strip() else 1.0
        except ValueError as error:
            raise ValueError(
                f"blend: {number.strip()!r} in {text!r} is no number; example: Amara:0.6,Bao:0.4"
            ) from error
        shares.append((preset(name), weight))
    return blend_people(shares)
