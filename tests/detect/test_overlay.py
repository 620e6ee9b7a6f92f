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
