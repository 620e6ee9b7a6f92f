"""Draw action units: which units, how strong, on which side; never a pair that anatomy excludes.

Labels only teach what they tell apart: each common unit is active in about a fifth of the images, independently of
the others, and expression prototypes are rare and come with broken counter-examples.
"""

import functools

import numpy as np
from jaxtyping import Bool, Float

from facsimile.facs.action_units import LABEL_UNITS, UNITS, UPPER_FACE_UNITS, unit_index
from facsimile.facs.expression import MAX_INTENSITY
from facsimile.facs.intensity import THRESHOLDS
from facsimile.studio.recipe import Recipe

Levels = dict[int, float]
"""Unit code -> strength in (0, 1], both sides alike."""

EXCLUSIVE: tuple[tuple[int, int], ...] = (
    # One part in two places, or opposite movements of the same part (FACS Manual 2002, "alternative AUs").
    (26, 27), (5, 43), (12, 13), (34, 35), (38, 39), (16, 17),
    # Lips pucker, funnel, press or roll in: one at a time.
    (18, 20), (18, 22), (18, 28), (22, 24), (22, 28), (24, 28), (16, 28),
    # Pressed, rolled-in and puffed lips are closed; a wide open mouth cannot pucker, funnel or tighten.
    (24, 25), (24, 26), (24, 27), (28, 25), (28, 26), (28, 27), (34, 25), (34, 26), (34, 27), (16, 24),
    (18, 27), (22, 27), (23, 27), (17, 27), (35, 27),
    # The tongue shows between parted lips.
    (19, 24), (19, 28), (19, 34), (19, 35), (19, 18), (19, 22), (19, 23), (19, 17),
)  # fmt: skip
"""Pairs of units that no face is given together."""

PROTOTYPES: tuple[Levels, ...] = (
    # Emotion prototypes and variants (Ekman, Friesen & Hager 2002, Investigator's Guide); the strengths are ours.
    {6: 0.8, 12: 1.0, 25: 0.8}, {6: 1.0, 12: 1.0, 25: 1.0, 26: 0.6}, {6: 0.5, 12: 0.8},
    {1: 1.0, 4: 0.6, 15: 0.9, 17: 0.5}, {1: 1.0, 4: 0.5, 15: 0.6},
    {1: 1.0, 2: 1.0, 5: 0.8, 26: 1.0, 25: 0.8}, {1: 1.0, 2: 1.0, 5: 1.0, 27: 0.8, 25: 1.0},
    {1: 1.0, 2: 0.8, 4: 0.7, 5: 1.0, 20: 0.8, 26: 0.6, 25: 0.6}, {1: 0.9, 2: 0.7, 4: 0.6, 5: 0.9, 20: 0.8},
    {4: 1.0, 5: 0.5, 7: 0.7, 23: 0.9}, {4: 1.0, 5: 0.7, 7: 0.6, 24: 0.8}, {4: 1.0, 5: 0.6, 7: 0.6, 10: 0.8, 25: 1.0},
    {9: 1.0, 10: 0.7, 17: 0.6}, {9: 1.0, 4: 0.6, 25: 0.5}, {10: 0.9, 25: 0.6}, {10: 0.8, 15: 0.6, 17: 0.6},
    {14: 1.0}, {12: 0.5, 14: 0.8},
    # Everyday faces: doubt, concentration, pain, sleep, yawn, held-back and surprised smiles.
    {1: 1.0, 2: 1.0, 17: 0.6, 15: 0.5}, {4: 0.8, 7: 0.6, 17: 0.5}, {4: 0.9, 6: 0.8, 7: 1.0, 9: 0.7, 43: 0.8},
    {43: 1.0}, {43: 1.0, 27: 0.9, 25: 1.0}, {12: 0.7, 24: 0.6}, {1: 0.8, 2: 0.8, 12: 0.9, 25: 0.8, 26: 0.5},
)  # fmt: skip
"""Expression prototypes, as unit -> strength."""

SPEECH: tuple[Levels, ...] = (
    # Mouths of speech by sound: a, e, i, o, u/w, sh, f, m/b/p, s, th, l.
    {25: 0.8, 26: 0.9}, {25: 0.7, 26: 0.5, 20: 0.4}, {25: 0.6, 20: 0.7}, {18: 0.5, 25: 0.5, 26: 0.6},
    {18: 0.9, 25: 0.3}, {22: 0.8, 25: 0.7}, {16: 0.3, 25: 0.4, 10: 0.4}, {24: 0.6}, {25: 0.4, 23: 0.5},
    {16: 0.7, 25: 0.7}, {22: 0.5, 25: 0.6, 26: 0.5}, {28: 0.5},
)  # fmt: skip
"""Mouths of speech, as unit -> strength: a coarse table of our own."""

SMILE_COMPANIONS: dict[int, tuple[float, float, float, float]] = {
    6: (0.35, 0.55, 0.5, 1.1), 25: (0.25, 0.65, 0.5, 1.1), 26: (0.05, 0.35, 0.2, 0.7), 7: (0.1, 0.25, 0.2, 0.6),
    10: (0.0, 0.2, 0.2, 0.6), 14: (0.12, 0.0, 0.3, 0.8),
}  # fmt: skip
"""What goes with a smile: unit -> chance beside the faintest one, what the broadest adds to it, and least and greatest
strength in strengths of the smile. Ours; that 6 goes with most smiles and 25 with most broad ones is what coded data
show (DISFA, Mavadati et al. 2013; BP4D, Zhang et al. 2014)."""
SMILE_BROWS_CHANCE = 0.2
SMILE_BROWS = (1, 2, 4, 5)

MOST_USED: tuple[int, ...] = (
    1, 2, 4, 5, 6, 7, 9, 10, 11, 12, 14, 15, 16, 17, 18, 20, 22, 23, 24, 25, 26, 28, 38, 39, 43,
)  # fmt: skip
"""The 25 units that data sets of coded faces label most: BP4D, DISFA, EmotioNet, UNBC-McMaster, GFT and CK+, without
those that at most one of them labels more than a few times, and without 27, which most take for a strong 26."""

LIP_SHAPES: tuple[tuple[tuple[int, ...], float], ...] = (
    ((28,), 0.271), ((22,), 0.263), ((24,), 0.189), ((18,), 0.189), ((18, 24), 0.068), ((19,), 0.01), ((27,), 0.01),
)  # fmt: skip
"""What the lips of an independent draw do first, with its chance: these shapes exclude each other but for 18 and 24,
which meet as often as two independent units would. Each has to fill a quarter of the draws to be as common as the
other units, so every draw has one, weak ones too; the other methods mostly leave the lips alone."""

WEIGHTS: Levels = {
    1: 0.83, 2: 0.86, 4: 0.86, 5: 1, 6: 0.91, 7: 0.92, 9: 0.95, 10: 1, 11: 1.1, 12: 0.99, 13: 0.062, 14: 1, 15: 1.1,
    16: 4, 17: 1.5, 20: 1.4, 21: 0.061, 23: 1.2, 25: 2.9, 26: 3.9, 29: 0.065, 30: 0.041, 34: 0.078, 35: 0.075, 38:
    1.6, 39: 1.6, 43: 1.1,
}  # fmt: skip
"""Chance of each other unit in an independent draw, up to a factor. Fitted by ``scripts/fit_mixture.py`` so that
``mixed`` shows each unit of `MOST_USED` at C or above about equally often, the rest in 1 to 2 % of the images;
`studio.report` prints the outcome."""


@functools.cache
def exclusion_matrix() -> Bool[np.ndarray, "A A"]:
    """Return which pairs of units, in the order of axis A, may not occur together (symmetric)."""
    matrix = np.zeros((len(LABEL_UNITS), len(LABEL_UNITS)), bool)
    for first, second in EXCLUSIVE:
        matrix[unit_index(first), unit_index(second)] = matrix[unit_index(second), unit_index(first)] = True
    return matrix


def sample_action_units(
    recipe: Recipe, rng: np.random.Generator, *, neutral_chance: float | None = None
) -> Float[np.ndarray, "A 2"]:
    """Draw one face's intensities, 0-5, sides (left, right).

    ``neutral_chance`` replaces the recipe's share of neutral faces; the other methods keep their proportions.
    """
    neutral = recipe.neutral_share if neutral_chance is None else neutral_chance
    if rng.random() < neutral:
        return np.zeros((len(LABEL_UNITS), 2))
    method = rng.random() * (1 - recipe.neutral_share)
    for share, draw in (
        (recipe.uniform_share, _uniform),
        (recipe.single_share, _single),
        (recipe.prototype_share, _prototype),
        (recipe.speech_share, _speech),
        (recipe.smile_share, _smile),
    ):
        if method < share:
            return draw(recipe, rng)
        method -= share
    count = int(rng.integers(recipe.min_units, recipe.max_units + 1, 2).max())
    return spread_over_sides(_drawn(recipe, rng, _draw_codes(rng, count, start=_lip_shape(rng))), recipe, rng)


def _uniform(recipe: Recipe, rng: np.random.Generator) -> Float[np.ndarray, "A 2"]:
    """Draw 1..max sides of units without replacement, dropping what excludes an earlier one."""
    slots = [(i, s) for i, code in enumerate(LABEL_UNITS) for s in ((0, 1) if UNITS[code].is_sided else (2,))]
    values = np.zeros((len(LABEL_UNITS), 2))
    for k in rng.permutation(len(slots))[: int(rng.integers(1, recipe.max_uniform_units + 1))]:
        unit, side = slots[k]
        level = rng.uniform(recipe.min_intensity, recipe.max_intensity)
        is_jaw_twice = LABEL_UNITS[unit] == 30 and values[unit].any()
        if not (is_jaw_twice or (exclusion_matrix()[unit] & values.any(1)).any()):
            values[unit, slice(None) if side == 2 else side] = level
    return values


def _single(recipe: Recipe, rng: np.random.Generator) -> Float[np.ndarray, "A 2"]:
    return spread_over_sides(_drawn(recipe, rng, [int(rng.choice(LABEL_UNITS))]), recipe, rng)


def _prototype(recipe: Recipe, rng: np.random.Generator) -> Float[np.ndarray, "A 2"]:
    """Draw a prototype; in every second face the upper and lower halves come from different rows or one is still."""
    first, second = rng.choice(len(PROTOTYPES), 2, replace=False)
    levels = dict(PROTOTYPES[first])
    if rng.random() < 0.5:
        upper = {code: u for code, u in levels.items() if code in UPPER_FACE_UNITS}
        lower = {code: u for code, u in PROTOTYPES[second].items() if code not in UPPER_FACE_UNITS}
        still = rng.random()
        levels = _merged({} if still < 0.3 else upper, {} if 0.3 <= still < 0.6 else lower) or levels
    gain = rng.uniform(recipe.min_prototype_gain, 1.0)
    jittered = {code: min(1.0, u * gain * rng.uniform(0.7, 1.2)) for code, u in levels.items()}
    return spread_over_sides(_within(recipe, jittered), recipe, rng)


def _speech(recipe: Recipe, rng: np.random.Generator) -> Float[np.ndarray, "A 2"]:
    """Draw a mouth of speech and up to four independent units of the upper face."""
    gain = rng.uniform(0.4, 1.1)
    mouth = {code: min(1.0, u * gain * rng.uniform(0.7, 1.2)) for code, u in SPEECH[rng.integers(len(SPEECH))].items()}
    codes = _draw_codes(rng, int(rng.integers(0, 5)), only=UPPER_FACE_UNITS)
    return spread_over_sides(_within(recipe, mouth) | _drawn(recipe, rng, codes), recipe, rng)


def _smile(recipe: Recipe, rng: np.random.Generator) -> Float[np.ndarray, "A 2"]:
    """Draw a smile: the broader, the more often raised cheeks, parted lips and a raised upper lip go with it."""
    corners = rng.uniform(recipe.min_intensity, recipe.max_intensity) / MAX_INTENSITY
    levels = {12: corners}
    for code, (chance, rise, low, high) in SMILE_COMPANIONS.items():
        if rng.random() < chance + rise * corners:
            levels[code] = min(1.0, corners * rng.uniform(low, high))
    if 25 not in levels:
        levels.pop(26, None)
    if rng.random() < SMILE_BROWS_CHANCE:
        codes = _draw_codes(rng, int(rng.integers(1, 3)), only=SMILE_BROWS)
        levels |= {code: _level(recipe, rng) / MAX_INTENSITY * 0.6 for code in codes}
    return spread_over_sides(_within(recipe, levels), recipe, rng)


def _merged(first: Levels, second: Levels) -> Levels:
    """Return both sets without the members of the second that the first excludes."""
    excluded = exclusion_matrix()
    kept = {
        code: u
        for code, u in second.items()
        if not any(excluded[unit_index(code), unit_index(other)] for other in first)
    }
    return first | kept


def _within(recipe: Recipe, levels: Levels) -> Levels:
    """Turn strengths 0-1 into intensities inside the recipe's bounds."""
    return {code: float(np.clip(5 * u, recipe.min_intensity, recipe.max_intensity)) for code, u in levels.items()}


def _drawn(recipe: Recipe, rng: np.random.Generator, codes: list[int]) -> Levels:
    """Give each unit an intensity."""
    return {code: _level(recipe, rng) for code in codes}


def _level(recipe: Recipe, rng: np.random.Generator) -> float:
    """Draw an intensity inside the recipe's bounds: each FACS letter as often as the others, or evenly over the scale.

    The letter E is half as wide as the others, so the two differ.
    """
    if not recipe.are_letters_even:
        return rng.uniform(recipe.min_intensity, recipe.max_intensity)
    edges = np.clip([*THRESHOLDS, MAX_INTENSITY], recipe.min_intensity, recipe.max_intensity)
    letter = int(rng.integers(len(THRESHOLDS)))
    return rng.uniform(edges[letter], edges[letter + 1])


def _draw_codes(
    rng: np.random.Generator, count: int, *, start: tuple[int, ...] = (), only: tuple[int, ...] = LABEL_UNITS
) -> list[int]:
    """Add units to ``start`` by `WEIGHTS` until there are ``count``, leaving out what the earlier ones exclude."""
    weights = np.array([WEIGHTS.get(code, 0.0) if code in only else 0.0 for code in LABEL_UNITS])
    codes = list(start)
    for code in codes:
        weights[exclusion_matrix()[unit_index(code)]] = 0
    while len(codes) < count and weights.sum() > 0:
        edges = np.cumsum(weights)
        unit = int(np.searchsorted(edges, rng.random() * edges[-1], side="right"))
        codes.append(LABEL_UNITS[unit])
        weights[unit] = 0
        weights[exclusion_matrix()[unit]] = 0
    return codes


def _lip_shape(rng: np.random.Generator) -> tuple[int, ...]:
    """Draw one of `LIP_SHAPES`."""
    edges = np.cumsum([chance for _, chance in LIP_SHAPES])
    return LIP_SHAPES[int(np.searchsorted(edges, rng.random() * edges[-1], side="right"))][0]


def spread_over_sides(levels: Levels, recipe: Recipe, rng: np.random.Generator) -> Float[np.ndarray, "A 2"]:
    """Spread intensities over both sides; in an asymmetric face each sided unit decides for itself."""
    values = np.zeros((len(LABEL_UNITS), 2))
    is_asymmetric = rng.random() < recipe.asymmetric_share
    for code, level in levels.items():
        sides = np.array([level, level])
        kind, side, other = rng.random(), int(rng.integers(2)), _level(recipe, rng)
        one_sided = recipe.one_sided_share * (1.5 if code == 43 else 1.0)
        if code == 30 or (is_asymmetric and UNITS[code].is_sided and kind < one_sided):
            sides[side] = 0.0
        elif is_asymmetric and UNITS[code].is_sided and kind < one_sided + recipe.own_level_share:
            sides[side] = other
        values[unit_index(code)] = sides
    return values
