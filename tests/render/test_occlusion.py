import numpy as np

from facsimile.render.diffusion import diffuse_along, diffusion_taps
from facsimile.render.occlusion import ambient_occlusion, nearest_of_blocks
from facsimile.render.raster import FAR


def occluded(depth):
    return ambient_occlusion(depth, 80.0)


def test_a_plane_is_open():
    rows = np.arange(40, dtype=np.float32)[:, None]
    np.testing.assert_array_equal(occluded(9 + 0.003 * rows * np.ones((1, 40), np.float32)), 1)


def test_a_groove_is_darker_than_a_ridge():
    across = np.abs(np.arange(41) - 20)[None] * np.ones((41, 1))
    groove, ridge = (occluded((9 + sign * 0.02 * across).astype(np.float32)) for sign in (-1, 1))
    assert groove[20, 20] < 0.7
    assert ridge[20, 20] == 1


def test_empty_pixels_hide_nothing():
    depth = np.full((30, 30), FAR, np.float32)
    depth[:, 15:] = 9
    np.testing.assert_array_equal(occluded(depth), 1)


def test_nearest_of_blocks():
    depth, out = np.arange(16, dtype=np.float32).reshape(4, 4), np.empty((2, 2), np.float32)
    nearest_of_blocks(depth, out)
    np.testing.assert_array_equal(out, [[0, 2], [8, 10]])


def test_diffusion_keeps_even_light_and_stays_on_skin():
    skin, depth = np.ones((20, 20), np.float32), np.full((20, 20), 9, np.float32)
    skin[:, 10:] = 0
    light = np.full((20, 20, 3), 0.4, np.float32)
    light[:, 10:] = 5
    out = np.zeros_like(light)
    diffuse_along(light, skin, depth, diffusion_taps(90.0), 1, 0, out)
    np.testing.assert_allclose(out[:, :10], 0.4, rtol=1e-5)
    np.testing.assert_array_equal(out[:, 10:], 0)


def test_red_light_wanders_furthest():
    light = np.zeros((1, 31, 3), np.float32)
    light[0, 15] = 1
    out = np.zeros_like(light)
    diffuse_along(light, np.ones((1, 31), np.float32), np.full((1, 31), 9, np.float32), diffusion_taps(90.0), 1, 0, out)
    assert out[0, 17, 0] > out[0, 17, 1] > out[0, 17, 2]
