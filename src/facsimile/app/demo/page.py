"""Lay a story out as one HTML page that needs nothing else: pictures inside, no script, no request."""

import base64
import html
import math
import shlex
from collections.abc import Iterable
from importlib.resources import files
from string import Template

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from facsimile.app.demo.chart import Bar, bars_svg
from facsimile.app.demo.story import CLIP_SIZE, NUM_PEOPLE, SAID, TOLD, Person, Story
from facsimile.app.drawing import encode
from facsimile.app.photo import MIN_PRESENCE, UnitReading
from facsimile.facs.action_units import UNITS
from facsimile.facs.intensity import letter_of
from facsimile.language.describe import Description
from facsimile.language.express import ABOUT
from facsimile.language.prompt import Turn
from facsimile.language.tags import write_tag

PHOTO_SIZE = 900
"""Longest side of the photo in the page, pixels."""

FRONTAL_RAD = 0.2
"""Pitch and yaw below which someone is said to look at the camera."""

CROP_MARGIN = 0.55
"""Space round the landmarks in the close-up, in sizes of their box."""


def build_page(story: Story) -> str:
    """Return the page as HTML."""
    parts = {
        **_photo_step(story),
        **_units_step(story),
        "tag": html.escape(f"[{story.notation}]"),
        "words": _words(story.description),
        **_people_step(story),
        **_talk_step(story),
        **_clip_step(story),
        "limits": "\n".join(f"<li>{limit}</li>" for limit in _limits()),
        "commands": html.escape(_commands(story)),
        "footer": "Made by <code>facsimile demo</code>. The page holds its pictures and asks no server for anything.",
    }
    return Template(files("facsimile.app.demo").joinpath("page.html").read_text("utf-8")).substitute(parts)


def _photo_step(story: Story) -> dict[str, str]:
    image, face = story.reading.image, story.reading.face
    crop, points = _close_up(image, face.landmarks)
    alt = "The same face close up, with dots along brows, eyes, nose, mouth and jaw"
    return {
        "lead": "One photo goes once round the loop: its action units are read, written down, said in words, put on "
        "people who never existed, and answered by a conversation partner with a face.",
        "photo_title": "Someone faces the camera" if _is_frontal(face.head_pose_rad) else "Someone is in the picture",
        "photo_text": " ".join(filter(None, _photo_sentences(story))),
        "photo_figures": _figure(_shrunk(image), alt="The photo as it came in", caption="The photo as it came in")
        + f'<figure><div class="over">{_img(crop, alt)}{_points_svg(points)}</div>'
        "<figcaption>The points that the reader found</figcaption></figure>",
    }


def _photo_sentences(story: Story) -> list[str]:
    face, others = story.reading.face, story.reading.num_faces - 1
    pitch, yaw, roll = (_degrees(angle) for angle in face.head_pose_rad)
    sample = "The sample photo is NASA’s portrait of the astronaut Eileen Collins, in the public domain."
    return [
        sample if story.is_sample else "",
        f"The reader gives {_percent(face.score)} to its being a face, places 70 points on it and says how the head is "
        f"held: turned {_direction(yaw, 'to the person’s own left', 'to the person’s own right')}, "
        f"{_direction(pitch, 'up', 'down')}, tilted {_direction(roll, 'to the left', 'to the right')}.",
        f"It found {others} more face{'s' * (others > 1)}; the largest is shown." if others else "",
    ]


def _is_frontal(head_pose_rad: Float[np.ndarray, "3"]) -> bool:
    return bool(np.abs(head_pose_rad[:2]).max() < FRONTAL_RAD)


def _units_step(story: Story) -> dict[str, str]:
    units = story.reading.units
    present = [unit for unit in units if unit.presence >= MIN_PRESENCE]
    absent = [unit for unit in units if unit.presence < MIN_PRESENCE]
    shown = _table(present) if present else "<p><b>None reaches even odds: a face at rest.</b></p>"
    summary = f"<summary>{len(absent)} units that are probably absent</summary>"
    return {
        "units_text": f"The reader has only ever seen synthetic people. It gives every action unit an intensity from 0 "
        f"to 5 and says how sure it is. Here {len(present)} of {len(units)} units are more likely present than not. "
        "Left and right are the person’s own.",
        "units_table": shown + (f"<details>{summary}{_table(absent)}</details>" if absent else ""),
    }


def _table(units: Iterable[UnitReading]) -> str:
    rows = "".join(_row(unit) for unit in units)
    return (
        '<table><thead><tr><th scope="col">Action unit</th><th scope="col"><span class="scale" aria-hidden="true">'
        "<span>0</span><span>A</span><span>B</span><span>C</span><span>D</span><span>E</span></span></th>"
        '<th scope="col" class="value">0–5 <span class="sd">± sd</span></th>'
        f'<th scope="col" class="value chance">present</th></tr></thead><tbody>{rows}</tbody></table>'
    )


def _row(unit: UnitReading) -> str:
    known = UNITS[unit.code]
    left, right = (float(value) for value in unit.intensity)
    bars: tuple[Bar, ...] = (Bar("both", left, float(unit.sd[0])),)
    if known.is_sided:
        bars = (Bar("left", left, float(unit.sd[0])), Bar("right", right, float(unit.sd[1])))
    side = int(np.argmax(unit.intensity))
    value, sd = float(unit.intensity[side]), float(unit.sd[side])
    label = f"left {left:.1f}, right {right:.1f} of 5" if known.is_sided else f"{left:.1f} of 5"
    return (
        f'<tr><th scope="row"><b>{unit.code}</b> {known.name}</th><td>{bars_svg(bars, label=label)}</td>'
        f'<td class="value">{value:.1f} <b>{letter_of(value)}</b> <span class="sd">± {sd:.1f}</span></td>'
        f'<td class="value chance">{_percent(unit.presence)}</td></tr>'
    )


def _words(description: Description) -> str:
    sentences = "".join(_sentence(unit.sentence) for unit in description.units)
    parts = [f"<p>{html.escape(description.summary)}</p>"]
    if sentences:
        parts.append(f'<ul class="words">{sentences}</ul>')
    if description.prototypes:
        rows = "".join(
            f"<tr><td>{p.score:.2f}</td><td>{html.escape(p.name)}</td><td><code>{html.escape(p.units)}</code></td>"
            f"<td>{html.escape(p.source)}</td></tr>"
            for p in description.prototypes
        )
        parts.append(
            '<details><summary>Published patterns nearby</summary><table class="patterns"><thead><tr>'
            '<th scope="col">match</th><th scope="col">pattern</th><th scope="col">units</th>'
            f'<th scope="col">source</th></tr></thead><tbody>{rows}</tbody></table></details>'
        )
    if description.everyday:
        reasons = "".join(f"<li>{html.escape(reason)}</li>" for reason in description.everyday)
        parts.append(
            f'<details><summary>What else it can come from</summary><ul class="words">{reasons}</ul></details>'
        )
    parts.append(f'<p class="note">{html.escape(description.caution)}</p>')
    return "\n".join(parts)


def _sentence(sentence: str) -> str:
    """Set the label in brackets at a sentence's end apart from its words."""
    words, bracket, label = html.escape(sentence).partition(" (")
    return f"<li>{words}{'.' * bool(bracket)} <span>{label.removesuffix(').')}</span></li>"


def _people_step(story: Story) -> dict[str, str]:
    at_rest = " The first is also shown at rest." if story.people[0].is_neutral else ""
    return {
        "people_text": f"The people of seeds {story.seed} to {story.seed + NUM_PEOPLE - 1} are drawn with exactly "
        f"<code>{html.escape(story.notation)}</code> and the head pose of the photo.{at_rest} "
        "Their labels are exact because the labels came first.",
        "people_figures": "\n".join(_person(person, story.notation) for person in story.people),
    }


def _person(person: Person, notation: str) -> str:
    face = "0, a neutral face" if person.is_neutral else notation
    caption = f"seed {person.seed}, {'at rest' if person.is_neutral else 'the expression'}"
    return _figure(person.image, alt=f"Synthetic person {person.seed} with the face {face}", caption=caption)


def _talk_step(story: Story) -> dict[str, str]:
    crop, _ = _close_up(story.reading.image, story.reading.face.landmarks)
    return {
        "talk_text": f"The person is made to say “{html.escape(SAID)}” The partner is <b>echo</b>, a stand-in that "
        "repeats words and mirrors the face, so the page shows the path and not a model’s wit. Any server that speaks "
        "OpenAI’s chat format can take its place: <code>facsimile chat --backend URL</code>.",
        "turns": _turn(story.said, crop, who="The person in the photo")
        + _turn(story.reply, story.reply_image, who="echo, played by synthetic person " + str(story.seed + NUM_PEOPLE)),
    }


def _turn(turn: Turn, image: UInt8[np.ndarray, "H W 3"], *, who: str) -> str:
    picture = f"<div>{_img(image, f'{who}, face {write_tag(turn.face)}')}</div>"
    bubble = (
        f'<div class="bubble"><p class="who">{html.escape(who)}</p>'
        f"<p><code>{html.escape(write_tag(turn.face))}</code> {html.escape(turn.words)}</p></div>"
    )
    if turn.speaker == "user":
        return f'<div class="turn">{picture}{bubble}</div>'
    return f'<div class="turn reply">{bubble}{picture}</div>'


def _clip_step(story: Story) -> dict[str, str]:
    data = base64.b64encode(story.clip).decode("ascii")
    alt = html.escape(f"Synthetic person {story.seed} says: {TOLD}")
    size = f'width="{CLIP_SIZE}" height="{CLIP_SIZE}"'
    shown = "".join(
        f"<li>“{html.escape(clause.text)}” {clause.label}, <code>{html.escape(clause.units)}</code></li>"
        for clause in story.told.clauses
    )
    return {
        "clip_text": html.escape(ABOUT),
        "clip_figure": f'<figure><img src="data:image/gif;base64,{data}" alt="{alt}" {size}>'
        f"<figcaption>{html.escape(TOLD)}</figcaption></figure>",
        "clip_clauses": f'<ul class="words">{shown}</ul>',
    }


def _limits() -> list[str]:
    return [
        "How well the reader reads: one photo proves nothing, and the reader has only seen drawn people. Its doubt is "
        "its own estimate; the documentation has the measured errors.",
        f"A unit is written down when its presence is {MIN_PRESENCE:.0%} or more. Weak units are the least certain.",
        "Two sides are written apart only where they differ by more than the reader’s doubt; else their mean is used.",
        "Action units are movements. Nothing here says what anyone feels, thinks or intends.",
        "The echo partner has no mind. What a real model answers depends on that model.",
    ]


def _commands(story: Story) -> str:
    photo = "photo.jpg" if story.is_sample else shlex.quote(story.photo_name)
    return "\n".join(
        [
            f"facsimile detect {photo}",
            f'facsimile describe "{story.notation}"',
            f'facsimile render "{story.notation}" --seed {story.seed} -o person.png',
            f'facsimile chat --face {photo} --message "{SAID}" --show reply.png',
            f'facsimile express "{TOLD}" --show clip.gif --size {CLIP_SIZE} --seed {story.seed} --person {story.seed}',
        ]
    )


def _figure(image: UInt8[np.ndarray, "H W 3"], *, alt: str, caption: str) -> str:
    return f"<figure>{_img(image, alt)}<figcaption>{html.escape(caption)}</figcaption></figure>"


def _img(image: UInt8[np.ndarray, "H W 3"], alt: str) -> str:
    data = base64.b64encode(encode(image, "JPEG")).decode("ascii")
    height, width = image.shape[:2]
    return f'<img src="data:image/jpeg;base64,{data}" alt="{html.escape(alt)}" width="{width}" height="{height}">'


def _shrunk(image: UInt8[np.ndarray, "H W 3"]) -> UInt8[np.ndarray, "h w 3"]:
    picture = Image.fromarray(image)
    picture.thumbnail((PHOTO_SIZE, PHOTO_SIZE))
    return np.array(picture)


def _close_up(
    image: UInt8[np.ndarray, "H W 3"], landmarks: Float[np.ndarray, "L 2"]
) -> tuple[UInt8[np.ndarray, "S S 3"], Float[np.ndarray, "L 2"]]:
    """Cut a square round the face and scale it; return it with the landmarks as parts of its side (0-1)."""
    low, high = landmarks.min(0), landmarks.max(0)
    side = float((high - low).max()) * (1 + CROP_MARGIN)
    corner = (low + high) / 2 - side / 2
    size = min(PHOTO_SIZE // 2, max(64, math.ceil(side)))
    box = (corner[0] + 0.5, corner[1] + 0.5, corner[0] + side + 0.5, corner[1] + side + 0.5)
    crop = Image.fromarray(image).transform(
        (size, size), Image.Transform.EXTENT, tuple(map(float, box)), Image.Resampling.BICUBIC
    )
    return np.array(crop), (landmarks - corner) / side


def _points_svg(points: Float[np.ndarray, "L 2"]) -> str:
    circles = "".join(f'<circle cx="{100 * x:.1f}" cy="{100 * y:.1f}" r="0.75"/>' for x, y in points)
    return f'<svg class="points" viewBox="0 0 100 100" aria-hidden="true">{circles}</svg>'


def _percent(probability: float) -> str:
    """Return a whole percentage that never claims certainty, as HTML."""
    if probability > 0.99:
        return "&gt;99%"
    return "&lt;1%" if probability < 0.01 else f"{probability:.0%}"


def _degrees(angle_rad: float) -> int:
    return round(math.degrees(float(angle_rad)))


def _direction(degrees: int, positive: str, negative: str) -> str:
    return "0°" if degrees == 0 else f"{abs(degrees)}° {positive if degrees > 0 else negative}"
