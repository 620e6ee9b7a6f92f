"""Say where on ICT-FaceKit's surface each skin vertex of the template lies, and carry its shapes over.

The asset ``ict_correspondence.npz`` holds indices and barycentric coordinates only (``scripts/fit_ict.py`` makes it);
the model's own numbers are read from a user's copy.
"""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from jaxtyping import Float32, Float64, Int32

from facsimile.face.pack import HeadPack, load_head_pack
from facsimile.face.rest import EYE_CENTRE, template_skin

CORRESPONDENCE_PATH = Path(__file__).parents[1] / "assets" / "ict_correspondence.npz"
FIXED_BELOW_Y, FIXED_BEYOND_X = 4.95, 1.5
"""Shoulders and chest below this height or further from the mid-line (dm) keep the template's form."""
DM_PER_ICT_UNIT = 0.09865
"""The model's pupils are then 63 mm apart, the mean of adults (Dodgson 2004: 63.4 mm)."""
MOUTH_BELOW_Y = 7.05
"""Cavities below this height (dm, template) are the mouth and the nostrils."""
LEAST_THICKNESS = 0.6
"""Lips and cheeks keep this part of the template's thickness."""
ICT_SCLERA = ((21451, 22221), (23021, 23791))
"""First and end vertex of the left and the right eyeball without its iris (README of ICT-FaceKit)."""

ICT_LANDMARKS = (
    1225, 1888, 1052, 367, 1719, 1722, 2199, 1447, 966, 3661, 4390, 3927, 3924, 2608, 3272, 4088, 3443,
    268, 493, 1914, 2044, 1401, 3615, 4240, 4114, 2734, 2509, 978, 4527, 4942, 4857, 1140, 2075, 1147, 4269, 3360,
    1507, 1542, 1537, 1528, 1518, 1511, 3742, 3751, 3756, 3721, 3725, 3732,
    5708, 5695, 2081, 0, 4275, 6200, 6213, 6346, 6461, 5518, 5957, 5841, 5702, 5711, 5533, 6216, 6207, 6470, 5517, 5966,
)  # fmt: skip
"""Its 68 Multi-PIE points (README of ICT-FaceKit, section Facial Landmarks)."""
BROW_EDGE = (0.040, 0.045, 0.040, 0.025, 0.005)
"""ICT's brow points follow the upper edge of the brow, ours its middle: so much lower (dm, points 22-26), where the
model's own browInnerUp, browOuterUp and browDown move most."""


def body_digest(pack: HeadPack) -> str:
    """Return a hash of the template's skin: a correspondence fits one template."""
    return hashlib.sha256(pack.vertices[pack.part_vertices("body")].tobytes()).hexdigest()[:16]


def sphere_centre(points: Float32[np.ndarray, "N 3"]) -> Float32[np.ndarray, " 3"]:
    """Return the centre of the sphere nearest to the points, by least squares."""
    origin = points.mean(0, dtype=np.float64)
    offset = points - origin
    system = np.concatenate([2 * offset, np.ones((len(points), 1))], 1)
    solution = np.linalg.lstsq(system, (offset**2).sum(1), rcond=None)[0]
    return (origin + solution[:3]).astype(np.float32)


def ict_in_template(vertices: Float32[np.ndarray, "N 3"]) -> tuple[Float32[np.ndarray, "N 3"], float]:
    """Return the model's vertices in dm with the middle of its eyes where the template's is, and the scale."""
    eyes = np.mean([sphere_centre(vertices[first:end]) for first, end in ICT_SCLERA], axis=0)
    place = np.array((0, *EYE_CENTRE[1:])) - eyes * DM_PER_ICT_UNIT
    return (vertices * np.float32(DM_PER_ICT_UNIT) + place).astype(np.float32), DM_PER_ICT_UNIT


def skin_edges(links: Int32[np.ndarray, "N 2"]) -> Int32[np.ndarray, "E 2"]:
    """Return pairs of skin vertices that move alike: the edges of the template's triangles, and ``links``."""
    corners = template_skin().triangles
    edges = np.concatenate([corners[:, [0, 1]], corners[:, [1, 2]], corners[:, [2, 0]], links])
    edges = np.unique(np.sort(edges, axis=1), axis=0)
    return edges[edges[:, 0] != edges[:, 1]].astype(np.int32)


@dataclass(frozen=True, eq=False)
class Correspondence:
    """Carry values from the surface of the ICT head to the template's skin.

    ``placed`` [M] template vertices lie on ICT ``corners`` [M,3] at ``weights`` [M,3], rims ``offset`` [M,3] dm beside
    it on the neutral head; ``free`` [F] vertices (mouth,
    eye sockets, lower neck) follow the placed ones by ``spread`` [F,M]; all other skin does not move.
    ``links`` pair a wall vertex of mouth or socket with the skin outside it.
    """

    placed: Int32[np.ndarray, " M"]
    corners: Int32[np.ndarray, "M 3"]
    weights: Float32[np.ndarray, "M 3"]
    offset: Float32[np.ndarray, "M 3"]
    free: Int32[np.ndarray, " F"]
    spread: Float32[np.ndarray, "F M"]
    links: Int32[np.ndarray, "L 2"]
    num_vertices: int

    def read(self, surface: Float32[np.ndarray, "*k N 3"]) -> Float32[np.ndarray, "*k M 3"]:
        """Return what the placed vertices see of a field over the ICT vertices."""
        columns = [self.weights[:, c, None] * surface[..., self.corners[:, c], :] for c in range(3)]
        return np.asarray(columns[0] + columns[1] + columns[2], np.float32)

    def spread_out(self, moves: Float32[np.ndarray, "n M 3"]) -> Float32[np.ndarray, "n V 3"]:
        """Return displacements of the whole mesh from those of the placed vertices; other parts than skin stay."""
        fields = np.zeros((len(moves), self.num_vertices, 3), np.float32)
        fields[:, self.placed] = moves
        flat = moves.transpose(1, 0, 2).reshape(len(self.placed), -1)
        fields[:, self.free] = (self.spread @ flat).reshape(len(self.free), -1, 3).transpose(1, 0, 2)
        return fields

    def keep_thick(self, head: Float32[np.ndarray, "V 3"]) -> None:
        """Push the walls of the mouth inwards, in place, where flesh is much thinner than on the template."""
        skin = template_skin()
        wall, outside = self.links[skin.vertices[self.links[:, 0], 1] < MOUTH_BELOW_Y].T
        rest = ((skin.vertices[outside] - skin.vertices[wall]) * skin.normals[outside]).sum(1)
        depth = ((head[outside] - head[wall]) * skin.normals[outside]).sum(1)
        lack = np.maximum(LEAST_THICKNESS * rest - depth, 0)
        head[wall] -= (lack[:, None] * skin.normals[outside]).astype(np.float32)


@lru_cache(maxsize=1)
def correspondence() -> Correspondence:
    """Return the shipped correspondence with the template's skin, made once per process."""
    return read_correspondence(CORRESPONDENCE_PATH)


def read_correspondence(path: Path) -> Correspondence:
    """Read the asset; ValueError when it was fitted to another template."""
    pack = load_head_pack()
    with np.load(path, allow_pickle=False) as data:
        if str(data["body_digest"]) != body_digest(pack):
            raise ValueError(f"{path}: fitted to another template head; run scripts/fit_ict.py again")
        body = pack.part_vertices("body")
        placed = body[data["body_rows"]]
        corners, pair = data["corners"].astype(np.int32), data["barycentric"]
        offset = data["offset"].astype(np.float32)
        links = body[data["links"]]
    weights = np.concatenate([1 - pair.sum(1, keepdims=True), pair], 1).astype(np.float32)
    is_fixed = (pack.vertices[body, 1] < FIXED_BELOW_Y) | (np.abs(pack.vertices[body, 0]) > FIXED_BEYOND_X)
    free = np.setdiff1d(body[~is_fixed], placed).astype(np.int32)
    spread = smooth_spread(skin_edges(links), free=free, placed=placed, count=len(pack.vertices))
    return Correspondence(placed, corners, weights, offset, free, spread, links, len(pack.vertices))


def smooth_spread(
    edges: Int32[np.ndarray, "E 2"], *, free: Int32[np.ndarray, " F"], placed: Int32[np.ndarray, " M"], count: int
) -> Float32[np.ndarray, "F M"]:
    """Return how free vertices follow placed ones: least bending over the graph of ``edges``, the rest fixed at 0."""
    rows = _bending(edges, count)
    column = np.full(count, -1)
    column[free] = np.arange(len(free))
    column[placed] = len(free) + np.arange(len(placed))
    system = np.zeros((len(free), len(free) + len(placed)))
    i, j, value = rows
    keep = (column[i] >= 0) & (column[i] < len(free)) & (column[j] >= 0)
    np.add.at(system, (column[i][keep], column[j][keep]), value[keep])
    inside, outside = system[:, : len(free)], system[:, len(free) :]
    return -np.linalg.solve(inside, outside).astype(np.float32)


def _bending(
    edges: Int32[np.ndarray, "E 2"], count: int
) -> tuple[Int32[np.ndarray, " N"], Int32[np.ndarray, " N"], Float64[np.ndarray, " N"]]:
    """Return entries (row, column, value) of L'L, L taking from each vertex the mean of its neighbours."""
    both = np.concatenate([edges, edges[:, ::-1]])
    both = both[np.argsort(both[:, 0], kind="stable")]
    degree = np.bincount(both[:, 0], minlength=count)
    width = int(degree.max()) + 1
    first = np.cumsum(degree) - degree
    columns = np.tile(np.arange(count, dtype=np.int32)[:, None], (1, width))
    values = np.zeros((count, width))
    slot = np.arange(len(both)) - first[both[:, 0]] + 1
    columns[both[:, 0], slot] = both[:, 1]
    values[both[:, 0], slot] = -1 / degree[both[:, 0]]
    values[:, 0] = degree > 0
    i = np.repeat(columns, width, axis=1).ravel()
    j = np.tile(columns, (1, width)).ravel()
    products = (values[:, :, None] * values[:, None, :]).ravel()
    used = products != 0
    return i[used], j[used], products[used]
