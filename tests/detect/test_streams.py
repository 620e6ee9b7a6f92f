import io
import itertools
import os

import cv2
import numpy as np
import pytest
from PIL import Image

from facsimile.detect import streams
from facsimile.detect.jpeg_stream import split_jpegs
from facsimile.detect.media import InputError, Still
from facsimile.detect.streams import camera_number, has_frames, is_stream, played, read_camera, read_standard_input


def jpeg(value, **options):
    file = io.BytesIO()
    noise = np.random.default_rng(value).integers(0, 40, (32, 48, 3))
    Image.fromarray((noise + value).astype(np.uint8)).save(file, "JPEG", **options)
    return file.getvalue()


class Drips(io.RawIOBase):
    """A stream that gives a few bytes at a time."""

    def __init__(self, data, size):
        self._data, self._size = io.BytesIO(data), size

    def read(self, size=-1):
        return self._data.read(self._size)


@pytest.mark.parametrize("size", [1, 7, 1000, 100_000])
def test_jpegs_in_a_row_come_out_as_they_are(size):
    thumbnail = jpeg(9)
    pictures = [jpeg(10), jpeg(100, progressive=True), jpeg(200, quality=100, comment=b"\xff\xd9 no end")]
    pictures.append(
        pictures[0][:2] + b"\xff\xe1" + (len(thumbnail) + 2).to_bytes(2, "big") + thumbnail + pictures[0][2:]
    )
    between = b"\r\n--frame\r\nContent-Type: image/jpeg\r\n\r\n"
    assert list(split_jpegs(Drips(between + between.join(pictures) + b"\r\n--frame--", size))) == pictures


def test_jpegs_that_break_off_or_are_none():
    whole = jpeg(10)
    found = split_jpegs(io.BytesIO(whole + whole[:-5]))
    assert next(found) == whole
    with pytest.raises(InputError, match="breaks off inside a JPEG"):
        next(found)
    with pytest.raises(InputError, match="holds no picture"):
        list(split_jpegs(io.BytesIO(b"--frame nothing")))
    with pytest.raises(InputError, match="is broken"):
        list(split_jpegs(io.BytesIO(whole[:20] + b"rubbish" * 99)))


def test_a_jpeg_stream_has_times_and_colours():
    stills = list(read_standard_input(io.BytesIO(jpeg(20) + jpeg(200))))
    assert [(s.index, s.time_s) for s in stills] == [(0, 0.0), (1, 0.04)]
    assert [s.image.shape for s in stills] == [(32, 48, 3)] * 2
    assert stills[1].image.mean() - stills[0].image.mean() == pytest.approx(180, abs=3)


@pytest.mark.parametrize("kind", ["PNG", "WEBP", "BMP", "TIFF", "GIF", "PPM"])
def test_a_photo_of_any_kind(kind):
    file = io.BytesIO()
    Image.new("RGB", (30, 20), (250, 0, 0)).save(file, kind)
    (still,) = read_standard_input(io.BytesIO(file.getvalue()))
    assert (still.image.shape, still.time_s) == ((20, 30, 3), 0.0)
    assert still.image.mean((0, 1)) == pytest.approx([250, 0, 0], abs=8)


@pytest.mark.parametrize("name", ["a.avi", "a.mkv", "a.mp4"])
def test_a_video_is_read_as_from_its_file(tmp_path, name):
    code = {"a.avi": "MJPG"}.get(name, "mp4v")
    video = cv2.VideoWriter(str(tmp_path / name), cv2.VideoWriter_fourcc(*code), 20, (64, 48))
    for i in range(12):
        video.write(np.full((48, 64, 3), 20 * i, np.uint8))
    video.release()
    before = set(os.listdir(tmp_path))
    with (tmp_path / name).open("rb") as file:
        stills = list(read_standard_input(file))
    assert [s.time_s for s in stills] == pytest.approx([i / 20 for i in range(12)], abs=2e-3)
    assert [float(s.image.mean()) for s in stills] == pytest.approx([20 * i for i in range(12)], abs=4)
    assert set(os.listdir(tmp_path)) == before


def test_leaving_a_piped_video_early_ends_its_thread(tmp_path):
    path = tmp_path / "a.avi"
    video = cv2.VideoWriter(str(path), cv2.VideoWriter_fourcc(*"MJPG"), 20, (64, 48))
    noise = np.random.default_rng(0).integers(0, 255, (48, 64, 3), np.uint8)
    for _ in range(200):
        video.write(noise)
    video.release()
    with path.open("rb") as file:
        stills = read_standard_input(file)
        assert next(stills).index == 0
        stills.close()


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"", "-: standard input is empty"),
        (b"hello, this is a text and no video at all" * 20, "-: a video that cannot be opened"),
        (b"\x89PNG\r\n\x1a\nrest of a broken file", "-: "),
    ],
)
def test_what_is_no_picture_is_one_error(data, words, capfd):
    with pytest.raises(InputError, match=words) as caught:
        list(read_standard_input(io.BytesIO(data)))
    assert "facsimile-" not in str(caught.value)
    assert capfd.readouterr().err == ""


def test_names_of_cameras(tmp_path, monkeypatch):
    assert [camera_number(tmp_path.__class__(n)) for n in ("camera", "camera:2", "camera:", "camera.mp4", "cam")] == [
        0, 2, None, None, None,
    ]  # fmt: skip
    monkeypatch.chdir(tmp_path)
    (tmp_path / "camera").touch()
    path = tmp_path.__class__("camera")
    assert (camera_number(path), is_stream(path)) == (None, False)
    assert [has_frames(path.__class__(n)) for n in ("-", "camera:1", "a.mp4", "a.png")] == [True, True, True, False]


class FakeCamera:
    """Gives three pictures, then stops."""

    def __init__(self, number):
        self.left, self.released = 3 if number == 0 else 0, False

    def isOpened(self):  # noqa: N802 - OpenCV's name
        return self.left > 0

    def set(self, *_):
        return False

    def read(self):
        self.left -= 1
        return self.left >= 0, np.full((4, 6, 3), (0, 0, 200), np.uint8)

    def release(self):
        self.released = True


def test_a_camera_gives_red_in_rgb_and_says_when_it_stops(monkeypatch):
    monkeypatch.setattr(streams.cv2, "VideoCapture", FakeCamera)
    stills = read_camera(0)
    seen = list(itertools.islice(stills, 2))
    assert [s.index for s in seen] == [0, 1]
    assert 0 <= seen[0].time_s <= seen[1].time_s
    assert (seen[0].image[0, 0] == (200, 0, 0)).all()
    with pytest.raises(InputError, match="camera:0: the camera stopped after 3 pictures"):
        list(stills)
    with pytest.raises(InputError, match="camera:9: no picture; is a camera connected"):
        next(read_camera(9))


def test_no_camera_here_is_one_error(capfd):
    with pytest.raises(InputError, match="camera:99: no picture"):
        next(read_camera(99))
    assert capfd.readouterr().err == ""


def test_a_played_video_waits_and_leaves_out_what_is_late():
    now = [100.0]
    picture = np.zeros((2, 2, 3), np.uint8)

    def sleep(seconds):
        now[0] += seconds

    seen = []
    for still in played((Still(i, i / 10, picture) for i in range(10)), clock=lambda: now[0], sleep=sleep):
        seen.append((still.index, round(now[0] - 100, 3)))
        now[0] += 0.25
    assert seen[0] == (0, 0.0)
    assert all(0 <= at - i / 10 < 0.1 + 1e-9 for i, at in seen)
    assert len(seen) < 8
