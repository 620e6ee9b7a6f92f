import numpy as np
import pytest

from facsimile.face.dental_anatomy import LOWER_TEETH, UPPER_TEETH, beta_arch, walk_arch
from facsimile.face.identity import average_identity, identity_from_seed
from facsimile.face.landmarks import landmarks
from facsimile.face.mouth import (
    SKIN_THICKNESS_DM,
    affine_between,
    keep_behind_skin,
    lips_are_shut,
    mouth_window,
    moved_teeth,
    placed_teeth,
    rest_tongue_on_lip,
)
from facsimile.face.pack import load_head_pack
from facsimile.face.rig import default_rig
from facsimile.face.teeth import (
    CROWN_POINTS,
    ENAMEL,
    JAW_POINTS,
    NUM_TEETH,
    OVERBITE_MM,
    crown_points,
    dental_mesh,
    dentition_points,
    ideal_dentition,
    ideal_forms,
    mean_display_mm,
    number_of,
    random_dentition,
)
from facsimile.facs.converters import expression_from_action_units
from facsimile.facs.expression import ActionUnits


def crown(points, jaw, tooth):
    start = jaw * JAW_POINTS + tooth * CROWN_POINTS
    return points[start : start + CROWN_POINTS]


def posed(identity, **units):
    action_units = ActionUnits.from_dict({int(code[2:]): value for code, value in units.items()})
    return default_rig().vertices(identity, expression_from_action_units(action_units))


def test_the_arch_is_the_published_beta_function():
    x = np.array([0.0, 15.0, 28.0, -28.0])
    depth = beta_arch(x, width=56.0, depth=44.0)
    np.testing.assert_allclose(depth[[0, 2, 3]], [0, 44, 44], atol=0.01)
    assert depth[1] == pytest.approx(44 * (1 - 3.0314 * (0.25 - (15 / 56) ** 2) ** 0.8))


def test_steps_along_the_arch_are_as_long_as_asked():
    steps = np.linspace(-50, 50, 801)
    places, headings = walk_arch(steps, width_over_depth=1.3)
    lengths = np.linalg.norm(np.diff(places, axis=0), axis=1)
    np.testing.assert_allclose(lengths[20:-20], steps[1] - steps[0], rtol=0.01)
    np.testing.assert_allclose(headings, -headings[::-1], atol=1e-9)


@pytest.mark.parametrize("jaw", [UPPER_TEETH, LOWER_TEETH])
def test_crowns_have_the_published_size(jaw):
    for tooth in range(NUM_TEETH):
        number, points = number_of(tooth), crown_points(jaw, tooth)
        assert np.ptp(points[:, 0]) == pytest.approx(jaw.width[number], rel=0.01)
        assert points[:32, 2].max() < jaw.height[number] < points[:, 2].max()


def test_ideal_teeth_are_symmetric():
    points = dentition_points(ideal_forms(), ideal_forms())
    for jaw in (0, 1):
        for tooth in range(NUM_TEETH):
            here, there = crown(points, jaw, tooth), crown(points, jaw, NUM_TEETH - 1 - tooth)
            np.testing.assert_allclose(np.sort(here[:, 0]), np.sort(-there[:, 0]), atol=1e-4)
            np.testing.assert_allclose(np.sort(here[:, 2]), np.sort(there[:, 2]), atol=1e-4)


def test_upper_incisors_cover_the_lower_ones_from_the_front():
    points = dentition_points(ideal_forms(), ideal_forms())
    upper, lower = crown(points, 0, 6), crown(points, 1, 6)
    assert lower[:, 1].max() - upper[:, 1].min() == pytest.approx(OVERBITE_MM, abs=0.3)
    overlap = upper[upper[:, 1] < OVERBITE_MM]
    assert overlap[:, 2].min() > lower[lower[:, 1] > 0][:, 2].max() - 0.6


def test_neighbours_touch_but_hardly_overlap():
    points = dentition_points(ideal_forms(), ideal_forms())
    for tooth in range(NUM_TEETH - 1):
        here, there = crown(points, 0, tooth), crown(points, 0, tooth + 1)
        gap = np.linalg.norm(here[:, None] - there[None], axis=-1).min()
        assert gap < 1.2


def test_enamel_faces_outwards():
    mesh, points = dental_mesh(), dentition_points(ideal_forms(), ideal_forms()).astype(float)
    corners = points[mesh.triangles[mesh.kind == ENAMEL]].reshape(2 * NUM_TEETH, -1, 3, 3)
    normals = np.cross(corners[..., 1, :] - corners[..., 0, :], corners[..., 2, :] - corners[..., 0, :])
    away = corners.mean(2) - corners.mean((1, 2))[:, None]
    assert ((normals * away).sum(-1) > 0).mean() > 0.95


def test_triangles_use_every_vertex():
    mesh = dental_mesh()
    np.testing.assert_array_equal(np.unique(mesh.triangles), np.arange(2 * JAW_POINTS))
    assert (mesh.triangles[mesh.tooth < NUM_TEETH] < mesh.num_upper).all()
    assert (mesh.triangles[mesh.tooth >= NUM_TEETH] >= mesh.num_upper).all()


def test_people_differ_and_the_same_generator_gives_the_same_teeth():
    def draw(seed):
        return random_dentition(np.random.default_rng(seed), sex=0.5, age_years=30.0, melanin=0.3)

    np.testing.assert_array_equal(draw(1).vertices, draw(1).vertices)
    assert np.abs(draw(1).vertices - draw(2).vertices).max() > 0.3
    for look in (draw(seed) for seed in range(30)):
        assert np.isfinite(look.vertices).all()
        assert 0.3 < look.colour.min() <= look.colour.max() < 0.9
        assert look.colour[0] > look.colour[2]


def test_older_people_show_less_and_women_more():
    assert mean_display_mm(sex=0.5, age_years=25.0) > mean_display_mm(sex=0.5, age_years=60.0) + 2
    assert mean_display_mm(sex=1.0, age_years=40.0) == mean_display_mm(sex=0.0, age_years=40.0) + 1.5


def test_placed_incisors_reach_below_the_seam_by_the_display():
    for seed in range(4):
        neutral = default_rig().neutral_vertices(identity_from_seed(seed))
        upper = placed_teeth(ideal_dentition(), neutral)[:JAW_POINTS]
        edge = crown(upper, 0, 7)[:, 1].min()
        assert landmarks(neutral)[62, 1] - edge == pytest.approx(0.02, abs=0.004)
        assert upper[:, 2].max() < landmarks(neutral)[62, 2]


def test_an_affine_map_is_found_exactly():
    rng = np.random.default_rng(0)
    before = rng.normal(size=(20, 3)).astype(np.float32)
    matrix, shift = rng.normal(size=(3, 3)).astype(np.float32), np.float32([1, 2, 3])
    found = affine_between(before, before @ matrix + shift)
    np.testing.assert_allclose(found[0], matrix, atol=1e-5)
    np.testing.assert_allclose(found[1], shift, atol=1e-5)


def test_neutral_teeth_stay_and_jaws_carry_theirs():
    identity = average_identity()
    neutral = default_rig().neutral_vertices(identity)
    teeth = placed_teeth(ideal_dentition(), neutral)
    np.testing.assert_allclose(moved_teeth(teeth, neutral, neutral), teeth, atol=2e-5)
    opened = posed(identity, AU27=5.0)
    moved = moved_teeth(teeth, neutral, opened)
    strip = load_head_pack().part_vertices("lower_teeth")
    drop = (opened - neutral)[strip].mean(0)
    np.testing.assert_allclose(moved[:JAW_POINTS], teeth[:JAW_POINTS], atol=1e-3)
    assert drop[1] < -0.1
    np.testing.assert_allclose((moved - teeth)[JAW_POINTS:].mean(0), drop, atol=0.06)


def test_the_window_follows_the_lips():
    identity = average_identity()
    shut, opened = mouth_window(posed(identity)), mouth_window(posed(identity, AU27=5.0))
    assert np.linalg.norm(opened[2]) > 5 * np.linalg.norm(shut[2])
    np.testing.assert_allclose(opened[1, 1:], 0, atol=0.01)
    np.testing.assert_allclose(opened[3], [0, 0, -1], atol=0.5)
    points = landmarks(posed(identity, AU27=5.0))
    np.testing.assert_allclose(opened[0], points[[62, 66]].mean(0), atol=1e-5)


def test_parted_lips_are_not_shut():
    assert not lips_are_shut(posed(average_identity(), AU25=3.0))
    assert not lips_are_shut(posed(average_identity(), AU26=3.0))


def test_a_tongue_out_lies_on_the_lip_and_reaches_past_it():
    for seed in (1, 3, 8):
        head = posed(identity_from_seed(seed), AU19=5.0)
        moved = rest_tongue_on_lip(head, 1.0)
        rows, lip = load_head_pack().part_vertices("tongue"), landmarks(head)[66]
        others = np.setdiff1d(np.arange(len(head)), rows)
        np.testing.assert_array_equal(moved[others], head[others])
        tongue = moved[rows]
        assert tongue[:, 2].max() > lip[2] + 0.1
        near = tongue[(np.abs(tongue[:, 2] - lip[2]) < 0.03) & (np.abs(tongue[:, 0]) < 0.05)]
        assert near[:, 1].min() > lip[1] - 0.03


def test_gums_stay_behind_the_skin_below_the_lip():
    skin = np.array([[0, 1.0, 2.0], [0, 0.5, 1.8], [0, 0.0, 1.9]], np.float32)
    gums = np.array([[0, 1.2, 3.0], [0, 0.75, 3.0], [0, 0.25, 1.0]], np.float32)
    keep_behind_skin(gums, skin)
    np.testing.assert_allclose(gums[:, 2], (3.0, 1.9 - SKIN_THICKNESS_DM, 1.0), atol=1e-6)
