"""Read and write FACS scores as text: ``6C+12D``, ``L12B+U14A``, ``T23``, ``26C@27B``, ``M59``; ``0``, ``?``.

Grammar::

    score   := "0" | "?" | group ("+" group)*          0 a neutral face, ? no face seen
    group   := term ("@" term)*                        one of these, not decidable which
    term    := ["M"] [side | part] ["AU"] code [level]
    side    := "L" | "R" | "U" | "A"                   left, right, one side unsaid, both unequally
    part    := "T" | "B"                               top or bottom lip: 22, 23, 28
    level   := "A".."E" | ("=" | ":") 0..5 | "*" | "?" letter, number, any, not observed

Upper and lower case and spaces round terms are read alike. The canonical form is ascending in the code, without
spaces, with letters, one term per code and side.
"""

import re
from typing import NoReturn

from facsimile.facs.action_units import UNITS, nearest_code
from facsimile.facs.expression import ActionUnits
from facsimile.facs.intensity import LETTERS, letter_of
from facsimile.facs.state import LIP_PART_UNITS, State, Term

_TERM = re.compile(
    r"\s*(?P<term>(?P<moved>M)?(?:AU|(?P<prefix>[LRUATB])(?:AU)?)?(?P<code>[0-9]*)(?P<level>.*?))\s*",
    re.IGNORECASE | re.DOTALL,
)
_NUMBER = re.compile(r"[0-9](\.[0-9]{0,9})?")
_FACE_REGIONS = ("brow", "eye", "cheek", "nose", "mouth", "chin", "jaw", "neck")
_LONGEST_QUOTE = 60


class NotationError(ValueError):
    """Say what is wrong in a FACS score, where, and what to write instead."""

    def __init__(self, message: str, *, position: int, hint: str):
        super().__init__(message)
        self.position = position
        """Index of the offending character in the text, from 0; its length if something is missing at the end."""
        self.hint = hint
        """What to write instead."""


def parse(text: str) -> State:
    """Read a FACS score; raise NotationError, with position and hint, for anything else.

    >>> write(parse("au12d + 6=3"))
    '6C+12D'
    """
    bare = text.strip()
    if not bare:
        _fail(text, 0, "the score is empty", "use 0 for a neutral face, ? for no face (example: 6C+12D)")
    if bare in ("0", "?"):
        return State(face_seen=bare == "0")
    groups: list[tuple[Term, ...]] = []
    start = 0
    for stop in [i for i, character in enumerate(text) if character == "+"] + [len(text)]:
        groups.append(_group(text, start, stop, groups))
        start = stop + 1
    return State(tuple(kept for group in groups if (kept := tuple(t for t in group if t.level != 0))))


def write(score: State | ActionUnits, *, unobserved: bool = False) -> str:
    """Write a score in canonical form.

    A State is written whole. ActionUnits are rounded to letters (lost: where in its letter's range a value lay);
    their unobserved units are left out, as FACS coders do, unless ``unobserved`` asks for them (``12?``).

    >>> write(ActionUnits.from_dict({12: 3.9, (14, "R"): 1, 4: 0.4}))
    '12D+R14A'
    """
    state = score
    if isinstance(state, ActionUnits):
        state = State.from_action_units(state)
        if not unobserved:
            seen = tuple(group for group in state.groups if group[0].observed)
            state = State(seen, face_seen=state.face_seen)
    if not state.face_seen:
        return "?"
    return "+".join("@".join(map(str, group)) for group in state.groups) or "0"


def _group(text: str, start: int, stop: int, before: list[tuple[Term, ...]]) -> tuple[Term, ...]:
    earlier = [term for group in before for term in group]
    ends = [i for i in range(start, stop) if text[i] == "@"] + [stop]
    terms: list[Term] = []
    for end in ends:
        reader = _Reader(text, start, end)
        term = reader.term()
        if term in terms or any(term.code == other.code and term.overlaps(other) for other in earlier):
            hint = "score each unit once per side (example: L12B+R12D)"
            _fail(text, reader.first, f"unit {term.code} is given twice", hint)
        if len(ends) > 1 and term.level == 0:
            _fail(text, reader.first, f"alternative {term.code} has intensity 0", "give alternatives a letter A-E")
        terms.append(term)
        start = end + 1
    return tuple(terms)


class _Reader:
    """Read one term of ``text`` from ``start`` to ``end``."""

    def __init__(self, text: str, start: int, end: int):
        found = _TERM.fullmatch(text, start, end)
        assert found, "the pattern matches any text"
        self.text, self.found, self.first = text, found, found.start("term")

    def term(self) -> Term:
        prefix, moved = (self.found["prefix"] or "").upper(), bool(self.found["moved"])
        code = self._code()
        if prefix or moved:
            self._check_prefix(code, prefix, moved)
        level, observed = self._level(code)
        side, part = ("", prefix) if prefix in ("T", "B") else (prefix, "")
        return Term(code, level, side, part, moved, observed)  # type: ignore[arg-type]

    def _code(self) -> int:
        digits, at = self.found["code"], self.found.start("code")
        if not digits:
            came = repr(self.found["level"][0]) if self.found["level"] else "nothing"
            self._fail(at, f"expected a unit number, found {came}", "write codes joined by + (example: 6C+12D)")
        short = digits.lstrip("0")[:4] or "0"
        if int(short) not in UNITS:
            hint = f"use 1-46, 50-66, 68-74 or 80-85 (nearest: {nearest_code(int(short))})"
            self._fail(at, f"unknown unit number {digits[:8]}", hint)
        return int(short)

    def _check_prefix(self, code: int, prefix: str, moved: bool) -> None:
        unit = UNITS[code]
        if moved and unit.region not in ("head", "gaze"):
            problem = f"M stands before head and eye codes, not {code}"
            self._fail(self.first, problem, "use it with 51-69 or 83 (example: M59)")
        if prefix in ("T", "B") and code not in LIP_PART_UNITS:
            problem = f"{prefix} (lip part) does not go with {code}"
            self._fail(self.first, problem, "use it with 22, 23 or 28 (example: T23)")
        if prefix and unit.region not in _FACE_REGIONS:
            self._fail(self.first, f"{code} ({unit.name}) has no sides", f"leave out {prefix} (example: {code})")

    def _level(self, code: int) -> tuple[int | None, bool]:
        rest, at = self.found["level"], self.found.start("level")
        if rest in ("", "*", "?"):
            return None, rest != "?"
        if not UNITS[code].is_graded:
            problem = f"{code} ({UNITS[code].name}) takes no intensity"
            self._fail(at, problem, f"write {code} alone (example: {code})")
        if rest[0] in "=:":
            return self._number(rest[1:].strip(), at + 1, code), True
        letter = rest[0].upper()
        if letter not in LETTERS:
            self._fail(at, f"unknown intensity letter {rest[0]!r}", f"use A-E or 0-5 (example: {code}C)")
        if len(rest) > 1:
            hint = f"join units with + (example: {code}C+12D)"
            self._fail(at + 1, f"unexpected {rest[1]!r} after the intensity", hint)
        return LETTERS.index(letter) + 1, True

    def _number(self, number: str, at: int, code: int) -> int:
        if not _NUMBER.fullmatch(number) or float(number) > 5:
            problem = f"intensity {number[:12]!r} is not a number from 0 to 5"
            self._fail(at, problem, f"use A-E or 0-5 (example: {code}=3)")
        letter = letter_of(float(number))
        return LETTERS.index(letter) + 1 if letter else 0

    def _fail(self, position: int, problem: str, hint: str) -> NoReturn:
        _fail(self.text, position, f'action unit "{_short(self.found["term"])}": {problem}', hint)


def _fail(text: str, position: int, problem: str, hint: str) -> NoReturn:
    message = f"{problem} at character {position + 1} of {_short(text)!r}; {hint}"
    raise NotationError(message, position=position, hint=hint)


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_QUOTE else text[: _LONGEST_QUOTE - 3] + "..."
