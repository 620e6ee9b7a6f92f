"""Negatives are pictures of the right size that depend on the seed alone."""

import numpy as np
import pytest

pytest.importorskip("torch")

from facsimile.train import negatives

pytestmark = pytest.mark.torch

SPOILERS = negatives.SPOILERS


def picture(height=128, width=128):
    return np.random.default_rng(0).integers(0, 256, (height, width, 3)).astype(np.uint8)


@pytest.mark.parametrize("seed", range(20))
def test_any_picture_gives_a_repeatable_crop(seed):
    image = picture(96 + seed, 140)
    first, second = (negatives.make_negative(image, np.random.default_rng(seed), size=112) for _ in range(2))
    assert first.shape == (112, 112, 3)
    assert np.array_equal(first, second)


@pytest.mark.parametrize("spoil", SPOILERS)
def test_no_negative_is_the_picture_itself(spoil):
    image = picture()
    for seed in range(10):
        negative = spoil(image, np.random.default_rng(seed))
        assert negative.dtype == np.uint8
        assert negative.shape != image.shape or (negative != image).mean() > 0.3


def test_shuffling_keeps_every_tile():
    image = picture()
    shuffled = negatives.shuffled(image, np.random.default_rng(1))
    assert np.array_equal(np.sort(shuffled.ravel()), np.sort(image.ravel()))
