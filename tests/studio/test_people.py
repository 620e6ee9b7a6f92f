"""The real renderer behind the engine's contract: few images, small."""

import dataclasses
import json

import cv2
import numpy as np
import pyarrow as pa
import pytest

from facsimile.data.align import CROP_SIZE, EYE_DISTANCE
from facsimile.data.augment import plain_crop
from facsimile.data.shards import ROW_SHAPES, decode_image, read_shards
from facsimile.facs.action_units import LABEL_UNITS, unit_index
from facsimile.facs.notation import parse
from facsimile.render.light import place_light
from facsimile.render.segments import SEGMENT_NAMES
from facsimile.studio.engine import make_dataset
from facsimile.studio.groups import attempt_twice, failure_text
from facsimile.studio.people import person_of, place_of, render_group, scene_of
from facsimile.studio.recipe import NO_OCCLUDERS, Clips, Occluders, Recipe, moving, sequences
from facsimile.studio.settings import Settings
from facsimile.studio.shards import SCHEMA, encode_image, schema_of
from facsimile.studio.sheet import contact_sheet, encode_sheet
from facsimile.studio.shots import shot

SETTINGS = Settings(count=12, seed=11, size=128, recipe=Recipe(images_per_identity=6))


@pytest.fixture(scope="module")
def rows() -> list[dict]:
    return render_group(SETTINGS, 0)


def test_rows_fit_the_schema_and_the_reader(rows, tmp_path_factory):
    table = pa.Table.from_pylist(rows, schema=SCHEMA)
    assert table.num_rows == 6
    assert set(ROW_SHAPES) <= set(SCHEMA.names)
    assert set(rows[0]) == set(SCHEMA.names)


def test_the_same_row_comes_twice(rows):
    again = render_group(SETTINGS, 0)
    assert again == rows


def test_image_0_is_neutral_and_the_others_mostly_not(rows):
    nominal = [shot(SETTINGS.recipe, SETTINGS.seed, index).action_units.max() for index in range(6)]
    assert nominal[0] == 0
    assert np.count_nonzero(nominal) >= 4
    upper = [unit_index(code) for code in (1, 2, 4, 6, 12)]
    assert np.max(np.array(rows[0]["au"])[upper]) == 0


def test_eyes_are_as_far_apart_as_the_reader_needs(rows):
    for row in rows:
        crop = plain_crop(decode_image(row["image"]["bytes"]), np.array(row["landmarks"]))
        eyes = np.array(row["landmarks"])
        yaw = abs(row["head_pose_rad"][1])
        distance = np.hypot(*(eyes[36:42].mean(0) - eyes[42:48].mean(0))) / np.cos(yaw)
        assert 30 < distance < 52
        assert distance > 0.7 * EYE_DISTANCE * CROP_SIZE
        assert crop.landmarks[8, 1] < 1.1
        assert crop.landmarks[17:27, 1].min() > 0


def test_notation_and_appearance_can_be_parsed(rows):
    for row in rows:
        parse(row["notation"])
        assert {"hair_style", "skin_tone"} <= set(json.loads(row["appearance"]["description"]))


def test_light_changes_where_the_recipe_says(rows):
    assert [row["light"]["number"] for row in rows] == [0, 0, 0, 1, 1, 1]
    first, second = (place_light(place_of(11, 0, number)) for number in (0, 1))
    assert (first.panorama != second.panorama).any()


def test_pairs_share_person_and_light():
    person = person_of(11, 0)
    scenes = [scene_of(shot(SETTINGS.recipe, 11, k), person, seed=11, size=64) for k in (0, 1)]
    assert scenes[0].identity is scenes[1].identity
    np.testing.assert_array_equal(scenes[0].light.panorama, scenes[1].light.panorama)
    assert scenes[0].sensor != scenes[1].sensor


@pytest.mark.slow
def test_real_shards_are_the_same_for_one_and_two_workers(tmp_path):
    settings = dataclasses.replace(SETTINGS, size=64)
    for workers in (1, 2):
        make_dataset(tmp_path / f"{workers}", settings, render_group=render_group, workers=workers, is_quiet=True)
    one, two = ((tmp_path / f"{w}" / "shard-00000.parquet").read_bytes() for w in (1, 2))
    assert one == two
    assert len(read_shards(tmp_path / "1")) == 12


def test_jpeg_keeps_colour_at_full_resolution_and_png_every_bit():
    stripes = np.zeros((32, 32, 3), np.uint8)
    stripes[:, ::2] = [255, 0, 0]
    stripes[:, 1::2] = [0, 0, 255]
    assert np.abs(decode_image(encode_image(stripes, "jpeg")).astype(int) - stripes).mean() < 12
    np.testing.assert_array_equal(decode_image(encode_image(stripes, "png")), stripes)


def test_a_contact_sheet_shows_one_person_per_row():
    pictures = np.arange(10, dtype=np.uint8)[:, None, None, None] * np.ones((1, 4, 4, 3), np.uint8)
    sheet = contact_sheet(lambda rows: pictures[rows], np.arange(10) // 4, rows=2, columns=3)
    np.testing.assert_array_equal(sheet[::4, ::4, 0], [[0, 1, 2], [8, 9, 0]])


def test_a_sheet_of_an_unknown_format_is_refused():
    with pytest.raises(ValueError, match=r"a contact sheet ends in .png, .jpg, .jpeg; got '.gif'"):
        encode_sheet(np.zeros((4, 4, 3), np.uint8), ".gif")


def test_labels_of_every_pixel_go_into_columns_of_their_own():
    settings = dataclasses.replace(SETTINGS, count=2, size=64, buffers=("segmentation", "depth", "displacement"))
    plain = render_group(dataclasses.replace(settings, buffers=()), 0)
    rows = render_group(settings, 0)
    table = pa.Table.from_pylist(rows, schema=schema_of(settings))
    assert [{name: row[name] for name in SCHEMA.names} for row in rows] == plain
    for row, stored in zip(rows, table.to_pylist(), strict=True):
        files = [np.frombuffer(stored[name], np.uint8) for name in ("segmentation", "depth")]
        segments, depth = (cv2.imdecode(file, cv2.IMREAD_UNCHANGED) for file in files)
        assert (segments.shape, segments.dtype) == ((64, 64), np.uint8)
        assert (depth.shape, depth.dtype) == ((64, 64), np.uint16)
        assert (depth[segments == SEGMENT_NAMES.index("skin")] > 0).mean() > 0.98
        maps = dict(stored["displacement"])
        nominal = shot(settings.recipe, 11, row["index"]).action_units
        active = [code for code in LABEL_UNITS if nominal[unit_index(code)].any()]
        assert set(maps) == {"all", *(f"AU{code:02d}" for code in active)}
    moved = cv2.imdecode(np.frombuffer(maps["all"], np.uint8), cv2.IMREAD_UNCHANGED)
    assert moved.dtype == np.uint16
    assert np.ptp(moved[..., 1][moved[..., 1] > 0]) > 20


def test_frames_of_a_clip_share_camera_light_and_person():
    recipe = moving(sequences(), Clips(seconds=0.6, per_identity=2))
    settings = Settings(count=30, seed=2, size=48, recipe=recipe)
    rows = render_group(settings, 1)
    assert [(row["clip"], row["frame"]) for row in rows] == [(1, k) for k in range(15)]
    assert len({json.dumps([row["camera"], row["light"], row["appearance"]]) for row in rows}) == 1
    assert len({row["image"]["bytes"] for row in rows}) == 15
    pictures = np.stack([decode_image(row["image"]["bytes"]) for row in rows]).astype(float)
    assert np.abs(np.diff(pictures, axis=0)).mean() < 12
    assert pa.Table.from_pylist(rows, schema=SCHEMA).num_rows == 15


def test_an_error_names_its_sample(monkeypatch):
    def broken(*_, **__):
        raise FloatingPointError("bad geometry")

    monkeypatch.setattr("facsimile.studio.people.render", broken)
    outcome = attempt_twice(render_group, SETTINGS, 1)
    assert outcome.sample == 6
    text = failure_text(SETTINGS, [outcome])
    assert "facsimile dataset sample 6 --recipe mixed --seed 11 --size 128 --rig makehuman -o sample-6.png" in text
    assert "bad geometry" in text


def test_rows_say_what_covers_the_face_and_a_person_wears_the_same_again():
    often = dataclasses.replace(SETTINGS.recipe, occluders=Occluders(0.0, 0.8, 0.0, 0.0, part_of_images=0.8))
    settings = dataclasses.replace(SETTINGS, count=6, size=64, recipe=often)
    rows, plain = render_group(settings, 0), render_group(dataclasses.replace(settings, recipe=bare_of(often)), 0)
    assert rows[0]["occluder"] == ""
    names = {row["occluder"] for row in rows[1:]} - {""}
    assert len(names) == 1
    assert names.pop().endswith("mask")
    for row, free in zip(rows, plain, strict=True):
        assert row["au"] == free["au"]
        assert row["landmarks"] == free["landmarks"]
        assert (row["image"] == free["image"]) == (row["occluder"] == "")
        assert sum(row["landmark_visible"]) <= sum(free["landmark_visible"])


def bare_of(recipe: Recipe) -> Recipe:
    return dataclasses.replace(recipe, occluders=NO_OCCLUDERS)
