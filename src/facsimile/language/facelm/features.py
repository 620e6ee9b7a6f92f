"""Turn ticks of faces into what a network reads: values held over gaps, their change, how old they are.

These features look back in time, so they are computed on the axis of ticks before anything is cut for a cache, and
what they need of the past is an explicit memory: a stream fed piece by piece sees what one long pass sees.
"""

from typing import NamedTuple

import torch
from jaxtyping import Float, Int
from torch import Tensor

from facsimile.language.facelm.layout import NUM_PARTIES, Layout

MAX_AGE = 16
"""Ticks (5 s) after which an old face counts as equally old."""

MAX_LEVEL = 5.0
ANGLE_SCALE = 4.0
"""Radians times this are about as large as levels: 15 degrees is 1."""


class FaceMemory(NamedTuple):
    """What the features of the next tick need of all ticks before it."""

    held: Float[Tensor, "B P V"]
    # last observed levels / 5 and scaled angles
    age: Float[Tensor, "B P"]
    # ticks since anything of the face was observed
    seen: Float[Tensor, "B P"]
    # 1 once anything was observed
    features: Float[Tensor, "B Z"]
    # features of the last tick


def num_features(layout: Layout) -> int:
    """Numbers per tick for all parties: held, changed and valid values, closure, speaking, age, seen."""
    return NUM_PARTIES * (3 * layout.num_values + 5)


def empty_memory(layout: Layout, batch_size: int, *, like: Tensor) -> FaceMemory:
    """Return the memory before the first tick."""
    return FaceMemory(
        like.new_zeros(batch_size, NUM_PARTIES, layout.num_values),
        like.new_zeros(batch_size, NUM_PARTIES),
        like.new_zeros(batch_size, NUM_PARTIES),
        like.new_zeros(batch_size, num_features(layout)),
    )


def featurise(
    faces: Float[Tensor, "B K P F"], layout: Layout, memory: FaceMemory
) -> tuple[Float[Tensor, "B K Z"], FaceMemory]:
    """Return the features of K further ticks and the memory after them; rows as `Layout` says."""
    if not faces.shape[1]:
        return faces.new_zeros(len(faces), 0, num_features(layout)), memory
    values = torch.cat([faces[..., layout.level] / MAX_LEVEL, faces[..., layout.angle] * ANGLE_SCALE], -1)
    valid = torch.cat([faces[..., layout.level_valid], faces[..., layout.angle_valid]], -1)
    held = _hold(torch.cat([memory.held[:, None], values], 1), _last_valid(valid))
    age, seen = _ages(valid.amax(-1), memory)
    parts = [
        held[:, 1:],
        held[:, 1:] - held[:, :-1],
        valid,
        faces[..., layout.closure] / MAX_LEVEL,
        faces[..., layout.speaking, None],
        (age.clamp(max=MAX_AGE) / MAX_AGE)[..., None],
        seen[..., None],
    ]
    features = torch.cat(parts, -1).flatten(2)
    return features, FaceMemory(held[:, -1], age[:, -1], seen[:, -1], features[:, -1])


def features_at(
    features: Float[Tensor, "B K Z"], memory: FaceMemory, tick_index: Int[Tensor, "B N"]
) -> Float[Tensor, "B N Z"]:
    """Give each token the features of its tick; -1 is the last tick of ``memory``, the one before these."""
    rows = torch.cat([memory.features[:, None], features], 1)
    return rows.gather(1, (tick_index + 1)[..., None].expand(-1, -1, rows.shape[-1]))


def has_face(features: Float[Tensor, "B N Z"]) -> Float[Tensor, "B N 1"]:
    """Return 1 where any party's face has been seen, 0 before."""
    return features.unflatten(-1, (NUM_PARTIES, -1))[..., -1].amax(-1, keepdim=True)


def targets_of(faces: Float[Tensor, "... F"], layout: Layout) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Split rows into levels (long), their valid bits, angles (radians) and theirs."""
    level_valid, angle_valid = faces[..., layout.level_valid] > 0, faces[..., layout.angle_valid] > 0
    return faces[..., layout.level].long(), level_valid, faces[..., layout.angle], angle_valid


def _last_valid(valid: Tensor) -> Tensor:
    """Return for each tick the place of the last valid one, counting the memory as place 0."""
    place = torch.arange(1, valid.shape[1] + 1, device=valid.device).reshape(1, -1, *[1] * (valid.ndim - 2))
    latest = torch.where(valid > 0, place, 0).cummax(1).values
    return torch.cat([torch.zeros_like(latest[:, :1]), latest], 1)


def _hold(values: Tensor, latest: Tensor) -> Tensor:
    return values.gather(1, latest)


def _ages(observed: Tensor, memory: FaceMemory) -> tuple[Tensor, Tensor]:
    latest = _last_valid(observed)[:, 1:]
    place = torch.arange(1, observed.shape[1] + 1, device=observed.device)[None, :, None]
    age = (place - latest).to(observed.dtype) + torch.where(latest == 0, memory.age[:, None], 0.0)
    return age, torch.where(latest == 0, memory.seen[:, None], 1.0)
