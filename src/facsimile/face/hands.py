"""Bend a hand: the left hand and forearm of the hand pack, posed by the angles of its joints.

The hand has a frame of its own: the wrist at 0, fingers along y, the back of the hand along z, the thumb to x;
decimetres. A right hand is its mirror image.
"""

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from jaxtyping import Float, Float32, Int32

PACK_PATH = Path(__file__).resolve().parent.parent / "assets" / "hand_pack.npz"
FINGERS = ("thumb", "index", "middle", "ring", "little")
BONES = (
    "wrist",
    "forearm",
    *(f"metacarpal{k}" for k in range(1, 5)),
    *(f"finger{finger}-{part}" for finger in range(1, 6) for part in range(1, 4)),
)
"""Bones of the pack, parents first; the wrist's is the palm, finger 1 is the thumb."""
LEAST_FLEX = ((-20.0,) * 3, *((-8.0,) * 3,) * 4)
"""Degrees to which joints bend back."""
REST_FLEX = ((0.0, 0.0, 0.0), (16.0, 12.0, 8.0), (20.0, 5.0, 8.0), (18.0, 8.0, 12.0), (23.0, 11.0, 8.0))
"""Degrees by which the pack's fingers are bent already, three joints of each from the palm on."""


Angles = tuple[float, float, float]


@dataclass(frozen=True)
class HandPose:
    """Hold the angles of a hand's joints in degrees."""

    flex: tuple[Angles, ...]
    """By finger from the thumb on, three joints each from the palm on; 0 is straight, for the thumb as in the pack."""
    spread: float = 0.0
    """By how much each finger turns away from its neighbour, 0 as in the pack."""
    opposition: float = 0.0
    """Turn of the thumb to before the palm."""
    wrist: tuple[float, float] = (0.0, 0.0)
    """Turn of the hand against the forearm: towards its back, and towards the thumb."""

    def jittered(self, rng: np.random.Generator, sd_deg: float = 5.0) -> "HandPose":
        """Return a pose a little different in every joint."""
        change = rng.normal(0, sd_deg, (5, 3))
        bent = np.maximum(np.array(self.flex) + change, LEAST_FLEX)
        flex = tuple((float(a), float(b), float(c)) for a, b, c in bent)
        return HandPose(flex, self.spread + float(rng.normal(0, 1.5)), self.opposition, self.wrist)


def _curl(thumb: Angles, index: Angles, little: Angles) -> tuple[Angles, ...]:
    """Return the angles of a hand whose fingers bend from the first to the last more and more, or less and less."""
    share = (0.0, 1 / 3, 2 / 3, 1.0)
    a, b = np.array(index), np.array(little)
    fingers = [(float(x), float(y), float(z)) for x, y, z in (a + (b - a) * s for s in share)]
    return (thumb, *fingers)


POSES: dict[str, HandPose] = {
    "flat": HandPose(_curl((0.0, -5.0, 0.0), (4.0, 3.0, 2.0), (4.0, 3.0, 2.0)), spread=-3.0),
    "closed": HandPose(_curl((0.0, 0.0, 5.0), (12.0, 12.0, 6.0), (18.0, 15.0, 8.0)), spread=-8.0),
    "spread": HandPose(_curl((-15.0, -10.0, -5.0), (2.0, 6.0, 4.0), (2.0, 6.0, 4.0)), spread=9.0),
    "relaxed": HandPose(_curl((0.0, 5.0, 10.0), (22.0, 26.0, 14.0), (38.0, 36.0, 18.0))),
    "fist": HandPose(_curl((20.0, 40.0, 45.0), (80.0, 98.0, 60.0), (88.0, 98.0, 60.0)), opposition=45.0),
    "loose fist": HandPose(_curl((10.0, 25.0, 25.0), (62.0, 80.0, 40.0), (74.0, 86.0, 44.0)), opposition=30.0),
    "pointing": HandPose(
        ((20.0, 40.0, 40.0), (8.0, 6.0, 4.0), (78.0, 96.0, 58.0), (82.0, 98.0, 60.0), (84.0, 96.0, 58.0)),
        opposition=45.0,
    ),
    "grip": HandPose(_curl((10.0, 15.0, 20.0), (58.0, 55.0, 32.0), (64.0, 54.0, 30.0)), opposition=52.0),
    "wide grip": HandPose(_curl((0.0, 10.0, 15.0), (42.0, 40.0, 22.0), (48.0, 40.0, 22.0)), opposition=50.0),
}
"""Poses by name, fitted by eye."""


@dataclass(frozen=True, eq=False)
class HandPack:
    """Hold the left hand: vertices (dm), triangles, how each follows the bones (rows sum to 1), and their ends."""

    vertices: Float32[np.ndarray, "V 3"]
    triangles: Int32[np.ndarray, "F 3"]
    weights: Float32[np.ndarray, "V B"]
    joints: Float32[np.ndarray, "B 2 3"]


@lru_cache(maxsize=1)
def load_hand_pack() -> HandPack:
    """Read the pack that ships with the package."""
    with np.load(PACK_PATH, allow_pickle=False) as data:
        quads, weights = data["quads"].astype(np.int32), data["weights"].astype(np.float32)
        triangles = np.concatenate([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
        return HandPack(data["vertices"], triangles, weights / weights.sum(1, keepdims=True), data["joints"])


def posed_hand(pose: HandPose) -> Float32[np.ndarray, "V 3"]:
    """Return the vertices of the left hand and its forearm in a pose, in the hand's frame."""
    pack = load_hand_pack()
    placed: dict[str, np.ndarray] = {}
    out = np.zeros_like(pack.vertices)
    homogeneous = np.concatenate([pack.vertices, np.ones((len(pack.vertices), 1), np.float32)], 1)
    for column, bone in enumerate(BONES):
        placed[bone] = placed.get(_parent(bone), np.eye(4)) @ _turn(bone, pose, pack.joints[column])
        out += pack.weights[:, column, None] * (homogeneous @ placed[bone][:3].T.astype(np.float32))
    return out


def _parent(bone: str) -> str:
    """Return the bone that carries another."""
    if bone.startswith("finger") and bone[-1] != "1":
        return f"{bone[:-1]}{int(bone[-1]) - 1}"
    return ""


def _turn(bone: str, pose: HandPose, ends: Float32[np.ndarray, "2 3"]) -> Float[np.ndarray, "4 4"]:
    """Return the turn of one bone about its beginning, in the frame of the hand at rest."""
    ahead = (ends[1] - ends[0]).astype(np.float64)
    if bone == "forearm":
        back, aside = pose.wrist
        turn = rotation((1, 0, 0), back) @ rotation((0, 0, 1), -aside)
    elif bone.startswith("metacarpal") or bone == "wrist":
        return np.eye(4)
    else:
        finger, part = int(bone[6]) - 1, int(bone[8]) - 1
        angle = pose.flex[finger][part] - REST_FLEX[finger][part]
        turn = rotation(THUMB_AXIS if finger == 0 else np.cross(ahead, (0, 0, -1)), angle)
        if part == 0:
            turn = rotation((0, 0, 1), -pose.spread * SPREAD[finger]) @ turn
            turn = rotation((0, 1, 0), pose.opposition) @ turn if finger == 0 else turn
    out = np.eye(4)
    out[:3, :3], out[:3, 3] = turn, ends[0] - turn @ ends[0]
    return out


THUMB_AXIS = (0.64, 0.29, 0.72)
"""Axis the thumb bends about: across its three bones in the pack."""
SPREAD = (0.5, 0.8, 0.0, -1.4, -2.0)
"""Turn of each finger for a spread of 1, towards the thumb."""


def rotation(axis: tuple[float | int, ...] | Float[np.ndarray, "3"], angle_deg: float) -> Float[np.ndarray, "3 3"]:
    """Return the rotation by an angle about an axis (Rodrigues)."""
    x, y, z = np.asarray(axis, np.float64) / np.linalg.norm(axis)
    cross = np.array(((0, -z, y), (z, 0, -x), (-y, x, 0)))
    angle = np.radians(angle_deg)
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross


def bone_share(prefixes: tuple[str, ...]) -> Float32[np.ndarray, " V"]:
    """Return how much each vertex follows the bones whose names begin with any of ``prefixes``."""
    columns = [column for column, bone in enumerate(BONES) if bone.startswith(prefixes)]
    return load_hand_pack().weights[:, columns].sum(1)


@lru_cache(maxsize=1)
def skin_shade() -> Float32[np.ndarray, "V 3"]:
    """Return the factor on the skin's colour at each vertex: pale nails and palms, reddish knuckles and fingertips."""
    pack = load_hand_pack()
    normals = normals_of(pack.vertices, pack.triangles)
    palm = np.clip(-normals[:, 2:] * 1.5, 0, 1) * (1 - bone_share(("forearm",)))[:, None]
    shade = 1 + palm * np.array((0.16, 0.08, 0.06), np.float32)
    for column, bone in enumerate(BONES):
        if not bone.startswith("finger"):
            continue
        begin, end = pack.joints[column]
        ahead = (end - begin) / np.linalg.norm(end - begin)
        axis = np.array(THUMB_AXIS) if bone[6] == "1" else np.cross(ahead, (0, 0, -1))
        back = normals @ np.cross(ahead, axis / np.linalg.norm(axis))
        along = (pack.vertices - begin) @ ahead / np.linalg.norm(end - begin)
        near = pack.weights[:, column] * np.clip(back * 2, 0, 1)
        shade *= 1 + (near * np.exp(-((along / 0.3) ** 2)))[:, None] * np.array((0.02, -0.12, -0.12))
        if bone.endswith("3"):
            nail = pack.weights[:, column] * np.clip((along - 0.45) * 6, 0, 1) * np.clip((back - 0.55) * 5, 0, 1)
            shade *= 1 + nail[:, None] * np.array((0.22, 0.12, 0.12))
    return shade.astype(np.float32)


def normals_of(vertices: Float[np.ndarray, "V 3"], triangles: Int32[np.ndarray, "F 3"]) -> Float[np.ndarray, "V 3"]:
    """Return the unit normals at the vertices of a mesh."""
    a, b, c = (vertices[triangles[:, k]].astype(np.float64) for k in range(3))
    face, out = np.cross(b - a, c - a), np.zeros((len(vertices), 3))
    for k in range(3):
        np.add.at(out, triangles[:, k], face)
    return out / np.maximum(np.linalg.norm(out, axis=1, keepdims=True), 1e-12)
