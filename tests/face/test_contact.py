"""Lips do not pass through each other, nor lids through eyeballs; the measures agree with closed form."""

import numpy as np
import pytest

from facsimile.face.contact import (
    COLUMN_X,
    FREE_OVERLAP,
    lid_penetration_mm,
    lip_overlap,
    lip_penetration_mm,
    lip_triangles,
    mouth_opening_mm,
    part_lips,
    tooth_penetration_mm,
)
from facsimile.face.eyeballs import fit_eyeball, lid_vertices
from facsimile.face.identity import average_identity, identity_from_seed
from facsimile.face.pack import load_head_pack
from facsimile.face.rig import default_rig
from facsimile.face.symmetry import mirror_displacements
from facsimile.facs.converters import expression_from_action_units
from facsimile.facs.expression import ActionUnits
from facsimile.facs.notation import parse

RIG = default_rig()
AVERAGE = average_identity()
MOST_MM = 0.5
FACES = (
    "0", "12E", "24E", "23E", "28E", "17E", "18E", "15E+17D", "43E", "6E+12E+43C", "4E+6E+9E+43E", "20E", "1E+4E+15E",
    "12D+24D", "10C+17D", "22E", "5E", "7E+43D", "14E+17C",
)  # fmt: skip


def posed(notation, identity=AVERAGE):
    return RIG.vertices(identity, expression_from_action_units(parse(notation).to_action_units()))


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("notation", FACES)
def test_lids_and_lips_do_not_penetrate(notation, seed):
    vertices = posed(notation, identity_from_seed(seed))
    assert lip_penetration_mm(vertices) < MOST_MM
    assert lid_penetration_mm(vertices) < MOST_MM


def test_overlap_is_the_height_the_lower_lip_is_lifted():
    vertices = RIG.neutral_vertices(AVERAGE)
    lower = np.unique(lip_triangles().lower)
    vertices[lower, 1] -= 0.1
    assert lip_overlap(vertices).max() == 0
    opening = mouth_opening_mm(vertices)
    assert opening == pytest.approx(10, abs=1.0)
    vertices[lower, 1] += 0.15
    assert lip_overlap(vertices)[np.abs(COLUMN_X) < 0.1].max() == pytest.approx(0.05, abs=0.01)


def test_parting_stops_where_lips_touch_and_is_mirrored():
    vertices = RIG.neutral_vertices(AVERAGE)
    vertices[np.unique(lip_triangles().lower), 1] += 0.03
    vertices = ((vertices + mirror_displacements(vertices)) / 2).astype(np.float32)
    before = vertices.copy()
    part_lips(vertices)
    assert FREE_OVERLAP / 4 < lip_overlap(vertices).max() < MOST_MM / 100
    np.testing.assert_allclose(mirror_displacements(vertices), vertices, atol=5e-6)
    moved = np.abs(vertices - before)
    assert not moved[:, [0, 2]].any()
    assert not moved[load_head_pack().vertices[:, 1] > 7].any()


def test_lips_apart_are_left_alone():
    vertices = posed("25E+26C")
    before = vertices.copy()
    part_lips(vertices)
    assert np.array_equal(vertices, before)


def test_rolled_lips_are_shut_and_parted_lips_open():
    openings = [mouth_opening_mm(posed(f"25{letter}")) for letter in "ABCDE"]
    assert (np.diff(openings) > 0.5).all()
    for notation in ("0", "28E", "18E", "24E", "12E", "34E"):
        assert mouth_opening_mm(posed(notation)) < 0.7
    assert mouth_opening_mm(posed("27E")) > 25


def test_lid_depth_is_measured_from_the_sphere():
    vertices = RIG.neutral_vertices(AVERAGE)
    assert lid_penetration_mm(vertices) == 0
    ball = fit_eyeball(vertices, 0)
    lids = lid_vertices(0)
    vertices[lids] = ball.centre + (vertices[lids] - ball.centre) * 0.9
    assert lid_penetration_mm(vertices) > 0.8


def test_teeth_pushed_through_the_lips_are_seen():
    vertices = RIG.neutral_vertices(AVERAGE)
    assert tooth_penetration_mm(vertices) < MOST_MM
    vertices[load_head_pack().part_vertices("upper_teeth"), 2] += 0.3
    assert tooth_penetration_mm(vertices) > 5


def test_a_random_face_of_each_kind_has_no_penetration():
    rng = np.random.default_rng(5)
    for seed in range(20):
        codes = rng.choice([1, 2, 4, 5, 6, 7, 9, 10, 12, 14, 15, 17, 18, 20, 23, 24, 25, 43], 5, replace=False)
        units = ActionUnits.from_dict({int(code): float(rng.uniform(1, 5)) for code in codes})
        vertices = RIG.vertices(identity_from_seed(seed), expression_from_action_units(units))
        assert lip_penetration_mm(vertices) < MOST_MM, codes
        assert lid_penetration_mm(vertices) < MOST_MM, codes
