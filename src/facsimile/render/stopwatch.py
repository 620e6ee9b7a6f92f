"""Time the stages of a rendering."""

import time


class Stopwatch:
    """Add up CPU seconds of this thread by stage; a lap asks the system for the time, which may cost milliseconds."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._last = time.thread_time()

    def lap(self, stage: str) -> None:
        """Book the time since the last lap (or the start) under ``stage``."""
        now = time.thread_time()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + now - self._last
        self._last = now


class NoStopwatch(Stopwatch):
    """Measure nothing, for free."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def lap(self, stage: str) -> None:
        """Do nothing."""
