"""Train a face-aware language model for ``facsimile train``: options to recipe, errors to one line."""

import dataclasses
import importlib.util
import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from facsimile.app.output import refuse_overwrite

if TYPE_CHECKING:
    from facsimile.train.facelm.material import Material
    from facsimile.train.facelm.recipes import FaceLMTraining

LIBRARIES_MISSING = 'face-aware language models need torch, transformers and peft: pip install "facsimile[llm]"'
RECIPE_NAMES = ("tiny_cpu", "lora_gpu")


@dataclasses.dataclass(frozen=True)
class Options:
    """What the command line says."""

    recipe: str
    data: tuple[Path, ...]
    out: Path
    steps: int | None
    seed: int
    body: Path | None
    device: str | None
    rules_off: tuple[str, ...]
    blind: tuple[str, ...]
    resume: bool
    force: bool


def need_libraries() -> None:
    """Say in one line what is missing for face-aware models, if something is."""
    if any(importlib.util.find_spec(name) is None for name in ("torch", "transformers", "peft")):
        raise click.ClickException(LIBRARIES_MISSING)


def run(options: Options, report: Callable[[str], None]) -> tuple[Path, dict[str, Any]]:
    """Train and return the model's folder and its measurements."""
    need_libraries()
    from transformers.utils import logging

    from facsimile.train.checkpoint import CHECKPOINT_NAME
    from facsimile.train.facelm.run import METRICS_NAME, train_face_lm

    logging.disable_progress_bar()  # the run has a line of its own
    if not options.resume:
        refuse_overwrite(options.out / "config.json", force=options.force, option="--out")
        refuse_overwrite(options.out / CHECKPOINT_NAME, force=options.force, option="--out")
    try:
        train_face_lm(
            _config(options), _material(options, report), folder=options.out, body=options.body,
            resume=options.resume, report=report,
        )  # fmt: skip
    except (ValueError, OSError) as error:
        raise click.ClickException(" ".join(str(error).split())) from error
    return options.out, json.loads((options.out / METRICS_NAME).read_text(encoding="utf-8"))


def _config(options: Options) -> "FaceLMTraining":
    from facsimile.train.facelm.recipes import recipe_named

    changes: dict[str, Any] = {
        "seed": options.seed, "steps": options.steps, "device": options.device, "blind": options.blind or None
    }  # fmt: skip
    return dataclasses.replace(
        recipe_named(options.recipe), **{name: value for name, value in changes.items() if value is not None}
    )


def _material(options: Options, report: Callable[[str], None]) -> "Material":
    from facsimile.language.facelm.acting import Rules
    from facsimile.train.facelm.material import material_from, world_material

    if options.data:
        return material_from(options.data, rules=Rules().off(*options.rules_off), seed=options.seed, report=report)
    if options.rules_off:
        raise click.UsageError("--rule-off changes the faces of a dialogue table; name one with --data")
    return world_material(seed=options.seed)
