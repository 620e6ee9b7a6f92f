"""Bits a model spends on held-out dialogues, dialogue by dialogue, with the right inputs and with wrong ones."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Float, Int
from torch import Tensor
from torch.nn import functional

from facsimile.language.facelm.dialogue import ME, YOU, Encoded
from facsimile.language.facelm.features import targets_of
from facsimile.language.facelm.forecast import log_likelihood
from facsimile.language.facelm.model import FaceLM, FaceLMOutput
from facsimile.train.facelm.batches import Batch, in_order, without

CONTROLS = ("right", "wrong partner", "wrong self", "words hidden", "no faces")
"""Inputs at test time: as they are; the partner's, then the own face of the next dialogue; words as <hidden>; none."""

SCORING_BATCH = 64


@dataclass(frozen=True, eq=False)
class Score:
    """Bits and counts of each dialogue."""

    text_bits: Float[np.ndarray, " D"]
    # of all tokens
    num_tokens: Int[np.ndarray, " D"]
    num_ticks: Int[np.ndarray, " D"]
    num_bytes: Int[np.ndarray, " D"]
    face_bits: Float[np.ndarray, "D H P"]
    # of the levels, by horizon and party
    num_frames: Int[np.ndarray, "D H P"]
    # ticks in which any level of that party was observed at that horizon

    @property
    def text_rate(self) -> float:
        """Bits per token."""
        return float(self.text_bits.sum() / self.num_tokens.sum())

    def face_rate(self, horizon: int = 0, party: int = ME) -> float:
        """Bits per frame of one party at one place of the horizons."""
        frames = self.num_frames[:, horizon, party].sum()
        return float(self.face_bits[:, horizon, party].sum() / frames) if frames else math.nan


def future_faces(faces: Float[Tensor, "B K P F"], horizons: Sequence[int]) -> Float[Tensor, "B K H P F"]:
    """Return the rows that lie each horizon ahead of each tick; beyond the end nothing is valid."""
    later = [torch.cat([faces[:, h:], torch.zeros_like(faces[:, :h])], 1)[:, : faces.shape[1]] for h in horizons]
    return torch.stack(later, 2)


def run(model: FaceLM, batch: Batch) -> FaceLMOutput:
    """Read a batch and forecast at the end of each tick."""
    return model(batch.ids, batch.shown, batch.tick_index, face_positions=batch.tick_position)


def score(
    model: FaceLM, examples: Sequence[Encoded], *, hidden: int, control: str = "right", blind: Sequence[str] = ()
) -> Score:
    """Score every dialogue; wrong faces come from the next dialogue in order. ``blind`` as in training."""
    if control not in CONTROLS:
        raise ValueError(f"control: {control!r} is unknown; choose from {', '.join(CONTROLS)}")
    was_training = model.training
    model.eval()
    shifted = [*examples[1:], examples[0]]
    parts = []
    pairs = zip(in_order(examples, batch_size=SCORING_BATCH), in_order(shifted, batch_size=SCORING_BATCH), strict=True)
    with torch.no_grad():
        for batch, other in pairs:
            seen = _controlled(batch, other, control, hidden)
            for name in blind:
                seen = without(seen, name, rows=torch.ones(len(seen.ids), dtype=torch.bool), hidden=hidden)
            parts.append(_bits(model, seen.to(str(model.device))))
    model.train(was_training)
    text, tokens, face, frames = (np.concatenate(column) for column in zip(*parts, strict=True))
    ticks = np.array([len(e.faces) for e in examples])
    return Score(text, tokens, ticks, np.array([e.num_bytes for e in examples]), face, frames)


def _controlled(batch: Batch, other: Batch, control: str, hidden: int) -> Batch:
    everyone = torch.ones(len(batch.ids), dtype=torch.bool)
    if control == "words hidden":
        return without(batch, "words", rows=everyone, hidden=hidden)
    if control == "no faces":
        return replace(batch, shown=torch.zeros_like(batch.shown))
    if control == "right":
        return batch
    party, ticks = YOU if control == "wrong partner" else ME, batch.shown.shape[1]
    shown = batch.shown.clone()
    wrong = other.shown[:, :ticks, party]
    shown[:, :, party] = 0
    shown[:, : wrong.shape[1], party] = wrong
    return replace(batch, shown=shown)


def _bits(model: FaceLM, batch: Batch) -> tuple[np.ndarray, ...]:
    out = run(model, batch)
    assert out.logits is not None
    assert out.forecast is not None
    labels = batch.labels[:, 1:]
    nats = functional.cross_entropy(out.logits[:, :-1].float().transpose(1, 2), labels, reduction="none")
    level, valid, _, _ = targets_of(future_faces(batch.faces, model.config.horizons), model.layout)
    face = -log_likelihood(out.forecast, level, valid)
    frames = valid.any(-1)
    sums = (nats.sum(1) / math.log(2), (labels != -100).sum(1), face.sum(1) / math.log(2), frames.sum(1))
    return tuple(part.cpu().numpy().astype(kind) for part, kind in zip(sums, (float, int, float, int), strict=True))
