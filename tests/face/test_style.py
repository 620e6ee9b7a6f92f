"""Styles change how a person moves, not what a controller means."""

from dataclasses import replace

import numpy as np
import pytest

from facsimile.face.identity import average_identity, identity_from_seed
from facsimile.face.landmarks import landmarks
from facsimile.face.rig import default_rig
from facsimile.face.style import AXES, CLIP_SIGMAS, neutral_style, random_style
from facsimile.face.symmetry import mirror_displacements
from facsimile.facs.converters import expression_from_action_units
from facsimile.facs.expression import ActionUnits

RIG = default_rig()
SMILE = expression_from_action_units(ActionUnits.from_dict({12: 5}))


def styled(**values):
    style = neutral_style()
    for row, axis in enumerate(AXES):
        style[row] = values.get(axis.name.replace(" ", "_"), 0.0)
    return replace(average_identity(), style=style)


def corner(identity):
    shift = landmarks(RIG.vertices(identity, SMILE)) - landmarks(RIG.neutral_vertices(identity))
    return shift[54] * 100


def test_styles_are_bounded_reproducible_and_differ():
    styles = np.stack([random_style(seed) for seed in range(200)])
    assert np.abs(styles).max() <= CLIP_SIGMAS
    assert np.array_equal(random_style(7), styles[7])
    assert 0.6 < styles.std() < 1.2
    assert np.corrcoef(styles[:, :, 0].ravel(), styles[:, :, 1].ravel())[0, 1] > 0.7
    assert np.array_equal(identity_from_seed(7).style, styles[7])
    assert not average_identity().style.any()


def test_the_neutral_face_has_no_style():
    assert np.array_equal(RIG.neutral_vertices(styled(smile_width=2.0)), RIG.neutral_vertices(average_identity()))


def test_wide_smiles_go_out_and_lifted_ones_up():
    plain, wide, lifted = (corner(styled(**v)) for v in ({}, {"smile_width": 2.0}, {"smile_lift": 2.0}))
    assert wide[0] > plain[0] + 1
    assert lifted[1] > plain[1] + 1
    assert abs(lifted[0] - plain[0]) < 0.7


@pytest.mark.parametrize("units", [{12: 5}, {(12, "L"): 3, 25: 3}, {1: 4, (2, "R"): 5}])
def test_mirrored_style_gives_the_mirrored_mesh(units):
    identity = replace(average_identity(), style=random_style(3))
    mirrored = replace(identity, style=identity.style[:, ::-1].copy())
    action_units = ActionUnits.from_dict(units)
    one = RIG.vertices(identity, expression_from_action_units(action_units))
    other = RIG.vertices(mirrored, expression_from_action_units(action_units.mirrored()))
    np.testing.assert_allclose(other, mirror_displacements(one), atol=5e-6)


def test_a_lopsided_smile_is_stronger_on_one_side():
    style = neutral_style()
    style[[axis.name for axis in AXES].index("smile reach")] = (2.0, -2.0)
    shift = landmarks(RIG.vertices(replace(average_identity(), style=style), SMILE))
    shift = (shift - landmarks(RIG.neutral_vertices(average_identity()))) * 100
    assert shift[54, 1] > shift[48, 1] + 1
