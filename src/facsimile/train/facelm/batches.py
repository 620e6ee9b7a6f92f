"""Batches of dialogues: what step *s* sees depends only on (seed, s)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor

from facsimile.language.facelm.dialogue import ME, YOU, Encoded
from facsimile.language.facelm.layout import Layout
from facsimile.language.ticks import NUM_LEVELS
from facsimile.train.facelm.recipes import FaceLMTraining


@dataclass(frozen=True, eq=False)
class Batch:
    """Dialogues padded to one length; ``shown`` is what the model sees, ``faces`` what is true."""

    ids: Int[Tensor, "B N"]
    labels: Int[Tensor, "B N"]
    # the true token at each place; -100 at the first and in the padding
    tick_index: Int[Tensor, "B N"]
    tick_position: Int[Tensor, "B K"]
    is_word: Bool[Tensor, "B N"]
    faces: Float[Tensor, "B K P F"]
    shown: Float[Tensor, "B K P F"]

    def to(self, device: str) -> "Batch":
        """Copy to a device."""
        return Batch(**{name: value.to(device) for name, value in vars(self).items()})


def collate(examples: Sequence[Encoded]) -> Batch:
    """Join dialogues; padding is never scored and, standing last, never seen by what is."""
    length, ticks = max(len(e.ids) for e in examples), max(len(e.faces) for e in examples)
    ids = _padded([e.ids for e in examples], length, 0)
    labels = _padded([e.ids for e in examples], length, -100)
    labels[:, 0] = -100
    faces = torch.from_numpy(np.stack([_pad_rows(e.faces, ticks) for e in examples]))
    return Batch(
        ids,
        labels,
        _padded([e.tick_index for e in examples], length, -1),
        _padded([e.tick_position for e in examples], ticks, 0),
        _padded([e.is_word for e in examples], length, False),
        faces,
        faces,
    )


class Batches:
    """Draw dialogues and what is kept from the model, by step."""

    def __init__(self, examples: Sequence[Encoded], config: FaceLMTraining, *, layout: Layout, hidden: int) -> None:
        if not examples:
            raise ValueError("dialogues: need at least one to train on, got none")
        self.examples, self.config, self.layout, self.hidden = examples, config, layout, hidden

    def __getitem__(self, step: int) -> Batch:
        rng = np.random.default_rng([self.config.seed, step])
        picks = rng.integers(0, len(self.examples), self.config.batch_size)
        batch = collate([self.examples[i] for i in picks])
        if self.config.corrupt_own:
            batch = self._corrupted(batch, rng)
        chances = {"partner": self.config.drop_partner, "own": self.config.drop_own, "words": self.config.drop_words}
        for name, chance in chances.items():
            dropped = torch.from_numpy(rng.random(len(picks)) < (1 if name in self.config.blind else chance))
            batch = without(batch, name, rows=dropped, hidden=self.hidden)
        return batch

    def _corrupted(self, batch: Batch, rng: np.random.Generator) -> Batch:
        shown = batch.shown.clone()
        level = shown[:, :, ME, self.layout.level]
        moved = torch.from_numpy(rng.random(level.shape) < self.config.corrupt_own)
        shift = torch.from_numpy(rng.choice([-1.0, 1.0], level.shape).astype(np.float32))
        shown[:, :, ME, self.layout.level] = torch.where(moved, level + shift, level).clamp(0, NUM_LEVELS - 1)
        return replace(batch, shown=shown)


def without(batch: Batch, name: str, *, rows: Bool[Tensor, " B"], hidden: int) -> Batch:
    """Keep the partner's face, the own face or the words of some dialogues from the model; labels stay."""
    if name == "words":
        return replace(batch, ids=torch.where(batch.is_word & rows[:, None], hidden, batch.ids))
    shown = batch.shown.clone()
    shown[rows, :, YOU if name == "partner" else ME] = 0
    return replace(batch, shown=shown)


def in_order(examples: Sequence[Encoded], *, batch_size: int) -> Iterable[Batch]:
    """Give every dialogue once, in order."""
    for start in range(0, len(examples), batch_size):
        yield collate(examples[start : start + batch_size])


def _padded(rows: Sequence[np.ndarray], length: int, filler: int | bool) -> Tensor:
    whole = np.full((len(rows), length), filler, rows[0].dtype)
    for row, values in zip(whole, rows, strict=True):
        row[: len(values)] = values
    return torch.from_numpy(whole)


def _pad_rows(rows: np.ndarray, length: int) -> np.ndarray:
    return np.concatenate([rows, np.zeros((length - len(rows), *rows.shape[1:]), np.float32)])
