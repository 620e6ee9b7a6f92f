"""Batches of augmented crops with their truth; batch *s* depends only on (faces, seed, s)."""

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Float
from torch.utils.data import Dataset

from facsimile.models.losses import Targets
from facsimile.models.reader import CROP_SIZE
from facsimile.train.faces import Faces
from facsimile.train.groups import NO_REFERENCE, Batch, PersonGroups, joined_groups
from facsimile.train.negatives import make_negative
from facsimile.train.recipes import TrainConfig

_ORDER, _AUGMENT, _HELD_OUT = 0, 1, 2  # streams of random numbers that never meet
HELD_OUT_GROUP = 8
"""Faces of each held-out person that are looked at together."""


class Crop(NamedTuple):
    """One training example; landmarks in crop units 0-1, pose in the crop."""

    image: np.ndarray
    au: np.ndarray
    au_observed: np.ndarray
    controllers: np.ndarray
    landmarks: np.ndarray
    landmark_observed: np.ndarray
    pose: np.ndarray
    gaze: np.ndarray
    is_face: float = 1.0


class Examples(NamedTuple):
    """Crops u8 [N, 112, 112, 3] with their truth and the numbers of the people shown."""

    images: np.ndarray
    targets: Targets
    identity: np.ndarray


CropMaker = Callable[[Faces, int, np.random.Generator], Crop]


class Batches(Dataset[tuple[torch.Tensor, Targets]]):
    """Serve batch ``step`` of a run: crops u8 [B, 112, 112, 3] and their targets."""

    def __init__(self, faces: Faces, config: TrainConfig, *, make_crop: CropMaker) -> None:
        if len(faces) < config.batch_size:
            raise ValueError(
                f"{len(faces)} faces are fewer than one batch of {config.batch_size}; make more with "
                "'facsimile dataset make'"
            )
        self.faces, self.config, self.make_crop = faces, config, make_crop
        self.fingerprint = faces.fingerprint()
        self._groups = PersonGroups(faces.identity, faces.at_rest(), size=config.images_per_person)
        self._per_step = config.batch_size // config.images_per_person
        self._epoch = -1
        self._order: list[Batch] = []

    def __getitem__(self, step: int) -> tuple[torch.Tensor, Targets]:
        rng = np.random.default_rng((self.config.seed, _AUGMENT, step))
        batch = self.batch(step)
        crops = [self._example(int(row), rng) for row in batch.rows]
        images, targets = collate(crops, batch.reference)
        return torch.from_numpy(images), targets

    def batch(self, step: int) -> Batch:
        """Return which faces batch ``step`` shows; each epoch shows every group once, short of a last partial batch."""
        size = self._per_step
        epoch, place = divmod(step, max(1, self._groups.num_groups // size))
        if epoch != self._epoch:
            rng = np.random.default_rng((self.config.seed, _ORDER, epoch))
            self._epoch, self._order = epoch, self._groups.epoch(rng)
        return joined_groups(self._order[place * size : (place + 1) * size])

    def unit_weight(self) -> Float[np.ndarray, " n"]:
        """Return loss weights inverse to the variance of each unit's labels, 1 on average before limits apply."""
        au = np.where(self.faces.au_visible, self.faces.au, np.nan)
        with np.errstate(invalid="ignore"):
            variance = np.array([np.var(u[~np.isnan(u)]) if (~np.isnan(u)).any() else 0.0 for u in au.swapaxes(0, 1)])
        typical = variance[variance > 0].mean() if (variance > 0).any() else 1.0
        weight = np.clip(typical / np.maximum(variance, 1e-6), *self.config.unit_weight_limits)
        return weight.astype(np.float32)

    def _example(self, row: int, rng: np.random.Generator) -> Crop:
        if rng.random() < self.config.negative_share:
            return negative_crop(self.faces, row, rng)
        return self.make_crop(self.faces, row, rng)


def held_out_examples(faces: Faces, config: TrainConfig, *, make_crop: CropMaker, limit: int) -> Examples:
    """Return up to ``limit`` crops of held-out people, one in ten a negative; the same at every call."""
    rng = np.random.default_rng((config.seed, _HELD_OUT))
    groups = PersonGroups(faces.identity, faces.at_rest(), size=HELD_OUT_GROUP).epoch(rng)
    batch = joined_groups(groups[: max(1, limit // HELD_OUT_GROUP)])
    crops = [(negative_crop if k % 10 == 9 else make_crop)(faces, int(row), rng) for k, row in enumerate(batch.rows)]
    return Examples(*collate(crops, batch.reference), faces.identity[batch.rows])


def negative_crop(faces: Faces, row: int, rng: np.random.Generator) -> Crop:
    """Return an example that shows no aligned face; only ``is_face`` is observed."""
    image = make_negative(faces.images[row], rng, size=CROP_SIZE)
    nothing = np.zeros_like(faces.au[row])
    return Crop(
        image, nothing, nothing > 0, np.zeros_like(faces.controllers[row]), np.zeros((70, 2), np.float32),
        np.zeros(70, bool), np.zeros(3, np.float32), np.zeros(2, np.float32), is_face=0.0,
    )  # fmt: skip


def collate(crops: list[Crop], reference: np.ndarray) -> tuple[np.ndarray, Targets]:
    """Stack crops into u8 [B, 112, 112, 3] and their targets; a negative is no reference and has none."""
    columns = [np.stack(column) for column in zip(*crops, strict=True)]
    is_face = columns[-1] > 0.5
    usable = (reference >= 0) & is_face & is_face[np.maximum(reference, 0)]
    tensors = [torch.from_numpy(c if c.dtype == bool else c.astype(np.float32)) for c in columns[1:]]
    tensors.append(torch.from_numpy(np.where(usable, reference, NO_REFERENCE)))
    return columns[0], Targets(*tensors)
