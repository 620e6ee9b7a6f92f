import re

import numpy as np
import pytest

from facsimile.app.report import collector
from facsimile.app.report.collector import MAX_FACES, MAX_LINES, Collector
from facsimile.app.report.page import About, build_page
from facsimile.app.report.reconstruction import GAZE_LIMIT_RAD, expression_of, reconstruct
from facsimile.app.report.timeline import MAX_SHOWN
from facsimile.detect.faces import Frame
from facsimile.facs.action_units import LABEL_UNITS
from facsimile.facs.controllers import NUM_CONTROLLERS, controller_index

ABOUT = About(command="facsimile detect 'a b.jpg'", version="1.2.3", weights="reader.onnx, SHA-256 abc…", person="Zola")
EVIL = '/tmp/<script>alert(1)</script>\udcff"x.jpg'
FACE_BYTES = 60_000
LINE_BYTES = 300_000


def blank(face):
    return np.full((224, 224, 3), 200, np.uint8)


def noise(face):
    return np.random.default_rng(0).integers(0, 256, (224, 224, 3), np.uint8)


def photo(*faces, name="a.jpg", image=None):
    image = np.full((120, 120, 3), 128, np.uint8) if image is None else image
    return Frame(name, 0, 0.0, image, faces)


def page_of(*frames, about=ABOUT, draw=blank, failures=()):
    taken = Collector()
    for frame in frames:
        taken.add(frame)
    for words in failures:
        taken.add_failure(words)
    return build_page(taken.finished(), about, draw=draw)


def video_of(make_face, num_frames, *, name="talk.mp4", face_ids=(0,)):
    for i in range(num_frames):
        smile = 4.0 * ((i // 20) % 2)
        faces = tuple(make_face({12: (smile, smile / 2)}, face_id=number) for number in face_ids)
        yield Frame(name, i, i / 25, np.full((120, 120, 3), 90, np.uint8), faces)


def test_a_photo_has_pictures_score_bars_and_words(make_face, parsed):
    found = parsed(page_of(photo(make_face({6: (2.0, 2.0), 12: (3.2, 2.8), 25: (3.0, 3.0)}), name="dir/smile.jpg")))
    read = ("smile.jpg", "dir/", "[6B+12C+25C]", "Head turned 17° right", "the photo", "what was read")
    for words in (*read, "feels, thinks or intends", "facsimile detect 'a b.jpg'", "facsimile 1.2.3", "SHA-256 abc"):
        assert words in found.text
    assert len([1 for tag, _ in found.found if tag == "img"]) == 2


def test_the_page_loads_nothing_and_runs_nothing(make_face, parsed):
    html = page_of(photo(make_face()), *video_of(make_face, 50))
    assert not re.search(r"https?://|@import|url\(|<script|<link|<iframe|\bon\w+=|javascript:", html)
    found = parsed(html).found
    assert "default-src 'none'" in next(a["content"] for t, a in found if "http-equiv" in a)
    assert all(a["src"].startswith("data:image/jpeg;base64,") for t, a in found if t == "img")


def test_points_can_be_switched_on_where_there_are_some(make_face):
    with_photo, with_video = page_of(photo(make_face())), page_of(*video_of(make_face, 3))
    assert 'type="checkbox" id="dots"' in with_photo
    assert 'class="points"' in with_photo
    assert "checkbox" not in with_video
    assert 'class="points"' not in with_video


def test_every_picture_and_chart_has_words(make_face, parsed):
    crowd = photo(make_face(face_id=0), make_face(face_id=1))
    found = parsed(page_of(crowd, *video_of(make_face, 60))).found
    assert all(a.get("alt") for t, a in found if t == "img")
    assert all(a.get("aria-label") or a.get("aria-hidden") for t, a in found if t == "svg")
    links = [a["href"][1:] for t, a in found if t == "a"]
    assert set(links) <= {a.get("id") for _, a in found}


def test_names_from_outside_run_nothing_and_can_be_any_bytes(make_face, parsed):
    about = About(command=f"facsimile detect {EVIL}", version="<b>", weights="<i>", person="<u>", neutral=EVIL)
    video = video_of(make_face, 3, name="<script>.mp4")
    html = page_of(photo(make_face(), name=EVIL), photo(name=EVIL), *video, about=about, failures=[f"{EVIL}: broken"])
    html.encode("utf-8")
    assert "<script" not in html
    assert html.count("&lt;script&gt;") >= 5
    assert "\\udcff&quot;x.jpg" in html
    assert "<script>.mp4" in parsed(html).text


def test_what_is_not_shown_is_named(make_face, parsed):
    text = parsed(page_of(photo(name="wall.png"), failures=["cut.mp4: breaks off after 3 of 9 frames"])).text
    assert "No face found: 1" in text
    assert "wall.png" in text
    assert "breaks off after 3" in text
    assert "No face below" in text


def test_no_input_makes_a_page_too(parsed):
    assert "Nothing read" in parsed(page_of()).text


def test_the_same_readings_make_the_same_page(make_face):
    frames = [photo(make_face()), *video_of(make_face, 30)]
    assert page_of(*frames) == page_of(*frames)


def test_a_face_weighs_little_whatever_the_photo_shows(make_face, monkeypatch):
    noisy = np.random.default_rng(1).integers(0, 256, (400, 400, 3), np.uint8)
    busy = {code: (3.3, 2.2) for code in LABEL_UNITS}
    face = make_face(busy, centre=(200.0, 200.0))
    far = photo(face, make_face(busy, face_id=1), image=noisy, name="x" * 400)
    empty = len(page_of())
    assert len(page_of(far, draw=noise)) - empty < 2 * FACE_BYTES
    assert len(page_of(photo(face, image=noisy), draw=noise)) - empty < FACE_BYTES


def test_a_face_of_a_video_weighs_little_however_long(make_face, monkeypatch):
    rng = np.random.default_rng(2)
    image = rng.integers(0, 256, (120, 120, 3), np.uint8)
    faces = [
        make_face(dict(zip(LABEL_UNITS, rng.uniform(0, 5, (len(LABEL_UNITS), 2)), strict=True))) for _ in range(40)
    ]
    frames = [Frame("a.mp4", i, i / 25, image, (faces[(i // 17) % 40],)) for i in range(480)]
    assert len(page_of(*frames, draw=noise)) - len(page_of()) < LINE_BYTES


def test_more_faces_than_there_is_room_for_are_counted(make_face, monkeypatch, parsed):
    monkeypatch.setattr(collector, "MAX_FACES", 3)
    drawn = []
    crowd = [photo(make_face(face_id=0), make_face(face_id=1), name=f"{i}.jpg") for i in range(4)]
    html = page_of(*crowd, draw=lambda face: drawn.append(face) or blank(face))
    text = parsed(html).text
    assert len(drawn) == 3
    assert "5 faces more found" in text
    assert "1 more face in the table only" in text
    assert "4 photos read" in text
    assert MAX_FACES * FACE_BYTES + MAX_LINES * LINE_BYTES < 20_000_000


def test_the_page_tells_of_faces_read_beside_their_own_rest(make_face, parsed):
    def text(is_relative):
        return parsed(
            page_of(Frame("a.mp4", 0, 0.0, np.zeros((99, 99, 3), np.uint8), (make_face(is_relative=is_relative),)))
        ).text

    assert "own face at rest" in text(True)
    assert "own face at rest" not in text(False)


def test_videos_share_the_room(make_face, monkeypatch, parsed):
    monkeypatch.setattr(collector, "MAX_LINES", 3)
    videos = [frame for n in range(3) for frame in video_of(make_face, 4, name=f"{n}.mp4", face_ids=(0, 1))]
    text = parsed(page_of(*videos)).text
    assert "3 videos read" in text
    assert "3 faces more found" in text
    assert MAX_SHOWN <= MAX_LINES


def test_a_video_given_twice_is_two_videos(make_face):
    frames = [*video_of(make_face, 5), *video_of(make_face, 5)]
    taken = Collector()
    for frame in frames:
        taken.add(frame)
    assert [video.num_frames for video in taken.finished().inputs] == [5, 5]


def test_progress_knows_how_many_faces_will_be_drawn(make_face):
    taken, drawn = Collector(), []
    for frame in (photo(make_face(), make_face(face_id=1)), *video_of(make_face, 60)):
        taken.add(frame)
    seen = taken.finished()
    build_page(seen, ABOUT, draw=lambda face: drawn.append(face) or blank(face))
    assert len(seen.faces) == len(drawn) > 3
    assert all(a is b for a, b in zip(seen.faces, drawn, strict=True))


def test_the_person_does_what_was_read(make_face):
    face = make_face({12: (5.0, 0.0)}, gaze_rad=np.array([2.0, -0.1]), head_pose_rad=np.array([0.1, -2.0, 0.2]))
    expression = expression_of(face)
    assert expression.controllers[controller_index("mouthSmileLeft")] == 1
    assert expression.controllers[controller_index("mouthSmileRight")] == 0
    assert expression.gaze_rad[0] == pytest.approx([GAZE_LIMIT_RAD[0], -0.1])
    assert expression.head_pose_rad == pytest.approx([0.1, -0.9, 0.2])
    assert expression_of(make_face({12: (0.0, 5.0)})).controllers[controller_index("mouthSmileRight")] == 1


def test_controllers_from_the_picture_come_first(make_face):
    read = np.zeros(NUM_CONTROLLERS)
    read[controller_index("jawOpen")] = 1.4
    expression = expression_of(make_face({12: (5.0, 5.0)}, controllers=read))
    assert expression.controllers[controller_index("jawOpen")] == 1
    assert expression.controllers[controller_index("mouthSmileLeft")] == 0


def test_a_smile_is_drawn_on_the_same_person(make_face):
    rest, smile, again = (reconstruct(make_face(units), size=48) for units in ({}, {12: (5.0, 5.0)}, {}))
    assert rest.shape == (48, 48, 3)
    assert (rest == again).all()
    moved = np.abs(rest.astype(int) - smile).sum(-1)
    assert moved[24:].mean() > 4 * moved[:16].mean()


def test_hidden_units_are_marked(make_face, parsed):
    visible = np.ones((len(LABEL_UNITS), 2))
    visible[LABEL_UNITS.index(12)] = 0.1
    text = parsed(page_of(photo(make_face({12: (3.0, 3.0)}, visible=visible)))).text
    assert text.count("not in view") == 1


def test_the_page_tells_of_the_neutral_photo(parsed):
    about = About(command="x", version="1", weights="w", person="Zola", neutral="rest.jpg")
    assert "read relative to rest.jpg , which shows a face at rest" in parsed(page_of(about=about)).text
    assert "Zola of facsimile’s cast" in parsed(page_of()).text
