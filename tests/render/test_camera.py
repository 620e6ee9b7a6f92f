import math

import numpy as np
import pytest

from facsimile.render.camera import Camera, head_rotation


def test_projection_is_the_pinhole_formula():
    camera = Camera((0.1, 7.0, 0.5), distance=8.0, frame=2.0, offset=(0.1, -0.05))
    points = np.array([[0.3, 7.4, 1.2], [-0.5, 6.1, -0.3]], np.float32)
    focal, depth = 100 * 8.0 / 2.0, 8.5 - points[:, 2]
    x = 49.5 + 10 + focal * (points[:, 0] - 0.1) / depth
    y = 49.5 - 5 - focal * (points[:, 1] - 7.0) / depth
    np.testing.assert_allclose(camera.project(points, 100), np.stack([x, y, depth], -1), rtol=1e-5)


def test_the_target_lands_in_the_middle():
    camera = Camera((0.0, 7.0, 0.5))
    np.testing.assert_allclose(camera.project(np.float32([[0, 7, 0.5]]), 64)[0], [31.5, 31.5, 9.0], atol=1e-5)


def test_mirrored_camera_mirrors_the_picture():
    camera = Camera((0.1, 7.0, 0.5), offset=(0.05, 0.02))
    points = np.random.default_rng(0).normal(size=(20, 3)).astype(np.float32)
    flipped = points * np.float32([-1, 1, 1])
    here, there = camera.project(points, 96), camera.mirrored().project(flipped, 96)
    np.testing.assert_allclose(there[:, 0], 95 - here[:, 0], atol=1e-3)
    np.testing.assert_allclose(there[:, 1:], here[:, 1:], rtol=1e-6)


@pytest.mark.parametrize(
    ("pose", "point", "sign"),
    [
        ((0, 0.3, 0), (0, 0, 1), (1, 0)),
        ((0.3, 0, 0), (0, 0, 1), (0, 1)),
        ((0, 0, 0.3), (0, 1, 0), (1, None)),
    ],
    ids=["yaw turns to the subject's left", "pitch looks up", "roll tilts to the left shoulder"],
)
def test_signs_of_the_head_pose(pose, point, sign):
    moved = head_rotation(np.float32(pose)) @ np.float32(point)
    for value, expected in zip(moved[:2], sign, strict=True):
        if expected is not None:
            assert np.sign(round(float(value), 6)) == expected


def test_rotation_is_a_rotation_and_mirrors():
    pose = np.float32([0.2, -0.5, 0.3])
    rotation = head_rotation(pose)
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-6)
    assert np.linalg.det(rotation) == pytest.approx(1, abs=1e-6)
    flip = np.diag([-1, 1, 1]).astype(np.float32)
    np.testing.assert_allclose(head_rotation(pose * np.float32([1, -1, -1])), flip @ rotation @ flip, atol=1e-6)


def test_yaw_angle_is_exact():
    ahead = head_rotation(np.float32([0, 0.7, 0])) @ np.float32([0, 0, 1])
    assert math.atan2(ahead[0], ahead[2]) == pytest.approx(0.7, abs=1e-6)


@pytest.mark.parametrize("wrong", [{"distance": 1.0}, {"frame": 0.0}])
def test_bad_cameras_are_refused(wrong):
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Camera(**wrong)
