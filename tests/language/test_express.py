import csv
import hashlib
import json
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest

from facsimile.facs.action_units import unit_index
from facsimile.facs.events import unit_events
from facsimile.language.affect import CLASSES, affect, features, shipped_affect, word_votes
from facsimile.language.express import express

ROOT = Path(__file__).parents[2]


def test_clear_words_are_recognised():
    for text, label in [
        ("I am so happy", "joy"), ("I feel so sad and lonely", "sadness"), ("Wow, no way!", "surprise"),
        ("I am terrified", "fear"), ("You liar, I am furious", "anger"), ("Yuck, disgusting slime", "disgust"),
        ("What a pathetic loser", "contempt"), ("The form has two pages", "neutral"),
    ]:  # fmt: skip
        chances = affect(text)
        assert CLASSES[int(chances.argmax())] == label
        assert chances.sum() == pytest.approx(1.0, abs=1e-5)


def test_letters_help_with_words_that_were_never_seen():
    assert CLASSES[int(affect("gloominess").argmax())] == "sadness"


def test_negation_turns_a_word_round():
    joy = CLASSES.index("joy")
    assert affect("I am not happy")[joy] < 0.5 * affect("I am happy")[joy]


def test_a_text_without_words_is_the_bias_alone():
    assert len(features("")) == 0
    assert affect("").argmax() == shipped_affect().bias.argmax()
    assert word_votes("", 1) == ()


def test_votes_name_the_word_that_decides():
    votes = word_votes("the cake was disgusting", CLASSES.index("disgust"))
    assert len(votes) == 4
    assert max(votes) == votes[3]


def test_the_same_seed_gives_the_same_track_and_another_another():
    text = "I passed the exam! Can you believe it?"
    assert express(text, seed=3).track == express(text, seed=3).track
    assert express(text, seed=3).track != express(text, seed=4).track


def test_a_smile_rises_before_its_word_and_is_gone_in_the_next_sentence():
    result = express("I am so happy. The form has two pages on the table in the office on the left.", seed=0)
    happy, form = result.clauses
    assert (happy.label, form.label) == ("joy", "neutral")
    smile = result.track.curve(12)
    time_s = result.track.time_s
    assert smile[(time_s > happy.apex_s) & (time_s < happy.words[-1].end_s)].min() > 1.5
    assert smile[time_s > form.words[5].start_s].max() < 0.5
    assert 12 in {term.code for term in result.apex(0).terms}


def test_the_mouth_moves_while_words_are_said_and_rests_in_pauses():
    result = express("The box is open. The form has two pages.", seed=1)
    lips, time_s = result.track.curve(25), result.track.time_s
    for start, stop in result.speech_s:
        inside = (time_s > start) & (time_s < stop)
        assert lips[inside].max() > 1
    pause = (time_s > result.speech_s[0][1] + 0.2) & (time_s < result.speech_s[1][0])
    assert lips[pause].max() < 0.2
    syllables = sum(word.num_syllables for clause in result.clauses for word in clause.words)
    assert len(unit_events(result.track, 25)) >= syllables / 2


def test_a_question_raises_the_brows_and_a_statement_seldom():
    question = express("Is the box on the table?", seed=2)
    last = question.track.time_s.searchsorted(question.clauses[0].words[-1].start_s)
    assert question.track.intensity[last, unit_index(2), 0] > 1.0


def test_strength_scales_the_expression_and_not_the_talking():
    weak, strong = express("I am so happy", strength=0.0), express("I am so happy", strength=2.0)
    assert not weak.track.curve(12).any()
    assert strong.track.curve(12).max() > 4
    assert weak.track.curve(25).max() == pytest.approx(strong.track.curve(25).max())


def test_head_and_eyes_move():
    track = express("I am so happy to see you here today.").track
    assert track.head_pose_rad[:, 0].min() < -np.deg2rad(1)
    assert track.gaze_rad is not None


@pytest.mark.parametrize("text", ["", "  ", "?!", "🙂"])
def test_texts_without_words_are_refused(text):
    with pytest.raises(ValueError, match="holds no words to say"):
        express(text)


def test_numbers_out_of_range_are_refused():
    with pytest.raises(ValueError, match="between 0 and 2, got 3"):
        express("hi", strength=3)


@pytest.mark.parametrize("text", ["a", "Grüß Gott, 你好 world", "x " * 300, "What?!... No—never; (maybe)"])
def test_odd_texts_are_said_too(text):
    assert len(express(text).track) > 10


def test_the_frozen_sentences_are_the_measured_ones_and_agreement_is_far_above_chance(monkeypatch):
    monkeypatch.syspath_prepend(str(ROOT / "benchmarks"))
    benchmark = import_module("express_agreement")
    measured = json.loads((ROOT / "benchmarks/results/express_agreement.json").read_text())
    assert hashlib.sha256(benchmark.SENTENCES.read_bytes()).hexdigest() == measured["sentences_sha256"]
    with benchmark.SENTENCES.open(newline="") as file:
        rows = list(csv.DictReader(file))
    hits = [benchmark.shown(express(row["text"], seed=0)) == row["emotion"] for row in rows]
    assert np.mean(hits) > 0.5
    assert measured["agreement"][1] > measured["chance_shuffled_mean_and_95th"][1]
