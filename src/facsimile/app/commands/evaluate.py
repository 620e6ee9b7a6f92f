"""``facsimile evaluate``: how well a reader reads faces whose truth is known, or a language model uses faces."""

import json
from pathlib import Path
from typing import Any

import click

from facsimile.app.output import refuse_overwrite, write_atomic

REPORT_SUFFIXES = (".html", ".md")


class Measures(click.Group):
    """Say what can be measured when something else is asked for."""

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find the sub-command; a subject in its place is answered with the line to write."""
        if args and args[0] not in self.commands and not args[0].startswith("-"):
            line = f"reader --weights {args[0]} --data DIR" if args[0].endswith(".onnx") else f"language {args[0]}"
            raise click.UsageError(
                f"no measure '{args[0]}'; choose reader or language, for example: facsimile evaluate {line}"
            )
        return super().resolve_command(ctx, args)


@click.group("evaluate", cls=Measures)
def command() -> None:
    """Measure a reader on labelled faces, or a language model with a face."""


@command.command("reader")
@click.option("--data", "folders", type=click.Path(path_type=Path), multiple=True, required=True,
              help="Folder of `facsimile dataset make`; repeatable: another rig, renderer or recipe.")  # fmt: skip
@click.option("--weights", type=click.Path(path_type=Path), multiple=True,
              help="File of `facsimile train`; repeatable. [default: the shipped reader]")  # fmt: skip
@click.option("--part", type=click.Choice(["train", "development", "test", "all"]), default="test", show_default=True,
              help="People; test: those that training on this data set leaves out and decides nothing on.")  # fmt: skip
@click.option("--by-rig", is_flag=True, help="Measure the faces of each rig in a data set apart.")
@click.option("--detector", "with_detector", is_flag=True,
              help="Find faces as `facsimile detect` does; else crops are cut by the true landmarks.")  # fmt: skip
@click.option("--neutral/--no-neutral", "with_neutral", default=True, show_default=True,
              help="Read once more with another picture of the same person at rest.")  # fmt: skip
@click.option("--baselines/--no-baselines", "with_baselines", default=True, show_default=True,
              help="Answers that need no network, in the same tables.")  # fmt: skip
@click.option("--probes", type=click.IntRange(0), default=24, show_default=True,
              help="People drawn for the half-face test; pictures mirrored, halved, greyed; 0: none.")  # fmt: skip
@click.option("--limit", type=click.IntRange(1), help="Read at most so many pictures of each data set.")
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True, help="Threads of the reader.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="For intervals and probes.")
@click.option("-o", "--out", type=click.Path(path_type=Path, dir_okay=False),
              help="Write a report with plots (.html), or the tables (.md).")  # fmt: skip
@click.option("--force", is_flag=True, help="Replace the report.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
def reader_command(
    folders: tuple[Path, ...], weights: tuple[Path, ...], out: Path | None, force: bool, as_json: bool, **options: Any
) -> None:
    """Measure readers on labelled faces, beside answers that need no network.

    Per action unit and side: ICC(3,1), correlation, mean error, slope, F1 at B and at C, AUC; means over the units of
    DISFA and BP4D; whether left and right are told apart; landmarks, head and gaze; whether stated deviations are
    honest; units that look alike; groups of people. Ranges hold 95 % over people.

    \b
    facsimile evaluate reader --data faces/
    facsimile evaluate reader --data faces/ --weights runs/a/reader.onnx --weights runs/b/reader.onnx -o report.html
    facsimile evaluate reader --data makehuman/ --data ict/ --part all
    """
    if out is not None:
        if out.suffix not in REPORT_SUFFIXES:
            raise click.UsageError(f"-o {out}: the name must end in {' or '.join(REPORT_SUFFIXES)}")
        refuse_overwrite(out, force=force)
    from facsimile.app.reader_report import Plan, measure, page_of, text_of

    try:
        result = measure(Plan(folders, weights or (None,), **options))
    except ValueError as error:
        raise click.ClickException(" ".join(str(error).split())) from error
    if out is not None:
        write_atomic(out, page_of(result, out.suffix).encode(), force=force)
        click.echo(f"wrote {out}", err=True)
    click.echo(json.dumps(result) if as_json else text_of(result))


@command.command("language")
@click.argument("subject")
@click.option("--data", "folder", type=click.Path(path_type=Path),
              help="facelm: dialogues as for `facsimile train`; without it the synthetic world that the model grew up "
              "in.")  # fmt: skip
@click.option("--against", type=click.Path(path_type=Path, exists=True, file_okay=False), multiple=True,
              help="facelm: a model trained with --blind on the same data; repeatable.")  # fmt: skip
@click.option("--rule-off", "rules_off", multiple=True,
              type=click.Choice(["emotion", "question", "mouth", "blinks", "mimicry", "nods"]),
              help="facelm: as in training, for --data that is a table; repeatable.")  # fmt: skip
@click.option("--only", type=click.Choice(["tasks", "conversation"]), help="facelm: one half of the report.")
@click.option("--groups", type=click.IntRange(1), default=40, show_default=True, help="Questions of each task.")
@click.option("--model", help="Servers: the model to ask for; its first one if not given.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="For intervals and questions.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
def language_command(
    subject: str, folder: Path | None, against: tuple[Path, ...], rules_off: tuple[str, ...], only: str | None,
    groups: int, model: str | None, seed: int, as_json: bool,
) -> None:  # fmt: skip
    """Measure a language model with a face.

    SUBJECT is named as for `facsimile chat --backend`: six kinds of questions that need faces, each asked with the
    right face, none and a wrong one; how answers had to be read; bits of the right answer where the model states
    chances (local:). The referees oracle, random and parrot prove the scoring.

    facelm:FOLDER also on held-out dialogues: bits of words and faces, free runs, onsets of smiles and blinks, hold or
    shift. No table is printed without its baseline rows: models trained with --blind, named with --against.

    \b
    facsimile evaluate language http://localhost:8080
    facsimile evaluate language facelm:runs/facelm --against runs/no-faces --against runs/no-partner \\
        --against runs/no-words
    """
    from facsimile.app.language_evaluation import Request, is_language_model, report_language

    if not is_language_model(subject):
        raise click.UsageError(
            f"{subject!r} is no language model: give echo, an address such as http://localhost:8080, facelm:, local:, "
            "gguf: or replay: before a path, or oracle, random or parrot"
        )
    request = Request(subject, folder, against, rules_off, only, groups, model, seed)
    click.echo(report_language(request, as_json=as_json))
