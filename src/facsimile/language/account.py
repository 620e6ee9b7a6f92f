"""Give an account of a face in three steps - what is seen, how it combines, what follows - and read accounts back.

The form is that of the chain of thought in ExpLLM (Lan et al. 2025): key observations, interpretation, conclusion.
Everything is computed from the score, so an account is true of it by construction, and reading one gives the score
back exactly. A text that somebody else wrote, a language model for example, is checked against what it says itself.
"""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

from facsimile.facs.action_units import LABEL_UNITS, UNITS
from facsimile.facs.exclusions import conflicts
from facsimile.facs.notation import parse
from facsimile.facs.prototypes import Match, match_prototypes
from facsimile.facs.state import SHOWN_AS, State, Term
from facsimile.language.describe import EVERYDAY, MIN_SCORE
from facsimile.language.wording import read_group, say_group

TIE = 0.1
"""Patterns whose match is this near to the best are named with it."""

NO_FACE = "No face was seen."
NEUTRAL = "No action unit is at work: the face is neutral."
NOTHING = "none of the published patterns"

_HEADS = (
    ("Key observations:", "Interpretation:", "Conclusion:"),
    ("What moves:", "How it combines:", "What follows:"),
    ("Observations:", "Taken together:", "So:"),
)
"""Headings of the three parts; the first row is used without a seed."""

_CONCLUSIONS = (
    "The face is nearest to {names}.",
    "Of the published patterns, {names} fits best.",
    "What moves here is closest to {names}.",
)
_CONCLUSION = re.compile(
    "|".join(re.escape(form).replace(r"\{names\}", f"(?P<names{i}>.+)") for i, form in enumerate(_CONCLUSIONS))
)


@dataclass(frozen=True)
class Account:
    """The three parts, a sentence per entry."""

    observations: tuple[str, ...]
    # one per unit, or per set of alternatives, in the order of the score
    interpretation: tuple[str, ...]
    # patterns with match and source, other reasons, contradictions
    conclusion: str
    heads: tuple[str, str, str] = _HEADS[0]

    @property
    def text(self) -> str:
        """The account as one text, a sentence per line."""
        parts = (self.observations, self.interpretation, (self.conclusion,))
        return "\n".join(
            line for head, part in zip(self.heads, parts, strict=True) for line in (head, *(f"- {s}" for s in part))
        )


@dataclass(frozen=True)
class ReadAccount:
    """What an account says, and where it is at odds with itself."""

    state: State
    # what the observations add up to
    patterns: tuple[str, ...]
    # names in the conclusion; empty for none
    problems: tuple[str, ...]
    # sentences that say no unit, units given twice, and a conclusion that does not follow from the observations


def give_account(state: State, *, seed: int | None = None) -> Account:
    """Give an account of a score; a ``seed`` varies the wording, None always gives the same.

    Each unit's sentence depends on that unit alone.
    """
    choose = None if seed is None else random.Random(f"{seed} account")
    heads = _HEADS[0] if choose is None else choose.choice(_HEADS)
    form = _CONCLUSIONS[0] if choose is None else choose.choice(_CONCLUSIONS)
    matches = _matches(state)
    names = _nearest(matches)
    return Account(
        observations=_observations(state, seed),
        interpretation=tuple(_interpretation(state, matches)),
        conclusion=form.format(names=" or ".join(names) or NOTHING),
        heads=heads,
    )


def read_account(text: str) -> ReadAccount:
    """Read an account back, whatever its seed; every text is readable, ``problems`` says how far it can be trusted."""
    observations, conclusion = _parts(text)
    problems: list[str] = []
    state = _state_of(observations, problems)
    found = _CONCLUSION.fullmatch(conclusion)
    said = next((names for names in found.groups() if names), "") if found else ""
    if not said:
        problems.append(f"no conclusion in the known forms: {conclusion[:80]!r}")
    names = () if said in ("", NOTHING) else tuple(said.split(" or "))
    follows = _nearest(_matches(state))
    if said and names != follows:
        problems.append(f"the conclusion names {said}; from the observations follows {' or '.join(follows) or NOTHING}")
    return ReadAccount(state, names, tuple(problems))


def _observations(state: State, seed: int | None) -> tuple[str, ...]:
    if not state.face_seen:
        return (NO_FACE,)
    return tuple(say_group(group, seed=seed) for group in state.groups) or (NEUTRAL,)


def _matches(state: State) -> list[Match]:
    """List the patterns worth naming, best first."""
    if not any(term.observed for term in state.terms):
        return []
    return [match for match in match_prototypes(state) if match.score >= MIN_SCORE]


def _nearest(matches: list[Match]) -> tuple[str, ...]:
    return tuple(match.prototype.emotion for match in matches if match.score >= matches[0].score - TIE)


def _interpretation(state: State, matches: list[Match]) -> Iterator[str]:
    for match in matches:
        pattern = match.prototype
        yield (
            f"{_names(state, pattern.units)} belong to the pattern {pattern.units} of {pattern.emotion} "
            f"({pattern.source}): match {match.score:.2f} of 1{_beside(state, match)}."
        )
    if state.terms and not matches:
        yield f"The units are near no published pattern: none reaches a match of {MIN_SCORE:g}."
    for code in dict.fromkeys(term.code for term in state.terms if term.observed):
        if code in EVERYDAY:
            yield f"The {UNITS[code].name} also comes with {EVERYDAY[code]}."
    for conflict in conflicts(state):
        yield f"Contradiction: {conflict.message}."
    if not state.terms:
        yield "There is nothing to combine."


def _shown(state: State) -> dict[int, str]:
    """Give code -> name of the label units at work."""
    codes = [SHOWN_AS.get(term.code, term.code) for group in state.groups for term in group[:1] if term.observed]
    return {code: UNITS[code].name for code in sorted(set(codes)) if code in LABEL_UNITS}


def _codes_of(units: str) -> set[int]:
    return {int(code) for code in re.findall(r"\d+", units)} - {0}


def _names(state: State, units: str) -> str:
    wanted = _codes_of(units)
    names = [name for code, name in _shown(state).items() if code in wanted]
    return " and ".join([", ".join(names[:-1]), names[-1]] if len(names) > 1 else names).capitalize() or "Units"


def _beside(state: State, match: Match) -> str:
    """Say what the pattern has and the face has not, and the other way round."""
    shown = _shown(state)
    wanted = [[term.code for term in group] for group in parse(match.prototype.units).groups]
    missing = [" or ".join(UNITS[code].name for code in codes) for codes in wanted if not set(codes) & set(shown)]
    known = _codes_of(match.prototype.units) | _codes_of(match.prototype.optional)
    extra = [name for code, name in shown.items() if code not in known]
    without = f", without {' and '.join(missing)}" if missing else ""
    return without + (f", with {' and '.join(extra)} beside it" if extra else "")


def _parts(text: str) -> tuple[list[str], str]:
    """Find the sentences under the first heading and the one under the last."""
    sections: list[list[str]] = []
    heads = {head for row in _HEADS for head in row}
    for line in text.splitlines():
        bare = line.strip()
        if bare in heads:
            sections.append([])
        elif sections and bare:
            sections[-1].append(bare.removeprefix("- "))
    if len(sections) != 3:
        return sections[0] if sections else [], ""
    return sections[0], " ".join(sections[2])


def _state_of(observations: list[str], problems: list[str]) -> State:
    if observations == [NO_FACE]:
        return State(face_seen=False)
    groups: list[tuple[Term, ...]] = []
    for sentence in [] if observations == [NEUTRAL] else observations:
        try:
            group = read_group(sentence)
        except ValueError as error:
            problems.append(str(error))
            continue
        if any(term.overlaps(other) for term in group for seen in groups for other in seen):
            problems.append(f"said twice: {sentence!r}")
        else:
            groups.append(group)
    return State(tuple(groups))
