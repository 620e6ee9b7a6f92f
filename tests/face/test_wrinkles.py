import numpy as np
import pytest

from facsimile.face.rest import ATLAS_SIZE, TEXEL_MM, atlas
from facsimile.face.wrinkle_table import UNIT_MARKS
from facsimile.face.wrinkles import wrinkle_height, wrinkle_maps
from facsimile.facs.action_units import LABEL_UNITS, unit_index

VISIBLE = (1, 2, 4, 6, 7, 9, 10, 12, 14, 15, 17, 20, 23, 24, 43)


def units(code: int, left: float, right: float) -> np.ndarray:
    intensity = np.zeros((len(LABEL_UNITS), 2), np.float32)
    intensity[unit_index(code)] = left, right
    return intensity


def test_every_visible_unit_has_marks() -> None:
    assert set(VISIBLE) <= set(UNIT_MARKS)


def test_a_young_neutral_face_has_no_wrinkles() -> None:
    height, cavity = wrinkle_height(units(1, 0, 0), 20.0)
    assert not height.any()
    assert not cavity.any()


def test_an_old_neutral_face_has_some() -> None:
    height, _ = wrinkle_height(units(1, 0, 0), 80.0)
    assert 0.1 < -height.min() < 1.2


@pytest.mark.parametrize("code", VISIBLE)
def test_sides_mirror(code: int) -> None:
    left = wrinkle_height(units(code, 4, 0), 20.0)
    right = wrinkle_height(units(code, 0, 4), 20.0)
    for a, b in zip(left, right, strict=True):
        np.testing.assert_allclose(a, b[:, ::-1], atol=1e-6)


@pytest.mark.parametrize("code", VISIBLE)
def test_marks_stay_on_their_side(code: int) -> None:
    height, _ = wrinkle_height(units(code, 5, 0), 20.0)
    assert not height[atlas().x < -0.051].any()
    assert np.abs(height).max() > 0.08


@pytest.mark.parametrize("code", VISIBLE)
def test_edges_are_soft(code: int) -> None:
    height, _ = wrinkle_height(units(code, 5, 5), 30.0)
    slope = np.abs(np.diff(height, axis=0)).max() / TEXEL_MM
    assert slope < 2.5


def test_intensity_and_age_deepen_folds() -> None:
    def depth(intensity: float, age: float) -> float:
        return float(-wrinkle_height(units(12, intensity, intensity), age)[0].min())

    assert 0 < depth(1, 25.0) < depth(3, 25.0) < depth(5, 25.0) < depth(5, 70.0)


def test_unobserved_units_count_as_absent() -> None:
    missing = np.full((len(LABEL_UNITS), 2), np.nan, np.float32)
    np.testing.assert_array_equal(wrinkle_height(missing, 50.0)[0], wrinkle_height(units(1, 0, 0), 50.0)[0])


def test_cavity_is_a_share() -> None:
    everything = np.full((len(LABEL_UNITS), 2), 5.0, np.float32)
    height, cavity = wrinkle_height(everything, 90.0, strength=1.5)
    assert height.shape == cavity.shape == ATLAS_SIZE
    assert cavity.min() >= 0
    assert cavity.max() <= 0.85


def test_maps_are_crops_inside_the_atlas() -> None:
    maps = wrinkle_maps()
    for (row, column), height in zip(maps.origin, maps.height, strict=True):
        assert 0 <= row <= row + height.shape[0] <= ATLAS_SIZE[0]
        assert 0 <= column <= column + height.shape[1] <= ATLAS_SIZE[1]
        assert height.size < 0.15 * ATLAS_SIZE[0] * ATLAS_SIZE[1]
