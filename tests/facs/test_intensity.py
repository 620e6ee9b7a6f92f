import numpy as np
import pytest

from facsimile.facs.intensity import LETTERS, PRESENT, THRESHOLDS, intensity_of, letter_of, levels_of


def test_letters_and_numbers_agree():
    for place, letter in enumerate(LETTERS, start=1):
        assert intensity_of(letter) == intensity_of(letter.lower()) == place
        assert letter_of(place) == letter


def test_thresholds_are_the_only_cut_points():
    edges = np.array(THRESHOLDS)
    assert levels_of(edges).tolist() == [1, 2, 3, 4, 5]
    assert levels_of(np.nextafter(edges, 0)).tolist() == [0, 1, 2, 3, 4]
    assert levels_of(np.array([0.0, 5.0])).tolist() == [0, 5]
    assert letter_of(PRESENT) == "A"
    assert letter_of(0) == ""


def test_errors():
    with pytest.raises(ValueError, match="got 'X'"):
        intensity_of("X")
    with pytest.raises(ValueError, match="A-E"):
        intensity_of("")
    with pytest.raises(ValueError, match="not observed"):
        levels_of(np.array([np.nan]))
