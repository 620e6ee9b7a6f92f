"""What is behind the head: plausible, out of focus, cheap."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Float, Float32

GRID = 96
"""Side of the stored picture; backgrounds are out of focus, so it is enough for 512 px."""
BACKGROUND_KINDS = ("plain", "wall", "room", "window", "foliage", "street", "bokeh")


@dataclass(frozen=True)
class Background:
    """A small linear-RGB picture of what is behind the head."""

    kind: str
    pixels: Float[np.ndarray, "G G 3"]

    def at(self, size: int) -> Float32[np.ndarray, "{size} {size} 3"]:
        """Return the background of a picture of ``size`` pixels."""
        shrinking = cv2.INTER_AREA if size < self.pixels.shape[0] else cv2.INTER_LINEAR
        resized = cv2.resize(self.pixels, (size, size), interpolation=shrinking)
        return np.ascontiguousarray(resized, np.float32)

    def mirrored(self) -> "Background":
        """Return the background of the mirrored room."""
        return Background(self.kind, np.ascontiguousarray(self.pixels[:, ::-1]))


def plain_background(level: float) -> Background:
    """Return an even grey of linear brightness ``level``."""
    return Background("plain", np.full((GRID, GRID, 3), level, np.float32))


def random_background(rng: np.random.Generator, ambient: Float[np.ndarray, " 3"]) -> Background:
    """Draw a background lit by ``ambient`` (linear RGB radiance of the room)."""
    kind = str(rng.choice(BACKGROUND_KINDS, p=[0.08, 0.2, 0.26, 0.12, 0.14, 0.1, 0.1]))
    base = ambient * math.exp(rng.normal() * 0.5 - 0.3)
    paint = {
        "plain": _plain,
        "wall": _wall,
        "room": _room,
        "window": _window,
        "foliage": _foliage,
        "street": _street,
        "bokeh": _bokeh,
    }[kind]
    pixels = paint(rng, base)
    sigma = rng.uniform(0.5, 1.5) if kind == "bokeh" else math.exp(rng.uniform(math.log(0.6), math.log(5)))
    pixels = cv2.GaussianBlur(pixels.astype(np.float32), (0, 0), sigma, borderType=cv2.BORDER_REPLICATE)
    return Background(kind, np.clip(pixels, 0.002, 6).astype(np.float32))


def _tint(rng: np.random.Generator, spread: float) -> np.ndarray:
    """Return a random colour factor: brightness and hue vary by ``spread`` and half of it (log scale)."""
    return np.exp(rng.normal() * spread + rng.normal(size=3) * spread * 0.4)


def _grid() -> tuple[np.ndarray, np.ndarray]:
    """Return row and column coordinates 0-1 [G,1] and [1,G]."""
    line = (np.arange(GRID) + 0.5) / GRID
    return line[:, None], line[None]


def _noise(rng: np.random.Generator, cells: int) -> np.ndarray:
    """Return smooth noise [G,G] with about ``cells`` blobs across and deviation about 1."""
    return cv2.resize(rng.standard_normal((cells, cells), np.float32), (GRID, GRID), interpolation=cv2.INTER_CUBIC)


def _plain(rng: np.random.Generator, base: np.ndarray) -> np.ndarray:
    return np.broadcast_to(base * _tint(rng, 0.5), (GRID, GRID, 3)).copy()


def _wall(rng: np.random.Generator, base: np.ndarray) -> np.ndarray:
    rows, columns = _grid()
    angle = rng.uniform(0, 2 * math.pi)
    ramp = (math.cos(angle) * (columns - 0.5) + math.sin(angle) * (rows - 0.5)) * rng.normal() * 1.1
    mottle = _noise(rng, 4) * rng.uniform(0.02, 0.1) + _noise(rng, 24) * 0.02
    return np.exp(ramp + mottle)[..., None] * base * _tint(rng, 0.5)


def _rectangle(picture: np.ndarray, rng: np.random.Generator, colour: np.ndarray, low: float, high: float) -> None:
    """Fill a rectangle, sides between ``low`` and ``high`` of the picture, at a random place."""
    width, height = rng.uniform(low, high, 2) * GRID
    left, top = rng.uniform(-0.2, 1.0, 2) * GRID
    rows = slice(max(0, int(top)), max(0, int(top + height)))
    picture[rows, max(0, int(left)) : max(0, int(left + width))] = colour


def _room(rng: np.random.Generator, base: np.ndarray) -> np.ndarray:
    picture = _wall(rng, base)
    if rng.random() < 0.6:
        floor = int(GRID * rng.uniform(0.6, 0.95))
        picture[floor:] = base * _tint(rng, 0.6) * 0.6
    for _ in range(int(rng.integers(2, 9))):
        _rectangle(picture, rng, base * _tint(rng, 0.7), 0.05, 0.5)
    if rng.random() < 0.5:
        top, left = int(rng.uniform(0, 0.6) * GRID), int(rng.uniform(-0.1, 0.8) * GRID)
        for shelf in range(int(rng.integers(1, 4))):
            row = top + shelf * 16
            for book in range(int(rng.integers(5, 14))):
                column = max(0, left + book * 4)
                picture[row + int(rng.integers(0, 4)) : row + 13, column : column + 3] = base * _tint(rng, 0.7)
    for _ in range(int(rng.integers(0, 3))):
        _rectangle(picture, rng, base * _tint(rng, 0.3) * rng.uniform(2, 6), 0.03, 0.15)
    return picture


def _window(rng: np.random.Generator, base: np.ndarray) -> np.ndarray:
    picture = _wall(rng, base * 0.6)
    left, top = (rng.uniform(-0.2, 0.5, 2) * GRID).astype(int)
    width, height = (rng.uniform(0.4, 0.9, 2) * GRID).astype(int)
    panes = int(rng.integers(1, 4))
    outside = base * np.exp(_noise(rng, 6) * 0.3)[..., None] * rng.uniform(1.5, 4) * np.array([0.95, 1, 1.08])
    for pane in range(panes):
        start, stop = left + pane * width // panes + 2, left + (pane + 1) * width // panes
        area = (slice(max(0, top), max(0, top + height)), slice(max(0, start), max(0, stop)))
        picture[area] = outside[area]
    return picture


def _foliage(rng: np.random.Generator, base: np.ndarray) -> np.ndarray:
    rows, _ = _grid()
    leaves = sum(_noise(rng, cells) * weight for cells, weight in ((5, 0.5), (12, 0.45), (28, 0.4), (60, 0.3)))
    green = base * np.array([0.55, 0.75, 0.3]) * _tint(rng, 0.25)
    picture = np.exp(leaves)[..., None] * green * 0.8
    sky = np.clip((_noise(rng, 7) + _noise(rng, 20) * 0.7 + (0.5 - rows) * 2.5 - rng.uniform(0.2, 2)) * 2, 0, 1)
    return picture * (1 - sky[..., None]) + sky[..., None] * base * np.array([1.6, 1.8, 2.0])


def _street(rng: np.random.Generator, base: np.ndarray) -> np.ndarray:
    rows, _ = _grid()
    picture = np.ones((GRID, GRID, 1)) * base * np.array([1.5, 1.7, 1.9]) * (1.2 - 0.4 * rows[..., None])
    left = 0
    while left < GRID:
        width, top = int(rng.integers(8, 34)), int(rng.uniform(0, 0.5) * GRID)
        house = base * _tint(rng, 0.45) * 0.8
        picture[top:, left : left + width] = house
        for row in range(top + 3, int(GRID * 0.8), int(rng.integers(6, 11))):
            picture[row : row + 3, left + 2 : left + width - 2 : 2] = house * rng.uniform(0.3, 1.6)
        left += width
    picture[int(GRID * rng.uniform(0.75, 0.95)) :] = base * rng.uniform(0.3, 0.7)
    return picture


def _bokeh(rng: np.random.Generator, base: np.ndarray) -> np.ndarray:
    rows, columns = _grid()
    picture = np.exp(_noise(rng, 5) * 0.4)[..., None] * base * 0.4
    for _ in range(int(rng.integers(8, 40))):
        row, column = rng.random(2)
        disc = (rows - row) ** 2 + (columns - column) ** 2 < rng.uniform(0.015, 0.06) ** 2
        picture += disc[..., None] * base * _tint(rng, 0.6) * rng.uniform(0.5, 2)
    return picture
