"""``facsimile describe``: an expression in words."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from facsimile.language.instructions import Face


@click.command()
@click.argument("notation", required=False)
@click.option(
    "--account", "as_account", is_flag=True, help="Say it in three steps: observations, interpretation, conclusion."
)
@click.option(
    "--instructions",
    "source",
    type=click.Path(exists=True, path_type=Path),
    help="Write questions and answers about every face of a data set's folder or a track (.csv, .parquet).",
)
@click.option(
    "-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Where --instructions go: FILE.jsonl."
)
@click.option("--limit", type=click.IntRange(min=1), help="Use the first so many faces of the source.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
@click.option("--seed", type=int, default=None, help="Vary the wording; the same seed gives the same words.")
@click.option("--force", is_flag=True, help="Replace the output if it exists.")
def command(
    notation: str | None,
    as_account: bool,
    source: Path | None,
    output: Path | None,
    limit: int | None,
    as_json: bool,
    seed: int | None,
    force: bool,
) -> None:
    """Say the expression NOTATION in words: units, muscles, sides, published patterns near it.

    NOTATION is a FACS score such as 6C+12D: unit numbers with intensity letters A-E, L or R before a number for one
    side; 0 is neutral. The words say what moves, not what someone feels.

    \b
    facsimile describe 6C+12D --account
    facsimile describe --instructions DATASET_OR_TRACK -o instructions.jsonl
    """
    if (notation is None) == (source is None):
        raise click.UsageError("give either NOTATION, such as 6C+12D, or --instructions DATASET_OR_TRACK")
    if source is not None:
        _write_instructions(source, output, limit=limit, seed=seed or 0, as_json=as_json, force=force)
        return
    if output is not None:
        raise click.UsageError("-o goes with --instructions; the words of NOTATION go to standard output")
    click.echo(_words(notation or "", seed=seed, as_account=as_account, as_json=as_json))


def _words(text: str, *, seed: int | None, as_account: bool, as_json: bool) -> str:
    from dataclasses import asdict

    from facsimile.facs.notation import NotationError, parse
    from facsimile.language.account import give_account
    from facsimile.language.describe import describe, to_text

    try:
        state = parse(text)
    except NotationError as error:
        raise click.UsageError(str(error)) from error
    if as_account:
        account = give_account(state, seed=seed)
        return json.dumps(asdict(account), indent=2) if as_json else account.text
    description = describe(state, seed=seed)
    return json.dumps(description.as_dict(), indent=2) if as_json else to_text(description)


def _write_instructions(
    source: Path, output: Path | None, *, limit: int | None, seed: int, as_json: bool, force: bool
) -> None:
    from itertools import islice

    from facsimile.app.output import refuse_overwrite, write_atomic
    from facsimile.language.instructions import write_instructions

    if output is None or output.suffix != ".jsonl":
        raise click.UsageError(f"--instructions need -o FILE.jsonl, got {output or 'no -o'}")
    refuse_overwrite(output, force=force)
    try:
        lines = list(write_instructions(islice(_faces(source), limit), seed=seed))
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    write_atomic(output, "".join(f"{line}\n" for line in lines).encode(), force=force)
    click.echo(f"wrote {output}: {len(lines)} lines", err=True)
    if as_json:
        click.echo(json.dumps({"path": str(output), "lines": len(lines)}))


def _faces(source: Path) -> "Iterator[Face]":
    """Read the faces of a data set, row by row, or of a track, wherever its score changes."""
    from facsimile.language.instructions import Face

    if source.is_dir():
        yield from _dataset_faces(source)
        return
    from facsimile.facs.track_files import read_track
    from facsimile.language.transcripts import changes_of

    for change in changes_of(read_track(source)):
        yield Face(f"{source.stem}@{change.time_s:.2f}s", change.face)


def _dataset_faces(folder: Path) -> "Iterator[Face]":
    from facsimile.data.shards import read_shards
    from facsimile.facs.expression import ActionUnits
    from facsimile.facs.notation import parse, write
    from facsimile.language.instructions import Face

    for row, intensity in enumerate(read_shards(folder).column("au")):
        yield Face(f"{folder.resolve().name}#{row}", parse(write(ActionUnits.clipped(intensity))))
