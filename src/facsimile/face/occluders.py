"""Draw what covers a face for a while: hands, masks, microphones, cups and telephones."""

from functools import lru_cache

import numpy as np
from jaxtyping import Float32

from facsimile.face.accessories import Accessory
from facsimile.face.appearance import Appearance
from facsimile.face.gestures import random_gesture
from facsimile.face.held_things import headset, held_thing
from facsimile.face.masks import random_mask
from facsimile.face.rest import atlas

EVERY = 8
"""Step between the texels that a face's mean colour is taken from."""
OCCLUDERS = ("hand", "mask", "microphone", "object")
"""Kinds; an object is a cup or a telephone."""
HEADSET_SHARE = 0.3
"""Part of microphones that are worn."""
OBJECTS = ("cup", "phone before the face", "phone at the ear")
OBJECT_SHARE = (0.5, 0.2, 0.3)
"""How often each object is held; a guess."""
HAND_SIZE = {"female": 0.95, "male": 1.04}
"""Hand length relative to the mean adult's (NASA-STD-3000, 1995, volume I, 3.3: 0.175 and 0.193 m of 0.184)."""


def random_occluder(
    look: np.random.Generator, rng: np.random.Generator, kind: str, *, appearance: Appearance
) -> tuple[Accessory, ...]:
    """Draw something of ``OCCLUDERS`` before a person's face; the first part's name says what it is.

    ``look`` draws what stays the same from picture to picture of a person, ``rng`` what changes.
    """
    if kind not in OCCLUDERS:
        raise ValueError(f"occluder {kind!r} is unknown; use one of {', '.join(OCCLUDERS)}")
    size = HAND_SIZE[appearance.description["sex"]] * float(np.exp(look.normal(0, 0.03)))
    skin, garment = face_colour(appearance), appearance.garment
    if kind == "hand":
        return random_gesture(rng, skin=skin, garment=garment, size=size)
    if kind == "mask":
        return (random_mask(look),)
    if kind == "microphone" and look.random() < HEADSET_SHARE:
        return headset(look)
    name = "microphone" if kind == "microphone" else OBJECTS[int(look.choice(len(OBJECTS), p=OBJECT_SHARE))]
    return held_thing(look, rng, name, skin=skin, garment=garment, size=size)


def face_colour(appearance: Appearance) -> Float32[np.ndarray, "3"]:
    """Return the mean linear RGB of a person's cheeks and forehead, as they are painted: what their hands look like."""
    share = _cheeks_and_forehead()
    return np.asarray((appearance.albedo[:, ::EVERY, ::EVERY] * share).sum((1, 2)), np.float32)


@lru_cache(maxsize=1)
def _cheeks_and_forehead() -> Float32[np.ndarray, "H W"]:
    """Return the weights, sum 1, of every eighth texel of the atlas in the mean colour of a face."""
    a = atlas()
    weight = (a.blob(0.45, 6.92, 0.17, 0.14) + a.blob(0.0, 7.7, 0.3, 0.12))[::EVERY, ::EVERY]
    return np.asarray(weight / weight.sum(), np.float32)
