"""Reflection of hair: every function is for one sample and returns plain numbers."""

import math

import numpy as np

from facsimile.render.inlined import inlined
from facsimile.render.materials import normalised, towards_viewer
from facsimile.render.sampling import irradiance, shadow_visibility

HAIR_LIGHT_DECAY = 9.0
"""Fall-off of light inside a head of hair, per dm (fitted by eye)."""
CUTICLE_TILT = math.radians(-7.0)
"""Tilt of the cuticle's scales: the white highlight moves towards the root (Marschner et al. 2003: -10 to -5)."""
CUTICLE_WIDTH = math.radians(11.0)
"""Width of the white highlight; Marschner et al. give 5-10 degrees for one hair, a lock's hairs differ in direction."""
WHITE, TINTED, THROUGH = 0.075, 0.55, 0.30
"""Strengths of the paths R, TRT and TT against a diffuse lobe (by eye; R near the 4.6 % of keratin, index 1.55)."""
SCATTERED = 1.2
"""Light hair passes light on: per unit of albedo, this part of what its neighbours block arrives after all (by eye)."""
RANDOM_SHINE = 0.02
"""Part of the ambient light that comes back white."""


@inlined
def _bell(x, width):
    """Return a Gaussian of height 1."""
    q = x / width
    return math.exp(np.float32(-0.5) * q * q)


@inlined
def hair_lobes(t_l, t_v, cos_turn):
    """Return the strengths of a hair's paths: white (R), tinted (TRT) and through (TT).

    ``t_l`` and ``t_v`` are the sines of the angles of light and view against the plane across the hair, ``cos_turn``
    the cosine of the angle between them round the hair. Longitudinal shifts and widths after Marschner et al. 2003
    (TRT: shift -3/2, width 2; TT: shift -1/2, width 1/2 of R, here 1 because a lock scatters).
    """
    half = np.float32(0.5)
    limit = np.float32(0.999)
    lift = half * (math.asin(max(-limit, min(limit, t_l))) + math.asin(max(-limit, min(limit, t_v))))
    tilt, width = np.float32(CUTICLE_TILT), np.float32(CUTICLE_WIDTH)
    near_half = math.sqrt(max(np.float32(0), half + half * cos_turn))
    away = half - half * cos_turn
    white = _bell(lift - tilt, width) * near_half
    tinted = _bell(lift + np.float32(1.5) * tilt, np.float32(2) * width) * near_half * near_half
    through = _bell(lift + half * tilt, width) * away * away * away * away
    return white * np.float32(WHITE), tinted * np.float32(TINTED), through * np.float32(THROUGH)


@inlined
def light_hair(place, tangent, outward, view, albedo, occlusion, turn, light, shadow):
    """Return radiance r, g, b of a lock: diffuse after Kajiya and Kay 1989, highlights after Marschner et al. 2003.

    ``tangent`` points along the hair, ``outward`` away from the head: it gives a bundle of hair its roundness;
    ``occlusion`` is the share of light that reaches the lock through the hair round it.
    """
    x, y, z = place
    vx, vy, vz = view
    tx, ty, tz = normalised(tangent[0], tangent[1], tangent[2])
    one, zero = np.float32(1), np.float32(0)
    t_v = tx * vx + ty * vy + tz * vz
    bx, by, bz = vx - t_v * tx, vy - t_v * ty, vz - t_v * tz
    cos_v = math.sqrt(max(np.float32(1e-6), bx * bx + by * by + bz * bz))
    nx = bx * np.float32(0.35) + outward[0] * np.float32(0.8)
    ny = by * np.float32(0.35) + outward[1] * np.float32(0.8)
    nz = bz * np.float32(0.35) + outward[2] * np.float32(0.8)
    nx, ny, nz, _ = towards_viewer(nx, ny, nz, vx, vy, vz)
    bright = np.float32(0.3) * albedo[0] + np.float32(0.6) * albedo[1] + np.float32(0.1) * albedo[2]
    occlusion += (one - occlusion) * min(np.float32(0.5), np.float32(SCATTERED) * bright)
    e0, e1, e2 = irradiance(light.harmonics, nx, ny, nz)
    shine = np.float32(RANDOM_SHINE)
    r0 = e0 * occlusion * (albedo[0] + shine)
    r1 = e1 * occlusion * (albedo[1] + shine)
    r2 = e2 * occlusion * (albedo[2] + shine)
    for i in range(light.directions.shape[0]):
        lx, ly, lz = light.directions[i, 0], light.directions[i, 1], light.directions[i, 2]
        n_l = nx * lx + ny * ly + nz * lz
        lit = occlusion
        if i == 0:
            lit = shadow_visibility(shadow, x, y, z, n_l, shadow.softness, turn, np.float32(HAIR_LIGHT_DECAY))
            lit *= math.sqrt(occlusion)
        t_l = tx * lx + ty * ly + tz * lz
        cos_l = math.sqrt(max(np.float32(1e-6), one - t_l * t_l))
        cos_turn = (lx * bx + ly * by + lz * bz) / (cos_l * cos_v)
        side = max(zero, n_l * np.float32(0.7) + np.float32(0.3))
        diffuse = cos_l * (np.float32(0.2) + np.float32(0.75) * side) * lit
        white, tinted, through = hair_lobes(t_l, t_v, max(-one, min(one, cos_turn)))
        front = lit * min(one, max(zero, n_l + np.float32(0.4)))
        white, coloured = white * front, tinted * front + through * lit * occlusion + diffuse
        r0 += light.colours[i, 0] * (albedo[0] * coloured + white)
        r1 += light.colours[i, 1] * (albedo[1] * coloured + white)
        r2 += light.colours[i, 2] * (albedo[2] * coloured + white)
    return r0, r1, r2
