"""A face-aware model as a partner in conversation: messages in, words and a moving face out."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from transformers.utils import logging

from facsimile.facs.expression import ActionUnits
from facsimile.facs.state import State
from facsimile.language.backends import DEFAULTS, BackendError, Capabilities, Message, Options
from facsimile.language.facelm.dialogue import ME, YOU, Dialogue, Word
from facsimile.language.facelm.model import FaceLM, FaceLMConfig
from facsimile.language.facelm.stream import Reply, generate
from facsimile.language.facelm.vocabulary import Vocabulary
from facsimile.language.speech import time_words
from facsimile.language.tags import read, write_tag
from facsimile.language.ticks import EYE_CLOSURE, TICK_S, FaceTicks

MIN_TICKS = 2
"""A message without words still shows its face for so long."""

MAX_REPLY_TICKS = 32
"""Longest answer in a chat: 10 s."""

CONTEXT_TICKS = 192
"""The last minute of a conversation is remembered."""

MIN_TEMPERATURE = 0.05
"""Below this the likeliest continuation is as good as certain."""

SHOWN_SHARE = 0.8
"""The tag of a reply holds each unit's level at this quantile of its ticks: what it reached for a while."""


class FaceLMBackend:
    """Answer chat messages with a model made by ``facsimile train tiny_cpu`` or ``lora_gpu``.

    The face of each message is held while it is said, at the pace of ``language.speech``. ``last_reply`` keeps words
    with times and the whole track of the latest answer.
    """

    capabilities = Capabilities(seed=True)

    def __init__(self, folder: Path, *, max_ticks: int = MAX_REPLY_TICKS) -> None:
        config = folder / "config.json"
        if not config.is_file() or f'"{FaceLMConfig.model_type}"' not in config.read_text(encoding="utf-8"):
            raise ValueError(f"{folder} holds no face-aware model; make one with: facsimile train tiny_cpu --out DIR")
        self.model = _quietly_loaded(folder)
        self.vocabulary = Vocabulary.load(folder)
        self.folder, self.max_ticks = folder, max_ticks
        self.last_reply: Reply | None = None

    @property
    def name(self) -> str:
        """Name the model for people."""
        return f"facelm {self.folder.name}"

    def complete(self, messages: Sequence[Message], options: Options = DEFAULTS) -> str:
        """Return the next message, its face as a tag in front; system messages are instructions and are not read."""
        spoken = [message for message in messages if message.role != "system"]
        if not spoken or spoken[-1].role != "user":
            raise BackendError(f"{self.name} answers a user, but the last message is not a user's")
        seed = len(spoken) if options.seed is None else options.seed
        temperature = max(options.temperature, MIN_TEMPERATURE)
        reply = generate(
            self.model, self.vocabulary, _dialogue(spoken), seed=seed, temperature=temperature, max_ticks=self.max_ticks
        )
        self.last_reply = reply
        return f"{write_tag(tag_of(reply.faces))} {reply.text}".strip()


def _quietly_loaded(folder: Path) -> Any:
    """Load without transformers' progress bar, which would stand in the conversation."""
    shown = logging.is_progress_bar_enabled()
    logging.disable_progress_bar()
    model = FaceLM.from_pretrained(folder).eval()
    if shown:
        logging.enable_progress_bar()
    return model


def tag_of(faces: FaceTicks) -> State:
    """Sum a moving face up as one score: each unit at the level it reached for a while; blinks are left out."""
    level = np.quantile(faces.level, SHOWN_SHARE, axis=0, method="lower").astype(np.float32)
    level[EYE_CLOSURE] = faces.level[:, EYE_CLOSURE].min(axis=0)
    return State.from_action_units(ActionUnits(np.where(faces.valid.any(axis=0), level, np.float32(0))))


def _dialogue(messages: Sequence[Message]) -> Dialogue:
    """Lay messages one after the other on the clock, each face held while its message is said."""
    words: list[Word] = []
    parts: tuple[list[FaceTicks], list[FaceTicks]] = ([], [])
    num_ticks = 0
    for message in messages:
        party = YOU if message.role == "user" else ME
        answer = read(message.content)
        said = time_words(answer.words, start_s=num_ticks * TICK_S)
        end_s = said[-1].end_s if said else num_ticks * TICK_S
        length = max(int(np.ceil(end_s / TICK_S - 1e-6)) - num_ticks, MIN_TICKS)
        words += [Word(word.text, word.start_s, word.end_s, party) for word in said]
        parts[party].append(_held(answer.face, length, speaking=bool(said)))
        parts[1 - party].append(_held(State() if party == YOU else None, length, speaking=False))
        num_ticks += length
    me, you = (_joined(part).part(max(num_ticks - CONTEXT_TICKS, 0), num_ticks) for part in parts)
    return Dialogue("chat", tuple(word for word in words if word.end_s > float(me.start_s)), (me, you))


def _held(face: State | None, length: int, *, speaking: bool) -> FaceTicks:
    ticks = FaceTicks.unseen(length)
    spoken = np.full(length, speaking)
    if face is None or not face.face_seen:
        return replace(ticks, speaking=spoken)
    intensity = face.to_action_units().intensity
    valid = ~np.isnan(intensity)
    level = np.round(np.where(valid, intensity, 0)).astype(np.int8)
    return replace(
        ticks,
        level=np.tile(level, (length, 1, 1)),
        valid=np.tile(valid, (length, 1, 1)),
        closure=np.tile(level[EYE_CLOSURE], (length, 1)),
        speaking=spoken,
    )


def _joined(parts: Sequence[FaceTicks]) -> FaceTicks:
    names = ("level", "valid", "closure", "head_pose_rad", "head_valid", "gaze_rad", "gaze_valid", "speaking")
    return replace(parts[0], **{name: np.concatenate([getattr(part, name) for part in parts]) for name in names})
