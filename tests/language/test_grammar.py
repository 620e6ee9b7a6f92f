import re
from functools import cache

import numpy as np
import pytest

from facsimile.facs import notation
from facsimile.facs.action_units import UNITS
from facsimile.language.grammar import TRACK_CODES, gbnf, state_regex, tag_regex
from facsimile.language.ticks import CODE_UNITS

ALPHABET = "0?+LRABCDEFUM126459 @=c"
CANDIDATES = """0|?||12|12F|12D|6C+12D|12D+6C|L12B|L12B+R12D|L12B+R12B|R12B+L12D|12B+L12C|0+12D|6C+0|6C+?|+12D|6C+|54B
|6C++12D|6C12D|06C|AU6C|6c|M59|M54B|T23C|U14A|26C@27B|54B+64A|L54B|L17B|L17B+R17C|3A|47A|43E+51B|1A+1A|12?| 12D|12D
"""


class Gbnf:
    """A recogniser of GBNF without repetition counts: an independent twin, by sets of end positions."""

    TOKEN = re.compile(r'\s*(?:"((?:[^"\\]|\\.)*)"|(\[(?:[^\]\\]|\\.)+\])|([\w-]+)|([()|?*+]))')

    def __init__(self, text):
        self.rules = dict(re.split(r"\s*::=\s*", line, maxsplit=1) for line in text.splitlines())
        self.tokens = {
            name: [found.groups() for found in self.TOKEN.finditer(body)] for name, body in self.rules.items()
        }
        self.parsed = {name: self._choice(list(tokens)) for name, tokens in self.tokens.items()}

    def _choice(self, tokens):
        branches = [self._sequence(tokens)]
        while tokens and tokens[0][3] == "|":
            tokens.pop(0)
            branches.append(self._sequence(tokens))
        return ("choice", branches)

    def _sequence(self, tokens):
        items = []
        while tokens and tokens[0][3] not in ("|", ")"):
            literal, chars, name, sign = tokens.pop(0)
            if sign == "(":
                items.append(self._choice(tokens))
                tokens.pop(0)
            elif sign:
                items[-1] = (sign, items[-1])
            elif literal is not None:
                items.append(("literal", literal))
            else:
                items.append(("class", chars) if chars else ("rule", name))
        return ("sequence", items)

    def accepts(self, text):
        self.text, self.memo = text, {}
        return len(text) in self._ends(("rule", "root"), 0)

    def _ends(self, node, at):
        kind, value = node
        if kind == "literal":
            return {at + len(value)} if self.text.startswith(value, at) else set()
        if kind == "class":
            return {at + 1} if at < len(self.text) and re.fullmatch(value, self.text[at]) else set()
        if kind == "rule":
            if (value, at) not in self.memo:
                self.memo[value, at] = self._ends(self.parsed[value], at)
            return self.memo[value, at]
        if kind == "choice":
            return set().union(*(self._ends(branch, at) for branch in value))
        if kind == "sequence":
            ends = {at}
            for item in value:
                ends = set().union(*(self._ends(item, end) for end in ends))
            return ends
        once = self._ends(value, at)
        if kind == "?":
            return once | {at}
        found, edge = set(once), once
        while edge:
            edge = set().union(*(self._ends(value, end) for end in edge)) - found
            found |= edge
        return found | ({at} if kind == "*" else set())


@cache
def is_canonical(text):
    """What the reader calls exact, without what the grammar leaves out."""
    try:
        state = notation.parse(text)
    except ValueError:
        return False
    plain = all(
        len(group) == 1 and t.level and t.observed and not t.moved and not t.part and t.side in ("", "L", "R")
        for group in state.groups
        for t in group
    )
    return plain and notation.write(state) == text and all(t.code in TRACK_CODES for t in state.terms)


def random_canonical(rng):
    terms = []
    for code in sorted(rng.choice(TRACK_CODES, size=rng.integers(1, 9), replace=False)):
        first, second = rng.choice(list("ABCDE"), 2, replace=False)
        sides = [f"{code}{first}"]
        if UNITS[code].region not in ("head", "gaze"):
            sides += [f"L{code}{first}", f"R{code}{first}", f"L{code}{first}+R{code}{second}"]
        terms.append(str(rng.choice(sides)))
    return "+".join(terms)


def mutated(text, rng):
    place = int(rng.integers(len(text) + 1))
    cut = place + int(rng.integers(3))
    return text[:place] + "".join(rng.choice(list(ALPHABET), rng.integers(3))) + text[cut:]


@pytest.fixture(scope="module")
def strings():
    rng = np.random.default_rng(0)
    texts = CANDIDATES.split("|")
    while len(texts) < 4000:
        good = random_canonical(rng)
        texts += [
            good,
            mutated(good, rng),
            mutated(mutated(good, rng), rng),
            "+".join(rng.permutation(good.split("+"))),
        ]
    return texts


def test_the_pattern_accepts_exactly_what_the_reader_calls_canonical(strings):
    pattern = re.compile(state_regex())
    wrong = [text for text in strings if bool(pattern.fullmatch(text)) != is_canonical(text)]
    assert wrong == []
    accepted = sum(map(is_canonical, strings)) / len(strings)
    assert 0.2 < accepted < 0.8


def test_the_grammar_accepts_exactly_the_same(strings):
    grammar = Gbnf(gbnf())
    wrong = [text for text in strings[:1500] if grammar.accepts(f"[{text}]") != is_canonical(text)]
    assert wrong == []


def test_a_tag_is_found_in_running_text():
    text = "[6C+12D] I was [12D+6C] so happy [0] [54B]"
    assert [found["state"] for found in re.finditer(tag_regex(), text)] == ["6C+12D", "0", "54B"]


def test_fewer_codes_make_a_smaller_language():
    pattern, grammar = re.compile(state_regex(CODE_UNITS)), Gbnf(gbnf(CODE_UNITS))
    for text, known in (("6C+12D", True), ("L12A+R12B", True), ("11C", False), ("54B", False), ("0", True)):
        assert bool(pattern.fullmatch(text)) is known
        assert grammar.accepts(f"[{text}]") is known


def test_the_grammar_of_an_answer_begins_with_one_tag():
    grammar = Gbnf(gbnf(words=True))
    assert grammar.accepts("[6C+12D] I am glad.")
    assert not grammar.accepts("I am glad.")
    assert not grammar.accepts("[6C+12D] I am [0] glad.")


@pytest.mark.parametrize("codes", [(), (80,), (12, 47)])
def test_codes_that_take_no_letter_are_refused(codes):
    with pytest.raises(ValueError, match="must be graded FACS codes"):
        state_regex(codes)
