"""Open what people pass on a command line: photos, videos, folders and patterns; one clear error per failure."""

import glob
import math
import os
import stat
import warnings
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Shaped, UInt8
from PIL import Image, ImageOps, UnidentifiedImageError

from facsimile.detect.signatures import Kind, kind_of

PHOTO_SUFFIXES = frozenset(
    [".avif", ".bmp", ".gif", ".jpeg", ".jfif", ".jpg", ".png", ".ppm", ".tif", ".tiff", ".webp"]
)
VIDEO_SUFFIXES = frozenset([".avi", ".m4v", ".mkv", ".mov", ".mp4", ".mpeg", ".mpg", ".mts", ".webm", ".wmv"])
MAX_PIXELS = 100_000_000
"""Larger pictures are refused: 100 megapixels are 300 MB of RGB, and a few bytes of PNG can claim far more."""
MISSING_FRAMES = 0.02
"""Containers may count a frame or two wrong; a video that ends earlier than this share of its length is cut off."""

FFMPEG_QUIET = "-8"
"""AV_LOG_QUIET (libavutil/log.h): a broken video gets one line from here instead of many from the decoder."""


class InputError(ValueError):
    """An input cannot be read, or not to its end; the message starts with the input's name."""


@dataclass(frozen=True)
class Still:
    """A picture with its place in its input."""

    index: int
    time_s: float
    image: UInt8[np.ndarray, "H W 3"]


def expand(paths: Iterable[str | Path]) -> Iterator[Path | InputError]:
    """Yield the files behind files, folders (all levels, sorted) and patterns; an error for each empty one."""
    for given in paths:
        if not str(given):
            yield InputError("an input has no name: '' was given")
            continue
        path = Path(given)
        if os.path.isdir(path):  # unlike Path.is_dir false, not an error, for a name that no file can have
            found = [p for p in sorted(path.rglob("*")) if p.suffix.lower() in PHOTO_SUFFIXES | VIDEO_SUFFIXES]
            yield from found
            if not found:
                yield InputError(f"{given}: the folder has no photo or video")
        elif not os.path.exists(path) and glob.has_magic(str(given)):
            matches = sorted(glob.glob(str(given), recursive=True))
            yield from map(Path, matches)
            if not matches:
                yield InputError(f"{given}: no file matches the pattern")
        else:
            yield path


def is_video(path: Path) -> bool:
    """Return whether ``path`` is a video by its first bytes; by its name if they say nothing."""
    kind = kind_of(path)
    return path.suffix.lower() in VIDEO_SUFFIXES if kind is None else kind is Kind.VIDEO


def read_photo(path: Path) -> UInt8[np.ndarray, "H W 3"]:
    """Return the photo as RGB, turned upright by its EXIF tag; of an animation the first picture.

    Raises InputError for anything but a whole picture.
    """
    _check_file(path)
    if kind_of(path) is Kind.HEIF:
        raise InputError(f"{path}: HEIC photos are not read; save it as JPEG or PNG")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what a picture is unfit for is said here, in one line
            with Image.open(path) as photo:
                if photo.width * photo.height > MAX_PIXELS:
                    raise InputError(_too_large(path, f"{photo.width} x {photo.height}"))
                return np.array(_to_rgb(ImageOps.exif_transpose(photo)))
    except Image.DecompressionBombError as error:
        raise InputError(_too_large(path, "hundreds of millions of")) from error
    except UnidentifiedImageError as error:
        raise InputError(f"{path}: not a photo or video that can be read") from error
    except InputError:
        raise
    except (OSError, SyntaxError, ValueError, EOFError) as error:
        reason = getattr(error, "strerror", None)
        raise InputError(f"{path}: {reason or f'broken picture ({error})'}") from error


def read_video(path: Path, *, every: int = 1) -> Iterator[Still]:
    """Yield every ``every``-th frame with its time stamp, one at a time; raise InputError if the video breaks off."""
    _check_file(path)
    quiet_decoder()
    yield from read_frames(cv2.VideoCapture(str(path)), str(path), every=every)


def quiet_decoder() -> None:
    """Let FFmpeg say nothing of its own on standard error; has effect before the first video is opened."""
    os.environ.setdefault("OPENCV_FFMPEG_LOGLEVEL", FFMPEG_QUIET)


def read_frames(video: cv2.VideoCapture, name: str, *, every: int = 1) -> Iterator[Still]:
    """Yield the frames of an opened video and close it; errors as in `read_video`."""
    try:
        if not video.isOpened():
            raise InputError(f"{name}: a video that cannot be opened: broken, cut off, or of an unknown kind")
        rate, expected = video.get(cv2.CAP_PROP_FPS), video.get(cv2.CAP_PROP_FRAME_COUNT)
        index, last_s = 0, -math.inf
        while video.grab():
            time_s = _time_s(video, index, rate)
            if time_s <= last_s:
                time_s = last_s + (1 / rate if rate > 0 else 1e-3)
            last_s = time_s
            if index % every == 0:
                whole, frame = video.retrieve()
                if not whole:
                    break
                yield Still(index, time_s, cv2.cvtColor(frame, cv2.COLOR_BGR2RGB))
            index += 1
    finally:
        video.release()
    if index == 0:
        raise InputError(f"{name}: the video has no frame that can be read")
    if expected - index > max(2.0, MISSING_FRAMES * expected):
        raise InputError(f"{name}: breaks off after {index} of {expected:.0f} frames; those before are kept")


def rgb_of_array(array: Shaped[np.ndarray, "..."], name: str) -> UInt8[np.ndarray, "H W 3"]:
    """Return an array given as a picture as RGB; raise InputError unless it is uint8 [H, W] or [H, W, 3]."""
    if array.dtype != np.uint8 or array.ndim not in (2, 3) or (array.ndim == 3 and array.shape[2] != 3):
        raise InputError(f"{name}: pictures are uint8 [H, W, 3] RGB or [H, W], got {array.dtype} {list(array.shape)}")
    if array.size == 0:
        raise InputError(f"{name}: the picture is empty, {list(array.shape)}")
    return np.repeat(array[:, :, None], 3, axis=2) if array.ndim == 2 else array


def _check_file(path: Path) -> None:
    try:
        status = path.stat()
    except FileNotFoundError as error:
        lost = f"a link to {os.readlink(path)}, which is not there" if path.is_symlink() else "no such file"
        raise InputError(f"{path}: {lost}") from error
    except (OSError, ValueError) as error:  # no permission, a name too long, a zero byte in it
        raise InputError(f"{path}: {getattr(error, 'strerror', None) or error}") from error
    if stat.S_ISDIR(status.st_mode):
        raise InputError(f"{path}: is a folder, not a photo")
    if not stat.S_ISREG(status.st_mode):
        raise InputError(f"{path}: not a file; save the picture as a file first")
    if status.st_size == 0:
        raise InputError(f"{path}: the file is empty")


def _too_large(path: Path, size: str) -> str:
    return f"{path}: too large, {size} pixels; at most {MAX_PIXELS // 1_000_000} megapixels, scale it down first"


def _to_rgb(photo: Image.Image) -> Image.Image:
    """Return 8-bit RGB; 16-bit greys keep their upper bits, transparency becomes white."""
    if photo.mode.startswith("I"):
        values = np.asarray(photo).astype(np.int64)
        photo = Image.fromarray((values >> 8 if values.max(initial=0) > 255 else values).astype(np.uint8))
    if "A" in photo.getbands() or "transparency" in photo.info:
        layer = photo.convert("RGBA")
        white = Image.new("RGBA", layer.size, "white")
        photo = Image.alpha_composite(white, layer)
    return photo.convert("RGB")


def _time_s(video: cv2.VideoCapture, index: int, rate: float) -> float:
    """Return the grabbed frame's own time stamp, which survives variable frame rates; else its number over the rate."""
    stamp = video.get(cv2.CAP_PROP_POS_MSEC) / 1000
    if math.isfinite(stamp) and (stamp > 0 or index == 0):
        return max(stamp, 0.0)
    return index / rate if rate > 0 else float(index)
