"""Lay a story out as one HTML page that needs nothing else: pictures inside, no script, no request."""

import base64
import html
import shlex
from importlib.resources import files
from string import Template

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from facsimile.app.demo.own_face import PERSON, SCORE, OwnFace
from facsimile.app.demo.story import CLIP_SIZE, NUM_PEOPLE, SAID, TOLD, Person, Story
from facsimile.app.pages.bars import Bar, bars_svg
from facsimile.app.pages.close_up import close_up, points_svg
from facsimile.app.pages.markup import POLICY, direction, figure, percent, picture_tag, printable, style
from facsimile.app.pages.unit_table import KEY, SCALE, unit_tables
from facsimile.app.photo import MIN_PRESENCE
from facsimile.facs.action_units import UNITS
from facsimile.language.describe import Description
from facsimile.language.express import ABOUT
from facsimile.language.prompt import Turn
from facsimile.language.tags import write_tag

PHOTO_SIZE = 900
"""Longest side of the photo in the page, pixels."""

SOURCES = {
    "given": "",
    "astronaut": "The sample photo is NASA’s portrait of the astronaut Eileen Collins, in the public domain.",
    "drawn": "There is no photo: nobody named one, and scikit-image, which has one, is not installed "
    "(<code>pip install 'facsimile[demo]'</code>). So this is a drawn person.",
}
"""What is said of the photo's origin."""

FRONTAL_RAD = 0.2
"""Pitch and yaw below which someone is said to look at the camera."""


def build_page(story: Story) -> str:
    """Return the page as HTML."""
    parts = {
        "policy": POLICY,
        "style": style(),
        **_photo_step(story),
        **_units_step(story),
        "tag": html.escape(f"[{story.notation}]"),
        "words": _words(story.description),
        **_people_step(story),
        **_talk_step(story),
        **_clip_step(story),
        **_own_step(story.own),
        "limits": "\n".join(f"<li>{limit}</li>" for limit in _limits()),
        "commands": html.escape(_commands(story)),
        "footer": "Made by <code>facsimile demo</code>. The page holds its pictures and asks no server for anything.",
    }
    return Template(files("facsimile.app.demo").joinpath("page.html").read_text("utf-8")).substitute(parts)


def _photo_step(story: Story) -> dict[str, str]:
    image, face = story.reading.image, story.reading.face
    crop = close_up(image, face.landmarks, size=PHOTO_SIZE // 2)
    alt = "The same face close up, with dots along brows, eyes, nose, mouth and jaw"
    return {
        "lead": "One photo goes once round the loop: its action units are read, written down, said in words, put on "
        "people who never existed, and answered by a conversation partner with a face.",
        "photo_title": "Someone faces the camera" if _is_frontal(face.head_pose_rad) else "Someone is in the picture",
        "photo_text": " ".join(filter(None, _photo_sentences(story))),
        "photo_figures": figure(_shrunk(image), alt="The photo as it came in", caption="The photo as it came in")
        + f'<figure><div class="over">{picture_tag(crop.image, alt=alt)}{points_svg(crop.points)}</div>'
        "<figcaption>The points that the reader found</figcaption></figure>",
    }


def _photo_sentences(story: Story) -> list[str]:
    face, others = story.reading.face, story.reading.num_faces - 1
    pitch, yaw, roll = (float(angle) for angle in face.head_pose_rad)
    return [
        SOURCES[story.source],
        f"The reader gives {percent(face.score)} to its being a face, places 70 points on it and says how the head is "
        f"held: turned {direction(yaw, 'to the person’s own left', 'to the person’s own right')}, "
        f"{direction(pitch, 'up', 'down')}, tilted {direction(roll, 'to the left', 'to the right')}.",
        f"It found {others} more face{'s' * (others > 1)}; the largest is shown." if others else "",
    ]


def _is_frontal(head_pose_rad: Float[np.ndarray, "3"]) -> bool:
    return bool(np.abs(head_pose_rad[:2]).max() < FRONTAL_RAD)


def _units_step(story: Story) -> dict[str, str]:
    units = story.reading.units
    num_present = sum(unit.presence >= MIN_PRESENCE for unit in units)
    return {
        "units_text": f"The reader has only ever seen synthetic people. It gives every action unit an intensity from 0 "
        f"to 5 and says how sure it is. Here {num_present} of {len(units)} units are more likely present than not. "
        "Left and right are the person’s own.",
        "units_key": KEY,
        "units_pair": _pair(story),
        "units_table": unit_tables(units),
    }


def _pair(story: Story) -> str:
    crop = close_up(story.reading.image, story.reading.face.landmarks, size=PHOTO_SIZE // 2).image
    alt = f"Synthetic person doing what was read, {story.notation}"
    return figure(crop, alt="The face of the photo", caption="The face of the photo") + figure(
        story.drawn, alt=alt, caption="All that was read, on somebody else"
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
    return figure(person.image, alt=f"Synthetic person {person.seed} with the face {face}", caption=caption)


def _talk_step(story: Story) -> dict[str, str]:
    crop = close_up(story.reading.image, story.reading.face.landmarks, size=PHOTO_SIZE // 2).image
    return {
        "talk_text": f"The person is made to say “{html.escape(SAID)}” The partner is <b>echo</b>, a stand-in that "
        "repeats words and mirrors the face, so the page shows the path and not a model’s wit. Any server that speaks "
        "OpenAI’s chat format can take its place: <code>facsimile chat --backend URL</code>.",
        "turns": _turn(story.said, crop, who="The person in the photo")
        + _turn(story.reply, story.reply_image, who="echo, played by synthetic person " + str(story.seed + NUM_PEOPLE)),
    }


def _turn(turn: Turn, image: UInt8[np.ndarray, "H W 3"], *, who: str) -> str:
    picture = f"<div>{picture_tag(image, alt=f'{who}, face {write_tag(turn.face)}')}</div>"
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


def _own_step(own: OwnFace) -> dict[str, str]:
    hits, number = own.hits()
    rows = "".join(_truth_row(code, bars) for code, bars in own.shown())
    return {
        "own_text": f"{PERSON}, of facsimile’s cast, is drawn with <code>{SCORE}</code>. So the truth is known to the "
        f"last digit, and the reader, which is told nothing, can be checked: {hits} of {number} true values lie within "
        "its 90 % whiskers. One face is an example and no measurement; the documentation has those.",
        "own_figures": figure(own.image, alt=f"Synthetic person drawn with {SCORE}", caption=f"Drawn: {SCORE}")
        + figure(own.drawn, alt="Another synthetic person doing what was read", caption="What was read, drawn again"),
        "own_table": f'<table class="units"><thead><tr><th scope="col">Action unit</th>{SCALE}<th scope="col" '
        'class="value">read</th><th scope="col" class="value true">true</th></tr></thead>'
        f"<tbody>{rows}</tbody></table>",
    }


def _truth_row(code: int, bars: tuple[Bar, ...]) -> str:
    """Return a unit's row with the truth marked on its bars."""
    said = ", ".join(f"{bar.kind} read {bar.intensity:.1f}, true {bar.truth or 0:.1f}" for bar in bars)
    read, true = (
        "".join(f"<span>{value:.1f}</span>" for value in side)
        for side in ([bar.intensity for bar in bars], [bar.truth or 0 for bar in bars])
    )
    return (
        f'<tr><th scope="row"><b>{code}</b> {UNITS[code].name}</th>'
        f"<td>{bars_svg(bars, label=said.replace('both ', ''))}</td>"
        f'<td class="value">{read}</td><td class="value true">{true}</td></tr>'
    )


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
    photo = printable(shlex.quote(story.photo_name)) if story.source == "given" else "photo.jpg"
    return "\n".join(
        [
            f"facsimile detect {photo} --report report.html",
            f'facsimile describe "{story.notation}"',
            f'facsimile render "{story.notation}" --seed {story.seed} -o person.png',
            f'facsimile chat --face {photo} --message "{SAID}" --show reply.png',
            f'facsimile express "{TOLD}" --show clip.gif --size {CLIP_SIZE} --seed {story.seed} --person {story.seed}',
        ]
    )


def _shrunk(image: UInt8[np.ndarray, "H W 3"]) -> UInt8[np.ndarray, "h w 3"]:
    picture = Image.fromarray(image)
    picture.thumbnail((PHOTO_SIZE, PHOTO_SIZE))
    return np.array(picture)
