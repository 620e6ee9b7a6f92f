"""Cut a posed head into the meshes that a path tracer draws: the raster's own triangles, in the room."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int32

from facsimile.face.accessories import Accessory
from facsimile.face.rest import ATLAS_SIZE
from facsimile.render.cycles.cutting import cut
from facsimile.render.cycles.paints import pattern_uv, tongue_colours, tooth_colours
from facsimile.render.posing import PosedHead
from facsimile.render.scene import Scene
from facsimile.render.shading import Paint
from facsimile.render.topology import GUM, SKIN, TEETH, TONGUE, topology
from facsimile.render.visibility import below_neckline, outside_clothes
from facsimile.render.worn import Worn

FACE, EYE_LABEL, HAIR_LABEL, OTHER, CLEAR = "face", "eye", "hair", "other", "clear"
"""What a part counts as in a picture of masks; clear parts are not in it."""


@dataclass(frozen=True, eq=False)
class Part:
    """Hold one mesh of the room (dm): its ``material`` by name, what it is in masks, and values of its corners.

    ``uv`` addresses the material's pictures (right, up; 0-1, repeating), ``mask_uv`` the mask of the mouth, ``colours``
    are linear RGB.
    """

    name: str
    material: str
    label: str
    vertices: Float32[np.ndarray, "V 3"]
    triangles: Int32[np.ndarray, "F 3"]
    uv: Float32[np.ndarray, "F 3 2"] | None = None
    mask_uv: Float32[np.ndarray, "F 3 2"] | None = None
    colours: Float32[np.ndarray, "F 3 3"] | None = None


def head_parts(scene: Scene, head: PosedHead, paint: Paint, *, with_teeth: bool) -> list[Part]:
    """Return skin, tongue, clothes and, where lips part, teeth and gums; eyes are made by ``cycles.eyes``."""
    below = below_neckline(scene.appearance)
    parts = [
        _skin(head.vertices, outside_clothes(below)),
        _of_material("tongue", TONGUE, head, tongue_colours(head.normals, paint)),
        _clothes(head.vertices, below, pattern=int(paint.cloth_pattern[0]), scale=float(paint.cloth_pattern[1])),
    ]
    if with_teeth:
        parts.append(_of_material("teeth", TEETH, head, tooth_colours(paint)))
        parts.append(_of_material("gum", GUM, head, None))
    return parts


def worn_parts(worn: Worn | None, accessories: tuple[Accessory, ...]) -> list[Part]:
    """Return what is worn besides clothes; each has a material ``worn-N`` by its place in ``accessories``."""
    if worn is None:
        return []
    lenses, item_of = iter(worn.lenses), worn.cloth.item
    parts, solid = [], 0
    for number, item in enumerate(accessories):
        name = f"worn-{number}"
        if item.is_lens:
            parts.append(Part(name, name, OTHER if item.is_dark else CLEAR, next(lenses)[0], item.triangles))
            continue
        own = worn.cloth.triangles[item_of == solid]
        used, faces = np.unique(own, return_inverse=True)
        uv = pattern_uv(np.ascontiguousarray(worn.cloth.rest[own]), item.pattern, item.scale)
        colours = np.ascontiguousarray(worn.cloth.colour[own], np.float32)
        parts.append(Part(name, name, OTHER, worn.vertices[used], _faces(faces), uv=uv, colours=colours))
        solid += 1
    return parts


def _faces(indices: np.ndarray) -> Int32[np.ndarray, "F 3"]:
    return indices.reshape(-1, 3).astype(np.int32)


def _skin(vertices: np.ndarray, keep: Float32[np.ndarray, " V"]) -> Part:
    """Return the body with the lining of the mouth, without what clothes cover."""
    shape = topology()
    rows = np.flatnonzero(shape.material[: shape.num_head] == SKIN)
    height, width = ATLAS_SIZE
    address = (shape.atlas[rows] + np.float32(0.5)) / np.array([width, height], np.float32)
    address[..., 1] = 1 - address[..., 1]
    corners = np.concatenate([address, shape.mask_uv[rows]], -1).astype(np.float32)
    points, triangles, corners = cut(vertices, shape.head[rows], keep, corners)
    uv, mask_uv = (np.ascontiguousarray(part) for part in (corners[..., :2], corners[..., 2:]))
    return Part("skin", "skin", FACE, points, triangles, uv=uv, mask_uv=mask_uv)


def _of_material(name: str, material: int, head: PosedHead, colours: np.ndarray | None) -> Part:
    """Return all drawn triangles of one material; none of them are clothes."""
    shape = topology()
    triangles = shape.seen[shape.material == material]
    triangles = triangles[np.ptp(triangles, axis=1) > 0]
    used, faces = np.unique(triangles, return_inverse=True)
    return Part(name, name, OTHER, head.vertices[used], _faces(faces), colours=colours)


def _clothes(vertices: np.ndarray, below: Float32[np.ndarray, " V"], *, pattern: int, scale: float) -> Part:
    """Return the clothes, cut at the neckline."""
    shape = topology()
    corners = pattern_uv(np.ascontiguousarray(shape.rest[shape.clothes]), pattern, scale)
    points, triangles, uv = cut(vertices, shape.clothes, below, corners)
    return Part("clothes", "clothes", OTHER, points, triangles, uv=uv)
