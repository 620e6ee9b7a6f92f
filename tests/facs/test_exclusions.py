import pytest

from facsimile.facs.action_units import UNITS
from facsimile.facs.exclusions import EXCLUSIONS, check_exclusions, conflicts
from facsimile.facs.expression import ActionUnits
from facsimile.facs.notation import parse


@pytest.mark.parametrize("rule", EXCLUSIONS, ids=lambda rule: f"{rule.first}@{rule.second}")
def test_every_rule_has_a_source_and_bites(rule):
    assert rule.source
    assert rule.reason
    assert {rule.first, rule.second} <= set(UNITS)
    letter = "ABCDE"[rule.from_level - 1]
    assert conflicts(parse(f"{rule.first}{letter}+{rule.second}{letter}"))
    assert not conflicts(parse(f"{rule.first}{letter}@{rule.second}{letter}"))
    if rule.from_level > 1:
        assert not conflicts(parse(f"{rule.first}A+{rule.second}E"))


@pytest.mark.parametrize(
    "text", ["0", "?", "6C+12D", "L5B+R43E", "T22B+B28C", "18A+20B", "L30B", "30", "46C", "L46E", "1B+21C+73", "5?+43E"]
)
def test_possible_scores(text):
    expected = 1 if text == "1B+21C+73" else 0
    assert len(conflicts(parse(text))) == expected


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("5B+L43E", "the lid is raised or closed"),
        ("L30B+R30C", "the jaw moves to one side"),
        ("30B", "the jaw moves to one side"),
        ("L46D+R46C", "a wink closes one eye"),
        ("12C+73", r"73 \(entire face not visible\) excludes 12C"),
        ("26B+27C@28A", "two levels of one jaw opening"),
    ],
)
def test_impossible_scores(text, reason):
    with pytest.raises(ValueError, match=reason):
        check_exclusions(parse(text))


def test_action_units_are_checked_too():
    check_exclusions(ActionUnits.from_dict({6: 3, 12: 4}))
    with pytest.raises(ValueError, match="26B and 27B exclude each other"):
        check_exclusions(ActionUnits.from_dict({26: 2, 27: 2}))
