"""What the shader reads: the mesh with its eyes and mouth, a person's colours, the camera."""

import numpy as np
from jaxtyping import Float32

from facsimile.face.landmarks import landmark_surface
from facsimile.face.mouth import lip_crease, mouth_window
from facsimile.face.rest import EYE_CENTRE
from facsimile.render.camera import head_rotation
from facsimile.render.performance import Performance
from facsimile.render.posing import PosedHead, turned_window
from facsimile.render.scene import Scene
from facsimile.render.shading import Mesh, Paint, View
from facsimile.render.textures import TextureCache, level_for
from facsimile.render.topology import topology
from facsimile.render.visibility import SAMPLES
from facsimile.render.worn import Worn

INNER_EYE_CORNERS = (42, 39)
"""Landmarks, left and right."""
NOTHING_WORN = np.zeros(0, np.uint8)

_TEXTURES = TextureCache()


def view_of(scene: Scene) -> View:
    """Return the camera in samples."""
    samples = scene.size * SAMPLES
    x, y = scene.camera.centre_px(samples)
    return View(scene.camera.eye(), np.float32(scene.camera.focal_px(samples)), np.float32(x), np.float32(y))


def mesh_of(scene: Scene, performance: Performance, head: PosedHead, worn: Worn | None) -> Mesh:
    """Return the posed mesh with the places of eyes and mouth in the room."""
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
        turned_window(mouth_window(performance.vertices), scene.expression.head_pose_rad),
        head.skull,
        NOTHING_WORN if worn is None else worn.classes,
    )


def _eye_axes(scene: Scene) -> Float32[np.ndarray, "2 3"]:
    """Return where the eyes look, in the room."""
    yaw, pitch = scene.expression.gaze_rad.T
    ahead = np.stack([np.sin(yaw) * np.cos(pitch), np.sin(pitch), np.cos(yaw) * np.cos(pitch)], -1)
    return (ahead @ head_rotation(scene.expression.head_pose_rad).T).astype(np.float32)


def paint_of(scene: Scene, performance: Performance) -> Paint:
    """Return the person's colours, the skin's with the folds and the flush of the expression."""
    look, eyes = scene.appearance, scene.appearance.eyes
    texture = _TEXTURES.of(look, level_for(scene.size / scene.camera.frame))
    return Paint(
        skin=texture.with_blood_flow(scene.action_units.intensity),
        relief=texture.with_wrinkles(scene.action_units.intensity, scene.identity.age_years),
        atlas_scale=np.float32(0.5**texture.level),
        roughness=np.float32(look.roughness),
        lip_colour=np.asarray(look.lip_colour, np.float32),
        lip_strength=np.float32(look.lip_strength),
        lip_crease=np.float32(lip_crease(performance.neutral, performance.vertices)),
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
