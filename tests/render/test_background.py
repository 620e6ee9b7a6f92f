import numpy as np
import pytest

from facsimile.render.background import GRID, background_of, camera_rays, plain_background
from facsimile.render.camera import Camera
from facsimile.render.environment import place_of_kind
from facsimile.render.focus import blur_radius

CAMERA = Camera((0.0, 7.0, 0.5), distance=9.0, frame=3.0, offset=(0.02, 0.01))


def room(seed=1, kind="window"):
    return place_of_kind(np.random.default_rng(seed), kind)


@pytest.mark.parametrize("size", [1, 7, 96, 128, 300])
def test_backgrounds_come_in_every_size(size):
    picture = background_of(room(), CAMERA).at(size)
    assert picture.shape == (size, size, 3)
    assert picture.dtype == np.float32
    assert np.isfinite(picture).all()
    assert (picture >= 0).all()


def test_mirror():
    background = background_of(room(4), CAMERA)
    np.testing.assert_array_equal(background.mirrored().at(96), background.at(96)[:, ::-1])


def test_plain_is_plain():
    np.testing.assert_allclose(plain_background(0.3).at(20), 0.3, rtol=1e-6)


def test_rays_agree_with_the_projection():
    rays = camera_rays(CAMERA, 64, 0).reshape(64, 64, 3)
    points = CAMERA.eye() + rays[[5, 40], [50, 11]] * np.float32(30)
    np.testing.assert_allclose(CAMERA.project(points, 64)[:, :2], [[50, 5], [11, 40]], atol=1e-3)


def test_the_background_is_what_the_place_shows_there():
    place, rays = room(3), camera_rays(CAMERA, GRID, 0)
    seen = place.seen(np.float32([0, 0, CAMERA.distance]), rays, beyond=CAMERA.distance + 2)
    np.testing.assert_allclose(background_of(place, CAMERA).pixels.reshape(-1, 3), np.clip(seen, 5e-4, 14), rtol=1e-5)


def test_a_wide_lens_blurs_and_keeps_the_light():
    wide = Camera(CAMERA.target, distance=9.0, frame=3.0, aperture_dm=0.4)
    assert blur_radius(wide, 20.0) == pytest.approx(0.5 * 0.4 * (20 / 29) / 3)
    assert blur_radius(CAMERA, 20.0) == 0
    sharp, soft = (background_of(room(5), camera).pixels for camera in (CAMERA, wide))
    assert np.abs(np.diff(soft, axis=1)).mean() < 0.5 * np.abs(np.diff(sharp, axis=1)).mean()
