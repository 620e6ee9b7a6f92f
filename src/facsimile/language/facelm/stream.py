"""Run a model through time: push words and ticks as they happen, or let it speak and show its own face.

A stream keeps the cache and the memory of faces together, so feeding it piece by piece gives what one pass gives.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from facsimile.facs.track import Track
from facsimile.language.facelm.dialogue import ME, YOU, Dialogue, Encoded, Word, encode
from facsimile.language.facelm.forecast import Forecast, sample
from facsimile.language.facelm.layout import track_of
from facsimile.language.facelm.model import FaceLM
from facsimile.language.facelm.vocabulary import Vocabulary
from facsimile.language.ticks import EYE_CLOSURE, TICK_S, FaceTicks

MAX_TICKS = 94
"""Longest reply: 30 s."""

SILENT_TICKS = 4
"""A turn is over after so many silent ticks (1.3 s): longer than nearly all pauses inside turns (Skantze 2021)."""

MAX_PIECES_PER_TICK = 12
"""Word pieces forced to end with their tick: nobody speaks faster."""


class Stream:
    """Hold several continuations (axis B) of one past."""

    def __init__(self, model: FaceLM, vocabulary: Vocabulary, *, batch_size: int = 1) -> None:
        self.model, self.vocabulary = model.eval(), vocabulary
        self.cache: Any = None
        self.memory: Any = None
        self.logits: Tensor
        self.forecast: Forecast
        self._no_faces = torch.zeros(batch_size, 0, 2, model.layout.size, device=model.device)
        self.push(torch.full((batch_size, 1), vocabulary.start))

    def push(self, ids: Tensor, faces: Tensor | None = None) -> None:
        """Read tokens [B, N]; with ``faces`` [B, 1, P, F] the last of them is a <tick> that completes these."""
        index = torch.full(ids.shape, -1)
        if faces is not None:
            index[:, -1] = 0
        self._pass(ids, self._no_faces if faces is None else faces, index)

    def tick(self, faces: Tensor) -> None:
        """Read the end of a tick with the faces [B, P, F] at it."""
        self.push(torch.full((len(faces), 1), self.vocabulary.tick), faces[:, None])

    def read(self, past: Encoded) -> None:
        """Read a conversation that has already happened, in one pass."""
        size = len(self._no_faces)
        if len(past.ids) > 1:
            ids, index = (torch.from_numpy(part[1:]).expand(size, -1) for part in (past.ids, past.tick_index))
            self._pass(ids, torch.from_numpy(past.faces).expand(size, -1, -1, -1), index)

    def _pass(self, ids: Tensor, faces: Tensor, tick_index: Tensor) -> None:
        ids, faces, tick_index = (part.to(self.model.device) for part in (ids, faces, tick_index))
        with torch.no_grad():
            out = self.model(ids, faces, tick_index, memory=self.memory, past_key_values=self.cache, use_cache=True)
        self.cache, self.memory = out.past_key_values, out.memory
        assert out.logits is not None
        assert out.forecast is not None
        self.logits, self.forecast = out.logits[:, -1], Forecast(*(part[:, -1] for part in out.forecast))

    def own_face(self, *, generator: torch.Generator, temperature: float | int = 1.0) -> Float[Tensor, "B F"]:
        """Draw the own face of the next tick as a row; everything in it counts as observed."""
        layout = self.model.layout
        first = Forecast(*(part[:, 0, ME].cpu() for part in self.forecast))
        level, angle = sample(first, generator=generator, temperature=temperature)
        row = torch.zeros(len(level), layout.size)
        row[:, layout.level], row[:, layout.angle] = level.float(), angle.float()
        row[:, layout.level_valid] = row[:, layout.angle_valid] = 1
        closed = [c for c, column in enumerate(layout.columns) if column[0] == EYE_CLOSURE]
        if closed:
            row[:, layout.closure] = level[:, closed].float()
        return row


@dataclass(frozen=True, eq=False)
class Reply:
    """What the model said and how its face moved meanwhile."""

    text: str
    words: tuple[Word, ...]
    track: Track
    faces: FaceTicks


def generate(
    model: FaceLM,
    vocabulary: Vocabulary,
    past: Dialogue,
    *,
    seed: int = 0,
    temperature: float | int = 1.0,
    max_ticks: int = MAX_TICKS,
    partner: FaceTicks | None = None,
    takes_turn: bool = True,
) -> Reply:
    """Let the model go on: words and face, tick by tick, each seeing what came before.

    It has the turn at once, or with ``takes_turn`` False listens until it wants it. The turn ends after `SILENT_TICKS`
    silent ticks that follow a word, or after ``max_ticks``. ``partner`` holds the partner's face meanwhile; without it
    the last one stays. Consumes ``seed``.
    """
    if max_ticks < 1:
        raise ValueError(f"max_ticks: must be at least 1, got {max_ticks}")
    turn = _Turn(model, vocabulary, past, seed=seed, temperature=temperature, partner=partner)
    while turn.num_ticks < max_ticks and not turn.is_over:
        turn.step(takes_turn=takes_turn and not turn.num_ticks)
    return turn.reply()


class _Turn:
    """One turn while it is being said."""

    def __init__(
        self, model: FaceLM, vocabulary: Vocabulary, past: Dialogue, *, seed: int, temperature: float | int,
        partner: FaceTicks | None,
    ) -> None:  # fmt: skip
        self.layout, self.vocabulary, self.temperature = model.layout, vocabulary, temperature
        self.generator = torch.Generator().manual_seed(seed)
        self.stream = Stream(model, vocabulary)
        self.stream.read(encode(past, vocabulary, self.layout))
        ticks = past.faces[YOU]
        self.start_s = float(ticks.start_s) + TICK_S * len(ticks)
        self.held = torch.from_numpy(self.layout.pack(ticks.part(len(ticks) - 1, len(ticks)))).clone()
        self.held[..., self.layout.speaking] = 0
        self.partner = None if partner is None else torch.from_numpy(self.layout.pack(partner))
        self.spoke_last = bool(past.words) and max(past.words, key=lambda word: word.end_s).party == ME
        self.rows: list[np.ndarray] = []
        self.said: list[tuple[int, list[int]]] = []
        self.silent = 0

    @property
    def num_ticks(self) -> int:
        return len(self.rows)

    @property
    def is_over(self) -> bool:
        return bool(self.said) and self.silent >= SILENT_TICKS

    def step(self, *, takes_turn: bool = False) -> None:
        """Say what belongs into one tick, then show the face at its end."""
        own = self.stream.own_face(generator=self.generator, temperature=self.temperature)  # forecast at the last tick
        if takes_turn:
            self._take()
        pieces = self._speak()
        self.silent = 0 if pieces else self.silent + 1
        if pieces:
            self.said.append((self.num_ticks, pieces))
        own[:, self.layout.speaking] = float(bool(pieces))
        self.stream.tick(torch.stack([own, self._partner_row()], 1))
        self.rows.append(own[0].numpy())

    def reply(self) -> Reply:
        """Collect the words with their times and the face as a track."""
        faces = self.layout.unpack(np.array(self.rows), start_s=self.start_s)
        words = [
            Word(text, self._time(tick), self._time(tick + 1), ME)
            for tick, pieces in self.said
            for text in self.vocabulary.text(pieces).split()
        ]
        text = self.vocabulary.text([piece for _, pieces in self.said for piece in pieces])
        return Reply(text, tuple(words), track_of(faces), faces)

    def _take(self) -> None:
        """Begin to speak, as the own tag says; silence may still follow."""
        if not self.spoke_last:
            self.stream.push(torch.tensor([[self.vocabulary.party[ME]]]))
            self.spoke_last = True

    def _speak(self) -> list[int]:
        """Draw pieces until the model ends the tick; only its own words are possible."""
        pieces: list[int] = []
        while len(pieces) < MAX_PIECES_PER_TICK:
            token = self._draw()
            if token == self.vocabulary.tick:
                break
            self.stream.push(torch.tensor([[token]]))
            if token == self.vocabulary.party[ME]:
                self.spoke_last = True
            else:
                pieces.append(token)
        return pieces

    def _draw(self) -> int:
        """Draw a token: the own tag or <tick> while the other has the word, then words or <tick>."""
        v = self.vocabulary
        logits = self.stream.logits[0].float().cpu() / self.temperature
        allowed = torch.zeros_like(logits, dtype=torch.bool)
        if self.spoke_last:
            allowed[: len(v)] = True
            allowed[v.marks] = False
        else:
            allowed[v.party[ME]] = True
        allowed[v.tick] = True
        chances = logits.masked_fill(~allowed, -torch.inf).softmax(-1)
        return int(torch.multinomial(chances, 1, generator=self.generator))

    def _partner_row(self) -> Tensor:
        if self.partner is not None and self.num_ticks < len(self.partner):
            return self.partner[self.num_ticks : self.num_ticks + 1]
        return self.held

    def _time(self, tick: int) -> float:
        return round(self.start_s + TICK_S * tick, 3)


def sampled_faces(
    model: FaceLM, vocabulary: Vocabulary, past: Sequence[Encoded], *, num_samples: int, given_ticks: int = 1,
    seed: int = 0,
) -> Float[np.ndarray, "D S K C"]:  # fmt: skip
    """Let the own face run freely while words and the partner's face are as they were; levels of all ticks.

    The first ``given_ticks`` faces are the true ones. Consumes ``seed``.
    """
    generator = torch.Generator().manual_seed(seed)
    return np.stack([_free_run(model, vocabulary, one, num_samples, given_ticks, generator=generator) for one in past])


def _free_run(
    model: FaceLM, vocabulary: Vocabulary, past: Encoded, num_samples: int, given_ticks: int,
    *, generator: torch.Generator,
) -> np.ndarray:  # fmt: skip
    stream, layout = Stream(model, vocabulary, batch_size=num_samples), model.layout
    rows, begin = [], 1
    for k, position in enumerate(past.tick_position.tolist()):
        truth = torch.from_numpy(past.faces[k]).expand(num_samples, -1, -1).clone()
        if k >= given_ticks:
            speaking = truth[:, ME, layout.speaking].clone()
            truth[:, ME] = stream.own_face(generator=generator)
            truth[:, ME, layout.speaking] = speaking
        ids = torch.from_numpy(past.ids[begin : position + 1]).expand(num_samples, -1)
        stream.push(ids, truth[:, None])
        rows.append(truth[:, ME, layout.level].numpy())
        begin = position + 1
    return np.stack(rows, axis=1)
