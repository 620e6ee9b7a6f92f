from dataclasses import replace

import numpy as np
import pytest

from facsimile.render.environment import random_place
from facsimile.render.inlined import inlined
from facsimile.render.light import (
    PANORAMA_SIZE,
    ROUGH_SIZE,
    irradiance_harmonics,
    place_light,
    shadow_frame,
    texel_directions,
)
from facsimile.render.sampling import environment_texel, irradiance

irradiance_at, texel_at = irradiance, environment_texel


def unit_vectors(count):
    vectors = np.random.default_rng(0).normal(size=(count, 3))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def some_light(seed):
    return place_light(random_place(np.random.default_rng(seed)))


def test_even_light_gives_even_irradiance():
    harmonics = irradiance_harmonics(np.full((PANORAMA_SIZE, PANORAMA_SIZE, 3), 0.7, np.float32))
    for x, y, z in unit_vectors(10):
        np.testing.assert_allclose(irradiance_at(harmonics, x, y, z), 0.7, rtol=0.01)


def test_irradiance_is_near_the_integral_over_the_panorama():
    direction, solid = texel_directions(PANORAMA_SIZE)
    assert solid.sum() == pytest.approx(4 * np.pi, rel=1e-5)
    panorama = (0.3 + np.clip(direction @ [0.3, 0.8, 0.5], 0, None))[..., None] * np.ones(3)
    harmonics = irradiance_harmonics(panorama.astype(np.float32))
    for normal in unit_vectors(10):
        exact = (panorama * solid * np.clip(direction @ normal, 0, None)[..., None]).sum((0, 1)) / np.pi
        np.testing.assert_allclose(irradiance_at(harmonics, *normal), exact, rtol=0.06)


def test_environment_is_read_where_it_was_written():
    direction, _ = texel_directions(PANORAMA_SIZE)
    panorama = np.ascontiguousarray(direction)
    for vector in unit_vectors(200):
        np.testing.assert_allclose(texel_at(panorama, *vector), vector, atol=0.06)
    rows, columns = np.meshgrid([3, 20, 30, 44], [5, 21, 40])
    for row, column in zip(rows.ravel(), columns.ravel(), strict=True):
        np.testing.assert_allclose(texel_at(panorama, *direction[row, column]), direction[row, column], atol=1e-3)


def test_the_mirrored_panorama_is_the_mirrored_room():
    panorama = np.random.default_rng(1).random((PANORAMA_SIZE, PANORAMA_SIZE, 3)).astype(np.float32)
    flipped = np.ascontiguousarray(panorama[:, ::-1])
    for x, y, z in unit_vectors(50):
        np.testing.assert_allclose(texel_at(flipped, -x, y, z), texel_at(panorama, x, y, z), rtol=2e-3, atol=1e-4)


def test_rough_reflections_keep_the_mean():
    light = replace(some_light(2), fill=np.full((PANORAMA_SIZE, PANORAMA_SIZE, 3), 0.3, np.float32))
    rough = light.arrays.rough
    assert rough.shape == (ROUGH_SIZE, ROUGH_SIZE, 3)
    np.testing.assert_allclose(rough, 0.3, rtol=1e-4)


def test_the_same_generator_state_gives_the_same_light():
    one, two = (some_light(5) for _ in range(2))
    np.testing.assert_array_equal(one.panorama, two.panorama)


def test_large_lamps_make_soft_shadows():
    light = some_light(5)
    small, large = (replace(light, radii=np.full_like(light.radii, radius)) for radius in (0.03, 0.3))
    assert 0 < small.softness < large.softness < 0.2


def test_mirroring_twice_changes_nothing():
    light = some_light(3)
    np.testing.assert_array_equal(light.mirrored().mirrored().panorama, light.panorama)


def test_shadow_frame_looks_along_the_light():
    light = some_light(3)
    centre = np.float32([0, 7, 0.5])
    frame = shadow_frame(light, centre, extent=4.0, size=100)
    np.testing.assert_allclose(frame[:, :3] @ centre + frame[:, 3], [50, 50, 0], atol=1e-4)
    nearer = centre + light.directions[0]
    moved = frame[:, :3] @ nearer + frame[:, 3]
    np.testing.assert_allclose(moved[:2], 50, atol=1e-3)
    assert moved[2] == pytest.approx(-1, abs=1e-4)


def test_inlined_functions_still_run_alone():
    assert inlined(lambda x: x + 1)(1) == 2
