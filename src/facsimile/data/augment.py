"""Cut a training crop and spoil it as cameras, poses and people do; deterministic by its random generator.

Order: geometry (one resampling), occluders and glasses, then optics, light and sensor.
"""

import dataclasses
import math

import cv2
import numpy as np
from jaxtyping import Bool, Float, Shaped, UInt8

from facsimile.data.align import (
    CROP_SIZE,
    align_matrix,
    crop_from_pixels,
    rotation_of,
    transform_points,
    warp,
)
from facsimile.data.mirror import (
    mirrored_flags,
    mirrored_gaze,
    mirrored_landmarks,
    mirrored_pose,
    mirrored_sides,
)
from facsimile.data.occlusion import Occlusion, occluded
from facsimile.data.photometric import Photometric, photographed
from facsimile.facs.controllers import mirror_controllers

BORDERS = (cv2.BORDER_CONSTANT, cv2.BORDER_REPLICATE, cv2.BORDER_REFLECT_101)


@dataclasses.dataclass(frozen=True)
class Augmentation:
    """Set how much crops vary; shares are probabilities."""

    flip_share: float = 0.5
    """Crops that are mirrored."""
    far_share: float = 0.3
    """Crops placed as badly as a first guess from a face finder; the others as well as after a second look."""
    scale_sd: tuple[float, float] = (0.05, 0.15)
    """Standard deviation of the log scale, near and far."""
    angle_sd_rad: tuple[float, float] = (math.radians(4), math.radians(11))
    """Standard deviation of the rotation, near and far."""
    shift_sd: tuple[float, float] = (0.025, 0.08)
    """Standard deviation of the shift in crops, near and far."""
    shear_sd: float = 0.035
    """Standard deviation of shear and of log aspect."""
    occlusion: Occlusion = dataclasses.field(default_factory=Occlusion)
    """Glasses, hands, cups."""
    photometric: Photometric = dataclasses.field(default_factory=Photometric)
    """Lens, light, sensor, compression."""


@dataclasses.dataclass(frozen=True)
class Crop:
    """Hold a crop and what was done to it, to do the same to the labels."""

    image: UInt8[np.ndarray, "S S 3"]
    """RGB."""
    landmarks: Float[np.ndarray, "70 2"]
    """Crop coordinates 0-1."""
    is_flipped: bool
    """Whether left and right changed places."""
    rotation_rad: float
    """How far the picture was turned clockwise before it was mirrored."""

    def sides(self, values: Shaped[np.ndarray, "A 2"]) -> Shaped[np.ndarray, "A 2"]:
        """Return action units, or their visibility, as the crop shows them."""
        return mirrored_sides(values) if self.is_flipped else values

    def landmark_flags(self, flags: Bool[np.ndarray, " 70"]) -> Bool[np.ndarray, " 70"]:
        """Return flags of landmarks, such as their visibility, as the crop shows them."""
        return mirrored_flags(flags) if self.is_flipped else flags

    def controllers(self, values: Float[np.ndarray, " R"]) -> Float[np.ndarray, " R"]:
        """Return rig controllers as the crop shows them."""
        return mirror_controllers(values) if self.is_flipped else values

    def pose(self, head_pose_rad: Float[np.ndarray, " 3"]) -> Float[np.ndarray, " 3"]:
        """Return pitch, yaw, roll as the crop shows them; roll in the picture is found again with the crop's matrix."""
        turned = head_pose_rad.copy()
        turned[2] += self.rotation_rad
        return mirrored_pose(turned) if self.is_flipped else turned

    def gaze(self, gaze_rad: Float[np.ndarray, "2 2"]) -> Float[np.ndarray, "2 2"]:
        """Return the gaze of (left, right) eye relative to the head as the crop shows it."""
        return mirrored_gaze(gaze_rad) if self.is_flipped else gaze_rad


def plain_crop(
    image: UInt8[np.ndarray, "H W 3"], landmarks: Float[np.ndarray, "70 2"], *, size: int = CROP_SIZE
) -> Crop:
    """Cut the aligned crop without any change, as at run time."""
    matrix = align_matrix(landmarks, size)
    points = crop_from_pixels(transform_points(matrix, landmarks), size)
    return Crop(warp(image, matrix, size), points, False, rotation_of(matrix))


def augmented_crop(
    image: UInt8[np.ndarray, "H W 3"],
    landmarks: Float[np.ndarray, "70 2"],
    rng: np.random.Generator,
    *,
    options: Augmentation | None = None,
    size: int = CROP_SIZE,
) -> Crop:
    """Cut one training crop from a picture with landmarks in pixels; about 0.5 ms."""
    options = Augmentation() if options is None else options
    is_flipped = bool(rng.random() < options.flip_share)
    matrix = _compose(_jitter(options, rng, size), align_matrix(landmarks, size))
    seen = _flipped(matrix, size) if is_flipped else matrix
    crop = warp(image, seen, size, border=int(rng.choice(BORDERS)), fill=_random_colour(rng))
    points = crop_from_pixels(transform_points(matrix, landmarks.astype(np.float64)), size)
    points = mirrored_landmarks(points) if is_flipped else points
    crop = occluded(crop, points, rng, options.occlusion)
    crop = photographed(crop, rng, options.photometric)
    return Crop(crop, points, is_flipped, rotation_of(matrix))


def _jitter(options: Augmentation, rng: np.random.Generator, size: int) -> Float[np.ndarray, "2 3"]:
    """Draw an affine map of the crop's pixels about its middle: scale, rotation, shear, shift."""
    how = int(rng.random() < options.far_share)
    scale = math.exp(rng.normal() * options.scale_sd[how])
    angle = rng.normal() * options.angle_sd_rad[how]
    turn = scale * np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    aspect = math.exp(rng.normal() * options.shear_sd / 2)
    linear = turn @ np.array([[aspect, rng.normal() * options.shear_sd], [0.0, 1 / aspect]])
    middle = np.full(2, (size - 1) / 2)
    shift = rng.normal(size=2) * options.shift_sd[how] * size
    return np.column_stack([linear, middle - linear @ middle + shift])


def _compose(second: Float[np.ndarray, "2 3"], first: Float[np.ndarray, "2 3"]) -> Float[np.ndarray, "2 3"]:
    """Return the affine map that applies ``first``, then ``second``."""
    composed = second[:, :2] @ first
    composed[:, 2] += second[:, 2]
    return composed


def _flipped(matrix: Float[np.ndarray, "2 3"], size: int) -> Float[np.ndarray, "2 3"]:
    """Return the map into the mirrored crop."""
    return _compose(np.array([[-1.0, 0.0, size - 1.0], [0.0, 1.0, 0.0]]), matrix)


def _random_colour(rng: np.random.Generator) -> tuple[int, int, int]:
    red, green, blue = (int(value) for value in rng.integers(0, 256, 3))
    return red, green, blue
