"""Turn the eyeballs, shut the lids and keep them in front of the eyeballs."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Float, Float32, Int32

from facsimile.face.front_view import look
from facsimile.face.landmarks import Surface, contour_cells, opening, pick
from facsimile.face.pack import load_head_pack, part_index
from facsimile.face.symmetry import mirror_vertices

LID_COLUMNS = (0.06, 0.2, 0.35, 0.5, 0.65, 0.8, 0.94)
"""Places along the eye where the lids are made to meet."""
LID_OVERLAP = 0.004
"""A shut upper lid passes the lower one by this much (dm)."""
SHUT_PASSES = 2
LID_CLEARANCE = 0.008
"""Lids stay this far (dm) in front of the eyeball, or as far as they are on the neutral face."""
LID_SHELL = 0.10
"""Skin within this distance (dm) of the eyeball counts as lid."""
UPPER_LASHES = ("left_lash_upper", "right_lash_upper")
LASH_DROOP_RAD = 0.95
"""Upper lashes of a shut lid point this far further down than those of an open eye."""
LASH_FORWARD = 0.012
"""Lashes of a shut lid root this far (dm) in front of where the lids meet: the line they draw is seen."""


@dataclass(frozen=True)
class Eyeball:
    """Hold the sphere of an eyeball: ``centre`` [3] and ``radius`` (dm)."""

    centre: Float32[np.ndarray, "3"]
    radius: float


@dataclass(frozen=True)
class LidGuard:
    """Hold the lid vertices of one eye [N] and the distance [N] from the eyeball's centre they must keep (dm)."""

    vertices: Int32[np.ndarray, " N"]
    distance: Float32[np.ndarray, " N"]


def eye_vertices(side: int) -> Int32[np.ndarray, " N"]:
    """Return the vertices of the left (0) or right (1) eyeball."""
    return _eye_vertices()[side]


@lru_cache(maxsize=1)
def _eye_vertices() -> tuple[np.ndarray, np.ndarray]:
    pack = load_head_pack()
    left = pack.part_vertices("left_eye")
    return left, mirror_vertices()[left]


def fit_eyeball(vertices: Float32[np.ndarray, "V 3"], side: int) -> Eyeball:
    """Fit a sphere to an eyeball by least squares; its centre is the eye joint."""
    points = vertices[eye_vertices(side)].astype(np.float64)
    origin = points.mean(0)
    points = points - origin
    system = np.concatenate([2 * points, np.ones((len(points), 1))], 1)
    solution = np.linalg.lstsq(system, (points**2).sum(1), rcond=None)[0]
    radius = float(np.sqrt(solution[3] + solution[:3] @ solution[:3]))
    return Eyeball((origin + solution[:3]).astype(np.float32), radius)


def gaze_rotation(yaw_rad: float, pitch_rad: float) -> Float[np.ndarray, "3 3"]:
    """Return the matrix that turns +z (straight ahead) to a gaze: yaw to the subject's left, then pitch up."""
    cy, sy, cp, sp = np.cos(yaw_rad), np.sin(yaw_rad), np.cos(pitch_rad), np.sin(pitch_rad)
    yaw = np.array(((cy, 0, sy), (0, 1, 0), (-sy, 0, cy)))
    pitch = np.array(((1, 0, 0), (0, cp, sp), (0, -sp, cp)))
    return yaw @ pitch


@lru_cache(maxsize=1)
def lid_margins() -> tuple[Surface, Surface]:
    """Return the upper and lower lid margin of the left eye at ``LID_COLUMNS``."""
    view = look(load_head_pack().vertices)
    mask = opening(view.where(view.part == part_index("left_eye")), (0.1, 0.55), (7.05, 7.5))
    _, _, top, bottom = contour_cells(mask, LID_COLUMNS, 1)
    return pick(view, top), pick(view, bottom)


@dataclass(frozen=True)
class Lids:
    """Say how the lids of one eye meet.

    ``upper`` and ``lower`` margins at N columns; ``vertices`` [M] that go down with the upper lid, ``share`` [M,N] how
    much each follows the columns; ``aperture`` [N] of the neutral face (dm), smaller by the overlap.
    """

    upper: Surface
    lower: Surface
    vertices: Int32[np.ndarray, " M"]
    share: Float32[np.ndarray, "M N"]
    aperture: Float32[np.ndarray, " N"]

    def gap(self, vertices: Float32[np.ndarray, "V 3"]) -> Float32[np.ndarray, " N"]:
        """Return how far (dm) the upper margin is above the lower one at each column."""
        return self.upper.at(vertices)[:, 1] - self.lower.at(vertices)[:, 1]

    def lower_lid(self, vertices: Float32[np.ndarray, "V 3"], drop: Float32[np.ndarray, " N"]) -> None:
        """Move the upper lid down by ``drop`` (dm) at each column, in place."""
        vertices[self.vertices, 1] -= self.share @ drop


def fit_lids(neutral: Float32[np.ndarray, "V 3"], blink: Float32[np.ndarray, "V 3"], side: int) -> Lids:
    """Prepare the lids of one face; ``blink`` is the closing shape before it fits the face."""
    upper, lower = (margin if side == 0 else margin.mirrored() for margin in lid_margins())
    template = load_head_pack().vertices
    place, columns = np.abs(template[:, 0]), np.abs(upper.at(template)[:, 0])
    weight = -blink[:, 1] / np.interp(place, columns, np.maximum(-upper.at(blink)[:, 1], 1e-3))
    rows = np.flatnonzero(weight > 1e-3).astype(np.int32)
    tent = np.stack([np.interp(place[rows], columns, hat) for hat in np.eye(len(columns))], 1)
    share = (np.clip(weight[rows], 0, 1)[:, None] * tent).astype(np.float32)
    aperture = upper.at(neutral)[:, 1] - lower.at(neutral)[:, 1]
    return Lids(upper, lower, rows, share, aperture)


def shut_lids(neutral: Float32[np.ndarray, "V 3"], blink: Float32[np.ndarray, "V 3"], lids: Lids) -> None:
    """Change ``blink`` in place so that the lids of this face meet and overlap a little at weight 1."""
    for _ in range(SHUT_PASSES):
        lids.lower_lid(blink, lids.gap(neutral + blink) + np.float32(LID_OVERLAP))


def droop_lashes(neutral: Float32[np.ndarray, "V 3"], blink: Float32[np.ndarray, "V 3"], lids: Lids, side: int) -> None:
    """Change ``blink`` in place so that the upper lashes of a shut lid root where the lids meet and point down.

    Each lash keeps its place along the margin and turns with it about the line from corner to corner.
    """
    rows = load_head_pack().part_vertices(UPPER_LASHES[side])
    open_edge, shut_edge = lids.upper.at(neutral), lids.upper.at(neutral + blink)
    order = np.argsort(open_edge[:, 0])
    lash = neutral[rows]
    root, goal = (
        np.stack([np.interp(lash[:, 0], open_edge[order, 0], edge[order, axis]) for axis in (0, 1, 2)], 1)
        for edge in (open_edge, shut_edge)
    )
    offset = lash - root
    cos, sin = np.cos(LASH_DROOP_RAD), np.sin(LASH_DROOP_RAD)
    turned = np.stack(
        [offset[:, 0], cos * offset[:, 1] - sin * offset[:, 2], sin * offset[:, 1] + cos * offset[:, 2]], 1
    )
    blink[rows] = goal + turned + (0, 0, LASH_FORWARD) - lash


def keep_shut(posed: Float32[np.ndarray, "V 3"], weight: float, lids: Lids) -> None:
    """Lower or lift the upper lid, in place, so that a blink closes ``weight`` of the opening other units leave."""
    linear = (1 - weight) * lids.aperture - np.float32(weight * LID_OVERLAP)
    lids.lower_lid(posed, np.float32(weight) * (lids.gap(posed) - linear))


def lid_guard(neutral: Float32[np.ndarray, "V 3"], eyeball: Eyeball, side: int) -> LidGuard:
    """Return which vertices must stay in front of the eyeball on this face, and at what distance.

    Skin that lies in front of the template's eyeball must lie in front of everybody's; folds behind may stay there.
    """
    lids = lid_vertices(side)
    distance = np.linalg.norm(neutral[lids] - eyeball.centre, axis=1)
    room = np.minimum(_template_room(), np.float32(LID_CLEARANCE))
    kept = np.minimum(distance, eyeball.radius + LID_CLEARANCE)
    return LidGuard(lids, np.where(room > 0, eyeball.radius + room, kept).astype(np.float32))


@lru_cache(maxsize=1)
def _template_room() -> Float32[np.ndarray, " N"]:
    """Return how far (dm) lid skin lies in front of the template's eyeball; the same on both sides."""
    vertices = load_head_pack().vertices
    ball = fit_eyeball(vertices, 0)
    return (np.linalg.norm(vertices[lid_vertices(0)] - ball.centre, axis=1) - ball.radius).astype(np.float32)


def lid_vertices(side: int) -> Int32[np.ndarray, " N"]:
    """Return the skin of the left (0) or right (1) lids."""
    return _lid_vertices()[side]


@lru_cache(maxsize=1)
def _lid_vertices() -> tuple[np.ndarray, np.ndarray]:
    pack = load_head_pack()
    ball = fit_eyeball(pack.vertices, 0)
    body = pack.part_vertices("body")
    offset = pack.vertices[body] - ball.centre
    left = body[(np.linalg.norm(offset, axis=1) < ball.radius + LID_SHELL) & (offset[:, 2] > 0)]
    return left, mirror_vertices()[left]


def push_lids(vertices: Float32[np.ndarray, "V 3"], eyeball: Eyeball, guard: LidGuard) -> None:
    """Move lid vertices that came too close straight away from the eyeball's centre, in place."""
    offset = vertices[guard.vertices] - eyeball.centre
    distance = np.sqrt((offset**2).sum(1))
    scale = np.maximum(guard.distance / np.maximum(distance, np.float32(1e-6)), np.float32(1))
    vertices[guard.vertices] = eyeball.centre + offset * scale[:, None]


def turn_eyeball(
    vertices: Float32[np.ndarray, "V 3"], eyeball: Eyeball, side: int, gaze: Float[np.ndarray, "2"]
) -> None:
    """Rotate an eyeball about its centre to a gaze (yaw, pitch; radians), in place."""
    rows = eye_vertices(side)
    rotation = gaze_rotation(float(gaze[0]), float(gaze[1])).astype(np.float32)
    vertices[rows] = eyeball.centre + (vertices[rows] - eyeball.centre) @ rotation.T
