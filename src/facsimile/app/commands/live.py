"""``facsimile live``: watch what is read from a camera, as it is read."""

import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Protocol, runtime_checkable

import click

from facsimile.app.interruption import held_interrupt
from facsimile.app.live_screen import PlainLines, TerminalScreen
from facsimile.app.live_window import Window, window_obstacle
from facsimile.app.reading_options import detector_of, reading_options
from facsimile.detect import media
from facsimile.detect.faces import Frame
from facsimile.detect.media import InputError, Still
from facsimile.detect.pipeline import Detector
from facsimile.detect.streams import is_stream, played, read_camera, read_stream
from facsimile.detect.table import Layout
from facsimile.detect.writers import JsonLinesWriter

VIEWS = ("auto", "window", "terminal")
RATE_MEMORY = 0.9
"""Weight of the past in the rate that is shown: about the last ten frames."""


@runtime_checkable
class View(Protocol):
    """Somewhere to look."""

    def __enter__(self) -> "View": ...

    def __exit__(self, *_: Any) -> None: ...

    def show(self, frame: Frame, *, rate: float) -> bool:
        """Show a frame; False if the user wants to stop."""


@click.command("live", short_help="Watch a camera being read, in a window or a terminal.")
@click.option("--camera", type=click.IntRange(0, 999), help="Which camera; the first, 0, if nothing is said.")
@click.option(
    "--source", type=click.Path(path_type=Path), help="Play a video FILE, or - for standard input, as a camera."
)
@click.option(
    "--view", type=click.Choice(VIEWS), default="auto", show_default=True, help="auto: a window where there can be one."
)
@click.option("--seconds", type=click.FloatRange(0, min_open=True), help="Stop after this time.")
@reading_options
@click.option("--json", "as_json", is_flag=True, help="JSON lines on standard output, and nothing to look at.")
def command(
    camera: int | None, source: Path | None, view: str, seconds: float | None, as_json: bool, **choices: Any
) -> None:
    """Watch what is read from a camera: landmarks, head, gaze and a bar per action unit and side.

    Nothing is stored and nothing leaves the machine. Ctrl-C ends; in a window q, Escape or closing it.

    \b
    facsimile live
    facsimile live --camera 1 --view terminal --baseline first
    facsimile live --source talk.mp4
    """
    if camera is not None and source is not None:
        raise click.UsageError("--camera and --source: look through one of them")
    name = str(source) if source else f"camera:{camera or 0}"
    shown_in = _view(view, f"facsimile live   {name}", as_json=as_json)
    detector = detector_of(choices)
    stills = _played_source(source) if source else read_camera(camera or 0)
    try:
        _watch(_frames(detector, stills, name), shown_in or _JsonLines(detector), seconds)
    except InputError as error:
        raise click.ClickException(str(error)) from error
    except KeyboardInterrupt:
        pass


def _played_source(source: Path) -> Iterator[Still]:
    """Return standard input or a camera as it comes, and a file at its own speed."""
    return read_stream(source) if is_stream(source) else played(media.read_video(source))


class _JsonLines:
    """A view for programs: the columns of ``facsimile detect``."""

    def __init__(self, detector: Detector):
        self._layout = Layout(detector.units)
        self._writer = JsonLinesWriter(sys.stdout, self._layout.columns)

    def __enter__(self) -> "_JsonLines":
        return self

    def __exit__(self, *_: Any) -> None:
        sys.stdout.flush()

    def show(self, frame: Frame, *, rate: float) -> bool:
        for row in self._layout.rows(frame):
            self._writer.write(row)
        sys.stdout.flush()
        return True


def _view(view: str, title: str, *, as_json: bool) -> View | None:
    """Return where to show frames; None for JSON lines."""
    obstacle = window_obstacle()
    if as_json:
        return None
    if view == "window" and obstacle:
        raise click.ClickException(f"--view window: {obstacle}; --view terminal works everywhere")
    if view == "window" or (view == "auto" and not obstacle):
        return Window(title)
    return TerminalScreen(title) if sys.stdout.isatty() else PlainLines()


def _frames(detector: Detector, stills: Iterator[Still], name: str) -> Iterator[Frame]:
    for still, faces in detector.read_video(stills):
        yield Frame(name, still.index, still.time_s, still.image, faces)


def _watch(frames: Iterator[Frame], view: View, seconds: float | None) -> None:
    """Show frames until they end, the time is over or the user has had enough."""
    first = next(frames)  # a camera that is not there is told before the screen is cleared
    interval_s, last = 0.0, time.monotonic()
    end = last + seconds if seconds else float("inf")
    with held_interrupt() as stop_if_asked, view:
        go_on = view.show(first, rate=0.0)
        while go_on and time.monotonic() < end and (frame := next(frames, None)) is not None:
            interval_s, last = _mixed(interval_s, time.monotonic() - last), time.monotonic()
            go_on = view.show(frame, rate=1 / max(interval_s, 1e-3))
            stop_if_asked()


def _mixed(interval_s: float, latest_s: float) -> float:
    return RATE_MEMORY * interval_s + (1 - RATE_MEMORY) * latest_s if interval_s else latest_s
