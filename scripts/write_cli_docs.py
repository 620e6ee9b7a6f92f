"""Write docs/cli.md from the real ``--help`` of every verb; a test compares the two."""

from pathlib import Path

import click

from facsimile.app.cli import VERBS, cli

PAGE = Path(__file__).resolve().parent.parent / "docs" / "cli.md"
WIDTH = 100
"""Characters of a line of help."""
HEADER = """# Command line

Made from `facsimile VERB --help` by `python scripts/write_cli_docs.py`; do not edit.

Data goes to standard output, talk to standard error. Exit status: 0 done, 1 something failed (the rest was done all
the same), 2 the command was not understood, 130 `facsimile detect` or `facsimile calibrate` was stopped by Ctrl-C and
kept its rows or readings. A file is never replaced without `--force`.

Every verb has `--json`: the same result for programs, on standard output. Verbs with chance in them have `--seed`, and
the same seed gives the same result: render, describe, express, dataset make, chat (who draws the reply), demo, train,
calibrate and evaluate (the intervals; probes, trees). detect, live, dataset show and doctor have no chance in them.
`facsimile --debug VERB ...` shows the traceback of an error before its line.
"""


def help_text(command: click.Command, path: str, parent: click.Context | None) -> list[str]:
    """Return the help of a command and of its sub-commands as Markdown sections."""
    settings = {**command.context_settings, "terminal_width": WIDTH, "max_content_width": WIDTH}
    context = click.Context(command, info_name=path.split()[-1], parent=parent, **settings)
    level = "#" * (2 + path.count(" ") - 1 if " " in path else 2)
    sections = [f"{level} {path}\n\n```text\n{command.get_help(context)}\n```\n"]
    if isinstance(command, click.Group) and command is not cli:
        for name in command.list_commands(context):
            child = command.get_command(context, name)
            assert child is not None
            sections += help_text(child, f"{path} {name}", context)
    return sections


def page() -> str:
    """Return the whole page as Markdown."""
    root = click.Context(cli, info_name="facsimile", **cli.context_settings)
    sections = help_text(cli, "facsimile", None)
    for verb in VERBS:
        command = cli.get_command(root, verb)
        assert command is not None
        sections += help_text(command, f"facsimile {verb}", root)
    return HEADER + "\n" + "\n".join(sections)


if __name__ == "__main__":
    PAGE.write_text(page())
