"""Rendered people who come and go, read with the shipped weights."""

import numpy as np
import pytest

from facsimile.detect.media import Still
from facsimile.detect.pipeline import Detector
from facsimile.facs.expression import ActionUnits
from facsimile.render.renderer import render
from facsimile.render.scene import portrait_scene

SIZE, STEP_S = 150, 0.2
PLACES = (0, 170, 340)


@pytest.fixture(scope="module")
def portraits():
    """Two people."""
    smile = ActionUnits.from_dict({12: 3.0})
    return {name: render(portrait_scene(smile, seed=seed, size=SIZE)).image for name, seed in (("a", 7), ("b", 3))}


def clip(portraits, script):
    """Yield a frame per entry of the script; an entry says who is at which place: 'a0 b2'."""
    for index, entry in enumerate(script):
        image = np.full((170, 500, 3), 128, np.uint8)
        for who, place in entry.split():
            x = PLACES[int(place)]
            image[10 : 10 + SIZE, x : x + SIZE] = portraits[who]
        yield Still(index, index * STEP_S, image)


def test_people_who_leave_and_come_back_elsewhere_keep_their_numbers(shipped, portraits):
    script = ["a0 b2"] * 2 + ["b2"] * 6 + ["a1 b2"] * 4 + ["a1"] * 6 + ["a1 b0"] * 4
    seen = [
        {face.face_id: PLACES.index(min(PLACES, key=lambda x: abs(x - float(face.box[0]) + 40))) for face in faces}
        for _, faces in Detector().read_video(clip(portraits, script))
    ]
    first = seen[1]
    a, b = (next(number for number, place in first.items() if place == at) for at in (0, 2))
    assert seen[11] == {a: 1, b: 2}
    assert seen[-1] == {a: 1, b: 0}
    assert {number for numbers in seen for number in numbers} == {a, b}
