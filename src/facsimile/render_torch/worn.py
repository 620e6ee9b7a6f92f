"""What people wear, batched: glasses, hats, scarves and collars as ``render.worn`` draws them on one head."""

from dataclasses import dataclass, fields
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float32, Int64
from torch import Tensor

from facsimile.face.accessories import METAL, Accessory
from facsimile.face.pack import load_head_pack
from facsimile.render.worn import LENS_F0, RIGID_GUIDE
from facsimile.render_torch.hair import StrandLayer
from facsimile.render_torch.light import Finish, dot, environment, light_surface, normalised, pixel_turns
from facsimile.render_torch.materials import cloth_pattern
from facsimile.render_torch.raster import Drawing, Sighted, rasterise
from facsimile.render_torch.room import bent
from facsimile.render_torch.shading import Layers, Stage, blocks
from facsimile.render_torch.template import incidence

WRAP = 0.2
"""How far light bleeds past the shadow line on cloth."""


@dataclass(frozen=True)
class Outfit:
    """Hold meshes on people; stacked and padded, every tensor has one more axis P in front."""

    base: Float32[Tensor, "*P V 3"]
    """In the head's frame (dm): where rigid things sit, or on the template for what follows the skin."""
    guide: Float32[Tensor, "*P V 3"]
    """Template points that say which part of the body each vertex turns with."""
    anchors: Int64[Tensor, "*P V K"]
    """Skin that each vertex follows, and how much; nothing for rigid things."""
    weight: Float32[Tensor, "*P V K"]
    rest: Float32[Tensor, "*P V 3"]
    """Place on the template, for patterns."""
    colour: Float32[Tensor, "*P V 3"]
    around: Int64[Tensor, "*P V N"]
    """Triangles round each vertex."""
    triangles: Int64[Tensor, "*P F 3"]
    second: Float32[Tensor, "*P F 3"]
    """Second colour of the pattern."""
    numbers: Float32[Tensor, "*P F 4"]
    """Pattern, its size, roughness, and 1 for a triangle that is there."""

    def of(self, who: Int64[Tensor, " B"]) -> "Outfit":
        """Return what the people of some pictures wear."""
        return Outfit(*(getattr(self, field.name)[who] for field in fields(self)))


class Lens(NamedTuple):
    """One lens of each person [P,...]; ``clear`` is the light that passes."""

    outfit: Outfit
    clear: Float32[Tensor, "P 3"]
    is_dark: Bool[Tensor, " P"]


@dataclass(frozen=True)
class Wardrobe:
    """Hold what a cast wears."""

    solid: Outfit
    lenses: tuple[Lens, ...]


class Dressed(NamedTuple):
    """Worn things of B pictures in the room."""

    outfit: Outfit
    vertices: Float32[Tensor, "B V 3"]
    normals: Float32[Tensor, "B V 3"]


def outfit_of(items: list[Accessory], neutral: Float32[np.ndarray, "V 3"], device: torch.device) -> Outfit:
    """Join things into one mesh on a person with a neutral head; nothing at all is one empty triangle."""
    nothing = np.zeros((1, 3), np.float32)
    parts: dict[str, list[np.ndarray]] = {field.name: [] for field in fields(Outfit)}
    start = 0
    for item in items:
        for name, values in _arrays(item, neutral, start).items():
            parts[name].append(values)
        start += len(item.vertices)
    if not items:
        empty: dict[str, np.ndarray] = {"anchors": np.zeros((1, 1), np.int64), "weight": np.zeros((1, 1), np.float32)}
        empty |= {"triangles": np.zeros((1, 3), np.int64), "numbers": np.zeros((1, 4), np.float32)}
        parts = {name: [empty.get(name, nothing)] for name in parts}
        start = 1
    widest = max(one.shape[1] for one in parts["anchors"])
    for name in ("anchors", "weight"):
        parts[name] = [np.pad(one, ((0, 0), (0, widest - one.shape[1]))) for one in parts[name]]
    triangles = np.concatenate(parts["triangles"])
    parts["around"] = [incidence(triangles, start, device).around.cpu().numpy()]
    return Outfit(**{name: torch.as_tensor(np.concatenate(one), device=device) for name, one in parts.items()})


def _arrays(item: Accessory, neutral: np.ndarray, start: int) -> dict[str, np.ndarray]:
    count, faces = len(item.vertices), len(item.triangles)
    if item.hold == "body":
        base, guide, (anchors, weight) = item.vertices, item.vertices, item._anchors
    else:
        base, guide = item.placed(neutral), np.broadcast_to(np.array(RIGID_GUIDE, np.float32), item.vertices.shape)
        anchors, weight = np.zeros((count, 1), np.int64), np.zeros((count, 1), np.float32)
    numbers = np.array([(item.pattern, item.scale, item.roughness, 1.0)], np.float32)
    return {
        "base": base,
        "guide": guide,
        "anchors": anchors.astype(np.int64),
        "weight": weight,
        "rest": item.vertices,
        "colour": item.colour,
        "triangles": item.triangles.astype(np.int64) + start,
        "second": np.repeat(item.second[None], faces, 0),
        "numbers": np.repeat(numbers, faces, 0),
    }


def stacked(outfits: list[Outfit]) -> Outfit:
    """Put outfits side by side, padded with triangles that lie on one vertex."""

    def padded(name: str) -> Tensor:
        parts = [getattr(one, name) for one in outfits]
        shape = [max(part.shape[axis] for part in parts) for axis in range(parts[0].ndim)]
        out = parts[0].new_zeros(len(parts), *shape)
        for row, part in enumerate(parts):
            if name == "around":
                out[row] = torch.iinfo(torch.int64).max
            out[(row, *(slice(0, side) for side in part.shape))] = part
        return out

    return Outfit(*(padded(field.name) for field in fields(Outfit)))


def wardrobe_of(
    accessories: list[tuple[Accessory, ...]], neutrals: list[Float32[np.ndarray, "V 3"]], device: torch.device
) -> Wardrobe | None:
    """Return what people wear; None where nobody wears anything."""
    if not any(accessories):
        return None
    pairs = list(zip(accessories, neutrals, strict=True))
    solid = [outfit_of([a for a in items if not a.is_lens], neutral, device) for items, neutral in pairs]
    lenses = [[a for a in items if a.is_lens] for items in accessories]
    slots = []
    for slot in range(max(len(mine) for mine in lenses)):
        own = [mine[slot : slot + 1] for mine in lenses]
        meshes = stacked([outfit_of(one, neutral, device) for one, neutral in zip(own, neutrals, strict=True)])
        clear = np.stack([one[0].clear if one else np.ones(3, np.float32) for one in own])
        is_dark = torch.tensor([bool(one and one[0].is_dark) for one in own], device=device)
        slots.append(Lens(meshes, torch.as_tensor(clear, device=device), is_dark))
    return Wardrobe(stacked(solid), tuple(slots))


def dressed(outfit: Outfit, vertices: Float32[Tensor, "B V 3"], head_pose_rad: Float32[Tensor, "B 3"]) -> Dressed:
    """Place what is worn on expressive heads (own frame) that turn; see ``render.worn.wear``."""
    shift = vertices - torch.as_tensor(load_head_pack().vertices, device=vertices.device)
    picture = torch.arange(len(vertices), device=vertices.device)[:, None, None]
    placed = outfit.base + (shift[picture, outfit.anchors] * outfit.weight[..., None]).sum(2)
    room = bent(placed, outfit.guide, head_pose_rad)
    corners = room[picture, outfit.triangles]
    faces = torch.linalg.cross(corners[:, :, 1] - corners[:, :, 0], corners[:, :, 2] - corners[:, :, 0])
    faces = torch.cat([faces, torch.zeros_like(faces[:, :1])], 1)
    beyond = faces.shape[1] - 1
    around = torch.where(outfit.around < _counted(outfit)[:, None, None], outfit.around, beyond)
    total = faces[picture, around].sum(2)
    length = total.norm(dim=-1, keepdim=True)
    return Dressed(outfit, room, torch.where(length > 0, total / length.clamp(min=1e-30), total))


def _counted(outfit: Outfit) -> Int64[Tensor, " B"]:
    """Count the triangles that are there."""
    return (outfit.numbers[..., 3] > 0).sum(1)


def with_worn(drawing: Drawing, worn: Dressed, *, first: int, num_vertices: int) -> Drawing:
    """Add worn triangles, numbered from ``first``, whose vertices follow ``num_vertices`` others."""
    num, count = worn.outfit.triangles.shape[:2]
    device = drawing.surface.device
    number = torch.arange(first, first + count, device=device, dtype=torch.int32)
    return Drawing(
        torch.cat([drawing.triangles, worn.outfit.triangles + num_vertices], 1),
        torch.cat([drawing.surface, number]),
        torch.cat([drawing.one_sided, torch.zeros(count, dtype=torch.bool, device=device)]),
        torch.cat([drawing.is_drawn, worn.outfit.numbers[..., 3] > 0], 1),
        torch.cat([drawing.keep, torch.ones((num, count, 3), device=device)], 1),
    )


def lens_depth(lens: Dressed, screen: Float32[Tensor, "B V 3"], hidden_by: Float32[Tensor, "B Y Y"]) -> Tensor:
    """Return the depth [B,Y,Y] of lenses where nothing nearer hides them, inf elsewhere."""
    num, count = lens.outfit.triangles.shape[:2]
    device = screen.device
    drawing = Drawing(
        lens.outfit.triangles,
        torch.zeros(count, dtype=torch.int32, device=device),
        torch.zeros(count, dtype=torch.bool, device=device),
        lens.outfit.numbers[..., 3] > 0,
        torch.ones((num, count, 3), device=device),
    )
    depth = rasterise(screen, drawing, *hidden_by.shape[1:]).depth
    return torch.where(depth < hidden_by, depth, torch.inf)


def shade_worn(
    layers: Layers,
    buffer: Sighted,
    strands: StrandLayer,
    occlusion: Float32[Tensor, "B H W"],
    worn: Dressed,
    stage: Stage,
) -> Layers:
    """Return the layers with what is worn; see ``render.worn.shade_worn``."""
    first = len(stage.template.material)
    picture, y, x = (buffer.surface >= first).nonzero().unbind(1)
    triangle = buffer.surface[picture, y, x].long() - first
    w1, w2 = buffer.weight1[picture, y, x], buffer.weight2[picture, y, x]
    weights = torch.stack([1 - w1 - w2, w1, w2], 1)[..., None]
    corners = worn.outfit.triangles[picture, triangle]

    def inside(values: Tensor) -> Float32[Tensor, "N 3"]:
        return (values[picture[:, None], corners] * weights).sum(1)

    place, view = stage.sight_line(picture, x.float(), y.float(), buffer.depth[picture, y, x])
    normal = inside(worn.normals)
    normal = torch.where((dot(normal, view) < 0)[:, None], -normal, normal)
    second, numbers = worn.outfit.second[picture, triangle], worn.outfit.numbers[picture, triangle]
    albedo, finish = _worn_look(inside(worn.outfit.colour), second, numbers, inside(worn.outfit.rest))
    here = occlusion[picture, y // 2, x // 2]
    diffuse, mirror = light_surface(
        place, normal, view, finish, here, pixel_turns(x, y), picture, stage.lights, stage.shadows
    )
    light = (0.25 * strands.light[picture, y, x])[:, None] * (diffuse * albedo + mirror)
    spread = light.new_zeros((*buffer.surface.shape, 3))
    spread[picture, y, x] = light
    return layers._replace(plain=layers.plain + blocks(spread).sum(1).reshape(layers.plain.shape))


def _worn_look(colour: Tensor, second: Tensor, numbers: Tensor, rest: Tensor) -> tuple[Float32[Tensor, "N 3"], Finish]:
    """Return albedo and finish; see ``render.worn.worn_look``."""
    pattern, scale, rough = numbers[:, 0], numbers[:, 1], numbers[:, 2]
    share, shade = cloth_pattern(pattern, scale, rest)
    albedo = (colour * (1 - share)[:, None] + second * share[:, None]) * shade[:, None]
    is_metal = pattern == METAL
    f0, strength = torch.where(is_metal, 0.4, 0.04), torch.where(is_metal, 0.8, torch.where(rough > 0.5, 0.25, 1.0))
    zero = torch.zeros_like(rough)
    finish = Finish(rough * rough, f0, strength, torch.full_like(albedo, WRAP), zero, zero > 0)
    return torch.where(is_metal[:, None], albedo * 0.4, albedo), finish


def look_through(
    layers: Layers, depth: Float32[Tensor, "B Y X"], clear: Float32[Tensor, "B 3"], strands: StrandLayer, stage: Stage
) -> Layers:
    """Tint and mirror what lies behind lenses of some depth; see ``render.worn.look_through``."""
    behind, light, front = (blocks(plane) for plane in (depth, strands.light, strands.front))
    seen = behind < 1e6
    part = torch.where(seen, 0.25 * torch.where(front < behind, light, 1), 0).sum(1)
    rows = (part > 0).nonzero()[:, 0]
    near = torch.zeros_like(part)
    for k in range(4):
        near = torch.where(seen[:, k], behind[:, k], near)
    height, width = layers.cover.shape[1:]
    row = torch.div(rows, width, rounding_mode="floor")
    picture = torch.div(row, height, rounding_mode="floor")
    x, y = 2.0 * (rows - row * width), 2.0 * (row - picture * height)
    place, view = stage.sight_line(picture, x, y, near[rows])
    bulge = torch.stack([place[:, 0] * 0.5, torch.full_like(x, 0.05), torch.ones_like(x)], 1)
    normal = normalised(bulge)
    n_v = dot(normal, view).clamp(min=0.05)
    seen_in = environment(stage.lights.sharp, 2 * n_v[:, None] * normal - view, picture)
    mirror = part[rows] * (LENS_F0 + (1 - LENS_F0) * (1 - n_v) ** 5)
    lost = part[rows, None] * (1 - clear[picture])
    albedo, plain = (plane.reshape(-1, 3).clone() for plane in (layers.albedo, layers.plain))
    cover = layers.cover.reshape(-1).clone()
    albedo[rows] *= 1 - lost
    plain[rows] = plain[rows] * (1 - lost) + mirror[:, None] * seen_in
    cover[rows] += (1 - cover[rows]) * lost.mean(1)
    shape = layers.cover.shape
    return layers._replace(albedo=albedo.reshape(*shape, 3), plain=plain.reshape(*shape, 3), cover=cover.reshape(shape))
