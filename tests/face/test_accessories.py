import numpy as np
import pytest

from facsimile.face.accessories import KINDS, Accessory
from facsimile.face.appearance import random_appearance
from facsimile.face.clothes import GARMENTS, collar_of, neck_ring, random_garment, random_scarf
from facsimile.face.glasses import SHAPES, lens_outline, make_glasses, random_glasses
from facsimile.face.hair import style_strands
from facsimile.face.headwear import COVERING, HEADWEAR, pressed, random_headwear
from facsimile.face.identity import identity_from_seed
from facsimile.face.pack import load_head_pack
from facsimile.face.rest import front_lookup
from facsimile.face.rig import default_rig
from facsimile.face.scalp import Hairline, above_skull


def check(item: Accessory) -> None:
    assert np.isfinite(item.vertices).all()
    assert 0 <= item.triangles.min() <= item.triangles.max() < len(item.vertices)
    assert item.colour.shape == item.vertices.shape
    assert item.kind in KINDS
    assert 0 <= item.clear.min() <= item.clear.max() <= 1


def glasses(shape: str, clear: float = 0.95) -> tuple[Accessory, ...]:
    return make_glasses(
        shape, width=0.25, height=0.2, thickness=0.015, colour=(0.1, 0.1, 0.1), is_metal=False, lens=(clear,) * 3
    )


@pytest.mark.parametrize("shape", SHAPES)
def test_glasses_stand_before_the_eyes_and_reach_the_ears(shape: str) -> None:
    frame, lenses = glasses(shape)
    for item in (frame, lenses):
        check(item)
    assert lenses.is_lens
    assert not frame.is_lens
    front = frame.vertices[frame.vertices[:, 2] > 1.3].astype(np.float64)
    skin = front_lookup(front[:, 0], front[:, 1])[2]
    assert (front[:, 2] > skin - 0.005).mean() > 0.97
    assert frame.vertices[:, 2].min() < 0.5
    x = frame.vertices[:, 0]
    assert x.max() == pytest.approx(-x.min(), abs=1e-5)


def test_outlines_enclose_the_eye() -> None:
    for shape in SHAPES:
        outline = lens_outline(shape, width=0.25, height=0.2)
        assert outline[:, 0].min() < -0.15
        assert outline[:, 0].max() > 0.15
        assert np.abs(outline).max() < 0.34


def test_glasses_fit_other_heads() -> None:
    frame, _ = glasses("square")
    for seed in (1, 5, 9):
        neutral = default_rig().neutral_vertices(identity_from_seed(seed))
        placed = frame.placed(neutral)
        bridge = placed[(np.abs(placed[:, 0]) < 0.03)]
        nose = neutral[(np.abs(neutral[:, 0]) < 0.04) & (np.abs(neutral[:, 1] - bridge[:, 1].mean()) < 0.05), 2].max()
        assert -0.05 < bridge[:, 2].min() - nose < 0.16


def test_only_dark_lenses_hide() -> None:
    assert not glasses("round", 0.95)[1].is_dark
    assert glasses("round", 0.1)[1].is_dark
    assert random_glasses(np.random.default_rng(0), are_dark=True)[1].is_dark


@pytest.mark.parametrize("name", HEADWEAR)
def test_headwear_lies_outside_the_skull_and_leaves_the_face_free(name: str) -> None:
    for seed in range(3):
        hat = random_headwear(np.random.default_rng(seed), sex=1.0, name=name)
        check(hat)
        points = hat.vertices[hat.vertices[:, 1] > 7.2].astype(np.float64)
        distance, skin = above_skull(points)
        assert (distance > skin + 0.01).mean() > (0.85 if name == "head scarf" else 0.97)
        x, y, z = hat.vertices.T
        over_face = (z > 1.0) & (np.abs(x) < 0.5) & (y < 7.45) & (y > 6.5)
        assert over_face.mean() < 0.01


def test_wrong_headwear_is_an_error() -> None:
    with pytest.raises(ValueError, match="'crown' is unknown; use one of beanie"):
        random_headwear(np.random.default_rng(0), sex=1.0, name="crown")


def test_hair_lies_flat_under_a_hat_and_nothing_shows_under_a_scarf() -> None:
    strands = style_strands(np.random.default_rng(0), "afro", hairline=Hairline(recede=-0.3))
    assert strands is not None
    for name in HEADWEAR:
        hat = random_headwear(np.random.default_rng(0), sex=1.0, name=name)
        shown = pressed(strands, hat)
        if name in COVERING:
            assert shown is None
            continue
        assert shown is not None
        top = shown.points[shown.points[..., 1] > 8.0].astype(np.float64)
        distance, skin = above_skull(top)
        assert (distance < skin + 0.06).all()


@pytest.mark.parametrize("name", GARMENTS)
def test_garments_cover_chest_and_shoulders_but_not_the_face(name: str) -> None:
    for seed in range(4):
        garment = random_garment(np.random.default_rng(seed), name=name)
        body = np.array(((0.0, 4.9, 1.2), (1.6, 5.2, 0.3), (-1.6, 5.2, 0.3), (0.0, 5.0, -0.6)))
        assert (garment.below(body) > 0).all()
        assert (garment.below(np.array(((0.0, 6.4, 0.7), (0.4, 6.45, 0.55)))) < 0).all()
        for item in collar_of(np.random.default_rng(seed), garment):
            check(item)
            assert item.vertices[:, 1].max() < 6.6


def test_collars_and_scarves_lie_outside_the_neck() -> None:
    turn = np.linspace(0, 6, 40)
    ring = neck_ring(turn, np.full(40, 6.1), np.full(40, 0.05))
    inner = neck_ring(turn, np.full(40, 6.1), np.zeros(40))
    assert (np.hypot(ring[:, 0], ring[:, 2] - 0.1) > np.hypot(inner[:, 0], inner[:, 2] - 0.1) + 0.04).all()
    check(random_scarf(np.random.default_rng(0)))


def test_worn_things_follow_what_they_sit_on() -> None:
    pack = load_head_pack()
    shift = np.array((0.0, -0.1, 0.3), np.float32)
    hat = random_headwear(np.random.default_rng(0), sex=0.0, name="cap")
    for item in (*glasses("oval"), hat, random_scarf(np.random.default_rng(1))):
        np.testing.assert_allclose(item.placed(pack.vertices + shift), item.vertices + shift, atol=0.08)
        np.testing.assert_allclose(item.placed(pack.vertices), item.vertices, atol=5e-3)


def test_accessories_can_be_switched_off_and_nothing_else_changes() -> None:
    for seed in range(25):
        who = identity_from_seed(seed)
        full = random_appearance(np.random.default_rng(seed), who)
        bare = random_appearance(np.random.default_rng(seed), who, with_accessories=False)
        assert {item.name for item in bare.accessories} <= {"collar"}
        assert bare.description["glasses"] == bare.description["headwear"] == "none"
        np.testing.assert_array_equal(full.albedo, bare.albedo)
        np.testing.assert_array_equal(full.brows.bary, bare.brows.bary)
