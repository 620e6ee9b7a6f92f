"""Say what each controller does to the template: recipes over the pack's shapes, sculpted pushes, and millimetres.

A recipe is written for the subject's left (``...Left``) or for the middle; the right side is the exact mirror. The sum
of a recipe is scaled so that its largest motion on the skin is the one people reach at full strength: see
``REACH_MM``. Places, sizes and amounts of the pushes on brows, cheeks, nose and mouth are least-squares fits to the
displacements of ICT-FaceKit's expression shapes (MIT, USC Institute for Creative Technologies). ARKit units
(``fu:``) and MakeHuman expression units (``ex:``, blended by ancestry) complete one another.
"""

from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Literal

import numpy as np
from jaxtyping import Float32

from facsimile.face.identity import PACK_ANCESTRIES
from facsimile.face.lips import lower_share
from facsimile.face.pack import MM_PER_UNIT, load_head_pack
from facsimile.face.symmetry import left_mask, mirror_displacements

SKIN_PARTS = ("body", "left_lash_lower", "left_lash_upper", "right_lash_lower", "right_lash_upper")


@dataclass(frozen=True)
class Take:
    """Take a shape of the pack: its name (``ex:`` without ancestry), a weight, and the region it is cut to."""

    shape: str
    weight: float = 1.0
    within: "Region | None" = None


@dataclass(frozen=True)
class Region:
    """Fade a shape out away from ``at`` (template x, y in dm): 1 inside half the ``radius``, 0 outside it."""

    at: tuple[float, float]
    radius: tuple[float, float]


@dataclass(frozen=True)
class Push:
    """Move ``parts`` round ``at`` (template dm) by ``move_mm`` with a bell of standard deviations ``radius`` (dm).

    ``lip`` keeps the push to what lies above the seam of the lips, or to what drops with the jaw.
    """

    at: tuple[float, float, float]
    radius: tuple[float, float, float]
    move_mm: tuple[float, float, float]
    parts: tuple[str, ...] = SKIN_PARTS
    lip: Literal["both", "upper", "lower"] = "both"


Recipe = tuple[Take | Push, ...]


def pair(push: Push) -> Recipe:
    """Return a push and its mirror image, for controllers of the middle."""
    (x, y, z), (right, up, out) = push.at, push.move_mm
    return push, replace(push, at=(-x, y, z), move_mm=(-right, up, out))


LEFT_RECIPES: dict[str, Recipe] = {
    "browDown": (
        Take("fu:browDownLeft", 0.43),
        Push((0.50, 7.51, 1.30), (0.16, 0.16, 0.26), (-2.1, 0.4, 3.0)),
        Push((0.30, 7.43, 1.29), (0.06, 0.06, 0.10), (-2.7, -3.2, 0.2)),
        Push((0.16, 7.91, 1.43), (0.25, 0.25, 0.40), (-0.2, -1.2, 1.2)),
    ),
    "browInnerUp": (
        Take("fu:browInnerUp", 0.66),
        Push((0.00, 7.29, 1.51), (0.16, 0.16, 0.26), (-0.1, 3.0, 0.1)),
        Push((0.06, 8.01, 1.39), (0.25, 0.25, 0.40), (0.1, -1.1, 2.2)),
        Push((0.56, 7.46, 1.24), (0.1, 0.1, 0.16), (-0.3, 1.3, 0.2)),
        Push((0.20, 7.42, 1.46), (0.06, 0.06, 0.10), (1.0, 2.4, -0.7)),
    ),
    "browOuterUp": (
        Take("fu:browOuterUpLeft", 0.98),
        Take("ex:eyebrows-left-extern-up", -0.33),
        Push((0.25, 7.55, 1.47), (0.16, 0.16, 0.26), (0.7, 3.0, -0.1)),
        Push((0.65, 7.28, 1.06), (0.16, 0.16, 0.26), (-0.2, 3.0, 0.2)),
        Push((0.34, 7.50, 1.42), (0.06, 0.06, 0.10), (1.7, 4.3, -1.1)),
        Push((0.50, 7.51, 1.30), (0.1, 0.1, 0.16), (2.3, 2.1, -2.5)),
    ),
    "cheekSquint": (
        Take("fu:cheekSquintLeft", 0.42),
        Push((0.60, 6.99, 1.18), (0.25, 0.25, 0.40), (-1.2, 2.7, 3.7)),
        Push((0.27, 6.73, 1.45), (0.16, 0.16, 0.26), (1.2, 1.1, -1.9)),
        Push((0.58, 6.61, 0.83), (0.16, 0.16, 0.26), (1.4, 2.9, 2.4)),
        Push((0.30, 7.13, 1.28), (0.1, 0.1, 0.16), (-1.2, 2.8, -0.2)),
        Push((0.34, 7.50, 1.42), (0.16, 0.16, 0.26), (0.2, -1.7, -0.7)),
        Push((0.69, 7.25, 0.33), (0.25, 0.25, 0.40), (0.3, -0.9, -0.7)),
    ),
    "eyeBlink": (Take("fu:eyeBlinkLeft"),),
    "eyeSquint": (
        Take("fu:eyeSquintLeft", 1.0, Region(at=(0.32, 7.26), radius=(0.36, 0.24))),
        Take("ex:eye-left-slit", 0.4, Region(at=(0.32, 7.26), radius=(0.36, 0.24))),
    ),
    "eyeWide": (Take("fu:eyeWideLeft"),),
    "eyeLookDown": (Take("fu:eyeLookDownLeft"),),
    "eyeLookUp": (
        Take("fu:eyeLookUpLeft", 0.8),
        Push((0.32, 7.34, 1.4), (0.13, 0.03, 0.12), (0.0, 2.2, -0.2)),
    ),
    "eyeLookIn": (Take("fu:eyeLookInLeft"),),
    "eyeLookOut": (Take("fu:eyeLookOutLeft"),),
    "jaw": (Take("fu:jawLeft"),),
    "mouth": (Take("fu:mouthLeft"),),
    "mouthDimple": (
        Take("fu:mouthDimpleLeft", 0.10),
        Push((0.29, 6.61, 1.40), (0.1, 0.1, 0.16), (-1.7, -0.2, -6.4)),
        Push((0.29, 6.30, 1.28), (0.16, 0.16, 0.26), (0.6, 0.4, 1.4)),
        Push((0.44, 6.64, 1.25), (0.10, 0.12, 0.26), (-2.4, 0.0, 4.4)),
        Push((0.21, 6.69, 1.49), (0.06, 0.06, 0.10), (1.6, -1.6, -2.4)),
        Push((0.13, 6.48, 1.48), (0.1, 0.1, 0.16), (1.4, 0.9, -2.1), lip="lower"),
    ),
    "mouthFrown": (
        Take("fu:mouthFrownLeft", 0.28),
        Push((0.29, 6.63, 1.41), (0.1, 0.1, 0.16), (1.7, -2.7, -2.0)),
        Push((0.29, 6.30, 1.28), (0.16, 0.16, 0.26), (0.1, 0.0, 1.8)),
        Push((0.23, 6.78, 1.46), (0.16, 0.16, 0.26), (-0.3, -1.1, -0.7), lip="upper"),
        Push((0.42, 6.50, 1.22), (0.1, 0.1, 0.16), (0.9, -1.6, 0.8)),
    ),
    "mouthLowerDown": (
        Take("fu:mouthLowerDownLeft", 0.38),
        Take("fu:mouthLowerDownRight", 0.21),
        Push((0.07, 6.19, 1.39), (0.25, 0.25, 0.40), (0.6, -2.9, -2.1)),
        Push((0.00, 6.49, 1.52), (0.1, 0.1, 0.16), (0.1, -3.6, -1.1)),
        Push((0.32, 6.42, 1.33), (0.1, 0.1, 0.16), (2.1, -0.8, -0.2), lip="lower"),
    ),
    "mouthPress": (
        Take("fu:mouthPressLeft", 0.12),
        Take("fu:mouthRollUpper", 0.22),
        Take("fu:mouthRollLower", 0.25),
        Take("fu:mouthShrugLower", 0.14),
        Push((0.22, 6.22, 1.27), (0.25, 0.25, 0.40), (-0.2, 2.6, 1.5)),
        Push((0.09, 6.92, 1.64), (0.06, 0.06, 0.10), (0.0, -0.4, -1.5)),
        Push((0.21, 6.69, 1.49), (0.1, 0.1, 0.16), (-1.2, -0.2, 0.5)),
        Push((0.44, 6.92, 1.36), (0.16, 0.16, 0.26), (0.8, 0.7, 0.2)),
        Push((0.51, 6.49, 0.87), (0.16, 0.16, 0.26), (-0.8, -0.1, 0.4)),
        Push((0.23, 6.25, 0.92), (0.1, 0.1, 0.16), (0.4, -2.1, 0.1)),
    ),
    "mouthSmile": (
        Take("ex:mouth-corner-puller", 0.18),
        Take("fu:mouthSmileLeft", 0.31),
        Push((0.21, 6.69, 1.49), (0.1, 0.1, 0.16), (5.3, 3.9, -7.3)),
        Push((0.63, 6.76, 0.85), (0.25, 0.25, 0.40), (2.4, 3.5, 0.6)),
        Push((0.35, 6.33, 1.19), (0.16, 0.16, 0.26), (0.6, 4.4, 1.2)),
        Push((0.46, 6.58, 1.22), (0.1, 0.1, 0.16), (3.4, 4.0, -3.4)),
        Push((0.00, 6.39, 1.50), (0.16, 0.16, 0.26), (0.7, 3.5, -1.7)),
        Push((0.40, 6.97, 1.39), (0.16, 0.16, 0.26), (1.3, 2.1, 1.3)),
        Push((0.84, 7.22, 0.41), (0.16, 0.16, 0.26), (0.0, 1.4, 0.1)),
        Push((0.29, 6.49, 1.38), (0.1, 0.1, 0.16), (0.4, 1.0, -4.3), lip="lower"),
    ),
    "mouthStretch": (
        Take("fu:mouthStretchLeft", 0.54),
        Take("ex:mouth-retraction", 0.33),
        Push((0.42, 6.43, 0.66), (0.25, 0.25, 0.40), (2.7, 0.7, -0.1)),
        Push((0.21, 6.61, 1.43), (0.06, 0.06, 0.10), (3.1, -1.6, -3.1), lip="lower"),
        Push((0.00, 6.49, 1.52), (0.16, 0.16, 0.26), (0.9, 0.6, -0.9)),
        Push((0.21, 6.61, 1.43), (0.1, 0.1, 0.16), (2.6, 0.2, -2.4), lip="upper"),
        Push((0.26, 6.42, 1.38), (0.1, 0.1, 0.16), (0.8, 1.0, -1.7), lip="lower"),
    ),
    "mouthUpperUp": (
        Take("fu:mouthUpperUpLeft", 0.74),
        Take("fu:mouthUpperUpRight", 1.60),
        Take("ex:mouth-elevation", 0.37),
        Push((0.44, 6.79, 1.34), (0.16, 0.16, 0.26), (0.7, 4.3, 2.1)),
        Push((0.08, 6.81, 1.53), (0.16, 0.16, 0.26), (0.3, 6.5, -1.4), lip="lower"),
        Push((0.04, 6.78, 1.56), (0.06, 0.06, 0.10), (-0.2, 1.3, -1.4)),
        Push((0.24, 6.98, 1.46), (0.1, 0.1, 0.16), (1.0, 1.3, 0.9)),
        Push((0.05, 6.59, 1.54), (0.06, 0.06, 0.10), (0.0, -2.4, 0.1)),
    ),
    "noseSneer": (
        Take("fu:noseSneerLeft", 0.29),
        Take("ex:nose-left-elevation", -0.35),
        Take("fu:mouthUpperUpLeft", 0.54),
        Push((0.50, 6.75, 1.25), (0.25, 0.25, 0.40), (-1.3, 4.6, 2.5)),
        Push((0.24, 6.91, 1.46), (0.16, 0.16, 0.26), (-0.2, 5.1, 1.7)),
        Push((0.15, 7.56, 1.51), (0.25, 0.25, 0.40), (0.0, -1.8, 0.1)),
        Push((0.02, 6.72, 1.57), (0.06, 0.06, 0.10), (0.9, 4.7, -1.3)),
        Push((0.27, 6.73, 1.45), (0.1, 0.1, 0.16), (-0.7, 3.8, -2.4)),
        Push((0.30, 7.13, 1.28), (0.1, 0.1, 0.16), (0.2, 1.9, -0.5)),
        Push((0.40, 6.34, 1.06), (0.16, 0.16, 0.26), (0.4, 1.0, 1.0)),
    ),
    "nasolabialDeepen": (
        Take("fu:noseSneerLeft", 0.3, Region(at=(0.22, 6.85), radius=(0.4, 0.4))),
        Take("fu:mouthUpperUpLeft", 0.10),
        Push((0.24, 6.9, 1.43), (0.08, 0.1, 0.15), (1.2, 5.4, 2.8)),
        Push((0.2, 6.76, 1.45), (0.04, 0.07, 0.1), (0.0, 1.0, -2.0)),
    ),
    "sharpLipPull": (
        Take("fu:mouthSmileLeft", 0.5),
        Push((0.26, 6.64, 1.4), (0.06, 0.07, 0.15), (-0.5, 5.0, -1.0)),
        Push((0.42, 6.82, 1.3), (0.12, 0.12, 0.2), (0.0, 1.5, 3.5)),
    ),
    "cheekPuff": (
        Take("fu:cheekPuff", 0.58),
        Push((0.29, 6.49, 1.38), (0.25, 0.25, 0.40), (-1.0, 1.0, 11.6)),
        Push((0.22, 6.22, 1.27), (0.16, 0.16, 0.26), (1.0, 1.5, -5.4)),
        Push((0.44, 6.79, 1.34), (0.25, 0.25, 0.40), (-0.1, 3.3, -0.8), lip="upper"),
        Push((0.58, 6.61, 0.83), (0.16, 0.16, 0.26), (1.3, 1.4, 3.1)),
        Push((0.46, 6.66, 1.26), (0.1, 0.1, 0.16), (4.0, 1.1, -3.1)),
    ),
    "smileParted": (
        Push((0.11, 6.63, 1.54), (0.15, 0.03, 0.12), (0.0, 1.2, -0.2), lip="upper"),
        Push((0.06, 6.69, 1.55), (0.14, 0.05, 0.12), (0.0, 3.4, -0.6), lip="upper"),
        Push((0.20, 6.63, 1.46), (0.07, 0.05, 0.12), (0.6, 1.6, 0.0), lip="upper"),
        Push((0.19, 6.58, 1.46), (0.08, 0.06, 0.12), (0.6, -4.2, -0.2), lip="lower"),
        Push((0.00, 6.50, 1.50), (0.14, 0.10, 0.14), (0.0, -1.2, 0.0), lip="lower"),
        Push((0.29, 6.63, 1.41), (0.07, 0.08, 0.15), (1.8, 1.8, -0.8)),
    ),
}
"""Recipes of the sided controllers, for the left; ``smileParted`` is a corrective: see ``face.correctives``."""

DIRECTIONS = ("jaw", "mouth")
"""Controllers whose side is where the whole jaw or mouth goes."""

SPLIT = ("mouthFunnel", "mouthPucker")
"""Middle recipes that are cut into a left and a right half, which sum to the whole."""

MIDDLE_RECIPES: dict[str, Recipe] = {
    "jawForward": (Take("fu:jawForward"),),
    "jawOpen": (
        Take("fu:jawOpen"),
        Push((0.0, 6.5, 1.2), (9.0, 9.0, 9.0), (0.0, -5.0, -4.0), parts=("tongue",)),
        *pair(Push((0.16, 6.53, 1.46), (0.07, 0.07, 0.12), (0.6, -2.0, 0.0), lip="lower")),
        Push((0.0, 6.48, 1.52), (0.07, 0.09, 0.12), (0.0, 2.4, 0.0), lip="lower"),
    ),
    "mouthClose": (Take("fu:mouthClose"),),
    "mouthFunnel": (
        Take("fu:mouthFunnel", 0.23),
        Take("ex:mouth-protusion", 0.42),
        *pair(Push((0.06, 6.86, 1.62), (0.25, 0.25, 0.40), (-5.2, 1.8, 5.4), lip="lower")),
        *pair(Push((0.07, 6.28, 1.47), (0.16, 0.16, 0.26), (2.1, -3.1, -1.0))),
        *pair(Push((0.50, 6.58, 1.13), (0.16, 0.16, 0.26), (-3.0, 3.0, 4.4))),
        *pair(Push((0.05, 6.59, 1.54), (0.1, 0.1, 0.16), (-2.5, -2.5, 0.9), lip="upper")),
        *pair(Push((0.06, 6.86, 1.62), (0.1, 0.1, 0.16), (0.4, 0.2, -1.5), lip="upper")),
        *pair(Push((0.08, 6.70, 1.59), (0.06, 0.06, 0.10), (0.3, 5.5, 4.6), lip="upper")),
        *pair(Push((0.21, 6.69, 1.49), (0.06, 0.06, 0.10), (-0.5, 2.3, 6.2), lip="upper")),
    ),
    "mouthPucker": (
        Take("fu:mouthPucker", 0.62),
        *pair(Push((0.34, 6.37, 1.26), (0.25, 0.25, 0.40), (-1.1, 2.5, 2.6))),
        *pair(Push((0.05, 6.43, 1.48), (0.1, 0.1, 0.16), (0.6, -3.3, 1.7), lip="lower")),
        *pair(Push((0.09, 6.92, 1.64), (0.1, 0.1, 0.16), (0.5, -0.6, -2.3))),
        *pair(Push((0.15, 6.69, 1.55), (0.1, 0.1, 0.16), (-0.4, 0.7, 5.0))),
        *pair(Push((0.21, 6.61, 1.43), (0.06, 0.06, 0.10), (-2.0, 0.5, 4.4), lip="lower")),
        *pair(Push((0.56, 6.65, 1.05), (0.16, 0.16, 0.26), (-2.3, 0.8, 1.4))),
    ),
    "mouthRollLower": (
        Take("fu:mouthRollLower"),
        Push((0.0, 6.55, 1.52), (0.17, 0.045, 0.12), (0.0, 5.0, -5.0)),
        Push((0.0, 6.5, 1.4), (9.0, 9.0, 9.0), (0.0, -1.0, -3.0), parts=("lower_teeth",)),
    ),
    "mouthRollUpper": (
        Take("fu:mouthRollUpper"),
        Push((0.0, 6.7, 1.4), (9.0, 9.0, 9.0), (0.0, 0.0, -3.0), parts=("upper_teeth",)),
    ),
    "mouthShrugLower": (
        Take("fu:mouthShrugLower", 0.79),
        *pair(Push((0.06, 6.17, 1.29), (0.25, 0.25, 0.40), (-0.2, 4.6, 2.3))),
        *pair(Push((0.19, 6.50, 1.45), (0.1, 0.1, 0.16), (1.8, 1.2, 2.6))),
        *pair(Push((0.05, 6.18, 1.01), (0.1, 0.1, 0.16), (0.2, -4.0, 0.4))),
        *pair(Push((0.46, 6.45, 1.10), (0.16, 0.16, 0.26), (-1.1, 0.6, 1.5))),
        *pair(Push((0.21, 6.33, 1.40), (0.1, 0.1, 0.16), (-1.1, 3.5, -1.6), lip="lower")),
    ),
    "mouthShrugUpper": (
        Take("fu:mouthShrugUpper", 0.29),
        *pair(Push((0.08, 6.70, 1.59), (0.1, 0.1, 0.16), (0.2, 2.9, 0.4))),
    ),
    "jawClench": (
        Push((0.62, 6.62, 0.72), (0.1, 0.16, 0.2), (3.6, 0.0, 1.6)),
        Push((-0.62, 6.62, 0.72), (0.1, 0.16, 0.2), (-3.6, 0.0, 1.6)),
    ),
    "lipBite": (
        Take("fu:mouthRollLower", 0.8),
        Push((0.0, 6.55, 1.52), (0.17, 0.045, 0.12), (0.0, 5.0, -5.0)),
        Take("fu:mouthUpperUpLeft", 0.15),
        Take("fu:mouthUpperUpRight", 0.15),
    ),
    "tongueOut": (Take("fu:tongueOut"),),
    "lipTighten": (
        Take("fu:mouthRollUpper", 0.5),
        Take("fu:mouthRollLower", 0.7),
        Take("fu:mouthPucker", 0.35),
        Push((0.0, 6.6, 1.52), (0.2, 0.1, 0.1), (0.0, 0.0, -3.5)),
    ),
    "lipsPart": (
        Take("ex:mouth-parling"),
        Take("fu:mouthLowerDownLeft", 0.4),
        Take("fu:mouthLowerDownRight", 0.4),
    ),
    "neckTighten": (
        Take("ex:neck-platysma", 0.4),
        Take("ex:neck-platysma", 1.0, Region(at=(0.0, 5.3), radius=(2.5, 0.95))),
    ),
    "cheekSuck": (
        Take("fu:cheekPuff", -0.7),
        Take("fu:mouthPucker", 0.35),
        *pair(Push((0.50, 6.72, 1.10), (0.12, 0.16, 0.25), (-4.5, 0.0, -5.0))),
        *pair(Push((0.48, 6.98, 1.20), (0.14, 0.06, 0.25), (0.8, 0.0, 1.4))),
    ),
    "nostrilDilate": (Take("ex:nose-left-dilatation", 2.2), Take("ex:nose-right-dilatation", 2.2)),
    "nostrilCompress": (
        Take("ex:nose-compression", 1.5, Region(at=(0.0, 6.86), radius=(0.3, 0.3))),
        Push((0.14, 6.88, 1.53), (0.05, 0.06, 0.08), (-2.5, 0.0, 0.0)),
        Push((-0.14, 6.88, 1.53), (0.05, 0.06, 0.08), (2.5, 0.0, 0.0)),
    ),
}
"""Recipes of the middle controllers."""

REACH_MM: dict[str, float] = {
    "browInnerUp": 6.0,
    "browOuterUp": 8.5,
    "browDown": 6.4,
    "cheekSquint": 8.0,
    "eyeSquint": 3.7,
    "eyeWide": 3.5,
    "noseSneer": 10.2,
    "mouthUpperUp": 8.7,
    "mouthSmile": 15.5,
    "mouthDimple": 8.7,
    "mouthFrown": 8.0,
    "mouthStretch": 10.1,
    "mouthPress": 4.3,
    "mouthLowerDown": 7.5,
    "mouthShrugLower": 11.2,
    "mouthPucker": 12.2,
    "mouthFunnel": 11.6,
    "mouthRollLower": 14.0,
    "mouthRollUpper": 11.5,
    "jaw": 8.8,
    "jawForward": 11.0,
    "jawOpen": 41.4,
    "cheekPuff": 13.9,
}
"""Largest motion on the skin (mm) at controller 1: ICT-FaceKit's scan-based face, pupils 63 mm apart. The cheek and the
lower lip go further (8.0 and 7.5 instead of 6.8 and 4.9 mm): E is the most a person can do."""


def _falloff(region: Region) -> Float32[np.ndarray, " V"]:
    vertices = load_head_pack().vertices
    distance = np.hypot(*((vertices[:, axis] - region.at[axis]) / region.radius[axis] for axis in (0, 1)))
    step = np.clip(2 - 2 * distance, 0, 1)
    return (step * step * (3 - 2 * step)).astype(np.float32)


def _bell(push: Push) -> Float32[np.ndarray, "V 3"]:
    pack = load_head_pack()
    offset = (pack.vertices - np.array(push.at, np.float32)) / np.array(push.radius, np.float32)
    weight = np.exp(-0.5 * (offset**2).sum(1, keepdims=True))
    is_moved = np.zeros((len(pack.vertices), 1), np.float32)
    for part in push.parts:
        is_moved[pack.part_vertices(part)] = 1
    if push.lip != "both":
        is_moved[:, 0] *= lower_share() if push.lip == "lower" else 1 - lower_share()
    return weight * is_moved * np.array(push.move_mm, np.float32) / np.float32(MM_PER_UNIT)


def _take(take: Take, ancestry: str) -> Float32[np.ndarray, "V 3"]:
    pack = load_head_pack()
    name = take.shape.replace("ex:", f"ex:{ancestry}:")
    shape = take.weight * pack.shapes[pack.shape_index[name]]
    if take.within is not None:
        shape = shape * _falloff(take.within)[:, None]
    return shape


def recipe_shape(recipe: Recipe, ancestry: str) -> Float32[np.ndarray, "V 3"]:
    """Return the displacements of a recipe on the whole head, before its reach is set."""
    terms = [_bell(term) if isinstance(term, Push) else _take(term, ancestry) for term in recipe]
    return np.asarray(np.sum(terms, axis=0, dtype=np.float32))


def left_shape(base: str, ancestry: str) -> Float32[np.ndarray, "V 3"]:
    """Return the shape of a sided controller for the left: cut at the mid-line, unless its side is a direction."""
    shape = recipe_shape(LEFT_RECIPES[base], ancestry)
    return scaled(shape if base in DIRECTIONS else shape * left_mask()[:, None], base)


@lru_cache(maxsize=1)
def skin_vertices() -> np.ndarray:
    """Return the vertices on which motion is measured: the face's skin, without the inside of the mouth."""
    pack = load_head_pack()
    triangles, uv_triangles, _ = pack.triangles(("body",))
    inside = pack.sample_mask("inside_mouth", pack.uv[uv_triangles].mean(1)) > 0.5
    return np.setdiff1d(triangles[~inside], triangles[inside])


def reach_mm(shape: Float32[np.ndarray, "V 3"]) -> float:
    """Return the largest motion on the skin in millimetres."""
    return float(np.linalg.norm(shape[skin_vertices()], axis=1).max()) * MM_PER_UNIT


def scaled(shape: Float32[np.ndarray, "V 3"], base: str) -> Float32[np.ndarray, "V 3"]:
    """Scale a shape to the reach of its controller, where one is given."""
    if base not in REACH_MM:
        return shape
    return shape * np.float32(REACH_MM[base] / reach_mm(shape))


@lru_cache(maxsize=1)
def rig_shapes() -> tuple[tuple[str, ...], Float32[np.ndarray, "N S V 3"]]:
    """Return shape names [S] and displacements for the three ancestries [3,S,V,3] at controller 1, eyeballs unmoved."""
    pack = load_head_pack()
    names: list[str] = []
    rows: list[np.ndarray] = []
    for base in LEFT_RECIPES:
        left = np.stack([left_shape(base, ancestry) for ancestry in PACK_ANCESTRIES])
        names += [f"{base}Left", f"{base}Right"]
        rows += [left, mirror_displacements(left)]
    for name, recipe in MIDDLE_RECIPES.items():
        both = np.stack([recipe_shape(recipe, ancestry) for ancestry in PACK_ANCESTRIES])
        both = (both + mirror_displacements(both)) / 2
        both = np.stack([scaled(shape, name) for shape in both])
        if name in SPLIT:
            left = both * left_mask()[:, None]
            names += [f"{name}Left", f"{name}Right"]
            rows += [left, mirror_displacements(left)]
        else:
            names.append(name)
            rows.append(both)
    shapes = np.stack(rows, axis=1).astype(np.float32)
    for eye in ("left_eye", "right_eye"):
        shapes[:, :, pack.part_vertices(eye)] = 0
    return tuple(names), shapes
