r"""Faces in running text: ``[6C+12D] I was so happy. [1B+4C] Then it rained.``

A bracketed state in FACS notation stands before the words over which it holds; ``[0]`` is neutral, ``[?]`` says that
no face was seen. Writing is canonical and puts a tag only where the face changes. Reading climbs a ladder of leniency
and says which rung it needed, so that a model's manners can be counted. A bracket that belongs to the words is
escaped with a backslash, ``\[``, and never read as a face.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from facsimile.facs import notation
from facsimile.facs.state import State
from facsimile.language.leniency import ReadState, Rung, has_level, read_state

MAX_TAG_LENGTH = 400
"""Longest bracket considered, in characters: every label unit on both sides (``L12B+R12D+``) fits."""


@dataclass(frozen=True)
class Span:
    """Words and the face that holds over them."""

    words: str
    """Outer whitespace is not kept."""
    face: State | None = None
    """None: nothing said about the face; it stays as it was."""


@dataclass(frozen=True)
class TaggedText:
    """A text taken apart."""

    spans: tuple[Span, ...]
    rung: Rung
    """The worst rung that any of its tags needed."""
    notes: tuple[str, ...] = ()
    """What was changed or dropped, one line each."""

    @property
    def words(self) -> str:
        """The words alone."""
        return " ".join(span.words for span in self.spans if span.words)

    @property
    def face(self) -> State | None:
        """The first face stated, None if there is none."""
        return next((span.face for span in self.spans if span.face is not None), None)


@dataclass(frozen=True)
class _Tag:
    start: int
    end: int
    state: ReadState


def escape(words: str) -> str:
    r"""Protect every ``[`` in words so that no part of them can be read as a face: ``[6C]`` becomes ``\[6C]``.

    Backslashes that stand directly before a bracket are doubled; all others stay as they are.
    """
    return _BRACKET.sub(lambda found: found[1] * 2 + "\\[", words)


def unescape(text: str) -> str:
    """Undo ``escape``; a bare ``[`` and backslashes elsewhere stay as they are."""
    return _BRACKET.sub(lambda found: "\\" * (len(found[1]) // 2) + "[", text)


def write_tag(face: State | None) -> str:
    """Return the canonical tag of a face; ``[?]`` for None."""
    return f"[{'?' if face is None else notation.write(face)}]"


def write(spans: Sequence[Span]) -> str:
    """Join spans into one text with a tag wherever the face changes; words are escaped."""
    parts: list[str] = []
    last = None
    for span in spans:
        tag = last if span.face is None else write_tag(span.face)
        if tag is not None and tag != last:
            parts.append(tag)
        last = tag
        if span.words.strip():
            parts.append(escape(span.words.strip()))
    return " ".join(parts)


def read(text: str, *, only_brackets: bool = False) -> TaggedText:
    """Take a text apart into words and faces; every text is readable, ``rung`` says how well.

    ``only_brackets`` leaves out the rung ``UNBRACKETED``, for texts that this package wrote.

    >>> read("[6C + au12=4] Hello").rung.name
    'NORMALISED'
    """
    tags = list(_bracketed(text)) or ([] if only_brackets else list(_unbracketed(text)))
    if not tags:
        return TaggedText((Span(unescape(text).strip()),), Rung.NONE)
    before = unescape(text[: tags[0].start]).strip()
    spans = [Span(before)] if before else []
    ends = [tag.start for tag in tags[1:]] + [len(text)]
    for tag, end in zip(tags, ends, strict=True):
        spans.append(Span(unescape(text[tag.end : end]).strip(), tag.state.face))
    notes = tuple(note for tag in tags for note in tag.state.notes)
    return TaggedText(tuple(spans), max(tag.state.rung for tag in tags), notes)


_BRACKET = re.compile(r"(?<!\\)(\\*+)\[")
_TAG = re.compile(
    rf"(?<!\\)(?P<slashes>\\*+)(?P<open>[*_`]{{0,3}})\[(?P<state>[^\[\]\\\n]{{1,{MAX_TAG_LENGTH}}})\](?P<close>[*_`]{{0,3}})"
)
_OPENING = re.compile(
    r"\s*(?P<face>face\s*[:=]\s*)?(?P<open>[({*`]{0,3})(?P<state>[LRAU0-9][^(){}*`:\n\[\]\\]{0,200})"
    r"(?P<close>[)}*`]{0,3})(?P<colon>\s*(?::|\n|$))?",
    re.IGNORECASE,
)


def _bracketed(text: str) -> Iterator[_Tag]:
    """Find the tags in square brackets that stand apart from the word before them.

    Bare numbers, ``[12]``, count as a face only where the text begins; later they are footnotes.
    """
    last_end = 0
    for found in _TAG.finditer(text):
        before, after = text[: found.start()][-1:], text[found.end() :][:1]
        is_attached = before.isalnum() or before in ("_", ")") or (before == "]" and found.start() != last_end)
        state = None if found["slashes"] or is_attached or after == "(" else read_state(found["state"])
        if state is None or not (has_level(state.face) or not text[: found.start()].strip()):
            continue
        if state.rung is Rung.EXACT and (before + after + found["open"] + found["close"]).strip():
            state = ReadState(state.face, Rung.NORMALISED, (f"'{found[0]}' does not stand apart",))
        last_end = found.end()
        yield _Tag(found.start(), found.end(), state)


def _unbracketed(text: str) -> Iterator[_Tag]:
    """Find ``(6C+12D) Hello`` or ``6C+12D: Hello`` at the start of the text."""
    found = _OPENING.match(text)
    if found is None or not (found["face"] or found["open"] or found["colon"]):
        return
    if bool(found["open"]) != bool(found["close"]):
        return
    state = read_state(found["state"].strip())
    if state is not None and has_level(state.face):
        notes = (*state.notes, f"no square brackets round '{found['state'].strip()}'")
        yield _Tag(0, found.end(), ReadState(state.face, Rung.UNBRACKETED, notes))
