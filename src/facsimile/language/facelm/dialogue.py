"""Write a conversation with faces as one sequence of tokens, each knowing the last complete tick.

Per tick: the words that ended in it, a party tag before them when the speaker changes, then ``<tick>``. A silent tick
is a bare ``<tick>``, so that the text head also learns when to speak. A word is visible once it has ended (the rule of
Ng et al. 2023); ``<tick>`` is the first token that sees the face at its own end.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from jaxtyping import Bool, Float, Int

from facsimile.language.facelm.layout import Layout, pack_parties
from facsimile.language.facelm.vocabulary import Vocabulary
from facsimile.language.ticks import TICK_S, FaceTicks

ME, YOU = 0, 1
"""Parties: the model's own side, and the partner."""


class Word(NamedTuple):
    """A word and when it was said."""

    text: str
    start_s: float
    end_s: float
    party: int
    # ME or YOU


@dataclass(frozen=True)
class Dialogue:
    """Hold the words and the faces of two parties on one clock; both faces have the same ticks."""

    name: str
    # unit of bootstrap and of splits
    words: tuple[Word, ...]
    faces: tuple[FaceTicks, FaceTicks]
    # of ME and YOU

    def __post_init__(self) -> None:
        me, you = self.faces
        if len(me) != len(you) or abs(float(me.start_s - you.start_s)) > 1e-6:
            raise ValueError(
                f"faces of {self.name}: need the same ticks, got {len(me)} from {float(me.start_s):g} s and "
                f"{len(you)} from {float(you.start_s):g} s"
            )
        for word in self.words:
            if word.party not in (ME, YOU):
                raise ValueError(f"words of {self.name}: party must be 0 (me) or 1 (you), got {word.party}")

    @property
    def swapped(self) -> "Dialogue":
        """The same conversation from the partner's side."""
        words = tuple(word._replace(party=1 - word.party) for word in self.words)
        return Dialogue(self.name, words, (self.faces[1], self.faces[0]))


@dataclass(frozen=True, eq=False)
class Encoded:
    """A conversation as a model reads it."""

    ids: Int[np.ndarray, " N"]
    tick_index: Int[np.ndarray, " N"]
    # last complete tick at each token; -1 before the first
    tick_position: Int[np.ndarray, " K"]
    # where each <tick> stands
    is_word: Bool[np.ndarray, " N"]
    # pieces of words, as against <tick> and party tags
    faces: Float[np.ndarray, "K P F"]
    # rows of `Layout`
    num_bytes: int
    # of the words in UTF-8, one space before each


def encode(dialogue: Dialogue, vocabulary: Vocabulary, layout: Layout) -> Encoded:
    """Write a conversation as tokens; words that end outside its ticks are left out."""
    faces = pack_parties(layout, dialogue.faces)
    spoken = _words_by_tick(dialogue)
    ids, tick_index, is_word = [vocabulary.start], [-1], [False]
    positions, speaker = [], None
    for k, words in enumerate(spoken):
        for word in words:
            tag = [] if word.party == speaker else [vocabulary.party[word.party]]
            pieces = vocabulary.pieces(word.text)
            ids += tag + pieces
            tick_index += [k - 1] * (len(tag) + len(pieces))
            is_word += [False] * len(tag) + [True] * len(pieces)
            speaker = word.party
        positions.append(len(ids))
        ids.append(vocabulary.tick)
        tick_index.append(k)
        is_word.append(False)
    return Encoded(
        np.array(ids, np.int64),
        np.array(tick_index, np.int64),
        np.array(positions, np.int64),
        np.array(is_word, np.bool_),
        faces,
        sum(len(word.text.encode()) + 1 for words in spoken for word in words),
    )


def cut(dialogue: Dialogue, *, num_ticks: int) -> list[Dialogue]:
    """Cut into parts of at most ``num_ticks`` ticks that keep the name; a last part of one tick is dropped."""
    parts = []
    for start in range(0, len(dialogue.faces[0]) - 1, num_ticks):
        faces = tuple(face.part(start, start + num_ticks) for face in dialogue.faces)
        first_s, last_s = float(faces[0].start_s), float(faces[0].start_s) + TICK_S * len(faces[0])
        words = tuple(word for word in dialogue.words if first_s < word.end_s <= last_s)
        parts.append(Dialogue(dialogue.name, words, (faces[0], faces[1])))
    return parts


def _words_by_tick(dialogue: Dialogue) -> Sequence[list[Word]]:
    """List the words that end within each tick (start, end], in order of their ends."""
    ticks = dialogue.faces[0]
    spoken: list[list[Word]] = [[] for _ in range(len(ticks))]
    for word in sorted(dialogue.words, key=lambda word: (word.end_s, word.start_s)):
        tick = int(np.ceil((word.end_s - float(ticks.start_s)) / TICK_S - 1e-6)) - 1
        if 0 <= tick < len(ticks):
            spoken[tick].append(word)
    return spoken
