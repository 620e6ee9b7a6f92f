"""Put hands on and before faces: chin on the fist, cheek in the palm, mouth covered, a hand raised."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Float32

from facsimile.face.accessories import SKIN, WEAVE, Accessory, accessory
from facsimile.face.clothes import Garment
from facsimile.face.hands import POSES, bone_share, load_hand_pack, normals_of, posed_hand, rotation, skin_shade
from facsimile.face.touching import Touch

FAR_DM = 0.3
"""How far before its target a hand is put, to come to the face from outside."""
ALBEDO_RANGE = (0.004, 0.95)
"""As of all skin: see ``appearance``."""
PRESS_DM = 0.02
"""How far a hand sinks into the skin it touches, and the skin into it."""
TURN_SD_DEG = (5.0, 8.0, 7.0)
"""Standard deviations of the turns about x, y, z."""
SLEEVE_SHARE = 0.6
"""Part of hands with a long sleeve."""
CUFF_Y = -0.25
"""Where sleeves begin (dm) in the hand's frame: below the wrist."""
SLEEVE_GAP_DM = 0.07
"""How far a sleeve stands off the arm."""


@dataclass(frozen=True)
class Gesture:
    """Say how the left hand comes to a face; the right hand does the mirror image."""

    pose: str
    """One of ``hands.POSES``."""
    turn_deg: tuple[float, float, float]
    """Turns about x, y, z, in this order, of a hand with its fingers up and its palm to the face."""
    part: tuple[str, ...]
    """Bones whose skin comes to lie at the target, by the beginning of their names."""
    target: tuple[float, float, float]
    """Place on or before the template's face (dm)."""
    spread: tuple[float, float, float]
    """Standard deviation of the place (dm)."""
    approach: tuple[float, float, float]
    """Way to the face; a zero vector for a hand that touches nothing."""
    anchor: int
    """Landmark the hand follows sideways."""
    weight: float
    """How often, relative to the others."""


def _gestures() -> dict[str, Gesture]:
    """Return the gestures by name: places and turns by eye, from memory of photographs."""
    knuckles, ahead, inwards, nowhere = (
        ("finger2-1", "finger3-1", "finger4-1"), (0.0, 0.0, -1.0), (-0.95, 0.1, -0.3), (0.0, 0.0, 0.0),
    )  # fmt: skip
    near, anywhere = (0.04, 0.1, 0.06), (0.3, 0.3, 0.3)
    return {
        "chin on fist": Gesture("loose fist", (0.0, 10.0, 18.0), knuckles, (0.05, 6.1, 1.4), (0.08, 0.0, 0.04),
                                (0.0, 1.0, 0.0), 8, 0.08),
        "cheek on fist": Gesture("loose fist", (-10.0, 55.0, 20.0), ("finger2-2", "finger3-2", "finger4-2"),
                                 (0.55, 6.5, 1.0), near, inwards, 12, 0.16),
        "cheek in palm": Gesture("closed", (-8.0, 62.0, -12.0), ("metacarpal",), (0.62, 6.45, 1.0), near, inwards,
                                 12, 0.16),
        "mouth covered": Gesture("closed", (0.0, 0.0, 48.0), knuckles, (0.02, 6.55, 1.5), (0.1, 0.08, 0.0), ahead,
                                 62, 0.2),
        "finger at mouth": Gesture("pointing", (-8.0, 12.0, 22.0), ("finger2-3",), (0.1, 6.62, 1.5), (0.12, 0.08, 0.0),
                                   ahead, 54, 0.1),
        "eye rubbed": Gesture("relaxed", (8.0, 10.0, 30.0), ("finger2-3", "finger3-3"), (0.3, 7.3, 1.4),
                              (0.08, 0.1, 0.0), ahead, 68, 0.14),
        "palm raised": Gesture("spread", (0.0, 180.0, 0.0), ("metacarpal",), (-0.05, 6.5, 2.7), anywhere, nowhere,
                               30, 0.08),
        "back raised": Gesture("flat", (0.0, 15.0, 25.0), ("metacarpal",), (0.1, 6.6, 2.4), anywhere, nowhere,
                               30, 0.08),
    }  # fmt: skip


GESTURES = _gestures()


def random_gesture(
    rng: np.random.Generator,
    *,
    skin: Float32[np.ndarray, "3"],
    garment: Garment,
    name: str | None = None,
    size: float = 1.0,
) -> tuple[Accessory, ...]:
    """Draw a hand at a face with its sleeve; ``name`` fixes the gesture, ``size`` scales the hand."""
    weights = np.array([gesture.weight for gesture in GESTURES.values()])
    drawn = list(GESTURES)[int(rng.choice(len(GESTURES), p=weights / weights.sum()))]
    chosen = drawn if name is None else name
    if chosen not in GESTURES:
        raise ValueError(f"gesture {chosen!r} is unknown; use one of {', '.join(GESTURES)}")
    gesture, is_right = GESTURES[chosen], bool(rng.random() < 0.5)
    pose, turn = POSES[gesture.pose].jittered(rng), turn_of(gesture.turn_deg + rng.normal(0, TURN_SD_DEG))
    hand = size * posed_hand(pose) @ turn.T
    touching = hand[bone_share(gesture.part) > 0.5]
    hand = hand + (np.array(gesture.target) + rng.normal(0, gesture.spread) - touching.mean(0))
    approach = np.array(gesture.approach, np.float64)
    if approach.any():
        approach /= np.linalg.norm(approach)
        hand = hand - FAR_DM * approach
    parts = hand_parts(hand, skin=skin, sleeve=garment if rng.random() < SLEEVE_SHARE else None, name=f"hand: {chosen}")
    touching = parts[0].vertices[parts[0].triangles[bone_share(("forearm",))[parts[0].triangles].max(1) < 0.5]]
    points = np.concatenate([touching.reshape(-1, 3), touching.mean(1)])
    fit = Touch(points, approach.astype(np.float32), gesture.anchor, PRESS_DM)
    return brought(parts, fit, is_right=is_right)


def hand_parts(
    hand: Float[np.ndarray, "V 3"], *, skin: Float32[np.ndarray, "3"], sleeve: Garment | None, name: str = "hand"
) -> tuple[Accessory, ...]:
    """Return a posed left hand and, of the cloth of ``sleeve``, its sleeve."""
    colour, mesh = np.clip(skin * skin_shade(), *ALBEDO_RANGE), (hand, load_hand_pack().triangles)
    bare = accessory(name, mesh, kind="hand", hold="touch", colour=colour, pattern=SKIN, roughness=0.55)
    return (bare,) if sleeve is None else (bare, _sleeve(hand, sleeve))


def brought(parts: tuple[Accessory, ...], fit: Touch, *, is_right: bool) -> tuple[Accessory, ...]:
    """Return things of the left hand as they come to the face together, or their mirror image."""
    parts = tuple(replace(part, fit=fit) for part in parts)
    return tuple(map(_mirrored, parts)) if is_right else parts


def turn_of(turn_deg: Float[np.ndarray, "3"]) -> Float[np.ndarray, "3 3"]:
    """Return the rotation that turns about x, then y, then z."""
    x, y, z = (float(angle) for angle in turn_deg)
    return rotation((0, 0, 1), z) @ rotation((0, 1, 0), y) @ rotation((1, 0, 0), x)


def _mirrored(part: Accessory) -> Accessory:
    """Return the part on the other side of the face."""
    assert isinstance(part.fit, Touch)
    flip = np.array((-1, 1, 1), np.float32)
    triangles = np.ascontiguousarray(part.triangles[:, ::-1])
    return replace(part, vertices=part.vertices * flip, triangles=triangles, fit=part.fit.mirrored())


def _sleeve(hand: Float[np.ndarray, "V 3"], garment: Garment) -> Accessory:
    """Return the cloth round the forearm."""
    pack = load_hand_pack()
    outward = normals_of(hand, pack.triangles)
    covered = (pack.vertices[:, 1] < CUFF_Y)[pack.triangles].all(1)
    kept, corners = np.unique(pack.triangles[covered], return_inverse=True)
    mesh = (hand + SLEEVE_GAP_DM * outward)[kept], corners.reshape(-1, 3).astype(np.int32)
    return accessory("sleeve", mesh, kind="clothes", hold="touch", colour=garment.colour, pattern=WEAVE, roughness=0.85)
