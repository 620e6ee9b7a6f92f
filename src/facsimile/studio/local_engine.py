"""Draw groups on processes of this machine; a worker that dies is replaced."""

import concurrent.futures as futures
import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Generator, Iterator
from concurrent.futures.process import BrokenProcessPool

import cv2

from facsimile.studio.groups import KILLED, THREAD_VARIABLES, Outcome, RenderGroup, attempt_twice
from facsimile.studio.settings import Settings

TASKS_AHEAD = 3
"""Tasks queued per worker: enough that none waits, few enough that stopping takes a second or two."""


def local_outcomes(
    settings: Settings, groups: list[int], render_group: RenderGroup, workers: int
) -> Generator[Outcome, None, None]:
    """Yield one outcome per group, in any order; groups lost with a worker are tried once more, each alone."""
    waiting = groups[::-1]
    while waiting:
        lost: list[int] = []
        yield from _pool_outcomes(settings, waiting, render_group, workers, lost)
        for group in lost:
            lost_again: list[int] = []
            yield from _pool_outcomes(settings, [group], render_group, 1, lost_again)
            if lost_again:
                yield Outcome(group, None, KILLED)


def _pool_outcomes(
    settings: Settings, waiting: list[int], render_group: RenderGroup, workers: int, lost: list[int]
) -> Iterator[Outcome]:
    """Work ``waiting`` off from its end until it is empty or a worker dies; then the groups in its hands are lost."""
    with _worker_pool(min(workers, len(waiting))) as pool:
        running: dict[futures.Future[Outcome], int] = {}
        try:
            while waiting or running:
                while waiting and len(running) < workers * TASKS_AHEAD:
                    group = waiting.pop()
                    running[pool.submit(attempt_twice, render_group, settings, group)] = group
                done, _ = futures.wait(running, return_when=futures.FIRST_COMPLETED)
                for task in sorted(done, key=running.__getitem__):
                    outcome = task.result()
                    del running[task]
                    yield outcome
        except BrokenProcessPool:
            lost.extend(running.values())


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
    """Leave Ctrl-C to the main process and OpenCV on one thread; end with the main process, however it ends."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    cv2.setNumThreads(1)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)
