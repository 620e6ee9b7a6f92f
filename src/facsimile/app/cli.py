"""The command line: ``facsimile VERB``. Each verb lives in its own module of ``app.commands`` and loads when used."""

import importlib
import sys

import click

import facsimile

VERBS = {
    "demo": "the whole loop on one photo; writes a page and prints its path",
    "render": "draw a synthetic person making an expression",
    "describe": "say an expression in words: units, muscles, prototypes",
    "dataset": "make and show labelled synthetic data sets",
    "detect": "read action units from photos and video",
    "chat": "talk to a language model, with a face on both sides",
    "train": "train a reader on a data set",
    "evaluate": "measure a reader on a data set",
    "doctor": "check the installation",
}


class LazyGroup(click.Group):
    """Import a verb's module only when that verb is used, so that ``--help`` answers at once."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """Return the verbs in reading order."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load one verb; None if there is no such verb."""
        if cmd_name not in VERBS:
            return None
        return importlib.import_module(f"facsimile.app.commands.{cmd_name}").command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(facsimile.__version__, prog_name="facsimile")
@click.option("--debug", is_flag=True, help="Show the traceback of an error.")
def cli(debug: bool) -> None:
    """Language models with a face: read, render and speak facial action units."""


def main() -> None:
    """Run the command line; the console script."""
    sys.exit(cli())
