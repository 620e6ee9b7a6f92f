"""Deferred shading, batched: what ``render.shading.shade`` does to one G-buffer."""

from dataclasses import dataclass
from typing import NamedTuple

import torch
from jaxtyping import Bool, Float32, Int64
from torch import Tensor

from facsimile.render.eye_material import (
    EYE_F0,
    LID_REACH_DM,
    LID_SHADE,
    LID_TAPS,
    MENISCUS_DM,
)
from facsimile.render.mouth_material import TOOTH_ALPHA, TOOTH_F0, WET_F0
from facsimile.render.raster import EMPTY
from facsimile.render.shading import (
    EYE_ALPHA,
    FLAT_BLOCK_DM,
    MAX_RADIANCE,
    SKIN_F0,
    WRAP_B,
    WRAP_G,
    WRAP_R,
)
from facsimile.render.strand_raster import HIDES, OPAQUE
from facsimile.render.topology import CLOTHES, EYE, GUM, SKIN, TEETH, TONGUE
from facsimile.render_torch import materials
from facsimile.render_torch.hair import StrandLayer, light_hair, locks_of
from facsimile.render_torch.light import Finish, Lights, Shadows, dot, light_surface, normalised, pixel_turns
from facsimile.render_torch.look import Look
from facsimile.render_torch.raster import Sighted
from facsimile.render_torch.room import Lens
from facsimile.render_torch.skin import Atlas
from facsimile.render_torch.template import Template


@dataclass(frozen=True)
class Stage:
    """Hold what the shader reads of B pictures; see ``render.shading.Mesh``."""

    lens: Lens
    """In samples."""
    lights: Lights
    shadows: Shadows
    look: Look
    atlas: Atlas
    crease: Float32[Tensor, " B"]
    normals: Float32[Tensor, "B W 3"]
    eye_centres: Float32[Tensor, "B 2 3"]
    eye_axes: Float32[Tensor, "B 2 3"]
    eye_corners: Float32[Tensor, "B 2 3"]
    window: Float32[Tensor, "B 5 3"]
    skull: Float32[Tensor, "B 3"]
    template: Template

    def sight_line(
        self, picture: Int64[Tensor, " N"], x: Float32[Tensor, " N"], y: Float32[Tensor, " N"], depth: Tensor
    ) -> tuple[Float32[Tensor, "N 3"], Float32[Tensor, "N 3"]]:
        """Return the room points that samples see and the unit vectors from them to the cameras."""
        focal, centre = self.lens.focal[picture], self.lens.centre[picture]
        ux, uy = (x - centre[:, 0]) / focal, (centre[:, 1] - y) / focal
        one = torch.ones_like(ux)
        place = self.lens.eye[picture] + torch.stack([ux, uy, -one], 1) * depth[:, None]
        return place, normalised(torch.stack([-ux, -uy, one], 1))


class Layers(NamedTuple):
    """What shading leaves per pixel; see ``render.shading.Layers``."""

    irradiance: Float32[Tensor, "B H W 3"]
    albedo: Float32[Tensor, "B H W 3"]
    plain: Float32[Tensor, "B H W 3"]
    skin: Float32[Tensor, "B H W"]
    cover: Float32[Tensor, "B H W"]


class Samples(NamedTuple):
    """Samples to shade, flat: picture, column, row, triangle, weights of its corners, depth, occlusion."""

    picture: Int64[Tensor, " N"]
    x: Int64[Tensor, " N"]
    y: Int64[Tensor, " N"]
    triangle: Int64[Tensor, " N"]
    weights: Float32[Tensor, "N 3"]
    depth: Float32[Tensor, " N"]
    occlusion: Float32[Tensor, " N"]

    def of(self, rows: Tensor) -> "Samples":
        """Return some of the samples."""
        return Samples(*(field[rows] for field in self))

    def on(self, corners: Float32[Tensor, "N 3 C"]) -> Float32[Tensor, "N C"]:
        """Interpolate values of the corners of each sample's triangle."""
        return (corners * self.weights[..., None]).sum(1)


class Surface(NamedTuple):
    """What samples are made of, filled in material by material."""

    albedo: Float32[Tensor, "N 3"]
    normal: Float32[Tensor, "N 3"]
    lit_from: Float32[Tensor, "N 3"]
    finish: Finish
    occlusion: Float32[Tensor, " N"]
    turn: Float32[Tensor, " N"]
    is_skin: Bool[Tensor, " N"]


def blocks(plane: Tensor) -> Tensor:
    """Return samples [B,2H,2W,...] by pixel [B*H*W,4,...]: upper left, upper right, lower left, lower right."""
    num, height, width = plane.shape[:3]
    split = plane.reshape(num, height // 2, 2, width // 2, 2, *plane.shape[3:]).movedim(2, 3)
    return split.reshape(-1, 4, *plane.shape[3:])


def shade(buffer: Sighted, strands: StrandLayer, occlusion: Float32[Tensor, "B H W"], stage: Stage) -> Layers:
    """Return the layers of light of pictures seen with 2x2 samples per pixel."""
    shape, template = occlusion.shape, stage.template
    surface, depth, light = (blocks(plane) for plane in (buffer.surface, buffer.depth, strands.light))
    flat = _flat_blocks(surface, depth, template)
    passed = light.mean(1)
    through = torch.where(flat[:, None], passed[:, None], light)
    share = torch.where(flat[:, None], passed[:, None], 0.25 * light)
    counted = torch.ones_like(flat)[:, None].repeat(1, 4)
    counted[:, 1:] = ~flat[:, None]
    hidden = counted & (through < HIDES) & (share < 0.25 * OPAQUE)
    solid = counted & ~hidden & (surface != EMPTY)
    cover = torch.where(hidden | solid, share, 0).sum(1) + torch.where(passed < 1, 1 - passed, 0)
    rows, sample = (solid & (surface < len(template.material))).nonzero().unbind(1)
    behind = depth[rows, sample] - depth.amin(1)[rows]
    here = occlusion.reshape(-1)[rows] * _contact_shadow(behind)
    samples = _samples(buffer, rows, sample, here, shape)
    diffuse, mirror, made = _lit(samples, buffer.depth, stage)
    light_of_rows = _summed(diffuse, mirror, made, share[rows, sample], rows * 4 + sample, len(flat))
    irradiance, albedo, plain, skin = light_of_rows
    plain = plain + _hair_light(strands, passed, occlusion, stage)
    planes = (irradiance, albedo, plain, skin, cover)
    return Layers(*(plane.reshape(*shape, *plane.shape[1:]) for plane in planes))


def _flat_blocks(surface: Tensor, depth: Tensor, template: Template) -> Bool[Tensor, " N"]:
    """Tell which pixels see one smooth piece of skin or cloth, away from the mouth; they are shaded once."""
    count = len(template.material)
    known = ((surface >= 0) & (surface < count)).all(1)
    triangle = torch.where(known[:, None], surface, 0).long()
    material = template.material[triangle]
    smooth = (material == SKIN) | (material == CLOTHES)
    alike = smooth[:, 0] & (material == material[:, :1]).all(1) & ~template.near_mouth[triangle[:, 0]]
    return known & alike & (depth.amax(1) - depth.amin(1) < FLAT_BLOCK_DM)


def _contact_shadow(behind: Tensor) -> Tensor:
    """Return the light left to samples behind their pixel's nearest surface; see ``render.shading``."""
    return 1 - 0.5 * torch.minimum(behind / 0.03, (0.25 - behind) / 0.15).clamp(0, 1)


def _samples(buffer: Sighted, rows: Tensor, sample: Tensor, occlusion: Tensor, shape: torch.Size) -> Samples:
    _, height, width = shape
    picture = torch.div(rows, height * width, rounding_mode="floor")
    row = torch.div(rows, width, rounding_mode="floor")
    x, y = 2 * (rows - row * width) + (sample & 1), 2 * (row - picture * height) + (sample >> 1)
    surface, depth, w1, w2 = (plane[picture, y, x] for plane in (
        buffer.surface, buffer.depth, buffer.weight1, buffer.weight2))  # fmt: skip
    return Samples(picture, x, y, surface.long(), torch.stack([1 - w1 - w2, w1, w2], 1), depth, occlusion)


def _lit(samples: Samples, depth: Float32[Tensor, "B Y X"], stage: Stage) -> tuple[Tensor, Tensor, Surface]:
    """Return irradiance and specular radiance of samples, and what they are made of."""
    place, view = stage.sight_line(samples.picture, samples.x.float(), samples.y.float(), samples.depth)
    made = _surface_of(samples, place, view, depth, stage)
    diffuse, mirror = light_surface(
        made.lit_from,
        made.normal,
        view,
        made.finish,
        made.occlusion,
        made.turn,
        samples.picture,
        stage.lights,
        stage.shadows,
    )
    return diffuse, mirror, made


def _surface_of(samples: Samples, place: Tensor, view: Tensor, depth: Tensor, stage: Stage) -> Surface:
    """Say what each sample is made of; see ``render.shading.shade_solid``."""
    template, count = stage.template, len(samples.x)
    normal = samples.on(_corners(stage.normals, samples, template))
    material = template.material[samples.triangle]
    near = template.near_mouth[samples.triangle]
    mask_uv = samples.on(template.mask_uv[samples.triangle])
    lip, inside = (torch.where(near, materials.mask_at(mask, mask_uv), 0) for mask in template.masks)
    lip = ((lip - 0.15) / 0.7).clamp(0, 1)
    filled = place.new_zeros(count)
    finish = Finish._make(
        [*(filled.clone() for _ in range(3)), filled[:, None].repeat(1, 3), filled.clone(), filled > 0]
    )
    turn = pixel_turns(samples.x, samples.y)
    is_skin = (material == SKIN) & (inside < 0.5)
    made = Surface(torch.zeros_like(place), normal, place.clone(), finish, samples.occlusion.clone(), turn, is_skin)
    _fill_skin(made, is_skin.nonzero()[:, 0], samples, lip, view, stage)
    _fill_eyes(made, (material == EYE).nonzero()[:, 0], samples, place, view, depth, stage)
    _fill_cloth(made, (material == CLOTHES).nonzero()[:, 0], samples, stage)
    in_mouth = ~is_skin & (material != EYE) & (material != CLOTHES)
    _fill_mouth(made, in_mouth.nonzero()[:, 0], samples, place, mask_uv, stage)
    return made


def _corners(values: Tensor, samples: Samples, template: Template) -> Tensor:
    """Return values of vertices [B,W,C] at the corners of each sample's triangle [N,3,C]."""
    return values[samples.picture[:, None], template.seen[samples.triangle]]


def _polish(
    made: Surface, rows: Tensor, alpha: Tensor | float, f0: float, strength: Tensor | float, wrap: tuple[float, ...]
) -> None:
    """Set the finish of some samples."""
    finish = made.finish
    finish.alpha[rows], finish.f0[rows], finish.strength[rows] = alpha, f0, strength
    finish.wrap[rows] = torch.tensor(wrap, device=rows.device)


def _fill_skin(made: Surface, rows: Tensor, samples: Samples, lip: Tensor, view: Tensor, stage: Stage) -> None:
    own, lip, template = samples.of(rows), lip[rows], stage.template
    uv = own.on(template.atlas[own.triangle])
    albedo, normal, alpha, strength = materials.skin_look(
        stage.atlas, uv, made.normal[rows], lip, stage.crease[own.picture], stage.look.of(own.picture), own.picture
    )
    facing = (dot(normal, view[rows]) * 2.2).clamp(0, 1)
    made.albedo[rows], made.normal[rows] = albedo, normal
    _polish(made, rows, alpha, SKIN_F0, strength * (1 - lip * (1 - facing)), (WRAP_R, WRAP_G, WRAP_B))


def _fill_cloth(made: Surface, rows: Tensor, samples: Samples, stage: Stage) -> None:
    own = samples.of(rows)
    rest = own.on(stage.template.rest[stage.template.seen[own.triangle]])
    made.albedo[rows], made.normal[rows] = materials.cloth_look(rest, made.normal[rows], stage.look.of(own.picture))
    _polish(made, rows, 0.64, 0.02, 0.3, (0.0, 0.0, 0.0))


def _fill_eyes(
    made: Surface, rows: Tensor, samples: Samples, place: Tensor, view: Tensor, depth: Tensor, stage: Stage
) -> None:
    own, template, picture = samples.of(rows), stage.template, samples.picture[rows]
    rest, place = own.on(template.rest[template.seen[own.triangle]]), place[rows]
    side = (rest[:, 0] <= 0).long()
    albedo, normal, flesh = materials.eye_look(
        rest,
        place,
        rest_centre=template.rest_eye_centres[side],
        ball=stage.eye_centres[picture, side],
        axis=stage.eye_axes[picture, side],
        corner=stage.eye_corners[picture, side],
        look=stage.look.of(picture),
    )
    opened = own.occlusion.sqrt() * (0.5 + 0.5 * (dot(normal, view[rows]) * 1.1).clamp(0, 1))
    strength = (1 - 0.6 * flesh) / (opened * opened).clamp(min=0.2)
    focal = stage.lens.focal[picture]
    wet = _on_wet_rim(own, depth, focal)
    made.albedo[rows] = albedo
    made.normal[rows] = normal + torch.where(wet, 0.7, 0.0)[:, None] * torch.tensor([0.0, 1.0, 0.0], device=rows.device)
    made.occlusion[rows], made.turn[rows] = opened * _lid_shadow(own, depth, focal), 0.0
    _polish(made, rows, EYE_ALPHA, EYE_F0, torch.where(wet, 1, strength), (0.25, 0.22, 0.2))
    made.finish.least_lit[rows], made.finish.is_eye[rows] = 0.2, True


def _lid_shadow(own: Samples, depth: Tensor, focal: Tensor) -> Float32[Tensor, " N"]:
    """Return how much light the upper lid leaves on eyeballs; see ``render.eye_material.lid_shadow``."""
    step = focal / own.depth * (LID_REACH_DM / LID_TAPS)
    hidden = torch.zeros_like(step)
    for tap in range(1, LID_TAPS + 1):
        above = own.y - (step * tap + 0.5).long()
        there = depth[own.picture, above.clamp(min=0), own.x]
        hidden = hidden + ((above >= 0) & (there < own.depth - 0.012))
    return 1 - LID_SHADE * hidden / LID_TAPS


def _on_wet_rim(own: Samples, depth: Tensor, focal: Tensor) -> Bool[Tensor, " N"]:
    """Tell which eyeball samples lie in the tear film; see ``render.eye_material.is_on_wet_rim``."""
    step = (focal / own.depth * MENISCUS_DM).long()
    below = own.y + step
    there = depth[own.picture, below.clamp(max=depth.shape[1] - 1), own.x]
    return (step > 0) & (below < depth.shape[1]) & (there < own.depth - 0.004)


def _fill_mouth(made: Surface, rows: Tensor, samples: Samples, place: Tensor, mask_uv: Tensor, stage: Stage) -> None:
    own, template, look = samples.of(rows), stage.template, stage.look.of(samples.picture[rows])
    window, material = stage.window[own.picture], template.material[own.triangle]
    arriving = materials.light_between_lips(place[rows], window)
    pale = torch.where(material == GUM, 1.0, 0.75)[:, None]
    albedo, normal, strength = look.gum * pale, made.normal[rows], torch.ones_like(arriving)
    _polish(made, rows, 0.14, WET_F0, 1.0, (0.35, 0.22, 0.2))
    teeth, tongue = ((material == kind).nonzero()[:, 0] for kind in (TEETH, TONGUE))
    number = template.atlas[own.triangle[teeth], 0, 0].long()
    height, across = mask_uv[rows][teeth].unbind(1)
    albedo[teeth], strength[teeth] = materials.tooth_look(height, across, number, look.of(teeth))
    _polish(made, rows[teeth], TOOTH_ALPHA, TOOTH_F0, 1.0, (0.4, 0.35, 0.3))
    rest = own.on(template.rest[template.seen[own.triangle]])
    albedo[tongue], normal[tongue] = materials.tongue_look(rest[tongue], normal[tongue], look.of(tongue))
    strength[tongue] = 0.6
    made.albedo[rows], made.normal[rows] = materials.reddened(albedo, arriving), normal
    made.finish.strength[rows] = strength * arriving
    made.lit_from[rows], made.turn[rows] = window[:, 0], 0.0
    made.occlusion[rows] = 0.5 + 0.5 * own.occlusion


def _summed(
    diffuse: Tensor, mirror: Tensor, made: Surface, share: Tensor, place: Tensor, count: int
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Return irradiance and albedo of skin, radiance of all else, and the part that is skin, of ``count`` pixels."""
    share, is_skin = share[:, None], made.is_skin[:, None]
    shine = mirror.clamp(max=MAX_RADIANCE)
    plain = share * (shine + torch.where(is_skin, 0, diffuse * made.albedo))
    skin = torch.where(is_skin, share, 0)
    columns = torch.cat([skin * diffuse, skin * made.albedo, plain, skin], 1)
    spread = columns.new_zeros(count * 4, columns.shape[1])
    spread[place] = columns
    total = spread.reshape(count, 4, -1).sum(1)
    part = total[:, 9]
    irradiance = total[:, :3] / torch.where(part > 0, part, 1)[:, None]
    return irradiance, total[:, 3:6], total[:, 6:9], part


def _hair_light(strands: StrandLayer, passed: Tensor, occlusion: Tensor, stage: Stage) -> Float32[Tensor, "N 3"]:
    """Return the light of the hair of each pixel times its part; see ``render.shading.shade_strands``."""
    out = passed.new_zeros(len(passed), 3)
    rows = (passed < 1).nonzero()[:, 0]
    locks = locks_of(*(blocks(plane)[rows] for plane in (strands.light, strands.front, strands.sums)))
    rows, locks = rows[locks.cover > 0], type(locks)(*(field[locks.cover > 0] for field in locks))
    _, height, width = occlusion.shape
    row = torch.div(rows, width, rounding_mode="floor")
    picture = torch.div(row, height, rounding_mode="floor")
    x, y = 2 * (rows - row * width), 2 * (row - picture * height)
    place, view = stage.sight_line(picture, x + 0.5, y + 0.5, locks.depth)
    step = locks.depth / stage.lens.focal[picture]
    tangent = locks.tangent * torch.stack([step, -step, -torch.ones_like(step)], 1)
    opened = locks.openness * (0.5 + 0.5 * occlusion.reshape(-1)[rows])
    radiance = light_hair(
        place,
        tangent,
        normalised(place - stage.skull[picture]),
        view,
        locks.colour,
        opened,
        pixel_turns(x, y),
        picture,
        stage.lights,
        stage.shadows,
    )
    out[rows] = (locks.cover * 0.25)[:, None] * radiance.clamp(max=MAX_RADIANCE)
    return out
