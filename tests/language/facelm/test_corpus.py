import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from facsimile.facs.action_units import NUM_LABEL_UNITS, unit_index
from facsimile.facs.track import Track
from facsimile.facs.track_files import write_track
from facsimile.language.facelm.corpus import dialogue_from_tracks, monologue_from_arrays, read_folder
from facsimile.language.facelm.dialogue import ME, YOU, Word
from facsimile.language.ticks import TICK_S, encode_ticks

pytestmark = pytest.mark.torch


def track(*, start_s=0.0, num_frames=90, rate=30.0, seed=0):
    rng = np.random.default_rng(seed)
    intensity = np.repeat(rng.uniform(0, 5, (num_frames, NUM_LABEL_UNITS, 1)), 2, axis=2).astype(np.float32)
    return Track(start_s + np.arange(num_frames) / rate, intensity)


def test_arrays_of_a_monologue():
    """The shape in which CMU-MOSEI gives them: words with intervals and 30 frames per second of some units."""
    time_s = np.arange(60) / 30
    values = np.stack([np.linspace(0, 2, 60), np.full(60, np.nan)], axis=1)
    words = [("sp", 0.0, 0.1), ("hello", 0.1, 0.5), ("there", 0.6, 1.1)]
    dialogue = monologue_from_arrays("clip", words, time_s=time_s, values=values, codes=(12, 43), scale=2.5)
    assert [word.text for word in dialogue.words] == ["hello", "there"]
    me, you = dialogue.faces
    assert not you.valid.any()
    assert me.valid[:6, unit_index(12)].all()
    assert not me.valid[:, unit_index(43)].any()
    assert not me.valid[:, unit_index(4)].any()
    expected = np.round(2.5 * np.interp(me.end_s[:6], time_s, values[:, 0]))
    assert np.array_equal(me.level[:6, unit_index(12), 0], expected)
    assert me.speaking.tolist()[:4] == [True, True, True, True]
    with pytest.raises(ValueError, match="2 columns need as many codes, got 1"):
        monologue_from_arrays("clip", words, time_s=time_s, values=values, codes=(12,))


def test_a_track_from_0_is_cut_as_ticks_are():
    seen = track()
    dialogue = dialogue_from_tracks("d", [], me=seen)
    direct = encode_ticks(seen)
    assert np.array_equal(dialogue.faces[ME].level[: len(direct)], direct.level)
    assert len(dialogue.faces[ME]) - len(direct) in (0, 1)


def test_a_late_track_is_unseen_before_it_begins():
    late = track(start_s=1.0)
    me = dialogue_from_tracks("d", [Word("a", 0.0, 5.0, ME)], me=late).faces[ME]
    assert len(me) == int(np.ceil(5.0 / TICK_S))
    valid = me.valid[:, 0, 0]
    assert valid.tolist() == [bool(end > 1.28 - 1e-9 and end <= late.time_s[-1]) for end in me.end_s]
    for k in np.flatnonzero(valid):
        at_end = late.resampled(np.array([me.end_s[k]])).intensity[0]
        assert (np.abs(me.level[k] - at_end) <= 0.5 + 1e-4).all()


def test_a_folder_of_words_and_tracks(tmp_path):
    (tmp_path / "talk.words.csv").write_text("word,start_s,end_s,party\nhi,0.1,0.4,me\nyes,0.5,0.9,you\n")
    write_track(track(seed=1), tmp_path / "talk.me.csv")
    write_track(track(seed=2), tmp_path / "talk.you.parquet")
    (tmp_path / "alone.words.csv").write_text("word,start_s,end_s\nhm,0.0,0.3\n")
    alone, talk = read_folder(tmp_path)
    assert (alone.name, talk.name) == ("alone", "talk")
    assert [word.party for word in talk.words] == [ME, YOU]
    assert all(face.valid.any() for face in talk.faces)
    assert not alone.faces[ME].valid.any()
    assert talk.faces[YOU].speaking[1:3].all()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("word,start_s\nhi,0.1\n", "lacks the columns end_s"),
        ("word,start_s,end_s,party\nhi,0.1,0.4,him\n", "line 2, party must be me or you, got 'him'"),
        ("word,start_s,end_s\nhi,soon,0.4\n", "column start_s must hold a number, got 'soon'"),
        ("word,start_s,end_s\nhi,0.9,0.4\n", "word 'hi' runs from 0.9 to 0.4 s"),
    ],
)
def test_bad_words_are_named(tmp_path, text, message):
    (tmp_path / "talk.words.csv").write_text(text)
    with pytest.raises(ValueError, match=message):
        read_folder(tmp_path)


def test_an_empty_folder(tmp_path):
    with pytest.raises(ValueError, match=r"no NAME\.words\.csv in it"):
        read_folder(tmp_path)
