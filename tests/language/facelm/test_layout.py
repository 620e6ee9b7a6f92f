import numpy as np
import pytest

from facsimile.facs.action_units import NUM_LABEL_UNITS
from facsimile.facs.track import Track
from facsimile.language.facelm.layout import Layout, pack_parties, track_of
from facsimile.language.ticks import CODE_UNITS, FaceTicks, encode_ticks

LAYOUT = Layout()


def ticks(seed=0, *, num_frames=120):
    rng = np.random.default_rng(seed)
    intensity = rng.uniform(0, 5, (num_frames, NUM_LABEL_UNITS, 2)).astype(np.float32)
    unsided = sorted(set(range(NUM_LABEL_UNITS)) - {place for place, side in LAYOUT.columns if side == 1})
    intensity[:, unsided, 1] = intensity[:, unsided, 0]
    intensity[40:60] = np.nan
    pose = rng.normal(0, 0.2, (num_frames, 3)).astype(np.float32)
    gaze = rng.normal(0, 0.2, (num_frames, 2, 2)).astype(np.float32)
    track = Track(np.arange(num_frames) / 25, intensity, head_pose_rad=pose, gaze_rad=gaze)
    return encode_ticks(track, speech_s=[(0.5, 1.0)])


def test_rows_and_back_lose_nothing_of_the_units_laid_out():
    before = ticks()
    after = LAYOUT.unpack(LAYOUT.pack(before))
    place, side = np.array(LAYOUT.columns).T
    for name in ("level", "valid"):
        assert np.array_equal(getattr(after, name)[:, place, side], getattr(before, name)[:, place, side])
    for name in ("closure", "head_pose_rad", "head_valid", "gaze_rad", "gaze_valid", "speaking"):
        assert np.array_equal(getattr(after, name), getattr(before, name)), name
    assert np.array_equal(LAYOUT.pack(after), LAYOUT.pack(before))


def test_units_without_sides_go_to_both_places_and_others_are_unseen():
    layout = Layout((17,))
    after = layout.unpack(layout.pack(ticks()))
    place = layout.columns[0][0]
    assert np.array_equal(after.level[:, place, 0], after.level[:, place, 1])
    assert not after.valid[:, [p for p in range(NUM_LABEL_UNITS) if p != place]].any()


def test_places_of_a_row_do_not_overlap():
    row = np.zeros(LAYOUT.size)
    for part in ("level", "level_valid", "closure", "angle", "angle_valid"):
        row[getattr(LAYOUT, part)] += 1
    row[LAYOUT.speaking] += 1
    assert (row == 1).all()
    assert LAYOUT.num_columns == sum(1 for _ in LAYOUT.columns) >= len(CODE_UNITS)


def test_a_track_of_ticks_has_gaps_where_nothing_was_seen():
    before = ticks()
    track = track_of(before)
    assert np.isnan(track.intensity).any()
    assert np.array_equal(np.isnan(track.intensity), ~before.valid)
    assert track.time_s == pytest.approx(before.end_s)


def test_parties_need_the_same_ticks():
    with pytest.raises(ValueError, match=r"same number of ticks, got \[3, 4\]"):
        pack_parties(LAYOUT, [FaceTicks.unseen(3), FaceTicks.unseen(4)])
