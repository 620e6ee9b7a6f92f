"""Say one scored unit in a sentence, and read the sentence back: every term has words of its own."""

import random
import re
from dataclasses import replace
from functools import cache
from typing import get_args

from facsimile.facs.action_units import UNITS
from facsimile.facs.state import LIP_PART_UNITS, Part, Side, Term
from facsimile.language.phrases import clause

ADVERBS: dict[int | None, tuple[str, ...]] = {
    None: ("",),
    1: ("faintly", "barely", "just visibly"),
    2: ("slightly", "a little", "mildly"),
    3: ("clearly", "markedly", "plainly"),
    4: ("strongly", "greatly", "powerfully"),
    5: ("fully", "extremely", "maximally"),
}
"""Everyday words for the letters A-E; the first of each is the one used without a seed."""

OPENINGS = ("", "One sees that ", "Here ", "It shows that ")
"""Beginnings of a sentence that a seed may choose."""

UNSEEN = "It could not be seen whether "
EITHER, OR = "Either ", "; or "
MOVED = ", as a movement"
SIDE_WORDS = {"U": ", on one side only", "A": ", more on one side than on the other"}
"""Ends of a clause for a side that was not named and for unequal sides."""

_WORD_SIDES = {"L": "left", "R": "right"}
_LEVELS = {word: level for level, words in ADVERBS.items() for word in words if word}
_ADVERB = re.compile(rf"(?: (?:is|are))? (?P<word>{'|'.join(sorted(_LEVELS, key=len, reverse=True))})(?= |$)")
_VERB = re.compile(r" (is|are)(?= )")


def say_group(group: tuple[Term, ...], *, seed: int | None = None) -> str:
    """Say a unit, or units of which one acts, in a sentence: ``The lip corners are strongly pulled up and back.``"""
    opening = EITHER if len(group) > 1 else _opening(group[0], seed)
    text = opening + OR.join(say(term, seed=seed) for term in group) + "."
    return text[0].upper() + text[1:]


def read_group(sentence: str) -> tuple[Term, ...]:
    """Read a sentence of ``say_group``, whatever its seed was; raise ValueError for any other."""
    text = sentence.strip().removesuffix(".")
    if text.startswith(EITHER):
        return tuple(read(part) for part in text.removeprefix(EITHER).split(OR))
    for opening in OPENINGS:
        if opening and text.startswith(opening):
            return (read(text.removeprefix(opening)),)
    return (read(text),)


def say(term: Term, *, seed: int | None = None) -> str:
    """Say what a term does, how much, and on which side or lip; without a capital and a full stop."""
    if not term.observed:
        return UNSEEN[0].lower() + UNSEEN[1:] + action(term, "")
    words = ADVERBS[term.level]
    return action(term, words[0] if seed is None else _choice(term, seed).choice(words))


def read(text: str) -> Term:
    """Read what ``say`` wrote; raise ValueError for any other words."""
    unseen = text[:1].lower() + text[1:]
    if unseen.startswith(UNSEEN[0].lower() + UNSEEN[1:]):
        return replace(_read_action(unseen[len(UNSEEN) :]), observed=False)
    return _read_action(unseen)


def action(term: Term, adverb: str) -> str:
    """Say what a term does with one adverb; the empty adverb says no intensity."""
    unit = UNITS[term.code]
    words = clause(term.code, _WORD_SIDES.get(term.side), is_sided=unit.is_sided)
    if term.part:
        words = words.replace("the lips are", f"the {'upper' if term.part == 'T' else 'lower'} lip is", 1)
    if adverb:
        verb = _VERB.search(words)
        place = verb.end() if verb else len(words)
        words = f"{words[:place]} {adverb}{words[place:]}"
    return words + SIDE_WORDS.get(term.side, "") + (MOVED if term.moved else "")


def _read_action(text: str) -> Term:
    bare, moved = (text.removesuffix(MOVED), text.endswith(MOVED))
    ends = next((side for side, words in SIDE_WORDS.items() if bare.endswith(words)), "")
    bare = bare.removesuffix(SIDE_WORDS.get(ends, ""))
    candidates: list[tuple[str, int | None]] = [(bare, None)]
    for found in _ADVERB.finditer(bare):
        candidates.append((bare[: found.start("word") - 1] + bare[found.end("word") :], _LEVELS[found["word"]]))
    for words, level in candidates:
        if (term := _clauses().get((words, ends))) is not None:
            return replace(term, level=level, moved=moved)
    raise ValueError(f"no unit is said by {text[:80]!r}; see language/phrases.py for the words of each unit")


@cache
def _clauses() -> dict[tuple[str, str], Term]:
    """Map every clause without adverb, and its kind of side, to its term."""
    table: dict[tuple[str, str], Term] = {}
    for code in UNITS:
        for part in get_args(Part) if code in LIP_PART_UNITS else ("",):
            for side in get_args(Side):
                term = Term(code, None, side, part)
                key = action(term, "").removesuffix(SIDE_WORDS.get(side, "")), side if side in SIDE_WORDS else ""
                table.setdefault(key, term)
    return table


def _choice(term: Term, seed: int) -> random.Random:
    """Draw by unit and side alone, so that other units do not change the words of this one."""
    return random.Random(f"{seed} {term.code} {term.side} {term.part} {term.moved}")


def _opening(term: Term, seed: int | None) -> str:
    if seed is None or not term.observed:
        return ""
    return random.Random(f"{seed} {term.code} {term.side} opening").choice(OPENINGS)
