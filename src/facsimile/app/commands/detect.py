"""``facsimile detect``: photos and videos in, a table of faces and action units out."""

import errno
import io
import itertools
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import click
from PIL import Image
from tqdm import tqdm

from facsimile.app.output import refuse_overwrite, write_atomic
from facsimile.detect.exports import FORMATS, layout_of
from facsimile.detect.faces import Frame
from facsimile.detect.media import InputError, expand, is_video
from facsimile.detect.overlay import draw_overlay
from facsimile.detect.pipeline import Detector
from facsimile.detect.reader import ReaderError
from facsimile.detect.writers import SUFFIXES, CsvWriter, RowWriter, TableFile


@click.command("detect", short_help="Read action units from photos and video.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="FILE.csv, .parquet or .jsonl; CSV on stdout if not given."
)
@click.option(
    "--overlay", type=click.Path(path_type=Path, file_okay=False), help="Folder for a drawing of each picture."
)
@click.option("--neutral", type=click.Path(path_type=Path), help="Photo of the same person at rest, to be subtracted.")
@click.option("--format", "form", type=click.Choice(FORMATS), default="facsimile", show_default=True,
              help="Which columns to write.")  # fmt: skip
@click.option("--weights", type=click.Path(path_type=Path), help="Another reader, FILE.onnx.")
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True, help="Threads of the reader.")
@click.option("--every", type=click.IntRange(1), default=1, show_default=True, help="Read every N-th video frame.")
@click.option(
    "--min-score", type=click.FloatRange(0, 1), default=0.5, show_default=True, help="Least face probability."
)
@click.option("--force", is_flag=True, help="Replace existing files.")
def command(
    paths: tuple[str, ...],
    output: Path | None,
    overlay: Path | None,
    neutral: Path | None,
    form: str,
    weights: Path | None,
    threads: int,
    every: int,
    min_score: float,
    force: bool,
) -> None:
    """Read action units from photos, videos, folders or 'patterns*.jpg'.

    One row per face and frame; a frame without a face keeps one row with empty values. An input that cannot be read is
    named on stderr, the others are still read, and the exit code is 1.

    \b
    facsimile detect portrait.jpg
    facsimile detect talk.mp4 -o talk.parquet
    facsimile detect photos/ -o faces.csv --overlay drawings
    facsimile detect smile.jpg --neutral rest.jpg
    """
    _check_output(output, force=force)
    _check_one_input(form, paths)
    failures: list[InputError] = []

    def report(error: InputError) -> None:
        failures.append(error)
        click.echo(f"facsimile detect: {error}", err=True)

    with _one_line_errors(output):
        detector = Detector(weights, neutral=neutral, threads=threads, min_score=min_score)
        layout = layout_of(form, detector.units)
        drawings = Drawings(overlay, detector.units, force=force) if overlay else None
        frames = detector.stream(list(paths), every=every, on_error=report)
        with TableFile(output, layout.columns) if output else _stdout(layout.columns) as writer:
            for frame in tqdm(frames, unit=" frames", delay=2, disable=None):
                for row in layout.rows(frame):
                    writer.write(row)
                if drawings:
                    drawings.save(frame)
    if failures:
        sys.exit(1)


class Drawings:
    """A folder that gets one drawing per frame, named after the input; inputs of the same name are numbered."""

    def __init__(self, folder: Path, units: tuple[int, ...], *, force: bool):
        self._folder, self._units, self._force = folder, units, force
        self._stems: dict[str, str] = {}

    def save(self, frame: Frame) -> None:
        """Draw one frame into FOLDER/name.jpg, or FOLDER/name_000123.jpg for a video frame."""
        number = f"_{frame.index:06d}" if is_video(Path(frame.input)) else ""
        buffer = io.BytesIO()
        Image.fromarray(draw_overlay(frame, self._units)).save(buffer, "JPEG", quality=92)
        write_atomic(self._folder / f"{self._stem(frame.input)}{number}.jpg", buffer.getvalue(), force=self._force)

    def _stem(self, name: str) -> str:
        if name not in self._stems:
            stem, taken, count = Path(name).stem, set(self._stems.values()), 2
            while stem in taken:
                stem, count = f"{Path(name).stem}-{count}", count + 1
            self._stems[name] = stem
        return self._stems[name]


def _check_output(output: Path | None, *, force: bool) -> None:
    if output is None:
        return
    if output.suffix.lower() not in SUFFIXES:
        raise click.UsageError(f"-o {output}: the name must end in {', '.join(SUFFIXES)}")
    refuse_overwrite(output, force=force)


def _check_one_input(form: str, paths: Sequence[str]) -> None:
    """Refuse several inputs in formats without a column for the input's name."""
    if form != "facsimile" and len(list(itertools.islice(expand(paths), 2))) > 1:
        raise click.UsageError(f"--format {form} holds one input; call once for each file, with its own -o")


@contextmanager
def _stdout(columns: Sequence[str]) -> Iterator[RowWriter]:
    yield CsvWriter(sys.stdout, columns)


@contextmanager
def _one_line_errors(output: Path | None) -> Iterator[None]:
    """Turn errors in what the user gave into one line."""
    try:
        yield
    except (ReaderError, InputError) as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        if error.errno == errno.EPIPE:
            raise
        raise click.ClickException(f"cannot write {output or 'the table'}: {error.strerror or error}") from error
