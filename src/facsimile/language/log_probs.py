"""Ask a local language model how likely texts are, exactly: what faces change in an answer is then a number of bits."""

import math
from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
from jaxtyping import Float

Padding = Literal["left", "right"]


def continuation_nats(
    model: Any,
    tokenizer: Any,
    pairs: Sequence[tuple[str, str]],
    *,
    padding: Padding = "right",
    special_tokens: bool = True,
) -> Float[np.ndarray, " N"]:
    """Return -log p(continuation | prompt) in nats for pairs of (prompt, continuation).

    ``model`` is a causal language model of transformers and ``tokenizer`` its own; both texts are cut into tokens
    apart, so the prompt's tokens do not depend on what follows. The side of the padding changes nothing.
    ``special_tokens`` False adds none to the prompt: chat templates bring their own. A ValueError names an empty prompt
    or continuation.
    """
    import torch

    parts = [_tokens(tokenizer, prompt, continuation, special_tokens) for prompt, continuation in pairs]
    if not parts:
        return np.zeros(0)
    longest = max(len(prompt) + len(rest) for prompt, rest in parts)
    ids = torch.zeros(len(parts), longest, dtype=torch.long)
    mask, scored = torch.zeros_like(ids), torch.zeros_like(ids)
    for row, (prompt, rest) in enumerate(parts):
        length = len(prompt) + len(rest)
        start = longest - length if padding == "left" else 0
        ids[row, start : start + length] = torch.tensor([*prompt, *rest])
        mask[row, start : start + length] = 1
        scored[row, start + len(prompt) : start + length] = 1
    places = (mask.cumsum(1) - 1).clamp(min=0)
    with torch.no_grad():
        logits = model(input_ids=ids, attention_mask=mask, position_ids=places).logits.float()
    chosen = logits[:, :-1].log_softmax(-1).gather(-1, ids[:, 1:, None])[..., 0]
    nats = -torch.where(scored[:, 1:] > 0, chosen, 0.0).sum(1)
    return np.asarray(nats.double().numpy())


def bits_per_byte(nats: Float[np.ndarray, " N"], texts: Sequence[str]) -> float:
    """Return the bits of all texts together per byte of their UTF-8: comparable between tokenizers."""
    size = sum(len(text.encode()) for text in texts)
    return float(nats.sum() / math.log(2) / size) if size else math.nan


def _tokens(tokenizer: Any, prompt: str, continuation: str, special_tokens: bool) -> tuple[list[int], list[int]]:
    before = list(tokenizer(prompt, add_special_tokens=special_tokens).input_ids)
    after = list(tokenizer(continuation, add_special_tokens=False).input_ids)
    if not before or not after:
        raise ValueError(
            f"pairs: prompt and continuation need at least one token each, got {prompt!r}, {continuation!r}"
        )
    return before, after
