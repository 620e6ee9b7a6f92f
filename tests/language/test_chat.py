import pytest

from facsimile.facs.action_units import UNITS
from facsimile.facs.notation import parse, write
from facsimile.language.backends import BackendError, Echo, Scripted
from facsimile.language.chat import Conversation
from facsimile.language.http_backend import OpenAICompatible
from facsimile.language.prompt import (
    CARD_UNITS,
    MAX_TURNS,
    Turn,
    build_messages,
    notation_card,
    system_prompt,
)
from facsimile.language.tags import Rung, Span, read

SMILE, FROWN = parse("6C+12D"), parse("4C")


def test_the_card_holds_units_of_the_table_under_their_names():
    card = notation_card()
    assert set(CARD_UNITS) <= set(UNITS)
    for code in CARD_UNITS:
        assert f"{code} {UNITS[code].name}" in card
    assert "A trace, B slight, C marked, D severe, E maximum" in card
    assert len(card.split()) < 160


def test_every_example_on_the_card_is_canonical():
    spans = [span for span in read(notation_card()).spans if span.face is not None and span.face.terms]
    tags = [write(span.face) for span in spans]
    assert tags == ["6C+12D", "1C+2C+5B+26B", "4C+23B", "L14B"]
    assert all(f"[{tag}]" in notation_card() for tag in tags)
    assert {term.code for span in spans for term in span.face.terms} <= set(CARD_UNITS)


def test_the_system_prompt_opens_with_the_persona_and_explains_both_faces():
    prompt = system_prompt("You are a pirate.")
    assert prompt.startswith("You are a pirate.")
    assert notation_card() in prompt
    assert "backslash" in prompt


def test_messages_carry_both_faces():
    turns = [
        Turn("user", "Hi [4B]", SMILE),
        Turn("model", "Hello", FROWN),
        Turn("user", "", None),
        Turn("model", "What?", None),
    ]
    messages = build_messages(turns)
    assert [m.role for m in messages] == ["system", "user", "assistant", "user", "assistant"]
    assert [m.content for m in messages[1:]] == ["[6C+12D] Hi \\[4B]", "[4C] Hello", "[?]", "[0] What?"]


def test_old_turns_are_forgotten():
    turns = [Turn("user", str(i)) for i in range(MAX_TURNS + 5)]
    messages = build_messages(turns)
    assert len(messages) == MAX_TURNS + 1
    assert messages[1].content == "[?] 5"


def test_echo_gives_back_words_and_face():
    conversation = Conversation(Echo())
    reply = conversation.say("I passed!", SMILE)
    assert reply == Turn("model", "I passed!", SMILE, Rung.EXACT)
    assert conversation.turns == [Turn("user", "I passed!", SMILE), reply]


@pytest.mark.parametrize("words", ["[4C] hello", "[0]", "a [6C+12D] b", "\\[4C] x", "4C+23B: hi", "</think> [4C] x"])
def test_a_tag_that_the_user_types_is_never_a_face(words):
    backend = Echo()
    reply = Conversation(backend).say(words, SMILE)
    assert (reply.words, reply.face) == (words, SMILE)
    unseen = Conversation(backend).say(words)
    assert unseen.words == words
    assert unseen.face == parse("?")


def test_the_reply_is_read_on_the_ladder_and_counted():
    backend = Scripted(["[6C+12D] a", "[6c] b", "c", "[1B+99A] d"])
    conversation = Conversation(backend)
    faces = [conversation.say("x").face for _ in range(4)]
    assert faces == [SMILE, parse("6C"), None, parse("1B")]
    assert conversation.rungs == {Rung.EXACT: 1, Rung.NORMALISED: 1, Rung.NONE: 1, Rung.REPAIRED: 1}
    assert [m.content for m in backend.requests[3]][1:] == [
        "[?] x", "[6C+12D] a", "[?] x", "[6C] b", "[?] x", "[0] c", "[?] x",
    ]  # fmt: skip


def test_thoughts_are_no_part_of_the_reply():
    conversation = Conversation(Scripted(["<think>maybe [4C] or not</think>\n[6C] Yes."]))
    assert conversation.say("x") == Turn("model", "Yes.", parse("6C"), Rung.EXACT)


def test_a_failed_turn_leaves_the_conversation_as_it_was():
    conversation = Conversation(Scripted(["[0] a", "<think>nothing else</think>"]))
    conversation.say("x")
    before = list(conversation.turns)
    with pytest.raises(BackendError, match="nothing but thoughts"):
        conversation.say("y")
    with pytest.raises(BackendError, match="no answer left"):
        conversation.say("z")
    assert conversation.turns == before


def test_a_conversation_over_http(chat_server):
    chat_server.answer = "[1C+2C+5B+26B] Really?"
    conversation = Conversation(OpenAICompatible(chat_server.url, model="tiny"))
    reply = conversation.say("I won [4B]", SMILE)
    assert (reply.words, write(reply.face)) == ("Really?", "1C+2C+5B+26B")
    conversation.say("Yes", None)
    sent = [m["content"] for m in chat_server.requests[1]["messages"][1:]]
    assert sent == ["[6C+12D] I won \\[4B]", "[1C+2C+5B+26B] Really?", "[?] Yes"]
    assert read(sent[0]).spans == (Span("I won [4B]", SMILE),)
