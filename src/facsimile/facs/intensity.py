"""Turn FACS intensity letters into numbers and back, with one table of thresholds.

FACS publishes letters without numeric cut points. Data sets write 1-5 for A-E (DISFA: Mavadati et al. 2013), so the
cut points lie half-way, and "present" begins where A begins.
"""

import difflib

import numpy as np
from jaxtyping import Float, Int

LETTERS = "ABCDE"
"""Trace, slight, marked, severe, maximum (Ekman, Friesen & Hager 2002)."""

LETTER_NAMES = ("trace", "slight", "marked", "severe", "maximum")

THRESHOLDS: tuple[float, ...] = (0.5, 1.5, 2.5, 3.5, 4.5)
"""Lowest intensity, on the 0-5 scale, that is written A, B, C, D and E; below the first a unit is absent."""

PRESENT = THRESHOLDS[0]
"""A unit counts as present from here on."""


def levels_of(intensity: Float[np.ndarray, "*S"]) -> Int[np.ndarray, "*S"]:
    """Round intensities 0-5 to levels 0 (absent) to 5 (E) by THRESHOLDS; NaN is not allowed."""
    if np.isnan(intensity).any():
        raise ValueError("intensity: NaN (not observed) has no level; select observed values first")
    return np.asarray(np.searchsorted(np.array(THRESHOLDS), intensity, side="right"))


def letter_of(intensity: float | int) -> str:
    """Give the letter of an intensity 0-5; the empty string when absent.

    >>> letter_of(2.6), letter_of(0.2)
    ('C', '')
    """
    level = int(levels_of(np.array(float(intensity))))
    return LETTERS[level - 1] if level else ""


def intensity_of(letter: str) -> float:
    """Give the intensity 1-5 that stands for a letter A-E.

    >>> intensity_of("d")
    4.0
    """
    place = LETTERS.find(letter.upper()) if len(letter) == 1 else -1
    if place < 0:
        near = difflib.get_close_matches(letter.upper(), LETTERS, n=1, cutoff=0.0)
        raise ValueError(f"letter: expected one of A-E, got {letter!r}; nearest: {near[0] if near else 'A'!r}")
    return float(place + 1)
