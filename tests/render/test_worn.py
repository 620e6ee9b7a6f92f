from dataclasses import replace

import cv2
import numpy as np
import pytest

from facsimile.face.beard import grow_beard, random_beard
from facsimile.face.clothes import collar_of, random_garment
from facsimile.face.gestures import random_gesture
from facsimile.face.glasses import make_glasses
from facsimile.face.headwear import random_headwear
from facsimile.face.masks import random_mask
from facsimile.facs.action_units import LABEL_UNITS
from facsimile.facs.expression import ActionUnits
from facsimile.render.renderer import render
from facsimile.render.scene import Scene, portrait_scene
from facsimile.render.segments import SEGMENT_NAMES
from facsimile.render.worn import wear

EYE_UNIT = LABEL_UNITS.index(43)


def portrait(*accessories, yaw_rad: float = 0.0, pitch_rad: float = 0.0, seed: int = 12) -> Scene:
    scene = portrait_scene(ActionUnits.neutral(), seed=seed, size=96, yaw_rad=yaw_rad, pitch_rad=pitch_rad)
    bare = replace(scene.appearance, accessories=accessories, hair=None, beard=None)
    return replace(scene, appearance=bare)


def glasses(clear: float):
    return make_glasses(
        "square", width=0.25, height=0.2, thickness=0.02, colour=(0.02, 0.02, 0.02), is_metal=False, lens=(clear,) * 3
    )


def part(picture, name: str) -> float:
    return float((picture.segmentation == SEGMENT_NAMES.index(name)).mean())


def test_nothing_worn_places_nothing():
    vertices = np.zeros((3, 3), np.float32)
    assert wear((), neutral=vertices, vertices=vertices, head_pose_rad=np.zeros(3, np.float32)) is None


def test_eyes_behind_clear_glasses_are_seen_and_behind_dark_ones_not():
    bare, clear, dark = (render(portrait(*worn)) for worn in ((), glasses(0.97), glasses(0.05)))
    for name in ("left_eye", "right_eye"):
        assert part(clear, name) > 0.7 * part(bare, name)
        assert part(dark, name) == 0
    assert clear.au_visible[EYE_UNIT].all()
    assert not dark.au_visible[EYE_UNIT].any()
    assert part(dark, "glasses") > 2 * part(clear, "glasses") > 0
    assert part(bare, "glasses") == 0


def test_a_dark_lens_darkens_and_a_clear_one_hardly():
    bare, clear, dark = (render(portrait(*worn)).image.astype(float) for worn in ((), glasses(0.97), glasses(0.05)))
    rows, columns = slice(40, 46), slice(32, 40)
    bare_eye, clear_eye, dark_eye = (picture[rows, columns].mean() for picture in (bare, clear, dark))
    assert dark_eye < 0.6 * bare_eye
    assert clear_eye == pytest.approx(bare_eye, rel=0.15)


@pytest.mark.parametrize("name", ["beanie", "cap", "brimmed hat", "turban", "head scarf"])
def test_headwear_is_labelled_and_hides_no_brow(name):
    bare = render(portrait())
    worn = render(portrait(random_headwear(np.random.default_rng(0), sex=1.0, name=name)))
    assert part(worn, "headwear") > 0.03
    assert part(worn, "left_brow") > 0.5 * part(bare, "left_brow")


@pytest.mark.parametrize("yaw_deg", [-80, -40, 0, 40, 80])
@pytest.mark.parametrize("pitch_deg", [-30, 0, 30])
def test_clothes_have_no_hole(yaw_deg, pitch_deg):
    rng = np.random.default_rng(0)
    for name in ("scoop neck", "V-neck"):
        scene = portrait(yaw_rad=np.deg2rad(yaw_deg), pitch_rad=np.deg2rad(pitch_deg))
        garment = random_garment(rng, name=name)
        look = replace(scene.appearance, garment=garment, accessories=collar_of(rng, garment))
        segments = render(replace(scene, appearance=look)).segmentation
        bottom = segments[-6:]
        cloth = bottom == SEGMENT_NAMES.index("clothes")
        assert cloth.mean() > 0.3
        for row in cloth:
            inside = row[np.flatnonzero(row)[0] : np.flatnonzero(row)[-1] + 1]
            assert np.diff(inside.astype(int)).clip(0).sum() <= 1  # at most one opening, the neck
        assert (bottom == SEGMENT_NAMES.index("background")).mean() < 0.5


def test_the_same_scene_gives_the_same_bytes():
    scene = portrait(*glasses(0.97), random_headwear(np.random.default_rng(1), sex=0.0, name="cap"))
    np.testing.assert_array_equal(render(scene).image, render(scene).image)


def covered(*occluders, seed: int = 12) -> Scene:
    scene = portrait_scene(ActionUnits.neutral(), seed=seed, size=96)
    return replace(scene, occluders=occluders, appearance=replace(scene.appearance, accessories=(), hair=None))


def test_a_mask_hides_the_mouth_from_pictures_and_labels():
    free, masked = (render(covered(*worn)) for worn in ((), (random_mask(np.random.default_rng(1)),)))
    assert part(masked, "mask") > 0.08
    assert part(masked, "upper_lip") == part(masked, "lower_lip") == part(masked, "mouth") == 0
    mouth, eyes = list(range(48, 68)), list(range(36, 48))
    assert free.landmark_visible[48:60].all()
    assert not masked.landmark_visible[mouth].any()
    np.testing.assert_array_equal(masked.landmark_visible[eyes], free.landmark_visible[eyes])
    for unit, is_seen in ((12, False), (25, False), (17, False), (1, True), (43, True)):
        assert (masked.au_visible[LABEL_UNITS.index(unit)] == is_seen).all()
    np.testing.assert_array_equal(masked.au, free.au)
    np.testing.assert_array_equal(masked.landmarks, free.landmarks)


def test_a_hand_is_before_the_face_and_its_shadow_on_it():
    look = covered().appearance
    hand = random_gesture(np.random.default_rng(2), skin=look.skin_colour, garment=look.garment, name="mouth covered")
    free, behind = render(covered()), render(covered(*hand), buffers=("depth",))
    is_hand = behind.segmentation == SEGMENT_NAMES.index("hand")
    assert 0.05 < is_hand.mean() < 0.5
    columns, rows = np.clip(np.rint(behind.landmarks).astype(int), 0, 95).T
    inside = (behind.landmarks >= 0).all(1) & (behind.landmarks < 96).all(1)
    assert not behind.landmark_visible[inside & is_hand[rows, columns]].any()
    skin = (behind.segmentation == free.segmentation) & (free.segmentation == SEGMENT_NAMES.index("skin"))
    assert (behind.image[skin].astype(float).mean(1) < free.image[skin].astype(float).mean(1) - 4).mean() > 0.02
    depth = behind.buffers.depth_mm
    assert np.nanmedian(depth[is_hand]) < np.nanmedian(depth[skin])


def test_beards_do_not_grow_through_masks():
    scene = covered(random_mask(np.random.default_rng(3), name="cloth"))
    drawn = random_beard(np.random.default_rng(0), sex=0.0, age_years=50.0)
    beard = grow_beard(np.random.default_rng(0), replace(drawn, kind="full beard"))
    bearded = render(replace(scene, appearance=replace(scene.appearance, beard=beard)))
    mask = SEGMENT_NAMES.index("mask")
    inside = cv2.erode((render(scene).segmentation == mask).astype(np.uint8), np.ones((3, 3), np.uint8)) > 0
    assert inside.mean() > 0.05
    assert (bearded.segmentation[inside] == mask).all()
