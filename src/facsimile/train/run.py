"""A whole run: faces in, a folder with weights, card, configuration and measurements out."""

import json
import os
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from jaxtyping import Float

from facsimile.models.calibrated import CalibratedReader
from facsimile.models.expression_heads import ExpressionAnswer
from facsimile.models.reader import Reader, Reading, answer_of
from facsimile.train.batches import Batches, Examples, held_out_examples
from facsimile.train.calibrate import fit_calibration, unit_reports
from facsimile.train.card import model_card
from facsimile.train.crops import CropMakers
from facsimile.train.export import export_onnx
from facsimile.train.faces import Faces, Splits
from facsimile.train.provenance import describe
from facsimile.train.recipes import TrainConfig
from facsimile.train.trainer import Trainer
from facsimile.train.validate import beside, predict, score

WEIGHTS_NAME, CARD_NAME = "reader.onnx", "reader.md"
CONFIG_NAME, METRICS_NAME = "config.json", "metrics.json"
MAX_CALIBRATION_FACES = 6000


def train_reader(
    config: TrainConfig,
    splits: Splits,
    *,
    folder: Path,
    template: Float[np.ndarray, "70 2"],
    controller_metric: Float[np.ndarray, "R R"],
    crops: CropMakers,
    source: Mapping[str, Any],
    choose_on: Faces | None = None,
    resume: bool = False,
    start_from: Path | None = None,
    report: Callable[[str], None] = lambda line: None,
) -> Path:
    """Train, calibrate, measure and export; return the path of the weights. ``source`` says where the faces come from.

    The weights kept are those that read ``choose_on`` best, or else the development people; scores on clean renders of
    the training's own kind can prefer weights that read photographs worse (see ``docs/lab.md``).
    ``start_from`` is the folder of an earlier run whose weights this one begins with.
    Writes ``reader.onnx``, ``reader.md``, ``config.json``, ``metrics.json``, ``losses.csv``, ``scores.csv``,
    ``curves.png``, ``tensorboard/`` and ``checkpoint.pt`` into ``folder``. A resumed run whose budget is spent is
    calibrated, measured and exported at once.
    """
    report("faces: " + ", ".join(f"{len(part)} for {name}" for name, part in splits._asdict().items()))
    folder.mkdir(parents=True, exist_ok=True)
    chosen_on = splits.development if choose_on is None else choose_on
    trainer = start(
        config, splits.train, chosen_on, folder=folder, template=template, controller_metric=controller_metric,
        crops=crops, report=report,
    )  # fmt: skip
    if resume:
        trainer.resume()
    elif start_from is not None:
        source = {**source, "steps_before": trainer.start_from(start_from)}
    provenance = describe(config, splits.train, data=trainer.batches.fingerprint, source=source)
    write_json(folder / CONFIG_NAME, {**config.to_json(), **provenance})
    reader = trainer.run()
    report("calibrating on people kept for development")
    calibrated = calibrate(reader, splits.development, config, crops=crops)
    provenance |= {"steps": trainer.step, "training_minutes": round(trainer.seconds / 60, 1)}
    return publish(calibrated, splits.test, config, folder=folder, crops=crops, provenance=provenance)


def start(
    config: TrainConfig, train: Faces, chosen_on: Faces, *, folder: Path, template: Float[np.ndarray, "70 2"],
    controller_metric: Float[np.ndarray, "R R"], crops: CropMakers, report: Callable[[str], None],
) -> Trainer:  # fmt: skip
    """Return a trainer at step 0."""
    held_out = held_out_examples(chosen_on, config, make_crop=crops.camera, limit=config.max_validation_faces)
    batches = Batches(train, config, make_crop=crops.train)
    return Trainer(
        config, batches, held_out=held_out, folder=folder, template=template, controller_metric=controller_metric,
        report=report,
    )  # fmt: skip


def calibrate(reader: Reader, faces: Faces, config: TrainConfig, *, crops: CropMakers) -> CalibratedReader:
    """Fit the calibration on development faces under light augmentation."""
    examples = held_out_examples(faces, config, make_crop=crops.light, limit=MAX_CALIBRATION_FACES)
    reading = predict(reader, examples.images)
    answer = beside(reader, reading, examples.targets)
    found = fit_calibration(reading, examples.targets, beside=answer, identity=examples.identity)
    return CalibratedReader(reader, found)


def publish(
    reader: CalibratedReader, faces: Faces, config: TrainConfig, *, folder: Path, crops: CropMakers,
    provenance: dict[str, Any],
) -> Path:  # fmt: skip
    """Measure on test faces, then write weights, metrics and card."""
    camera = held_out_examples(faces, config, make_crop=crops.camera, limit=MAX_CALIBRATION_FACES)
    light = held_out_examples(faces, config, make_crop=crops.light, limit=MAX_CALIBRATION_FACES)
    reading, answer = read_held_out(reader, camera)
    summary = score(reading, camera.targets, beside=answer)._asdict()
    reading, answer = read_held_out(reader, light)
    codes, has_reference = config.reader.units, light.targets.reference >= 0
    alone = unit_reports(answer_of(reading), light.targets, rows=light.targets.is_face > 0.5, units=codes)
    paired = unit_reports(answer, light.targets, rows=has_reference, units=codes)
    weights = folder / WEIGHTS_NAME
    difference = export_onnx(reader, weights, provenance=provenance)
    tables = {"units": [r._asdict() for r in alone], "units_beside_rest": [r._asdict() for r in paired]}
    write_json(folder / METRICS_NAME, {"summary": summary, **tables, "onnx_difference": difference})
    card = model_card(provenance=provenance, summary=summary, alone=alone, beside=paired)
    write_text(folder / CARD_NAME, card)
    return weights


def read_held_out(reader: CalibratedReader, examples: Examples) -> tuple[Reading, ExpressionAnswer]:
    """Return the corrected readings of examples, alone and beside references."""
    reading = predict(reader.reader, examples.images)
    answer = beside(reader.reader, reading, examples.targets)
    with torch.inference_mode():
        return reader.correct(reading), reader.beside(answer)


def write_json(path: Path, values: dict[str, Any]) -> None:
    """Write plain values, NaN as null; a reader never sees half a file."""
    write_text(path, json.dumps(_without_nan(values), indent=1) + "\n")


def write_text(path: Path, text: str) -> None:
    """Write a text file whole."""
    partial = path.with_name(path.name + ".part")
    partial.write_text(text, encoding="utf-8")
    os.replace(partial, path)


def _without_nan(values: Any) -> Any:
    if isinstance(values, dict):
        return {k: _without_nan(v) for k, v in values.items()}
    if isinstance(values, list | tuple):
        return [_without_nan(v) for v in values]
    return None if isinstance(values, float) and values != values else values
