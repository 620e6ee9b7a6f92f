"""Let Ctrl-C stop a long run between two pieces of work, not inside one."""

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def held_interrupt() -> Iterator[Callable[[], None]]:
    """Hold the first Ctrl-C until the function that is given is called, which raises KeyboardInterrupt.

    A second Ctrl-C is not held. Outside the main thread, where Python has no signals, nothing is held.
    """
    is_held = False

    def hold(number: int, frame: FrameType | None) -> None:
        nonlocal is_held
        if is_held:
            raise KeyboardInterrupt
        is_held = True

    def release() -> None:
        if is_held:
            raise KeyboardInterrupt

    if threading.current_thread() is not threading.main_thread():
        yield release
        return
    before = signal.signal(signal.SIGINT, hold)
    try:
        yield release
    finally:
        signal.signal(signal.SIGINT, before)
