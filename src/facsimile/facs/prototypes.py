"""List the published unit combinations of emotions and pain, and match scores against them.

These are statistical patterns of posed and spontaneous faces, not a code from face to feeling.
"""

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np

from facsimile.facs.action_units import LABEL_UNITS, unit_index
from facsimile.facs.expression import MAX_INTENSITY, ActionUnits
from facsimile.facs.intensity import PRESENT
from facsimile.facs.notation import parse
from facsimile.facs.state import State, Term

Kind = Literal["basic", "compound", "pain"]

EKMAN_1978 = "Ekman & Friesen 1978, FACS investigator's guide, most intense member (12y, medium, written C)"
EKMAN_2002 = "Ekman, Friesen & Hager 2002, FACS investigator's guide"
CK_PLUS = "Lucey et al. 2010, CK+, emotion validation rules"
DU_2014 = "Du, Tao & Martinez 2014, PNAS, units seen in over 70 % of 230 subjects"
EMOTIONET = "Benitez-Quiroz et al. 2016, EmotioNet, table of compound emotions after Du et al. 2014"
PAIN_2008 = "Prkachin & Solomon 2008, Pain"


@dataclass(frozen=True)
class Prototype:
    """One published combination."""

    emotion: str
    # what posers were asked for, or observers named
    units: str
    # required units as a FACS score; no letter means any intensity, @ one of several
    source: str
    # where the row is published
    optional: str = "0"
    # units that may be there as well, as a FACS score
    kind: Kind = "basic"
    # basic emotion, compound emotion or pain


def _rows(emotion: str, source: str, *units: str, optional: str = "0", kind: Kind = "basic") -> tuple[Prototype, ...]:
    return tuple(Prototype(emotion, row, source, optional, kind) for row in units)


def _compound(emotion: str, units: str) -> Prototype:
    return Prototype(emotion, units, EMOTIONET, kind="compound")


PROTOTYPES: tuple[Prototype, ...] = (
    *_rows("joy", EKMAN_1978, "6+12C+25"),
    *_rows("joy", EKMAN_2002, "6+12", "12C", "12D", optional="25+26"),
    *_rows("joy", CK_PLUS, "12", optional="6+25+26"),
    *_rows("joy", DU_2014, "12+25", optional="6"),
    *_rows("sadness", EKMAN_1978, "1+4+15"),
    *_rows("sadness", EKMAN_2002, "1+4+11+15B", "1+4+15", "6+15", optional="54+64+25+26"),
    *_rows("sadness", EKMAN_2002, "1+4+11", "1+4+15B+17", "11+15B", "11+17", optional="54+64+25+26"),
    *_rows("sadness", DU_2014, "4+15", optional="1+6+11+17"),
    *_rows("surprise", EKMAN_1978, "1+2+5+26"),
    *_rows("surprise", EKMAN_2002, "1+2+5B+26@27", "1+2+5B", "1+2+26@27", "5B+26@27", optional="25"),
    *_rows("surprise", DU_2014, "1+2+25+26", optional="5"),
    *_rows("fear", EKMAN_1978, "1+2+4+5+20+25"),
    *_rows("fear", EKMAN_2002, "1+2+4+5+20+25@26@27", "1+2+4+5+25@26@27", optional="25+26+27"),
    *_rows("fear", EKMAN_2002, "1+2+4+5", "5+20", optional="25+26+27"),
    *_rows("fear", DU_2014, "1+4+20+25", optional="2+5+26"),
    *_rows("anger", EKMAN_1978, "4+5+7+24"),
    *_rows("anger", EKMAN_2002, "4+5+7+22@23@24", "4+5+7+10+22@23@24", "4+7+22@23@24", optional="10+25+26"),
    *_rows("anger", EKMAN_2002, "5+7+22@23@24", "4+5+22@23@24", "4+5+7", optional="10+25+26"),
    *_rows("anger", CK_PLUS, "23+24", optional="4+5+7+10+17"),
    *_rows("anger", DU_2014, "4+7+24", optional="10+17+23"),
    *_rows("disgust", EKMAN_1978, "4+10+17"),
    *_rows("disgust", EKMAN_2002, "9", "9+16+25@26", "9+17", "10", "10+16+25@26", "10+17"),
    *_rows("disgust", CK_PLUS, "9@10", optional="4+7+17+25"),
    *_rows("disgust", DU_2014, "9+10+17", optional="4+24"),
    *_rows("contempt", EKMAN_2002, "U14", "U12+U14"),
    *_rows("contempt", CK_PLUS, "14"),
    _compound("happily surprised", "1+2+12+25"),
    _compound("happily disgusted", "10+12+25"),
    _compound("happily sad", "4+6+12+25"),
    _compound("happily fearful", "1+2+12+25+26"),
    _compound("sadly fearful", "1+4+15+25"),
    Prototype("sadly fearful", "1+4+20+25", DU_2014, kind="compound"),
    _compound("sadly angry", "4+7+15"),
    Prototype("sadly angry", "4+15", DU_2014, kind="compound"),
    _compound("sadly surprised", "1+4+25+26"),
    _compound("sadly disgusted", "4+10"),
    _compound("fearfully angry", "4+20+25"),
    _compound("fearfully surprised", "1+2+5+20+25"),
    _compound("fearfully disgusted", "1+4+10+20+25"),
    _compound("angrily surprised", "4+25+26"),
    _compound("angrily disgusted", "4+10+17"),
    _compound("disgustedly surprised", "1+2+5+10"),
    _compound("appalled", "4+9+10"),
    Prototype("appalled", "4+10", DU_2014, kind="compound"),
    _compound("hatred", "4+7+10"),
    Prototype("hatred", "4+10", DU_2014, kind="compound"),
    _compound("awed", "1+2+5+25"),
    *_rows("pain", PAIN_2008, "4+6@7+9@10+43", "4+6@7+9@10", optional="25+26+27", kind="pain"),
)

EMOTIONS: tuple[str, ...] = tuple(dict.fromkeys(prototype.emotion for prototype in PROTOTYPES))


@dataclass(frozen=True)
class Match:
    """How well a score fits one prototype."""

    prototype: Prototype
    score: float
    # 0 nothing in common, 1 every required unit and no other
    coverage: float
    # share of the required units that were observed


def pspi(action_units: ActionUnits) -> float:
    """Compute Prkachin & Solomon's pain intensity, 0-16: AU4 + max(AU6, AU7) + max(AU9, AU10) + AU43.

    AU43 counts 0 or 1; a unit counts with its larger side. NaN if one of them is unobserved (Prkachin & Solomon 2008).
    """
    closed = action_units.of(43)
    lids = np.maximum(action_units.of(6), action_units.of(7))
    nose = np.maximum(action_units.of(9), action_units.of(10))
    return float(action_units.of(4) + lids + nose + (closed if np.isnan(closed) else float(closed >= PRESENT)))


def match_prototypes(
    score: State | ActionUnits, *, kinds: tuple[Kind, ...] = ("basic", "compound", "pain")
) -> tuple[Match, ...]:
    """Match a score against every prototype and list the best variant of each emotion, best first.

    A required unit earns its presence (rising from 0 at intensity 0 to 1 at A) times, if the prototype names a letter,
    one fifth less per letter away. The match is the sum of earnings over required units plus the presences of units
    that are neither required nor optional: a soft Jaccard index. Unobserved units count for neither.

    >>> best = match_prototypes(parse("6C+12D"))[0]
    >>> best.prototype.emotion, best.prototype.units, best.score
    ('joy', '6+12', 1.0)
    """
    units = score.to_action_units() if isinstance(score, State) else score
    best: dict[str, Match] = {}
    for prototype in PROTOTYPES:
        if prototype.kind in kinds:
            found = match(units, prototype)
            if prototype.emotion not in best or _order(found) < _order(best[prototype.emotion]):
                best[prototype.emotion] = found
    return tuple(sorted(best.values(), key=_order))


def match(action_units: ActionUnits, prototype: Prototype) -> Match:
    """Match action units against one prototype; see ``match_prototypes`` for the score."""
    required, optional = _groups(prototype)
    earned = np.array([_group_value(action_units, group) for group in required])
    seen = ~np.isnan(earned)
    named = {term.code for group in required + optional for term in group}
    rows = [row for row, code in enumerate(LABEL_UNITS) if code not in named]
    extra = _presence(np.fmax(*np.nan_to_num(action_units.intensity[rows]).T)).sum()
    if not seen.any():
        return Match(prototype, 0.0, 0.0)
    return Match(prototype, float(earned[seen].sum() / (seen.sum() + extra)), float(seen.mean()))


def _order(found: Match) -> tuple[float, float, int]:
    """Sort by score, then by how much was seen, then longer prototypes first."""
    return (-found.score, -found.coverage, -len(_groups(found.prototype)[0]))


@lru_cache(maxsize=2 * len(PROTOTYPES))
def _groups(prototype: Prototype) -> tuple[tuple[tuple[Term, ...], ...], tuple[tuple[Term, ...], ...]]:
    return parse(prototype.units).groups, parse(prototype.optional).groups


def _group_value(action_units: ActionUnits, group: tuple[Term, ...]) -> float:
    """Give the best earning of alternatives, NaN if none was observed."""
    values = [_term_value(action_units, term) for term in group]
    known = [value for value in values if not np.isnan(value)]
    return max(known) if known else float("nan")


def _term_value(action_units: ActionUnits, term: Term) -> float:
    left, right = (float(value) for value in action_units.intensity[unit_index(term.code)])
    value = abs(left - right) if term.side == "U" else (left + right) / 2
    fit = 1.0 if term.level is None else 1.0 - abs(value - term.level) / MAX_INTENSITY
    return float(_presence(value)) * fit


def _presence(intensity: np.ndarray | float) -> np.ndarray:
    return np.asarray(np.clip(intensity, 0.0, 1.0))
