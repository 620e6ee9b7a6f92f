"""Draw a synthetic person doing what was read from a face, so that a person sees what the numbers say."""

import functools
from dataclasses import replace

import numpy as np
from jaxtyping import Float, UInt8

from facsimile.app.drawing import kept_pose
from facsimile.detect.faces import Face
from facsimile.face.person import Person
from facsimile.face.presets import preset
from facsimile.facs.converters import set_eye_look
from facsimile.facs.expression import ActionUnits, Expression
from facsimile.render.renderer import render
from facsimile.render.scene import face_centre, portrait_scene

PERSON = "Kalani"
"""Who plays every reading: of the cast, brow, eyes and mouth in plain view, without glasses, beard or fringe."""
PLACE_SEED = 3
"""A plain light-grey studio in even light."""
FRAME_DM = 2.15
"""Width of the picture at the face: as tight as a close-up of the photo (``pages.close_up.MARGIN``)."""
SIZE = 224
"""Pixels: wide enough to see a lid tighten, and some 10 kB as a JPEG."""
GAZE_LIMIT_RAD = (0.6, 0.4)
"""Largest yaw and pitch of the eyes drawn; the data that readers learn from goes as far (``render.scene``)."""


def reconstruct(face: Face, *, size: int = SIZE) -> UInt8[np.ndarray, "size size 3"]:
    """Draw ``PERSON`` with the face's controllers, head pose and gaze; about 0.1 s at 224 pixels."""
    expression = expression_of(face)
    pose = expression.head_pose_rad
    neutral = ActionUnits.neutral()
    scene = portrait_scene(
        neutral, seed=PLACE_SEED, person=_actor(), size=size, pitch_rad=float(pose[0]), yaw_rad=float(pose[1])
    )
    x, y, z = (float(value) for value in face_centre(scene.identity, pose))
    camera = replace(scene.camera, target=(x, y, z), frame=FRAME_DM)
    return render(replace(scene, camera=camera, expression=expression)).image


def expression_of(face: Face) -> Expression:
    """Return what the rig is to do; head pose and gaze stay within what a portrait can show."""
    pose, gaze = kept_pose(face.head_pose_rad), _kept_gaze(face.gaze_rad)
    controllers = np.array(face.expression.controllers)
    set_eye_look(controllers, gaze)
    return Expression(controllers, pose, gaze)


def _kept_gaze(gaze_rad: Float[np.ndarray, "2"]) -> Float[np.ndarray, "2 2"]:
    limit = np.array(GAZE_LIMIT_RAD)
    return np.tile(np.clip(gaze_rad, -limit, limit).astype(np.float32), (2, 1))


@functools.cache
def _actor() -> Person:
    return preset(PERSON)
