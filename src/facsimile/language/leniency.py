"""Read one face state as language models write it: canonical, untidy or partly wrong."""

import re
from dataclasses import dataclass
from enum import IntEnum

from facsimile.facs import notation
from facsimile.facs.state import State


class Rung(IntEnum):
    """How far a reader had to bend to find a face; higher is worse."""

    EXACT = 0
    """Canonical notation in brackets."""
    NORMALISED = 1
    """Other case, spaces, order, ``AU6=3`` or markup round the brackets; nothing lost."""
    REPAIRED = 2
    """Some units dropped: unknown, without intensity, or at odds with earlier ones."""
    UNBRACKETED = 3
    """A state without square brackets at the start of the text."""
    NONE = 4
    """No face found."""


@dataclass(frozen=True)
class ReadState:
    """One state, the rung it needed and what was changed or dropped."""

    face: State
    rung: Rung
    notes: tuple[str, ...] = ()


_SEPARATOR = re.compile(r"[+,;/&\s]+")


def read_state(text: str) -> ReadState | None:
    """Read a state from the inside of a bracket; None if it does not look like one.

    What the notation accepts is taken whole. Otherwise the units are tried one by one, and those that are unknown,
    have no such intensity or repeat earlier ones are dropped with a note. A bracket with more strange words than
    units is not a face.
    """
    whole = _parse(text)
    if whole is not None:
        written = notation.write(whole)
        rung = Rung.EXACT if written == text else Rung.NORMALISED
        return ReadState(whole, rung, () if rung is Rung.EXACT else (f"read '{text}' as '{written}'",))
    tokens = [token for token in _SEPARATOR.split(_squeeze(text)) if token]
    kept: list[str] = []
    for token in tokens:
        if _parse(token) is not None and _parse("+".join([*kept, token])) is not None:
            kept.append(token)
    dropped = [token for token in tokens if token not in kept]
    state = _parse("+".join(kept))
    if state is None or len(dropped) > len(kept) or (dropped and "+" not in text):
        return None
    if dropped:
        return ReadState(state, Rung.REPAIRED, (f"dropped {', '.join(dropped)} from '{text}'",))
    return ReadState(state, Rung.NORMALISED, (f"read '{text}' as '{notation.write(state)}'",))


def has_level(state: State) -> bool:
    """Whether a state says more than bare numbers, such as a footnote's ``[12]``: a letter, neutral or no face."""
    return not state.terms or any(term.level for term in state.terms)


def _parse(text: str) -> State | None:
    try:
        return notation.parse(text)
    except ValueError:
        return None


def _squeeze(text: str) -> str:
    """Close up a unit: ``AU 6 = 3`` becomes ``AU6=3``, ``6 C`` and ``6: C`` become ``6C``."""
    text = re.sub(r"\s*[=:]\s*(?=[A-Ea-e](?:$|[^A-Za-z0-9]))", "", text)
    text = re.sub(r"\s*([=:])\s*", r"\1", text)
    text = re.sub(r"\b(AU)[\s_-]+(?=\d)", r"\1", text, flags=re.IGNORECASE)
    return re.sub(r"(?<=\d)\s+(?=[A-Ea-e](?:$|[^A-Za-z0-9]))", "", text)
