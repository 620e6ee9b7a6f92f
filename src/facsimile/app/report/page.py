"""Lay out what was read as one HTML page: pictures inside, no script, no request."""

import html
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib.resources import files
from string import Template

import numpy as np

from facsimile.app.pages.close_up import points_svg
from facsimile.app.pages.markup import POLICY, direction, heading, image_tag, jpeg_within, printable, shown_name, style
from facsimile.app.pages.unit_table import KEY, unit_tables
from facsimile.app.photo import score_of, unit_readings
from facsimile.app.report.collector import CROP_SIZE, Photo, Seen, SeenFace
from facsimile.app.report.video_section import video_section
from facsimile.detect.faces import Face

DRAWING_BYTES = 9_000
"""Of a drawn face: its JPEG."""

CHOICE = '<label class="choice"><input type="checkbox" id="dots">Show the points that the reader found</label>'
"""Switches the points in the close-ups of photos on and off, by style alone."""

Draw = Callable[[Face], np.ndarray]


@dataclass(frozen=True)
class About:
    """How the numbers came about."""

    command: str
    """The command line as typed."""
    version: str
    weights: str
    """Which reader, in one line of plain text."""
    person: str
    """Who of the cast does what was read."""
    neutral: str | None = None
    """Name of the photo of a face at rest that the readings are relative to."""


def build_page(seen: Seen, about: About, *, draw: Draw) -> str:
    """Return the page as HTML; ``draw`` is called once for every face of ``seen``, in order."""

    def drawing(face: Face, alt: str) -> str:
        return image_tag(jpeg_within(draw(face), DRAWING_BYTES), alt=alt, size=(CROP_SIZE, CROP_SIZE))

    sections = [
        _photo_section(shown, number, drawing) if isinstance(shown, Photo) else video_section(shown, number, drawing)
        for number, shown in enumerate(seen.inputs)
    ]
    parts = {
        "policy": POLICY,
        "style": style(),
        "lead": _lead(seen),
        "contents": _contents(seen),
        "key": KEY,
        "choice": CHOICE if any(isinstance(shown, Photo) for shown in seen.inputs) else "",
        "sections": "\n".join(sections),
        "rest": _rest(seen),
        "person": html.escape(about.person),
        "neutral": _neutral(about),
        "command": html.escape(printable(about.command)),
        "version": html.escape(about.version),
        "weights": shown_name(about.weights),
    }
    return Template(files("facsimile.app.report").joinpath("page.html").read_text("utf-8")).substitute(parts)


def _lead(seen: Seen) -> str:
    counts = [_count(seen.num_photos, "photo"), _count(seen.num_videos, "video")]
    read = " and ".join(words for words in counts if words) or "Nothing"
    faces = _count(sum(_num_faces(shown) for shown in seen.inputs), "face") or "No face"
    return f"{read} read. {faces} below, each beside a synthetic person who does what was read."


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'s' * (number != 1)}" if number else ""


def _num_faces(shown: Photo | object) -> int:
    return len(shown.faces if isinstance(shown, Photo) else shown.lines)  # type: ignore[attr-defined]


def _contents(seen: Seen) -> str:
    """Return links to the inputs where there are several."""
    if len(seen.inputs) < 2:
        return ""
    links = "".join(f'<li><a href="#input-{i}">{shown_name(x.name)}</a></li>' for i, x in enumerate(seen.inputs))
    return f"<details><summary>Contents: {len(seen.inputs)} inputs</summary><ol>{links}</ol></details>"


def _photo_section(photo: Photo, number: int, drawing: Callable[[Face, str], str]) -> str:
    left_out = photo.num_faces - len(photo.faces)
    more = f" {_count(left_out, 'more face')} in the table only." if left_out else ""
    whole = _whole_photo(photo) if photo.num_faces > 1 else ""
    faces = "\n".join(_face(photo, seen, drawing) for seen in photo.faces)
    words = f"{photo.width} × {photo.height} pixels, {_count(photo.num_faces, 'face')}.{more}"
    return f'<section id="input-{number}">{heading(photo.name, words)}{whole}{faces}</section>'


def _whole_photo(photo: Photo) -> str:
    """Return the photo with a numbered frame round each face."""
    frames = "".join(_frame(seen.face) for seen in photo.faces)
    scale = math.hypot(photo.width, photo.height) / 400
    picture = image_tag(photo.thumbnail, alt=f"The whole photo with {photo.num_faces} faces numbered", size=None)
    return (
        f'<figure class="whole"><div class="over">{picture}<svg class="frames" aria-hidden="true" '
        f'viewBox="0 0 {photo.width} {photo.height}" style="--px:{scale:.2f}px">{frames}</svg></div></figure>'
    )


def _frame(face: Face) -> str:
    x, y, w, h = (round(float(v)) for v in face.box)
    return f'<rect x="{x}" y="{y}" width="{w}" height="{h}"/><text x="{x}" y="{y}" dy="-.3em">{face.face_id}</text>'


def _face(photo: Photo, seen: SeenFace, drawing: Callable[[Face, str], str]) -> str:
    face = seen.face
    score = score_of(face)
    title = f"<h3>Face {face.face_id}</h3>" if photo.num_faces > 1 else ""
    crop = image_tag(seen.crop, alt=f"Face {face.face_id} of the photo", size=(CROP_SIZE, CROP_SIZE))
    person = drawing(face, f"Synthetic person doing {score}")
    return (
        f'<article class="face">{title}<div class="sheet"><div><div class="pair">'
        f'<figure><div class="over">{crop}{points_svg(seen.points)}</div><figcaption>the photo</figcaption></figure>'
        f"<figure>{person}<figcaption>what was read</figcaption></figure></div>"
        f'<p class="tag">[{score}]</p><p class="note">{held(face)}</p></div>'
        f"<div>{unit_tables(unit_readings(face))}</div></div></article>"
    )


def held(face: Face) -> str:
    """Say how head and eyes are held, as HTML."""
    pitch, yaw, roll = (float(angle) for angle in face.head_pose_rad)
    gaze_yaw, gaze_pitch = (float(angle) for angle in face.gaze_rad)
    return (
        f"Head turned {direction(yaw, 'left', 'right')}, {direction(pitch, 'up', 'down')}, "
        f"tilted {direction(roll, 'left', 'right')}; eyes {direction(gaze_yaw, 'left', 'right')}, "
        f"{direction(gaze_pitch, 'up', 'down')} in the head. Face score {face.score:.2f}."
    )


def _rest(seen: Seen) -> str:
    """Return what the page has no picture of."""
    parts = []
    if seen.num_faces_left_out:
        parts.append(
            f"<p>{_count(seen.num_faces_left_out, 'face')} more found than this page has room for; the table that "
            "<code>-o</code> writes holds them all.</p>"
        )
    parts.append(_names("No face found", seen.without_face, seen.num_without_face))
    parts.append(_names("Not read, or not to the end", seen.unread, seen.num_unread))
    found = "".join(parts)
    return f'<section id="rest"><h2>Not shown</h2>{found}</section>' if found else ""


def _names(title: str, names: Sequence[str], number: int) -> str:
    if not names:
        return ""
    number = max(number, len(names))
    items = "".join(f"<li>{shown_name(name)}</li>" for name in names)
    more = f"<li>and {number - len(names):,} more</li>" if number > len(names) else ""
    return f"<h3>{title}: {number:,}</h3><ul>{items}{more}</ul>"


def _neutral(about: About) -> str:
    if about.neutral is None:
        return ""
    return (
        f"<p>Every face was read relative to <code>{shown_name(about.neutral)}</code>, which shows a face at rest.</p>"
    )
