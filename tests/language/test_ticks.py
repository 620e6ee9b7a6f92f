import numpy as np
import pytest

from facsimile.facs.action_units import NUM_LABEL_UNITS, UNITS, unit_index
from facsimile.facs.expression import ActionUnits
from facsimile.facs.track import Track
from facsimile.language.ticks import CODE_UNITS, EYE_CLOSURE, TICK_S, FaceTicks, encode_ticks, unit_columns

SMILE = unit_index(12)


def random_track(rng, *, num_frames=200):
    states = [
        ActionUnits.clipped(rng.uniform(-3, 6, (NUM_LABEL_UNITS, 2)).astype(np.float32)) for _ in range(num_frames)
    ]
    return Track(
        1.5 + np.arange(num_frames) / 25,
        intensity=np.stack([state.intensity for state in states]),
        head_pose_rad=rng.normal(0, 0.2, (num_frames, 3)).astype(np.float32),
        gaze_rad=rng.normal(0, 0.2, (num_frames, 2, 2)).astype(np.float32),
    )


def test_a_tick_is_eight_frames_at_25_per_second_and_holds_the_face_at_its_end():
    track = random_track(np.random.default_rng(0))
    ticks = encode_ticks(track)
    assert len(ticks) == (200 - 1) // 8
    for k in range(len(ticks)):
        frame = 8 * (k + 1)
        assert ticks.end_s[k] == pytest.approx(track.time_s[frame])
        assert (np.abs(ticks.level[k] - track.intensity[frame]) <= 0.5 + 1e-4).all()
        assert ticks.head_pose_rad[k] == pytest.approx(track.head_pose_rad[frame], abs=1e-5)
        assert ticks.gaze_rad[k] == pytest.approx(track.gaze_rad[frame].mean(axis=0), abs=1e-5)
        inside = track.intensity[8 * k + 1 : frame + 1, EYE_CLOSURE].max(axis=0)
        assert (np.abs(ticks.closure[k] - inside) <= 0.5 + 1e-4).all()
    assert ticks.valid.all()
    assert ticks.head_valid.all()
    assert ticks.gaze_valid.all()


def test_nothing_after_a_tick_changes_it():
    track = random_track(np.random.default_rng(1))
    whole = encode_ticks(track)
    cut = Track(track.time_s[:81], track.intensity[:81], None, track.head_pose_rad[:81], track.gaze_rad[:81])
    assert encode_ticks(cut) == whole.part(0, 10)


def test_a_blink_between_two_ends_is_kept():
    intensity = np.zeros((50, NUM_LABEL_UNITS, 2), np.float32)
    intensity[11:14, EYE_CLOSURE] = 5
    ticks = encode_ticks(Track(np.arange(50) / 25, intensity))
    assert not ticks.level.any()
    assert ticks.closure[:, 0].tolist() == [0, 5, 0, 0, 0, 0]


def test_what_was_not_observed_is_marked_and_zero():
    track = random_track(np.random.default_rng(2), num_frames=33)
    intensity = np.array(track.intensity)
    intensity[16, SMILE] = np.nan
    pose = np.array(track.head_pose_rad)
    pose[24] = np.nan
    ticks = encode_ticks(Track(track.time_s, intensity, head_pose_rad=pose))
    assert ticks.valid[:, SMILE, 0].tolist() == [True, False, True, True]
    assert not ticks.level[1, SMILE].any()
    assert ticks.head_valid.tolist() == [True, True, False, True]
    assert not ticks.gaze_valid.any()
    assert not encode_ticks(Track(track.time_s)).valid.any()


def test_speech_is_marked_in_every_tick_it_touches():
    track = Track(np.arange(0, 65) / 25.0)
    ticks = encode_ticks(track, speech_s=[(0.40, 0.70), (1.92, 1.93)])
    assert ticks.speaking.tolist() == [False, True, True, False, False, False, True, False]
    with pytest.raises(ValueError, match="a span must end after it starts"):
        encode_ticks(track, speech_s=[(2.0, 1.0)])


def test_mirroring_commutes_with_encoding():
    track = random_track(np.random.default_rng(3))
    assert encode_ticks(track.mirrored()) == encode_ticks(track).mirrored()


@pytest.mark.parametrize("num_frames", [0, 1, 8])
def test_a_track_shorter_than_a_tick_has_none(num_frames):
    assert len(encode_ticks(Track(np.arange(num_frames) / 25))) == 0


def test_parts_keep_their_times():
    ticks = FaceTicks.unseen(5, start_s=2.0)
    part = ticks.part(2, 4)
    assert part.end_s == pytest.approx(ticks.end_s[2:4])
    assert part.end_s[0] == pytest.approx(2.0 + 3 * TICK_S)


def test_levels_outside_the_scale_are_refused():
    ticks = FaceTicks.unseen(1)
    level = ticks.level.copy()
    level[0, 0] = 6
    with pytest.raises(ValueError, match="levels run from 0 to 5, got 0 to 6"):
        FaceTicks(ticks.start_s, level, *[getattr(ticks, name) for name in (
            "valid", "closure", "head_pose_rad", "head_valid", "gaze_rad", "gaze_valid", "speaking")])  # fmt: skip


def test_columns_of_the_coded_units():
    columns = unit_columns()
    assert len(columns) == len(set(columns)) == sum(2 if UNITS[code].is_sided else 1 for code in CODE_UNITS)
    assert all(side == 0 for place, side in unit_columns((17, 18, 26)))
