"""Pictures that are not an aligned face, made from pictures of faces: what a careless face finder passes on."""

import cv2
import numpy as np
from jaxtyping import UInt8

MIN_CLOSE_UP, MAX_CLOSE_UP = 0.12, 0.3  # share of the width: skin, an eye, half a mouth, but no face
NUM_TILES = 4
MAX_FLAT_NOISE = 6.0  # levels of 255


def make_negative(
    image: UInt8[np.ndarray, "H W 3"], rng: np.random.Generator, *, size: int
) -> UInt8[np.ndarray, "S S 3"]:
    """Return a ``size`` x ``size`` picture without an aligned face; ``image`` is spoilt in one of several ways."""
    spoil = SPOILERS[rng.integers(len(SPOILERS))]
    return cv2.resize(spoil(image, rng), (size, size), interpolation=cv2.INTER_LINEAR).astype(np.uint8)


def close_up(image: UInt8[np.ndarray, "H W 3"], rng: np.random.Generator) -> np.ndarray:
    """Cut out a patch too small to hold a face."""
    side = int(rng.uniform(MIN_CLOSE_UP, MAX_CLOSE_UP) * min(image.shape[:2]))
    top, left = (int(rng.integers(0, n - side)) for n in image.shape[:2])
    return image[top : top + side, left : left + side]


def corner(image: UInt8[np.ndarray, "H W 3"], rng: np.random.Generator) -> np.ndarray:
    """Cut out a corner: background, hair, an ear."""
    height, width = (int(rng.uniform(0.2, 0.36) * n) for n in image.shape[:2])
    rows = slice(0, height) if rng.random() < 0.5 else slice(-height, None)
    columns = slice(0, width) if rng.random() < 0.5 else slice(-width, None)
    return image[rows, columns]


def turned(image: UInt8[np.ndarray, "H W 3"], rng: np.random.Generator) -> np.ndarray:
    """Turn the picture by a quarter or a half."""
    return np.ascontiguousarray(np.rot90(image, int(rng.integers(1, 4))))


def shuffled(image: UInt8[np.ndarray, "H W 3"], rng: np.random.Generator) -> np.ndarray:
    """Put the picture's tiles in random order."""
    height, width = (n // NUM_TILES for n in image.shape[:2])
    tiles = [
        image[i * height : (i + 1) * height, j * width : (j + 1) * width]
        for i in range(NUM_TILES)
        for j in range(NUM_TILES)
    ]
    order = rng.permutation(len(tiles))
    rows = [np.hstack([tiles[k] for k in order[i * NUM_TILES : (i + 1) * NUM_TILES]]) for i in range(NUM_TILES)]
    return np.vstack(rows)


def noise(image: UInt8[np.ndarray, "H W 3"], rng: np.random.Generator) -> np.ndarray:
    """Draw smooth noise in the picture's colours."""
    cells = int(rng.integers(1, 16))
    grid = rng.normal(image.mean(axis=(0, 1)), image.std() + 1, (cells, cells, 3))
    return np.clip(cv2.resize(grid, image.shape[1::-1], interpolation=cv2.INTER_CUBIC), 0, 255).astype(np.uint8)


def flat(image: UInt8[np.ndarray, "H W 3"], rng: np.random.Generator) -> np.ndarray:
    """Draw one colour, black and white included, with hardly any noise: a lens cap, a wall, a faded-out film."""
    colour = rng.uniform(-30, 285, 3) if rng.random() < 0.5 else np.full(3, rng.uniform(-30, 285))
    grain = rng.normal(0, rng.uniform(0, MAX_FLAT_NOISE), image.shape)
    return np.clip(colour + grain, 0, 255).astype(np.uint8)


SPOILERS = (close_up, corner, turned, shuffled, noise, flat)
