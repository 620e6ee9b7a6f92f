from dataclasses import replace

import cv2
import numpy as np
import pytest

from facsimile.face.dense_landmarks import dense_landmarks, dense_surface, flip_dense
from facsimile.face.identity import average_identity
from facsimile.face.pack import load_head_pack
from facsimile.face.rig import default_rig
from facsimile.facs.converters import expression_from_action_units
from facsimile.facs.expression import ActionUnits
from facsimile.render.buffers import BUFFER_NAMES
from facsimile.render.posing import bent
from facsimile.render.renderer import render
from facsimile.render.scene import portrait_scene
from facsimile.render.segments import SEGMENT_NAMES
from facsimile.render.topology import topology

UNITS = ActionUnits.from_dict({12: 4.0, (1, "L"): 3.0, 26: 3.0})


def scene(size=160, yaw=0.2, units=UNITS, seed=7, worn=()):
    drawn = portrait_scene(units, seed=seed, size=size, yaw_rad=yaw)
    return replace(drawn, appearance=replace(drawn.appearance, hair=None, beard=None, accessories=worn))


@pytest.fixture(scope="module")
def drawn():
    return scene(), render(scene(), buffers=BUFFER_NAMES)


def test_nothing_is_made_unasked_and_asking_changes_nothing(drawn):
    plain = render(drawn[0])
    assert plain.buffers is None
    np.testing.assert_array_equal(plain.image, drawn[1].image)
    only = render(drawn[0], buffers=("depth",)).buffers
    assert only.normals is None
    assert only.displacement == {}
    np.testing.assert_array_equal(only.depth_mm, drawn[1].buffers.depth_mm)


def test_an_unknown_buffer_is_named():
    with pytest.raises(ValueError, match="'albedo' is none; use some of depth, normals"):
        render(scene(16), buffers=("albedo",))


def test_depth_is_the_projected_depth_of_landmarks(drawn):
    this, rendering = drawn
    vertices = default_rig().vertices(this.identity, this.expression)
    room = bent(vertices, topology().rest[: len(vertices)], this.expression.head_pose_rad)
    points = this.camera.project(dense_landmarks(room), this.size)
    seen = rendering.buffers.landmark_visible
    assert seen.mean() > 0.5
    np.testing.assert_allclose(rendering.buffers.landmarks, points[:, :2], atol=1e-3)
    inner = seen & (points[:, :2] > 1).all(1) & (points[:, :2] < this.size - 2).all(1)
    depth = cv2.remap(
        rendering.buffers.depth_mm,
        points[inner, 0],
        points[inner, 1],
        cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )[:, 0]
    error = np.abs(depth - points[inner, 2] * 100)
    assert np.nanmedian(error) < 0.25
    assert np.nanpercentile(error, 85) < 1.0


def test_normals_are_the_slope_of_the_depth(drawn):
    this, rendering = drawn
    depth, normals = rendering.buffers.depth_mm / 100, rendering.buffers.normals
    rows, columns = np.mgrid[: this.size, : this.size].astype(np.float32)
    centre, focal = this.camera.centre_px(this.size), this.camera.focal_px(this.size)
    points = np.stack([(columns - centre[0]) * depth / focal, (centre[1] - rows) * depth / focal, -depth], -1)
    right, down = points[1:-1, 2:] - points[1:-1, :-2], points[2:, 1:-1] - points[:-2, 1:-1]
    numeric = np.cross(down, right)
    numeric /= np.linalg.norm(numeric, axis=-1, keepdims=True)
    cosine = (numeric * normals[1:-1, 1:-1]).sum(-1)
    skin = rendering.segmentation[1:-1, 1:-1] == SEGMENT_NAMES.index("skin")
    assert np.nanpercentile(cosine[skin], 50) > np.cos(np.radians(6))
    assert np.nanpercentile(cosine[skin], 15) > np.cos(np.radians(20))
    lengths = np.linalg.norm(normals, axis=-1)
    assert np.nanmax(np.abs(lengths - 1)) < 1e-4


def test_background_has_no_depth_and_no_normal(drawn):
    empty = drawn[1].segmentation == SEGMENT_NAMES.index("background")
    inside = cv2.erode(empty.astype(np.uint8), np.ones((3, 3))) > 0
    assert np.isnan(drawn[1].buffers.depth_mm[inside]).all()
    assert np.isnan(drawn[1].buffers.normals[inside]).all()


def test_displacement_carries_neutral_onto_the_expression(drawn):
    this, rendering = drawn
    neutral = replace(this, action_units=ActionUnits.neutral(), expression=_neutral(this))
    before, after = (cv2.cvtColor(r.image, cv2.COLOR_RGB2GRAY).astype(np.float32) for r in (render(neutral), rendering))
    shift = rendering.buffers.displacement["all"]
    rows, columns = np.mgrid[: this.size, : this.size].astype(np.float32)
    moving = np.hypot(*np.moveaxis(np.nan_to_num(shift), -1, 0)) > 1.0
    assert moving.sum() > 200
    warped = cv2.remap(
        after, columns + np.nan_to_num(shift[..., 0]), rows + np.nan_to_num(shift[..., 1]), cv2.INTER_LINEAR
    )
    errors = [np.abs(before - picture)[moving].mean() for picture in (warped, after)]
    assert errors[0] < 0.8 * errors[1]


def _neutral(this):
    pose, gaze = this.expression.head_pose_rad, this.expression.gaze_rad
    return expression_from_action_units(ActionUnits.neutral(), head_pose_rad=pose, gaze_rad=gaze)


def test_displacement_moves_landmarks_where_they_go(drawn):
    this, rendering = drawn
    start = render(replace(this, action_units=ActionUnits.neutral(), expression=_neutral(this)), buffers=("landmarks",))
    begin, end = start.buffers.landmarks, rendering.buffers.landmarks
    seen = start.buffers.landmark_visible & rendering.buffers.landmark_visible
    columns, rows = begin[seen].round().astype(int).T
    found = rendering.buffers.displacement["all"][rows, columns]
    known = np.isfinite(found).all(1)
    error = np.linalg.norm(found - (end - begin)[seen], axis=1)[known]
    assert known.mean() > 0.8
    assert np.median(error) < 0.1
    assert np.percentile(error, 90) < 1.0


def test_each_unit_moves_its_own_part(drawn):
    maps = drawn[1].buffers.displacement
    assert set(maps) == {"all", "AU01", "AU12", "AU26"}
    size = {name: np.hypot(*np.moveaxis(np.nan_to_num(shift), -1, 0)) for name, shift in maps.items()}
    points = drawn[1].landmarks
    rows = {name: (np.arange(160)[:, None] * way).sum() / way.sum() for name, way in size.items()}
    assert rows["AU01"] < points[27, 1] < rows["AU12"] < rows["AU26"]
    assert size["AU01"][:, 80:].sum() > 4 * size["AU01"][:, :70].sum()


def test_a_neutral_face_moves_nowhere():
    this = scene(64, units=ActionUnits.neutral())
    shift = render(this, buffers=("displacement",)).buffers.displacement
    assert set(shift) == {"all"}
    assert np.nanmax(np.abs(shift["all"])) == 0


def test_dense_landmarks_are_symmetric():
    vertices = load_head_pack().vertices
    points, flip = dense_landmarks(vertices), flip_dense()
    np.testing.assert_allclose(points[flip] * [-1, 1, 1], points, atol=1e-6)
    np.testing.assert_array_equal(flip[flip], np.arange(len(flip)))
    assert 468 <= len(points) <= 700
    assert len(np.unique(dense_surface().corners[:-16, 0])) == len(points) - 16


def test_labels_are_mirrored_with_the_scene():
    pose, gaze = np.float32([0.1, 0.3, -0.1]), np.zeros((2, 2), np.float32)
    this = scene(96)
    this = replace(
        this,
        identity=average_identity(),
        expression=expression_from_action_units(UNITS, head_pose_rad=pose, gaze_rad=gaze),
    )
    other = replace(
        this,
        expression=this.expression.mirrored(),
        action_units=this.action_units.mirrored(),
        camera=this.camera.mirrored(),
        light=this.light.mirrored(),
        background=this.background.mirrored(),
    )
    here, there = (render(s, buffers=BUFFER_NAMES).buffers for s in (this, other))
    np.testing.assert_allclose(there.landmarks[:, 0], 95 - here.landmarks[flip_dense(), 0], atol=0.05)
    assert (there.landmark_visible == here.landmark_visible[flip_dense()]).mean() > 0.97
    close = np.isclose(there.depth_mm, here.depth_mm[:, ::-1], atol=0.5, equal_nan=True)
    assert close.mean() > 0.98
    turned = here.normals[:, ::-1] * np.float32([-1, 1, 1])
    assert np.isclose(there.normals, turned, atol=0.05, equal_nan=True).mean() > 0.97
    moved = here.displacement["all"][:, ::-1] * np.float32([-1, 1])
    assert np.isclose(there.displacement["all"], moved, atol=0.1, equal_nan=True).mean() > 0.98


def test_glasses_and_hats_are_labelled_in_front_of_the_head():
    for seed in range(40):
        drawn = portrait_scene(ActionUnits.neutral(), seed=seed, size=128)
        if any(item.kind == "glasses" and not item.is_lens for item in drawn.appearance.accessories):
            break
    bare = replace(drawn, appearance=replace(drawn.appearance, accessories=()))
    worn, without = (render(s, buffers=("depth", "normals")) for s in (drawn, bare))
    frame = worn.segmentation == SEGMENT_NAMES.index("glasses")
    assert frame.sum() > 15
    assert not (without.segmentation == SEGMENT_NAMES.index("glasses")).any()
    nearer = without.buffers.depth_mm[frame] - worn.buffers.depth_mm[frame]
    assert np.nanmedian(nearer) > 2
    assert (nearer > -0.5).mean() > 0.9
    assert np.isfinite(worn.buffers.normals[frame]).mean() > 0.6
