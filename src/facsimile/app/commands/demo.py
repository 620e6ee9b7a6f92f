"""``facsimile demo``: the whole loop on one photo, told on one page."""

import json
import webbrowser
from pathlib import Path

import click

from facsimile.app.rig_option import RIG_CHOICES, RIG_HELP


@click.command()
@click.argument("photo", required=False, type=click.Path(dir_okay=False, path_type=Path))
@click.option(
    "-o", "--output", type=click.Path(file_okay=False, path_type=Path), default=Path("demo"), show_default=True,
    help="Folder for index.html.",
)  # fmt: skip
@click.option("--seed", type=click.IntRange(min=0), default=7, show_default=True, help="Which synthetic people.")
@click.option("--rig", type=click.Choice(RIG_CHOICES), default="makehuman", show_default=True, help=RIG_HELP)
@click.option("--open", "opens", type=click.Choice(["yes", "no"]), default="no", show_default=True,
              help="Show the page in the browser.")  # fmt: skip
@click.option("--json", "as_json", is_flag=True, help="Print the page's path and what was read and said as JSON.")
@click.option("--force", is_flag=True, help="Replace a page made for another photo or seed.")
def command(photo: Path | None, output: Path, seed: int, rig: str, opens: str, as_json: bool, force: bool) -> None:
    """Take PHOTO once round the loop and write a page about it; print the page's path.

    Read the face, write it as notation and words, put it on synthetic people, answer it; then check the reader on a
    drawn face whose truth is known. Without PHOTO the astronaut of scikit-image is used (pip install
    'facsimile[demo]'), without that the drawn face.
    """
    from facsimile.app.demo.page import build_page
    from facsimile.app.demo.story import tell
    from facsimile.app.output import refuse_overwrite, write_atomic
    from facsimile.app.pages.markup import printable

    page = output / "index.html"
    refuse_overwrite(page, force=force)
    try:
        story = tell(photo, seed=seed, rig=rig, progress=lambda step: click.echo(f"{step} ...", err=True))
    except (ValueError, ImportError) as error:
        raise click.ClickException(str(error)) from error
    write_atomic(page, build_page(story).encode("utf-8"), force=force)
    told = {
        "page": str(page),
        "photo": printable(story.photo_name),
        "notation": story.notation,
        "reply": story.reply.words,
    }
    click.echo(json.dumps(told, ensure_ascii=False) if as_json else str(page))
    if opens == "yes":
        webbrowser.open(page.resolve().as_uri())
