"""Draw a synthetic person with a given face, for replies and pages."""

import io
from dataclasses import replace
from typing import Literal

import numpy as np
from jaxtyping import Float, UInt8
from PIL import Image

from facsimile.facs.converters import expression_from_action_units
from facsimile.facs.expression import ActionUnits
from facsimile.facs.pose import gaze_of, head_pose_of
from facsimile.facs.state import State
from facsimile.render.renderer import render
from facsimile.render.scene import Scene, face_centre, portrait_scene

POSE_LIMIT_RAD = (0.5, 0.9, 0.4)
"""Largest pitch, yaw and roll drawn: beyond them a portrait no longer shows both sides of the face."""

JPEG_QUALITY = 90


def draw_person(
    units: ActionUnits,
    *,
    seed: int,
    size: int,
    head_pose_rad: Float[np.ndarray, "3"] | None = None,
    gaze_rad: Float[np.ndarray, "2 2"] | None = None,
    rig: str = "makehuman",
) -> UInt8[np.ndarray, "size size 3"]:
    """Draw the person of ``seed`` with these units; unobserved units rest.

    ``head_pose_rad`` (pitch, yaw, roll) defaults to frontal and is kept within ``POSE_LIMIT_RAD``; ``gaze_rad``
    defaults to the camera.
    """
    pose = kept_pose(head_pose_rad)
    scene = posed_portrait(pose, seed=seed, size=size, rig=rig)
    return render(with_face(scene, units, pose=pose, gaze_rad=gaze_rad)).image


def kept_pose(head_pose_rad: Float[np.ndarray, "3"] | None) -> Float[np.ndarray, "3"]:
    """Return pitch, yaw, roll within ``POSE_LIMIT_RAD``; frontal for None."""
    limit = np.array(POSE_LIMIT_RAD)
    pose = np.zeros(3) if head_pose_rad is None else np.clip(head_pose_rad, -limit, limit)
    return pose.astype(np.float32)


def posed_portrait(pose: Float[np.ndarray, "3"], *, seed: int, size: int, rig: str = "makehuman") -> Scene:
    """Return the neutral portrait of ``seed``, eyes on the camera, the camera on the face in this pose."""
    neutral = ActionUnits.neutral()
    scene = portrait_scene(neutral, seed=seed, size=size, pitch_rad=float(pose[0]), yaw_rad=float(pose[1]), rig=rig)
    x, y, z = (float(value) for value in face_centre(scene.identity, pose))
    return replace(scene, camera=replace(scene.camera, target=(x, y, z)))


def with_face(
    scene: Scene, units: ActionUnits, *, pose: Float[np.ndarray, "3"], gaze_rad: Float[np.ndarray, "2 2"] | None = None
) -> Scene:
    """Return the same person, camera and light with another face; a gaze of None stays where it is in the scene."""
    known = ActionUnits(np.nan_to_num(units.intensity))
    gaze = scene.expression.gaze_rad if gaze_rad is None else gaze_rad
    expression = expression_from_action_units(known, head_pose_rad=pose, gaze_rad=gaze)
    return replace(scene, action_units=known, expression=expression)


def draw_state(state: State, *, seed: int, size: int, rig: str = "makehuman") -> UInt8[np.ndarray, "size size 3"]:
    """Draw the person of ``seed`` as a score says, head and eye codes included."""
    gaze = gaze_of(state) if gaze_of(state).any() else None
    units, pose = state.to_action_units(), head_pose_of(state)
    return draw_person(units, seed=seed, size=size, head_pose_rad=pose, gaze_rad=gaze, rig=rig)


def encode(image: UInt8[np.ndarray, "H W 3"], form: Literal["PNG", "JPEG"]) -> bytes:
    """Return the picture as a file's bytes."""
    stream = io.BytesIO()
    options = {"quality": JPEG_QUALITY} if form == "JPEG" else {}
    Image.fromarray(image).save(stream, form, **options)
    return stream.getvalue()
