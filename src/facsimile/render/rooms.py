"""Draw places with a roof: rooms by window or lamp, offices, studios, and dark rooms with one light at the camera."""

import math
from typing import Any

import numpy as np

from facsimile.render.place import (
    BOOKS,
    BRICKS,
    FOLDS,
    FOLIAGE,
    MOTTLE,
    OUTSIDE,
    PLAIN,
    PLANKS,
    POSTER,
    RING,
    TILES,
    Place,
    Sky,
    panel,
)

BLACK = np.zeros(3)
CEILING_DM = (24.0, 31.0)
EYE_HEIGHT_DM = (11.0, 16.5)
"""Height of a face above the floor, sitting to standing."""
BOUNCE_ALBEDO = 0.4
"""Mean reflectance of a furnished room: light is reflected two thirds of a time more before it is lost."""

WINDOW_RADIANCE = 4.0
"""Of the sky in a window, in units where a lit white wall is about 1; the other radiances follow from usual luminances:
window 4,000 cd/m2, lamp shade 3,000, ceiling panel 5,000, soft box 6,000, screen 200."""
SHADE_RADIANCE, CEILING_RADIANCE, SOFTBOX_RADIANCE, SCREEN_RADIANCE = 3.0, 5.0, 6.0, 0.25
FLASH_POWER, RING_RADIANCE = 160.0, 8.0
"""A bare flash: radiance times dm2; a ring lamp of 4 dm."""


def kelvin(warmth: float) -> np.ndarray:
    """Return an RGB tint of green 1; warmth -1 is shade (about 9000 K), 0 daylight, 1 a lamp (3000 K)."""
    return np.exp(np.array([0.32, 0.0, -0.55]) * warmth)


def surface_colour(rng: np.random.Generator, low: float, high: float, chroma: float = 0.15) -> np.ndarray:
    """Draw an albedo: brightness between ``low`` and ``high``, log-uniform, and a warm-biased hue."""
    grey = math.exp(rng.uniform(math.log(low), math.log(high)))
    hue = np.exp(rng.normal(size=3) * chroma + np.array([0.06, 0.0, -0.08]))
    return np.clip(grey * hue / hue.mean(), 0.01, 0.9)


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(1, 60000))


class Room:
    """A box round the face: walls, and rows of panels that stand before them, nearest first."""

    def __init__(self, rng: np.random.Generator, *, depth: tuple[float, float] = (6.0, 40.0)) -> None:
        self.rng = rng
        self.floor = -float(rng.uniform(*EYE_HEIGHT_DM))
        self.ceiling = self.floor + float(rng.uniform(*CEILING_DM))
        self.left, self.right = float(rng.uniform(16, 40)), -float(rng.uniform(16, 40))
        self.back = -float(math.exp(rng.uniform(math.log(depth[0]), math.log(depth[1]))))
        self.front = float(rng.uniform(22, 45))
        self.near: list[np.ndarray] = []
        self.wall = surface_colour(rng, 0.3, 0.85, 0.1 if rng.random() < 0.75 else 0.35)

    def side(self, name: str) -> tuple[int, float]:
        """Return axis and offset of a wall, a finger's breadth before it."""
        return {
            "left": (0, self.left - 0.1),
            "right": (0, self.right + 0.1),
            "front": (2, self.front - 0.1),
            "back": (2, self.back + 0.1),
        }[name]

    def span(self, name: str) -> tuple[float, float]:
        """Return the horizontal ends of a wall."""
        return (self.right, self.left) if name in ("front", "back") else (self.back, self.front)

    def place(self, kind: str, *, fill: float = 0.03) -> Place:
        """Return the room; ``fill`` is added to the light that walls pass on to each other."""
        rng, wide, deep, high = self.rng, (self.right, self.left), (self.back, self.front), (self.floor, self.ceiling)
        pattern, period, second = _wall_pattern(rng, self.wall)
        look: dict[str, Any] = {"pattern": pattern, "period": period, "second": second, "seed": _seed(rng)}
        floor_colour = surface_colour(rng, 0.1, 0.45)
        ground: dict[str, Any] = (
            {"pattern": PLANKS, "period": (1.4, 11.0), "second": floor_colour * 0.7}
            if rng.random() < 0.6
            else {"pattern": MOTTLE, "period": (0.5, 0.4)}
        )
        walls = [
            panel(2, self.back, wide, high, self.wall, **look),
            panel(0, self.left, deep, high, self.wall, **look),
            panel(0, self.right, deep, high, self.wall, **look),
            panel(1, self.floor, wide, deep, floor_colour, **ground, seed=_seed(rng)),
            panel(1, self.ceiling, wide, deep, np.full(3, 0.8)),
            panel(2, self.front, wide, high, self.wall),
        ]
        panels = np.array([*self.near, *walls], np.float32)
        return Place(kind, panels, _dark_sky(), self._bounce(panels, fill), float(rng.uniform(-0.55, 0.55)))

    def _bounce(self, panels: np.ndarray, fill: float) -> np.ndarray:
        """Return the light that lamps leave in the room: their flux over its walls, reflected to the end."""
        width, depth, height = self.left - self.right, self.front - self.back, self.ceiling - self.floor
        surface = 2 * (width * depth + width * height + depth * height)
        lamps = panels[panels[:, 7] > 0]
        areas = (lamps[:, 3] - lamps[:, 2]) * (lamps[:, 5] - lamps[:, 4])
        flux = ((lamps[:, 11:14] + lamps[:, 14:17]) / 2 * areas[:, None]).sum(0)
        return (flux / surface * BOUNCE_ALBEDO / (1 - BOUNCE_ALBEDO) + fill).astype(np.float32)


def _dark_sky() -> Sky:
    black = np.zeros(3, np.float32)
    return Sky(black, black, black, black, np.float32(0), np.int64(0))


def _wall_pattern(rng: np.random.Generator, colour: np.ndarray) -> tuple[int, tuple[float, float], np.ndarray]:
    """Draw plaster, bricks, tiles, panelling or striped paper."""
    name = str(rng.choice(["plaster", "bricks", "tiles", "boards", "paper"], p=[0.72, 0.08, 0.06, 0.08, 0.06]))
    if name == "bricks":
        return BRICKS, (2.4, 0.75), np.clip(colour * 1.2, 0, 0.8)
    if name == "tiles":
        size = float(rng.uniform(1.0, 3.0))
        return TILES, (size, size), colour * 0.6
    if name == "boards":
        return PLANKS, (float(rng.uniform(0.8, 2.0)), 40.0), np.clip(colour * 0.8, 0, 0.9)
    if name == "paper":
        return TILES, (float(rng.uniform(0.6, 1.5)), 60.0), colour * 0.7
    return MOTTLE, (float(rng.uniform(4, 15)), float(rng.uniform(0.03, 0.18))), colour


def add_window(room: Room, wall: str, radiance: np.ndarray, *, at: float | None = None) -> None:
    """Put a window with curtains into a wall; ``at`` is its middle along the wall (dm)."""
    rng, (axis, offset), (low, high) = room.rng, room.side(wall), room.span(wall)
    width, height = float(rng.uniform(8, 22)), float(rng.uniform(9, 15))
    middle = float(rng.uniform(low + width / 2, high - width / 2)) if at is None else at
    sill = room.floor + float(rng.uniform(6, 10))
    u, v = (middle - width / 2, middle + width / 2), (sill, min(sill + height, room.ceiling - 1))
    below = radiance * surface_colour(rng, 0.12, 0.4, 0.2)
    step = 0.25 if offset < 0 else -0.25
    if rng.random() < 0.5:
        cloth = surface_colour(rng, 0.2, 0.8, 0.25)
        for edge in (u[0] - 2.5, u[1] - 1.5):
            curtain = (edge, edge + 4.0)
            room.near.append(
                panel(axis, offset + step, curtain, (room.floor, v[1] + 1), cloth, pattern=FOLDS, period=(0.9, 1.0))
            )
    panes = (float(rng.integers(1, 4)), float(rng.integers(1, 3)))
    look: dict[str, Any] = {"pattern": OUTSIDE, "period": panes, "emits": True, "seed": _seed(rng)}
    room.near.append(panel(axis, offset, u, v, radiance, second=below, **look))
    frame = ((u[0] - 0.6, u[1] + 0.6), (v[0] - 0.6, v[1] + 0.6))
    room.near.append(panel(axis, offset - step / 3, *frame, np.full(3, rng.choice([0.75, 0.2]))))


def add_lamp(room: Room, where: tuple[float, float, float], colour: np.ndarray, size: float) -> None:
    """Put a lamp shade at a point: two crossed panels."""
    x, y, z = where
    tall, wide = (y - size * 0.8, y + size * 0.8), size
    for axis, offset, u in ((2, z, (x - wide, x + wide)), (0, x, (z - wide, z + wide))):
        room.near.append(panel(axis, offset, u, tall, colour, emits=True))


def furnish(room: Room) -> None:
    """Put things before and on the back wall, at the height of the head."""
    rng = room.rng
    things = (_shelf, _picture, _picture, _cabinet, _door, _plant, _screen, _boards, _sofa, _picture)
    spread = 3.0 - 0.3 * room.back
    for index in rng.permutation(len(things))[: int(rng.integers(1, 5))]:
        things[int(index)](room, float(rng.normal() * spread))


def _on_back(room: Room, u: tuple[float, float], v: tuple[float, float], colour: np.ndarray, **look: Any) -> None:
    """Add a panel a little nearer than the last: up to 3 dm before the back wall."""
    offset = room.back + 0.3 + min(0.15 * len(room.near), 2.5)
    room.near.insert(0, panel(2, offset, u, v, colour, **look))


def _shelf(room: Room, x: float) -> None:
    rng = room.rng
    width, top = float(rng.uniform(5, 14)), float(rng.uniform(1, 10))
    wood = surface_colour(rng, 0.1, 0.7)
    period = (float(rng.uniform(0.25, 0.5)), float(rng.uniform(2.6, 3.8)))
    look: dict[str, Any] = {"pattern": BOOKS, "period": period, "second": wood, "seed": _seed(rng)}
    _on_back(room, (x - width / 2 - 0.25, x + width / 2 + 0.25), (room.floor, top + 0.25), wood)
    _on_back(room, (x - width / 2, x + width / 2), (room.floor, top), surface_colour(rng, 0.15, 0.4), **look)


def _picture(room: Room, x: float) -> None:
    rng = room.rng
    width, height = rng.uniform(2, 9, 2)
    y = float(rng.uniform(-2, 4))
    u, v = (x - width / 2, x + width / 2), (y - height / 2, y + height / 2)
    frame = float(rng.uniform(0.15, 0.5))
    inner = ((u[0] + frame, u[1] - frame), (v[0] + frame, v[1] - frame))
    _on_back(room, u, v, np.full(3, float(rng.choice([0.05, 0.3, 0.8]))))
    look: dict[str, Any] = {
        "pattern": POSTER,
        "period": (width * 0.4, height * 0.3),
        "second": surface_colour(rng, 0.3, 0.8, 0.25),
    }
    _on_back(room, *inner, surface_colour(rng, 0.05, 0.5, 0.25), **look, seed=_seed(rng))


def _cabinet(room: Room, x: float) -> None:
    rng, width = room.rng, float(room.rng.uniform(6, 18))
    colour, top = surface_colour(room.rng, 0.08, 0.75), float(room.rng.uniform(-8, 8))
    look: dict[str, Any] = {
        "pattern": TILES,
        "period": (float(rng.uniform(3, 6)), float(rng.uniform(2, 8))),
        "second": colour * 0.35,
    }
    _on_back(room, (x - width / 2, x + width / 2), (room.floor, top), colour, **look)


def _door(room: Room, x: float) -> None:
    colour = surface_colour(room.rng, 0.1, 0.8)
    top = room.floor + 20.5
    _on_back(room, (x - 4.7, x + 4.7), (room.floor, top + 0.7), np.clip(colour * 0.7, 0, 0.9))
    look: dict[str, Any] = {"pattern": TILES, "period": (4.0, 8.0), "second": colour * 0.6}
    _on_back(room, (x - 4, x + 4), (room.floor, top), colour, **look)


def _plant(room: Room, x: float) -> None:
    rng = room.rng
    width, height, y = float(rng.uniform(4, 9)), float(rng.uniform(5, 11)), float(rng.uniform(-7, 1))
    leaf = np.array([0.09, 0.2, 0.05]) * rng.uniform(0.6, 1.6)
    look: dict[str, Any] = {"pattern": FOLIAGE, "period": (float(rng.uniform(0.4, 1.0)), 0.35), "second": leaf * 1.8}
    _on_back(room, (x - width / 2, x + width / 2), (y, y + height), leaf * 0.5, **look, seed=_seed(rng))


def _screen(room: Room, x: float) -> None:
    rng = room.rng
    width, y = float(rng.uniform(5, 13)), float(rng.uniform(-3, 1))
    u, v = (x - width / 2, x + width / 2), (y, y + 0.58 * width)
    _on_back(room, (u[0] - 0.2, u[1] + 0.2), (v[0] - 0.2, v[1] + 0.2), np.full(3, 0.02))
    if rng.random() < 0.5:
        bright = np.full(3, SCREEN_RADIANCE) * surface_colour(rng, 0.5, 1.0, 0.4)
        _on_back(room, u, v, bright, second=bright * 0.2, pattern=POSTER, period=(1.5, 1.0), emits=True)


def _boards(room: Room, x: float) -> None:
    """A few planks with things on them."""
    rng = room.rng
    for y in (-3.0, 0.5, 4.0)[: int(rng.integers(1, 4))]:
        for _ in range(int(rng.integers(2, 6))):
            width, height = rng.uniform(0.4, 1.6), rng.uniform(0.5, 2.5)
            at = x + rng.uniform(-4, 4)
            _on_back(room, (at, at + width), (y, y + height), surface_colour(rng, 0.06, 0.8, 0.3))
        _on_back(room, (x - 4.5, x + 5.5), (y - 0.25, y), surface_colour(rng, 0.15, 0.7))


def _sofa(room: Room, x: float) -> None:
    rng, width = room.rng, float(room.rng.uniform(8, 20))
    cloth = surface_colour(rng, 0.05, 0.6, 0.3)
    look: dict[str, Any] = {"pattern": FOLDS, "period": (float(rng.uniform(4, 8)), 1.0)}
    _on_back(room, (x - width / 2, x + width / 2), (room.floor, float(rng.uniform(-7, -1))), cloth, **look)


def window_room(rng: np.random.Generator) -> Place:
    """Draw a room by day: one or two windows, most often at the side."""
    room = Room(rng)
    furnish(room)
    light = WINDOW_RADIANCE * kelvin(float(rng.uniform(-0.9, 0.2))) * math.exp(rng.normal() * 0.4)
    walls = rng.permutation(["left", "right", "left", "right", "front", "back"])[: int(rng.integers(1, 3))]
    for wall in walls:
        near = float(rng.uniform(-6, 14)) if wall in ("left", "right") else float(rng.normal() * 8)
        if wall in ("left", "right"):
            distance = float(rng.uniform(9, 22))
            room.left, room.right = (distance, room.right) if wall == "left" else (room.left, -distance)
        add_window(room, str(wall), light, at=near)
    return room.place("window")


def lamp_room(rng: np.random.Generator) -> Place:
    """Draw a room in the evening: one to three warm lamps, beside, above or behind."""
    room = Room(rng)
    furnish(room)
    warm = kelvin(float(rng.uniform(0.5, 1.2)))
    for index in range(int(rng.integers(1, 4))):
        azimuth, distance = float(rng.normal() * 0.9), float(rng.uniform(8, 16))
        if index:
            azimuth = float(rng.uniform(-math.pi, math.pi))
        z = max(room.back + 2, distance * math.cos(azimuth))
        height = float(rng.choice([rng.uniform(-2, 5), room.ceiling - rng.uniform(2, 6)]))
        strength = SHADE_RADIANCE * math.exp(rng.normal() * 0.4) * (1.0 if index == 0 else 0.6)
        add_lamp(room, (distance * math.sin(azimuth), height, z), warm * strength, float(rng.uniform(0.7, 1.6)))
    return room.place("lamps", fill=0.02)


def office(rng: np.random.Generator) -> Place:
    """Draw an office: rows of panels in the ceiling, sometimes a window."""
    room = Room(rng, depth=(8.0, 60.0))
    room.wall = surface_colour(rng, 0.5, 0.85, 0.06)
    furnish(room)
    light = CEILING_RADIANCE * kelvin(float(rng.uniform(-0.3, 0.5)))
    shift_x, shift_z, spacing = *rng.uniform(-8, 8, 2), float(rng.uniform(14, 24))
    for i in range(-1, 2):
        for j in range(-1, 2):
            x, z = i * spacing + shift_x, j * spacing + shift_z
            if room.right < x < room.left and room.back < z < room.front:
                room.near.append(panel(1, room.ceiling - 0.1, (x - 3, x + 3), (z - 3, z + 3), light, emits=True))
    if rng.random() < 0.4:
        add_window(room, str(rng.choice(["left", "right", "front"])), WINDOW_RADIANCE * kelvin(-0.5))
    return room.place("office")


def studio(rng: np.random.Generator) -> Place:
    """Draw a studio: a plain backdrop, a key soft box, often a fill or a hair light."""
    room = Room(rng, depth=(7.0, 25.0))
    grey = math.exp(rng.uniform(math.log(0.03), math.log(0.85)))
    room.wall = np.clip(grey * np.exp(rng.normal(size=3) * rng.choice([0.02, 0.3])), 0.01, 0.9)
    side = float(rng.choice([-1.0, 1.0]))
    light = SOFTBOX_RADIANCE * kelvin(float(rng.normal() * 0.1))
    x, z, half = side * float(rng.uniform(4, 13)), float(rng.uniform(5, 14)), float(rng.uniform(2, 5))
    y = float(rng.uniform(1, 9))
    room.near.append(panel(2, z, (x - half, x + half), (y - half, y + half * 1.3), light, emits=True))
    if rng.random() < 0.6:
        fill = light * float(rng.uniform(0.1, 0.5))
        room.near.append(panel(2, 12.0, (-side * 12 - 3, -side * 12 + 3), (-3.0, 4.0), fill, emits=True))
    if rng.random() < 0.45:
        rim = light * float(rng.uniform(0.5, 1.6))
        edge, deep = -side * float(rng.uniform(8, 11)), max(room.back + 1, -float(rng.uniform(5, 10)))
        room.near.append(panel(0, edge, (deep - 2.0, deep + 2.0), (1.0, 6.0), rim, emits=True))
    place = room.place("studio", fill=0.03)
    place.panels[len(room.near), 6:10] = (MOTTLE, 0, 9.0, 0.12)
    return place


def flash_room(rng: np.random.Generator) -> Place:
    """Draw a dim room lit by the flash of the camera."""
    room = Room(rng, depth=(4.0, 40.0))
    furnish(room)
    size, height = 0.35, float(rng.choice([0.3, 1.2]))
    x, z = float(rng.normal() * 0.3), float(rng.uniform(8, 12))
    light = FLASH_POWER / (4 * size * size) * kelvin(-0.1)
    room.near.append(panel(2, z, (x - size, x + size), (height - size, height + size), light, emits=True))
    return room.place("flash", fill=0.05)


def ring_room(rng: np.random.Generator) -> Place:
    """Draw a room with a ring lamp round the camera."""
    room = Room(rng, depth=(5.0, 25.0))
    furnish(room)
    half, z, y = float(rng.uniform(1.6, 2.6)), float(rng.uniform(7, 10)), float(rng.uniform(0.0, 2.0))
    light = RING_RADIANCE * kelvin(float(rng.uniform(-0.5, 0.4)))
    room.near.append(panel(2, z, (-half, half), (y - half, y + half), light, pattern=RING, emits=True))
    return room.place("ring", fill=0.06)


def screen_room(rng: np.random.Generator) -> Place:
    """Draw a dark room lit by a screen below the camera, perhaps with a lamp far behind."""
    room = Room(rng, depth=(8.0, 35.0))
    furnish(room)
    light = SCREEN_RADIANCE * kelvin(float(rng.uniform(-0.9, -0.3))) * np.exp(rng.normal(size=3) * 0.12)
    z, y = float(rng.uniform(4.5, 6.5)), float(rng.uniform(-3.5, -1.0))
    wide = float(rng.uniform(1.6, 3.2))
    room.near.append(panel(2, z, (-wide, wide), (y - 1, y + 1), light, second=light * 0.5, pattern=PLAIN, emits=True))
    if rng.random() < 0.6:
        at = (float(rng.uniform(-12, 12)), float(rng.uniform(-3, 6)), room.back + 2)
        add_lamp(room, at, kelvin(1.0) * float(rng.uniform(0.02, 0.1)), 0.8)
    return room.place("screen", fill=0.004)
