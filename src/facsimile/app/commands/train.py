"""``facsimile train RECIPE --data DIR --out DIR``: data in, a reader or a face-aware language model out."""

import dataclasses
import difflib
import importlib.util
import json
from pathlib import Path

import click

from facsimile.app.facelm_training import RECIPE_NAMES, Options, run
from facsimile.app.output import refuse_overwrite

READER_RECIPES = ("small_cpu", "small_gpu", "resnet101_gpu")
TORCH_MISSING = 'training needs torch: pip install "facsimile[train]"'


@click.command()
@click.argument("recipe")
@click.option("--data", type=click.Path(path_type=Path, exists=True), multiple=True,
              help="Readers: folder with shards made by 'facsimile dataset make'. Language models: table in MELD's "
              "format, or folder of words and tracks; without it a synthetic world. Repeatable.")  # fmt: skip
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True,
              help="Folder for the model, its card, curves and checkpoint.")  # fmt: skip
@click.option("--minutes", type=click.FloatRange(min=0, min_open=True), help="Training time; the recipe's if absent.")
@click.option("--steps", type=click.IntRange(min=1), help="Train for this many steps instead of a time.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Weights, order, augmentation.")
@click.option("--workers", type=click.IntRange(min=0), help="Processes that augment; the recipe's if absent.")
@click.option("--resume", is_flag=True, help="Go on from the checkpoint in the output folder.")
@click.option("--from", "start_from", type=click.Path(path_type=Path, exists=True, file_okay=False),
              help="Begin with the weights of an earlier run's folder.")  # fmt: skip
@click.option("--body", type=click.Path(path_type=Path, exists=True, file_okay=False),
              help="lora_gpu: folder of the pretrained language model to adapt.")  # fmt: skip
@click.option("--choose-on", type=click.Path(path_type=Path, exists=True, file_okay=False),
              help="Readers: choose the weights on this data set of other people, such as one of another renderer, "
              "instead of on people held out of --data.")  # fmt: skip
@click.option("--device", help="Where to train, in torch's words; the recipe's if absent.")
@click.option("--rule-off", "rules_off", multiple=True,
              type=click.Choice(["emotion", "question", "mouth", "blinks", "mimicry", "nods"]),
              help="Switch a rule of generated faces off; repeatable.")  # fmt: skip
@click.option("--blind", multiple=True, type=click.Choice(["partner", "own", "words"]),
              help="lora_gpu, tiny_cpu: never show the partner's face, the own face or the words; repeatable. For "
              "baselines of 'facsimile evaluate'.")  # fmt: skip
@click.option("--force", is_flag=True, help="Start afresh over what is already in the output folder.")
@click.option("--json", "as_json", is_flag=True, help="Print the measurements as JSON instead of the path.")
def command(
    recipe: str, data: tuple[Path, ...], out: Path, minutes: float | None, steps: int | None, seed: int,
    workers: int | None, resume: bool, start_from: Path | None, body: Path | None, choose_on: Path | None,
    device: str | None,    rules_off: tuple[str, ...], blind: tuple[str, ...], force: bool, as_json: bool,
) -> None:  # fmt: skip
    """Train with RECIPE and write weights, card and measurements.

    small_cpu makes a reader of action units; tiny_cpu and lora_gpu make a language model that sees and shows faces.
    Progress goes to stderr. Stop it at any time; --resume goes on from the last checkpoint.

    \b
    facsimile train small_cpu --data faces --out runs/reader
    facsimile train tiny_cpu --out runs/facelm
    facsimile train lora_gpu --body models/my-llm --data dialogues.csv --out runs/facelm
    """
    if recipe in RECIPE_NAMES:
        if minutes is not None or workers is not None or start_from is not None or choose_on is not None:
            raise click.UsageError(
                f"{recipe} takes no --minutes, --workers, --from or --choose-on; its budget is --steps"
            )
        options = Options(recipe, data, out, steps, seed, body, device, rules_off, blind, resume, force)
        folder, measured = run(options, _say)
        click.echo(json.dumps(measured) if as_json else folder)
        return
    if recipe not in READER_RECIPES:
        known = (*READER_RECIPES, *RECIPE_NAMES)
        nearest = difflib.get_close_matches(recipe, known, n=1, cutoff=0)[0]
        raise click.ClickException(
            f"training recipe {recipe!r} is unknown; did you mean {nearest!r}? (known: {', '.join(known)})"
        )
    if body is not None or rules_off or blind:
        raise click.UsageError(f"--body, --rule-off and --blind go with {' and '.join(RECIPE_NAMES)}")
    _check_shards(data)
    if importlib.util.find_spec("torch") is None:
        raise click.ClickException(TORCH_MISSING)
    import numpy as np

    from facsimile.data.align import TEMPLATE
    from facsimile.face.controller_metric import controller_metric
    from facsimile.train.checkpoint import CHECKPOINT_NAME
    from facsimile.train.crops import crop_makers
    from facsimile.train.faces import load_all, load_all_splits
    from facsimile.train.recipes import recipe_named
    from facsimile.train.run import METRICS_NAME, WEIGHTS_NAME, train_reader

    if minutes is not None and steps is not None:
        raise click.UsageError("give --minutes or --steps, not both")
    if resume and start_from is not None:
        raise click.UsageError("give --resume or --from, not both: a resumed run has its own weights")
    if not resume:
        refuse_overwrite(out / WEIGHTS_NAME, force=force, option="--out")
        refuse_overwrite(out / CHECKPOINT_NAME, force=force, option="--out")
    try:
        config = dataclasses.replace(recipe_named(recipe), seed=seed)
        if steps is not None or minutes is not None:
            config = dataclasses.replace(config, minutes=minutes, steps=steps)
        if workers is not None:
            config = dataclasses.replace(config, num_workers=workers)
        if device is not None:
            config = dataclasses.replace(config, device=device)
        splits, source = load_all_splits(data, units=config.reader.units, report=_say)
        others = None if choose_on is None else load_all(choose_on, units=config.reader.units)
        weights = train_reader(
            config, splits, folder=out, template=TEMPLATE.astype(np.float32), controller_metric=controller_metric(),
            crops=crop_makers(), source=source, choose_on=others, resume=resume, start_from=start_from, report=_say,
        )  # fmt: skip
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    metrics = json.loads((out / METRICS_NAME).read_text(encoding="utf-8"))
    click.echo(json.dumps(metrics) if as_json else weights)


def _check_shards(data: tuple[Path, ...]) -> None:
    if not data:
        raise click.UsageError("Missing option '--data': a folder with shards made by 'facsimile dataset make'")
    for path in data:
        if not path.is_dir():
            raise click.UsageError(f"--data {path}: a reader is trained on a folder of shards, and this is a file")


def _say(line: str) -> None:
    click.echo(line, err=True)
