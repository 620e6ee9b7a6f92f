"""The model in a chat: faces of both sides reach it, its own comes back as a tag and as a track."""

import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from facsimile.facs.notation import parse, write  # noqa: E402
from facsimile.language.backends import Backend, BackendError, Message, Options  # noqa: E402
from facsimile.language.chat import Conversation  # noqa: E402
from facsimile.language.facelm.backend import CONTEXT_TICKS, FaceLMBackend, _dialogue, tag_of  # noqa: E402
from facsimile.language.facelm.dialogue import ME, YOU  # noqa: E402
from facsimile.language.facelm.model import FaceLM, FaceLMConfig  # noqa: E402
from facsimile.language.facelm.vocabulary import trained_vocabulary  # noqa: E402
from facsimile.language.leniency import Rung  # noqa: E402
from facsimile.language.opening import open_backend  # noqa: E402
from facsimile.language.ticks import FaceTicks  # noqa: E402

pytestmark = pytest.mark.torch
BODY = {
    "model_type": "llama", "hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 1,
    "num_attention_heads": 2, "num_key_value_heads": 2, "max_position_embeddings": 2048,
}  # fmt: skip
SMILE = parse("6C+12D")


@pytest.fixture(scope="module")
def backend(tmp_path_factory):
    folder = tmp_path_factory.mktemp("model")
    vocabulary = trained_vocabulary(["I passed the exam, hello there."], size=300)
    torch.manual_seed(0)
    model = FaceLM(FaceLMConfig(text_config={**BODY, "vocab_size": len(vocabulary)}, width=16))
    with torch.no_grad():
        model.gate.normal_(0, 0.5)
    model.save_pretrained(folder)
    vocabulary.tokenizer.save_pretrained(folder)
    return FaceLMBackend(folder, max_ticks=12)


def test_it_is_a_backend_and_a_conversation_with_it_has_faces(backend):
    assert isinstance(backend, Backend)
    conversation = Conversation(backend)
    reply = conversation.say("I passed the exam!", SMILE)
    assert reply.face is not None
    assert reply.rung is Rung.EXACT
    assert backend.last_reply.text == reply.words
    assert len(backend.last_reply.track) == len(backend.last_reply.faces)
    assert write(tag_of(backend.last_reply.faces)) == write(reply.face)
    assert len(conversation.turns) == 2
    conversation.say("And again.", None)


def test_the_seed_and_the_face_of_the_user_decide(backend):
    def answer(tag, seed):
        return backend.complete([Message("user", f"{tag} Hello there.")], Options(seed=seed))

    assert answer("[6C+12D]", 1) == answer("[6C+12D]", 1)
    assert len({answer("[6C+12D]", 1), answer("[4D+15C]", 1), answer("[6C+12D]", 2)}) == 3


def test_messages_become_words_and_held_faces():
    messages = [
        Message("user", "[6C+12D] Hello, \\[4E] you!"),
        Message("assistant", "[1B] Hm."),
        Message("user", "[?] Well?"),
    ]
    dialogue = _dialogue(messages)
    me, you = dialogue.faces
    first = sum(1 for word in dialogue.words if word.party == YOU)
    assert [word.party for word in dialogue.words].count(ME) == 1
    assert first >= 3
    assert you.level[0].max() == 4
    assert me.valid[0].all()
    assert not me.level[0].any()
    assert not you.valid[-1].any()
    assert you.speaking[0]
    assert not me.speaking[0]
    assert you.level[:, 2].max() == 0, "a tag typed among words is no face"


def test_only_the_last_minute_is_remembered():
    dialogue = _dialogue([Message("user", "[0] " + "one two three four. " * 200)])
    assert len(dialogue.faces[0]) == CONTEXT_TICKS
    assert all(word.end_s > float(dialogue.faces[0].start_s) for word in dialogue.words)


def test_a_blink_is_no_part_of_the_tag():
    ticks = FaceTicks.unseen(10)
    level, valid = ticks.level.copy(), ticks.valid.copy()
    valid[:] = True
    place = parse("12D+43E").to_action_units().intensity.astype("int8")
    level[:] = parse("12D").to_action_units().intensity.astype("int8")
    level[4] = place
    moving = FaceTicks(ticks.start_s, level, valid, *[getattr(ticks, n) for n in (
        "closure", "head_pose_rad", "head_valid", "gaze_rad", "gaze_valid", "speaking")])  # fmt: skip
    assert write(tag_of(moving)) == "12D"


def test_its_folder_is_an_address(backend, tmp_path):
    assert open_backend(f"facelm:{backend.folder}").name == backend.name
    with pytest.raises(ValueError, match="names no file or folder that exists"):
        open_backend(f"facelm:{tmp_path / 'none'}")


def test_what_it_cannot_answer(backend, tmp_path):
    with pytest.raises(BackendError, match="the last message is not a user's"):
        backend.complete([Message("assistant", "[0] Hello")])
    with pytest.raises(ValueError, match="holds no face-aware model; make one with: facsimile train tiny_cpu"):
        FaceLMBackend(tmp_path)
