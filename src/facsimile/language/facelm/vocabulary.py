"""The tokens a face-aware model adds to its tokenizer, and words to pieces and back."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import torch
from transformers import AutoTokenizer, PreTrainedTokenizerFast

TICK, ME_TAG, YOU_TAG, HIDDEN = "<tick>", "<me>", "<you>", "<hidden>"
"""End of a tick; who speaks from here on; a word that is kept from the model."""

SPECIAL = (TICK, ME_TAG, YOU_TAG, HIDDEN)
PUNCTUATION = (".", ",", "!", "?", ";", ":", "-")
"""New embeddings start as the mean of these: tokens that pace text, as TurnGPT does for its turn token (Ekstedt &
Skantze 2020)."""


class Vocabulary:
    """A tokenizer that knows the special tokens."""

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer = tokenizer
        unknown = [token for token in SPECIAL if token not in tokenizer.get_vocab()]
        if unknown:
            raise ValueError(f"tokenizer: lacks {', '.join(unknown)}; add them with add_special_tokens")
        self.tick, me, you, self.hidden = tokenizer.convert_tokens_to_ids(list(SPECIAL))
        self.party = (me, you)
        self.start = self.tick if tokenizer.bos_token_id is None else tokenizer.bos_token_id
        self.marks = sorted({self.tick, self.hidden, self.start, *self.party, *tokenizer.all_special_ids})
        """Every token that is no text, the body's own end of text among them."""
        self._pieces: dict[str, list[int]] = {}

    def __len__(self) -> int:
        return len(self.tokenizer)

    @classmethod
    def load(cls, folder: Path) -> "Vocabulary":
        """Read the tokenizer in a model's folder."""
        return cls(AutoTokenizer.from_pretrained(folder))

    def pieces(self, word: str) -> list[int]:
        """Return the pieces of one word, a space before it; what looks like a special token inside it is no token."""
        if word not in self._pieces:
            ids = self.tokenizer(" " + word, add_special_tokens=False, split_special_tokens=True).input_ids
            self._pieces[word] = [self.hidden if i in self.marks else i for i in ids]
        return self._pieces[word]

    def text(self, ids: Sequence[int]) -> str:
        """Join pieces to text without special tokens."""
        return str(self.tokenizer.decode([i for i in ids if i not in self.marks])).strip()


def word_vocabulary(words: Iterable[str]) -> Vocabulary:
    """Return a vocabulary of whole words for small worlds; others become <hidden>."""
    from tokenizers import Tokenizer, models, pre_tokenizers

    table = {token: i for i, token in enumerate((*SPECIAL, "<s>", *words))}
    tokenizer = Tokenizer(models.WordLevel(table, unk_token=HIDDEN))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    return Vocabulary(_fast(tokenizer))


def trained_vocabulary(texts: Iterable[str], *, size: int = 2048) -> Vocabulary:
    """Train a byte-level BPE of at most ``size`` tokens on texts (Sennrich et al. 2016)."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        special_tokens=[*SPECIAL, "<s>"],
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )
    tokenizer.train_from_iterator((" " + text for text in texts), trainer)
    return Vocabulary(_fast(tokenizer))


def add_special_tokens(tokenizer: Any, body: Any) -> Vocabulary:
    """Add the special tokens to a tokenizer and rows for them to its model; all else stays as it is."""
    added = [token for token in SPECIAL if token not in tokenizer.get_vocab()]
    tokenizer.add_special_tokens({"additional_special_tokens": added}, replace_extra_special_tokens=False)
    vocabulary = Vocabulary(tokenizer)
    if added and len(tokenizer) > body.get_input_embeddings().num_embeddings:
        body.resize_token_embeddings(len(tokenizer), mean_resizing=False)
    marks = [ids[0] for mark in PUNCTUATION if (ids := tokenizer(mark, add_special_tokens=False).input_ids)]
    new = tokenizer.convert_tokens_to_ids(added)
    with torch.no_grad():
        for layer in (body.get_input_embeddings(), body.get_output_embeddings()):
            layer.weight[new] = layer.weight[marks].mean(0)
    return vocabulary


def _fast(tokenizer: Any) -> PreTrainedTokenizerFast:
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token="<s>",
        additional_special_tokens=list(SPECIAL),
        clean_up_tokenization_spaces=False,
    )
