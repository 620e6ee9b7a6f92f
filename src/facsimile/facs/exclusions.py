"""Find units in a score that cannot act together."""

from dataclasses import dataclass

from facsimile.facs.action_units import FACS, UNITS
from facsimile.facs.expression import ActionUnits
from facsimile.facs.state import State, Term

MANUAL = f"{FACS}, table 9-1"
ANATOMY = "opposite movements of the same part; one axis of a rig drives both ends (MetaHuman face board)"


@dataclass(frozen=True)
class Exclusion:
    """Two codes of which only one can be scored."""

    first: int
    second: int
    reason: str
    # why they exclude each other
    source: str
    # where the rule comes from
    from_level: int = 1
    # the rule holds when both are at least here (1-5 for A-E)


EXCLUSIONS: tuple[Exclusion, ...] = (
    Exclusion(51, 52, "the head turns one way", MANUAL),
    Exclusion(53, 54, "the head goes up or down", MANUAL),
    Exclusion(55, 56, "the head tilts one way", MANUAL),
    Exclusion(57, 58, "the head goes forward or back", MANUAL),
    Exclusion(61, 62, "the eyes turn one way", MANUAL),
    Exclusion(61, 65, "both eyes turn left, or apart", MANUAL),
    Exclusion(61, 66, "both eyes turn left, or inward", MANUAL),
    Exclusion(62, 65, "both eyes turn right, or apart", MANUAL),
    Exclusion(62, 66, "both eyes turn right, or inward", MANUAL),
    Exclusion(63, 64, "the eyes go up or down", MANUAL),
    Exclusion(65, 66, "the eyes turn apart or inward", MANUAL),
    Exclusion(5, 43, "the lid is raised or closed", ANATOMY),
    Exclusion(5, 45, "the lid is raised or closed", ANATOMY),
    Exclusion(5, 46, "the lid is raised or closed", ANATOMY),
    Exclusion(33, 35, "the cheeks go out or in", ANATOMY),
    Exclusion(34, 35, "the cheeks go out or in", ANATOMY),
    Exclusion(38, 39, "the nostrils widen or narrow", ANATOMY),
    Exclusion(22, 28, "the lips roll out or in", ANATOMY),
    Exclusion(24, 25, "the lips press together or part", ANATOMY),
    Exclusion(8, 25, "the lips come together or part", ANATOMY),
    Exclusion(26, 27, "two levels of one jaw opening", FACS),
    Exclusion(18, 20, "the lips pucker or stretch; weak ones may mix", ANATOMY, from_level=4),
)


@dataclass(frozen=True)
class Conflict:
    """One broken rule in a score."""

    terms: tuple[Term, ...]
    # the terms that exclude each other
    message: str
    # the rule in words, with its source


def conflicts(score: State | ActionUnits) -> tuple[Conflict, ...]:
    """List the broken exclusion rules of a score; units on opposite sides or lips do not exclude each other.

    >>> from facsimile.facs.notation import parse
    >>> [conflict.message for conflict in conflicts(parse("38B+39B"))][0][:54]
    '38B and 39B exclude each other: the nostrils widen or '
    """
    state = State.from_action_units(score) if isinstance(score, ActionUnits) else score
    groups = [tuple(term for term in group if term.observed) for group in state.groups]
    found = [
        Conflict((a, b), f"{a} and {b} exclude each other: {rule.reason} ({rule.source}); keep one, or write {a}@{b}")
        for rule in EXCLUSIONS
        for i, first in enumerate(groups)
        for second in groups[:i] + groups[i + 1 :]
        for a in first
        for b in second
        if _breaks(rule, a, b)
    ]
    terms = [group[0] for group in groups if group]
    return tuple(found + _two_sided(terms) + _both_winks(terms) + _hidden(terms))


def check_exclusions(score: State | ActionUnits) -> None:
    """Raise ValueError naming every broken exclusion rule of a score."""
    if found := conflicts(score):
        raise ValueError("score: " + "; ".join(conflict.message for conflict in found))


def _breaks(rule: Exclusion, a: Term, b: Term) -> bool:
    strong = all(term.level is None or term.level >= rule.from_level for term in (a, b))
    apart = {a.side, b.side} == {"L", "R"} or {a.part, b.part} == {"T", "B"}
    return (a.code, b.code) == (rule.first, rule.second) and strong and not apart


def _two_sided(terms: list[Term]) -> list[Conflict]:
    jaw = tuple(term for term in terms if term.code == 30)
    if len(jaw) < 2 and not any(term.side in ("", "A") and term.level for term in jaw):
        return []
    message = f"{' and '.join(map(str, jaw))}: the jaw moves to one side ({ANATOMY}); write L30 or R30"
    return [Conflict(jaw, message)]


def _both_winks(terms: list[Term]) -> list[Conflict]:
    wink = tuple(term for term in terms if term.code == 46)
    if len(wink) < 2 and not any(term.side == "A" for term in wink):
        return []
    return [Conflict(wink, f"{' and '.join(map(str, wink))}: a wink closes one eye ({FACS}); write 45 for both")]


def _hidden(terms: list[Term]) -> list[Conflict]:
    hidden = [term for term in terms if term.code == 73]
    shown = [term for term in terms if term.code <= 46 and UNITS[term.code].region != "neck"]
    if not hidden or not shown:
        return []
    listed = "+".join(map(str, shown))
    return [Conflict((*hidden, *shown), f"73 (entire face not visible) excludes {listed} ({FACS}); drop one of them")]
