"""A scene's person making an expression, before the head turns: form, teeth, and what can be measured on them."""

from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float32

from facsimile.face.contact import mouth_opening_mm
from facsimile.face.landmarks import lid_aperture_mm
from facsimile.face.mouth import moved_teeth, placed_teeth, rest_tongue_on_lip
from facsimile.face.rigs import rig_of
from facsimile.facs.controllers import controller_index
from facsimile.facs.expression import Expression
from facsimile.render.labels import measured_intensity
from facsimile.render.posing import in_room
from facsimile.render.raster import vertex_normals
from facsimile.render.scene import Scene
from facsimile.render.topology import topology

BLINKS = ("eyeBlinkLeft", "eyeBlinkRight")


@dataclass(frozen=True)
class Performance:
    """Hold a head in its own frame (dm): at rest, with an expression, and the teeth of the expression."""

    neutral: Float32[np.ndarray, "V 3"]
    vertices: Float32[np.ndarray, "V 3"]
    teeth: Float32[np.ndarray, "D 3"]


def perform(scene: Scene, expression: Expression) -> Performance:
    """Return the scene's person with an expression."""
    rig = rig_of(scene.identity)
    neutral, vertices = rig.neutral_vertices(scene.identity), rig.vertices(scene.identity, expression)
    if tongue_out := float(expression.controllers[controller_index("tongueOut")]):
        vertices = rest_tongue_on_lip(vertices, tongue_out)
    teeth = moved_teeth(placed_teeth(scene.appearance.teeth, neutral), neutral, vertices)
    return Performance(neutral, vertices, teeth)


def room_vertices(scene: Scene, expression: Expression) -> Float32[np.ndarray, "P 3"]:
    """Return the vertices in the room of the scene's person with another expression."""
    performance = perform(scene, expression)
    normals = np.zeros_like(performance.vertices)
    vertex_normals(performance.vertices, topology().triangles, normals)
    return in_room(performance.vertices, normals, performance.teeth, expression.head_pose_rad)


def intensities(scene: Scene, performance: Performance) -> Float32[np.ndarray, "A 2"]:
    """Return the intensities 0-5, those of lips, jaw and lids as measured on the mesh."""
    at_rest = rig_of(scene.identity).face(scene.identity).opening_mm
    opening = mouth_opening_mm(performance.vertices) - at_rest
    return measured_intensity(
        scene.action_units,
        scene.expression,
        lip_opening_mm=float(opening),
        lid_closure=_lid_closure(scene, performance.vertices),
    )


def _lid_closure(scene: Scene, vertices: np.ndarray) -> Float32[np.ndarray, " 2"]:
    """Return the part of each lid aperture that blinking takes away, left and right."""
    controllers = np.array(scene.expression.controllers)
    blinks = [controller_index(name) for name in BLINKS]
    if not controllers[blinks].any():
        return np.zeros(2, np.float32)
    controllers[blinks] = 0
    awake = rig_of(scene.identity).vertices(scene.identity, replace(scene.expression, controllers=controllers))
    lost = 1 - lid_aperture_mm(vertices) / np.maximum(lid_aperture_mm(awake), np.float32(0.1))
    return np.clip(lost, 0, 1).astype(np.float32)
