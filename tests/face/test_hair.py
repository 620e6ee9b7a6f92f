import numpy as np
import pytest

from facsimile.face import beard as beards
from facsimile.face.brows import Brows, brow_shadow, grow_brows, hair_direction
from facsimile.face.hair import (
    MEN,
    WOMEN,
    random_hair,
    scalp_shadow,
    strand_colours,
    style_names,
    style_strands,
    template_roots,
)
from facsimile.face.hairstyles import STYLES, style_named
from facsimile.face.identity import identity_from_seed
from facsimile.face.lashes import grow_lashes
from facsimile.face.pack import load_head_pack
from facsimile.face.rest import atlas, template_skin
from facsimile.face.scalp import Hairline, above_skull
from facsimile.face.strands import HairStrands, SurfaceStrands, posed_strands

FULL = Hairline(recede=-0.3)
WITH_STRANDS = [style.name for style in STYLES if style.count]
BROWS = Brows()


def check_surface(strands: SurfaceStrands) -> None:
    weights = np.concatenate([1 - strands.bary.sum(-1, keepdims=True), strands.bary], -1)
    assert weights.min() > -1e-4
    assert weights.max() < 1 + 1e-4
    assert strands.triangle.min() >= 0
    assert strands.triangle.max() < len(strands.triangles)
    assert (strands.offset >= 0).all()
    assert strands.tint.shape == (len(strands.triangle),)


def grown(name: str, seed: int = 3, hairline: Hairline = FULL) -> HairStrands:
    strands = style_strands(np.random.default_rng(seed), name, hairline=hairline)
    assert strands is not None
    return strands


def test_there_are_many_styles_for_both_sexes() -> None:
    assert len(style_names()) >= 20
    assert len(set(style_names())) == len(style_names())
    assert set(MEN) == set(WOMEN) == set(style_names())


@pytest.mark.parametrize("name", WITH_STRANDS)
def test_strands_stay_outside_the_head(name: str) -> None:
    points = grown(name).points
    assert np.isfinite(points).all()
    high = points.reshape(-1, 3)
    high = high[high[:, 1] > 7.0].astype(np.float64)
    distance, skin = above_skull(high)
    assert np.mean(distance < skin - 0.04) < 0.02


@pytest.mark.parametrize("name", WITH_STRANDS)
def test_strands_leave_eyes_and_mouth_free(name: str) -> None:
    p = grown(name).points
    over_the_face = (p[..., 2] > 1.1) & (np.abs(p[..., 0]) < 0.40) & (p[..., 1] < 7.25) & (p[..., 1] > 6.3)
    assert over_the_face.mean() < 0.004


@pytest.mark.parametrize("name", WITH_STRANDS)
def test_roots_lie_in_the_skin_behind_the_hairline(name: str) -> None:
    strands = grown(name)
    roots = template_roots(strands)
    if style_named(name).kind == "loose":
        assert np.abs(strands.points[:, 0] - roots).max() < 0.02
    assert (FULL.inside(roots.astype(np.float64)) > -0.02).mean() > 0.98


@pytest.mark.parametrize("name", WITH_STRANDS)
def test_the_look_of_a_strand_is_complete(name: str) -> None:
    strands = grown(name)
    assert strands.fineness is not None
    assert strands.openness is not None
    assert 0 < strands.openness.min() < strands.openness.max() <= 1
    colour = strand_colours(
        np.random.default_rng(0), strands, np.array((0.1, 0.06, 0.03), np.float32), grey=0.4, dyed=False
    )
    assert colour.shape == (len(strands.tint), 2, 3)
    assert 0 < colour.min() < colour.max() < 1


def test_inner_hair_lies_in_the_shade_of_outer_hair() -> None:
    strands = grown("afro")
    assert strands.openness is not None
    distance, skin = above_skull(strands.points.astype(np.float64))
    depth = distance - skin
    assert strands.openness[depth < 0.1].mean() < 0.6 * strands.openness[depth > 0.5].mean()


def test_same_seed_same_hair_and_every_person_their_own() -> None:
    one, two, other = grown("wavy", 3), grown("wavy", 3), grown("wavy", 4)
    np.testing.assert_array_equal(one.points, two.points)
    assert one.points.shape != other.points.shape or np.abs(one.points - other.points).max() > 0.05


def test_a_fraction_of_the_strands_is_a_thinner_head_of_hair() -> None:
    strands = grown("long")
    half = strands.of(slice(None, None, 2))
    assert len(half.points) == len(half.tint) == -(-len(strands.points) // 2)
    np.testing.assert_allclose(half.points.mean((0, 1)), strands.points.mean((0, 1)), atol=0.05)


def test_receding_hair_has_fewer_strands() -> None:
    full, receded = grown("crop"), grown("crop", hairline=Hairline(recede=1.0, crown=1.0))
    assert len(receded.points) < 0.85 * len(full.points)


def test_a_widows_peak_is_in_the_middle() -> None:
    front = np.array(((0.0, 8.0, 1.3), (0.32, 7.98, 1.2)))
    gain = Hairline(peak=1.0).inside(front) - Hairline().inside(front)
    assert gain[0] > 0.05
    assert gain[1] < 0


def test_bald_and_wrong_styles() -> None:
    assert style_strands(np.random.default_rng(1), "bald", hairline=FULL) is None
    assert style_strands(np.random.default_rng(1), "shaved", hairline=FULL) is None
    with pytest.raises(ValueError, match="'mullet' is not a hair style; use one of bald, "):
        style_strands(np.random.default_rng(1), "mullet", hairline=FULL)


def test_scalp_shadow_has_a_soft_edge() -> None:
    hair = random_hair(np.random.default_rng(2), identity_from_seed(3), 0.3, style="crop")
    cover = scalp_shadow(hair)
    assert 0 <= cover.min() <= cover.max() <= 1
    assert ((cover > 0.05) & (cover < 0.7)).mean() > 0.01
    assert not scalp_shadow(random_hair(np.random.default_rng(2), identity_from_seed(3), 0.3, style="bald")).any()


def test_old_people_turn_grey_hair_by_hair() -> None:
    strands = grown("crop")
    colour = strand_colours(
        np.random.default_rng(0), strands, np.array((0.01, 0.008, 0.007), np.float32), grey=0.5, dyed=False
    )
    assert 0.4 < (colour[:, 0, 1] > 0.1).mean() < 0.6


def test_hair_follows_a_moved_head() -> None:
    skin, strands = template_skin(), grown("side part")
    shift = np.array((0.3, -0.2, 0.1), np.float32)
    moved = posed_strands(strands, skin.vertices + shift, skin.normals)
    np.testing.assert_allclose(moved, strands.points + shift, atol=2e-3)


def test_roots_stay_in_the_skin_of_other_people() -> None:
    pack, skin = load_head_pack(), template_skin()
    weights = identity_from_seed(11).weights
    shape = np.tensordot(weights, pack.shapes[: len(weights)], 1)
    vertices = (pack.vertices + shape).astype(np.float32)
    strands = grown("slicked back")
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
    assert np.abs(points[..., 0]).min() > 0.07


def test_denser_brows_have_more_hairs_and_a_darker_ground() -> None:
    thin = Brows(density=0.4)
    assert len(grow_brows(np.random.default_rng(0), thin).tint) < 0.6 * len(
        grow_brows(np.random.default_rng(0), BROWS).tint
    )
    assert brow_shadow(thin).max() < brow_shadow(BROWS).max()


def test_brow_hairs_grow_where_the_map_says_and_the_skin_is_dark_there() -> None:
    skin = template_skin()
    for brows in (BROWS, Brows(arch=1.0, thickness=0.5), Brows(tilt=-1.0, thickness=1.6)):
        strands = grow_brows(np.random.default_rng(0), brows)
        points = posed_strands(strands, skin.vertices, skin.normals).astype(np.float64)
        along = (np.abs(points[..., 0]) - 0.105) / brows.width
        off = np.abs(points[..., 1] - brows.middle(along))
        assert np.quantile(off, 0.9) < brows.half_height(np.array((0.12,)))[0] + 0.05
        shade, a = brow_shadow(brows), atlas()
        dark = shade > 0.3
        along = (np.abs(a.x[dark]).astype(np.float64) - 0.105) / brows.width
        assert np.abs(a.y[dark] - brows.middle(along)).max() < 1.3 * brows.half_height(np.array((0.12,)))[0] + 0.01


def test_brow_maps_are_the_same_on_both_sides() -> None:
    shade = brow_shadow(Brows(arch=0.6, between=0.5, bare_tail=0.3))
    np.testing.assert_allclose(shade, shade[:, ::-1], atol=1e-6)


def test_brow_hairs_rise_at_the_nose_and_fall_at_the_temple() -> None:
    middle = np.zeros(2)
    inner, outer = hair_direction(np.array((0.0, 1.0)), middle)
    assert inner > 1
    assert outer < 0
    upper, lower = hair_direction(np.array((0.5, 0.5)), np.array((0.9, -0.9)))
    assert upper < lower


def test_hair_between_the_brows_only_where_asked() -> None:
    skin = template_skin()
    counts = []
    for between in (0.0, 0.8):
        strands = grow_brows(np.random.default_rng(0), Brows(between=between))
        points = posed_strands(strands, skin.vertices, skin.normals)
        counts.append((np.abs(points[:, 0, 0]) < 0.06).sum())
    assert counts[0] == 0
    assert counts[1] > 20


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
