"""Hold a video's readings in constant memory: at most ``NUM_BINS`` points per face, however long it runs.

Frames are counted into bins of ``stride`` frames. When the bins are full, neighbours are joined and the stride doubles.
A point is the mean of its bin; the highest value of the bin stands beside it, so that a blink is not averaged away.
"""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int

from facsimile.app.report.moments import Moment, Moments
from facsimile.detect.faces import Face, Frame

NUM_BINS = 240
"""Points of a line; a chart is some 500 pixels wide. An even number."""
MAX_HELD = 16
"""Faces of one video held at a time; of more the one seen in the fewest frames goes, if it is out of sight."""
MAX_SHOWN = 6
"""Faces of one video that are shown, those seen in the most frames."""


@dataclass(frozen=True)
class Line:
    """One face of a video."""

    face_id: int
    units: tuple[int, ...]
    num_frames: int
    first_s: float
    last_s: float
    mean: Float[np.ndarray, "N U 2"]
    """NaN where the face is not seen."""
    sd: Float[np.ndarray, "N U 2"]
    """Root of the mean variance of the readings in a bin."""
    peak: Float[np.ndarray, "N U 2"]
    """Highest value of the bin; NaN where the face is not seen."""
    highest: Float[np.ndarray, "U 2"]
    highest_s: Float[np.ndarray, "U 2"]
    """The highest value of all frames and its time (s)."""
    moments: tuple[Moment, ...]


@dataclass(frozen=True)
class Video:
    """What a page shows of one video."""

    name: str
    num_frames: int
    """Frames read."""
    num_without_face: int
    stride: int
    """Frames per point."""
    times_s: Float[np.ndarray, " N"]
    """Time of each point's first frame."""
    end_s: float
    lines: tuple[Line, ...]
    """In the order of the faces' numbers."""
    num_faces: int
    """Numbers given to faces in all, those left out included."""


class VideoLog:
    """The frames of one video so far."""

    def __init__(self, name: str):
        self.name = name
        self.last_index = -1
        self._num_frames, self._num_without_face, self._stride, self._end_s = 0, 0, 1, 0.0
        self._times_s = np.zeros(NUM_BINS)
        self._faces: dict[int, _FaceLog] = {}
        self._num_faces = 0

    def add(self, frame: Frame) -> None:
        """Count a frame in; the frame itself is not held."""
        place = self._place(frame.time_s)
        self._num_without_face += not frame.faces
        for face in frame.faces:
            if (log := self._log_of(face, frame)) is not None:
                log.add(place, frame.time_s, face)
                log.moments.offer(frame.time_s, face, frame.image)
        self.last_index, self._end_s = frame.index, frame.time_s

    def finished(self, max_lines: int = MAX_SHOWN) -> Video:
        """Return what is to be shown, at most ``max_lines`` faces."""
        used = max(1, math.ceil(self._num_frames / self._stride))
        longest = sorted(self._faces.values(), key=lambda log: (-log.num_frames, log.face_id))
        shown = sorted(longest[: min(max_lines, MAX_SHOWN)], key=lambda log: log.face_id)
        return Video(
            name=self.name,
            num_frames=self._num_frames,
            num_without_face=self._num_without_face,
            stride=self._stride,
            times_s=self._times_s[:used].copy(),
            end_s=self._end_s,
            lines=tuple(log.line(used) for log in shown),
            num_faces=self._num_faces,
        )

    def _place(self, time_s: float) -> int:
        """Return the bin of the next frame."""
        if self._num_frames == NUM_BINS * self._stride:
            self._stride *= 2
            self._times_s[: NUM_BINS // 2] = self._times_s[::2]
            for log in self._faces.values():
                log.halve()
        place, rest = divmod(self._num_frames, self._stride)
        if rest == 0:
            self._times_s[place] = time_s
        self._num_frames += 1
        return place

    def _log_of(self, face: Face, frame: Frame) -> "_FaceLog | None":
        """Return the face's log, a fresh one if there is room; None if all faces held are in sight."""
        if face.face_id in self._faces:
            return self._faces[face.face_id]
        self._num_faces = max(self._num_faces, face.face_id + 1)
        if len(self._faces) >= MAX_HELD:
            in_sight = {other.face_id for other in frame.faces}
            out = [log for number, log in self._faces.items() if number not in in_sight]
            if not out:
                return None
            del self._faces[min(out, key=lambda log: (log.num_frames, -log.face_id)).face_id]
        self._faces[face.face_id] = _FaceLog(face, frame.time_s)
        return self._faces[face.face_id]


class _FaceLog:
    """Sums over the bins of one face."""

    def __init__(self, face: Face, time_s: float):
        shape = (NUM_BINS, len(face.units), 2)
        self.face_id, self.units, self.num_frames = face.face_id, face.units, 0
        self.moments = Moments()
        self._first_s = self._last_s = time_s
        self._count: Int[np.ndarray, " N"] = np.zeros(NUM_BINS, np.int64)
        self._total, self._variance = np.zeros(shape), np.zeros(shape)
        self._peak = np.zeros(shape)
        self._highest, self._highest_s = np.full(shape[1:], -1.0), np.zeros(shape[1:])

    def add(self, place: int, time_s: float, face: Face) -> None:
        self.num_frames += 1
        self._last_s = time_s
        self._count[place] += 1
        self._total[place] += face.intensity
        self._variance[place] += np.square(face.intensity_sd, dtype=np.float64)
        np.maximum(self._peak[place], face.intensity, out=self._peak[place])
        higher = face.intensity > self._highest
        self._highest[higher], self._highest_s[higher] = face.intensity[higher], time_s

    def halve(self) -> None:
        half = NUM_BINS // 2
        for sums in (self._count, self._total, self._variance):
            sums[:half] = sums.reshape(half, 2, *sums.shape[1:]).sum(1)
            sums[half:] = 0
        self._peak[:half] = self._peak.reshape(half, 2, *self._peak.shape[1:]).max(1)
        self._peak[half:] = 0

    def line(self, used: int) -> Line:
        count = self._count[:used, None, None]
        seen, divisor = count > 0, np.maximum(count, 1)
        return Line(
            face_id=self.face_id,
            units=self.units,
            num_frames=self.num_frames,
            first_s=self._first_s,
            last_s=self._last_s,
            mean=np.where(seen, self._total[:used] / divisor, np.nan).astype(np.float32),
            sd=np.sqrt(self._variance[:used] / divisor).astype(np.float32),
            peak=np.where(seen, self._peak[:used], np.nan).astype(np.float32),
            highest=self._highest.astype(np.float32),
            highest_s=self._highest_s,
            moments=tuple(self.moments.kept),
        )
