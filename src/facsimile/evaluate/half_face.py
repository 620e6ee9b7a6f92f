"""Which half of the face does each unit look at? Half of an expression is replaced by the same person at rest.

A reader of muscles keeps AU12 from the mouth and AU6 from the eyes, and cannot tell an expression from rest (AUC .5)
when its own half is at rest; a reader of prototypes infers one half from the other.
"""

import numpy as np
from jaxtyping import Float, UInt8

from facsimile.evaluate.agreement import weighted_auc
from facsimile.evaluate.bootstrap import Measured, draw_people, measured

SEAM = 0.59
"""Height of the seam in crops: between the base of the nose (.564) and the upper lip (.620) of the template."""
SEAM_WIDTH = 0.014
"""Of the soft edge, in crops: 1.5 px of 112."""
WHOLE, UPPER, LOWER = "whole", "upper half", "lower half"
CONDITIONS = (WHOLE, UPPER, LOWER)
"""What is left of the expression."""

Crops = UInt8[np.ndarray, "N S S 3"]


def half_faces(expressive: Crops, rest: Crops) -> dict[str, Crops]:
    """Return the expressions whole, and with all but the upper or the lower half replaced by the person at rest."""
    size = expressive.shape[1]
    below = 1 / (1 + np.exp(-((np.arange(size) + 0.5) / size - SEAM) / SEAM_WIDTH))[None, :, None, None]

    def mixed(weight: np.ndarray) -> Crops:
        return np.round(expressive * weight + rest * (1 - weight)).astype(np.uint8)

    return {WHOLE: expressive, UPPER: mixed(1 - below), LOWER: mixed(below)}


def half_face_scores(
    rest: Float[np.ndarray, "N K"], conditions: dict[str, Float[np.ndarray, "N K"]], *, seed: int = 0
) -> dict[str, list[Measured]]:
    """Return for each condition and column how often the expression outranks rest (AUC); each row is a person."""
    num = len(rest)
    people = draw_people(np.tile(np.arange(num), 2), seed=seed)
    is_expressive = np.repeat([False, True], num)
    weights = people.weights()
    return {
        name: [
            measured(weighted_auc(np.concatenate([rest[:, k], values[:, k]]), is_expressive, weights))
            for k in range(rest.shape[1])
        ]
        for name, values in conditions.items()
    }
