"""Faces for training straight from the renderer: batches on a device with exact labels, and no disk between.

Every picture is a sample of the studio: with the same recipe, seed and number it shows the same person making the same
face before the same camera in the same light. The recipe is the caller's with more pictures per person, for people are
dear and stay on the device while many pictures are drawn of them. Nothing is held before their faces, and each light of
a person has one background, the one of its first picture.
"""

import math
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import torch
from jaxtyping import Bool, Float32, Int64, UInt8
from torch import Tensor

from facsimile.data.align import CROP_SIZE, FLIP_LANDMARKS
from facsimile.data.augment import Augmentation
from facsimile.data.mirror import GAZE_SIGNS, POSE_SIGNS
from facsimile.facs.controllers import MIRROR
from facsimile.render_torch.augment import augmented_crops
from facsimile.render_torch.cast import Cast
from facsimile.render_torch.pool import PICTURES_PER_PERSON, Frame, Pool, pooled
from facsimile.render_torch.precision import full_precision
from facsimile.render_torch.renderer import Pictures, render
from facsimile.render_torch.timing import NoTimer, Timer
from facsimile.studio.recipe import Recipe

DRAW, SPOIL = 11, 12
"""Random streams of batches: which samples, and what their crops go through."""


class FaceBatch(NamedTuple):
    """Pictures and their truth on a device; sides are the subject's own as the picture shows them."""

    images: UInt8[Tensor, "B 3 S S"]
    """sRGB."""
    au: Float32[Tensor, "B A 2"]
    """Intensity 0-5 of LABEL_UNITS, left and right."""
    au_visible: Bool[Tensor, "B A 2"]
    controllers: Float32[Tensor, "B R"]
    """0-1, in the order of CONTROLLERS."""
    landmarks: Float32[Tensor, "B 70 2"]
    """Pixels of ``images``."""
    landmark_visible: Bool[Tensor, "B 70"]
    head_pose_rad: Float32[Tensor, "B 3"]
    """Pitch, yaw, roll in the picture."""
    gaze_rad: Float32[Tensor, "B 2 2"]
    """Left and right eye: yaw, pitch in the head."""
    identity: Int64[Tensor, " B"]
    """Number of the person in the studio's data set of this seed."""
    sample: Int64[Tensor, " B"]
    """Number of the sample in the studio's data set of ``RenderedFaces.recipe`` and this seed."""


class RenderedFaces:
    """Draw batches of faces without end; batch *s* depends only on the arguments and *s*.

    ``pool`` people are kept on the device and ``batch_size`` pictures of them drawn at a time; after each batch
    ``renewal`` of them (a part of one, or several) leave for people never seen before. Pictures are ``size`` pixels
    wide; with an ``augmentation`` they are cut to spoilt crops of ``crop_size``, the labels moved along. ``at_once``
    bounds the memory: so many pictures are drawn together. ``lights`` is the number of places each person is seen in.
    """

    def __init__(
        self,
        recipe: Recipe,
        *,
        pool: int = 32,
        batch_size: int = 32,
        device: str | torch.device = "cpu",
        seed: int = 1,
        size: int = 128,
        augmentation: Augmentation | None = None,
        crop_size: int = CROP_SIZE,
        renewal: float = 0.0,
        lights: int = 4,
        at_once: int = 32,
        rig: str = "makehuman",
    ) -> None:
        _check(pool=pool, batch_size=batch_size, at_once=at_once, renewal=renewal, rig=rig, size=size)
        most = recipe.max_identities
        if most is not None and pool > most:
            raise ValueError(f"pool: recipe {recipe.name!r} holds at most {most} people, got {pool}")
        self.recipe = pooled(recipe, lights=lights)
        self.seed, self.batch_size, self.at_once = seed, batch_size, at_once
        self.augmentation, self.crop_size, self.renewal, self.pool = augmentation, crop_size, renewal, pool
        self._pool = Pool(self.recipe, seed=seed, size=size, rig=rig, device=_whole_name(device))

    def __iter__(self) -> Iterator[FaceBatch]:
        step = 0
        while True:
            yield self.batch(step)
            step += 1

    def people(self, step: int) -> range:
        """Return the numbers of the people in the pool at a batch."""
        first = math.floor(step * self.renewal)
        most = self.recipe.max_identities
        first = first if most is None else min(first, most - self.pool)
        return range(first, first + self.pool)

    def indices(self, step: int) -> Int64[np.ndarray, " B"]:
        """Return which samples of the studio a batch shows."""
        people, rng = self.people(step), np.random.default_rng((self.seed, DRAW, step))
        chosen = people.start + rng.integers(0, len(people), self.batch_size)
        return chosen * PICTURES_PER_PERSON + rng.integers(0, PICTURES_PER_PERSON, self.batch_size)

    def batch(self, step: int, *, timer: Timer | None = None) -> FaceBatch:
        """Return one batch."""
        timer = NoTimer() if timer is None else timer
        cast, indices = self._pool.cast(self.people(step)), self.indices(step).tolist()
        timer.lap("people")
        drawn = [
            self._drawn(indices[first : first + self.at_once], cast, timer)
            for first in range(0, len(indices), self.at_once)
        ]
        faces = FaceBatch(*(torch.cat(parts) for parts in zip(*drawn, strict=True)))
        if self.augmentation is not None:
            rngs = [np.random.default_rng((self.seed, SPOIL, step, row)) for row in range(len(indices))]
            faces = spoilt(faces, rngs, self.augmentation, self.crop_size)
            timer.lap("augment")
        return faces

    def _drawn(self, indices: list[int], cast: Cast, timer: Timer) -> FaceBatch:
        frames = [self._pool.frame(index) for index in indices]
        shoot = self._pool.shoot(frames)
        timer.lap("draw scenes")
        return _batch_of(render(shoot, cast, timer=timer), frames)


def _whole_name(device: str | torch.device) -> torch.device:
    """Return a device with its number ("cuda" is "cuda:0"), as tensors name it: what is kept per device meets again."""
    return torch.empty(0, device=device).device


def _check(*, pool: int, batch_size: int, at_once: int, renewal: float, rig: str, size: int) -> None:
    for name, value in (("pool", pool), ("batch_size", batch_size), ("at_once", at_once)):
        if value < 1:
            raise ValueError(f"{name}: must be at least 1, got {value}")
    if not 0 <= renewal <= pool:
        raise ValueError(f"renewal: must lie in 0..pool = {pool} people a batch, got {renewal}")
    if rig == "mixed":
        raise ValueError("rig: people of one batch need one rig; use 'makehuman' or 'ict' instead of 'mixed'")
    if not 32 <= size <= 2048:
        raise ValueError(f"size: must lie in 32..2048 pixels, got {size}")


def _batch_of(pictures: Pictures, frames: list[Frame]) -> FaceBatch:
    device = pictures.images.device
    labels = [getattr(pictures, name) for name in FaceBatch._fields[:-2]]
    numbers = [[getattr(frame.shot, name) for frame in frames] for name in ("identity", "index")]
    return FaceBatch._make([*labels, *(torch.tensor(column, device=device) for column in numbers)])


def spoilt(faces: FaceBatch, rngs: list[np.random.Generator], augmentation: Augmentation, size: int) -> FaceBatch:
    """Return training crops of faces with the labels moved along; one random generator for each."""
    device = faces.images.device
    with full_precision(device):
        crops = augmented_crops(faces.images, faces.landmarks.cpu().numpy(), rngs, options=augmentation, size=size)
    pose = faces.head_pose_rad.clone()
    pose[:, 2] += torch.tensor(crops.rotation_rad, dtype=torch.float32, device=device)
    straight = faces._replace(
        images=crops.images, landmarks=torch.as_tensor(crops.landmarks, device=device), head_pose_rad=pose
    )
    flipped, is_flipped = _with_swapped_sides(straight), torch.tensor(crops.is_flipped, device=device)
    return FaceBatch(
        *(
            torch.where(is_flipped.reshape(-1, *[1] * (mine.ndim - 1)), other, mine)
            for mine, other in zip(straight, flipped, strict=True)
        )
    )


def _with_swapped_sides(faces: FaceBatch) -> FaceBatch:
    """Return the labels that are not places in the picture as a mirror shows them."""
    device = faces.images.device
    return faces._replace(
        au=faces.au.flip(-1),
        au_visible=faces.au_visible.flip(-1),
        controllers=faces.controllers[:, list(MIRROR)],
        landmark_visible=faces.landmark_visible[:, list(FLIP_LANDMARKS)],
        head_pose_rad=faces.head_pose_rad * torch.tensor(POSE_SIGNS, device=device),
        gaze_rad=faces.gaze_rad.flip(1) * torch.tensor(GAZE_SIGNS, device=device),
    )
