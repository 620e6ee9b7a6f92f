"""Recipes of the face-aware model: functions that return a frozen configuration, saved as JSON beside the weights."""

import difflib
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

BLINDS = ("partner", "own", "words")
"""What a model can be kept from seeing: the partner's face, its own face, all words."""

TINY_BODY: dict[str, Any] = {
    "model_type": "llama",
    "hidden_size": 64,
    "intermediate_size": 128,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 4,
    "max_position_embeddings": 512,
}
"""A transformer of some 100,000 weights, trained from nothing."""


@dataclass(frozen=True)
class FaceLMTraining:
    """Everything that decides a run, apart from the data."""

    recipe: str
    """Name of the recipe."""
    steps: int
    """Steps to take; the result does not depend on the machine's speed."""
    seed: int = 0
    """Decides the initial weights, the order of the dialogues and every dropout."""
    body: dict[str, Any] | None = None
    """Configuration of a body that starts from nothing; None: a pretrained body is given."""
    lora: dict[str, Any] | None = None
    """PEFT's settings of low-rank adapters; the body itself is then frozen. None: the whole body learns."""
    width: int = 128
    """Width of the face parts."""
    num_components: int = 4
    """Components of the mixture over faces."""
    batch_size: int = 48
    """Dialogues per step."""
    num_ticks: int = 64
    """Longest part of a dialogue, in ticks of 0.32 s."""
    learning_rate: float = 3e-3
    """Peak of AdamW's rate, reached after ``warm_up_steps``, then a half cosine to zero."""
    warm_up_steps: int = 50
    """Steps over which the rate rises from zero."""
    weight_decay: float = 0.01
    """On matrices; vectors have none."""
    clip_norm: float = 1.0
    """Largest norm of the gradient."""
    face_weight: float = 0.3
    """Weight of a frame's face loss (nats, both parties at the first horizon) beside a token's text loss."""
    later_weight: float = 0.3
    """Weight of each later horizon beside the first."""
    drop_partner: float = 0.05
    """Share of dialogues trained without the partner's face."""
    drop_own: float = 0.05
    """Share trained without the own face."""
    drop_words: float = 0.05
    """Share trained with every word hidden."""
    corrupt_own: float = 0.0
    """Share of own levels moved by one, so that a model that feeds on its own faces forgives their errors."""
    blind: tuple[str, ...] = ()
    """What the model never sees, in training or after: any of partner, own, words. For ablation by retraining."""
    validate_every: int = 300
    """Steps between two looks at held-out dialogues."""
    device: str = "cpu"
    """Where to train, in torch's words."""
    bf16: bool = False
    """Compute in bfloat16."""
    num_threads: int = 1
    """Threads of torch."""

    def __post_init__(self) -> None:
        for name in ("steps", "batch_size", "num_ticks", "width", "num_components"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name}: must be at least 1, got {getattr(self, name)}")
        for name in ("drop_partner", "drop_own", "drop_words", "corrupt_own"):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name}: must lie in [0, 1], got {getattr(self, name)}")
        for name in self.blind:
            if name not in BLINDS:
                raise ValueError(f"blind: {name!r} is unknown; choose from {', '.join(BLINDS)}")

    def to_json(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)


def tiny_cpu() -> FaceLMTraining:
    """Return the recipe of a model from nothing: one or two CPU cores, under three minutes."""
    return FaceLMTraining("tiny_cpu", steps=900, body=TINY_BODY)


def lora_gpu() -> FaceLMTraining:
    """Return the recipe for a pretrained body of 0.1 to a few billion weights on one GPU: adapters and face parts."""
    return FaceLMTraining(
        "lora_gpu",
        steps=3000,
        lora={"r": 16, "lora_alpha": 32, "target_modules": "all-linear"},
        width=256,
        batch_size=16,
        num_ticks=128,
        learning_rate=2e-4,
        warm_up_steps=200,
        drop_partner=0.15,
        drop_own=0.15,
        drop_words=0.1,
        corrupt_own=0.2,
        device="cuda",
        bf16=True,
    )


RECIPES: dict[str, Callable[[], FaceLMTraining]] = {"tiny_cpu": tiny_cpu, "lora_gpu": lora_gpu}


def recipe_named(name: str) -> FaceLMTraining:
    """Return the recipe called ``name``; a ValueError names the nearest one there is."""
    if name in RECIPES:
        return RECIPES[name]()
    nearest = difflib.get_close_matches(name, RECIPES, n=1, cutoff=0)[0]
    raise ValueError(f"training recipe {name!r} is unknown; did you mean {nearest!r}? (known: {', '.join(RECIPES)})")
