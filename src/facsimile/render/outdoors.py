"""Draw places under the sky: streets, gardens and squares by day, streets by night."""

import math
from typing import Any

import numpy as np

from facsimile.render.place import BRICKS, DISC, FACADE, FOLIAGE, MOTTLE, PLAIN, TILES, Place, Sky, Source, panel
from facsimile.render.rooms import EYE_HEIGHT_DM, kelvin, surface_colour

SKY_RADIANCE = 0.8
"""Overcast sky, where a lit white wall is 1."""
SUN_IRRADIANCE = 2.6
"""Of the high sun over pi: five times the irradiance of the clear sky (about 100,000 and 20,000 lux)."""
SUN_RADIUS_RAD = 0.03
"""Wider than the sun (0.0047): with the haze round it, and so that its shadow's edge spans a few millimetres."""
BLUE = np.array([0.45, 0.68, 1.15])
NIGHT_FILL = 0.012
AUTUMN = 0.06
"""Part of the trees whose leaves have turned."""


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(1, 60000))


def _sky(rng: np.random.Generator, *, clear: bool, level: float = 1.0) -> Sky:
    ground = surface_colour(rng, 0.1, 0.3) * SKY_RADIANCE * level
    if clear:
        zenith, horizon = BLUE * 0.32 * level, np.array([0.75, 0.85, 1.0]) * 0.7 * level
        cover = float(rng.choice([0.0, rng.uniform(0.2, 0.6)]))
    else:
        zenith = np.full(3, SKY_RADIANCE * level) * kelvin(-0.25)
        horizon, cover = zenith * float(rng.uniform(0.45, 0.9)), float(rng.uniform(0.3, 0.9))
    cloud = np.full(3, 0.9 * level)
    colours = [np.asarray(colour, np.float32) for colour in (zenith, horizon, ground, cloud)]
    return Sky(colours[0], colours[1], colours[2], colours[3], np.float32(cover), np.int64(_seed(rng)))


def _houses(rng: np.random.Generator, panels: list[np.ndarray], floor: float) -> None:
    """Put a row of houses behind and others to the sides."""
    distance, x = -float(math.exp(rng.uniform(math.log(25), math.log(250)))), -400.0
    while x < 400:
        width, height = float(rng.uniform(40, 160)), float(rng.uniform(20, 150))
        colour = surface_colour(rng, 0.12, 0.65, 0.1)
        glass = np.array([0.08, 0.1, 0.13])
        period = (float(rng.uniform(12, 28)), float(rng.uniform(25, 34)))
        look: dict[str, Any] = {"pattern": FACADE, "period": period, "second": glass, "seed": _seed(rng)}
        if rng.random() < 0.2:
            look = {"pattern": BRICKS, "period": (2.4, 0.75), "second": colour * 1.2, "seed": _seed(rng)}
        near = distance - float(rng.uniform(0, 30))
        panels.append(panel(2, near, (x, x + width), (floor, floor + height), colour, **look))
        x += width
    for side in (-1.0, 1.0):
        if rng.random() < 0.6:
            colour = surface_colour(rng, 0.15, 0.6, 0.1)
            offset = side * float(rng.uniform(30, 120))
            look = {
                "pattern": FACADE,
                "period": (20.0, 30.0),
                "second": colour * 0.4,
                "seed": _seed(rng),
            }
            panels.append(
                panel(0, offset, (-300.0, 300.0), (floor, floor + float(rng.uniform(60, 180))), colour, **look)
            )


def _trees(rng: np.random.Generator, panels: list[np.ndarray], floor: float, *, dense: bool) -> None:
    """Put bushes and trees behind: layers of leaves, dark ones last."""
    hue = np.array([0.12, 0.18, 0.06]) * np.exp(rng.normal(size=3) * 0.25)
    if rng.random() < AUTUMN:
        hue = np.array([0.26, 0.15, 0.05]) * np.exp(rng.normal(size=3) * 0.2)
    for layer in range(int(rng.integers(2, 5)) if dense else int(rng.integers(1, 3))):
        z = -float(rng.uniform(12, 30)) * (1 + 1.5 * layer)
        width, height = float(rng.uniform(0.9, 2.4)) * abs(z), float(rng.uniform(0.7, 1.6)) * abs(z)
        x = float(rng.normal() * (8 if dense else 25)) * (1 + layer * 0.5)
        look: dict[str, Any] = {"pattern": FOLIAGE, "period": (float(rng.uniform(0.7, 2.6)), 0.55 if dense else 0.4)}
        shade = hue * math.exp(rng.normal() * 0.2) * (1 - 0.12 * layer)
        low = floor if dense else floor + float(rng.uniform(0, 15))
        panels.append(
            panel(2, z, (x - width, x + width), (low, low + height), shade * 0.35, second=shade * 1.9, **look,
                  seed=_seed(rng))
        )  # fmt: skip
    if dense and rng.random() < 0.7:
        panels.append(panel(2, -160.0, (-400.0, 400.0), (floor, floor + 70), hue * 0.3, second=hue, pattern=MOTTLE,
                            period=(9.0, 1.4), seed=_seed(rng)))  # fmt: skip


def _ground(rng: np.random.Generator, floor: float) -> np.ndarray:
    wide = (-600.0, 600.0)
    if rng.random() < 0.5:
        grass = np.array([0.1, 0.16, 0.05]) * math.exp(rng.normal() * 0.3)
        return panel(1, floor, wide, wide, grass, pattern=MOTTLE, period=(1.0, 0.8), seed=_seed(rng))
    stone = surface_colour(rng, 0.1, 0.4, 0.05)
    size = float(rng.uniform(2, 8))
    look: dict[str, Any] = {"pattern": TILES, "period": (size, size), "second": stone * 0.7}
    return panel(1, floor, wide, wide, stone, **look, seed=_seed(rng))


def _sun(rng: np.random.Generator) -> Source:
    """Draw the sun: any side, also behind; low suns are warm."""
    azimuth, elevation = float(rng.uniform(-math.pi, math.pi)), float(rng.uniform(0.25, 1.2))
    if rng.random() < 0.35:
        azimuth *= 0.4
    level = math.cos(elevation)
    towards = np.array([level * math.sin(azimuth), math.sin(elevation), level * math.cos(azimuth)], np.float32)
    colour = SUN_IRRADIANCE * kelvin(0.9 - elevation) * math.exp(rng.normal() * 0.25)
    return Source(towards, colour.astype(np.float32), SUN_RADIUS_RAD)


def daylight(rng: np.random.Generator, *, sunny: bool) -> Place:
    """Draw a street, a square or a garden under a clear or an overcast sky."""
    floor = -float(rng.uniform(*EYE_HEIGHT_DM))
    panels: list[np.ndarray] = []
    is_garden = rng.random() < 0.5
    if is_garden or rng.random() < 0.4:
        _trees(rng, panels, floor, dense=is_garden)
    if not is_garden and rng.random() < 0.85:
        _houses(rng, panels, floor)
    panels.append(_ground(rng, floor))
    sky = _sky(rng, clear=sunny)
    above = (sky.zenith + sky.horizon) / 2
    ambient = (0.55 * above + 0.3 * sky.ground).astype(np.float32)
    suns = (_sun(rng),) if sunny else ()
    turn = float(rng.uniform(-0.4, 0.4))
    return Place("sun" if sunny else "overcast", np.array(panels, np.float32), sky, ambient, turn, suns)


def night_street(rng: np.random.Generator) -> Place:
    """Draw a street at night: lamps of many colours behind; a shop window and a street lamp light the face."""
    floor = -float(rng.uniform(*EYE_HEIGHT_DM))
    panels: list[np.ndarray] = []
    for _ in range(int(rng.integers(10, 30))):
        z = -float(math.exp(rng.uniform(math.log(25), math.log(250))))
        x, y = float(rng.normal()) * -z * 0.25, floor * 0.5 + float(rng.normal()) * -z * 0.1
        size = float(rng.uniform(0.006, 0.014)) * -z
        hue = kelvin(float(rng.uniform(0.2, 1.4))) if rng.random() < 0.7 else np.exp(rng.normal(size=3) * 0.8)
        look = hue * float(math.exp(rng.normal() * 0.6)) * 1.2
        panels.append(panel(2, z, (x - size, x + size), (y - size, y + size), look, pattern=DISC, emits=True))
    side, warm = float(rng.choice([-1.0, 1.0])), kelvin(float(rng.uniform(0.1, 1.3)))
    x = side * float(rng.uniform(12, 25))
    z = float(rng.uniform(-6, 16))
    light = warm * float(rng.uniform(0.8, 2.0))
    panels.append(panel(0, x, (z - 7, z + 7), (floor + 2, floor + 22), light, pattern=PLAIN, emits=True))
    x, z = float(rng.normal() * 12), float(rng.uniform(-10, 20))
    panels.append(panel(1, 25.0, (x - 2, x + 2), (z - 2, z + 2), warm[::-1] * 6, emits=True))
    _houses(rng, panels, floor)
    panels.append(_ground(rng, floor))
    black = np.zeros(3, np.float32)
    sky = Sky(np.full(3, 0.004, np.float32), np.full(3, 0.012, np.float32), black, black, np.float32(0), np.int64(1))
    fill = np.full(3, NIGHT_FILL, np.float32)
    return Place("night", np.array(panels, np.float32), sky, fill, float(rng.uniform(-0.3, 0.3)))
