"""Draw people: age, sex, ancestry, build and local form, as weights of the head pack's identity shapes."""

import re
from dataclasses import dataclass, field
from functools import lru_cache

import numpy as np
from jaxtyping import Float32

from facsimile.face.pack import load_head_pack
from facsimile.face.style import neutral_style, random_style

ANCESTRIES = ("african", "asian", "european")
"""Order of ``Identity.ancestry``; the pack calls the last one caucasian, MakeHuman's word."""
PACK_ANCESTRIES = ("african", "asian", "caucasian")

CHILD_YEARS, YOUNG_YEARS, OLD_YEARS = 10.0, 25.0, 90.0
"""Ages of MakeHuman's child, young and old targets (its ``human.py``: 10, 25, 90 years); linear in between."""
YOUNGEST_YEARS = 6.0
"""Age down to which the line from young to child is followed beyond the child."""

SIGMA = 0.22
"""Standard deviation of a local weight: 5 mm over the face; above 0.3 people become caricatures (measured)."""
DISTINCT = (0.65, 1.3)
"""Factor on all local form of a person: some are plain, some are striking."""
CLIP_SIGMAS = 2.2
"""No local weight goes further: ordinary people."""
SIDE_SIGMA = 0.12
"""Difference between left and right, as a part of the axis's standard deviation."""
MAX_LOPSIDED = 2.0
"""Largest factor on a person's asymmetry; the mean is 1."""
UNIPOLAR_CHANCE = 0.2
"""Chance that a shape without an opposite (oval head, square ear) is present."""

AXIS_SIGMA = (
    (r"head:head-age|neck:measure|ears:.*pointed|head:head-trans", 0.0),
    (r"neck:|head:head-fat|chin:chin-cleft|eyes:.*epicanthus|mouth:mouth-laugh|mouth:mouth-dimples", 0.10),
    (r"(mouth|nose):.*-trans-(in|out)", 0.06),
    (r"mouth:mouth-(angles|upperlip-volume|lowerlip-volume)|eyes:.*(scale|push|height)", 0.14),
    (r"head:head-scale|(mouth|nose|eyebrows):.*-trans", 0.17),
    (r"asym:", 0.13),
)
"""First matching pattern sets the standard deviation of an axis; else ``SIGMA``. Chosen by eye on 24-face sheets."""

ADULT_DRIFT = {"mouth:mouth-scale-horiz-incr": 0.30}
"""MakeHuman's grown-ups have narrow mouths: 54 % of the width over the eyes on average, where Farkas (1994) measured
57 to 60 % on adults of both sexes."""

AGE_DRIFT = {
    "eyes:{}-eye-bag-incr": 0.40,
    "eyes:{}-eye-eyefold-down": 0.45,
    "eyes:{}-eye-height2-decr": 0.15,
    "eyebrows:eyebrows-trans-down": 0.25,
    "mouth:mouth-upperlip-volume-decr": 0.55,
    "mouth:mouth-lowerlip-volume-decr": 0.40,
    "mouth:mouth-upperlip-height-decr": 0.35,
    "mouth:mouth-angles-down": 0.12,
    "mouth:mouth-laugh-lines-in": 0.30,
    "chin:chin-jaw-drop-incr": 0.45,
    "neck:neck-double-incr": 0.30,
    "nose:nose-point-down": 0.35,
    "nose:nose-volume-incr": 0.25,
    "nose:nose-scale-vert-incr": 0.15,
    "ears:{}-ear-lobe-incr": 0.50,
    "ears:{}-ear-scale-vert-incr": 0.35,
    "cheek:{}-cheek-volume-decr": 0.25,
    "cheek:{}-cheek-trans-down": 0.35,
    "forehead:forehead-temple-decr": 0.35,
}
"""Local form that 85 years add to MakeHuman's old target; slowly from 35 on, fast in the end. What sags and thins
follows Mendelson and Wong 2012 (Changes in the facial skeleton with aging); the amounts were chosen by eye."""
CHILD_DRIFT = {
    "eyes:{}-eye-scale-incr": 0.22,
    "nose:nose-scale-vert-decr": 0.25,
    "nose:nose-point-up": 0.20,
    "chin:chin-height-decr": 0.25,
    "cheek:{}-cheek-volume-incr": 0.30,
    "forehead:forehead-scale-vert-incr": 0.20,
}
"""Local form that 6 years add to MakeHuman's child, evenly from 15 down; chosen by eye."""
FAT_DRIFT = {
    "cheek:{}-cheek-volume-incr": 0.45,
    "head:head-fat-incr": 0.30,
    "neck:neck-double-incr": 0.60,
    "chin:chin-jaw-drop-incr": 0.25,
}
LEAN_DRIFT = {"cheek:{}-cheek-volume-decr": 0.50, "head:head-fat-decr": 0.30, "cheek:{}-cheek-inner-decr": 0.25}
"""Local form of the heaviest and the leanest, beyond MakeHuman's body targets; chosen by eye."""

OPPOSITES = (
    ("decr", "incr"),
    ("down", "up"),
    ("in", "out"),
    ("backward", "forward"),
    ("concave", "convex"),
    ("compress", "uncompress"),
)
IDENTITY_FAMILIES = ("fu:", "ex:")


@dataclass(frozen=True, eq=False)
class Identity:
    """Describe one person who does not exist.

    ``seed`` makes the same person again (``identity_from_seed``); ``age_years`` 6-90; ``sex`` 0 male to 1 female;
    ``ancestry`` parts of African, Asian and European form, sum 1; ``muscle`` and ``weight`` 0-1 (0.5 average);
    ``weights`` [K] of the first K shapes of the pack, or of the components of another ``rig`` (``face.rigs``);
    ``style`` the person's own way of moving (``face.style``).
    """

    seed: int
    age_years: float
    sex: float
    ancestry: tuple[float, float, float]
    muscle: float
    weight: float
    weights: Float32[np.ndarray, " K"]
    rig: str = "makehuman"
    style: Float32[np.ndarray, "Q 2"] = field(default_factory=neutral_style)


@dataclass(frozen=True)
class Axis:
    """Name the shapes of one direction of local form: left (or middle) and right, each (minus or -1, plus)."""

    left: tuple[int, int]
    right: tuple[int, int] | None
    sigma: float
    is_lopsided: bool
    """Whether it moves the sides of the face apart (MakeHuman's asymmetry targets)."""


def num_identity_shapes() -> int:
    """Count the identity shapes; they come first in the pack."""
    names = load_head_pack().shape_names
    return sum(not name.startswith(IDENTITY_FAMILIES) for name in names)


def age_mix(age_years: float) -> dict[str, float]:
    """Split an age into parts of MakeHuman's child, young and old forms, sum 1; ages outside 6-90 are clamped.

    Below 10 years the child's part exceeds 1 and the young's is negative: the line is followed on.
    """
    anchors = (CHILD_YEARS, YOUNG_YEARS, OLD_YEARS)
    if age_years < CHILD_YEARS:
        beyond = (CHILD_YEARS - max(age_years, YOUNGEST_YEARS)) / (YOUNG_YEARS - CHILD_YEARS)
        return {"child": 1 + beyond, "young": -beyond, "old": 0.0}
    return {
        name: float(np.interp(age_years, anchors, row))
        for name, row in zip(("child", "young", "old"), np.eye(3), strict=True)
    }


def build_mix(value: float, noun: str) -> dict[str, float]:
    """Split 0-1 into parts of MakeHuman's min, average and max forms of ``noun``."""
    names = (f"min{noun}", f"average{noun}", f"max{noun}")
    return {name: float(np.interp(value, (0, 0.5, 1), row)) for name, row in zip(names, np.eye(3), strict=True)}


def macro_weights(
    *, age_years: float, sex: float, ancestry: tuple[float, float, float], muscle: float, weight: float
) -> Float32[np.ndarray, " K"]:
    """Return the weights of the whole-head forms: ancestry x sex x age, and sex x age x muscle x weight."""
    index = load_head_pack().shape_index
    weights = np.zeros(num_identity_shapes(), np.float32)
    for sex_name, sex_part in (("male", 1 - sex), ("female", sex)):
        for age_name, age_part in age_mix(age_years).items():
            part = sex_part * age_part
            for name, share in zip(PACK_ANCESTRIES, ancestry, strict=True):
                weights[index[f"race:{name}-{sex_name}-{age_name}"]] += part * share
            for muscle_name, muscle_part in build_mix(muscle, "muscle").items():
                for weight_name, weight_part in build_mix(weight, "weight").items():
                    name = f"univ:{sex_name}-{age_name}-{muscle_name}-{weight_name}"
                    weights[index[name]] += part * muscle_part * weight_part
    return weights


@lru_cache(maxsize=1)
def local_axes() -> tuple[Axis, ...]:
    """Pair the local shapes of the pack into axes: minus with plus, left with right."""
    names = [n for n in load_head_pack().shape_names if not n.startswith(("race:", "univ:", *IDENTITY_FAMILIES))]
    grouped: dict[str, tuple[int, int]] = {}
    for name in names:
        key, is_minus = axis_key(name)
        minus, plus = grouped.get(key, (-1, -1))
        shape = load_head_pack().shape_index[name]
        grouped[key] = (shape, plus) if is_minus else (minus, shape)
    axes = []
    for key, shapes in grouped.items():
        if ":r-" not in key:
            right = grouped[key.replace(":l-", ":r-")] if ":l-" in key else None
            lopsided = key.startswith("asym:")
            axes.append(Axis(left=shapes, right=right, sigma=axis_sigma(key), is_lopsided=lopsided))
    return tuple(axes)


def axis_key(name: str) -> tuple[str, bool]:
    """Split a shape name into its axis and whether it is the minus end."""
    for minus, plus in (*OPPOSITES, *((f"{k}-r", f"{k}-l") for k in "12345678" if name.startswith("asym:"))):
        for end in (minus, plus):
            if name.endswith(f"-{end}"):
                return f"{name.removesuffix(end)}{minus}", end == minus
    return name, False


def axis_sigma(key: str) -> float:
    """Look up the standard deviation of an axis."""
    return next((sigma for pattern, sigma in AXIS_SIGMA if re.match(pattern, key)), SIGMA)


def local_weights(rng: np.random.Generator) -> Float32[np.ndarray, " K"]:
    """Draw the local form: each axis once, the two sides nearly alike."""
    weights = np.zeros(num_identity_shapes() + 1, np.float32)
    distinct, lopsided = rng.uniform(*DISTINCT), min(MAX_LOPSIDED, rng.gamma(4.0, 0.25))
    for axis in local_axes():
        value, side, chance = rng.normal(), rng.normal(), rng.random()
        value = float(np.clip(value, -CLIP_SIGMAS, CLIP_SIGMAS)) * axis.sigma
        value *= lopsided if axis.is_lopsided else distinct
        if axis.left[0] < 0:
            value = 2 * abs(value) if chance < UNIPOLAR_CHANCE else 0.0
        side = float(np.clip(side, -CLIP_SIGMAS, CLIP_SIGMAS)) * axis.sigma * SIDE_SIGMA * lopsided
        put(weights, axis.left, value)
        if axis.right is not None:
            put(weights, axis.right, value + side if value else 0.0)
    return weights[:-1]


def drift_weights(*, age_years: float, weight: float) -> Float32[np.ndarray, " K"]:
    """Return the local form that growing up, age and fat bring to everybody."""
    index = load_head_pack().shape_index
    weights = np.zeros(num_identity_shapes(), np.float32)
    fat = 2 * (weight - 0.5)
    for table, share in (
        (ADULT_DRIFT, np.clip((age_years - 6) / 12, 0, 1)),
        (AGE_DRIFT, np.clip((age_years - 35) / 50, 0, 1) ** 1.4),
        (CHILD_DRIFT, np.clip((15 - age_years) / 9, 0, 1)),
        (FAT_DRIFT, max(0.0, fat)),
        (LEAN_DRIFT, max(0.0, -fat)),
    ):
        for name, amount in table.items():
            for side in "lr" if "{}" in name else "-":
                weights[index[name.format(side)]] += amount * float(share)
    return weights


def put(weights: Float32[np.ndarray, " K"], ends: tuple[int, int], value: float) -> None:
    """Write a signed value to the plus or the minus shape of an axis; a missing end takes nothing (last slot)."""
    shape = ends[1] if value > 0 else ends[0]
    weights[shape] += abs(value)


def identity_from_seed(
    seed: int,
    *,
    age_years: float | None = None,
    sex: float | None = None,
    ancestry: tuple[float, float, float] | None = None,
    muscle: float | None = None,
    weight: float | None = None,
) -> Identity:
    """Return the person with this number; the same in every process. What is given replaces what would be drawn.

    Age: 10 % children 6-17, 60 % 18-50, 30 % 50-88, uniform inside. Sex: two bells around 0.12 and 0.88. Ancestry:
    Dirichlet(0.5), so that most people lean to one, many are mixed. Build: normal around average.
    """
    rng = np.random.default_rng(seed)
    band = rng.choice(3, p=(0.10, 0.60, 0.30))
    drawn_age = float(rng.uniform(*((6, 18), (18, 50), (50, 88))[band]))
    drawn_sex = float(np.clip(rng.normal(0.12 if rng.random() < 0.5 else 0.88, 0.11), 0, 1))
    african, asian, european = (float(part) for part in rng.dirichlet((0.5, 0.5, 0.5)))
    drawn_muscle = float(np.clip(rng.normal(0.5, 0.18), 0, 1))
    drawn_weight = float(np.clip(rng.normal(0.5, 0.22), 0, 1))
    age_years = drawn_age if age_years is None else age_years
    sex = drawn_sex if sex is None else sex
    ancestry = (african, asian, european) if ancestry is None else ancestry
    muscle = drawn_muscle if muscle is None else muscle
    weight = drawn_weight if weight is None else weight
    macro = macro_weights(age_years=age_years, sex=sex, ancestry=ancestry, muscle=muscle, weight=weight)
    weights = macro + drift_weights(age_years=age_years, weight=weight) + local_weights(rng)
    return Identity(seed, age_years, sex, ancestry, muscle, weight, weights, style=random_style(seed))


def random_identity(rng: np.random.Generator) -> Identity:
    """Draw a person; takes one integer from ``rng``."""
    return identity_from_seed(int(rng.integers(2**32)))


def average_identity() -> Identity:
    """Return a symmetric 25-year-old without local form, half way between the sexes and the ancestries; seed -1."""
    third = (1 / 3, 1 / 3, 1 / 3)
    weights = macro_weights(age_years=YOUNG_YEARS, sex=0.5, ancestry=third, muscle=0.5, weight=0.5)
    return Identity(-1, YOUNG_YEARS, 0.5, third, 0.5, 0.5, weights)
