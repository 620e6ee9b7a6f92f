"""Put a person's teeth into the mouth and let them follow the jaws; say where light comes in.

The head pack's two strips of teeth are never drawn: they tell where skull and jaw are. Teeth are placed on the neutral
face once, by the strips and the seam of the lips, and then move by the affine map that carries the strips along.
"""

from functools import lru_cache

import numpy as np
from jaxtyping import Float32, Int32

from facsimile.face.front_view import look
from facsimile.face.landmarks import Surface, landmark_surface, pick_places
from facsimile.face.lips import seam
from facsimile.face.pack import MM_PER_UNIT, load_head_pack
from facsimile.face.teeth import Dentition, dental_mesh

STRIP_WIDTH_DM = 0.622
"""Width of the template's upper strip: that of an average dental arch."""
FRONT_HALF_DM = 0.05
"""Corners of a strip nearer the middle than this are its front."""
FORWARD_DM = 0.04
"""Enamel stands this far before the strip's front: lips are 7-9 mm thick."""
LIP_THICKNESS_DM = 0.03
"""Teeth stay this far behind the inner edge of their lip."""
ROLL_FREE_DM, ROLL_GAIN = 0.02, 3.0
"""An upper lip that draws back further than a smile makes it (dm) is rolled over the teeth: they go back into the dark
by this many times as much, as rolled lips of the rig do not cover them wholly."""
SKIN_BELOW_LIP = ((0.0, 6.48), (0.0, 6.44), (0.0, 6.40), (0.0, 6.36), (0.0, 6.30))
SKIN_THICKNESS_DM = 0.02
"""Gums stay this far behind the skin at these places of the template: lips that draw back leave them little room."""
COVERED_GAP_DM = 0.04
"""Where lips part by less, the lower lip covers the upper teeth too."""
LARGEST_TILT = 0.8
"""The opening of the lips faces up or down by no more than this slope, even where a jaw is thrust out."""
SHUT_GAP_DM = 0.002
"""Lips that part by less hide the teeth."""
TONGUE_PAST_LIP_DM, TONGUE_FRONT_DM = 0.16, 0.30
"""A tongue fully out reaches 16 mm past the lip; this much of it moves with the tip."""
TONGUE_ROUNDING_DM, TONGUE_ARCH_DM = 0.20, 0.03
"""The edges of the tongue end this far behind its tip and lie this far below its middle."""
TONGUE_FLATTENING = (0.5, 1.0)
TONGUE_CLEARANCE_DM, TONGUE_SAG = 0.006, 0.8
TONGUE_FULLY_OUT = 0.35
"""Below this value of ``tongueOut`` the tongue is still behind the lip and keeps part of its place."""
CREASE_LOSS, CREASE_RANGE = 3.0, (0.3, 1.5)
"""Creases lose this times the stretch of the mouth; never more or less than this."""
INNER_LIPS = (62, 66, 64, 60)
"""Landmarks: middle of the upper and of the lower lip, left and right corner."""
LEAST_HALF_HEIGHT_DM = 0.006
"""Light finds its way between lips that hardly part."""


@lru_cache(maxsize=1)
def _strips() -> tuple[Int32[np.ndarray, " N"], Int32[np.ndarray, " M"]]:
    pack = load_head_pack()
    return pack.part_vertices("upper_teeth"), pack.part_vertices("lower_teeth")


def placed_teeth(dentition: Dentition, neutral: Float32[np.ndarray, "V 3"]) -> Float32[np.ndarray, "D 3"]:
    """Return the teeth of a neutral face (dm); the incisors reach ``display_mm`` below the seam of the lips."""
    strip = neutral[_strips()[0]]
    middle = float((strip[:, 0].min() + strip[:, 0].max()) / 2)
    front = strip[np.abs(strip[:, 0] - middle) < FRONT_HALF_DM, 2].max() + FORWARD_DM
    scale = np.sqrt(np.ptp(strip[:, 0]) / STRIP_WIDTH_DM) / MM_PER_UNIT
    lip_y = landmark_surface().take([INNER_LIPS[0]]).at(neutral)[0, 1]
    origin = np.array([middle, lip_y - dentition.display_mm / MM_PER_UNIT, front], np.float32)
    return (origin + dentition.vertices * np.float32(scale)).astype(np.float32)


def affine_between(
    before: Float32[np.ndarray, "N 3"], after: Float32[np.ndarray, "N 3"]
) -> tuple[Float32[np.ndarray, "3 3"], Float32[np.ndarray, "3"]]:
    """Return the least-squares matrix A and shift b with ``after`` = ``before`` @ A + b."""
    mean_before, mean_after = before.mean(0), after.mean(0)
    centred = (before - mean_before).astype(np.float64)
    matrix = np.linalg.solve(centred.T @ centred, centred.T @ (after - mean_after)).astype(np.float32)
    return matrix, (mean_after - mean_before @ matrix).astype(np.float32)


def moved_teeth(
    placed: Float32[np.ndarray, "D 3"], neutral: Float32[np.ndarray, "V 3"], posed: Float32[np.ndarray, "V 3"]
) -> Float32[np.ndarray, "D 3"]:
    """Return teeth ``placed`` on the neutral face where an expression takes them: with the skull and with the jaw.

    Lips that roll in over the teeth push them back, so that they do not come through.
    """
    split, out = dental_mesh().num_upper, np.empty_like(placed)
    for strip, rows in zip(_strips(), (slice(None, split), slice(split, None)), strict=True):
        matrix, shift = affine_between(neutral[strip], posed[strip])
        out[rows] = placed[rows] @ matrix + shift
    upper_lip, lower_lip = landmark_surface().take(list(INNER_LIPS[:2])).at(posed)
    closed = float(np.clip(1 - (upper_lip[1] - lower_lip[1]) / COVERED_GAP_DM, 0, 1))
    before_upper = upper_lip[2] + closed * min(0.0, float(lower_lip[2] - upper_lip[2]))
    rolled = landmark_surface().take([INNER_LIPS[0]]).at(neutral)[0, 2] - upper_lip[2] - ROLL_FREE_DM
    for lip_z, teeth in ((before_upper, out[:split]), (lower_lip[2], out[split:])):
        teeth[:, 2] -= max(0.0, float(teeth[:, 2].max() - lip_z + LIP_THICKNESS_DM))
        teeth[:, 2] -= ROLL_GAIN * max(0.0, float(rolled))
    keep_behind_skin(out[split:], _skin_below_lip().at(posed))
    return out


def keep_behind_skin(gums: Float32[np.ndarray, "G 3"], skin: Float32[np.ndarray, "N 3"]) -> None:
    """Move what lies below the first place of ``skin`` (from the top down) back behind it, in place."""
    limit = np.interp(gums[:, 1], skin[::-1, 1], skin[::-1, 2]) - SKIN_THICKNESS_DM
    below = gums[:, 1] < skin[0, 1]
    gums[below, 2] = np.minimum(gums[below, 2], limit[below])


@lru_cache(maxsize=1)
def _skin_below_lip() -> Surface:
    return pick_places(look(load_head_pack().vertices), list(SKIN_BELOW_LIP))


def rest_tongue_on_lip(vertices: Float32[np.ndarray, "V 3"], out: float) -> Float32[np.ndarray, "V 3"]:
    """Return a head whose tongue, put ``out`` 0-1, lies on the lower lip instead of passing through it.

    The front of the tongue reaches past the lip by up to ``TONGUE_PAST_LIP_DM``, is lifted onto it, made as flat as the
    opening asks, and sags beyond it.
    """
    rows = load_head_pack().part_vertices("tongue")
    top, bottom = landmark_surface().take(list(INNER_LIPS[:2])).at(vertices)
    tongue = vertices[rows].astype(np.float64)
    tip = tongue[:, 2].max()
    side = (tongue[:, 0] - tongue[:, 0].mean()) / (np.abs(tongue[:, 0]).max() + 1e-6)
    push = max(0.0, float(bottom[2]) + TONGUE_PAST_LIP_DM * out - tip)
    tongue[:, 2] += push * _smooth_step((tongue[:, 2] - tip + TONGUE_FRONT_DM) / TONGUE_FRONT_DM)
    tongue[:, 2] -= TONGUE_ROUNDING_DM * side**2 * _smooth_step((tongue[:, 2] - bottom[2] + TONGUE_FRONT_DM) / 0.2)
    on_lip = tongue[:, 2] > bottom[2] - TONGUE_FRONT_DM / 3
    floor, ceiling = tongue[on_lip, 1].min(), tongue[on_lip, 1].max()
    flat = np.clip((top[1] - bottom[1]) / (ceiling - floor + 1e-6), *TONGUE_FLATTENING)
    lifted = bottom[1] + TONGUE_CLEARANCE_DM + (tongue[:, 1] - floor) * flat
    lifted -= TONGUE_SAG * np.maximum(tongue[:, 2] - bottom[2], 0) + TONGUE_ARCH_DM * side**2
    front = _smooth_step((tongue[:, 2] - bottom[2] + TONGUE_FRONT_DM) / (0.8 * TONGUE_FRONT_DM))
    tongue[:, 1] += (lifted - tongue[:, 1]) * front * min(1.0, out / TONGUE_FULLY_OUT)
    moved = vertices.copy()
    moved[rows] = tongue
    return moved


def _smooth_step(value: np.ndarray) -> np.ndarray:
    step = np.clip(value, 0, 1)
    return step * step * (3 - 2 * step)


def lips_are_shut(vertices: Float32[np.ndarray, "V 3"]) -> bool:
    """Tell whether the lips touch all along the seam, so that no tooth can be seen."""
    for upper, lower in (seam(), tuple(edge.mirrored() for edge in seam())):
        if (upper.at(vertices)[:, 1] - lower.at(vertices)[:, 1]).max() > SHUT_GAP_DM:
            return False
    return True


def lip_crease(neutral: Float32[np.ndarray, "V 3"], posed: Float32[np.ndarray, "V 3"]) -> float:
    """Return how deep the lips' upright creases are against rest: a third in a broad smile, half more in a pucker."""
    corners = landmark_surface().take(list(INNER_LIPS[2:]))
    before, after = (np.linalg.norm(np.diff(corners.at(v), axis=0)) for v in (neutral, posed))
    return float(np.clip(1 - CREASE_LOSS * (after / before - 1), *CREASE_RANGE))


def mouth_window(vertices: Float32[np.ndarray, "V 3"]) -> Float32[np.ndarray, "5 3"]:
    """Return the opening between the lips: centre, half width (to the left), half height (up), unit way in, bend.

    All in the head's frame. The half vectors are as long as the opening's half axes (dm). Bend (first number of the
    last row) is how far its corners lie above its centre, in half heights.
    """
    top, bottom, left, right = landmark_surface().take(list(INNER_LIPS)).at(vertices)
    half_width = (left - right) / 2
    rise = top - bottom
    if rise[1] < 2 * LEAST_HALF_HEIGHT_DM:
        rise = np.array([0, 2 * LEAST_HALF_HEIGHT_DM, 0], np.float32)
    rise[2] = np.clip(rise[2], -LARGEST_TILT * rise[1], LARGEST_TILT * rise[1])
    height = float(np.linalg.norm(rise)) / 2
    inwards = np.cross(rise, half_width)
    inwards /= np.linalg.norm(inwards) + 1e-9
    up = np.cross(half_width, inwards)
    up /= np.linalg.norm(up) + 1e-9
    centre = (top + bottom) / 2
    bend = ((left + right) / 2 - centre) @ up / height
    return np.stack([centre, half_width, up * height, inwards, [bend, 0, 0]]).astype(np.float32)
