"""Lay out one video: moments of strong change as pairs of pictures, and below them a time line per unit and side."""

from collections.abc import Callable, Sequence

import numpy as np

from facsimile.app.pages.markup import heading, image_tag
from facsimile.app.photo import score_of
from facsimile.app.report.charts import charted_units, clock, lanes
from facsimile.app.report.moments import THUMBNAIL_SIZE, Moment
from facsimile.app.report.timeline import Line, Video
from facsimile.detect.faces import Face
from facsimile.facs.action_units import UNITS

NUM_TICKS = 5
"""Times written below the charts."""


def video_section(video: Video, number: int, drawing: Callable[[Face, str], str]) -> str:
    """Return the section of one video; ``drawing`` draws a face and takes its words."""
    faces = "\n".join(_line(video, line, drawing) for line in video.lines)
    return f'<section id="input-{number}">{heading(video.name, _summary(video))}{faces}</section>'


def _summary(video: Video) -> str:
    duration = video.end_s - float(video.times_s[0])
    words = [f"{video.num_frames:,} frames read over {clock(duration)} (minutes:seconds)."]
    if video.num_without_face:
        words.append(f"No face in {video.num_without_face:,} of them.")
    if video.stride > 1:
        words.append(
            f"Each point of a line is the mean of {video.stride} frames; the thin line is the highest of them."
        )
    if left_out := video.num_faces - len(video.lines):
        words.append(f"{left_out:,} faces seen for a shorter time are left out.")
    return " ".join(words)


def _line(video: Video, line: Line, drawing: Callable[[Face, str], str]) -> str:
    rows = charted_units(line)
    marks = [_place(video, moment.time_s) for moment in line.moments]
    at_rest = _AT_REST if any(moment.face.is_relative for moment in line.moments) else ""
    moments = "".join(_moment(moment, i + 1, drawing) for i, moment in enumerate(line.moments))
    charts = "".join(_chart(video, line, row, marks) for row in rows)
    return (
        f'<article class="line"><h3>Face {line.face_id}</h3><p class="note">Seen in {line.num_frames:,} frames, '
        f"{clock(line.first_s)} to {clock(line.last_s)}. Pictures: the first sight, and where most "
        f"changes.{at_rest}</p>"
        f'<ol class="moments">{moments}</ol>'
        f'<div class="charts">{_axis_of_marks(marks, len(video.times_s))}{charts or _NOTHING}{_axis(video)}</div>'
        f"<details><summary>All {len(line.units)} units in numbers</summary>{_numbers(line)}</details></article>"
    )


_AT_REST = " Read relative to this person’s own face at rest, from the time that it was known."
_NOTHING = "<p><b>No unit reaches even odds at any time: a face at rest.</b></p>"


def _place(video: Video, time_s: float) -> int:
    """Return the point in which a time lies."""
    return max(0, int(np.searchsorted(video.times_s, time_s, side="right")) - 1)


def _moment(moment: Moment, number: int, drawing: Callable[[Face, str], str]) -> str:
    score = score_of(moment.face)
    size = (THUMBNAIL_SIZE, THUMBNAIL_SIZE)
    time = clock(moment.time_s)
    return (
        f'<li><div class="pair">{image_tag(moment.thumbnail, alt=f"The face at {time}", size=size)}'
        f"{drawing(moment.face, f'Synthetic person doing {score}')}</div>"
        f'<p class="note"><b>{number}</b> at {time} <code>[{score}]</code></p></li>'
    )


def _chart(video: Video, line: Line, row: int, marks: Sequence[int]) -> str:
    code = line.units[row]
    drawn = "".join(
        f'<div class="place"><span class="side {kind}" aria-hidden="true">{"" if kind == "both" else kind[0].upper()}'
        f"</span>{_SCALE}{svg}</div>"
        for kind, svg in lanes(line, row, marks=marks, has_peaks=video.stride > 1)
    )
    return f'<div class="chart"><h4><b>{code}</b> {UNITS[code].name}</h4><div>{drawn}</div></div>'


_SCALE = '<span class="letters" aria-hidden="true"><i>E</i><i>C</i><i>A</i></span>'


def _axis_of_marks(marks: Sequence[int], num_points: int) -> str:
    """Return the moments' numbers above their places."""
    numbers = "".join(f'<span style="left:{_percent(p, num_points)}">{i + 1}</span>' for i, p in enumerate(marks))
    return f'<div class="axis" aria-hidden="true"><div>{numbers}</div></div>'


def _percent(place: int, num_points: int) -> str:
    return f"{100 * (place + 0.5) / num_points:.1f}%"


def _axis(video: Video) -> str:
    """Return times below the charts."""
    num_points = len(video.times_s)
    places = sorted({round(i * (num_points - 1) / max(1, NUM_TICKS - 1)) for i in range(NUM_TICKS)})
    ticks = "".join(
        f'<span style="left:{_percent(place, num_points)}">{clock(float(video.times_s[place]))}</span>'
        for place in places
    )
    return f'<div class="axis times" aria-hidden="true"><div>{ticks}</div></div>'


def _numbers(line: Line) -> str:
    """Return a table of every unit's mean and highest value, for readers of numbers and of screens."""
    rows = "".join(_number_row(line, row, code) for row, code in enumerate(line.units))
    return (
        '<table class="numbers"><thead><tr><th scope="col">Action unit</th><th scope="col">mean, left / right</th>'
        '<th scope="col">highest, left / right</th><th scope="col">at</th></tr></thead>'
        f"<tbody>{rows}</tbody></table>"
    )


def _number_row(line: Line, row: int, code: int) -> str:
    sides = (0, 1) if UNITS[code].is_sided else (0,)
    mean = np.nanmean(line.mean[:, row], axis=0)
    top = max(sides, key=lambda side: float(line.highest[row, side]))
    means = " / ".join(f"{mean[side]:.1f}" for side in sides)
    highest = " / ".join(f"{line.highest[row, side]:.1f}" for side in sides)
    return (
        f'<tr><th scope="row"><b>{code}</b> {UNITS[code].name}</th><td>{means}</td><td>{highest}</td>'
        f"<td>{clock(float(line.highest_s[row, top]))}</td></tr>"
    )
