"""Batched posing agrees with the numpy face: vertices, teeth, lips, what is measured on them."""

import dataclasses

import numpy as np
import pytest

torch = pytest.importorskip("torch")

import few_people  # noqa: E402

from facsimile.face.contact import lip_overlap as overlap_of_one  # noqa: E402
from facsimile.face.contact import mouth_opening_mm as opening_of_one  # noqa: E402
from facsimile.face.correctives import shape_weights as weights_of_one  # noqa: E402
from facsimile.face.mouth import lip_crease as crease_of_one  # noqa: E402
from facsimile.face.mouth import mouth_window as window_of_one  # noqa: E402
from facsimile.face.rig import default_rig  # noqa: E402
from facsimile.facs.controllers import CONTROLLERS, controller_index  # noqa: E402
from facsimile.facs.expression import Expression  # noqa: E402
from facsimile.render.performance import perform, room_vertices  # noqa: E402
from facsimile.render_torch.form import form_of, posed_vertices, stacked_forms  # noqa: E402
from facsimile.render_torch.lips import lip_overlap, mouth_opening_mm  # noqa: E402
from facsimile.render_torch.mouth import (  # noqa: E402
    lip_crease,
    mouth_window,
    moved_teeth,
    rest_tongue_on_lip,
)
from facsimile.render_torch.ragged import cells_of_boxes, chunks, interpolated  # noqa: E402
from facsimile.render_torch.room import bent, in_room  # noqa: E402
from facsimile.render_torch.template import template_on  # noqa: E402
from facsimile.render_torch.weights import shape_weights  # noqa: E402

pytestmark = pytest.mark.torch

CPU = torch.device("cpu")
CLOSE_DM = 1e-5
"""A thousandth of a millimetre."""


@pytest.fixture(scope="module")
def template():
    return template_on(CPU)


@pytest.fixture(scope="module")
def forms():
    return stacked_forms([form_of(p.identity, p.appearance.teeth, CPU) for p in few_people.people()], default_rig())


@pytest.fixture(scope="module")
def scenes():
    """Scenes, one of them with the tongue out and everything else moved too."""
    found = list(few_people.scenes(32))
    rng = np.random.default_rng(3)
    controllers = np.float32(rng.random(len(CONTROLLERS)) * (rng.random(len(CONTROLLERS)) < 0.3))
    controllers[controller_index("tongueOut")] = 0.7
    controllers[controller_index("eyeBlinkLeft")] = 0.4
    found[1] = dataclasses.replace(found[1], expression=Expression(controllers, *_turns(found[1])))
    return found


def _turns(scene):
    return scene.expression.head_pose_rad, scene.expression.gaze_rad


def tensors(scenes):
    expressions = [scene.expression for scene in scenes]
    return [
        torch.as_tensor(np.stack([getattr(e, name) for e in expressions]))
        for name in ("controllers", "head_pose_rad", "gaze_rad")
    ]


@pytest.fixture(scope="module")
def heads(forms, scenes, template):
    """Return neutral and posed vertices and teeth of all scenes in one batch."""
    who = torch.as_tensor(few_people.who())
    controllers, _, gaze = tensors(scenes)
    posed = posed_vertices(forms, who, controllers=controllers, gaze_rad=gaze, template=template)
    posed = rest_tongue_on_lip(posed, controllers[:, controller_index("tongueOut")], template)
    neutral = forms.of("neutral", who)
    return neutral, posed, moved_teeth(forms.of("teeth", who), neutral, posed, template)


def worst(ours, theirs):
    return float(np.abs(ours.numpy() - np.stack(theirs)).max())


def test_heads_equal_the_numpy_faces(heads, scenes):
    alone = [perform(scene, scene.expression) for scene in scenes]
    neutral, posed, teeth = heads
    assert worst(neutral, [one.neutral for one in alone]) == 0
    assert worst(posed, [one.vertices for one in alone]) < CLOSE_DM
    assert worst(teeth, [one.teeth for one in alone]) < CLOSE_DM
    assert np.abs(alone[1].vertices - alone[1].neutral).max() > 0.1


def test_heads_in_the_room_equal_the_raster_s(heads, scenes, template):
    _, posed, teeth = heads
    room = in_room(posed, template.skin_incidence.normals(posed), teeth, tensors(scenes)[1], template)
    assert worst(room, [room_vertices(scene, scene.expression) for scene in scenes]) < CLOSE_DM


def test_lips_are_measured_alike(heads, template):
    neutral, posed, _ = heads
    arrays = [head.numpy() for head in posed]
    assert worst(mouth_opening_mm(posed, template), [opening_of_one(head) for head in arrays]) < 1e-3
    assert worst(lip_overlap(posed, template), [overlap_of_one(head) for head in arrays]) < CLOSE_DM
    assert worst(mouth_window(posed, template), [window_of_one(head) for head in arrays]) < 1e-4
    creases = [crease_of_one(before.numpy(), head) for before, head in zip(neutral, arrays, strict=True)]
    assert worst(lip_crease(neutral, posed, template), creases) < 1e-4


def test_weights_equal_the_correctives(forms):
    rng = np.random.default_rng(0)
    values = rng.random((20, len(CONTROLLERS))).astype(np.float32)
    gaze = rng.uniform(-0.6, 0.6, (20, 2, 2)).astype(np.float32)
    names = forms.rig.shape_names
    ours = shape_weights(torch.as_tensor(values), torch.as_tensor(gaze), names)
    theirs = [weights_of_one(Expression(v, np.zeros(3, np.float32), g)) for v, g in zip(values, gaze, strict=True)]
    assert worst(ours, [np.array([one.get(name, 0.0) for name in names]) for one in theirs]) < 1e-6


def test_a_batch_is_many_singles(forms, scenes, heads, template):
    controllers, _, gaze = tensors(scenes)
    for row, person in enumerate(few_people.who()):
        who, one = torch.tensor([int(person)]), slice(row, row + 1)
        alone = posed_vertices(forms, who, controllers=controllers[one], gaze_rad=gaze[one], template=template)
        alone = rest_tongue_on_lip(alone, controllers[one, controller_index("tongueOut")], template)
        assert torch.allclose(alone[0], heads[1][row], atol=2e-6)


def test_a_head_at_rest_does_not_bend(template):
    points = template.rest[None]
    assert torch.allclose(bent(points, template.rest, torch.zeros(1, 3)), points, atol=1e-6)


def test_boxes_fall_into_cells():
    owner, column, row = cells_of_boxes(*(torch.tensor(edge) for edge in ([0, 5, 2], [1, 4, 2], [3, 0, 1], [4, 9, 1])))
    cells = list(zip(owner.tolist(), column.tolist(), row.tolist(), strict=True))
    assert cells == [(0, 0, 3), (0, 1, 3), (0, 0, 4), (0, 1, 4), (2, 2, 1)]


def test_chunks_keep_to_their_budget():
    assert chunks(torch.tensor([4, 4, 9, 1, 1]), 8) == [slice(0, 2), slice(2, 3), slice(3, 5)]
    assert chunks(torch.tensor([1]), 8) == [slice(0, 1)]


def test_interpolation_is_numpy_s():
    places, values = np.array([0.0, 1.0, 3.0]), np.array([5.0, -1.0, 2.0])
    x = np.linspace(-1, 4, 23)
    ours = interpolated(*(torch.as_tensor(v)[None] for v in (x, places, values)))
    assert np.allclose(ours[0].numpy(), np.interp(x, places, values), atol=1e-12)
