"""Does the face-aware model learn what there is to learn? The two-way world, in which the best score is known.

    python benchmarks/two_way_world.py FOLDER [--json benchmarks/results/two_way_world.json] [--seed 0] [--threads 1]

Trains the recipe tiny_cpu four times: with everything, and again from nothing without faces, without the partner's face
and without words; a folder that holds a finished run is not trained again. Prints bits beside the exact bound, beside
wrong inputs and baselines, and motion metrics of free runs.
"""

import dataclasses
import json
import os
import platform
import time
from pathlib import Path

import click

from facsimile.app.facelm_evaluation import Subject, Trial, conversation_tables, conversation_text, load, trial_of
from facsimile.evaluate.dialogue import paired_gain
from facsimile.evaluate.dialogue_report import as_json
from facsimile.language.facelm.dialogue import encode
from facsimile.language.facelm.world import Bound, bound
from facsimile.train.facelm.material import Material, world_material
from facsimile.train.facelm.recipes import tiny_cpu
from facsimile.train.facelm.run import METRICS_NAME, train_face_lm
from facsimile.train.facelm.score import Score, score

BLINDS = {
    "the model": (),
    "retrained without faces": ("partner", "own"),
    "retrained without partner": ("partner",),
    "retrained without words": ("words",),
}
TEXT_BAR, FACE_BAR = 0.02, 0.1
"""Bits above the bound, per token and per frame of the own face one tick ahead."""


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--json", "json_path", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--threads", type=int, default=1, show_default=True)
def main(folder: Path, json_path: Path | None, seed: int, threads: int) -> None:
    material = world_material(seed=seed)
    cost, subjects = {}, []
    for name, blind in BLINDS.items():
        config = dataclasses.replace(tiny_cpu(), seed=seed, blind=blind, num_threads=threads)
        cost[name] = trained(config, material, folder / name.replace(" ", "-"))
        subjects.append(load(folder / name.replace(" ", "-")))
    trial = trial_of(material, num_ticks=tiny_cpu().num_ticks, is_world=True)
    scores = {name: scored(subject, trial) for name, subject in zip(BLINDS, subjects, strict=True)}
    law = bound(list(trial.held_out))
    result = {"gaps": gaps(scores["the model"], law), "gains": gains(scores)}
    tables = conversation_tables(subjects[0], subjects[1:], trial)
    print(conversation_text(tables, is_world=True), "\n")
    print(json.dumps(result, indent=1))
    if json_path is not None:
        machine = {"cpu": platform.machine(), "cores": os.cpu_count(), "threads": threads, "seed": seed}
        result |= {"tables": {kind: as_json(rows) for kind, rows in tables.items()}, "cost": cost, "machine": machine}
        json_path.write_text(json.dumps(result, indent=1) + "\n")


def trained(config, material: Material, folder: Path) -> dict[str, float]:
    if not (folder / METRICS_NAME).exists():
        clock, wall = time.process_time(), time.perf_counter()
        train_face_lm(config, material, folder=folder, report=lambda line: click.echo(line, err=True))
        seconds = {"cpu_s": time.process_time() - clock, "wall_s": time.perf_counter() - wall}
        (folder / "cost.json").write_text(json.dumps({k: round(v, 1) for k, v in seconds.items()}))
    return json.loads((folder / "cost.json").read_text())


def scored(subject: Subject, trial: Trial) -> Score:
    examples = [encode(dialogue, subject.vocabulary, subject.model.layout) for dialogue in trial.held_out]
    return score(subject.model, examples, hidden=subject.vocabulary.hidden, blind=subject.blind)


def gaps(model: Score, law: Bound) -> dict[str, float]:
    text, face = model.text_bits - law.text_bits, model.face_bits[:, 0, 0] - law.face_bits[:, 0, 0]
    found = {
        "text_bits_per_token_above_bound": float(text.sum() / model.num_tokens.sum()),
        "text_bits_per_tick_above_bound": float(text.sum() / model.num_ticks.sum()),
        "face_bits_per_frame_above_bound": float(face.sum() / model.num_frames[:, 0, 0].sum()),
    }
    found["within_bars"] = bool(
        found["text_bits_per_tick_above_bound"] < TEXT_BAR and found["face_bits_per_frame_above_bound"] < FACE_BAR
    )
    return found


def gains(scores: dict[str, Score]) -> dict[str, list[float]]:
    """What seeing is worth: bits saved against a model retrained without it, with 95 % intervals over dialogues."""
    best = scores["the model"]
    tokens, frames = best.num_tokens.astype(float), best.num_frames[:, 0, 0].astype(float)
    out = {}
    for name in ("retrained without faces", "retrained without partner", "retrained without words"):
        other = scores[name]
        out[f"face bits per frame, {name}"] = list(
            paired_gain(other.face_bits[:, 0, 0], best.face_bits[:, 0, 0], frames)
        )
        if name != "retrained without words":
            out[f"text bits per token, {name}"] = list(paired_gain(other.text_bits, best.text_bits, tokens))
    return out


if __name__ == "__main__":
    main()
