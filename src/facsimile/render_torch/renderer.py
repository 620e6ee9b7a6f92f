"""Draw many pictures at once: the stages of ``render.renderer.render`` for a batch, on any device of torch.

Left out, against the CPU engine: what is held before faces, and labels per pixel. Hair is blended in another order
(``hair``); all else agrees to rounding.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float32, Int32, Int64, UInt8
from torch import Tensor

from facsimile.face.mouth import SHUT_GAP_DM
from facsimile.facs.controllers import CONTROLLERS, controller_index
from facsimile.render.background import Background
from facsimile.render.camera import Camera
from facsimile.render.light import Light
from facsimile.render.performance import BLINKS
from facsimile.render.postprocess import Sensor
from facsimile.render.renderer import FULL_DETAIL_PX_PER_DM
from facsimile.render.scene import Scene
from facsimile.render.shader_input import INNER_EYE_CORNERS
from facsimile.render.shading import STRAND_BEARD, STRAND_BROW, STRAND_HAIR, STRAND_LASH
from facsimile.render.shadow_map import SHADOW_EXTENT_DM, SHADOW_SIZES
from facsimile.render.textures import level_for
from facsimile.render.visibility import SAMPLES, STRAND_BIAS_DM, STRAND_TAPER
from facsimile.render_torch.cast import Cast
from facsimile.render_torch.film import diffused, exposed
from facsimile.render_torch.form import lips_are_shut, posed_vertices
from facsimile.render_torch.hair import StrandLayer, depth_with_strands, draw_strands, empty_strands, strand_depth
from facsimile.render_torch.labels import (
    landmark_visibility,
    lid_apertures_mm,
    measured_intensity,
    unit_visibility,
)
from facsimile.render_torch.light import Lights, Shadows, lights_of
from facsimile.render_torch.lips import mouth_opening_mm
from facsimile.render_torch.mouth import lip_crease, mouth_window, moved_teeth, rest_tongue_on_lip
from facsimile.render_torch.occlusion import ambient_occlusion, shade_under_hair
from facsimile.render_torch.precision import full_precision
from facsimile.render_torch.raster import Sighted, rasterise, rasterise_depth
from facsimile.render_torch.room import bent, head_rotations, in_room, lens_of, turned
from facsimile.render_torch.shading import Stage, blocks, shade
from facsimile.render_torch.skin import skin_atlas
from facsimile.render_torch.solids import solids
from facsimile.render_torch.strands import PosedStrands, posed_strands
from facsimile.render_torch.template import template_on
from facsimile.render_torch.timing import NoTimer, Timer
from facsimile.render_torch.worn import Dressed, dressed, lens_depth, look_through, shade_worn, with_worn

KINDS = (STRAND_HAIR, STRAND_BEARD, STRAND_BROW, STRAND_LASH)
"""In the order they are drawn; the first hides landmarks, the others do not."""


@dataclass(frozen=True)
class Shoot:
    """Hold what B pictures of a cast show: per picture what ``render.scene.Scene`` holds of one."""

    who: Int64[Tensor, " B"]
    """Place in the cast."""
    controllers: Float32[Tensor, "B R"]
    head_pose_rad: Float32[Tensor, "B 3"]
    gaze_rad: Float32[Tensor, "B 2 2"]
    intensity: Float32[np.ndarray, "B A 2"]
    """Nominal."""
    cameras: list[Camera]
    lights: list[Light]
    backgrounds: Float32[Tensor, "B H W 3"]
    sensors: list[Sensor]
    size: int

    @property
    def px_per_dm(self) -> list[float]:
        """Return the scale of each picture at its face."""
        return [self.size / camera.frame for camera in self.cameras]


class Pictures(NamedTuple):
    """Pictures and their labels, as ``render.rendering.Rendering`` has them."""

    images: UInt8[Tensor, "B 3 H W"]
    landmarks: Float32[Tensor, "B 70 2"]
    landmark_visible: Bool[Tensor, "B 70"]
    head_pose_rad: Float32[Tensor, "B 3"]
    gaze_rad: Float32[Tensor, "B 2 2"]
    au: Float32[Tensor, "B A 2"]
    au_visible: Bool[Tensor, "B A 2"]
    controllers: Float32[Tensor, "B R"]
    surface: Int32[Tensor, "B Y X"]
    """[B,2H,2W]: triangle that each sample sees, -1 for none."""


class Acting(NamedTuple):
    """Heads in their own frames: at rest, with an expression, teeth, normals; and the same in the room."""

    neutral: Float32[Tensor, "B V 3"]
    vertices: Float32[Tensor, "B V 3"]
    skin_normals: Float32[Tensor, "B V 3"]
    room: Float32[Tensor, "B W 3"]
    normals: Float32[Tensor, "B W 3"]
    worn: Dressed | None


def shoot_of(scenes: list[Scene], who: list[int], cast: Cast) -> Shoot:
    """Return scenes as a batch; ``who`` says which of the cast each shows."""
    size = {scene.size for scene in scenes}
    if len(size) != 1:
        raise ValueError(f"scenes: pictures of one batch need one size, got {sorted(size)} pixels")
    return shoot(
        who,
        [scene.expression for scene in scenes],
        np.stack([scene.action_units.intensity for scene in scenes]),
        cameras=[scene.camera for scene in scenes],
        lights=[scene.light for scene in scenes],
        backgrounds=[scene.background for scene in scenes],
        sensors=[scene.sensor for scene in scenes],
        size=size.pop(),
        device=cast.device,
    )


def shoot(
    who: list[int],
    expressions: list,
    intensity: np.ndarray,
    *,
    cameras: list[Camera],
    lights: list[Light],
    backgrounds: list[Background],
    sensors: list[Sensor],
    size: int,
    device: torch.device,
) -> Shoot:
    """Move what B pictures show to a device."""

    def moved(values: list) -> Tensor:
        return torch.as_tensor(np.stack(values).astype(np.float32), device=device)

    return Shoot(
        who=torch.tensor(who, device=device),
        controllers=moved([e.controllers for e in expressions]),
        head_pose_rad=moved([e.head_pose_rad for e in expressions]),
        gaze_rad=moved([e.gaze_rad for e in expressions]),
        intensity=intensity.astype(np.float32),
        cameras=cameras,
        lights=lights,
        backgrounds=moved([background.at(size) for background in backgrounds]),
        sensors=sensors,
        size=size,
    )


def render(shoot: Shoot, cast: Cast, *, timer: Timer | None = None) -> Pictures:
    """Draw pictures and label them; nothing about one picture depends on the others but rounding."""
    with full_precision(cast.device):
        return _rendered(shoot, cast, NoTimer() if timer is None else timer)


def _rendered(shoot: Shoot, cast: Cast, timer: Timer) -> Pictures:
    acting = act(shoot, cast)
    timer.lap("pose")
    buffer = _seen(shoot, cast, acting)
    timer.lap("raster")
    hair = _hair_of(shoot, cast, acting)
    layer, hiding = _draw_hair(hair, shoot, buffer)
    lenses = _lenses(shoot, cast, acting, buffer)
    for glass, _, is_dark in lenses:
        hiding = torch.where(is_dark[:, None, None], torch.minimum(hiding, glass), hiding)
    timer.lap("hair")
    lights = lights_of(shoot.lights, cast.device)
    stage = _stage(shoot, cast, acting, lights=lights, shadows=_shadows(lights, acting, hair, shoot))
    timer.lap("shadow and texture")
    depth = blocks(buffer.depth).amin(1).reshape(len(shoot.who), shoot.size, shoot.size)
    passed = blocks(layer.light).mean(1).reshape(depth.shape)
    occlusion = ambient_occlusion(depth, shoot.px_per_dm) * shade_under_hair(passed, shoot.px_per_dm)
    timer.lap("occlusion")
    layers = shade(buffer, layer, occlusion, stage)
    if acting.worn is not None:
        layers = shade_worn(layers, buffer, layer, occlusion, acting.worn, stage)
    for glass, clear, _ in lenses:
        layers = look_through(layers, glass, clear, layer, stage)
    timer.lap("shade")
    radiance = diffused(layers, depth, shoot.px_per_dm)
    image = exposed(radiance, layers, depth, shoot.backgrounds, cameras=shoot.cameras, sensors=shoot.sensors)
    timer.lap("develop")
    pictures = _labelled(image, buffer, hiding, shoot, cast, acting)
    timer.lap("labels")
    return pictures


def act(shoot: Shoot, cast: Cast) -> Acting:
    """Return the heads with their expressions."""
    forms, who, template = cast.forms, shoot.who, cast.template
    posed = posed_vertices(forms, who, controllers=shoot.controllers, gaze_rad=shoot.gaze_rad, template=template)
    posed = rest_tongue_on_lip(posed, shoot.controllers[:, controller_index("tongueOut")], template)
    neutral = forms.of("neutral", who)
    teeth = moved_teeth(forms.of("teeth", who), neutral, posed, template)
    normals = template.skin_incidence.normals(posed)
    room = in_room(posed, normals, teeth, shoot.head_pose_rad, template)
    closet = cast.wardrobe
    worn = None if closet is None else dressed(closet.solid.of(who), posed, shoot.head_pose_rad)
    return Acting(neutral, posed, normals, room, template.incidence.normals(room), worn)


def _seen(shoot: Shoot, cast: Cast, acting: Acting) -> Sighted:
    """Return what each sample sees of heads, clothes, teeth and solid things worn."""
    samples, template = shoot.size * SAMPLES, cast.template
    shows_teeth = ~lips_are_shut(acting.vertices, template, SHUT_GAP_DM)
    drawing, points = solids(cast.keep[shoot.who], shows_teeth, template), acting.room
    if acting.worn is not None:
        drawing = with_worn(drawing, acting.worn, first=len(template.material), num_vertices=points.shape[1])
        points = torch.cat([points, acting.worn.vertices], 1)
    screen = lens_of(shoot.cameras, samples, cast.device).project(points)
    return rasterise(screen, drawing, samples, samples)


def _lenses(shoot: Shoot, cast: Cast, acting: Acting, buffer: Sighted) -> list[tuple[Tensor, Tensor, Tensor]]:
    """Return the depth [B,2H,2W] of each lens, the light that passes [B,3], and whether it is dark [B]."""
    found = []
    camera = lens_of(shoot.cameras, shoot.size * SAMPLES, cast.device)
    for lens in () if cast.wardrobe is None else cast.wardrobe.lenses:
        placed = dressed(lens.outfit.of(shoot.who), acting.vertices, shoot.head_pose_rad)
        depth = lens_depth(placed, camera.project(placed.vertices), buffer.depth)
        found.append((depth, lens.clear[shoot.who], lens.is_dark[shoot.who]))
    return found


def _detail_steps(shoot: Shoot) -> list[int]:
    """Return of how many head hairs one is drawn; see ``render.renderer``."""
    return [max(1, round((FULL_DETAIL_PX_PER_DM / scale) ** 1.5)) for scale in shoot.px_per_dm]


Hair = list[tuple[int, list[int], PosedStrands]]
"""Kinds of hair, with the pictures each part belongs to: pictures with as many head hairs are drawn together."""


def _hair_of(shoot: Shoot, cast: Cast, acting: Acting) -> Hair:
    steps, parts = _detail_steps(shoot), []
    for kind in KINDS:
        if kind not in cast.strands:
            continue
        wanted = steps if kind == STRAND_HAIR else [1] * len(steps)
        for step in sorted(set(wanted)):
            rows = [row for row, one in enumerate(wanted) if one == step]
            grown = cast.strands[kind].of(shoot.who[rows], step)
            grown = grown._replace(width_dm=grown.width_dm * step**0.8)
            posed = posed_strands(
                grown, kind, acting.vertices[rows], acting.skin_normals[rows], shoot.head_pose_rad[rows], cast.template
            )
            parts.append((kind, rows, posed))
    return parts


def _draw_hair(hair: Hair, shoot: Shoot, buffer: Sighted) -> tuple[StrandLayer, Float32[Tensor, "B Y X"]]:
    """Return the layer of all hair, and the depth of what can hide a landmark."""
    samples, device = buffer.depth.shape[1], buffer.depth.device
    layer = empty_strands(len(shoot.who), samples, device)
    hiding = buffer.depth
    for kind, rows, strands in hair:
        lens = lens_of([shoot.cameras[row] for row in rows], samples, device)
        flat = strands.points.reshape(len(rows), -1, 3)
        scale = torch.tensor([samples / shoot.cameras[row].frame for row in rows], dtype=torch.float32, device=device)
        drawn = draw_strands(
            lens.project(flat).reshape(strands.points.shape),
            strands,
            width_px=strands.width_dm * scale[:, None],
            taper=STRAND_TAPER[kind],
            kind=kind,
            bias=STRAND_BIAS_DM[kind],
            solid=buffer.depth[rows],
            layer=StrandLayer(*(plane[rows] for plane in layer)),
        )
        for plane, part in zip(layer, drawn, strict=True):
            plane[rows] = part
        if kind == STRAND_HAIR:
            hiding = depth_with_strands(buffer.depth, layer)
    return layer, hiding


def _shadows(lights: Lights, acting: Acting, hair: Hair, shoot: Shoot) -> Shadows:
    """Draw the key lights' depth maps; see ``render.shadow_map.key_shadow``."""
    size = SHADOW_SIZES[shoot.size > 160]
    device = acting.room.device
    centre = _eye_centres(acting).mean(1) + torch.tensor([0, -0.3, -0.5], device=device)
    scale = torch.tensor([size / SHADOW_EXTENT_DM] * 2 + [1.0], device=device)
    rows = lights.shadow_axes * scale[:, None]
    shift = torch.tensor([size / 2, size / 2, 0.0], device=device) - (rows * centre[:, None]).sum(-1)
    head = template_on(device).head.expand(len(rows), -1, -1)
    depth = rasterise_depth(_transformed(acting.room, rows, shift), head, size)
    if acting.worn is not None:
        worn = acting.worn.outfit.triangles
        both_sides = torch.cat([worn, worn.flip(-1)], 1)
        depth = torch.minimum(depth, rasterise_depth(_transformed(acting.worn.vertices, rows, shift), both_sides, size))
    for kind, chosen, strands in hair:
        if kind == STRAND_HAIR:
            points = strands.points[:, ::2]
            screen = _transformed(points.reshape(len(chosen), -1, 3), rows[chosen], shift[chosen])
            depth[chosen] = strand_depth(screen.reshape(points.shape), strands.is_real()[:, ::2], depth[chosen])
    return Shadows(depth, torch.cat([rows, shift[..., None]], -1), lights.softness * (size / SHADOW_EXTENT_DM))


def _transformed(points: Tensor, rows: Tensor, shift: Tensor) -> Tensor:
    return points @ rows.mT + shift[:, None]


def _eye_centres(acting: Acting) -> Float32[Tensor, "B 2 3"]:
    template = template_on(acting.room.device)
    return torch.stack([acting.room[:, eye].mean(1) for eye in template.eye_middles], 1)


def _stage(shoot: Shoot, cast: Cast, acting: Acting, *, lights: Lights, shadows: Shadows) -> Stage:
    """Gather what the shader reads; see ``render.shader_input``."""
    template, who, pose = cast.template, shoot.who, shoot.head_pose_rad
    centres = _eye_centres(acting)
    rotation = head_rotations(pose)
    up_and_back = torch.tensor([[0, 0.25, -0.95]], device=cast.device).expand(len(who), 1, 3)
    yaw, pitch = shoot.gaze_rad.unbind(-1)
    ahead = torch.stack([yaw.sin() * pitch.cos(), pitch.sin(), yaw.cos() * pitch.cos()], -1)
    levels = [level_for(scale) for scale in shoot.px_per_dm]
    return Stage(
        lens=lens_of(shoot.cameras, shoot.size * SAMPLES, cast.device),
        lights=lights,
        shadows=shadows,
        look=cast.look.of(who),
        atlas=skin_atlas([cast.skins[person] for person in who.tolist()], levels, shoot.intensity, cast.device),
        crease=lip_crease(acting.neutral, acting.vertices, template).float(),
        normals=acting.normals,
        eye_centres=centres,
        eye_axes=ahead @ rotation.mT,
        eye_corners=template.landmarks.at(acting.room)[:, list(INNER_EYE_CORNERS)],
        window=_turned_window(mouth_window(acting.vertices, template), pose),
        skull=centres.mean(1) + turned(rotation, up_and_back)[:, 0],
        template=template,
    )


def _turned_window(window: Float32[Tensor, "B 5 3"], head_pose_rad: Tensor) -> Float32[Tensor, "B 5 3"]:
    """Return the opening of the lips in the room; see ``render.posing.turned_window``."""
    rotation = head_rotations(head_pose_rad)
    guide = torch.tensor([[0.0, 9.0, 0.0]], device=window.device)
    return torch.cat([bent(window[:, :1], guide, head_pose_rad), window[:, 1:4] @ rotation.mT, window[:, 4:]], 1)


def _labelled(image: Tensor, buffer: Sighted, hiding: Tensor, shoot: Shoot, cast: Cast, acting: Acting) -> Pictures:
    """Return pictures with what they show."""
    template = cast.template
    lens = lens_of(shoot.cameras, shoot.size, cast.device)
    points = lens.project(template.landmarks.at(acting.room))
    visible = landmark_visibility(points, hiding, buffer.surface, frame_dm=[c.frame for c in shoot.cameras])
    opening = mouth_opening_mm(acting.vertices, template) - cast.forms.of("opening_mm", shoot.who)
    nominal = torch.as_tensor(shoot.intensity, device=cast.device)
    closure = _lid_closure(shoot, cast, acting)
    return Pictures(
        images=image.to(torch.uint8),
        landmarks=points[..., :2].contiguous(),
        landmark_visible=visible,
        head_pose_rad=shoot.head_pose_rad,
        gaze_rad=shoot.gaze_rad,
        au=measured_intensity(nominal, shoot.controllers, lip_opening_mm=opening, lid_closure=closure),
        au_visible=unit_visibility(visible, shoot.head_pose_rad[:, 1]),
        controllers=shoot.controllers,
        surface=buffer.surface,
    )


def _lid_closure(shoot: Shoot, cast: Cast, acting: Acting) -> Float32[Tensor, "B 2"]:
    """Return the part of each lid aperture that blinking takes away; see ``render.performance``."""
    blinks = [CONTROLLERS.index(name) for name in BLINKS]
    awake = shoot.controllers.clone()
    awake[:, blinks] = 0
    opened = posed_vertices(
        cast.forms, shoot.who, controllers=awake, gaze_rad=shoot.gaze_rad, template=cast.template, parts_lips=False
    )
    before, now = (lid_apertures_mm(v, cast.template) for v in (opened, acting.vertices))
    closes = (shoot.controllers[:, blinks] != 0).any(1, keepdim=True)
    return torch.where(closes, (1 - now / before.clamp(min=0.1)).clamp(0, 1), 0)
