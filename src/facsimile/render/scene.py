"""What there is to draw: a person, an expression, a camera, light, background and sensor."""

import math
from dataclasses import dataclass, replace

import numpy as np

from facsimile.face.accessories import Accessory
from facsimile.face.appearance import Appearance
from facsimile.face.identity import Identity
from facsimile.face.person import Person, random_person
from facsimile.face.rigs import rig_of
from facsimile.facs.action_units import LABEL_UNITS, UNITS
from facsimile.facs.converters import expression_from_action_units
from facsimile.facs.expression import ActionUnits, Expression
from facsimile.render.background import Background, background_of
from facsimile.render.camera import Camera
from facsimile.render.environment import DIM_PLACES, place_of_kind, random_place
from facsimile.render.light import Light, place_light
from facsimile.render.posing import bent
from facsimile.render.postprocess import Sensor, random_sensor
from facsimile.render.topology import topology

FACE_BELOW_EYES_DM = 0.22
FACE_DEPTH_DM = 0.6
"""The middle of the face, seen from the point between the eyes: this far below and at this z (template)."""
YAW_DEVIATION, PITCH_DEVIATION, ROLL_DEVIATION = 0.33, 0.16, 0.10
"""Standard deviations of random head poses (radians): most photos are within 20 degrees of frontal."""
PORTRAIT_PLACES = ("window", "office", "studio", "overcast")
"""Places whose light suits a portrait."""
PORTRAIT_APERTURE_DM = 0.35
"""A portrait lens, 85 mm at f/2.4: the face is sharp, the place behind it is not."""
YAW_LIMIT, PITCH_LIMIT, ROLL_LIMIT = 1.15, 0.5, 0.4


@dataclass(frozen=True)
class Scene:
    """Everything that decides a picture and its labels."""

    identity: Identity
    appearance: Appearance
    expression: Expression
    """Controllers, head pose and gaze: what moves."""
    action_units: ActionUnits
    """Nominal intensities: what is labelled."""
    camera: Camera
    light: Light
    background: Background
    sensor: Sensor
    occluders: tuple[Accessory, ...] = ()
    """What covers the face in this picture beside what the person always wears: see ``face.occluders``."""
    size: int = 256
    """Width and height of the picture (pixels)."""
    seed: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.size <= 2048:
            raise ValueError(f"size: must be 1 to 2048 pixels, got {self.size}")


def random_action_units(rng: np.random.Generator) -> ActionUnits:
    """Draw two to six units of 0.5-5, sides equal in six cases of ten; neutral in one of five."""
    if rng.random() < 0.2:
        return ActionUnits.neutral()
    codes = rng.choice(LABEL_UNITS, int(rng.integers(2, 7)), replace=False)
    values: dict = {}
    for code in (int(c) for c in codes):
        if code == 26 and 27 in codes:
            continue
        value = float(rng.uniform(0.5, 5.0))
        both = not UNITS[code].is_sided or rng.random() < 0.6
        values[code if both else (code, "LR"[int(rng.integers(2))])] = value
    return ActionUnits.from_dict(values)


def random_head_pose(rng: np.random.Generator, yaw_rad: float | None = None) -> np.ndarray:
    """Draw (pitch, yaw, roll) in radians; ``yaw_rad`` fixes the yaw."""
    pitch = np.clip(rng.normal() * PITCH_DEVIATION, -PITCH_LIMIT, PITCH_LIMIT)
    yaw = np.clip(rng.normal() * YAW_DEVIATION, -YAW_LIMIT, YAW_LIMIT)
    roll = np.clip(rng.normal() * ROLL_DEVIATION, -ROLL_LIMIT, ROLL_LIMIT)
    return np.array([pitch, yaw if yaw_rad is None else yaw_rad, roll], np.float32)


def random_gaze(rng: np.random.Generator, head_pose_rad: np.ndarray) -> np.ndarray:
    """Draw both eyes' (yaw, pitch) in the head: half of the people look roughly at the camera."""
    yaw, pitch = rng.normal() * 0.25, rng.normal() * 0.15
    if rng.random() < 0.5:
        yaw, pitch = -head_pose_rad[1] + rng.normal() * 0.03, -head_pose_rad[0] + rng.normal() * 0.03
    eye = np.clip([yaw, pitch], [-0.6, -0.4], [0.6, 0.4])
    vergence = abs(rng.normal()) * 0.02
    return np.array([[eye[0] - vergence, eye[1]], [eye[0] + vergence, eye[1]]], np.float32)


def face_centre(identity: Identity, head_pose_rad: np.ndarray) -> np.ndarray:
    """Return the middle of a neutral face in the room (dm)."""
    return turned_face_centre(rig_of(identity).neutral_vertices(identity), head_pose_rad)


def turned_face_centre(neutral: np.ndarray, head_pose_rad: np.ndarray) -> np.ndarray:
    """Return the middle of the face of neutral vertices [V,3] in the room (dm)."""
    eyes = np.mean([neutral[eye].mean(0) for eye in topology().eye_vertices], 0)
    centre = np.array([[0.0, eyes[1] - FACE_BELOW_EYES_DM, FACE_DEPTH_DM]], np.float32)
    return bent(centre, np.array([[0, 9, 0]], np.float32), head_pose_rad)[0]


def framed_camera(
    centre: np.ndarray, *, distance: float, frame: float, offset: tuple[float, float], aperture_dm: float = 0.0
) -> Camera:
    """Return a camera that looks at ``centre``."""
    x, y, z = (float(value) for value in centre)
    return Camera((x, y, z), distance=distance, frame=frame, offset=offset, aperture_dm=aperture_dm)


def random_aperture(rng: np.random.Generator) -> float:
    """Draw the diameter of a lens opening (dm): 2-4 mm in telephones, 5-45 mm in cameras."""
    low, high = (0.02, 0.04) if rng.random() < 0.45 else (0.05, 0.45)
    return float(math.exp(rng.uniform(math.log(low), math.log(high))))


def random_camera(rng: np.random.Generator, centre: np.ndarray) -> Camera:
    """Draw distance, framing and offset."""
    distance = math.exp(rng.uniform(math.log(5.0), math.log(18.0)))
    offset = np.clip(rng.normal(size=2) * 0.025, -0.08, 0.08)
    return framed_camera(
        centre,
        distance=distance,
        frame=float(rng.uniform(2.45, 3.3)),
        offset=(float(offset[0]), float(offset[1])),
        aperture_dm=random_aperture(rng),
    )


def random_scene(
    seed: int,
    *,
    person: Person | None = None,
    expression: ActionUnits | None = None,
    size: int = 256,
    yaw_rad: float | None = None,
    frontal: bool = False,
) -> Scene:
    """Draw a scene that depends on the arguments alone.

    ``person`` defaults to ``random_person(seed)``, ``expression`` to a few random units; ``yaw_rad`` fixes the head's
    yaw; ``frontal`` keeps head and gaze straight.
    """
    person = random_person(seed) if person is None else person
    rng = np.random.default_rng([seed, 2])
    drawn = random_action_units(rng)
    action_units = drawn if expression is None else expression
    pose = np.zeros(3, np.float32) if frontal else random_head_pose(rng, yaw_rad)
    gaze = np.zeros((2, 2), np.float32) if frontal else random_gaze(rng, pose)
    place = random_place(rng)
    camera = random_camera(rng, face_centre(person.identity, pose))
    return Scene(
        identity=person.identity,
        appearance=person.appearance,
        expression=expression_from_action_units(action_units, head_pose_rad=pose, gaze_rad=gaze),
        action_units=action_units,
        camera=camera,
        light=place_light(place),
        background=background_of(place, camera),
        sensor=random_sensor(rng, is_dim=place.kind in DIM_PLACES),
        size=size,
        seed=seed,
    )


def portrait_scene(
    action_units: ActionUnits,
    *,
    seed: int,
    person: Person | None = None,
    size: int = 256,
    yaw_rad: float = 0.0,
    pitch_rad: float = 0.0,
    rig: str = "makehuman",
) -> Scene:
    """Return a clean portrait: the given pose, eyes on the camera, a good camera; ``person`` defaults to the seed's."""
    person = random_person(seed, rig=rig) if person is None else person
    scene = random_scene(seed, person=person, expression=action_units, size=size, frontal=True)
    pose = np.array([pitch_rad, yaw_rad, 0.0], np.float32)
    eye = np.clip([-yaw_rad, -pitch_rad], [-0.6, -0.4], [0.6, 0.4])
    gaze = np.tile(np.float32(eye), (2, 1))
    centre = face_centre(scene.identity, pose)
    camera = framed_camera(centre, distance=10.0, frame=2.9, offset=(0.0, 0.0), aperture_dm=PORTRAIT_APERTURE_DM)
    rng = np.random.default_rng([seed, 3])
    place = place_of_kind(rng, PORTRAIT_PLACES[int(rng.integers(len(PORTRAIT_PLACES)))])
    return replace(
        scene,
        expression=expression_from_action_units(action_units, head_pose_rad=pose, gaze_rad=gaze),
        camera=camera,
        light=place_light(place),
        background=background_of(place, camera),
        sensor=Sensor(),
    )
