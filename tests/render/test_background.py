import numpy as np
import pytest

from facsimile.render.background import plain_background, random_background


@pytest.mark.parametrize("size", [1, 7, 96, 128, 300])
def test_backgrounds_come_in_every_size(size):
    picture = random_background(np.random.default_rng(1), np.full(3, 0.4, np.float32)).at(size)
    assert picture.shape == (size, size, 3)
    assert picture.dtype == np.float32
    assert np.isfinite(picture).all()


def test_every_kind_is_drawn_and_positive():
    kinds = set()
    for seed in range(80):
        background = random_background(np.random.default_rng(seed), np.full(3, 0.4, np.float32))
        kinds.add(background.kind)
        assert background.pixels.min() > 0
    assert len(kinds) == 7


def test_mirror():
    background = random_background(np.random.default_rng(4), np.full(3, 0.4, np.float32))
    np.testing.assert_array_equal(background.mirrored().at(96), background.at(96)[:, ::-1])


def test_plain_is_plain():
    np.testing.assert_allclose(plain_background(0.3).at(20), 0.3, rtol=1e-6)
