"""Which metrics of listening faces can be won without skill? A known process, cheap tricks, the published metrics.

    python benchmarks/gaming.py [--json benchmarks/results/gaming.json] [--seed 0] [--clips 80]

Ten channels in [0, 1] at 25 frames per second for 30 s, the shape of REACT 2024. The listener is a late, partial answer
to the speaker plus motion of its own and blinks. The process is known, so the ORACLE row samples the true law given the
speaker: no honest metric may prefer anything to it.
"""

import json
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np

from facsimile.evaluate.dialogue import Measured, energy_score, frame_fd, pairing_lift, rate, window_fd
from facsimile.evaluate.dialogue_baselines import gaming_samples
from facsimile.evaluate.dialogue_report import as_json, table

CHANNELS, FRAMES, RATE, SAMPLES = 10, 750, 25, 10
LAG = 15
"""Frames by which the listener is late: 0.6 s."""
SETTLE = 50
REST = 0.05
BLINK_CHANCE, BLINK_SHAPE = 0.012, (0.4, 0.9, 0.9, 0.4)


class World:
    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng(seed)
        weights = np.abs(self.rng.normal(size=(CHANNELS, CHANNELS))) * (self.rng.random((CHANNELS, CHANNELS)) < 0.25)
        self.weights = weights / np.maximum(weights.sum(0, keepdims=True), 1e-9)

    def speakers(self, count: int) -> np.ndarray:
        x = self._smooth(count, memory=0.95)
        return np.clip(0.15 + 0.25 * x, 0, 1)

    def answer(self, speaker: np.ndarray) -> np.ndarray:
        """The part of the listener that the speaker decides."""
        mean = np.zeros_like(speaker)
        mean[:, LAG:] = 0.8 * (speaker[:, :-LAG] @ self.weights)
        return mean + REST

    def listeners(self, speaker: np.ndarray) -> np.ndarray:
        """One draw of the true law for each speaker."""
        own = 0.1 * self._smooth(len(speaker), memory=0.93)
        return np.clip(self.answer(speaker) + own + self._blinks(len(speaker)), 0, 1)

    def _smooth(self, count: int, *, memory: float) -> np.ndarray:
        x = self.rng.normal(size=(count, FRAMES + SETTLE, CHANNELS))
        for t in range(1, x.shape[1]):
            x[:, t] = memory * x[:, t - 1] + (1 - memory) * x[:, t]
        return x[:, SETTLE:] / x[:, SETTLE:].std()

    def _blinks(self, count: int) -> np.ndarray:
        shown = np.zeros((count, FRAMES, CHANNELS))
        starts = self.rng.random((count, FRAMES)) < BLINK_CHANCE
        for k, height in enumerate(BLINK_SHAPE):
            shown[:, k:, -1] = np.maximum(shown[:, k:, -1], starts[:, : FRAMES - k] * height)
        return shown


def contestants(world: World, clips: int, seed: int) -> tuple[np.ndarray, np.ndarray, dict[str, np.ndarray]]:
    past, speaker = world.speakers(clips), world.speakers(clips)
    train, truth = world.listeners(past), world.listeners(speaker)
    flat = train.reshape(-1, CHANNELS)
    root = np.linalg.cholesky(np.cov(flat.T) + 1e-9 * np.eye(CHANNELS))
    nearest = ((speaker[:, None, ::RATE] - past[None, :, ::RATE]) ** 2).sum((2, 3)).argmin(1)

    def several(draw: Callable[[], np.ndarray]) -> np.ndarray:
        return np.stack([draw() for _ in range(SAMPLES)], axis=1)

    noise = world.rng.normal
    rows = {
        "oracle": several(lambda: world.listeners(speaker)),
        "oracle's mean": world.answer(speaker)[:, None],
        **gaming_samples(train, truth, speaker, num_samples=SAMPLES, seed=seed),
        "nearest speaker's listener": train[nearest][:, None],
        "white noise, same mean and covariance": several(
            lambda: np.clip(flat.mean(0) + noise(size=truth.shape) @ root.T, 0, 1)
        ),
        "oracle and jitter": several(lambda: np.clip(world.listeners(speaker) + noise(0, 0.15, truth.shape), 0, 1)),
    }
    return speaker, truth, rows


def measured(samples: np.ndarray, truth: np.ndarray, speaker: np.ndarray) -> dict[str, Measured]:
    energy = energy_score(samples, truth, window=RATE)
    return {
        "L2 ↓": Measured(float(((samples[:, 0] - truth) ** 2).mean())),
        "FD per clip ↓": Measured(_fd_per_clip(samples[:, 0], truth)),
        "paired FD per clip ↓": Measured(_fd_per_clip(_beside(speaker, samples[:, 0]), _beside(speaker, truth))),
        "FRCorr ↑": Measured(
            float(np.max([_ccc(samples[:, k], truth) for k in range(samples.shape[1])], axis=0).mean())
        ),
        "lag of peak ↓": Measured(float(np.mean([_lag(s[0], p) for s, p in zip(samples, speaker, strict=True)]))),
        "energy ↓": rate(energy, np.ones(len(energy))),
        "pairing lift ↑": pairing_lift(samples, truth, window=RATE),
        "window-FD ↓": Measured(window_fd(samples, truth)),
    }


def _fd_per_clip(made: np.ndarray, truth: np.ndarray) -> float:
    """Frechet distance of the frames of each clip, as Ng et al. 2022 publish it."""
    return float(np.mean([frame_fd(a[None, None], b[None]) for a, b in zip(made, truth, strict=True)]))


def _beside(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    return np.concatenate([a, b], axis=-1)


def _ccc(a: np.ndarray, b: np.ndarray) -> np.ndarray:
    """Concordance of each clip, the mean over channels (Lin 1989), as REACT's FRCorr takes it."""
    shared = ((a - a.mean(1, keepdims=True)) * (b - b.mean(1, keepdims=True))).mean(1)
    return (2 * shared / (a.var(1) + b.var(1) + (a.mean(1) - b.mean(1)) ** 2 + 1e-8)).mean(1)


def _lag(a: np.ndarray, b: np.ndarray, *, longest: int = 49) -> float:
    """Frames from zero of the highest mean correlation with the speaker (REACT's FRSyn); constants have none."""
    if np.ptp(a, axis=0).max() == 0:
        return float("nan")
    found = []
    for lag in range(-longest, longest + 1, 2):
        x, y = a[max(0, lag) : FRAMES + min(0, lag)], b[max(0, -lag) : FRAMES + min(0, -lag)]
        x, y = x - x.mean(0), y - y.mean(0)
        scale = np.sqrt((x**2).sum(0) * (y**2).sum(0))
        found.append(((x * y).sum(0) / np.maximum(scale, 1e-12)).mean())
    return abs(int(np.argmax(found)) * 2 - longest)


@click.command()
@click.option("--json", "json_path", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--clips", type=int, default=80, show_default=True)
def main(json_path: Path | None, seed: int, clips: int) -> None:
    speaker, truth, samples = contestants(World(seed), clips, seed)
    rows = {name: measured(made, truth, speaker) for name, made in samples.items()}
    print(table(rows, kind="motion", synthetic=True))
    for name in ("energy ↓", "FD per clip ↓", "paired FD per clip ↓"):
        print(f"{name} is won by: {min(rows, key=lambda row: rows[row][name].value)}")
    print(f"pairing lift ↑ is won by: {max(rows, key=lambda row: rows[row]['pairing lift ↑'].value)}")
    if json_path is not None:
        json_path.write_text(json.dumps({"seed": seed, "clips": clips, "rows": as_json(rows)}, indent=1) + "\n")


if __name__ == "__main__":
    main()
