"""``facsimile calibrate``: fit the reader's numbers to the labels of a data set of real faces."""

import importlib.util
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from facsimile.app.interruption import held_interrupt
from facsimile.app.output import refuse_overwrite, write_atomic

if TYPE_CHECKING:
    from facsimile.calibrate.run import Readings
    from facsimile.data.labelled.findings import Findings
    from facsimile.data.labelled.record import Labelled

SKLEARN_MISSING = 'calibrating needs scikit-learn: pip install "facsimile[calibrate]"'
SOURCES = ("disfa", "disfa+", "bp4d", "bp4d+", "ck+", "csv")
INTERRUPTED = 130
"""Exit status after Ctrl-C: 128 + SIGINT, as shells count."""


@click.command("calibrate", short_help="Fit the reader to the labels of your own data set.")
@click.argument("source", type=click.Choice(SOURCES))
@click.option("--data", type=click.Path(path_type=Path, exists=True), required=True,
              help="Folder in which the data set was unpacked; csv: the file.")  # fmt: skip
@click.option("-o", "--output", type=click.Path(path_type=Path, dir_okay=False), required=True,
              help="FILE.json, for `facsimile detect --calibration`.")  # fmt: skip
@click.option("--readings", type=click.Path(path_type=Path, file_okay=False),
              help="Folder where readings are kept while and after they are made. [default: beside -o]")  # fmt: skip
@click.option("--table", type=click.Path(path_type=Path, dir_okay=False, exists=True),
              help="Take readings from this table of `facsimile detect` instead of reading pictures.")  # fmt: skip
@click.option("--weights", type=click.Path(path_type=Path), help="Another reader, FILE.onnx.")
@click.option("--features", type=click.Choice(["controllers", "units", "all"]), default="controllers",
              show_default=True, help="What models see beside the unit itself, head and gaze.")  # fmt: skip
@click.option("--model", "family", type=click.Choice(["linear", "trees", "best"]), default="linear", show_default=True,
              help="Ridge and logistic regression; boosted trees; or for each unit the better of both.")  # fmt: skip
@click.option("--camera", type=click.Choice(["left", "right"]), default="left", show_default=True,
              help="disfa: which video.")  # fmt: skip
@click.option("--frame-offset", type=int, help="bp4d, bp4d+: number of the picture minus number of the frame.")
@click.option("--every", type=click.IntRange(1), default=1, show_default=True, help="Use every N-th labelled picture.")
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True, help="Threads of the reader.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="For intervals and trees.")
@click.option("--json", "as_json", is_flag=True, help="Print the measurements as JSON instead of tables.")
@click.option("--force", is_flag=True, help="Replace an existing file.")
def command(
    source: str, data: Path, output: Path, readings: Path | None, table: Path | None, weights: Path | None,
    features: str, family: str, camera: str, frame_offset: int | None, every: int, threads: int, seed: int,
    as_json: bool, force: bool,
) -> None:  # fmt: skip
    """Fit the reader's numbers to the labels of SOURCE and measure it on people left out.

    disfa, disfa+, bp4d, bp4d+ and ck+ are read as their makers lay them out; csv is a table with the columns path,
    subject and AU12, AU12_L, AU12_R or AU12_present (any units). Three parts of the people take turns in being left
    out; the tables show them. Stop it at any time; the same command goes on.

    \b
    facsimile calibrate disfa --data DISFA -o disfa.json
    facsimile calibrate csv --data labels.csv -o mine.json --model best
    facsimile detect talk.mp4 --calibration disfa.json
    """
    refuse_overwrite(output, force=force)
    if table is not None and readings is not None:
        raise click.UsageError("give --table or --readings, not both: a table has the readings")
    if importlib.util.find_spec("sklearn") is None:
        raise click.ClickException(SKLEARN_MISSING)
    from facsimile.data.labelled.findings import Findings
    from facsimile.data.labelled.sources import LoadOptions, load
    from facsimile.evaluate.tables import plain

    findings = Findings()
    try:
        options = LoadOptions(camera, frame_offset)
        records = list(load(source, data, findings, options=options))[::every]
        if not records:
            _tell(findings)
            raise click.ClickException(f"data {data}: no label has a picture")
        base = data if data.is_dir() else data.parent
        if table is not None:
            made = _from_table(records, table, weights, findings, base)
        else:
            folder = readings or output.with_name(output.stem + ".readings")
            made = _from_pictures(records, folder, weights, findings, base, threads)
        content = plain(_fitted(records, made, findings, source, features, family, seed))
    except ValueError as error:
        _tell(findings)
        raise click.ClickException(" ".join(str(error).split())) from error
    _tell(findings)
    write_atomic(output, (json.dumps(content, allow_nan=False) + "\n").encode(), force=force)
    _print(content, as_json=as_json)


def _from_pictures(
    records: "list[Labelled]", folder: Path, weights: Path | None, findings: "Findings", base: Path, threads: int
) -> "Readings":
    """Read the pictures that the folder does not have yet."""
    from tqdm import tqdm

    from facsimile.calibrate.readings import cache_for, cached_values, read_pictures
    from facsimile.calibrate.run import Readings
    from facsimile.detect.calibration import weights_hash
    from facsimile.detect.pipeline import Detector

    sha256 = weights_hash(weights)
    detector = Detector(weights, threads=threads)
    cache = cache_for(folder, detector, weights_sha256=sha256)
    try:
        with held_interrupt() as stop_if_asked, cache, tqdm(total=len(records), unit=" pictures", delay=2) as bar:

            def told(count: int) -> None:
                bar.update(count)
                stop_if_asked()

            read_pictures(records, detector, cache, base=base, told=told)
    except KeyboardInterrupt:
        click.echo(f"facsimile calibrate: stopped; {len(cache)} readings are kept in {folder}", err=True)
        sys.exit(INTERRUPTED)
    values = cached_values(records, cache, findings, base=base)
    return Readings(cache.columns, values, detector.units, sha256)


def _from_table(
    records: "list[Labelled]", table: Path, weights: Path | None, findings: "Findings", base: Path
) -> "Readings":
    """Find the readings in a table of detect, which is taken to be made with the same weights."""
    from facsimile.calibrate.readings import table_values
    from facsimile.calibrate.run import Readings
    from facsimile.detect.calibration import weights_hash
    from facsimile.detect.columns import reading_columns
    from facsimile.detect.pipeline import Detector

    detector = Detector(weights)
    columns = reading_columns(detector.units)
    found, values = table_values(records, table, columns, findings, base=base)
    if lacking := [c for c in columns if c not in found and not (c.startswith("rig_") and c.endswith("_sd"))]:
        raise ValueError(
            f"table {table}: has no column {lacking[0]}; make it with `facsimile detect` and these weights"
        )
    return Readings(found, values, detector.units, weights_hash(weights))


def _fitted(
    records: "list[Labelled]", made: "Readings", findings: "Findings", source: str, features: str,
    family: str, seed: int,
) -> dict[str, Any]:  # fmt: skip
    from tqdm import tqdm

    from facsimile.calibrate.run import CalibrateOptions, calibrate

    with tqdm(unit=" units", delay=2) as bar:

        def told(unit: str) -> None:
            bar.set_postfix_str(unit, refresh=False)
            bar.update()

        return calibrate(
            records, made, findings, options=CalibrateOptions(source, family, features, seed), told=told,
        )  # fmt: skip


def _tell(findings: "Findings") -> None:
    for line in findings.lines():
        click.echo(f"facsimile calibrate: {line}", err=True)


def _print(content: dict[str, Any], *, as_json: bool) -> None:
    from facsimile.calibrate.report import report

    if as_json:
        units = {code: {k: v for k, v in unit.items() if k != "model"} for code, unit in content["units"].items()}
        click.echo(json.dumps(content | {"units": units}))
    else:
        click.echo(report(content))
