"""``facsimile dataset``: make labelled synthetic data sets and look at them."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from facsimile.app.output import refuse_overwrite, write_atomic
from facsimile.app.rig_option import RIG_CHOICES, RIG_HELP

if TYPE_CHECKING:
    from facsimile.studio.settings import Settings


@click.group(name="dataset")
def command() -> None:
    """Make, show and check labelled synthetic data sets."""


def recipe_options(function: Callable[..., None]) -> Callable[..., None]:
    """Add the options that name a population of images, and what draws them."""
    for option in (
        click.option("--samples", type=click.IntRange(1, 4096), default=32, show_default=True,
                     help="Light paths per pixel of cycles."),
        click.option("--engine-render", "render_engine", type=click.Choice(["raster", "cycles"]), default="raster",
                     show_default=True, help="raster, or Blender's path tracer; it needs FACSIMILE_BLENDER."),
        click.option("--rig", type=click.Choice(RIG_CHOICES), default="makehuman", show_default=True, help=RIG_HELP),
        click.option("--clip-seconds", type=click.FloatRange(0.5, 120), help="Length of a clip: sequences, affects."),
        click.option("--fps", type=click.Choice(["25", "60"]), help="Frames a second: sequences, affects."),
        click.option("--recipe", "recipe_name", default="mixed", show_default=True,
                     help="mixed, natural, social, uniform: single images; sequences, affects: clips."),
        click.option("--size", type=click.IntRange(32, 2048), default=160, show_default=True,
                     help="Pixels along each side."),
        click.option("--seed", type=click.IntRange(min=0), default=1, show_default=True, help="Seed of the whole set."),
    ):  # fmt: skip
        function = option(function)
    return function


@command.command(name="make")
@click.argument("folder", metavar="OUT", type=click.Path(file_okay=False, path_type=Path))
@click.option("-n", "--count", type=click.IntRange(min=1),
              help="Number of images. [default: 10000; affects: all ten people]")  # fmt: skip
@recipe_options
@click.option("--workers", type=click.IntRange(min=1), default=2, show_default=True, help="Processes that draw.")
@click.option("--engine", type=click.Choice(["local", "ray"]), default="local", show_default=True,
              help="local: processes of this machine; ray: a Ray cluster.")  # fmt: skip
@click.option("--ray-address", help="Cluster for --engine ray, such as auto; without it one starts on this machine.")
@click.option("--image-format", type=click.Choice(["jpeg", "png"]), default="jpeg", show_default=True,
              help="jpeg: about 6 kB at 128 px; png: lossless, about five times the size.")  # fmt: skip
@click.option("--jpeg-quality", type=click.IntRange(1, 100), default=90, show_default=True, help="Quality of a JPEG.")
@click.option("--buffers", help="Labels of every pixel to store: segmentation, depth, displacement; comma separated.")
@click.option("--dry-run", is_flag=True, help="Write nothing; print how often each unit, pose and look will occur.")
@click.option("--json", "as_json", is_flag=True, help="Print the result as JSON.")
def make(
    folder: Path, count: int | None, workers: int, engine: str, ray_address: str | None, dry_run: bool, as_json: bool,
    **drawing: Any,
) -> None:  # fmt: skip
    """Render COUNT labelled faces into Parquet shards in OUT; the same command goes on after a stop."""
    settings = _settings(count, **drawing)
    if dry_run:
        from facsimile.studio.population import format_population, population
        from facsimile.studio.report import format_occurrence, occurrence, plan

        drawn = plan(settings.recipe, settings.seed, settings.count)
        report = occurrence(drawn.action_units, drawn.head_pose_rad, occluder=drawn.occluder)
        looks = population(settings)
        both = f"{format_occurrence(report)}\n{format_population(looks)}"
        click.echo(json.dumps(report | {"people": looks}, indent=1) if as_json else both)
        return
    _render(folder, settings, workers=workers, engine=engine, ray_address=ray_address)
    click.echo(json.dumps({"folder": str(folder), "images": settings.count}) if as_json else str(folder))


def _settings(
    count: int | None, *, recipe_name: str, seed: int, size: int, rig: str, fps: str | None, clip_seconds: float | None,
    render_engine: str, samples: int, image_format: str = "jpeg", jpeg_quality: int = 90, buffers: str | None = None,
) -> "Settings":  # fmt: skip
    """Return the settings that options name; without a count, those of a whole set."""
    from facsimile.studio.recipe import recipe_named
    from facsimile.studio.settings import Settings

    try:
        recipe = recipe_named(recipe_name, fps=None if fps is None else int(fps), clip_seconds=clip_seconds)
        whole = 10_000 if recipe.max_identities is None else recipe.max_identities * recipe.images_per_identity
        return Settings(
            count=whole if count is None else count,
            seed=seed,
            size=size,
            recipe=recipe,
            image_format=image_format,
            jpeg_quality=jpeg_quality,
            buffers=tuple(name.strip() for name in buffers.split(",")) if buffers else (),
            rig=rig,
            render_engine=render_engine,
            samples=samples,
        )
    except ValueError as error:
        raise click.UsageError(str(error)) from error


def _render(folder: Path, settings: "Settings", *, workers: int, engine: str, ray_address: str | None) -> None:
    """Run the engine; turn what can go wrong into one line."""
    from facsimile.studio.engine import RenderingError, make_dataset
    from facsimile.studio.people import render_group

    again = "finished shards are kept; run the same command to go on"
    try:
        make_dataset(
            folder, settings, render_group=render_group, workers=workers, engine=engine, ray_address=ray_address
        )
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    except RenderingError as error:
        raise click.ClickException(str(error)) from error
    except OSError as error:
        raise click.ClickException(f"cannot write {folder}: {error.strerror or error}; {again}") from error
    except KeyboardInterrupt as error:
        click.echo(f"\nstopped; {again}", err=True)
        raise click.exceptions.Exit(1) from error


@command.command(name="sample")
@click.argument("index", type=click.IntRange(min=0))
@recipe_options
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), help="Picture, PNG or JPEG.")
@click.option("--force", is_flag=True, help="Replace an existing picture.")
def sample(index: int, output: Path | None, force: bool, **drawing: Any) -> None:
    """Draw sample INDEX of a data set again and print its labels as JSON."""
    from facsimile.data.shards import decode_image
    from facsimile.render.cycles.blender import BlenderError
    from facsimile.studio.people import person_of_settings, render_sample
    from facsimile.studio.sheet import encode_sheet

    if output is not None:
        refuse_overwrite(output, force=force)
    settings = _settings(index + 1, image_format="png", **drawing)
    person = person_of_settings(settings, index // settings.recipe.images_per_identity)
    try:
        row = render_sample(settings, index, person=person)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    except BlenderError as error:
        raise click.ClickException(str(error)) from error
    picture = decode_image(row.pop("image")["bytes"])
    if output is not None:
        write_atomic(output, encode_sheet(picture, output.suffix), force=force)
    click.echo(json.dumps(row))


@command.command(name="check")
@click.argument("folders", metavar="OUT...", nargs=-1, required=True,
                type=click.Path(exists=True, file_okay=False, path_type=Path))  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
def check(folders: tuple[Path, ...], as_json: bool) -> None:
    """Check data sets: files, hashes, ranges of labels, pictures, and that no person is in two of them."""
    from facsimile.studio.check import check_folders

    findings = check_folders(folders)
    if as_json:
        click.echo(json.dumps({"findings": findings}, indent=1))
    else:
        click.echo("\n".join(findings) if findings else f"{len(folders)} checked, nothing found")
    if findings:
        raise click.exceptions.Exit(1)


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
        covered = shards.column("occluder") if "occluder" in shards.column_names else None
        report = occurrence(shards.column("au"), shards.column("head_pose_rad"), occluder=covered)
        if output is not None:
            sheet = contact_sheet(shards.images, shards.column("identity"), rows=rows, columns=columns)
            write_atomic(output, encode_sheet(sheet, output.suffix), force=force)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    click.echo(json.dumps({"folder": str(folder)} | report, indent=1) if as_json else format_occurrence(report))
