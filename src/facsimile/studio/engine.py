"""Make a data set on local processes: resumable, the same bytes for any number of workers.

One task is one person. The main process gathers tasks into shards and writes a shard as soon as its last person is
there. A task that fails is tried once more; one that fails again is reported at the end with the numbers that reproduce
it, and its shard stays unfinished.
"""

import concurrent.futures as futures
import contextlib
import dataclasses
import multiprocessing
import os
import signal
import sys
import traceback
from collections.abc import Callable, Generator, Iterator
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any

import cv2
from tqdm import tqdm

from facsimile.studio.card import card
from facsimile.studio.settings import Settings
from facsimile.studio.shards import ShardFolder

Row = dict[str, Any]
RenderPerson = Callable[[Settings, int], list[Row]]
"""Makes all rows of one identity; runs in a worker, so it must be importable by name."""

TASKS_AHEAD = 3
"""Tasks queued per worker: enough that none waits, few enough that stopping takes a second or two."""
MAX_FAILURES = 8
"""After so many failed people something is wrong with all of them: stop."""
THREAD_VARIABLES = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMBA_NUM_THREADS")
"""One thread per worker: faster together, and sums are added in one order."""


class RenderingError(RuntimeError):
    """Report people that could not be rendered; everything else is on disk."""


@dataclasses.dataclass(frozen=True)
class Outcome:
    """Hold what came of one person: rows, or the text of the error."""

    identity: int
    rows: list[Row] | None
    error: str = ""


def make_dataset(
    folder: Path, settings: Settings, *, render_person: RenderPerson, workers: int = 1, is_quiet: bool = False
) -> None:
    """Render what ``folder`` still lacks of the data set.

    Raises ValueError for a folder that holds something else, OSError for a full disk, `RenderingError` for people who
    failed twice; finished shards stay in every case, also after Ctrl-C, and the same call goes on where it stopped.
    """
    if workers < 1:
        raise ValueError(f"workers must be at least 1, got {workers}")
    store = ShardFolder(folder, settings)
    failures: list[Outcome] = []
    with (
        _progress(settings, store, is_quiet=is_quiet) as bar,
        contextlib.closing(_outcomes(settings, store.unfinished(), render_person, workers)) as outcomes,
    ):
        for shard, rows in _whole_shards(settings, outcomes, failures, bar):
            store.write(shard, rows)
    if failures:
        raise RenderingError(_failure_text(settings, failures))
    store.write_card(card(folder, settings))


def _progress(settings: Settings, store: ShardFolder, *, is_quiet: bool) -> "tqdm[Any]":
    return tqdm(
        total=settings.count,
        initial=store.num_finished_rows(),
        unit="image",
        file=sys.stderr,
        delay=2,
        disable=is_quiet,
        desc=store.folder.name,
        smoothing=0.05,
    )


def _whole_shards(
    settings: Settings, outcomes: Iterator[Outcome], failures: list[Outcome], bar: "tqdm[Any]"
) -> Iterator[tuple[int, list[Row]]]:
    """Gather people into shards; yield each shard once it is whole, rows in order of their index."""
    people: dict[int, dict[int, list[Row]]] = {}
    for outcome in outcomes:
        if outcome.rows is None:
            failures.append(outcome)
            if len(failures) >= MAX_FAILURES:
                return
            continue
        shard = outcome.identity // settings.identities_per_shard
        gathered = people.setdefault(shard, {})
        gathered[outcome.identity] = outcome.rows
        bar.update(len(outcome.rows))
        if len(gathered) == len(settings.identities_of(shard)):
            del people[shard]
            yield shard, [row for identity in sorted(gathered) for row in gathered[identity]]


def _outcomes(
    settings: Settings, shards: list[int], render_person: RenderPerson, workers: int
) -> Generator[Outcome, None, None]:
    """Yield one outcome per person, in any order; people lost with a worker are tried once more, each alone."""
    waiting = [identity for shard in shards for identity in settings.identities_of(shard)][::-1]
    while waiting:
        lost: list[int] = []
        yield from _pool_outcomes(settings, waiting, render_person, workers, lost)
        for identity in lost:
            lost_again: list[int] = []
            yield from _pool_outcomes(settings, [identity], render_person, 1, lost_again)
            if lost_again:
                yield Outcome(identity, None, "its worker process was killed twice (out of memory?)")


def _pool_outcomes(
    settings: Settings, waiting: list[int], render_person: RenderPerson, workers: int, lost: list[int]
) -> Iterator[Outcome]:
    """Work ``waiting`` off from its end until it is empty or a worker dies; then the people in its hands are lost."""
    with _worker_pool(min(workers, len(waiting))) as pool:
        running: dict[futures.Future[Outcome], int] = {}
        try:
            while waiting or running:
                while waiting and len(running) < workers * TASKS_AHEAD:
                    identity = waiting.pop()
                    running[pool.submit(_attempt_twice, render_person, settings, identity)] = identity
                done, _ = futures.wait(running, return_when=futures.FIRST_COMPLETED)
                for task in sorted(done, key=running.__getitem__):
                    outcome = task.result()
                    del running[task]
                    yield outcome
        except BrokenProcessPool:
            lost.extend(running.values())


def _attempt_twice(render_person: RenderPerson, settings: Settings, identity: int) -> Outcome:
    """Render one person in a worker; an error is tried once more, then told."""
    error = ""
    for _ in range(2):
        try:
            return Outcome(identity, render_person(settings, identity))
        except Exception as exception:
            error = "".join(traceback.format_exception(exception)[-3:])
    return Outcome(identity, None, error)


@contextlib.contextmanager
def _worker_pool(workers: int) -> Iterator[futures.ProcessPoolExecutor]:
    """Start fresh single-threaded processes; leaving drops what they have not begun."""
    before = {name: os.environ.get(name) for name in THREAD_VARIABLES}
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, "1"))
    context = multiprocessing.get_context("spawn")
    pool = futures.ProcessPoolExecutor(workers, mp_context=context, initializer=_prepare_worker)
    try:
        yield pool
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


def _prepare_worker() -> None:
    """Leave Ctrl-C to the main process and OpenCV on one thread."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)


def _failure_text(settings: Settings, failures: list[Outcome]) -> str:
    """Name the people who failed, the samples and the seed that reproduce them, and the first error."""
    first = failures[0]
    people = ", ".join(
        f"identity {f.identity} (samples {settings.indices_of(f.identity).start}-"
        f"{settings.indices_of(f.identity).stop - 1})"
        for f in failures
    )
    return (
        f"could not render (tried twice) {people}; recipe {settings.recipe.name!r}, seed {settings.seed}; "
        f"the other finished shards are kept, run the same command to try again. First error:\n{first.error}"
    )
