import cv2
import numpy as np
import pytest

from facsimile.detect.finder import Candidate, cascade_path, find_faces, intersection_over_union, suppress


def box(*values):
    return np.array(values, float)


def test_overlap_of_boxes():
    a = box(0, 0, 10, 10)
    assert intersection_over_union(a, a) == 1
    assert intersection_over_union(a, box(5, 0, 10, 10)) == pytest.approx(1 / 3)
    assert intersection_over_union(a, box(20, 20, 5, 5)) == 0
    assert intersection_over_union(box(0, 0, 0, 0), box(0, 0, 0, 0)) == 0


def test_the_surest_of_overlapping_candidates_stays():
    weak, sure, far = (
        Candidate(box(0, 0, 10, 10), 1.0),
        Candidate(box(1, 1, 10, 10), 2.0),
        Candidate(box(50, 0, 9, 9), 0.1),
    )
    assert suppress([weak, sure, far]) == [sure, far]


def test_a_box_inside_another_is_the_same_face():
    outer, inner = Candidate(box(0, 0, 100, 100), 2.0), Candidate(box(30, 30, 20, 20), 1.0)
    assert suppress([outer, inner]) == [outer]


def test_no_face_in_flat_noisy_or_tiny_pictures():
    random = np.random.default_rng(0)
    assert find_faces(np.zeros((200, 300, 3), np.uint8)) == []
    assert find_faces(random.integers(0, 256, (240, 240, 3), dtype=np.uint8)) == []
    assert find_faces(np.full((1, 1, 3), 9, np.uint8)) == []


def test_all_cascades_are_in_the_wheel():
    assert all(cascade_path(n).is_file() for n in ("frontalface_alt2", "frontalface_default", "profileface"))


@pytest.fixture(scope="module")
def astronaut():
    return pytest.importorskip("skimage.data").astronaut()


def test_one_face_in_the_astronaut(astronaut):
    (face,) = find_faces(astronaut)
    x, y, w, h = face.box
    assert x < 205 < x + w
    assert x < 245 < x + w
    assert y < 105 < y + h


def test_three_faces_from_large_to_small(astronaut):
    face = astronaut[30:210, 130:310]
    canvas = np.full((260, 700, 3), 128, np.uint8)
    for x, size in ((0, 250), (280, 180), (500, 120)):
        canvas[5 : 5 + size, x : x + size] = cv2.resize(face, (size, size), interpolation=cv2.INTER_AREA)
    found = find_faces(canvas)
    assert [int(c.box[0]) // 240 for c in found] == [0, 1, 2]


def test_a_face_that_fills_the_frame(astronaut):
    assert len(find_faces(astronaut[68:160, 180:272])) == 1


def test_scale_is_undone(astronaut):
    large = cv2.resize(astronaut, None, fx=3, fy=3)
    (small_face,), (large_face,) = find_faces(astronaut), find_faces(large)
    assert intersection_over_union(small_face.box * 3, large_face.box) > 0.7


@pytest.mark.parametrize("name", ["coffee", "rocket", "brick", "chelsea"])
def test_nothing_in_pictures_without_people(name):
    from skimage import data

    picture = getattr(data, name)()
    rgb = picture if picture.ndim == 3 else np.repeat(picture[..., None], 3, axis=2)
    assert find_faces(np.ascontiguousarray(rgb[..., :3])) == []


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (3, 40000)])
def test_a_line_has_no_face(shape):
    assert find_faces(np.full((*shape, 3), 90, np.uint8)) == []
