import numpy as np
import pytest

from facsimile.face.contact import mouth_opening_mm
from facsimile.face.identity import average_identity, identity_from_seed
from facsimile.face.landmarks import landmarks
from facsimile.face.lip_roll import fit_rolls
from facsimile.face.pack import load_head_pack
from facsimile.face.rig import default_rig
from facsimile.face.symmetry import mirror_displacements
from facsimile.facs.converters import expression_from_action_units
from facsimile.facs.expression import ActionUnits

RIG = default_rig()
TOP, BOTTOM = 51, 57


def sucked(identity, intensity=5.0):
    return RIG.vertices(identity, expression_from_action_units(ActionUnits.from_dict({28: intensity})))


@pytest.mark.parametrize("seed", [1, 3, 5, 9, 24, 31])
def test_sucked_lips_touch_and_show_a_thin_rim_on_full_and_thin_lips(seed):
    identity = identity_from_seed(seed)
    lips = landmarks(sucked(identity))
    assert mouth_opening_mm(sucked(identity)) < 0.3
    assert 0.0 < (lips[TOP, 1] - lips[BOTTOM, 1]) * 100 < 9.0


def test_lips_are_rolled_once_and_only_mouth_skin_moves():
    neutral = load_head_pack().vertices
    thin, full = np.zeros((2, *neutral.shape), np.float32)
    fit_rolls(neutral, thin, full)
    assert full[:, 1].max() > 0.03
    assert thin[:, 1].min() < -0.03
    far = (neutral[:, 1] > 7.1) | (neutral[:, 1] < 6.0) | (np.abs(neutral[:, 0]) > 0.8)
    assert max(np.abs(shape[far]).max() for shape in (thin, full)) < 0.002
    again = thin.copy(), full.copy()
    fit_rolls(neutral, *again)
    np.testing.assert_allclose(again[1], full, atol=0.02)


def test_rolled_lips_of_a_symmetric_face_are_symmetric():
    moved = sucked(average_identity()) - RIG.neutral_vertices(average_identity())
    np.testing.assert_allclose(mirror_displacements(moved), moved, atol=2e-3)
