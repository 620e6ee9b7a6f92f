"""``facsimile describe``: an expression in words."""

import json

import click


@click.command()
@click.argument("notation")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of text.")
@click.option("--seed", type=int, default=None, help="Vary the wording; the same seed gives the same words.")
def command(notation: str, as_json: bool, seed: int | None) -> None:
    """Say the expression NOTATION in words: units, muscles, sides, published patterns near it.

    NOTATION is a FACS score such as 6C+12D: unit numbers with intensity letters A-E, L or R before a number for one
    side; 0 is neutral. The words say what moves, not what someone feels.
    """
    from facsimile.facs.notation import NotationError, parse
    from facsimile.language.describe import describe, to_text

    try:
        description = describe(parse(notation), seed=seed)
    except NotationError as error:
        raise click.UsageError(str(error)) from error
    click.echo(json.dumps(description.as_dict(), indent=2) if as_json else to_text(description))
