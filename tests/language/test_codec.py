import numpy as np
import pytest

from facsimile.facs.action_units import NUM_LABEL_UNITS, SIDED_LABELS, unit_index
from facsimile.facs.track import Track
from facsimile.language.codec import ANGLE_STEP_RAD, bits_per_frame, pack, play, unpack
from facsimile.language.motion import Gesture, blink, perform
from facsimile.language.range_coder import Decoder, Encoder
from facsimile.language.ticks import EYE_CLOSURE, TICK_S, FaceTicks, encode_ticks


def random_ticks(rng, num_ticks):
    level = rng.integers(0, 6, (num_ticks, NUM_LABEL_UNITS, 2)).astype(np.int8)
    valid = rng.random(level.shape) < 0.9
    midline = ~np.array(SIDED_LABELS)
    level[:, midline, 1], valid[:, midline, 1] = level[:, midline, 0], valid[:, midline, 0]
    head_valid, gaze_valid = rng.random(num_ticks) < 0.8, rng.random(num_ticks) < 0.8
    return FaceTicks(
        np.array(rng.uniform(0, 100)),
        np.where(valid, level, 0).astype(np.int8),
        valid,
        rng.integers(0, 6, (num_ticks, 2)).astype(np.int8),
        np.where(head_valid[:, None], rng.normal(0, 0.6, (num_ticks, 3)), 0).astype(np.float32),
        head_valid,
        np.where(gaze_valid[:, None], rng.normal(0, 0.2, (num_ticks, 2)), 0).astype(np.float32),
        gaze_valid,
        rng.random(num_ticks) < 0.5,
    )


@pytest.mark.parametrize("num_ticks", [0, 1, 2, 60])
def test_everything_comes_back_and_angles_to_half_a_step(num_ticks):
    ticks = random_ticks(np.random.default_rng(num_ticks), num_ticks)
    back = unpack(pack(ticks))
    for name in ("start_s", "level", "valid", "closure", "head_valid", "gaze_valid", "speaking"):
        assert np.array_equal(getattr(back, name), getattr(ticks, name)), name
    assert np.abs(back.head_pose_rad - ticks.head_pose_rad).max(initial=0) <= ANGLE_STEP_RAD / 2 + 1e-6
    assert np.abs(back.gaze_rad - ticks.gaze_rad).max(initial=0) <= ANGLE_STEP_RAD / 2 + 1e-6
    assert pack(back) == pack(ticks)


def test_other_bytes_are_refused():
    with pytest.raises(ValueError, match="expected packed ticks"):
        unpack(b"RIFF")
    with pytest.raises(ValueError, match="the file is damaged"):
        unpack(pack(random_ticks(np.random.default_rng(0), 1))[:12] + b"\xff\xff\xff\xff")


def test_a_still_face_costs_next_to_nothing_and_noise_its_entropy():
    still = encode_ticks(Track(np.arange(2001) / 25, np.zeros((2001, NUM_LABEL_UNITS, 2), np.float32)))
    assert bits_per_frame(still) < 0.5
    noise = random_ticks(np.random.default_rng(0), 400)
    columns = int(sum(2 if sided else 1 for sided in SIDED_LABELS))
    assert bits_per_frame(noise) * 8 > 0.9 * columns * np.log2(6)
    with pytest.raises(ValueError, match="at least one is needed"):
        bits_per_frame(FaceTicks.unseen(0))


def test_the_coder_comes_near_the_entropy_of_a_skewed_source():
    rng = np.random.default_rng(1)
    chances = np.array([0.9, 0.06, 0.03, 0.01])
    symbols = rng.choice(4, 20_000, p=chances)
    encoder = Encoder()
    for symbol in symbols:
        encoder.put(int(symbol), size=4, context="x")
    data = encoder.finish()
    counts = np.bincount(symbols) / symbols.size
    entropy = -(counts * np.log2(counts)).sum()
    assert 8 * len(data) / symbols.size == pytest.approx(entropy, rel=0.02)
    decoder = Decoder(data)
    assert [decoder.get(size=4, context="x") for _ in symbols] == symbols.tolist()


def test_playing_gives_the_levels_at_the_ends_of_ticks():
    ticks = random_ticks(np.random.default_rng(2), 20)
    track = play(ticks)
    for k in range(20):
        frame = 8 * (k + 1)
        assert track.time_s[frame] == pytest.approx(ticks.end_s[k])
        shown = track.intensity[frame]
        others = np.arange(NUM_LABEL_UNITS) != EYE_CLOSURE
        seen = ticks.valid[k] & others[:, None]
        assert shown[seen] == pytest.approx(ticks.level[k][seen].astype(np.float32), abs=1e-4)
        assert np.isnan(shown[~ticks.valid[k] & others[:, None]]).all()
    assert len(play(FaceTicks.unseen(0))) == 0


def test_encoding_what_was_played_changes_nothing():
    ticks = random_ticks(np.random.default_rng(3), 20)
    again = encode_ticks(play(ticks))
    rest = np.arange(NUM_LABEL_UNITS) != EYE_CLOSURE
    assert np.array_equal(again.level[:, rest], ticks.level[:, rest])
    assert np.array_equal(again.valid[:, rest], ticks.valid[:, rest])
    assert np.allclose(again.head_pose_rad, ticks.head_pose_rad, atol=1e-5)


def test_a_blink_and_a_smile_survive():
    smile = Gesture(12, 4.0, 1.0, hold_s=2.0)
    track = perform([smile, blink(2.5)], duration_s=6)
    back = play(unpack(pack(encode_ticks(track))))
    error = np.abs(back.intensity - track.intensity[: len(back)])
    assert error[:, unit_index(12)].mean() < 0.25
    closed = back.time_s[back.intensity[:, EYE_CLOSURE, 0] > 3]
    assert closed.size
    assert np.abs(closed - 2.6).max() < TICK_S
