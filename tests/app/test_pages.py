import base64
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from facsimile.app.pages.bars import Bar, bars_svg
from facsimile.app.pages.close_up import LEAST_SIZE, close_up, points_svg
from facsimile.app.pages.markup import NAME_LENGTH, direction, image_tag, jpeg_within, percent, shown_name, steps
from facsimile.app.pages.unit_table import unit_tables
from facsimile.app.photo import UnitReading


def test_bars_have_lengths_in_proportion_and_whiskers_inside_the_chart():
    svg = bars_svg((Bar("left", 2.5, 0.5), Bar("right", 5.0, 1.0)), label="x")
    assert 'width="250"' in svg
    assert 'width="500"' in svg
    assert "M168 7.5H332" in svg
    assert "M336 22.5H500" in svg


def test_a_bar_without_doubt_has_no_whisker():
    assert "path" not in bars_svg((Bar("both", 1.0, None),), label="x")


def test_names_that_attack_are_spelled_out():
    assert shown_name("<script>alert(1)</script>.jpg") == "&lt;script&gt;alert(1)&lt;/script&gt;.jpg"
    assert shown_name("a\"b'c&.png") == "a&quot;b&#x27;c&amp;.png"
    assert shown_name("\udcff\udc80.jpg") == "\\udcff\\udc80.jpg"
    assert shown_name("a\nb\x00c\u202egpj.exe") == "a\\nb\\x00c\\u202egpj.exe"
    assert shown_name("Zoë 笑.jpg") == "Zoë 笑.jpg"


@given(st.text(alphabet=st.characters(codec=None), max_size=400))
def test_any_name_can_be_written(name):
    shown = shown_name(name)
    shown.encode("utf-8")
    assert not set("<>\"'") & set(shown)
    assert len(shown) <= (NAME_LENGTH + 1) * len("&quot;")


def test_pictures_keep_their_bound_whatever_they_show():
    noise = np.random.default_rng(0).integers(0, 256, (224, 224, 3), np.uint8)
    for limit in (1_000, 4_000, 12_000):
        jpeg = jpeg_within(noise, limit)
        assert len(jpeg) <= limit
        Image.open(io.BytesIO(jpeg)).load()
    flat = jpeg_within(np.full((224, 224, 3), 90, np.uint8), 12_000)
    assert Image.open(io.BytesIO(flat)).size == (224, 224)
    with pytest.raises(ValueError, match="at least 1,000"):
        jpeg_within(noise, 10)


def test_a_tag_holds_the_picture_and_its_words():
    tag = image_tag(b"abc", alt='x" onerror="alert(1)', size=(3, 4))
    assert base64.b64encode(b"abc").decode() in tag
    assert 'onerror="' not in tag
    assert 'width="3" height="4"' in tag


def test_a_close_up_holds_the_face_where_its_points_say():
    image = np.zeros((300, 400, 3), np.uint8)
    image[100:200, 150:250] = 200
    corners = np.array([[150.0, 100.0], [249.0, 199.0]])
    shot = close_up(image, corners, size=100)
    assert shot.image.shape == (100, 100, 3)
    (left, top), (right, bottom) = shot.points * 100
    assert shot.image[int(top) + 3 : int(bottom) - 3, int(left) + 3 : int(right) - 3].min() > 190
    assert shot.image[: int(top) - 3].max() < 10
    assert (shot.points[0] + shot.points[1]) / 2 == pytest.approx([0.5, 0.5])


@pytest.mark.parametrize("size", [(8, 8), (1, 1), (2000, 2600)])
@pytest.mark.parametrize(
    "place", [[[-40.0, -30.0], [-10.0, -2.0]], [[0.0, 0.0], [0.0, 0.0]], [[1.0, 1.0], [2500.0, 1900.0]]]
)
def test_close_ups_of_faces_outside_tiny_and_huge(size, place):
    image = np.full((*size, 3), 77, np.uint8)
    shot = close_up(image, np.array(place), size=160)
    assert shot.image.shape[0] == shot.image.shape[1]
    assert LEAST_SIZE <= shot.image.shape[0] <= 160


def test_a_mirrored_picture_has_the_mirrored_close_up():
    image = np.random.default_rng(1).integers(0, 256, (90, 120, 3), np.uint8)
    points = np.array([[30.0, 20.0], [71.0, 62.0], [50.0, 40.0]])
    other = points * [-1, 1] + [119, 0]
    a, b = close_up(image, points, size=80), close_up(np.ascontiguousarray(image[:, ::-1]), other, size=80)
    assert np.abs(a.image[:, ::-1].astype(int) - b.image).max() <= 1
    assert a.points * [-1, 1] + [1, 0] == pytest.approx(b.points)


def test_points_are_dots_inside_the_square():
    svg = points_svg(np.array([[0.5, 0.25], [-3.0, 2.0]]))
    assert svg.count("M100 50h0M0 200h0") == 2


def test_a_path_can_be_followed_back():
    points = [(0.0, 3.0), (1.2, 2.0), (2.0, 40.0), (3.0, 12.4)]
    path = steps(points)
    assert path == "M0 3l1-1 1 38 1-28"
    assert steps([]) == ""


def test_angles_and_chances_in_words():
    assert direction(0.5, "up", "down") == "29° up"
    assert direction(-0.5, "up", "down") == "29° down"
    assert direction(0.001, "up", "down") == "0°"
    assert [percent(p) for p in (0.0, 0.5, 1.0)] == ["&lt;1%", "50%", "&gt;99%"]


def test_a_unit_out_of_view_is_marked():
    def html(visible):
        return unit_tables([UnitReading(12, np.array([3.0, 2.0]), np.array([0.5, 0.5]), 0.9, visible)])

    assert "not in view" in html(0.1)
    assert "not in view" not in html(0.9)
    assert "not in view" not in html(None)
    assert 'aria-label="left 3.0, right 2.0 of 5"' in html(None)
    assert "3.0 <b>C</b>" in html(None)
    assert "2.0 <b>B</b>" in html(None)
