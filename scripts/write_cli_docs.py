"""Write docs/cli.md from the real ``--help`` of every verb; a test compares the two."""

from pathlib import Path

import click

from facsimile.app.cli import VERBS, cli

PAGE = Path(__file__).resolve().parent.parent / "docs" / "cli.md"
HEADER = """# Command line

Made from `facsimile VERB --help` by `python scripts/write_cli_docs.py`; do not edit.

Data goes to standard output, talk to standard error. Exit status: 0 done, 1 something failed (the rest was done all
the same), 2 the command was not understood. `-o` never replaces a file without `--force`.
"""


def help_text(command: click.Command, path: str, parent: click.Context | None) -> list[str]:
    """Return the help of a command and of its sub-commands as Markdown sections."""
    context = click.Context(
        command, info_name=path.split()[-1], parent=parent, terminal_width=100, max_content_width=100
    )
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
    root = click.Context(cli, info_name="facsimile", terminal_width=100, max_content_width=100)
    sections = help_text(cli, "facsimile", None)
    for verb in VERBS:
        command = cli.get_command(root, verb)
        assert command is not None
        sections += help_text(command, f"facsimile {verb}", root)
    return HEADER + "\n" + "\n".join(sections)


if __name__ == "__main__":
    PAGE.write_text(page())
