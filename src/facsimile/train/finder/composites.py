"""Small grey pictures with synthetic faces in them, and where: what a face finder learns from.

A head is drawn by the renderer. It fills a patch with its own surroundings, or is cut out and pasted on an empty room,
noise or clutter: any size, place and turn, beside things that are like a face but are none.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import cv2
import numpy as np
from jaxtyping import Bool, Float, UInt8

from facsimile.data.align import CROP_SIZE, align_matrix, invert, rotation_of

PATCH = 96
"""Side of a training picture in pixels."""
MIN_SIDE, MAX_SIDE = 14.0, 84.0
"""Crop sides of pasted faces in pixels: wider than what is to be found, so that the finder learns where to stop."""
TURN_SD, MAX_TURN = math.radians(18), math.radians(50)
FACELESS_SHARE, PORTRAIT_SHARE, SECOND_FACE_SHARE = 0.3, 0.45, 0.25
SPOILT_SHARE = 0.45
"""Of patches: also show something made from a face that is none."""
COVERED_SHARE = 0.15
SHARP_SCALE = 0.6
"""Heads shrunk further than this are averaged down first."""


@dataclass(frozen=True)
class Head:
    """One rendered head."""

    image: UInt8[np.ndarray, "H W"]
    landmarks: Float[np.ndarray, "70 2"]
    mask: Bool[np.ndarray, "H W"] | None = None
    """Where the person is; without it the head can only bring its own surroundings along."""

    def place(self) -> "Place":
        """Return the reader's crop in the head's picture."""
        matrix = align_matrix(self.landmarks)
        middle = invert(matrix) @ np.array([(CROP_SIZE - 1) / 2, (CROP_SIZE - 1) / 2, 1.0])
        scale = math.sqrt(abs(float(np.linalg.det(matrix[:, :2]))))
        return Place(float(middle[0]), float(middle[1]), CROP_SIZE / scale, rotation_of(matrix))


@dataclass(frozen=True)
class Place:
    """An aligned crop in a picture: its middle and side in pixels, and by how much it turns the picture clockwise."""

    x: float
    y: float
    side: float
    angle_rad: float

    def mirrored(self, width: int) -> "Place":
        """Return the place in the mirrored picture."""
        return Place(width - 1 - self.x, self.y, self.side, -self.angle_rad)


def composite(
    heads: Sequence[Head], rooms: UInt8[np.ndarray, "N H W"], rng: np.random.Generator
) -> tuple[UInt8[np.ndarray, "96 96"], list[Place]]:
    """Return a patch and the faces in it."""
    patch, places = _scenery(heads, rooms, rng), []
    if rng.random() < SPOILT_SHARE:
        _paste_spoilt(patch, heads[int(rng.integers(len(heads)))], rng)
    kind = rng.random()
    if kind > FACELESS_SHARE:
        head = heads[int(rng.integers(len(heads)))]
        if kind < FACELESS_SHARE + PORTRAIT_SHARE or head.mask is None:
            patch, place = _portrait(head, rng)
        else:
            place = _paste(patch, head, rng)
        places.append(place)
        if rng.random() < SECOND_FACE_SHARE:
            _add_second(patch, places, heads[int(rng.integers(len(heads)))], rng)
    if rng.random() < COVERED_SHARE:
        _cover(patch, rng)
    patch = _photographed(patch, rng)
    if rng.random() < 0.5:
        patch, places = np.ascontiguousarray(patch[:, ::-1]), [p.mirrored(PATCH) for p in places]
    return patch, places


def _random_place(rng: np.random.Generator, *, largest: float = MAX_SIDE) -> Place:
    side = math.exp(rng.uniform(math.log(MIN_SIDE), math.log(largest)))
    turn = rng.uniform(-MAX_TURN, MAX_TURN) if rng.random() < 0.25 else np.clip(rng.normal() * TURN_SD, -0.9, 0.9)
    reach = side * 0.4
    x, y = rng.uniform(min(reach, 40), PATCH - min(reach, 40), 2)
    return Place(float(x), float(y), side, float(turn))


def _matrix(source: Place, target: Place) -> Float[np.ndarray, "2 3"]:
    """Return the map from the picture of ``source`` to that of ``target``."""
    angle, scale = source.angle_rad - target.angle_rad, target.side / source.side
    linear = scale * np.array([[math.cos(angle), -math.sin(angle)], [math.sin(angle), math.cos(angle)]])
    shift = np.array([target.x, target.y]) - linear @ np.array([source.x, source.y])
    return np.column_stack([linear, shift])


def _drawn(image: np.ndarray, matrix: np.ndarray, border: int) -> np.ndarray:
    scale = math.sqrt(abs(float(np.linalg.det(matrix[:, :2]))))
    if scale < SHARP_SCALE:
        size = max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale))
        factor = np.array([image.shape[1] / size[0], image.shape[0] / size[1]])
        image = cv2.resize(image, size, interpolation=cv2.INTER_AREA)
        matrix = np.column_stack([matrix[:, :2] * factor, matrix[:, :2] @ ((factor - 1) / 2) + matrix[:, 2]])
    return cv2.warpAffine(image, matrix, (PATCH, PATCH), flags=cv2.INTER_LINEAR, borderMode=border)


def _portrait(head: Head, rng: np.random.Generator) -> tuple[np.ndarray, Place]:
    """Let the head's own picture fill the patch."""
    place = _random_place(rng)
    return _drawn(head.image, _matrix(head.place(), place), cv2.BORDER_REPLICATE), place


def _paste(patch: np.ndarray, head: Head, rng: np.random.Generator, place: Place | None = None) -> Place:
    """Paste the cut-out head onto the patch, or its square picture if it has no mask."""
    place = _random_place(rng) if place is None else place
    matrix = _matrix(head.place(), place)
    mask = np.full(head.image.shape, 255, np.uint8) if head.mask is None else head.mask.astype(np.uint8) * 255
    alpha = _drawn(mask, matrix, cv2.BORDER_CONSTANT)[..., None].astype(np.float32) / 255
    drawn = _drawn(head.image, matrix, cv2.BORDER_REPLICATE)
    patch[:] = (patch * (1 - alpha[..., 0]) + drawn * alpha[..., 0]).astype(np.uint8)
    return place


def _add_second(patch: np.ndarray, places: list[Place], head: Head, rng: np.random.Generator) -> None:
    """Paste another head where it covers no face."""
    place, first = _random_place(rng, largest=40.0), places[0]
    if math.hypot(place.x - first.x, place.y - first.y) > 1.1 * (place.side + first.side) / 2 * math.sqrt(2):
        places.append(_paste(patch, head, rng, place))


def _scenery(heads: Sequence[Head], rooms: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Return a patch without a face."""
    kind = rng.random()
    if kind < 0.4:
        patch = _room(rooms[rng.integers(len(rooms))], rng)
    elif kind < 0.6:
        patch = _noise(rng)
    elif kind < 0.75:
        patch = _close_up(heads[int(rng.integers(len(heads)))].image, rng)
    else:
        patch = np.full((PATCH, PATCH), rng.integers(256), np.uint8)
    if rng.random() < 0.5:
        _clutter(patch, rng)
    return patch


def _room(room: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    side = int(rng.integers(40, min(room.shape) + 1))
    top, left = rng.integers(0, room.shape[0] - side + 1), rng.integers(0, room.shape[1] - side + 1)
    return cv2.resize(room[top : top + side, left : left + side], (PATCH, PATCH), interpolation=cv2.INTER_LINEAR)


def _noise(rng: np.random.Generator) -> np.ndarray:
    """Draw noise whose power falls with frequency, as in pictures of the world."""
    total = np.zeros((PATCH, PATCH), np.float32)
    for cells in (3, 6, 12, 24, 48, 96):
        layer = rng.normal(size=(cells, cells)).astype(np.float32)
        total += cv2.resize(layer, (PATCH, PATCH), interpolation=cv2.INTER_CUBIC) * float(cells ** -rng.uniform(0, 1.2))
    total *= rng.uniform(15, 70) / (total.std() + 1e-6)
    return np.clip(total + rng.uniform(60, 200), 0, 255).astype(np.uint8)


def _close_up(image: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Enlarge a part too small to hold a face: skin, an eye, hair, cloth."""
    side = int(rng.uniform(0.1, 0.25) * image.shape[0])
    top, left = rng.integers(0, image.shape[0] - side), rng.integers(0, image.shape[1] - side)
    return cv2.resize(image[top : top + side, left : left + side], (PATCH, PATCH), interpolation=cv2.INTER_CUBIC)


def _clutter(patch: np.ndarray, rng: np.random.Generator) -> None:
    """Draw discs, rings, bars, lines and letters; pairs of discs above a bar come up by themselves."""
    for _ in range(int(rng.integers(1, 14))):
        shade, thickness = (int(rng.integers(256)),), int(rng.choice([-1, 1, 2, 4]))
        a, b = (tuple(int(v) for v in rng.integers(-10, PATCH + 10, 2)) for _ in range(2))
        match int(rng.integers(5)):
            case 0:
                axes = tuple(int(v) for v in rng.integers(2, 36, 2))
                cv2.ellipse(patch, a, axes, float(rng.uniform(0, 180)), 0, 360, shade, thickness, cv2.LINE_AA)
            case 1:
                cv2.rectangle(patch, a, b, shade, thickness)
            case 2:
                cv2.line(patch, a, b, shade, abs(thickness), cv2.LINE_AA)
            case 3:
                letter = chr(int(rng.integers(33, 127))) + chr(int(rng.integers(33, 127)))
                cv2.putText(patch, letter, a, cv2.FONT_HERSHEY_SIMPLEX, float(rng.uniform(0.3, 3)), shade, 2)
            case _:
                radius = int(rng.integers(1, 10))
                other = (a[0] + int(rng.integers(8, 40)), a[1] + int(rng.integers(-4, 5)))
                for middle in (a, other):
                    cv2.circle(patch, middle, radius, shade, thickness, cv2.LINE_AA)


def _paste_spoilt(patch: np.ndarray, head: Head, rng: np.random.Generator) -> None:
    """Paste what is made of a face and is none: its parts out of order, on its head, without eyes, one half only."""
    image = head.image.copy()
    place = head.place()
    match int(rng.integers(4)):
        case 0:
            image = _shuffled(image, place, rng)
        case 1:
            image = np.ascontiguousarray(image[::-1])
            place = Place(place.x, image.shape[0] - 1 - place.y, place.side, -place.angle_rad)
        case 2:
            image = _smeared(image, place)
        case _:
            x0 = int(np.clip(place.x, 1, image.shape[1] - 1))
            image[:, x0:] = image[:, x0 - 1 : x0] if rng.random() < 0.5 else int(rng.integers(256))
    _paste_whole(patch, Head(image, head.landmarks, head.mask), place, rng)


def _paste_whole(patch: np.ndarray, head: Head, source: Place, rng: np.random.Generator) -> None:
    matrix = _matrix(source, _random_place(rng))
    drawn = _drawn(head.image, matrix, cv2.BORDER_REPLICATE)
    inside = _drawn(np.full(head.image.shape, 255, np.uint8), matrix, cv2.BORDER_CONSTANT) > 127
    patch[inside] = drawn[inside]


def _shuffled(image: np.ndarray, place: Place, rng: np.random.Generator) -> np.ndarray:
    """Exchange the thirds of the face, in height."""
    third = max(2, int(place.side / 3))
    top = int(np.clip(place.y - 1.5 * third, 0, image.shape[0] - 3 * third)) if image.shape[0] > 3 * third else 0
    rows = [image[top + k * third : top + (k + 1) * third].copy() for k in range(3)]
    order = [(1, 2, 0), (2, 1, 0), (2, 0, 1), (1, 0, 2)][rng.integers(4)]
    for k, source in enumerate(order):
        part = rows[source]
        image[top + k * third : top + k * third + len(part)] = part[: image.shape[0] - top - k * third]
    return image


def _smeared(image: np.ndarray, place: Place) -> np.ndarray:
    """Smooth the face away and leave the head."""
    blurred = cv2.GaussianBlur(image, (0, 0), place.side * 0.12)
    alpha = np.zeros(image.shape, np.float32)
    cv2.ellipse(
        alpha, (int(place.x), int(place.y)), (int(place.side * 0.42), int(place.side * 0.5)), 0, 0, 360, (1.0,), -1
    )
    alpha = cv2.GaussianBlur(alpha, (0, 0), place.side * 0.05)
    return (image * (1 - alpha) + blurred * alpha).astype(np.uint8)


def _cover(patch: np.ndarray, rng: np.random.Generator) -> None:
    """Lay a bar or a disc over a part."""
    middle = tuple(int(v) for v in rng.integers(0, PATCH, 2))
    axes = tuple(int(v) for v in rng.integers(4, 16, 2))
    cv2.ellipse(patch, middle, axes, float(rng.uniform(0, 180)), 0, 360, (int(rng.integers(256)),), -1, cv2.LINE_AA)


def _photographed(patch: np.ndarray, rng: np.random.Generator) -> UInt8[np.ndarray, "96 96"]:
    """Blur, light, tone, noise and JPEG."""
    if rng.random() < 0.25:
        patch = cv2.GaussianBlur(patch, (0, 0), float(rng.uniform(0.4, 1.2)))
    values = (patch.astype(np.float32) / 255) ** float(math.exp(rng.normal() * 0.4))
    slope = rng.normal(size=2) * 0.3
    ramp = np.linspace(-1, 1, PATCH, dtype=np.float32)
    values *= np.exp(slope[0] * ramp[:, None] + slope[1] * ramp[None]).astype(np.float32)
    contrast = math.exp(rng.uniform(math.log(0.3), 0.15))
    values = values * contrast + rng.uniform(0, max(0.02, 1 - contrast))
    values += rng.normal(size=values.shape) * rng.choice([0.0, 0.004, 0.01, 0.025])
    picture: np.ndarray = np.clip(values * 255, 0, 255).astype(np.uint8)
    if rng.random() < 0.3:
        _, coded = cv2.imencode(".jpg", picture, [cv2.IMWRITE_JPEG_QUALITY, int(rng.integers(25, 95))])
        picture = cv2.imdecode(coded, cv2.IMREAD_GRAYSCALE)
    return picture
