"""What a rendering is: a picture and its labels."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, UInt8

from facsimile.render.buffers import Buffers


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
