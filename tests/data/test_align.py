import importlib.util
import json
import math
from pathlib import Path

import cv2
import numpy as np
import pytest

from facsimile.data.align import (
    CROP_SIZE,
    EYE_DISTANCE,
    EYE_HEIGHT,
    FLIP_LANDMARKS,
    LEFT_EYE,
    RIGHT_EYE,
    STABLE_POINTS,
    TEMPLATE,
    align_matrix,
    crop_from_pixels,
    invert,
    pixels_from_crop,
    rotation_of,
    similarity,
    transform_points,
    warp,
)
from facsimile.face import landmarks as face_landmarks


def placed(*, scale: float = 150.0, angle: float = 0.3, shift: tuple[float, float] = (40.0, 70.0)) -> np.ndarray:
    """The template's face in a picture: turned clockwise by ``angle``."""
    turn = np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    return TEMPLATE @ (scale * turn).T + np.array(shift)


def test_a_turned_face_comes_back_upright_in_closed_form():
    face = placed()
    matrix = align_matrix(face)
    np.testing.assert_allclose(crop_from_pixels(transform_points(matrix, face)), TEMPLATE, atol=1e-12)
    assert rotation_of(matrix) == pytest.approx(-0.3)
    assert math.sqrt(np.linalg.det(matrix[:, :2])) == pytest.approx(CROP_SIZE / 150)


def test_mouth_jaw_and_brows_do_not_move_the_crop():
    face = placed()
    moved = face.copy()
    moved[[8, 19, 57, 62]] += [3.0, 20.0]
    np.testing.assert_array_equal(align_matrix(face), align_matrix(moved))
    assert not {8, 19, 57, 62} & set(STABLE_POINTS)


def test_invert_undoes_the_matrix():
    matrix = align_matrix(placed())
    points = np.random.default_rng(0).random((5, 3, 2)) * 100
    np.testing.assert_allclose(transform_points(invert(matrix), transform_points(matrix, points)), points, atol=1e-9)


def test_crop_and_pixel_coordinates_are_inverse_and_mirror_about_a_half():
    np.testing.assert_allclose(crop_from_pixels(np.array([0.0, 111.0]), 112), [0.5 / 112, 1 - 0.5 / 112])
    np.testing.assert_allclose(pixels_from_crop(crop_from_pixels(TEMPLATE, 96), 96), TEMPLATE, atol=1e-12)


@pytest.mark.parametrize("scale", [0.3, 0.6, 1.0, 1.7])
def test_a_smooth_picture_is_resampled_at_the_right_place(scale):
    """Red is x, green is y: a crop's colours say where they come from, whatever the scale."""
    size = 240
    ramp = np.arange(size, dtype=np.uint8)
    image = np.stack(
        [np.tile(ramp, (size, 1)), np.tile(ramp[:, None], (1, size)), np.zeros((size, size), np.uint8)], -1
    )
    face = placed(scale=64 / scale, angle=0.2, shift=(70.0, 60.0))
    matrix = align_matrix(face, 64)
    crop = warp(image, matrix, 64).astype(float)
    rows, columns = np.mgrid[8:56, 8:56]
    source = transform_points(invert(matrix), np.stack([columns, rows], -1).astype(float))
    inside = ((source > 3) & (source < size - 4)).all(-1)
    assert inside.mean() > 0.2
    error = crop[8:56, 8:56, :2][inside] - source[inside]
    assert np.abs(error).max() < 1.2  # two roundings to whole grey levels
    assert np.abs(error.mean(0)).max() < 0.1  # half a pixel off would be 0.3 to 1.7


def test_down_sampling_averages_fine_stripes_instead_of_aliasing():
    stripes = np.zeros((400, 400, 3), np.uint8)
    stripes[:, ::2] = 254
    crop = warp(stripes, align_matrix(placed(scale=400 * 0.99, angle=0.0, shift=(0.0, 0.0)), 64), 64)
    assert crop.std() < 4
    assert crop.mean() == pytest.approx(127, abs=2)


def test_outside_the_picture_its_edge_goes_on_or_a_colour_is_put():
    image = np.full((50, 50, 3), 90, np.uint8)
    matrix = align_matrix(placed(scale=100, shift=(-20.0, -20.0)))
    assert (warp(image, matrix) == 90).all()
    filled = warp(image, matrix, border=cv2.BORDER_CONSTANT, fill=(1, 2, 3))
    assert (filled[-1, -1] == [1, 2, 3]).all()


def test_the_template_is_symmetric_and_where_it_says():
    mirrored = TEMPLATE[list(FLIP_LANDMARKS)]
    np.testing.assert_allclose(mirrored * [-1, 1] + [1, 0], TEMPLATE, atol=2e-5)
    left, right = TEMPLATE[LEFT_EYE].mean(0), TEMPLATE[RIGHT_EYE].mean(0)
    assert left[0] - right[0] == pytest.approx(EYE_DISTANCE, abs=1e-4)
    assert left[1] == pytest.approx(EYE_HEIGHT, abs=1e-4)
    assert TEMPLATE.min() > 0
    assert TEMPLATE.max() < 1


def test_landmark_twins_are_those_of_the_face_room():
    assert FLIP_LANDMARKS == face_landmarks.FLIP_LANDMARKS


@pytest.mark.slow
def test_the_template_is_the_mean_face(tmp_path, monkeypatch):
    path = Path(__file__).parents[2] / "scripts/fit_template.py"
    spec = importlib.util.spec_from_file_location("fit_template", path)
    script = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(script)
    monkeypatch.setattr(script, "TEMPLATE_PATH", tmp_path / "template.json")
    script.main()
    np.testing.assert_allclose(json.loads((tmp_path / "template.json").read_text()), TEMPLATE, atol=0.01)


@pytest.mark.parametrize("landmarks", [np.zeros((70, 2)), np.full((70, 2), np.nan)])
def test_points_that_are_no_face_are_refused(landmarks):
    with pytest.raises(ValueError, match="this is no face"):
        align_matrix(landmarks)


def test_similarity_is_the_least_squares_one():
    rng = np.random.default_rng(3)
    source, target = rng.random((11, 2)), rng.random((11, 2))
    best = similarity(source * 100, target * 100)
    error = np.square(transform_points(best, source * 100) - target * 100).sum()
    design = np.zeros((22, 4))
    design[0::2] = np.column_stack([source * [100, -100], np.ones(11), np.zeros(11)])
    design[1::2] = np.column_stack([source[:, ::-1] * 100, np.zeros(11), np.ones(11)])
    slow = np.linalg.lstsq(design, (target * 100).ravel(), rcond=None)[1][0]
    assert error == pytest.approx(slow)
