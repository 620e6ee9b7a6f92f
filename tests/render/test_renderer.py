import hashlib
import subprocess
import sys
from dataclasses import replace

import numpy as np
import pytest

from facsimile.face.identity import average_identity
from facsimile.face.landmarks import FLIP_LANDMARKS, landmarks
from facsimile.face.rig import default_rig
from facsimile.facs.action_units import unit_index
from facsimile.facs.converters import expression_from_action_units
from facsimile.facs.expression import ActionUnits, Expression
from facsimile.render.posing import bent
from facsimile.render.renderer import render
from facsimile.render.scene import Scene, portrait_scene, random_person, random_scene
from facsimile.render.segments import FLIP_SEGMENTS, SEGMENT_NAMES
from facsimile.render.topology import topology

LEFT, RIGHT = 0, 1


def portrait(notation, **options):
    options = {"seed": 7, "size": 96} | options
    return render(portrait_scene(ActionUnits.from_dict(notation), **options))


def symmetric_scene(action_units, pose):
    """Return a scene whose person is mirror-symmetric in shape."""
    scene = portrait_scene(action_units, seed=7, size=96)
    gaze = np.float32([[0.1, 0.05], [0.14, 0.05]])
    expression = expression_from_action_units(action_units, head_pose_rad=np.float32(pose), gaze_rad=gaze)
    camera = replace(scene.camera, target=(0.1, *scene.camera.target[1:]), offset=(0.03, 0.01))
    return replace(scene, identity=average_identity(), expression=expression, camera=camera)


def mirrored(scene: Scene) -> Scene:
    return replace(
        scene,
        expression=scene.expression.mirrored(),
        action_units=scene.action_units.mirrored(),
        camera=scene.camera.mirrored(),
        light=scene.light.mirrored(),
        background=scene.background.mirrored(),
    )


def test_the_same_seed_gives_the_same_bytes_in_another_process():
    code = (
        "import hashlib;from facsimile.render.renderer import render;from facsimile.render.scene import random_scene;"
        "print(hashlib.sha256(render(random_scene(11, size=64)).image.tobytes()).hexdigest())"
    )
    there = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout.strip()
    here = [hashlib.sha256(render(random_scene(11, size=64)).image.tobytes()).hexdigest() for _ in range(2)]
    assert here == [there, there]


@pytest.mark.parametrize("size", [1, 2, 5, 16, 64, 161])
def test_every_size_is_drawn(size):
    rendering = render(random_scene(3, size=size))
    assert rendering.image.shape == (size, size, 3)
    assert rendering.segmentation.shape == (size, size)


@pytest.mark.parametrize("size", [0, -3, 5000])
def test_bad_sizes_are_refused(size):
    with pytest.raises(ValueError, match="size: must be 1 to 2048"):
        random_scene(3, size=size)


def test_neutral_has_no_action_units():
    rendering = portrait({})
    np.testing.assert_array_equal(rendering.au, 0)
    assert not rendering.controllers.any()


def test_landmarks_are_the_projected_surface_points():
    scene = random_scene(5, size=80)
    pose = scene.expression.head_pose_rad
    vertices = default_rig().vertices(scene.identity, scene.expression)
    points = landmarks(bent(vertices, topology().rest, pose))
    x, y, z = scene.camera.target
    focal = 80 * scene.camera.distance / scene.camera.frame
    depth = z + scene.camera.distance - points[:, 2]
    column = 39.5 + scene.camera.offset[0] * 80 + focal * (points[:, 0] - x) / depth
    row = 39.5 + scene.camera.offset[1] * 80 - focal * (points[:, 1] - y) / depth
    np.testing.assert_allclose(render(scene).landmarks, np.stack([column, row], -1), atol=1e-3)


def test_pose_labels_are_the_scenes():
    rendering = portrait({12: 3}, yaw_rad=0.4, pitch_rad=-0.2)
    np.testing.assert_allclose(rendering.head_pose_rad, [-0.2, 0.4, 0], atol=1e-6)


def test_turning_left_moves_the_nose_to_the_pictures_right():
    straight, turned = portrait({}), portrait({}, yaw_rad=0.5)
    eyes = slice(36, 48)
    offset = [r.landmarks[30, 0] - r.landmarks[eyes, 0].mean() for r in (straight, turned)]
    assert offset[1] > offset[0] + 5


def test_everything_is_seen_from_the_front():
    rendering = portrait({})
    assert rendering.landmark_visible[17:60].mean() > 0.9
    assert rendering.au_visible[unit_index(12)].all()


@pytest.mark.parametrize(("yaw", "far"), [(1.25, LEFT), (-1.25, RIGHT)])
def test_the_far_side_is_not_seen_in_profile(yaw, far):
    rendering = portrait({}, yaw_rad=yaw)
    far_jaw = range(11, 17) if far == LEFT else range(6)
    assert not rendering.landmark_visible[list(far_jaw)].any()
    for code in (1, 6, 12, 43):
        assert not rendering.au_visible[unit_index(code), far]
        assert rendering.au_visible[unit_index(code), 1 - far]
    far_eye = range(42, 48) if far == LEFT else range(36, 42)
    assert rendering.landmark_visible[list(far_eye)].mean() < 0.6


def test_segmentation_holds_a_whole_person():
    rendering = portrait({12: 5, 25: 4, 26: 4}, seed=3, size=160)
    present = {SEGMENT_NAMES[index] for index in np.unique(rendering.segmentation)}
    assert {"background", "skin", "left_eye", "upper_lip", "lower_lip", "teeth", "hair", "clothes", "neck"} <= present
    assert set(present) <= set(SEGMENT_NAMES)
    lips = rendering.landmarks[48:60].mean(0)
    assert np.linalg.norm(lips - rendering.landmarks[30]) < 60


def test_classes_lie_at_their_landmarks():
    rendering = portrait({25: 4, 26: 5}, seed=3, size=160)
    for point, name in ((68, "left_eye"), (69, "right_eye"), (30, "skin"), (51, "upper_lip"), (57, "lower_lip")):
        x, y = rendering.landmarks[point].round().astype(int)
        around = rendering.segmentation[y - 2 : y + 3, x - 1 : x + 2]
        assert SEGMENT_NAMES.index(name) in around
    x, y = rendering.landmarks[[62, 66]].mean(0).round().astype(int)
    assert SEGMENT_NAMES[rendering.segmentation[y, x]] in ("mouth", "teeth", "tongue")


def test_closed_eyes_hide_the_iris_and_are_labelled_by_side():
    rendering = portrait({(43, "L"): 5}, size=160)
    au = rendering.au[unit_index(43)]
    assert au[LEFT] > 4
    assert au[RIGHT] < 0.5
    assert not rendering.landmark_visible[68]
    assert rendering.landmark_visible[69]


def test_measured_labels_agree_with_what_was_asked_for():
    for level in (1, 3, 5):
        rendering = portrait({25: level, 43: level})
        assert rendering.au[unit_index(25), 0] == pytest.approx(level, abs=0.7)
        assert rendering.au[unit_index(43)] == pytest.approx(level, abs=0.4)


def test_squints_and_lowered_eyes_are_not_closed():
    assert not portrait({7: 5}, pitch_rad=0.3).au[unit_index(43)].any()


def test_parted_lips_and_jaw_are_measured():
    closed, parted, wide = (portrait(units) for units in ({}, {25: 3}, {25: 5, 27: 5}))
    row25, row26, row27 = (unit_index(code) for code in (25, 26, 27))
    assert closed.au[row25, 0] == 0 < parted.au[row25, 0] < wide.au[row25, 0]
    assert wide.au[row26, 0] == 0
    assert wide.au[row27, 0] == pytest.approx(5, abs=0.05)
    dropped = portrait({26: 3})
    assert dropped.au[row26, 0] == pytest.approx(3, abs=0.05)
    assert dropped.au[row27, 0] == 0


def test_mirrored_scenes_have_mirrored_labels():
    scene = symmetric_scene(ActionUnits.from_dict({(12, "L"): 4, (4, "R"): 3, 25: 2}), (0.1, 0.3, -0.1))
    here, there = render(scene), render(mirrored(scene))
    expected = here.landmarks[list(FLIP_LANDMARKS)]
    np.testing.assert_allclose(there.landmarks[:, 0], scene.size - 1 - expected[:, 0], atol=0.05)
    np.testing.assert_allclose(there.landmarks[:, 1], expected[:, 1], atol=0.05)
    np.testing.assert_allclose(there.au, here.au[:, ::-1], atol=0.02)
    np.testing.assert_allclose(there.head_pose_rad, here.head_pose_rad * [1, -1, -1], atol=1e-6)
    np.testing.assert_array_equal(there.au_visible, here.au_visible[:, ::-1])


def bald_and_symmetric(appearance):
    def both(maps):
        return (maps + maps[..., ::-1]) / 2

    maps = {name: both(getattr(appearance, name)) for name in ("albedo", "gloss", "height")}
    wrinkles = replace(appearance.wrinkles, asymmetry=0.0)
    return replace(appearance, hair=None, beard=None, wrinkles=wrinkles, **maps)


def test_mirrored_scenes_look_mirrored():
    scene = symmetric_scene(ActionUnits.from_dict({(12, "L"): 4}), (0.0, 0.3, 0.0))
    scene = replace(scene, size=160, appearance=bald_and_symmetric(scene.appearance))
    here, there = render(scene), render(mirrored(scene))
    flipped = np.array(FLIP_SEGMENTS)[here.segmentation[:, ::-1]]
    assert (flipped == there.segmentation).mean() > 0.985
    difference = np.abs(here.image[:, ::-1].astype(float) - there.image)
    unflipped = np.abs(here.image.astype(float) - there.image)
    assert difference.mean() < 4
    assert unflipped.mean() > 4 * difference.mean()


def test_an_expression_changes_only_its_part_of_the_picture():
    neutral, frown = portrait({}, size=128), portrait({4: 5}, size=128)
    change = np.abs(neutral.image.astype(float) - frown.image).sum(-1)
    brow, chin = neutral.landmarks[17:27].mean(0), neutral.landmarks[8]
    near, far = (change[int(y) - 6 : int(y) + 6, int(x) - 8 : int(x) + 8].mean() for x, y in (brow, chin))
    assert near > 5 * far


def test_skin_is_exposed_sanely():
    for seed in range(6):
        rendering = render(portrait_scene(ActionUnits.neutral(), seed=seed, size=64))
        skin = rendering.image[rendering.segmentation == SEGMENT_NAMES.index("skin")]
        assert 40 < skin.mean() < 225


def test_persons_are_shared():
    person = random_person(4)
    one, two = random_scene(1, person=person, size=32), random_scene(2, person=person, size=32)
    assert one.appearance is two.appearance
    assert not np.array_equal(one.light.panorama, two.light.panorama)


def test_fixed_arguments_are_kept():
    scene = random_scene(9, expression=ActionUnits.from_dict({12: 2}), yaw_rad=0.3, size=32)
    assert scene.expression.head_pose_rad[1] == pytest.approx(0.3)
    assert scene.action_units.of(12) == 2
    straight = random_scene(9, frontal=True)
    assert not straight.expression.head_pose_rad.any()
    assert isinstance(straight.expression, Expression)
