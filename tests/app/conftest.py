from html.parser import HTMLParser

import numpy as np
import pytest

from facsimile.detect.faces import Face
from facsimile.facs.action_units import LABEL_UNITS

VOID = {"img", "meta", "line", "rect", "path", "circle", "input"}


class Checker(HTMLParser):
    """Collect tags, attributes and text; fail on tags that do not close."""

    def __init__(self, page):
        super().__init__()
        self.open, self.found, self.words = [], [], []
        self.feed(page)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("style", "script"):
            self.words.append(data)

    @property
    def text(self):
        return " ".join(" ".join(self.words).split())


@pytest.fixture
def parsed():
    """A function that parses a page and checks that every tag closes."""
    return Checker


@pytest.fixture
def make_face():
    """A function that makes a face: the given units at their intensities, all others at 0.1."""
    return _make_face


def _make_face(intensity=(), *, face_id=0, sd=0.4, centre=(60.0, 60.0), **changes):
    values = np.full((len(LABEL_UNITS), 2), 0.1)
    for code, sides in dict(intensity).items():
        values[LABEL_UNITS.index(code)] = sides
    landmarks = np.random.default_rng(0).uniform(-25, 25, (70, 2)) + centre
    known = {
        "face_id": face_id,
        "score": 0.97,
        "box": np.concatenate([landmarks.min(0), np.ptp(landmarks, 0)]),
        "landmarks": landmarks,
        "head_pose_rad": np.array([0.05, -0.3, 0.1]),
        "gaze_rad": np.array([0.1, -0.05]),
        "intensity": values,
        "intensity_sd": np.full_like(values, sd),
        "units": LABEL_UNITS,
        "crop_from_image": np.zeros((2, 3)),
    }
    return Face(**(known | changes))
