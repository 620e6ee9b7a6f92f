"""Measure a face-aware model on held-out dialogues beside models retrained without faces, partner and words."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from facsimile.evaluate.dialogue import Measured, balanced, energy_score, frame_fd, pairing_lift, rate, window_fd
from facsimile.evaluate.dialogue_baselines import ar2_bits, gaming_samples, marginal_bits, markov_bits
from facsimile.evaluate.dialogue_events import pooled_event_f1
from facsimile.evaluate.dialogue_report import ORACLE, table
from facsimile.facs.track import Track
from facsimile.language.facelm.dialogue import Dialogue, Encoded, cut, encode
from facsimile.language.facelm.layout import Layout, track_of
from facsimile.language.facelm.model import FaceLM
from facsimile.language.facelm.stream import sampled_faces
from facsimile.language.facelm.vocabulary import Vocabulary
from facsimile.language.facelm.world import bound, sampled_by_law
from facsimile.train.facelm.material import Material
from facsimile.train.facelm.run import CONFIG_NAME
from facsimile.train.facelm.score import CONTROLS, Score, score
from facsimile.train.facelm.turns import shift_log_odds, silences

MODEL = "the model"
RETRAINED = {
    frozenset({"partner", "own"}): "retrained without faces",
    frozenset({"partner"}): "retrained without partner",
    frozenset({"words"}): "retrained without words",
    frozenset({"own"}): "retrained without own face",
}
"""Rows of models that were trained without some input, by what they never see."""

NUM_FREE_RUNS, NUM_SAMPLES = 96, 16
WINDOW_TICKS = 3
"""About one second."""

Rows = dict[str, dict[str, Measured]]


@dataclass(frozen=True)
class Subject:
    """A trained model and what it was kept from."""

    model: FaceLM
    vocabulary: Vocabulary
    training: dict[str, Any]

    @property
    def blind(self) -> tuple[str, ...]:
        """What it never sees."""
        return tuple(self.training["blind"])


@dataclass(frozen=True)
class Trial:
    """Dialogues of one length, to fit baselines on and to measure on."""

    train: Sequence[Dialogue]
    held_out: Sequence[Dialogue]
    is_world: bool


def load(folder: Path) -> Subject:
    """Read a folder of ``facsimile train``; a ValueError says if it is none."""
    if not (folder / CONFIG_NAME).is_file():
        raise ValueError(f"{folder} holds no face-aware model; make one with: facsimile train tiny_cpu --out DIR")
    training = json.loads((folder / CONFIG_NAME).read_text(encoding="utf-8"))
    return Subject(FaceLM.from_pretrained(folder).eval(), Vocabulary.load(folder), training)


def trial_of(material: Material, *, num_ticks: int, is_world: bool) -> Trial:
    """Cut dialogues to one length that most of them reach, at most ``num_ticks``; shorter ones are left out."""
    lengths = [len(dialogue.faces[0]) for dialogue in material.held_out]
    length = max(min(num_ticks, int(np.quantile(lengths, 0.25))), WINDOW_TICKS + 1)
    train, held_out = (
        [part for d in dialogues for part in cut(d, num_ticks=length) if len(part.faces[0]) == length]
        for dialogues in (material.train, material.held_out)
    )
    if len(held_out) < 2 or not train:
        raise ValueError(
            f"{material.name}: needs two held-out dialogues of {length} ticks of 0.32 s, got {len(held_out)}"
        )
    return Trial(train, held_out, is_world)


def conversation_tables(subject: Subject, others: Sequence[Subject], trial: Trial) -> dict[str, Rows]:
    """Return the rows of the tables text, bits, motion and turns."""
    runs = [(MODEL, subject)] + [(_row_name(other), other) for other in others]
    scores = {name: _score(one, trial, "right") for name, one in runs}
    scores |= {control: _score(subject, trial, control) for control in CONTROLS[1:]}
    tables = {
        "text": text_rows(scores, subject, trial),
        "bits": bit_rows(scores, subject.model.layout, trial),
        "motion": motion_rows(subject, trial),
    }
    turns = turn_rows(runs, trial)
    return tables | ({"turns": turns} if turns else {})


def conversation_text(tables: dict[str, Rows], *, is_world: bool) -> str:
    """Lay the tables out; a ValueError names rows that are missing."""
    return "\n\n".join(table(rows, kind=kind, synthetic=is_world and kind != "turns") for kind, rows in tables.items())


def check_rows(others: Sequence[Subject]) -> None:
    """Refuse, before anything is computed, what ``table`` would refuse after it."""
    have = {_row_name(other) for other in others}
    if missing := [(blind, name) for blind, name in list(RETRAINED.items())[:3] if name not in have]:
        example = " ".join(f"--blind {name}" for name in sorted(missing[0][0]))
        raise ValueError(
            f"a report needs its baseline rows; missing: {', '.join(name for _, name in missing)}; train each with "
            f"facsimile train tiny_cpu {example} --out DIR (the same seed and data) and name it with --against DIR"
        )


def text_rows(scores: dict[str, Score], subject: Subject, trial: Trial) -> Rows:
    """Return bits per token and per byte."""
    best = scores[MODEL]
    tokens, size = best.num_tokens.astype(float), best.num_bytes.astype(float)
    bits = {name: one.text_bits for name, one in scores.items() if "words" not in name}
    bits["unigram"] = _unigram_bits(*(_encoded(part, subject) for part in (trial.train, trial.held_out)))
    if trial.is_world:
        bits = {ORACLE: bound(list(trial.held_out)).text_bits} | bits
    return {
        name: {"bits per token": rate(total, tokens), "bits per byte": rate(total, size)}
        for name, total in bits.items()
    }


def bit_rows(scores: dict[str, Score], layout: Layout, trial: Trial) -> Rows:
    """Return face bits per frame by horizon and party."""
    frames = scores[MODEL].num_frames.astype(float)
    rows = {ORACLE: _own_and_partner(bound(list(trial.held_out)).face_bits, frames)} if trial.is_world else {}
    rows |= {name: _own_and_partner(one.face_bits, frames) for name, one in scores.items()}
    train, test = (_levels(part, layout) for part in (trial.train, trial.held_out))
    for name, bits in (("marginal", marginal_bits), ("Markov", markov_bits), ("AR(2)", ar2_bits)):
        per_party = [bits(train[:, p], test[:, p]) for p in (0, 1)]
        rows[name] = _own_and_partner(np.stack(per_party, axis=1)[:, None], frames[:, :1])
    return rows


def motion_rows(subject: Subject, trial: Trial) -> Rows:
    """Return metrics of free runs of the own face: words and the partner's face as they were."""
    dialogues, layout = list(trial.held_out[:NUM_FREE_RUNS]), subject.model.layout
    levels, train = (_levels(part, layout).astype(float) for part in (dialogues, trial.train))
    truth, partner = levels[:, 0], levels[:, 1]
    made = sampled_faces(subject.model, subject.vocabulary, _encoded(dialogues, subject), num_samples=NUM_SAMPLES)
    samples = {MODEL: made.astype(float), **gaming_samples(train[:, 0], truth, partner, num_samples=NUM_SAMPLES)}
    if trial.is_world:
        samples = {ORACLE: sampled_by_law(dialogues, num_samples=NUM_SAMPLES).astype(float)} | samples
    return {name: _motion(made[:, :, 1:], truth[:, 1:], layout) for name, made in samples.items()}


def turn_rows(runs: Sequence[tuple[str, Subject]], trial: Trial) -> Rows:
    """Return the balanced accuracy of hold or shift at silences; empty if the held-out turns never shift or hold."""
    rows: Rows = {"always hold": {"hold or shift": Measured(0.5)}}
    for name, one in runs:
        train, test = (_encoded(part, one) for part in (trial.train, trial.held_out))
        known, asked = silences(train, one.vocabulary), silences(test, one.vocabulary)
        if not (0 < known.shift.sum() < len(known.shift) and 0 < asked.shift.sum() < len(asked.shift)):
            return {}
        usual = math.log(known.shift.mean() / (1 - known.shift.mean()))
        answer = shift_log_odds(one.model, test, one.vocabulary, blind=one.blind) > usual
        rows[name] = {"hold or shift": balanced(asked.shift, answer, asked.dialogue)}
    return rows


def _row_name(subject: Subject) -> str:
    known = RETRAINED.get(frozenset(subject.blind))
    if known is None:
        raise ValueError(
            "--against: that model sees everything; name models that were trained with --blind"
            if not subject.blind
            else f"--against: a model without {', '.join(subject.blind)} is no baseline; known: "
            + ", ".join(RETRAINED.values())
        )
    return known


def _score(subject: Subject, trial: Trial, control: str) -> Score:
    examples = _encoded(trial.held_out, subject)
    return score(subject.model, examples, hidden=subject.vocabulary.hidden, control=control, blind=subject.blind)


def _encoded(dialogues: Sequence[Dialogue], subject: Subject) -> list[Encoded]:
    return [encode(dialogue, subject.vocabulary, subject.model.layout) for dialogue in dialogues]


def _unigram_bits(train: Sequence[Encoded], held_out: Sequence[Encoded]) -> np.ndarray:
    """Return the bits of all tokens under their frequencies in training, half a count added to each."""
    size = 1 + max(int(example.ids.max()) for example in (*train, *held_out))
    count = np.bincount(np.concatenate([example.ids[1:] for example in train]), minlength=size) + 0.5
    bits = -np.log2(count / count.sum())
    return np.array([bits[example.ids[1:]].sum() for example in held_out])


def _own_and_partner(bits: np.ndarray, frames: np.ndarray) -> dict[str, Measured]:
    names = {
        (h, p): f"{who}, {ticks} ahead" for p, who in enumerate(("own", "partner")) for h, ticks in enumerate((1, 2, 4))
    }
    return {names[h, p]: rate(bits[:, h, p], frames[:, h, p]) for h in range(bits.shape[1]) for p in (0, 1)}


def _levels(dialogues: Sequence[Dialogue], layout: Layout) -> np.ndarray:
    """Return levels [D, P, K, C]."""
    return np.array([[layout.pack(face)[:, layout.level] for face in d.faces] for d in dialogues]).astype(np.int64)


def _motion(samples: np.ndarray, truth: np.ndarray, layout: Layout) -> dict[str, Measured]:
    energy = energy_score(samples, truth, window=WINDOW_TICKS)
    found = {
        "energy score": rate(energy, np.ones(len(energy))),
        "pairing lift": pairing_lift(samples, truth, window=WINDOW_TICKS),
        "window-FD": Measured(window_fd(samples, truth, frames=WINDOW_TICKS)),
        "frame-FD": Measured(frame_fd(samples, truth)),
    }
    tracks = [[_track(sample, layout) for sample in one] for one in samples]
    events = pooled_event_f1([_track(one, layout) for one in truth], tracks)
    for name, (f1, null) in events.items():
        if not math.isnan(f1.value):
            found |= {f"F1 {name}": f1, f"shifted {name}": null}
    return found


def _track(levels: np.ndarray, layout: Layout) -> Track:
    rows = np.zeros((len(levels), layout.size), np.float32)
    rows[:, layout.level], rows[:, layout.level_valid] = levels, 1
    track = track_of(layout.unpack(rows))
    return Track(track.time_s, track.intensity)
