import numpy as np
import pytest

from facsimile.face import beard as beards
from facsimile.face.brows import Brows, brow_shadow, grow_brows
from facsimile.face.hair import MEN, WOMEN, hair_bank, random_hair, scalp_shadow, style_strands, template_roots
from facsimile.face.hairstyles import STYLES, above_skull, grow
from facsimile.face.identity import identity_from_seed
from facsimile.face.lashes import grow_lashes
from facsimile.face.pack import load_head_pack
from facsimile.face.regions import hairline_distance
from facsimile.face.rest import template_skin
from facsimile.face.strands import SurfaceStrands, posed_strands

BROWS = Brows(thickness=1.0, density=1.0, arch=0.0, shift=(0.0, 0.0))


def check_surface(strands: SurfaceStrands) -> None:
    weights = np.concatenate([1 - strands.bary.sum(-1, keepdims=True), strands.bary], -1)
    assert weights.min() > -1e-4
    assert weights.max() < 1 + 1e-4
    assert strands.triangle.min() >= 0
    assert strands.triangle.max() < len(strands.triangles)
    assert (strands.offset >= 0).all()
    assert strands.tint.shape == (len(strands.triangle),)


def test_there_are_many_styles_for_both_sexes() -> None:
    assert len({style.name for style in STYLES}) >= 9
    known = {style.name for style in STYLES} | {"bald"}
    assert set(MEN) == set(WOMEN) == known


@pytest.mark.parametrize("index", range(len(STYLES)))
def test_strands_stay_outside_the_head(index: int) -> None:
    _, strands = hair_bank()[index]
    assert np.isfinite(strands.points).all()
    high = strands.points.reshape(-1, 3)
    high = high[high[:, 1] > 7.0].astype(np.float64)
    distance, skin = above_skull(high)
    assert np.mean(distance < skin - 0.03) < 0.02


@pytest.mark.parametrize("index", range(len(STYLES)))
def test_strands_leave_eyes_and_mouth_free(index: int) -> None:
    _, strands = hair_bank()[index]
    p = strands.points
    over_the_face = (p[..., 2] > 0.95) & (np.abs(p[..., 0]) < 0.42) & (p[..., 1] < 7.45) & (p[..., 1] > 6.3)
    assert over_the_face.mean() < 0.003


def test_roots_lie_on_the_scalp_and_start_the_strands() -> None:
    for _, strands in hair_bank():
        roots = template_roots(strands)
        assert np.abs(strands.points[:, 0] - roots).max() < 0.02
        assert (hairline_distance(roots.astype(np.float64), recede=-0.5) > -1e-3).all()


def test_same_seed_same_groom() -> None:
    one, two = (grow(np.random.default_rng(3), STYLES[0]) for _ in range(2))
    np.testing.assert_array_equal(one.points, two.points)


def test_receding_hair_has_fewer_strands() -> None:
    full = style_strands(np.random.default_rng(1), "buzz", recede=-0.4)
    receded = style_strands(np.random.default_rng(1), "buzz", recede=1.0)
    assert full is not None
    assert receded is not None
    assert len(receded.points) < 0.95 * len(full.points)


def test_bald_and_wrong_styles() -> None:
    assert style_strands(np.random.default_rng(1), "bald", recede=0.0) is None
    with pytest.raises(ValueError, match="'mullet' is not a hair style; use one of bald, "):
        style_strands(np.random.default_rng(1), "mullet", recede=0.0)


def test_scalp_shadow_has_a_soft_edge() -> None:
    hair = random_hair(np.random.default_rng(2), identity_from_seed(3), 0.3)
    cover = scalp_shadow(hair)
    assert 0 <= cover.min() <= cover.max() <= 1
    if hair.style != "bald":
        assert ((cover > 0.05) & (cover < 0.7)).mean() > 0.01


def test_hair_follows_a_moved_head() -> None:
    skin, strands = template_skin(), hair_bank()[1][1]
    shift = np.array((0.3, -0.2, 0.1), np.float32)
    moved = posed_strands(strands, skin.vertices + shift, skin.normals)
    np.testing.assert_allclose(moved, strands.points + shift, atol=2e-3)


def test_roots_stay_in_the_skin_of_other_people() -> None:
    pack, skin = load_head_pack(), template_skin()
    weights = identity_from_seed(11).weights
    shape = np.tensordot(weights, pack.shapes[: len(weights)], 1)
    vertices = (pack.vertices + shape).astype(np.float32)
    strands = hair_bank()[8][1]
    posed = posed_strands(strands, vertices, skin.normals)
    b = strands.root_bary
    bary = np.concatenate([1 - b.sum(1, keepdims=True), b], 1)[..., None]
    roots = (vertices[skin.triangles[strands.root_triangle]] * bary).sum(1)
    np.testing.assert_allclose(posed[:, 0], roots, atol=2e-3)


def test_brows_lie_on_the_brow_ridge_on_both_sides() -> None:
    strands = grow_brows(np.random.default_rng(0), BROWS)
    check_surface(strands)
    skin = template_skin()
    points = posed_strands(strands, skin.vertices, skin.normals)
    assert 7.3 < points[..., 1].min() < points[..., 1].max() < 7.65
    assert 0.3 < (points[:, 0, 0] > 0).mean() < 0.7
    assert np.abs(points[..., 0]).min() > 0.1


def test_denser_brows_have_more_hairs_and_a_darker_ground() -> None:
    thin = Brows(1.0, 0.4, 0.0, (0.0, 0.0))
    assert len(grow_brows(np.random.default_rng(0), thin).tint) < 0.6 * len(
        grow_brows(np.random.default_rng(0), BROWS).tint
    )
    assert brow_shadow(thin).max() < brow_shadow(BROWS).max()


def test_lashes_point_out_of_the_lids() -> None:
    strands = grow_lashes(np.random.default_rng(0), density=1.0, length=1.0)
    check_surface(strands)
    skin = template_skin()
    points = posed_strands(strands, skin.vertices, skin.normals)
    assert (points[:, -1, 2] > points[:, 0, 2]).mean() > 0.9
    upper = points[points[:, 0, 1] > 7.28]
    assert len(upper) > len(points) / 2


@pytest.mark.parametrize("kind", beards.STRANDS)
def test_beards_grow_below_the_nose_and_off_the_lips(kind: str) -> None:
    strands = beards.grow_beard(np.random.default_rng(0), beards.Beard(kind, 0.9, 1.0))
    assert strands is not None
    check_surface(strands)
    skin = template_skin()
    points = posed_strands(strands, skin.vertices, skin.normals)
    assert len(points) > 150
    assert points[:, 0, 1].max() < 7.1
    lips = load_head_pack().sample_mask("lips", skin.uv[strands.triangle[:, 0]].mean(1))
    assert (lips > 0.5).mean() < 0.05


def test_a_shadow_has_no_hairs_but_darkens() -> None:
    shadow = beards.Beard("shadow", 0.8, 1.0)
    assert beards.grow_beard(np.random.default_rng(0), shadow) is None
    assert 0.1 < beards.beard_shadow(shadow).max() < 1
    assert not beards.beard_shadow(beards.Beard("none", 0.8, 1.0)).any()


def test_women_and_children_have_no_beard() -> None:
    rng = np.random.default_rng(0)
    assert {beards.random_beard(rng, sex=1.0, age_years=40.0).kind for _ in range(30)} == {"none"}
    assert {beards.random_beard(rng, sex=0.0, age_years=12.0).kind for _ in range(30)} == {"none"}
    assert len({beards.random_beard(rng, sex=0.0, age_years=40.0).kind for _ in range(99)}) == len(beards.KINDS)
