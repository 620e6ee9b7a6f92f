import numpy as np
import pytest

from facsimile.detect.faces import Face
from facsimile.detect.tracker import MAX_ABSENT, NEAR_S, REMEMBER_S, Tracker

RED, BLUE = np.array([1.0, 0.0, 0.0]), np.array([0.0, 1.0, 0.0])
REDDISH = np.array([0.98, 0.199, 0.0])


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
    assert places(tracker.update([face(10)], time_s=NEAR_S)) == {0: 10}
    tracker.update([], time_s=3.0)
    assert places(tracker.update([face(10)], time_s=10.0)) == {1: 10}


def test_the_nearer_of_two_faces_takes_the_number():
    tracker = Tracker()
    tracker.update([face(0)], time_s=0.0)
    assert places(tracker.update([face(40), face(5)], time_s=0.1)) == {0: 5, 1: 40}


def test_a_face_at_the_place_but_of_another_size_is_another():
    tracker = Tracker()
    tracker.update([face(0)], time_s=0.0)
    assert places(tracker.update([face(0, size=300.0)], time_s=0.1)) == {1: 0}


def test_people_who_cross_keep_their_numbers():
    """Two faces walk through each other at 10 pixels a frame: motion tells them apart where places do not."""
    tracker = Tracker()
    for step in range(31):
        left, right = face(10.0 * step), face(303.0 - 10 * step, y=15.0)
        seen = tracker.update([right, left], time_s=step / 25)
    assert places(seen) == {0: 3.0, 1: 300.0}


def test_someone_who_walks_behind_another_is_found_on_the_other_side():
    tracker = Tracker()
    for step in range(30):
        walker = [] if 10 <= step < 16 else [face(20.0 * step)]
        seen = tracker.update([*walker, face(250.0, y=10.0, size=150.0)], time_s=step / 25)
    assert places(seen) == {0: 580, 1: 250}


@pytest.mark.parametrize(
    ("looks", "gone_s", "number"),
    [
        ([REDDISH], 5.0, 0),
        ([BLUE], 5.0, 1),
        ([REDDISH], REMEMBER_S + 1, 1),
        (None, 5.0, 1),
    ],
)
def test_who_comes_back_elsewhere_is_known_by_colour(looks, gone_s, number):
    tracker = Tracker()
    tracker.update([face(0)], time_s=0.0, looks=[RED])
    tracker.update([], time_s=0.1, looks=[])
    assert places(tracker.update([face(900, size=200.0)], time_s=gone_s, looks=looks)) == {number: 900}


def test_another_person_at_the_same_place_gets_another_number():
    tracker = Tracker()
    tracker.update([face(0)], time_s=0.0, looks=[RED])
    assert places(tracker.update([face(0)], time_s=0.5, looks=[BLUE])) == {1: 0}


def test_light_may_change_but_a_cut_to_someone_else_is_someone_else():
    tracker = Tracker()
    tracker.update([face(0)], time_s=0.0, looks=[RED])
    lit = np.array([0.7, 0.714, 0.0])
    assert places(tracker.update([face(0)], time_s=0.04, looks=[lit])) == {0: 0}
    assert places(tracker.update([face(0)], time_s=0.08, looks=[np.array([0.0, 0.0, 1.0])])) == {1: 0}


def test_colours_decide_only_where_they_are_clear():
    """Two people in red have left: whoever comes back in red could be either."""
    tracker = Tracker()
    tracker.update([face(0), face(500)], time_s=0.0, looks=[RED, REDDISH])
    tracker.update([], time_s=0.1, looks=[])
    between = (RED + REDDISH) / np.linalg.norm(RED + REDDISH)
    assert places(tracker.update([face(900)], time_s=5.0, looks=[between])) == {2: 900}


def test_the_more_alike_of_two_faces_takes_the_number():
    tracker = Tracker()
    tracker.update([face(0)], time_s=0.0, looks=[RED])
    tracker.update([], time_s=0.1, looks=[])
    seen = tracker.update([face(300), face(900)], time_s=5.0, looks=[REDDISH, RED])
    assert places(seen) == {0: 900, 1: 300}


def test_memory_is_bounded():
    tracker = Tracker()
    for number in range(3 * MAX_ABSENT):
        tracker.update([face(1000.0 * number)], time_s=number / 100)
    assert len(tracker.known_ids) <= MAX_ABSENT + 1
    assert tracker.misses_someone(1.0)
    assert not tracker.misses_someone(10.0)
