"""``facsimile detect``: photos and videos in, a table of faces and action units out."""

import errno
import sys
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click
from tqdm import tqdm

from facsimile.app.debug import show_cause
from facsimile.app.interruption import held_interrupt
from facsimile.app.output import refuse_overwrite
from facsimile.app.overlay_folder import OverlayFolder
from facsimile.app.reading_options import detector_of, reading_options
from facsimile.app.report.writer import ReportFile
from facsimile.detect.exports import FORMATS, AnyLayout, layout_of
from facsimile.detect.faces import Frame
from facsimile.detect.media import InputError, expand
from facsimile.detect.writers import SUFFIXES, CsvWriter, JsonLinesWriter, TableFile

INTERRUPTED = 130
"""Exit status after Ctrl-C: 128 + SIGINT, as shells count."""


@click.command("detect", short_help="Read action units from photos and video.")
@click.argument("paths", nargs=-1, required=True, metavar="PATH...")
@click.option(
    "-o", "--output", type=click.Path(path_type=Path), help="FILE.csv, .parquet or .jsonl; CSV on stdout if not given."
)
@click.option(
    "--overlay", type=click.Path(path_type=Path, file_okay=False), help="Folder for a drawing of each picture."
)
@click.option(
    "--report", type=click.Path(path_type=Path, dir_okay=False), help="FILE.html: a page to look at, with drawn faces."
)
@reading_options
@click.option("--format", "form", type=click.Choice(FORMATS), default="facsimile", show_default=True,
              help="Which columns to write.")  # fmt: skip
@click.option("--every", type=click.IntRange(1), default=1, show_default=True, help="Read every N-th video frame.")
@click.option("--raw", "with_raw", is_flag=True, help="Add columns *_raw: read in the frame alone, not smoothed.")
@click.option("--json", "as_json", is_flag=True, help="JSON lines on standard output instead of CSV.")
@click.option("--force", is_flag=True, help="Replace existing files.")
def command(
    paths: tuple[str, ...],
    output: Path | None,
    overlay: Path | None,
    report: Path | None,
    form: str,
    every: int,
    with_raw: bool,
    as_json: bool,
    force: bool,
    **choices: Any,
) -> None:
    """Read action units from photos, videos, folders or 'patterns*.jpg', a camera ('camera', 'camera:1') or '-'.

    One row per face and frame; a frame without a face keeps one row with empty values. An input that cannot be read is
    named on stderr, the others are still read, and the exit code is 1. Ctrl-C keeps the rows so far; the exit code is
    130.

    \b
    facsimile detect portrait.jpg
    facsimile detect talk.mp4 -o talk.parquet
    facsimile detect photos/ -o faces.csv --overlay drawings --report faces.html
    facsimile detect smile.jpg --neutral rest.jpg
    facsimile detect camera -o me.csv
    ffmpeg -i rtsp://... -f matroska - | facsimile detect - --json
    """
    _check_output(output, as_json=as_json, force=force)
    page = ReportFile(report, force=force) if report else None
    failures = Failures(page)
    files = failures.readable(expand(paths))
    if form != "facsimile" and with_raw:
        raise click.UsageError(f"--raw adds to our own columns; --format {form} has a fixed header")
    if form != "facsimile" and len(files) > 1:
        raise click.UsageError(f"--format {form} holds one input; call once for each file, with its own -o")
    drawings = OverlayFolder(overlay, files, force=force) if overlay else None
    if page:
        page.refuse_inputs(files)
    detector = detector_of(choices)
    layout = layout_of(form, detector.units, with_raw=with_raw)
    table = TableFile(output, layout.columns) if output else StandardOutput(layout.columns, as_json=as_json)
    with _stops_told(table):
        _write(detector.stream(files, every=every, on_error=failures.report), layout, table, drawings, page)
    if page:
        page.write(card=detector.reader.card, weights=choices["weights"], neutral=choices["neutral"])
    if failures.count:
        sys.exit(1)


@dataclass
class Failures:
    """Inputs that could not be read: one line each on standard error."""

    page: ReportFile | None = None
    """Hears of each error too."""
    count: int = 0

    def report(self, error: InputError) -> None:
        """Say what is wrong with one input."""
        self.count += 1
        if self.page:
            self.page.add_failure(error)
        click.echo(f"facsimile detect: {' '.join(str(error).split())}", err=True)
        show_cause(error)

    def readable(self, found: Iterable[Path | InputError]) -> list[Path]:
        """Return the files and report the errors."""
        files = []
        for item in found:
            if isinstance(item, InputError):
                self.report(item)
            else:
                files.append(item)
        return files


class StandardOutput:
    """A table on standard output, with the manners of a ``TableFile``."""

    name = "standard output"
    kept = "the table on standard output ends early"

    def __init__(self, columns: Sequence[str], *, as_json: bool):
        self._columns, self._kind = columns, JsonLinesWriter if as_json else CsvWriter

    def __enter__(self) -> CsvWriter | JsonLinesWriter:
        return self._kind(sys.stdout, self._columns)

    def __exit__(self, *_: object) -> None:
        pass


def _check_output(output: Path | None, *, as_json: bool, force: bool) -> None:
    if output is None:
        return
    if as_json:
        raise click.UsageError(f"--json prints on standard output; for a file use -o {output.with_suffix('.jsonl')}")
    if output.suffix.lower() not in SUFFIXES:
        raise click.UsageError(f"-o {output}: the name must end in {', '.join(SUFFIXES)}")
    refuse_overwrite(output, force=force)


def _write(
    frames: Iterable[Frame],
    layout: AnyLayout,
    table: TableFile | StandardOutput,
    drawings: OverlayFolder | None,
    page: ReportFile | None,
) -> None:
    """Write each frame's rows and drawing; Ctrl-C stops between two frames."""
    with held_interrupt() as stop_if_asked, table as writer:
        for frame in tqdm(frames, unit=" frames", delay=2, disable=None):
            for row in layout.rows(frame):
                writer.write(row)
            if drawings:
                drawings.save(frame)
            if page:
                page.add(frame)
            stop_if_asked()


@contextmanager
def _stops_told(table: TableFile | StandardOutput) -> Iterator[None]:
    """Say in one line why the run stopped early and what is kept of it."""
    try:
        yield
    except KeyboardInterrupt:
        click.echo(f"facsimile detect: stopped; {table.kept}", err=True)
        sys.exit(INTERRUPTED)
    except click.ClickException as error:
        raise click.ClickException(f"{error.format_message()}; {table.kept}") from error
    except OSError as error:
        if error.errno == errno.EPIPE:
            raise
        raise click.ClickException(f"cannot write {table.name}: {error.strerror or error}; {table.kept}") from error
    except Exception:
        click.echo(f"facsimile detect: stopped by a fault; {table.kept}", err=True)
        raise
