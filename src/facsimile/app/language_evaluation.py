"""Measure a language model for ``facsimile evaluate``: address to report, errors to one line."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from facsimile.app.facelm_training import need_libraries
from facsimile.language.opening import FACELM_PREFIX, names_backend

if TYPE_CHECKING:
    from facsimile.app.facelm_evaluation import Rows, Subject, Trial
    from facsimile.train.facelm.material import Material

REFEREE_NAMES = ("oracle", "random", "parrot")
WORLD_NAME = "two-way world"


@dataclass(frozen=True)
class Request:
    """What the command line says."""

    subject: str
    data: Path | None
    against: tuple[Path, ...]
    rules_off: tuple[str, ...]
    only: str | None
    groups: int
    model: str | None
    seed: int


def is_language_model(subject: str) -> bool:
    """Whether the subject is a backend or a referee, not a file of weights."""
    return subject in REFEREE_NAMES or names_backend(subject)


def report_language(request: Request, *, as_json: bool) -> str:
    """Return the report as Markdown or JSON; what goes wrong is a one-line error of click."""
    from facsimile.language.backends import BackendError

    is_facelm = request.subject.startswith(FACELM_PREFIX)
    if not is_facelm and (request.data or request.against or request.rules_off or request.only):
        raise click.UsageError("--data, --against, --rule-off and --only go with facelm:FOLDER; others answer tasks")
    result: dict[str, Any] = {"subject": request.subject, "seed": request.seed}
    texts = []
    try:
        if is_facelm and request.only != "tasks":
            conversation, text = _conversation(request)
            result, texts = result | {"conversation": conversation}, [text]
        if request.only != "conversation":
            tasks, text = _tasks(request)
            result, texts = result | {"tasks": tasks}, [*texts, text]
    except (BackendError, ValueError, OSError, ImportError) as error:
        raise click.ClickException(" ".join(str(error).split())) from error
    return json.dumps(result) if as_json else "\n\n".join(texts)


def _tasks(request: Request) -> tuple[dict[str, Any], str]:
    from facsimile.app.task_evaluation import ask_tasks, task_json, task_text

    name, results = ask_tasks(request.subject, num_groups=request.groups, seed=request.seed, model=request.model)
    head = f"{name}: {request.groups} questions a task, seed {request.seed}"
    return {"backend": name, **task_json(name, results)}, f"{head}\n\n{task_text(name, results)}"


def _conversation(request: Request) -> tuple[dict[str, Any], str]:
    folders = [Path(request.subject.removeprefix(FACELM_PREFIX)), *request.against]
    for folder in folders:
        if not folder.is_dir():
            raise ValueError(f"{folder} holds no face-aware model; make one with: facsimile train tiny_cpu --out DIR")
    need_libraries()
    from transformers.utils import logging

    from facsimile.app.facelm_evaluation import check_rows, conversation_tables, conversation_text, load
    from facsimile.evaluate.dialogue_report import as_json

    logging.disable_progress_bar()
    subject, *others = [load(folder) for folder in folders]
    check_rows(others)
    trial = _trial(request, subject)
    click.echo(f"measuring on {len(trial.held_out)} held-out dialogues", err=True)
    tables: dict[str, Rows] = conversation_tables(subject, others, trial)
    text = conversation_text(tables, is_world=trial.is_world)
    if "turns" not in tables:
        click.echo("hold or shift: left out, in these dialogues the turn never passes over or never stays", err=True)
    return {kind: as_json(rows) for kind, rows in tables.items()}, text


def _trial(request: Request, subject: "Subject") -> "Trial":
    from facsimile.app.facelm_evaluation import trial_of

    material = _material(request, subject)
    return trial_of(material, num_ticks=subject.training["num_ticks"], is_world=material.name == WORLD_NAME)


def _material(request: Request, subject: "Subject") -> "Material":
    from facsimile.language.facelm.acting import Rules
    from facsimile.train.facelm.material import material_from, world_material

    seed = int(subject.training["seed"])
    if request.data is not None:
        return material_from([request.data], rules=Rules().off(*request.rules_off), seed=seed)
    if subject.training["data"] != WORLD_NAME:
        raise ValueError(f"{request.subject} was trained on {subject.training['data']}; name that with --data")
    return world_material(seed=seed)
