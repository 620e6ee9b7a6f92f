import json
import math
from dataclasses import replace

import numpy as np
import pytest

from facsimile.detect.calibration import (
    CalibrationError,
    UnitCalibration,
    calibration_of_json,
    json_of_unit,
    read_calibration,
    spread_over_sides,
    weights_hash,
)
from facsimile.detect.columns import FeatureMap, mirror_column, reading_columns, reading_values
from facsimile.detect.faces import Face, Frame
from facsimile.detect.pipeline import Detector
from facsimile.detect.reader import ReaderError, presence
from facsimile.detect.regressors import CLIP, Linear, Trees, regressor_of_json
from facsimile.detect.table import Layout
from facsimile.facs.controllers import CONTROLLERS, NUM_CONTROLLERS, mirror_controllers

UNITS = (4, 12, 25)


@pytest.fixture
def face():
    """A lopsided face that looks and turns to one side."""
    random = np.random.default_rng(3)
    intensity = (random.random((3, 2)) * 4).astype(np.float32)
    intensity_sd = (0.2 + random.random((3, 2))).astype(np.float32)
    intensity[2, 1], intensity_sd[2, 1] = intensity[2, 0], intensity_sd[2, 0]
    return Face(
        face_id=0, score=0.9, box=np.array([1.0, 2.0, 3.0, 4.0]), landmarks=random.random((70, 2)),
        head_pose_rad=np.array([0.1, -0.2, 0.3]), gaze_rad=np.array([0.4, -0.5], np.float32), intensity=intensity,
        intensity_sd=intensity_sd, units=UNITS, crop_from_image=np.zeros((2, 3)),
        controllers=random.random(NUM_CONTROLLERS).astype(np.float32),
        controllers_sd=random.random(NUM_CONTROLLERS).astype(np.float32),
    )  # fmt: skip


def mirrored(face):
    """What a mirror image of the face reads."""
    controllers, sd = mirror_controllers(face.controllers), mirror_controllers(face.controllers_sd)
    return replace(
        face, head_pose_rad=face.head_pose_rad * [1, -1, -1], gaze_rad=face.gaze_rad * np.float32([-1, 1]),
        intensity=face.intensity[:, ::-1], intensity_sd=face.intensity_sd[:, ::-1], controllers=controllers,
        controllers_sd=sd,
    )  # fmt: skip


def linear(num, **changes):
    random = np.random.default_rng(7)
    given = {"center": random.random(num), "scale": 1 + random.random(num), "coefficients": random.normal(size=num)}
    return Linear(**(given | {"intercept": 1.0} | changes))


@pytest.fixture
def content(face):
    """A calibration of two units from all columns: 12 on each side, 4 for the face, from presence."""
    columns = reading_columns(UNITS)
    features = FeatureMap(columns)
    units = {
        "12": UnitCalibration("side", "intensity", linear(len(features.side_names)), (0.3, 0.1)),
        "4": UnitCalibration("face", "presence", linear(len(features.face_names))),
    }
    return {
        "format": "facsimile calibration", "version": 1, "weights_sha256": "0" * 64, "columns": list(columns),
        "units": {code: json_of_unit(unit) for code, unit in units.items()},
    }  # fmt: skip


def test_the_names_are_those_of_the_table(face):
    names = reading_columns(UNITS)
    values = dict(zip(names, reading_values(face), strict=True))
    layout = Layout(UNITS)
    (row,) = layout.rows(Frame("a", 0, 0.0, np.zeros((2, 2, 3), np.uint8), (face,)))
    table = dict(zip(layout.columns, row, strict=True))
    shared = [name for name in names if name in table]
    assert {"AU12_L", "AU12_R", "AU12_sd", "AU25", "pitch_rad", "gaze_yaw_rad", "rig_jawOpen"} <= set(shared)
    assert set(names) - set(shared) <= {f"rig_{name}_sd" for name in CONTROLLERS}
    for name in shared:
        assert values[name] == pytest.approx(table[name], abs=1e-6), name


def test_faces_without_controllers_are_refused(face):
    with pytest.raises(ValueError, match="has no controllers"):
        reading_values(replace(face, controllers=None))


def test_mirror_columns():
    columns = reading_columns(UNITS)
    assert {mirror_column(name) for name in columns} == set(columns)
    assert all(mirror_column(mirror_column(name)) == name for name in columns)
    assert mirror_column("rig_jawLeft_sd") == "rig_jawRight_sd"
    assert mirror_column("roll_rad") == "roll_rad"


def test_features_in_a_mirror(face):
    features = FeatureMap(reading_columns(UNITS))
    plain, turned = reading_values(face)[None], reading_values(mirrored(face))[None]
    np.testing.assert_allclose(features.face(plain), features.face(turned), atol=1e-7)
    for side in (0, 1):
        np.testing.assert_allclose(features.side(plain, side), features.side(turned, 1 - side), atol=1e-7)
    assert not np.allclose(features.side(plain, 0), features.side(plain, 1))
    assert len(features.face_names) == features.face(plain).shape[1] == len(set(features.face_names))
    assert len(features.side_names) == features.side(plain, 0).shape[1] == len(set(features.side_names))


def test_features_by_hand():
    features = FeatureMap(("yaw_rad", "AU12_L", "pitch_rad", "AU12_R", "AU12_sd"))
    values = np.array([[-0.5, 3.0, 0.1, 1.0, 0.7]])
    face = dict(zip(features.face_names, features.face(values)[0], strict=True))
    assert face == {"pitch_rad": 0.1, "AU12_sd": 0.7, "yaw_rad size": 0.5, "AU12_L mean": 2.0, "AU12_L gap": 2.0}
    right = dict(zip(features.side_names, features.side(values, 1)[0], strict=True))
    assert right == {"pitch_rad": 0.1, "AU12_sd": 0.7, "yaw_rad towards": 0.5, "AU12_L own": 1.0, "AU12_L other": 3.0}


def test_half_a_pair_is_refused():
    with pytest.raises(ValueError, match="AU12_R is there and AU12_L is not"):
        FeatureMap(("AU12_R", "AU12_sd"))


def test_a_line_by_hand():
    line = linear(2, center=np.array([1.0, 0.0]), scale=np.array([2.0, 1.0]), coefficients=np.array([3.0, 1.0]))
    told = line.predict(np.array([[3.0, 0.0], [1.0, 2.0], [1e9, -1e9]]))
    np.testing.assert_allclose(told, [1 + 3, 1 + 2, 1 + 3 * CLIP - CLIP])


def test_trees_by_hand():
    """x0 <= 1 gives 10, else x1 <= 2 gives 20, else 30; the second tree is a leaf of 5."""
    trees = Trees(
        start=100.0,
        feature=np.array([[0, 0, 1, 0, 0], [0, 0, 0, 0, 0]]),
        threshold=np.array([[1.0, 0, 2.0, 0, 0], [0.0, 0, 0, 0, 0]]),
        left=np.array([[1, 1, 3, 3, 4], [0, 1, 2, 3, 4]]),
        right=np.array([[2, 1, 4, 3, 4], [0, 1, 2, 3, 4]]),
        value=np.array([[0.0, 10, 0, 20, 30], [5.0, 0, 0, 0, 0]]),
    )
    features = np.array([[1.0, 9.0], [1.5, 2.0], [1.5, 2.5]])
    np.testing.assert_allclose(trees.predict(features), [115, 125, 135])
    again = regressor_of_json(json.loads(json.dumps(trees.as_json())), num_features=2)
    np.testing.assert_allclose(again.predict(features), [115, 125, 135])


def test_a_calibration_is_its_models(face, content):
    calibration = calibration_of_json(json.loads(json.dumps(content)))
    told = calibration.apply(face)
    values, features = reading_values(face)[None], calibration.features
    for side in (0, 1):
        expected = float(np.clip(calibration.units[12].model.predict(features.side(values, side)), 0, 5)[0])
        assert told.intensity[1, side] == pytest.approx(expected, abs=1e-6)
        assert told.intensity_sd[1, side] == pytest.approx(0.3 + 0.1 * expected, abs=1e-6)
    odds = float(calibration.units[4].model.predict(features.face(values))[0])
    larger = int(face.intensity[0].argmax())
    stated = presence(float(told.intensity[0, larger]), float(told.intensity_sd[0, larger]))
    assert stated == pytest.approx(1 / (1 + math.exp(-odds)), abs=1e-5)
    assert np.array_equal(told.intensity[2], face.intensity[2])
    assert np.array_equal(told.controllers, face.controllers)
    assert told.intensity.dtype == face.intensity.dtype


def test_a_mirrored_face_is_calibrated_mirrored(face, content):
    calibration = calibration_of_json(content)
    plain, turned = calibration.apply(face), calibration.apply(mirrored(face))
    np.testing.assert_allclose(plain.intensity, turned.intensity[:, ::-1], atol=1e-6)
    np.testing.assert_allclose(plain.intensity_sd, turned.intensity_sd[:, ::-1], atol=1e-6)


def test_a_batch_is_its_faces(face, content):
    calibration = calibration_of_json(content)
    faces = [face, mirrored(face)]
    values, read = (np.stack(a) for a in zip(*((reading_values(f), f.intensity) for f in faces), strict=True))
    intensity, sd = calibration.levels(values, read.astype(np.float64), units=UNITS)
    for i, one in enumerate(faces):
        told = calibration.apply(one)
        np.testing.assert_allclose(intensity[i], told.intensity, atol=1e-6)
        np.testing.assert_allclose(sd[i, :2], told.intensity_sd[:2], atol=1e-6)
        assert np.isnan(sd[i, 2]).all()


@pytest.mark.parametrize("chance", [1e-4, 0.01, 0.3, 0.5, 0.69, 0.97, 0.9999])
def test_presence_is_kept_exactly(chance):
    odds = np.array([math.log(chance / (1 - chance))])
    unit = UnitCalibration("face", "presence", linear(2))
    intensity, sd = unit.levels(odds)
    assert 0 <= intensity[0] <= 5
    assert presence(float(intensity[0]), float(sd[0])) == pytest.approx(chance, rel=1e-6)


def test_levels_stay_on_the_scale():
    unit = UnitCalibration("face", "intensity", linear(2), (0.01, 0.0))
    intensity, sd = unit.levels(np.array([-3.0, 2.0, 9.0]))
    assert intensity.tolist() == [0.0, 2.0, 5.0]
    assert (sd == 0.05).all()


def test_sides_keep_their_proportion():
    told = spread_over_sides(np.array([4.0, 4.0, 1.0]), np.array([[2.0, 0.0], [1.0, 1.0], [0.1, 0.0]]))
    np.testing.assert_allclose(told[:2], [[4.0, 0.8], [4.0, 4.0]])
    assert told[2, 0] == pytest.approx(1.0)
    assert told[2, 1] > 0.8


def test_units_that_are_not_used_stay_as_read(face, content):
    for unit in content["units"].values():
        unit["is_used"] = False
    told = calibration_of_json(content).apply(face)
    assert np.array_equal(told.intensity, face.intensity)
    assert np.array_equal(told.intensity_sd, face.intensity_sd)


def test_weights_are_checked(tmp_path, content):
    weights = tmp_path / "reader.onnx"
    weights.write_bytes(b"abc")
    assert weights_hash(weights) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"
    path = tmp_path / "c.json"
    path.write_text(json.dumps(content | {"weights_sha256": weights_hash(weights)}))
    assert set(read_calibration(path, weights=weights).units) == {4, 12}
    weights.write_bytes(b"abd")
    with pytest.raises(CalibrationError, match=r"made for weights ba7816bf8f01\.\.\., these are "):
        read_calibration(path, weights=weights)
    with pytest.raises(ReaderError, match=r"none\.onnx: No such file"):
        weights_hash(tmp_path / "none.onnx")


def test_detectors_apply_it(detector, picture, content, tmp_path):
    weights, path = tmp_path / "reader.onnx", tmp_path / "c.json"
    weights.write_bytes(b"abc")
    path.write_text(json.dumps(content | {"weights_sha256": weights_hash(weights)}))
    (plain,), (told,) = detector.read_image(picture), Detector(weights, calibration=path).read_image(picture)
    expected = calibration_of_json(content).apply(plain)
    np.testing.assert_allclose(told.intensity, expected.intensity, atol=1e-6)
    np.testing.assert_allclose(told.intensity_sd, expected.intensity_sd, atol=1e-6)
    assert not np.allclose(told.intensity[:2], plain.intensity[:2])
    assert np.array_equal(told.landmarks, plain.landmarks)
    content["units"]["6"] = content["units"]["12"]
    path.write_text(json.dumps(content | {"weights_sha256": weights_hash(weights)}))
    with pytest.raises(CalibrationError, match="has unit 6, which these weights do not read"):
        Detector(weights, calibration=path)


def test_readers_that_lack_columns_or_units_are_refused(content):
    calibration = calibration_of_json(content)
    calibration.check(UNITS)
    with pytest.raises(CalibrationError, match="needs AU25, which these weights do not read"):
        calibration.check((4, 12))
    content["units"]["6"] = content["units"]["12"]
    with pytest.raises(CalibrationError, match="has unit 6, which these weights do not read"):
        calibration_of_json(content).check(UNITS)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (lambda c: c.update(format="else"), "not a calibration"),
        (lambda c: c.update(version=9), "version 9, this facsimile reads version 1"),
        (lambda c: c.pop("columns"), "damaged: 'columns' is missing"),
        (lambda c: c["columns"].remove("AU12_L"), "damaged: columns: AU12_R is there and AU12_L is not"),
        (lambda c: c["units"].update({"99": c["units"]["12"]}), "damaged: unit 99 is not a FACS code"),
        (lambda c: c["units"]["12"].update(view="whole"), "damaged: unit 12: view 'whole'"),
        (lambda c: c["units"]["12"]["model"].update(kind="forest"), "unit 12: unknown kind of model 'forest'"),
        (lambda c: c["units"]["12"]["model"]["scale"].pop(), "unit 12: .* features, but a list of shape"),
        (lambda c: c["units"]["12"]["model"]["scale"].__setitem__(0, 0.0), "unit 12: a scale is not above 0"),
        (lambda c: c["units"]["12"]["model"].update(intercept=math.nan), "unit 12: a number is not finite"),
        (lambda c: c["units"]["12"].update(sd=[1.0]), "damaged: not enough values"),
        (lambda c: c.update(units=[1]), "damaged: "),
    ],
)
def test_damage_is_named(content, change, words):
    change(content)
    with pytest.raises(CalibrationError, match=words):
        calibration_of_json(content, name="c.json")


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"left": [[0, 0, 2]]}, "a tree that does not end"),
        ({"right": [[3, 1, 2]]}, "a tree that does not end"),
        ({"feature": [[7, 0, 0]]}, "a tree asks for feature 7 of 2"),
        ({"value": [[1.0, 2.0]]}, "trees of different shapes"),
    ],
)
def test_damaged_trees_are_named(change, words):
    tree = {"kind": "trees", "start": 0.0, "feature": [[0, 0, 0]], "threshold": [[0.5, 0, 0]], "left": [[1, 1, 2]]}
    tree |= {"right": [[2, 1, 2]], "value": [[0.0, 1.0, 2.0]]}
    assert regressor_of_json(tree, num_features=2).predict(np.array([[0.0, 0.0], [1.0, 0.0]])).tolist() == [1.0, 2.0]
    with pytest.raises(ValueError, match=words):
        regressor_of_json(tree | change, num_features=2)


def test_files_that_are_none(tmp_path):
    with pytest.raises(CalibrationError, match="No such file"):
        read_calibration(tmp_path / "none.json")
    path = tmp_path / "cut.json"
    path.write_text('{"format": "facsimile')
    with pytest.raises(CalibrationError, match="not a whole JSON file"):
        read_calibration(path)
    path.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CalibrationError, match="not a whole JSON file"):
        read_calibration(path)
