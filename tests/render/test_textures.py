from dataclasses import replace

import numpy as np
import pytest

from facsimile.face.person import random_person
from facsimile.face.rest import ATLAS_SIZE
from facsimile.face.wrinkles import texels, wrinkle_height
from facsimile.facs.action_units import LABEL_UNITS, unit_index
from facsimile.render.textures import MAX_LEVEL, MIN_LEVEL, TextureCache, level_for, skin_texture, slope_scale


@pytest.fixture(scope="module")
def looks():
    appearance = random_person(5).appearance
    return replace(appearance, wrinkles=replace(appearance.wrinkles, asymmetry=0.0))


def units(code: int, left: float, right: float) -> np.ndarray:
    intensity = np.zeros((len(LABEL_UNITS), 2), np.float32)
    intensity[unit_index(code)] = left, right
    return intensity


def test_levels_follow_the_size_of_a_pixel() -> None:
    levels = [level_for(px / 2.9) for px in (2048, 640, 256, 128, 64, 16)]
    assert levels == sorted(levels)
    assert levels[0] == MIN_LEVEL
    assert levels[-1] == MAX_LEVEL
    assert level_for(256 / 2.9) == 0


@pytest.mark.parametrize("level", range(MIN_LEVEL, MAX_LEVEL + 1))
def test_every_level_has_its_size_and_the_same_mean_colour(looks, level: int) -> None:
    texture = skin_texture(looks, level)
    size = tuple(texels(side, level) for side in ATLAS_SIZE)
    assert texture.colour.shape == (*size, 4)
    assert texture.relief.shape == (*size, 2)
    np.testing.assert_allclose(texture.colour[..., :3].mean((0, 1)), looks.albedo.mean((1, 2)), rtol=0.01)


def test_close_views_show_finer_pores(looks) -> None:
    fine, plain = (skin_texture(looks, level).relief[..., 0] for level in (-1, 0))
    steps = [np.abs(np.diff(relief, axis=1)).mean() * factor for relief, factor in ((fine, 1), (plain, 1))]
    assert steps[0] > steps[1]


def test_folds_are_the_ones_of_the_atlas(looks) -> None:
    texture, asked = skin_texture(looks, 0), units(4, 3, 5)
    height, cavity = wrinkle_height(asked, 50.0, looks.wrinkles)
    relief = texture.with_wrinkles(asked, 50.0)
    np.testing.assert_allclose(relief[..., 0] - texture.relief[..., 0], height * slope_scale(0), atol=1e-4)
    np.testing.assert_allclose(relief[..., 1], cavity, atol=1e-5)


@pytest.mark.parametrize("level", [-1, 0, 1])
def test_sides_mirror_at_every_level(looks, level: int) -> None:
    texture = skin_texture(looks, level)
    left, right = (texture.with_wrinkles(units(9, *sides), 40.0) - texture.relief for sides in ((4, 0), (0, 4)))
    np.testing.assert_allclose(left, right[:, ::-1], atol=2e-6)
    left, right = (texture.with_blood_flow(units(9, *sides)) / texture.colour for sides in ((4, 0), (0, 4)))
    np.testing.assert_allclose(left, right[:, ::-1], atol=1e-4)


def test_neutral_adds_nothing_to_the_young(looks) -> None:
    texture = skin_texture(looks, 1)
    np.testing.assert_array_equal(texture.with_wrinkles(units(1, 0, 0), 20.0), texture.relief)
    assert texture.with_blood_flow(units(1, 0, 0)) is texture.colour


def test_the_cache_keeps_the_last_person(looks) -> None:
    cache = TextureCache()
    assert cache.of(looks, 1) is cache.of(looks, 1)
    other = random_person(6).appearance
    assert cache.of(other, 1).appearance is other


def test_shut_lids_darken_on_their_own_side_only(looks) -> None:
    texture = skin_texture(looks, 0)
    left = texture.with_blood_flow(units(43, 5, 0)) / np.maximum(texture.colour, 1e-6)
    half = left.shape[1] // 2
    sides = sorted((left[:, :half, :3].min(), left[:, half:, :3].min()))
    assert sides[0] < 0.2
    assert sides[1] > 0.9
