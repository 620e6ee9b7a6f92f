"""Time the stages of a batch on any device: wall seconds on a GPU, seconds of this process on a CPU."""

import time

import torch


class Timer:
    """Add up seconds by stage; every lap waits for the device."""

    def __init__(self, device: torch.device) -> None:
        self.seconds: dict[str, float] = {}
        self._device = device
        self._last = self._now()

    def lap(self, stage: str) -> None:
        """Book the time since the last lap (or the start) under ``stage``."""
        now = self._now()
        self.seconds[stage] = self.seconds.get(stage, 0.0) + now - self._last
        self._last = now

    def _now(self) -> float:
        if self._device.type == "cpu":
            return time.process_time()
        if self._device.type == "cuda":
            torch.cuda.synchronize(self._device)
        return time.perf_counter()


class NoTimer(Timer):
    """Measure nothing, for free."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}

    def lap(self, stage: str) -> None:
        """Do nothing."""
