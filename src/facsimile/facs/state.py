"""Hold a FACS score as its coder wrote it: units with sides, lip parts, letters and alternatives."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from operator import attrgetter
from typing import Literal

import numpy as np

from facsimile.facs.action_units import LABEL_UNITS, UNITS, unit_index
from facsimile.facs.expression import ActionUnits
from facsimile.facs.intensity import LETTERS, levels_of

Side = Literal["", "L", "R", "U", "A"]
Part = Literal["", "T", "B"]

LIP_PART_UNITS = (22, 23, 28)
"""Units that FACS scores on the top (T) or bottom (B) lip alone (Ekman, Friesen & Hager 2002)."""

UNSTATED_LEVEL = 3
"""The level drawn for a unit without a letter: C, the middle of the scale."""

SHOWN_AS: dict[int, int] = {41: 4, 42: 4, 44: 4, 45: 43, 46: 43}
"""Label units that stand for codes without a place of their own: strands of the brow lowerer; blink and wink as eye
closure (Ekman, Friesen & Hager 2002)."""

_SIDE_ORDER = ("", "A", "U", "L", "R")
_PART_ORDER = ("", "T", "B")
_BY_RANK = attrgetter("rank")


@dataclass(frozen=True)
class Term:
    """One scored unit."""

    code: int
    # a key of UNITS
    level: int | None = None
    # 1-5 for A-E; None when no letter was given
    side: Side = ""
    # L or R; U one side, not said which; A both sides, unequally; "" both
    part: Part = ""
    # T top lip only, B bottom lip only
    moved: bool = False
    # M: the head or eyes move at the onset
    observed: bool = True
    # False for a unit that could not be seen

    @property
    def rank(self) -> tuple[int, int, int, bool, int]:
        """Order terms as the canonical form lists them."""
        return (
            self.code,
            _SIDE_ORDER.index(self.side),
            _PART_ORDER.index(self.part),
            self.moved,
            0 if self.level is None else self.level,
        )

    def overlaps(self, other: "Term") -> bool:
        """Tell whether both terms speak of the same part of the same unit."""
        apart = {self.side, other.side} == {"L", "R"} or {self.part, other.part} == {"T", "B"}
        return self.code == other.code and self.moved == other.moved and not apart

    def __str__(self) -> str:
        level = LETTERS[self.level - 1] if self.level else ""
        return f"{'M' if self.moved else ''}{self.side}{self.part}{self.code}{level if self.observed else '?'}"


@dataclass(frozen=True)
class State:
    """Hold a whole score in canonical order.

    Each group holds one term, or several that ``@`` joins: the coder saw one of them. Equal left and right terms, and
    equal top and bottom terms, are merged on construction.
    """

    groups: tuple[tuple[Term, ...], ...] = ()
    # what acts; empty for a neutral face
    face_seen: bool = True
    # False for "?"

    def __post_init__(self) -> None:
        single = [group[0] for group in self.groups if len(group) == 1]
        merged = _merge(_merge(single, "side", ("L", "R")), "part", ("T", "B"))
        several = [tuple(sorted(set(group), key=_BY_RANK)) for group in self.groups if len(group) > 1]
        groups = [(term,) for term in merged] + several
        object.__setattr__(self, "groups", tuple(sorted(groups, key=lambda g: [t.rank for t in g])))

    @classmethod
    def from_action_units(cls, action_units: ActionUnits) -> "State":
        """Round intensities to letters; unobserved units are kept as such, absent ones are left out."""
        if np.isnan(action_units.intensity).all():
            return cls(face_seen=False)
        return cls(tuple((term,) for term in _terms(action_units)))

    @property
    def terms(self) -> tuple[Term, ...]:
        """List every term, the alternatives of a group one after the other."""
        return tuple(term for group in self.groups for term in group)

    def to_action_units(self) -> ActionUnits:
        """Give the label units of this score; ``lost_in_action_units`` says which reading was chosen.

        Letters become 1-5, a missing letter C; the first of alternatives is taken; ``U`` goes to the left; ``A`` and
        lip parts count for both; units not named are 0, and all are unobserved when no face was seen.
        """
        if not self.face_seen:
            return ActionUnits.unobserved()
        intensity = np.zeros((len(LABEL_UNITS), 2), np.float32)
        for term in (group[0] for group in self.groups):
            code = SHOWN_AS.get(term.code, term.code)
            if code in LABEL_UNITS:
                row = intensity[unit_index(code)]
                value = np.float32(term.level or UNSTATED_LEVEL) if term.observed else np.float32(np.nan)
                row[_columns(term, code)] = np.fmax(row[_columns(term, code)], value) if term.observed else value
        return ActionUnits(intensity)

    def lost_in_action_units(self) -> tuple[str, ...]:
        """Say, in words, what ``to_action_units`` had to choose or leave out."""
        notes = [f"{'@'.join(map(str, g))}: read as {g[0]}" for g in self.groups if len(g) > 1]
        return tuple(notes + [note for group in self.groups for note in _term_losses(group[0])])


def _merge(terms: Iterable[Term], field: str, pair: tuple[str, str]) -> set[Term]:
    """Replace two terms that differ only in ``field`` (one each of ``pair``) by one for both."""
    kept = set(terms)
    for term in [t for t in kept if getattr(t, field) == pair[0]]:
        partner = replace(term, **{field: pair[1]})  # type: ignore[arg-type]
        if partner in kept:
            kept -= {term, partner}
            kept.add(replace(term, **{field: ""}))  # type: ignore[arg-type]
    return kept


def _terms(action_units: ActionUnits) -> Iterator[Term]:
    seen = ~np.isnan(action_units.intensity)
    levels = levels_of(np.where(seen, action_units.intensity, np.float32(0)))
    for row, code in enumerate(LABEL_UNITS):
        sides: tuple[Side, ...] = ("L", "R") if UNITS[code].is_sided else ("",)
        for column, side in enumerate(sides):
            if not seen[row, column]:
                yield Term(code, side=side, observed=False)
            elif levels[row, column]:
                yield Term(code, int(levels[row, column]), side)


def _columns(term: Term, code: int) -> slice:
    if not UNITS[code].is_sided or term.side in ("", "A"):
        return slice(0, 2)
    return slice(1, 2) if term.side == "R" else slice(0, 1)


def _term_losses(term: Term) -> Iterator[str]:
    shown = SHOWN_AS.get(term.code, term.code)
    if shown not in LABEL_UNITS:
        yield f"{term}: {UNITS[term.code].name} has no label unit; left out"
        return
    if shown != term.code:
        yield f"{term}: {UNITS[term.code].name} is shown as unit {shown} ({UNITS[shown].name})"
    if term.observed and term.level is None:
        yield f"{term}: no letter; read as {LETTERS[UNSTATED_LEVEL - 1]}"
    if term.side and not UNITS[shown].is_sided:
        yield f"{term}: unit {shown} has no sides here; read as both"
    elif term.side == "U":
        yield f"{term}: side not given; read as left"
    elif term.side == "A":
        yield f"{term}: unequal sides; read as equal"
    if term.part:
        yield f"{term}: lip part; read as both lips"
