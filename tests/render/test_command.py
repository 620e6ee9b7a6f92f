import json

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from facsimile.app.commands.render import command


def run(*arguments):
    return CliRunner().invoke(command, [str(argument) for argument in arguments])


def test_a_picture_and_its_labels(tmp_path):
    picture, labels = tmp_path / "smile.png", tmp_path / "smile.json"
    result = run("6C+12D", "--seed", 7, "--size", 64, "--yaw", 20, "-o", picture, "--labels", labels, "--json")
    assert result.exit_code == 0, result.output
    with Image.open(picture) as image:
        assert image.size == (64, 64)
    row = json.loads(labels.read_text())
    assert json.loads(result.stdout) == row
    assert row["notation"] == "6C+12D"
    assert row["head_pose_rad"][1] == pytest.approx(0.349, abs=1e-3)
    assert len(row["landmarks"]) == 70
    assert {"identity", "index", "au_visible", "camera", "light", "appearance", "recipe", "seed"} <= set(row)


def test_labels_of_every_pixel(tmp_path):
    picture, single, folder = tmp_path / "a.png", tmp_path / "a.npz", tmp_path / "labels"
    assert run("12C", "--size", 48, "-o", picture, "--buffers", single).exit_code == 0
    with np.load(single, allow_pickle=False) as data:
        assert data["depth_mm"].shape == (48, 48)
    assert run("12C", "--size", 48, "-o", picture, "--buffers", folder, "--force").exit_code == 0
    expected = {"segmentation", "depth", "normals", "displacement_all", "displacement_AU12"}
    assert {file.stem for file in folder.iterdir()} == expected
    again = run("12C", "--size", 48, "-o", tmp_path / "b.png", "--buffers", folder)
    assert (again.exit_code, "another name with --buffers" in again.output) == (2, True)


def test_files_are_not_replaced(tmp_path):
    picture = tmp_path / "a.jpg"
    picture.write_bytes(b"mine")
    result = run("0", "-o", picture)
    assert result.exit_code == 2
    assert "--force" in result.output
    assert picture.read_bytes() == b"mine"
    labels = run("0", "-o", tmp_path / "b.png", "--labels", picture)
    assert (labels.exit_code, "another name with --labels" in labels.output) == (2, True)
    assert run("0", "--size", 32, "-o", picture, "--force").exit_code == 0


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("6C+12X", "-o", "a.png"), "12X"),
        (("?", "-o", "a.png"), "no face was seen"),
        (("12C", "-o", "a.bmp"), ".png or .jpg"),
        (("12C", "--size", "4", "-o", "a.png"), "8<=x<=2048"),
        (("12C", "--yaw", "100", "-o", "a.png"), "-80<=x<=80"),
    ],
)
def test_mistakes_are_explained(arguments, message):
    result = run(*arguments)
    assert result.exit_code == 2
    assert message in result.output
    assert "Traceback" not in result.output


def test_the_cast_can_be_drawn_and_blended(tmp_path):
    alone, mixed, labels = tmp_path / "a.png", tmp_path / "b.png", tmp_path / "a.json"
    assert run("12C", "--person", "amara", "--size", 48, "-o", alone, "--labels", labels).exit_code == 0
    assert json.loads(labels.read_text())["appearance"]["hair_style"] == "afro"
    assert run("12C", "--blend", "Amara:0.6,Bao:0.4", "--size", 48, "-o", mixed).exit_code == 0
    assert alone.read_bytes() != mixed.read_bytes()


@pytest.mark.parametrize(
    ("options", "complaint"),
    [
        (("--person", "Amarra"), "nearest: Amara"),
        (("--blend", "Amara:x"), "no number"),
        (("--person", "Amara", "--blend", "Bao"), "give one of them"),
    ],
)
def test_wrong_people_are_explained(tmp_path, options, complaint):
    result = run("12C", *options, "-o", tmp_path / "a.png")
    assert result.exit_code == 2
    assert complaint in result.output
