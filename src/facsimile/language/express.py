"""Turn a text into a face that says it: a track with expressions, talking, stress, questions, blinks and nods.

Which expression goes with a clause is guessed by ``affect`` from its words and taken from the table of published
patterns; when things happen follows from syllables (``speech``). It is a small rule-driven stand-in: it knows words and
not what they mean to anybody, and what it shows is a convention of published patterns, not how people look when they
talk. A face-aware language model (``facelm``) takes its place where the user has one.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from facsimile.facs.action_units import LABEL_UNITS, UNITS
from facsimile.facs.notation import parse
from facsimile.facs.prototypes import PROTOTYPES, Prototype
from facsimile.facs.state import State
from facsimile.facs.track import Track
from facsimile.language.affect import CLASSES, affect, word_votes
from facsimile.language.motion import Gesture, draw_blinks, draw_looks, draw_sway, frame_times, perform
from facsimile.language.speech import SYLLABLES_PER_S, SpokenWord, time_words
from facsimile.language.transcripts import state_at

LEAD_S, REST_S = 0.4, 0.9
"""Seconds before the first word and after the last: faces move before and after the voice."""

LEAST_CHANCE = 0.25
"""Lowest probability at which a class shows: twice what eight equal ones have."""

MOUTH_OPENERS = (25, 26, 27)
"""Units that talking uses itself; patterns leave them to it, so that an open mouth follows the syllables."""

STRESS_RAISE = 0.35
"""Chance that a brow raise marks a stressed word; speakers mark some of their accents so (Flecha-Garcia 2010,
Eyebrow raises in dialogue and their relation to discourse structure, utterance function and pitch accents)."""

NOD_RAD = float(np.deg2rad(3.0))
"""Depth of the nod on an accented word."""

ABOUT = (
    "A small rule-driven model: expressions are guessed from words and taken from published patterns, times from "
    "syllables. It shows a convention, not what anybody feels."
)
"""What this is, for people who see its output."""


@dataclass(frozen=True)
class Clause:
    """What is said in one breath and how it is shown."""

    words: tuple[SpokenWord, ...]
    label: str
    # of affect.CLASSES
    chance: float
    # the model's probability of the label
    units: str
    # the pattern shown, as a score; "0" for neutral
    source: str
    # where the pattern is published; empty for neutral
    apex_s: float
    # when it is strongest

    @property
    def text(self) -> str:
        """The words as one text."""
        return " ".join(word.text for word in self.words)


@dataclass(frozen=True)
class Expressed:
    """A text as a face."""

    track: Track
    # 25 frames per second
    clauses: tuple[Clause, ...]

    def apex(self, index: int) -> State:
        """Score the face at the strongest moment of a clause."""
        return state_at(self.track, int(np.argmin(np.abs(self.track.time_s - self.clauses[index].apex_s))))

    @property
    def speech_s(self) -> tuple[tuple[float, float], ...]:
        """(start, end) of every clause's words, in seconds."""
        return tuple((clause.words[0].start_s, clause.words[-1].end_s) for clause in self.clauses)


def express(
    text: str, *, seed: int = 0, strength: float | int = 1.0, syllables_per_s: float | int = SYLLABLES_PER_S
) -> Expressed:
    """Turn ``text`` into a track; the same text and seed give the same track.

    ``strength`` scales the expressions, 0 (talking only) to 2. Raises ValueError for a text without words.
    """
    if not 0 <= strength <= 2:
        raise ValueError(f"strength: must lie between 0 and 2, got {strength}; 1 is usual")
    words = time_words(text, start_s=LEAD_S, syllables_per_s=syllables_per_s)
    if not words:
        raise ValueError(f"text: holds no words to say, got {text[:40]!r}")
    rng = np.random.default_rng(seed)
    clauses = tuple(_shown(spoken, rng) for spoken in _clauses(words))
    duration_s = words[-1].end_s + REST_S
    gestures = [*_talking(words, rng), *_stress(clauses, rng)]
    for clause, following in zip(clauses, [*clauses[1:], None], strict=True):
        end_s = following.words[0].start_s if following else duration_s
        gestures += _expression(clause, end_s=end_s, strength=float(strength), rng=rng)
    ends_s = [clause.words[-1].end_s for clause in clauses]
    gestures += draw_blinks(rng, duration_s=duration_s, preferred_s=ends_s)
    head = draw_sway(rng, duration_s=duration_s) + _nods(clauses, duration_s)
    gaze = draw_looks(rng, duration_s=duration_s)
    return Expressed(perform(gestures, duration_s=duration_s, head_pose_rad=head, gaze_rad=gaze), clauses)


def _clauses(words: tuple[SpokenWord, ...]) -> Iterator[tuple[SpokenWord, ...]]:
    """Cut at ends of sentences; a comma cuts where at least four words stand on both sides."""
    start = 0
    for i, word in enumerate(words):
        is_long = i + 1 - start >= 4 and len(words) - i - 1 >= 4
        if word.ends in (".", "?") or (word.ends == "," and is_long) or i + 1 == len(words):
            yield words[start : i + 1]
            start = i + 1


def _shown(words: tuple[SpokenWord, ...], rng: np.random.Generator) -> Clause:
    """Choose the class, a published pattern of it and the word on which it is strongest."""
    text = " ".join(word.text for word in words)
    chances = affect(text)
    place = int(chances.argmax())
    if chances[place] < LEAST_CHANCE:
        place = 0
    votes = word_votes(text, place)
    strongest = max(range(len(words)), key=lambda i: (words[i].is_stressed, votes[i]))
    apex_s = words[strongest].start_s + 0.1
    if CLASSES[place] == "neutral":
        return Clause(words, "neutral", float(chances[place]), "0", "", apex_s)
    pattern = _pattern(CLASSES[place], rng)
    return Clause(words, CLASSES[place], float(chances[place]), pattern.units, pattern.source, apex_s)


def _pattern(label: str, rng: np.random.Generator) -> Prototype:
    """Draw a published pattern that is more than talking, of at least two units where there are such."""
    rows = [row for row in PROTOTYPES if row.emotion == label and _codes(row.units)]
    rich = [row for row in rows if len(_codes(row.units)) > 1] or rows
    return rich[int(rng.integers(len(rich)))]


def _codes(units: str) -> list[tuple[int, str]]:
    """List (code, side) of a pattern without what opens the mouth; the first of alternatives."""
    terms = [group[0] for group in parse(units).groups]
    return [(t.code, t.side) for t in terms if t.code in LABEL_UNITS and t.code not in MOUTH_OPENERS]


def _expression(clause: Clause, *, end_s: float, strength: float, rng: np.random.Generator) -> Iterator[Gesture]:
    """Raise the pattern towards its apex, hold it and let it go as the next clause begins."""
    peak = min(strength * (1.8 + 2.8 * clause.chance), 5.0)
    for code, side in _codes(clause.units):
        level = next((t.level for g in parse(clause.units).groups for t in g if t.code == code and t.level), None)
        amount = peak * float(rng.uniform(0.85, 1.1)) if level is None else strength * level
        rise_s = float(rng.uniform(0.3, 0.5))
        start_s = max(clause.apex_s - rise_s, clause.words[0].start_s - LEAD_S)
        fall_s = float(rng.uniform(0.5, 0.8))
        hold_s = max(end_s - start_s - rise_s - fall_s / 2, 0.3)
        one_side = {"U": str(rng.choice(["L", "R"])), "L": "L", "R": "R"}.get(side)
        yield Gesture(code, min(amount, 5.0), start_s, rise_s, hold_s, fall_s, one_side if _is_sided(code) else None)


def _is_sided(code: int) -> bool:
    return UNITS[code].is_sided


_OPEN = {"a": 3.0, "o": 2.6, "u": 1.6, "e": 2.0, "i": 1.5, "y": 1.4}
"""Opening of the lips, 0-5, for a syllable's vowel letter: open vowels more, close ones less; our choice."""


def _talking(words: tuple[SpokenWord, ...], rng: np.random.Generator) -> Iterator[Gesture]:
    """Open lips and jaw once per syllable, round the lips for o and u, close them for m, b and p."""
    for word in words:
        vowels = re.findall(r"[aeiouy]", word.text.lower()) or ["e"]
        length_s = (word.end_s - word.start_s) / word.num_syllables
        for i, start_s in enumerate(word.syllable_starts_s):
            vowel = vowels[min(i, len(vowels) - 1)]
            opening = _OPEN[vowel] * float(rng.uniform(0.8, 1.2)) * (1.1 if word.is_stressed else 0.8)
            times = (start_s, length_s * 0.45, length_s * 0.2, length_s * 0.5)
            yield Gesture(25, min(opening, 5.0), *times)
            yield Gesture(26, min(opening * 0.75, 5.0), *times)
            if vowel in "ou":
                yield Gesture(18, 1.6, *times)
        if re.match(r"[mbp]", word.text.lower()):
            yield Gesture(24, 1.5, word.start_s - 0.06, 0.06, 0.02, 0.06)


def _stress(clauses: tuple[Clause, ...], rng: np.random.Generator) -> Iterator[Gesture]:
    """Raise the brows over the end of a question and, now and then, on a stressed word; not in a lowered brow."""
    for clause in clauses:
        if "4" in re.findall(r"\d+", clause.units):
            continue
        if clause.words[-1].ends == "?":
            start_s = clause.words[max(len(clause.words) - 3, 0)].start_s
            hold_s = clause.words[-1].end_s - start_s
            yield from (Gesture(code, 2.2, start_s, 0.25, hold_s, 0.4) for code in (1, 2))
        elif rng.random() < STRESS_RAISE and (accents := [word for word in clause.words if word.is_stressed]):
            start_s = accents[int(rng.integers(len(accents)))].start_s - 0.1
            yield from (Gesture(code, 1.5, start_s, 0.15, 0.15, 0.3) for code in (1, 2))


def _nods(clauses: tuple[Clause, ...], duration_s: float) -> np.ndarray:
    """Dip the head at each clause's strongest word."""
    time_s = frame_times(duration_s)
    pose = np.zeros((time_s.size, 3), np.float32)
    for clause in clauses:
        nod = Gesture(12, 1.0, clause.apex_s - 0.1, 0.18, 0.02, 0.3)  # only its envelope is used
        pose[:, 0] -= np.float32(NOD_RAD) * nod.envelope(time_s).astype(np.float32)
    return pose
