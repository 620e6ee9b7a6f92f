"""Draw whole performances from a seed: expressions come and go while a person talks, blinks and looks about.

They have natural speed and published unit combinations, and no meaning: material to measure codecs on, not people.
"""

from dataclasses import dataclass

import numpy as np

from facsimile.facs.action_units import LABEL_UNITS, UNITS
from facsimile.facs.notation import parse
from facsimile.facs.prototypes import PROTOTYPES
from facsimile.facs.track import Track
from facsimile.language.motion import Gesture, draw_blinks, draw_looks, draw_sway, perform

EXPRESSION_GAP_S = 2.5
"""Mean seconds between the beginnings of two expressions; they may overlap."""

SYLLABLE_S = 0.22
"""Mean length of a syllable: 4.5 per second."""

TURN_S = (1.5, 5.0)
PAUSE_S = (0.5, 4.0)
"""Ranges of the lengths of talking and of listening."""

ASYMMETRY = 0.12
"""Standard deviation of the relative difference of the two sides' peaks; most spontaneous smiles differ by less than a
letter (Ekman, Hager & Friesen 1981)."""


@dataclass(frozen=True)
class Performance:
    """A face over time and when its person spoke."""

    track: Track
    speech_s: tuple[tuple[float, float], ...]


def draw_performance(rng: np.random.Generator, *, duration_s: float | int) -> Performance:
    """Draw one performance at 25 frames per second; the same generator state gives the same track."""
    speech = _draw_speech(rng, duration_s)
    gestures = [*_draw_expressions(rng, duration_s), *_draw_mouth(rng, speech)]
    gestures += draw_blinks(rng, duration_s=duration_s, preferred_s=[stop for _, stop in speech])
    head = draw_sway(rng, duration_s=duration_s)
    gaze = draw_looks(rng, duration_s=duration_s)
    return Performance(perform(gestures, duration_s=duration_s, head_pose_rad=head, gaze_rad=gaze), tuple(speech))


def _draw_speech(rng: np.random.Generator, duration_s: float | int) -> list[tuple[float, float]]:
    spans, now_s = [], float(rng.uniform(*PAUSE_S))
    while now_s < duration_s:
        end_s = now_s + float(rng.uniform(*TURN_S))
        spans.append((now_s, min(end_s, float(duration_s))))
        now_s = end_s + float(rng.uniform(*PAUSE_S))
    return spans


def _draw_expressions(rng: np.random.Generator, duration_s: float | int) -> list[Gesture]:
    found: list[Gesture] = []
    now_s = float(rng.exponential(EXPRESSION_GAP_S))
    while now_s < duration_s:
        units = parse(PROTOTYPES[int(rng.integers(len(PROTOTYPES)))].units)
        codes = [group[0].code for group in units.groups if group[0].code in LABEL_UNITS]
        strength, hold_s = float(rng.uniform(1.5, 5.0)), float(rng.gamma(2.0, 0.5))
        for code in codes:
            found += _both_sides(rng, code, strength * float(rng.uniform(0.6, 1.1)), now_s, hold_s)
        now_s += float(rng.exponential(EXPRESSION_GAP_S))
    return found


def _both_sides(rng: np.random.Generator, code: int, peak: float, start_s: float, hold_s: float) -> list[Gesture]:
    start_s += float(rng.normal(0, 0.06))
    rise_s, fall_s = float(rng.uniform(0.25, 0.7)), float(rng.uniform(0.4, 1.2))
    lean = float(rng.normal(0, ASYMMETRY))
    sides = (("L", 1 + lean), ("R", 1 - lean)) if UNITS[code].is_sided else ((None, 1.0),)
    return [
        Gesture(code, min(max(peak * share, 0.0), 5.0), start_s, rise_s, hold_s, fall_s, side) for side, share in sides
    ]


def _draw_mouth(rng: np.random.Generator, speech: list[tuple[float, float]]) -> list[Gesture]:
    """Open lips and jaw once per syllable, each by another amount."""
    found: list[Gesture] = []
    for start_s, end_s in speech:
        now_s = start_s
        while now_s < end_s:
            length_s = SYLLABLE_S * float(rng.uniform(0.7, 1.4))
            opening = float(rng.uniform(0.5, 3.0))
            for code, share in ((25, 1.0), (26, 0.7)):
                found.append(Gesture(code, opening * share, now_s, length_s * 0.4, length_s * 0.2, length_s * 0.4))
            now_s += length_s
    return found
