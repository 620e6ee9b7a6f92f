import time
from collections import Counter

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from facsimile.facs import notation
from facsimile.facs.action_units import UNITS
from facsimile.language.tags import Rung, Span, escape, read, unescape, write, write_tag

WORDS = ["so", "happy", "[6C+12D]", "\\[", "a\\", "\\\\[0]", "]", "[[", "x[0]", "[?]", "?", "0", "6C:", "\n", "[4B](u)"]
GRADED = [code for code, unit in UNITS.items() if unit.is_graded]


def random_state(rng):
    terms = []
    for code in rng.choice(GRADED, size=rng.integers(0, 9), replace=False):
        side = rng.choice(["", "L", "R"]) if UNITS[code].is_sided else ""
        terms.append(f"{side}{code}{'ABCDE'[rng.integers(5)]}")
    return notation.parse("+".join(terms) or rng.choice(["0", "?"]))


def random_spans(rng):
    """A face, then some words, up to four times; neighbours have different faces."""
    spans = []
    for _ in range(rng.integers(1, 5)):
        face = random_state(rng)
        if not spans or face != spans[-1].face:
            spans.append(Span(" ".join(rng.choice(WORDS, size=rng.integers(0, 5))).strip(), face))
    return spans


def check_faces_come_back_as_they_were(count):
    rng, num_faces = np.random.default_rng(1), 0
    while num_faces < count:
        spans = random_spans(rng)
        num_faces += len(spans)
        text = write(spans)
        back = read(text)
        assert back.spans == tuple(spans), text
        assert back.rung is Rung.EXACT
        assert back.notes == ()


def test_random_faces_come_back_as_they_were():
    """The first of the ten thousand of benchmarks/round_trips.py."""
    check_faces_come_back_as_they_were(3000)


def test_writing_is_canonical_and_only_where_the_face_changes():
    smile, same, rest = notation.parse("au12d + 6=3"), notation.parse("6C+12D"), notation.parse("0")
    spans = [Span("I was", smile), Span("so happy", same), Span("today", None), Span("again", smile), Span(".", rest)]
    assert write(spans) == "[6C+12D] I was so happy today again [0] ."


def test_a_face_without_words_and_words_without_a_face():
    assert write([Span("", notation.parse("4B"))]) == "[4B]"
    assert read("[4B]").spans == (Span("", notation.parse("4B")),)
    assert write([Span("hello")]) == "hello"
    assert write([]) == ""
    assert read("").spans == (Span(""),)
    assert write_tag(None) == "[?]"


@pytest.mark.parametrize(
    ("text", "rung", "face", "words"),
    [
        ("[6C+12D] Hello.", Rung.EXACT, "6C+12D", "Hello."),
        ("Hello. [0]", Rung.EXACT, "0", "Hello."),
        ("[?] Hello.", Rung.EXACT, "?", "Hello."),
        ("[12] Hello.", Rung.EXACT, "12", "Hello."),
        ("[12D+6C] Hello.", Rung.NORMALISED, "6C+12D", "Hello."),
        ("[6c + 12d] Hello.", Rung.NORMALISED, "6C+12D", "Hello."),
        ("[AU6=3, AU12=4] Hello.", Rung.NORMALISED, "6C+12D", "Hello."),
        ("[au 6: c; au_12: d] Hello.", Rung.NORMALISED, "6C+12D", "Hello."),
        ("[6 C 12 D] Hello.", Rung.NORMALISED, "6C+12D", "Hello."),
        ("**[6C+12D]** Hello.", Rung.NORMALISED, "6C+12D", "Hello."),
        ("`[6C+12D]` Hello.", Rung.NORMALISED, "6C+12D", "Hello."),
        ("[6C+12D]Hello.", Rung.NORMALISED, "6C+12D", "Hello."),
        ("[ 0 ] Hello.", Rung.NORMALISED, "0", "Hello."),
        ("[6C+99D+12D] Hello.", Rung.REPAIRED, "6C+12D", "Hello."),
        ("[6C+12F] Hello.", Rung.REPAIRED, "6C", "Hello."),
        ("[6C+12D+smile] Hello.", Rung.REPAIRED, "6C+12D", "Hello."),
        ("[6C+6D] Hello.", Rung.REPAIRED, "6C", "Hello."),
        ("(6C+12D) Hello.", Rung.UNBRACKETED, "6C+12D", "Hello."),
        ("{6C+12D} Hello.", Rung.UNBRACKETED, "6C+12D", "Hello."),
        ("6C+12D: Hello.", Rung.UNBRACKETED, "6C+12D", "Hello."),
        ("6C+12D\nHello.", Rung.UNBRACKETED, "6C+12D", "Hello."),
        ("Face: 6C+12D\nHello.", Rung.UNBRACKETED, "6C+12D", "Hello."),
        ("Hello.", Rung.NONE, None, "Hello."),
        ("[laughs] Hello.", Rung.NONE, None, "[laughs] Hello."),
        ("[smile+joy] Hello.", Rung.NONE, None, "[smile+joy] Hello."),
        ("See [12] and [3].", Rung.NONE, None, "See [12] and [3]."),
        ("See [figure 6C].", Rung.NONE, None, "See [figure 6C]."),
        ("array[0] and f(x)[0]", Rung.NONE, None, "array[0] and f(x)[0]"),
        ("a link [4B](http://x)", Rung.NONE, None, "a link [4B](http://x)"),
        ("(4 of 5) Hello.", Rung.NONE, None, "(4 of 5) Hello."),
        ("12: the answer", Rung.NONE, None, "12: the answer"),
        ("12D Hello.", Rung.NONE, None, "12D Hello."),
        ("\\[6C+12D] Hello.", Rung.NONE, None, "[6C+12D] Hello."),
        ("［6C+12D］ Hello.", Rung.NONE, None, "［6C+12D］ Hello."),
    ],
)
def test_each_rung_of_the_ladder(text, rung, face, words):
    found = read(text)
    assert found.rung is rung
    assert found.words == words
    assert found.face == (None if face is None else notation.parse(face))
    assert bool(found.notes) == (Rung.EXACT < rung < Rung.NONE)


def test_the_worst_rung_of_several_tags_counts():
    found = read("[6C+12D] Hello, [4c] or [1B+zz] not.")
    assert found.rung is Rung.REPAIRED
    assert len(found.notes) == 2
    assert [span.words for span in found.spans] == ["Hello,", "or", "not."]


def test_what_was_dropped_is_said():
    assert read("[6C+99D+12D] Hello.").notes == ("dropped 99D from '6C+99D+12D'",)


def test_rungs_can_be_counted():
    texts = ["[6C] a", "[6c] a", "[6c] b", "[6C+99A] a", "(6C) a", "a"]
    assert Counter(read(text).rung for text in texts) == {
        Rung.EXACT: 1,
        Rung.NORMALISED: 2,
        Rung.REPAIRED: 1,
        Rung.UNBRACKETED: 1,
        Rung.NONE: 1,
    }


@settings(max_examples=500, deadline=None)
@given(st.text(alphabet=st.sampled_from("[]\\+*_`(){}:= \n0?6C12DLRAUaux，é"), max_size=60))
def test_typed_words_are_never_read_as_a_face(words):
    text = f"[4B] {escape(words)}"
    found = read(text)
    assert found.spans == (Span(words.strip(), notation.parse("4B")),)
    assert found.rung is Rung.EXACT
    assert unescape(escape(words)) == words


@settings(max_examples=500, deadline=None)
@given(st.text(alphabet=st.sampled_from("[]\\+*_`(){}:=, \n0?6C12DLRAUface"), max_size=80) | st.text())
def test_any_text_can_be_read_and_every_face_is_legal(text):
    for span in read(text).spans:
        if span.face is not None:
            assert notation.parse(notation.write(span.face)) == span.face


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=60))
def test_reading_what_was_read_and_written_changes_nothing(text):
    once = read(text).spans
    if once[0].face is not None:
        assert read(write(once)).spans == once


@pytest.mark.parametrize("piece", ["\\", "[", "[6C", "*", "[6C+", "(", "[6C] ", "`[", " ", "[" + "6C+" * 100])
def test_reading_takes_time_in_proportion_to_the_length(piece):
    start = time.perf_counter()
    read(piece * (20_000 // len(piece)))
    assert time.perf_counter() - start < 5
