"""A two-way world of faces and words in which the best possible score is known.

The partner's mood drives my words; my words, the partner's mood and my own last state drive my next face; moods show
only through noisy levels and angles. The world is a hidden Markov model of 27 states (mood, my state, kind of my word),
so the exact likelihood of every token and face given all that came before follows from its forward filter (Rabiner
1989), and no model can be better on average. Its people are rules: it proves machinery and says nothing about people.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float, Int

from facsimile.language.facelm.dialogue import ME, Dialogue, Word
from facsimile.language.facelm.layout import NUM_ANGLES, Layout
from facsimile.language.facelm.model import HORIZONS
from facsimile.language.ticks import NUM_LEVELS, TICK_S

LAYOUT = Layout((4, 6, 12, 15, 17, 25))
"""Ten columns: brow lowerer, cheek raiser, lip corners up and down by side, chin, lips."""

NEUTRAL_WORDS = ("so", "then", "we", "took", "the", "late", "train", "and", "met", "them", "at", "noon")
SMILE_WORDS = ("great", "lovely", "yes", "fun", "sweet", "wow", "happy", "best", "nice", "cheers", "super", "bravo")
FROWN_WORDS = ("no", "awful", "sorry", "sad", "bad", "hurts", "worse", "alas", "stop", "broken", "lost", "never")
WORDS = (*NEUTRAL_WORDS, *SMILE_WORDS, *FROWN_WORDS)
WORDS_PER_KIND = 12

MOOD_LEVELS = np.array([[0] * 10, [0, 0, 3, 3, 4, 4, 0, 0, 0, 2], [3, 3, 1, 1, 0, 0, 3, 3, 2, 0]])
"""Levels of a neutral, a smiling and a frowning face, before noise."""

LEVEL_NOISE = np.array([1, 4, 1]) / 6
"""Chance of one level less, the same, one more; cut at 0 and 5."""

MOOD_ANGLES = np.array([[0, 0, 0, 0, 0], [0.05, 0, 0.08, 0, 0], [-0.15, 0, 0, 0, -0.1]])
ANGLE_SD = 0.06
"""Mean head and gaze angles of the moods and their noise, radians."""

MOOD_STAYS = 0.9
"""The partner's mood is drawn afresh, uniformly, in every tenth tick."""

SILENCE = 0.25
FOLLOWS = 0.75
"""A word follows the partner's mood with this chance, else its kind is uniform."""

NUM_MOODS = 3


@dataclass(frozen=True)
class Bound:
    """Bits of each dialogue under the law of the world."""

    text_bits: Float[np.ndarray, " D"]
    # of all tokens
    face_bits: Float[np.ndarray, "D H P"]
    # levels of all ticks that have a forecast, by horizon and party
    num_frames: Int[np.ndarray, " H"]
    # ticks summed over


def draw_dialogues(count: int, *, seed: int, num_ticks: int = 32) -> list[Dialogue]:
    """Draw conversations of ``num_ticks`` ticks; the partner is silent, I say at most one word per tick."""
    rng = np.random.default_rng(seed)
    partner, own, words = _draw_states(count, num_ticks, rng)
    rows = np.stack([_draw_rows(own, rng, speaking=words >= 0), _draw_rows(partner, rng)], axis=2)
    return [_dialogue(f"world-{seed}-{i}", rows[i], words[i]) for i in range(count)]


def bound(dialogues: list[Dialogue], *, see_faces: bool | tuple[bool, bool] = True) -> Bound:
    """Return the exact bits of dialogues of this world, each prediction given all that was seen before it.

    ``see_faces`` False is the bound of a model that reads words alone; a pair says it for (me, partner).
    """
    seen = (see_faces, see_faces) if isinstance(see_faces, bool) else see_faces
    rows = np.stack([[LAYOUT.pack(face) for face in dialogue.faces] for dialogue in dialogues], axis=0)
    words = np.stack([_words_of(dialogue) for dialogue in dialogues])
    shown = [_log_emission(rows[:, party]) for party in (0, 1)]
    evidence = sum((shown[p][0] + shown[p][1])[:, :, _STATE_OF[p]] for p in (0, 1) if seen[p])
    text, beliefs = _filter(words, np.broadcast_to(evidence, (*words.shape, _NUM_STATES)))
    faces, frames = [], []
    step, ahead = _TRANSITION, beliefs
    for h in range(1, max(HORIZONS) + 1):
        ahead = ahead @ step
        if h in HORIZONS:
            faces.append([_mixture_bits(ahead[:, :-h], shown[p][0][:, h:], _STATE_OF[p]) for p in (0, 1)])
            frames.append(words.shape[1] - h)
    return Bound(text, np.array(faces).transpose(2, 0, 1), np.array(frames))


def sampled_by_law(
    dialogues: list[Dialogue], *, num_samples: int, given_ticks: int = 1, seed: int = 0
) -> Int[np.ndarray, "D S K C"]:
    """Draw own faces freely, tick by tick, given words and partner's faces so far: the best any model can do.

    The first ``given_ticks`` own faces are the true ones.
    """
    rng = np.random.default_rng(seed)
    rows = np.repeat([[LAYOUT.pack(face) for face in dialogue.faces] for dialogue in dialogues], num_samples, axis=0)
    words = np.repeat([_words_of(dialogue) for dialogue in dialogues], num_samples, axis=0)
    own, partner = rows[:, 0], rows[:, 1]
    belief = _first_belief(len(rows))
    for t in range(own.shape[1]):
        if t >= given_ticks:
            ahead = belief @ _TRANSITION
            chance = np.stack([ahead[:, mood == _OWN].sum(axis=1) for mood in range(NUM_MOODS)], axis=1)
            moods = (rng.random(len(rows))[:, None] > chance.cumsum(axis=1)).sum(axis=1).clip(max=NUM_MOODS - 1)
            own[:, t] = _draw_rows(moods[:, None], rng, speaking=words[:, t : t + 1] >= 0)[:, 0]
        belief = _hear(belief, words[:, t])[1] if t else belief
        shown = [_log_emission(side[:, t : t + 1]) for side in (own, partner)]
        evidence = sum(
            (levels + angles)[:, 0, states] for (levels, angles), states in zip(shown, _STATE_OF, strict=True)
        )
        belief = _look(belief, np.asarray(evidence))
    levels = own[..., LAYOUT.level].astype(np.int64)
    return levels.reshape(len(dialogues), num_samples, *levels.shape[1:])


def _draw_states(count: int, num_ticks: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Draw partner moods, own states and own words (-1 silence), each [D, K]."""
    partner, own = rng.integers(0, NUM_MOODS, (2, count, num_ticks))
    words = np.full((count, num_ticks), -1)
    fresh = rng.random((count, num_ticks)) > MOOD_STAYS
    for t in range(1, num_ticks):
        partner[:, t] = np.where(fresh[:, t], partner[:, t], partner[:, t - 1])
        kind = np.where(rng.random(count) < FOLLOWS, partner[:, t - 1], rng.integers(0, NUM_MOODS, count))
        word = kind * WORDS_PER_KIND + rng.integers(0, WORDS_PER_KIND, count)
        words[:, t] = np.where(rng.random(count) < SILENCE, -1, word)
        chance = _OWN_NEXT[_kind_of(words[:, t - 1]), partner[:, t - 1], own[:, t - 1]]
        own[:, t] = (rng.random(count)[:, None] > chance.cumsum(axis=1)).sum(axis=1).clip(max=NUM_MOODS - 1)
    return partner, own, words


def _draw_rows(moods: np.ndarray, rng: np.random.Generator, *, speaking: np.ndarray | None = None) -> np.ndarray:
    rows = np.zeros((*moods.shape, LAYOUT.size), np.float32)
    level = MOOD_LEVELS[moods] + rng.choice(3, (*moods.shape, LAYOUT.num_columns), p=LEVEL_NOISE) - 1
    rows[..., LAYOUT.level] = level.clip(0, NUM_LEVELS - 1)
    rows[..., LAYOUT.angle] = MOOD_ANGLES[moods] + ANGLE_SD * rng.normal(size=(*moods.shape, NUM_ANGLES))
    rows[..., LAYOUT.level_valid] = rows[..., LAYOUT.angle_valid] = 1
    if speaking is not None:
        rows[..., LAYOUT.speaking] = speaking
    return rows


def _dialogue(name: str, rows: np.ndarray, words: np.ndarray) -> Dialogue:
    said = tuple(
        Word(WORDS[word], round(TICK_S * t, 2), round(TICK_S * (t + 1), 2), ME)
        for t, word in enumerate(words.tolist())
        if word >= 0
    )
    return Dialogue(name, said, (LAYOUT.unpack(rows[:, 0]), LAYOUT.unpack(rows[:, 1])))


def _words_of(dialogue: Dialogue) -> Int[np.ndarray, " K"]:
    words = np.full(len(dialogue.faces[0]), -1)
    for word in dialogue.words:
        words[round(word.end_s / TICK_S) - 1] = WORDS.index(word.text)
    return words


def _kind_of(words: np.ndarray) -> np.ndarray:
    """Return 0 for silence and neutral words, 1 for smiling, 2 for frowning ones."""
    return np.where(words < 0, 0, words // WORDS_PER_KIND)


def _own_next() -> Float[np.ndarray, "3 3 3 3"]:
    """Return chances [kind of my word, partner's mood, my state, my next state]."""
    table = np.zeros((NUM_MOODS,) * 4)
    for kind, mood, state in np.ndindex(table.shape[:3]):
        word, rest = (0.6, 0.2) if kind else (0.0, 0.5)
        for cause, weight in ((kind, word), (mood, rest), (state, rest)):
            table[kind, mood, state, cause] += weight
    return table


_OWN_NEXT = _own_next()
_NUM_STATES = NUM_MOODS**3
_MOOD, _OWN, _KIND = np.indices((NUM_MOODS,) * 3).reshape(3, -1)
_STATE_OF = (_OWN, _MOOD)
_MOOD_NEXT = MOOD_STAYS * np.eye(NUM_MOODS) + (1 - MOOD_STAYS) / NUM_MOODS
_KIND_CHANCE = FOLLOWS * np.eye(NUM_MOODS) + (1 - FOLLOWS) / NUM_MOODS
_SPOKEN = (1 - SILENCE) * _KIND_CHANCE
"""Chance of a spoken word of a kind, given the partner's last mood."""
_KIND_NEXT = _SPOKEN + SILENCE * np.eye(NUM_MOODS)[0]
_MOVES = _MOOD_NEXT[_MOOD][:, _MOOD] * _OWN_NEXT[_KIND, _MOOD, _OWN][:, _OWN]
"""[state, next state] of moods alone."""
_TRANSITION = _MOVES * _KIND_NEXT[_MOOD][:, _KIND]
"""[state, next state]; the next word's kind is drawn with its neutral words and silence in one."""


def _filter(words: np.ndarray, evidence: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return text bits [D] and the belief in each state [D, K, S] after each tick's word and faces."""
    count, num_ticks = words.shape
    beliefs = np.empty((count, num_ticks, _NUM_STATES))
    belief, bits = _first_belief(count), np.zeros(count)
    for t in range(num_ticks):
        if t:
            chance, belief = _hear(belief, words[:, t])
            bits -= np.log2(chance)
        belief = beliefs[:, t] = _look(belief, evidence[:, t])
    return bits, beliefs


def _first_belief(count: int) -> np.ndarray:
    """Return the belief before the first tick, in which nothing is said."""
    return np.tile((_KIND == 0) / NUM_MOODS**2, (count, 1))


def _hear(belief: np.ndarray, word: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return the chance of the next word (or silence) and the belief in the next state after it."""
    joint = belief * _word_chance(word)[:, _MOOD]
    return joint.sum(axis=1), (joint @ _MOVES) * (_kind_of(word)[:, None] == _KIND)


def _look(belief: np.ndarray, evidence: np.ndarray) -> np.ndarray:
    belief = belief * np.exp(evidence - evidence.max(axis=1, keepdims=True))
    return belief / belief.sum(axis=1, keepdims=True)


def _word_chance(word: Int[np.ndarray, " D"]) -> Float[np.ndarray, "D 3"]:
    """Return the chance of this very word, or of silence, given each mood of the partner."""
    spoken: Bool[np.ndarray, " D"] = word >= 0
    return np.where(spoken[:, None], _SPOKEN[:, _kind_of(word)].T / WORDS_PER_KIND, SILENCE)


def _log_emission(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return log chances of levels and log densities of angles under each mood: [D, K, 3] each."""
    table = np.zeros((NUM_MOODS, LAYOUT.num_columns, NUM_LEVELS))
    for shift, chance in zip((-1, 0, 1), LEVEL_NOISE, strict=True):
        place = (MOOD_LEVELS + shift).clip(0, NUM_LEVELS - 1)
        np.add.at(table, (np.arange(NUM_MOODS)[:, None], np.arange(LAYOUT.num_columns), place), chance)
    with np.errstate(divide="ignore"):
        log_table = np.log(table)
    level = rows[..., LAYOUT.level].astype(np.int64)
    levels = log_table[:, np.arange(LAYOUT.num_columns), level].sum(axis=-1)
    z = (rows[..., None, LAYOUT.angle] - MOOD_ANGLES) / ANGLE_SD
    angles = (-0.5 * z**2 - np.log(ANGLE_SD * np.sqrt(2 * np.pi))).sum(axis=-1)
    return np.moveaxis(levels, 0, -1), angles


def _mixture_bits(belief: np.ndarray, log_levels: np.ndarray, mood_of: np.ndarray) -> np.ndarray:
    chance = np.stack([belief[:, :, mood_of == mood].sum(axis=2) for mood in range(NUM_MOODS)], axis=2)
    return -np.log2((chance * np.exp(log_levels)).sum(axis=2)).sum(axis=1)
