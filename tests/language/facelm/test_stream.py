"""Speaking in real time: pieces equal the whole, a seed decides, the other's words are never put into one's mouth."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from facsimile.language.facelm.dialogue import ME, YOU, Dialogue, Word, encode  # noqa: E402
from facsimile.language.facelm.model import FaceLM, FaceLMConfig  # noqa: E402
from facsimile.language.facelm.stream import Stream, generate, sampled_faces  # noqa: E402
from facsimile.language.facelm.vocabulary import word_vocabulary  # noqa: E402
from facsimile.language.facelm.world import LAYOUT, WORDS, draw_dialogues  # noqa: E402
from facsimile.language.ticks import TICK_S, FaceTicks  # noqa: E402

pytestmark = pytest.mark.torch
BODY = {
    "model_type": "llama", "hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 2,
    "num_attention_heads": 2, "num_key_value_heads": 2, "max_position_embeddings": 512,
}  # fmt: skip


@pytest.fixture(scope="module")
def vocabulary():
    return word_vocabulary(WORDS)


@pytest.fixture(scope="module")
def model(vocabulary):
    torch.manual_seed(0)
    made = FaceLM(FaceLMConfig(text_config={**BODY, "vocab_size": len(vocabulary)}, units=LAYOUT.units, width=16))
    with torch.no_grad():
        made.gate.normal_(0, 0.5)
    return made.eval()


@pytest.fixture(scope="module")
def past():
    return draw_dialogues(1, seed=3, num_ticks=12)[0]


def test_a_stream_fed_as_it_happens_equals_one_pass(model, vocabulary, past):
    example = encode(past, vocabulary, LAYOUT)
    with torch.no_grad():
        whole = model(
            torch.from_numpy(example.ids)[None], torch.from_numpy(example.faces)[None],
            torch.from_numpy(example.tick_index)[None],
        )  # fmt: skip
    live, at_once, begin = Stream(model, vocabulary), Stream(model, vocabulary), 1
    for k, position in enumerate(example.tick_position.tolist()):
        if position > begin:
            live.push(torch.from_numpy(example.ids[begin:position])[None])
        live.tick(torch.from_numpy(example.faces[k])[None])
        begin = position + 1
        assert torch.allclose(live.logits, whole.logits[:, position], atol=1e-5, rtol=0)
        assert torch.allclose(live.forecast.level, whole.forecast.level[:, position], atol=1e-5, rtol=0)
    at_once.read(example)
    assert torch.allclose(at_once.logits, live.logits, atol=1e-5, rtol=0)
    assert torch.allclose(at_once.memory.held, live.memory.held)


def test_a_reply_has_words_and_a_face_on_one_clock(model, vocabulary, past):
    reply = generate(model, vocabulary, past, seed=1, max_ticks=20)
    assert 0 < len(reply.track) <= 20
    assert len(reply.faces) == len(reply.track)
    assert float(reply.track.time_s[0]) == pytest.approx(13 * TICK_S)
    assert reply.text == " ".join(word.text for word in reply.words)
    assert set(reply.text.split()) <= set(WORDS)
    for word in reply.words:
        assert word.party == ME
        tick = round((word.end_s - 12 * TICK_S) / TICK_S) - 1
        assert reply.faces.speaking[tick]
    place, side = np.array(LAYOUT.columns).T
    assert reply.faces.valid[:, place, side].all()
    assert np.isfinite(reply.track.head_pose_rad).all()


def test_the_seed_decides(model, vocabulary, past):
    one, again, other = (generate(model, vocabulary, past, seed=seed, max_ticks=12) for seed in (5, 5, 6))
    assert (one.text, one.faces) == (again.text, again.faces)
    assert one.faces != other.faces


def test_the_partners_face_during_the_reply_is_seen(model, vocabulary, past):
    still = generate(model, vocabulary, past, seed=2, max_ticks=12)
    other = draw_dialogues(1, seed=9, num_ticks=12)[0].faces[YOU]
    moved = generate(model, vocabulary, past, seed=2, max_ticks=12, partner=other)
    assert still.faces.part(0, 1).level.tolist() == moved.faces.part(0, 1).level.tolist()
    assert still.faces != moved.faces


def test_who_has_the_turn_speaks_and_who_listens_may_wait(model, vocabulary):
    faces = FaceTicks.unseen(3)
    past = Dialogue("d", (Word("great", 0.0, 0.6, YOU),), (faces, faces))

    def speaks_at_once(*, takes_turn):
        replies = [
            generate(model, vocabulary, past, seed=seed, max_ticks=1, takes_turn=takes_turn) for seed in range(8)
        ]
        return sum(bool(reply.words) for reply in replies)

    assert speaks_at_once(takes_turn=True) >= 7
    assert speaks_at_once(takes_turn=False) <= 6


def test_a_turn_ends_and_bad_lengths_are_refused(model, vocabulary, past):
    talk = generate(model, vocabulary, past, seed=0, max_ticks=40)
    assert len(talk.faces) <= 40
    with pytest.raises(ValueError, match="max_ticks: must be at least 1, got 0"):
        generate(model, vocabulary, past, max_ticks=0)


def test_a_reply_to_somebody_who_spoke_begins_with_the_own_tag(model, vocabulary):
    faces = FaceTicks.unseen(3)
    past = Dialogue("d", (Word("great", 0.0, 0.6, YOU),), (faces, faces))
    reply = generate(model, vocabulary, past, seed=3, max_ticks=10)
    assert all(word.party == ME for word in reply.words)


def test_free_runs_keep_what_is_given_and_vary_after(model, vocabulary, past):
    example = encode(past, vocabulary, LAYOUT)
    runs = sampled_faces(model, vocabulary, [example], num_samples=4, given_ticks=5, seed=0)
    truth = example.faces[:, ME, LAYOUT.level]
    assert runs.shape == (1, 4, 12, LAYOUT.num_columns)
    assert (runs[0, :, :5] == truth[:5]).all()
    assert (runs[0, :, 5:] != truth[5:]).any()
    assert len({run.tobytes() for run in runs[0]}) == 4
    again = sampled_faces(model, vocabulary, [example], num_samples=4, given_ticks=5, seed=0)
    assert np.array_equal(runs, again)
