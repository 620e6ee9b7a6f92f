import numpy as np
import pytest

from facsimile.render.camera import Camera
from facsimile.render.focus import blur_radius, defocused, soft_behind

LENS = Camera((0.0, 7.0, 0.5), distance=9.0, frame=3.0, aperture_dm=0.4)


def spot(size):
    picture = np.zeros((size, size, 3), np.float32)
    picture[size // 2, size // 2] = 1
    return picture


@pytest.mark.parametrize("radius", [0.2, 1.0, 3.0, 9.0])
def test_blur_keeps_the_light(radius):
    assert defocused(spot(65), radius).sum() == pytest.approx(3, rel=0.02)


def test_a_point_becomes_a_disc_of_its_radius():
    disc = defocused(spot(65), 5.0)[..., 0]
    assert (disc > 0.5 * disc.max()).sum() == pytest.approx(np.pi * 25, rel=0.15)


def test_the_face_itself_is_sharp():
    assert blur_radius(LENS, 0.0) == 0
    assert blur_radius(LENS, 1.0) < blur_radius(LENS, 20.0)


def test_only_what_is_behind_becomes_soft():
    picture = np.random.default_rng(0).random((64, 64, 3)).astype(np.float32)
    depth = np.full((64, 64), 8.8, np.float32)
    depth[32:] = 10.8
    cover = np.ones((64, 64), np.float32)
    lens = Camera(LENS.target, distance=9.0, frame=1.0, aperture_dm=0.4)
    soft = soft_behind(picture, depth, cover, lens)
    np.testing.assert_array_equal(soft[:32], picture[:32])
    assert soft[36:].std() < 0.6 * picture[36:].std()
    np.testing.assert_array_equal(soft_behind(picture, depth, 0 * cover, lens), picture)
