import math

import numpy as np
import pytest

from facsimile.app.report.charts import LANE_HEIGHT, MAX_CHARTS, charted_units, clock, lanes
from facsimile.app.report.moments import MAX_MOMENTS, THUMBNAIL_BYTES, Moments
from facsimile.app.report.timeline import MAX_HELD, MAX_SHOWN, NUM_BINS, VideoLog
from facsimile.detect.faces import Frame
from facsimile.facs.action_units import LABEL_UNITS, SIDED_LABELS

IMAGE = np.full((120, 120, 3), 128, np.uint8)
SMILE = LABEL_UNITS.index(12)
RATE = 25.0


def log_of(faces_per_frame):
    log = VideoLog("talk.mp4")
    for index, faces in enumerate(faces_per_frame):
        log.add(Frame("talk.mp4", index, index / RATE, IMAGE, tuple(faces)))
    return log


@pytest.fixture
def cheap_pictures(monkeypatch):
    """Moments without their thumbnails, for long videos."""
    monkeypatch.setattr("facsimile.app.report.moments.jpeg_within", lambda image, limit: b"")


@pytest.mark.usefixtures("cheap_pictures")
@pytest.mark.parametrize("num_frames", [1, 2, NUM_BINS - 1, NUM_BINS, NUM_BINS + 1, 2 * NUM_BINS + 1, 3 * NUM_BINS])
def test_points_are_means_of_equal_runs_of_frames(num_frames, make_face):
    rng = np.random.default_rng(num_frames)
    values = rng.uniform(0, 5, (num_frames, 2)).astype(np.float32)
    is_seen = rng.random(num_frames) < 0.8
    is_seen[0] = True
    faces = [[make_face({12: v})] if seen else [] for v, seen in zip(values, is_seen, strict=True)]
    video = log_of(faces).finished()
    assert video.stride == 2 ** max(0, math.ceil(math.log2(num_frames / NUM_BINS)))
    assert len(video.times_s) == math.ceil(num_frames / video.stride) <= NUM_BINS
    (line,) = video.lines
    for place, start in enumerate(range(0, num_frames, video.stride)):
        run = slice(start, start + video.stride)
        assert video.times_s[place] == start / RATE
        seen = values[run][is_seen[run]]
        if not len(seen):
            assert np.isnan(line.mean[place]).all()
            assert np.isnan(line.peak[place]).all()
            continue
        assert line.mean[place, SMILE] == pytest.approx(seen.mean(0), abs=1e-4)
        assert line.peak[place, SMILE] == pytest.approx(seen.max(0), abs=1e-6)
        assert line.sd[place, SMILE] == pytest.approx([0.4, 0.4], abs=1e-6)
    top = np.where(is_seen[:, None], values, -1).argmax(0)
    assert line.highest_s[SMILE] == pytest.approx(top / RATE)
    assert line.num_frames == is_seen.sum()
    assert video.num_without_face == num_frames - is_seen.sum()


@pytest.mark.usefixtures("cheap_pictures")
def test_a_long_video_is_held_in_the_space_of_a_short_one(make_face):
    def held(log):
        arrays = [v for v in vars(log._faces[0]).values() if isinstance(v, np.ndarray)]
        return sum(array.nbytes for array in arrays), len(log._faces), len(log._faces[0].moments.kept)

    changing = [make_face({12: (x, x)}) for x in np.linspace(0, 5, 50)]
    short, long = (log_of([changing[(i // 9) % 50]] for i in range(n)) for n in (300, 2_000))
    assert held(short)[:2] == held(long)[:2]
    assert max(held(short)[2], held(long)[2]) <= MAX_MOMENTS
    assert len(long.finished().times_s) <= NUM_BINS


@pytest.mark.usefixtures("cheap_pictures")
def test_of_many_faces_those_seen_longest_stay(make_face):
    frames = [[make_face(face_id=0), make_face(face_id=1 + i // 2)] for i in range(100)]
    log = log_of(frames)
    assert len(log._faces) == MAX_HELD
    video = log.finished()
    assert video.num_faces == 51
    assert len(video.lines) == MAX_SHOWN
    assert video.lines[0].face_id == 0
    assert video.lines[0].num_frames == 100
    assert [line.face_id for line in log.finished(1).lines] == [0]


@pytest.mark.usefixtures("cheap_pictures")
def test_more_faces_in_sight_than_can_be_held(make_face):
    crowd = [make_face(face_id=i) for i in range(MAX_HELD + 5)]
    log = log_of([crowd, crowd])
    assert sorted(log._faces) == list(range(MAX_HELD))
    assert log.finished().num_faces == MAX_HELD + 5


def test_moments_are_the_first_sight_and_where_the_face_changes(make_face):
    smile, rest = make_face({12: (4.0, 4.0), 6: (3.0, 3.0)}), make_face()
    (line,) = log_of([smile if 4 <= i / RATE < 9 else rest] for i in range(300)).finished().lines
    times = [moment.time_s for moment in line.moments]
    assert times[0] == 0
    assert len(times) == 3
    assert 4 < times[1] < 4.6
    assert 9 < times[2] < 9.6
    assert line.moments[1].face is smile
    assert all(0 < len(moment.thumbnail) <= THUMBNAIL_BYTES for moment in line.moments)


def test_noise_and_a_glitch_of_one_frame_are_no_moments(make_face):
    rng = np.random.default_rng(0)
    moments = Moments()
    for i in range(200):
        values = np.abs(rng.normal(size=(len(LABEL_UNITS), 2))) * 0.1
        values[SMILE] += 3.0 * (i == 100)
        moments.offer(i / RATE, make_face(dict(zip(LABEL_UNITS, values, strict=True))), IMAGE)
    assert len(moments.kept) == 1


def test_the_lanes_of_a_mirrored_face_are_swapped(make_face):
    one = log_of([make_face({12: (i / 20, 1.0)})] for i in range(60)).finished().lines[0]
    other = log_of([make_face({12: (1.0, i / 20)})] for i in range(60)).finished().lines[0]
    paths = [[svg.split("</svg>")[0].split("<path", 1)[1] for _, svg in lanes(x, SMILE, marks=[3], has_peaks=True)]
             for x in (one, other)]  # fmt: skip
    assert paths[0] == paths[1][::-1]


def test_a_lane_stays_inside_its_frame_and_breaks_where_the_face_is_gone(make_face):
    frames = [[make_face({12: (5.0, 0.0)}, sd=2.0)] if i % 10 < 7 else [] for i in range(30)]
    line = log_of(frames).finished().lines[0]
    (left, svg), (right, _) = lanes(line, SMILE, marks=[], has_peaks=False)
    assert (left, right) == ("left", "right")
    assert svg.count('class="curve"') == svg.count('class="band"') == 3
    assert f'viewBox="0 0 60 {LANE_HEIGHT}"' in svg
    assert 'd="M0 0l1 0 2 0' in svg
    assert "nan" not in svg
    assert "highest 5.0 at 0:00.0" in svg


def test_units_in_the_middle_have_one_lane(make_face):
    line = log_of([[make_face()]]).finished().lines[0]
    for row, is_sided in enumerate(SIDED_LABELS):
        assert len(list(lanes(line, row, marks=[0], has_peaks=False))) == 1 + is_sided


def test_charts_show_units_that_are_present_somewhere(make_face):
    line = log_of([[make_face({12: (3.0, 0.0)} if i == 7 else {})] for i in range(20)]).finished().lines[0]
    assert [line.units[row] for row in charted_units(line)] == [12]
    full = log_of([[make_face(intensity={code: (3.0, 3.0) for code in LABEL_UNITS})]]).finished().lines[0]
    assert len(charted_units(full)) == MAX_CHARTS


def test_times_are_written_as_clocks():
    assert [clock(t) for t in (0.0, 3.24, 59.96, 61.0, 3723.4)] == ["0:00.0", "0:03.2", "1:00.0", "1:01.0", "1:02:03.4"]
