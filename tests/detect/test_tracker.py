import numpy as np

from facsimile.detect.faces import Face
from facsimile.detect.tracker import REMEMBER_S, Tracker


def face(x, y=0.0, size=100.0):
    box = np.array([x, y, size, size])
    zero = np.zeros(2, np.float32)
    return Face(
        face_id=-1, score=1.0, box=box, landmarks=np.tile(box[:2], (70, 1)), head_pose_rad=np.zeros(3), gaze_rad=zero,
        intensity=np.zeros((1, 2)), intensity_sd=np.ones((1, 2)), units=(12,), crop_from_image=np.zeros((2, 3)),
    )  # fmt: skip


def places(faces):
    return {f.face_id: float(f.box[0]) for f in faces}


def test_numbers_follow_people_not_order():
    tracker = Tracker()
    assert places(tracker.update([face(0), face(300)], time_s=0.0)) == {0: 0, 1: 300}
    assert places(tracker.update([face(280), face(20)], time_s=0.1)) == {0: 20, 1: 280}


def test_new_people_get_new_numbers_and_old_numbers_are_not_given_twice():
    tracker = Tracker()
    tracker.update([face(0)], time_s=0.0)
    tracker.update([], time_s=0.1)
    assert places(tracker.update([face(10)], time_s=REMEMBER_S)) == {0: 10}
    tracker.update([], time_s=3.0)
    assert places(tracker.update([face(10)], time_s=10.0)) == {1: 10}


def test_the_nearer_of_two_faces_takes_the_number():
    tracker = Tracker()
    tracker.update([face(0)], time_s=0.0)
    assert places(tracker.update([face(40), face(5)], time_s=0.1)) == {0: 5, 1: 40}
