"""Pose a head: identity and expression in, vertices out."""

from collections import OrderedDict
from dataclasses import dataclass
from functools import cached_property, lru_cache

import numpy as np
from jaxtyping import Float32

from facsimile.face.contact import mouth_opening_mm, moves_lips, part_lips
from facsimile.face.correctives import shape_weights
from facsimile.face.eyeballs import (
    Eyeball,
    LidGuard,
    Lids,
    droop_lashes,
    fit_eyeball,
    fit_lids,
    keep_shut,
    lid_guard,
    push_lids,
    shut_lids,
    turn_eyeball,
)
from facsimile.face.identity import Identity
from facsimile.face.landmarks import landmarks
from facsimile.face.lip_roll import fit_rolls
from facsimile.face.lips import seal_lips
from facsimile.face.pack import HeadPack, load_head_pack
from facsimile.face.shapes import rig_shapes
from facsimile.face.style import apply_style
from facsimile.face.symmetry import left_mask
from facsimile.facs.expression import Expression

CACHED_FACES = 16
"""Faces kept ready; one takes about 6 MB."""

UPPER_TEETH_SHIFT = np.array((0.0, -0.02, -0.01), np.float32)
"""The template's upper incisors end at the seam of the lips; people show 2 mm more of them (dm, down and back)."""
ROLLS = ("mouthRollUpper", "mouthRollLower")
BLINKS = ("eyeBlinkLeft", "eyeBlinkRight")


@dataclass(frozen=True)
class Face:
    """Hold what the rig needs of one identity: neutral [V,3], shapes [S,3V]; eyeballs and lids (left, right)."""

    neutral: Float32[np.ndarray, "V 3"]
    shapes: Float32[np.ndarray, "S N"]
    eyeballs: tuple[Eyeball, Eyeball]
    lids: tuple[Lids, Lids]
    guards: tuple[LidGuard, LidGuard]

    @cached_property
    def opening_mm(self) -> float:
        """Return how far the lips are apart at rest."""
        return mouth_opening_mm(self.neutral)


class Rig:
    """Pose heads of one pack; keeps the last few identities ready."""

    def __init__(self, pack: HeadPack):
        self.pack = pack
        self.shape_names, self._shapes = rig_shapes()
        self._row = {name: row for row, name in enumerate(self.shape_names)}
        self._moves_lips = moves_lips(self._shapes.mean(0))
        self._faces: OrderedDict[bytes, Face] = OrderedDict()

    @property
    def left_mask(self) -> Float32[np.ndarray, " V"]:
        """Return 1 on the subject's left, 0 on the right, a smooth step across the mid-line."""
        return left_mask()

    def neutral_vertices(self, identity: Identity) -> Float32[np.ndarray, "V 3"]:
        """Return the neutral head (dm); the middle between the eyeballs lies where the template's does."""
        return self.face(identity).neutral.copy()

    def vertices(self, identity: Identity, expression: Expression) -> Float32[np.ndarray, "V 3"]:
        """Return the posed head (dm): controllers and gaze; the head's own pose is left to the camera."""
        face = self.face(identity)
        posed = face.neutral.copy()
        weights = shape_weights(expression)
        if weights:
            rows = [self._row[name] for name in weights]
            values = np.fromiter(weights.values(), np.float32, len(weights))
            posed += (values @ face.shapes[rows]).reshape(-1, 3)
        for side in (0, 1):
            if expression.gaze_rad[side].any():
                turn_eyeball(posed, face.eyeballs[side], side, expression.gaze_rad[side])
            if blink := weights.get(BLINKS[side], 0.0):
                keep_shut(posed, blink, face.lids[side])
            if weights:
                push_lids(posed, face.eyeballs[side], face.guards[side])
        if weights and self._moves_lips[rows].any():
            part_lips(posed)
        return posed

    def face(self, identity: Identity) -> Face:
        """Return the prepared face of an identity."""
        key = identity.weights.tobytes() + identity.style.tobytes()
        if key not in self._faces:
            self._faces[key] = self._prepare(identity)
            while len(self._faces) > CACHED_FACES:
                self._faces.popitem(last=False)
        self._faces.move_to_end(key)
        return self._faces[key]

    def _prepare(self, identity: Identity) -> Face:
        neutral = self._neutral(identity)
        shapes = self._template_shapes(identity) * np.float32(face_scale(neutral))
        apply_style(shapes, self._row, identity.style)
        balls = (fit_eyeball(neutral, 0), fit_eyeball(neutral, 1))
        guards = (lid_guard(neutral, balls[0], 0), lid_guard(neutral, balls[1], 1))
        for ball, guard in zip(balls, guards, strict=True):
            push_lids(neutral, ball, guard)
        blinks = [shapes[self._row[name]] for name in BLINKS]
        lids = (fit_lids(neutral, blinks[0], 0), fit_lids(neutral, blinks[1], 1))
        for side, (blink, lid) in enumerate(zip(blinks, lids, strict=True)):
            shut_lids(neutral, blink, lid)
            droop_lashes(neutral, blink, lid, side)
        fit_rolls(neutral, *(shapes[self._row[name]] for name in ROLLS))
        return Face(neutral, shapes.reshape(len(shapes), -1), balls, lids, guards)

    def _template_shapes(self, identity: Identity) -> Float32[np.ndarray, "S V 3"]:
        """Return the person's shapes for a face as large as the template's."""
        return np.tensordot(np.asarray(identity.ancestry, np.float32), self._shapes, 1)

    def _neutral(self, identity: Identity) -> Float32[np.ndarray, "V 3"]:
        template = self.pack.vertices
        used = np.flatnonzero(identity.weights)
        flat = self.pack.shapes.reshape(len(self.pack.shapes), -1)[used]
        neutral = template + (identity.weights[used] @ flat).reshape(-1, 3)
        neutral[self.pack.part_vertices("upper_teeth")] += UPPER_TEETH_SHIFT
        sealed = seal_lips(neutral + eye_middle(template) - eye_middle(neutral))
        part_lips(sealed)
        return sealed


def eye_middle(vertices: Float32[np.ndarray, "V 3"]) -> Float32[np.ndarray, "3"]:
    """Return the middle between the centres of the eyeballs."""
    return (fit_eyeball(vertices, 0).centre + fit_eyeball(vertices, 1).centre) / np.float32(2)


def face_scale(vertices: Float32[np.ndarray, "V 3"]) -> float:
    """Return how large a face is against the template: mean of its width over the eyes and height eyes to chin."""
    sizes = [np.linalg.norm(landmarks(v)[[36, 27]] - landmarks(v)[[45, 8]], axis=1) for v in (vertices, template())]
    return float((sizes[0] / sizes[1]).mean())


def template() -> Float32[np.ndarray, "V 3"]:
    """Return the template's vertices."""
    return load_head_pack().vertices


@lru_cache(maxsize=1)
def default_rig() -> Rig:
    """Return the rig of the shipped head pack, built once per process."""
    return Rig(load_head_pack())
