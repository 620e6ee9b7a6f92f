"""The command line: ``facsimile VERB``. Each verb lives in its own module of ``app.commands`` and loads when used."""

import difflib
import importlib
import sys
from typing import Any

import click

import facsimile
from facsimile.app.debug import show_cause

VERBS = {
    "demo": "The whole loop on one photo; writes a page and prints its path.",
    "render": "Draw a synthetic person making an expression.",
    "face": "Write a synthetic person's head as a GLB file.",
    "describe": "Say an expression in words: units, muscles, prototypes.",
    "express": "Turn a text into a face that says it.",
    "dataset": "Make and show labelled synthetic data sets.",
    "detect": "Read action units from photos and video.",
    "live": "Watch a camera being read, in a window or a terminal.",
    "chat": "Talk to a language model, with a face on both sides.",
    "train": "Train a reader of faces, or a language model that sees and shows them.",
    "calibrate": "Fit the reader to the labels of your own data set.",
    "evaluate": "Measure a reader on labelled faces, or a language model with a face.",
    "doctor": "Check the installation.",
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
        command: click.Command = importlib.import_module(f"facsimile.app.commands.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the verb; an unknown one is answered with the nearest that exists."""
        if args and args[0] not in VERBS and not args[0].startswith("-"):
            near = difflib.get_close_matches(args[0], VERBS, n=1)
            hint = f"; did you mean '{near[0]}'?" if near else f"; choose one of {', '.join(VERBS)}"
            raise click.UsageError(f"no verb '{args[0]}'{hint}")
        return super().resolve_command(ctx, args)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb; with ``--debug`` the traceback of an error stands before its line."""
        try:
            return super().invoke(ctx)
        except (click.exceptions.Exit, click.Abort):
            raise
        except Exception as error:
            show_cause(error)
            raise

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the verbs with their one-line help without importing them."""
        with formatter.section("Verbs"):
            formatter.write_dl(list(VERBS.items()))


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(facsimile.__version__, prog_name="facsimile")
@click.option("--debug", is_flag=True, help="Show the traceback of an error; stands before the verb.")
def cli(debug: bool) -> None:
    """Language models with a face: read, render and speak facial action units."""


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and exit: 0 done, 1 something failed, 2 the command was not understood."""
    try:
        cli(sys.argv[1:] if arguments is None else arguments, standalone_mode=True)
    except Exception as error:  # whatever it is, one line says it and --debug has shown the rest
        click.echo(f"Error: {_one_line(error)}", err=True)
        sys.exit(1)


def _one_line(error: Exception) -> str:
    words = " ".join(str(error).split())
    if isinstance(error, ValueError | OSError | ImportError):
        return words or type(error).__name__
    return f"{type(error).__name__}: {words}; a fault in facsimile, shown in full by: facsimile --debug VERB ..."
