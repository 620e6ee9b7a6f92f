"""How much jitter the One-Euro filter takes out of video, how late it makes it, and what a baseline per person gives.

    python benchmarks/video_noise.py FOLDER [--clips 6] [--seconds 8] [--weights reader.onnx] [--grid]

Clips of synthetic people are rendered into FOLDER once (recipe `natural`, moving, 25 frames a second), with camera
noise in every frame and the loss of MPEG-4; what is true in every frame is kept beside them. Jitter is the standard
deviation of the change from frame to frame while nothing in the truth moves; lag is the shift that fits the filtered
curve best to the unfiltered one; r and CCC are against the truth, over all people together.
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import cv2
import numpy as np

from facsimile.detect import smoothing
from facsimile.detect.baseline import BASELINES
from facsimile.detect.faces import Face
from facsimile.detect.pipeline import Detector
from facsimile.detect.smoothing import DIALS, Dial, FaceSmoother
from facsimile.evaluate.metrics import pearson
from facsimile.facs.action_units import unit_index
from facsimile.render.renderer import render
from facsimile.studio.people import person_of_settings, scene_of
from facsimile.studio.recipe import Clips, moving, natural
from facsimile.studio.settings import Settings
from facsimile.studio.shots import shot

SIZE, FPS, SEED = 192, 25, 5
NOISE = 4.0
"""Standard deviation of the camera's noise, 8-bit levels: a telephone indoors."""
STILL, MOVES = 0.02, 1.0
"""What changes by less over five frames in truth is still (intensities, radians); a unit that spans more moves."""
KINDS = ("intensity", "landmarks", "head_pose_rad", "gaze_rad")
SHIFTS = np.arange(0, 7.01, 0.25)
"""Lags tried, in frames."""


def settings_of(clips: int, seconds: float) -> Settings:
    recipe = moving(natural(), Clips(fps=FPS, seconds=seconds, per_identity=1))
    return Settings(count=clips * recipe.images_per_identity, seed=SEED, size=SIZE, recipe=recipe)


def render_clip(folder: Path, settings: Settings, number: int) -> None:
    """Write one clip and its truth."""
    rng = np.random.default_rng(number)
    person = person_of_settings(settings, number)
    video = cv2.VideoWriter(str(folder / f"{number}.mp4"), cv2.VideoWriter_fourcc(*"mp4v"), FPS, (SIZE, SIZE))
    truth: dict[str, list[np.ndarray]] = {kind: [] for kind in KINDS}
    for index in settings.indices_of(number):
        this = shot(settings.recipe, settings.seed, index)
        drawn = render(scene_of(this, person, seed=settings.seed, size=settings.size))
        noisy = np.clip(drawn.image + rng.normal(0, NOISE, drawn.image.shape), 0, 255).astype(np.uint8)
        video.write(cv2.cvtColor(noisy, cv2.COLOR_RGB2BGR))
        truth["intensity"].append(drawn.au)
        truth["landmarks"].append(drawn.landmarks)
        truth["head_pose_rad"].append(drawn.head_pose_rad)
        truth["gaze_rad"].append(drawn.gaze_rad.mean(0))
    video.release()
    np.savez(folder / f"{number}.npz", **{kind: np.stack(values) for kind, values in truth.items()})


def readings(folder: Path, clips: int, **choices: Any) -> list[list[Face | None]]:
    """Read each clip without smoothing; None for a frame without a face."""
    detector = Detector(smooth=False, **choices)
    return [
        [frame.faces[0] if frame.faces else None for frame in detector.stream(folder / f"{number}.mp4")]
        for number in range(clips)
    ]


def smoothed(clip: list[Face | None]) -> list[Face | None]:
    smoother = FaceSmoother()
    return [face and smoother.smoothed(face, time_s=i / FPS) for i, face in enumerate(clip)]


def pairs(
    clips: list[list[Face | None]], truths: list[dict[str, np.ndarray]], kind: str
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield, per clip, readings and truth as [T, N] over the frames from the first second on that have a face."""
    for clip, truth in zip(clips, truths, strict=True):
        seen = [i for i, face in enumerate(clip) if face is not None and i >= FPS]
        if not seen:
            continue
        first = clip[seen[0]]
        assert first is not None
        rows = [unit_index(code) for code in first.units] if kind == "intensity" else slice(None)
        read = np.stack([getattr(clip[i], kind).ravel() for i in seen])
        yield read, np.stack([truth[kind][i][rows].ravel() for i in seen])


def jitter(pairs_: Iterator[tuple[np.ndarray, np.ndarray]], *, subtract_truth: bool) -> float:
    """Return the standard deviation of the change between frames, while units are still or beside the true change."""
    changes = []
    for read, true in pairs_:
        step = np.diff(read, axis=0)
        if subtract_truth:
            changes.append((step - np.diff(true, axis=0)).ravel())
        else:
            spread = np.stack([np.roll(true, k, 0) for k in (-2, -1, 0, 1, 2)])
            still = (np.ptp(spread, axis=0) < STILL)[1:]
            changes.append(step[still & (read[1:] > 0)])
    return float(np.concatenate(changes).std())


def lag_ms(raw: Iterator[Any], after: Iterator[Any], *, span: float) -> float:
    """Return the median over moving curves of the shift of ``after`` against ``raw`` in milliseconds."""
    lags = []
    for (before, true), (later, _) in zip(raw, after, strict=True):
        times = np.arange(len(before), dtype=float)
        for k in np.flatnonzero(np.ptp(true, axis=0) > span):
            if np.ptp(before[:, k]) < 1e-3:
                continue
            misses = [((np.interp(times[7:], times + s, before[:, k]) - later[7:, k]) ** 2).mean() for s in SHIFTS]
            lags.append(SHIFTS[int(np.argmin(misses))] * 1000 / FPS)
    return float(np.mean(lags))


def agreement(pairs_: Iterator[tuple[np.ndarray, np.ndarray]]) -> dict[str, float]:
    """Return r and CCC, all people together, as means over units and sides that move; and the mean reading at rest."""
    read, true = (np.concatenate(part) for part in zip(*pairs_, strict=True))
    moving_ = np.flatnonzero(np.ptp(true, axis=0) > MOVES)
    values = [(pearson(true[:, k], read[:, k]), concordance(true[:, k], read[:, k])) for k in moving_]
    r, ccc = np.nanmean(values, axis=0)
    return {"r": float(r), "ccc": float(ccc), "at rest": float(read[true < STILL].mean())}


def concordance(true: np.ndarray, read: np.ndarray) -> float:
    """Return Lin's concordance."""
    shared = 2 * np.cov(true, read, bias=True)[0, 1]
    return float(shared / (true.var() + read.var() + (true.mean() - read.mean()) ** 2))


def report_smoothing(raw: list[list[Face | None]], truths: list[dict[str, np.ndarray]]) -> dict[str, Any]:
    after = [smoothed(clip) for clip in raw]
    rows = {}
    for kind in KINDS:
        has_rests = kind in ("intensity", "gaze_rad")
        span = {"intensity": MOVES, "landmarks": 4.0, "head_pose_rad": 0.05, "gaze_rad": 0.1}[kind]
        rows[kind] = {
            "jitter raw": jitter(pairs(raw, truths, kind), subtract_truth=not has_rests),
            "jitter": jitter(pairs(after, truths, kind), subtract_truth=not has_rests),
            "lag ms": lag_ms(pairs(raw, truths, kind), pairs(after, truths, kind), span=span),
            "error raw": residual(pairs(raw, truths, kind)),
            "error": residual(pairs(after, truths, kind)),
        }
    rows["intensity"]["r raw"] = agreement(pairs(raw, truths, "intensity"))["r"]
    rows["intensity"]["r"] = agreement(pairs(after, truths, "intensity"))["r"]
    return rows


def residual(pairs_: Iterator[tuple[np.ndarray, np.ndarray]]) -> float:
    """Return the standard deviation of reading minus truth within a clip, its mean taken off."""
    misses = [(read - true) - (read - true).mean(0) for read, true in pairs_]
    return float(np.concatenate([m.ravel() for m in misses]).std())


@click.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.option("--clips", default=6)
@click.option("--seconds", default=8.0)
@click.option("--weights", type=click.Path(path_type=Path))
@click.option("--grid", is_flag=True, help="Try many settings of the filter.")
@click.option("--json", "json_path", type=click.Path(path_type=Path))
def main(folder: Path, clips: int, seconds: float, weights: Path | None, grid: bool, json_path: Path | None) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    settings = settings_of(clips, seconds)
    for number in range(clips):
        if not (folder / f"{number}.npz").exists():
            render_clip(folder, settings, number)
    truths = [dict(np.load(folder / f"{number}.npz")) for number in range(clips)]
    raw = readings(folder, clips, weights=weights)
    found = sum(face is not None for clip in raw for face in clip)
    print(f"{clips} clips, {sum(map(len, raw))} frames, {found} with a face")
    usual = dict(DIALS)
    for cutoff, beta in [(c, b) for c in (0.5, 1, 2) for b in (0.25, 1, 4)] if grid else [(1, 1)]:
        smoothing.DIALS.update({name: Dial(d.min_cutoff_hz * cutoff, d.beta * beta) for name, d in usual.items()})
        rows = report_smoothing(raw, truths)
        print(f"cut-off x {cutoff}, beta x {beta}")
        for kind, row in rows.items():
            print(f"  {kind:14}", "  ".join(f"{name} {value:.4g}" for name, value in row.items()))
    smoothing.DIALS.update(usual)
    baselines = {
        kind: agreement(pairs(readings(folder, clips, weights=weights, baseline=kind), truths, "intensity"))
        for kind in BASELINES
    }
    for kind, row in baselines.items():
        print(f"baseline {kind:8}", "  ".join(f"{name} {value:.3f}" for name, value in row.items()))
    if json_path:
        json_path.write_text(json.dumps({"smoothing": rows, "baselines": baselines}, indent=1) + "\n")


if __name__ == "__main__":
    main()
