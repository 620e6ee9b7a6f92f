import numpy as np
import pytest

from facsimile.facs.action_units import NUM_LABEL_UNITS, unit_index
from facsimile.facs.notation import parse, write
from facsimile.facs.state import State
from facsimile.facs.track import Track
from facsimile.language.transcripts import (
    Change,
    Item,
    changes_of,
    interleave,
    read_changes,
    read_dialogue,
    track_of,
    write_changes,
    write_dialogue,
)

FACES = [parse(text) for text in ("0", "6C+12D", "L12B+R12D", "1B+4C+54B", "12E+51C+63A", "43E")]


def random_changes(rng):
    """Faces at frames of 25 per second, at least six frames apart, no two neighbours alike."""
    frames = np.cumsum(rng.integers(6, 60, rng.integers(1, 8)))
    changes, last = [], None
    for frame in frames:
        face = FACES[int(rng.choice([i for i in range(len(FACES)) if FACES[i] != last]))]
        changes.append(Change(round(frame / 25, 2), face))
        last = face
    return tuple(changes)


def test_a_track_goes_into_text_and_back():
    rng = np.random.default_rng(0)
    for _ in range(20):
        changes = random_changes(rng)
        text = write_changes(changes)
        assert read_changes(text) == changes
        track = track_of(changes, end_s=changes[-1].time_s + 0.5)
        assert changes_of(track) == changes
        assert write_changes(changes_of(track)) == text


def test_a_line_looks_as_documented():
    assert write_changes([Change(0.0, parse("0")), Change(12.48, parse("6C+12D"))]) == "[0.00 0]\n[12.48 6C+12D]\n"


def test_short_states_are_left_out_and_the_last_is_kept():
    intensity = np.zeros((50, NUM_LABEL_UNITS, 2), np.float32)
    intensity[10:13, unit_index(43)] = 5
    intensity[20:40, unit_index(12)] = 3
    intensity[48:, unit_index(4)] = 2
    changes = changes_of(Track(np.arange(50) / 25, intensity))
    assert [(c.time_s, write(c.face)) for c in changes] == [(0.0, "0"), (0.8, "12C"), (1.6, "0"), (1.92, "4B")]


def test_a_gap_is_no_face():
    intensity = np.zeros((30, NUM_LABEL_UNITS, 2), np.float32)
    intensity[10:20] = np.nan
    changes = changes_of(Track(np.arange(30) / 25, intensity))
    assert [write(change.face) for change in changes] == ["0", "?", "0"]
    assert changes_of(Track(np.zeros(0))) == ()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[0.00 0]\n12 6C", r"line 2: expected \[seconds state\]"),
        ("[1.00 0]\n\n[0.50 6C]", r"line 3: 0.50 s comes after 1.00 s"),
        ("[0.00 6F]", "unknown intensity letter 'F'"),
    ],
)
def test_lines_that_are_none_are_refused(text, message):
    with pytest.raises(ValueError, match=message):
        read_changes(text)


def test_a_track_ends_after_its_last_change():
    with pytest.raises(ValueError, match="an end at or after the last"):
        track_of([Change(2.0, State())], end_s=1.0)


def test_a_dialogue_of_both_parties_as_text():
    words = {"YOU": [(0.1, "I"), (0.4, "won"), (0.8, "[6C]!")], "ME": [(1.5, "Really?")]}
    faces = {
        "YOU": [Change(0.0, parse("6C+12D"))],
        "ME": [Change(0.0, parse("0")), Change(0.6, parse("1C+2C")), Change(1.5, parse("12D"))],
    }
    text = write_dialogue(interleave(words, faces))
    assert text == "YOU: [6C+12D]\nME: [0]\nYOU: I won\nME: [1C+2C]\nYOU: \\[6C]!\nME: [12D] Really?"
    assert read_dialogue(text) == interleave(words, faces)


def test_random_dialogues_come_back():
    rng = np.random.default_rng(1)
    vocabulary = ["so", "[6C]", "\\[0]", "well,", "a]b", "YOU:", "[[", "12D", "(4C)"]
    for _ in range(300):
        items, last = [], {}
        for _ in range(rng.integers(1, 15)):
            party = str(rng.choice(["ME", "YOU"]))
            face = FACES[int(rng.integers(len(FACES)))]
            if rng.random() < 0.4 and last.get(party) != face:
                items.append(Item(party, face=face))
                last[party] = face
            else:
                items.append(Item(party, str(rng.choice(vocabulary))))
        assert read_dialogue(write_dialogue(items)) == tuple(items)


def test_a_repeated_face_is_written_once():
    items = [Item("ME", face=FACES[1]), Item("ME", "hi"), Item("ME", face=FACES[1]), Item("ME", "there")]
    assert write_dialogue(items) == "ME: [6C+12D] hi there"


def test_parties_are_names_in_capitals():
    with pytest.raises(ValueError, match="a name in capitals"):
        write_dialogue([Item("me", "hi")])
    with pytest.raises(ValueError, match="line 1: must begin with a party"):
        read_dialogue("hello")
