import dataclasses
import itertools

import numpy as np
import pytest

from facsimile.facs.action_units import LABEL_UNITS, UNITS, unit_index
from facsimile.facs.exclusions import EXCLUSIONS
from facsimile.facs.expression import ActionUnits
from facsimile.facs.intensity import LETTERS, THRESHOLDS, letter_of, levels_of
from facsimile.studio.recipe import NO_OCCLUDERS, Occluders, Recipe, mixed, natural, recipe_named, uniform
from facsimile.studio.report import Plan, format_occurrence, mutual_information, occurrence, plan, relation
from facsimile.studio.sampling import (
    EXCLUSIVE,
    LIP_SHAPES,
    MOST_USED,
    PROTOTYPES,
    SPEECH,
    WEIGHTS,
    exclusion_matrix,
    sample_action_units,
)

COUNT = 20_000
THREE_SIGMA = 3 * np.sqrt(0.1 * 0.9 / COUNT)


@pytest.fixture(scope="module")
def drawn() -> Plan:
    return plan(mixed(), 3, COUNT)


def active(drawn: Plan, code: int) -> np.ndarray:
    return (drawn.action_units[:, unit_index(code)] > 0).any(1)


@pytest.mark.parametrize("code", MOST_USED)
def test_each_of_the_most_used_units_is_active_in_15_to_35_percent_and_strong_in_10(drawn, code):
    strong = (drawn.action_units[:, unit_index(code)].max(1) >= THRESHOLDS[2]).mean()
    assert 0.15 < active(drawn, code).mean() < 0.35
    assert strong > 0.10 - THREE_SIGMA


def test_the_most_used_units_are_strong_in_a_tenth_on_average(drawn):
    strong = (drawn.action_units.max(2) >= THRESHOLDS[2]).mean(0)
    assert np.mean([strong[unit_index(code)] for code in MOST_USED]) > 0.10


def test_every_label_unit_occurs(drawn):
    assert len(MOST_USED) == 25
    assert all(active(drawn, code).mean() > 0.007 for code in LABEL_UNITS)


def test_units_say_next_to_nothing_about_each_other_but_for_stated_reasons(drawn):
    """A unit of 17 % has 0.66 bits; why lip shapes that share an exclusion are coupled stands in docs/data.md."""
    bits = mutual_information((drawn.action_units > 0).any(2))
    pairs = list(itertools.combinations(range(len(LABEL_UNITS)), 2))
    told = {reason: [] for reason in ("", "prototype", "excluded", "common exclusions")}
    for a, b in pairs:
        told[relation(LABEL_UNITS[a], LABEL_UNITS[b])].append(bits[a, b])
    assert max(told[""]) < 0.02
    assert np.median(told[""]) < 0.002
    assert max(told["common exclusions"]) < 0.10
    assert max(told["prototype"]) < 0.12


def test_mutual_information_of_closed_form_cases():
    same = np.array([[True, True], [False, False]])
    apart = np.array([[True, True], [True, False], [False, True], [False, False]])
    assert mutual_information(same)[0, 1] == pytest.approx(1.0)
    assert mutual_information(apart)[0, 1] == pytest.approx(0.0, abs=1e-12)


def test_independent_faces_have_four_to_seven_units():
    recipe = dataclasses.replace(
        mixed(), neutral_share=0.0, single_share=0.0, prototype_share=0.0, speech_share=0.0, uniform_share=0.0
    )
    counts = [
        (sample_action_units(recipe, np.random.default_rng(k), neutral_chance=0.0) > 0).any(1).sum() for k in range(400)
    ]
    assert (min(counts), max(counts)) == (4, 7)


def test_prototypes_and_compounds_are_few():
    assert mixed().prototype_share <= 0.15


def test_a_fifth_is_neutral_and_so_is_image_0_of_each_person(drawn):
    is_neutral = ~(drawn.action_units > 0).any((1, 2))
    assert is_neutral.mean() == pytest.approx(0.20, abs=0.02)
    assert is_neutral[:: mixed().images_per_identity].all()


def test_everyone_has_an_expressive_face_in_the_neutral_ones_light_and_in_another(drawn):
    is_neutral = ~(drawn.action_units > 0).any((1, 2)).reshape(-1, mixed().images_per_identity)
    assert mixed().images_per_light == 3
    assert not is_neutral[:, 1].any()
    assert not is_neutral[:, 3].any()


def test_sides_differ_in_two_fifths_to_a_half_of_the_images(drawn):
    assert 0.40 < (drawn.action_units[..., 0] != drawn.action_units[..., 1]).any(1).mean() < 0.50


def test_eye_closure_is_one_sided_most_often(drawn):
    one_sided = {code: ((drawn.action_units[:, unit_index(code)] > 0).sum(1) == 1).mean() for code in MOST_USED}
    assert max(one_sided, key=lambda code: one_sided[code]) == 43
    assert one_sided[43] > 0.04


def test_left_and_right_are_drawn_alike(drawn):
    left, right = (drawn.action_units[..., side] > 0 for side in (0, 1))
    difference = (left & ~right).sum() - (right & ~left).sum()
    assert abs(difference) < 4 * np.sqrt((left != right).sum())


def test_levels_cover_the_whole_scale(drawn):
    level = drawn.action_units[:, unit_index(12)].max(1)
    letters = np.bincount(levels_of(level[level > 0]), minlength=6)
    assert letters[0] == 0
    assert (letters[1:] > 0.14 * letters.sum()).all()


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
    assert set(WEIGHTS) | {code for shape, _ in LIP_SHAPES for code in shape} == set(LABEL_UNITS)
    assert sum(chance for _, chance in LIP_SHAPES) == pytest.approx(1.0)


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
        ({"min_units": 11}, "min_units must be above 0 and at most max_units = 7, got 11"),
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


def test_occluders_are_as_frequent_as_the_recipe_says(drawn):
    shares = mixed().occluders.shares
    assert 0.06 < sum(shares.values()) < 0.08
    for kind, share in shares.items():
        # A person's images come together: the error is that of people, 2,500 here, half of whose images are covered.
        assert drawn.occluder.count(kind) / COUNT == pytest.approx(share, abs=4 * np.sqrt(share * 0.5 / (COUNT / 8)))
    assert not any(drawn.occluder[::8])
    report = occurrence(drawn.action_units, drawn.head_pose_rad, occluder=drawn.occluder)
    assert report["occluders"]["hand"] == drawn.occluder.count("hand") / COUNT
    assert "covered faces: hand" in format_occurrence(report)


def test_a_person_is_covered_by_one_kind_of_thing_in_about_half_of_the_images(drawn):
    people = [set(drawn.occluder[k : k + 8]) - {""} for k in range(0, COUNT, 8)]
    assert max(map(len, people)) == 1
    covered = [sum(map(bool, drawn.occluder[k : k + 8])) for k in range(0, COUNT, 8)]
    assert np.mean([n for n in covered if n]) == pytest.approx(4, abs=0.3)


def test_occluders_change_nothing_else():
    bare = dataclasses.replace(mixed(), occluders=NO_OCCLUDERS)
    with_them, without = plan(mixed(), 4, 400), plan(bare, 4, 400)
    assert any(with_them.occluder)
    assert not any(without.occluder)
    for name in ("action_units", "head_pose_rad", "gaze_rad"):
        np.testing.assert_array_equal(getattr(with_them, name), getattr(without, name))


def test_the_plain_draw_covers_no_face_and_a_person_of_one_image_neither():
    assert not any(plan(uniform(), 1, 200).occluder)
    assert not any(plan(dataclasses.replace(mixed(), images_per_identity=1), 1, 200).occluder)


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"hand": -0.1}, r"occluders: hand must lie in \[0, 1\], got -0.1"),
        ({"part_of_images": 0.0}, r"part_of_images must lie in \(0, 0.8\], got 0.0"),
        ({"mask": 0.5}, "hand, mask, microphone, object must add up to at most part_of_images = 0.5, got 0.56"),
    ],
)
def test_impossible_occluders_are_errors(changes, text):
    with pytest.raises(ValueError, match=text):
        Occluders(**changes)


def test_social_shows_smiles_with_what_goes_with_them():
    recipe = recipe_named("social")
    rng = np.random.default_rng(0)
    drawn = np.stack([sample_action_units(recipe, rng) for _ in range(3000)]).max(2)
    smile, cheeks, lips = (drawn[:, unit_index(code)] for code in (12, 6, 25))
    assert 0.38 < (smile > 0).mean() < 0.5
    weak, broad = (smile > 0) & (smile < 2), smile > 3.5
    for companion in (cheeks, lips):
        assert (companion[broad] > 0).mean() > (companion[weak] > 0).mean() + 0.2
    assert 0.05 < ((cheeks > 0) & (smile == 0)).mean() / (cheeks > 0).mean() < 0.3
