"""Training recipes: functions that return a frozen configuration, saved as JSON beside the weights."""

import difflib
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from typing import Any

from facsimile.models.losses import LossWeights
from facsimile.models.reader import ReaderConfig


@dataclass(frozen=True)
class TrainConfig:
    """Everything that decides a run, apart from the data."""

    recipe: str
    """Name of the recipe."""
    minutes: float | None = 40.0
    """Stop after this much training time; the learning rate falls to zero at that moment."""
    steps: int | None = None
    """Stop after this many steps instead; then the result does not depend on the machine's speed."""
    seed: int = 0
    """Decides the initial weights, the order of the faces and every augmentation."""
    reader: ReaderConfig = field(default_factory=ReaderConfig)
    """Sizes of the network."""
    loss: LossWeights = field(default_factory=LossWeights)
    """Weights of the loss terms."""
    batch_size: int = 96
    """Crops per step."""
    images_per_person: int = 6
    """Crops of one person in a batch, the first of them at rest."""
    learning_rate: float = 2e-3
    """Peak of AdamW's rate, reached after ``warm_up_steps``, then a half cosine."""
    warm_up_steps: int = 100
    """Steps over which the rate rises from zero."""
    weight_decay: float = 0.03
    """On matrices and kernels; scales and offsets have none."""
    clip_norm: float = 5.0
    """Largest norm of the gradient."""
    ema_decay: float = 0.998
    """Decay per step of the averaged weights, which are the ones kept."""
    negative_share: float = 0.06
    """Share of each batch that shows no aligned face."""
    unit_weight_limits: tuple[float, float] = (0.4, 3.0)
    """Least and greatest loss weight of a unit; in between it is inverse to the variance of its labels."""
    validate_every: int = 1000
    """Steps between two looks at held-out people; the best one's weights are kept."""
    max_validation_faces: int = 2000
    """Held-out faces looked at each time."""
    bf16: bool = True
    """Convolve in bfloat16."""
    device: str = "cpu"
    """Where to train, in torch's words."""
    num_threads: int = 1
    """Threads of the training process; more than one costs more than it brings on a shared machine."""
    num_workers: int = 1
    """Processes that augment crops; 0 augments in the training process."""

    def __post_init__(self) -> None:
        if (self.minutes is None) == (self.steps is None):
            raise ValueError(f"set either minutes or steps; got minutes={self.minutes}, steps={self.steps}")
        if (self.minutes or self.steps or 0) <= 0:
            raise ValueError(f"the budget must be positive; got {self.minutes or self.steps}")
        if self.batch_size < 2:
            raise ValueError(f"batch_size must be at least 2; got {self.batch_size}")
        if self.images_per_person < 2 or self.batch_size % self.images_per_person:
            raise ValueError(
                f"images_per_person must be at least 2 and divide batch_size; got {self.images_per_person} and "
                f"{self.batch_size}"
            )
        if not 0 <= self.negative_share <= 1:
            raise ValueError(f"negative_share must lie in [0, 1]; got {self.negative_share}")

    def to_json(self) -> dict[str, Any]:
        """Return plain values for JSON."""
        return asdict(self)


def small_cpu() -> TrainConfig:
    """Return the recipe of the reader in the box: two CPU cores, under an hour."""
    return TrainConfig("small_cpu")


def small_gpu() -> TrainConfig:
    """Return a recipe for one GPU: the same network about twice as wide, larger batches."""
    return TrainConfig(
        "small_gpu", minutes=60.0, reader=ReaderConfig(stem=24, stages=(32, 64, 128), squeeze=24, hidden=256),
        batch_size=768, learning_rate=4e-3, warm_up_steps=500, device="cuda", num_workers=12,
    )  # fmt: skip


def resnet101_gpu() -> TrainConfig:
    """Return the recipe of the sources' network, ResNet-101, for one GPU with 40 GB or more."""
    return TrainConfig(
        "resnet101_gpu", minutes=600.0, reader=ReaderConfig(body="resnet101", hidden=256), batch_size=192,
        learning_rate=5e-4, warm_up_steps=1000, weight_decay=0.05, device="cuda", num_workers=12,
    )  # fmt: skip


RECIPES: dict[str, Callable[[], TrainConfig]] = {
    recipe.__name__: recipe for recipe in (small_cpu, small_gpu, resnet101_gpu)
}


def recipe_named(name: str) -> TrainConfig:
    """Return the recipe called ``name``; a ValueError names the nearest one there is."""
    if name in RECIPES:
        return RECIPES[name]()
    nearest = difflib.get_close_matches(name, RECIPES, n=1, cutoff=0)[0]
    raise ValueError(f"training recipe {name!r} is unknown; did you mean {nearest!r}? (known: {', '.join(RECIPES)})")
