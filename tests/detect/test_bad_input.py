"""Whatever is given: one clear line for what cannot be read, a row for what can, and the exit status says which."""

import csv
import io
import struct
import zlib

import cv2
import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from facsimile.app.commands.detect import command
from facsimile.detect import media
from facsimile.detect.signatures import Kind, kind_of, kind_of_bytes
from facsimile.train.seal import sealed


@pytest.fixture
def photo(tmp_path, picture):
    """A photo that can be read."""
    return saved(tmp_path / "good.png", Image.fromarray(picture))


@pytest.fixture
def run(detector):
    """A function that runs ``facsimile detect``."""
    return lambda *paths: CliRunner().invoke(command, [str(p) for p in paths])


def saved(path, image, **options):
    image.save(path, **options)
    return path


def rows(result):
    return list(csv.DictReader(io.StringIO(result.stdout)))


def png_that_claims(path, width, height):
    """Write a PNG of a few bytes whose header promises any size."""

    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(bytes(99))) + chunk(b"IEND", b""))
    return path


def cut(path, source, share):
    data = source.read_bytes()
    path.write_bytes(data[: int(len(data) * share)])
    return path


def bad_files(folder, picture):
    """Return {file: words of its message}; every one is refused."""
    whole = saved(folder / "whole.jpg", Image.fromarray(picture))
    avi = folder / "talk.avi"
    (folder / "text.jpg").write_text("hello")
    (folder / "empty.jpg").touch()
    (folder / "empty.mp4").touch()
    (folder / "noise.mp4").write_bytes(b"nothing to see" * 99)
    (folder / "IMG_1.HEIC").write_bytes(b"\0\0\0\x18ftypheic" + bytes(99))
    (folder / "gone.jpg").symlink_to("nowhere.jpg")
    (folder / "loop.jpg").symlink_to("loop.jpg")
    (folder / "bare").mkdir()
    (folder / "bare" / "notes.txt").write_text("no picture")
    return {
        folder / "bare": "the folder has no photo or video",
        folder / "none*.jpg": "no file matches the pattern",
        cut(folder / "cut.jpg", whole, 0.6): "broken picture",
        cut(folder / "head.jpg", whole, 0.02): "",
        png_that_claims(folder / "huge.png", 20_000, 20_000): "too large",
        png_that_claims(folder / "bomb.png", 60_000, 60_000): "too large",
        png_that_claims(folder / "liar.png", 300, 300): "broken picture",
        folder / "text.jpg": "not a photo or video",
        folder / "empty.jpg": "the file is empty",
        folder / "empty.mp4": "the file is empty",
        folder / "noise.mp4": "a video that cannot be opened",
        cut(folder / "stub.avi", avi, 0.01): "",
        folder / "IMG_1.HEIC": "HEIC photos are not read; save it as JPEG or PNG",
        folder / "missing.jpg": "no such file",
        folder / "gone.jpg": "a link to nowhere.jpg, which is not there",
        folder / "loop.jpg": "symbolic links",
    }


def test_each_bad_file_has_one_line_and_the_others_are_read(run, photo, picture, tmp_path, write_video):
    folder = tmp_path / "bad"
    folder.mkdir()
    write_video(folder / "talk.avi", [picture] * 3)
    expected = bad_files(folder, picture)
    result = run(*expected, photo)
    assert result.exit_code == 1
    assert [row["input"] for row in rows(result)] == [str(photo)]
    lines = result.stderr.splitlines()
    assert len(lines) == len(expected)
    for path, words in expected.items():
        (line,) = [text for text in lines if text.startswith(f"facsimile detect: {path}: ")]
        assert words in line
        assert "Traceback" not in line


def test_a_bad_file_alone_leaves_an_empty_table_and_a_failure(run, tmp_path):
    (tmp_path / "empty.jpg").touch()
    result = run(tmp_path / "empty.jpg")
    assert (result.exit_code, rows(result)) == (1, [])


def test_a_file_that_may_not_be_read(run, photo, tmp_path, picture, monkeypatch):
    secret = saved(tmp_path / "secret.png", Image.fromarray(picture))
    opened = Image.open

    def refuse(path, *rest):  # file modes do not bind the user that tests may run as
        if path == secret:
            raise PermissionError(13, "Permission denied", str(path))
        return opened(path, *rest)

    monkeypatch.setattr(media.Image, "open", refuse)
    result = run(secret, photo)
    assert result.exit_code == 1
    assert result.stderr == f"facsimile detect: {secret}: Permission denied\n"
    assert len(rows(result)) == 1


def unusual(folder, picture):
    """Return photos that are unusual but whole, all of the same content as ``picture``."""
    image = Image.fromarray(picture)
    deep = folder / "deep.png"
    cv2.imwrite(str(deep), picture[:, :, ::-1].astype(np.uint16) * 257)
    grey = folder / "grey16.tif"
    cv2.imwrite(str(grey), picture[..., 0].astype(np.uint16) * 257)
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was turned: show it a quarter clockwise
    opaque = np.dstack([picture, np.full(picture.shape[:2], 255, np.uint8)])
    return [
        saved(folder / "cmyk.jpg", image.convert("CMYK"), quality=95),
        deep,
        grey,
        saved(folder / "alpha.png", Image.fromarray(opaque)),
        saved(folder / "grey.png", image.convert("L")),
        saved(folder / "greyalpha.png", image.convert("LA")),
        saved(folder / "palette.png", image.convert("P", palette=Image.Palette.ADAPTIVE)),
        saved(folder / "palette.gif", image.convert("P", palette=Image.Palette.ADAPTIVE)),
        saved(folder / "moving.gif", image, save_all=True, append_images=[Image.new("RGB", image.size)] * 3),
        saved(
            folder / "moving.webp", image, save_all=True, append_images=[Image.new("RGB", image.size)], lossless=True
        ),
        saved(folder / "turned.jpg", image.rotate(90), exif=exif, quality=95),
        saved(folder / "progressive.jpg", image, progressive=True, quality=95),
        saved(folder / "named.jpg", image, format="PNG"),
        saved(folder / "named.mp4", image, format="PNG"),
        saved(folder / "UPPER.JPG", image, quality=95),
        saved(folder / "naïve 脸 photo.png", image),
    ]


def test_unusual_photos_are_read_like_the_plain_one(run, photo, picture, tmp_path):
    folder = tmp_path / "odd"
    folder.mkdir()
    paths = unusual(folder, picture)
    result = run(photo, *paths)
    assert (result.exit_code, result.stderr) == (0, "")
    plain, *others = rows(result)
    assert [row["input"] for row in others] == [str(path) for path in paths]
    for row in others:
        assert row["frame"] == "0"
        for name in ("AU12_L", "AU12_R"):
            assert float(row[name]) == pytest.approx(float(plain[name]), abs=0.1), row["input"]


def test_a_single_pixel_is_a_picture_without_a_face(tmp_path, shipped):
    path = saved(tmp_path / "dot.png", Image.new("RGB", (1, 1)))
    result = CliRunner().invoke(command, [str(path)])
    assert (result.exit_code, result.stderr) == (0, "")
    (row,) = rows(result)
    assert (row["face_id"], row["AU12"]) == ("", "")


def test_a_video_under_a_photos_name_is_read_as_a_video(run, picture, tmp_path, write_video):
    path = write_video(tmp_path / "talk.avi", [picture] * 4).rename(tmp_path / "talk.png")
    result = run(path)
    assert (result.exit_code, result.stderr) == (0, "")
    assert [row["frame"] for row in rows(result)] == ["0", "1", "2", "3"]


def test_a_damaged_reader_is_one_line(photo, tmp_path):
    content = bytearray(sealed(b"weights" * 500))
    content[1000] ^= 1
    (tmp_path / "w.onnx").write_bytes(bytes(content))
    result = CliRunner().invoke(command, [str(photo), "--weights", str(tmp_path / "w.onnx")])
    assert (result.exit_code, result.stdout) == (1, "")
    assert result.stderr.startswith(f"Error: weights {tmp_path / 'w.onnx'}: damaged: its bytes do not have the SHA-256")
    assert result.stderr.count("\n") == 1


@pytest.mark.parametrize(
    ("head", "kind"),
    [
        (b"\xff\xd8\xff\xe0\0\x10JFIF", Kind.PHOTO),
        (b"RIFF\0\0\0\0WEBPVP8 ", Kind.PHOTO),
        (b"RIFF\0\0\0\0AVI LIST", Kind.VIDEO),
        (b"RIFF\0\0\0\0WAVEfmt ", None),
        (b"\0\0\0\x20ftypisom\0\0\2\0", Kind.VIDEO),
        (b"\0\0\0\x20ftypavif\0\0\0\0", Kind.PHOTO),
        (b"\0\0\0\x18ftypheic\0\0\0\0", Kind.HEIF),
        (b"\x1a\x45\xdf\xa3\x01\0\0\0", Kind.VIDEO),
        (b"hello", None),
        (b"", None),
    ],
)
def test_first_bytes_tell_the_kind(head, kind):
    assert kind_of_bytes(head) == kind


def test_what_cannot_be_looked_at_is_of_no_kind(tmp_path):
    assert kind_of(tmp_path / "none") is None
    assert kind_of(tmp_path) is None
    assert kind_of(tmp_path / ("x" * 300)) is None
    assert media.is_video(tmp_path / "none.mp4")
    assert not media.is_video(tmp_path / "none.jpg")
