"""Batches show several faces of each person, one of them at rest, and everybody in every epoch."""

import numpy as np
import pytest

pytest.importorskip("torch")

import toy
from test_trainer import SMALL

from facsimile.train.batches import Batches, collate, negative_crop
from facsimile.train.groups import NO_REFERENCE, PersonGroups, joined_groups

pytestmark = pytest.mark.torch

IDENTITY = np.repeat([3, 1, 8, 5], [8, 2, 1, 11])
AT_REST = np.arange(22) % 4 == 0  # 1 has nobody at rest but row 8; 8's only face, row 10, is not
SIZE = 4


def epoch(seed):
    return PersonGroups(IDENTITY, AT_REST, size=SIZE).epoch(np.random.default_rng(seed))


def test_a_group_is_one_person_and_begins_at_rest():
    for group in epoch(0):
        people = IDENTITY[group.rows]
        assert len(group.rows) == SIZE
        assert len(set(people)) == 1
        has_rest = AT_REST[people[0] == IDENTITY].any()
        assert AT_REST[group.rows[0]] == has_rest
        assert list(group.reference) == [NO_REFERENCE, *[0 if has_rest else NO_REFERENCE] * (SIZE - 1)]


def test_every_epoch_shows_everybody_and_no_face_twice_where_there_are_enough():
    shown = [np.concatenate([g.rows for g in epoch(seed)]) for seed in (0, 1)]
    for rows in shown:
        assert set(IDENTITY[rows]) == {1, 3, 5, 8}
        plenty = [g.rows[1:] for g in epoch(0) if (IDENTITY[g.rows[0]] == IDENTITY).sum() >= SIZE]
        others = np.concatenate(plenty)
        assert len(set(others)) == len(others)
    assert (shown[0] != shown[1]).any()
    assert len(epoch(0)) == PersonGroups(IDENTITY, AT_REST, size=SIZE).num_groups == 2 + 1 + 1 + 3


def test_a_reference_points_at_the_same_person():
    batch = joined_groups(epoch(2))
    rows = np.flatnonzero(batch.reference >= 0)
    assert len(rows) > 0
    assert (IDENTITY[batch.rows[rows]] == IDENTITY[batch.rows[batch.reference[rows]]]).all()
    assert AT_REST[batch.rows[batch.reference[rows]]].all()


def test_batches_differ_by_step_and_repeat_by_step():
    batches = Batches(toy.toy_faces(96, num_people=12), SMALL, make_crop=toy.plain_crop)
    first, second = batches.batch(0), batches.batch(1)
    assert len(first.rows) == SMALL.batch_size
    assert (first.rows != second.rows).any()
    again = Batches(toy.toy_faces(96, num_people=12), SMALL, make_crop=toy.plain_crop)
    again.batch(7)
    assert (again.batch(0).rows == first.rows).all()


def test_a_negative_is_no_reference_and_has_none():
    faces = toy.toy_faces(4, num_people=1)
    rng = np.random.default_rng(0)
    plain = [toy.plain_crop(faces, row, rng) for row in range(4)]
    reference = np.array([-1, 0, 0, 0])
    whole = collate(plain, reference)[1].reference
    assert whole.tolist() == [-1, 0, 0, 0]
    one_negative = [plain[0], negative_crop(faces, 1, rng), *plain[2:]]
    assert collate(one_negative, reference)[1].reference.tolist() == [-1, -1, 0, 0]
    no_rest = [negative_crop(faces, 0, rng), *plain[1:]]
    assert collate(no_rest, reference)[1].reference.tolist() == [-1] * 4
