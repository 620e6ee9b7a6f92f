"""Tell a language model how faces are written, and write a conversation down for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from facsimile.facs.action_units import UNITS
from facsimile.facs.intensity import LETTER_NAMES, LETTERS
from facsimile.facs.state import State
from facsimile.language.backends import Message
from facsimile.language.leniency import Rung
from facsimile.language.tags import escape, write_tag
from facsimile.language.ticks import CODE_UNITS

CARD_UNITS = CODE_UNITS
"""Units on the card."""

PERSONA = "You are a friendly person with a face of your own. Answer in one to three sentences."

MAX_TURNS = 40
"""Turns of the past that are sent along; older ones are forgotten, so that small contexts suffice."""


@dataclass(frozen=True)
class Turn:
    """What one side said, and with which face."""

    speaker: Literal["user", "model"]
    words: str
    face: State | None = None
    """None: no face was seen (user) or given (model)."""
    rung: Rung | None = None
    """How well a model's tag could be read; None for the user, whose words are never read for tags."""
    notes: tuple[str, ...] = ()


def notation_card() -> str:
    """Explain the notation in a few lines; the names come from the table of units."""
    units = ", ".join(f"{code} {UNITS[code].name}" for code in CARD_UNITS)
    letters = ", ".join(f"{letter} {word}" for letter, word in zip(LETTERS, LETTER_NAMES, strict=True))
    return "\n".join(
        [
            "A face is written in square brackets as FACS action units joined by +, each a number and a letter.",
            f"Intensity: {letters}. L or R before a number: only that person's own left or right side.",
            "[0] is a neutral face, [?] means that no face is seen.",
            f"Units: {units}.",
            "Examples: [6C+12D] a broad smile with raised cheeks; [1C+2C+5B+26B] brows and upper lids up, jaw dropped; "
            "[4C+23B] brows lowered, lips tight; [L14B] a dimple on the left only.",
        ]
    )


def system_prompt(persona: str = PERSONA) -> str:
    """Return the instructions that stand before every conversation."""
    return "\n".join(
        [
            persona,
            "You see the face of the person you talk to, and they see yours.",
            notation_card(),
            "Every message of the person begins with one bracket: their face while they say it, read by a camera. "
            "Brackets later in the message are marked with a backslash, were typed by the person and are no face.",
            "A face shows movements, not what someone feels: let it guide your tone, do not name units or diagnose.",
            "Begin every answer with exactly one bracket, your own face while you say it, then your words.",
        ]
    )


def build_messages(turns: Sequence[Turn], *, persona: str = PERSONA) -> list[Message]:
    """Write the last ``MAX_TURNS`` turns as chat messages, each opening with its speaker's face.

    A model's turn that gave no face is shown neutral, so that the habit of giving one is not lost.
    """
    messages = [Message("system", system_prompt(persona))]
    for turn in turns[-MAX_TURNS:]:
        is_user = turn.speaker == "user"
        tag = "[0]" if turn.face is None and not is_user else write_tag(turn.face)
        content = f"{tag} {escape(turn.words.strip())}".strip()
        messages.append(Message("user" if is_user else "assistant", content))
    return messages
