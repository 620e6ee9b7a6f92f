"""Heads in the room: turned, dressed, seen by their cameras; what ``render.posing`` and ``render.camera`` do to one."""

from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float, Float32
from torch import Tensor

from facsimile.render.camera import Camera
from facsimile.render.posing import BEND_FORWARD, BEND_HIGH, BEND_LOW, CLOTH_GAP_DM, NECK_PIVOT, TORSO_SHARE
from facsimile.render_torch.template import Template


class Lens(NamedTuple):
    """Cameras of B pictures, in the numbers of ``render.camera.Camera`` [B] f32 for pictures of one size in samples."""

    target: Float32[Tensor, "B 2"]
    """x and y of the optical axis (dm)."""
    eye_z: Float32[Tensor, " B"]
    """z of the pinhole (dm)."""
    focal: Float32[Tensor, " B"]
    centre: Float32[Tensor, "B 2"]

    @property
    def eye(self) -> Float32[Tensor, "B 3"]:
        """Return the pinholes in the room."""
        return torch.cat([self.target, self.eye_z[:, None]], 1)

    def project(self, points: Float32[Tensor, "B N 3"]) -> Float32[Tensor, "B N 3"]:
        """Return sample x (right), y (down) and depth (dm) of room points, rounded as the raster's camera does."""
        depth = self.eye_z[:, None] - points[..., 2]
        scale = self.focal[:, None] / depth
        x = (points[..., 0] - self.target[:, :1]) * scale + self.centre[:, :1]
        y = self.centre[:, 1:] - (points[..., 1] - self.target[:, 1:]) * scale
        return torch.stack([x, y, depth], -1)


def lens_of(cameras: list[Camera], samples: int, device: torch.device) -> Lens:
    """Return the cameras of pictures ``samples`` wide."""
    numbers = np.array(
        [(*c.target[:2], c.target[2] + c.distance, c.focal_px(samples), *c.centre_px(samples)) for c in cameras],
        np.float32,
    )
    columns = torch.as_tensor(numbers, device=device)
    return Lens(columns[:, :2], columns[:, 2], columns[:, 3], columns[:, 4:])


def head_rotations(head_pose_rad: Float[Tensor, "B 3"]) -> Float32[Tensor, "B 3 3"]:
    """Return the room-from-head rotations of (pitch, yaw, roll); see ``render.camera.head_rotation``."""
    (cp, cy, cr), (sp, sy, sr) = head_pose_rad.double().cos().unbind(1), head_pose_rad.double().sin().unbind(1)
    zero, one = torch.zeros_like(cp), torch.ones_like(cp)

    def matrix(*rows: tuple[Tensor, ...]) -> Tensor:
        return torch.stack([torch.stack(row, 1) for row in rows], 1)

    about_x = matrix((one, zero, zero), (zero, cp, sp), (zero, -sp, cp))
    about_y = matrix((cy, zero, sy), (zero, one, zero), (-sy, zero, cy))
    about_z = matrix((cr, sr, zero), (-sr, cr, zero), (zero, zero, one))
    return (about_y @ about_x @ about_z).float()


def bent(
    points: Float32[Tensor, "B N 3"], guide: Float32[Tensor, "*B N 3"], head_pose_rad: Float32[Tensor, "B 3"]
) -> Float32[Tensor, "B N 3"]:
    """Return points of the head's frame in the room; ``guide`` says which part of the body they belong to."""
    head, torso = (
        head_rotations(pose)
        for pose in (head_pose_rad, head_pose_rad * torch.as_tensor(TORSO_SHARE, device=points.device))
    )
    follow = ((guide[..., 1] + BEND_FORWARD * guide[..., 2] - BEND_LOW) * (1 / (BEND_HIGH - BEND_LOW))).clamp(0, 1)
    follow = (follow * follow * (3 - 2 * follow))[..., None]
    pivot = torch.tensor(NECK_PIVOT, device=points.device)
    offset = points - pivot
    return pivot + follow * turned(head, offset) + (1 - follow) * turned(torso, offset)


def turned(rotation: Float32[Tensor, "B 3 3"], vectors: Float32[Tensor, "B N 3"]) -> Float32[Tensor, "B N 3"]:
    """Return vectors turned, summed in the raster's order."""
    x, y, z = vectors.unsqueeze(-2).unbind(-1)
    matrix = rotation[:, None]
    return matrix[..., 0] * x + matrix[..., 1] * y + matrix[..., 2] * z


def in_room(
    vertices: Float32[Tensor, "B V 3"],
    normals: Float32[Tensor, "B V 3"],
    teeth: Float32[Tensor, "B D 3"],
    head_pose_rad: Float32[Tensor, "B 3"],
    template: Template,
) -> Float32[Tensor, "B W 3"]:
    """Return the vertices of dressed heads and then of their teeth, turned."""
    cloth = template.clothes_vertices
    dressed = vertices.clone()
    dressed[:, cloth] += normals[:, cloth] * CLOTH_GAP_DM
    return bent(torch.cat([dressed, teeth], 1), template.rest, head_pose_rad)
