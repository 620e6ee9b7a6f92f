"""``facsimile evaluate``: how well a reader reads faces whose truth is known, or a language model uses faces."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from facsimile.data.shards import Shards
    from facsimile.detect.reader import Reader
    from facsimile.evaluate.report import Sample

BATCH = 256
"""Pictures read at a time: 10 MB of crops."""
SPLITS = ("test", "all")


@click.command("evaluate", short_help="Measure a reader, or a language model with a face.")
@click.argument("subject")
@click.option(
    "--data",
    "folder",
    type=click.Path(path_type=Path),
    help="Readers: folder of `facsimile dataset make`. facelm: dialogues as for `facsimile train`; without it the "
    "synthetic world that the model grew up in.",
)
@click.option(
    "--split",
    type=click.Choice(SPLITS),
    default="test",
    show_default=True,
    help="Readers; test: people that training on this data set leaves out.",
)
@click.option("--limit", type=click.IntRange(1), help="Readers: read at most so many pictures.")
@click.option("--threads", type=click.IntRange(1), default=1, show_default=True, help="Readers: threads.")
@click.option(
    "--against",
    type=click.Path(path_type=Path, exists=True, file_okay=False),
    multiple=True,
    help="facelm: a model trained with --blind on the same data; repeatable.",
)
@click.option(
    "--rule-off",
    "rules_off",
    multiple=True,
    type=click.Choice(["emotion", "question", "mouth", "blinks", "mimicry", "nods"]),
    help="facelm: as in training, for --data that is a table; repeatable.",
)
@click.option("--only", type=click.Choice(["tasks", "conversation"]), help="facelm: one half of the report.")
@click.option(
    "--groups", type=click.IntRange(1), default=40, show_default=True, help="Language models: questions of each task."
)
@click.option("--model", help="Servers: the model to ask for; its first one if not given.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="For intervals and questions.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON instead of tables.")
def command(
    subject: str, folder: Path | None, split: str, limit: int | None, threads: int, against: tuple[Path, ...],
    rules_off: tuple[str, ...], only: str | None, groups: int, model: str | None, seed: int, as_json: bool,
) -> None:  # fmt: skip
    """Measure SUBJECT: the weights of a reader (.onnx) or a language model.

    A reader, on a data set, per action unit: ICC(3,1) with a 95 % interval over people, correlation, AUC and F1 at
    intensity 2, mean error, and how often the truth lies within the stated deviation.

    A language model, named as for `facsimile chat --backend`: six kinds of questions that need faces, each asked with
    the right face, none and a wrong one; how answers had to be read; bits of the right answer where the model states
    chances (local:). The referees oracle, random and parrot prove the scoring.

    facelm:FOLDER also on held-out dialogues: bits of words and faces, free runs, onsets of smiles and blinks, hold or
    shift. No table is printed without its baseline rows: models trained with --blind, named with --against.

    \b
    facsimile evaluate reader.onnx --data renders/
    facsimile evaluate http://localhost:8080
    facsimile evaluate facelm:runs/facelm --against runs/no-faces --against runs/no-partner --against runs/no-words
    """
    from facsimile.app.language_evaluation import Request, is_language_model, report_language

    if is_language_model(subject):
        request = Request(subject, folder, against, rules_off, only, groups, model, seed)
        click.echo(report_language(request, as_json=as_json))
        return
    if not Path(subject).exists() and not subject.endswith(".onnx"):
        raise click.UsageError(
            f"{subject!r} is neither a file of weights (.onnx) nor a language model: echo, an address such as "
            "http://localhost:8080, facelm:, local:, gguf: or replay: before a path, or oracle, random or parrot"
        )
    if folder is None:
        raise click.UsageError("Missing option '--data': a reader is measured on a folder of 'facsimile dataset make'")
    if against or rules_off or only or model:
        raise click.UsageError("--against, --rule-off, --only and --model go with language models")
    _evaluate_reader(Path(subject), folder, split, limit, seed, threads, as_json)


def _evaluate_reader(
    weights: Path, folder: Path, split: str, limit: int | None, seed: int, threads: int, as_json: bool
) -> None:
    from facsimile.data.shards import read_shards
    from facsimile.detect.reader import Reader
    from facsimile.evaluate.report import as_text, report

    try:
        reader = Reader(weights, threads=threads)
        shards = read_shards(folder)
    except ValueError as error:
        raise click.ClickException(str(error)) from error
    rows = _rows(shards, split, limit)
    result = report(_sample(shards, reader, rows), seed=seed)
    result |= {"weights": str(weights), "data": str(folder), "split": split, "seed": seed}
    click.echo(json.dumps(_without_nan(result)) if as_json else as_text(result))


def _rows(shards: "Shards", split: str, limit: int | None) -> Any:
    """Return the row numbers to read: spread evenly if limited."""
    import numpy as np

    from facsimile.train.faces import split_rows

    identity = shards.column("identity").astype(np.int64)
    try:
        rows = np.arange(len(shards)) if split == "all" else split_rows(identity)[-1]
    except ValueError as error:
        raise click.ClickException(f"--split {split}: {error}; or read all with --split all") from error
    if limit is not None and limit < len(rows):
        rows = rows[np.linspace(0, len(rows) - 1, limit).astype(int)]
    return rows


def _sample(shards: "Shards", reader: "Reader", rows: Any) -> "Sample":
    """Read the pictures in ``rows`` and put truth beside it; landmarks in picture pixels."""
    import numpy as np
    from tqdm import tqdm

    from facsimile.detect.aligner import align, crop_from_landmarks
    from facsimile.evaluate.report import Sample
    from facsimile.facs.action_units import unit_index

    units = [unit_index(code) for code in reader.card.units]
    landmarks = shards.column("landmarks")[rows].astype(np.float64)
    truth = np.where(shards.column("au_visible"), shards.column("au"), np.nan)[rows][:, units]
    mean, sd, read_landmarks = [], [], []
    for start in tqdm(range(0, len(rows), BATCH), unit=" batches", delay=2, disable=None):
        images = shards.images(rows[start : start + BATCH])
        for image, points in zip(images, landmarks[start : start + BATCH], strict=True):
            matrix = crop_from_landmarks(points, reader.card.crop_size)
            found = align(reader, image, matrix[None], passes=1)
            mean.append(found.readings.intensity[0])
            sd.append(found.readings.intensity_sd[0])
            read_landmarks.append(found.landmarks[0])
    return Sample(
        units=reader.card.units,
        identity=shards.column("identity")[rows].astype(np.int64),
        truth=truth.astype(np.float64),
        mean=np.stack(mean).astype(np.float64),
        sd=np.stack(sd).astype(np.float64),
        landmarks=landmarks,
        read_landmarks=np.stack(read_landmarks),
        landmark_visible=shards.column("landmark_visible")[rows].astype(bool),
    )


def _without_nan(value: Any) -> Any:
    """Return JSON-able values with null for NaN, which JSON does not have."""
    if isinstance(value, dict):
        return {key: _without_nan(item) for key, item in value.items()}
    return None if isinstance(value, float) and value != value else value
