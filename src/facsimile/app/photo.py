"""Take one person's face from a photo: read it, and decide what is sure enough to be said."""

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8

from facsimile.detect.faces import Face
from facsimile.detect.pipeline import Detector
from facsimile.detect.reader import presence
from facsimile.facs import notation
from facsimile.facs.action_units import LABEL_UNITS, UNITS
from facsimile.facs.expression import ActionUnits
from facsimile.facs.state import State

MIN_PRESENCE = 0.5
"""A unit is said to be present when the reader gives it at least even odds."""

Z_95 = 1.96
"""Standard deviations to either side that hold 95 % of a Gaussian."""


@dataclass(frozen=True)
class UnitReading:
    """One unit as the reader sees it."""

    code: int
    intensity: Float[np.ndarray, "2"]
    """0 to 5, left and right; equal for units in the middle of the face."""
    sd: Float[np.ndarray, "2"]
    """Standard deviation, same scale."""
    presence: float
    """Probability that the unit is present on its stronger side."""
    visible: float | None = None
    """Probability that its place on the face is in view; None: the reader does not say."""

    @property
    def has_sides(self) -> bool:
        """Whether the two sides differ by more than the reader's doubt (95 %)."""
        left, right = self.intensity
        return bool(UNITS[self.code].is_sided and abs(left - right) > Z_95 * math.hypot(*self.sd))


@dataclass(frozen=True)
class PhotoReading:
    """The largest face of a photo."""

    image: UInt8[np.ndarray, "H W 3"]
    face: Face
    num_faces: int
    units: tuple[UnitReading, ...]
    """Every unit that the reader reads, ascending."""
    stated: ActionUnits
    """What is sure enough to be said: unlikely units are 0, and sides that cannot be told apart are equal."""

    @property
    def state(self) -> State:
        """What is sure enough to be said, in letters."""
        return State.from_action_units(self.stated)


def read_photo(photo: Path | UInt8[np.ndarray, "H W 3"], *, detector: Detector | None = None) -> PhotoReading:
    """Read the largest face of a photo; raise ValueError if there is none or the photo cannot be read."""
    detector = detector or Detector()
    frame = next(detector.stream(photo))
    if not frame.faces:
        raise ValueError(f"{frame.input}: no face found; try a frontal photo with the face larger than 60 pixels")
    face = frame.faces[0]
    units = unit_readings(face)
    return PhotoReading(frame.image, face, len(frame.faces), units, stated_units(units))


def stated_units(units: tuple[UnitReading, ...]) -> ActionUnits:
    """Keep the units at even odds or better; join sides that the reader cannot tell apart."""
    intensity = np.zeros((len(LABEL_UNITS), 2))
    for unit in units:
        if unit.presence >= MIN_PRESENCE:
            intensity[LABEL_UNITS.index(unit.code)] = unit.intensity if unit.has_sides else unit.intensity.mean()
    return ActionUnits.clipped(intensity)


def score_of(face: Face) -> str:
    """Return what is sure enough to be said of a face, in FACS notation."""
    return notation.write(State.from_action_units(stated_units(unit_readings(face))))


def unit_readings(face: Face) -> tuple[UnitReading, ...]:
    """Return every unit that the reader reads, in its order."""
    return tuple(_unit(face, row, code) for row, code in enumerate(face.units))


def _unit(face: Face, row: int, code: int) -> UnitReading:
    intensity, sd = face.intensity[row].astype(np.float64), face.intensity_sd[row].astype(np.float64)
    side = int(intensity.argmax())
    visible = None if face.visible is None else float(face.visible[row, side])
    return UnitReading(code, intensity, sd, presence(float(intensity[side]), float(sd[side])), visible)
