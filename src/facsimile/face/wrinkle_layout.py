"""Lay out one person's wrinkles: how many lines, where, how deep, and how different from side to side."""

import math
from dataclasses import dataclass, replace

import numpy as np

from facsimile.face.wrinkle_table import REST, REST_MARKS, UNIT_MARKS, Bulge, Fold, Mark, Path

FOREHEAD_PATTERNS = ("straight", "arched", "dipped")
"""Lines across the forehead: level, high in the middle, or low in the middle (gull wings)."""
FROWN_PATTERNS = ("pair", "single", "three", "converging")
"""Upright lines between the brows; shares after the glabellar patterns of de Almeida et al. 2012, in idea."""
FEET_PATTERNS = ("fan", "upper", "lower", "middle")
"""Crow's feet after Kane et al. 2003: full fan, upper, lower and central."""
FOREHEAD_SHARES, FROWN_SHARES, FEET_SHARES = (0.4, 0.3, 0.3), (0.5, 0.17, 0.16, 0.17), (0.47, 0.12, 0.25, 0.16)
CHEEK_DIMPLED = 0.22
"""Share of people whose cheeks dimple when they smile (reported between 15 and 40 %)."""
MAX_STRENGTH = (0.6, 1.5)


@dataclass(frozen=True)
class WrinkleStyle:
    """Say how a person's skin folds.

    ``seed`` draws the layout; ``strength`` 0.6-1.5 is a factor on all depths; ``asymmetry`` 0 (sides alike) to about 1;
    ``flush`` 0.5-1.5 is a factor on blood flow.
    """

    seed: int
    strength: float
    asymmetry: float
    flush: float


def random_wrinkle_style(rng: np.random.Generator) -> WrinkleStyle:
    """Draw a style."""
    return WrinkleStyle(
        seed=int(rng.integers(2**31)),
        strength=float(np.clip(np.exp(rng.normal(0, 0.25)), *MAX_STRENGTH)),
        asymmetry=float(np.clip(rng.gamma(3.0, 0.14), 0.1, 1.2)),
        flush=float(np.clip(np.exp(rng.normal(0, 0.3)), 0.5, 1.5)),
    )


def person_marks(style: WrinkleStyle) -> dict[int, tuple[Mark, ...]]:
    """Return each unit's marks in a person's patterns, still alike on both sides and not yet aged."""
    rng = np.random.default_rng([style.seed, 11])
    marks: dict[int, list[Mark]] = {code: list(shared) for code, shared in UNIT_MARKS.items()}
    marks[REST] = list(REST_MARKS)
    inner, outer = _forehead(rng)
    marks[1] += inner
    marks[2] += outer
    marks[4] += _frown(rng)
    feet = _crows_feet(rng)
    marks[6] += feet
    marks[7] += [replace(foot, depth_mm=0.4 * foot.depth_mm) for foot in feet[1:3]]
    marks[17] += _chin_pits(rng)
    marks[18] += _lip_lines(rng, 0.9, 0.6)
    marks[23] += _lip_lines(rng, 0.8, 0.65)
    if rng.random() < CHEEK_DIMPLED:
        marks[12].append(Bulge((0.39 + 0.04 * rng.random(), 6.66), (0.022, 0.045), -1.6))
    return {code: tuple(of_unit) for code, of_unit in marks.items()}


def _chosen(rng: np.random.Generator, names: tuple[str, ...], shares: tuple[float, ...]) -> str:
    return names[int(rng.choice(len(names), p=shares))]


def _forehead(rng: np.random.Generator) -> tuple[list[Mark], list[Mark]]:
    """Return the lines of AU1 (middle) and AU2 (temple side): two to five levels that meet over the pupil."""
    pattern = _chosen(rng, FOREHEAD_PATTERNS, FOREHEAD_SHARES)
    count = int(rng.choice((2, 3, 4, 5), p=(0.2, 0.4, 0.28, 0.12)))
    low, high = 7.63 + rng.normal(0, 0.015), 7.95 + rng.normal(0, 0.03)
    wave = {"straight": 0.0, "arched": 0.035, "dipped": -0.04}[pattern] * rng.uniform(0.6, 1.3)
    inner: list[Mark] = []
    outer: list[Mark] = []
    for k in range(count):
        base = low + (high - low) * (k + 0.5) / count + rng.normal(0, 0.008)
        depth = 1.05 * rng.uniform(0.65, 1.2) * (1.0 if k < 3 else 0.75)
        width, onset = rng.uniform(1.4, 2.0), (0.0, 0.0, 24.0, 36.0, 46.0)[k]
        reach, droop = rng.uniform(0.50, 0.64), rng.uniform(0.04, 0.12)

        def level(x: float, base: float = base, droop: float = droop) -> float:
            return base + wave * math.cos(5.2 * x) - droop * max(0.0, x - 0.36) / 0.26 + 0.03

        def line(xs: tuple[float, ...]) -> Path:
            return tuple((x, level(abs(x)) + rng.normal(0, 0.004)) for x in xs)

        inner.append(Fold(line((-0.06, 0.08, 0.18, 0.28, 0.37)), width, depth, onset=onset))
        outer.append(Fold(line((0.20, 0.30, 0.40, reach)), width, 0.95 * depth, onset=onset))
    return inner, outer


def _frown(rng: np.random.Generator) -> list[Mark]:
    """Return the upright lines of AU4 and the wrinkle across the root of the nose."""
    pattern = _chosen(rng, FROWN_PATTERNS, FROWN_SHARES)
    lean, depth = rng.uniform(-0.01, 0.03), rng.uniform(1.1, 1.7)
    main = Fold(
        ((0.052, 7.34), (0.056, 7.43), (0.066, 7.53), (0.075 + lean, 7.62)), rng.uniform(1.5, 2.0), depth, 0.5, -0.3
    )
    second = Fold(((0.125, 7.48), (0.137, 7.54), (0.162, 7.60)), 1.5, rng.uniform(0.4, 0.9))
    marks: list[Mark] = [second]
    if pattern == "single":
        marks.append(Fold(((0.0, 7.36), (0.004, 7.46), (0.008, 7.58)), 1.9, depth, 0.5))
        marks.append(replace(main, depth_mm=0.45 * depth))
    else:
        marks.append(main)
    if pattern == "three":
        marks.append(Fold(((0.0, 7.42), (0.0, 7.50), (0.0, 7.58)), 1.5, 0.6 * depth, 0.4))
    if pattern == "converging":
        marks.append(Fold(((0.06, 7.50), (0.16, 7.535), (0.28, 7.565)), 1.6, 0.6 * depth))
    level = 7.295 + rng.normal(0, 0.012)
    marks.append(Fold(((-0.05, level + 0.01), (0.02, level), (0.075, level + 0.02)), 1.5, rng.uniform(0.5, 1.1)))
    return marks


def _crows_feet(rng: np.random.Generator) -> list[Fold]:
    """Return the rays at the outer corner of the eye, AU6."""
    low, high = {"fan": (-55, 48), "upper": (-10, 60), "lower": (-70, 8), "middle": (-28, 24)}[
        _chosen(rng, FEET_PATTERNS, FEET_SHARES)
    ]
    count = int(rng.choice((3, 4, 5, 6), p=(0.3, 0.35, 0.23, 0.12)))
    rays = []
    for k in range(count):
        angle = math.radians(low + (high - low) * (k + 0.5) / count + rng.normal(0, 4))
        start, length, bow = rng.uniform(0.03, 0.05), rng.uniform(0.11, 0.21), rng.normal(0, 0.012)
        points = [
            (0.465 + (start + t * length) * math.cos(angle), 7.268 + (start + t * length) * math.sin(angle) + bow * s)
            for t, s in ((0.0, 0.0), (0.5, 1.0), (1.0, 0.0))
        ]
        depth = rng.uniform(0.65, 1.2) * (1.0 if k % 2 == 0 else 0.85)
        rays.append(Fold(tuple(points), rng.uniform(1.0, 1.5), depth, onset=(0.0, 0.0, 20.0, 30.0, 42.0, 52.0)[k]))
    return rays


def _chin_pits(rng: np.random.Generator) -> list[Mark]:
    """Return the pits of a raised chin, AU17: an orange's peel over the boss."""
    pits: list[Mark] = []
    for k in range(int(rng.integers(9, 16))):
        angle, away = 2.4 * k + rng.normal(0, 0.3), 0.115 * math.sqrt((k + 0.5) / 15)
        x, y = abs(away * math.cos(angle)) + 0.008, 6.29 + 0.75 * away * math.sin(angle)
        size = rng.uniform(0.010, 0.016)
        pits.append(Bulge((x, y), (size, size * rng.uniform(0.8, 1.3)), -rng.uniform(0.5, 1.0)))
    return pits


def _lip_lines(rng: np.random.Generator, width_mm: float, depth_mm: float) -> list[Mark]:
    """Return the upright lines round the lips, three to six above and two to four below."""
    lines: list[Mark] = []
    for count, y0, y1 in ((int(rng.integers(3, 7)), 6.705, 6.785), (int(rng.integers(2, 5)), 6.505, 6.43)):
        for k in range(count):
            x = 0.025 + 0.185 * (k + rng.uniform(0.2, 0.8)) / count
            drop = 0.035 * (x / 0.2) ** 2 * (1 if y1 > y0 else -0.6)
            end = y0 + (y1 - y0) * rng.uniform(0.6, 1.15)
            depth = depth_mm * rng.uniform(0.6, 1.2)
            lines.append(
                Fold(((x, y0 - drop), (1.08 * x, (y0 + end) / 2 - drop), (1.17 * x, end - drop)), width_mm, depth)
            )
    return lines
