import numpy as np
import pytest

from facsimile.face.blend import blend, blend_people
from facsimile.face.person import Person
from facsimile.face.presets import preset


@pytest.fixture(scope="module")
def pair() -> tuple[Person, Person]:
    return preset("Sefu"), preset("Freya")


def test_ends_are_the_people_themselves(pair) -> None:
    assert blend(*pair, weight=0.0) is pair[0]
    assert blend(*pair, weight=1.0) is pair[1]


def test_form_is_the_weighted_mean(pair) -> None:
    mixed = blend(*pair, weight=0.25)
    expected = 0.75 * pair[0].identity.weights + 0.25 * pair[1].identity.weights
    np.testing.assert_allclose(mixed.identity.weights, expected, atol=1e-6)
    assert mixed.identity.age_years == pytest.approx(0.75 * 30 + 0.25 * 12)
    assert sum(mixed.identity.ancestry) == pytest.approx(1)


def test_skin_lies_between_and_the_picture_follows(pair) -> None:
    dark, fair = (person.appearance.albedo[:, 222, 440].mean() for person in pair)
    steps = [blend(*pair, weight=w).appearance.skin_colour.mean() for w in (0.1, 0.3, 0.5, 0.7, 0.9)]
    assert (np.diff(steps) > 0).all()
    assert dark < blend(*pair, weight=0.4).appearance.albedo[:, 222, 440].mean() < fair


def test_the_heaviest_gives_what_cannot_be_mixed(pair) -> None:
    for weight, owner in ((0.3, pair[0]), (0.7, pair[1])):
        mixed = blend(*pair, weight=weight).appearance
        assert mixed.description["hair_style"] == owner.appearance.description["hair_style"]
        assert mixed.wrinkles.seed == owner.appearance.wrinkles.seed


def test_the_same_blend_is_the_same_person(pair) -> None:
    one, two = (blend_people([(pair[0], 2.0), (pair[1], 1.0)]) for _ in range(2))
    assert one.seed == two.seed == blend_people([(pair[0], 4.0), (pair[1], 2.0)]).seed
    assert one.appearance.albedo.tobytes() == two.appearance.albedo.tobytes()
    assert one.seed != blend(*pair, weight=0.4).seed


@pytest.mark.parametrize("weight", [-0.1, 1.1, float("nan")])
def test_bad_weights_are_refused(pair, weight: float) -> None:
    with pytest.raises(ValueError, match="weight: must be 0"):
        blend(*pair, weight=weight)
    with pytest.raises(ValueError, match="weights: need at least one"):
        blend_people([])
