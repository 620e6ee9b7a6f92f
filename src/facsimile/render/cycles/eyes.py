"""Build eyes for a path tracer: a fine eyeball with a flat iris, a clear cornea over it, and the tear line."""

import numpy as np
from jaxtyping import Float32

from facsimile.face.eyeballs import lid_margins
from facsimile.face.mouth import affine_between
from facsimile.face.rest import EYE_CENTRE
from facsimile.render.cycles.parts import CLEAR, EYE_LABEL, Part
from facsimile.render.eye_material import CARUNCLE_DM, CORNEA_REACH
from facsimile.render.posing import PosedHead
from facsimile.render.shading import EYE_RADIUS_DM, Mesh
from facsimile.render.topology import topology

AROUND = 96
"""Corners round the axis of an eye."""
IRIS_RINGS, WHITE_RINGS = 14, 26
REACH = 0.97
"""The mesh ends this far (sine of the angle) from the axis in front, and goes on a little behind the equator."""
BEHIND_RAD = 2.0
"""Angle from the axis at which the ball ends: behind the lids and the corners."""
IRIS_DEPTH = 0.6
"""Part of the way from the ball's surface to a flat disc that the iris lies back: parallax under half a millimetre."""
CORNEA_LIFT, CORNEA_BULGE = 0.006, 0.030
"""The clear layer stands off the ball by these parts of its radius: tears everywhere, the cornea over the iris. Lids
keep 0.058 of it free (``eyeballs.LID_CLEARANCE``)."""
BALL_DM = 0.1465
"""Radius of the fine ball on the template: between the corners of the template's ball (0.1495) and the middles of its
flat triangles in front (0.1448), so that lids cover as much of it."""
TEAR_RADIUS_DM = 0.0022
"""Half the height of the tear film on the lower lid: 0.2-0.3 mm in life, drawn wider so that it is seen."""
TEAR_POINTS, TEAR_AROUND = 33, 6
FLESH_REACH = 1.8


def eye_parts(mesh: Mesh, head: PosedHead, iris_radius: float) -> list[Part]:
    """Return eyeball, cornea and tear line of both eyes; ``mesh`` is the raster's."""
    parts, iris_sine = [], iris_radius * EYE_RADIUS_DM / BALL_DM
    for side, name in enumerate(("left", "right")):
        rows = topology().eye_vertices[side]
        matrix, shift = affine_between(topology().rest[rows], head.vertices[rows])
        sphere, triangles, sine = _sphere(iris_sine)
        ball, uv = _placed(sphere * _iris_dish(sine, sphere, iris_sine), side, matrix, shift), _front_uv(sphere)
        flesh = _flesh(ball, mesh.eye_corners[side])
        parts.append(Part(f"{name}-eye", "eye", EYE_LABEL, ball, triangles, uv=uv[triangles], colours=flesh[triangles]))
        shell = _placed(sphere * _cornea(sine, iris_sine), side, matrix, shift)
        parts.append(Part(f"{name}-cornea", "cornea", CLEAR, shell, triangles))
        parts.append(_tear_line(f"{name}-tear", side, head))
    return parts


def _sphere(iris_sine: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return unit directions [N,3] about +z, triangles, and the sine of each one's angle in front (1 behind)."""
    limbus = float(np.arcsin(iris_sine))
    polar = np.concatenate([
        np.linspace(0, limbus, IRIS_RINGS + 1)[1:], np.linspace(limbus, BEHIND_RAD, WHITE_RINGS + 1)[1:]
    ])  # fmt: skip
    turn = np.arange(AROUND) * (2 * np.pi / AROUND)
    ring = np.stack([np.cos(turn), np.sin(turn)], -1)
    flat = np.sin(polar)[:, None, None] * ring
    rise = np.broadcast_to(np.cos(polar)[:, None, None], (len(polar), AROUND, 1))
    points = np.concatenate([[[0, 0, 1]], np.concatenate([flat, rise], -1).reshape(-1, 3)])
    sine = np.concatenate([[0], np.repeat(np.where(polar < np.pi / 2, np.sin(polar), 1.0), AROUND)])
    here = 1 + np.arange(AROUND)
    beside = 1 + (np.arange(AROUND) + 1) % AROUND
    cap = np.stack([np.zeros(AROUND, int), here, beside], -1)
    bands = [
        np.concatenate([np.stack([a, a + AROUND, b], -1), np.stack([b, a + AROUND, b + AROUND], -1)])
        for a, b in ((here + k * AROUND, beside + k * AROUND) for k in range(len(polar) - 1))
    ]
    triangles = np.concatenate([cap, *bands]).astype(np.int32)
    return points.astype(np.float32), triangles, sine.astype(np.float32)


def _iris_dish(sine: np.ndarray, sphere: np.ndarray, iris_sine: float) -> np.ndarray:
    """Return factors [N,3] that flatten the iris towards the plane of its rim."""
    plane = np.sqrt(1 - iris_sine**2)
    flat = sphere[:, 2] + np.float32(IRIS_DEPTH) * (np.float32(plane) - sphere[:, 2])
    inside = (sine < iris_sine)[:, None]
    factor = np.stack([np.ones_like(flat), np.ones_like(flat), flat / np.maximum(sphere[:, 2], 0.1)], -1)
    return np.where(inside, factor, 1).astype(np.float32)


def _cornea(sine: np.ndarray, iris_sine: float) -> np.ndarray:
    """Return the distance [N,1] of the clear layer from the ball's centre over the ball's radius."""
    share = np.clip(1 - sine / (iris_sine * CORNEA_REACH), 0, 1)
    bulge = share * share * (3 - 2 * share)
    return (1 + CORNEA_LIFT + CORNEA_BULGE * np.minimum(1, 1.6 * bulge))[:, None].astype(np.float32)


def _placed(unit: np.ndarray, side: int, matrix: np.ndarray, shift: np.ndarray) -> Float32[np.ndarray, "N 3"]:
    """Return points of the unit ball in the room."""
    centre = np.array(EYE_CENTRE, np.float32) * np.array([1 if side == 0 else -1, 1, 1], np.float32)
    return np.ascontiguousarray((centre + unit * np.float32(BALL_DM)) @ matrix + shift, np.float32)


def _front_uv(sphere: np.ndarray) -> Float32[np.ndarray, "N 2"]:
    """Address the eye's picture, whose half width is the raster's radius of the eye; what lies beyond it is its rim."""
    length = np.linalg.norm(sphere[:, :2], axis=1, keepdims=True)
    behind = sphere[:, 2:] < 0
    flat = np.where(behind, sphere[:, :2] / np.maximum(length, 1e-6), sphere[:, :2])
    return (0.5 + 0.5 * BALL_DM / EYE_RADIUS_DM * flat).astype(np.float32)


def _flesh(points: np.ndarray, corner: np.ndarray) -> Float32[np.ndarray, "N 3"]:
    """Return the share of inner-corner flesh of points in the room, as grey."""
    near = 1 - np.linalg.norm(points - corner, axis=1) / CARUNCLE_DM
    return np.repeat(np.clip(near * FLESH_REACH, 0, 1)[:, None], 3, axis=1).astype(np.float32)


def _tear_line(name: str, side: int, head: PosedHead) -> Part:
    """Return a thin tube where the lower lid meets the ball."""
    lower = lid_margins()[1] if side == 0 else lid_margins()[1].mirrored()
    margin = lower.at(head.vertices)
    ball = head.eye_centres[side]
    radius = float(np.linalg.norm(head.vertices[topology().eye_vertices[side]] - ball, axis=1).max())
    dense = np.linspace(0, len(margin) - 1, TEAR_POINTS)
    line = np.stack([np.interp(dense, np.arange(len(margin)), margin[:, axis]) for axis in range(3)], -1)
    out = line - ball
    out = out / np.linalg.norm(out, axis=1, keepdims=True)
    middle = ball + out * (radius + TEAR_RADIUS_DM)
    thick = TEAR_RADIUS_DM * np.sin(np.linspace(0.15, np.pi - 0.15, TEAR_POINTS)) ** 0.5
    along = np.gradient(middle, axis=0)
    along /= np.linalg.norm(along, axis=1, keepdims=True)
    across = np.cross(along, out)
    turn = np.arange(TEAR_AROUND) * (2 * np.pi / TEAR_AROUND)
    ring = np.cos(turn)[None, :, None] * out[:, None] + np.sin(turn)[None, :, None] * across[:, None]
    points = (middle[:, None] + thick[:, None, None] * ring).reshape(-1, 3)
    a = np.arange(TEAR_AROUND)
    b = (a + 1) % TEAR_AROUND
    bands = [
        np.concatenate([np.stack([a, b, a + TEAR_AROUND], -1), np.stack([b, b + TEAR_AROUND, a + TEAR_AROUND], -1)])
        + k * TEAR_AROUND
        for k in range(TEAR_POINTS - 1)
    ]
    return Part(name, "tear", CLEAR, points.astype(np.float32), np.concatenate(bands).astype(np.int32))
