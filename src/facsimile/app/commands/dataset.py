"""``facsimile dataset``: make labelled synthetic data sets and look at them."""

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from facsimile.app.output import refuse_overwrite, write_atomic
from facsimile.app.rig_option import RIG_CHOICES, RIG_HELP

if TYPE_CHECKING:
    from facsimile.studio.settings import Settings


@click.group(name="dataset")
def command() -> None:
    """Make and show labelled synthetic data sets."""


@command.command(name="make")
@click.argument("folder", metavar="OUT", type=click.Path(file_okay=False, path_type=Path))
@click.option("-n", "--count", type=click.IntRange(min=1), default=10_000, show_default=True, help="Number of images.")
@click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Seed of the whole set.")
@click.option("--size", type=click.IntRange(32, 2048), default=160, show_default=True, help="Pixels along each side.")
@click.option("--recipe", "recipe_name", default="mixed", show_default=True, help="mixed or uniform.")
@click.option("--workers", type=click.IntRange(min=1), default=2, show_default=True, help="Processes that draw.")
@click.option("--image-format", type=click.Choice(["jpeg", "png"]), default="jpeg", show_default=True,
              help="jpeg: quality 95; png: lossless, about three times the size.")  # fmt: skip
@click.option("--rig", type=click.Choice(RIG_CHOICES), default="makehuman", show_default=True, help=RIG_HELP)
@click.option("--dry-run", is_flag=True, help="Write nothing; print how often each unit, side and pose will occur.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def make(
    folder: Path, count: int, seed: int, size: int, recipe_name: str, workers: int, image_format: str,
    rig: str, dry_run: bool, as_json: bool,
) -> None:  # fmt: skip
    """Render COUNT labelled faces into Parquet shards in OUT; the same command goes on after a stop."""
    from facsimile.studio.recipe import recipe_named
    from facsimile.studio.settings import Settings

    try:
        recipe = recipe_named(recipe_name)
        settings = Settings(count=count, seed=seed, size=size, recipe=recipe, image_format=image_format, rig=rig)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if dry_run:
        from facsimile.studio.report import format_occurrence, occurrence, plan

        drawn = plan(recipe, seed, count)
        report = occurrence(drawn.action_units, drawn.head_pose_rad)
        click.echo(json.dumps(report, indent=1) if as_json else format_occurrence(report))
        return
    _render(folder, settings, workers)
    click.echo(json.dumps({"folder": str(folder), "images": count}) if as_json else str(folder))


def _render(folder: Path, settings: "Settings", workers: int) -> None:
    """Run the engine; turn what can go wrong into one line."""
    from facsimile.studio.engine import RenderingError, make_dataset
    from facsimile.studio.people import render_group

    again = "finished shards are kept; run the same command to go on"
    try:
        make_dataset(folder, settings, render_group=render_group, workers=workers)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    except RenderingError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"cannot write {folder}: {error.strerror or error}; {again}") from error
    except KeyboardInterrupt as error:
        click.echo(f"\nstopped; {again}", err=True)
        raise click.exceptions.Exit(1) from error


@command.command(name="show")
@click.argument("folder", metavar="OUT", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Contact sheet, PNG or JPEG.")
@click.option("--rows", type=click.IntRange(1, 64), default=8, show_default=True, help="People on the sheet.")
@click.option("--columns", type=click.IntRange(1, 64), default=8, show_default=True, help="Images per person.")
@click.option("--force", is_flag=True, help="Replace an existing sheet.")
@click.option("--json", "as_json", is_flag=True, help="Print the statistics as JSON.")
def show(folder: Path, output: Path | None, rows: int, columns: int, force: bool, as_json: bool) -> None:
    """Print label statistics of the data set in OUT; with -o also draw a contact sheet, one person per row."""
    from facsimile.data.shards import read_shards
    from facsimile.studio.report import format_occurrence, occurrence
    from facsimile.studio.sheet import contact_sheet, encode_sheet

    if output is not None:
        refuse_overwrite(output, force=force)
    try:
        shards = read_shards(folder)
        report = occurrence(shards.column("au"), shards.column("head_pose_rad"))
        if output is not None:
            sheet = contact_sheet(shards.images, shards.column("identity"), rows=rows, columns=columns)
            write_atomic(output, encode_sheet(sheet, output.suffix), force=force)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    click.echo(json.dumps({"folder": str(folder)} | report, indent=1) if as_json else format_occurrence(report))
