from dataclasses import replace

import numpy as np
import pytest

from facsimile.face.identity import (
    CLIP_SIGMAS,
    DISTINCT,
    age_mix,
    average_identity,
    drift_weights,
    identity_from_seed,
    local_axes,
    local_weights,
    macro_weights,
    num_identity_shapes,
    random_identity,
)
from facsimile.face.landmarks import FLIP_LANDMARKS, landmarks
from facsimile.face.pack import load_head_pack
from facsimile.face.rig import default_rig
from facsimile.face.symmetry import mirror_displacements

SEEDS = range(40)


def test_seed_makes_the_same_person_and_rng_draws_one_integer():
    first, again = np.random.default_rng(5), np.random.default_rng(5)
    person = random_identity(first)
    same = identity_from_seed(int(again.integers(2**32)))
    assert person.seed == same.seed
    assert np.array_equal(person.weights, same.weights)
    assert first.random() == again.random()


def test_golden_person():
    """A reviewed person: must not change without a new version of every published seed."""
    person = identity_from_seed(7)
    assert round(person.age_years, 3) == 46.711
    assert round(float(person.weights.sum()), 3) == 19.452


def test_ages_mix_linearly_and_are_clamped():
    assert age_mix(10.0) == {"child": 1, "young": 0, "old": 0}
    assert age_mix(57.5) == pytest.approx({"child": 0, "young": 0.5, "old": 0.5})
    assert age_mix(120.0) == age_mix(90.0)
    assert age_mix(7.0) == pytest.approx({"child": 1.2, "young": -0.2, "old": 0})
    assert age_mix(2.0) == age_mix(6.0)


def test_what_is_asked_for_replaces_what_is_drawn():
    asked = identity_from_seed(9, age_years=71.0, sex=1.0, ancestry=(0.0, 1.0, 0.0), muscle=0.4, weight=0.9)
    assert (asked.age_years, asked.sex, asked.ancestry, asked.muscle, asked.weight) == (71, 1, (0, 1, 0), 0.4, 0.9)
    older, younger = identity_from_seed(9, age_years=70.0), identity_from_seed(9, age_years=30.0)
    names = load_head_pack().shape_names
    same = [row for row in range(len(older.weights)) if names[row].startswith("chin:chin-width")]
    assert np.array_equal(older.weights[same], younger.weights[same])
    assert older.sex == younger.sex == identity_from_seed(9).sex


def test_age_thins_lips_and_lowers_corners_and_fat_fills_cheeks():
    rig = default_rig()

    def face(**kind):
        identity = replace(average_identity(), weights=average_identity().weights + drift_weights(**kind))
        return landmarks(rig.neutral_vertices(identity)) * 100

    young, old = face(age_years=30.0, weight=0.5), face(age_years=85.0, weight=0.5)
    assert old[51, 1] - old[62, 1] < young[51, 1] - young[62, 1]
    assert old[48, 1] < young[48, 1]
    lean, fat = face(age_years=30.0, weight=0.0), face(age_years=30.0, weight=1.0)
    assert fat[12, 0] - fat[4, 0] > lean[12, 0] - lean[4, 0] + 1


@pytest.mark.parametrize("sex", [0.0, 0.3, 1.0])
def test_macro_weights_are_two_partitions_of_one(sex):
    weights = macro_weights(age_years=40.0, sex=sex, ancestry=(0.2, 0.3, 0.5), muscle=0.7, weight=0.2)
    names = load_head_pack().shape_names
    for family in ("race:", "univ:"):
        rows = [row for row in range(len(weights)) if names[row].startswith(family)]
        assert weights[rows].sum() == pytest.approx(1)
    assert np.count_nonzero(weights) <= 40


def test_every_local_shape_belongs_to_one_axis():
    ends = [end for axis in local_axes() for side in (axis.left, axis.right) if side for end in side if end >= 0]
    names = load_head_pack().shape_names[: num_identity_shapes()]
    local = {row for row, name in enumerate(names) if not name.startswith(("race:", "univ:"))}
    assert len(ends) == len(set(ends))
    assert set(ends) == local


def test_opposites_are_opposite():
    names = load_head_pack().shape_names
    words = {names[a.left[0]].rsplit("-", 1)[1] + "/" + names[a.left[1]].rsplit("-", 1)[1] for a in local_axes()
             if min(a.left) >= 0}  # fmt: skip
    assert words == {"decr/incr", "down/up", "in/out", "backward/forward", "concave/convex",
                     "compress/uncompress", "r/l"}  # fmt: skip


def test_local_weights_stay_ordinary_and_sides_nearly_agree():
    draws = np.stack([local_weights(np.random.default_rng(seed)) for seed in range(100)])
    sigmas = {a.sigma for a in local_axes()}
    assert draws.min() >= 0
    assert draws.max() <= 2 * DISTINCT[1] * CLIP_SIGMAS * max(sigmas)
    cheek = next(a for a in local_axes() if load_head_pack().shape_names[a.left[1]] == "cheek:l-cheek-bones-incr")
    assert cheek.right is not None
    left, right = draws[:, cheek.left[1]], draws[:, cheek.right[1]]
    assert np.corrcoef(left, right)[0, 1] > 0.95
    assert not np.array_equal(left, right)


def test_people_differ_by_millimetres_and_are_no_caricatures():
    rig = default_rig()
    points = np.stack([landmarks(rig.neutral_vertices(identity_from_seed(seed)))[:68] for seed in SEEDS])
    deviation_mm = np.linalg.norm(points - points.mean(0), axis=-1) * 100
    assert 3 < deviation_mm.mean() < 9
    assert deviation_mm.max() < 40


def test_people_are_a_little_asymmetric():
    points = landmarks(default_rig().neutral_vertices(identity_from_seed(3)))
    difference_mm = np.abs(points - points[list(FLIP_LANDMARKS)] * (-1, 1, 1)).max() * 100
    assert 0.2 < difference_mm < 12


def test_average_person_is_symmetric():
    vertices = default_rig().neutral_vertices(average_identity())
    np.testing.assert_allclose(mirror_displacements(vertices), vertices, atol=2e-6)


def test_sample_covers_sexes_ages_and_ancestries():
    people = [identity_from_seed(seed) for seed in range(300)]
    assert 0.4 < np.mean([person.sex > 0.5 for person in people]) < 0.6
    assert 0.03 < np.mean([person.age_years < 18 for person in people]) < 0.15
    np.testing.assert_allclose(np.mean([person.ancestry for person in people], 0), 1 / 3, atol=0.06)
