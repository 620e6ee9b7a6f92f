"""Blend people: form, skin tone, colours and folds are mixed; what cannot be mixed comes from the heaviest.

A hair style, a beard, a mole or a make-up is there or not: they, and the fine texture of the skin, are those of the
person with the largest share.
"""

import zlib
from collections.abc import Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any

import numpy as np

from facsimile.face.appearance import ALBEDO_RANGE, Appearance
from facsimile.face.identity import Identity
from facsimile.face.person import Person
from facsimile.face.skin import tone_name

COLOURS = ("skin_colour", "lip_colour", "hair_colour", "brow_colour", "beard_colour")
"""Linear RGB of an appearance, mixed as pigments are: by the logarithm."""
MIXED = ("roughness", "eyes", "wrinkles")


def blend(first: Person, second: Person, *, weight: float = 0.5) -> Person:
    """Return somebody between two people; ``weight`` 0 is the first, 1 the second."""
    if not 0 <= weight <= 1:
        raise ValueError(f"weight: must be 0 (the first) to 1 (the second), got {weight}")
    return blend_people([(first, 1 - weight), (second, weight)])


def blend_people(shares: Sequence[tuple[Person, float]]) -> Person:
    """Return the mixture of people by weight; weights are 0 or more and need not add up to 1.

    The same people and weights in the same order give the same bytes; one person alone is returned as they are.
    """
    weights = np.array([weight for _, weight in shares], np.float64)
    if not len(weights) or not np.isfinite(weights).all() or (weights < 0).any() or weights.sum() <= 0:
        raise ValueError(f"weights: need at least one above 0 and none below, got {weights.tolist()}")
    kept = [(person, weight) for (person, _), weight in zip(shares, weights / weights.sum(), strict=True) if weight > 0]
    if len(kept) == 1:
        return kept[0][0]
    people, parts = [person for person, _ in kept], np.array([weight for _, weight in kept])
    heaviest = int(parts.argmax())
    text = repr([(person.seed, person.identity.seed, round(float(part), 9)) for person, part in kept])
    seed = zlib.crc32(text.encode())
    identity = _mixed_fields([person.identity for person in people], parts, heaviest)
    return Person(seed, replace(identity, seed=seed), _mixed_looks(people, parts, identity))


def _mixed_value(values: list[Any], parts: np.ndarray, heaviest: int) -> Any:
    """Return the mean of numbers, the logarithmic mean of colours, else the heaviest's own."""
    own = values[heaviest]
    if isinstance(own, bool | int | str) or own is None:
        return own
    if isinstance(own, float | np.floating):
        return float(parts @ np.array(values, np.float64))
    if isinstance(own, tuple) and all(isinstance(item, float) for item in own):
        return tuple(float(item) for item in parts @ np.array(values, np.float64))
    if isinstance(own, np.ndarray) and own.shape == (3,):
        return _mixed_colour(values, parts)
    if isinstance(own, np.ndarray) and all(value.shape == own.shape for value in values):
        return np.tensordot(parts, np.stack(values).astype(np.float64), 1).astype(own.dtype)
    return _mixed_fields(values, parts, heaviest) if is_dataclass(own) else own


def _mixed_fields(records: list[Any], parts: np.ndarray, heaviest: int) -> Any:
    """Mix dataclasses field by field."""
    own = records[heaviest]
    names = [field.name for field in fields(own)]
    return replace(
        own, **{name: _mixed_value([getattr(record, name) for record in records], parts, heaviest) for name in names}
    )


def _mixed_colour(colours: list[np.ndarray], parts: np.ndarray) -> np.ndarray:
    logs = np.log(np.maximum(np.stack(colours).astype(np.float64), 1e-4))
    return np.exp(parts @ logs).astype(np.float32)


def _mixed_looks(people: list[Person], parts: np.ndarray, identity: Identity) -> Appearance:
    """Return the heaviest person's looks in the mixture's colours."""
    looks = [person.appearance for person in people]
    heaviest = int(parts.argmax())
    own = looks[heaviest]
    mixed = {name: _mixed_value([getattr(look, name) for look in looks], parts, heaviest) for name in MIXED}
    mixed |= {name: _mixed_colour([getattr(look, name) for look in looks], parts) for name in COLOURS}
    change = mixed["skin_colour"] / own.skin_colour
    melanin = round(float(parts @ [look.description["melanin"] for look in looks]), 3)
    description = own.description | {
        "age_years": round(identity.age_years, 1),
        "sex": "female" if identity.sex > 0.5 else "male",
        "melanin": melanin,
        "skin_tone": tone_name(melanin),
    }
    albedo = np.clip(own.albedo * change[:, None, None], *ALBEDO_RANGE)
    return replace(own, albedo=albedo, description=description, **mixed)
