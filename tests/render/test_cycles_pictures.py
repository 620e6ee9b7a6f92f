"""Blender itself, where FACSIMILE_BLENDER names its Python: light by closed form, masks, the same bytes each time."""

import json
import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from facsimile.facs.expression import ActionUnits
from facsimile.render.cycles.blender import Blender, BlenderError
from facsimile.render.cycles.painter import CyclesPainter
from facsimile.render.cycles.scene_file import Quality
from facsimile.render.performance import perform
from facsimile.render.renderer import render
from facsimile.render.scene import portrait_scene
from facsimile.render.segments import SEGMENT_NAMES

PYTHON = os.environ.get("FACSIMILE_BLENDER", "")
pytestmark = pytest.mark.skipif(not PYTHON, reason="set FACSIMILE_BLENDER to a Python that has bpy")
FACE = ("skin", "left_brow", "right_brow", "upper_lip", "lower_lip", "beard", "left_ear", "right_ear", "neck")


@pytest.fixture(scope="module")
def blender():
    held = Blender(Path(PYTHON))
    yield held
    held.close()


def card_scene(folder, lights, sky):
    """Write a matt card of albedo 0.5 that faces the camera."""
    corners = np.array([[-2, -2, 0], [2, -2, 0], [2, 2, 0], [-2, 2, 0]], np.float32)
    triangles = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
    arrays = {
        "panorama": np.full((8, 16, 3), sky, np.float32),
        "part0.vertices": corners,
        "part0.triangles": triangles,
        "part0.uv": np.zeros((2, 3, 2), np.float32),
    }
    document = {
        "format": 1, "size": 16, "seed": 0, "samples": 16, "threads": 1, "passes": ["light"],
        "camera": {"eye": [0.0, 0.0, 10.0], "focal": 5.0, "offset": [0.0, 0.0]},
        "lights": lights,
        "parts": [{"name": "card", "material": "card", "label": "other", "key": "part0", "has": ["uv"]}],
        "hairs": [],
        "materials": {"card": {
            "kind": "worn", "second": [0.0] * 3, "roughness": 1.0, "specular": 0.5, "is_metal": False,
            "is_skin": False, "tile": None,
        }},
    }  # fmt: skip
    arrays["part0.colours"] = np.full((2, 3, 3), 0.5, np.float32)
    document["parts"][0]["has"].append("colours")
    np.savez(folder / "arrays.npz", **arrays)
    (folder / "scene.json").write_text(json.dumps(document))


@pytest.mark.parametrize(
    ("lights", "sky", "radiance"),
    [
        ([{"towards": [0.0, 0.0, 1.0], "colour": [0.8, 0.4, 0.2], "radius_rad": 0.02}], 0.0, (0.4, 0.2, 0.1)),
        ([{"towards": [0.866, 0.0, 0.5], "colour": [0.8, 0.8, 0.8], "radius_rad": 0.02}], 0.0, (0.2, 0.2, 0.2)),
        ([], 0.6, (0.3, 0.3, 0.3)),
    ],
)
def test_a_matt_card_sends_back_what_the_light_says(blender, tmp_path, lights, sky, radiance):
    card_scene(tmp_path, lights, sky)
    blender.draw(tmp_path)
    seen = np.load(tmp_path / "light.npy", allow_pickle=False)[4:-4, 4:-4, :3].mean((0, 1))
    assert seen == pytest.approx(radiance, rel=0.12)


def test_face_and_label_agree_and_pictures_repeat(blender):
    scene = portrait_scene(ActionUnits.from_dict({12: 3.0, 25: 3.0, 26: 2.0}), seed=7, size=64, yaw_rad=0.3)
    scene = replace(scene, appearance=replace(scene.appearance, hair=None, beard=None))
    painter = CyclesPainter(blender, Quality(samples=2))
    performance = perform(scene, scene.expression)
    face = painter.masks(scene, performance)[..., 0] >= 0.375
    truth = np.isin(render(scene).segmentation, [SEGMENT_NAMES.index(name) for name in FACE])
    assert (face & truth).sum() / (face | truth).sum() > 0.97
    first, cover = painter(scene, performance)
    blender.close()
    second, _ = painter(scene, performance)
    np.testing.assert_array_equal(first, second)
    assert cover[truth].mean() > 0.97


def test_a_scene_that_is_none_is_refused(blender, tmp_path):
    (tmp_path / "scene.json").write_text('{"format": 99}')
    with pytest.raises(BlenderError, match=r"scene\.json has format 99, this script reads 1"):
        blender.draw(tmp_path)
