import numpy as np
import pytest

from facsimile.evaluate.half_face import LOWER, SEAM, UPPER, WHOLE, half_face_scores, half_faces


def test_each_half_is_where_it_says():
    smile, rest = np.full((2, 112, 112, 3), 200, np.uint8), np.full((2, 112, 112, 3), 50, np.uint8)
    found = half_faces(smile, rest)
    assert (found[WHOLE] == 200).all()
    assert (found[UPPER][:, 0] == 200).all()
    assert (found[UPPER][:, -1] == 50).all()
    assert (found[LOWER][:, 0] == 50).all()
    seam = round(SEAM * 112)
    assert abs(float(found[LOWER][0, seam].mean()) - 125) < 20
    assert found[UPPER].astype(int) + found[LOWER] == pytest.approx(np.full(smile.shape, 250), abs=1)


def test_half_faces_of_rest_are_rest():
    rest = np.random.default_rng(0).integers(0, 256, (1, 56, 56, 3), dtype=np.uint8)
    assert all((crops == rest).all() for crops in half_faces(rest, rest).values())


def test_scores_tell_muscle_from_prototype():
    rest = np.random.default_rng(1).random((30, 2))
    scores = half_face_scores(rest, {WHOLE: rest + 2, LOWER: rest + np.array([0.0, 2.0])}, seed=2)
    assert [m.value for m in scores[WHOLE]] == [1, 1]
    assert scores[LOWER][0].value == pytest.approx(0.5)
    assert scores[LOWER][1].low == 1
