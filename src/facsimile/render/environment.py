"""Draw the place of a picture: what kind, how bright, and how well the camera takes its tint away."""

from collections.abc import Callable
from functools import partial

import numpy as np

from facsimile.render.light import LUMA, balance_gain, face_light, place_light
from facsimile.render.outdoors import daylight, night_street
from facsimile.render.place import Place
from facsimile.render.rooms import flash_room, lamp_room, office, ring_room, screen_room, studio, window_room

PLACES: dict[str, tuple[float, Callable[[np.random.Generator], Place]]] = {
    "window": (0.24, window_room),
    "lamps": (0.12, lamp_room),
    "office": (0.14, office),
    "studio": (0.12, studio),
    "sun": (0.13, partial(daylight, sunny=True)),
    "overcast": (0.10, partial(daylight, sunny=False)),
    "night": (0.05, night_street),
    "flash": (0.05, flash_room),
    "ring": (0.02, ring_room),
    "screen": (0.03, screen_room),
}
"""Kind -> how often, and how it is drawn; the shares are ours: what photos of people show most is commonest."""
DIM_PLACES = ("lamps", "night", "flash", "screen")
"""Kinds with so little light that cameras show noise and motion."""
FACE_LEVEL = 0.62
"""Mean irradiance / pi that a place is scaled to, so that all of them suit the same exposure."""
BALANCE = (0.6, 1.0)
"""Part of the light's tint that the camera takes away, uniform; the rest is its error."""


def random_place(rng: np.random.Generator) -> Place:
    """Draw a place, as bright as the others and balanced as a camera does."""
    names = list(PLACES)
    kind = names[int(rng.choice(len(names), p=[PLACES[name][0] for name in names]))]
    return place_of_kind(rng, kind)


def place_of_kind(rng: np.random.Generator, kind: str) -> Place:
    """Draw a place of a kind; ValueError names the kinds there are."""
    if kind not in PLACES:
        raise ValueError(f"kind: {kind!r} is no place; use one of {', '.join(PLACES)}")
    place = PLACES[kind][1](rng)
    light = place_light(place)
    gain = balance_gain(light, float(rng.uniform(*BALANCE)))
    level = FACE_LEVEL / float((face_light(light) * gain) @ LUMA)
    return place.tinted(gain * level)
