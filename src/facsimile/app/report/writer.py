"""The file that ``facsimile detect --report`` writes: collect while frames go by, then draw, then write."""

import hashlib
import shlex
import sys
from collections.abc import Sequence
from pathlib import Path

import click
import numpy as np
from tqdm import tqdm

import facsimile
from facsimile.app.output import refuse_overwrite, write_atomic
from facsimile.app.report.collector import Collector
from facsimile.app.report.page import About, build_page
from facsimile.detect.faces import Face, Frame
from facsimile.detect.reader import SHIPPED_WEIGHTS, Card

SUFFIXES = (".html", ".htm")


class ReportFile:
    """One page about everything that was read."""

    def __init__(self, path: Path, *, force: bool):
        """Settle the name; raise ``click.UsageError`` if it is no page's name or exists without ``force``."""
        if path.suffix.lower() not in SUFFIXES:
            raise click.UsageError(f"--report {path}: the name must end in {' or '.join(SUFFIXES)}")
        refuse_overwrite(path, force=force, option="--report")
        self._path, self._force, self._collector = path, force, Collector()

    def refuse_inputs(self, inputs: Sequence[Path]) -> None:
        """Raise ``click.UsageError`` if the page would replace an input."""
        if self._path.resolve() in {given.resolve() for given in inputs}:
            raise click.UsageError(f"--report {self._path}: would replace an input; choose another name")

    def add(self, frame: Frame) -> None:
        """Take what the page needs of a frame."""
        self._collector.add(frame)

    def add_failure(self, error: Exception) -> None:
        """Take why an input could not be read."""
        self._collector.add_failure(" ".join(str(error).split()))

    def write(self, *, card: Card, weights: Path | None, neutral: Path | None) -> None:
        """Draw the faces and write the page; raise ``click.ClickException`` if it cannot be written.

        Only here is the renderer loaded: who asks for no page does not wait for it.
        """
        from facsimile.app.report import reconstruction

        seen = self._collector.finished()
        about = About(
            command=command_line(),
            version=facsimile.__version__,
            weights=weights_line(weights or SHIPPED_WEIGHTS, card),
            person=reconstruction.PERSON,
            neutral=None if neutral is None else str(neutral),
        )
        with tqdm(total=len(seen.faces), desc="drawing", unit=" faces", delay=2, disable=None) as progress:

            def draw(face: Face) -> np.ndarray:
                image = reconstruction.reconstruct(face)
                progress.update()
                return image

            page = build_page(seen, about, draw=draw)
        write_atomic(self._path, page.encode("utf-8"), force=self._force, option="--report")


def command_line() -> str:
    """Return the command line of this process as it can be typed again."""
    return shlex.join(["facsimile", *sys.argv[1:]])


def weights_line(weights: Path, card: Card) -> str:
    """Say which reader: its file, the first digits of the SHA-256 of its bytes, and what it learnt from."""
    with weights.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()[:12]
    known = card.metadata
    words = [f"{weights.name}, SHA-256 {digest}…"]
    if "recipe" in known:
        words.append(f"recipe {known['recipe']}")
    if isinstance(known.get("num_people"), int):
        words.append(f"trained on {known['num_people']:,} synthetic people")
    return ", ".join(words)
