"""Turn clothes and what else is worn into still surfaces of a glTF mesh."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int32

from facsimile.face.accessories import METAL, Accessory
from facsimile.face.person import Person
from facsimile.face.rigs import rig_of
from facsimile.render.posing import CLOTH_GAP_DM
from facsimile.render.raster import vertex_normals
from facsimile.render.topology import topology


@dataclass(frozen=True, eq=False)
class Still:
    """Hold a surface that no expression moves: points [N,3] and unit normals (dm), linear RGB per corner."""

    name: str
    triangles: Int32[np.ndarray, "F 3"]
    points: Float32[np.ndarray, "N 3"]
    normals: Float32[np.ndarray, "N 3"]
    colours: Float32[np.ndarray, "N 3"]
    opacity: float
    roughness: float
    metallic: float


def worn_surfaces(
    person: Person, vertices: Float32[np.ndarray, "W 3"], normals: Float32[np.ndarray, "W 3"]
) -> tuple[Still, ...]:
    """Return the clothes, cut at the neckline, and the accessories on a person's neutral head."""
    neutral = rig_of(person.identity).neutral_vertices(person.identity)
    look = person.appearance
    return (_clothes(person, vertices, normals), *(_accessory(item, neutral) for item in look.accessories))


def _clothes(person: Person, vertices: np.ndarray, normals: np.ndarray) -> Still:
    """Lift the shoulders' cloth off the skin and cut it where the collar ends."""
    garment, shape = person.appearance.garment, topology()
    below = garment.below(shape.rest)
    points = vertices + normals * np.float32(CLOTH_GAP_DM)
    corners, triangles = cut_above(points, below, shape.clothes)
    colours = np.broadcast_to(garment.colour, corners.shape).astype(np.float32)
    return Still("Clothes", triangles, corners, _normals(corners, triangles), colours, 1.0, 0.9, 0.0)


def _accessory(item: Accessory, neutral: np.ndarray) -> Still:
    points = item.placed(neutral)
    name = item.name[:1].upper() + item.name[1:]
    opacity = 1.0 - 0.97 * float(item.clear.mean()) if item.is_lens else 1.0
    metallic = 1.0 if item.pattern == METAL else 0.0
    return Still(
        name, item.triangles, points, _normals(points, item.triangles), item.colour, opacity, item.roughness, metallic
    )


def cut_above(
    points: Float32[np.ndarray, "V 3"], below: Float32[np.ndarray, " V"], triangles: Int32[np.ndarray, "F 3"]
) -> tuple[Float32[np.ndarray, "N 3"], Int32[np.ndarray, "G 3"]]:
    """Return what is left of triangles where ``below`` is positive, cut along its zero line, and its corners."""
    corners: list[np.ndarray] = []
    for triangle in triangles[(below[triangles] > 0).any(1)]:
        ring = _kept_ring(points[triangle], below[triangle])
        corners += [ring[[0, k, k + 1]] for k in range(1, len(ring) - 1)]
    flat = np.concatenate(corners) if corners else np.zeros((0, 3), np.float32)
    merged, inverse = np.unique(np.round(flat, 5), axis=0, return_inverse=True)
    return merged.astype(np.float32), inverse.reshape(-1, 3).astype(np.int32)


def _kept_ring(corners: np.ndarray, below: np.ndarray) -> np.ndarray:
    """Return the polygon that is left of one triangle (Sutherland and Hodgman 1974, one plane)."""
    ring = []
    for k in range(3):
        here, there = below[k], below[(k + 1) % 3]
        if here > 0:
            ring.append(corners[k])
        if (here > 0) != (there > 0):
            ring.append(corners[k] + (corners[(k + 1) % 3] - corners[k]) * (here / (here - there)))
    return np.array(ring, np.float32)


def _normals(points: np.ndarray, triangles: np.ndarray) -> Float32[np.ndarray, "N 3"]:
    normals = np.zeros_like(points)
    vertex_normals(np.ascontiguousarray(points, np.float32), triangles, normals)
    return normals
