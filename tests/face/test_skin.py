from dataclasses import replace

import cv2
import numpy as np
import pytest

from facsimile.face.identity import average_identity, identity_from_seed
from facsimile.face.lip_paint import LIPSTICKS, lip_mask, random_lips
from facsimile.face.regions import LIP_SEAM_Y, noise, regions
from facsimile.face.rest import ATLAS_SIZE, atlas
from facsimile.face.skin import (
    MAX_MELANIN,
    TONE_NAMES,
    pigment_albedo,
    pigment_colour,
    random_gloss,
    random_height,
    random_melanin,
    random_pigments,
    tone_name,
)

CIELAB_PATCHES = [(0.10, (0.527, 0.348, 0.259)), (0.33, (0.372, 0.197, 0.126)), (0.74, (0.145, 0.071, 0.046))]
"""Linear RGB of CIELAB (68, 9, 15), (55, 13, 19), (35, 11, 14) under D65, and the melanin that should give them."""


@pytest.mark.parametrize(("melanin", "patch"), CIELAB_PATCHES)
def test_tones_match_reference_patches(melanin: float, patch: tuple[float, float, float]) -> None:
    np.testing.assert_allclose(pigment_colour(melanin, 0.23), patch, rtol=0.2)


def test_the_darkest_skin_is_as_dark_as_the_monk_scale() -> None:
    """Monk 9 and 10 are sRGB (58, 49, 42) and (41, 36, 32): linear luminance 0.031 and 0.018."""
    luminance = float(pigment_colour(MAX_MELANIN, 0.15) @ np.float32((0.2126, 0.7152, 0.0722)))
    assert 0.015 < luminance < 0.031


def test_map_and_formula_agree_in_thin_and_deep_pigment() -> None:
    pigments = random_pigments(np.random.default_rng(8), identity_from_seed(8), tone=0.9)
    pigments.melanin[200, 380:384] = 0.1, 0.99, 1.01, 1.2
    albedo = pigment_albedo(pigments)[:, 200, 380:384]
    for column, melanin in enumerate((0.1, 0.99, 1.01, 1.2)):
        blood = float(pigments.blood[200, 380 + column])
        np.testing.assert_allclose(albedo[:, column], pigment_colour(melanin, blood), rtol=2e-3)


def test_tone_can_be_asked_for() -> None:
    assert random_pigments(np.random.default_rng(1), identity_from_seed(1), tone=0.77).tone == 0.77


def test_nose_is_oilier_and_wider_pored_than_cheeks_and_lids() -> None:
    region = regions()
    inside = {name: region[name] > 0.8 for name in ("nose", "cheek", "lid")}
    for seed in range(5):
        rng = np.random.default_rng(seed)
        gloss, height = random_gloss(rng, 25.0), random_height(rng, 25.0)
        assert gloss[inside["nose"]].mean() > 1.15 * gloss[inside["cheek"]].mean()
        fine = height - np.asarray(cv2.GaussianBlur(height, (0, 0), 3.0))
        assert fine[inside["nose"]].std() > 1.5 * fine[inside["lid"]].std()


def test_skin_roughens_with_age() -> None:
    young, old = (random_height(np.random.default_rng(2), age) for age in (8.0, 80.0))
    assert old.std() > 1.5 * young.std()


def test_more_melanin_is_darker_in_every_channel() -> None:
    colours = [pigment_colour(m, 0.3) for m in np.linspace(0, MAX_MELANIN, 20)]
    assert (np.diff(colours, axis=0) < 0).all()


def test_blood_reddens() -> None:
    pale, flushed = pigment_colour(0.2, 0.1), pigment_colour(0.2, 0.9)
    assert flushed[0] / flushed[1] > 1.3 * pale[0] / pale[1]


@pytest.mark.parametrize("ancestry", [(1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)])
def test_every_ancestry_has_light_and_dark_people(ancestry: tuple[float, float, float]) -> None:
    rng = np.random.default_rng(3)
    tones = np.array([random_melanin(rng, ancestry) for _ in range(600)])
    assert 0 <= tones.min() < 0.3
    assert 0.7 < tones.max() <= MAX_MELANIN


def test_no_tone_is_rare() -> None:
    rng = np.random.default_rng(4)
    names = [tone_name(random_melanin(rng, tuple(rng.dirichlet((0.45, 0.45, 0.45))))) for _ in range(1200)]
    for name in TONE_NAMES:
        assert names.count(name) > 0.03 * len(names)


def test_maps_have_the_atlas_size_and_range() -> None:
    rng, identity = np.random.default_rng(5), identity_from_seed(5)
    albedo = pigment_albedo(random_pigments(rng, identity))
    assert albedo.shape == (3, *ATLAS_SIZE)
    assert 0 < albedo.min() < albedo.max() < 1
    gloss = random_gloss(rng, 30.0)
    assert 0.1 <= gloss.min() <= gloss.max() <= 2
    assert np.abs(random_height(rng, 80.0)).max() < 0.9


def test_noise_is_normal_and_seamless() -> None:
    field = noise(4.0)
    assert abs(field.std() - 1) < 1e-3
    seam = np.abs(field[:, 0] - field[:, -1]).mean()
    assert seam < 2 * np.abs(np.diff(field, axis=1)).mean()


def test_regions_lie_where_they_are_called() -> None:
    a, region = atlas(), regions()
    for name, height, low, high in [("brow", 7.45, 0.1, 0.52), ("nose", 6.9, 0.0, 0.1), ("cheek", 6.92, 0.3, 0.6)]:
        row, column = np.unravel_index(np.argmax(region[name]), ATLAS_SIZE)
        assert abs(a.y[row, column] - height) < 0.07
        assert low <= abs(a.x[row, column]) <= high


def test_lips_grow_with_fullness_and_lie_round_the_seam() -> None:
    thin, full = lip_mask(-1.0), lip_mask(1.0)
    assert full.sum() > 1.3 * thin.sum()
    assert (full >= thin).all()
    middle = (atlas().y * full).sum() / full.sum()
    assert abs(middle - LIP_SEAM_Y) < 0.04


def test_lips_vary_and_lipstick_is_named() -> None:
    rng = np.random.default_rng(6)
    woman = replace(average_identity(), sex=1.0)
    lips = [random_lips(rng, woman, melanin=0.9) for _ in range(200)]
    assert {"none", *LIPSTICKS} == {one.lipstick for one in lips}
    assert np.ptp([one.two_tone for one in lips]) > 0.7
    assert np.ptp([one.seam for one in lips]) > 0.7
