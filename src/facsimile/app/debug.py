"""Show where an error came from, when ``--debug`` asks for it."""

import sys
import traceback

import click


def is_debugging() -> bool:
    """Return whether the command line began with ``facsimile --debug``."""
    context = click.get_current_context(silent=True)
    return bool(context and context.find_root().params.get("debug"))


def show_cause(error: BaseException) -> None:
    """Print the traceback of ``error`` and of what caused it on standard error, if ``--debug`` was given."""
    if is_debugging():
        traceback.print_exception(error, file=sys.stderr)
