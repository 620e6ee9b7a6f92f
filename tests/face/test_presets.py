import numpy as np
import pytest

from facsimile.face.hair import style_names
from facsimile.face.presets import PRESETS, find_preset, parse_blend, preset, preset_names
from facsimile.face.skin import MAX_MELANIN, tone_name


def test_the_cast_has_66_different_people() -> None:
    assert len(PRESETS) == 66
    assert len({name.lower() for name in preset_names()}) == 66
    assert len({record.seed for record in PRESETS}) == 66


def test_the_cast_is_diverse() -> None:
    ages = np.array([record.age_years for record in PRESETS])
    assert (ages < 15).sum() >= 5
    assert (ages > 65).sum() >= 8
    assert 0.45 < np.mean([record.sex > 0.5 for record in PRESETS]) < 0.6
    assert {tone_name(record.tone) for record in PRESETS} == {
        "very light", "light", "medium light", "medium", "dark", "very dark"
    }  # fmt: skip
    assert len({record.hair_style for record in PRESETS}) >= 16
    assert min(sum(record.ancestry[k] > 0.5 for record in PRESETS) for k in range(3)) >= 12


@pytest.mark.parametrize("record", PRESETS, ids=preset_names())
def test_records_are_in_range(record) -> None:
    assert 6 <= record.age_years <= 90
    assert 0 <= record.tone <= MAX_MELANIN
    assert sum(record.ancestry) == pytest.approx(1)
    assert record.hair_style in style_names()


def test_a_preset_is_who_the_record_says() -> None:
    person, record = preset("Fatou"), find_preset("fatou")
    assert (person.identity.age_years, person.identity.ancestry) == (record.age_years, record.ancestry)
    assert person.appearance.description["hair_style"] == record.hair_style
    assert person.appearance.description["melanin"] == pytest.approx(record.tone, abs=1e-3)


def test_a_wrong_name_gives_the_nearest() -> None:
    with pytest.raises(ValueError, match="nearest: Haruto"):
        preset("Harutoo")


def test_blends_are_read() -> None:
    mixed = parse_blend("Amara:0.6, bao:0.4")
    assert mixed.identity.age_years == pytest.approx(0.6 * 26 + 0.4 * 27)
    assert parse_blend("Amara").identity.age_years == 26
    for wrong in ("Amara:x", "Amara:0.5,Nobodyy", "Amara:-1", ""):
        with pytest.raises(ValueError, match=r"no number|nearest|weights"):
            parse_blend(wrong)
