"""The shadow of the strongest light on a posed head."""

import numpy as np

from facsimile.render.light import Light, Shadow, shadow_frame, shadow_of
from facsimile.render.posing import PosedHead
from facsimile.render.raster import FAR, rasterise_depth, strands_depth
from facsimile.render.shading import STRAND_HAIR
from facsimile.render.topology import topology
from facsimile.render.worn import Worn

SHADOW_EXTENT_DM = 4.2
SHADOW_SIZES = (160, 256)
"""Side of the shadow map for pictures up to 160 px and above."""


def key_shadow(light: Light, head: PosedHead, worn: Worn | None, *, picture_size: int) -> Shadow:
    """Draw the key light's depth map round the face."""
    size = SHADOW_SIZES[picture_size > 160]
    centre = head.eye_centres.mean(0) + np.array([0, -0.3, -0.5], np.float32)
    transform = shadow_frame(light, centre, extent=SHADOW_EXTENT_DM, size=size)
    depth = np.full((size, size), FAR, np.float32)
    rasterise_depth(_transformed(head.vertices, transform), topology().seen_head, depth)
    if worn is not None:
        both_sides = np.concatenate([worn.cloth.triangles, worn.cloth.triangles[:, ::-1]])
        rasterise_depth(_transformed(worn.vertices, transform), both_sides, depth)
    for strands in head.strands:
        if strands.kind == STRAND_HAIR:
            strands_depth(_transformed(strands.points[::2], transform), depth)
    return shadow_of(depth, transform, light.softness * size / SHADOW_EXTENT_DM)


def _transformed(points: np.ndarray, transform: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(points @ transform[:, :3].T + transform[:, 3])
