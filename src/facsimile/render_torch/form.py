"""A person's form on a device, and the heads of many people with expressions: what ``face.rig`` does to one."""

from dataclasses import dataclass, fields

import numpy as np
import torch
from jaxtyping import Bool, Float, Float32, Int64
from torch import Tensor

from facsimile.face.eyeballs import LID_OVERLAP
from facsimile.face.identity import Identity
from facsimile.face.mouth import placed_teeth
from facsimile.face.rig import BLINKS, Rig
from facsimile.face.rigs import rig_of
from facsimile.face.teeth import Dentition
from facsimile.render_torch.lips import part_lips
from facsimile.render_torch.template import Template
from facsimile.render_torch.weights import shape_weights


@dataclass(frozen=True)
class Form:
    """Hold one person's rig; see ``face.rig.Face`` and ``face.eyeballs``. Stacked, every tensor has one more axis."""

    neutral: Float32[Tensor, "*P V 3"]
    shapes: Float32[Tensor, "*P S N"]
    eye_centres: Float32[Tensor, "*P 2 3"]
    guard_distance: Float32[Tensor, "*P 2 L"]
    lid_share: Float32[Tensor, "*P 2 V C"]
    """How much each vertex follows the columns of the upper lid."""
    aperture: Float32[Tensor, "*P 2 C"]
    teeth: Float32[Tensor, "*P D 3"]
    """On the neutral face."""
    opening_mm: Float[Tensor, "*P"]
    """Between the lips at rest."""


def form_of(identity: Identity, teeth: Dentition, device: torch.device) -> Form:
    """Return a person's form on a device; its rig is made and measured on the CPU once."""
    face = rig_of(identity).face(identity)
    share = np.zeros((2, *face.neutral.shape[:1], face.lids[0].share.shape[1]), np.float32)
    for side, lids in enumerate(face.lids):
        share[side, lids.vertices] = lids.share
    parts = {
        "neutral": face.neutral,
        "shapes": face.shapes,
        "eye_centres": np.stack([ball.centre for ball in face.eyeballs]),
        "guard_distance": np.stack([guard.distance for guard in face.guards]),
        "lid_share": share,
        "aperture": np.stack([lids.aperture for lids in face.lids]),
        "teeth": placed_teeth(teeth, face.neutral),
        "opening_mm": np.array(face.opening_mm, np.float64),
    }
    return Form(**{name: torch.as_tensor(np.asarray(part), device=device) for name, part in parts.items()})


@dataclass(frozen=True)
class Forms:
    """Stack people: ``shapes`` stay one tensor each, all else has an axis P."""

    stacked: dict[str, Tensor]
    shapes: tuple[Float32[Tensor, "S N"], ...]
    rig: Rig

    def of(self, name: str, who: Int64[Tensor, " B"]) -> Tensor:
        """Return a field of ``Form`` for each head [B,...]."""
        return self.stacked[name][who]


def stacked_forms(forms: list[Form], rig: Rig) -> Forms:
    """Put people side by side; all must have the rig ``rig``."""
    names = [field.name for field in fields(Form) if field.name != "shapes"]
    return Forms({n: torch.stack([getattr(f, n) for f in forms]) for n in names}, tuple(f.shapes for f in forms), rig)


def posed_vertices(
    forms: Forms,
    who: Int64[Tensor, " B"],
    *,
    controllers: Float32[Tensor, "B R"],
    gaze_rad: Float32[Tensor, "B 2 2"],
    template: Template,
    parts_lips: bool = True,
) -> Float32[Tensor, "B V 3"]:
    """Return posed heads (dm); see ``face.rig.Rig.vertices``. Lips may be left as they are where only lids matter."""
    weights = shape_weights(controllers, gaze_rad, forms.rig.shape_names)
    posed = forms.of("neutral", who) + _moved(forms.shapes, who, weights)
    column = [forms.rig.shape_names.index(name) for name in BLINKS]
    for side in (0, 1):
        centre = forms.of("eye_centres", who)[:, side, None]
        _turn_eyeball(posed, centre, template.eyes[side], gaze_rad[:, side])
        _keep_shut(posed, weights[:, column[side]], forms, who, side=side, template=template)
        _push_lids(posed, centre, forms.of("guard_distance", who)[:, side], template.lids[side])
    if parts_lips:
        moves = torch.as_tensor(forms.rig._moves_lips, device=posed.device)
        part_lips(posed, ((weights != 0) & moves).any(1), template)
    return posed


def _moved(shapes: tuple[Tensor, ...], who: Tensor, weights: Tensor) -> Float32[Tensor, "B V 3"]:
    """Return the displacement of every vertex, person by person: their shapes are too large to repeat."""
    out = weights.new_zeros(len(who), shapes[0].shape[1])
    people = who.tolist()
    for person in sorted(set(people)):
        rows = [row for row, one in enumerate(people) if one == person]
        out[rows] = weights[rows] @ shapes[person]
    return out.reshape(len(who), -1, 3)


def _turn_eyeball(posed: Tensor, centre: Tensor, rows: Tensor, gaze: Tensor) -> None:
    """Turn eyeballs about their centres to a gaze, in place."""
    rotation = gaze_rotation(gaze.double()).float()
    posed[:, rows] = centre + (posed[:, rows] - centre) @ rotation.mT


def gaze_rotation(gaze: Float[Tensor, "B 2"]) -> Float[Tensor, "B 3 3"]:
    """Return the matrices that turn +z to a gaze (yaw, pitch); see ``face.eyeballs.gaze_rotation``."""
    (cy, cp), (sy, sp) = gaze.cos().unbind(1), gaze.sin().unbind(1)
    zero = torch.zeros_like(cy)
    rows = ((cy, -sy * sp, sy * cp), (zero, cp, sp), (-sy, -cy * sp, cy * cp))
    return torch.stack([torch.stack(row, 1) for row in rows], 1)


def _keep_shut(posed: Tensor, weight: Tensor, forms: Forms, who: Tensor, *, side: int, template: Template) -> None:
    """Let a blink close its part of the opening that other units leave, in place."""
    upper, lower = template.upper_margins[side].at(posed), template.lower_margins[side].at(posed)
    weight = weight[:, None]
    linear = (1 - weight) * forms.of("aperture", who)[:, side] - weight * LID_OVERLAP
    drop = weight * (upper[..., 1] - lower[..., 1] - linear)
    posed[..., 1] -= torch.einsum("bvc,bc->bv", forms.of("lid_share", who)[:, side], drop)


def _push_lids(posed: Tensor, centre: Tensor, distance: Tensor, rows: Tensor) -> None:
    """Move lid vertices that came too close straight away from the eyeball's centre, in place."""
    offset = posed[:, rows] - centre
    length = offset.square().sum(-1).sqrt().clamp(min=1e-6)
    posed[:, rows] = centre + offset * (distance / length).clamp(min=1)[..., None]


def lips_are_shut(vertices: Float32[Tensor, "B V 3"], template: Template, gap_dm: float) -> Bool[Tensor, " B"]:
    """Tell where the lips part by no more than ``gap_dm`` all along the seam."""
    gaps = [upper.at(vertices)[..., 1] - lower.at(vertices)[..., 1] for upper, lower in template.seams]
    return torch.cat(gaps, 1).amax(1) <= gap_dm
