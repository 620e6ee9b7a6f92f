"""What do the codecs of a face cost, and what is left of it? Rate against error per unit, on drawn performances.

    python benchmarks/face_codec.py [--minutes 6] [--json benchmarks/results/face_codec.json]

The performances have natural speed, blinks and talk (``language/performances.py``); their seeds are not those the fine
codec was trained on. ICC(3,1) and mean absolute error are of units on both sides against the track itself, at 25 frames
per second, over all frames; units that are never above A are left out.
"""

import json
from collections.abc import Callable
from pathlib import Path

import click
import numpy as np

from facsimile.evaluate.metrics import icc31
from facsimile.facs.action_units import LABEL_UNITS, NUM_LABEL_UNITS
from facsimile.facs.track import Track
from facsimile.language.codec import bits_per_frame, play
from facsimile.language.fine import encode_fine, fine_bits_per_frame, play_fine
from facsimile.language.performances import draw_performance
from facsimile.language.ticks import NUM_LEVELS, TICK_S, FaceTicks, encode_ticks, unit_columns

FIRST_SEED = 1_000_000
"""Performances of the benchmark; training takes seeds below."""
COUNTS = (4, 8, 12, 16, 24)
FRAMES_PER_TICK = 8


def performances(minutes: int) -> list[tuple[Track, FaceTicks]]:
    found = []
    for minute in range(minutes):
        played = draw_performance(np.random.default_rng([FIRST_SEED, minute]), duration_s=60)
        found.append((played.track, encode_ticks(played.track, speech_s=played.speech_s)))
    return found


def held_mean(track: Track, ticks: FaceTicks) -> np.ndarray:
    """The dumb baseline: the mean face of the track, held."""
    return np.broadcast_to(track.intensity.mean(axis=0), (len(play(ticks)), NUM_LABEL_UNITS, 2))


def errors(pairs: list[tuple[Track, FaceTicks]], rebuild: Callable[[Track, FaceTicks], np.ndarray]) -> dict:
    """Return mean absolute error and ICC per unit and their means."""
    truth, back = [], []
    for track, ticks in pairs:
        built = rebuild(track, ticks)
        truth.append(track.intensity[: len(built)])
        back.append(built)
    exact, rebuilt = np.concatenate(truth).astype(float), np.concatenate(back).astype(float)
    units = {}
    for place, code in enumerate(LABEL_UNITS):
        x, y = exact[:, place].ravel(), rebuilt[:, place].ravel()
        if x.max() > 1:
            units[code] = {"mae": round(float(np.abs(x - y).mean()), 3), "icc": round(icc31(x, y), 3)}
    means = {name: round(float(np.mean([unit[name] for unit in units.values()])), 3) for name in ("mae", "icc")}
    return {**means, "units": units}


@click.command()
@click.option("--minutes", default=6)
@click.option("--json", "json_path", type=click.Path(path_type=Path))
def main(minutes: int, json_path: Path | None) -> None:
    """Measure and print."""
    pairs = performances(minutes)
    ticks_bits = float(np.mean([bits_per_frame(ticks) for _, ticks in pairs]))
    columns = len(unit_columns(LABEL_UNITS))
    rows = {
        "mean face, held": (0.0, errors(pairs, held_mean)),
        "ticks": (ticks_bits, errors(pairs, lambda _, ticks: play(ticks).intensity)),
    }
    for count in COUNTS:
        rows[f"ticks + {count} numbers"] = (
            ticks_bits + fine_bits_per_frame(count),
            errors(
                pairs,
                lambda track, ticks, n=count: play_fine(ticks, encode_fine(track, ticks, num_numbers=n)).intensity,
            ),
        )
    bound = columns * float(np.log2(NUM_LEVELS)) / FRAMES_PER_TICK
    click.echo(f"{columns} levels per tick of {TICK_S} s without a model: {bound:.1f} bits per frame")
    click.echo("| codec | bits per frame | mean absolute error | ICC(3,1) |\n|---|---|---|---|")
    for name, (bits, found) in rows.items():
        click.echo(f"| {name} | {bits:.2f} | {found['mae']:.3f} | {found['icc']:.3f} |")
    click.echo("\n| unit | ticks: error, ICC | ticks + 24 numbers: error, ICC |\n|---|---|---|")
    full = rows[f"ticks + {COUNTS[-1]} numbers"][1]["units"]
    for code, unit in rows["ticks"][1]["units"].items():
        fine = full[code]
        click.echo(f"| {code} | {unit['mae']:.2f}, {unit['icc']:.2f} | {fine['mae']:.2f}, {fine['icc']:.2f} |")
    if json_path:
        result = {name: {"bits_per_frame": round(bits, 3), **found} for name, (bits, found) in rows.items()}
        json_path.write_text(json.dumps({"minutes": minutes, "codecs": result}, indent=1) + "\n")


if __name__ == "__main__":
    main()
