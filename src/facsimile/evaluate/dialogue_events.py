"""Find what a viewer notices in a face that talks, and score when it begins: smiles, brows, frowns, blinks, nods."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from jaxtyping import Float, Int

from facsimile.evaluate.dialogue import Measured, event_f1, event_f1_null, num_matched, onsets, rate
from facsimile.facs.intensity import PRESENT
from facsimile.facs.track import Track

EVENT_UNITS: dict[str, tuple[int, ...]] = {"smile": (6, 12), "brow raise": (1, 2), "frown": (4,), "blink": (43,)}
"""Events and the units that all have to act."""

NOD = "nod"
NOD_DEPTH_RAD = np.deg2rad(3.0)
"""A nod begins when the head is so far below its usual height in this track: above the noise of trackers."""

TOLERANCE_S = 0.4
"""Onsets this far apart still match."""


class EventScore(NamedTuple):
    """How well onsets were met."""

    f1: float
    null: float
    # what the same onsets earn, shifted in time around the clip: the worth of their rate alone
    num_true: int
    num_found: int


def event_onsets(track: Track) -> dict[str, Int[np.ndarray, " N"]]:
    """Return the frames at which each event begins; what was not observed does not act."""
    found = {}
    for name, codes in EVENT_UNITS.items():
        curves = [np.nan_to_num(track.curve(code)) for code in codes]
        found[name] = onsets(np.min(curves, axis=0) >= PRESENT)
    if track.head_pose_rad is not None:
        found[NOD] = onsets(_lowered(track.head_pose_rad[:, 0]))
    return found


def score_events(truth: Track, found: Track) -> dict[str, EventScore]:
    """Score the onsets of two tracks with the same even times; a ValueError says if they differ."""
    if len(truth) < 2 or not np.array_equal(truth.time_s, found.time_s):
        raise ValueError(
            f"found: needs the times of the truth, two at least; got {len(found)} and {len(truth)} frames; resample it"
        )
    tolerance = round(TOLERANCE_S / float(np.median(np.diff(truth.time_s))))
    true, claimed = event_onsets(truth), event_onsets(found)
    return {
        name: EventScore(
            event_f1(true[name], claimed[name], tolerance=tolerance),
            event_f1_null(true[name], claimed[name], tolerance=tolerance, num_frames=len(truth)),
            len(true[name]),
            len(claimed[name]),
        )
        for name in true
        if name in claimed
    }


def pooled_event_f1(truth: Sequence[Track], found: Sequence[Sequence[Track]]) -> dict[str, tuple[Measured, Measured]]:
    """Return, by event, F1 over all dialogues and that of the same onsets shifted around the clip.

    ``found`` holds the sampled continuations of each dialogue; all tracks have the same even times. NaN where an event
    never happens. Intervals are over dialogues.
    """
    tolerance = round(TOLERANCE_S / float(np.median(np.diff(truth[0].time_s))))
    counts: dict[str, list[tuple[float, float, float]]] = {}
    for one, samples in zip(truth, found, strict=True):
        true = event_onsets(one)
        claimed = [event_onsets(sample) for sample in samples]
        for name in true.keys() & set(claimed[0]):
            rows = [_counts(true[name], moved[name], tolerance, len(one)) for moved in claimed]
            counts.setdefault(name, []).append(tuple(np.sum(rows, axis=0).tolist()))
    scores = {}
    for name in [*EVENT_UNITS, NOD]:
        if name in counts:
            hits, shifted, total = np.array(counts[name]).T
            scores[name] = (rate(hits, total), rate(shifted, total))
    return scores


def _counts(true: np.ndarray, claimed: np.ndarray, tolerance: int, num_frames: int) -> tuple[float, float, float]:
    """Return twice the matches, twice the mean matches over all shifts, and all onsets of both."""
    hits = num_matched(true, claimed, tolerance=tolerance)
    moved = [
        num_matched(true, np.sort((claimed + shift) % num_frames), tolerance=tolerance) for shift in range(num_frames)
    ]
    return 2.0 * hits, 2.0 * float(np.mean(moved)), float(len(true) + len(claimed))


def _lowered(pitch_rad: Float[np.ndarray, " T"]) -> np.ndarray:
    seen = ~np.isnan(pitch_rad)
    if not seen.any():
        return np.zeros(pitch_rad.size, np.bool_)
    usual = float(np.median(pitch_rad[seen]))
    return np.asarray(np.where(seen, pitch_rad, usual) < usual - NOD_DEPTH_RAD)
