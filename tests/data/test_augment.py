import dataclasses

import cv2
import numpy as np
import pytest

from facsimile.data.align import FLIP_LANDMARKS, TEMPLATE, pixels_from_crop, rotation_of
from facsimile.data.augment import Augmentation, augmented_crop, plain_crop
from facsimile.data.mirror import (
    mirrored_flags,
    mirrored_gaze,
    mirrored_landmarks,
    mirrored_pose,
    mirrored_sides,
)
from facsimile.data.occlusion import Occlusion
from facsimile.data.photometric import Photometric, photographed
from facsimile.facs.action_units import unit_index
from facsimile.facs.expression import ActionUnits, Expression

NO_COVER = Occlusion(glasses_share=0.0, cover_share=0.0)
CLEAN = Photometric(
    resample_share=0.0, blur_share=0.0, sharpen_share=0.0, motion_share=0.0, gamma_spread=0.0, extreme_gamma_share=0.0,
    contrast_spread=0.0, brightness_spread=0.0, balance_spread=0.0, grey_share=0.0, saturation=(1.0, 1.0),
    hue_spread_rad=0.0,
    gradient_share=0.0, noise_share=0.0, jpeg_share=0.0,
)  # fmt: skip
GEOMETRY = Augmentation(flip_share=0.0, occlusion=NO_COVER, photometric=CLEAN)
FLIP_ONLY = dataclasses.replace(
    GEOMETRY, flip_share=1.0, scale_sd=(0.0, 0.0), angle_sd_rad=(0.0, 0.0), shift_sd=(0.0, 0.0), shear_sd=0.0
)


@pytest.fixture(scope="module")
def picture() -> tuple[np.ndarray, np.ndarray]:
    """A smooth random picture with a face's landmarks in it."""
    rng = np.random.default_rng(0)
    image = cv2.GaussianBlur(rng.integers(0, 256, (140, 140, 3), dtype=np.uint8), (0, 0), 4)
    return cv2.normalize(image, None, 0, 255, cv2.NORM_MINMAX), TEMPLATE * 120 + 8 + rng.normal(size=(70, 2))


def test_mirroring_twice_changes_nothing():
    rng = np.random.default_rng(1)
    for mirror, shape in (
        (mirrored_sides, (33, 2)), (mirrored_landmarks, (70, 2)), (mirrored_flags, (70,)), (mirrored_pose, (3,)),
        (mirrored_gaze, (2, 2)),
    ):  # fmt: skip
        values = rng.random(shape)
        np.testing.assert_allclose(mirror(mirror(values)), values, atol=1e-15)
        assert (mirror(values) != values).any()


def test_labels_mirror_as_expressions_do():
    """The same as the mirror of the representation: sides, pose and gaze."""
    rng = np.random.default_rng(2)
    au = ActionUnits.from_dict({12: 3.0, (14, "L"): 2.0, (43, "R"): 4.0})
    np.testing.assert_array_equal(mirrored_sides(au.intensity), au.mirrored().intensity)
    neutral = Expression.neutral()
    pose, gaze = rng.normal(size=3).astype(np.float32) * 0.1, rng.normal(size=(2, 2)).astype(np.float32) * 0.1
    expression = dataclasses.replace(neutral, head_pose_rad=pose, gaze_rad=gaze)
    np.testing.assert_allclose(mirrored_pose(pose), expression.mirrored().head_pose_rad)
    np.testing.assert_allclose(mirrored_gaze(gaze), expression.mirrored().gaze_rad)


def test_a_flipped_crop_is_the_mirror_of_the_crop_labels_included(picture):
    image, landmarks = picture
    plain = plain_crop(image, landmarks)
    flipped = augmented_crop(image, landmarks, np.random.default_rng(0), options=FLIP_ONLY)
    assert flipped.is_flipped
    difference = np.abs(flipped.image.astype(int) - plain.image[:, ::-1])[4:-4, 4:-4]
    assert difference.max() <= 2
    expected = plain.landmarks[list(FLIP_LANDMARKS)] * [-1, 1] + [1, 0]
    np.testing.assert_allclose(flipped.landmarks, expected, atol=1e-9)
    au = ActionUnits.from_dict({(12, "L"): 3.0}).intensity
    assert flipped.sides(au)[unit_index(12)].tolist() == [0.0, 3.0]
    pose = np.array([0.1, 0.2, 0.3])
    np.testing.assert_allclose(flipped.pose(pose), plain.pose(pose) * [1, -1, -1])
    np.testing.assert_allclose(flipped.gaze(np.array([[0.1, 0.2], [0.3, 0.4]])), [[-0.3, 0.4], [-0.1, 0.2]])
    flags = np.arange(70) == 36
    assert np.flatnonzero(flipped.landmark_flags(flags)).tolist() == [45]


@pytest.mark.parametrize("seed", range(8))
def test_landmarks_follow_the_pixels(picture, seed):
    """A dot painted at a landmark turns up where the crop says the landmark is."""
    _, landmarks = picture
    image = np.zeros((140, 140, 3), np.uint8)
    for channel, point in enumerate((30, 36, 54)):
        x, y = np.round(landmarks[point]).astype(int)
        landmarks = landmarks.copy()
        landmarks[point] = x, y
        image[y - 2 : y + 3, x - 2 : x + 3, channel] = 255
    options = dataclasses.replace(GEOMETRY, flip_share=0.5)
    crop = augmented_crop(image, landmarks, np.random.default_rng(seed), options=options)
    points = crop.landmarks[list(FLIP_LANDMARKS)] if crop.is_flipped else crop.landmarks
    rows, columns = np.mgrid[0:112, 0:112]
    for channel, point in enumerate((30, 36, 54)):
        x, y = pixels_from_crop(points[point])
        weight = crop.image[..., channel].astype(float)
        near = weight * (np.hypot(columns - x, rows - y) < 8)
        found = (near * columns).sum() / near.sum(), (near * rows).sum() / near.sum()
        np.testing.assert_allclose(found, (x, y), atol=0.4)


def test_roll_in_the_crop_is_the_pictures_plus_the_turn(picture):
    image, landmarks = picture
    options = dataclasses.replace(GEOMETRY, shear_sd=0.0)
    for seed in range(5):
        crop = augmented_crop(image, landmarks, np.random.default_rng(seed), options=options)
        along = crop.landmarks[45] - crop.landmarks[36]
        before = landmarks[45] - landmarks[36]
        turned = np.arctan2(along[1], along[0]) - np.arctan2(before[1], before[0])
        assert crop.pose(np.zeros(3))[2] == pytest.approx(turned, abs=1e-9)


def test_the_same_generator_gives_the_same_crop(picture):
    image, landmarks = picture
    crops = [augmented_crop(image, landmarks, np.random.default_rng(5)) for _ in range(2)]
    np.testing.assert_array_equal(crops[0].image, crops[1].image)
    assert (augmented_crop(image, landmarks, np.random.default_rng(6)).image != crops[0].image).any()


def test_shares_are_kept(picture):
    crops = [augmented_crop(*picture, np.random.default_rng(k)) for k in range(400)]
    assert np.mean([crop.is_flipped for crop in crops]) == pytest.approx(0.5, abs=0.08)


def test_glasses_sit_round_the_eyes():
    image = np.full((112, 112, 3), 200, np.uint8)
    options = dataclasses.replace(
        FLIP_ONLY,
        flip_share=0.0,
        occlusion=Occlusion(glasses_share=1.0, tinted_share=0.0, reflection_share=0.0, cover_share=0.0),
    )
    crop = augmented_crop(image, TEMPLATE * 112 - 0.5, np.random.default_rng(0), options=options)
    drawn = np.flatnonzero((crop.image < 190).any((1, 2)))
    assert drawn.min() > 0.1 * 112
    assert drawn.max() < 0.5 * 112
    for eye in (TEMPLATE[36:42], TEMPLATE[42:48]):
        x, y = (eye.mean(0) * 112).astype(int)
        assert (crop.image[y - 2 : y + 3, x - 2 : x + 3] == 200).all()


def test_clean_options_leave_a_picture_alone(picture):
    image = np.ascontiguousarray(picture[0][:112, :112])
    assert np.abs(photographed(image, np.random.default_rng(0), CLEAN).astype(int) - image).max() <= 1


def test_strong_tone_changes_happen(picture):
    image = np.full((112, 112, 3), 128, np.uint8)
    options = dataclasses.replace(CLEAN, extreme_gamma_share=1.0)
    means = [photographed(image, np.random.default_rng(k), options).mean() for k in range(60)]
    assert min(means) < 50
    assert max(means) > 180


def test_grey_pictures_have_no_colour(picture):
    options = dataclasses.replace(CLEAN, grey_share=1.0)
    grey = photographed(np.ascontiguousarray(picture[0][:112, :112]), np.random.default_rng(0), options)
    assert np.ptp(grey.astype(int), axis=2).max() <= 1


@pytest.mark.parametrize("size", [48, 112, 300])
def test_other_sizes_work(picture, size):
    for seed in range(12):
        crop = augmented_crop(*picture, np.random.default_rng(seed), size=size)
        assert crop.image.shape == (size, size, 3)


def test_a_plain_crop_keeps_the_roll_to_find_it_again(picture):
    crop = plain_crop(*picture)
    assert crop.rotation_rad == pytest.approx(0, abs=0.05)
    assert not crop.is_flipped
    assert rotation_of(np.array([[0.0, -1.0, 0.0], [1.0, 0.0, 0.0]])) == pytest.approx(np.pi / 2)
