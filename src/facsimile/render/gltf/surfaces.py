"""Cut a person's head into the surfaces of a glTF mesh, each able to say where it lies when the face moves."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int32

from facsimile.face.appearance import Appearance
from facsimile.face.rest import ATLAS_SIZE
from facsimile.face.strands import HairStrands, SurfaceStrands, posed_strands
from facsimile.render.posing import LASH_COLOUR, strand_look
from facsimile.render.topology import EYE, GUM, SKIN, TEETH, TONGUE, topology

METRES_PER_DM = 0.1
MAX_HAIR_VERTICES = 100_000
"""Hair is thinned to this many vertices, each strand wider in turn: about 4 MB in the file."""
RIBBON_GAIN = 2.2
"""A ribbon is this much wider than the strand it stands for: it is seen edge-on as often as flat."""
MOUTH_SHARE = 0.5
"""A triangle whose mask is above this lies inside the mouth."""

Posed = tuple[Float32[np.ndarray, "N 3"], Float32[np.ndarray, "N 3"]]


@dataclass(frozen=True, eq=False)
class SkinLike:
    """Hold part of the head's mesh and its teeth; ``source`` [N] are its vertices there."""

    name: str
    triangles: Int32[np.ndarray, "F 3"]
    source: Int32[np.ndarray, " N"]
    uv: Float32[np.ndarray, "N 2"] | None
    colours: Float32[np.ndarray, "N 3"] | None = None

    def posed(self, vertices: Float32[np.ndarray, "V 3"], normals: Float32[np.ndarray, "V 3"]) -> Posed:
        """Return positions and unit normals (dm) of the corners on a posed head."""
        return vertices[self.source], normals[self.source]


@dataclass(frozen=True, eq=False)
class Ribbons:
    """Hold strands as flat ribbons of two corners per point; flat sides look away from the skull."""

    name: str
    strands: HairStrands | SurfaceStrands
    triangles: Int32[np.ndarray, "F 3"]
    half_width: Float32[np.ndarray, "S M"]
    colours: Float32[np.ndarray, "N 3"] | None
    uv: Float32[np.ndarray, "N 2"] | None = None

    def posed(self, vertices: Float32[np.ndarray, "V 3"], normals: Float32[np.ndarray, "V 3"]) -> Posed:
        """Return positions and unit normals (dm) of the corners on a posed head."""
        points = posed_strands(self.strands, vertices, normals)
        along = _unit(np.gradient(points, axis=1))
        away = _unit(points - _inside_head(vertices))
        across = _unit(np.cross(along, away))
        facing = _unit(np.cross(across, along)).astype(np.float32)
        step = across * self.half_width[..., None]
        corners = np.stack([points - step, points + step], 2).reshape(-1, 3)
        return corners.astype(np.float32), np.repeat(facing, 2, axis=2).reshape(-1, 3)


Surface = SkinLike | Ribbons
"""What becomes one mesh of the file."""


def _unit(vectors: np.ndarray) -> np.ndarray:
    return vectors / (np.linalg.norm(vectors, axis=-1, keepdims=True) + 1e-9)


def _inside_head(vertices: np.ndarray) -> np.ndarray:
    """Return a point in the middle of the skull (dm): behind and above the eyes."""
    eyes = np.stack([vertices[rows].mean(0) for rows in topology().eye_vertices]).mean(0)
    return eyes + np.array([0, 0.25, -0.95], np.float32)


def mesh_surfaces() -> dict[str, SkinLike]:
    """Return skin, mouth, teeth, gums, tongue and the two eyes of the template's topology."""
    shape = topology()
    material, is_inside = shape.material[: shape.num_head], _is_inside_mouth()
    is_left = np.isin(shape.head[:, 0], shape.eye_vertices[0])
    first_tooth = len(shape.triangles)
    tooth = shape.material[first_tooth:]
    return {
        "LeftEye": _eye("LeftEye", shape.head[(material == EYE) & is_left]),
        "RightEye": _eye("RightEye", shape.head[(material == EYE) & ~is_left]),
        "Skin": _skin("Skin", np.flatnonzero((material == SKIN) & ~is_inside)),
        "Mouth": _bare("Mouth", shape.head[is_inside]),
        "Tongue": _bare("Tongue", shape.head[material == TONGUE]),
        "Teeth": _bare("Teeth", shape.teeth[tooth == TEETH]),
        "Gums": _bare("Gums", shape.teeth[tooth == GUM]),
    }


def _is_inside_mouth() -> np.ndarray:
    """Tell which triangles of the head line the mouth."""
    shape = topology()
    corners = shape.mask_uv[: shape.num_head].mean(1)
    height, width = shape.inside_mouth.shape
    rows = np.clip(((1 - corners[:, 1]) * height).astype(int), 0, height - 1)
    columns = np.clip((corners[:, 0] * width).astype(int), 0, width - 1)
    return (shape.inside_mouth[rows, columns] > 255 * MOUTH_SHARE) & (shape.material[: shape.num_head] == SKIN)


def _bare(name: str, triangles: np.ndarray) -> SkinLike:
    """Return a surface without texture."""
    source, inverse = np.unique(triangles, return_inverse=True)
    return SkinLike(name, inverse.reshape(-1, 3).astype(np.int32), source.astype(np.int32), None)


def _skin(name: str, rows: np.ndarray) -> SkinLike:
    """Split vertices where the atlas wraps round the back of the head."""
    shape = topology()
    height, width = ATLAS_SIZE
    uv = (shape.atlas[rows] + 0.5) / np.array([width, height], np.float32)
    key = np.concatenate([shape.head[rows][..., None], np.round(uv * 8192)], -1).reshape(-1, 3)
    _, first, inverse = np.unique(key, axis=0, return_index=True, return_inverse=True)
    return SkinLike(
        name,
        inverse.reshape(-1, 3).astype(np.int32),
        shape.head[rows].reshape(-1)[first].astype(np.int32),
        uv.reshape(-1, 2)[first].astype(np.float32),
    )


def _eye(name: str, triangles: np.ndarray) -> SkinLike:
    """Address an eyeball by direction: the middle of the texture is the pupil, its rim the back of the ball."""
    shape = topology()
    source, inverse = np.unique(triangles, return_inverse=True)
    offset = shape.rest[source] - shape.rest[shape.eye_vertices[0 if name == "LeftEye" else 1]].mean(0)
    ahead = _unit(offset)
    polar = np.arccos(np.clip(ahead[:, 2], -1, 1)) / np.pi
    around = ahead[:, :2] / (np.linalg.norm(ahead[:, :2], axis=1, keepdims=True) + 1e-9)
    uv = 0.5 + 0.5 * polar[:, None] * around * np.array([1, -1], np.float32)
    return SkinLike(name, inverse.reshape(-1, 3).astype(np.int32), source.astype(np.int32), uv.astype(np.float32))


def hair_surfaces(look: Appearance) -> dict[str, Ribbons]:
    """Return hair, brows, lashes and beard as ribbons, those that the person has."""
    kinds = (
        ("Hair", look.hair, look.hair_colour),
        ("Brows", look.brows, look.brow_colour),
        ("Lashes", look.lashes, np.array(LASH_COLOUR, np.float32)),
        ("Beard", look.beard, look.beard_colour),
    )
    return {name: _ribbons(name, strands, colour) for name, strands, colour in kinds if strands is not None}


def _ribbons(name: str, strands: HairStrands | SurfaceStrands, colour: np.ndarray) -> Ribbons:
    width = np.full(len(strands.tint), strands.width_mm / 100, np.float32)
    if isinstance(strands, HairStrands):
        width *= 1 if strands.fineness is None else strands.fineness
        step = int(np.ceil(2 * strands.points.shape[0] * strands.points.shape[1] / MAX_HAIR_VERTICES))
        strands, width = strands.of(slice(None, None, step)), width[::step] * step**0.9
    shades, openness = strand_look(strands, colour)
    count, length = openness.shape
    along = np.linspace(0, 1, length, dtype=np.float32)[None, :, None]
    lit = (0.35 + 0.65 * openness)[..., None] * (shades[:, :1] * (1 - along) + shades[:, 1:] * along)
    taper = np.linspace(1, 0.25, length, dtype=np.float32)
    return Ribbons(
        name,
        strands,
        _ribbon_triangles(count, length),
        (width[:, None] * taper * np.float32(RIBBON_GAIN / 2)).astype(np.float32),
        np.repeat(np.clip(lit, 0, 1), 2, axis=1).reshape(-1, 3).astype(np.float32),
    )


def _ribbon_triangles(count: int, length: int) -> Int32[np.ndarray, "F 3"]:
    """Return the triangles of ``count`` ribbons of ``length`` points, two corners each."""
    quad = np.array([[0, 1, 2], [2, 1, 3]])
    one = (2 * np.arange(length - 1)[:, None, None] + quad).reshape(-1, 3)
    return (2 * length * np.arange(count)[:, None, None] + one).reshape(-1, 3).astype(np.int32)
