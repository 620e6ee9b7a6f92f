"""Tell photos from videos by the first bytes of a file: names lie."""

from enum import Enum
from pathlib import Path

HEAD_BYTES = 16
_PHOTO_HEADS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*", b"P5", b"P6")
_VIDEO_HEADS = (b"\x1a\x45\xdf\xa3", b"\x30\x26\xb2\x75", b"\x00\x00\x01\xba", b"\x00\x00\x01\xb3")
"""Matroska and WebM, ASF (WMV), MPEG program and video streams (www.garykessler.net/library/file_sigs.html)."""
_STILL_BRANDS = (b"avif", b"avis")
_HEIF_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1")
"""Major brands of ISO base media files that hold pictures (ISO/IEC 23008-12, AV1 image format 1.1)."""


class Kind(Enum):
    """What a file is by its first bytes."""

    PHOTO = "photo"
    VIDEO = "video"
    HEIF = "HEIC photo"
    """Photos of telephones; Pillow alone does not open them."""


def kind_of(path: Path) -> Kind | None:
    """Return what the file's first bytes say; None if they say nothing or cannot be read."""
    try:
        if not path.is_file():
            return None
        with path.open("rb") as file:
            return kind_of_bytes(file.read(HEAD_BYTES))
    except (OSError, ValueError):  # no permission, a name that no file can have
        return None


def kind_of_bytes(head: bytes) -> Kind | None:
    """Return what the first 16 bytes of a file say."""
    if head.startswith(_PHOTO_HEADS) or (head[:4] == b"RIFF" and head[8:12] == b"WEBP"):
        return Kind.PHOTO
    if head.startswith(_VIDEO_HEADS) or (head[:4] == b"RIFF" and head[8:12] == b"AVI "):
        return Kind.VIDEO
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        return Kind.PHOTO if brand in _STILL_BRANDS else Kind.HEIF if brand in _HEIF_BRANDS else Kind.VIDEO
    return None
