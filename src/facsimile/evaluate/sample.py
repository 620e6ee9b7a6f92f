"""What is compared: labelled faces, and what somebody says of them."""

from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped

from facsimile.facs.action_units import LABEL_UNITS, UNITS

DISFA_UNITS = (1, 2, 4, 5, 6, 9, 12, 15, 17, 20, 25, 26)
"""Coded in DISFA (Mavadati et al. 2013)."""
BP4D_UNITS = (1, 2, 4, 6, 7, 10, 12, 14, 15, 17, 23, 24)
"""The twelve of BP4D that papers report (Zhang et al. 2014; Zhao et al. 2016)."""
UNIT_SETS = {
    "DISFA": DISFA_UNITS,
    "BP4D": BP4D_UNITS,
    "DISFA or BP4D": tuple(sorted({*DISFA_UNITS, *BP4D_UNITS})),
    "all": LABEL_UNITS,
}
SIDED = np.array([UNITS[code].is_sided for code in LABEL_UNITS])


@dataclass(frozen=True)
class Truth:
    """N labelled faces; axis A is ``LABEL_UNITS``, sides are the subject's own."""

    name: str
    identity: Int[np.ndarray, " N"]
    """The person in each picture."""
    intensity: Float[np.ndarray, "N A 2"]
    """0-5; NaN where not visible."""
    landmarks: Float[np.ndarray, "N L 2"]
    """Pixels."""
    landmark_visible: Bool[np.ndarray, "N L"]
    pose_rad: Float[np.ndarray, "N 3"]
    """Pitch, yaw, roll in the picture."""
    gaze_rad: Float[np.ndarray, "N 2"]
    """Yaw, pitch relative to the head; mean of both eyes."""
    groups: dict[str, Shaped[np.ndarray, " N"]] = field(default_factory=dict)
    """Names of groups by what they divide: skin tone, age, pose and so on; "" is none."""

    def __len__(self) -> int:
        return len(self.identity)


@dataclass(frozen=True)
class Answer:
    """What a reader or a baseline says of the faces of a `Truth`; NaN where it says nothing."""

    name: str
    intensity: Float[np.ndarray, "N A 2"]
    sd: Float[np.ndarray, "N A 2"]
    """Stated standard deviation of ``intensity``."""
    landmarks: Float[np.ndarray, "N L 2"]
    pose_rad: Float[np.ndarray, "N 3"]
    gaze_rad: Float[np.ndarray, "N 2"]
    is_baseline: bool = False
    is_variant: bool = False
    """Whether it is a reader's second answer, which knows more than one picture."""

    @property
    def found(self) -> Bool[np.ndarray, " N"]:
        """Whether anything is said of each face."""
        return np.isfinite(self.intensity).any((1, 2))


def larger_side(values: Float[np.ndarray, "N A 2"]) -> Float[np.ndarray, "N A"]:
    """Return the intensity of each unit as a coder gives it: the larger side, NaN if either is NaN."""
    return values.max(2)


def pooled_sides(values: Float[np.ndarray, "N A 2"]) -> Float[np.ndarray, "M A"]:
    """Return left rows, then right rows; units of the midline count once."""
    right = np.where(SIDED, values[:, :, 1], np.nan)
    return np.concatenate([values[:, :, 0], right])


def one_side(values: Float[np.ndarray, "N A 2"], side: int) -> Float[np.ndarray, "N A"]:
    """Return one side of the units that have sides, NaN for the others."""
    return np.where(SIDED, values[:, :, side], np.nan)
