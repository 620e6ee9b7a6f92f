"""Draw a face's readings over time as inline SVG: one lane per unit and side, with a band of doubt."""

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Bool, Float

from facsimile.app.pages.bars import Z_90
from facsimile.app.pages.markup import steps
from facsimile.app.report.timeline import Line
from facsimile.detect.reader import MAX_INTENSITY, presence
from facsimile.facs.action_units import UNITS

MAX_CHARTS = 16
"""Units drawn for one face, those that reach highest; the table below them has all."""
LANE_HEIGHT = 50
"""Units of a lane's drawing: ten per step of intensity."""
PLACES = 2
"""Units of its width per point; a point is drawn in the middle of its place."""


def charted_units(line: Line) -> list[int]:
    """Return the rows of the units that are somewhere more likely present than not, at most ``MAX_CHARTS``."""
    reach = [_reach(line.mean[:, row], line.sd[:, row]) for row in range(len(line.units))]
    present = [row for row, (chance, _) in enumerate(reach) if chance >= 0.5]
    return sorted(sorted(present, key=lambda row: -reach[row][1])[:MAX_CHARTS])


def _reach(mean: Float[np.ndarray, "N 2"], sd: Float[np.ndarray, "N 2"]) -> tuple[float, float]:
    """Return the chance that a unit is present where it is strongest, and its intensity there."""
    place = int(np.nanargmax(mean)) if not np.isnan(mean).all() else 0
    value, doubt = float(np.nan_to_num(mean.ravel()[place])), float(sd.ravel()[place])
    return presence(value, doubt), value


def lanes(line: Line, row: int, *, marks: Sequence[int], has_peaks: bool) -> Iterator[tuple[str, str]]:
    """Yield (side, SVG) for each side of a unit; side is ``left``, ``right`` or ``both``.

    ``marks`` are the points at which a moment stands; ``has_peaks`` draws the highest value of each point too.
    """
    sides = ("left", "right") if UNITS[line.units[row]].is_sided else ("both",)
    for side, kind in enumerate(sides):
        mean, sd, peak = line.mean[:, row, side], line.sd[:, row, side], line.peak[:, row, side]
        shapes = "".join(_segment(mean, sd, peak, part, has_peaks=has_peaks) for part in _segments(~np.isnan(mean)))
        width = PLACES * len(mean)
        lines = "".join(f"M{PLACES * place + PLACES // 2} 0v{LANE_HEIGHT}" for place in marks)
        label = f"{kind} side over time: ".removeprefix("both side ") + _in_words(line, row, side)
        yield (
            kind,
            (
                f'<svg class="lane {kind}" viewBox="0 0 {width} {LANE_HEIGHT}" preserveAspectRatio="none" role="img" '
                f'aria-label="{label}"><path class="mark" d="{lines}"/>{shapes}</svg>'
            ),
        )


def _in_words(line: Line, row: int, side: int) -> str:
    highest, when = float(line.highest[row, side]), float(line.highest_s[row, side])
    return f"mean {float(np.nanmean(line.mean[:, row, side])):.1f}, highest {highest:.1f} at {clock(when)}"


def _segment(
    mean: Float[np.ndarray, " N"],
    sd: Float[np.ndarray, " N"],
    peak: Float[np.ndarray, " N"],
    part: slice,
    *,
    has_peaks: bool,
) -> str:
    """Draw a stretch in which the face is seen: band, line and, if asked for, peaks."""
    low, high = _curve(mean - Z_90 * sd, part), _curve(mean + Z_90 * sd, part)
    band = f'<path class="band" d="{steps([*high, *reversed(low)])}z"/>'
    peaks = f'<path class="peak" d="{steps(_curve(peak, part))}"/>' if has_peaks else ""
    return f'{band}{peaks}<path class="curve" d="{steps(_curve(mean, part))}"/>'


def _curve(values: Float[np.ndarray, " N"], part: slice) -> list[tuple[float, float]]:
    """Return the points of a stretch, its ends drawn out to the edges of their places."""
    height = LANE_HEIGHT * (1 - np.clip(values[part], 0, MAX_INTENSITY) / MAX_INTENSITY)
    middle = [(PLACES * (part.start + i) + PLACES / 2, y) for i, y in enumerate(height.tolist())]
    ends = (float(PLACES * part.start), float(PLACES * part.stop))
    return [(ends[0], middle[0][1]), *middle, (ends[1], middle[-1][1])]


def _segments(seen: Bool[np.ndarray, " N"]) -> Iterator[slice]:
    """Yield the stretches of points at which the face is seen."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], seen.astype(np.int8), [0]])))
    for start, stop in edges.reshape(-1, 2).tolist():
        yield slice(start, stop)


def clock(time_s: float) -> str:
    """Write a time as minutes and seconds, with hours if it has any: ``0:03.2``, ``1:02:03.4``."""
    tenths = round(time_s * 10)
    minutes, rest = divmod(tenths, 600)
    hours, minutes = divmod(minutes, 60)
    seconds = f"{rest // 10:02d}.{rest % 10}"
    return f"{hours}:{minutes:02d}:{seconds}" if hours else f"{minutes}:{seconds}"
