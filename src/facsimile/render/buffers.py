"""Labels per pixel on demand: depth, normals, dense landmarks, and how far each unit moves each point of the skin."""

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from jaxtyping import Bool, Float32, UInt8

from facsimile.face.dense_landmarks import dense_landmarks, is_eye_point
from facsimile.face.pack import MM_PER_UNIT
from facsimile.facs.action_units import LABEL_UNITS
from facsimile.facs.converters import expression_from_action_units
from facsimile.facs.expression import ActionUnits, Expression
from facsimile.kernel import lean_kernel
from facsimile.render.camera import Camera
from facsimile.render.labels import SURFACE_TOLERANCE_DM, THIN_DM
from facsimile.render.raster import EMPTY, GBuffer, empty_gbuffer, rasterise
from facsimile.render.shading import STRAND_HAIR
from facsimile.render.strand_raster import HIDES, StrandLayer
from facsimile.render.topology import EYE, SKIN, topology
from facsimile.render.worn import Worn, draw_worn

BUFFER_NAMES = ("depth", "normals", "landmarks", "displacement")
"""What can be asked for."""
NOTHING = 255
"""Material of pixels that show no head."""
WHOLE = "all"
"""Key of the whole expression among displacements."""


@dataclass(frozen=True)
class Buffers:
    """Labels of every pixel; what was not asked for is None or empty. Axes as in the room: x right, y up, z near."""

    depth_mm: Float32[np.ndarray, "H W"] | None = None
    """Along the optical axis, of what the pixel's centre sees: head, clothes or hair; NaN in the background."""
    normals: Float32[np.ndarray, "H W 3"] | None = None
    """Unit normal of head, clothes and things worn: x right, y up, z to the camera; NaN elsewhere and on hair."""
    landmarks: Float32[np.ndarray, "D 2"] | None = None
    """Dense landmarks (``face.dense_landmarks``): pixel x, y."""
    landmark_visible: Bool[np.ndarray, " D"] | None = None
    displacement: dict[str, Float32[np.ndarray, "H W 2"]] = field(default_factory=dict)
    """By unit ("AU12") and for the whole expression ("all"): pixels right and down that the skin seen at this pixel on
    the neutral face moves when only that unit, or everything, is done; NaN where the neutral face shows no skin."""


def check_names(names: tuple[str, ...]) -> None:
    """Raise ValueError for a buffer that does not exist."""
    for name in names:
        if name not in BUFFER_NAMES:
            raise ValueError(f"buffers: {name!r} is none; use some of {', '.join(BUFFER_NAMES)}")


def pixel_buffer(
    vertices: Float32[np.ndarray, "P 3"],
    camera: Camera,
    size: int,
    *,
    below_neckline: Float32[np.ndarray, " P"],
    worn: Worn | None = None,
) -> GBuffer:
    """Return what the centre of each pixel sees of a head in the room, its clothes and what it wears [size,size]."""
    shape, buffer = topology(), empty_gbuffer(size, size)
    screen, everything = camera.project(vertices, size), np.empty(0, np.float32)
    rasterise(screen, shape.seen_head, 0, everything, True, buffer)
    rasterise(screen, shape.teeth, len(shape.triangles), everything, False, buffer)
    rasterise(screen, shape.clothes, shape.num_head, below_neckline, False, buffer)
    if worn is not None:
        draw_worn(worn, camera, len(shape.seen), buffer)
    return buffer


def depth_mm(
    buffer: GBuffer, hair_depth: Float32[np.ndarray, "H W"], hair: Bool[np.ndarray, "H W"]
) -> Float32[np.ndarray, "H W"]:
    """Return the depth label; ``hair`` marks pixels that show hair, at ``hair_depth`` (dm)."""
    depth = np.where(buffer.surface == EMPTY, np.float32(np.nan), buffer.depth)
    return np.where(hair, hair_depth, depth) * np.float32(MM_PER_UNIT)


def normals_of(
    buffer: GBuffer, normals: Float32[np.ndarray, "P 3"], worn: Worn | None, hair: Bool[np.ndarray, "H W"]
) -> Float32[np.ndarray, "H W 3"]:
    """Return the normal label from unit normals at the vertices of the head."""
    seen = interpolated(buffer, normals, worn)
    seen /= np.linalg.norm(seen, axis=-1, keepdims=True)
    seen[hair] = np.nan
    return seen


def interpolated(
    buffer: GBuffer, values: Float32[np.ndarray, "P 3"], worn: Worn | None = None
) -> Float32[np.ndarray, "H W 3"]:
    """Return values of the vertices at every pixel, normals on what is worn; NaN where neither is seen."""
    out = np.empty((*buffer.surface.shape, 3), np.float32)
    triangles = topology().seen
    if worn is not None:
        triangles = np.concatenate([triangles, worn.cloth.triangles + np.int32(len(values))])
        values = np.concatenate([values, worn.cloth.normals])
    spread(buffer.surface, buffer.weight1, buffer.weight2, triangles, values, out)
    return out


def hair_of_blocks(strands: StrandLayer) -> tuple[Bool[np.ndarray, "h w"], Float32[np.ndarray, "h w"]]:
    """Return which pixels [h,w] show more head hair than what is behind it, and the depth of the nearest hair (dm)."""
    height, width = (side // 2 for side in strands.light.shape)
    light = strands.light.reshape(height, 2, width, 2).mean((1, 3))
    front = strands.front.reshape(height, 2, width, 2).min((1, 3))
    kind = strands.kind.reshape(height, 2, width, 2).max((1, 3))
    return (light < HIDES) & (kind == STRAND_HAIR), front


@lean_kernel
def spread(surface, weight1, weight2, triangles, values, out):
    """Write values [W,3] of vertices at every sample [H,W,3]; NaN where there is no triangle."""
    for y in range(surface.shape[0]):
        for x in range(surface.shape[1]):
            t = surface[y, x]
            for c in range(3):
                if t < 0 or t >= triangles.shape[0]:
                    out[y, x, c] = np.nan
                    continue
                w1, w2 = weight1[y, x], weight2[y, x]
                first = values[triangles[t, 0], c] * (np.float32(1) - w1 - w2)
                out[y, x, c] = first + values[triangles[t, 1], c] * w1 + values[triangles[t, 2], c] * w2


def dense_points(
    vertices: Float32[np.ndarray, "P 3"],
    normals: Float32[np.ndarray, "P 3"],
    camera: Camera,
    buffer: GBuffer,
    hair: Bool[np.ndarray, "H W"],
) -> tuple[Float32[np.ndarray, "D 2"], Bool[np.ndarray, " D"]]:
    """Return pixel places and visibility of the dense landmarks; ``buffer`` and ``hair`` have one sample per pixel."""
    size = buffer.surface.shape[0]
    points = dense_landmarks(vertices)
    screen = camera.project(points, size)
    facing = np.einsum("nc,nc->n", dense_landmarks(normals), camera.eye() - points) > 0
    inside = ((screen[:, :2] >= -0.5) & (screen[:, :2] < size - 0.5)).all(1)
    columns, rows = np.clip(np.floor(screen[:, :2] + 0.5).astype(int), 0, size - 1).T
    is_worn = buffer.surface[rows, columns] >= len(topology().seen)
    tolerance = np.where(is_worn, THIN_DM, SURFACE_TOLERANCE_DM + 2 * camera.frame / size)
    seen = inside & facing & (screen[:, 2] <= buffer.depth[rows, columns] + tolerance) & ~hair[rows, columns]
    on_eye = _material(buffer)[rows, columns] == EYE
    return np.ascontiguousarray(screen[:, :2]), seen & (on_eye | ~is_eye_point())


def displacements(
    room_of: Callable[[Expression], Float32[np.ndarray, "P 3"]],
    *,
    expression: Expression,
    action_units: ActionUnits,
    camera: Camera,
    buffer: GBuffer,
) -> dict[str, Float32[np.ndarray, "H W 2"]]:
    """Return the displacement maps of each active unit and of the whole expression.

    ``room_of`` gives the vertices in the room of any expression, ``buffer`` [size,size] is what the pixels' centres see
    of ``resting(expression)``.
    """
    size, is_skin = buffer.surface.shape[0], _material(buffer) == SKIN
    start = camera.project(room_of(resting(expression)), size)
    states = {WHOLE: expression}
    for row in np.flatnonzero(np.nan_to_num(action_units.intensity).any(1)):
        alone = np.zeros_like(action_units.intensity)
        alone[row] = action_units.intensity[row]
        states[f"AU{LABEL_UNITS[int(row)]:02d}"] = expression_from_action_units(
            ActionUnits(alone), head_pose_rad=expression.head_pose_rad, gaze_rad=expression.gaze_rad
        )
    maps = {}
    for name, state in states.items():
        shift = interpolated(buffer, camera.project(room_of(state), size) - start)[..., :2]
        shift[~is_skin] = np.nan
        maps[name] = np.ascontiguousarray(shift)
    return maps


def resting(expression: Expression) -> Expression:
    """Return the neutral face with the same head pose and gaze."""
    return expression_from_action_units(
        ActionUnits.neutral(), head_pose_rad=expression.head_pose_rad, gaze_rad=expression.gaze_rad
    )


def _material(buffer: GBuffer) -> UInt8[np.ndarray, "H W"]:
    """Return the material at every pixel, NOTHING where the head is not seen."""
    material = topology().material
    is_head = (buffer.surface >= 0) & (buffer.surface < len(material))
    return np.where(is_head, material[np.where(is_head, buffer.surface, 0)], np.uint8(NOTHING))
