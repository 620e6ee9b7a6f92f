"""The faces of a data set in memory, and who may be trained on."""

import hashlib
from dataclasses import dataclass, fields

import numpy as np
from jaxtyping import Bool, Float, Int, Shaped, UInt8

TRAIN, DEVELOPMENT, TEST = 0, 1, 2
HELD_OUT_SHARE = 0.04  # of the people, for development and again for test
HASH_MULTIPLIER = 0x9E3779B97F4A7C15  # 2^64 / golden ratio: spreads consecutive numbers (Knuth, TAOCP 3, 6.4)


@dataclass(frozen=True)
class Faces:
    """N labelled pictures; landmarks in pixels of ``images``."""

    images: UInt8[np.ndarray, "N H W 3"]
    au: Float[np.ndarray, "N n 2"]
    """Intensity 0-5 of the units to be read, NaN where not observed."""
    au_visible: Bool[np.ndarray, "N n 2"]
    landmarks: Float[np.ndarray, "N 70 2"]
    landmark_visible: Bool[np.ndarray, "N 70"]
    pose: Float[np.ndarray, "N 3"]
    """Pitch, yaw, roll in the picture, radians."""
    gaze: Float[np.ndarray, "N 2 2"]
    """Yaw and pitch of the left and the right eye relative to the head, radians."""
    identity: Int[np.ndarray, " N"]

    def __len__(self) -> int:
        return len(self.images)

    def take(self, rows: Shaped[np.ndarray, " M"]) -> "Faces":
        """Return the faces at ``rows`` (numbers or a mask)."""
        return Faces(*(getattr(self, f.name)[rows] for f in fields(self)))

    def fingerprint(self) -> str:
        """Return a hash of all labels and of every 64th picture."""
        digest = hashlib.sha256()
        for field in fields(self):
            values = getattr(self, field.name)
            digest.update(np.ascontiguousarray(values[::64] if field.name == "images" else values).tobytes())
        return digest.hexdigest()[:16]


def split_of(identity: Int[np.ndarray, " N"]) -> Int[np.ndarray, " N"]:
    """Return TRAIN, DEVELOPMENT or TEST for each person; it depends on the number of the person alone."""
    mixed = identity.astype(np.uint64) * np.uint64(HASH_MULTIPLIER)
    place = (mixed >> np.uint64(11)).astype(np.float64) / 2.0**53
    return np.where(place < HELD_OUT_SHARE, TEST, np.where(place < 2 * HELD_OUT_SHARE, DEVELOPMENT, TRAIN))
