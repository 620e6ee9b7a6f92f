import numpy as np
import pytest

from facsimile.facs import notation
from facsimile.facs.action_units import UNITS
from facsimile.facs.prototypes import PROTOTYPES
from facsimile.facs.state import LIP_PART_UNITS, State, Term
from facsimile.language.account import NEUTRAL, NO_FACE, give_account, read_account
from facsimile.language.wording import ADVERBS, read, read_group, say, say_group

CODES = list(UNITS)
SIDED_REGIONS = ("brow", "eye", "cheek", "nose", "mouth", "chin", "jaw", "neck")


def random_term(rng):
    code = int(rng.choice(CODES))
    unit = UNITS[code]
    side = str(rng.choice(["", "", "L", "R", "U", "A"])) if unit.region in SIDED_REGIONS else ""
    part = str(rng.choice(["", "T", "B"])) if code in LIP_PART_UNITS and not side else ""
    level = int(rng.integers(1, 6)) if unit.is_graded and rng.random() < 0.9 else None
    moved = unit.region in ("head", "gaze") and bool(rng.random() < 0.2)
    observed = level is not None or bool(rng.random() < 0.7)
    return Term(code, level, side, part, moved, observed)


def random_state(rng):
    if rng.random() < 0.02:
        return State(face_seen=bool(rng.random() < 0.5))
    groups = []
    for _ in range(rng.integers(1, 10)):
        size = 2 if rng.random() < 0.1 else 1
        group = tuple({term.code: term for term in (random_term(rng) for _ in range(size))}.values())
        if len(group) > 1:
            group = tuple(Term(t.code, t.level, t.side, t.part, t.moved) for t in group)
        if not any(a.overlaps(b) for a in group for seen in groups for b in seen):
            groups.append(group)
    return State(tuple(groups))


def check_faces_come_back_from_their_words(count):
    rng = np.random.default_rng(0)
    for i in range(count):
        state = random_state(rng)
        sentences = [say_group(group, seed=i) for group in state.groups]
        assert State(tuple(read_group(s) for s in sentences), face_seen=state.face_seen) == state
        if i % 40 == 0:
            back = read_account(give_account(state, seed=i if i % 80 else None).text)
            assert back.state == state
            assert back.problems == ()


def test_random_faces_come_back_from_their_words():
    """The first of the ten thousand of benchmarks/round_trips.py."""
    check_faces_come_back_from_their_words(2000)


def test_the_random_faces_are_faces_of_the_notation():
    rng = np.random.default_rng(0)
    for _ in range(500):
        state = random_state(rng)
        assert notation.parse(notation.write(state)) == state


@pytest.mark.parametrize("code", CODES)
def test_every_wording_of_every_unit_is_its_own(code):
    unit = UNITS[code]
    sides = ("", "L", "R", "U", "A") if unit.region in SIDED_REGIONS else ("",)
    for side in sides:
        for level in (None, 1, 2, 3, 4, 5) if unit.is_graded else (None,):
            term = Term(code, level, side)
            for seed in range(2 * len(ADVERBS)):
                assert read(say(term, seed=seed)) == term


@pytest.mark.parametrize("seed", [None, 3, 11])
def test_flipping_one_unit_changes_its_sentence_and_what_follows_from_it(seed):
    rng = np.random.default_rng(1)
    for _ in range(25):
        state = random_state(rng)
        graded = [
            g for g in state.groups if len(g) == 1 and g[0].level and g[0].side not in ("L", "R") and not g[0].part
        ]
        if not graded:
            continue
        old = graded[int(rng.integers(len(graded)))][0]
        new = Term(old.code, old.level % 5 + 1, old.side, old.part, old.moved)
        other = State(tuple((new,) if group == (old,) else group for group in state.groups))
        before, after = give_account(state, seed=seed), give_account(other, seed=seed)
        assert set(before.observations) ^ set(after.observations) == {
            say_group((old,), seed=seed),
            say_group((new,), seed=seed),
        }
        changed = set(before.interpretation) ^ set(after.interpretation)
        assert all("match" in line or str(old) in line or str(new) in line for line in changed)
        if not changed:
            assert before.conclusion == after.conclusion


def test_removing_a_unit_removes_its_sentence():
    before, after = (give_account(notation.parse(text)) for text in ("1B+4C+15D", "1B+15D"))
    assert set(before.observations) - set(after.observations) == {"The brows are clearly lowered and drawn inwards."}
    assert set(after.observations) < set(before.observations)


def test_an_account_reads_as_documented():
    assert give_account(notation.parse("6C+12D")).text.splitlines() == [
        "Key observations:",
        "- The cheeks are clearly raised, gathering the skin beside the eye.",
        "- The lip corners are strongly pulled up and back.",
        "Interpretation:",
        "- Cheek raiser and lip corner puller belong to the pattern 6+12 of joy "
        "(Ekman, Friesen & Hager 2002, FACS investigator's guide): match 1.00 of 1.",
        "- Cheek raiser and lip corner puller belong to the pattern 4+6+12+25 of happily sad "
        "(Benitez-Quiroz et al. 2016, EmotioNet, table of compound emotions after Du et al. 2014): match 0.50 of 1, "
        "without brow lowerer and lips part.",
        "- The cheek raiser also comes with bright light.",
        "- The lip corner puller also comes with a greeting, politeness or the middle of a word.",
        "Conclusion:",
        "- The face is nearest to joy.",
    ]


@pytest.mark.parametrize("prototype", PROTOTYPES, ids=lambda p: f"{p.emotion}-{p.units}")
def test_a_published_pattern_is_named_in_the_conclusion(prototype):
    twins = {p.emotion for p in PROTOTYPES if p.units == prototype.units}
    patterns = read_account(give_account(notation.parse(prototype.units)).text).patterns
    assert twins & set(patterns)


def test_neutral_and_unseen_faces():
    assert give_account(State()).observations == (NEUTRAL,)
    assert give_account(State(face_seen=False)).observations == (NO_FACE,)
    assert read_account(give_account(State()).text).patterns == ()


def test_a_text_at_odds_with_itself_is_found_out():
    text = give_account(notation.parse("6C+12D")).text
    wrong = read_account(text.replace("nearest to joy", "nearest to fear"))
    assert wrong.problems == ("the conclusion names fear; from the observations follows joy",)
    strange = read_account(text.replace("The lip corners are strongly", "The ears are strongly"))
    assert notation.write(strange.state) == "6C"
    assert "no unit is said by" in strange.problems[0]
    assert "the conclusion names joy" in strange.problems[-1]
    line = "- The lip corners are strongly pulled up and back."
    assert (
        "said twice"
        in read_account(
            text.replace(line, f"{line}\n- Here the lip corners are slightly pulled up and back.")
        ).problems[0]
    )
    assert read_account("").problems[0].startswith("no conclusion")
    assert read_account("Hello.\nHow are you?").state == State()


def test_wording_varies_with_the_seed():
    state = notation.parse("1C+2C+5D+26B")
    assert len({give_account(state, seed=seed).text for seed in range(50)}) > 40
    assert give_account(state, seed=9) == give_account(state, seed=9)
