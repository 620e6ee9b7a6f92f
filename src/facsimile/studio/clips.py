"""Draw moving faces: expressions with onset, apex and offset, blinks, a swaying head, jumping eyes.

A clip is a function of continuous time, drawn once from its own random stream, so the same clip at another frame rate
is the same motion.
"""

import dataclasses

import numpy as np
from jaxtyping import Float

from facsimile.facs.action_units import LABEL_UNITS, SIDED_LABELS, unit_index
from facsimile.studio.recipe import Recipe
from facsimile.studio.sampling import Levels, sample_action_units, spread_over_sides

RISE_S, HOLD_S, FALL_S = (0.25, 0.7), (0.3, 1.6), (0.4, 1.2)
"""Ranges of onset, apex and offset: spontaneous smiles rise in 0.4-0.7 s and fall more slowly (Schmidt, Cohn & Tian
2003), brows are faster (Schmidt, Bhattacharya & Denlinger 2009: onsets from about 0.2 s on)."""
REST_S = (0.3, 1.0)
"""Stillness before, between and after expressions; our choice."""
UNIT_LAG_S = 0.12
"""Units of one expression begin within this time of each other; our choice."""
SIDE_LAG_S = 0.03
"""The two sides of a unit begin within about a frame of each other; our choice."""
BLINKS_PER_S = 17 / 60
"""Blinks of a person at rest (Bentivoglio et al. 1997)."""
BLINK_RISE_S, BLINK_HOLD_S, BLINK_FALL_S = 0.08, 0.04, 0.18
"""Closing is about twice as fast as opening (Kwon et al. 2013)."""
BLINK_GAP_S = 0.5
"""Shortest time between the beginnings of two blinks."""
SWAY_RAD = tuple(np.deg2rad([1.5, 2.5, 1.0]))
SWAY_HZ = (0.08, 0.5)
"""Standard deviations (pitch, yaw, roll) and frequencies of the head's slow motion; our choice."""
SWAYS = 4
"""Sine waves that add up to the motion of one angle."""
LOOK_S = 1.5
"""Mean time the eyes stay at one place; our choice."""
RAISED_LID, CLOSED_LID = 5, 43

AFFECTS: dict[str, tuple[Levels, ...]] = {
    # Prototypes and major variants (Ekman, Friesen & Hager 2002, Investigator's Guide); the strengths are ours.
    "anger": ({4: 1.0, 5: 0.6, 7: 0.7, 23: 0.9}, {4: 1.0, 5: 0.7, 7: 0.6, 24: 0.9}, {4: 1.0, 7: 0.8, 10: 0.7, 25: 0.8}),
    "contempt": ({14: 1.0}, {12: 0.5, 14: 0.8}),
    "disgust": ({9: 1.0, 10: 0.6, 25: 0.4}, {9: 0.9, 17: 0.6}, {10: 1.0, 15: 0.6, 17: 0.6}),
    "fear": ({1: 1.0, 2: 0.8, 4: 0.7, 5: 1.0, 20: 0.8, 26: 0.6, 25: 0.6}, {1: 0.9, 2: 0.7, 4: 0.6, 5: 0.9, 20: 0.8}),
    "joy": ({6: 0.8, 12: 1.0, 25: 0.8}, {6: 1.0, 12: 1.0, 25: 1.0, 26: 0.6}, {6: 0.6, 12: 0.8}),
    "sadness": ({1: 1.0, 4: 0.6, 15: 0.9, 17: 0.5}, {1: 1.0, 4: 0.5, 15: 0.7}, {1: 0.8, 4: 0.5, 11: 0.5, 15: 0.6}),
    "surprise": ({1: 1.0, 2: 1.0, 5: 0.8, 26: 1.0, 25: 0.8}, {1: 1.0, 2: 1.0, 5: 1.0, 27: 0.8, 25: 1.0}),
}  # fmt: skip
"""Variants of seven affects, as unit -> strength; contempt shows on one side."""
AFFECT_NAMES = tuple(AFFECTS)


@dataclasses.dataclass(frozen=True)
class Clip:
    """Hold the frames of one clip."""

    action_units: Float[np.ndarray, "T A 2"]
    """Intensities 0-5."""
    head_pose_rad: Float[np.ndarray, "T 3"]
    """Pitch, yaw, roll."""
    gaze_rad: Float[np.ndarray, "T 2 2"]
    """Left and right eye: yaw, pitch relative to the head."""


def draw_clip(
    recipe: Recipe,
    rng: np.random.Generator,
    *,
    rest_pose_rad: Float[np.ndarray, " 3"],
    gaze_sd_rad: tuple[float, float],
    affect: str = "",
) -> Clip:
    """Draw one clip about a head pose: expressions of ``affect``, or of the recipe's mixture, one after the other."""
    clips = recipe.clips
    assert clips is not None
    time_s = np.arange(clips.frames) / clips.fps
    action_units = _expressions(recipe, rng, time_s, affect)
    add_blinks(rng, time_s, action_units)
    return Clip(
        np.clip(action_units, 0.0, 5.0),
        rest_pose_rad + _sway(rng, time_s),
        _looks(rng, time_s, gaze_sd_rad),
    )


def envelope(
    time_s: Float[np.ndarray, " T"], *, start_s: float, rise_s: float, hold_s: float, fall_s: float
) -> Float[np.ndarray, " T"]:
    """Return the share of the peak, 0-1: minimum-jerk rise and fall (Flash & Hogan 1985) about a flat apex."""
    end_s = start_s + rise_s + hold_s + fall_s
    return np.minimum(_smooth_step((time_s - start_s) / rise_s), _smooth_step((end_s - time_s) / fall_s))


def _smooth_step(x: Float[np.ndarray, " T"]) -> Float[np.ndarray, " T"]:
    x = np.clip(x, 0.0, 1.0)
    return np.asarray(x**3 * (10 - 15 * x + 6 * x**2))


def _expressions(
    recipe: Recipe, rng: np.random.Generator, time_s: Float[np.ndarray, " T"], affect: str
) -> Float[np.ndarray, "T A 2"]:
    """Play expressions one after the other; each is over before the next begins, so none exclude each other."""
    values = np.zeros((len(time_s), len(LABEL_UNITS), 2))
    last_s = float(time_s[-1])
    now_s = min(rng.uniform(*REST_S), last_s / 4)
    while now_s <= last_s:
        peak = _affect_levels(recipe, rng, affect) if affect else sample_action_units(recipe, rng, neutral_chance=0.0)
        rise_s, hold_s, fall_s = (float(rng.uniform(*bounds)) for bounds in (RISE_S, HOLD_S, FALL_S))
        ends_s = now_s
        for unit in np.flatnonzero(peak.any(1)):
            lag_s = rng.uniform(0, UNIT_LAG_S)
            side_lag_s = rng.uniform(-SIDE_LAG_S, SIDE_LAG_S) if SIDED_LABELS[unit] else 0.0
            own_fall_s = fall_s * rng.uniform(0.8, 1.2)
            for side, delay_s in enumerate((max(side_lag_s, 0.0), max(-side_lag_s, 0.0))):
                shape = envelope(
                    time_s, start_s=now_s + lag_s + delay_s, rise_s=rise_s, hold_s=hold_s, fall_s=own_fall_s
                )
                values[:, unit, side] += peak[unit, side] * shape
            ends_s = max(ends_s, now_s + lag_s + SIDE_LAG_S + rise_s + hold_s + own_fall_s)
        now_s = ends_s + rng.uniform(*REST_S)
    return values


def _affect_levels(recipe: Recipe, rng: np.random.Generator, affect: str) -> Float[np.ndarray, "A 2"]:
    """Draw a variant of an affect and its strength, from weak to strong."""
    variants = AFFECTS[affect]
    gain = rng.uniform(recipe.min_prototype_gain, 1.0)
    levels = {
        code: min(5.0, 5 * strength * gain * rng.uniform(0.8, 1.15))
        for code, strength in variants[int(rng.integers(len(variants)))].items()
    }
    peak = spread_over_sides(levels, recipe, rng)
    if affect == "contempt":
        peak[unit_index(14), int(rng.integers(2))] = 0.0
    return peak


def add_blinks(
    rng: np.random.Generator, time_s: Float[np.ndarray, " T"], action_units: Float[np.ndarray, "T A 2"]
) -> None:
    """Add blinks in place, but none while the upper lids are raised: units 5 and 43 exclude each other."""
    lids, raised = unit_index(CLOSED_LID), unit_index(RAISED_LID)
    length_s = BLINK_RISE_S + BLINK_HOLD_S + BLINK_FALL_S
    start_s = float(rng.exponential(1 / BLINKS_PER_S))
    while start_s < time_s[-1]:
        shape = envelope(time_s, start_s=start_s, rise_s=BLINK_RISE_S, hold_s=BLINK_HOLD_S, fall_s=BLINK_FALL_S)
        during = (time_s > start_s - length_s) & (time_s < start_s + 2 * length_s)
        if not action_units[during, raised].any():
            action_units[:, lids] = np.maximum(action_units[:, lids], 5.0 * shape[:, None])
        start_s += BLINK_GAP_S + float(rng.exponential(1 / BLINKS_PER_S - BLINK_GAP_S))


def _sway(rng: np.random.Generator, time_s: Float[np.ndarray, " T"]) -> Float[np.ndarray, "T 3"]:
    """Draw a slow smooth motion of the head: a few sine waves for each angle."""
    hertz = rng.uniform(*SWAY_HZ, (SWAYS, 3))
    phase = rng.uniform(0, 2 * np.pi, (SWAYS, 3))
    waves = np.sin(2 * np.pi * hertz * time_s[:, None, None] + phase)
    return np.asarray(waves.sum(1) * np.sqrt(2 / SWAYS) * np.array(SWAY_RAD))


def _looks(
    rng: np.random.Generator, time_s: Float[np.ndarray, " T"], gaze_sd_rad: tuple[float, float]
) -> Float[np.ndarray, "T 2 2"]:
    """Draw where the eyes look: they jump and stay; both turn alike."""
    most = int(np.ceil(time_s[-1] / LOOK_S)) * 4 + 8
    jumps_s = np.cumsum(rng.exponential(LOOK_S, most))
    places = np.clip(rng.normal(size=(most + 1, 2)), -2.0, 2.0) * np.array(gaze_sd_rad)
    return np.repeat(places[np.searchsorted(jumps_s, time_s)][:, None, :], 2, axis=1)
