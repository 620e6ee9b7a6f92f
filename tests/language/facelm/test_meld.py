"""A hand-written table in MELD's layout, with every fault of the published ones."""

import numpy as np
import pytest

from facsimile.language.facelm.meld import read_dialogues, split_by_season

HEAD = "Sr No.,Utterance,Speaker,Emotion,Sentiment,Dialogue_ID,Utterance_ID,Season,Episode,StartTime,EndTime"
ROWS = [
    '1,"Did you see my keys, the green ones?",Ana,neutral,neutral,0,0,1,2,"00:16:16,059","00:16:18,000"',
    '2,"They are in your hand!",Ben,joy,positive,0,1,1,2,"00:16:18,200","00:16:19,900"',
    '3,"That\x92s not funny, it\u2019s sad.",Ana,sadness,negative,0,2,1,2,"0:16:19,700","0:16:21,000"',
    '4,"A little.",Ben,joy,positive,0,3,1,2,"00:16:15,000","00:16:16,000"',
    '5,"Now I am late.",Ana,anger,negative,0,4,1,2,"00:18:00,000","00:17:58,000"',
    '6,"I am sorry.",Ben,sadness,negative,0,5,1,2,"00:18:02,000","00:20:30,000"',
    '7,"Who is there?",Cleo,fear,negative,1,0,3,1,"01:00:00,500","01:00:01,500"',
    '8,"Only me.",Ana,neutral,neutral,1,1,3,1,"01:00:01,600","01:00:02,100"',
    '9,"Only me.",Ana,neutral,neutral,7,0,3,1,"01:00:01,600","01:00:02,100"',
]


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "lines.csv"
    path.write_text("\n".join([HEAD, *ROWS]) + "\n", encoding="utf-8")
    return path


def changed(table, old, new):
    table.write_text(table.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    return table


def test_conversations_in_order_on_a_clock_of_their_own(table):
    reading = read_dialogues(table)
    first, second = reading.conversations
    assert [c.name for c in reading.conversations] == ["s1e2d0", "s3e1d1"]
    assert [u.speaker for u in first.utterances] == ["Ana", "Ben"] * 3
    assert first.speakers == ("Ana", "Ben")
    assert second.speakers == ("Cleo", "Ana")
    assert first.utterances[0].start_s == 0
    assert first.utterances[0].end_s == pytest.approx(1.941)
    assert first.utterances[1].start_s == pytest.approx(2.141)
    assert first.utterances[2].start_s == pytest.approx(first.utterances[1].end_s - 0.2)


def test_every_fault_is_mended_and_counted(table):
    reading = read_dialogues(table)
    assert dict(reading.repairs) == {
        "repeated utterance dropped": 1,
        "utterance without length": 1,
        "utterance of over a minute": 1,
        "start out of order": 1,
        "long gap shortened": 1,
        "characters of another encoding": 1,
    }
    lines = reading.conversations[0].utterances
    assert lines[2].text == "That\u2019s not funny, it\u2019s sad."
    starts = np.array([line.start_s for line in lines])
    assert (np.diff(starts) > -1).all()
    assert all(0 < line.end_s - line.start_s < 3 for line in lines)
    assert lines[4].start_s - lines[3].end_s == pytest.approx(3.0)


def test_seasons_are_never_shared(table):
    conversations = read_dialogues(table).conversations
    train, held_out = split_by_season(conversations, held_out=[3])
    assert ([c.season for c in train], [c.season for c in held_out]) == ([1], [3])
    with pytest.raises(ValueError, match=r"\[9\] leaves one side empty; the table has seasons \[1, 3\]"):
        split_by_season(conversations, held_out=[9])


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("Speaker", "Person", "lacks the columns Speaker"),
        ("00:16:18,200", "16 past", "line 3, StartTime must look like 00:16:16,059, got '16 past'"),
        (",joy,positive,0,1", ",glee,positive,0,1", "line 3, Emotion 'glee' is unknown"),
        (",0,1,1,2,", ",0,one,1,2,", "line 3, Utterance_ID must be a whole number, got 'one'"),
        ('"00:16:19,900"', "", "line 3, EndTime"),
        (',"00:16:18,200","00:16:19,900"', "", "line 3 has another number of cells"),
    ],
)
def test_what_cannot_be_read_is_named(table, old, new, message):
    with pytest.raises(ValueError, match=message):
        read_dialogues(changed(table, old, new))


def test_an_empty_table(table):
    table.write_text(HEAD + "\n")
    with pytest.raises(ValueError, match="no rows below the header"):
        read_dialogues(table)
