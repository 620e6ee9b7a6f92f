"""What goes over the wall to Blender: geometry, pictures and numbers, without Blender."""

import json
from dataclasses import replace

import numpy as np
import pytest

from facsimile.face.accessories import CHECK, KNIT, PLAIN, STRIPES
from facsimile.face.landmarks import LEFT_IRIS, landmarks
from facsimile.facs.expression import ActionUnits
from facsimile.render.camera import Camera
from facsimile.render.cycles import scene_file
from facsimile.render.cycles.cutting import cut
from facsimile.render.cycles.eyes import eye_parts
from facsimile.render.cycles.paints import panorama, pattern_tile, pattern_uv, skin_maps
from facsimile.render.cycles.scene_file import Quality, described, write_scene
from facsimile.render.light import PANORAMA_SIZE, Light, irradiance_harmonics, texel_directions
from facsimile.render.performance import perform
from facsimile.render.posing import pose_head
from facsimile.render.scene import portrait_scene
from facsimile.render.shader_input import mesh_of, paint_of

OPEN, SHUT = ActionUnits.from_dict({12: 3.0, 25: 4.0, 26: 3.0}), ActionUnits.neutral()


@pytest.fixture(scope="module")
def scene():
    return portrait_scene(OPEN, seed=5, size=48)


@pytest.fixture(scope="module")
def exported(scene):
    return described(scene, perform(scene, scene.expression))


def area(points, triangles):
    a, b, c = (points[triangles[:, k]] for k in range(3))
    return np.linalg.norm(np.cross(b - a, c - a), axis=1).sum() / 2


@pytest.mark.parametrize("height", [-0.5, 0.0, 0.3, 0.75, 2.0])
def test_a_cut_leaves_exactly_the_part_above(height):
    line = np.linspace(0, 1, 9)
    x, y = np.meshgrid(line, line)
    points = np.stack([x.ravel(), y.ravel(), np.zeros(81)], -1).astype(np.float32)
    first = (np.arange(8)[:, None] * 9 + np.arange(8)).ravel()
    triangles = np.concatenate([first[:, None] + [0, 1, 10], first[:, None] + [0, 10, 9]]).astype(np.int32)
    keep = (points[:, 1] - np.float32(height)).astype(np.float32)
    left, faces, corners = cut(points, triangles, keep, points[triangles])
    assert area(left, faces) == pytest.approx(np.clip(1 - height, 0, 1), abs=1e-5)
    np.testing.assert_allclose(corners, left[faces], atol=1e-6)
    assert len(left) == 0 or left[:, 1].min() > height - 1e-5
    turned = np.cross(left[faces[:, 1]] - left[faces[:, 0]], left[faces[:, 2]] - left[faces[:, 0]])[:, 2]
    assert (turned >= -1e-9).all()


def test_neighbours_share_the_vertices_of_a_cut():
    points = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0]], np.float32)
    triangles = np.array([[0, 1, 2], [1, 3, 2]], np.int32)
    keep = np.array([1, 1, -1, -1], np.float32)
    left, _, _ = cut(points, triangles, keep, np.zeros((2, 3, 1), np.float32))
    assert len(left) == 5


def test_every_part_is_whole(exported):
    document, arrays = exported
    for part in document["parts"]:
        points, triangles = (arrays[f"{part['key']}.{name}"] for name in ("vertices", "triangles"))
        assert len(triangles), part["name"]
        assert (triangles.min() >= 0) & (triangles.max() < len(points)), part["name"]
        assert part["material"] in document["materials"], part["name"]
        for name in part["has"]:
            assert np.isfinite(arrays[f"{part['key']}.{name}"]).all(), (part["name"], name)
    assert {hairs["name"] for hairs in document["hairs"]} >= {"brow", "lash"}
    for hairs in document["hairs"]:
        assert np.isfinite(arrays[f"{hairs['key']}.points"]).all()


def test_teeth_are_there_only_where_lips_part(scene, exported, monkeypatch):
    monkeypatch.setattr(scene_file, "lips_are_shut", lambda vertices: True)
    shut = {part["name"] for part in described(scene, perform(scene, scene.expression))[0]["parts"]}
    parted = {part["name"] for part in exported[0]["parts"]}
    assert {"tongue", "skin", "clothes", "left-eye", "right-eye"} <= shut
    assert parted - shut == {"teeth", "gum"}


def test_what_is_worn_has_materials():
    kinds = set()
    for seed in (1, 2, 3):
        scene = portrait_scene(SHUT, seed=seed, size=48)
        document, _ = described(scene, perform(scene, scene.expression))
        kinds |= {document["materials"][part["material"]]["kind"] for part in document["parts"]}
    assert {"skin", "eye", "cornea", "tear", "cloth", "worn"} <= kinds


def test_files_are_plain_and_the_same_each_time(scene, tmp_path):
    performance = perform(scene, scene.expression)
    contents = []
    for name in ("a", "b"):
        folder = tmp_path / name
        folder.mkdir()
        write_scene(folder, scene, performance, quality=Quality(samples=4), passes=("light", "masks"))
        with np.load(folder / "arrays.npz", allow_pickle=False) as arrays:
            assert all(values.dtype.kind in "fi" for values in arrays.values())
        contents.append([(folder / "arrays.npz").read_bytes(), (folder / "scene.json").read_text()])
    assert contents[0] == contents[1]
    document = json.loads(contents[0][1])
    assert (document["samples"], document["threads"], document["passes"]) == (4, 1, ["light", "masks"])
    assert not any(np.isnan(value) for value in document["camera"]["eye"])


def test_bad_quality_and_passes_are_refused(scene, tmp_path):
    with pytest.raises(ValueError, match=r"samples: must be 1 to 4096 light paths per pixel, got 0"):
        Quality(samples=0)
    with pytest.raises(ValueError, match=r"threads: must be 1 to 256, got 0"):
        Quality(threads=0)
    with pytest.raises(ValueError, match=r"passes: must be some of light, masks, got smell"):
        write_scene(tmp_path, scene, perform(scene, scene.expression), quality=Quality(), passes=("smell",))


def test_the_iris_is_where_the_label_is(scene):
    performance = perform(scene, scene.expression)
    head = pose_head(
        performance.vertices, scene.appearance, scene.expression.head_pose_rad, 1.0, teeth=performance.teeth
    )
    radius = scene.appearance.eyes.iris_radius
    parts = eye_parts(mesh_of(scene, performance, head, None), head, radius)
    ball = next(part for part in parts if part.name == "left-eye")
    label = scene.camera.project(landmarks(head.vertices), 256)[LEFT_IRIS]
    pupil = scene.camera.project(ball.vertices[:1], 256)[0]
    assert np.abs(pupil[:2] - label[:2]).max() < 1.0


def bright(direction):
    """Return light from one side alone."""
    directions, _ = texel_directions(PANORAMA_SIZE)
    fill = np.ascontiguousarray(
        np.repeat((directions @ np.array(direction, np.float32) > 0.9)[..., None], 3, -1), np.float32
    )
    one = np.array([[0, 0, 1]], np.float32)
    return Light("test", fill, fill, one, one, np.array([0.1], np.float32))


@pytest.mark.parametrize(
    ("direction", "row", "column"),
    [((1, 0, 0), 0.5, 0.5), ((0, 1, 0), 0.5, 0.25), ((0, 0, 1), 0.0, None), ((0, 0, -1), 1.0, None)],
)
def test_the_panorama_looks_where_blender_does(direction, row, column):
    picture = panorama(bright(direction))[..., 0]
    rows, columns = np.nonzero(picture > 0.5)
    assert abs(rows.mean() / picture.shape[0] - row) < 0.13
    if column is not None:
        assert abs(columns.mean() / picture.shape[1] - column) < 0.02


def test_the_panorama_keeps_the_light(scene):
    picture = panorama(scene.light)
    rise = np.cos((0.5 - (np.arange(len(picture)) + 0.5) / len(picture)) * np.pi)
    mean = (picture.mean(1) * rise[:, None]).sum(0) / rise.sum()
    assert mean == pytest.approx(irradiance_harmonics(scene.light.fill)[0], rel=0.05)


def test_skin_maps_follow_the_paint(scene):
    paint = paint_of(scene, perform(scene, scene.expression))
    maps = skin_maps(paint)
    assert maps.colour.shape == (*paint.skin.shape[:2], 3)
    assert (maps.colour <= paint.skin[..., :3] + 1e-6).all()
    assert (maps.finish[..., 0] >= 0.05).all()
    assert maps.finish[..., 2].max() == pytest.approx(1.0)
    flat = skin_maps(paint._replace(relief=np.zeros_like(paint.relief)))
    assert not flat.height.any()
    np.testing.assert_allclose(flat.colour, paint.skin[..., :3], atol=1e-6)


@pytest.mark.parametrize("pattern", [STRIPES, CHECK, KNIT])
def test_patterns_repeat_by_the_tile(pattern):
    tile = pattern_tile(pattern, 0.2)
    assert tile is not None
    rest = np.array([[[0.3, 6.0, 0.9], [0.4, 6.0, 0.8], [0.3, 5.9, 0.9]]], np.float32)
    above = rest + np.array([0, 0.2 * (0.8 if pattern == KNIT else 1), 0], np.float32)
    step = pattern_uv(above, pattern, 0.2) - pattern_uv(rest, pattern, 0.2)
    np.testing.assert_allclose(step, np.broadcast_to([0, 1], step.shape), atol=1e-5)
    assert pattern_tile(PLAIN, 0.2) is None


def test_the_camera_is_told_in_picture_heights(scene):
    moved = replace(scene, camera=Camera(distance=10.0, frame=2.5, offset=(0.1, -0.05)))
    document, _ = described(moved, perform(moved, moved.expression))
    assert document["camera"]["focal"] == pytest.approx(4.0)
    assert document["camera"]["offset"] == [0.1, -0.05]
    assert document["camera"]["eye"] == pytest.approx([0.0, 7.06, 10.6], abs=1e-5)
