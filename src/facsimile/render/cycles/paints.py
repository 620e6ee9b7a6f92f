"""Paint what the path tracer looks up: skin maps, eyes, cloth, teeth, tongue, and the panorama round the head."""

from typing import NamedTuple

import numpy as np
from jaxtyping import Float32

from facsimile.face.accessories import CHECK, KNIT, STRIPES, WEAVE
from facsimile.face.eyes import EyeColours
from facsimile.face.rest import AXIS_Z, TEXEL_MM, atlas
from facsimile.face.wrinkles import resized
from facsimile.kernel import lean_kernel
from facsimile.render.cloth_material import cloth_pattern
from facsimile.render.eye_material import eye_albedo
from facsimile.render.light import Light
from facsimile.render.mouth_material import tongue_look, tooth_look
from facsimile.render.sampling import environment_texel
from facsimile.render.shading import Paint
from facsimile.render.textures import RELIEF_GAIN
from facsimile.render.topology import TEETH, TONGUE, topology

PANORAMA_SHAPE = (96, 192)
"""Rows and columns of the panorama: finer than the octahedral map it is made from (4 degrees)."""
EYE_TEXTURE_PX = 512
TILE_PX = 128
ROUND = 0.75
"""Patterns of cloth run round the body by this many dm per radian (``cloth_material.cloth_pattern``)."""
WEAVE_DM = 64 * 0.012
"""A tile of weave holds 64 threads."""
CAVITY_SHADE = 0.35
"""Light lost in the deepest folds beside what their relief hides; the raster, which hides nothing, takes 0.55."""


RELIEF = 1.5
"""Exaggeration of the relief; the raster's is ``textures.RELIEF_GAIN``."""


class SkinMaps(NamedTuple):
    """Maps on the skin's atlas, rows from the top down."""

    colour: Float32[np.ndarray, "h w 3"]
    """Linear albedo, darker in folds."""
    finish: Float32[np.ndarray, "h w 3"]
    """Roughness, strength of the highlight (1: that of skin), share of lip."""
    height: Float32[np.ndarray, "h w 1"]
    """Relief in dm."""


def skin_maps(paint: Paint) -> SkinMaps:
    """Return the maps of the skin that the raster would shade with ``paint``."""
    level = round(-np.log2(float(paint.atlas_scale)))
    colour, gloss = paint.skin[..., :3], paint.skin[..., 3]
    height, cavity = paint.relief[..., 0], paint.relief[..., 1]
    mask = resized(np.ascontiguousarray(atlas().lips, np.float32), level)
    lip = np.clip((mask - np.float32(0.15)) / np.float32(0.7), 0, 1)
    shade = 1 - np.float32(CAVITY_SHADE) * cavity
    tint = (lip * paint.lip_strength)[..., None]
    dark = np.stack([0.5 + 0.5 * shade, shade, shade], -1)
    wet = np.minimum(np.float32(1.5), gloss)
    rough = paint.roughness / (np.float32(0.4) + gloss) * (1 - lip) + (np.float32(0.46) - np.float32(0.12) * wet) * lip
    strength = np.minimum(np.float32(1.2), gloss) * (1 - lip) + (np.float32(0.25) + np.float32(0.6) * wet) * lip
    strength *= 1 - np.float32(0.5) * cavity
    keep = 1 - lip * (1 - paint.lip_crease)
    relief = height * keep * np.float32(TEXEL_MM * 2.0**level / 100 * RELIEF / RELIEF_GAIN)
    return SkinMaps(
        np.ascontiguousarray((colour * (1 - tint) + paint.lip_colour * tint) * dark, np.float32),
        np.stack([np.clip(rough, 0.05, 1), strength, lip], -1).astype(np.float32),
        np.ascontiguousarray(relief[..., None], np.float32),
    )


class _Eyes(NamedTuple):
    sclera: np.ndarray
    iris_outer: np.ndarray
    iris_inner: np.ndarray
    iris_radius: np.float32
    pupil_radius: np.float32
    redness: np.float32


def eye_map(eyes: EyeColours) -> Float32[np.ndarray, "E E 3"]:
    """Return the front of an eyeball seen along its axis: linear albedo, the ball as wide as the picture."""
    out = np.zeros((EYE_TEXTURE_PX, EYE_TEXTURE_PX, 3), np.float32)
    numbers = [np.float32(value) for value in (eyes.iris_radius, eyes.pupil_radius, eyes.redness)]
    _paint_eye(_Eyes(eyes.sclera, eyes.iris_outer, eyes.iris_inner, *numbers), out)
    return out


@lean_kernel
def _paint_eye(eyes, out):
    size = out.shape[0]
    for row in range(size):
        for column in range(size):
            x = np.float32(2 * (column + 0.5) / size - 1)
            y = np.float32(1 - 2 * (row + 0.5) / size)
            radius = np.float32(np.sqrt(x * x + y * y))
            rise = y / eyes.iris_radius
            out[row, column, 0], out[row, column, 1], out[row, column, 2] = eye_albedo(
                radius, np.float32(np.arctan2(y, x)), rise, np.float32(0), eyes
            )


def tile_size(pattern: int, scale: float) -> tuple[float, float]:
    """Return how far one tile of a pattern reaches round and down (dm)."""
    if pattern == WEAVE:
        return WEAVE_DM, WEAVE_DM
    return scale, scale * 0.8 if pattern == KNIT else scale


def pattern_tile(pattern: int, scale: float) -> Float32[np.ndarray, "T T 3"] | None:
    """Return one tile of a pattern, which repeats: share of the second colour, shade; None for even cloth."""
    if pattern not in (KNIT, WEAVE, STRIPES, CHECK):
        return None
    out = np.zeros((TILE_PX, TILE_PX, 3), np.float32)
    _paint_tile(pattern, np.float32(scale), *(np.float32(s) for s in tile_size(pattern, scale)), out)
    return out


@lean_kernel
def _paint_tile(pattern, scale, wide, high, out):
    size = out.shape[0]
    for row in range(size):
        for column in range(size):
            u = np.float32((column + 0.5) / size) * wide
            v = np.float32((size - row - 0.5) / size) * high
            turn = u / np.float32(ROUND)
            rest = (
                np.float32(np.sin(turn)),
                np.float32(v + np.float32(0.5)),
                np.float32(AXIS_Z + np.cos(turn)),
            )
            share, shade = cloth_pattern(pattern, scale, rest)
            out[row, column, 0], out[row, column, 1] = share, shade


def pattern_uv(rest: Float32[np.ndarray, "F 3 3"], pattern: int, scale: float) -> Float32[np.ndarray, "F 3 2"]:
    """Return where corners of cloth at template places lie on the pattern's tiles."""
    x, y, z = rest[..., 0], rest[..., 1], rest[..., 2] - np.float32(AXIS_Z)
    turn = np.arctan2(x, z)
    behind = np.ptp(turn, axis=1, keepdims=True) > np.pi
    turn = np.where(behind & (turn < 0), turn + 2 * np.pi, turn)
    wide, high = tile_size(pattern, scale)
    return np.stack([turn * ROUND / wide, (y - 0.5 * np.hypot(x, z)) / high], -1).astype(np.float32)


def tooth_colours(paint: Paint) -> Float32[np.ndarray, "F 3 3"]:
    """Return the albedo of the corners of the crowns."""
    shape = topology()
    rows = np.flatnonzero(shape.material == TEETH)
    rows = rows[np.ptp(shape.seen[rows], axis=1) > 0]
    out = np.zeros((len(rows), 3, 3), np.float32)
    tooth = np.ascontiguousarray(shape.atlas[rows, 0, 0].astype(np.int32))
    _paint_teeth(np.ascontiguousarray(shape.mask_uv[rows]), tooth, paint, out)
    return out


@lean_kernel
def _paint_teeth(crown, tooth, paint, out):
    for t in range(out.shape[0]):
        for k in range(3):
            colour, _ = tooth_look(crown[t, k, 0], crown[t, k, 1], tooth[t], paint)
            out[t, k, 0], out[t, k, 1], out[t, k, 2] = colour


def tongue_colours(normals: Float32[np.ndarray, "W 3"], paint: Paint) -> Float32[np.ndarray, "F 3 3"]:
    """Return the albedo of the corners of the tongue; ``normals`` are the posed head's."""
    shape = topology()
    triangles = shape.seen[shape.material == TONGUE]
    out = np.zeros((len(triangles), 3, 3), np.float32)
    _paint_tongue(shape.rest[triangles], normals[triangles], paint, out)
    return out


@lean_kernel
def _paint_tongue(rest, normals, paint, out):
    for t in range(out.shape[0]):
        for k in range(3):
            colour, _ = tongue_look(rest[t, k], normals[t, k], paint)
            out[t, k, 0], out[t, k, 1], out[t, k, 2] = colour


def panorama(light: Light) -> Float32[np.ndarray, "h w 3"]:
    """Return the light's fill by longitude and latitude about the room's z, as Blender reads it, top row first.

    The middle of the picture looks along x, its left quarter along y, its top row along z.
    """
    rows, columns = PANORAMA_SHAPE
    out = np.zeros((rows, columns, 3), np.float32)
    _unroll(light.fill, out)
    return out


@lean_kernel
def _unroll(octahedral, out):
    rows, columns = out.shape[0], out.shape[1]
    for row in range(rows):
        rise = np.float32((0.5 - (row + 0.5) / rows) * np.pi)
        for column in range(columns):
            turn = np.float32((0.5 - (column + 0.5) / columns) * 2 * np.pi)
            flat = np.float32(np.cos(rise))
            x, y, z = flat * np.float32(np.cos(turn)), flat * np.float32(np.sin(turn)), np.float32(np.sin(rise))
            out[row, column, 0], out[row, column, 1], out[row, column, 2] = environment_texel(octahedral, x, y, z)
