"""Draw the colours of the eyes for a person."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

IRIS_COLOURS = {
    "dark brown": (0.050, 0.022, 0.010),
    "brown": (0.085, 0.042, 0.018),
    "hazel": (0.125, 0.098, 0.048),
    "green": (0.115, 0.150, 0.095),
    "blue": (0.120, 0.168, 0.215),
    "grey": (0.155, 0.190, 0.215),
}
"""Linear RGB of the outer iris; picked by eye, the order runs from much to little melanin."""
DARK_SHARE = (0.60, 0.36, 0.04, 0.0, 0.0, 0.0)
"""Frequencies where skin is dark or ancestry is African or Asian: nearly all brown."""
EUROPEAN_SHARE = (0.10, 0.27, 0.14, 0.13, 0.25, 0.11)
"""Frequencies in Europe, a guess between the north (mostly blue) and the south (mostly brown)."""
SCLERA = (0.56, 0.52, 0.485)
IRIS_RADIUS = 0.46
"""Iris radius over eyeball radius: 11.8 mm of 24 mm across in adults, a little less as the mesh's ball is large."""


@dataclass(frozen=True)
class EyeColours:
    """Hold the look of both eyes: linear RGB, radii over the eyeball's (pupil: over the iris'), redness 0-1."""

    iris_outer: Float32[np.ndarray, "3"]
    iris_inner: Float32[np.ndarray, "3"]
    sclera: Float32[np.ndarray, "3"]
    iris_radius: float
    pupil_radius: float
    redness: float
    colour_name: str


def random_eyes(rng: np.random.Generator, *, fair: float, age_years: float) -> EyeColours:
    """Draw eye colours; ``fair`` 0-1 is the weight of the European mix of iris colours against all brown."""
    names = list(IRIS_COLOURS)
    share = np.asarray(DARK_SHARE) * (1 - fair) + np.asarray(EUROPEAN_SHARE) * fair
    name = names[int(rng.choice(len(names), p=share / share.sum()))]
    iris = np.asarray(IRIS_COLOURS[name]) * np.exp(rng.normal(0, 0.15))
    old = float(np.clip((age_years - 20) / 60, 0, 1))
    sclera = np.asarray(SCLERA) * np.exp(-old * np.asarray((0.05, 0.09, 0.16))) * rng.uniform(0.82, 1.06)
    redness = float(rng.beta(1.2, 5.0))
    return EyeColours(
        iris_outer=np.asarray(iris * 0.75, np.float32),
        iris_inner=np.asarray(iris * (0.96, 0.72, 0.48) + 0.015, np.float32),
        sclera=np.asarray(np.clip(sclera * (1, 1 - 0.22 * redness, 1 - 0.2 * redness), 0, 0.9), np.float32),
        iris_radius=float(IRIS_RADIUS * rng.uniform(0.96, 1.06)),
        pupil_radius=float(rng.uniform(0.24, 0.46)),
        redness=redness,
        colour_name=name,
    )
