import json
import math

import cv2
import numpy as np
import pytest

from facsimile.data.align import align_matrix, invert, rotation_of, transform_points
from facsimile.detect import turned
from facsimile.detect.finder import intersection_over_union
from facsimile.detect.pipeline import Detector
from facsimile.detect.turned import (
    METADATA_KEY,
    SHIPPED_NETWORK,
    STRIDE,
    UNIT_SIDE,
    Turned,
    decoded,
    find_turned,
)
from facsimile.detect.weights import WeightsError, is_sealed
from facsimile.facs.expression import ActionUnits
from facsimile.render.renderer import render
from facsimile.render.scene import portrait_scene


def box(*values):
    return np.array(values, float)


def test_an_answer_is_decoded_to_crops():
    cells = np.zeros((6, 4, 5), np.float32)
    cells[0] = -9
    cells[:, 2, 3] = (2.0, 0.25, -0.5, math.log(1.5), math.cos(0.4), math.sin(0.4))
    cells[0, 2, 2] = 1.0  # beside the peak
    (found,) = decoded(cells, 0.5)
    x, y = 3 * STRIDE + 3.5 + 0.25 * UNIT_SIDE, 2 * STRIDE + 3.5 - 0.5 * UNIT_SIDE
    assert found.box[:2] + found.box[2:] / 2 == pytest.approx([x, y])
    assert found.box[2:] == pytest.approx([1.5 * UNIT_SIDE] * 2)
    assert (found.angle_rad, found.weight) == pytest.approx((0.4, 1 / (1 + math.exp(-2))))
    assert decoded(cells, 0.9) == []


def test_the_crop_of_a_candidate_is_where_the_box_says():
    matrix = Turned(box(10, 20, 56, 56), 0.9, 0.5).crop(112)
    assert transform_points(matrix, np.array([[38.0, 48.0]])) == pytest.approx(np.array([[55.5, 55.5]]))
    assert rotation_of(matrix) == pytest.approx(0.5)
    assert math.sqrt(np.linalg.det(matrix[:, :2])) == pytest.approx(2)


def test_the_shipped_file_is_whole_small_and_of_this_version():
    content = SHIPPED_NETWORK.read_bytes()
    assert is_sealed(content)
    assert len(content) < 1e6
    values = json.loads(turned.network().get_modelmeta().custom_metadata_map[METADATA_KEY])
    assert (values["stride"], values["unit_side"]) == (STRIDE, UNIT_SIDE)
    assert SHIPPED_NETWORK.with_suffix(".md").is_file()


def test_a_damaged_finder_is_named(tmp_path, monkeypatch):
    content = bytearray(SHIPPED_NETWORK.read_bytes())
    content[5000] ^= 1
    (tmp_path / "f.onnx").write_bytes(bytes(content))
    monkeypatch.setattr(turned, "SHIPPED_NETWORK", tmp_path / "f.onnx")
    with pytest.raises(WeightsError, match="damaged"):
        turned.network.__wrapped__()


def test_no_face_in_flat_or_tiny_pictures():
    assert find_turned(np.zeros((200, 300, 3), np.uint8)) == []
    assert find_turned(np.full((1, 1, 3), 9, np.uint8)) == []


@pytest.mark.parametrize("shape", [(1, 1), (1, 5000), (5000, 1), (3, 40000)])
def test_a_line_has_no_face(shape):
    assert find_turned(np.full((*shape, 3), 90, np.uint8)) == []


def surest(image):
    return max(find_turned(image), key=lambda place: place.weight)


@pytest.fixture(scope="module")
def portrait():
    return render(portrait_scene(ActionUnits.neutral(), seed=7, size=160))


@pytest.mark.parametrize("degrees", [-40, 0, 40])
def test_the_crop_follows_a_tilted_head(portrait, degrees):
    matrix = cv2.getRotationMatrix2D((79.5, 79.5), degrees, 0.8)
    image = cv2.warpAffine(portrait.image, matrix, (160, 160), borderMode=cv2.BORDER_REPLICATE)
    expected = np.asarray(align_matrix(transform_points(matrix, portrait.landmarks.astype(float))), float)
    found = surest(image)
    got = found.crop(112)
    corners = np.array([[0.0, 0.0], [111.0, 0.0], [0.0, 111.0]])
    error = np.abs(transform_points(invert(got), corners) - transform_points(invert(expected), corners))
    assert error.max() < 0.35 * found.box[2]


@pytest.mark.parametrize("change", ["dark", "flat", "bright"])
def test_light_does_not_matter(portrait, change):
    plain = portrait.image
    image = {"dark": plain * 0.2, "flat": plain * 0.3 + 100, "bright": plain * 0.5 + 127}[change].astype(np.uint8)
    assert intersection_over_union(surest(image).box, surest(plain).box) > 0.6


def test_a_detector_asks_the_network_where_the_cascades_are_blind(portrait, shipped):
    matrix = cv2.getRotationMatrix2D((79.5, 79.5), 40, 0.8)
    image = cv2.warpAffine(portrait.image, matrix, (160, 160), borderMode=cv2.BORDER_REPLICATE)
    (face,) = Detector().read_image(image)
    expected = transform_points(matrix, portrait.landmarks.astype(float))
    assert np.linalg.norm(face.landmarks - expected, axis=1).mean() < 5
