"""Put a person in the room: turn the head, let the shoulders follow, carry the hair along."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from facsimile.face.appearance import Appearance
from facsimile.face.strands import HairStrands, SurfaceStrands, posed_strands
from facsimile.kernel import lean_kernel
from facsimile.render.camera import head_rotation
from facsimile.render.raster import vertex_normals
from facsimile.render.shading import STRAND_BEARD, STRAND_BROW, STRAND_HAIR, STRAND_LASH
from facsimile.render.topology import topology

NECK_PIVOT = (0.0, 6.5, 0.2)
"""Point that the head turns about (dm): the top of the cervical spine of the template."""
BEND_LOW, BEND_HIGH, BEND_FORWARD = 5.6, 6.5, 0.45
"""A point follows the head fully where y + BEND_FORWARD * z exceeds BEND_HIGH and the torso where it is below BEND_LOW:
chin and jaw move with the head, the neck bends in between."""
TORSO_SHARE = np.array([0.0, 0.45, 0.25], np.float32)
"""Part of the head's pitch, yaw and roll that the shoulders share."""
CLOTH_GAP_DM = 0.08
"""How far clothes stand off the body."""
LASH_COLOUR = (0.012, 0.009, 0.008)
TINT_SPREAD = 0.28
"""Log brightness of a hair per unit of its tint."""
ROOT_SHADE = 0.6
"""Brightness of a hair at its root, where its neighbours shade it, against its tip."""


@dataclass(frozen=True)
class Strands:
    """One kind of hair in the room: linear RGB at root and tip, light that reaches each point 0-1, root width."""

    kind: int
    points: Float32[np.ndarray, "N M 3"]
    colour: Float32[np.ndarray, "N 2 3"]
    openness: Float32[np.ndarray, "N M"]
    width_dm: Float32[np.ndarray, " N"]


@dataclass(frozen=True)
class PosedHead:
    """A person in the room: vertices and unit normals of the whole mesh and then the teeth, and hair."""

    vertices: Float32[np.ndarray, "W 3"]
    normals: Float32[np.ndarray, "W 3"]
    strands: tuple[Strands, ...]
    eye_centres: Float32[np.ndarray, "2 3"]
    skull: Float32[np.ndarray, " 3"]


@lean_kernel
def bend_points(points, guide, head, torso, pivot, out):
    """Turn points [N,3] by ``head`` or ``torso`` [3,3] about ``pivot``, blended by where ``guide`` [N,3] lies."""
    for i in range(points.shape[0]):
        follow = (guide[i, 1] + np.float32(BEND_FORWARD) * guide[i, 2] - np.float32(BEND_LOW)) * np.float32(
            1 / (BEND_HIGH - BEND_LOW)
        )
        follow = min(np.float32(1), max(np.float32(0), follow))
        follow = follow * follow * (np.float32(3) - np.float32(2) * follow)
        x, y, z = points[i, 0] - pivot[0], points[i, 1] - pivot[1], points[i, 2] - pivot[2]
        for c in range(3):
            by_head = head[c, 0] * x + head[c, 1] * y + head[c, 2] * z
            by_torso = torso[c, 0] * x + torso[c, 1] * y + torso[c, 2] * z
            out[i, c] = pivot[c] + follow * by_head + (np.float32(1) - follow) * by_torso


def bent(points: np.ndarray, guide: np.ndarray, head_pose_rad: np.ndarray) -> np.ndarray:
    """Return points [...,3] of the head's frame in the room; ``guide`` says which part of the body they belong to."""
    flat, out = points.reshape(-1, 3), np.empty((points.size // 3, 3), np.float32)
    head, torso = head_rotation(head_pose_rad), head_rotation(head_pose_rad * TORSO_SHARE)
    bend_points(flat, guide.reshape(-1, 3), head, torso, np.array(NECK_PIVOT, np.float32), out)
    return out.reshape(points.shape)


def turned_window(window: Float32[np.ndarray, "5 3"], head_pose_rad: np.ndarray) -> Float32[np.ndarray, "5 3"]:
    """Return the opening of the lips (``face.mouth.mouth_window``) in the room: jaw and lips turn with the head."""
    turned = window.copy()
    turned[1:4] = window[1:4] @ head_rotation(head_pose_rad).T
    turned[:1] = bent(window[:1], np.array([[0, 9, 0]], np.float32), head_pose_rad)
    return turned


def pose_head(
    vertices: Float32[np.ndarray, "V 3"],
    appearance: Appearance,
    head_pose_rad: Float32[np.ndarray, " 3"],
    detail: float,
    *,
    teeth: Float32[np.ndarray, "D 3"],
) -> PosedHead:
    """Turn an expressive head with its ``teeth`` and grow its hair; ``detail`` 0-1: the part of head hairs drawn."""
    shape = topology()
    normals = np.zeros_like(vertices)
    vertex_normals(vertices, shape.triangles, normals)
    strands = [
        _room_strands(
            grown, kind, colour, vertices=vertices, normals=normals, head_pose_rad=head_pose_rad, detail=detail
        )
        for kind, grown, colour in _strands(appearance)
    ]
    room = in_room(vertices, normals, teeth, head_pose_rad)
    normals = np.zeros_like(room)
    vertex_normals(room, shape.seen, normals)
    centres = np.stack([room[eye].mean(0) for eye in shape.eye_vertices])
    skull = centres.mean(0) + head_rotation(head_pose_rad) @ np.array([0, 0.25, -0.95], np.float32)
    return PosedHead(room, normals, tuple(strands), centres, skull.astype(np.float32))


def in_room(
    vertices: Float32[np.ndarray, "V 3"],
    normals: Float32[np.ndarray, "V 3"],
    teeth: Float32[np.ndarray, "D 3"],
    head_pose_rad: Float32[np.ndarray, " 3"],
) -> Float32[np.ndarray, "W 3"]:
    """Return the vertices of the dressed head and then its teeth, turned; ``normals`` are those of ``vertices``."""
    dressed = vertices.copy()
    cloth = topology().clothes_vertices
    dressed[cloth] += normals[cloth] * np.float32(CLOTH_GAP_DM)
    return bent(np.concatenate([dressed, teeth]), topology().rest, head_pose_rad)


def _strands(appearance: Appearance) -> list[tuple[int, HairStrands | SurfaceStrands, np.ndarray]]:
    """List a person's hair with its colour, largest first."""
    kinds = (
        (STRAND_HAIR, appearance.hair, appearance.hair_colour),
        (STRAND_BEARD, appearance.beard, appearance.beard_colour),
        (STRAND_BROW, appearance.brows, appearance.brow_colour),
        (STRAND_LASH, appearance.lashes, np.array(LASH_COLOUR, np.float32)),
    )
    return [(kind, strands, colour) for kind, strands, colour in kinds if strands is not None]


def _room_strands(
    strands: HairStrands | SurfaceStrands,
    kind: int,
    colour: np.ndarray,
    *,
    vertices: np.ndarray,
    normals: np.ndarray,
    head_pose_rad: np.ndarray,
    detail: float,
) -> Strands:
    width = np.full(len(strands.tint), strands.width_mm / 100, np.float32)
    if isinstance(strands, HairStrands):
        width *= 1 if strands.fineness is None else strands.fineness
        if detail < 1:
            step = round(1 / detail)
            strands = strands.of(slice(None, None, step))
            width = (width[::step] * step**0.8).astype(np.float32)
    points = posed_strands(strands, vertices, normals)
    shades, openness = strand_look(strands, colour)
    return Strands(kind, bent(points, points, head_pose_rad), shades, openness, width)


def strand_look(strands: HairStrands | SurfaceStrands, colour: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return linear RGB at root and tip [N,2,3], and the share of light that reaches each point [N,M]."""
    if isinstance(strands, HairStrands) and strands.colour is not None and strands.openness is not None:
        return strands.colour, strands.openness
    shade = np.exp(np.float32(TINT_SPREAD) * strands.tint)[:, None, None]
    points = strands.points.shape[1] if isinstance(strands, HairStrands) else strands.triangle.shape[1]
    both = (shade * np.stack([colour * ROOT_SHADE, colour])).astype(np.float32)
    return both, np.ones((len(strands.tint), points), np.float32)
