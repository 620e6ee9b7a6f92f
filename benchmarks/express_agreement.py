"""Does ``express`` show what a sentence says? Agreement with the table of published patterns, on frozen sentences.

    python benchmarks/express_agreement.py [--json benchmarks/results/express_agreement.json]

``express_sentences.csv`` holds 64 sentences, eight per class, written by hand and frozen before the model was first
trained; none is made from the training templates. The face at the apex of the strongest clause, read without the units
of talking, is matched against the table (``match_prototypes``); the best basic pattern of at least half a match counts,
otherwise it is neutral. Chance: the same answers on shuffled labels. Intervals: bootstrap over sentences.
"""

import csv
import hashlib
import json
import re
from pathlib import Path

import click
import numpy as np

from facsimile.facs.action_units import unit_index
from facsimile.facs.expression import ActionUnits
from facsimile.facs.prototypes import match_prototypes
from facsimile.language.affect import CLASSES
from facsimile.language.express import Expressed, express

FOLDER = Path(__file__).resolve().parent
SENTENCES = FOLDER / "express_sentences.csv"
LISTS = FOLDER.parent / "scripts" / "affect_words.json"
SEEDS = (0, 1, 2)
TALKING = (18, 24, 25, 26, 43)
RESAMPLES = 10_000
LEAST_MATCH = 0.5
REST_LEVEL = 1.0


def read_sentences() -> list[tuple[str, str]]:
    with SENTENCES.open(newline="") as file:
        return [(row["emotion"], row["text"]) for row in csv.DictReader(file)]


def listed_words() -> set[str]:
    """Return the single words of the training lists that are not neutral."""
    lists = json.loads(LISTS.read_text())
    kinds = [lists[kind][label] for kind in ("adjective", "verb", "noun", "cry") for label in CLASSES[1:]]
    return {word for words in kinds for text in words for word in text.lower().split()} - {
        "i",
        "you",
        "the",
        "a",
        "what",
    }


def shown(result: Expressed) -> str:
    """Name the basic pattern that the face shows best."""
    strongest = max(result.clauses, key=lambda clause: (clause.label != "neutral", clause.chance))
    frame = int(np.argmin(np.abs(result.track.time_s - strongest.apex_s - 0.05)))
    intensity = np.array(result.track.intensity[frame])
    intensity[[unit_index(code) for code in TALKING]] = 0
    if intensity.max() < REST_LEVEL:
        return "neutral"
    best = match_prototypes(ActionUnits(intensity), kinds=("basic",))[0]
    return best.prototype.emotion if best.score >= LEAST_MATCH else "neutral"


def interval(hits: np.ndarray, rng: np.random.Generator) -> list[float]:
    """Return the mean and its 95 % bootstrap interval over the rows."""
    draws = hits[rng.integers(0, len(hits), (RESAMPLES, len(hits)))].mean(axis=1)
    return [round(float(x), 3) for x in (hits.mean(), *np.percentile(draws, [2.5, 97.5]))]


@click.command()
@click.option("--json", "json_path", type=click.Path(path_type=Path))
def main(json_path: Path | None) -> None:
    """Measure and print."""
    rows = read_sentences()
    answers = np.array([[shown(express(text, seed=seed)) for seed in SEEDS] for _, text in rows])
    labels = np.array([label for label, _ in rows])
    hits = (answers == labels[:, None]).mean(axis=1)
    rng = np.random.default_rng(0)
    shuffled = np.array([(answers == rng.permutation(labels)[:, None]).mean() for _ in range(2000)])
    known = listed_words()
    is_new = np.array([not known & set(re.findall(r"[a-z']+", text.lower())) for _, text in rows])
    result = {
        "sentences_sha256": hashlib.sha256(SENTENCES.read_bytes()).hexdigest(),
        "agreement": interval(hits, rng),
        "without any listed word": [int(is_new.sum()), *interval(hits[is_new], rng)],
        "chance_shuffled_mean_and_95th": [
            round(float(shuffled.mean()), 3),
            round(float(np.percentile(shuffled, 95)), 3),
        ],
        "per_class": {label: round(float(hits[labels == label].mean()), 2) for label in CLASSES},
    }
    click.echo(json.dumps(result, indent=1))
    if json_path:
        json_path.write_text(json.dumps(result, indent=1) + "\n")


if __name__ == "__main__":
    main()
