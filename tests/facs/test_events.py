import numpy as np
import pytest
from test_track import track_of

from facsimile.facs.events import all_events, unit_events
from facsimile.facs.expression import ActionUnits
from facsimile.facs.track import Track

TIME_S = np.arange(0, 4.0001, 0.1)


def trapezoid(t):
    return np.clip(np.minimum((t - 0.5) / 1.0, (3.5 - t) / 1.0), 0, 0.8) * 5


def test_trapezoid_in_closed_form():
    (event,) = unit_events(track_of(TIME_S, trapezoid(TIME_S)), 12)
    assert event.onset_s == pytest.approx(0.6)
    assert event.apex_s == pytest.approx(1.3)
    assert event.offset_s == pytest.approx(3.4)
    assert event.peak == pytest.approx(4.0)
    assert not event.is_cut


@pytest.mark.parametrize("threshold", [0.33, 1.0, 2.7])
def test_crossings_are_interpolated(threshold):
    (event,) = unit_events(track_of([0, 1, 2], [0, 4, 0]), 12, threshold=threshold)
    assert event.onset_s == pytest.approx(threshold / 4)
    assert event.offset_s == pytest.approx(2 - threshold / 4)


def test_several_events_short_ones_dropped():
    track = track_of([0, 1, 1.1, 1.2, 2, 3, 4], [0, 0, 2, 0, 0, 5, 0])
    assert [event.apex_s for event in unit_events(track, 12)] == [1.1, 3]
    assert [event.apex_s for event in unit_events(track, 12, min_duration_s=0.5)] == [3]


def test_ends_and_gaps_cut_events():
    cut = unit_events(track_of([0, 1, 2, 3, 4], [3, 0, 2, np.nan, 0]), 12)
    assert [(e.onset_s, e.offset_s, e.is_cut) for e in cut] == [
        (0, pytest.approx(5 / 6), True),
        (pytest.approx(1.25), 2, True),
    ]


@pytest.mark.parametrize("values", [[], [0.0], [0.4, 0.4]])
def test_no_event(values):
    assert unit_events(track_of(np.arange(len(values)), values), 12) == ()
    assert all_events(track_of(np.arange(len(values)), values)) == ()


def test_length_one():
    (event,) = unit_events(track_of([2.0], [3.0]), 12)
    assert (event.onset_s, event.apex_s, event.offset_s, event.is_cut) == (2, 2, 2, True)


def test_all_events_name_the_side():
    states = [ActionUnits.from_dict({(12, "R"): v, 17: v / 2}) for v in (0.0, 4.0, 0.0)]
    found = all_events(Track.from_action_units([0.0, 1.0, 2.0], states))
    assert [(e.code, e.side) for e in found] == [(12, "R"), (17, "")]


def test_threshold_is_checked():
    with pytest.raises(ValueError, match="threshold: must lie"):
        unit_events(track_of([0], [0]), 12, threshold=0)
