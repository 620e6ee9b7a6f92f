"""Faces lie where composites say they do."""

import math

import numpy as np
import pytest

from facsimile.data.align import TEMPLATE, align_matrix, invert, transform_points
from facsimile.train.finder.composites import PATCH, Head, Place, _paste, _portrait, _shuffled, _smeared, composite

SIZE = 128


def head(spot, *, turn=0.0, masked=True):
    """Return a dark head with a bright spot at crop coordinates ``spot``, its crop turned by ``turn``."""
    cosine, sine = math.cos(turn), math.sin(turn)
    landmarks = (TEMPLATE - 0.5) @ np.array([[cosine, -sine], [sine, cosine]]).T * 80 + 64
    y, x = np.mgrid[:SIZE, :SIZE]
    at = transform_points(invert(align_matrix(landmarks)), np.asarray(spot) * 112 - 0.5)
    image = np.where(np.hypot(x - at[0], y - at[1]) < 6, 255, 20).astype(np.uint8)
    return Head(image, landmarks, np.ones((SIZE, SIZE), bool) if masked else None)


def brightest(patch):
    y, x = np.nonzero(patch > 0.6 * patch.max())
    return np.array([x.mean(), y.mean()])


@pytest.mark.parametrize("turn", [0.0, 0.3, -0.5])
def test_a_head_knows_its_crop(turn):
    place = head((0.5, 0.5), turn=turn).place()
    assert (place.x, place.y) == pytest.approx((64, 64), abs=3)
    assert place.side == pytest.approx(80, rel=0.02)
    assert place.angle_rad == pytest.approx(-turn, abs=0.02)


@pytest.mark.parametrize("paste", [False, True])
def test_the_crops_middle_and_direction_are_where_the_place_says(paste):
    rng = np.random.default_rng(3)
    checked = 0
    for _ in range(40):
        patches = [np.full((PATCH, PATCH), 20, np.uint8) for _ in range(2)]
        spots = [(0.5, 0.5), (0.8, 0.5)]
        state = rng.bit_generator.state
        for k, spot in enumerate(spots):
            rng.bit_generator.state = state
            if paste:
                place = _paste(patches[k], head(spot), rng)
            else:
                patches[k], place = _portrait(head(spot), rng)
        right = np.array([math.cos(place.angle_rad), -math.sin(place.angle_rad)]) * 0.3 * place.side
        points = [np.array([place.x, place.y]), np.array([place.x, place.y]) + right]
        if place.side < 25 or not all(8 < v < PATCH - 8 for p in points for v in p):
            continue
        checked += 1
        for patch, point in zip(patches, points, strict=True):
            assert np.abs(brightest(patch) - point).max() < 1.5
    assert checked > 5


def test_a_mirrored_place():
    place = Place(10.0, 20.0, 30.0, 0.4)
    assert place.mirrored(96) == Place(85.0, 20.0, 30.0, -0.4)
    assert place.mirrored(96).mirrored(96) == place


def test_the_generator_decides_and_some_patches_have_no_face():
    heads = [head((0.5, 0.5)), head((0.5, 0.5), masked=False)]
    rooms = np.random.default_rng(0).integers(0, 256, (2, 64, 64), dtype=np.uint8)
    first, again = (
        [composite(heads, rooms, rng) for _ in range(60)]
        for rng in (np.random.default_rng(1), np.random.default_rng(1))
    )
    assert all((a == b).all() and p == q for (a, p), (b, q) in zip(first, again, strict=True))
    counts = [len(places) for _, places in first]
    assert {0, 1} <= set(counts) <= {0, 1, 2}


def test_spoilt_faces_keep_their_shape_and_differ():
    whole = head((0.5, 0.5))
    rng = np.random.default_rng(0)
    for spoilt in (_shuffled(whole.image.copy(), whole.place(), rng), _smeared(whole.image, whole.place())):
        assert spoilt.shape == whole.image.shape
        assert (spoilt != whole.image).any()
