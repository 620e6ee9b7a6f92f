"""Attach a dense set of landmarks to the head: vertices of the skin spread over face, ears and neck, and iris rims.

The right side is the exact mirror of the left. Points are chosen by farthest-point sampling on the template, in a
metric that counts lids, brows, nose and lips several times their size, so they lie close where faces move.
"""

import math
from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float32, Int32

from facsimile.face.front_view import look
from facsimile.face.landmarks import Surface, pick_places
from facsimile.face.pack import load_head_pack
from facsimile.face.rest import EYE_CENTRE, EYE_RADIUS, template_skin
from facsimile.face.symmetry import mirror_vertices

NUM_PAIRS, NUM_MIDDLE = 260, 30
"""Points of one side, and on the mid-line."""
NUM_RIM = 8
"""Points on the edge of each iris."""
RIM_RADIUS = 0.42
"""Radius of the iris on the template, in radii of the eyeball: 5.8 mm."""
LOWEST_Y, LEAST_FACING, BEHIND_Z = 5.9, -0.2, -0.15
"""Points lie above the collar (dm), in front of the back of the head, and do not face backwards."""
CROWN_Y = 8.25
DENSE_SPOTS = ((0.31, 7.28, 0.26, 4.0), (0.0, 6.6, 0.34, 3.5), (0.31, 7.46, 0.22, 2.2), (0.0, 6.85, 0.2, 2.2))
"""Eyes, mouth, brows, nose: x, y and radius (dm), and how many times denser than the cheek."""


@lru_cache(maxsize=1)
def dense_surface() -> Surface:
    """Return where the dense landmarks sit: pairs left, pairs right, mid-line, then the rims of left and right iris."""
    left, middle = _chosen(_candidates()[0], NUM_PAIRS), _chosen(_candidates()[1], NUM_MIDDLE)
    right = mirror_vertices()[left]
    vertices = np.concatenate([left, right, middle])
    corners = np.stack([vertices] * 3, 1).astype(np.int32)
    weights = np.tile(np.array([1, 0, 0], np.float32), (len(vertices), 1))
    rim = _left_rim()
    return Surface(corners, weights).joined(rim).joined(rim.mirrored())


@lru_cache(maxsize=1)
def flip_dense() -> Int32[np.ndarray, " D"]:
    """Return the twins: point i of a mirrored face is point ``flip_dense()[i]`` of the face."""
    pairs, middle, rim = np.arange(NUM_PAIRS), np.arange(NUM_MIDDLE), np.arange(NUM_RIM)
    first = 2 * NUM_PAIRS
    last = first + NUM_MIDDLE
    parts = (pairs + NUM_PAIRS, pairs, middle + first, rim + last + NUM_RIM, rim + last)
    return np.concatenate(parts).astype(np.int32)


@lru_cache(maxsize=1)
def is_eye_point() -> Bool[np.ndarray, " D"]:
    """Tell which dense landmarks lie on eyeballs."""
    return np.arange(2 * NUM_PAIRS + NUM_MIDDLE + 2 * NUM_RIM) >= 2 * NUM_PAIRS + NUM_MIDDLE


def dense_landmarks(vertices: Float32[np.ndarray, "V 3"]) -> Float32[np.ndarray, "D 3"]:
    """Return the dense landmarks of a posed head, in its units (dm)."""
    return dense_surface().at(vertices)


def _candidates() -> tuple[Int32[np.ndarray, " N"], Int32[np.ndarray, " M"]]:
    """Return the vertices of the outer skin that may be chosen: of the left side, and of the mid-line."""
    skin = template_skin()
    outer = np.unique(skin.triangles[skin.outer])
    hidden = np.unique(skin.triangles[~skin.outer])
    outer = np.setdiff1d(outer, hidden)
    x, y, z = skin.vertices[outer].T
    facing = skin.normals[outer, 2]
    socket = (np.hypot(np.abs(x) - EYE_CENTRE[0], y - EYE_CENTRE[1]) < EYE_RADIUS) & (z < EYE_CENTRE[2] + 0.05)
    keep = (y > LOWEST_Y) & (y < CROWN_Y) & (z > BEHIND_Z) & (facing > LEAST_FACING) & ~socket
    return outer[keep & (x > 1e-4)].astype(np.int32), outer[keep & (np.abs(x) <= 1e-4)].astype(np.int32)


def _chosen(candidates: Int32[np.ndarray, " N"], count: int) -> Int32[np.ndarray, " K"]:
    """Pick ``count`` vertices, each as far as possible from those before it; the first is the foremost."""
    points = load_head_pack().vertices[candidates].astype(np.float64)
    scale = np.ones(len(points))
    for x, y, radius, density in DENSE_SPOTS:
        away = np.hypot(points[:, 0] - x, points[:, 1] - y) / radius
        scale = np.maximum(scale, 1 + (math.sqrt(density) - 1) * np.exp(-(away**4)) * (points[:, 2] > 0.7))
    picked = [int(np.argmax(points[:, 2]))]
    distance = np.full(len(points), np.inf)
    for _ in range(count - 1):
        step = np.linalg.norm(points - points[picked[-1]], axis=1) * scale
        distance = np.minimum(distance, step)
        picked.append(int(np.argmax(distance)))
    return candidates[np.sort(picked)]


def _left_rim() -> Surface:
    """Return points on the edge of the left iris, from the subject's left round over the top."""
    view = look(load_head_pack().vertices)
    x, y, _ = EYE_CENTRE
    radius = RIM_RADIUS * EYE_RADIUS
    return pick_places(view, [(x + radius * c, y + radius * s) for c, s in _circle(NUM_RIM)])


def _circle(count: int) -> list[tuple[float, float]]:
    """Return points of the unit circle that are mirror images of each other in both axes."""
    angles = 2 * np.pi * (np.arange(count) + 0.5) / count
    return list(zip(np.cos(angles).tolist(), np.sin(angles).tolist(), strict=True))
