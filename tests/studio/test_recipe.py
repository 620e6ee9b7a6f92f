import dataclasses

import numpy as np
import pytest

from facsimile.facs.action_units import LABEL_UNITS, UNITS, unit_index
from facsimile.facs.exclusions import EXCLUSIONS
from facsimile.facs.expression import ActionUnits
from facsimile.facs.intensity import LETTERS, THRESHOLDS, letter_of
from facsimile.studio.recipe import Recipe, mixed, natural, recipe_named, uniform
from facsimile.studio.report import Plan, format_occurrence, occurrence, plan
from facsimile.studio.sampling import (
    EXCLUSIVE,
    PROTOTYPES,
    SPEECH,
    WEIGHTS,
    exclusion_matrix,
    sample_action_units,
)

COMMON = (1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 16, 17, 20, 23, 25, 26, 43)
LIP_SHAPES = (18, 22, 24, 28)
COUNT = 4000
THREE_SIGMA = 3 * np.sqrt(0.25 * 0.75 / COUNT)


@pytest.fixture(scope="module")
def drawn() -> Plan:
    return plan(mixed(), 3, COUNT)


def active(drawn: Plan, code: int) -> np.ndarray:
    return (drawn.action_units[:, unit_index(code)] > 0).any(1)


@pytest.mark.parametrize("code", COMMON)
def test_each_common_unit_is_active_in_a_fifth_to_a_third_of_the_images(drawn, code):
    assert 0.20 - THREE_SIGMA < active(drawn, code).mean() < 0.30


@pytest.mark.parametrize("code", LIP_SHAPES)
def test_lip_shapes_that_exclude_each_other_share_half_of_the_images(drawn, code):
    assert 0.09 < active(drawn, code).mean() < 0.20


def test_every_label_unit_occurs(drawn):
    assert all(active(drawn, code).mean() > 0.02 for code in LABEL_UNITS)


def test_a_fifth_is_neutral_and_so_is_image_0_of_each_person(drawn):
    is_neutral = ~(drawn.action_units > 0).any((1, 2))
    assert is_neutral.mean() == pytest.approx(0.20, abs=0.02)
    assert is_neutral[:: mixed().images_per_identity].all()


def test_sides_differ_in_two_fifths_to_a_half_of_the_images(drawn):
    assert 0.40 < (drawn.action_units[..., 0] != drawn.action_units[..., 1]).any(1).mean() < 0.50


def test_eye_closure_is_one_sided_most_often(drawn):
    one_sided = {code: ((drawn.action_units[:, unit_index(code)] > 0).sum(1) == 1).mean() for code in COMMON}
    assert max(one_sided, key=lambda code: one_sided[code]) == 43
    assert one_sided[43] > 0.06


def test_left_and_right_are_drawn_alike(drawn):
    left, right = (drawn.action_units[..., side] > 0 for side in (0, 1))
    difference = (left & ~right).sum() - (right & ~left).sum()
    assert abs(difference) < 4 * np.sqrt((left != right).sum())


def test_levels_cover_the_whole_scale(drawn):
    level = drawn.action_units[:, unit_index(12)].max(1)
    assert (np.histogram(level[level > 0], [0, 1, 2, 3, 4, 5.01])[0] > 50).all()


def test_counter_examples_are_there(drawn):
    is_on = {code: active(drawn, code) for code in (1, 2, 6, 12, 25, 26)}
    brows_still = ~(drawn.action_units[:, [unit_index(c) for c in (1, 2, 4)]] > 0).any((1, 2))
    for case in (
        is_on[6] & ~is_on[12],
        is_on[12] & ~is_on[6],
        is_on[1] & is_on[2] & ~is_on[25] & ~is_on[26],
        is_on[26] & brows_still,
    ):
        assert case.mean() > 0.02


def test_smile_and_cheek_raise_say_little_about_each_other(drawn):
    expressive = (drawn.action_units > 0).any((1, 2))
    assert abs(np.corrcoef(active(drawn, 6)[expressive], active(drawn, 12)[expressive])[0, 1]) < 0.15


@pytest.mark.parametrize("recipe", [mixed(), natural(), uniform()])
def test_excluded_pairs_never_occur(recipe):
    is_active = (plan(recipe, 5, 3000).action_units > 0).any(2).astype(int)
    assert not (is_active.T @ is_active)[exclusion_matrix()].any()


def test_what_facs_excludes_is_excluded_here():
    listed = {frozenset(pair) for pair in EXCLUSIVE}
    for rule in EXCLUSIONS:
        if {rule.first, rule.second} <= set(LABEL_UNITS):
            assert {rule.first, rule.second} in listed


def test_jaw_never_goes_both_ways(drawn):
    assert not (drawn.action_units[:, unit_index(30)] > 0).all(1).any()


def test_midline_units_carry_one_value_on_both_sides(drawn):
    midline = [k for k, code in enumerate(LABEL_UNITS) if not UNITS[code].is_sided]
    np.testing.assert_array_equal(drawn.action_units[:, midline, 0], drawn.action_units[:, midline, 1])


def test_every_draw_is_a_valid_face(drawn):
    for values in drawn.action_units[:200]:
        ActionUnits(values)


def test_tables_hold_no_excluded_pair_and_only_label_units():
    for levels in (*PROTOTYPES, *SPEECH):
        assert set(levels) <= set(LABEL_UNITS)
        assert not any(a in levels and b in levels for a, b in EXCLUSIVE)
    assert set(WEIGHTS) == set(LABEL_UNITS)


def test_head_pose_has_the_recipes_spread_and_limits(drawn):
    np.testing.assert_allclose(np.degrees(drawn.head_pose_rad.std(0)), [9, 16, 5], rtol=0.06)
    assert np.degrees(np.abs(drawn.head_pose_rad[:, 1]).max()) <= 40 + 1e-9


def test_a_sample_depends_on_nothing_but_recipe_seed_and_index():
    few, many = plan(mixed(), 9, 10), plan(mixed(), 9, 50)
    np.testing.assert_array_equal(few.action_units, many.action_units[:10])
    assert (plan(mixed(), 10, 50).action_units != many.action_units).any()


def test_uniform_draws_one_to_twenty_sides():
    count = [(sample_action_units(uniform(), np.random.default_rng(k)) > 0).any(1).sum() for k in range(500)]
    assert max(count) <= 20
    assert np.mean(np.array(count) == 0) == pytest.approx(0.2, abs=0.06)


def test_the_report_counts_a_closed_form_case():
    values = np.zeros((4, len(LABEL_UNITS), 2))
    values[0, unit_index(12)] = 5.0
    values[1, unit_index(12), 0] = 0.7
    report = occurrence(values, np.zeros((4, 3)))
    smile = report["units"][12]
    assert (smile["active"], smile["left_only"], smile["right_only"]) == (0.5, 0.25, 0.0)
    assert smile["levels"] == [1, 0, 0, 0, 1]
    assert report["neutral_share"] == 0.5
    assert report["asymmetric_share"] == 0.25
    assert "AU12   50.0%      25.0%        0.0%" in format_occurrence(report)


def test_the_report_counts_letters_as_scores_write_them():
    """Nothing below 0.5, then one of each letter at its least and one just below it."""
    edges = np.array(THRESHOLDS)
    values = np.zeros((10, len(LABEL_UNITS), 2))
    values[:, unit_index(4), 1] = [*edges, *np.nextafter(edges, 0)]
    unit = occurrence(values, np.zeros((10, 3)))["units"][4]
    assert unit["active"] == 1.0
    assert unit["levels"] == [2, 2, 2, 2, 1]
    letters = [letter_of(float(v)) for v in values[:, unit_index(4)].max(1)]
    assert unit["levels"] == [letters.count(letter) for letter in LETTERS]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"neutral_share": 1.2}, r"neutral_share must lie in \[0, 1\], got 1.2"),
        ({"prototype_share": 0.9}, "must add up to at most 1"),
        ({"min_units": 11}, "min_units must be above 0 and at most max_units = 10, got 11"),
        ({"max_intensity": 6.0}, "max_intensity must be at most 5"),
        ({"one_sided_share": 0.8}, "one_sided_share"),
        ({"images_per_identity": 0}, "images_per_identity must be at least 1, got 0"),
    ],
)
def test_a_recipe_refuses_nonsense(fields, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(Recipe(), **fields)


def test_an_unknown_recipe_is_told_the_nearest():
    with pytest.raises(ValueError, match="'mixd' is unknown; did you mean 'mixed'"):
        recipe_named("mixd")
