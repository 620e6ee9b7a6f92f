"""A folder of drawings: their names are settled, and checked against what is there, before anything is read."""

import io
import re
from collections.abc import Sequence
from pathlib import Path

import click
from PIL import Image

from facsimile.app.output import refuse_overwrite, write_atomic
from facsimile.detect.faces import Frame
from facsimile.detect.overlay import draw_overlay
from facsimile.detect.streams import has_frames

JPEG_QUALITY = 92
FRAME = "_{:06d}"
"""What a drawing of a video frame has after the video's name."""


class OverlayFolder:
    """Gets one drawing per frame, ``name.jpg`` or ``name_000123.jpg``; inputs of one name are numbered."""

    def __init__(self, folder: Path, inputs: Sequence[Path], *, force: bool):
        """Settle the names and make the folder.

        Raises ``click.UsageError`` if a drawing exists without ``force`` or would replace an input.
        """
        self._folder = folder
        self._stems = _stems(inputs)
        sources = {path.resolve() for path in inputs}
        for path in self._existing(inputs):
            if path.resolve() in sources:
                raise click.UsageError(f"--overlay {folder}: would replace the input {path}; choose another folder")
            refuse_overwrite(path, force=force, option="--overlay")
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise click.ClickException(f"--overlay {folder}: cannot make the folder: {error.strerror}") from error

    def save(self, frame: Frame) -> None:
        """Draw one frame."""
        number = FRAME.format(frame.index) if has_frames(Path(frame.input)) else ""
        buffer = io.BytesIO()
        Image.fromarray(draw_overlay(frame)).save(buffer, "JPEG", quality=JPEG_QUALITY)
        path = self._folder / f"{self._stems[frame.input]}{number}.jpg"
        write_atomic(path, buffer.getvalue(), force=True)

    def _existing(self, inputs: Sequence[Path]) -> list[Path]:
        """Return the files in the folder that have the name of a drawing, in the order of the names."""
        if not self._folder.is_dir():
            return []
        photos = {f"{self._stems[str(path)]}.jpg" for path in inputs if not has_frames(path)}
        videos = {self._stems[str(path)] for path in inputs if has_frames(path)}
        return [p for p in sorted(self._folder.glob("*.jpg")) if p.name in photos or _video_of(p.stem) in videos]


def _stems(inputs: Sequence[Path]) -> dict[str, str]:
    """Return a name for each input's drawings such that no two inputs share one; videos choose first."""
    stems: dict[str, str] = {}
    photos, videos = set[str](), set[str]()
    for path in sorted(dict.fromkeys(inputs), key=lambda path: not has_frames(path)):
        stem, count = path.stem, 2
        while stem in videos if has_frames(path) else stem in photos or _video_of(stem) in videos:
            stem, count = f"{path.stem}-{count}", count + 1
        (videos if has_frames(path) else photos).add(stem)
        stems[str(path)] = stem
    return stems


def _video_of(stem: str) -> str | None:
    """Return the name before a frame's number; None if there is no number."""
    found = re.fullmatch(r"(.*)_\d{6,}", stem)
    return found[1] if found else None
