"""Say an expression in words: what moves, how strongly, on which side, and which published patterns are near.

The words describe actions of the face. They never say what someone feels: the same units occur in many situations.
"""

from dataclasses import asdict, dataclass
from typing import Any

from facsimile.facs import notation
from facsimile.facs.action_units import UNITS
from facsimile.facs.exclusions import conflicts
from facsimile.facs.expression import ActionUnits
from facsimile.facs.intensity import LETTER_NAMES, LETTERS
from facsimile.facs.prototypes import match_prototypes
from facsimile.facs.state import State, Term
from facsimile.language.wording import say, say_group

CAUTION = (
    "This says what moves, not what someone feels: people move their faces in these ways for many reasons, and feel "
    "without moving them (Barrett et al. 2019, Emotional Expressions Reconsidered)."
)

MIN_SCORE = 0.5
"""Lowest match that is worth naming: half of the pattern's units, or as many foreign units as its own."""

MAX_PROTOTYPES = 4

SIDES = {"L": "left", "R": "right", "U": "one side", "A": "both, unequally"}

EVERYDAY: dict[int, str] = {
    1: "raised brows that stress a word or ask a question",
    4: "concentration or bright light",
    6: "bright light",
    7: "bright light, short sight or a dry eye",
    9: "a smell, a sneeze or bright light",
    12: "a greeting, politeness or the middle of a word",
    14: "thinking, or swallowing a smile",
    17: "doubt, effort or a swallow",
    18: "speech or a kiss",
    20: "speech or effort",
    22: "speech",
    24: "thinking or effort",
    25: "speech or breathing through the mouth",
    26: "speech, chewing or a relaxed jaw",
    27: "a yawn or a shout",
    28: "speech, or wetting the lips",
    43: "a blink, or sleepiness",
}
"""Everyday reasons other than emotion, after Ekman 1979 (About brows: emotional and conversational signals) and Barrett
et al. 2019. Examples, not a list of all that is possible."""


@dataclass(frozen=True)
class UnitDescription:
    """One term of a score in words."""

    code: int
    name: str
    side: str | None
    """``left``, ``right``, ``one side``, ``both, unequally``; ``both`` for sided units; None for the middle."""
    letter: str | None
    intensity: str | None
    """The FACS manual's word for the letter."""
    muscles: str
    region: str
    sentence: str


@dataclass(frozen=True)
class PrototypeDescription:
    """A published pattern near the score."""

    name: str
    units: str
    score: float
    """0 nothing in common, 1 every required unit and no other."""
    source: str


@dataclass(frozen=True)
class Description:
    """An expression in words."""

    notation: str
    summary: str
    units: tuple[UnitDescription, ...]
    prototypes: tuple[PrototypeDescription, ...]
    everyday: tuple[str, ...]
    """What else the units can come from."""
    conflicts: tuple[str, ...]
    """Units that cannot act together."""
    caution: str = CAUTION

    def as_dict(self) -> dict[str, Any]:
        """Return plain lists, texts and numbers for JSON."""
        return asdict(self)


def describe(face: State | ActionUnits, *, seed: int | None = None) -> Description:
    """Describe a face in words; a ``seed`` varies the wording, None always gives the same.

    Each unit is described by itself, so changing one unit changes its words and leaves the others alone.
    """
    state = face if isinstance(face, State) else notation.parse(notation.write(face))
    units = tuple(_unit(term, group, seed) for group in state.groups for term in group)
    matches = match_prototypes(face)[:MAX_PROTOTYPES] if any(term.observed for term in state.terms) else ()
    found = [m for m in matches if m.score >= MIN_SCORE]
    return Description(
        notation=notation.write(state),
        summary=_summary(state),
        units=units,
        prototypes=tuple(
            PrototypeDescription(m.prototype.emotion, m.prototype.units, round(m.score, 2), m.prototype.source)
            for m in found
        ),
        everyday=tuple(f"{UNITS[code].name}: {EVERYDAY[code]}" for code in _codes(state) if code in EVERYDAY),
        conflicts=tuple(conflict.message for conflict in conflicts(state)),
    )


def to_text(description: Description) -> str:
    """Lay a description out for a terminal."""
    lines = [f"{description.notation}  {description.summary}"]
    lines += [f"  {unit.sentence}" for unit in description.units]
    if description.units:
        lines += ["", "Published patterns nearby (1.00 = every unit of the pattern and no other):"]
        lines += [f"  {p.score:.2f}  {p.name}  {p.units}  ({p.source})" for p in description.prototypes]
        lines += [] if description.prototypes else [f"  none reaches {MIN_SCORE:.2f}"]
    if description.everyday:
        lines += ["", "It can as well come from:", *(f"  {reason}" for reason in description.everyday)]
    if description.conflicts:
        lines += ["", "Check the score:", *(f"  {message}" for message in description.conflicts)]
    return "\n".join([*lines, "", description.caution])


def _codes(state: State) -> list[int]:
    return list(dict.fromkeys(term.code for term in state.terms))


def _summary(state: State) -> str:
    if not state.face_seen:
        return "No face was seen."
    codes = _codes(state)
    if not codes:
        return "A neutral face: no action unit is at work."
    regions = list(dict.fromkeys(UNITS[code].region for code in codes))
    where = " and ".join([", ".join(regions[:-1]), regions[-1]] if len(regions) > 1 else regions)
    return f"{len(codes)} action unit{'s' if len(codes) > 1 else ''}: {where}."


def _unit(term: Term, group: tuple[Term, ...], seed: int | None) -> UnitDescription:
    unit = UNITS[term.code]
    return UnitDescription(
        code=term.code,
        name=unit.name,
        side=SIDES.get(term.side, "both" if unit.is_sided else None),
        letter=LETTERS[term.level - 1] if term.level else None,
        intensity=LETTER_NAMES[term.level - 1] if term.level else None,
        muscles=unit.muscles,
        region=unit.region,
        sentence=_sentence(term, group, seed),
    )


def _sentence(term: Term, group: tuple[Term, ...], seed: int | None) -> str:
    """Say one term: ``The lip corners are strongly pulled up and back (12D lip corner puller: zygomaticus major).``"""
    unit = UNITS[term.code]
    muscles = f": {unit.muscles}" if unit.muscles else ""
    words = say_group((term,), seed=seed).removesuffix(".")
    if len(group) > 1:
        words = f"One of {'@'.join(map(str, group))}: {say(term, seed=seed)}"
    return f"{words} ({term} {unit.name}{muscles})."
