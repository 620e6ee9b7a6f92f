"""Cut a stream of bytes into JPEG pictures, by their own markers (ITU-T T.81, annex B)."""

from collections.abc import Iterator
from typing import Protocol, runtime_checkable

from facsimile.detect.media import InputError

CHUNK = 1 << 16
"""Bytes asked for at a time."""
MAX_JPEG = 1 << 26
"""64 MiB: a stream that has no end of a picture by then is none."""
START, END, SCAN = 0xD8, 0xD9, 0xDA
"""Codes of the markers at the beginning, at the end, and before the compressed pixels."""
WITHIN_SCAN = frozenset([0x00, *range(0xD0, 0xD8)])
"""What may follow a byte 0xFF inside of compressed pixels: an escaped 0xFF and the eight restart markers."""


@runtime_checkable
class ByteStream(Protocol):
    """Anything that gives bytes, at most as many as asked for, and none at its end."""

    def read(self, size: int, /) -> bytes:
        """Return the next bytes."""


def next_chunk(stream: ByteStream) -> bytes:
    """Return what is there already, waiting only if nothing is; empty at the end."""
    chunk: bytes = getattr(stream, "read1", stream.read)(CHUNK)
    return chunk


def split_jpegs(stream: ByteStream, head: bytes = b"") -> Iterator[bytes]:
    """Yield the pictures in ``head`` and ``stream``, whole, as soon as they are there; what is between them is skipped.

    Raises InputError if there is no picture, or if the last one breaks off.
    """
    window = _Window(stream, head)
    count = 0
    while window.skip_to_start():
        yield window.take_picture()
        count += 1
    if not count:
        raise InputError("-: standard input holds no picture")


class _Window:
    """The bytes from the current picture's first on."""

    def __init__(self, stream: ByteStream, head: bytes):
        self._stream, self._bytes = stream, bytearray(head)

    def skip_to_start(self) -> bool:
        """Drop what stands before the next picture; return whether there is one."""
        start = bytes([0xFF, START, 0xFF])
        while (place := self._bytes.find(start)) < 0:
            del self._bytes[:-2]
            if not self._grow():
                return False
        del self._bytes[:place]
        return True

    def take_picture(self) -> bytes:
        """Return the picture that the window begins with, and drop it."""
        place = 2
        while (code := self._marker(place)) != END:
            if code == 0xFF:  # a filler before a marker
                place += 1
                continue
            place += 2 + (self._at(place + 2) << 8) + self._at(place + 3)
            if code == SCAN:
                place = self._after_scan(place)
        picture = bytes(self._bytes[: place + 2])
        del self._bytes[: place + 2]
        return picture

    def _marker(self, place: int) -> int:
        if self._at(place) != 0xFF:
            raise InputError("-: a JPEG picture of standard input is broken")
        return self._at(place + 1)

    def _after_scan(self, place: int) -> int:
        """Return the place of the first marker behind compressed pixels."""
        while True:
            found = self._bytes.find(0xFF, place)
            if found < 0:
                place = len(self._bytes)
                self._at(place)
            elif self._at(found + 1) in WITHIN_SCAN:
                place = found + 2
            else:
                return found

    def _at(self, place: int) -> int:
        """Return a byte, reading on for it."""
        while place >= len(self._bytes):
            if len(self._bytes) > MAX_JPEG or not self._grow():
                raise InputError("-: breaks off inside a JPEG picture; those before are kept")
        return self._bytes[place]

    def _grow(self) -> bool:
        chunk = next_chunk(self._stream)
        self._bytes += chunk
        return bool(chunk)
