"""Pictures that come while they are made: from a camera, or as bytes on standard input.

``camera`` and ``camera:1`` are cameras of this machine, ``-`` is standard input: one photo, JPEG pictures one after the
other (MJPEG, also with the headers of a network camera between them), or a video.
"""

import itertools
import os
import re
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np

from facsimile.detect import media
from facsimile.detect.jpeg_stream import ByteStream, next_chunk, split_jpegs
from facsimile.detect.media import InputError, Still

STANDARD_INPUT = "-"
CAMERA = re.compile(r"camera(?::(\d{1,3}))?")
HEAD = 16
"""First bytes that tell what standard input holds."""
JPEG_RATE = 25.0
"""Frames a second of JPEG pictures in a row, which carry no time: what ffmpeg takes them for."""
PHOTO_HEADS = (b"\x89PNG", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"P6")
"""PNG, GIF, BMP, TIFF (two byte orders), PPM; WebP and AVIF hide behind a container's head."""
MAX_LATE_S = 0.1
"""A played frame that is later than this is left out, as a camera would."""


def camera_number(path: Path) -> int | None:
    """Return the number of the camera that is meant; None if a file is."""
    found = CAMERA.fullmatch(str(path))
    return int(found[1] or 0) if found and not path.exists() else None


def is_stream(path: Path) -> bool:
    """Return whether ``path`` means a camera or standard input."""
    return str(path) == STANDARD_INPUT or camera_number(path) is not None


def has_frames(path: Path) -> bool:
    """Return whether an input has numbered frames: a video by its name, a camera or standard input."""
    return media.is_video(path) or is_stream(path)


def read_stream(path: Path, *, every: int = 1) -> Iterator[Still]:
    """Yield every ``every``-th picture of a camera or of standard input; raise InputError if there is none."""
    number = camera_number(path)
    stills = read_standard_input(sys.stdin.buffer) if number is None else read_camera(number)
    return itertools.islice(stills, 0, None, every)


def read_camera(number: int) -> Iterator[Still]:
    """Yield pictures of a camera with the seconds since the first, without end; frames not asked for in time are lost.

    Raises InputError if there is no such camera, or when it stops.
    """
    with _quiet():
        camera = cv2.VideoCapture(number)
    name = f"camera:{number}"
    try:
        camera.set(cv2.CAP_PROP_BUFFERSIZE, 1)  # where the driver can: the newest picture, not the oldest
        start = time.monotonic()
        for index in itertools.count():
            with _quiet():
                whole, frame = camera.read() if camera.isOpened() else (False, None)
            if not whole or frame is None:
                raise InputError(
                    f"{name}: the camera stopped after {index} pictures; is it still connected?"
                    if index
                    else f"{name}: no picture; is a camera connected, free and allowed? A file works in its place"
                )
            yield Still(index, time.monotonic() - start, cv2.cvtColor(frame, cv2.COLOR_BGR2RGB))
    finally:
        camera.release()


def read_standard_input(stream: ByteStream) -> Iterator[Still]:
    """Yield the photo, the JPEG pictures or the video frames that ``stream`` holds; raise InputError for anything else.

    Matroska, WebM, MPEG and AVI are read as they come; MP4 and QuickTime may keep their table of contents at the end
    and are kept in a temporary file first.
    """
    head = stream.read(HEAD)
    if not head:
        raise InputError("-: standard input is empty")
    if head.startswith((b"\xff\xd8", b"--", b"Content-", b"HTTP/")):
        yield from _jpegs(stream, head)
    elif head.startswith(PHOTO_HEADS) or head[8:12] in (b"WEBP", b"avif"):
        with _spooled(stream, head) as path:
            yield Still(0, 0.0, media.read_photo(path))
    elif head[4:8] == b"ftyp" or os.name == "nt":
        with _spooled(stream, head) as path:
            yield from media.read_video(path)
    else:
        yield from _piped(stream, head)


def played(
    stills: Iterable[Still],
    *,
    clock: Callable[[], float] = time.monotonic,
    sleep: Callable[[float], None] = time.sleep,
) -> Iterator[Still]:
    """Yield the frames of a video when they are due, as a camera would; those that come late are left out."""
    start = clock()
    for still in stills:
        wait_s = start + still.time_s - clock()
        if wait_s > 0:
            sleep(wait_s)
        if wait_s > -MAX_LATE_S:
            yield still


def _jpegs(stream: ByteStream, head: bytes) -> Iterator[Still]:
    for index, data in enumerate(split_jpegs(stream, head)):
        frame = cv2.imdecode(np.frombuffer(data, np.uint8), cv2.IMREAD_COLOR)
        if frame is None:
            raise InputError(f"-: picture {index} of standard input is a JPEG that cannot be decoded")
        yield Still(index, index / JPEG_RATE, cv2.cvtColor(frame, cv2.COLOR_BGR2RGB))


class _spooled:  # noqa: N801 - reads as a function
    """A context that gives a temporary file with the rest of a stream; errors then speak of standard input."""

    def __init__(self, stream: ByteStream, head: bytes):
        self._stream, self._head = stream, head

    def __enter__(self) -> Path:
        with tempfile.NamedTemporaryFile(prefix="facsimile-", delete=False) as file:
            self._path = Path(file.name)
            file.write(self._head)
            while chunk := next_chunk(self._stream):
                file.write(chunk)
        return self._path

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: object) -> None:
        self._path.unlink(missing_ok=True)
        if isinstance(error, InputError):
            raise InputError(str(error).replace(str(self._path), STANDARD_INPUT)) from error


def _piped(stream: ByteStream, head: bytes) -> Iterator[Still]:
    """Yield the frames of a video that OpenCV reads from a pipe while a thread fills it."""
    out, into = os.pipe()
    threading.Thread(target=_pump, args=(stream, head, into), daemon=True).start()
    try:
        with _quiet():
            video = cv2.VideoCapture(f"pipe:{out}", cv2.CAP_FFMPEG)
        yield from media.read_frames(video, STANDARD_INPUT)
    finally:
        os.close(out)


def _pump(stream: ByteStream, head: bytes, into: int) -> None:
    """Copy a stream into a pipe until either end is closed."""
    try:
        with os.fdopen(into, "wb", buffering=0) as pipe:
            chunk = head
            while chunk:
                pipe.write(chunk)
                chunk = next_chunk(stream)
    except (BrokenPipeError, ValueError):  # the reader has gone, or the stream was closed under us
        pass


class _quiet:  # noqa: N801 - reads as a function
    """A context in which OpenCV says nothing of its own on standard error."""

    def __enter__(self) -> None:
        media.quiet_decoder()
        self._level = cv2.setLogLevel(0)

    def __exit__(self, *_: object) -> None:
        cv2.setLogLevel(self._level)
