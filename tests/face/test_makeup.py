import numpy as np
import pytest

from facsimile.face.makeup import SHADOWS, Makeup, paint_makeup, random_makeup
from facsimile.face.regions import noise, regions
from facsimile.face.rest import ATLAS_SIZE


def painted(makeup: Makeup) -> tuple[np.ndarray, np.ndarray]:
    albedo = np.full((3, *ATLAS_SIZE), 0.3, np.float32) * (1 + 0.1 * noise(1.5))
    gloss = np.full(ATLAS_SIZE, 0.6, np.float32)
    paint_makeup(albedo, gloss, makeup)
    return albedo, gloss


@pytest.mark.parametrize(("part", "region"), [("blush", "cheekbone"), ("shadow", "lid"), ("liner", "liner")])
def test_paint_lies_where_it_belongs(part: str, region: str) -> None:
    colours = {"shadow_colour": SHADOWS["plum"], "blush_colour": (0.5, 0.1, 0.1)}
    bare, made_up = painted(Makeup(0.0))[0], painted(Makeup(0.0, **{part: 0.8}, **colours))[0]
    change = np.abs(made_up - bare).mean(0)
    assert change[regions()[region] > 0.7].mean() > 20 * change[regions()["chin"] > 0.7].mean()
    assert change.max() > 0.05


def test_foundation_evens_out_colour_and_powder_takes_the_shine() -> None:
    cheek = regions()["cheek"] > 0.6
    bare, _ = painted(Makeup(0.0))
    covered, matt = painted(Makeup(0.0, foundation=0.8, powder=1.0))
    assert covered[:, cheek].std() < 0.5 * bare[:, cheek].std()
    np.testing.assert_allclose(covered[:, cheek].mean(), bare[:, cheek].mean(), rtol=0.02)
    assert matt[cheek].mean() < 0.5


def test_children_wear_none_and_women_often() -> None:
    rng = np.random.default_rng(1)
    assert not any(random_makeup(rng, sex=1.0, age_years=10.0).is_worn for _ in range(50))
    worn = [random_makeup(rng, sex=1.0, age_years=30.0) for _ in range(200)]
    assert 0.3 < np.mean([one.is_worn for one in worn]) < 0.6
    assert any(one.mascara for one in worn)
