"""Gather the faces of frames into one track per person: curves over time, to resample, smooth, mirror or draw."""

from collections import defaultdict
from collections.abc import Iterable

import numpy as np

from facsimile.detect.faces import Face, Frame
from facsimile.facs.track import Track


def tracks_of(frames: Iterable[Frame]) -> dict[tuple[str, int], Track]:
    """Return a track for each input and ``face_id``, in the order of first sight; a photo's track is one moment.

    It holds intensities (NaN for units that the reader does not read), controllers, head and gaze. Frames are let go
    one by one; of each face some 150 numbers stay.
    """
    moments: dict[tuple[str, int], list[tuple[float, np.ndarray, np.ndarray, np.ndarray, np.ndarray]]]
    moments = defaultdict(list)
    for frame in frames:
        for face in frame.faces:
            moments[frame.input, face.face_id].append((frame.time_s, *_channels(face)))
    return {key: _track(rows) for key, rows in moments.items()}


def _channels(face: Face) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    expression = face.expression
    return face.action_units.intensity, expression.controllers, expression.head_pose_rad, expression.gaze_rad


def _track(rows: list[tuple[float, np.ndarray, np.ndarray, np.ndarray, np.ndarray]]) -> Track:
    time_s, *channels = zip(*rows, strict=True)
    intensity, controllers, head, gaze = (np.stack(channel) for channel in channels)
    return Track(np.array(time_s), intensity, controllers, head, gaze)
