import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")

from facsimile.language.facelm.dialogue import ME, YOU, Dialogue, Word, cut, encode  # noqa: E402
from facsimile.language.facelm.layout import Layout  # noqa: E402
from facsimile.language.facelm.vocabulary import (  # noqa: E402
    SPECIAL,
    Vocabulary,
    add_special_tokens,
    trained_vocabulary,
    word_vocabulary,
)
from facsimile.language.ticks import TICK_S, FaceTicks  # noqa: E402

pytestmark = pytest.mark.torch
LAYOUT = Layout((12,))
TEXTS = ["I passed the exam.", "Did you really? Great news, well done!", "naïve café 漢字"]


def dialogue(words, *, num_ticks=4):
    faces = FaceTicks.unseen(num_ticks)
    return Dialogue("d", tuple(words), (faces, faces))


def written(vocabulary, example):
    return " ".join(vocabulary.tokenizer.convert_ids_to_tokens(example.ids.tolist()))


@pytest.fixture
def vocabulary():
    return word_vocabulary(["hello", "yes", "well"])


def test_words_stand_in_the_tick_in_which_they_end(vocabulary):
    words = [
        Word("hello", 0.0, TICK_S, ME), Word("yes", 0.1, 0.5, YOU), Word("well", 0.5, 0.6, YOU),
        Word("hello", 0.9, 1.0, ME), Word("well", 1.2, 1.5, ME),
    ]  # fmt: skip
    example = encode(dialogue(words), vocabulary, LAYOUT)
    expected = "<s> <me> hello <tick> <you> yes well <tick> <tick> <me> hello <tick>"
    assert written(vocabulary, example) == expected
    assert example.tick_index.tolist() == [-1, -1, -1, 0, 0, 0, 0, 1, 2, 2, 2, 3]
    assert example.tick_position.tolist() == [3, 7, 8, 11]
    assert example.is_word.sum() == 4
    assert example.num_bytes == len(" hello yes well hello")


def test_no_token_knows_a_face_of_its_own_or_a_later_tick(vocabulary):
    rng = np.random.default_rng(0)
    words = [Word("yes", t, t + 0.2, int(rng.integers(2))) for t in np.sort(rng.uniform(0, 9, 40)).tolist()]
    example = encode(dialogue(words, num_ticks=30), vocabulary, LAYOUT)
    assert (np.diff(example.tick_index) >= 0).all()
    is_tick = np.isin(np.arange(len(example.ids)), example.tick_position)
    finished = np.cumsum(is_tick) - 1
    assert np.array_equal(example.tick_index, finished)


def test_parts_hold_every_word_once(vocabulary):
    words = [Word("yes", 0.3 * i, 0.3 * i + 0.2, ME) for i in range(30)]
    whole = dialogue(words, num_ticks=30)
    parts = cut(whole, num_ticks=8)
    assert [len(part.faces[0]) for part in parts] == [8, 8, 8, 6]
    assert [word for part in parts for word in part.words] == list(whole.words)
    ids = [encode(part, vocabulary, LAYOUT).ids for part in parts]
    joined = np.concatenate([part[part != vocabulary.start] for part in ids])
    whole_ids = encode(whole, vocabulary, LAYOUT).ids
    tags = vocabulary.party
    assert np.array_equal(joined[~np.isin(joined, tags)], whole_ids[1:][~np.isin(whole_ids[1:], tags)])


def test_swapping_sides_twice_is_nothing(vocabulary):
    one = dialogue([Word("yes", 0.0, 0.2, ME), Word("well", 0.4, 0.6, YOU)])
    assert one.swapped.words[0].party == YOU
    assert one.swapped.swapped.words == one.words


def test_impossible_dialogues_are_refused():
    with pytest.raises(ValueError, match=r"need the same ticks, got 3 from 0 s and 4 from 0 s"):
        Dialogue("d", (), (FaceTicks.unseen(3), FaceTicks.unseen(4)))
    with pytest.raises(ValueError, match="party must be 0"):
        dialogue([Word("yes", 0.0, 0.1, 2)])


def test_a_trained_vocabulary_spells_everything():
    vocabulary = trained_vocabulary(TEXTS, size=400)
    for text in [*TEXTS, "unseen wörds, 42% <b>"]:
        ids = [piece for word in text.split() for piece in vocabulary.pieces(word)]
        assert vocabulary.text(ids) == text


@pytest.mark.parametrize("make", [lambda: word_vocabulary(["a"]), lambda: trained_vocabulary(TEXTS, size=400)])
def test_a_tag_typed_as_a_word_is_no_tag(make):
    vocabulary = make()
    special = {vocabulary.tick, vocabulary.start, *vocabulary.party}
    for typed in ("<tick>", "<me>", "<you>", "<s>", "x<tick>y"):
        assert not special & set(vocabulary.pieces(typed)), typed


def test_a_vocabulary_comes_back_from_disk(tmp_path):
    vocabulary = trained_vocabulary(TEXTS, size=400)
    vocabulary.tokenizer.save_pretrained(tmp_path)
    again = Vocabulary.load(tmp_path)
    assert (again.tick, again.hidden, again.start, again.party) == (
        vocabulary.tick, vocabulary.hidden, vocabulary.start, vocabulary.party,
    )  # fmt: skip
    assert again.pieces("exam.") == vocabulary.pieces("exam.")


def plain_tokenizer():
    """A tokenizer that knows nothing of faces, as a pretrained model brings it."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    letters = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(
        vocab_size=300, special_tokens=["<eos>"], initial_alphabet=letters, show_progress=False
    )
    tokenizer.train_from_iterator(TEXTS, trainer)
    return PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token="<eos>")


def test_the_end_of_text_of_a_body_is_no_word():
    from transformers import AutoConfig, AutoModelForCausalLM

    tokenizer = plain_tokenizer()
    sizes = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = AutoConfig.for_model("llama", vocab_size=len(tokenizer), num_key_value_heads=2, **sizes)
    vocabulary = add_special_tokens(tokenizer, AutoModelForCausalLM.from_config(config))
    assert tokenizer.eos_token_id in vocabulary.marks
    assert tokenizer.eos_token_id not in vocabulary.pieces("<eos>")
    assert vocabulary.text([*vocabulary.pieces("exam."), tokenizer.eos_token_id]) == "exam."


def test_special_tokens_leave_old_rows_alone_and_start_as_punctuation():
    from transformers import AutoConfig, AutoModelForCausalLM

    tokenizer = plain_tokenizer()
    sizes = {"hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 2}
    config = AutoConfig.for_model("llama", vocab_size=len(tokenizer), num_key_value_heads=2, **sizes)
    body = AutoModelForCausalLM.from_config(config)
    before = body.get_input_embeddings().weight.detach().clone()
    ids = tokenizer("Great news").input_ids
    vocabulary = add_special_tokens(tokenizer, body)
    weight = body.get_input_embeddings().weight
    assert torch.equal(weight[: len(before)], before)
    marks = [tokenizer(mark).input_ids[0] for mark in ".,!?;:-"]
    assert torch.allclose(weight[vocabulary.tick], before[marks].mean(0), atol=1e-6)
    assert tokenizer("Great news").input_ids == ids
    assert len(tokenizer) == len(before) + len(SPECIAL)
    size = body.get_input_embeddings().num_embeddings
    add_special_tokens(tokenizer, body)
    assert body.get_input_embeddings().num_embeddings == size


def test_a_tokenizer_without_the_tokens_is_refused():
    with pytest.raises(ValueError, match=r"lacks <tick>, <me>, <you>, <hidden>"):
        Vocabulary(plain_tokenizer())
