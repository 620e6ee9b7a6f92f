"""Train the sentence model of language/affect.py on made sentences; write assets/affect.npz and its card.

    pip install --no-deps --target /tmp/lexica vaderSentiment
    PYTHONPATH=/tmp/lexica python scripts/train_affect.py [--seed 0]

Sources: templates and word lists written for this package (scripts/affect_words.json) and the valences of the VADER
lexicon (Hutto & Gilbert 2014, MIT licence, from the package vaderSentiment). A word that only VADER knows is taught
with a soft label: positive means mostly joy, negative means one of the five unpleasant classes, unknown which.
Logistic regression in numpy.
"""

import importlib.util
import json
from pathlib import Path

import click
import numpy as np
from train_fine_codec import ASSETS, store

from facsimile.language.affect import CLASSES, NUM_BUCKETS, features

WORDS = json.loads((Path(__file__).parent / "affect_words.json").read_text())
KINDS = ("adjective", "verb", "noun", "cry", "situation")
EXTREMES = {"!": ("joy", "anger", "surprise", "fear", "disgust"), "?": ("surprise",)}
"""Signs that sentences of these classes end with more often."""

EPOCHS, RATE, DECAY = 12, 0.5, 2e-5
POSITIVE = {"joy": 0.8, "neutral": 0.1, "surprise": 0.1}
NEGATIVE = {"sadness": 0.22, "fear": 0.18, "anger": 0.22, "disgust": 0.14, "contempt": 0.14, "neutral": 0.1}
CARD = """# Weights of the sentence model

`affect.npz`: {buckets:,} hashed features by {classes} classes in 8 bits, for `facsimile/language/affect.py`. Trained by
`python scripts/train_affect.py --seed {seed}` on {examples:,} made sentences: templates filled with words written for
this package (`scripts/affect_words.json`), and {vader:,} words with the valence that the VADER lexicon gives them
(Hutto & Gilbert 2014, VADER: A Parsimonious Rule-based Model for Sentiment Analysis of Social Media Text; MIT licence,
from the Python package vaderSentiment). No sentence of a real person was used. It knows words, not situations. Measured
by `python benchmarks/express_agreement.py` on sentences it never saw. Licence: Apache-2.0, like the package.
"""

Example = tuple[str, np.ndarray]


def soft(**shares: float) -> np.ndarray:
    target = np.zeros(len(CLASSES), np.float32)
    for name, share in shares.items():
        target[CLASSES.index(name)] = share
    return target


def made_sentences(rng: np.random.Generator) -> list[Example]:
    """Fill every template with every word."""
    found: list[Example] = []
    for label in CLASSES:
        target = soft(**{label: 1.0})
        found += [
            (_ended(template.format(word), label, rng), target)
            for kind in KINDS
            for template in WORDS["templates"][kind]
            for word in WORDS[kind][label]
        ]
    return found + _negated()


def _ended(sentence: str, label: str, rng: np.random.Generator) -> str:
    for sign, labels in EXTREMES.items():
        if label in labels and rng.random() < 0.3:
            return sentence.rstrip(".!") + sign
    return sentence


def _negated() -> list[Example]:
    """Turn pleasant words round: not happy is sad or angry; not afraid is neutral."""
    found: list[Example] = []
    for label in CLASSES[1:]:
        target = soft(sadness=0.5, anger=0.3, neutral=0.2) if label == "joy" else soft(neutral=0.8, joy=0.2)
        for word in WORDS["adjective"][label]:
            found += [(form.format(word), target) for form in ("I am not {}", "it is not {} at all", "I was never {}")]
    return found


def vader_words() -> list[Example]:
    """Read words with a clear valence from the lexicon's file."""
    spec = importlib.util.find_spec("vaderSentiment")
    if spec is None or not spec.submodule_search_locations:
        raise click.ClickException("vaderSentiment is not installed; see the first lines of this file")
    lines = (Path(spec.submodule_search_locations[0]) / "vader_lexicon.txt").read_text(encoding="utf-8").splitlines()
    found: list[Example] = []
    for line in lines:
        word, valence = line.split("\t")[:2]
        if word.isalpha() and abs(float(valence)) >= 1.0:
            shares = POSITIVE if float(valence) > 0 else NEGATIVE
            found += [(form.format(word), soft(**shares)) for form in ("{}", "it is {}", "they {} it")]
    return found


def fit(examples: list[Example], rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Fit weights [N, C] and bias [C] by stochastic gradient descent with a falling rate."""
    weight = np.zeros((NUM_BUCKETS, len(CLASSES)), np.float32)
    bias = np.zeros(len(CLASSES), np.float32)
    places = [features(text) for text, _ in examples]
    for epoch in range(EPOCHS):
        rate, loss = RATE * (1 - epoch / EPOCHS), 0.0
        for i in rng.permutation(len(examples)):
            rows, target = places[i], examples[i][1]
            share = 1 / np.sqrt(max(len(rows), 1))
            logits = bias + weight[rows].sum(axis=0) * share
            chances = np.exp(logits - logits.max())
            chances /= chances.sum()
            loss -= float(target @ np.log(chances + 1e-9))
            gradient = chances - target
            np.add.at(weight, rows, -rate * share * gradient)
            bias -= 0.02 * rate * gradient
        weight *= 1 - DECAY * len(examples) * rate
        click.echo(f"epoch {epoch}: loss {loss / len(examples):.3f}", err=True)
    return weight, bias


@click.command()
@click.option("--seed", default=0)
def main(seed: int) -> None:
    """Train and write."""
    rng = np.random.default_rng(seed)
    lexicon = vader_words()
    examples = made_sentences(rng) + lexicon
    weight, bias = fit(examples, rng)
    scale = np.float32(np.abs(weight).max() / 127)
    store({"weight": np.round(weight / scale).astype(np.int8), "scale": scale, "bias": bias}, "affect.npz")
    card = CARD.format(
        buckets=NUM_BUCKETS, classes=len(CLASSES), seed=seed, examples=len(examples), vader=len(lexicon) // 3
    )
    (ASSETS / "affect.md").write_text(card)


if __name__ == "__main__":
    main()
