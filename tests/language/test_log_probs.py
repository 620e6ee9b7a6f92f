"""Exact likelihoods of a random Llama against softmax by hand; nothing is downloaded."""

import math

import numpy as np
import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from facsimile.language.log_probs import bits_per_byte, continuation_nats  # noqa: E402

pytestmark = pytest.mark.torch
PAIRS = [("[6C+12D] Great.", " Thanks!"), ("[4D]", " Oh no, what happened to you?"), ("a", "b")]


@pytest.fixture(scope="module")
def tokenizer():
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    letters = sorted(pre_tokenizers.ByteLevel.alphabet())
    made = Tokenizer(models.BPE({letter: i for i, letter in enumerate(letters)}, []))
    made.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    made.decoder = decoders.ByteLevel()
    return transformers.PreTrainedTokenizerFast(tokenizer_object=made)


@pytest.fixture(scope="module")
def model():
    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "intermediate_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}
    config = transformers.AutoConfig.for_model("llama", vocab_size=256, num_key_value_heads=2, **sizes)
    made = transformers.AutoModelForCausalLM.from_config(config).eval()
    with torch.no_grad():
        made.lm_head.weight.mul_(20)
    return made


def by_hand(model, tokenizer, prompt, continuation):
    """Token by token: exponentials of the last logits over their sum."""
    ids, total = tokenizer(prompt).input_ids, 0.0
    for token in tokenizer(continuation).input_ids:
        with torch.no_grad():
            weights = np.exp(model(torch.tensor([ids])).logits[0, -1].double().numpy())
        total -= math.log(weights[token] / weights.sum())
        ids = [*ids, token]
    return total


@pytest.mark.parametrize("padding", ["left", "right"])
def test_likelihoods_equal_softmax_by_hand(model, tokenizer, padding):
    found = continuation_nats(model, tokenizer, PAIRS, padding=padding)
    assert found == pytest.approx([by_hand(model, tokenizer, *pair) for pair in PAIRS], rel=1e-5)


def test_a_batch_equals_its_members(model, tokenizer):
    together = continuation_nats(model, tokenizer, PAIRS)
    alone = np.concatenate([continuation_nats(model, tokenizer, [pair]) for pair in PAIRS])
    assert together == pytest.approx(alone, rel=1e-5)
    assert continuation_nats(model, tokenizer, []).shape == (0,)


def test_chances_of_all_next_bytes_sum_to_one(model, tokenizer):
    letters = [tokenizer.decode([i]) for i in range(256)]
    single = [letter for letter in letters if len(tokenizer(letter).input_ids) == 1]
    nats = continuation_nats(model, tokenizer, [("[6C]", letter) for letter in single])
    assert 0.3 < np.exp(-nats).sum() <= 1 + 1e-5


def test_a_local_model_weighs_answers_as_softmax_by_hand_does(model, tokenizer, tmp_path):
    from facsimile.language.backends import Message, Weighing
    from facsimile.language.local_models import LocalTransformers

    model.save_pretrained(tmp_path)
    tokenizer.save_pretrained(tmp_path)
    backend, messages = LocalTransformers(tmp_path), (Message("system", "Read."), Message("user", "[6C]?"))
    assert isinstance(backend, Weighing)
    nats = backend.nats(messages, ["joy", "anger"])
    prompt = "system: Read.\nuser: [6C]?\nassistant:"
    assert nats == pytest.approx([by_hand(model, tokenizer, prompt, f" {word}") for word in ("joy", "anger")], rel=1e-5)


def test_bits_per_byte():
    assert bits_per_byte(np.array([8 * math.log(2), 0.0]), ["ab", "é"]) == pytest.approx(2)
    assert math.isnan(bits_per_byte(np.zeros(0), []))


def test_empty_texts_are_refused(model, tokenizer):
    with pytest.raises(ValueError, match="at least one token each, got 'a', ''"):
        continuation_nats(model, tokenizer, [("a", "")])
