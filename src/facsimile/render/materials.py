"""Reflection of solids: what each material sends back. Every function is for one sample and returns plain numbers."""

import math

import numpy as np

from facsimile.render.inlined import inlined
from facsimile.render.sampling import environment_texel, irradiance, shadow_visibility

MIN_FACING = 0.02
"""Cosine below which a normal is bent back towards the viewer."""
GRAZING_MIRROR = 0.34
"""Reflectance that smooth surfaces come near to at grazing view: less than 1, their bumps hide each other."""
BODY_HIDES = 0.8
"""Part of what lies straight below that shoulders and chest hide from being mirrored."""
MAX_HIGHLIGHT = 6.0
"""Largest specular factor on skin; keeps one sparkling sample from becoming a white pixel."""


@inlined
def normalised(x, y, z):
    """Return the unit vector along (x, y, z)."""
    scale = np.float32(1) / math.sqrt(x * x + y * y + z * z + np.float32(1e-12))
    return x * scale, y * scale, z * scale


@inlined
def towards_viewer(nx, ny, nz, vx, vy, vz):
    """Return the normal, bent so that it faces the viewer, and its cosine to the view."""
    nx, ny, nz = normalised(nx, ny, nz)
    facing = nx * vx + ny * vy + nz * vz
    if facing < np.float32(MIN_FACING):
        bend = np.float32(MIN_FACING) - facing
        nx, ny, nz = normalised(nx + bend * vx, ny + bend * vy, nz + bend * vz)
        facing = np.float32(MIN_FACING)
    return nx, ny, nz, facing


@inlined
def ggx(n_l, n_v, n_h, v_h, alpha, f0):
    """Return the Cook-Torrance factor without the final cosine (Walter et al. 2007; Schlick 1994; Karis 2013)."""
    one = np.float32(1)
    a2 = alpha * alpha
    d = n_h * n_h * (a2 - one) + one
    distribution = a2 / (np.float32(math.pi) * d * d)
    k = (alpha + one) * (alpha + one) * np.float32(0.125)
    masking = one / ((n_l * (one - k) + k) * (n_v * (one - k) + k) * np.float32(4))
    grazing = one - v_h
    square = grazing * grazing
    return distribution * masking * (f0 + (one - f0) * square * square * grazing)


@inlined
def light_surface(place, normal, view, finish, occlusion, turn, light, shadow):
    """Return irradiance r, g, b and specular radiance r, g, b of a solid surface.

    ``finish`` is (alpha, f0, specular strength, red wrap, green wrap, blue wrap, least lit, is_eye): wrap is how far
    diffuse light bleeds past the terminator (subsurface scattering, Penner 2011 in its cheapest form), least lit the
    part of a lamp that arrives even in shadow (through lips and lids).
    """
    x, y, z = place
    nx, ny, nz, n_v = towards_viewer(normal[0], normal[1], normal[2], view[0], view[1], view[2])
    vx, vy, vz = view
    alpha, f0, strength, wrap_r, wrap_g, wrap_b, least_lit, is_eye = finish
    one, two, zero = np.float32(1), np.float32(2), np.float32(0)
    e0, e1, e2 = irradiance(light.harmonics, nx, ny, nz)
    e0, e1, e2 = e0 * occlusion, e1 * occlusion, e2 * occlusion
    rx, ry, rz = two * n_v * nx - vx, two * n_v * ny - vy, two * n_v * nz - vz
    if is_eye:
        s0, s1, s2 = environment_texel(light.sharp, rx, ry, rz)
    else:
        s0, s1, s2 = environment_texel(light.rough, rx, ry, rz)
    grazing = one - n_v
    square = grazing * grazing
    fresnel = f0 + max(np.float32(GRAZING_MIRROR) * (one - alpha) - f0, zero) * square * square * grazing
    fresnel *= strength * occlusion * occlusion
    if not is_eye:
        fresnel *= one + np.float32(BODY_HIDES) * min(ry, zero)
    s0, s1, s2 = s0 * fresnel, s1 * fresnel, s2 * fresnel
    for i in range(light.directions.shape[0]):
        lx, ly, lz = light.directions[i, 0], light.directions[i, 1], light.directions[i, 2]
        n_l = nx * lx + ny * ly + nz * lz
        if n_l < -wrap_r:
            continue
        lit = shadow_visibility(shadow, x, y, z, n_l, shadow.softness, turn, zero) if i == 0 else occlusion
        lit = max(lit, least_lit)
        if lit <= zero:
            continue
        c0, c1, c2 = light.colours[i, 0] * lit, light.colours[i, 1] * lit, light.colours[i, 2] * lit
        e0 += c0 * max(zero, (n_l + wrap_r) / (one + wrap_r))
        e1 += c1 * max(zero, (n_l + wrap_g) / (one + wrap_g))
        e2 += c2 * max(zero, (n_l + wrap_b) / (one + wrap_b))
        if n_l > zero and not is_eye:
            hx, hy, hz = normalised(lx + vx, ly + vy, lz + vz)
            n_h, v_h = max(zero, nx * hx + ny * hy + nz * hz), max(zero, vx * hx + vy * hy + vz * hz)
            wide = min(one, alpha + np.float32(0.33) * light.radii[i])  # a sphere light, Karis 2013
            broad = ggx(n_l, n_v, n_h, v_h, wide, f0)
            tight = ggx(n_l, n_v, n_h, v_h, min(one, wide - np.float32(0.65) * alpha), f0)
            shine = min(np.float32(0.7) * broad + np.float32(0.3) * tight, np.float32(MAX_HIGHLIGHT))
            shine *= n_l * strength * np.float32(math.pi)
            s0, s1, s2 = s0 + c0 * shine, s1 + c1 * shine, s2 + c2 * shine
    return e0, e1, e2, s0, s1, s2
