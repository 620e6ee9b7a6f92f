"""Drawn faces whose truth is known: a small world in which a reader can be trained in seconds."""

import cv2
import numpy as np

from facsimile.facs.controllers import NUM_CONTROLLERS, controller_index
from facsimile.models.reader import MIRRORED_LANDMARKS
from facsimile.train.batches import Crop
from facsimile.train.faces import Faces

SIZE = 112
METRIC = np.eye(NUM_CONTROLLERS)  # of the controllers: all count alike
UNITS = (2, 12, 26)  # a sided unit above, a sided unit below, a midline unit


def template() -> np.ndarray:
    """Return a mirror-symmetric point set in crop units; where the points lie does not matter here."""
    points = np.random.default_rng(0).uniform(0.2, 0.8, (70, 2))
    mirrored = points[list(MIRRORED_LANDMARKS)] * [-1, 1] + [1, 0]
    return ((points + mirrored) / 2).astype(np.float32)


def toy_faces(num: int, *, seed: int = 0, num_people: int = 200) -> Faces:
    """Draw faces: brow height is unit 2, mouth corners unit 12, mouth opening unit 26; all else varies."""
    rng = np.random.default_rng(seed)
    identity = np.arange(num) % num_people
    au = rng.uniform(0, 5, (num, 3, 2)).astype(np.float32) * (rng.random((num, 3, 2)) < 0.6)
    au[:, 2, 1] = au[:, 2, 0]
    au[:num_people] = 0  # everybody once at rest
    shift = rng.normal(0, 1.5, (num, 2))
    images = np.stack([draw(a, s, tone=rng.uniform(90, 200)) for a, s in zip(au, shift, strict=True)])
    landmarks = (template()[None] * SIZE + shift[:, None]).astype(np.float32)
    return Faces(
        images, au.astype(np.float32), np.ones((num, 3, 2), bool), controllers_of(au), landmarks,
        rng.normal(0, 0.1, (num, 3)).astype(np.float32), rng.normal(0, 0.1, (num, 2, 2)).astype(np.float32), identity,
    )  # fmt: skip


def controllers_of(au: np.ndarray) -> np.ndarray:
    """Return controllers [N, R] that go with the units [N, 3, 2]."""
    controllers = np.zeros((len(au), NUM_CONTROLLERS), np.float32)
    for side, name in enumerate(("Left", "Right")):
        controllers[:, controller_index(f"browOuterUp{name}")] = au[:, 0, side] / 5
        controllers[:, controller_index(f"mouthSmile{name}")] = au[:, 1, side] / 5
    controllers[:, controller_index("jawOpen")] = au[:, 2, 0] / 5
    return controllers


def draw(au: np.ndarray, shift: np.ndarray, *, tone: float) -> np.ndarray:
    """Draw one face; index 0 of a side is the subject's left, which is on the right of the picture."""
    image = np.full((SIZE, SIZE, 3), tone * 0.5, np.uint8)
    cv2.ellipse(image, _point(shift, 56, 60), (42, 50), 0, 0, 360, (tone,) * 3, -1)
    for side, sign in ((0, 1), (1, -1)):
        eye = _point(shift, 56 + sign * 20, 38)
        cv2.circle(image, eye, 5, (20, 20, 20), -1)
        brow = int(-9 - 2 * au[0, side])
        cv2.line(image, (eye[0] - 8, eye[1] + brow), (eye[0] + 8, eye[1] + brow), (30, 20, 20), 2)
        corner = _point(shift, 56 + sign * 20, 84 - 3 * au[1, side])
        cv2.line(image, _point(shift, 56, 84), corner, (60, 30, 120), 3)
    cv2.ellipse(image, _point(shift, 56, 87), (9, 1 + int(2 * au[2, 0])), 0, 0, 360, (40, 0, 0), -1)
    return image


def plain_crop(faces: Faces, row: int, rng: np.random.Generator) -> Crop:
    """Return a face as it is."""
    return Crop(
        faces.images[row], faces.au[row], faces.au_visible[row], faces.controllers[row], faces.landmarks[row] / SIZE,
        np.ones(70, bool), faces.pose[row], faces.gaze[row].mean(0),
    )  # fmt: skip


def _point(shift: np.ndarray, x: float, y: float) -> tuple[int, int]:
    return round(x + shift[0]), round(y + shift[1])
