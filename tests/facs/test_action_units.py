import pytest

from facsimile.facs.action_units import (
    LABEL_UNITS,
    SIDED_LABELS,
    UNITS,
    UPPER_FACE_UNITS,
    nearest_code,
    side_index,
    unit_index,
    unit_named,
)


def test_table_covers_the_manual():
    assert set(range(1, 47)) <= set(UNITS)
    assert set(range(51, 67)) | {68, 69} | set(range(70, 75)) | set(range(80, 86)) <= set(UNITS)


@pytest.mark.parametrize("code", UNITS)
def test_every_row_is_complete(code):
    unit = UNITS[code]
    assert unit.code == code
    assert unit.name == unit.name.lower()
    assert unit.source
    assert unit.muscles or code in (40,) or code >= 50
    assert unit.is_graded == (unit.region not in ("visibility", "behaviour"))


def test_names_are_unique_and_found():
    assert all(unit_named(unit.name.upper()) is unit for unit in UNITS.values())
    with pytest.raises(ValueError, match="nearest: 'lip corner puller'"):
        unit_named("lip corner pull")


def test_label_axis():
    assert len(LABEL_UNITS) == 33
    assert list(LABEL_UNITS) == sorted(LABEL_UNITS)
    assert [LABEL_UNITS[unit_index(code)] for code in LABEL_UNITS] == list(LABEL_UNITS)
    sided = [code for code, is_sided in zip(LABEL_UNITS, SIDED_LABELS, strict=True) if is_sided]
    assert UPPER_FACE_UNITS == (1, 2, 4, 5, 6, 7, 9, 43)
    assert sided == [1, 2, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16, 20, 30, 34, 43]


def test_errors_name_the_nearest():
    with pytest.raises(ValueError, match=r"unit 45 \(blink\) is not on the label axis"):
        unit_index(45)
    with pytest.raises(ValueError, match="nearest: 46"):
        unit_index(48)
    with pytest.raises(ValueError, match="'L' or 'R'"):
        side_index("left")
    assert nearest_code(10**6) == 85
    assert (side_index("L"), side_index("R")) == (0, 1)
