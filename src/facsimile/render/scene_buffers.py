"""Labels per pixel of a drawn scene, on demand."""

from functools import partial

from facsimile.render.buffers import (
    Buffers,
    dense_points,
    depth_mm,
    displacements,
    hair_of_blocks,
    normals_of,
    pixel_buffer,
    resting,
)
from facsimile.render.performance import room_vertices
from facsimile.render.posing import PosedHead
from facsimile.render.scene import Scene
from facsimile.render.strand_raster import StrandLayer
from facsimile.render.visibility import below_neckline
from facsimile.render.worn import Worn


def buffers_of(
    scene: Scene, head: PosedHead, worn: Worn | None, strands: StrandLayer, names: tuple[str, ...]
) -> Buffers:
    """Make the labels per pixel in ``names`` (``buffers.BUFFER_NAMES``)."""
    camera, size, cut = scene.camera, scene.size, below_neckline(scene.appearance)
    seen = pixel_buffer(head.vertices, camera, size, below_neckline=cut, worn=worn)
    hair, hair_depth = hair_of_blocks(strands)
    points, visible, moved = None, None, {}
    if "landmarks" in names:
        points, visible = dense_points(head.vertices, head.normals, camera, seen, hair)
    if "displacement" in names:
        at_rest = room_vertices(scene, resting(scene.expression))
        moved = displacements(
            partial(room_vertices, scene),
            expression=scene.expression,
            action_units=scene.action_units,
            camera=camera,
            buffer=pixel_buffer(at_rest, camera, size, below_neckline=cut, worn=worn),
        )
    return Buffers(
        depth_mm=depth_mm(seen, hair_depth, hair) if "depth" in names else None,
        normals=normals_of(seen, head.normals, worn, hair) if "normals" in names else None,
        landmarks=points,
        landmark_visible=visible,
        displacement=moved,
    )
