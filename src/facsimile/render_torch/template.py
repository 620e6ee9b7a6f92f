"""What all heads share, on a device: triangles, materials, texture addresses, masks, landmarks."""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import torch
from jaxtyping import Bool, Float32, Int, Int64, UInt8
from torch import Tensor

from facsimile.face.contact import COLUMN_X, _lip_skin, lip_triangles
from facsimile.face.eyeballs import eye_vertices, lid_margins, lid_vertices
from facsimile.face.landmarks import Surface, landmark_surface
from facsimile.face.lips import seam
from facsimile.face.mouth import _skin_below_lip, _strips
from facsimile.face.pack import load_head_pack
from facsimile.face.rest import EYE_CENTRE
from facsimile.face.strands import _scalp_fit
from facsimile.face.teeth import dental_mesh
from facsimile.render.segments import triangle_regions
from facsimile.render.topology import topology


@dataclass(frozen=True)
class SurfacePoints:
    """Points on the mesh: corners [N,3] and barycentric coordinates [N,3]."""

    corners: Int64[Tensor, "N 3"]
    barycentric: Float32[Tensor, "N 3"]

    def at(self, vertices: Float32[Tensor, "B V 3"]) -> Float32[Tensor, "B N 3"]:
        """Return the points on posed heads."""
        return (vertices[:, self.corners] * self.barycentric[..., None]).sum(2)


@dataclass(frozen=True)
class Incidence:
    """Triangles round each vertex [V,K], padded with the number of triangles, whose normal is zero."""

    triangles: Int64[Tensor, "F 3"]
    around: Int64[Tensor, "V K"]

    def normals(self, vertices: Float32[Tensor, "B V 3"]) -> Float32[Tensor, "B V 3"]:
        """Return area-weighted unit normals; vertices of no triangle get zeros. The order of sums is fixed."""
        a, b, c = (vertices[:, self.triangles[:, corner]] for corner in range(3))
        faces = torch.linalg.cross(b - a, c - a)
        faces = torch.cat([faces, torch.zeros_like(faces[:, :1])], 1)
        total = torch.zeros_like(vertices)
        for column in self.around.T:
            total = total + faces[:, column]
        length = total.square().sum(-1, keepdim=True).sqrt()
        return torch.where(length > 0, total / length.clamp(min=torch.finfo(torch.float32).tiny), total)


def incidence(triangles: Int[np.ndarray, "F 3"], num_vertices: int, device: torch.device) -> Incidence:
    """Gather the triangles round each vertex; those that lie on one vertex alone are left out."""
    rows = np.flatnonzero((triangles[:, 0] != triangles[:, 1]) | (triangles[:, 1] != triangles[:, 2]))
    owner = triangles[rows].T.reshape(-1)
    order = np.argsort(owner, kind="stable")
    count = np.bincount(owner, minlength=num_vertices)
    place = np.arange(len(owner)) - np.repeat(np.cumsum(count) - count, count)
    around = np.full((num_vertices, count.max(initial=1)), len(triangles))
    around[owner[order], place] = rows[order % max(len(rows), 1)]
    return Incidence(_whole(triangles, device), _whole(np.sort(around, 1), device))


@dataclass(frozen=True)
class Template:
    """Hold constant tensors of one device; see ``topology.Topology`` and ``face`` for what they mean."""

    rest: Float32[Tensor, "W 3"]
    num_vertices: int
    """Of the head pack; the teeth's follow."""
    drawn: Int64[Tensor, "T 3"]
    """Triangles in the order they are drawn: head, teeth, clothes."""
    surface: Int64[Tensor, " T"]
    """The number each of them has in a G-buffer."""
    one_sided: Bool[Tensor, " T"]
    is_tooth: Bool[Tensor, " T"]
    seen: Int64[Tensor, "G 3"]
    num_head: int
    head: Int64[Tensor, "H 3"]
    """Triangles that cast shadows."""
    skin_incidence: Incidence
    """Of the pack's triangles, for what grows and lies on the skin."""
    incidence: Incidence
    """Of all triangles that are seen."""
    material: UInt8[Tensor, " G"]
    regions: UInt8[Tensor, " G"]
    mask_uv: Float32[Tensor, "G 3 2"]
    atlas: Float32[Tensor, "G 3 2"]
    near_mouth: Bool[Tensor, " G"]
    masks: Float32[Tensor, "2 M M"]
    """Lips and inside of the mouth, 0-1."""
    clothes_vertices: Int64[Tensor, " C"]
    eyes: Int64[Tensor, "2 E"]
    """Vertices of the eyeballs as the rig turns them."""
    eye_middles: tuple[Int64[Tensor, " E"], Int64[Tensor, " E"]]
    """Vertices whose mean is an eye's centre in the room."""
    rest_eye_centres: Float32[Tensor, "2 3"]
    lids: Int64[Tensor, "2 L"]
    upper_margins: tuple[SurfacePoints, SurfacePoints]
    lower_margins: tuple[SurfacePoints, SurfacePoints]
    lip_upper: Int64[Tensor, "P 3"]
    lip_lower: Int64[Tensor, "Q 3"]
    lip_skin: Int64[Tensor, " K"]
    lip_gentle: Float32[Tensor, " K"]
    lip_firm: Float32[Tensor, " K"]
    lip_columns: torch.Tensor
    """[C] f64: x of the plan's columns (dm)."""
    seams: tuple[tuple[SurfacePoints, SurfacePoints], tuple[SurfacePoints, SurfacePoints]]
    """Upper and lower edge, left and right."""
    landmarks: SurfacePoints
    tongue: Int64[Tensor, " N"]
    strips: tuple[Int64[Tensor, " J"], Int64[Tensor, " J"]]
    num_upper_teeth: int
    skin_below_lip: SurfacePoints
    scalp: Int64[Tensor, " S"]
    scalp_inverse: Float32[Tensor, "4 S"]


def _whole(values: np.ndarray, device: torch.device) -> Tensor:
    return torch.as_tensor(np.ascontiguousarray(values), dtype=torch.int64, device=device)


def _real(values: np.ndarray, device: torch.device) -> Tensor:
    return torch.as_tensor(np.ascontiguousarray(values), dtype=torch.float32, device=device)


def surface_points(surface: Surface, device: torch.device) -> SurfacePoints:
    """Move points of the mesh to a device."""
    return SurfacePoints(_whole(surface.corners, device), _real(surface.barycentric, device))


@lru_cache(maxsize=2)
def template_on(device: torch.device) -> Template:
    """Return the constant tensors of a device, made once per process."""
    return Template(**_meshes(device), **_rig_parts(device), **_mouth_parts(device))


def _meshes(device: torch.device) -> dict:
    shape, num_vertices = topology(), len(load_head_pack().vertices)
    parts = (shape.seen_head, shape.teeth, shape.clothes)
    first = (0, len(shape.triangles), shape.num_head)
    number = np.concatenate([start + np.arange(len(part)) for start, part in zip(first, parts, strict=True)])
    kind = np.repeat(np.arange(3), [len(part) for part in parts])
    left = np.array(EYE_CENTRE, np.float32)
    return {
        "rest": _real(shape.rest, device),
        "num_vertices": num_vertices,
        "drawn": _whole(np.concatenate(parts), device),
        "surface": _whole(number, device),
        "one_sided": torch.as_tensor(kind == 0, device=device),
        "is_tooth": torch.as_tensor(kind == 1, device=device),
        "seen": _whole(shape.seen, device),
        "num_head": shape.num_head,
        "head": _whole(shape.seen_head, device),
        "skin_incidence": incidence(shape.triangles, num_vertices, device),
        "incidence": incidence(shape.seen, len(shape.rest), device),
        "material": torch.as_tensor(shape.material, device=device),
        "regions": torch.as_tensor(triangle_regions(), device=device),
        "mask_uv": _real(shape.mask_uv, device),
        "atlas": _real(shape.atlas, device),
        "near_mouth": torch.as_tensor(shape.near_mouth, device=device),
        "masks": _real(np.stack([shape.lips, shape.inside_mouth]), device) * (1 / 255),
        "clothes_vertices": _whole(shape.clothes_vertices, device),
        "eye_middles": tuple(_whole(eye, device) for eye in shape.eye_vertices),
        "rest_eye_centres": _real(np.stack([left, left * np.array([-1, 1, 1], np.float32)]), device),
    }


def _rig_parts(device: torch.device) -> dict:
    upper, lower = lid_margins()
    scalp, inverse = _scalp_fit()
    return {
        "eyes": _whole(np.stack([eye_vertices(side) for side in (0, 1)]), device),
        "lids": _whole(np.stack([lid_vertices(side) for side in (0, 1)]), device),
        "upper_margins": tuple(surface_points(edge, device) for edge in (upper, upper.mirrored())),
        "lower_margins": tuple(surface_points(edge, device) for edge in (lower, lower.mirrored())),
        "landmarks": surface_points(landmark_surface(), device),
        "scalp": _whole(scalp, device),
        "scalp_inverse": _real(inverse, device),
    }


def _mouth_parts(device: torch.device) -> dict:
    lips, (rows, gentle, firm) = lip_triangles(), _lip_skin()
    edges = (seam(), tuple(edge.mirrored() for edge in seam()))
    return {
        "lip_upper": _whole(lips.upper, device),
        "lip_lower": _whole(lips.lower, device),
        "lip_skin": _whole(rows, device),
        "lip_gentle": _real(gentle, device),
        "lip_firm": _real(firm, device),
        "lip_columns": torch.as_tensor(COLUMN_X, dtype=torch.float64, device=device),
        "seams": tuple(tuple(surface_points(edge, device) for edge in side) for side in edges),
        "tongue": _whole(load_head_pack().part_vertices("tongue"), device),
        "strips": tuple(_whole(strip, device) for strip in _strips()),
        "num_upper_teeth": dental_mesh().num_upper,
        "skin_below_lip": surface_points(_skin_below_lip(), device),
    }
