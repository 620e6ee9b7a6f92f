"""Give every point of the skin a fixed address: the rest-pose atlas.

A skin point is named by where it lies on the template head, whatever the identity and expression. The atlas is a
cylinder round the head, stretched so that the face gets most of the texels; lips, brows, hairline and wrinkles are
drawn into it once. Texel (0, 0) is the centre of the top-left texel; columns grow towards the subject's left.
"""

from dataclasses import dataclass
from functools import lru_cache

import cv2
import numpy as np
from jaxtyping import Bool, Float, Float32, Int32

from facsimile.face.pack import load_head_pack
from facsimile.kernel import kernel

ATLAS_SIZE = (448, 768)
"""Rows, columns: 0.71 mm per texel on the face, about one sample of a 256 px portrait rendered with 2x2 samples."""
ATLAS_TOP, ATLAS_BOTTOM = 8.6, 5.4
"""Heights (dm) of the first and last row: above the crown (8.49), below the collar bones."""
AXIS_Z = 0.1
"""The cylinder's axis stands at x = 0, z = 0.1 dm, the middle of the skull of the template."""
FACE_STRETCH = 0.5
"""Texel density is 1 + FACE_STRETCH times the mean in front and zero at the back of the head, under the hair."""
TEXEL_MM = 100.0 * (ATLAS_TOP - ATLAS_BOTTOM) / ATLAS_SIZE[0]
"""Height of a texel; its width on the face is the same within a quarter."""

EYE_CENTRE = (0.30777, 7.28414, 1.245)
"""Centre (dm) of the template's left eyeball, the mean of its vertices."""
EYE_RADIUS = 0.13815
"""Radius (dm) of the template's eyeball, half its height."""

FRONT_X, FRONT_Y = (-1.0, 1.0), (5.9, 8.6)
FRONT_DENSITY = 300
"""Cells per dm of the front lookup: a third of a millimetre, finer than a brow hair's step."""


@kernel
def atlas_column(x: float, z: float) -> float:
    """Return the atlas column of a rest-pose point."""
    turn = np.arctan2(x, z - AXIS_Z) / np.pi
    return (0.5 + 0.5 * turn * (1.0 + FACE_STRETCH - FACE_STRETCH * turn * turn)) * ATLAS_SIZE[1] - 0.5


@kernel
def atlas_row(y: float) -> float:
    """Return the atlas row of a rest-pose point."""
    return (ATLAS_TOP - y) / (ATLAS_TOP - ATLAS_BOTTOM) * ATLAS_SIZE[0] - 0.5


def atlas_uv(points: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n 2"]:
    """Return the texel coordinates (column, row) of rest-pose points in dm."""
    turn = np.arctan2(points[..., 0], points[..., 2] - AXIS_Z) / np.pi
    column = (0.5 + 0.5 * turn * (1 + FACE_STRETCH - FACE_STRETCH * turn**2)) * ATLAS_SIZE[1] - 0.5
    row = (ATLAS_TOP - points[..., 1]) / (ATLAS_TOP - ATLAS_BOTTOM) * ATLAS_SIZE[0] - 0.5
    return np.stack([column, row], -1)


@kernel
def _fill_triangles(corners, triangle, bary, depth):
    """Draw triangles [F,3,(column, row, depth)] into maps; the largest depth wins."""
    height, width = triangle.shape
    for t in range(corners.shape[0]):
        x0, y0, z0 = corners[t, 0]
        x1, y1, z1 = corners[t, 1]
        x2, y2, z2 = corners[t, 2]
        area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        if area == 0:
            continue
        for row in range(max(0, int(np.ceil(min(y0, y1, y2)))), min(height - 1, int(max(y0, y1, y2))) + 1):
            for column in range(max(0, int(np.ceil(min(x0, x1, x2)))), min(width - 1, int(max(x0, x1, x2))) + 1):
                b1 = ((column - x0) * (y2 - y0) - (x2 - x0) * (row - y0)) / area
                b2 = ((x1 - x0) * (row - y0) - (column - x0) * (y1 - y0)) / area
                z = (1 - b1 - b2) * z0 + b1 * z1 + b2 * z2
                if b1 >= -1e-6 and b2 >= -1e-6 and b1 + b2 <= 1 + 1e-6 and z > depth[row, column]:
                    depth[row, column] = z
                    triangle[row, column] = t
                    bary[row, column, 0] = b1
                    bary[row, column, 1] = b2


def fill_triangles(
    corners: Float[np.ndarray, "F 3 3"], size: tuple[int, int]
) -> tuple[Int32[np.ndarray, "H W"], Float32[np.ndarray, "H W 2"], Float32[np.ndarray, "H W"]]:
    """Draw triangles with corners (column, row, depth); return triangle (-1: none), barycentrics 1 and 2, depth.

    The largest depth wins; depth is -inf where nothing was drawn.
    """
    triangle = np.full(size, -1, np.int32)
    bary = np.zeros((*size, 2), np.float32)
    depth = np.full(size, -np.inf, np.float32)
    _fill_triangles(np.ascontiguousarray(corners, np.float64), triangle, bary, depth)
    return triangle, bary, depth


@dataclass(frozen=True)
class Skin:
    """Hold the outer skin of the template: triangles of the body part without the inside of the mouth.

    ``triangles`` [F,3] are all of the body's, so that their numbers agree with ``pack.triangles(["body"])``; ``outer``
    [F] marks those outside the mouth.
    """

    vertices: Float32[np.ndarray, "V 3"]
    triangles: Int32[np.ndarray, "F 3"]
    uv: Float32[np.ndarray, "F 3 2"]
    normals: Float32[np.ndarray, "V 3"]
    outer: Bool[np.ndarray, " F"]

    def corners(self) -> Float32[np.ndarray, "F 3 3"]:
        """Return the rest positions of the triangles' corners."""
        return self.vertices[self.triangles]


@lru_cache(maxsize=1)
def template_skin() -> Skin:
    """Return the skin of the template head, made once per process."""
    pack = load_head_pack()
    triangles, uv_triangles, _ = pack.triangles(["body"])
    uv = pack.uv[uv_triangles]
    outer = pack.sample_mask("inside_mouth", uv.mean(1)) < 0.5
    corners = pack.vertices[triangles]
    faces = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.zeros_like(pack.vertices)
    for corner in range(3):
        np.add.at(normals, triangles[:, corner], faces)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True) + 1e-12
    return Skin(pack.vertices, triangles, uv, normals, outer)


@dataclass(frozen=True)
class Atlas:
    """Hold what lies at each texel: ``position`` [H,W,3] in dm (exactly mirror-symmetric), ``lips``, ``ears`` 0-1."""

    position: Float32[np.ndarray, "H W 3"]
    lips: Float32[np.ndarray, "H W"]
    ears: Float32[np.ndarray, "H W"]

    @property
    def x(self) -> Float32[np.ndarray, "H W"]:
        """Return x (dm), positive on the subject's left."""
        return self.position[..., 0]

    @property
    def y(self) -> Float32[np.ndarray, "H W"]:
        """Return y (dm), up."""
        return self.position[..., 1]

    @property
    def z(self) -> Float32[np.ndarray, "H W"]:
        """Return z (dm), out of the face."""
        return self.position[..., 2]

    def blob(self, x: float, y: float, width: float, height: float) -> Float32[np.ndarray, "H W"]:
        """Return a Gaussian spot of the face and its mirror image, centred at (+-x, y), in dm."""
        spot = np.exp(-(((np.abs(self.x) - x) / width) ** 2 + ((self.y - y) / height) ** 2) / 2)
        return np.asarray(spot * np.clip((self.z - 0.25) / 0.2, 0, 1), np.float32)


def _nearest_fill(values: Float[np.ndarray, "H W C"], known: Bool[np.ndarray, "H W"]) -> Float[np.ndarray, "H W C"]:
    _, labels = cv2.distanceTransformWithLabels(
        (~known).astype(np.uint8), cv2.DIST_L2, 5, labelType=cv2.DIST_LABEL_PIXEL
    )
    source = np.zeros(labels.max() + 1, np.int64)
    source[labels[known]] = np.flatnonzero(known)
    return values.reshape(-1, values.shape[-1])[source[labels]]


@lru_cache(maxsize=1)
def atlas() -> Atlas:
    """Return the atlas of the template, made once per process (about 50 ms)."""
    skin, pack = template_skin(), load_head_pack()
    corners = skin.corners()
    columns = atlas_uv(corners)
    depth = np.hypot(corners[..., 0], corners[..., 2] - AXIS_Z)
    keep = np.flatnonzero(skin.outer & (np.ptp(columns[..., 0], axis=1) < ATLAS_SIZE[1] / 2))
    triangle, bary, _ = fill_triangles(np.concatenate([columns, depth[..., None]], -1)[keep], ATLAS_SIZE)
    weights = np.concatenate([1 - bary.sum(-1, keepdims=True), bary], -1)[..., None]
    chosen = keep[triangle]
    uv = (skin.uv[chosen] * weights).sum(-2)
    masks = [pack.sample_mask(name, uv) for name in ("lips", "ears")]
    layers = np.concatenate([(corners[chosen] * weights).sum(-2), np.stack(masks, -1)], -1)
    layers = _nearest_fill(layers, triangle >= 0)
    mirrored = layers[:, ::-1] * np.asarray([-1, 1, 1, 1, 1], np.float32)
    layers = np.asarray((layers + mirrored) / 2, np.float32)
    soft = [cv2.GaussianBlur(np.ascontiguousarray(layers[..., k]), (0, 0), 0.8) for k in (3, 4)]
    return Atlas(np.ascontiguousarray(layers[..., :3]), *[(m + m[:, ::-1]) / 2 for m in soft])


@dataclass(frozen=True)
class FrontMap:
    """Hold the skin seen from the front: triangle (-1: none), barycentrics 1 and 2, and z (dm) on a grid of (y, x)."""

    triangle: Int32[np.ndarray, "H W"]
    bary: Float32[np.ndarray, "H W 2"]
    z: Float32[np.ndarray, "H W"]


@lru_cache(maxsize=1)
def front_map() -> FrontMap:
    """Return the front map of the template, made once per process."""
    skin = template_skin()
    corners = skin.corners()
    flat = np.stack(
        [
            (corners[..., 0] - FRONT_X[0]) * FRONT_DENSITY - 0.5,
            (FRONT_Y[1] - corners[..., 1]) * FRONT_DENSITY - 0.5,
            corners[..., 2],
        ],
        -1,
    )
    keep = np.flatnonzero(skin.outer)
    size = (round((FRONT_Y[1] - FRONT_Y[0]) * FRONT_DENSITY), round((FRONT_X[1] - FRONT_X[0]) * FRONT_DENSITY))
    triangle, bary, z = fill_triangles(flat[keep], size)
    return FrontMap(np.where(triangle >= 0, keep[triangle], -1).astype(np.int32), bary, z)


def front_lookup(
    x: Float[np.ndarray, "*n"], y: Float[np.ndarray, "*n"]
) -> tuple[Int32[np.ndarray, "*n"], Float32[np.ndarray, "*n 2"], Float32[np.ndarray, "*n"]]:
    """Return triangle, barycentrics 1 and 2, and z of the skin seen at (x, y) dm from the front.

    The triangle is a row of ``pack.triangles(["body"])``, -1 beside the head (z is then -inf). Points off the map are
    moved to its edge.
    """
    front = front_map()
    column = np.clip(((x - FRONT_X[0]) * FRONT_DENSITY).astype(int), 0, front.z.shape[1] - 1)
    row = np.clip(((FRONT_Y[1] - y) * FRONT_DENSITY).astype(int), 0, front.z.shape[0] - 1)
    return front.triangle[row, column], front.bary[row, column], front.z[row, column]
