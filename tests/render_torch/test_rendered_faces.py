"""Rendered faces: pictures and labels are the CPU engine's, whatever the batch, and mirror as they should."""

import dataclasses

import few_people
import numpy as np
import pytest

torch = pytest.importorskip("torch")

from facsimile.data.augment import Augmentation  # noqa: E402
from facsimile.facs.controllers import mirror_controllers  # noqa: E402
from facsimile.render.background import Background  # noqa: E402
from facsimile.render.renderer import render as render_one  # noqa: E402
from facsimile.render.segments import SEGMENT_NAMES  # noqa: E402
from facsimile.render_torch.cast import cast_of, player_of  # noqa: E402
from facsimile.render_torch.faces import FaceBatch, RenderedFaces, spoilt  # noqa: E402
from facsimile.render_torch.renderer import render, shoot_of  # noqa: E402
from facsimile.studio.people import person_of, scene_of  # noqa: E402
from facsimile.studio.recipe import mixed, recipe_named  # noqa: E402
from facsimile.studio.shots import shot  # noqa: E402

pytestmark = pytest.mark.torch

SIZE = 32
LABELS = ("landmarks", "landmark_visible", "head_pose_rad", "gaze_rad", "au", "au_visible", "controllers")


@pytest.fixture(scope="module")
def scenes():
    return few_people.scenes(SIZE, 2)


@pytest.fixture(scope="module")
def cast():
    return cast_of([player_of(person, torch.device("cpu")) for person in few_people.people()])


@pytest.fixture(scope="module")
def pictures(scenes, cast):
    return render(shoot_of(scenes, few_people.who(2).tolist(), cast), cast)


@pytest.fixture(scope="module")
def references(scenes):
    return [render_one(scene) for scene in scenes]


def image(pictures, row):
    return pictures.images[row].movedim(0, -1).numpy().astype(int)


def test_pictures_are_the_raster_s(pictures, references):
    for row, reference in enumerate(references):
        wrong = np.abs(image(pictures, row) - reference.image)
        assert wrong.mean() < 2.5, row
        face = reference.segmentation == SEGMENT_NAMES.index("skin")
        assert wrong[face].mean() < 2.5, row


def test_pictures_before_the_camera_spoils_them_are_the_raster_s(scenes, cast):
    clean = [dataclasses.replace(scene, sensor=type(scene.sensor)()) for scene in scenes[1:]]
    drawn = render(shoot_of(clean, few_people.who(2)[1:].tolist(), cast), cast)
    for row, scene in enumerate(clean):
        wrong = np.abs(image(drawn, row) - render_one(scene).image)
        assert wrong.mean() < 0.3, row
        assert np.quantile(wrong, 0.99) <= 3, row


def test_dark_glasses_hide_the_eyes(scenes):
    person = few_people.people()[1]
    shades = tuple(
        dataclasses.replace(item, clear=item.clear * np.float32(0.1)) if item.is_lens else item
        for item in person.appearance.accessories
    )
    worn = dataclasses.replace(person, appearance=dataclasses.replace(person.appearance, accessories=shades))
    scene = dataclasses.replace(scenes[3], appearance=worn.appearance, sensor=type(scenes[3].sensor)())
    alone = cast_of([player_of(worn, torch.device("cpu"))])
    drawn, reference = render(shoot_of([scene], [0], alone), alone), render_one(scene)
    assert np.abs(image(drawn, 0) - reference.image).mean() < 0.3
    assert np.array_equal(drawn.landmark_visible[0].numpy(), reference.landmark_visible)
    assert reference.landmark_visible.any()
    assert not reference.landmark_visible[36:48].any()


@pytest.mark.parametrize("label", LABELS)
def test_labels_are_the_raster_s(pictures, references, label):
    for row, reference in enumerate(references):
        assert np.allclose(getattr(pictures, label)[row].numpy(), getattr(reference, label), atol=1e-3), row


def test_a_batch_is_many_singles(pictures, scenes, cast):
    for row in (1, 3):
        alone = render(shoot_of(scenes[row : row + 1], [int(few_people.who(2)[row])], cast), cast)
        assert np.abs(image(alone, 0) - image(pictures, row)).mean() < 0.5
        assert float((alone.surface[0] != pictures.surface[row]).float().mean()) < 1e-3
        for label in LABELS:
            assert torch.allclose(getattr(alone, label)[0].float(), getattr(pictures, label)[row].float(), atol=1e-3)


def test_a_training_loop_s_low_precision_changes_no_byte(pictures, scenes, cast):
    with torch.autocast("cpu", torch.bfloat16):
        again = render(shoot_of(scenes, few_people.who(2).tolist(), cast), cast)
        assert (torch.ones(2, 2) @ torch.ones(2, 2)).dtype == torch.bfloat16
    assert torch.equal(again.images, pictures.images)


@pytest.fixture(scope="module")
def faces():
    return RenderedFaces(mixed(), pool=2, batch_size=3, size=SIZE, seed=3, lights=2, at_once=2)


@pytest.fixture(scope="module")
def first(faces):
    return faces.batch(0)


def test_batches_are_samples_of_the_studio(faces, first):
    for row, index in enumerate(first.sample.tolist()):
        this = shot(faces.recipe, 3, index)
        scene = scene_of(this, person_of(3, this.identity), seed=3, size=SIZE)
        behind = faces._pool.frame(index).setting.background
        reference = render_one(dataclasses.replace(scene, background=Background("as drawn", behind.pixels)))
        assert first.identity[row] == this.identity
        assert np.abs(image(first, row) - reference.image).mean() < 2.5
        for label in LABELS:
            assert np.allclose(getattr(first, label)[row].numpy(), getattr(reference, label), atol=1e-3), label


def test_batches_repeat_by_seed_and_differ_by_step(faces, first):
    again = RenderedFaces(mixed(), pool=2, batch_size=3, size=SIZE, seed=3, lights=2, at_once=2)
    assert all(torch.equal(a, b) for a, b in zip(next(iter(again)), first, strict=True))
    assert not np.array_equal(faces.indices(0), faces.indices(1))
    assert not np.array_equal(faces.indices(0), RenderedFaces(mixed(), pool=2, batch_size=4, seed=4).indices(0))


def test_people_leave_the_pool_one_by_one():
    faces = RenderedFaces(mixed(), pool=3, batch_size=50, renewal=0.5)
    assert [faces.people(step) for step in (0, 1, 2, 5)] == [range(3), range(3), range(1, 4), range(2, 5)]
    assert set(faces.indices(5) // 4096) == {2, 3, 4}


def test_crops_carry_their_labels(first):
    rngs = [np.random.default_rng([5, row]) for row in range(3)]
    never, always = (spoilt(first, [np.random.default_rng([5, row]) for row in range(3)],
                            Augmentation(flip_share=share), 48) for share in (0.0, 1.0))  # fmt: skip
    assert never.images.shape == (3, 3, 48, 48)
    assert torch.equal(never.au, first.au)
    assert torch.equal(always.au, first.au.flip(-1))
    assert torch.equal(always.au_visible, first.au_visible.flip(-1))
    assert np.array_equal(always.controllers.numpy(), mirror_controllers(first.controllers.numpy()))
    assert torch.allclose(always.head_pose_rad[:, 1:], -never.head_pose_rad[:, 1:])
    assert torch.allclose(always.landmarks[:, 8, 0], 47 - never.landmarks[:, 8, 0], atol=1e-3)
    assert torch.allclose(always.landmarks[:, 0, 0], 47 - never.landmarks[:, 16, 0], atol=1e-3)
    assert torch.allclose(always.gaze_rad[:, 0, 0], -first.gaze_rad[:, 1, 0])
    assert isinstance(spoilt(first, rngs, Augmentation(), 48), FaceBatch)


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"pool": 0}, "pool: must be at least 1"),
        ({"batch_size": 0}, "batch_size: must be at least 1"),
        ({"renewal": 99.0}, "renewal: must lie in"),
        ({"rig": "mixed"}, "one rig"),
        ({"size": 8}, "size: must lie in"),
        ({"lights": 0}, "lights: must lie in"),
    ],
)
def test_bad_settings_are_named(wrong, message):
    with pytest.raises(ValueError, match=message):
        RenderedFaces(mixed(), **wrong)


def test_clips_are_refused():
    with pytest.raises(ValueError, match="single images"):
        RenderedFaces(recipe_named("sequences"))
