"""Draw one group, a person's images or a clip, and say what came of it: the task of every engine."""

import dataclasses
import shlex
import traceback
from collections.abc import Callable
from typing import Any

from facsimile.studio.settings import Settings, code_fingerprint

Row = dict[str, Any]
RenderGroup = Callable[[Settings, int], list[Row]]
"""Makes all rows of one group; runs in a worker, so it must be importable by name."""

NOTE = "in sample "
"""Begins the note that names the sample an error belongs to."""
ATTEMPTS = 2
"""How often a group is tried."""
KILLED = "its worker process was killed twice (out of memory?)"
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
"""One thread per worker: faster together, and sums are added in one order."""


@dataclasses.dataclass(frozen=True)
class Outcome:
    """Hold what came of one group: rows, or the text of the error and the sample it belongs to."""

    group: int
    rows: list[Row] | None
    error: str = ""
    sample: int | None = None


def attempt_twice(render_group: RenderGroup, settings: Settings, group: int) -> Outcome:
    """Render one group in a worker; an error is tried once more, then told."""
    for attempt in range(1, ATTEMPTS + 1):
        try:
            return Outcome(group, render_group(settings, group))
        except Exception as exception:
            if attempt == ATTEMPTS:
                error = "".join(traceback.format_exception(exception)[-3:])
                return Outcome(group, None, error, _noted_sample(exception))
    raise AssertionError("every attempt returns or is the last")


def sample_note(index: int) -> str:
    """Return the note that names a sample."""
    return f"{NOTE}{index}"


def _noted_sample(error: Exception) -> int | None:
    """Return the sample that an error's note names."""
    for note in getattr(error, "__notes__", []):
        if note.startswith(NOTE):
            return int(note.removeprefix(NOTE))
    return None


def check_same_code(fingerprint: str) -> None:
    """Raise ValueError if this worker would draw other bytes than the machine that asks."""
    if code_fingerprint() != fingerprint:
        raise ValueError(
            f"this worker's code draws other pictures ({code_fingerprint()}) than the caller's ({fingerprint}); "
            "install the same version of facsimile on every machine"
        )


def sample_command(settings: Settings, index: int) -> str:
    """Return the command that draws one sample again."""
    recipe, clips = settings.recipe, settings.recipe.clips
    words = ["facsimile", "dataset", "sample", str(index), "--recipe", recipe.name, "--seed", str(settings.seed)]
    words += ["--size", str(settings.size), "--rig", settings.rig, "-o", f"sample-{index}.png"]
    if settings.render_engine != "raster":
        words += ["--engine-render", settings.render_engine, "--samples", str(settings.samples)]
    if clips is not None:
        words += ["--fps", str(clips.fps), "--clip-seconds", f"{clips.seconds:g}"]
    return shlex.join(words)


def failure_text(settings: Settings, failures: list[Outcome]) -> str:
    """Name what failed, the samples and the seed, the command that reproduces the first failure, and its error."""
    first = failures[0]
    failed = ", ".join(
        f"identity {settings.identity_of(f.group)} (samples {settings.indices_of(f.group).start}-"
        f"{settings.indices_of(f.group).stop - 1})"
        for f in failures
    )
    sample = settings.indices_of(first.group).start if first.sample is None else first.sample
    return (
        f"could not render (tried twice) {failed}; recipe {settings.recipe.name!r}, seed {settings.seed}; "
        "the other finished shards are kept, run the same command to try again. "
        f"The first failure again: {sample_command(settings, sample)}\nIts error:\n{first.error}"
    )
