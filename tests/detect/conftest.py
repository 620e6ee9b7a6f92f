"""A reader whose answers are known: it reads the brightness of the two halves of the crop."""

import json

import cv2
import numpy as np
import pytest

from facsimile.data.align import TEMPLATE
from facsimile.detect import pipeline
from facsimile.detect.finder import Candidate
from facsimile.detect.pipeline import Detector
from facsimile.detect.reader import SHIPPED_WEIGHTS, Card, Reader, Readings
from facsimile.facs.controllers import CONTROLLERS, NUM_CONTROLLERS

UNITS = (4, 12, 25)
SIZE = 112
NUM_FEATURES = 3
BOX = np.array([60.0, 50.0, 80.0, 80.0])


class BrightnessReader(Reader):
    """Unit 12 on a side is 5 x the brightness of that side's half, unit 4 is 0, unit 25 the mean of both sides.

    Landmarks always sit on the template; a crop that is black is no face. Features are the two intensities of unit 12,
    and beside a reference it is the difference that is told.
    """

    def __init__(self):
        self.card = Card(UNITS, SIZE, NUM_FEATURES, {})
        self.count = 0

    def read(self, crops, reference=None):
        self.count += len(crops)
        half = SIZE // 2
        left = crops[:, :, half:].mean((1, 2, 3)) / 255 * 5
        right = crops[:, :, :half].mean((1, 2, 3)) / 255 * 5
        smile = np.stack([left, right], 1)
        jaw = np.repeat(smile.mean(1, keepdims=True), 2, axis=1)
        intensity = np.stack([np.zeros_like(smile), smile, jaw], 1).astype(np.float32)
        turn = ((left - right) / 10).astype(np.float32)
        zero = np.zeros_like(turn)
        features = np.repeat(smile[..., None], NUM_FEATURES, axis=2).astype(np.float32)
        if reference is not None:
            given = ~np.isnan(reference).any((1, 2))
            intensity[given, 1] = np.clip(intensity[given, 1] - reference[given, :, 0], 0, 5)
        return Readings(
            intensity=intensity,
            intensity_sd=np.full_like(intensity, 0.5),
            visible=np.ones_like(intensity),
            controllers=np.full((len(crops), NUM_CONTROLLERS), 0.25, np.float32),
            controllers_sd=np.full((len(crops), NUM_CONTROLLERS), 0.1, np.float32),
            landmarks=np.tile(np.asarray(TEMPLATE, np.float32), (len(crops), 1, 1)),
            landmark_sd=np.full((len(crops), 70), 0.01, np.float32),
            head_pose_rad=np.stack([zero, turn, zero], 1),
            gaze_rad=np.stack([turn, zero], 1),
            score=(crops.mean((1, 2, 3)) > 1).astype(np.float32),
            features=features,
        )


@pytest.fixture
def detector(monkeypatch):
    """A detector with the brightness reader and a finder that always proposes BOX."""
    monkeypatch.setattr(pipeline, "Reader", lambda weights, threads: BrightnessReader())
    monkeypatch.setattr(pipeline, "find_faces", lambda image, stages: [Candidate(BOX.copy(), 1.0)])
    return Detector()


@pytest.fixture
def picture():
    """A picture whose left and right halves differ in brightness: [200, 200, 3]."""
    ramp = np.linspace(40, 240, 200).astype(np.uint8)
    return np.repeat(np.tile(ramp, (200, 1))[..., None], 3, axis=2)


@pytest.fixture(scope="session")
def shipped():
    """The shipped reader."""
    if not SHIPPED_WEIGHTS.exists():
        pytest.skip("no weights in this checkout")
    return Reader()


@pytest.fixture
def write_video():
    """A function that writes frames to an AVI file."""
    return _write_video


@pytest.fixture
def box():
    """Where the finder of ``detector`` sees a face."""
    return BOX.copy()


@pytest.fixture
def metadata():
    """A function that returns valid metadata with changes."""
    return _metadata


def _write_video(path, frames, *, rate=25):
    height, width = frames[0].shape[:2]
    writer = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), rate, (width, height))
    for frame in frames:
        writer.write(frame[:, :, ::-1])
    writer.release()
    return path


def _metadata(**changes):
    card = {
        "version": 2, "units": list(UNITS), "crop_size": SIZE, "num_features": NUM_FEATURES,
        "controllers": list(CONTROLLERS), "template": np.asarray(TEMPLATE).tolist(),
    }  # fmt: skip
    return json.dumps(card | changes)
