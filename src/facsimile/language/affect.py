"""Guess which published pattern goes with a sentence: a small linear model over hashed words and letters.

It knows words, not situations: it was trained on sentences made from templates and word lists
(scripts/train_affect.py, assets/affect.md), never on what people felt. Without a clue it says neutral.
"""

import re
import zlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

import numpy as np
from jaxtyping import Float, Int

CLASSES = ("neutral", "joy", "sadness", "surprise", "fear", "anger", "disgust", "contempt")
"""Neutral and the seven basic patterns of ``facs/prototypes``."""

NUM_BUCKETS = 1 << 14
"""Places that features are hashed to."""

_TOKEN = re.compile(r"[a-z]+(?:'[a-z]+)?|[!?…]|\.\.\.|\d+")
_NEGATION = frozenset(("not", "no", "never", "nothing", "nobody", "without", "hardly", "cannot"))
_END = frozenset("!?…")


@dataclass(frozen=True)
class AffectWeights:
    """A linear model: logits = bias + scale * (mean over features of rows of ``weight``) * sqrt(features)."""

    weight: Float[np.ndarray, "N C"]
    bias: Float[np.ndarray, " C"]


@cache
def shipped_affect() -> AffectWeights:
    """Load the weights that come with the package."""
    with np.load(str(files("facsimile") / "assets" / "affect.npz"), allow_pickle=False) as stored:
        return AffectWeights(stored["weight"].astype(np.float32) * stored["scale"], stored["bias"])


def affect(text: str, *, weights: AffectWeights | None = None) -> Float[np.ndarray, " C"]:
    """Give a probability for each of CLASSES."""
    weights = weights or shipped_affect()
    return _softmax(_logits(features(text), weights))


def word_votes(text: str, label: int, *, weights: AffectWeights | None = None) -> tuple[float, ...]:
    """Give, for each white-space separated word, how much more it speaks for a class than for neutral."""
    weights = weights or shipped_affect()
    votes = []
    for word in text.split():
        rows = weights.weight[features(word)]
        votes.append(float((rows[:, label] - rows[:, 0]).sum()) if len(rows) else 0.0)
    return tuple(votes)


def features(text: str) -> Int[np.ndarray, " N"]:
    """Hash words, pairs of words, beginnings, ends and letter groups of words, and signs, to places in the table.

    A word after a negation, up to four words on, is another word.
    """
    names: list[str] = []
    before, negated = "^", 0
    for token in _TOKEN.findall(text.lower().replace("’", "'")):
        is_negation = token in _NEGATION or token.endswith("n't")
        word = f"not_{token}" if negated else token
        names += [word, f"{before} {word}", *_letter_groups(word)]
        negated = 4 if is_negation else 0 if token in _END else max(negated - 1, 0)
        before = token
    return np.array([zlib.crc32(name.encode()) % NUM_BUCKETS for name in names], np.int64)


def _letter_groups(word: str) -> list[str]:
    """Give the groups of four and five letters of a word, its ends marked; short words have none."""
    if len(word) < 5:
        return []
    marked = f"<{word}>"
    return [f"#{marked[i : i + n]}" for n in (4, 5) for i in range(len(marked) - n + 1)]


def _logits(places: np.ndarray, weights: AffectWeights) -> np.ndarray:
    if not len(places):
        return weights.bias
    return np.asarray(weights.bias + weights.weight[places].sum(axis=0) / np.sqrt(len(places)))


def _softmax(logits: np.ndarray) -> np.ndarray:
    raised = np.exp(logits - logits.max())
    return np.asarray((raised / raised.sum()).astype(np.float32))
