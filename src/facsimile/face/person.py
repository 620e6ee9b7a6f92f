"""Somebody who never existed: form and looks together."""

from dataclasses import dataclass

import numpy as np

from facsimile.face.appearance import Appearance, random_appearance
from facsimile.face.identity import Identity
from facsimile.face.rigs import draw_identity


@dataclass(frozen=True)
class Person:
    """Hold a person's form and looks; ``seed`` is the number they were drawn from."""

    seed: int
    identity: Identity
    appearance: Appearance


def random_person(seed: int, *, rig: str = "makehuman") -> Person:
    """Draw a person from a rig of ``face.rigs.RIG_CHOICES``; the same arguments give the same person everywhere."""
    rng = np.random.default_rng([seed, 1])
    identity = draw_identity(rng, rig=rig)
    return Person(seed, identity, random_appearance(rng, identity))
