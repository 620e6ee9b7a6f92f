"""Generate faces for a written conversation by rules that can be switched off one by one.

The faces prove machinery: a model trained on them can learn the rules, and with a rule off its gain must vanish. They
say nothing about people, and an emotion label is what an annotator wrote, not what anybody felt.
"""

import zlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from facsimile.facs.action_units import LABEL_UNITS
from facsimile.facs.notation import parse
from facsimile.facs.prototypes import PROTOTYPES
from facsimile.language.facelm.dialogue import ME, YOU, Dialogue, Word
from facsimile.language.facelm.meld import Conversation, Utterance
from facsimile.language.motion import Gesture, draw_blinks, draw_looks, draw_sway, frame_times, perform
from facsimile.language.speech import SpokenWord, time_words
from facsimile.language.ticks import TICK_S, encode_ticks

TAIL_S = 2 * TICK_S
"""Time after the last word, so that its ticks are whole."""

NOD_RAD, NOD_S = -0.12, 0.4
"""Depth and length of a nod: down, about 7 degrees; our choice."""


@dataclass(frozen=True)
class Rules:
    """Chances of what the faces do; 0 switches a rule off, and the null of its gain is that."""

    emotion: float = 0.85
    """That a speaker shows a prototype of the line's emotion, its apex on a stressed word."""
    question: float = 0.7
    """That brows rise on the last word of a question."""
    mouth: float = 1.0
    """That lips part on a word."""
    blinks: float = 1.0
    """That blinks happen at all, at clause ends where one is near."""
    mimicry: float = 0.5
    """That the listener shows the speaker's expression too, weaker and 0.4 to 0.9 s later."""
    nods: float = 0.4
    """That the listener nods at a clause end."""

    def __post_init__(self) -> None:
        for name, chance in vars(self).items():
            if not 0 <= chance <= 1:
                raise ValueError(f"{name}: a chance lies in [0, 1], got {chance}")

    def off(self, *names: str) -> "Rules":
        """Return the rules with some switched off."""
        return Rules(**{name: 0.0 if name in names else chance for name, chance in vars(self).items()})


def act(conversation: Conversation, rules: Rules, *, seed: int, me: str | None = None) -> Dialogue:
    """Give a conversation word times and two faces: ``me`` (default: who speaks most) and everybody else.

    Depends on the seed and the conversation's name only; each rule has random numbers of its own, so switching one off
    leaves the others' effects as they were.
    """
    own = conversation.speakers[0] if me is None else me
    if own not in conversation.speakers:
        raise ValueError(
            f"me: {own!r} does not speak in {conversation.name}; choose {', '.join(conversation.speakers)}"
        )
    lines = [(ME if line.speaker == own else YOU, line, _timed(line)) for line in conversation.utterances]
    duration_s = max([line.end_s for _, line, _ in lines]) + TAIL_S
    draws = {name: _generator(seed, conversation.name, name) for name in vars(rules)}
    gestures: tuple[list[Gesture], list[Gesture]] = ([], [])
    nods: tuple[list[float], list[float]] = ([], [])
    for party, line, words in lines:
        shown = _expression(line, words, rules.emotion, draws["emotion"])
        gestures[party].extend(shown + _brows(words, rules.question, draws["question"]))
        gestures[party].extend(_mouth(words, rules.mouth, draws["mouth"]))
        gestures[1 - party].extend(_mimicry(shown, rules.mimicry, draws["mimicry"]))
        nods[1 - party].extend(_nods(words, rules.nods, draws["nods"]))
    said = tuple(Word(w.text, w.start_s, w.end_s, party) for party, _, words in lines for w in words)
    faces = []
    for party in (ME, YOU):
        clause_ends = [w.end_s for p, _, words in lines if p == party for w in words if w.ends]
        if rules.blinks and draws["blinks"].random() < rules.blinks:
            gestures[party].extend(draw_blinks(draws["blinks"], duration_s=duration_s, preferred_s=clause_ends))
        still = _generator(seed, conversation.name, f"head {party}")
        head = draw_sway(still, duration_s=duration_s) + _nodding(nods[party], duration_s)
        gaze = draw_looks(still, duration_s=duration_s)
        track = perform(gestures[party], duration_s=duration_s, head_pose_rad=head.astype(np.float32), gaze_rad=gaze)
        spans = [(words[0].start_s, words[-1].end_s) for p, _, words in lines if p == party and words]
        faces.append(encode_ticks(track, speech_s=spans))
    return Dialogue(conversation.name, said, (faces[0], faces[1]))


def _generator(seed: int, name: str, part: str) -> np.random.Generator:
    return np.random.default_rng([seed, zlib.crc32(name.encode()), zlib.crc32(part.encode())])


def _timed(line: Utterance) -> tuple[SpokenWord, ...]:
    """Share the line's time among its words by their syllables and pauses."""
    words = time_words(line.text)
    if not words:
        return ()
    stretch = (line.end_s - line.start_s) / words[-1].end_s
    return tuple(
        SpokenWord(
            w.text, line.start_s + w.start_s * stretch, line.start_s + w.end_s * stretch,
            w.num_syllables, w.is_stressed, w.ends,
        )
        for w in words
    )  # fmt: skip


def _expression(line: Utterance, words: Sequence[SpokenWord], chance: float, rng: np.random.Generator) -> list[Gesture]:
    """Show one prototype of the emotion; draws the same numbers whether it is shown or not."""
    shown, choice, strength, place = rng.random(), rng.random(), rng.uniform(2.0, 4.5), rng.random()
    rows = [row for row in PROTOTYPES if row.emotion == line.emotion and row.kind == "basic"]
    stressed = [word for word in words if word.is_stressed] or list(words)
    if shown >= chance or not rows or not stressed:
        return []
    apex_s = stressed[int(place * len(stressed))].start_s
    units = parse(rows[int(choice * len(rows))].units)
    codes = [group[0].code for group in units.groups if group[0].code in LABEL_UNITS]
    return [Gesture(code, strength, max(apex_s - 0.35, 0.0), hold_s=0.8) for code in codes]


def _brows(words: Sequence[SpokenWord], chance: float, rng: np.random.Generator) -> list[Gesture]:
    raised = rng.random() < chance
    if not raised or not words or words[-1].ends != "?":
        return []
    start_s = max(words[-1].start_s - 0.2, 0.0)
    return [Gesture(code, 3.0, start_s, rise_s=0.2, hold_s=0.4, fall_s=0.4) for code in (1, 2)]


def _mouth(words: Sequence[SpokenWord], chance: float, rng: np.random.Generator) -> list[Gesture]:
    found = []
    for word in words:
        parted, opening = rng.random() < chance, rng.uniform(1.0, 3.0)
        if parted:
            third_s = (word.end_s - word.start_s) / 3
            found += [Gesture(code, opening, word.start_s, third_s, third_s, third_s) for code in (25, 26)]
    return found


def _mimicry(shown: Sequence[Gesture], chance: float, rng: np.random.Generator) -> list[Gesture]:
    copied, delay_s, share = rng.random() < chance, rng.uniform(0.4, 0.9), rng.uniform(0.4, 0.7)
    if not copied:
        return []
    return [Gesture(g.code, g.peak * share, g.start_s + delay_s, g.rise_s, g.hold_s, g.fall_s) for g in shown]


def _nods(words: Sequence[SpokenWord], chance: float, rng: np.random.Generator) -> list[float]:
    return [word.end_s for word in words if word.ends and rng.random() < chance]


def _nodding(starts_s: Sequence[float], duration_s: float) -> np.ndarray:
    time_s = frame_times(duration_s)
    pitch = np.zeros(time_s.size)
    for start_s in starts_s:
        phase = np.clip((time_s - start_s) / NOD_S, 0, 1)
        pitch += NOD_RAD * np.sin(np.pi * phase) ** 2
    return np.stack([pitch, np.zeros_like(pitch), np.zeros_like(pitch)], axis=1)
