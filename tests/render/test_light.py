import numpy as np
import pytest

from facsimile.render.inlined import inlined
from facsimile.render.light import (
    PANORAMA_SHAPE,
    irradiance_harmonics,
    light_arrays,
    random_light,
    shadow_frame,
)
from facsimile.render.sampling import environment_texel, irradiance

irradiance_at, texel_at = irradiance, environment_texel


def unit_vectors(count):
    vectors = np.random.default_rng(0).normal(size=(count, 3))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def texel_directions():
    height, width = PANORAMA_SHAPE
    polar = (np.arange(height) + 0.5)[:, None] / height * np.pi
    azimuth = ((np.arange(width) + 0.5)[None] / width - 0.5) * 2 * np.pi
    x, z = np.sin(polar) * np.sin(azimuth), np.sin(polar) * np.cos(azimuth)
    return np.stack([x, np.cos(polar) + 0 * x, z], -1), np.sin(polar)[..., None] * np.pi / height * 2 * np.pi / width


def test_even_light_gives_even_irradiance():
    harmonics = irradiance_harmonics(np.full((*PANORAMA_SHAPE, 3), 0.7, np.float32))
    for x, y, z in unit_vectors(10):
        np.testing.assert_allclose(irradiance_at(harmonics, x, y, z), 0.7, rtol=0.01)


def test_irradiance_is_near_the_integral_over_the_panorama():
    direction, solid = texel_directions()
    panorama = (0.3 + np.clip(direction @ [0.3, 0.8, 0.5], 0, None))[..., None] * np.ones(3)
    harmonics = irradiance_harmonics(panorama.astype(np.float32))
    for normal in unit_vectors(10):
        exact = (panorama * solid * np.clip(direction @ normal, 0, None)[..., None]).sum((0, 1)) / np.pi
        np.testing.assert_allclose(irradiance_at(harmonics, *normal), exact, rtol=0.06)


def test_environment_is_read_where_it_was_written():
    panorama = np.zeros((*PANORAMA_SHAPE, 3), np.float32)
    panorama[:, PANORAMA_SHAPE[1] // 2 - 1 : PANORAMA_SHAPE[1] // 2 + 1] = 1
    assert texel_at(panorama, np.float32(0), np.float32(0), np.float32(1))[0] == pytest.approx(1)
    assert texel_at(panorama, np.float32(0), np.float32(0), np.float32(-1))[0] == pytest.approx(0)


def test_the_same_generator_state_gives_the_same_light():
    one, two = (random_light(np.random.default_rng(5)) for _ in range(2))
    np.testing.assert_array_equal(one.panorama, two.panorama)
    np.testing.assert_allclose(np.linalg.norm(one.directions, axis=1), 1, rtol=1e-5)
    assert light_arrays(one).rough.shape == light_arrays(one).sharp.shape


def test_mirroring_twice_changes_nothing():
    light = random_light(np.random.default_rng(3))
    np.testing.assert_array_equal(light.mirrored().mirrored().panorama, light.panorama)


def test_shadow_frame_looks_along_the_light():
    light = random_light(np.random.default_rng(3))
    centre = np.float32([0, 7, 0.5])
    frame = shadow_frame(light, centre, extent=4.0, size=100)
    np.testing.assert_allclose(frame[:, :3] @ centre + frame[:, 3], [50, 50, 0], atol=1e-4)
    nearer = centre + light.directions[0]
    moved = frame[:, :3] @ nearer + frame[:, 3]
    np.testing.assert_allclose(moved[:2], 50, atol=1e-3)
    assert moved[2] == pytest.approx(-1, abs=1e-4)


def test_inlined_functions_still_run_alone():
    assert inlined(lambda x: x + 1)(1) == 2
