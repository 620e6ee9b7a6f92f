"""Write pictures, names and numbers into a page that asks no server for anything; whatever comes in is escaped."""

import base64
import html
import io
import math
import re
from collections.abc import Iterable
from importlib.resources import files

import numpy as np
from jaxtyping import UInt8
from PIL import Image

POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'"
"""The page's content security policy: a browser that keeps it loads nothing and runs no script, whatever slipped in."""

PICTURE_QUALITY = 90
"""JPEG quality of pictures without a bound."""
QUALITIES = (82, 70, 55, 40, 25, 12)
"""JPEG qualities tried in turn until a picture is small enough; faces at 224 pixels pass at the first."""

NAME_LENGTH = 160
"""Characters of a file's name that a page shows; of longer ones the middle is left out."""


def style() -> str:
    """Return the style sheet that all pages share; it holds nothing from outside."""
    return files("facsimile.app.pages").joinpath("style.css").read_text("utf-8")


def printable(text: str) -> str:
    """Spell out what does not print: bytes that are no text, control signs, signs that turn the direction."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode("ascii") for c in text)


def shown_name(name: str) -> str:
    """Return a file's name as HTML, whatever it is made of; long names lose their middle."""
    name = printable(name)
    if len(name) > NAME_LENGTH:
        name = f"{name[: NAME_LENGTH // 2]}…{name[-NAME_LENGTH // 2 :]}"
    return html.escape(name)


def heading(path: str, words: str) -> str:
    """Return an input's heading: its name, and below it its folder, if one was given, and ``words``, which is HTML."""
    folder, slash, name = path.rpartition("/")
    if not name:
        folder, slash, name = "", "", path
    before = f"{shown_name(folder + slash)} · " if slash else ""
    return f'<h2>{shown_name(name)}</h2><p class="note">{before}{words}</p>'


def jpeg_within(image: UInt8[np.ndarray, "H W 3"], max_bytes: int) -> bytes:
    """Return the picture as a JPEG of at most ``max_bytes``: with less quality and then fewer pixels if need be.

    ``max_bytes`` below 1,000 raises ValueError: a JPEG's header alone is some 600 bytes.
    """
    if max_bytes < 1_000:
        raise ValueError(f"max_bytes: must be at least 1,000, got {max_bytes}")
    picture = Image.fromarray(image)
    while True:
        for quality in QUALITIES:
            stream = io.BytesIO()
            picture.save(stream, "JPEG", quality=quality)
            if stream.tell() <= max_bytes:
                return stream.getvalue()
        picture = picture.resize((max(1, picture.width // 2), max(1, picture.height // 2)))


def image_tag(jpeg: bytes, *, alt: str, size: tuple[int, int] | None = None) -> str:
    """Return an ``img`` that holds a JPEG; ``alt`` is plain text; ``size`` is its width and height in CSS pixels."""
    data = base64.b64encode(jpeg).decode("ascii")
    place = "" if size is None else f' width="{size[0]}" height="{size[1]}"'
    return f'<img src="data:image/jpeg;base64,{data}" alt="{html.escape(alt)}"{place}>'


def picture_tag(image: UInt8[np.ndarray, "H W 3"], *, alt: str) -> str:
    """Return an ``img`` with the picture in full."""
    stream = io.BytesIO()
    Image.fromarray(image).save(stream, "JPEG", quality=PICTURE_QUALITY)
    return image_tag(stream.getvalue(), alt=alt, size=(image.shape[1], image.shape[0]))


def figure(image: UInt8[np.ndarray, "H W 3"], *, alt: str, caption: str) -> str:
    """Return a picture with a line below it; ``alt`` and ``caption`` are plain text."""
    return f"<figure>{picture_tag(image, alt=alt)}<figcaption>{html.escape(caption)}</figcaption></figure>"


def percent(probability: float) -> str:
    """Return a whole percentage that never claims certainty, as HTML."""
    if probability > 0.99:
        return "&gt;99%"
    return "&lt;1%" if probability < 0.01 else f"{probability:.0%}"


def direction(angle_rad: float, positive: str, negative: str) -> str:
    """Say an angle in whole degrees: ``12° up``; ``0°`` has no direction."""
    degrees = round(math.degrees(angle_rad))
    return "0°" if degrees == 0 else f"{abs(degrees)}° {positive if degrees > 0 else negative}"


def steps(values: Iterable[tuple[float, float]]) -> str:
    """Return the points as an SVG path in whole units, each written as its distance from the one before."""
    path: list[str] = []
    last = (0, 0)
    for x, y in ((round(x), round(y)) for x, y in values):
        move = f"{x - last[0]} {y - last[1]}"
        path.append(f"M{x} {y}" if not path else f"l{move}" if len(path) == 1 else f" {move}")
        last = (x, y)
    return re.sub(r" -", "-", "".join(path))
