"""A stand-in for ICT-FaceKit, made from the template: the same layout, counts and names, none of its numbers."""

from functools import lru_cache
from pathlib import Path

import numpy as np

from facsimile.face.eyeballs import fit_eyeball
from facsimile.face.ict_correspondence import DM_PER_ICT_UNIT, ICT_SCLERA, correspondence
from facsimile.face.ict_data import EXPRESSION_NAMES, NUM_IDENTITIES, NUM_VERTICES
from facsimile.face.ict_retarget import LOWER_TEETH, UPPER_TEETH
from facsimile.face.identity import average_identity
from facsimile.face.pack import load_head_pack
from facsimile.face.rig import default_rig
from facsimile.face.shapes import rig_shapes
from facsimile.face.symmetry import mirror_displacements

ENDINGS = {"_L": "Left", "_R": "Right"}


def spread_to_ict(values: np.ndarray) -> np.ndarray:
    """Give each ICT vertex that the correspondence uses the weighted mean of the template's values there."""
    map_ = correspondence()
    sums, weights = np.zeros((NUM_VERTICES, 3)), np.full(NUM_VERTICES, 1e-9)
    for corner in range(3):
        share = map_.weights[:, corner].astype(np.float64) ** 2
        np.add.at(weights, map_.corners[:, corner], share)
        np.add.at(sums, map_.corners[:, corner], share[:, None] * values[map_.placed])
    return sums / weights[:, None]


def place_parts(field: np.ndarray, values: np.ndarray, vertices: np.ndarray) -> None:
    """Fill eyeballs and teeth from the template's parts."""
    pack = load_head_pack()
    for side, (first, end) in enumerate(ICT_SCLERA):
        ball = fit_eyeball(vertices, side)
        rng = np.random.default_rng(0)
        direction = rng.normal(size=(end - first, 3))
        direction /= np.linalg.norm(direction, axis=1, keepdims=True)
        direction[:, 0] *= 1 if side == 0 else -1
        field[first:end] = ball.centre + ball.radius * direction if values is vertices else 0
    for part, (first, end) in (("upper_teeth", UPPER_TEETH), ("lower_teeth", LOWER_TEETH)):
        rows = pack.part_vertices(part)
        field[first:end] = values[np.resize(rows, end - first)]


@lru_cache(maxsize=1)
def synthetic_arrays() -> dict[str, np.ndarray]:
    """Return the arrays of a packed model: our average head, 12 even and 2 odd components, our shapes."""
    neutral = default_rig().neutral_vertices(average_identity())
    names, shapes = rig_shapes()
    ours = dict(zip(names, shapes.mean(0), strict=True))
    scale = 1 / DM_PER_ICT_UNIT
    vertices = spread_to_ict(neutral)
    place_parts(vertices, neutral, neutral)
    expressions = np.zeros((len(EXPRESSION_NAMES), NUM_VERTICES, 3), np.float16)
    for row, name in enumerate(EXPRESSION_NAMES):
        shape = ours.get(name[:-2] + ENDINGS.get(name[-2:], name[-2:]))
        if shape is None and f"{name}Left" in ours:
            shape = ours[f"{name}Left"] + ours[f"{name}Right"]
        if shape is not None:
            field = spread_to_ict(shape)
            place_parts(field, shape, neutral)
            expressions[row] = field * scale
    identities = np.zeros((NUM_IDENTITIES, NUM_VERTICES, 3), np.float16)
    rng = np.random.default_rng(5)
    for row in range(14):
        wave = np.sin(neutral @ rng.normal(size=(3, 3)) * 2 + rng.uniform(0, 6, 3)) * 0.03
        wave = wave.astype(np.float32)
        wave = (wave + (1 if row < 12 else -1) * mirror_displacements(wave[None])[0]) / 2
        identities[row] = spread_to_ict(wave) * scale
    return {
        "vertices": (vertices * scale).astype(np.float32),
        "expression_names": np.array(EXPRESSION_NAMES),
        "expressions": expressions,
        "identities": identities,
    }


def write_synthetic(path: Path) -> Path:
    """Write the packed model."""
    np.savez(path, **synthetic_arrays())
    return path
