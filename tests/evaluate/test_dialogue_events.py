import numpy as np
import pytest

from facsimile.evaluate.dialogue_events import EVENT_UNITS, event_onsets, pooled_event_f1, score_events
from facsimile.facs.action_units import NUM_LABEL_UNITS, unit_index
from facsimile.facs.track import Track

FRAMES, RATE = 250, 25


def track(shown, *, nods=(), shift=0):
    """Units that act for ten frames from the given frames on, and heads that go down for ten frames."""
    intensity = np.zeros((FRAMES, NUM_LABEL_UNITS, 2), np.float32)
    pose = np.zeros((FRAMES, 3), np.float32)
    for code, frame in shown:
        intensity[frame + shift : frame + shift + 10, unit_index(code)] = 3
    for frame in nods:
        pose[frame + shift : frame + shift + 10, 0] = -0.1
    return Track(np.arange(FRAMES) / RATE, intensity, head_pose_rad=pose)


TALK = [(6, 20), (12, 20), (12, 80), (1, 40), (2, 45), (4, 120), (43, 60), (43, 160)]


def test_an_event_needs_all_its_units():
    found = event_onsets(track(TALK, nods=[30, 200]))
    assert {name: frames.tolist() for name, frames in found.items()} == {
        "smile": [20], "brow raise": [45], "frown": [120], "blink": [60, 160], "nod": [30, 200],
    }  # fmt: skip


@pytest.mark.parametrize(("shift", "f1"), [(0, 1.0), (10, 1.0), (11, 0.0)])
def test_onsets_match_within_four_tenths_of_a_second(shift, f1):
    scores = score_events(track(TALK, nods=[30]), track(TALK, nods=[30], shift=shift))
    assert set(scores) == {*EVENT_UNITS, "nod"}
    assert all(score.f1 == f1 for score in scores.values())


def test_the_null_is_what_the_rate_earns():
    scores = score_events(track(TALK), track(TALK))
    assert scores["blink"].null < 0.2 < scores["blink"].f1
    assert (scores["blink"].num_true, scores["blink"].num_found) == (2, 2)
    often = [(43, frame) for frame in range(0, 240, 20)]
    spam = score_events(track(TALK), track(often))["blink"]
    assert spam.null == pytest.approx(spam.f1, abs=0.15)


def test_what_was_not_seen_does_not_act():
    hidden = track(TALK)
    intensity = np.full_like(hidden.intensity, np.nan)
    pose = np.full_like(hidden.head_pose_rad, np.nan)
    found = event_onsets(Track(hidden.time_s, intensity, head_pose_rad=pose))
    assert all(len(frames) == 0 for frames in found.values())


def test_tracks_need_the_same_times():
    short = Track(np.arange(10) / RATE, np.zeros((10, NUM_LABEL_UNITS, 2), np.float32))
    with pytest.raises(ValueError, match="got 10 and 250 frames; resample it"):
        score_events(track(TALK), short)


def test_pooled_scores_of_one_dialogue_are_its_own():
    truth, found = track(TALK, nods=[30]), track([*TALK, (4, 200)], nods=[90])
    one, pooled = score_events(truth, found), pooled_event_f1([truth], [[found]])
    for name, (f1, null) in pooled.items():
        assert f1.value == pytest.approx(one[name].f1)
        assert null.value == pytest.approx(one[name].null)


def test_pooling_counts_onsets_and_not_dialogues():
    busy = track([(4, frame) for frame in range(20, 220, 40)])
    lone, nothing = track([(4, 120)]), track([])
    pooled = pooled_event_f1([busy, lone], [[busy, busy], [nothing, nothing]])
    assert pooled["frown"][0].value == pytest.approx(2 * 10 / (2 * 10 + 2))
    assert np.isnan(pooled["blink"][0].value)
