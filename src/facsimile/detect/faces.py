"""What detection says: a frame and the faces in it. These two types cross every border of this room."""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, UInt8

from facsimile.facs.action_units import NUM_LABEL_UNITS, unit_index
from facsimile.facs.converters import expression_from_action_units
from facsimile.facs.expression import ActionUnits, Expression


@dataclass(frozen=True)
class Face:
    """One face in one frame. Sides are the subject's own: index 0 left, 1 right."""

    face_id: int
    """Stable within one video; 0, 1, ... from the largest face within one photo."""
    score: float
    """Probability that this is a face, 0-1."""
    box: Float[np.ndarray, "4"]
    """x, y, width, height of the box round the landmarks, in image pixels."""
    landmarks: Float[np.ndarray, "L 2"]
    """Image pixels, (0, 0) is the centre of the top left pixel."""
    head_pose_rad: Float[np.ndarray, "3"]
    """Pitch, yaw, roll in the picture."""
    gaze_rad: Float[np.ndarray, "2"]
    """Yaw, pitch relative to the head; the mean of both eyes."""
    intensity: Float[np.ndarray, "U 2"]
    """Action unit intensity 0-5 per unit of the reader and side."""
    intensity_sd: Float[np.ndarray, "U 2"]
    """Standard deviation of ``intensity``, same scale."""
    units: tuple[int, ...]
    """FACS codes of axis U."""
    crop_from_image: Float[np.ndarray, "2 3"]
    """Where the reader looked: maps image pixels to crop pixels."""
    controllers: Float[np.ndarray, " R"] | None = None
    """Rig controllers 0-1 as read from the picture; None if the weights do not read them."""
    controllers_sd: Float[np.ndarray, " R"] | None = None
    """Standard deviation of ``controllers``, same scale."""
    visible: Float[np.ndarray, "U 2"] | None = None
    """Probability that what each unit moves can be seen, 0-1; None if the weights do not say."""
    features: Float[np.ndarray, "2 D"] | None = None
    """What the network made of the picture: another reading of the person takes it as reference; None as above."""
    is_relative: bool = False
    """Whether the readings are relative to the person's own face at rest."""
    raw: "Face | None" = None
    """The reading of this frame alone, before smoothing and subtraction; None where it is this one."""

    @property
    def action_units(self) -> ActionUnits:
        """Return the intensities as the common record; units that the reader does not read are NaN."""
        intensity = np.full((NUM_LABEL_UNITS, 2), math.nan)
        intensity[[unit_index(code) for code in self.units]] = self.intensity
        return ActionUnits.clipped(intensity)

    @property
    def expression(self) -> Expression:
        """Return rig controllers as read, else those that show the face's action units, with head pose and gaze."""
        gaze = np.tile(self.gaze_rad.astype(np.float32), (2, 1))
        head = self.head_pose_rad.astype(np.float32)
        if self.controllers is not None:
            sd = self.controllers_sd
            return Expression(
                np.clip(self.controllers, 0, 1), head, gaze, log_variance=None if sd is None else 2 * np.log(sd)
            )
        return expression_from_action_units(self.action_units, head_pose_rad=head, gaze_rad=gaze)


def box_of(landmarks: Float[np.ndarray, "L 2"]) -> Float[np.ndarray, "4"]:
    """Return x, y, width, height of the box round landmarks."""
    low, high = landmarks.min(0), landmarks.max(0)
    return np.concatenate([low, high - low])


@dataclass(frozen=True)
class Frame:
    """One photo, or one frame of a video, with the faces found, largest first when they appear together."""

    input: str
    """The path as given, or ``array-N``."""
    index: int
    """Frame number from 0; 0 for a photo."""
    time_s: float
    """Seconds from the start of the video; 0 for a photo."""
    image: UInt8[np.ndarray, "H W 3"]
    """RGB, upright."""
    faces: tuple[Face, ...]
