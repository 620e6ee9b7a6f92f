"""Hair of many people: where it goes with the head, as ``face.strands`` and ``render.posing`` do for one."""

from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float32, Int64
from torch import Tensor

from facsimile.face.appearance import Appearance
from facsimile.face.rest import template_skin
from facsimile.face.strands import TIP_FOLLOW, HairStrands, SurfaceStrands
from facsimile.render.posing import _strands, strand_look
from facsimile.render.shading import STRAND_HAIR
from facsimile.render_torch.room import bent
from facsimile.render_torch.template import Template


class Grown(NamedTuple):
    """One kind of hair of people [P,...], padded with strands of no width and points that repeat the last."""

    points: Float32[Tensor, "P N M 3"]
    """Head hair: on the template (dm). Other hair: barycentrics 1 and 2 in a triangle, and height over it (dm)."""
    corners: Int64[Tensor, "P N K 3"]
    """Vertices of the triangle of each root (K = 1) or of each point."""
    root: Float32[Tensor, "P N 2"]
    """Barycentrics 1 and 2 of a head hair's root."""
    colour: Float32[Tensor, "P N 2 3"]
    """Linear RGB at root and tip."""
    openness: Float32[Tensor, "P N M"]
    width_dm: Float32[Tensor, "P N"]
    length: Float32[Tensor, " P"]
    """Segments of a strand."""

    def of(self, who: Int64[Tensor, " B"], step: int = 1) -> "Grown":
        """Return the hair of each picture's person, every ``step``-th strand."""
        return Grown._make([*(field[:, ::step][who] for field in self[:-1]), self.length[who]])


class PosedStrands(NamedTuple):
    """One kind of hair in the room; see ``render.posing.Strands``."""

    points: Float32[Tensor, "B N M 3"]
    colour: Float32[Tensor, "B N 2 3"]
    openness: Float32[Tensor, "B N M"]
    width_dm: Float32[Tensor, "B N"]
    length: Float32[Tensor, " B"]

    def is_real(self) -> Bool[Tensor, "B N S"]:
        """Tell which segments are no padding."""
        number = torch.arange(self.points.shape[2] - 1, device=self.points.device)
        return (self.width_dm > 0)[..., None] & (number < self.length[:, None, None])


def grown_strands(appearances: list[Appearance], device: torch.device) -> dict[int, Grown]:
    """Return all hair of people by kind; kinds that nobody has are left out."""
    mine = [{kind: (strands, colour) for kind, strands, colour in _strands(a)} for a in appearances]
    kinds = sorted({kind for one in mine for kind in one})
    return {kind: _stacked([_arrays(*one[kind]) if kind in one else None for one in mine], device) for kind in kinds}


def _arrays(strands: HairStrands | SurfaceStrands, colour: np.ndarray) -> dict[str, np.ndarray]:
    shades, openness = strand_look(strands, colour)
    width = np.full(len(strands.tint), strands.width_mm / 100, np.float32)
    if isinstance(strands, HairStrands):
        width *= 1 if strands.fineness is None else strands.fineness
        corners = template_skin().triangles[strands.root_triangle][:, None]
        points, root = strands.points, strands.root_bary
    else:
        corners = strands.triangles[strands.triangle]
        points = np.concatenate([strands.bary, strands.offset[..., None]], -1)
        root = np.zeros((len(width), 2), np.float32)
    return {"points": points, "corners": corners, "root": root, "colour": shades, "openness": openness, "width": width}


def _stacked(people: list[dict[str, np.ndarray] | None], device: torch.device) -> Grown:
    """Pad people's hair of one kind to the same numbers of strands and points."""
    some = [one for one in people if one is not None]
    strands, points = max(len(one["width"]) for one in some), max(one["points"].shape[1] for one in some)

    def padded(name: str) -> Tensor:
        return torch.as_tensor(
            np.stack([_padded(one, some[0], name, strands, points) for one in people]), device=device
        )

    length = [1 if one is None else one["points"].shape[1] - 1 for one in people]
    fields = [padded(name) for name in ("points", "corners", "root", "colour", "openness", "width")]
    segments = torch.tensor(length, dtype=torch.float32, device=device)
    return Grown._make([fields[0], fields[1].long(), *fields[2:], segments])


def _padded(
    one: dict[str, np.ndarray] | None, like: dict[str, np.ndarray], name: str, strands: int, points: int
) -> np.ndarray:
    """Return an array with ``strands`` rows and, where it has a column per point, ``points`` columns."""
    values = like[name][:0] if one is None else one[name]
    per_point = like[name].ndim > 1 and like[name].shape[1] == like["points"].shape[1]
    if per_point and name in ("points", "openness", "corners"):
        pad = [(0, 0), (0, points - values.shape[1]), *[(0, 0)] * (values.ndim - 2)]
        values = np.pad(values, pad, mode="edge") if len(values) else np.zeros((0, points, *values.shape[2:]))
    out = np.zeros((strands, *values.shape[1:]), like[name].dtype)
    out[: len(values)] = values
    return out


def posed_strands(
    grown: Grown,
    kind: int,
    vertices: Float32[Tensor, "B V 3"],
    normals: Float32[Tensor, "B V 3"],
    head_pose_rad: Float32[Tensor, "B 3"],
    template: Template,
) -> PosedStrands:
    """Return hair in the room on expressive heads; ``normals`` are those of ``vertices``."""
    is_hair = kind == STRAND_HAIR
    points = _head_hair(grown, vertices, template) if is_hair else _surface_hair(grown, vertices, normals)
    flat = points.reshape(len(points), -1, 3)
    room = bent(flat, flat, head_pose_rad).reshape(points.shape)
    return PosedStrands(room, grown.colour, grown.openness, grown.width_dm, grown.length)


def _head_hair(grown: Grown, vertices: Tensor, template: Template) -> Float32[Tensor, "B N M 3"]:
    """Carry head hair along with the skull, its roots in their skin."""
    affine = template.scalp_inverse @ vertices[:, template.scalp]
    b1, b2 = grown.root.unbind(-1)
    roots = _on_triangles(vertices, grown.corners[:, :, 0], b1, b2)
    linear, shift = affine[:, None, :3], affine[:, 3]
    correction = roots - ((grown.points[:, :, :1] @ linear)[:, :, 0] + shift[:, None])
    number = torch.arange(grown.points.shape[2], device=vertices.device)
    follow = 1 - (1 - TIP_FOLLOW) * (number / grown.length[:, None]).clamp(max=1)
    moved = shift[:, None, None] + follow[:, None, :, None] * correction[:, :, None]
    return moved + grown.points @ linear


def _surface_hair(grown: Grown, vertices: Tensor, normals: Tensor) -> Float32[Tensor, "B N M 3"]:
    b1, b2, offset = grown.points.unbind(-1)
    flat = _on_triangles(vertices, grown.corners, b1, b2)
    return flat + offset[..., None] * _on_triangles(normals, grown.corners, b1, b2)


def _on_triangles(values: Tensor, corners: Tensor, b1: Tensor, b2: Tensor) -> Tensor:
    """Return values of vertices inside triangles [B,...,3] at barycentrics 1 and 2."""
    rows = torch.arange(len(values), device=values.device).reshape(-1, *[1] * (corners.ndim - 2))
    first, second, third = (values[rows, corners[..., corner]] for corner in range(3))
    return first * (1 - b1 - b2)[..., None] + second * b1[..., None] + third * b2[..., None]
