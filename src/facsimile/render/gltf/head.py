"""Write a person as a binary glTF: head, eyes, teeth, hair, and ARKit's 52 shapes as morph targets.

Each morph target is what the rig does at controller 1, so what happens when shapes meet (``face.correctives``) and
the folds of the skin are not in the file. Eyes turn by the eyeLook targets; to turn them by their nodes instead, whose
origins are the centres of the eyeballs, leave those targets at 0.
"""

from collections.abc import Callable

import numpy as np
import pygltflib as gltf
from jaxtyping import Float32

from facsimile import __version__
from facsimile.face.appearance import Appearance
from facsimile.face.mouth import moved_teeth, placed_teeth
from facsimile.face.person import Person
from facsimile.face.rigs import rig_of
from facsimile.facs.arkit import expression_from_arkit
from facsimile.facs.controllers import ARKIT
from facsimile.facs.expression import Expression
from facsimile.render.gltf.document import Document
from facsimile.render.gltf.dress import Still, worn_surfaces
from facsimile.render.gltf.pictures import colour_picture, eye_picture, gloss_picture, relief_picture
from facsimile.render.gltf.surfaces import METRES_PER_DM, Posed, Ribbons, Surface, hair_surfaces, mesh_surfaces
from facsimile.render.posing import NECK_PIVOT
from facsimile.render.raster import vertex_normals
from facsimile.render.topology import topology

MOUTH_COLOUR = (0.09, 0.018, 0.016)
TONGUE_COLOUR = (0.24, 0.07, 0.065)
NOTICE = "An invented person; shapes CC0 (MakeHuman, Face Units by Mika Suominen); free for any use"
FIXED = ("Hair",)
"""Surfaces without morph targets: head hair hangs on the skull, which no controller moves."""


def head_glb(person: Person, *, say: Callable[[str], None] | None = None) -> bytes:
    """Return a person's head as .glb bytes: metres, y up, the face towards +z, the neck's pivot in the origin."""
    document = Document(generator=f"facsimile {__version__}", notice=NOTICE)
    poses = _poses(person, say=say)
    surfaces: dict[str, Surface] = {**mesh_surfaces(), **hair_surfaces(person.appearance)}
    materials = _materials(document, person.appearance)
    head = document.add_node(gltf.Node(name="Head"))
    for name, surface in surfaces.items():
        _add_surface(document, surface, materials[name], poses, parent=head)
    for still in worn_surfaces(person, *poses[""]):
        _add_still(document, still, parent=head)
    return document.to_bytes()


def _poses(person: Person, *, say: Callable[[str], None] | None) -> dict[str, Posed]:
    """Return vertices and normals (dm) of the whole head for rest (named "") and each of ARKit's shapes."""
    expressions = {"": Expression.neutral()}
    expressions |= {name: expression_from_arkit({name: 1.0}).value for name in ARKIT}
    poses = {}
    for name, expression in expressions.items():
        if say is not None and name:
            say(name)
        vertices = _with_teeth(person, rig_of(person.identity).vertices(person.identity, expression))
        normals = np.zeros_like(vertices)
        vertex_normals(vertices, topology().seen, normals)
        poses[name] = (vertices, normals)
    return poses


def _with_teeth(person: Person, vertices: Float32[np.ndarray, "V 3"]) -> Float32[np.ndarray, "W 3"]:
    """Return the head's vertices and then those of the person's teeth, which follow skull and jaw."""
    neutral = rig_of(person.identity).neutral_vertices(person.identity)
    teeth = moved_teeth(placed_teeth(person.appearance.teeth, neutral), neutral, vertices)
    return np.concatenate([vertices, teeth]).astype(np.float32)


def _add_surface(document: Document, surface: Surface, material: int, poses: dict[str, Posed], *, parent: int) -> None:
    """Store one surface as a mesh of its own with the morph targets that the whole head has."""
    points, normals = surface.posed(*poses[""])
    pivot = points.mean(0) if surface.name.endswith("Eye") else np.array(NECK_PIVOT, np.float32)
    above = np.zeros(3, np.float32) if not surface.name.endswith("Eye") else pivot - np.array(NECK_PIVOT, np.float32)
    attributes = gltf.Attributes(
        POSITION=document.add_points(_metres(points - pivot)), NORMAL=document.add_points(_unit(normals))
    )
    if surface.uv is not None:
        attributes.TEXCOORD_0 = document.add_points(surface.uv)
    if surface.colours is not None:
        attributes.COLOR_0 = document.add_points(surface.colours)
    primitive = gltf.Primitive(
        attributes=attributes, indices=document.add_triangles(surface.triangles), material=material
    )
    names = () if surface.name in FIXED else ARKIT
    for name in names:
        moved, turned = surface.posed(*poses[name])
        target = {"POSITION": document.add_motion(_metres(moved - points))}
        if not isinstance(surface, Ribbons):
            target["NORMAL"] = document.add_motion(_unit(turned) - _unit(normals))
        primitive.targets.append(target)
    mesh = document.add_mesh(surface.name, [primitive], names)
    document.add_node(
        gltf.Node(name=surface.name, mesh=mesh, translation=_metres(above).astype(float).tolist()), parent=parent
    )


def _add_still(document: Document, still: Still, *, parent: int) -> None:
    """Store something worn as a mesh without morph targets."""
    surface = gltf.PbrMetallicRoughness(
        baseColorFactor=[1.0, 1.0, 1.0, still.opacity], metallicFactor=still.metallic, roughnessFactor=still.roughness
    )
    material = gltf.Material(name=still.name, pbrMetallicRoughness=surface, doubleSided=True)
    if still.opacity < 1:
        material.alphaMode = gltf.BLEND
    attributes = gltf.Attributes(
        POSITION=document.add_points(_metres(still.points - np.array(NECK_PIVOT, np.float32))),
        NORMAL=document.add_points(_unit(still.normals)),
        COLOR_0=document.add_points(np.clip(still.colours, 0, 1)),
    )
    primitive = gltf.Primitive(
        attributes=attributes,
        indices=document.add_triangles(still.triangles),
        material=document.add_material(material),
    )
    mesh = document.add_mesh(still.name, [primitive], ())
    document.add_node(gltf.Node(name=still.name, mesh=mesh), parent=parent)


def _metres(points: np.ndarray) -> np.ndarray:
    return np.asarray(points * np.float32(METRES_PER_DM), np.float32)


def _unit(normals: np.ndarray) -> Float32[np.ndarray, "N 3"]:
    """Return unit normals; a corner without one looks forward."""
    length = np.linalg.norm(normals, axis=1, keepdims=True)
    ahead = np.array([0, 0, 1], np.float32)
    return np.where(length > 1e-6, normals / np.maximum(length, 1e-6), ahead).astype(np.float32)


def _materials(document: Document, look: Appearance) -> dict[str, int]:
    """Store the materials of all surfaces; return their indices by surface name."""
    eye = document.add_picture("Eye", eye_picture(look.eyes))
    eyes = document.add_material(_textured("Eye", eye, roughness=0.12))
    strands = document.add_material(_plain("Strands", (1.0, 1.0, 1.0), roughness=0.85, is_double=True))
    return {
        "Skin": document.add_material(_skin_material(document, look)),
        "Mouth": document.add_material(_plain("Mouth", MOUTH_COLOUR, roughness=0.35, is_double=True)),
        "Teeth": document.add_material(_plain("Teeth", tuple(look.teeth.colour.tolist()), roughness=0.25)),
        "Gums": document.add_material(_plain("Gums", tuple(look.teeth.gum_colour.tolist()), roughness=0.3)),
        "Tongue": document.add_material(_plain("Tongue", TONGUE_COLOUR, roughness=0.4)),
        "LeftEye": eyes,
        "RightEye": eyes,
        **{name: strands for name in ("Hair", "Brows", "Lashes", "Beard")},
    }


def _skin_material(document: Document, look: Appearance) -> gltf.Material:
    material = _textured("Skin", document.add_picture("SkinColour", colour_picture(look)), roughness=1.0)
    gloss = document.add_picture("SkinRoughness", gloss_picture(look))
    material.pbrMetallicRoughness.metallicRoughnessTexture = gltf.TextureInfo(index=gloss)
    relief = document.add_picture("SkinRelief", relief_picture(look))
    material.normalTexture = gltf.NormalMaterialTexture(index=relief, scale=1.0)
    return material


def _textured(name: str, texture: int, *, roughness: float) -> gltf.Material:
    surface = gltf.PbrMetallicRoughness(
        baseColorTexture=gltf.TextureInfo(index=texture), metallicFactor=0.0, roughnessFactor=roughness
    )
    return gltf.Material(name=name, pbrMetallicRoughness=surface)


def _plain(name: str, colour: tuple[float, ...], *, roughness: float, is_double: bool = False) -> gltf.Material:
    surface = gltf.PbrMetallicRoughness(
        baseColorFactor=[*(float(c) for c in colour), 1.0], metallicFactor=0.0, roughnessFactor=roughness
    )
    return gltf.Material(name=name, pbrMetallicRoughness=surface, doubleSided=is_double)
