"""What an eye looks like: white with veins, iris, a bulging cornea, the pink inner corner, the wet rim of the lid."""

import math

import numpy as np

from facsimile.render.inlined import inlined

CORNEA_REACH = 1.2
"""The cornea bulges up to this many iris radii from the pupil."""
CORNEA_STEEPNESS = 0.55
"""How much further its normals lean out than the ball's: its radius is 7.8 mm against 12 (Gullstrand)."""
CARUNCLE_DM = 0.036
"""The pink flesh of the inner corner reaches this far from it."""
MENISCUS_DM = 0.005
"""Height of the tear film on the lower lid: 0.2-0.3 mm in life, drawn wider so that it is seen at all."""
EYE_F0 = 0.055
"""Reflectance of the tear film: 0.025 by its refractive index (1.376), doubled as the panorama smears small lamps."""
LID_TAPS = 4
LID_REACH_DM = 0.10
"""How far below the upper lid its soft shadow reaches on the eyeball."""
LID_SHADE = 0.70
"""Light lost right under the lid and its lashes."""


@inlined
def sclera_colour(radius, angle, eyes):
    """Return the albedo of the white of the eye: veins thicken away from the iris."""
    one, zero = np.float32(1), np.float32(0)
    redness = min(one, max(zero, (radius - np.float32(0.55)) * np.float32(1.2))) * eyes.redness
    vein = max(zero, math.sin(angle * 9 + 3 * math.sin(radius * 14 + angle * 3)) - np.float32(0.7)) * redness * 2
    pink = min(one, vein)
    return (
        eyes.sclera[0] * (one - np.float32(0.10) * pink),
        eyes.sclera[1] * (one - np.float32(0.25) * redness) * (one - pink),
        eyes.sclera[2] * (one - np.float32(0.28) * redness) * (one - pink),
    )


@inlined
def iris_colour(q, angle, eyes):
    """Return the albedo of the iris at ``q`` of its radius: fibres, a wavy collarette, a dark limbus."""
    one, zero = np.float32(1), np.float32(0)
    open_part = (q - eyes.pupil_radius) / (one - eyes.pupil_radius)
    wave = np.float32(0.30) + np.float32(0.04) * math.sin(angle * 7) + np.float32(0.03) * math.sin(angle * 17 + 2)
    inner = min(one, max(zero, (wave - open_part) * np.float32(6) + np.float32(0.5)))
    ridge = math.exp(-(((open_part - wave) * np.float32(9)) ** 2))
    fibre = math.sin(angle * 31 + 3 * math.sin(q * 7)) * np.float32(0.5)
    fibre += math.sin(angle * 67 + q * 13) * np.float32(0.3) + math.sin(angle * 12 - q * 5) * np.float32(0.25)
    limbus = min(one, max(zero, (q - np.float32(0.80)) * np.float32(5)))
    shade = (one + np.float32(0.30) * fibre + np.float32(0.25) * ridge) * (one - np.float32(0.72) * limbus * limbus)
    shade *= min(one, max(zero, open_part * np.float32(12)))
    dark = np.float32(0.004)
    return (
        (eyes.iris_outer[0] * (one - inner) + eyes.iris_inner[0] * inner) * shade + dark,
        (eyes.iris_outer[1] * (one - inner) + eyes.iris_inner[1] * inner) * shade + dark,
        (eyes.iris_outer[2] * (one - inner) + eyes.iris_inner[2] * inner) * shade + dark,
    )


@inlined
def corner_flesh(place, corner):
    """Return how much of an eye's sample is the pink flesh of the inner corner, 0-1."""
    dx, dy, dz = place[0] - corner[0], place[1] - corner[1], place[2] - corner[2]
    near = np.float32(1) - math.sqrt(dx * dx + dy * dy + dz * dz) * np.float32(1 / CARUNCLE_DM)
    return min(np.float32(1), max(np.float32(0), near * np.float32(1.8)))


@inlined
def eye_albedo(radius, angle, rise, flesh, eyes):
    """Return the albedo of an eye at ``radius`` (of the eyeball's, from the front) and ``angle``.

    ``rise`` is the height above the pupil over the iris radius: light from above falls through the cornea onto the
    lower half of the iris. ``flesh`` blends to the inner corner.
    """
    one, zero, half = np.float32(1), np.float32(0), np.float32(0.5)
    edge = eyes.iris_radius
    white = min(one, max(zero, (radius - edge) * np.float32(14) + half))
    w0, w1, w2 = sclera_colour(radius, angle, eyes)
    if white < one:
        i0, i1, i2 = iris_colour(radius / edge, angle, eyes)
        glow = max(half, one - np.float32(0.45) * rise)
        w0 = w0 * white + i0 * glow * (one - white)
        w1 = w1 * white + i1 * glow * (one - white)
        w2 = w2 * white + i2 * glow * (one - white)
    if flesh > zero:
        keep = one - flesh
        w0, w1, w2 = (
            w0 * keep + np.float32(0.50) * flesh,
            w1 * keep + np.float32(0.20) * flesh,
            w2 * keep + np.float32(0.17) * flesh,
        )
    return w0, w1, w2


@inlined
def eye_normal(place, ball, axis, radius, iris_radius):
    """Return the normal of the eyeball at ``place``; the cornea bulges over the iris."""
    nx, ny, nz = place[0] - ball[0], place[1] - ball[1], place[2] - ball[2]
    scale = np.float32(1) / math.sqrt(nx * nx + ny * ny + nz * nz + np.float32(1e-12))
    nx, ny, nz = nx * scale, ny * scale, nz * scale
    bulge = min(np.float32(1), max(np.float32(0), (iris_radius * np.float32(CORNEA_REACH) - radius) * np.float32(6)))
    along = nx * axis[0] + ny * axis[1] + nz * axis[2]
    steep = np.float32(CORNEA_STEEPNESS) * bulge
    nx += steep * (nx - along * axis[0])
    ny += steep * (ny - along * axis[1])
    nz += steep * (nz - along * axis[2])
    return nx, ny, nz


@inlined
def lid_shadow(depth, x, y, focal):
    """Return how much light the upper lid leaves on an eyeball sample, 1 - LID_SHADE to 1."""
    here = depth[y, x]
    step = focal / here * np.float32(LID_REACH_DM / LID_TAPS)
    hidden = np.float32(0)
    for tap in range(1, LID_TAPS + 1):
        above = y - int(step * tap + np.float32(0.5))
        if above >= 0 and depth[above, x] < here - np.float32(0.012):
            hidden += np.float32(1)
    return np.float32(1) - np.float32(LID_SHADE) * hidden / LID_TAPS


@inlined
def open_to_light(normal, towards):
    """Return how open the white is to light: it turns back under the lids and into the corners, 0.5-1."""
    facing = normal[0] * towards[0] + normal[1] * towards[1] + normal[2] * towards[2]
    return np.float32(0.5) + np.float32(0.5) * min(np.float32(1), max(np.float32(0), facing * np.float32(1.1)))


@inlined
def is_on_wet_rim(depth, x, y, focal):
    """Tell whether an eyeball sample lies in the tear film that stands on the lower lid; never in small pictures."""
    here = depth[y, x]
    step = int(focal / here * np.float32(MENISCUS_DM))
    below = y + step
    return step > 0 and below < depth.shape[0] and depth[below, x] < here - np.float32(0.004)
