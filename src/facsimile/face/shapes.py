"""Say what each controller does to the template: recipes over the pack's shapes, sculpted pushes, and millimetres.

A recipe is written for the subject's left (``...Left``) or for the middle; the right side is the exact mirror. The sum
of a recipe is scaled so that its largest motion on the skin is the one people reach at full strength: see
``REACH_MM``. ARKit units (``fu:``) and MakeHuman expression units (``ex:``, blended by ancestry) complete one another.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float32

from facsimile.face.identity import PACK_ANCESTRIES
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
    """Move ``parts`` round ``at`` (template dm) by ``move_mm`` with a bell of standard deviations ``radius`` (dm)."""

    at: tuple[float, float, float]
    radius: tuple[float, float, float]
    move_mm: tuple[float, float, float]
    parts: tuple[str, ...] = SKIN_PARTS


Recipe = tuple[Take | Push, ...]

LEFT_RECIPES: dict[str, Recipe] = {
    "browDown": (Take("fu:browDownLeft"), Push((0.24, 7.45, 1.47), (0.13, 0.08, 0.15), (-2.0, -0.8, 1.0))),
    "browInnerUp": (
        Take("fu:browInnerUp"),
        Take("ex:eyebrows-left-inner-up", 0.5),
        Push((0.17, 7.5, 1.48), (0.1, 0.1, 0.2), (0.2, 3.5, -0.3)),
    ),
    "browOuterUp": (
        Take("fu:browOuterUpLeft", 0.7),
        Take("ex:eyebrows-left-extern-up", 0.3),
        Push((0.40, 7.52, 1.38), (0.15, 0.11, 0.3), (1.2, 5.5, -1.5)),
    ),
    "cheekSquint": (
        Take("fu:cheekSquintLeft", 0.15),
        Push((0.44, 7.02, 1.3), (0.18, 0.07, 0.3), (0.0, 3.6, 4.6)),
        Push((0.33, 7.22, 1.39), (0.13, 0.035, 0.12), (-0.2, 3.0, 0.6)),
        Push((0.50, 7.27, 1.33), (0.06, 0.07, 0.12), (-1.2, 0.0, 0.6)),
    ),
    "eyeBlink": (Take("fu:eyeBlinkLeft"),),
    "eyeSquint": (Take("fu:eyeSquintLeft"), Take("ex:eye-left-slit", 0.4)),
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
        Take("fu:mouthDimpleLeft"),
        Push((0.36, 6.63, 1.36), (0.035, 0.06, 0.12), (0.5, 0.5, -4.5)),
        Push((0.45, 6.64, 1.27), (0.045, 0.12, 0.15), (0.8, 0.3, 2.5)),
    ),
    "mouthFrown": (Take("fu:mouthFrownLeft"), Push((0.3, 6.52, 1.38), (0.1, 0.1, 0.15), (0.8, -1.2, -0.8))),
    "mouthLowerDown": (Take("fu:mouthLowerDownLeft"), Take("fu:mouthLowerDownRight")),
    "mouthPress": (
        Take("fu:mouthPressLeft", 0.2),
        Take("fu:mouthRollUpper", 0.3),
        Take("fu:mouthRollLower", 0.45),
        Take("fu:mouthShrugLower", 0.2),
        Push((0.12, 6.4, 1.42), (0.15, 0.1, 0.2), (0.0, 2.5, 1.0)),
    ),
    "mouthSmile": (
        Take("ex:mouth-corner-puller"),
        Take("fu:mouthSmileLeft", 0.25),
        Push((0.27, 6.64, 1.42), (0.13, 0.09, 0.2), (2.5, 0.5, -4.0)),
        Push((0.44, 6.9, 1.3), (0.14, 0.14, 0.25), (0.0, 2.0, 1.5)),
    ),
    "mouthStretch": (Take("fu:mouthStretchLeft"), Take("ex:mouth-retraction", 0.5)),
    "mouthUpperUp": (
        Take("fu:mouthUpperUpLeft"),
        Take("fu:mouthUpperUpRight"),
        Take("ex:mouth-elevation", 0.8),
    ),
    "noseSneer": (
        Take("fu:noseSneerLeft"),
        Take("ex:nose-left-elevation", 0.6),
        Take("fu:mouthUpperUpLeft", 0.75),
        Push((0.12, 7.1, 1.5), (0.08, 0.12, 0.15), (0.0, 2.0, 0.5)),
    ),
    "nasolabialDeepen": (
        Take("fu:noseSneerLeft", 0.3),
        Take("fu:mouthUpperUpLeft", 0.25),
        Push((0.24, 6.9, 1.43), (0.08, 0.1, 0.15), (1.2, 3.5, 1.2)),
        Push((0.2, 6.76, 1.45), (0.04, 0.07, 0.1), (0.0, 1.0, -2.0)),
    ),
    "sharpLipPull": (
        Take("fu:mouthSmileLeft", 0.5),
        Push((0.26, 6.64, 1.4), (0.06, 0.07, 0.15), (-0.5, 5.0, -1.0)),
        Push((0.42, 6.82, 1.3), (0.12, 0.12, 0.2), (0.0, 1.5, 3.5)),
    ),
    "cheekPuff": (Take("fu:cheekPuff"),),
    "toothySmile": (
        Take("ex:mouth-upward-retraction", 0.55),
        Take("ex:mouth-corner-puller", 0.45),
        Take("fu:mouthUpperUpLeft", 0.7),
        Take("fu:mouthUpperUpRight", 0.7),
        Push((0.0, 6.68, 1.55), (0.15, 0.06, 0.1), (0.0, 1.5, 0.0)),
        Push((0.27, 6.64, 1.42), (0.13, 0.09, 0.2), (2.5, 0.5, -3.0)),
        Push((0.44, 6.9, 1.3), (0.14, 0.14, 0.25), (0.0, 2.0, 1.5)),
    ),
}
"""Recipes of the sided controllers, for the left; ``toothySmile`` is a corrective."""

DIRECTIONS = ("jaw", "mouth")
"""Controllers whose side is where the whole jaw or mouth goes."""

SPLIT = ("mouthFunnel", "mouthPucker")
"""Middle recipes that are cut into a left and a right half, which sum to the whole."""

MIDDLE_RECIPES: dict[str, Recipe] = {
    "jawForward": (Take("fu:jawForward"),),
    "jawOpen": (Take("fu:jawOpen"), Push((0.0, 6.5, 1.2), (9.0, 9.0, 9.0), (0.0, -5.0, -4.0), parts=("tongue",))),
    "mouthClose": (Take("fu:mouthClose"),),
    "mouthFunnel": (Take("fu:mouthFunnel"), Take("ex:mouth-protusion", 0.25)),
    "mouthPucker": (Take("fu:mouthPucker"),),
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
        Take("fu:mouthShrugLower"),
        Push((0.0, 6.32, 1.42), (0.22, 0.11, 0.25), (0.0, 5.0, 1.5)),
    ),
    "mouthShrugUpper": (Take("fu:mouthShrugUpper"),),
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
        Take("fu:mouthPucker", 0.3),
        Push((0.48, 6.75, 1.15), (0.12, 0.14, 0.25), (-2.5, 0.0, -2.5)),
        Push((-0.48, 6.75, 1.15), (0.12, 0.14, 0.25), (2.5, 0.0, -2.5)),
    ),
    "nostrilDilate": (Take("ex:nose-left-dilatation", 2.2), Take("ex:nose-right-dilatation", 2.2)),
    "nostrilCompress": (
        Take("ex:nose-compression", 1.5),
        Push((0.14, 6.88, 1.53), (0.05, 0.06, 0.08), (-2.5, 0.0, 0.0)),
        Push((-0.14, 6.88, 1.53), (0.05, 0.06, 0.08), (2.5, 0.0, 0.0)),
    ),
}
"""Recipes of the middle controllers."""

REACH_MM: dict[str, float] = {
    "browInnerUp": 6.0,
    "browOuterUp": 8.5,
    "browDown": 6.4,
    "cheekSquint": 6.2,
    "eyeSquint": 3.7,
    "eyeWide": 3.5,
    "noseSneer": 10.2,
    "mouthUpperUp": 8.7,
    "mouthSmile": 15.5,
    "mouthDimple": 8.7,
    "mouthFrown": 6.0,
    "mouthStretch": 10.1,
    "mouthPress": 4.3,
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
"""Largest motion on the skin (mm) at controller 1: ICT-FaceKit's scan-based face, pupils 63 mm apart."""


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
