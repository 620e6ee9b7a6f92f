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
import numpy as np

from facsimile.evaluate.dialogue import Measured, energy_score, frame_fd, paired_gain, pairing_lift, rate, window_fd
from facsimile.evaluate.dialogue_baselines import ar2_bits, gaming_samples, marginal_bits, markov_bits
from facsimile.evaluate.dialogue_report import as_json, table
from facsimile.language.facelm.dialogue import encode
from facsimile.language.facelm.model import FaceLM
from facsimile.language.facelm.stream import sampled_faces
from facsimile.language.facelm.vocabulary import Vocabulary
from facsimile.language.facelm.world import LAYOUT, Bound, bound, sampled_by_law
from facsimile.train.facelm.material import Material, world_material
from facsimile.train.facelm.recipes import tiny_cpu
from facsimile.train.facelm.run import METRICS_NAME, train_face_lm
from facsimile.train.facelm.score import CONTROLS, Score, score

BLINDS = {
    "the model": (),
    "retrained without faces": ("partner", "own"),
    "retrained without partner": ("partner",),
    "retrained without words": ("words",),
}
NUM_FREE_RUNS, NUM_SAMPLES = 96, 16
WINDOW_TICKS = 3
"""About one second."""
TEXT_BAR, FACE_BAR = 0.02, 0.1
"""Bits above the bound, per token and per frame of the own face one tick ahead."""


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--json", "json_path", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--seed", type=int, default=0, show_default=True)
@click.option("--threads", type=int, default=1, show_default=True)
def main(folder: Path, json_path: Path | None, seed: int, threads: int) -> None:
    material = world_material(seed=seed)
    scores, cost = {}, {}
    for name, blind in BLINDS.items():
        config = dataclasses.replace(tiny_cpu(), seed=seed, blind=blind, num_threads=threads)
        cost[name] = trained(config, material, folder / name.replace(" ", "-"))
        scores[name], model, vocabulary = scored(folder / name.replace(" ", "-"), material, blind)
        if name == "the model":
            scores |= {control: scored(folder / "the-model", material, (), control)[0] for control in CONTROLS[1:]}
            motion = motion_rows(model, vocabulary, material)
    law = bound(list(material.held_out))
    result = {"gaps": gaps(scores["the model"], law), "gains": gains(scores)}
    tables = {"text": text_rows(scores, law, material), "bits": bit_rows(scores, law, material), "motion": motion}
    for kind, rows in tables.items():
        print(table(rows, kind=kind, synthetic=True), "\n")
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


def scored(folder: Path, material: Material, blind, control: str = "right") -> tuple[Score, FaceLM, Vocabulary]:
    model, vocabulary = FaceLM.from_pretrained(folder), Vocabulary.load(folder)
    examples = [encode(dialogue, vocabulary, LAYOUT) for dialogue in material.held_out]
    return score(model, examples, hidden=vocabulary.hidden, control=control, blind=blind), model, vocabulary


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


def text_rows(scores: dict[str, Score], law: Bound, material: Material) -> dict[str, dict[str, Measured]]:
    best = scores["the model"]
    tokens, size = best.num_tokens.astype(float), best.num_bytes.astype(float)
    wanted = ("the model", "wrong partner", "wrong self", "no faces", "retrained without faces")
    bits = {"oracle": law.text_bits} | {name: scores[name].text_bits for name in wanted}
    bits["unigram"] = unigram_bits(material)
    return {
        name: {"bits per token": rate(total, tokens), "bits per byte": rate(total, size)}
        for name, total in bits.items()
    }


def unigram_bits(material: Material) -> np.ndarray:
    """Bits of all tokens under their frequencies in training."""
    vocabulary_of = {}
    sequences = [[tokens_of(dialogue) for dialogue in part] for part in (material.train, material.held_out)]
    for tokens in sequences[0]:
        for token in tokens:
            vocabulary_of[token] = vocabulary_of.get(token, 0) + 1
    total = sum(vocabulary_of.values())
    return np.array([sum(-np.log2(vocabulary_of[token] / total) for token in tokens) for tokens in sequences[1]])


def tokens_of(dialogue) -> list[str]:
    return [*(word.text for word in dialogue.words), *["<tick>"] * len(dialogue.faces[0])] + ["<me>"] * bool(
        dialogue.words
    )


def bit_rows(scores: dict[str, Score], law: Bound, material: Material) -> dict[str, dict[str, Measured]]:
    frames = scores["the model"].num_frames.astype(float)
    rows = {"oracle": own_and_partner(law.face_bits, frames)}
    rows |= {name: own_and_partner(one.face_bits, frames) for name, one in scores.items()}
    train, test = (levels_of(part) for part in (material.train, material.held_out))
    for name, bits in (("marginal", marginal_bits), ("Markov", markov_bits), ("AR(2)", ar2_bits)):
        per_party = [bits(train[:, p], test[:, p]) for p in (0, 1)]
        rows[name] = own_and_partner(np.stack(per_party, axis=1)[:, None], frames[:, :1])
    return rows


def own_and_partner(bits: np.ndarray, frames: np.ndarray) -> dict[str, Measured]:
    names = {
        (h, p): f"{who}, {ticks} ahead" for p, who in enumerate(("own", "partner")) for h, ticks in enumerate((1, 2, 4))
    }
    return {names[h, p]: rate(bits[:, h, p], frames[:, h, p]) for h in range(bits.shape[1]) for p in (0, 1)}


def levels_of(dialogues) -> np.ndarray:
    """Levels [D, P, K, C]."""
    return np.array([[LAYOUT.pack(face)[:, LAYOUT.level] for face in d.faces] for d in dialogues]).astype(np.int64)


def motion_rows(model: FaceLM, vocabulary: Vocabulary, material: Material) -> dict[str, dict[str, Measured]]:
    dialogues = list(material.held_out[:NUM_FREE_RUNS])
    levels, train = levels_of(dialogues).astype(float), levels_of(material.train[:1000]).astype(float)
    truth, partner = levels[:, 0], levels[:, 1]
    examples = [encode(dialogue, vocabulary, LAYOUT) for dialogue in dialogues]
    samples = {
        "oracle": sampled_by_law(dialogues, num_samples=NUM_SAMPLES).astype(float),
        "the model": sampled_faces(model, vocabulary, examples, num_samples=NUM_SAMPLES).astype(float),
        **gaming_samples(train[:, 0], truth, partner, num_samples=NUM_SAMPLES),
    }
    return {name: motion(made[:, :, 1:], truth[:, 1:]) for name, made in samples.items()}


def motion(samples: np.ndarray, truth: np.ndarray) -> dict[str, Measured]:
    score_ = energy_score(samples, truth, window=WINDOW_TICKS)
    return {
        "energy score": rate(score_, np.ones(len(score_))),
        "pairing lift": pairing_lift(samples, truth, window=WINDOW_TICKS),
        "window-FD": Measured(window_fd(samples, truth, frames=WINDOW_TICKS)),
        "frame-FD": Measured(frame_fd(samples, truth)),
    }


if __name__ == "__main__":
    main()
