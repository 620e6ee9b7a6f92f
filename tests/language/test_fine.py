import numpy as np
import pytest

from facsimile.facs.track import Track
from facsimile.language.codec import play
from facsimile.language.fine import encode_fine, fine_bits_per_frame, play_fine, shipped_weights
from facsimile.language.performances import draw_performance
from facsimile.language.ticks import FaceTicks, encode_ticks


@pytest.fixture(scope="module")
def pair():
    track = draw_performance(np.random.default_rng(99_000_000), duration_s=60).track
    return track, encode_ticks(track)


def error(track, back):
    return float(np.abs(track.intensity[: len(back)] - back.intensity).mean())


def test_fine_motion_makes_the_error_smaller_the_more_numbers_there_are(pair):
    track, ticks = pair
    errors = [error(track, play_fine(ticks, encode_fine(track, ticks, num_numbers=n))) for n in (0, 8, 24)]
    assert errors[0] == pytest.approx(error(track, play(ticks)))
    assert errors[1] < 0.75 * errors[0]
    assert errors[2] < errors[1]


def test_numbers_of_another_track_do_not_help(pair):
    track, ticks = pair
    numbers = encode_fine(track, ticks)
    shuffled = np.random.default_rng(0).permutation(numbers)
    assert error(track, play_fine(ticks, shuffled)) > error(track, play(ticks))


def test_numbers_take_five_values_and_state_their_rate(pair):
    numbers = encode_fine(*pair)
    assert numbers.dtype == np.int8
    assert set(np.unique(numbers)) == {-2, -1, 0, 1, 2}
    assert numbers.shape == (len(pair[1]), shipped_weights().num_numbers)
    assert fine_bits_per_frame(8) == pytest.approx(np.log2(5))


def test_a_still_face_stays_still():
    track = Track(np.arange(51) / 25, np.full((51, 33, 2), 2, np.float32))
    ticks = encode_ticks(track)
    back = play_fine(ticks, encode_fine(track, ticks))
    assert np.abs(back.intensity - 2).max() < 0.3


def test_counts_that_do_not_fit_are_refused(pair):
    track, ticks = pair
    with pytest.raises(ValueError, match="must lie between 0 and 24, got 25"):
        encode_fine(track, ticks, num_numbers=25)
    with pytest.raises(ValueError, match="one row for each of"):
        play_fine(ticks, np.zeros((1, 4), np.int8))
    assert len(play_fine(FaceTicks.unseen(0), np.zeros((0, 4), np.int8))) == 0
