import numpy as np
import pytest

from facsimile.face.contact import lip_overlap
from facsimile.face.identity import average_identity, identity_from_seed
from facsimile.face.landmarks import (
    FLIP_LANDMARKS,
    LEFT_IRIS,
    RIGHT_IRIS,
    jaw_opening_mm,
    landmark_surface,
    landmarks,
    lid_aperture_mm,
    lip_gap_mm,
)
from facsimile.face.pack import load_head_pack
from facsimile.face.rig import default_rig

TEMPLATE = load_head_pack().vertices
SEEDS = range(12)


def test_points_lie_on_the_surface_inside_the_face():
    surface = landmark_surface()
    assert surface.corners.shape == (70, 3)
    assert (surface.barycentric >= 0).all()
    np.testing.assert_allclose(surface.barycentric.sum(1), 1, atol=1e-6)
    points = landmarks(TEMPLATE)
    assert np.abs(points[:, 0]).max() < 0.85
    assert 6.1 < points[:, 1].min() < points[:, 1].max() < 7.6
    assert points[17:, 2].min() > 1.2


def test_points_are_mirror_symmetric():
    points = landmarks(TEMPLATE)
    flip = np.array(FLIP_LANDMARKS)
    assert np.array_equal(flip[flip], np.arange(70))
    np.testing.assert_allclose(points[flip] * (-1, 1, 1), points, atol=1e-6)
    middle = flip == np.arange(70)
    assert list(np.flatnonzero(middle)) == [8, 27, 28, 29, 30, 33, 51, 57, 62, 66]
    np.testing.assert_array_equal(points[middle, 0], 0)


@pytest.mark.parametrize("seed", SEEDS)
def test_order_follows_ibug_on_every_face(seed):
    """As in an unmirrored photo: image left is the subject's right, so x grows along jaw, brows, eyes and lips."""
    points = landmarks(default_rig().neutral_vertices(identity_from_seed(seed)))
    x, y = points[:, 0], points[:, 1]
    for run in ((3, 14), (17, 27), (31, 36), (48, 55), (60, 65)):
        assert (np.diff(x[slice(*run)]) > 0).all(), run
    assert x[36] < x[37] < x[38] < x[39] < x[42] < x[43] < x[44] < x[45]
    assert (y[[37, 38, 43, 44]] > y[[41, 40, 47, 46]]).all()
    assert (np.diff(y[27:31]) < 0).all()
    assert y[8] < y[57] < y[66] <= y[62] + 0.005 < y[51] < y[33] < y[30] < y[27]
    assert (y[17:27] > y[36:48].max()).all()
    assert x[RIGHT_IRIS] < 0 < x[LEFT_IRIS]
    assert x[42] < x[LEFT_IRIS] < x[45]


@pytest.mark.parametrize("seed", SEEDS)
def test_neutral_faces_have_closed_lips_and_open_eyes(seed):
    vertices = default_rig().neutral_vertices(identity_from_seed(seed))
    assert lip_gap_mm(vertices) < 2
    assert lip_overlap(vertices).max() > 0
    assert (lid_aperture_mm(vertices) > 4).all()


def test_measures_have_sides():
    vertices = TEMPLATE.copy()
    lid = landmark_surface().corners[43:45].ravel()
    vertices[lid, 1] += 0.05
    left, right = lid_aperture_mm(vertices)
    assert left > right + 3


def test_average_face_measures_equal_sides():
    left, right = lid_aperture_mm(default_rig().neutral_vertices(average_identity()))
    assert left == pytest.approx(right, abs=1e-3)


def test_jaw_opening_is_zero_at_rest_and_follows_the_lower_teeth():
    lowered = TEMPLATE.copy()
    lowered[load_head_pack().part_vertices("lower_teeth")] += np.array((0, -0.1, -0.02), np.float32)
    assert jaw_opening_mm(TEMPLATE, TEMPLATE) == 0
    assert jaw_opening_mm(lowered, TEMPLATE) == pytest.approx(10, abs=1.5)
