"""Draw what is worn: place it on a head, let it hide and shade, and look through lenses."""

import math
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from jaxtyping import Float32

from facsimile.face.accessories import METAL, SKIN, Accessory
from facsimile.kernel import lean_kernel
from facsimile.render.camera import Camera
from facsimile.render.cloth_material import cloth_pattern, grain
from facsimile.render.inlined import inlined
from facsimile.render.materials import light_surface, normalised
from facsimile.render.posing import bent
from facsimile.render.raster import GBuffer, empty_gbuffer, rasterise, vertex_normals
from facsimile.render.sampling import environment_texel, pixel_turn
from facsimile.render.shading import (
    CLASS_NAMES,
    GLASSES,
    SKIN_F0,
    WRAP_B,
    WRAP_G,
    WRAP_R,
    Layers,
    interpolate,
    room_point,
)
from facsimile.render.strand_raster import HIDES, StrandLayer

LENS_F0 = 0.008
"""Reflectance of a coated lens at normal incidence (bare plastic of index 1.5: 0.04)."""
RIGID_GUIDE = (0.0, 9.0, 0.0)
"""A template point that turns with the head and with nothing else."""
SKIN_MOTTLE = 0.05
"""How uneven the colour of hands is; by eye."""
NOTHING_CUT = np.empty(0, np.float32)


class Cloth(NamedTuple):
    """Worn meshes for the kernel: corners index the vertices of all of them."""

    triangles: np.ndarray
    normals: np.ndarray
    rest: np.ndarray
    """[V,3] place on the template, for patterns."""
    colour: np.ndarray
    """[V,3]."""
    item: np.ndarray
    """[F] number of the accessory."""
    second: np.ndarray
    """[A,3]."""
    numbers: np.ndarray
    """[A,4] pattern, scale, roughness, class."""


@dataclass(frozen=True)
class Worn:
    """Hold worn things in the room: solid ones and lenses; ``classes`` [F] of the solid triangles."""

    vertices: Float32[np.ndarray, "V 3"]
    cloth: Cloth
    lenses: tuple[tuple[Float32[np.ndarray, "L 3"], Accessory], ...]

    @property
    def classes(self) -> np.ndarray:
        """Return the class of each solid triangle."""
        return self.cloth.numbers[self.cloth.item, 3].astype(np.uint8)


def wear(
    accessories: tuple[Accessory, ...],
    *,
    neutral: Float32[np.ndarray, "W 3"],
    vertices: Float32[np.ndarray, "W 3"],
    head_pose_rad: Float32[np.ndarray, " 3"],
) -> Worn | None:
    """Place accessories on a head that turns: rigid ones by its ``neutral`` form, the rest by its ``vertices``."""
    if not accessories:
        return None
    placed = [_room(a, a.placed(vertices if a.follows_expression else neutral), head_pose_rad) for a in accessories]
    solid = [(points, a) for points, a in zip(placed, accessories, strict=True) if not a.is_lens]
    lenses = tuple((points, a) for points, a in zip(placed, accessories, strict=True) if a.is_lens)
    starts = np.cumsum([0, *(len(points) for points, _ in solid)])
    points = np.concatenate([p for p, _ in solid]) if solid else np.zeros((0, 3), np.float32)
    triangles = [a.triangles + np.int32(start) for start, (_, a) in zip(starts, solid, strict=False)]
    faces = np.concatenate(triangles) if solid else np.zeros((0, 3), np.int32)
    normals = np.zeros_like(points)
    vertex_normals(points, faces, normals)
    empty = np.zeros((0, 3), np.float32)
    cloth = Cloth(
        faces,
        normals,
        np.concatenate([a.vertices for _, a in solid]) if solid else empty,
        np.concatenate([a.colour for _, a in solid]) if solid else empty,
        np.repeat(np.arange(len(solid)), [len(a.triangles) for _, a in solid]).astype(np.int32),
        np.stack([a.second for _, a in solid]) if solid else empty,
        np.array([_numbers(a) for _, a in solid], np.float32).reshape(-1, 4),
    )
    return Worn(points, cloth, lenses)


def _numbers(item: Accessory) -> tuple[float, float, float, float]:
    """Return pattern, scale, roughness and class."""
    return float(item.pattern), item.scale, item.roughness, float(CLASS_NAMES.index(item.kind))


def _room(item: Accessory, points: np.ndarray, head_pose_rad: np.ndarray) -> np.ndarray:
    """Return an accessory's vertices in the room."""
    rigid = np.broadcast_to(np.array(RIGID_GUIDE, np.float32), points.shape)
    guide = item.vertices if item.hold == "body" else np.ascontiguousarray(rigid)
    return bent(np.ascontiguousarray(points), guide, head_pose_rad)


def draw_worn(worn: Worn, camera: Camera, first: int, buffer: GBuffer) -> None:
    """Rasterise the solid things; their triangles count from ``first``."""
    screen = camera.project(worn.vertices, buffer.depth.shape[0])
    rasterise(screen, worn.cloth.triangles, first, NOTHING_CUT, False, buffer)


def draw_lenses(worn: Worn, camera: Camera, hidden_by: np.ndarray) -> list[tuple[np.ndarray, Accessory]]:
    """Return the depth [H,W] of each lens where nothing nearer hides it, inf elsewhere."""
    out = []
    for points, lens in worn.lenses:
        buffer = empty_gbuffer(*hidden_by.shape)
        rasterise(camera.project(points, hidden_by.shape[0]), lens.triangles, 0, NOTHING_CUT, False, buffer)
        out.append((np.where(buffer.depth < hidden_by, buffer.depth, np.float32(np.inf)), lens))
    return out


@inlined
def skin_grain(rest):
    """Return the unevenness of bare skin, -1 to 1, from cells of 1.5 and 6 mm at a template point."""
    fine, wide = np.float32(1 / 0.015), np.float32(1 / 0.06)
    small = grain(math.floor(rest[0] * fine), math.floor(rest[1] * fine), math.floor(rest[2] * fine))
    large = grain(math.floor(rest[0] * wide), math.floor(rest[1] * wide), math.floor(rest[2] * wide))
    return small + np.float32(0.5) * large - np.float32(0.75)


@inlined
def worn_look(item, rest, colour, cloth):
    """Return albedo, alpha, f0 and specular strength of a worn thing at a template point."""
    pattern, scale = int(cloth.numbers[item, 0]), cloth.numbers[item, 1]
    rough = cloth.numbers[item, 2]
    share, shade = cloth_pattern(pattern, scale, rest)
    one = np.float32(1)
    keep = one - share
    second = cloth.second[item]
    r = (colour[0] * keep + second[0] * share) * shade
    g = (colour[1] * keep + second[1] * share) * shade
    b = (colour[2] * keep + second[2] * share) * shade
    f0: Any = np.float32(0.04)
    strength: Any = np.float32(0.25) if rough > np.float32(0.5) else np.float32(1)
    if pattern == METAL:
        f0, strength = np.float32(0.4), np.float32(0.8)
        r, g, b = r * np.float32(0.4), g * np.float32(0.4), b * np.float32(0.4)
    elif pattern == SKIN:
        f0, strength = np.float32(SKIN_F0), np.float32(1)
        mottle = np.float32(SKIN_MOTTLE) * skin_grain(rest)
        r, g, b = r * (one + mottle), g * (one + np.float32(1.5) * mottle), b * (one + np.float32(1.5) * mottle)
    return (r, g, b), rough * rough, f0, strength


@lean_kernel
def shade_worn(buffer, first, strands, occlusion, cloth, view, light, shadow, layers):
    """Add what is worn to the layers [h,w]: samples whose triangle counts from ``first``."""
    height, width = occlusion.shape
    quarter, zero = np.float32(0.25), np.float32(0)
    wrap = np.float32(0.2)
    red, green, blue = np.float32(WRAP_R), np.float32(WRAP_G), np.float32(WRAP_B)
    for y in range(height):
        for x in range(width):
            for k in range(4):
                xs, ys = 2 * x + (k & 1), 2 * y + (k >> 1)
                t = buffer.surface[ys, xs] - first
                if t < 0:
                    continue
                share = quarter * strands.light[ys, xs]
                w1, w2 = buffer.weight1[ys, xs], buffer.weight2[ys, xs]
                w0 = np.float32(1) - w1 - w2
                i0, i1, i2 = cloth.triangles[t, 0], cloth.triangles[t, 1], cloth.triangles[t, 2]
                place, towards = room_point(xs, ys, buffer.depth[ys, xs], view)
                nx, ny, nz = interpolate(cloth.normals, i0, i1, i2, w0, w1, w2)
                if nx * towards[0] + ny * towards[1] + nz * towards[2] < zero:
                    nx, ny, nz = -nx, -ny, -nz
                rest = interpolate(cloth.rest, i0, i1, i2, w0, w1, w2)
                colour = interpolate(cloth.colour, i0, i1, i2, w0, w1, w2)
                albedo, alpha, f0, strength = worn_look(cloth.item[t], rest, colour, cloth)
                finish = (alpha, f0, strength, wrap, wrap, wrap, zero, False)
                if int(cloth.numbers[cloth.item[t], 0]) == SKIN:
                    finish = (alpha, f0, strength, red, green, blue, zero, False)
                turn = pixel_turn(xs, ys)
                e0, e1, e2, s0, s1, s2 = light_surface(
                    place, (nx, ny, nz), towards, finish, occlusion[y, x], turn, light, shadow
                )
                layers.plain[y, x, 0] += share * (e0 * albedo[0] + s0)
                layers.plain[y, x, 1] += share * (e1 * albedo[1] + s1)
                layers.plain[y, x, 2] += share * (e2 * albedo[2] + s2)


def look_through(
    lenses: list[tuple[np.ndarray, Accessory]], strands: StrandLayer, view: Any, light: Any, layers: Layers
) -> None:
    """Tint and mirror what lies behind lenses, in the layers [h,w]; dark lenses become glasses to the labels."""
    for depth, lens in lenses:
        _look_through(depth, lens.clear, lens.is_dark, strands, view, light, layers)


@lean_kernel
def _look_through(depth, clear, is_dark, strands, view, light, layers):
    height, width = layers.cover.shape
    one, quarter = np.float32(1), np.float32(0.25)
    for y in range(height):
        for x in range(width):
            part, near = np.float32(0), np.float32(0)
            for k in range(4):
                xs, ys = 2 * x + (k & 1), 2 * y + (k >> 1)
                z = depth[ys, xs]
                if z < np.float32(1e6):
                    in_front = strands.light[ys, xs] if strands.front[ys, xs] < z else one
                    part += quarter * in_front
                    near = z
            if part <= 0:
                continue
            place, towards = room_point(np.float32(2 * x), np.float32(2 * y), near, view)
            # A lens bulges a little: its normal turns with the place in the picture.
            nx, ny, nz = normalised(place[0] * np.float32(0.5), np.float32(0.05), one)
            n_v = max(np.float32(0.05), nx * towards[0] + ny * towards[1] + nz * towards[2])
            rx, ry, rz = 2 * n_v * nx - towards[0], 2 * n_v * ny - towards[1], 2 * n_v * nz - towards[2]
            m0, m1, m2 = environment_texel(light.sharp, rx, ry, rz)
            grazing = one - n_v
            square = grazing * grazing
            mirror = part * (np.float32(LENS_F0) + (one - np.float32(LENS_F0)) * square * square * grazing)
            mirrored = (m0, m1, m2)
            lost = np.float32(0)
            for c in range(3):
                keep = one - part * (one - clear[c])
                layers.albedo[y, x, c] *= keep
                layers.plain[y, x, c] = layers.plain[y, x, c] * keep + mirror * mirrored[c]
                lost += part * (one - clear[c]) * np.float32(1 / 3)
            layers.cover[y, x] += (one - layers.cover[y, x]) * lost
            if is_dark and part > np.float32(HIDES):
                layers.classes[y, x] = GLASSES
