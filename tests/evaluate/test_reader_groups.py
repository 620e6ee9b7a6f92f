import numpy as np

from facsimile.evaluate.groups import age_groups, form_groups, pose_groups


def test_edges_belong_to_the_older_group():
    ages = np.array([17.9, 18.0, 29.9, 45.0, 65.0, 90.0])
    assert age_groups(ages).tolist() == ["0-17", "18-29", "18-29", "45-64", "65+", "65+"]


def test_pose_counts_pitch_and_yaw_together():
    degrees = np.array([[0.0, 0, 80], [8, 8, 0], [0, -25, 0], [-40, 0, 0]])
    assert pose_groups(np.radians(degrees)).tolist() == ["0-10 deg", "10-20 deg", "20-30 deg", "30+ deg"]


def test_form_has_a_middle():
    assert form_groups(np.array([0.0, 0.5, 1.0])).tolist() == ["male form", "between", "female form"]
