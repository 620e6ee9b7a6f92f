"""Lay a face's readings out as numbers with the names of the table's columns, and as features that know no left.

A calibration is fitted on such features, from pictures or from a table that `facsimile detect` wrote.
"""

import numpy as np
from jaxtyping import Float

from facsimile.detect.faces import Face
from facsimile.facs.action_units import UNITS
from facsimile.facs.controllers import CONTROLLERS

ANGLE_COLUMNS = ("pitch_rad", "yaw_rad", "roll_rad", "gaze_yaw_rad", "gaze_pitch_rad")
SIGNED_COLUMNS = ("yaw_rad", "roll_rad", "gaze_yaw_rad")
"""Above 0 towards the subject's left: a mirror changes their sign."""


def reading_columns(units: tuple[int, ...]) -> tuple[str, ...]:
    """Return the names of what ``reading_values`` gives: angles, units with deviations, controllers with deviations."""
    names = list(ANGLE_COLUMNS)
    for code in units:
        whole = f"AU{code:02d}"
        names += [f"{whole}_L", f"{whole}_R"] if UNITS[code].is_sided else [whole]
        names.append(f"{whole}_sd")
    return (*names, *(f"rig_{name}" for name in CONTROLLERS), *(f"rig_{name}_sd" for name in CONTROLLERS))


def reading_values(face: Face) -> Float[np.ndarray, " C"]:
    """Return the face's numbers in the order of ``reading_columns``; a unit's deviation is that of its larger side.

    Raises ValueError for a face whose controllers were not read.
    """
    if face.controllers is None or face.controllers_sd is None:
        raise ValueError("face: has no controllers; a calibration needs faces as the detector reads them")
    values = [face.head_pose_rad, face.gaze_rad]
    larger = np.argmax(face.intensity, 1)
    for i, code in enumerate(face.units):
        values.append(face.intensity[i] if UNITS[code].is_sided else face.intensity[i].max(keepdims=True))
        values.append(face.intensity_sd[i, larger[i]][None])
    return np.concatenate([*values, face.controllers, face.controllers_sd]).astype(np.float64)


class FeatureMap:
    """Turn columns into features of the whole face, which a mirror does not change, or of one side of it.

    Of the face: each pair of sides becomes its mean and the size of its difference, each signed angle its size. Of a
    side: the pair becomes own and other, and signed angles count towards the own side. One set of coefficients then
    serves both sides.
    """

    def __init__(self, columns: tuple[str, ...]):
        """Pair the columns; ValueError if one side of a pair lacks the other."""
        place = {name: i for i, name in enumerate(columns)}
        lefts = [c for c in columns if mirror_column(c) != c and c == _left_of(c)]
        for column in columns:
            if mirror_column(column) not in place:
                raise ValueError(f"columns: {column} is there and {mirror_column(column)} is not; give both sides")
        signed = [c for c in columns if c in SIGNED_COLUMNS]
        plain = [c for c in columns if mirror_column(c) == c and c not in SIGNED_COLUMNS]
        self.columns = columns
        self._plain, self._signed, self._left, self._right = (
            np.array([place[name] for name in names], np.intp)
            for names in (plain, signed, lefts, [mirror_column(c) for c in lefts])
        )
        self.face_names = (*plain, *_told(signed, "size"), *_told(lefts, "mean"), *_told(lefts, "gap"))
        self.side_names = (*plain, *_told(signed, "towards"), *_told(lefts, "own"), *_told(lefts, "other"))

    def face(self, values: Float[np.ndarray, "N C"]) -> Float[np.ndarray, "N F"]:
        """Return the features of the whole face, in the order of ``face_names``."""
        left, right = values[:, self._left], values[:, self._right]
        signed = np.abs(values[:, self._signed])
        return np.concatenate([values[:, self._plain], signed, (left + right) / 2, np.abs(left - right)], 1)

    def side(self, values: Float[np.ndarray, "N C"], side: int) -> Float[np.ndarray, "N F"]:
        """Return the features of one side (0 left, 1 right), in the order of ``side_names``."""
        left, right = values[:, self._left], values[:, self._right]
        own, other, sign = (left, right, 1.0) if side == 0 else (right, left, -1.0)
        return np.concatenate([values[:, self._plain], sign * values[:, self._signed], own, other], 1)


def mirror_column(name: str) -> str:
    """Return the column of the other side; the same for what has no side.

    >>> mirror_column("rig_mouthSmileLeft_sd"), mirror_column("AU12_L"), mirror_column("yaw_rad")
    ('rig_mouthSmileRight_sd', 'AU12_R', 'yaw_rad')
    """
    for one, other in (("_L", "_R"), ("_R", "_L"), ("Left", "Right"), ("Right", "Left")):
        for tail in ("", "_sd"):
            if name.endswith(one + tail):
                return name.removesuffix(one + tail) + other + tail
    return name


def _left_of(name: str) -> str:
    return max(name, mirror_column(name), key=lambda n: n.endswith(("_L", "Left", "Left_sd")))


def _told(names: list[str], how: str) -> tuple[str, ...]:
    return tuple(f"{name} {how}" for name in names)
