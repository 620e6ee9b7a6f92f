from types import SimpleNamespace

import numpy as np
import pytest

from facsimile.facs.expression import ActionUnits
from facsimile.render.mouth_material import (
    LEAST_LIGHT,
    LIP_DEPTH_DM,
    LIP_EDGE_DM,
    THROAT_DECAY,
    light_between_lips,
    passed,
    reddened,
    tooth_look,
)
from facsimile.render.renderer import render
from facsimile.render.scene import portrait_scene
from facsimile.render.segments import SEGMENT_NAMES


def window(width=0.25, height=0.1, bend=0.0):
    return np.array([[0, 6.6, 1.5], [width, 0, 0], [0, height, 0], [0, 0, -1], [bend, 0, 0]], np.float32)


def light(x, y, depth, opening):
    return float(light_between_lips(np.float32([x, 6.6 + y, 1.5 - LIP_DEPTH_DM - depth]), opening))


def test_half_planes_pass_light_as_the_cosine_says():
    angle = np.linspace(-np.pi / 2, np.arctan(0.3 / 0.4), 20001)
    seen = np.cos(angle).mean() * (angle[-1] - angle[0]) / 2
    assert (1 + float(passed(np.float32(0.3), np.float32(0.4)))) / 2 == pytest.approx(seen, abs=1e-3)


def test_a_wide_slit_is_the_closed_form():
    high = 0.2 + LIP_EDGE_DM
    for depth in (0.1, 0.3, 0.6):
        expected = high / np.hypot(high, depth) * np.exp(-THROAT_DECAY * max(0, depth - 0.1))
        assert light(0, 0, depth, window(width=40.0, height=0.2)) == pytest.approx(expected, abs=0.01)


def test_light_falls_with_depth_and_off_the_middle_and_grows_with_the_opening():
    depths = [light(0, 0, depth, window()) for depth in (0.0, 0.05, 0.1, 0.2, 0.4)]
    assert depths == sorted(depths, reverse=True)
    assert depths[0] > 0.9
    assert light(0, 0, 0.1, window()) > light(0.2, 0, 0.1, window()) > light(0.4, 0, 0.1, window())
    assert light(0, 0, 0.2, window(height=0.2)) > light(0, 0, 0.2, window(height=0.02))
    assert light(0, 0, 5.0, window()) == pytest.approx(LEAST_LIGHT)


def test_both_sides_get_the_same_light_and_what_is_outside_gets_all():
    assert light(0.13, 0.02, 0.1, window()) == pytest.approx(light(-0.13, 0.02, 0.1, window()))
    assert light(0.0, -0.3, -0.3, window()) == 1.0


def test_the_opening_bends_up_with_the_corners():
    assert light(0.2, 0.08, 0.05, window(bend=1.0)) > light(0.2, 0.08, 0.05, window())


def test_walls_redden_what_light_is_left():
    r, g, b = reddened((0.5, 0.5, 0.5), 0.2)
    assert 0.1 < g == b < r < 0.5
    assert reddened((0.5, 0.4, 0.3), 1.0) == pytest.approx((0.5, 0.4, 0.3))


def test_teeth_yellow_towards_the_gum_and_darken_where_they_meet():
    paint = SimpleNamespace(teeth=np.float32([0.7, 0.65, 0.55]), tooth_shade=np.ones(28, np.float32))
    look = tooth_look.py_func
    (r, _, b), _ = look(np.float32(0.3), np.float32(0), 3, paint)
    (r_neck, _, b_neck), _ = look(np.float32(1), np.float32(0), 3, paint)
    (r_side, _, _), shine = look(np.float32(0.3), np.float32(1), 3, paint)
    assert b_neck / r_neck < b / r
    assert r_side < r
    assert shine < 1


def colours(rendering, name):
    return rendering.image[rendering.segmentation == SEGMENT_NAMES.index(name)].astype(float)


@pytest.mark.parametrize("seed", [3, 5, 8])
def test_smiles_show_teeth_and_open_mouths_are_dark_red(seed):
    smile = render(portrait_scene(ActionUnits.from_dict({12: 5, 25: 5}), seed=seed, size=192))
    assert len(colours(smile, "teeth")) > 30
    wide = render(portrait_scene(ActionUnits.from_dict({27: 5}), seed=seed, size=192))
    inside = np.percentile(np.concatenate([colours(wide, "mouth"), colours(wide, "tongue")]), 30, axis=0)
    assert inside[0] > 1.2 * inside[2]
    assert 10 < inside[0] < 0.9 * colours(wide, "teeth").mean(0)[0]


@pytest.mark.parametrize("seed", [0, 6, 11])
def test_closed_lips_show_nothing_of_the_mouth(seed):
    rendering = render(portrait_scene(ActionUnits.neutral(), seed=seed, size=192))
    for name in ("mouth", "teeth", "tongue"):
        assert not len(colours(rendering, name))


def test_a_tongue_out_is_seen_on_the_lip():
    rendering = render(portrait_scene(ActionUnits.from_dict({19: 4}), seed=3, size=192))
    rows, _ = np.nonzero(rendering.segmentation == SEGMENT_NAMES.index("tongue"))
    assert len(rows) > 60
    assert rows.max() > rendering.landmarks[66, 1] + 2
