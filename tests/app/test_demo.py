import html
import json
import re
import sys

import numpy as np
import pytest
from click.testing import CliRunner

from facsimile.app import drawing
from facsimile.app.commands.demo import command
from facsimile.app.demo import story as story_module
from facsimile.app.demo.own_face import OwnFace
from facsimile.app.demo.page import build_page
from facsimile.app.demo.story import Person, Story
from facsimile.app.photo import PhotoReading, UnitReading, stated_units
from facsimile.detect.faces import Face
from facsimile.detect.pipeline import Detector
from facsimile.detect.reader import presence
from facsimile.facs.action_units import LABEL_UNITS, UNITS
from facsimile.facs.expression import ActionUnits
from facsimile.facs.notation import parse, write
from facsimile.language.backends import Echo
from facsimile.language.chat import Conversation
from facsimile.language.describe import describe
from facsimile.language.express import express

SMILE = {6: (2.6, 2.4), 12: (3.4, 3.7), 25: (3.0, 3.0), 14: (0.9, 3.1)}


def make_reading(intensity=SMILE, *, image=None, landmarks=None, num_faces=1):
    """A reading of a picture without a reader: the given units at their intensities, the others near 0."""
    rng = np.random.default_rng(0)
    units = []
    for code in LABEL_UNITS:
        sides = np.array(intensity.get(code, (rng.uniform(0, 0.3),) * 2), np.float64)
        sd = np.full(2, 0.35)
        units.append(UnitReading(code, sides, sd, presence(float(sides.max()), 0.35)))
    image = np.full((120, 100, 3), 150, np.uint8) if image is None else image
    points = rng.uniform(30, 80, (70, 2)) if landmarks is None else landmarks
    face = Face(
        face_id=0,
        score=0.97,
        box=np.array([30.0, 30.0, 50.0, 50.0]),
        landmarks=points,
        head_pose_rad=np.array([0.05, -0.3, 0.0]),
        gaze_rad=np.zeros(2),
        intensity=np.array([unit.intensity for unit in units]),
        intensity_sd=np.array([unit.sd for unit in units]),
        units=LABEL_UNITS,
        crop_from_image=np.zeros((2, 3)),
    )
    return PhotoReading(image, face, num_faces, tuple(units), stated_units(tuple(units)))


def make_own_face():
    """A face with AU6 and AU12 that was read as the face of ``make_reading``."""
    truth = np.zeros((len(LABEL_UNITS), 2), np.float32)
    truth[[LABEL_UNITS.index(6), LABEL_UNITS.index(12)]] = [[3.0], [4.0]]
    blank = np.zeros((8, 8, 3), np.uint8)
    return OwnFace(blank, truth, make_reading(), blank)


def make_story(reading=None, **changes):
    reading = reading or make_reading()
    conversation = Conversation(Echo())
    reply = conversation.say("Hello <b>!", reading.state)
    blank = np.zeros((8, 8, 3), np.uint8)
    values = {
        "photo_name": "me & <you>.jpg",
        "source": "given",
        "reading": reading,
        "drawn": blank,
        "notation": write(reading.state),
        "description": describe(reading.state),
        "people": (Person(7, blank, is_neutral=True), Person(7, blank), Person(8, blank)),
        "said": conversation.turns[0],
        "reply": reply,
        "reply_image": blank,
        "told": express("I am <so> happy"),
        "clip": b"GIF89a",
        "own": make_own_face(),
        "seed": 7,
    }
    return Story(**(values | changes))


def test_the_page_tells_the_story(parsed):
    page = parsed(build_page(make_story()))
    for words in (
        "[6C+12D+L14A+R14C+25C]",
        "lip corner puller",
        "seed 7, at rest",
        "97%",
        "What this page does not show",
    ):
        assert words in page.text
    assert [a["id"] for t, a in page.found if t == "section"] == [
        "photo",
        "units",
        "words",
        "people",
        "talk",
        "clip",
        "own",
        "limits",
    ]


def test_the_page_asks_no_server_for_anything(parsed):
    page = build_page(make_story())
    assert not re.search(r"https?://|@import|url\(|<script|<link|<iframe", page)
    sources = [a["src"] for t, a in parsed(page).found if t == "img"]
    assert len(sources) == 12
    assert [source[:15] for source in sources] == ["data:image/jpeg"] * 9 + ["data:image/gif;"] + [
        "data:image/jpeg"
    ] * 2


def test_every_picture_has_words_in_its_place(parsed):
    found = parsed(build_page(make_story())).found
    assert all(a.get("alt") for t, a in found if t == "img")
    assert all(a.get("aria-label") or a.get("aria-hidden") for t, a in found if t == "svg")


def test_names_and_words_from_outside_are_escaped():
    page = build_page(make_story())
    assert "<you>" not in page
    assert html.escape("facsimile detect 'me & <you>.jpg'") in page
    assert "Hello &lt;b&gt;!" in page


def test_every_unit_has_its_row_and_numbers():
    page = build_page(make_story())
    for unit in make_reading().units:
        assert f"<b>{unit.code}</b>" in page
    assert 'aria-label="left 0.9, right 3.1 of 5"' in page
    assert "29 units that are probably absent" in page


def test_a_face_at_rest_makes_a_page_too(parsed):
    reading = make_reading({})
    page = parsed(build_page(make_story(reading))).text
    assert "None reaches even odds" in page
    assert "[0]" in page


def test_no_percentage_claims_certainty(parsed):
    text = parsed(build_page(make_story())).text
    assert "100%" not in text
    assert ">99%" in text


def test_a_neutral_expression_is_drawn_once_per_person(quick):
    pose = np.zeros(3)
    assert len(story_module.draw_people(ActionUnits.neutral(), pose, seed=1)) == story_module.NUM_PEOPLE
    people = story_module.draw_people(ActionUnits.from_dict({12: 3}), pose, seed=1)
    assert [(p.seed, p.is_neutral) for p in people] == [(1, True), (1, False), (2, False), (3, False)]


def test_what_is_stated_is_sure_enough():
    stated = make_reading().stated
    assert stated.of(12, "L") == stated.of(12, "R") == pytest.approx(3.55)
    assert (stated.of(14, "L"), stated.of(14, "R")) == pytest.approx((0.9, 3.1))
    assert stated.of(4) == 0


@pytest.fixture
def quick(monkeypatch):
    """The loop without reader and renderer."""
    monkeypatch.setattr(story_module, "Detector", lambda: object.__new__(Detector))
    monkeypatch.setattr(story_module, "read_own_face", lambda detector: make_own_face())
    monkeypatch.setattr(story_module, "read_photo", lambda photo, detector: make_reading())
    blank = lambda *_, size, **__: np.zeros((size, size, 3), np.uint8)  # noqa: E731
    monkeypatch.setattr(story_module, "draw_person", blank)
    monkeypatch.setattr(story_module, "draw_state", blank)
    monkeypatch.setattr(story_module, "reconstruct", blank)


def test_the_command_writes_the_page_and_prints_its_path(quick, tmp_path):
    run = lambda *a: CliRunner().invoke(command, ["-o", str(tmp_path / "out"), *a])  # noqa: E731
    result = run("me.jpg")
    assert result.exit_code == 0
    assert result.stdout == f"{tmp_path / 'out' / 'index.html'}\n"
    assert "reading the photo" in result.stderr
    assert "me.jpg" in (tmp_path / "out" / "index.html").read_text()
    again = run("me.jpg")
    assert again.exit_code == 2
    assert "add --force" in again.stderr
    told = json.loads(run("me.jpg", "--force", "--json").stdout)
    assert (told["page"], told["photo"]) == (str(tmp_path / "out" / "index.html"), "me.jpg")
    assert told["notation"]


def test_the_page_is_the_same_each_time(quick):
    pages = {build_page(story_module.tell(None, seed=3, progress=lambda _: None)) for _ in range(2)}
    assert len(pages) == 1


def test_a_missing_photo_is_one_line(tmp_path):
    result = CliRunner().invoke(command, [str(tmp_path / "none.jpg"), "-o", str(tmp_path / "out")])
    assert result.exit_code == 1
    assert "none.jpg: no such file" in result.stderr
    assert not (tmp_path / "out").exists()


def test_without_scikit_image_the_drawn_face_goes_round(quick, monkeypatch, parsed):
    monkeypatch.setitem(sys.modules, "skimage", None)
    story = story_module.tell(None, seed=3, progress=lambda _: None)
    assert story.source == "drawn"
    text = parsed(build_page(story)).text
    assert "facsimile[demo]" in text
    assert "facsimile detect photo.jpg" in text


def test_the_truth_stands_beside_what_was_read(parsed):
    own = make_own_face()
    hits, number = own.hits()
    assert number == sum(1 + UNITS[code].is_sided for code in LABEL_UNITS)
    assert [code for code, _ in own.shown()] == [6, 12, 14, 25]
    missed = [b for _, bars in own.bars() for b in bars if abs(b.truth - b.intensity) > 1.645 * b.sd]
    assert hits == number - len(missed) < number
    page = parsed(build_page(make_story()))
    assert f"{hits} of {number} true values" in page.text
    assert any(a.get("aria-label") == "left read 3.4, true 4.0, right read 3.7, true 4.0" for _, a in page.found)


def test_a_name_of_odd_bytes_can_be_printed(quick, tmp_path):
    result = CliRunner().invoke(command, ["\udcff.jpg", "-o", str(tmp_path / "out"), "--json"])
    assert json.loads(result.stdout)["photo"] == "\\udcff.jpg"


def test_a_name_of_odd_bytes_makes_a_page(parsed):
    page = build_page(make_story(photo_name="\udcff<script>.jpg"))
    page.encode("utf-8")
    assert "<script" not in page
    assert "\\udcff" in page


@pytest.mark.slow
def test_the_whole_loop_on_a_drawn_person(tmp_path, parsed):
    photo = tmp_path / "drawn.png"
    image = drawing.draw_state(parse("6C+12D+25C"), seed=1, size=300)
    photo.write_bytes(drawing.encode(image, "PNG"))
    result = CliRunner().invoke(command, [str(photo), "-o", str(tmp_path / "out")])
    assert result.exit_code == 0, result.output
    page = parsed((tmp_path / "out" / "index.html").read_text())
    assert len([1 for tag, _ in page.found if tag == "img"]) in (12, 13)
    assert "drawn.png" in page.text
