import numpy as np
import pytest

from facsimile.facs.exclusions import conflicts
from facsimile.facs.expression import ActionUnits
from facsimile.facs.notation import parse
from facsimile.facs.prototypes import EMOTIONS, PROTOTYPES, match, match_prototypes, pspi


@pytest.mark.parametrize("row", PROTOTYPES, ids=lambda row: f"{row.emotion} {row.units}")
def test_every_row_has_a_source_and_matches_itself(row):
    assert row.source
    state = parse(row.units)
    assert not conflicts(state)
    found = match(state.to_action_units(), row)
    assert found.score == pytest.approx(1.0)
    assert found.coverage == 1.0
    parse(row.optional)


def test_the_table_covers_the_published_emotions():
    assert set(EMOTIONS) >= {"joy", "sadness", "surprise", "fear", "anger", "disgust", "contempt", "pain"}
    compound = {row.emotion for row in PROTOTYPES if row.kind == "compound"}
    assert len(compound) == 17
    assert len({(row.emotion, row.units, row.source) for row in PROTOTYPES}) == len(PROTOTYPES)


@pytest.mark.parametrize(
    ("text", "emotion"),
    [
        ("6C+12D", "joy"),
        ("R14B", "contempt"),
        ("1C+4C+15B", "sadness"),
        ("1B+2C+5B+26C", "surprise"),
        ("1C+2C+4C+5D+20C+25C", "fear"),
        ("4C+5B+7C+23C", "anger"),
        ("9D+17B", "disgust"),
        ("4C+6C+10B+43E", "pain"),
        ("1C+2C+12C+25B", "happily surprised"),
    ],
)
def test_textbook_faces(text, emotion):
    best = match_prototypes(parse(text))[0]
    assert best.prototype.emotion == emotion
    assert best.score > 0.9


def test_scores_fall_with_what_is_missing_and_what_is_too_much():
    (row,) = [row for row in PROTOTYPES if row.units == "6+12"]
    scores = [match(parse(text).to_action_units(), row).score for text in ("6C+12D", "12D", "6C+12D+15C", "0")]
    assert scores == [1.0, 0.5, pytest.approx(2 / 3), 0.0]


def test_matches_are_symmetric_and_one_per_emotion():
    units = ActionUnits.from_dict({(12, "L"): 3, (14, "R"): 2})
    ours, theirs = match_prototypes(units), match_prototypes(units.mirrored())
    assert [(m.prototype, m.score) for m in ours] == [(m.prototype, m.score) for m in theirs]
    assert len({m.prototype.emotion for m in ours}) == len(ours) == len(EMOTIONS)
    assert {m.prototype.kind for m in match_prototypes(units, kinds=("basic",))} == {"basic"}


def test_unobserved_units_lower_the_coverage_only():
    (row,) = [row for row in PROTOTYPES if row.units == "6+12"]
    half = match(ActionUnits.from_dict({6: float("nan"), 12: 3}), row)
    assert (half.score, half.coverage) == (1.0, 0.5)
    assert all(m.score == m.coverage == 0 for m in match_prototypes(ActionUnits.unobserved()))


@pytest.mark.parametrize(
    ("units", "expected"),
    [({}, 0), ({4: 5, 6: 5, 7: 5, 9: 5, 10: 5, 43: 5}, 16), ({4: 2, 7: 3, 6: 1, 10: 2, 43: 0.4}, 7), ({43: 1}, 1)],
)
def test_pspi(units, expected):
    assert pspi(ActionUnits.from_dict(units)) == expected


def test_pspi_of_an_unseen_brow_is_unknown():
    assert np.isnan(pspi(ActionUnits.from_dict({4: float("nan"), 6: 2})))
