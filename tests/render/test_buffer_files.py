import io

import cv2
import numpy as np

from facsimile.facs.expression import ActionUnits
from facsimile.render.buffer_files import DEPTH_STEP_MM, MIDDLE, NORMAL_STEPS, SHIFT_STEPS, npz_bytes, png_files
from facsimile.render.buffers import BUFFER_NAMES
from facsimile.render.renderer import render
from facsimile.render.scene import portrait_scene
from facsimile.render.segments import SEGMENT_NAMES


def drawn():
    return render(portrait_scene(ActionUnits.from_dict({12: 4.0, 26: 2.0}), seed=3, size=64), buffers=BUFFER_NAMES)


def decoded(content):
    picture = cv2.imdecode(np.frombuffer(content, np.uint8), cv2.IMREAD_UNCHANGED)
    return picture[..., ::-1] if picture.ndim == 3 else picture


def test_npz_holds_everything():
    rendering = drawn()
    with np.load(io.BytesIO(npz_bytes(rendering)), allow_pickle=False) as data:
        assert tuple(data["segment_names"]) == SEGMENT_NAMES
        np.testing.assert_array_equal(data["segmentation"], rendering.segmentation)
        np.testing.assert_array_equal(data["depth_mm"], rendering.buffers.depth_mm)
        np.testing.assert_array_equal(data["displacement_AU12"], rendering.buffers.displacement["AU12"])
        assert {"normals", "landmarks", "landmark_visible", "displacement_all", "displacement_AU26"} <= set(data)


def test_pngs_give_the_numbers_back():
    rendering = drawn()
    files, buffers = png_files(rendering), rendering.buffers
    np.testing.assert_array_equal(decoded(files["segmentation.png"]), rendering.segmentation)
    depth = decoded(files["depth.png"])
    np.testing.assert_array_equal(depth == 0, np.isnan(buffers.depth_mm))
    np.testing.assert_allclose(depth[depth > 0] * DEPTH_STEP_MM, buffers.depth_mm[depth > 0], atol=DEPTH_STEP_MM)
    normals = decoded(files["normals.png"]).astype(float)
    known = ~np.isnan(buffers.normals)
    np.testing.assert_allclose((normals[known] - MIDDLE) / NORMAL_STEPS, buffers.normals[known], atol=1e-4)
    shift = decoded(files["displacement_AU12.png"])[..., :2].astype(float)
    known = ~np.isnan(buffers.displacement["AU12"])
    np.testing.assert_array_equal(shift == 0, ~known)
    np.testing.assert_allclose(
        (shift[known] - MIDDLE) / SHIFT_STEPS, buffers.displacement["AU12"][known], atol=0.51 / SHIFT_STEPS
    )
