import cv2
import numpy as np
import pytest
from PIL import Image

from facsimile.detect import media
from facsimile.detect.media import InputError


@pytest.fixture
def photo():
    return np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)


def test_png_comes_back_as_it_is(tmp_path, photo):
    Image.fromarray(photo).save(tmp_path / "a.png")
    assert (media.read_photo(tmp_path / "a.png") == photo).all()


@pytest.mark.parametrize(
    ("orientation", "turn"),
    [(1, lambda a: a), (3, lambda a: a[::-1, ::-1]), (6, lambda a: np.rot90(a, -1)), (2, lambda a: a[:, ::-1])],
)
def test_exif_orientation_is_honoured(tmp_path, photo, orientation, turn):
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.fromarray(photo).save(tmp_path / "a.png", exif=exif)
    assert (media.read_photo(tmp_path / "a.png") == turn(photo)).all()


def test_greys_palettes_and_transparency(tmp_path, photo):
    grey = photo[..., 0]
    Image.fromarray(grey).save(tmp_path / "grey.png")
    assert (media.read_photo(tmp_path / "grey.png") == grey[..., None]).all()
    cv2.imwrite(str(tmp_path / "deep.png"), grey.astype(np.uint16) * 256)
    assert (media.read_photo(tmp_path / "deep.png") == grey[..., None]).all()
    clear = np.dstack([photo, np.zeros((40, 60), np.uint8)])
    Image.fromarray(clear).save(tmp_path / "clear.png")
    assert (media.read_photo(tmp_path / "clear.png") == 255).all()


def test_a_cut_off_jpeg_is_broken(tmp_path, photo):
    path = tmp_path / "a.jpg"
    Image.fromarray(photo).save(path)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(InputError, match=r"a\.jpg: broken picture"):
        media.read_photo(path)


def test_empty_missing_foreign_and_folder(tmp_path):
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "text.jpg").write_text("hello")
    for name, words in (
        ("empty.jpg", "the file is empty"),
        ("none.jpg", "no such file"),
        ("text.jpg", "not a photo or video"),
    ):
        with pytest.raises(InputError, match=words):
            media.read_photo(tmp_path / name)
    with pytest.raises(InputError, match="is a folder"):
        media.read_photo(tmp_path)


@pytest.mark.parametrize("size", [(10_001, 10_000), (30_000, 30_000)])
def test_a_huge_picture_is_refused_before_it_is_decoded(tmp_path, size):
    path = tmp_path / "huge.png"
    Image.new("1", size).save(path)
    with pytest.raises(InputError, match=r"too large.*at most 100 megapixels"):
        media.read_photo(path)


def test_folders_and_patterns(tmp_path):
    for name in ("b.JPG", "a.png", "note.txt", "deep/c.mp4"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert [p.name for p in media.expand([tmp_path])] == ["a.png", "b.JPG", "c.mp4"]
    assert [p.name for p in media.expand([tmp_path / "*.png", tmp_path / "x.png"])] == ["a.png", "x.png"]
    (error,) = media.expand([tmp_path / "*.gif"])
    assert "no file matches" in str(error)
    (tmp_path / "void").mkdir()
    (error,) = media.expand([tmp_path / "void"])
    assert "no photo or video" in str(error)


def test_a_name_with_brackets_is_a_file(tmp_path):
    path = tmp_path / "a[1].png"
    path.touch()
    assert list(media.expand([path])) == [path]


def test_video_colours_and_times(tmp_path, write_video):
    red = np.zeros((48, 64, 3), np.uint8)
    red[..., 0] = 255
    stills = list(media.read_video(write_video(tmp_path / "v.avi", [red] * 5, rate=10)))
    assert [s.time_s for s in stills] == pytest.approx([0, 0.1, 0.2, 0.3, 0.4], abs=1e-3)
    assert stills[0].image.mean((0, 1)) == pytest.approx([255, 0, 0], abs=6)


def test_a_file_that_is_no_video(tmp_path, capfd):
    (tmp_path / "v.mp4").write_bytes(b"nothing to see" * 99)
    with pytest.raises(InputError, match="a video that cannot be opened"):
        list(media.read_video(tmp_path / "v.mp4"))


def test_names_that_no_file_can_have_are_errors_of_that_input(tmp_path):
    (error,) = media.expand([""])
    assert "an input has no name" in str(error)
    for name, words in (("x" * 300 + ".png", "name too long"), ("a\0.png", "null")):
        (path,) = media.expand([tmp_path / name])
        with pytest.raises(InputError, match=words):
            media.read_photo(path)
