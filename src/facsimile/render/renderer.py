"""Draw a scene: pose, visibility, shadow, occlusion, shading, diffusion, development, labels."""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from jaxtyping import Bool, Float32, UInt8

from facsimile.face.appearance import Appearance
from facsimile.face.clothes import BODY_MARGIN_DM
from facsimile.face.contact import mouth_opening_mm
from facsimile.face.landmarks import landmark_surface, landmarks, lid_aperture_mm
from facsimile.face.mouth import lip_crease, lips_are_shut, mouth_window, moved_teeth, placed_teeth, rest_tongue_on_lip
from facsimile.face.rest import EYE_CENTRE
from facsimile.face.rigs import rig_of
from facsimile.facs.controllers import controller_index
from facsimile.facs.expression import Expression
from facsimile.render.buffers import (
    Buffers,
    check_names,
    dense_points,
    depth_mm,
    displacements,
    hair_of_blocks,
    normals_of,
    pixel_buffer,
    resting,
)
from facsimile.render.camera import head_rotation
from facsimile.render.diffusion import diffuse_along, diffusion_taps
from facsimile.render.focus import soft_behind
from facsimile.render.labels import landmark_visibility, measured_intensity, unit_visibility
from facsimile.render.light import Shadow, light_arrays, shadow_frame, shadow_of
from facsimile.render.occlusion import TAPS, ambient_occlusion, nearest_of_blocks
from facsimile.render.posing import PosedHead, in_room, pose_head, turned_window
from facsimile.render.postprocess import developed, metered_exposure
from facsimile.render.raster import (
    FAR,
    GBuffer,
    empty_gbuffer,
    rasterise,
    rasterise_depth,
    strands_depth,
    vertex_normals,
)
from facsimile.render.scene import Scene
from facsimile.render.segments import segmentation, triangle_regions
from facsimile.render.shading import (
    STRAND_BEARD,
    STRAND_BROW,
    STRAND_HAIR,
    STRAND_LASH,
    Layers,
    Mesh,
    Paint,
    View,
    empty_layers,
    shade,
)
from facsimile.render.stopwatch import NoStopwatch, Stopwatch
from facsimile.render.strand_raster import (
    StrandLayer,
    depth_with_strands,
    draw_strands,
    empty_strands,
    shade_under_hair,
)
from facsimile.render.textures import SkinTexture, TextureCache, level_for
from facsimile.render.topology import topology
from facsimile.render.worn import Worn, draw_lenses, draw_worn, look_through, shade_worn, wear

SAMPLES = 2
"""Samples per pixel along each axis."""
NEVER_DRESSED = 6.35
"""Skin of the template with y + 0.45 z above this (dm) is never covered by a garment: chin and throat."""
SHADOW_EXTENT_DM = 4.2
SHADOW_SIZES = (160, 256)
"""Side of the shadow map for pictures up to 160 px and above."""
STRAND_BIAS_DM = {STRAND_HAIR: 0.0, STRAND_BEARD: 0.008, STRAND_BROW: 0.012, STRAND_LASH: 0.012}
STRAND_TAPER = {STRAND_HAIR: 0.6, STRAND_BEARD: 0.7, STRAND_BROW: 0.75, STRAND_LASH: 0.8}
"""Part of the width lost from root to tip."""
INNER_EYE_CORNERS = (42, 39)
"""Landmarks, left and right."""
FULL_DETAIL_PX_PER_DM = 100.0
"""Faces at least this large get every head hair; smaller ones fewer, wider hairs, each about as wide as a sample."""


@dataclass(frozen=True)
class Rendering:
    """A picture and its labels; pixel (0, 0) is the centre of the top-left pixel, sides are the subject's own."""

    image: UInt8[np.ndarray, "H W 3"]
    """sRGB."""
    segmentation: UInt8[np.ndarray, "H W"]
    """Index into ``segments.SEGMENT_NAMES``."""
    landmarks: Float32[np.ndarray, "70 2"]
    """Pixel x, y (see ``face.landmarks``)."""
    landmark_visible: Bool[np.ndarray, " 70"]
    head_pose_rad: Float32[np.ndarray, " 3"]
    """Pitch, yaw, roll."""
    gaze_rad: Float32[np.ndarray, "2 2"]
    """Left and right eye: yaw, pitch in the head."""
    au: Float32[np.ndarray, "A 2"]
    """Intensity 0-5 of LABEL_UNITS, left and right."""
    au_visible: Bool[np.ndarray, "A 2"]
    controllers: Float32[np.ndarray, " R"]
    buffers: Buffers | None = None
    """Labels of every pixel, if some were asked for."""


_TEXTURES = TextureCache()
NOTHING_WORN = np.zeros(0, np.uint8)


def render(scene: Scene, *, buffers: tuple[str, ...] = (), watch: Stopwatch | None = None) -> Rendering:
    """Draw a scene and label it. Depends on the scene alone: the same bytes in every process of a machine.

    ``buffers`` names the labels per pixel to make (``buffers.BUFFER_NAMES``); they change nothing else.
    """
    check_names(buffers)
    watch = NoStopwatch() if watch is None else watch
    size, camera, appearance = scene.size, scene.camera, scene.appearance
    px_per_dm = size / camera.frame
    vertices, teeth = _posed(scene, scene.expression)
    watch.lap("rig")
    detail = 1 / max(1, round((FULL_DETAIL_PX_PER_DM / px_per_dm) ** 1.5))
    head = pose_head(vertices, appearance, scene.expression.head_pose_rad, detail, teeth=teeth)
    watch.lap("pose")
    buffer, strands = empty_gbuffer(size * SAMPLES, size * SAMPLES), empty_strands(size * SAMPLES, size * SAMPLES)
    draw_solids(scene, head, buffer, with_teeth=not lips_are_shut(vertices))
    worn = _worn(scene, vertices)
    if worn is not None:
        draw_worn(worn, camera, len(topology().seen), buffer)
    draw_hairs(scene, head, (STRAND_HAIR,), depth=buffer.depth, layer=strands)
    seen = buffer._replace(depth=depth_with_strands(buffer.depth, strands))
    lenses = [] if worn is None else draw_lenses(worn, camera, buffer.depth)
    for lens_depth, lens in lenses:
        if lens.is_dark:
            seen = seen._replace(depth=np.minimum(seen.depth, lens_depth))
    points = camera.project(landmarks(head.vertices), size)
    visible = landmark_visibility(points, seen, size=size, frame_dm=camera.frame)
    draw_hairs(scene, head, (STRAND_BEARD, STRAND_BROW, STRAND_LASH), depth=buffer.depth, layer=strands)
    watch.lap("raster")
    texture = _TEXTURES.of(appearance, level_for(px_per_dm))
    crease = lip_crease(rig_of(scene.identity).neutral_vertices(scene.identity), vertices)
    paint = _paint(scene, texture, crease)
    watch.lap("texture")
    shadow = _shadow(scene, head, worn)
    watch.lap("shadow")
    depth, occlusion = _occlusion(buffer.depth, size, px_per_dm)
    shade_under_hair(strands, px_per_dm, occlusion)
    watch.lap("occlusion")
    layers = empty_layers(size, size)
    light = light_arrays(scene.light)
    view = _view(scene)
    window = turned_window(mouth_window(vertices), scene.expression.head_pose_rad)
    shade(buffer, strands, occlusion, _mesh(scene, head, worn, window), paint, view, light, shadow, layers)
    if worn is not None:
        first = len(topology().seen)
        shade_worn(buffer, first, strands, occlusion, worn.cloth, view, light, shadow, layers)
        look_through(lenses, strands, view, light, layers)
    watch.lap("shade")
    radiance = _diffused(layers, depth, px_per_dm)
    watch.lap("diffuse")
    image = _image(scene, radiance, layers, depth)
    watch.lap("develop")
    au = _measured(scene, vertices)
    watch.lap("labels")
    expression = scene.expression
    return Rendering(
        image=image,
        segmentation=segmentation(layers.classes, buffer.surface, triangle_regions()),
        landmarks=np.ascontiguousarray(points[:, :2]),
        landmark_visible=visible,
        head_pose_rad=np.array(expression.head_pose_rad, np.float32),
        gaze_rad=np.array(expression.gaze_rad, np.float32),
        au=au,
        au_visible=unit_visibility(visible, float(expression.head_pose_rad[1])),
        controllers=np.array(expression.controllers, np.float32),
        buffers=_buffers(scene, head, worn, strands, buffers) if buffers else None,
    )


def _buffers(scene: Scene, head: PosedHead, worn: Worn | None, strands: StrandLayer, names: tuple[str, ...]) -> Buffers:
    """Make the labels per pixel of a drawn scene."""
    camera, size, cut = scene.camera, scene.size, _below_neckline(scene.appearance)
    seen = pixel_buffer(head.vertices, camera, size, below_neckline=cut, worn=worn)
    hair, hair_depth = hair_of_blocks(strands)
    points, visible, moved = None, None, {}
    if "landmarks" in names:
        points, visible = dense_points(head.vertices, head.normals, camera, seen, hair)
    if "displacement" in names:
        rest = pixel_buffer(
            _room_vertices(scene, resting(scene.expression)), camera, size, below_neckline=cut, worn=worn
        )
        moved = displacements(
            partial(_room_vertices, scene),
            expression=scene.expression,
            action_units=scene.action_units,
            camera=camera,
            buffer=rest,
        )
    return Buffers(
        depth_mm=depth_mm(seen, hair_depth, hair) if "depth" in names else None,
        normals=normals_of(seen, head.normals, worn, hair) if "normals" in names else None,
        landmarks=points,
        landmark_visible=visible,
        displacement=moved,
    )


def _posed(scene: Scene, expression: Expression) -> tuple[Float32[np.ndarray, "V 3"], Float32[np.ndarray, "D 3"]]:
    """Return the head and the teeth of the scene's person with an expression, before the head turns."""
    neutral, vertices = (
        rig_of(scene.identity).neutral_vertices(scene.identity),
        rig_of(scene.identity).vertices(scene.identity, expression),
    )
    if tongue_out := float(expression.controllers[controller_index("tongueOut")]):
        vertices = rest_tongue_on_lip(vertices, tongue_out)
    return vertices, moved_teeth(placed_teeth(scene.appearance.teeth, neutral), neutral, vertices)


def _room_vertices(scene: Scene, expression: Expression) -> Float32[np.ndarray, "P 3"]:
    """Return the vertices in the room of the scene's person with another expression."""
    vertices, teeth = _posed(scene, expression)
    normals = np.zeros_like(vertices)
    vertex_normals(vertices, topology().triangles, normals)
    return in_room(vertices, normals, teeth, expression.head_pose_rad)


def _worn(scene: Scene, vertices: np.ndarray) -> Worn | None:
    """Place what the scene's person wears on the head; ``vertices`` are the expressive head's."""
    accessories = scene.appearance.accessories
    if not accessories:
        return None
    neutral = rig_of(scene.identity).neutral_vertices(scene.identity)
    return wear(accessories, neutral=neutral, vertices=vertices, head_pose_rad=scene.expression.head_pose_rad)


def draw_solids(scene: Scene, head: PosedHead, buffer: GBuffer, *, with_teeth: bool) -> None:
    """Rasterise head, clothes and, where lips part, teeth."""
    shape = topology()
    screen = scene.camera.project(head.vertices, scene.size * SAMPLES)
    everything = np.empty(0, np.float32)
    rasterise(screen, shape.seen_head, 0, _outside_clothes(scene.appearance), buffer)
    if with_teeth:
        rasterise(screen, shape.teeth, len(shape.triangles), everything, buffer)
    rasterise(screen, shape.clothes, shape.num_head, _below_neckline(scene.appearance), buffer)


def draw_hairs(scene: Scene, head: PosedHead, kinds: tuple[int, ...], *, depth: np.ndarray, layer: StrandLayer) -> None:
    """Draw the strands of some kinds, hidden by what is nearer than ``depth`` [H,W]."""
    samples = scene.size * SAMPLES
    for strands in head.strands:
        if strands.kind in kinds:
            draw_strands(
                scene.camera.project(strands.points, samples),
                width_px=strands.width_dm * np.float32(samples / scene.camera.frame),
                taper=STRAND_TAPER[strands.kind],
                colour=strands.colour,
                openness=strands.openness,
                kind=strands.kind,
                bias=STRAND_BIAS_DM[strands.kind],
                solid=depth,
                layer=layer,
            )


def _below_neckline(appearance: Appearance) -> Float32[np.ndarray, " V"]:
    """Return how far each template vertex lies below the collar (dm): clothes cover what is positive."""
    return appearance.garment.below(topology().rest)


def _outside_clothes(appearance: Appearance) -> Float32[np.ndarray, " V"]:
    """Return what is negative where the body lies well below the collar, hidden by cloth."""
    rest = topology().rest
    in_neck = rest[:, 1] + np.float32(0.45) * rest[:, 2] - np.float32(NEVER_DRESSED)
    return np.maximum(np.float32(BODY_MARGIN_DM) - _below_neckline(appearance), in_neck)


def _shadow(scene: Scene, head: PosedHead, worn: Worn | None) -> Shadow:
    """Draw the key light's depth map round the face."""
    size = SHADOW_SIZES[scene.size > 160]
    centre = head.eye_centres.mean(0) + np.array([0, -0.3, -0.5], np.float32)
    transform = shadow_frame(scene.light, centre, extent=SHADOW_EXTENT_DM, size=size)
    depth = np.full((size, size), FAR, np.float32)
    rasterise_depth(_transformed(head.vertices, transform), topology().seen_head, depth)
    if worn is not None:
        both_sides = np.concatenate([worn.cloth.triangles, worn.cloth.triangles[:, ::-1]])
        rasterise_depth(_transformed(worn.vertices, transform), both_sides, depth)
    for strands in head.strands:
        if strands.kind == STRAND_HAIR:
            strands_depth(_transformed(strands.points[::2], transform), depth)
    return shadow_of(depth, transform, scene.light.softness * size / SHADOW_EXTENT_DM)


def _transformed(points: np.ndarray, transform: np.ndarray) -> np.ndarray:
    return np.ascontiguousarray(points @ transform[:, :3].T + transform[:, 3])


def _occlusion(samples: np.ndarray, size: int, px_per_dm: float) -> tuple[np.ndarray, np.ndarray]:
    depth, scratch, occlusion = (np.empty((size, size), np.float32) for _ in range(3))
    nearest_of_blocks(samples, depth)
    ambient_occlusion(depth, np.float32(px_per_dm), TAPS, scratch, occlusion)
    return depth, occlusion


def _view(scene: Scene) -> View:
    samples = scene.size * SAMPLES
    x, y = scene.camera.centre_px(samples)
    return View(scene.camera.eye(), np.float32(scene.camera.focal_px(samples)), np.float32(x), np.float32(y))


def _mesh(scene: Scene, head: PosedHead, worn: Worn | None, window: np.ndarray) -> Mesh:
    shape = topology()
    left = np.array(EYE_CENTRE, np.float32)
    corners = landmark_surface().take(list(INNER_EYE_CORNERS)).at(head.vertices)
    return Mesh(
        shape.seen,
        shape.material,
        shape.near_mouth,
        shape.mask_uv,
        shape.atlas,
        shape.rest,
        head.normals,
        shape.lips,
        shape.inside_mouth,
        head.eye_centres,
        _eye_axes(scene),
        np.stack([left, left * np.array([-1, 1, 1], np.float32)]),
        corners.astype(np.float32),
        window,
        head.skull,
        NOTHING_WORN if worn is None else worn.classes,
    )


def _eye_axes(scene: Scene) -> Float32[np.ndarray, "2 3"]:
    """Return where the eyes look, in the room."""
    yaw, pitch = scene.expression.gaze_rad.T
    ahead = np.stack([np.sin(yaw) * np.cos(pitch), np.sin(pitch), np.cos(yaw) * np.cos(pitch)], -1)
    return (ahead @ head_rotation(scene.expression.head_pose_rad).T).astype(np.float32)


def _paint(scene: Scene, texture: SkinTexture, crease: float) -> Paint:
    look, eyes = scene.appearance, scene.appearance.eyes
    return Paint(
        skin=texture.with_blood_flow(scene.action_units.intensity),
        relief=texture.with_wrinkles(scene.action_units.intensity, scene.identity.age_years),
        atlas_scale=np.float32(0.5**texture.level),
        roughness=np.float32(look.roughness),
        lip_colour=np.asarray(look.lip_colour, np.float32),
        lip_strength=np.float32(look.lip_strength),
        lip_crease=np.float32(crease),
        sclera=eyes.sclera,
        iris_outer=eyes.iris_outer,
        iris_inner=eyes.iris_inner,
        iris_radius=np.float32(eyes.iris_radius),
        pupil_radius=np.float32(eyes.pupil_radius),
        redness=np.float32(eyes.redness),
        teeth=look.teeth.colour,
        tooth_shade=look.teeth.shade,
        gum=look.teeth.gum_colour,
        clothes=np.stack([look.garment.colour, look.garment.second]),
        cloth_pattern=np.array([look.garment.pattern, look.garment.scale], np.float32),
    )


def _diffused(layers: Layers, depth: np.ndarray, px_per_dm: float) -> Float32[np.ndarray, "H W 3"]:
    """Let light wander under the skin, then add up the layers: linear radiance times coverage."""
    taps, scratch, irradiance = (
        diffusion_taps(px_per_dm),
        np.zeros_like(layers.plain),
        np.zeros_like(layers.plain),
    )
    diffuse_along(layers.irradiance, layers.skin, depth, taps, 1, 0, scratch)
    diffuse_along(scratch, layers.skin, depth, taps, 0, 1, irradiance)
    return layers.plain + layers.albedo * irradiance


def _image(scene: Scene, radiance: np.ndarray, layers: Layers, depth: np.ndarray) -> UInt8[np.ndarray, "H W 3"]:
    behind = scene.background.at(scene.size) * (np.float32(1) - layers.cover)[..., None]
    picture = radiance + behind
    exposure = metered_exposure(picture, layers.irradiance, layers.skin)
    return developed(soft_behind(picture, depth, layers.cover, scene.camera), scene.sensor, exposure)


def _measured(scene: Scene, vertices: np.ndarray) -> Float32[np.ndarray, "A 2"]:
    """Return the intensities, those of lips, jaw and lids as measured on the mesh."""
    neutral = rig_of(scene.identity).neutral_vertices(scene.identity)
    return measured_intensity(
        scene.action_units,
        scene.expression,
        lip_opening_mm=float(mouth_opening_mm(vertices) - mouth_opening_mm(neutral)),
        lid_closure=_lid_closure(scene, vertices),
    )


def _lid_closure(scene: Scene, vertices: np.ndarray) -> Float32[np.ndarray, " 2"]:
    """Return the part of each lid aperture that blinking takes away, left and right."""
    controllers = np.array(scene.expression.controllers)
    blinks = [controller_index("eyeBlinkLeft"), controller_index("eyeBlinkRight")]
    if not controllers[blinks].any():
        return np.zeros(2, np.float32)
    controllers[blinks] = 0
    awake = rig_of(scene.identity).vertices(scene.identity, replace(scene.expression, controllers=controllers))
    lost = 1 - lid_aperture_mm(vertices) / np.maximum(lid_aperture_mm(awake), np.float32(0.1))
    return np.clip(lost, 0, 1).astype(np.float32)
