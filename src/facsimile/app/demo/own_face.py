"""Check the reader on a face whose truth is known: draw it, read it, draw what was read."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8

from facsimile.app.pages.bars import Bar
from facsimile.app.photo import PhotoReading, read_photo
from facsimile.app.report.reconstruction import reconstruct
from facsimile.detect.pipeline import Detector
from facsimile.face.presets import preset
from facsimile.facs.action_units import UNITS, unit_index
from facsimile.facs.intensity import PRESENT
from facsimile.facs.notation import parse
from facsimile.render.renderer import render
from facsimile.render.scene import portrait_scene

PERSON, SCORE, SEED, SIZE = "Imani", "6C+12D+25C", 5, 384
"""A smile on one of the cast, in a garden."""
YAW_RAD = 0.2
"""Turned a little, so that the head pose has something to show."""


@dataclass(frozen=True)
class OwnFace:
    """A drawn face, its truth and what was read from it."""

    image: UInt8[np.ndarray, "H W 3"]
    truth: Float[np.ndarray, "A 2"]
    """Intensities that the picture was labelled with."""
    reading: PhotoReading
    drawn: UInt8[np.ndarray, "S S 3"]
    """The reading on another person."""

    def bars(self) -> list[tuple[int, tuple[Bar, ...]]]:
        """Return (code, bars) for every unit that is read, with the truth marked."""
        found = []
        for unit in self.reading.units:
            truth = self.truth[unit_index(unit.code)]
            sides = ("left", "right") if UNITS[unit.code].is_sided else ("both",)
            bars = [Bar(s, float(unit.intensity[i]), float(unit.sd[i]), float(truth[i])) for i, s in enumerate(sides)]
            found.append((unit.code, tuple(bars)))
        return found

    def shown(self) -> list[tuple[int, tuple[Bar, ...]]]:
        """Return the bars of units that are there or were read as there."""
        return [
            (code, bars) for code, bars in self.bars() if any(max(b.intensity, b.truth or 0) >= PRESENT for b in bars)
        ]

    def hits(self) -> tuple[int, int]:
        """Return how many true values lie in the reader's interval, and how many there are."""
        flat = [bar for _, bars in self.bars() for bar in bars]
        return sum(bar.interval[0] <= (bar.truth or 0) <= bar.interval[1] for bar in flat), len(flat)


def drawn_photo() -> tuple[UInt8[np.ndarray, "H W 3"], Float[np.ndarray, "A 2"]]:
    """Draw ``PERSON`` with ``SCORE``; return the picture and its labels."""
    scene = portrait_scene(parse(SCORE).to_action_units(), seed=SEED, person=preset(PERSON), size=SIZE, yaw_rad=YAW_RAD)
    rendering = render(scene)
    return rendering.image, rendering.au


def read_own_face(detector: Detector) -> OwnFace:
    """Run draw, read, draw once."""
    image, truth = drawn_photo()
    reading = read_photo(image, detector=detector)
    return OwnFace(image, truth, reading, reconstruct(reading.face, size=SIZE))
