import numpy as np
import pytest

from facsimile.detect.faces import Frame
from facsimile.detect.overlay import HEIGHT, MAX_PANELS, MAX_PHOTO_WIDTH, PANEL_WIDTH, draw_overlay


@pytest.fixture
def face(detector, picture):
    return detector.read_image(picture)[0]


@pytest.mark.parametrize(("height", "width"), [(200, 200), (3000, 2000), (40, 4000), (1, 1)])
def test_the_drawing_has_a_readable_size(face, height, width):
    frame = Frame("a", 0, 0.0, np.full((height, width, 3), 90, np.uint8), (face,))
    drawing = draw_overlay(frame)
    assert drawing.shape[0] == HEIGHT
    assert PANEL_WIDTH < drawing.shape[1] <= MAX_PHOTO_WIDTH + PANEL_WIDTH


def test_landmarks_are_drawn_where_they_are(face, picture):
    grey = np.full_like(picture, 60)
    drawing = draw_overlay(Frame("a", 0, 0.0, grey, (face,)))
    scale = HEIGHT / picture.shape[0]
    x, y = (face.landmarks[30] + 0.5) * scale
    near = drawing[int(y) - 4 : int(y) + 5, int(x) - 4 : int(x) + 5]
    assert near.max() > 150
    assert (np.abs(drawing[5:20, 5:20].astype(int) - 60) < 3).all()


def test_bars_grow_with_the_intensity(face, picture):
    def bright(value):
        changed = np.full_like(face.intensity, value)
        drawn = type(face)(**{**vars(face), "intensity": changed})
        return int(draw_overlay(Frame("a", 0, 0.0, picture, (drawn,)))[:, 960:].sum())

    assert bright(1.0) < bright(2.0) < bright(4.0)


def test_no_face_and_many_faces(face, picture):
    assert draw_overlay(Frame("a", 0, 0.0, picture, ())).shape == (HEIGHT, HEIGHT + PANEL_WIDTH, 3)
    many = draw_overlay(Frame("a", 0, 0.0, picture, (face,) * 5))
    assert many.shape[1] == HEIGHT + MAX_PANELS * PANEL_WIDTH


@pytest.mark.parametrize("grey", [0, 60, 128, 190, 255])
def test_lines_stand_out_from_any_skin(face, picture, grey):
    drawing = draw_overlay(Frame("a", 0, 0.0, np.full_like(picture, grey), (face,))).astype(int)
    x, y = ((face.landmarks[30] + 0.5) * HEIGHT / picture.shape[0]).astype(int)
    near = drawing[y - 6 : y + 7, x - 6 : x + 7].mean(-1)
    assert max(abs(near.max() - grey), abs(near.min() - grey)) > 100


def test_a_mirrored_face_has_its_lines_mirrored(face, picture):
    def lines(points):
        grey = np.full_like(picture, 128)
        changed = type(face)(
            **{**vars(face), "landmarks": points, "gaze_rad": np.zeros(2), "head_pose_rad": np.zeros(3)}
        )
        return draw_overlay(Frame("a", 0, 0.0, grey, (changed,)))[:, :HEIGHT].astype(int)

    other = face.landmarks * [-1, 1] + [picture.shape[1] - 1, 0]
    box = np.abs(lines(face.landmarks)[:, ::-1] - lines(other)).mean()
    assert box < 1.0


@pytest.mark.parametrize("shift", [(-60.0, -50.0), (60.0, 70.0), (-150.0, 0.0), (0.0, 400.0)])
def test_numbers_of_faces_at_the_edge_stay_in_the_picture(face, picture, shift):
    def moved(number):
        landmarks, box = face.landmarks + shift, face.box + np.array([*shift, 0, 0])
        return type(face)(**{**vars(face), "landmarks": landmarks, "box": box, "face_id": number})

    grey = np.full_like(picture, 128)
    ones, eights = (draw_overlay(Frame("a", 0, 0.0, grey, (moved(n), moved(n)))) for n in (111, 888))
    ys, xs = np.nonzero((ones != eights).any(-1)[:, :HEIGHT])
    assert len(xs) > 50
    assert xs.min() > 1
    assert xs.max() < HEIGHT - 2
    assert ys.min() > 1
    assert ys.max() < HEIGHT - 2


def test_faces_without_a_panel_are_counted(face, picture):
    three, five = (draw_overlay(Frame("a", 0, 0.0, picture, (face,) * n)) for n in (3, 5))
    words = np.s_[84:100, -200:]
    assert (three[words] == three[90, -2]).all()
    assert (five[words] != five[90, -2]).any()
