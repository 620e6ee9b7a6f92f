"""The glTF head: what is in the file, read back with another library, is what the rig does."""

import json
import struct

import numpy as np
import pygltflib
import pytest
from click.testing import CliRunner

from facsimile.app.commands.face import command
from facsimile.face.person import random_person
from facsimile.face.rig import default_rig
from facsimile.facs.arkit import expression_from_arkit
from facsimile.facs.controllers import ARKIT
from facsimile.facs.expression import Expression
from facsimile.render.gltf.dress import cut_above
from facsimile.render.gltf.head import head_glb
from facsimile.render.gltf.surfaces import mesh_surfaces
from facsimile.render.posing import NECK_PIVOT

SEED = 3
COMPONENTS = {"SCALAR": 1, "VEC2": 2, "VEC3": 3}
TYPES = {5125: np.uint32, 5126: np.float32}


@pytest.fixture(scope="module")
def glb() -> bytes:
    return head_glb(random_person(SEED))


@pytest.fixture(scope="module")
def document(glb) -> pygltflib.GLTF2:
    return pygltflib.GLTF2.load_from_bytes(glb)


def raw(document, view, dtype, count, width):
    view = document.bufferViews[view]
    data = document.binary_blob()[view.byteOffset : view.byteOffset + view.byteLength]
    return np.frombuffer(data, dtype)[: count * width].reshape(count, width)


def values(document, index):
    accessor = document.accessors[index]
    width = COMPONENTS[accessor.type]
    out = np.zeros((accessor.count, width), TYPES[accessor.componentType])
    if accessor.bufferView is not None:
        out[:] = raw(document, accessor.bufferView, TYPES[accessor.componentType], accessor.count, width)
    if accessor.sparse is not None:
        rows = raw(document, accessor.sparse.indices.bufferView, np.uint32, accessor.sparse.count, 1)[:, 0]
        out[rows] = raw(document, accessor.sparse.values.bufferView, np.float32, accessor.sparse.count, width)
    return out


def mesh(document, name):
    return next(mesh for mesh in document.meshes if mesh.name == name)


def test_the_file_says_its_own_length(glb):
    magic, version, length = struct.unpack("<4sII", glb[:12])
    assert (magic, version, length) == (b"glTF", 2, len(glb))
    chunk = struct.unpack("<I", glb[12:16])[0]
    assert json.loads(glb[20 : 20 + chunk])["asset"]["version"] == "2.0"


def test_every_surface_has_the_52_shapes_of_arkit(document):
    moving = [one for one in document.meshes if one.primitives[0].targets]
    still = {one.name for one in document.meshes} - {one.name for one in moving}
    assert "Clothes" in still
    assert not still & {"Skin", "Brows", "Beard"}
    assert {"Skin", "Mouth", "Teeth", "Tongue", "LeftEye", "RightEye", "Brows", "Lashes"} <= {m.name for m in moving}
    for one in moving:
        assert tuple(one.extras["targetNames"]) == ARKIT
        assert len(one.primitives[0].targets) == len(ARKIT)


@pytest.mark.parametrize("shape", ["jawOpen", "mouthSmileLeft", "browInnerUp", "eyeLookOutRight"])
def test_a_morph_target_is_what_the_rig_does(document, shape):
    primitive = mesh(document, "Skin").primitives[0]
    identity = random_person(SEED).identity
    posed = default_rig().vertices(identity, expression_from_arkit({shape: 1.0}).value)
    source = mesh_surfaces()["Skin"].source
    moved = values(document, primitive.attributes.POSITION) + values(
        document, primitive.targets[ARKIT.index(shape)]["POSITION"]
    )
    expected = (posed[source] - np.array(NECK_PIVOT, np.float32)) / 10
    np.testing.assert_allclose(moved, expected, atol=2e-6)


def test_triangles_point_at_corners_and_outwards(document):
    for one in document.meshes:
        primitive = one.primitives[0]
        triangles = values(document, primitive.indices).reshape(-1, 3)
        points = values(document, primitive.attributes.POSITION)
        assert triangles.max() < len(points)
        assert np.isfinite(points).all()
    skin = mesh(document, "Skin").primitives[0]
    triangles = values(document, skin.indices).reshape(-1, 3)
    points, normals = (values(document, i) for i in (skin.attributes.POSITION, skin.attributes.NORMAL))
    corners = points[triangles]
    facing = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    assert ((facing * normals[triangles].mean(1)).sum(1) > 0).mean() > 0.99


def test_eyes_turn_about_their_nodes(document):
    node = next(node for node in document.nodes if node.name == "LeftEye")
    points = values(document, document.meshes[node.mesh].primitives[0].attributes.POSITION)
    rest = default_rig().vertices(random_person(SEED).identity, Expression.neutral())
    ball = rest[mesh_surfaces()["LeftEye"].source]
    np.testing.assert_allclose(np.array(node.translation) * 10 + NECK_PIVOT, ball.mean(0), atol=1e-4)
    assert np.abs(points.mean(0)).max() < 1e-6


def test_the_same_person_gives_the_same_bytes(glb):
    assert head_glb(random_person(SEED)) == glb


def test_cloth_ends_at_the_zero_line():
    points = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0]], np.float32)
    faces = np.array([[0, 1, 2], [1, 3, 2]], np.int32)
    corners, triangles = cut_above(points, (0.5 - points[:, 1]).astype(np.float32), faces)
    assert corners[:, 1].max() == pytest.approx(0.5)
    area = np.cross(
        corners[triangles[:, 1]] - corners[triangles[:, 0]], corners[triangles[:, 2]] - corners[triangles[:, 0]]
    )
    assert area[:, 2].sum() / 2 == pytest.approx(0.5)
    assert (area[:, 2] > 0).all()


def test_command_writes_a_file_once(tmp_path):
    output = tmp_path / "a.glb"
    assert CliRunner().invoke(command, ["--seed", str(SEED), "-o", str(output)]).exit_code == 0
    assert output.read_bytes()[:4] == b"glTF"
    again = CliRunner().invoke(command, ["-o", str(output)])
    assert (again.exit_code, "--force" in again.output) == (2, True)
    other = CliRunner().invoke(command, ["--person", "Aylin", "--rig", "ict", "-o", str(tmp_path / "b.glb")])
    assert (other.exit_code, "leave out --person" in other.output) == (2, True)
    wrong = CliRunner().invoke(command, ["-o", str(tmp_path / "a.obj")])
    assert (wrong.exit_code, ".glb" in wrong.output) == (2, True)
