"""Look at a reader from the side: half faces, mirrored, small and grey pictures."""

import dataclasses
from typing import Any

import cv2
import numpy as np
from jaxtyping import Float, UInt8
from tqdm import tqdm

from facsimile.app.reader_data import Block
from facsimile.app.reader_evaluation import Subject
from facsimile.data.align import FLIP_LANDMARKS, warp
from facsimile.detect.aligner import crop_from_landmarks
from facsimile.evaluate.half_face import LOWER, UPPER, WHOLE, half_face_scores, half_faces
from facsimile.evaluate.tables import Table, cell, cell_with_interval
from facsimile.facs.action_units import LABEL_UNITS, unit_index

EXPRESSIONS: dict[str, tuple[int, ...]] = {
    "smile": (6, 12, 25), "surprise": (1, 2, 5, 25, 26), "anger": (4, 7, 17, 24), "disgust": (9, 10, 25),
}  # fmt: skip
"""Upper and lower units that go together in prototypes, so that each half suggests the other."""
UPPER_TESTED: dict[str, tuple[int, ...]] = {"smile": (6,), "surprise": (1, 2, 5), "anger": (4,)}
"""Units that must be read from the upper half."""
LOWER_TESTED: dict[str, tuple[int, ...]] = {"smile": (12, 25), "surprise": (26,), "anger": (24,), "disgust": (10,)}
"""Units that must be read from the lower half."""
LEVELS = (2.5, 5.0)
"""Units are drawn evenly from C to E."""
PROBE_SEED = 770_000
"""People of the half-face test are drawn from seeds from here on: in no data set that somebody is likely to make."""
SIZE = 160
PICTURES_PER_PERSON = 4
"""Pictures of a data set that are spoilt, per person of the half-face test."""
PERTURBATIONS = ("mirrored", "half size", "grey")

Image = UInt8[np.ndarray, "_ _ 3"]


@dataclasses.dataclass(frozen=True)
class Portraits:
    """N people, each in one pose and light, at rest and with every expression, as crops [N, S, S, 3]."""

    rest: UInt8[np.ndarray, "N S S 3"]
    elsewhere: UInt8[np.ndarray, "N S S 3"]
    """At rest in another pose and light: what is given as reference."""
    expressive: dict[str, UInt8[np.ndarray, "N S S 3"]]


def draw_portraits(num_people: int, *, crop_size: int, seed: int = 0) -> Portraits:
    """Render people of the recipe ``natural``; about a fifth of a second each."""
    drawn = [_portrait(i, PROBE_SEED + seed, crop_size) for i in tqdm(range(num_people), desc="drawing", delay=2)]
    columns: dict[str, list[np.ndarray]] = {name: [one[name] for one in drawn] for name in drawn[0]}
    stacked = {name: np.stack(crops) for name, crops in columns.items()}
    return Portraits(stacked["rest"], stacked["elsewhere"], {name: stacked[name] for name in EXPRESSIONS})


def half_face_test(subject: Subject, portraits: Portraits, *, seed: int = 0) -> dict[str, Any]:
    """Return the AUC against rest of each tested unit, for the whole expression and its halves.

    ``alone`` and ``beside neutral``, a picture of the person at rest elsewhere; then expression, condition, unit.
    """
    reader = subject.reader
    reference = reader.read(portraits.elsewhere).features
    columns = {code: k for k, code in enumerate(reader.card.units)}
    found: dict[str, Any] = {}
    for way, beside in (("alone", None), ("beside neutral", reference)):
        calm = reader.read(portraits.rest, beside).intensity
        found[way] = {}
        for name, crops in portraits.expressive.items():
            tested = [c for c in (*UPPER_TESTED.get(name, ()), *LOWER_TESTED.get(name, ())) if c in columns]
            units = [columns[code] for code in tested]
            halves = {
                condition: reader.read(half, beside).intensity[:, units].mean(2).astype(np.float64)
                for condition, half in half_faces(crops, portraits.rest).items()
            }
            scores = half_face_scores(calm[:, units].mean(2).astype(np.float64), halves, seed=seed)
            found[way][name] = {
                condition: {str(code): m for code, m in zip(tested, values, strict=True)}
                for condition, values in scores.items()
            }
    return found


def perturbation_test(block: Block, subject: Subject, count: int) -> dict[str, Any]:
    """Return how far readings move when ``count`` pictures of a block are mirrored, halved and greyed.

    ``mean`` over faces, units and sides, ``worst_unit`` the largest mean of a unit, ``p95`` and ``largest`` of single
    values. Mirrored readings are compared with the sides swapped. NaN where no face is found in a picture.
    """
    rows = np.unique(np.linspace(0, len(block.rows) - 1, min(count, len(block.rows))).astype(int))
    moved: dict[str, list[np.ndarray]] = {name: [] for name in PERTURBATIONS}
    images = block.labels.shards.images(block.rows[rows])
    for image, points in zip(images, block.truth.landmarks[rows], strict=True):
        plain = _intensity(subject, image, points)
        for name in PERTURBATIONS:
            seen = _intensity(subject, *perturbed(image, points, name))
            if plain is not None and seen is not None:
                moved[name].append(np.abs((seen[:, ::-1] if name == "mirrored" else seen) - plain))
    return {name: _movement(values, subject.reader.card.units) for name, values in moved.items()}


def perturbed(image: Image, landmarks: Float[np.ndarray, "L 2"], name: str) -> tuple[Image, Float[np.ndarray, "L 2"]]:
    """Return a picture mirrored, at half size, or grey, and its landmarks."""
    if name == "mirrored":
        flipped = landmarks[list(FLIP_LANDMARKS)].copy()
        flipped[:, 0] = image.shape[1] - 1 - flipped[:, 0]
        return np.ascontiguousarray(image[:, ::-1]), flipped
    if name == "half size":
        height, width = image.shape[0] // 2, image.shape[1] // 2
        small = cv2.resize(image, (width, height), interpolation=cv2.INTER_AREA)
        scale = np.array([width / image.shape[1], height / image.shape[0]])
        return small, (landmarks + 0.5) * scale - 0.5
    return cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB), landmarks


def half_face_table(name: str, found: dict[str, Any]) -> Table:
    """Lay the half-face test out, one row per unit."""
    rows = [
        (
            f"AU{int(code):02d} of {expression}, {way}",
            "upper" if int(code) in UPPER_TESTED.get(expression, ()) else "lower",
            *(cell_with_interval(conditions[c][code]) for c in (WHOLE, UPPER, LOWER)),
        )
        for way, expressions in found.items()
        for expression, conditions in expressions.items()
        for code in conditions[WHOLE]
    ]
    note = "AUC against the same people at rest. A unit must be read from its own half and be near .5 from the other."
    return Table(f"{name}: half faces", ("", "its half", WHOLE, f"{UPPER} alone", f"{LOWER} alone"), rows, note)


def perturbation_table(name: str, found: dict[str, Any]) -> Table:
    """Lay out how far readings move."""
    rows = [
        (kind, cell(of["n"]), *(cell(of[key]) for key in ("mean", "worst_unit", "p95", "largest")), of["worst_code"])
        for kind, of in found.items()
    ]
    heads = ("", "faces", "mean", "worst unit", "95 % below", "largest", "which unit")
    return Table(f"{name}: change of intensity on spoilt pictures", heads, rows, "Mirrored: after swapping the sides.")


def _portrait(identity: int, seed: int, crop_size: int) -> dict[str, UInt8[np.ndarray, "S S 3"]]:
    """Render one person at rest, elsewhere, and with every expression in the pose and light of the first."""
    from facsimile.render.renderer import render
    from facsimile.studio.people import person_of, scene_of
    from facsimile.studio.recipe import recipe_named
    from facsimile.studio.shots import shot

    recipe = recipe_named("natural")
    person = person_of(seed, identity)
    first = identity * recipe.images_per_identity
    rest = np.zeros((len(LABEL_UNITS), 2))
    base, other = (
        dataclasses.replace(shot(recipe, seed, index), action_units=rest, occluder="")
        for index in (first, first + recipe.images_per_light)
    )
    random = np.random.default_rng([seed, identity])
    shots = {"rest": base, "elsewhere": other}
    for name, codes in EXPRESSIONS.items():
        shots[name] = dataclasses.replace(base, action_units=_levels(codes, random))
    drawn = {name: render(scene_of(one, person, seed=seed, size=SIZE)) for name, one in shots.items()}
    place = crop_from_landmarks(drawn["rest"].landmarks.astype(np.float64), crop_size)
    aside = crop_from_landmarks(drawn["elsewhere"].landmarks.astype(np.float64), crop_size)
    return {name: warp(one.image, aside if name == "elsewhere" else place, crop_size) for name, one in drawn.items()}


def _levels(codes: tuple[int, ...], random: np.random.Generator) -> Float[np.ndarray, "A 2"]:
    values = np.zeros((len(LABEL_UNITS), 2))
    for code in codes:
        values[unit_index(code)] = random.uniform(*LEVELS)
    return values


def _intensity(subject: Subject, image: Image, landmarks: Float[np.ndarray, "L 2"]) -> Float[np.ndarray, "U 2"] | None:
    matrix = subject.place(image, landmarks)
    return None if matrix is None else subject.look(image, matrix)[0].intensity[0].astype(np.float64)


def _movement(moved: list[np.ndarray], units: tuple[int, ...]) -> dict[str, Any]:
    """Sum up differences [U, 2] of some faces."""
    if not moved:
        return {"n": 0, "mean": np.nan, "worst_unit": np.nan, "p95": np.nan, "largest": np.nan, "worst_code": ""}
    values = np.stack(moved)
    by_unit = values.mean((0, 2))
    return {
        "n": len(values),
        "mean": float(values.mean()),
        "worst_unit": float(by_unit.max()),
        "p95": float(np.quantile(values, 0.95)),
        "largest": float(values.max()),
        "worst_code": f"AU{units[int(by_unit.argmax())]:02d}",
    }
