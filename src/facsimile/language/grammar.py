r"""Say which bracketed states a machine may write, as a regular expression and as a grammar for constrained decoding.

The language is the canonical notation of ``tags``: ``[0]``, ``[?]``, or units ascending in code, each once with a
letter, both sides in one term when they are equal, ``[6C+L12B+R12D]``. It leaves out what only a human coder needs:
lip parts, ``@`` alternatives, movements, unsaid sides and units without a letter.
"""

from collections.abc import Sequence

from facsimile.facs.action_units import LABEL_UNITS, UNITS
from facsimile.facs.intensity import LETTERS
from facsimile.facs.pose import FULL_LOOK_RAD, FULL_TURN_RAD

TRACK_CODES: tuple[int, ...] = (*LABEL_UNITS, *FULL_TURN_RAD, *FULL_LOOK_RAD)
"""Every code that a track can show: label units, head turns and looks."""


def state_regex(codes: Sequence[int] = TRACK_CODES) -> str:
    """Return a pattern that matches every canonical state over ``codes`` whole, without brackets, and nothing else.

    It looks around itself (Python, PCRE, JavaScript and .NET can; RE2 and Rust cannot): a unit follows a ``+`` or
    begins the state.

    >>> import re
    >>> bool(re.fullmatch(state_regex(), "6C+12D")), bool(re.fullmatch(state_regex(), "12D+6C"))
    (True, False)
    """
    units = "".join(rf"(?:(?:\+|(?<![A-E])){_unit_regex(code)})?" for code in _checked(codes))
    return rf"(?:0|\?|(?=[LR\d])(?!0){units}(?<=[A-E]))"


def tag_regex(codes: Sequence[int] = TRACK_CODES) -> str:
    """Return a pattern for one bracketed state, ``[6C+12D]``; group ``state`` is what stands inside."""
    return rf"\[(?P<state>{state_regex(codes)})\]"


def gbnf(codes: Sequence[int] = TRACK_CODES, *, words: bool = False) -> str:
    r"""Return the same language in llama.cpp's GBNF; with ``words``, one tag, a space and words without brackets.

    Each rule ``s12`` is "units from 12 on", so order and singleness are part of the grammar.
    """
    ordered = _checked(codes)
    root = r'root ::= tag " " [^\[\]\n]+' if words else "root ::= tag"
    lines = [root, f'tag ::= "[" ("0" | "?" | s{ordered[0]}) "]"', f"letter ::= [{LETTERS[0]}-{LETTERS[-1]}]"]
    for code, following in zip(ordered, [*ordered[1:], None], strict=True):
        more, other = (f' ("+" s{following})?', f" | s{following}") if following else ("", "")
        lines += [f"s{code} ::= u{code}{more}{other}", f"u{code} ::= {_unit_gbnf(code)}"]
    return "\n".join(lines) + "\n"


def _checked(codes: Sequence[int]) -> list[int]:
    unknown = [code for code in codes if code not in UNITS or not UNITS[code].is_graded]
    if unknown or not codes:
        raise ValueError(f"codes: must be graded FACS codes, got {unknown or 'none'}; for example 6 and 12")
    return sorted(set(codes))


def _unequal(code: int) -> list[tuple[str, str]]:
    """List (left term, right letters) of a unit whose sides differ."""
    return [(f"L{code}{letter}", LETTERS.replace(letter, "")) for letter in LETTERS]


def _unit_regex(code: int) -> str:
    if not _may_have_side(code):
        return f"{code}[A-E]"
    pairs = "|".join(rf"{left}\+R{code}[{others}]" for left, others in _unequal(code))
    return f"(?:{pairs}|[LR]?{code}[A-E])"


def _unit_gbnf(code: int) -> str:
    if not _may_have_side(code):
        return f'"{code}" letter'
    pairs = " | ".join(f'"{left}+R{code}" [{others}]' for left, others in _unequal(code))
    return f'{pairs} | "L{code}" letter | "R{code}" letter | "{code}" letter'


def _may_have_side(code: int) -> bool:
    """Tell whether the notation takes L and R before a code: on the face, midline units included, not on the head."""
    return UNITS[code].region not in ("head", "gaze")
