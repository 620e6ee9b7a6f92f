import numpy as np
import pytest

from facsimile.render.environment import FACE_LEVEL, PLACES, place_of_kind, random_place
from facsimile.render.light import LUMA, face_light, place_light
from facsimile.render.place import DISC, Place, Sky, Source, panel

BLACK = np.zeros(3, np.float32)
NIGHT = Sky(BLACK, BLACK, BLACK, BLACK, np.float32(0), np.int64(0))


def lamp_and_wall(turn=0.0):
    """Return a wall of albedo .5 behind the head and a lamp of 2 x 2 dm straight above."""
    lamp = panel(1, 10.0, (-1.0, 1.0), (-1.0, 1.0), np.full(3, 6.0), emits=True)
    wall = panel(2, -10.0, (-5.0, 5.0), (-4.0, 4.0), np.full(3, 0.5))
    return Place("test", np.stack([lamp, wall]), NIGHT, BLACK, turn)


def ray(*direction):
    return np.float32([direction]) / np.linalg.norm(direction).astype(np.float32)


def test_a_lamp_looks_as_bright_as_it_is_and_lights_the_wall():
    place, head = lamp_and_wall(), np.zeros(3, np.float32)
    np.testing.assert_allclose(place.seen(head, ray(0, 1, 0)), 6.0)
    np.testing.assert_allclose(place.seen(head, ray(1, 0, 0)), 0.0)
    distance, cosine = np.sqrt(200), np.sqrt(0.5)
    expected = 0.5 * 6.0 * 4 * cosine * cosine / (np.pi * distance**2)
    np.testing.assert_allclose(place.seen(head, ray(0, 0, -1)), expected, rtol=0.02)


def test_a_lamp_is_a_source_of_its_solid_angle():
    (source,) = lamp_and_wall().sources()
    np.testing.assert_allclose(source.towards, [0, 1, 0], atol=1e-6)
    np.testing.assert_allclose(source.colour, 6.0 * 4 / (np.pi * 101), rtol=1e-4)


def test_turning_the_place_turns_what_is_seen():
    place, head = lamp_and_wall(turn=np.pi / 2), np.zeros(3, np.float32)
    assert place.seen(head, ray(-1, 0, 0))[0, 0] > 0.005
    assert place.seen(head, ray(0, 0, -1))[0, 0] == 0
    np.testing.assert_allclose(place.sources()[0].towards, [0, 1, 0], atol=1e-6)


def test_what_is_near_can_be_looked_through():
    place, head = lamp_and_wall(), np.zeros(3, np.float32)
    np.testing.assert_allclose(place.seen(head, ray(0, 1, 0), beyond=11.0), 0.0)


def test_holes_show_what_is_behind():
    disc = panel(2, -5.0, (-2.0, 2.0), (-2.0, 2.0), np.ones(3), pattern=DISC, emits=True)
    wall = panel(2, -9.0, (-9.0, 9.0), (-9.0, 9.0), np.full(3, 0.25), emits=True)
    place = Place("test", np.stack([disc, wall]), NIGHT, BLACK, 0.0)
    seen = place.seen(np.zeros(3, np.float32), np.concatenate([ray(0.0, 0.0, -1.0), ray(0.38, 0.38, -1.0)]))
    np.testing.assert_allclose(seen[:, 0], [1, 0.25])


def test_light_is_linear():
    place, head = place_of_kind(np.random.default_rng(2), "window"), np.zeros(3, np.float32)
    rays = np.random.default_rng(0).normal(size=(50, 3)).astype(np.float32)
    rays /= np.linalg.norm(rays, axis=1, keepdims=True)
    gain = np.array([2.0, 1.0, 0.5])
    np.testing.assert_allclose(place.tinted(gain).seen(head, rays), place.seen(head, rays) * gain, rtol=1e-4)


def test_a_source_can_be_left_out_of_sight_without_going_out():
    place, head = lamp_and_wall(), np.zeros(3, np.float32)
    dark = place.without(place.sources())
    assert dark.seen(head, ray(0, 1, 0))[0, 0] == 0
    np.testing.assert_allclose(dark.seen(head, ray(0, 0, -1)), place.seen(head, ray(0, 0, -1)))


@pytest.mark.parametrize("kind", PLACES)
def test_every_kind_is_finite_as_bright_as_the_others_and_repeats(kind):
    for seed in range(3):
        place, again = (place_of_kind(np.random.default_rng(seed), kind) for _ in range(2))
        np.testing.assert_array_equal(place.panels, again.panels)
        light = place_light(place)
        assert np.isfinite(light.panorama).all()
        assert (light.panorama >= 0).all()
        assert face_light(light) @ LUMA == pytest.approx(FACE_LEVEL, rel=0.02)
        np.testing.assert_allclose(np.linalg.norm(light.directions, axis=1), 1, rtol=1e-4)


def test_light_comes_from_all_sides():
    keys = np.array([place_light(random_place(np.random.default_rng(seed))).directions[0] for seed in range(60)])
    front, side, behind = keys[:, 2] > 0.7, np.abs(keys[:, 0]) > 0.7, keys[:, 2] < -0.3
    assert front.mean() < 0.6
    assert side.mean() > 0.15
    assert behind.mean() > 0.04
    assert (keys[:, 1] > 0.5).mean() > 0.1


def test_an_unknown_kind_is_named():
    with pytest.raises(ValueError, match="'cave' is no place; use one of window"):
        place_of_kind(np.random.default_rng(0), "cave")


def test_a_sun_is_a_source():
    sun = Source(np.float32([0, 0.6, 0.8]), np.ones(3, np.float32), 0.03)
    place = Place("test", np.zeros((0, 17), np.float32), NIGHT, BLACK, 0.0, (sun,))
    light = place_light(place)
    np.testing.assert_allclose(light.directions, [[0, 0.6, 0.8]], atol=1e-6)
    assert light.panorama.max() > 10
    assert light.fill.max() == 0
