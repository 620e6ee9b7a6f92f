import numpy as np
import pytest
from faces import random_state, random_units
from hypothesis import example, given, settings
from hypothesis import strategies as st

from facsimile.facs.expression import ActionUnits
from facsimile.facs.notation import NotationError, parse, write
from facsimile.facs.state import State, Term


def test_ten_thousand_scores_round_trip():
    rng = np.random.default_rng(2)
    for _ in range(10_000):
        state = random_state(rng)
        text = write(state)
        assert parse(text) == state, text


def test_action_units_round_trip_at_letter_resolution():
    rng = np.random.default_rng(3)
    for _ in range(200):
        units = random_units(rng)
        assert parse(write(units, unobserved=True)).to_action_units() == units


def test_rounding_loses_at_most_half_a_letter():
    rng = np.random.default_rng(4)
    raw = ActionUnits.clipped(rng.uniform(0, 5, (33, 2)).astype(np.float32))
    back = parse(write(raw)).to_action_units()
    assert np.abs(back.intensity - raw.intensity).max() <= 0.5
    assert write(back) == write(raw)


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("0", "0"),
        (" ? ", "?"),
        ("12d + 6c", "6C+12D"),
        ("AU6=3+au12:4", "6C+12D"),
        ("L12B+R12B", "12B"),
        ("R12D+L12B", "L12B+R12D"),
        ("B23C+T23C", "23C"),
        ("L12B+U14A", "L12B+U14A"),
        ("12*", "12"),
        ("LAU12b", "L12B"),
        ("27@26C", "26C@27"),
        ("m59+51b+12a", "12A+51B+M59"),
        ("12=2.6", "12C"),
        ("4=0+12=0.4", "0"),
        ("12?+4B", "4B+12?"),
        ("L12?+R12?", "12?"),
        ("A12C", "A12C"),
        ("012C", "12C"),
        ("73", "73"),
    ],
)
def test_canonical_form(text, canonical):
    assert write(parse(text)) == canonical
    assert write(parse(canonical)) == canonical


@pytest.mark.parametrize(
    ("text", "position", "message"),
    [
        ("6C+13x", 5, "action unit \"13x\": unknown intensity letter 'x' at character 6 of '6C.13x'; use A-E or 0-5"),
        ("", 0, "the score is empty"),
        ("   ", 0, "the score is empty"),
        ("6C++12D", 3, "expected a unit number, found nothing"),
        ("6C+", 3, "found nothing at character 4"),
        ("smile", 0, "expected a unit number, found 's'"),
        ("12B+12C", 4, "unit 12 is given twice"),
        ("L12B+12C", 5, "unit 12 is given twice"),
        ("26@26", 3, "unit 26 is given twice"),
        ("26@27=0", 3, "alternative 27 has intensity 0"),
        ("T12", 0, r"T \(lip part\) does not go with 12"),
        ("47", 0, r"unknown unit number 47.*nearest: 46"),
        ("6C+99999999999999999999", 3, "unknown unit number 99999999 "),
        ("73A", 2, r"73 \(entire face not visible\) takes no intensity"),
        ("12=9", 3, "intensity '9' is not a number from 0 to 5"),
        ("12=", 3, "intensity '' is not a number"),
        ("12=nan", 3, "intensity 'nan' is not a number"),
        ("R51C", 0, r"51 \(head turn left\) has no sides"),
        ("M12B", 0, "M stands before head and eye codes"),
        ("12CC", 3, "unexpected 'C' after the intensity"),
        ("0+12C", 0, "unknown unit number 0"),
        ("6C 12D", 2, "unexpected ' ' after the intensity"),
        ("12²", 2, "unknown intensity letter '²'"),
        ("١٢", 0, "expected a unit number"),
    ],
)
def test_errors_have_position_and_hint(text, position, message):
    with pytest.raises(NotationError, match=message) as caught:
        parse(text)
    assert caught.value.position == position
    assert caught.value.hint
    assert caught.value.hint in str(caught.value)


def state_or_error(text):
    try:
        return parse(text)
    except NotationError as error:
        return error


NEARLY = st.text(alphabet="0123456789ABCDELRUTMabcdexyz+@?*=:. \t", max_size=24)


@settings(max_examples=1500, deadline=None)
@given(st.one_of(NEARLY, st.text(max_size=40)))
@example("1" * 5000)
@example("12=" + "9" * 5000)
@example("ß12")
@example("ſ12")
def test_any_text_is_read_or_refused_with_a_position(text):
    outcome = state_or_error(text)
    if isinstance(outcome, NotationError):
        assert 0 <= outcome.position <= len(text)
        assert outcome.hint
        assert len(str(outcome)) < 400
    else:
        assert parse(write(outcome)) == outcome


def test_partly_seen_faces():
    units = ActionUnits.from_dict({12: 4, 4: float("nan")})
    assert write(units) == "12D"
    assert write(units, unobserved=True) == "4?+12D"
    assert write(ActionUnits.unobserved()) == "?"
    assert parse("?").to_action_units() == ActionUnits.unobserved()
    assert parse("0").to_action_units() == ActionUnits.neutral()
    assert np.isnan(parse("4?").to_action_units().of(4))


def test_reading_a_score_as_units_says_what_it_chose():
    state = parse("U14A+26C@27C+4+T23B+A12C+46C+73+L17B")
    units = state.to_action_units()
    assert units.of(14, "L") == 1
    assert units.of(14, "R") == 0
    assert (units.of(26), units.of(27)) == (3, 0)
    assert (units.of(4), units.of(23), units.of(12, "L"), units.of(12, "R")) == (3, 2, 3, 3)
    assert units.of(43) == 3
    notes = "\n".join(state.lost_in_action_units())
    for part in (
        "U14A: side",
        "26C@27C: read as 26C",
        "4: no letter",
        "T23B: lip",
        "A12C: unequal",
        "46C: wink",
        "73: ",
    ):
        assert part in notes
    assert "L17B: unit 17 has no sides here" in notes


def test_nothing_is_lost_from_plain_scores():
    assert parse("6C+L12D").lost_in_action_units() == ()
    assert parse("0").lost_in_action_units() == ()


def test_terms_know_what_they_overlap():
    assert Term(12, 2, "L").overlaps(Term(12, 3))
    assert not Term(12, 2, "L").overlaps(Term(12, 3, "R"))
    assert not Term(59).overlaps(Term(59, moved=True))
    assert State(((Term(12, 2, "L"),), (Term(12, 2, "R"),))) == parse("12B")
