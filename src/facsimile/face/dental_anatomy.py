"""Hold the measures of human teeth and the curve they stand on.

Sizes are the crown averages of Wheeler's Dental Anatomy (Nelson and Ash, 9th edition, the tables of each tooth's
chapter), in mm, from the central incisor to the second molar. Inclinations are Andrews' third key (The six keys to
normal occlusion, Am J Orthod 1972): degrees by which the edge of a crown lies further out than its neck. The arch is
the beta function of Braun et al. (The form of the human dental arch, Angle Orthod 1998).
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

TEETH_PER_SIDE = 7
BETA_SCALE, BETA_POWER = 3.0314, 0.8
"""Braun et al. 1998: depth x 3.0314 x ((1/2 + x/width)(1/2 - x/width))^0.8."""
ARCH_SAMPLES = 801


@dataclass(frozen=True)
class JawTeeth:
    """Hold one side of a jaw, central incisor to second molar: mm, and degrees for ``inclination``.

    ``width`` across the crown at its widest and ``neck`` at the gum, ``height`` of the crown, ``thickness`` from lip or
    cheek to tongue, ``edge`` how far the biting edge lies from the plane of the central incisors towards the gum,
    ``cusp`` depth of the crown's points, ``papilla`` height of the gum between two teeth above its lowest point.
    """

    width: tuple[float, ...]
    neck: tuple[float, ...]
    height: tuple[float, ...]
    thickness: tuple[float, ...]
    inclination: tuple[float, ...]
    edge: tuple[float, ...]
    cusp: tuple[float, ...]
    papilla: tuple[float, ...]

    def both_sides(self, name: str) -> Float[np.ndarray, " N"]:
        """Return a measure for all teeth of the jaw, from the right second molar to the left one."""
        side = np.asarray(getattr(self, name), np.float64)
        return np.concatenate([side[::-1], side])


UPPER_TEETH = JawTeeth(
    width=(8.5, 6.5, 7.5, 7.0, 7.0, 10.0, 9.0),
    neck=(7.0, 5.0, 5.5, 5.0, 5.0, 8.0, 7.0),
    height=(10.5, 9.0, 10.0, 8.5, 8.5, 7.5, 7.0),
    thickness=(7.0, 6.0, 8.0, 9.0, 9.0, 11.0, 11.0),
    inclination=(7.0, 3.0, -7.0, -7.0, -7.0, -9.0, -9.0),
    edge=(0.0, 0.7, 0.0, 0.6, 0.8, 0.9, 1.3),
    cusp=(0.2, 0.5, 1.8, 1.7, 1.4, 0.9, 0.8),
    papilla=(4.2, 4.0, 3.6, 3.2, 3.0, 2.4, 2.0),
)
LOWER_TEETH = JawTeeth(
    width=(5.0, 5.5, 7.0, 7.0, 7.0, 11.0, 10.5),
    neck=(3.5, 4.0, 5.5, 5.0, 5.0, 9.0, 8.0),
    height=(9.0, 9.5, 11.0, 8.5, 8.0, 7.5, 7.0),
    thickness=(6.0, 6.5, 7.5, 7.5, 8.0, 10.5, 10.0),
    inclination=(-1.0, -1.0, -11.0, -17.0, -22.0, -26.0, -26.0),
    edge=(0.0, 0.0, -0.6, 0.6, 1.1, 1.4, 1.1),
    cusp=(0.1, 0.2, 1.7, 1.6, 1.2, 0.8, 0.8),
    papilla=(3.8, 3.8, 3.6, 3.0, 2.8, 2.2, 2.0),
)
"""Cusps, papillae and edges are read off Wheeler's drawings; Andrews' lower molars (-30, -35) are made milder, as the
arch here runs along the cheek side of the crowns."""


def beta_arch(x: Float[np.ndarray, " N"], *, width: float, depth: float) -> Float[np.ndarray, " N"]:
    """Return how far (mm) behind the front of the arch it runs at ``x``: 0 in the middle, ``depth`` at the ends."""
    part = np.clip((0.5 + x / width) * (0.5 - x / width), 0, None)
    return depth * (1 - BETA_SCALE * part**BETA_POWER)


def walk_arch(
    steps: Float[np.ndarray, " N"], *, width_over_depth: float, used: float = 0.97
) -> tuple[Float[np.ndarray, "N 2"], Float[np.ndarray, " N"]]:
    """Return places (x, z) and headings (radians) at signed lengths ``steps`` (mm) along an arch from its middle.

    The arch is scaled so that the longest step lies at ``used`` of its half length. The heading is the direction of
    growing x, 0 in the middle; z is 0 in the middle and negative behind it.
    """
    x = np.linspace(0, 0.5, ARCH_SAMPLES)
    z = -beta_arch(x, width=1.0, depth=1 / width_over_depth)
    length = np.concatenate([[0], np.cumsum(np.hypot(np.diff(x), np.diff(z)))])
    scale = np.abs(steps).max() / (used * length[-1])
    x, z, length = x * scale, z * scale, length * scale
    angle = np.arctan2(np.gradient(z), np.gradient(x))
    angle[0] = 0
    at, side = np.abs(steps), np.where(steps < 0, -1.0, 1.0)
    place = np.stack([side * np.interp(at, length, x), np.interp(at, length, z)], -1)
    return place, side * np.interp(at, length, angle)
