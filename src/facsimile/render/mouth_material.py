"""What the inside of the mouth looks like: teeth, gums, tongue and walls, lit through the opening of the lips."""

import math

import numpy as np

from facsimile.render.inlined import inlined

WALL_RED, WALL_GREEN = 0.42, 0.16
"""Part of the light that the walls of the mouth send on, red and the rest: light between them turns red."""
CORNER_NARROWING = 0.65
"""How much lower the opening is at its corners than in its middle: between an ellipse and a slit."""
LIP_DEPTH_DM = 0.07
"""Lips lie on the teeth where they part: down to here nothing is hidden."""
LEAST_DEPTH_DM, LIP_EDGE_DM = 0.03, 0.02
"""The edge of the lips' shadow is this soft, and light bends round the lips, which glow, by this much."""
OUT_DM = 0.08
"""What is this far before the lips (a tongue) is in the open."""
THROAT_DECAY = 0.9
"""Further loss per dm behind the teeth: palate and tongue hide the throat from most of the opening."""
LEAST_LIGHT = 0.06
LIP_GLOW, GLOW_DECAY = 0.26, 6.0
"""Light that comes through the lips and cheeks themselves: this much at their inner side, fading by this per dm."""
TOOTH_ALPHA, TOOTH_F0 = 0.09, 0.056
"""Wet enamel: refractive index 1.62 (Meng et al. 2009)."""
WET_F0 = 0.025
"""Saliva: refractive index about 1.35."""


@inlined
def passed(edge, depth):
    """Return the part of the half-plane's light that reaches ``depth`` from an edge ``edge`` to one side: -1 to 1."""
    return edge / math.sqrt(edge * edge + depth * depth + np.float32(1e-9))


@inlined
def light_between_lips(place, window):
    """Return how much of the light before the mouth reaches a point in it, 0-1.

    ``window`` is ``face.mouth.mouth_window`` in the room. The form factor of a rectangle seen from behind, as the
    product of two infinite slits (exact for either alone): whole in the opening, falling with the depth behind it, and
    a little faster behind the teeth.
    """
    one, half, zero = np.float32(1), np.float32(0.5), np.float32(0)
    dx, dy, dz = place[0] - window[0, 0], place[1] - window[0, 1], place[2] - window[0, 2]
    behind = dx * window[3, 0] + dy * window[3, 1] + dz * window[3, 2]
    depth = max(np.float32(LEAST_DEPTH_DM), behind - np.float32(LIP_DEPTH_DM))
    wide2 = window[1, 0] * window[1, 0] + window[1, 1] * window[1, 1] + window[1, 2] * window[1, 2]
    high2 = window[2, 0] * window[2, 0] + window[2, 1] * window[2, 1] + window[2, 2] * window[2, 2]
    across = (dx * window[1, 0] + dy * window[1, 1] + dz * window[1, 2]) / wide2
    up = (dx * window[2, 0] + dy * window[2, 1] + dz * window[2, 2]) / high2
    wide, high = math.sqrt(wide2), math.sqrt(high2)
    inside = min(one, across * across)
    up -= window[4, 0] * inside
    opening = one - np.float32(CORNER_NARROWING) * inside + np.float32(LIP_EDGE_DM) / high
    margin = one + np.float32(LIP_EDGE_DM) / wide
    sideways = half * (passed((margin - across) * wide, depth) + passed((margin + across) * wide, depth))
    upwards = half * (passed((opening - up) * high, depth) + passed((opening + up) * high, depth))
    outside = min(one, max(zero, -behind * np.float32(1 / OUT_DM)))
    around_corners = math.exp(-np.float32(THROAT_DECAY) * max(zero, depth - np.float32(0.1)))
    glow = np.float32(LEAST_LIGHT) + np.float32(LIP_GLOW) * math.exp(-np.float32(GLOW_DECAY) * depth)
    return max(glow, sideways * upwards * around_corners * (one - outside) + outside)


@inlined
def reddened(albedo, arriving):
    """Return the albedo times the light in the mouth: the part ``arriving`` through the lips and what walls add."""
    one = np.float32(1)
    red = arriving / (one - np.float32(WALL_RED) * (one - arriving))
    rest = arriving / (one - np.float32(WALL_GREEN) * (one - arriving))
    return albedo[0] * red, albedo[1] * rest, albedo[2] * rest


@inlined
def tooth_look(height, across, tooth, paint):
    """Return albedo and specular strength of enamel.

    ``height`` 0 at the biting edge to 1 at the neck, ``across`` -1 to 1: yellower near the gum, bluish and clear at the
    edge of the incisors, darker where two teeth meet.
    """
    one, zero = np.float32(1), np.float32(0)
    neck = min(one, max(zero, (height - np.float32(0.45)) * np.float32(1.8)))
    clear = max(zero, one - height * np.float32(6))
    side = max(zero, abs(across) - np.float32(0.72)) * np.float32(3.5)
    shade = paint.tooth_shade[tooth] * (one - np.float32(0.30) * min(one, side * side))
    r = paint.teeth[0] * shade * (one - np.float32(0.03) * neck) * (one - np.float32(0.16) * clear)
    g = paint.teeth[1] * shade * (one - np.float32(0.09) * neck) * (one - np.float32(0.11) * clear)
    b = paint.teeth[2] * shade * (one - np.float32(0.22) * neck) * (one - np.float32(0.04) * clear)
    return (r, g, b), one - np.float32(0.6) * min(one, side)


@inlined
def tongue_look(rest, normal, paint):
    """Return albedo and normal of the tongue: a furrow in the middle, paler and rougher on top."""
    one, zero = np.float32(1), np.float32(0)
    off = rest[0] * np.float32(32)
    furrow = math.exp(-off * off) * min(one, max(zero, (np.float32(1.40) - rest[2]) * np.float32(5)))
    bumps = math.sin(rest[0] * np.float32(260) + np.float32(2) * math.sin(rest[2] * np.float32(190)))
    bumps *= math.sin(rest[2] * np.float32(240) + rest[0] * np.float32(70))
    top = min(one, max(zero, normal[1]))
    pale = top * (one - furrow) * (np.float32(0.8) + np.float32(0.2) * bumps)
    shade = np.float32(0.82) - np.float32(0.20) * furrow
    r = (paint.gum[0] + np.float32(0.03) * pale) * shade
    g = (paint.gum[1] + np.float32(0.04) * pale) * shade
    b = (paint.gum[2] + np.float32(0.035) * pale) * shade
    tilt = np.float32(0.8) * off * furrow + np.float32(0.10) * bumps
    return (r, g, b), (normal[0] - tilt, normal[1], normal[2] + np.float32(0.10) * bumps)
