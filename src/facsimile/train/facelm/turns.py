"""Ask a model at each silence who speaks next: turn-taking read off the text head, with nothing trained for it."""

import itertools
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float, Int

from facsimile.language.facelm.dialogue import Encoded
from facsimile.language.facelm.model import FaceLM
from facsimile.language.facelm.vocabulary import Vocabulary
from facsimile.train.facelm.batches import in_order, without
from facsimile.train.facelm.score import SCORING_BATCH, run


class Silences(NamedTuple):
    """The silences of some dialogues between two words."""

    dialogue: Int[np.ndarray, " N"]
    # place in the list of dialogues
    position: Int[np.ndarray, " N"]
    # of the silence's first <tick>
    shift: Bool[np.ndarray, " N"]
    # whether the other party has the next word


def silences(examples: Sequence[Encoded], vocabulary: Vocabulary) -> Silences:
    """Find every tick without a word that follows one with words, if more words follow."""
    found = [(d, *place) for d, example in enumerate(examples) for place in _silences_of(example, vocabulary)]
    dialogue, position, shift = (np.array(column) for column in zip(*found, strict=True)) if found else ([], [], [])
    return Silences(np.asarray(dialogue, np.int64), np.asarray(position, np.int64), np.asarray(shift, np.bool_))


def _silences_of(example: Encoded, vocabulary: Vocabulary) -> list[tuple[int, bool]]:
    ids, places = example.ids.tolist(), []
    spoken = [i for i, token in enumerate(ids) if i and token != vocabulary.tick]
    for last, following in itertools.pairwise(spoken):
        if following - last > 2:  # <tick> of the last word, then at least one of its own
            places.append((last + 2, ids[following] in vocabulary.party))
    return places


def shift_log_odds(
    model: FaceLM, examples: Sequence[Encoded], vocabulary: Vocabulary, *, blind: Sequence[str] = ()
) -> Float[np.ndarray, " N"]:
    """Return log p(the other party speaks) - log p(the same goes on) at the <tick> of every one of `silences`."""
    found = silences(examples, vocabulary)
    word = torch.ones(len(vocabulary), dtype=torch.bool)
    word[vocabulary.marks] = False
    odds = []
    with torch.no_grad():
        for start, batch in zip(
            range(0, len(examples), SCORING_BATCH), in_order(examples, batch_size=SCORING_BATCH), strict=True
        ):
            for name in blind:
                everyone = torch.ones(len(batch.ids), dtype=torch.bool)
                batch = without(batch, name, rows=everyone, hidden=vocabulary.hidden)
            logits = run(model, batch.to(str(model.device))).logits
            assert logits is not None
            here = (found.dialogue >= start) & (found.dialogue < start + SCORING_BATCH)
            rows, places = (torch.from_numpy(a[here]) for a in (found.dialogue - start, found.position))
            at = logits[rows, places].float().cpu()[:, : len(vocabulary)]
            odds.append(at[:, list(vocabulary.party)].logsumexp(1) - at[:, word].logsumexp(1))
    return torch.cat(odds).double().numpy()
