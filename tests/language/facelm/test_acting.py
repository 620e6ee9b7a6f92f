import numpy as np
import pytest

pytest.importorskip("torch")
pytest.importorskip("transformers")

from facsimile.facs.action_units import unit_index
from facsimile.language.facelm.acting import Rules, act
from facsimile.language.facelm.dialogue import ME, YOU
from facsimile.language.facelm.meld import Conversation, Utterance
from facsimile.language.ticks import EYE_CLOSURE

pytestmark = pytest.mark.torch
SMILE, BROW = unit_index(12), unit_index(1)
ALWAYS = Rules(**dict.fromkeys(vars(Rules()), 1.0))


def conversation(name="s1e1d1"):
    lines, now_s = [], 0.0
    texts = [
        ("Ana", "Wonderful, they finally called me back!", "joy"),
        ("Ben", "Did they really call?", "surprise"),
    ] * 4
    for speaker, text, emotion in texts:
        lines.append(Utterance(speaker, text, emotion, now_s, now_s + 2.5))
        now_s += 2.7
    return Conversation(name, 1, tuple(lines))


def test_words_fill_their_line_and_faces_last_to_the_end():
    dialogue = act(conversation(), ALWAYS, seed=0)
    assert dialogue.words[0].start_s == 0
    assert dialogue.words[5].end_s == pytest.approx(2.5)
    assert {word.party for word in dialogue.words[:6]} == {ME}
    assert dialogue.words[6].party == YOU
    assert float(dialogue.faces[0].end_s[-1]) >= dialogue.words[-1].end_s
    assert dialogue.faces[ME].valid.all()
    assert dialogue.faces[ME].speaking[2]
    assert not dialogue.faces[YOU].speaking[2]


@pytest.mark.parametrize(
    ("rule", "shown"),
    [
        ("emotion", lambda d: d.faces[ME].level[:, SMILE].max()),
        ("mimicry", lambda d: d.faces[YOU].level[:, SMILE].max()),
        ("mouth", lambda d: d.faces[ME].level[:, unit_index(26)].max()),
        ("blinks", lambda d: d.faces[ME].closure.max()),
    ],
)
def test_a_rule_switched_off_leaves_nothing_of_it(rule, shown):
    on = [act(conversation(f"c{i}"), ALWAYS, seed=1) for i in range(6)]
    others = [name for name in ("emotion", "mimicry", "mouth", "blinks") if name != rule]
    alone = ALWAYS.off(*[n for n in others if not (rule == "mimicry" and n == "emotion")])
    off = [act(conversation(f"c{i}"), alone.off(rule), seed=1) for i in range(6)]
    assert max(shown(d) for d in on) >= 2
    assert max(shown(d) for d in off) == 0


def test_questions_raise_brows_and_nods_lower_heads():
    quiet = ALWAYS.off("emotion", "mimicry")
    asked = act(conversation(), quiet, seed=2)
    assert asked.faces[YOU].level[:, BROW].max() >= 2
    assert asked.faces[ME].level[:, BROW].max() == 0
    assert act(conversation(), quiet.off("question"), seed=2).faces[YOU].level[:, BROW].max() == 0
    still = act(conversation(), quiet.off("nods"), seed=2)
    nodding = asked.faces[YOU].head_pose_rad - still.faces[YOU].head_pose_rad
    assert nodding[:, 0].min() < -0.03
    assert np.abs(nodding[:, 1:]).max() < 1e-6


def test_switching_one_rule_leaves_the_others_as_they_were():
    both, less = (act(conversation(), rules, seed=3) for rules in (ALWAYS, ALWAYS.off("mouth", "nods")))
    assert np.array_equal(both.faces[ME].level[:, SMILE], less.faces[ME].level[:, SMILE])
    assert np.array_equal(both.faces[ME].closure, less.faces[ME].closure)


def test_the_seed_and_the_name_decide():
    one, again, other = (act(conversation(), Rules(), seed=seed) for seed in (4, 4, 5))
    assert one.faces == again.faces
    assert one.faces[0] != other.faces[0]
    assert act(conversation("x"), Rules(), seed=4).faces[0] != one.faces[0]
    assert act(conversation(), Rules(), seed=4, me="Ben").words[0].party == YOU


def test_bad_arguments():
    with pytest.raises(ValueError, match=r"nods: a chance lies in \[0, 1\], got 2.0"):
        Rules(nods=2.0)
    with pytest.raises(ValueError, match="'Zoe' does not speak in s1e1d1; choose Ana, Ben"):
        act(conversation(), Rules(), seed=0, me="Zoe")
    assert unit_index(43) == EYE_CLOSURE
