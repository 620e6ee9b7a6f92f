"""Take from a stream of frames what a page will show, in bounded memory: small pictures and readings, no frames.

At most ``MAX_FACES`` faces of photos and ``MAX_LINES`` faces of videos are kept; what is left out is counted.
"""

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from jaxtyping import Float
from PIL import Image

from facsimile.app.pages.close_up import close_up
from facsimile.app.pages.markup import jpeg_within
from facsimile.app.report.timeline import Video, VideoLog
from facsimile.detect.faces import Face, Frame
from facsimile.detect.media import is_video

MAX_FACES = 200
"""Faces of photos on one page: at 60 kB each 12 MB, which browsers open without delay."""
MAX_LINES = 24
"""Faces of videos on one page, at 300 kB each."""
MAX_NAMES = 200
"""Names listed of inputs without a face, and of inputs that could not be read."""
CROP_SIZE, CROP_BYTES = 224, 11_000
THUMBNAIL_SIZE, THUMBNAIL_BYTES = 320, 7_000


@dataclass(frozen=True)
class SeenFace:
    """A face of a photo."""

    face: Face
    crop: bytes
    """JPEG of the close-up."""
    points: Float[np.ndarray, "L 2"]
    """Landmarks as parts of the close-up's side."""


@dataclass(frozen=True)
class Photo:
    """What a page shows of one photo."""

    name: str
    width: int
    height: int
    thumbnail: bytes
    """JPEG of the whole photo."""
    faces: tuple[SeenFace, ...]
    num_faces: int
    """Faces found, those left out included."""


@dataclass
class Seen:
    """Everything collected, in the order of the inputs."""

    inputs: list[Photo | Video] = field(default_factory=list)
    without_face: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)
    """One line per input that could not be read."""
    num_photos: int = 0
    num_videos: int = 0
    num_without_face: int = 0
    """Photos without a face."""
    num_unread: int = 0
    num_faces_left_out: int = 0
    """Faces of photos and videos that the page has no room for."""

    @property
    def faces(self) -> list[Face]:
        """Return every face that is to be drawn, in the order of the page."""
        return [face for shown in self.inputs for face in _faces_of(shown)]


class Collector:
    """Gets every frame once, in order."""

    def __init__(self) -> None:
        self._seen = Seen()
        self._room, self._lines = MAX_FACES, MAX_LINES
        self._video: VideoLog | None = None

    def add(self, frame: Frame) -> None:
        """Take what is needed of a photo or of a video's next frame."""
        if not is_video(Path(frame.input)):
            self._close_video()
            self._add_photo(frame)
            return
        if self._video is None or self._video.name != frame.input or frame.index <= self._video.last_index:
            self._close_video()
            self._video = VideoLog(frame.input)
        self._video.add(frame)

    def add_failure(self, words: str) -> None:
        """Take the one line that says why an input could not be read, or not to its end."""
        self._seen.num_unread += 1
        if len(self._seen.unread) < MAX_NAMES:
            self._seen.unread.append(words)

    def finished(self) -> Seen:
        """Return everything; nothing may be added afterwards."""
        self._close_video()
        return self._seen

    def _add_photo(self, frame: Frame) -> None:
        self._seen.num_photos += 1
        if not frame.faces:
            self._seen.num_without_face += 1
            if len(self._seen.without_face) < MAX_NAMES:
                self._seen.without_face.append(frame.input)
            return
        shown = frame.faces[: self._room]
        self._room -= len(shown)
        self._seen.num_faces_left_out += len(frame.faces) - len(shown)
        if shown:
            self._seen.inputs.append(_photo(frame, shown))

    def _close_video(self) -> None:
        if self._video is None:
            return
        video = self._video.finished(self._lines)
        self._video = None
        self._lines -= len(video.lines)
        self._seen.num_videos += 1
        self._seen.num_faces_left_out += video.num_faces - len(video.lines)
        if video.lines:
            self._seen.inputs.append(video)
        elif not video.num_faces and len(self._seen.without_face) < MAX_NAMES:
            self._seen.without_face.append(video.name)


def _photo(frame: Frame, faces: tuple[Face, ...]) -> Photo:
    height, width = frame.image.shape[:2]
    whole = Image.fromarray(frame.image)
    whole.thumbnail((THUMBNAIL_SIZE, THUMBNAIL_SIZE))
    return Photo(
        name=frame.input,
        width=width,
        height=height,
        thumbnail=jpeg_within(np.array(whole), THUMBNAIL_BYTES),
        faces=tuple(_seen_face(frame, face) for face in faces),
        num_faces=len(frame.faces),
    )


def _seen_face(frame: Frame, face: Face) -> SeenFace:
    shot = close_up(frame.image, face.landmarks, size=CROP_SIZE)
    return SeenFace(face, jpeg_within(shot.image, CROP_BYTES), shot.points)


def _faces_of(shown: Photo | Video) -> list[Face]:
    if isinstance(shown, Photo):
        return [seen.face for seen in shown.faces]
    return [moment.face for line in shown.lines for moment in line.moments]
