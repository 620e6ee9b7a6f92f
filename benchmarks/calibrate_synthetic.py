"""Does `facsimile calibrate` help on people that it was not fitted on? Synthetic people only, labels known.

    facsimile dataset make SET -n 1440 --size 160 --recipe mixed --seed 977
    python benchmarks/calibrate_synthetic.py SET --work FOLDER [--sides] [--model best] [--json out.json]

Two thirds of the people become a table as `facsimile calibrate csv` takes it, their levels rounded as coders round, and
are fitted on; the others are read with and without the calibration. SET must not be what the reader was trained on.
What this shows is that the machinery finds what there is to find in the readings: real coders
and cameras are not in it.
"""

import csv
import json
import platform
from pathlib import Path

import click
import numpy as np
from tqdm import tqdm

from facsimile.app.commands.calibrate import command as calibrate_command
from facsimile.calibrate.readings import cache_for, cached_values, read_pictures
from facsimile.calibrate.run import Readings
from facsimile.data.labelled.findings import Findings
from facsimile.data.labelled.record import Labelled
from facsimile.data.labelled.sources import load
from facsimile.data.shards import Shards, read_shards, split_by_identity
from facsimile.detect.calibration import read_calibration, weights_hash
from facsimile.detect.pipeline import Detector
from facsimile.evaluate.agreement import Agreement, agreement
from facsimile.evaluate.bootstrap import draw_people, mean_defined, measured
from facsimile.evaluate.sample import UNIT_SETS
from facsimile.facs.action_units import LABEL_UNITS, UNITS, unit_index

FIT_SHARE = 2 / 3
STATISTICS = ("icc", "r", "mae", "f1_b", "auc")


def write_pictures(shards: Shards, folder: Path) -> list[Path]:
    """Write the pictures of a data set as files; return their names."""
    folder.mkdir(parents=True, exist_ok=True)
    identity = shards.column("identity")
    paths = [folder / f"{person}_{row:06d}.jpg" for row, person in enumerate(identity)]
    for path, content in zip(paths, shards.encoded_images(), strict=True):
        path.write_bytes(content)
    return paths


def write_labels(path: Path, shards: Shards, pictures: list[Path], rows: np.ndarray, *, sides: bool) -> None:
    """Write a table of labels: whole levels 0-5, empty where the unit cannot be seen."""
    au, visible = shards.column("au"), shards.column("au_visible").astype(bool)
    level = np.where(visible, np.floor(au + 0.5), np.nan)
    identity = shards.column("identity")
    columns: dict[str, np.ndarray] = {}
    for code in LABEL_UNITS:
        name, values = f"AU{code:02d}", level[:, unit_index(code)]
        if sides and UNITS[code].is_sided:
            columns |= {f"{name}_L": values[:, 0], f"{name}_R": values[:, 1]}
        else:
            columns[name] = values.max(1)
    with path.open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["path", "subject", *columns])
        for row in rows:
            cells = ["" if np.isnan(v[row]) else int(v[row]) for v in columns.values()]
            table.writerow([pictures[row].relative_to(path.parent).as_posix(), identity[row], *cells])


def read_both(
    table: Path, calibration_path: Path, readings_folder: Path, weights: Path | None
) -> tuple[list[Labelled], np.ndarray, np.ndarray]:
    """Return the pictures of a table and their intensities [N, A, 2] without and with the calibration."""
    records = list(load("csv", table, Findings()))
    detector = Detector(weights)
    calibration = read_calibration(calibration_path, weights=weights)
    cache = cache_for(readings_folder, detector, weights_sha256=weights_hash(weights))
    with cache, tqdm(total=len(records), unit=" pictures") as bar:
        read_pictures(records, detector, cache, base=table.parent, told=bar.update)
    values = cached_values(records, cache, Findings(), base=table.parent)
    read = Readings(cache.columns, values, detector.units, "").intensity()
    plain, told = (np.full((len(records), len(LABEL_UNITS), 2), np.nan) for _ in range(2))
    places = [unit_index(code) for code in detector.units]
    plain[:, places] = read
    told[:, places] = calibration.levels(values, read, units=detector.units)[0]
    return records, plain, told


def compare(truth: np.ndarray, plain: np.ndarray, told: np.ndarray, person: np.ndarray, units: list[int]) -> dict:
    """Return each statistic of both and their difference, per set of units and per unit, over the held-out people."""
    people = draw_people(person, seed=0)
    answers: dict[str, Agreement] = {
        "reader": agreement(people, truth, plain),
        "calibrated": agreement(people, truth, told),
    }
    result: dict = {}
    sets = {name: [c for c in codes if c in units] for name, codes in UNIT_SETS.items()} | {
        f"AU{code:02d}": [code] for code in units
    }
    for name, codes in sets.items():
        places = [unit_index(code) for code in codes]
        result[name] = {}
        for statistic in STATISTICS:
            draws = {k: mean_defined(getattr(a, statistic)[:, places]) for k, a in answers.items()}
            draws["gain"] = draws["calibrated"] - draws["reader"]
            result[name][statistic] = {k: list(measured(d)) for k, d in draws.items()}
    return result


def _rounded(row: dict) -> dict:
    """Return numbers with four decimals, null for NaN."""
    return {k: {n: [None if x != x else round(x, 4) for x in v] for n, v in s.items()} for k, s in row.items()}


def show(result: dict) -> None:
    for statistic in STATISTICS:
        print(f"\n{statistic:8}{'reader':>10}{'calibrated':>12}   gain")
        for name, row in result.items():
            value = row[statistic]
            low, high = value["gain"][1:]
            print(
                f"{name:14}{value['reader'][0]:6.3f}{value['calibrated'][0]:10.3f}   "
                f"{value['gain'][0]:+.3f} ({low:+.3f} to {high:+.3f})"
            )


@click.command()
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--work", type=click.Path(file_okay=False, path_type=Path), required=True)
@click.option("--sides", is_flag=True, help="Labels by side instead of for the face.")
@click.option("--model", default="linear")
@click.option("--features", default="controllers")
@click.option("--weights", type=click.Path(exists=True, path_type=Path))
@click.option("--json", "json_path", type=click.Path(path_type=Path))
def main(
    folder: Path, work: Path, sides: bool, model: str, features: str, weights: Path | None, json_path: Path | None
) -> None:
    shards = read_shards(folder)
    pictures = write_pictures(shards, work / "pictures")
    identity = shards.column("identity").astype(np.int64)
    fit_rows, held = split_by_identity(identity, (FIT_SHARE, 1 - FIT_SHARE))
    write_labels(work / "fit.csv", shards, pictures, fit_rows, sides=sides)
    made = work / "calibration.json"
    arguments = ["csv", "--data", work / "fit.csv", "-o", made, "--readings", work / "readings", "--model", model]
    arguments += ["--features", features, "--force", *(["--weights", weights] if weights else [])]
    calibrate_command([str(a) for a in arguments], standalone_mode=False)
    write_labels(work / "held.csv", shards, pictures, held, sides=sides)
    records, plain, told = read_both(work / "held.csv", made, work / "readings", weights)
    held = np.array([int(record.picture.stem.split("_")[1]) for record in records])
    visible = shards.column("au_visible").astype(bool)[held]
    truth = np.where(visible, shards.column("au")[held], np.nan).max(2).astype(np.float64)
    units = sorted(int(code) for code in json.loads(made.read_text())["units"])
    result = compare(truth, plain.max(2), told.max(2), identity[held], units)
    num_fit, num_held = len(np.unique(identity[fit_rows])), len(np.unique(identity[held]))
    print(
        f"\nfitted on {num_fit} people, measured on {num_held} others ({len(held)} pictures); larger side of each unit"
    )
    show(result)
    if json_path:
        about = {
            "people": [num_fit, num_held], "sides": sides, "model": model, "features": features,
            "manifest": {k: shards.manifest.get(k) for k in ("recipe", "seed", "count", "rig", "code")},
            "weights_sha256": json.loads(made.read_text())["weights_sha256"], "numpy": np.__version__,
            "machine": platform.platform(),
        }  # fmt: skip
        lines = ",\n".join(f"  {json.dumps(name)}: {json.dumps(_rounded(row))}" for name, row in result.items())
        head = json.dumps(about, indent=1)[:-2]
        json_path.write_text(f'{head},\n "held_out": {{\n{lines}\n }}\n}}\n')


if __name__ == "__main__":
    main()
