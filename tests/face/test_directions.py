"""Hold the rig to what the FACS manual says each unit does, on random people."""

import numpy as np
import pytest

from facsimile.face.directions import CLAIMS, Change, broken_claims, full_strength
from facsimile.face.evidence import evidence, full_motion, region, region_motion_mm, unit_expression
from facsimile.face.identity import average_identity, identity_from_seed
from facsimile.face.landmarks import landmarks
from facsimile.face.leakage import AREAS, areas, inside_and_outside_mm, leakage_matrix
from facsimile.face.rig import default_rig
from facsimile.face.symmetry import mirror_displacements, mirror_vertices
from facsimile.facs.action_units import LABEL_UNITS, SIDED_LABELS, unit_index
from facsimile.facs.converters import expression_from_action_units
from facsimile.facs.expression import ActionUnits, Expression

RIG = default_rig()
PEOPLE = range(20)
AVERAGE = average_identity()
LEAST_MM = {38: 1.0, 39: 1.0}
SIDED = [code for code, is_sided in zip(LABEL_UNITS, SIDED_LABELS, strict=True) if is_sided]


@pytest.mark.parametrize("seed", PEOPLE)
def test_every_unit_moves_the_face_as_the_manual_says(seed):
    assert broken_claims(RIG, identity_from_seed(seed)) == []


def test_every_unit_has_a_claim_that_fails_on_a_still_face():
    still = Change(RIG.neutral_vertices(AVERAGE), RIG.neutral_vertices(AVERAGE))
    for code in LABEL_UNITS:
        claims = [claim for claim in CLAIMS if claim.unit == code]
        assert any(claim.length_mm(still) <= claim.least_mm for claim in claims), code


class FrozenRig:
    """A rig that never moves breaks the claims of every unit."""

    neutral_vertices = staticmethod(RIG.neutral_vertices)

    def vertices(self, identity, expression):
        return RIG.neutral_vertices(identity)


def test_a_rig_that_does_nothing_is_caught():
    broken = broken_claims(FrozenRig(), AVERAGE)
    assert {int(words.split()[1]) for words in broken} == set(LABEL_UNITS)
    assert broken[0] == "unit 1 lifts the inner brow: 0.0 mm, wants more than 2"


@pytest.mark.parametrize("seed", PEOPLE)
def test_units_move_their_region_and_little_else(seed):
    identity = identity_from_seed(seed)
    for code in LABEL_UNITS:
        inside, outside = inside_and_outside_mm(RIG, identity, code=code, side="L")
        assert inside >= LEAST_MM.get(code, 2.0), code
        assert outside < inside / 5, code


@pytest.mark.parametrize("code", SIDED)
def test_right_is_left_mirrored(code):
    left, right = (RIG.vertices(AVERAGE, unit_expression(code, side)) for side in "LR")
    np.testing.assert_allclose(right, mirror_displacements(left), atol=5e-6)
    assert np.array_equal(region(code, "R"), region(code, "L")[mirror_vertices()] if code != 30 else region(code, "L"))


@pytest.mark.parametrize("seed", PEOPLE)
def test_evidence_grows_with_the_letter(seed):
    identity = identity_from_seed(seed)
    neutral = RIG.neutral_vertices(identity)
    for code in LABEL_UNITS:
        full = full_motion(RIG, identity, code=code, side="L")
        faces = [RIG.vertices(identity, unit_expression(code, "L", float(level))) for level in range(6)]
        lengths = [full.along((face - neutral)[full.rows].astype(np.float64) * 100) for face in faces]
        assert lengths[0] == 0
        assert (np.diff(lengths) > 0).all(), (code, lengths)
        assert lengths[5] == pytest.approx(full.full_mm, abs=1e-6)


def test_region_motion_says_how_far_and_how_far_it_can():
    half, full = region_motion_mm(RIG, AVERAGE, unit_expression(12, "R", 2.5), code=12, side="R")
    assert full > 3
    assert half == pytest.approx(full / 2, rel=0.05)


def test_evidence_of_a_unit_alone_is_its_intensity():
    """The lids' motion is not a straight line of the letter; everything else nearly is."""
    for code in (1, 2, 4, 6, 9, 12, 15, 20):
        found = evidence(RIG, AVERAGE, unit_expression(code, "L", 3.0), units=(code,))[unit_index(code)]
        assert found[0] == pytest.approx(3.0, abs=0.35)
        assert found[1] < 0.5
    assert np.nanmax(evidence(RIG, AVERAGE, Expression.neutral(), units=(12, 43))) == 0


def test_evidence_is_at_most_the_full_motion():
    both = expression_from_action_units(ActionUnits.from_dict({9: 5, 10: 5}))
    values = evidence(RIG, AVERAGE, both, units=(9, 10))
    assert values[unit_index(9), 0] == values[unit_index(10), 0] == 5
    assert np.isnan(values[unit_index(12)]).all()


def test_full_motion_is_what_the_unit_does():
    full = full_motion(RIG, AVERAGE, code=12, side="L")
    assert full.full_mm > 3
    assert full.along(full.displacement / 2) == pytest.approx(full.full_mm / 2)


def test_leakage_matrix_shows_where_units_act():
    matrix = leakage_matrix(RIG, [AVERAGE])
    names = list(areas())
    assert matrix.shape == (len(LABEL_UNITS), len(AREAS) + 1)
    for code, area in ((12, "corner"), (5, "upper lid"), (38, "wing"), (16, "lower lip"), (21, "neck")):
        assert names[int(matrix[unit_index(code)].argmax())] == area
    left_only = [row for row, is_sided in enumerate(SIDED_LABELS) if is_sided and LABEL_UNITS[row] != 30]
    assert (matrix[left_only, -1] < matrix[left_only].max(1) / 5).all()


@pytest.mark.parametrize("tooth", [{25: 4}, {25: 5}, {25: 4, 26: 2}])
def test_toothy_smiles_reach_as_far_as_closed_ones(tooth):
    """The corners go out as far as in the closed smile; an open jaw may lower them."""
    neutral = landmarks(RIG.neutral_vertices(AVERAGE))
    closed, toothy = (
        landmarks(RIG.vertices(AVERAGE, expression_from_action_units(ActionUnits.from_dict(units)))) - neutral
        for units in ({12: 5}, {12: 5, **tooth})
    )
    assert toothy[54, 0] >= closed[54, 0]
    assert toothy[54, 1] >= closed[54, 1] - (0.025 if 26 in tooth else 0)


def test_oblique_brows():
    """1 with 4 lifts the inner ends above the outer ones and still draws them together."""
    expression = expression_from_action_units(ActionUnits.from_dict({1: 5, 4: 4}))
    shift = landmarks(RIG.vertices(AVERAGE, expression)) - landmarks(RIG.neutral_vertices(AVERAGE))
    assert shift[22, 1] > 0.02
    assert shift[22, 1] - shift[26, 1] > 0.03
    assert shift[22, 0] < -0.005


def test_full_strength_of_the_sideways_jaw_is_one_side():
    assert full_strength(30).controllers.sum() == 1
