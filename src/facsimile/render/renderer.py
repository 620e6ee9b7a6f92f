"""Draw a scene: pose, visibility, shadow, occlusion, shading, diffusion, development, labels."""

from collections.abc import Callable

import numpy as np

from facsimile.face.landmarks import landmarks
from facsimile.face.mouth import lips_are_shut
from facsimile.render.buffers import check_names
from facsimile.render.film import diffused, exposed
from facsimile.render.labels import landmark_visibility, unit_visibility
from facsimile.render.occlusion import ambient_occlusion, nearest_of_blocks
from facsimile.render.performance import Performance, intensities, perform
from facsimile.render.posing import PosedHead, pose_head
from facsimile.render.rendering import Rendering
from facsimile.render.scene import Scene
from facsimile.render.scene_buffers import buffers_of
from facsimile.render.segments import segmentation, triangle_regions
from facsimile.render.shader_input import mesh_of, paint_of, view_of
from facsimile.render.shading import Layers, empty_layers, shade
from facsimile.render.shadow_map import key_shadow
from facsimile.render.stopwatch import NoStopwatch, Stopwatch
from facsimile.render.strand_raster import shade_under_hair
from facsimile.render.topology import topology
from facsimile.render.visibility import Sight, look_at
from facsimile.render.worn import Worn, look_through, shade_worn, wear

FULL_DETAIL_PX_PER_DM = 100.0
"""Faces at least this large get every head hair; smaller ones fewer, wider hairs, each about as wide as a sample."""

Painter = Callable[[Scene, Performance], tuple[np.ndarray, np.ndarray]]
"""Paints the light of a scene in the raster's place: radiance times coverage [H,W,3], coverage [H,W]."""


def render(
    scene: Scene, *, buffers: tuple[str, ...] = (), watch: Stopwatch | None = None, painter: Painter | None = None
) -> Rendering:
    """Draw a scene and label it. Depends on the scene alone: the same bytes in every process of a machine.

    ``buffers`` names the labels per pixel to make (``buffers.BUFFER_NAMES``); they change nothing else. A ``painter``,
    such as ``cycles.painter``, changes the picture alone.
    """
    check_names(buffers)
    watch = NoStopwatch() if watch is None else watch
    px_per_dm, expression = scene.size / scene.camera.frame, scene.expression
    performance = perform(scene, expression)
    watch.lap("rig")
    head, worn = _placed(scene, performance)
    watch.lap("pose")
    sight = look_at(scene, head, worn, with_teeth=not lips_are_shut(performance.vertices))
    watch.lap("raster")
    depth, layers = _shaded(scene, performance, head, worn, sight, watch)
    if painter is None:
        radiance = diffused(layers, depth, px_per_dm)
    else:
        radiance, cover = painter(scene, performance)
        layers = layers._replace(cover=cover)
    watch.lap("diffuse")
    image = exposed(scene, radiance, layers, depth)
    watch.lap("develop")
    points = scene.camera.project(landmarks(head.vertices), scene.size)
    visible = landmark_visibility(points, sight.hiding, size=scene.size, frame_dm=scene.camera.frame)
    rendering = Rendering(
        image=image,
        segmentation=segmentation(layers.classes, sight.buffer.surface, triangle_regions()),
        landmarks=np.ascontiguousarray(points[:, :2]),
        landmark_visible=visible,
        head_pose_rad=np.array(expression.head_pose_rad, np.float32),
        gaze_rad=np.array(expression.gaze_rad, np.float32),
        au=intensities(scene, performance),
        au_visible=unit_visibility(visible, float(expression.head_pose_rad[1])),
        controllers=np.array(expression.controllers, np.float32),
        buffers=buffers_of(scene, head, worn, sight.strands, buffers) if buffers else None,
    )
    watch.lap("labels")
    return rendering


def _placed(scene: Scene, performance: Performance) -> tuple[PosedHead, Worn | None]:
    """Return the head in the room with its hair, and what it wears."""
    px_per_dm, pose = scene.size / scene.camera.frame, scene.expression.head_pose_rad
    detail = 1 / max(1, round((FULL_DETAIL_PX_PER_DM / px_per_dm) ** 1.5))
    head = pose_head(performance.vertices, scene.appearance, pose, detail, teeth=performance.teeth)
    accessories = scene.appearance.accessories + scene.occluders
    worn = wear(accessories, neutral=performance.neutral, vertices=performance.vertices, head_pose_rad=pose)
    return head, worn


def _shaded(
    scene: Scene, performance: Performance, head: PosedHead, worn: Worn | None, sight: Sight, watch: Stopwatch
) -> tuple[np.ndarray, Layers]:
    """Return the depth of each pixel [H,W] and the layers of light."""
    paint = paint_of(scene, performance)
    watch.lap("texture")
    shadow = key_shadow(scene.light, head, worn, picture_size=scene.size)
    watch.lap("shadow")
    depth, occlusion = _occlusion(scene, sight)
    watch.lap("occlusion")
    buffer, strands, layers = sight.buffer, sight.strands, empty_layers(scene.size, scene.size)
    light, view = scene.light.arrays, view_of(scene)
    mesh = mesh_of(scene, performance, head, worn)
    shade(buffer, strands, occlusion, mesh, paint, view, light, shadow, layers)
    if worn is not None:
        shade_worn(buffer, len(topology().seen), strands, occlusion, worn.cloth, view, light, shadow, layers)
        look_through(sight.lenses, strands, view, light, layers)
    watch.lap("shade")
    return depth, layers


def _occlusion(scene: Scene, sight: Sight) -> tuple[np.ndarray, np.ndarray]:
    """Return the depth of each pixel and the part of the sky it sees, both [H,W]."""
    size, px_per_dm = scene.size, scene.size / scene.camera.frame
    depth = np.empty((size, size), np.float32)
    nearest_of_blocks(sight.buffer.depth, depth)
    occlusion = ambient_occlusion(depth, px_per_dm)
    shade_under_hair(sight.strands, px_per_dm, occlusion)
    return depth, occlusion
