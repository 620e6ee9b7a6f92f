import numpy as np
import pytest

from facsimile.face.rest import ATLAS_SIZE, TEXEL_MM, atlas
from facsimile.face.wrinkle_layout import MAX_STRENGTH, WrinkleStyle, person_marks, random_wrinkle_style
from facsimile.face.wrinkle_table import REST, UNIT_MARKS
from facsimile.face.wrinkles import CROP_STEP, MAX_CAVITY, WrinkleMaps, unit_weight, wrinkle_height
from facsimile.facs.action_units import LABEL_UNITS, unit_index

VISIBLE = (1, 2, 4, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 24, 43)
EVEN = WrinkleStyle(seed=3, strength=1.0, asymmetry=0.0, flush=1.0)
ONE_SIDED = WrinkleStyle(seed=3, strength=1.0, asymmetry=1.0, flush=1.0)


def units(code: int, left: float, right: float) -> np.ndarray:
    intensity = np.zeros((len(LABEL_UNITS), 2), np.float32)
    intensity[unit_index(code)] = left, right
    return intensity


def test_every_visible_unit_has_marks() -> None:
    assert set(VISIBLE) <= set(UNIT_MARKS)
    assert all(person_marks(EVEN)[code] for code in UNIT_MARKS)


@pytest.mark.parametrize("age", [6.0, 20.0])
def test_a_young_neutral_face_has_no_wrinkles(age: float) -> None:
    height, cavity = wrinkle_height(units(1, 0, 0), age, EVEN)
    assert not height.any()
    assert not cavity.any()


def test_an_old_neutral_face_has_some() -> None:
    height, _ = wrinkle_height(units(1, 0, 0), 80.0, EVEN)
    assert 0.3 < -height.min() < 2.5


@pytest.mark.parametrize("code", VISIBLE)
def test_sides_mirror_on_an_even_face(code: int) -> None:
    left = wrinkle_height(units(code, 4, 0), 20.0, EVEN)
    right = wrinkle_height(units(code, 0, 4), 20.0, EVEN)
    for a, b in zip(left, right, strict=True):
        np.testing.assert_array_equal(a, b[:, ::-1])


def test_asymmetry_makes_the_sides_differ_but_little() -> None:
    height, _ = wrinkle_height(units(12, 5, 5), 50.0, ONE_SIDED)
    left, right = np.split(np.maximum(-height, 0), 2, axis=1)
    assert not np.array_equal(left, right[:, ::-1])
    assert 0.5 < left.sum() / right.sum() < 2


@pytest.mark.parametrize("code", VISIBLE)
def test_marks_stay_on_their_side(code: int) -> None:
    height, _ = wrinkle_height(units(code, 5, 0), 20.0, ONE_SIDED)
    assert not height[atlas().x < -0.051].any()
    assert np.abs(height).max() > 0.08


@pytest.mark.parametrize("code", VISIBLE)
def test_edges_are_soft(code: int) -> None:
    height, _ = wrinkle_height(units(code, 5, 5), 30.0, EVEN)
    slope = np.abs(np.diff(height, axis=0)).max() / TEXEL_MM
    assert slope < 2.5


def test_intensity_and_age_deepen_folds() -> None:
    def depth(intensity: float, age: float) -> float:
        return float(-wrinkle_height(units(12, intensity, intensity), age, EVEN)[0].min())

    assert 0 < depth(1, 25.0) < depth(3, 25.0) < depth(5, 25.0) < depth(5, 70.0)
    assert depth(5, 7.0) < 0.5 * depth(5, 35.0)


@pytest.mark.parametrize("age", [7.0, 40.0, 80.0])
def test_weights_grow_smoothly_with_intensity(age: float) -> None:
    weights = np.array([unit_weight(float(k), 12, age=age) for k in np.linspace(0, 5, 101)])
    steps = np.diff(weights)
    assert (steps > 0).all()
    assert np.abs(np.diff(steps)).max() < 0.02 * np.ptp(weights)


def test_people_fold_each_in_their_own_way() -> None:
    styles = [random_wrinkle_style(np.random.default_rng(seed)) for seed in range(12)]
    maps = [wrinkle_height(units(1, 5, 5) + units(2, 5, 5), 45.0, style)[1].ravel() for style in styles]
    alike = np.corrcoef(maps)[np.triu_indices(len(maps), 1)]
    assert np.median(alike) < 0.75
    assert {len(person_marks(style)[1]) for style in styles} >= {4, 5, 6}
    assert all(MAX_STRENGTH[0] <= style.strength <= MAX_STRENGTH[1] for style in styles)


def test_the_same_style_draws_the_same_bytes() -> None:
    one, two = WrinkleMaps(ONE_SIDED, 41.0), WrinkleMaps(ONE_SIDED, 41.0)
    for code, side in one.units:
        assert one.crop(code, side)[1].tobytes() == two.crop(code, side)[1].tobytes()


@pytest.mark.parametrize("level", [1, 2, 3])
def test_smaller_levels_are_nearly_means(level: int) -> None:
    maps = WrinkleMaps(ONE_SIDED, 50.0)
    for side in (0, 1):
        (row, column), fine = maps.crop(12, side)
        origin, coarse = maps.crop(12, side, level)
        step = 2**level
        blocks = fine.reshape(fine.shape[0] // step, step, fine.shape[1] // step, step, 2).mean((1, 3))
        assert np.corrcoef(coarse.ravel(), blocks.ravel())[0, 1] > 0.97
        np.testing.assert_allclose(coarse.sum((0, 1)), blocks.sum((0, 1)), rtol=0.1)
        assert origin == (row // step, column // step)


def test_unobserved_units_count_as_absent() -> None:
    missing = np.full((len(LABEL_UNITS), 2), np.nan, np.float32)
    seen = wrinkle_height(units(1, 0, 0), 50.0, EVEN)[0]
    np.testing.assert_array_equal(wrinkle_height(missing, 50.0, EVEN)[0], seen)


def test_cavity_is_a_share() -> None:
    everything = np.full((len(LABEL_UNITS), 2), 5.0, np.float32)
    height, cavity = wrinkle_height(everything, 90.0, WrinkleStyle(1, 1.5, 1.0, 1.0))
    assert height.shape == cavity.shape == ATLAS_SIZE
    assert cavity.min() >= 0
    assert cavity.max() <= MAX_CAVITY


def test_maps_are_crops_inside_the_atlas() -> None:
    maps = WrinkleMaps(ONE_SIDED, 50.0)
    assert {side for _, side in maps.units} == {0, 1}
    assert (REST, 0) in maps.units
    for code, side in maps.units:
        (row, column), crop = maps.crop(code, side)
        assert 0 <= row <= row + crop.shape[0] <= ATLAS_SIZE[0]
        assert 0 <= column <= column + crop.shape[1] <= ATLAS_SIZE[1]
        assert all(edge % CROP_STEP == 0 for edge in (row, column, *crop.shape[:2]))
