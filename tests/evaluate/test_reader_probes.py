import numpy as np
import pytest

from facsimile.app.reader_data import open_blocks
from facsimile.app.reader_evaluation import Subject
from facsimile.app.reader_probes import (
    EXPRESSIONS,
    PERTURBATIONS,
    Portraits,
    draw_portraits,
    half_face_table,
    half_face_test,
    perturbation_table,
    perturbation_test,
    perturbed,
)
from facsimile.data.align import FLIP_LANDMARKS, TEMPLATE, align_matrix, warp
from facsimile.detect.reader import SHIPPED_WEIGHTS

needs_weights = pytest.mark.skipif(not SHIPPED_WEIGHTS.exists(), reason="no weights in this checkout")


@pytest.fixture(scope="module")
def portraits():
    return draw_portraits(1, crop_size=112)


def test_portraits_differ_only_in_the_expression(portraits):
    assert portraits.rest.shape == portraits.elsewhere.shape == (1, 112, 112, 3)
    smile = portraits.expressive["smile"].astype(int) - portraits.rest
    assert np.abs(smile[:, 70:]).mean() > 4 * np.abs(smile[:, :8]).mean()
    assert np.abs(portraits.elsewhere.astype(int) - portraits.rest).mean() > 4


def test_the_same_seed_draws_the_same_people(portraits):
    again = draw_portraits(1, crop_size=112)
    assert (again.rest == portraits.rest).all()
    assert all((again.expressive[name] == portraits.expressive[name]).all() for name in EXPRESSIONS)


@needs_weights
def test_a_face_at_rest_is_no_expression(portraits):
    calm = Portraits(portraits.rest, portraits.elsewhere, {name: portraits.rest for name in EXPRESSIONS})
    found = half_face_test(Subject(None), calm)
    for way in ("alone", "beside neutral"):
        assert found[way]["smile"]["whole"]["6"].value == 0.5
    table = half_face_table("w", found)
    assert len(table.rows) == 2 * 10
    assert all(len(row) == len(table.heads) for row in table.rows)


@pytest.mark.parametrize("name", PERTURBATIONS)
def test_landmarks_move_with_the_picture(name):
    points = TEMPLATE * 100 + 10
    image = np.zeros((128, 128, 3), np.uint8)
    for x, y in points:
        image[round(y) - 1 : round(y) + 2, round(x) - 1 : round(x) + 2] = 255
    spoilt, moved = perturbed(image, points, name)
    before, after = (warp(i, align_matrix(p), 112).astype(int) for i, p in ((image, points), (spoilt, moved)))
    if name == "mirrored":
        after = after[:, ::-1]
    assert np.corrcoef(before.ravel(), after.ravel())[0, 1] > 0.8
    assert sorted(FLIP_LANDMARKS) == list(range(70))


def test_a_mirror_is_its_own_inverse():
    random = np.random.default_rng(0)
    image, points = random.integers(0, 256, (20, 30, 3), dtype=np.uint8), random.random((70, 2)) * 20
    twice, again = perturbed(*perturbed(image, points, "mirrored"), "mirrored")
    assert (twice == image).all()
    assert again == pytest.approx(points)


@needs_weights
def test_grey_pictures_do_not_move_when_greyed(noise_set):
    block = open_blocks(noise_set, part="all")[0]
    found = perturbation_test(block, Subject(None), 3)
    assert found["grey"]["n"] == 3
    assert found["grey"]["largest"] == pytest.approx(0, abs=1e-6)
    assert found["half size"]["largest"] > 0
    assert found["mirrored"]["largest"] < 0.05
    assert len(perturbation_table("w", found).rows) == 3
