"""Does a gain vanish with the rule that makes it? Faces generated for a dialogue table, mimicry on and off.

    python benchmarks/rule_nulls.py FOLDER [--json benchmarks/results/rule_nulls.json] [--seed 0]

Writes a table in MELD's format whose words say nothing about the emotions, then trains the recipe tiny_cpu four times,
shortened: with mimicry and without, each seeing the partner's face and never seeing it. What the partner's face saves
on the own face, in bits per frame on held-out dialogues, rests on mimicry alone: lips and questions are off in both,
since they tell who speaks. The head's nods are not in these bits.
"""

import csv
import dataclasses
import json
import time
from pathlib import Path

import click
import numpy as np

from facsimile.evaluate.dialogue import paired_gain, rate
from facsimile.language.facelm.acting import Rules
from facsimile.language.facelm.meld import COLUMNS, EMOTIONS
from facsimile.train.facelm.material import Material, material_from
from facsimile.train.facelm.recipes import FaceLMTraining, tiny_cpu
from facsimile.train.facelm.run import encoded, prepare
from facsimile.train.facelm.score import Score, score
from facsimile.train.facelm.trainer import FaceLMTrainer

NUM_DIALOGUES, NUM_LINES = 480, 10
LINES = (
    "So that is how it went.",
    "They told me an hour ago.",
    "I have to tell you something.",
    "Well, here I am again.",
)
ALWAYS_OFF = ("mouth", "question")
ARMS = {"mimicry on": (), "mimicry off": ("mimicry",)}
STEPS, BATCH, TICKS = 500, 16, 48


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
@click.option("--json", "json_path", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--seed", type=int, default=0, show_default=True)
def main(folder: Path, json_path: Path | None, seed: int) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    table = write_table(folder / "lines.csv", seed=seed)
    clock, found = time.process_time(), {}
    for arm, off in ARMS.items():
        material = material_from([table], rules=Rules().off(*ALWAYS_OFF, *off), seed=seed)
        seeing, blind = (
            trained(material, seed, kept_from, folder / f"{arm}-{'-'.join(kept_from)}")
            for kept_from in ((), ("partner",))
        )
        frames = seeing.num_frames[:, 0, 0].astype(float)
        best, other = seeing.face_bits[:, 0, 0], blind.face_bits[:, 0, 0]
        found[arm] = {
            "seeing": list(rate(best, frames)),
            "retrained without partner": list(rate(other, frames)),
            "gain": list(paired_gain(other, best, frames)),
        }
        click.echo(json.dumps({arm: found[arm]}))
    if json_path is not None:
        result = {"own face, bits per frame": found, "seed": seed, "cpu_s": round(time.process_time() - clock, 1)}
        json_path.write_text(json.dumps(result, indent=1) + "\n")


def write_table(path: Path, *, seed: int) -> Path:
    """Two people take turns; words and emotions are drawn apart."""
    rng = np.random.default_rng(seed)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        for dialogue in range(NUM_DIALOGUES):
            at_s = 0.0
            for line in range(NUM_LINES):
                length_s, gap_s = rng.uniform(1.5, 3.0), rng.uniform(0.1, 0.8)
                times = (clock_time(at_s), clock_time(at_s + length_s))
                words, emotion = LINES[rng.integers(len(LINES))], EMOTIONS[rng.integers(len(EMOTIONS))]
                speaker = ("Ana", "Ben")[line % 2]
                values = (words, speaker, emotion, dialogue, line, 1 + dialogue // (NUM_DIALOGUES * 3 // 4), 1, *times)
                writer.writerow(dict(zip(COLUMNS, values, strict=True)))
                at_s += length_s + gap_s
    return path


def clock_time(at_s: float) -> str:
    millis = round(1000 * at_s)
    return f"00:{millis // 60_000:02d}:{millis // 1000 % 60:02d},{millis % 1000:03d}"


def trained(material: Material, seed: int, blind: tuple[str, ...], folder: Path) -> Score:
    config: FaceLMTraining = dataclasses.replace(
        tiny_cpu(), seed=seed, blind=blind, steps=STEPS, batch_size=BATCH, num_ticks=TICKS
    )
    folder.mkdir(parents=True, exist_ok=True)
    model, vocabulary = prepare(config, material, body=None)
    train, held_out = (encoded(part, vocabulary, config, model.layout) for part in (material.train, material.held_out))
    trainer = FaceLMTrainer(
        config, model, vocabulary, train=train, held_out=held_out, folder=folder,
        report=lambda line: click.echo(line, err=True),
    )  # fmt: skip
    return score(trainer.run(), held_out, hidden=vocabulary.hidden, blind=blind)


if __name__ == "__main__":
    main()
