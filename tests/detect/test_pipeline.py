import weakref

import numpy as np
import pytest
from PIL import Image

from facsimile.detect import people, pipeline
from facsimile.detect.aligner import align, crop_from_box
from facsimile.detect.finder import Candidate
from facsimile.detect.media import InputError, Still
from facsimile.detect.pipeline import Detector


def test_a_photo_gives_one_frame_with_its_face(detector, picture):
    (frame,) = detector.stream(picture)
    (face,) = frame.faces
    assert (frame.input, frame.index, frame.time_s, face.face_id, face.score) == ("array-0", 0, 0.0, 0, 1.0)
    assert face.landmarks.shape == (70, 2)
    assert (face.landmarks.min(0) == face.box[:2]).all()
    assert face.action_units.of(12, "L") > face.action_units.of(12, "R")
    assert np.isnan(face.action_units.of(1))


def test_a_mirrored_photo_swaps_the_sides(detector, picture, monkeypatch, box):
    width = picture.shape[1]
    mirrored_box = box.copy()
    mirrored_box[0] = width - box[0] - box[2] - 1
    (face,) = detector.read_image(picture)
    monkeypatch.setattr(pipeline, "find_faces", lambda image, stages: [Candidate(mirrored_box, 1.0)])
    (mirror,) = detector.read_image(np.ascontiguousarray(picture[:, ::-1]))
    np.testing.assert_allclose(mirror.intensity, face.intensity[:, ::-1], atol=0.05)
    np.testing.assert_allclose(mirror.head_pose_rad[1], -face.head_pose_rad[1], atol=0.01)
    np.testing.assert_allclose(mirror.gaze_rad[0], -face.gaze_rad[0], atol=0.01)


def test_sides_are_the_subjects_own(detector, picture):
    """The picture is brighter on the image's right, which is the subject's left."""
    (face,) = detector.read_image(picture)
    assert face.intensity[1, 0] > face.intensity[1, 1]


def test_no_face_keeps_a_frame(detector):
    (frame,) = detector.stream(np.zeros((150, 150, 3), np.uint8))
    assert frame.faces == ()


def test_a_list_of_arrays_a_stack_and_a_grey_picture(detector, picture):
    assert len(list(detector.stream([picture, picture]))) == 2
    assert len(list(detector.stream(np.stack([picture] * 3)))) == 3
    assert detector.detect(picture[..., 0])[0].intensity == pytest.approx(detector.detect(picture)[0].intensity)


def test_wrong_arrays_are_refused(detector):
    with pytest.raises(InputError, match=r"array-0: pictures are uint8 .* got float64 \[4, 4, 3\]"):
        detector.detect(np.zeros((4, 4, 3)))


def test_faces_are_read_beside_the_neutral(detector, picture):
    (raw,) = detector.detect(picture)
    rest = (picture * 0.5).astype(np.uint8)
    (rested,) = Detector(neutral=rest).detect(picture)
    (at_rest,) = Detector().detect(rest)
    np.testing.assert_allclose(rested.intensity[1], raw.intensity[1] - at_rest.intensity[1], atol=1e-5)
    assert (raw.is_relative, rested.is_relative) == (False, True)
    (same,) = Detector(neutral=picture).detect(picture)
    assert same.intensity[1] == pytest.approx(0, abs=0.01)  # the reference is the mean of views


def test_a_neutral_without_a_face_is_an_error(detector):
    with pytest.raises(InputError, match="neutral array: no face found"):
        Detector(neutral=np.zeros((100, 100, 3), np.uint8))


def test_errors_go_to_the_callback_and_the_rest_is_read(detector, picture, tmp_path):
    Image.fromarray(picture).save(tmp_path / "good.png")
    (tmp_path / "bad.png").write_bytes(b"no picture")
    errors = []
    frames = list(detector.stream([tmp_path / "missing.jpg", tmp_path], on_error=errors.append))
    assert [frame.input for frame in frames] == [str(tmp_path / "good.png")]
    assert ["no such file" in str(errors[0]), "not a photo" in str(errors[1])] == [True, True]
    with pytest.raises(InputError, match="no such file"):
        list(detector.stream(tmp_path / "missing.jpg"))


def test_video_frames_keep_time_and_number(detector, picture, tmp_path, write_video):
    video = write_video(tmp_path / "v.avi", [picture] * 12, rate=25)
    frames = list(detector.stream(video))
    assert [frame.index for frame in frames] == list(range(12))
    assert [frame.time_s for frame in frames] == pytest.approx([i / 25 for i in range(12)], abs=1e-3)
    assert {face.face_id for frame in frames for face in frame.faces} == {0}
    assert [frame.index for frame in detector.stream(video, every=5)] == [0, 5, 10]


def test_the_finder_rests_while_a_face_is_followed(detector, picture, tmp_path, monkeypatch, write_video, box):
    calls = []

    def find(image, stages):
        calls.append(1)
        return [Candidate(box.copy(), 1.0)]

    monkeypatch.setattr(pipeline, "find_faces", find)
    list(detector.stream(write_video(tmp_path / "v.avi", [picture] * 16, rate=25)))
    assert len(calls) == 1 + int(15 / 25 / pipeline.FIND_EVERY_S)


def test_a_face_that_leaves_and_returns_keeps_its_number(detector, picture, tmp_path, write_video):
    black = np.zeros_like(picture)
    frames = list(detector.stream(write_video(tmp_path / "v.avi", [picture] * 3 + [black] * 3 + [picture] * 3)))
    assert [[face.face_id for face in frame.faces] for frame in frames] == [[0]] * 3 + [[]] * 3 + [[0]] * 3


def test_a_broken_tail_keeps_the_frames_before_it(detector, picture, tmp_path, write_video):
    whole = write_video(tmp_path / "v.avi", [picture] * 40)
    data = whole.read_bytes()
    cut = tmp_path / "cut.avi"
    cut.write_bytes(data[: len(data) // 2])
    errors = []
    frames = list(detector.stream(cut, on_error=errors.append))
    assert 5 < len(frames) < 40
    assert "breaks off after" in str(errors[0])


def test_table_has_the_columns(detector, picture):
    table = detector.table([picture, np.zeros_like(picture)])
    assert table.num_rows == 2
    assert table["AU12_L"][0].as_py() > 0
    assert table["AU12_L"][1].as_py() is None
    assert table["face_id"].to_pylist() == [0, None]


def test_tracks_are_the_curves_of_the_stream(detector, picture, tmp_path, write_video):
    video = write_video(tmp_path / "v.avi", [picture] * 4, rate=25)
    tracks = detector.tracks([video, picture])
    assert list(tracks) == [(str(video), 0), ("array-1", 0)]
    track = tracks[str(video), 0]
    frames = list(detector.stream(video))
    assert track.time_s.tolist() == [frame.time_s for frame in frames]
    np.testing.assert_array_equal(track.curve(12, "L"), [frame.faces[0].action_units.of(12, "L") for frame in frames])
    np.testing.assert_array_equal(track.controllers[2], frames[2].faces[0].expression.controllers)
    assert track.gaze_rad.shape == (4, 2, 2)
    assert np.isnan(track.curve(1)).all()
    assert len(tracks["array-1", 0]) == 1


def test_one_frame_of_a_video_is_held_at_a_time(detector, picture):
    """When a frame is asked for, at most the one before it is still alive."""
    references = []

    def stills():
        for i in range(20):
            assert sum(reference() is not None for reference in references) <= 1
            still = Still(i, i / 25, picture.copy())
            references.append(weakref.ref(still.image))
            yield still
            del still

    assert sum(1 for _ in detector.read_video(stills())) == 20


@pytest.fixture
def one_look(monkeypatch):
    """All faces in the same colours: what is dim and bright is the same person in another light."""
    monkeypatch.setattr(people, "looks_of", lambda image, faces: [np.array([1.0, 0.0])] * len(faces))


def test_everything_is_told_beside_the_first_neutral_frames(detector, picture, tmp_path, write_video, one_look):
    """The dim face is below a unit of 2 and counts as rest; the bright one is read beside it, from its frame on."""
    dim = (picture * 0.4).astype(np.uint8)
    video = write_video(tmp_path / "v.avi", [dim] * 3 + [picture] * 3)
    faces = Detector(baseline="first", smooth=False).detect(video)
    alone = Detector(smooth=False).detect(video)
    assert [face.is_relative for face in faces] == [True] * 6
    rest = np.mean([face.intensity[1] for face in alone[:3]], 0)
    np.testing.assert_allclose(faces[4].intensity[1], alone[4].intensity[1] - rest, atol=0.02)
    assert faces[0].intensity[1] == pytest.approx(0, abs=0.02)


def test_nobody_is_read_beside_anothers_rest(detector, picture, tmp_path, write_video, monkeypatch):
    """After a cut somebody else is at the same place: a new number, read alone, since that face is never at rest."""
    dim = (picture * 0.4).astype(np.uint8)
    looks = {True: np.array([1.0, 0.0]), False: np.array([0.0, 1.0])}
    monkeypatch.setattr(people, "looks_of", lambda image, faces: [looks[image.mean() < 90]] * len(faces))
    video = write_video(tmp_path / "v.avi", [dim] * 3 + [picture] * 2)
    faces = Detector(baseline="first", smooth=False).detect(video)
    assert [(face.face_id, face.is_relative) for face in faces] == [(0, True)] * 3 + [(1, False)] * 2
    np.testing.assert_allclose(faces[3].intensity, Detector().detect(picture)[0].intensity, atol=0.05)


def test_given_and_sought_rest_exclude_each_other(detector, picture):
    with pytest.raises(ValueError, match="given or looked for; choose one"):
        Detector(neutral=picture, baseline="median")


def test_a_dark_frame_with_camera_noise_is_no_face(shipped):
    noise = np.random.default_rng(0).normal(4, 2, (240, 240, 3)).clip(0, 255).astype(np.uint8)
    matrix = crop_from_box(np.array([60.0, 60.0, 120.0, 120.0]), shipped.card.crop_size)
    assert align(shipped, noise, matrix[None]).is_plausible == (False,)
