from itertools import pairwise

import numpy as np
import pytest

from facsimile.facs.action_units import unit_index
from facsimile.facs.events import unit_events
from facsimile.language.motion import (
    BLINK_GAP_S,
    BLINKS_PER_S,
    SWAY_RAD,
    Gesture,
    blink,
    draw_blinks,
    draw_looks,
    draw_sway,
    frame_times,
    perform,
)
from facsimile.language.performances import draw_performance
from facsimile.language.speech import count_syllables, time_words


def test_a_gesture_rises_holds_and_falls():
    track = perform([Gesture(12, 4.0, 1.0, rise_s=0.4, hold_s=0.6, fall_s=1.0)], duration_s=5)
    smile = track.intensity[:, unit_index(12), 0]
    time_s = track.time_s
    assert not smile[time_s <= 1.0].any()
    assert smile[(time_s >= 1.4) & (time_s <= 2.0)] == pytest.approx(4.0)
    assert smile[np.isclose(time_s, 1.2)] == pytest.approx(2.0, abs=1e-5)
    assert not smile[time_s >= 3.0].any()
    assert (np.diff(smile[(time_s >= 1.0) & (time_s <= 1.4)]) > 0).all()


def test_a_side_moves_alone_and_the_stronger_gesture_shows():
    track = perform([Gesture(14, 2.0, 0.5, side="R"), Gesture(14, 5.0, 0.5, side="R")], duration_s=3)
    assert not track.intensity[:, unit_index(14), 0].any()
    assert track.intensity[:, unit_index(14), 1].max() == pytest.approx(5.0)
    midline = perform([Gesture(17, 2.0, 0.5, side="L")], duration_s=3)
    assert midline.curve(17, "R").max() == pytest.approx(2.0)


def test_blinks_come_at_their_rate_with_a_gap_and_are_found_as_events():
    rng = np.random.default_rng(0)
    blinks = draw_blinks(rng, duration_s=3600)
    starts = np.array([gesture.start_s for gesture in blinks])
    assert len(blinks) / 3600 == pytest.approx(BLINKS_PER_S, rel=0.1)
    assert (np.diff(starts) >= BLINK_GAP_S).all()
    assert len(unit_events(perform([blink(1.0), blink(3.0)], duration_s=5), 43, side="L")) == 2
    assert draw_blinks(np.random.default_rng(0), duration_s=0.01) == []


def test_blinks_are_drawn_to_the_ends_of_clauses():
    preferred = [float(t) for t in range(0, 3600, 3)]
    starts = np.array(
        [g.start_s for g in draw_blinks(np.random.default_rng(1), duration_s=3600, preferred_s=preferred)]
    )
    near = np.abs(starts[:, None] - np.array(preferred)).min(axis=1) < 1e-9
    assert 0.25 < near.mean() < 0.5


def test_head_and_eyes_move_as_much_as_stated():
    sway = draw_sway(np.random.default_rng(2), duration_s=1200)
    assert sway.std(axis=0) == pytest.approx(SWAY_RAD, rel=0.15)
    assert np.abs(np.diff(sway, axis=0)).max() < np.deg2rad(1.0)
    looks = draw_looks(np.random.default_rng(2), duration_s=60)
    assert looks.shape == (frame_times(60).size, 2, 2)
    assert (looks[:, 0] == looks[:, 1]).all()
    assert 0.005 < (np.diff(looks[:, 0, 0]) != 0).mean() < 0.1


def test_the_same_generator_gives_the_same_performance():
    a, b, c = (draw_performance(np.random.default_rng(seed), duration_s=20) for seed in (5, 5, 6))
    assert a == b
    assert a.track != c.track
    assert len(a.track) == 501
    assert 0 < sum(stop - start for start, stop in a.speech_s) < 20


@pytest.mark.parametrize(
    ("word", "syllables"),
    [("I", 1), ("loved", 1), ("happy", 2), ("chocolate", 3), ("wanted", 2), ("apple", 2), ("smile", 1), ("horses", 2),
     ("apples", 2), ("the", 1), ("idea", 2), ("Hm", 1), ("2026", 4), ("closed", 1), ("churches", 2)],
)  # fmt: skip
def test_syllables(word, syllables):
    assert count_syllables(word) == syllables


def test_words_follow_each_other_with_pauses_at_punctuation():
    words = time_words("Well, you passed! Are you sure?", start_s=1.0)
    assert [word.text for word in words] == ["Well,", "you", "passed!", "Are", "you", "sure?"]
    assert [word.ends for word in words] == [",", "", ".", "", "", "?"]
    assert [word.is_stressed for word in words] == [False, False, True, False, False, True]
    assert words[0].start_s == 1.0
    gaps = [b.start_s - a.end_s for a, b in pairwise(words)]
    assert gaps == pytest.approx([0.25, 0, 0.5, 0, 0])
    assert words[2].syllable_starts_s == (words[2].start_s,)
    assert time_words("?!") == time_words("") == ()
    with pytest.raises(ValueError, match=r"4\.5 is usual"):
        time_words("hi", syllables_per_s=0)
