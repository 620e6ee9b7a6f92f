"""Deferred shading: every pixel of the G-buffer becomes light, and learns what it is."""

import math
from typing import Any, NamedTuple

import numpy as np

from facsimile.kernel import lean_kernel
from facsimile.render.cloth_material import cloth_pattern, fold_slope
from facsimile.render.eye_material import (
    EYE_F0,
    corner_flesh,
    eye_albedo,
    eye_normal,
    is_on_wet_rim,
    lid_shadow,
    open_to_light,
)
from facsimile.render.hair_material import light_hair
from facsimile.render.inlined import inlined
from facsimile.render.materials import light_surface, normalised
from facsimile.render.mouth_material import (
    TOOTH_ALPHA,
    TOOTH_F0,
    WET_F0,
    light_between_lips,
    reddened,
    tongue_look,
    tooth_look,
)
from facsimile.render.raster import EMPTY
from facsimile.render.sampling import mask_texel, pixel_turn, relief_texel, skin_texel
from facsimile.render.strand_raster import COLOUR, HIDES, OPAQUE, OPEN, SLOPE, WEIGHT
from facsimile.render.topology import CLOTHES, EYE, GUM, SKIN, TEETH, TONGUE

CLASS_NAMES = (
    "background",
    "skin",
    "brow",
    "eye",
    "lips",
    "mouth",
    "teeth",
    "tongue",
    "hair",
    "beard",
    "clothes",
    "glasses",
    "headwear",
    "jewellery",
    "hand",
    "mask",
    "object",
)
"""Index in this tuple = value in a segmentation."""
(
    BACKGROUND,
    SKIN_CLASS,
    BROW,
    EYE_CLASS,
    LIPS,
    MOUTH,
    TEETH_CLASS,
    TONGUE_CLASS,
    HAIR,
    BEARD,
    CLOTHES_CLASS,
    GLASSES,
    HEADWEAR,
    JEWELLERY,
    HAND,
    MASK,
    OBJECT,
) = range(17)

NUM_CLASSES = len(CLASS_NAMES)

STRAND_HAIR, STRAND_BROW, STRAND_BEARD, STRAND_LASH = range(4)
FLAT_BLOCK_DM = 0.03
"""A 2x2 block of skin or cloth whose depths differ by less is shaded once."""
EYE_RADIUS_DM = 0.13815
"""Radius of the template's eyeball."""
SKIN_F0 = 0.028
"""Reflectance of skin at normal incidence (refractive index 1.4; Weyrich et al. 2006)."""
WRAP_R, WRAP_G, WRAP_B = 0.18, 0.09, 0.06
"""How far red, green and blue diffuse past the shadow line on skin (fitted by eye)."""
EYE_ALPHA = 0.13
"""Roughness that makes a lamp's reflection in the eye as wide as a soft box (about 0.2 rad) instead of a point."""
MAX_RADIANCE = 6.0


class Mesh(NamedTuple):
    """The posed head for the kernel; see ``topology.Topology`` for the constant parts."""

    triangles: np.ndarray
    material: np.ndarray
    near_mouth: np.ndarray
    mask_uv: np.ndarray
    atlas: np.ndarray
    rest: np.ndarray
    normals: np.ndarray
    lips: np.ndarray
    inside_mouth: np.ndarray
    eye_centres: np.ndarray
    """[2,3] room, left then right."""
    eye_axes: np.ndarray
    """[2,3] unit, where each eye looks."""
    rest_eye_centres: np.ndarray
    eye_corners: np.ndarray
    """[2,3] room: the inner corners of the eyes."""
    mouth_window: np.ndarray
    """[5,3] room: the opening of the lips, see ``face.mouth.mouth_window``."""
    skull: np.ndarray
    """[3] room: the point that head hair stands away from."""
    worn_classes: np.ndarray
    """[F] u8: classes of the triangles that count on from ``triangles``, see ``worn``."""


class Paint(NamedTuple):
    """Colours of one person for the kernel: linear RGB."""

    skin: np.ndarray
    """[h,w,4] albedo and gloss."""
    relief: np.ndarray
    """[h,w,2] height (texels, so that a gradient is a slope) and cavity 0-1."""
    atlas_scale: np.float32
    """Texels of ``skin`` per texel of the full atlas."""
    roughness: np.float32
    lip_colour: np.ndarray
    lip_strength: np.float32
    lip_crease: np.float32
    """Strength of the lips' creases: 1 at rest, less where they are stretched."""
    sclera: np.ndarray
    iris_outer: np.ndarray
    iris_inner: np.ndarray
    iris_radius: np.float32
    pupil_radius: np.float32
    redness: np.float32
    teeth: np.ndarray
    tooth_shade: np.ndarray
    """[28] brightness of each tooth about 1."""
    gum: np.ndarray
    clothes: np.ndarray
    """[2,3] colours of the cloth and of its pattern."""
    cloth_pattern: np.ndarray
    """[2] pattern and its size (dm), see ``face.accessories``."""


class View(NamedTuple):
    """The camera in samples."""

    eye: np.ndarray
    focal: np.float32
    centre_x: np.float32
    centre_y: np.float32


class Layers(NamedTuple):
    """What shading leaves per pixel [h,w], before light diffuses in the skin."""

    irradiance: np.ndarray
    """[h,w,3] mean over the pixel's skin samples."""
    albedo: np.ndarray
    """[h,w,3] skin albedo times coverage."""
    plain: np.ndarray
    """[h,w,3] radiance of everything else, and all highlights, times coverage."""
    skin: np.ndarray
    """[h,w] part of the pixel that is skin."""
    cover: np.ndarray
    """[h,w] part of the pixel that is not background."""
    classes: np.ndarray
    """[h,w] u8 index into CLASS_NAMES."""
    votes: np.ndarray
    """[C] i32, scratch: samples of a pixel by class."""


def empty_layers(height: int, width: int) -> Layers:
    """Allocate layers."""
    colour, plane = (height, width, 3), (height, width)
    return Layers(
        np.zeros(colour, np.float32),
        np.zeros(colour, np.float32),
        np.zeros(colour, np.float32),
        np.zeros(plane, np.float32),
        np.zeros(plane, np.float32),
        np.zeros(plane, np.uint8),
        np.zeros(NUM_CLASSES, np.int32),
    )


@inlined
def interpolate(values, i0, i1, i2, w0, w1, w2):
    """Return a 3-vector attribute inside a triangle."""
    return (
        values[i0, 0] * w0 + values[i1, 0] * w1 + values[i2, 0] * w2,
        values[i0, 1] * w0 + values[i1, 1] * w1 + values[i2, 1] * w2,
        values[i0, 2] * w0 + values[i1, 2] * w1 + values[i2, 2] * w2,
    )


@inlined
def room_point(x, y, depth, view):
    """Return the room point that a sample sees and the unit vector from it to the camera."""
    ux, uy = (x - view.centre_x) / view.focal, (view.centre_y - y) / view.focal
    vx, vy, vz = normalised(-ux, -uy, np.float32(1))
    return (view.eye[0] + ux * depth, view.eye[1] + uy * depth, view.eye[2] - depth), (vx, vy, vz)


@inlined
def skin_look(t, w0, w1, w2, normal, lip, mesh, paint):
    """Return albedo, bumped normal, alpha and specular strength of skin; ``lip`` is the weight of lip colour."""
    corner = mesh.atlas[t]
    u = corner[0, 0] * w0 + corner[1, 0] * w1 + corner[2, 0] * w2
    v = corner[0, 1] * w0 + corner[1, 1] * w1 + corner[2, 1] * w2
    half = np.float32(0.5)
    u, v = (u + half) * paint.atlas_scale - half, (v + half) * paint.atlas_scale - half
    r, g, b, gloss = skin_texel(paint.skin, u, v)
    right, down, cavity = relief_texel(paint.relief, u, v)
    nx, ny, nz = normal
    # Surface directions of growing column (towards the subject's left) and of growing row (down).
    ax, ay, az = normalised(nz, np.float32(0), -nx)
    bx, by, bz = -(ny * az), -(nz * ax - nx * az), ny * ax
    keep = np.float32(1) - lip * (np.float32(1) - paint.lip_crease)
    right, down = right * keep, down * keep
    nx -= right * ax + down * bx
    ny -= right * ay + down * by
    nz -= right * az + down * bz
    tint = lip * paint.lip_strength
    shade = np.float32(1) - np.float32(0.55) * cavity
    r = (r * (1 - tint) + paint.lip_colour[0] * tint) * (half + half * shade)
    g = (g * (1 - tint) + paint.lip_colour[1] * tint) * shade
    b = (b * (1 - tint) + paint.lip_colour[2] * tint) * shade
    rough = paint.roughness / (np.float32(0.4) + gloss)
    wet = min(np.float32(1.5), gloss)
    rough = rough * (1 - lip) + (np.float32(0.46) - np.float32(0.12) * wet) * lip
    strength = min(np.float32(1.2), gloss) * (1 - lip) + (np.float32(0.25) + np.float32(0.6) * wet) * lip
    strength *= np.float32(1) - half * cavity
    return (r, g, b), (nx, ny, nz), rough * rough, strength


@inlined
def eye_look(rest, place, mesh, paint):
    """Return albedo, normal and share of inner-corner flesh of an eyeball sample."""
    side = 0 if rest[0] > 0 else 1
    centre, ball, axis = mesh.rest_eye_centres[side], mesh.eye_centres[side], mesh.eye_axes[side]
    dx, dy = rest[0] - centre[0], rest[1] - centre[1]
    radius = math.sqrt(dx * dx + dy * dy) * np.float32(1 / EYE_RADIUS_DM)
    if rest[2] < centre[2]:
        radius = np.float32(1.5)
    flesh = corner_flesh(place, mesh.eye_corners[side])
    rise = dy * np.float32(1 / EYE_RADIUS_DM) / paint.iris_radius
    albedo = eye_albedo(radius, math.atan2(dy, dx), rise, flesh, paint)
    return albedo, eye_normal(place, ball, axis, radius, paint.iris_radius), flesh


@inlined
def cloth_look(rest, normal, paint):
    """Return albedo and normal of cloth: its pattern, and soft folds."""
    share, shade = cloth_pattern(int(paint.cloth_pattern[0]), paint.cloth_pattern[1], rest)
    keep, one, two = (np.float32(1) - share) * shade, paint.clothes[0], paint.clothes[1]
    share *= shade
    albedo = (one[0] * keep + two[0] * share, one[1] * keep + two[1] * share, one[2] * keep + two[2] * share)
    fold_x, fold_y = fold_slope(rest)
    return albedo, (normal[0] + fold_x, normal[1] + fold_y, normal[2])


@inlined
def shade_solid(x, y, occlusion, buffer, mesh, paint, view, light, shadow):
    """Shade a triangle sample; return irradiance, albedo, specular radiance (r, g, b each), class, is it skin."""
    t = buffer.surface[y, x]
    w1, w2 = buffer.weight1[y, x], buffer.weight2[y, x]
    w0 = np.float32(1) - w1 - w2
    i0, i1, i2 = mesh.triangles[t, 0], mesh.triangles[t, 1], mesh.triangles[t, 2]
    place, towards = room_point(x, y, buffer.depth[y, x], view)
    normal = interpolate(mesh.normals, i0, i1, i2, w0, w1, w2)
    zero = np.float32(0)
    lit_from, turn = place, pixel_turn(x, y)
    albedo: Any = (zero, zero, zero)
    strength: Any = np.float32(0.3)
    alpha, f0, least_lit, is_eye = np.float32(0.3), np.float32(SKIN_F0), zero, False
    wrap_r, wrap_g, wrap_b = zero, zero, zero
    material, label, is_skin = mesh.material[t], SKIN_CLASS, False
    lip, inside = zero, zero
    if mesh.near_mouth[t]:
        uv = mesh.mask_uv[t]
        u, v = uv[0, 0] * w0 + uv[1, 0] * w1 + uv[2, 0] * w2, uv[0, 1] * w0 + uv[1, 1] * w1 + uv[2, 1] * w2
        inside = mask_texel(mesh.inside_mouth, u, v)
        lip = min(np.float32(1), max(zero, (mask_texel(mesh.lips, u, v) - np.float32(0.15)) / np.float32(0.7)))
    if material == SKIN and inside < np.float32(0.5):
        albedo, normal, alpha, strength = skin_look(t, w0, w1, w2, normal, lip, mesh, paint)
        wrap_r, wrap_g, wrap_b = np.float32(WRAP_R), np.float32(WRAP_G), np.float32(WRAP_B)
        is_skin = True
        if lip > zero:
            # Where a lip turns into the dark mouth there is nothing for it to mirror.
            facing = normal[0] * towards[0] + normal[1] * towards[1] + normal[2] * towards[2]
            strength *= np.float32(1) - lip * (np.float32(1) - min(np.float32(1), max(zero, facing * np.float32(2.2))))
        if lip > np.float32(0.5):
            label = LIPS
    else:
        rest = interpolate(mesh.rest, i0, i1, i2, w0, w1, w2)
        if material == EYE:
            albedo, normal, flesh = eye_look(rest, place, mesh, paint)
            shaded = lid_shadow(buffer.depth, x, y, view.focal)
            open_part = math.sqrt(occlusion) * open_to_light(normal, towards)
            occlusion = open_part * shaded
            alpha, f0, is_eye, label = np.float32(EYE_ALPHA), np.float32(EYE_F0), True, EYE_CLASS
            turn = np.float32(0)
            # A mirror shows what it faces, however little light reaches it from elsewhere.
            strength = (np.float32(1) - np.float32(0.6) * flesh) / max(np.float32(0.2), open_part * open_part)
            if is_on_wet_rim(buffer.depth, x, y, view.focal):
                normal = (normal[0], normal[1] + np.float32(0.7), normal[2])
                strength = np.float32(1)
            least_lit = np.float32(0.2)
            wrap_r, wrap_g, wrap_b = np.float32(0.25), np.float32(0.22), np.float32(0.2)
        elif material == CLOTHES:
            albedo, normal = cloth_look(rest, normal, paint)
            alpha, f0, strength, label = np.float32(0.64), np.float32(0.02), np.float32(0.3), CLOTHES_CLASS
        else:
            window = mesh.mouth_window
            arriving = light_between_lips(place, window)
            lit_from = (window[0, 0], window[0, 1], window[0, 2])
            occlusion = np.float32(0.5) + np.float32(0.5) * occlusion
            turn = np.float32(0)
            alpha, f0, strength, label = np.float32(0.14), np.float32(WET_F0), np.float32(1), MOUTH
            wrap_r, wrap_g, wrap_b = np.float32(0.35), np.float32(0.22), np.float32(0.2)
            if material == TEETH:
                place_on = mesh.mask_uv[t]
                height = place_on[0, 0] * w0 + place_on[1, 0] * w1 + place_on[2, 0] * w2
                across = place_on[0, 1] * w0 + place_on[1, 1] * w1 + place_on[2, 1] * w2
                albedo, strength = tooth_look(height, across, int(mesh.atlas[t, 0, 0]), paint)
                alpha, f0, label = np.float32(TOOTH_ALPHA), np.float32(TOOTH_F0), TEETH_CLASS
                wrap_r, wrap_g, wrap_b = np.float32(0.4), np.float32(0.35), np.float32(0.3)
            elif material == TONGUE:
                albedo, normal = tongue_look(rest, normal, paint)
                strength, label = np.float32(0.6), TONGUE_CLASS
            else:
                pale = np.float32(1) if material == GUM else np.float32(0.75)
                albedo = (paint.gum[0] * pale, paint.gum[1] * pale, paint.gum[2] * pale)
            albedo, strength = reddened(albedo, arriving), strength * arriving
    finish = (alpha, f0, strength, wrap_r, wrap_g, wrap_b, least_lit, is_eye)
    e0, e1, e2, s0, s1, s2 = light_surface(lit_from, normal, towards, finish, occlusion, turn, light, shadow)
    return (e0, e1, e2), albedo, (s0, s1, s2), label, is_skin


@inlined
def strand_class(kind):
    """Return the class of a kind of strand; lashes count as skin."""
    label = SKIN_CLASS
    if kind == STRAND_HAIR:
        label = HAIR
    elif kind == STRAND_BROW:
        label = BROW
    elif kind == STRAND_BEARD:
        label = BEARD
    return label


@inlined
def shade_strands(x0, y0, occlusion, strands, mesh, view, light, shadow):
    """Shade the hair of a 2x2 block once; return radiance r, g, b times its part of the block."""
    zero, one, half = np.float32(0), np.float32(1), np.float32(0.5)
    depth, opened, total = zero, zero, zero
    dx, dy, dz = zero, zero, zero
    r, g, b = zero, zero, zero
    for k in range(4):
        x, y = x0 + (k & 1), y0 + (k >> 1)
        cover = one - strands.light[y, x]
        sums = strands.sums[y, x]
        if cover <= zero or sums[WEIGHT] <= zero:
            continue
        share = cover / sums[WEIGHT]
        turned = share if dx * sums[SLOPE] + dy * sums[SLOPE + 1] >= zero else -share
        dx, dy, dz = dx + turned * sums[SLOPE], dy + turned * sums[SLOPE + 1], dz + turned * sums[SLOPE + 2]
        r, g, b = r + share * sums[COLOUR], g + share * sums[COLOUR + 1], b + share * sums[COLOUR + 2]
        opened += share * sums[OPEN]
        depth += cover * strands.front[y, x]
        total += cover
    if total <= zero:
        return zero, zero, zero
    scale = one / total
    depth *= scale
    place, towards = room_point(x0 + half, y0 + half, depth, view)
    step = depth / view.focal
    tangent = (dx * step, -dy * step, -dz)
    skull = mesh.skull
    outward = normalised(place[0] - skull[0], place[1] - skull[1], place[2] - skull[2])
    albedo = (r * scale, g * scale, b * scale)
    opened *= scale * (half + half * occlusion)
    turn = pixel_turn(x0, y0)
    r, g, b = light_hair(place, tangent, outward, towards, albedo, opened, turn, light, shadow)
    part, ceiling = total * np.float32(0.25), np.float32(MAX_RADIANCE)
    return part * min(r, ceiling), part * min(g, ceiling), part * min(b, ceiling)


@inlined
def is_flat_block(buffer, mesh, x, y):
    """Tell whether a 2x2 block sees one smooth piece of skin or cloth, away from the mouth."""
    surface, depth = buffer.surface, buffer.depth
    first, count = surface[y, x], mesh.triangles.shape[0]
    if first < 0 or first >= count or mesh.near_mouth[first]:
        return False
    material = mesh.material[first]
    if material != SKIN and material != CLOTHES:
        return False
    low, high = depth[y, x], depth[y, x]
    for j in range(2):
        for i in range(2):
            t = surface[y + j, x + i]
            if t < 0 or t >= count or mesh.material[t] != material:
                return False
            low, high = min(low, depth[y + j, x + i]), max(high, depth[y + j, x + i])
    return high - low < np.float32(FLAT_BLOCK_DM)


@inlined
def block_light(strands, x0, y0):
    """Return the mean light that passes between the strands of a 2x2 block."""
    upper = strands.light[y0, x0] + strands.light[y0, x0 + 1]
    return (upper + strands.light[y0 + 1, x0] + strands.light[y0 + 1, x0 + 1]) * np.float32(0.25)


@inlined
def contact_shadow(behind):
    """Return the light left to a sample ``behind`` its pixel's nearest surface (dm): least just under an edge."""
    near, far = behind * np.float32(1 / 0.03), (np.float32(0.25) - behind) * np.float32(1 / 0.15)
    hidden = max(np.float32(0), min(np.float32(1), min(near, far)))
    return np.float32(1) - np.float32(0.5) * hidden


@lean_kernel
def shade(buffer, strands, occlusion, mesh, paint, view, light, shadow, layers):
    """Fill the layers [h,w] from a G-buffer and its strands [2h,2w] and the ambient occlusion [h,w]."""
    height, width = occlusion.shape
    votes = layers.votes
    one, quarter, ceiling = np.float32(1), np.float32(0.25), np.float32(MAX_RADIANCE)
    for y in range(height):
        for x in range(width):
            y0, x0 = 2 * y, 2 * x
            flat = is_flat_block(buffer, mesh, x0, y0)
            nearest = min(
                min(buffer.depth[y0, x0], buffer.depth[y0, x0 + 1]),
                min(buffer.depth[y0 + 1, x0], buffer.depth[y0 + 1, x0 + 1]),
            )
            votes[:] = 0
            skin, cover = np.float32(0), np.float32(0)
            e0, e1, e2 = np.float32(0), np.float32(0), np.float32(0)
            a0, a1, a2 = np.float32(0), np.float32(0), np.float32(0)
            p0, p1, p2 = np.float32(0), np.float32(0), np.float32(0)
            passed = block_light(strands, x0, y0)
            if passed < one:
                p0, p1, p2 = shade_strands(x0, y0, occlusion[y, x], strands, mesh, view, light, shadow)
                cover = one - passed
            for k in range(1 if flat else 4):
                xs, ys = x0 + (k & 1), y0 + (k >> 1)
                surface = buffer.surface[ys, xs]
                through = passed if flat else strands.light[ys, xs]
                share = passed if flat else quarter * through
                if through < np.float32(HIDES):
                    votes[strand_class(strands.kind[ys, xs])] += 1
                    if share < quarter * np.float32(OPAQUE):
                        cover += share
                        continue
                elif surface == EMPTY:
                    votes[BACKGROUND] += 1
                if surface == EMPTY:
                    continue
                cover += share
                if surface >= mesh.triangles.shape[0]:
                    if through >= np.float32(HIDES):
                        votes[mesh.worn_classes[surface - mesh.triangles.shape[0]]] += 1
                    continue
                here = occlusion[y, x] * contact_shadow(buffer.depth[ys, xs] - nearest)
                e, a, s, label, is_skin = shade_solid(xs, ys, here, buffer, mesh, paint, view, light, shadow)
                if through >= np.float32(HIDES):
                    votes[label] += 1
                p0 += share * min(s[0], ceiling)
                p1 += share * min(s[1], ceiling)
                p2 += share * min(s[2], ceiling)
                if is_skin:
                    skin += share
                    e0, e1, e2 = e0 + share * e[0], e1 + share * e[1], e2 + share * e[2]
                    a0, a1, a2 = a0 + share * a[0], a1 + share * a[1], a2 + share * a[2]
                else:
                    p0, p1, p2 = p0 + share * e[0] * a[0], p1 + share * e[1] * a[1], p2 + share * e[2] * a[2]
            if skin > 0:
                scale = np.float32(1) / skin
                e0, e1, e2 = e0 * scale, e1 * scale, e2 * scale
            layers.irradiance[y, x, 0], layers.irradiance[y, x, 1], layers.irradiance[y, x, 2] = e0, e1, e2
            layers.albedo[y, x, 0], layers.albedo[y, x, 1], layers.albedo[y, x, 2] = a0, a1, a2
            layers.plain[y, x, 0], layers.plain[y, x, 1], layers.plain[y, x, 2] = p0, p1, p2
            layers.skin[y, x], layers.cover[y, x] = skin, cover
            best = 0
            for label in range(NUM_CLASSES):
                if votes[label] > votes[best]:
                    best = label
            layers.classes[y, x] = best
