"""The options that say how faces are read; the same for every verb that reads them."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from facsimile.detect.baseline import BASELINES
from facsimile.detect.calibration import CalibrationError
from facsimile.detect.media import InputError
from facsimile.detect.pipeline import MIN_SCORE, SMOOTH, Detector
from facsimile.detect.reader import ReaderError

OPTIONS = (
    click.option(
        "--neutral", type=click.Path(path_type=Path), help="Photo of the same person at rest, to be read beside."
    ),
    click.option(
        "--baseline",
        type=click.Choice(BASELINES),
        default="none",
        show_default=True,
        help="Rest of each person in a video: its first neutral frames, or the running median.",
    ),
    click.option(
        "--smooth/--no-smooth", default=SMOOTH, show_default=True, help="Take jitter out of video (One-Euro filter)."
    ),
    click.option("--weights", type=click.Path(path_type=Path), help="Another reader, FILE.onnx."),
    click.option(
        "--calibration", type=click.Path(path_type=Path), help="FILE.json of `facsimile calibrate`, for these weights."
    ),
    click.option("--threads", type=click.IntRange(1), default=1, show_default=True, help="Threads of the reader."),
    click.option(
        "--min-score", type=click.FloatRange(0, 1), default=MIN_SCORE, show_default=True, help="Least face probability."
    ),
)


def reading_options(command: Callable) -> Callable:
    """Add the options to a command, which takes them as ``**choices`` for ``detector_of``."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def detector_of(choices: dict[str, Any]) -> Detector:
    """Return the detector that the options ask for; raise click's errors in one line."""
    if choices["neutral"] is not None and choices["baseline"] != "none":
        raise click.UsageError("--neutral and --baseline: a face at rest is given or looked for; choose one")
    if choices["calibration"] is not None and (choices["neutral"] is not None or choices["baseline"] != "none"):
        raise click.UsageError("--calibration is fitted on faces read alone; give it without --neutral and --baseline")
    try:
        return Detector(**choices)
    except (ReaderError, CalibrationError, InputError) as error:
        raise click.ClickException(str(error)) from error
