"""Where the user's face comes from: a photo, a video, or a camera that is asked anew before every message."""

from collections import deque
from contextlib import suppress
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import UInt8

from facsimile.app.photo import read_photo
from facsimile.detect.media import is_video, read_video
from facsimile.facs.expression import ActionUnits
from facsimile.facs.state import State

CAMERA = "camera"

WARM_UP_FRAMES = 8
"""Frames thrown away first: cameras begin dark and out of focus."""

STILL_STEP, MAX_STILLS = 8, 12
"""Of a video every eighth frame is looked at, and the last twelve of these are read: four seconds."""


class FaceSource:
    """Read the user's face from what ``--face`` names: a file, ``camera`` or ``camera:1``."""

    def __init__(self, name: str):
        """Say nothing yet about whether it can be read; raise ValueError for a camera that is not numbered."""
        self.name = name
        kind, _, number = name.partition(":")
        self.is_live = kind == CAMERA and (not number or number.isdigit())
        if kind == CAMERA and not self.is_live:
            raise ValueError(f"--face {name}: a camera is written camera or camera:1")
        self._camera = int(number or 0)
        self._known: State | None = None

    def read(self) -> State:
        """Read the face; a file is read once. Raise ValueError, in one line, if there is no face to be seen."""
        if self.is_live:
            return read_photo(photograph(self._camera)).state
        if self._known is None:
            path = Path(self.name)
            self._known = _read_video(path) if is_video(path) else read_photo(path).state
        return self._known


def photograph(camera: int) -> UInt8[np.ndarray, "H W 3"]:
    """Take one picture with a camera of this machine; raise ValueError if there is none."""
    capture = cv2.VideoCapture(camera)
    try:
        taken = [capture.read() for _ in range(WARM_UP_FRAMES + 1)] if capture.isOpened() else []
    finally:
        capture.release()
    if not taken or not taken[-1][0]:
        raise ValueError(f"camera {camera}: gives no picture; is it connected, free and allowed? Try a photo")
    return cv2.cvtColor(taken[-1][1], cv2.COLOR_BGR2RGB)


def _read_video(path: Path) -> State:
    """Take the median of each unit over the last moments of a video in which a face is found."""
    found = []
    for still in deque(read_video(path, every=STILL_STEP), maxlen=MAX_STILLS):
        with suppress(ValueError):
            found.append(read_photo(still.image).stated.intensity)
    if not found:
        raise ValueError(f"{path}: no face found; try a frontal video with the face larger than 60 pixels")
    return State.from_action_units(ActionUnits.clipped(np.median(found, axis=0).astype(np.float32)))
