"""Find when units begin, peak and end in a track."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from facsimile.facs.action_units import LABEL_UNITS, SIDED_LABELS, UNITS
from facsimile.facs.intensity import PRESENT
from facsimile.facs.track import Track


@dataclass(frozen=True)
class Event:
    """One rise and fall of a unit."""

    code: int
    # the unit
    side: str
    # "L" or "R"; "" for a midline unit
    onset_s: float
    # when the intensity rises past the threshold
    apex_s: float
    # when it is highest, the first moment if several are
    offset_s: float
    # when it falls below the threshold
    peak: float
    # intensity 0-5 at the apex
    is_cut: bool
    # True if the track, or a gap in it, cuts the event off


def unit_events(
    track: Track,
    code: int,
    *,
    side: str | None = None,
    threshold: float | int = PRESENT,
    min_duration_s: float | int = 0.0,
) -> tuple[Event, ...]:
    """Find the events of one unit, on one side or on the larger of both, in order of time.

    Crossings of ``threshold`` (0-5) are interpolated between samples. Events shorter than ``min_duration_s`` are
    dropped. Gaps end an event.
    """
    if not 0 < threshold <= 5:
        raise ValueError(f"threshold: must lie in 0-5 and above 0, got {threshold}; {PRESENT} is where A begins")
    curve = track.curve(code, side).astype(np.float64)
    above = np.nan_to_num(curve, nan=-1.0) >= threshold
    edges = np.diff(np.concatenate([[0], above.astype(int), [0]]))
    found = (
        _event(track.time_s, curve, (int(start), int(stop)), code=code, side=side or "", threshold=threshold)
        for start, stop in zip(np.flatnonzero(edges == 1), np.flatnonzero(edges == -1) - 1, strict=True)
    )
    return tuple(event for event in found if event.offset_s - event.onset_s >= min_duration_s)


def all_events(
    track: Track, *, threshold: float | int = PRESENT, min_duration_s: float | int = 0.0
) -> tuple[Event, ...]:
    """Find the events of every label unit, each side for itself, in order of onset."""
    sides: list[tuple[int, str | None]] = []
    for code, sided in zip(LABEL_UNITS, SIDED_LABELS, strict=True):
        sides += [(code, "L"), (code, "R")] if sided else [(code, None)]
    found = [
        event
        for code, side in sides
        for event in unit_events(track, code, side=side, threshold=threshold, min_duration_s=min_duration_s)
    ]
    return tuple(sorted(found, key=lambda event: (event.onset_s, event.code, event.side)))


def describe_event(event: Event) -> str:
    """Say an event in words.

    >>> describe_event(Event(12, "L", 0.5, 1.0, 2.0, 3.0, False))
    'lip corner puller, left: 0.50 s to 2.00 s, peak 3.0 at 1.00 s'
    """
    side = {"L": ", left", "R": ", right", "": ""}[event.side]
    cut = " (cut off)" if event.is_cut else ""
    name = UNITS[event.code].name
    span = f"{event.onset_s:.2f} s to {event.offset_s:.2f} s"
    return f"{name}{side}: {span}, peak {event.peak:.1f} at {event.apex_s:.2f} s{cut}"


def _event(
    time_s: np.ndarray, curve: np.ndarray, run: tuple[int, int], *, code: int, side: str, threshold: float | int
) -> Event:
    start, stop = run
    onset, starts_cut = _crossing(time_s, curve, start, start - 1, threshold)
    offset, ends_cut = _crossing(time_s, curve, stop, stop + 1, threshold)
    apex = start + int(np.argmax(curve[start : stop + 1]))
    return Event(code, side, onset, float(time_s[apex]), offset, float(curve[apex]), starts_cut or ends_cut)


def _crossing(
    time_s: Float[np.ndarray, " T"], curve: Float[np.ndarray, " T"], inside: int, outside: int, threshold: float | int
) -> tuple[float, bool]:
    """Interpolate where the curve passes the threshold between two samples; True if there is no sample outside."""
    if not 0 <= outside < curve.size or np.isnan(curve[outside]):
        return float(time_s[inside]), True
    share = (curve[inside] - threshold) / (curve[inside] - curve[outside])
    return float(time_s[inside] + share * (time_s[outside] - time_s[inside])), False
