"""Two people of a data set and scenes of them, for the tests of the torch renderer: one wears a collar, one glasses."""

import dataclasses
from functools import cache

import numpy as np

from facsimile.render.scene import Scene
from facsimile.studio.people import person_of, scene_of
from facsimile.studio.recipe import NO_OCCLUDERS, mixed
from facsimile.studio.shots import shot

PEOPLE = 2
SEED = 1
RECIPE = dataclasses.replace(mixed(), images_per_identity=64, images_per_light=32, occluders=NO_OCCLUDERS)


@cache
def people():
    return [person_of(SEED, number) for number in range(PEOPLE)]


@cache
def scenes(size: int, each: int = 3) -> list[Scene]:
    """Return ``each`` scenes of both people, person by person; the first is neutral."""
    shots = [shot(RECIPE, SEED, number * 64 + place) for number in range(PEOPLE) for place in range(each)]
    return [scene_of(this, people()[this.identity], seed=SEED, size=size) for this in shots]


def who(each: int = 3) -> np.ndarray:
    return np.repeat(np.arange(PEOPLE), each)
