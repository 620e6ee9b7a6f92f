import numpy as np
import pytest

from facsimile.face.eyeballs import lid_margins
from facsimile.face.eyes import IRIS_COLOURS, random_eyes
from facsimile.face.identity import identity_from_seed
from facsimile.face.lashes import CARDS, grow_lashes, random_lashes
from facsimile.face.lid_fold import (
    ROWS,
    LidFold,
    fold_line,
    paint_lid_fold,
    random_lid_fold,
    shut_line,
    shut_line_depth,
)
from facsimile.face.pack import load_head_pack
from facsimile.face.rest import ATLAS_SIZE, atlas
from facsimile.face.rig import default_rig
from facsimile.face.strands import posed_strands
from facsimile.facs.converters import expression_from_action_units
from facsimile.facs.expression import ActionUnits


def lash_points(strands):
    vertices = load_head_pack().vertices
    return posed_strands(strands, vertices, np.zeros_like(vertices))


def test_lashes_root_on_the_lids_and_grow_away_from_the_eye():
    points = lash_points(grow_lashes(np.random.default_rng(0), density=1.0, length=0.9))
    centre = np.array([0.308, 7.284, 1.245]) * np.where(points[:, :1, :1] < 0, (-1, 1, 1), (1, 1, 1))
    reach = np.linalg.norm(points - centre, axis=-1)
    assert np.abs(points[:, 0, 1] - 7.287).max() < 0.06
    assert (reach[:, -1] > reach[:, 0] + 0.01).mean() > 0.95
    assert reach.max() < 0.30


def test_lashes_are_alike_on_both_sides_and_upper_ones_are_longer():
    points = lash_points(grow_lashes(np.random.default_rng(1), density=1.0, length=0.9))
    left = points[:, 0, 0] > 0
    assert 0.8 < left.sum() / (~left).sum() < 1.25
    length = np.linalg.norm(np.diff(points, axis=1), axis=-1).sum(1)
    upper = points[:, -1, 1] > points[:, 0, 1]
    assert length[upper].mean() > 1.1 * length[~upper].mean()
    for side in (left, ~left):
        outer = np.abs(points[side & upper][:, 0, 0]) > 0.40
        lean = (np.abs(points[side & upper][:, -1, 0]) - np.abs(points[side & upper][:, 0, 0]))[outer]
        assert lean.mean() > 0.005


def test_lashes_clump():
    points = lash_points(grow_lashes(np.random.default_rng(2), density=1.0, length=0.9))
    upper = points[(points[:, 0, 0] > 0) & (points[:, -1, 1] > points[:, 0, 1])]

    def unevenness(place):
        gaps = np.diff(np.sort(place))
        return gaps.std() / gaps.mean()

    assert unevenness(upper[:, -1, 0]) > unevenness(upper[:, 0, 0])


def test_length_is_followed():
    short, long = (
        np.linalg.norm(
            np.diff(lash_points(grow_lashes(np.random.default_rng(3), density=1.0, length=part)), axis=1), axis=-1
        )
        .sum(1)
        .mean()
        for part in (0.4, 1.0)
    )
    assert 0.03 < long < 0.08
    assert short < 0.75 * long


def test_mascara_makes_lashes_wider():
    bare, painted = (random_lashes(np.random.default_rng(4), sex=1.0, mascara=worn) for worn in (False, True))
    assert painted.width_mm > 1.3 * bare.width_mm
    assert len(CARDS) == 4


def test_a_fold_lies_above_the_eye_on_both_sides():
    crease, shade = fold_line(LidFold(4.0, 1.0, 0.0))
    a = atlas()
    np.testing.assert_allclose(crease, crease[:, ::-1], atol=1e-5)
    marked = crease > 0.5
    assert marked.sum() > 40
    y, x = a.y[ROWS][marked], np.abs(a.x[ROWS][marked])
    assert (y > 7.287).all()
    assert ((x > 0.15) & (x < 0.48)).all()
    middle = marked & (np.abs(np.abs(a.x[ROWS]) - 0.318) < 0.01)
    assert a.y[ROWS][middle].mean() == pytest.approx(7.287 + 0.044 + 0.04, abs=0.005)
    assert (shade >= 0).all()


def test_a_fold_darkens_and_deepens_and_a_monolid_changes_nothing():
    albedo, height = np.ones((3, *ATLAS_SIZE), np.float32), np.zeros(ATLAS_SIZE, np.float32)
    paint_lid_fold(albedo, height, LidFold(4.0, 0.0, 0.0))
    assert (albedo == 1).all()
    assert not height.any()
    paint_lid_fold(albedo, height, LidFold(4.0, 1.0, 0.0))
    assert 0.3 < albedo.min() < 0.75
    assert height.min() < -0.2
    assert (albedo[0] >= albedo[2]).all()


def test_folds_differ_by_person():
    rng = np.random.default_rng(5)
    folds = [random_lid_fold(rng, identity_from_seed(seed)) for seed in range(60)]
    assert any(fold.depth == 0 for fold in folds)
    assert np.ptp([fold.height_mm for fold in folds]) > 1.5


def test_irises_are_darker_than_the_white():
    rng = np.random.default_rng(6)
    for _ in range(20):
        eyes = random_eyes(rng, fair=1.0, age_years=30.0)
        assert eyes.colour_name in IRIS_COLOURS
        assert eyes.iris_outer.max() < 0.7 * eyes.sclera.min()


@pytest.mark.parametrize("seed", range(6))
def test_upper_lashes_of_shut_lids_hang_in_front_of_where_the_lids_meet(seed):
    identity, pack = identity_from_seed(seed), load_head_pack()
    shut = default_rig().vertices(identity, expression_from_action_units(ActionUnits.from_dict({43: 5.0})))
    strands = grow_lashes(np.random.default_rng(0), density=1.0, length=0.9)
    open_lashes, points = (posed_strands(strands, v, np.zeros_like(v)) for v in (pack.vertices, shut))
    for margin, sign in ((lid_margins()[0], 1), (lid_margins()[0].mirrored(), -1)):
        upper = (open_lashes[:, -1, 1] > 7.29) & (np.abs(sign * points[:, 0, 0] - 0.31) < 0.05)
        edge, tips, roots = margin.at(shut), points[upper][:, -1], points[upper][:, 0]
        edge = edge[np.argsort(edge[:, 0])]
        below = np.interp(tips[:, 0], edge[:, 0], edge[:, 1]) - tips[:, 1]
        behind = np.interp(roots[:, 0], edge[:, 0], edge[:, 2]) - roots[:, 2]
        assert upper.sum() > 10
        assert (below > 0.005).mean() > 0.85
        assert np.median(behind) < 0.02


def test_the_line_of_shut_lids_is_a_ring_with_two_sides_and_darkens_with_closure():
    line, a = shut_line(), atlas()
    np.testing.assert_allclose(line[0], line[1][:, ::-1], atol=1e-6)
    assert not line[0][a.x < 0].any()
    at_margin = np.argmin(np.hypot(a.x - 0.318, a.y - 7.332) + 9 * (a.z < 1.0))
    assert line[0].ravel()[at_margin] > 0.6
    assert line[0][np.hypot(a.x - 0.318, a.y - 7.287) > 0.2].max() < 0.01
    depths = [shut_line_depth(v) for v in (float("nan"), 0.0, 2.0, 4.0, 5.0)]
    assert depths[:2] == [0, 0]
    assert sorted(depths) == depths
    assert depths[4] > 2
