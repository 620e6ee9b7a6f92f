"""What the camera sees of a posed head: solids and things worn in a G-buffer, hair in a layer over it, lenses."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from facsimile.face.accessories import Accessory
from facsimile.face.appearance import Appearance
from facsimile.face.clothes import BODY_MARGIN_DM
from facsimile.render.posing import PosedHead
from facsimile.render.raster import GBuffer, empty_gbuffer, rasterise
from facsimile.render.scene import Scene
from facsimile.render.shading import HAND, MASK, OBJECT, STRAND_BEARD, STRAND_BROW, STRAND_HAIR, STRAND_LASH
from facsimile.render.strand_raster import StrandLayer, depth_with_strands, draw_strands, empty_strands
from facsimile.render.topology import topology
from facsimile.render.worn import Worn, draw_lenses, draw_worn

SAMPLES = 2
"""Samples per pixel along each axis."""
NEVER_DRESSED = 6.35
"""Skin of the template with y + 0.45 z above this (dm) is never covered by a garment: chin and throat."""
STRAND_BIAS_DM = {STRAND_HAIR: 0.0, STRAND_BEARD: 0.008, STRAND_BROW: 0.012, STRAND_LASH: 0.012}
STRAND_TAPER = {STRAND_HAIR: 0.6, STRAND_BEARD: 0.7, STRAND_BROW: 0.75, STRAND_LASH: 0.8}
"""Part of the width lost from root to tip."""


@dataclass(frozen=True)
class Sight:
    """Hold what each sample [2H,2W] of a picture sees."""

    buffer: GBuffer
    """Head, clothes, teeth and solid things worn."""
    strands: StrandLayer
    """All hair, brows and lashes."""
    hiding: GBuffer
    """``buffer`` with the depth of what can hide a landmark: also head hair and dark lenses."""
    lenses: list[tuple[np.ndarray, Accessory]]
    """Depth of each lens, inf where it is not seen."""


def look_at(scene: Scene, head: PosedHead, worn: Worn | None, *, with_teeth: bool) -> Sight:
    """Find what the scene's camera sees; ``with_teeth`` False leaves out teeth behind shut lips."""
    side = scene.size * SAMPLES
    buffer, strands = empty_gbuffer(side, side), empty_strands(side, side)
    _draw_solids(scene, head, buffer, with_teeth=with_teeth)
    if worn is not None:
        draw_worn(worn, scene.camera, len(topology().seen), buffer)
    _draw_hairs(scene, head, (STRAND_HAIR,), depth=buffer.depth, layer=strands)
    hiding = depth_with_strands(buffer.depth, strands)
    lenses = [] if worn is None else draw_lenses(worn, scene.camera, buffer.depth)
    for lens_depth, lens in lenses:
        if lens.is_dark:
            hiding = np.minimum(hiding, lens_depth)
    solid = buffer.depth if worn is None else _hiding_short_hair(buffer, worn)
    _draw_hairs(scene, head, (STRAND_BEARD, STRAND_BROW, STRAND_LASH), depth=solid, layer=strands)
    return Sight(buffer, strands, buffer._replace(depth=hiding), lenses)


def _hiding_short_hair(buffer: GBuffer, worn: Worn) -> Float32[np.ndarray, "H W"]:
    """Return the depth [H,W] behind which beard, brows and lashes are hidden: anywhere behind what presses on them."""
    presses = np.isin(worn.classes, (HAND, MASK, OBJECT))
    if not presses.any():
        return buffer.depth
    number = buffer.surface - len(topology().seen)
    return np.where((number >= 0) & presses[np.maximum(number, 0)], np.float32(0), buffer.depth)


def below_neckline(appearance: Appearance) -> Float32[np.ndarray, " V"]:
    """Return how far each template vertex lies below the collar (dm): clothes cover what is positive."""
    return appearance.garment.below(topology().rest)


def _draw_solids(scene: Scene, head: PosedHead, buffer: GBuffer, *, with_teeth: bool) -> None:
    """Rasterise head, clothes and, where lips part, teeth."""
    shape = topology()
    screen = scene.camera.project(head.vertices, scene.size * SAMPLES)
    everything, below = np.empty(0, np.float32), below_neckline(scene.appearance)
    rasterise(screen, shape.seen_head, 0, outside_clothes(below), True, buffer)
    if with_teeth:
        rasterise(screen, shape.teeth, len(shape.triangles), everything, False, buffer)
    rasterise(screen, shape.clothes, shape.num_head, below, False, buffer)


def outside_clothes(below: Float32[np.ndarray, " V"]) -> Float32[np.ndarray, " V"]:
    """Return what is negative where the body lies well ``below`` the collar, hidden by cloth."""
    rest = topology().rest
    in_neck = rest[:, 1] + np.float32(0.45) * rest[:, 2] - np.float32(NEVER_DRESSED)
    return np.maximum(np.float32(BODY_MARGIN_DM) - below, in_neck)


def _draw_hairs(
    scene: Scene, head: PosedHead, kinds: tuple[int, ...], *, depth: np.ndarray, layer: StrandLayer
) -> None:
    """Draw the strands of some kinds, hidden by what is nearer than ``depth`` [H,W]."""
    samples = scene.size * SAMPLES
    for strands in head.strands:
        if strands.kind in kinds:
            draw_strands(
                scene.camera.project(strands.points, samples),
                width_px=strands.width_dm * np.float32(samples / scene.camera.frame),
                taper=STRAND_TAPER[strands.kind],
                colour=strands.colour,
                openness=strands.openness,
                kind=strands.kind,
                bias=STRAND_BIAS_DM[strands.kind],
                solid=depth,
                layer=layer,
            )
