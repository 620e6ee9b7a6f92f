"""Fit the template head to ICT-FaceKit and write which place of its surface each skin vertex is.

``FACSIMILE_ICT=.../FaceXModel python scripts/fit_ict.py FaceXModel/generic_neutral_mesh.obj [OUT_FOLDER]`` (or the
packed .npz instead of the mesh). The template is deformed smoothly until its skin lies on the ICT neutral face: points
move along the surface freely and across it not at all, smoothness is relaxed step by step, and landmarks, lid rims, the
seam of the lips and the ears' outlines hold what must be held. Each vertex near enough is then written as a triangle of
ICT vertices and barycentric coordinates; no coordinate of the model is kept. Needs scipy (extra ``train`` has it).
"""

import hashlib
import io
import json
import os
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from scipy import sparse
from scipy.sparse.linalg import splu
from scipy.spatial import cKDTree

from facsimile.face.front_view import FrontView, look
from facsimile.face.ict_correspondence import (
    BROW_EDGE,
    FIXED_BELOW_Y,
    FIXED_BEYOND_X,
    ICT_LANDMARKS,
    body_digest,
    ict_in_template,
    skin_edges,
)
from facsimile.face.ict_data import EXPRESSION_NAMES, read_ict, required_ict_path
from facsimile.face.ict_obj import read_obj
from facsimile.face.landmarks import (
    BROW_X,
    BROW_Y,
    Surface,
    contour_cells,
    landmark_surface,
    mouth_opening,
    opening,
    pick,
    pick_places,
)
from facsimile.face.lips import SEAM_COLUMNS, seam
from facsimile.face.pack import HeadPack, load_head_pack, part_index
from facsimile.face.rest import fill_triangles, template_skin
from facsimile.face.symmetry import FLIP_X, mirror_vertices

ICT_SKIN_END, ICT_SOCKET_END = 11248, 13294
"""ICT vertices: face, head and neck come before the first number, the mouth socket before the second (its README)."""
ICT_EYES = (21451, 24591)
BROWS = range(17, 27)
CHIN_SIDES = (5, 6, 7, 8, 9, 10, 11)
"""Points that both define as the outline seen from the front; how far under the jaw they lie differs by 15 mm."""
LID_COLUMNS = (0.08, 0.16, 0.25, 0.33, 0.42, 0.5, 0.58, 0.67, 0.75, 0.84, 0.92)
SEAM_JAW_OPEN = 0.1
SMOOTHNESS = (300.0, 100.0, 30.0, 10.0, 3.0, 1.0, 0.5)
STEPS_EACH = 3
MARK_WEIGHT, CHIN_WEIGHT, PIN_WEIGHT, SLIDE_WEIGHT = 20.0, (1.0, 1.0, 0.0), 100.0, 0.03
VIEW_REACH, VIEW_CELLS, VIEW_CENTRE_Y, SEEN_DM = 2.0, 250, 7.3, 0.008
"""Views for telling what can be seen: half width (dm), cells per dm, centre, and how far behind the surface counts."""
EAR_X = 0.79
"""Skin further from the mid-line than this, at the ears' height, is ear (dm)."""
FREE_BELOW_Y = 5.6
"""Neck below this height (dm) blends into the template's shoulders."""
LINK_REACH = 0.45
"""Skin no further (dm) behind the wall of a cavity is tied to it: lips, cheeks and lids keep their thickness."""
LINK_COSINE = 0.6
REACH_DM, NEAR_DM, RIM_DM = 0.25, 0.012, 0.06
SAME_WAY, SAME_WAY_FINAL = 0.5, 0.75
"""Closest points count when they are this near and normals agree by this cosine; the second of each at the end."""


@dataclass(frozen=True)
class Target:
    """Hold the ICT skin in the template's frame: points, triangles, unit normals of triangles."""

    vertices: np.ndarray
    triangles: np.ndarray
    normals: np.ndarray
    tree: cKDTree
    fans: np.ndarray

    def closest(self, points: np.ndarray, normals: np.ndarray, same_way: float) -> tuple[np.ndarray, ...]:
        """Return triangle, barycentrics [N,3] and distance of the nearest place that faces the same way."""
        near = self.tree.query(points, k=6)[1]
        candidates = self.fans[near].reshape(len(points), -1)
        best, where, bary = np.full(len(points), np.inf), np.zeros(len(points), int), np.zeros((len(points), 3))
        for column in candidates.T:
            weights = closest_weights(points, self.vertices[self.triangles[column]])
            spot = np.einsum("nc,ncd->nd", weights, self.vertices[self.triangles[column]])
            distance = np.linalg.norm(spot - points, axis=1)
            distance[(column < 0) | ((self.normals[column] * normals).sum(1) < same_way)] = np.inf
            better = distance < best
            best[better], where[better], bary[better] = distance[better], column[better], weights[better]
        return where, bary, best


def closest_weights(points: np.ndarray, corners: np.ndarray) -> np.ndarray:
    """Return barycentrics of the nearest place on each triangle [N,3,3]: the foot inside, else the best edge's."""
    a, ab, ac = corners[:, 0], corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]
    ap = points - a
    d00, d01, d11 = (ab * ab).sum(1), (ab * ac).sum(1), (ac * ac).sum(1)
    d20, d21 = (ap * ab).sum(1), (ap * ac).sum(1)
    area = np.maximum(d00 * d11 - d01 * d01, 1e-18)
    v, w = (d11 * d20 - d01 * d21) / area, (d00 * d21 - d01 * d20) / area
    weights = np.stack([1 - v - w, v, w], 1)
    outside = (weights < 0).any(1)
    best = np.full(len(points), np.inf)
    for i, j in ((0, 1), (1, 2), (2, 0)):
        edge = corners[:, j] - corners[:, i]
        t = np.clip(((points - corners[:, i]) * edge).sum(1) / np.maximum((edge**2).sum(1), 1e-18), 0, 1)
        distance = np.linalg.norm(corners[:, i] + t[:, None] * edge - points, axis=1)
        chosen = outside & (distance < best)
        best[chosen] = distance[chosen]
        weights[chosen] = 0
        weights[chosen, i], weights[chosen, j] = 1 - t[chosen], t[chosen]
    return weights


def split(quads: np.ndarray) -> np.ndarray:
    """Return the triangles of quads; a repeated last corner has no second half."""
    whole = quads[:, 2] != quads[:, 3]
    return np.concatenate([quads[:, :3], quads[whole][:, [0, 2, 3]]])


def target_of(vertices: np.ndarray, quads: np.ndarray) -> Target:
    """Prepare the search on the ICT skin."""
    triangles = split(quads[(quads < ICT_SKIN_END).all(1)])
    corners = vertices[triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals /= np.linalg.norm(normals, axis=1, keepdims=True) + 1e-12
    fans = [[] for _ in range(ICT_SKIN_END)]
    for number, triangle in enumerate(triangles):
        for corner in triangle:
            fans[corner].append(number)
    width = max(len(fan) for fan in fans)
    padded = np.array([fan + [-1] * (width - len(fan)) for fan in fans])
    return Target(vertices, triangles, normals, cKDTree(vertices[:ICT_SKIN_END]), padded)


def ict_view(vertices: np.ndarray, quads: np.ndarray) -> FrontView:
    """Look at the ICT head as ``front_view.look`` does at the template: skin, eyeballs, mouth socket."""
    template = look(load_head_pack().vertices)
    skin, socket = (quads < ICT_SKIN_END).all(1), (quads < ICT_SOCKET_END).all(1)
    eyes = ((quads >= ICT_EYES[0]) & (quads < ICT_EYES[1])).all(1)
    inner = ~skin & ((quads < ICT_SOCKET_END).all(1) | ((quads > 14061) & (quads < ICT_EYES[0])).all(1))
    groups = [split(quads[mask]) for mask in (skin, eyes, inner | (socket & ~skin))]
    corners = np.concatenate(groups).astype(np.int32)
    kind = np.repeat([0, 1, 2], [len(group) for group in groups])
    height, width = template.triangle.shape
    step = 2.0 / height
    grid = np.stack([(vertices[:, 0] + 1) / step - 0.5, (8 - vertices[:, 1]) / step - 0.5, vertices[:, 2]], -1)
    triangle, bary, depth = fill_triangles(grid[corners], (height, width))
    weights = np.concatenate([1 - bary.sum(-1, keepdims=True), bary], -1).astype(np.float32)
    part = np.where(kind == 1, part_index("left_eye"), 0).astype(np.int32)
    return FrontView(corners, part, kind == 2, kind == 9, triangle, weights, depth)


def lid_rim(view: FrontView) -> Surface:
    """Return upper and lower lid margin of the left eye at ``LID_COLUMNS``."""
    mask = opening(view.where(view.part == part_index("left_eye")), (0.1, 0.55), (7.05, 7.5))
    _, _, top, bottom = contour_cells(mask, LID_COLUMNS, 1)
    return pick(view, [*top, *bottom])


def lip_seam(view: FrontView) -> Surface:
    """Return the edges of the upper and the lower lip, left half, at the columns of ``lips.seam``."""
    _, _, top, bottom = contour_cells(mouth_opening(view), SEAM_COLUMNS, 1)
    return pick(view, [*top, *bottom])


def ear_tips(vertices: np.ndarray, skin: np.ndarray) -> np.ndarray:
    """Return the vertices at the left ear's top, back, outermost place and lobe."""
    ear = skin[(vertices[skin, 0] > EAR_X) & (vertices[skin, 1] > 6.75) & (vertices[skin, 1] < 7.6)]
    ear = ear[vertices[ear, 2] < 0.75]
    x, y, z = vertices[ear].T
    return ear[[y.argmax(), z.argmin(), x.argmax(), y.argmin(), (y + z).argmax(), (y - z).argmax()]]


@dataclass(frozen=True)
class Held:
    """Hold points of the template, their places on the ICT head [N,3] (dm) and the weight of each coordinate."""

    points: Surface
    goals: np.ndarray
    weights: np.ndarray

    def joined(self, left: Surface, goals: np.ndarray) -> "Held":
        """Add points of the left side and their twins on the right."""
        points = self.points.joined(left).joined(left.mirrored())
        weights = np.full((2 * len(goals), 3), MARK_WEIGHT)
        return Held(
            points, np.concatenate([self.goals, goals, goals * FLIP_X]), np.concatenate([self.weights, weights])
        )


def vertex_points(rows: np.ndarray) -> Surface:
    """Return vertices as points of a surface."""
    weights = np.tile(np.array([1, 0, 0], np.float32), (len(rows), 1))
    return Surface(np.repeat(rows[:, None], 3, 1).astype(np.int32), weights)


def held_points(pack: HeadPack, ict: np.ndarray, quads: np.ndarray, jaw_open: np.ndarray) -> Held:
    """Return what must be held: landmarks, brows, lid rims, the seam of the lips, ears."""
    view, other = look(pack.vertices), ict_view(ict, quads)
    marks = ict[list(ICT_LANDMARKS)]
    kept = [number for number in range(68) if number not in BROWS]
    weights = np.full((68, 3), MARK_WEIGHT)
    weights[list(CHIN_SIDES)] = CHIN_WEIGHT
    held = Held(landmark_surface().take(kept), marks[kept], weights[kept])
    upper = [(x, y + edge) for x, y, edge in zip(BROW_X, BROW_Y, BROW_EDGE, strict=True)]
    held = held.joined(pick_places(view, upper), marks[22:27])
    held = held.joined(lid_rim(view), lid_rim(other).at(ict))
    parted = ict_view((ict + SEAM_JAW_OPEN * jaw_open).astype(np.float32), quads)
    held = held.joined(seam()[0].joined(seam()[1]), lip_seam(parted).at(ict))
    ours = ear_tips(pack.vertices, np.unique(template_skin().triangles[template_skin().outer]))
    return held.joined(vertex_points(ours), ict[ear_tips(ict, np.arange(ICT_SKIN_END))])


def seen_vertices(pack: HeadPack) -> np.ndarray:
    """Return the skin vertices that can be seen from somewhere in front, beside, behind, above or below."""
    corners = pack.triangles(("body", "left_eye", "right_eye"))[0]
    seen = np.zeros(len(pack.vertices), bool)
    for turn in np.radians(range(0, 360, 30)):
        for tilt in np.radians((-60, -25, 0, 25, 60)):
            seen |= seen_from(pack.vertices, corners, float(turn), float(tilt))
    body = pack.part_vertices("body")
    return body[seen[body]]


def seen_from(vertices: np.ndarray, corners: np.ndarray, turn: float, tilt: float) -> np.ndarray:
    """Return which vertices lie on the surface that is nearest along one direction."""
    x = vertices[:, 0] * np.cos(turn) - vertices[:, 2] * np.sin(turn)
    z = vertices[:, 0] * np.sin(turn) + vertices[:, 2] * np.cos(turn)
    y = vertices[:, 1] - VIEW_CENTRE_Y
    y, z = y * np.cos(tilt) - z * np.sin(tilt), y * np.sin(tilt) + z * np.cos(tilt)
    grid = np.stack([(x + VIEW_REACH) * VIEW_CELLS, (VIEW_REACH - y) * VIEW_CELLS, z], -1)
    size = round(2 * VIEW_REACH * VIEW_CELLS)
    depth = fill_triangles(grid[corners], (size, size))[2]
    column, row = np.clip(grid[:, :2].round().astype(int), 0, size - 1).T
    return depth[row, column] < z + SEEN_DM


def wall_links(seen: np.ndarray) -> np.ndarray:
    """Tie each wall vertex of mouth and eye sockets to the nearest skin straight behind it."""
    skin = template_skin()
    hidden = np.setdiff1d(np.unique(skin.triangles), seen)
    hidden = hidden[skin.vertices[hidden, 2] > 0.4]
    links = []
    for vertex in hidden:
        offset = skin.vertices[seen] - skin.vertices[vertex]
        distance = np.linalg.norm(offset, axis=1)
        behind = -(offset @ skin.normals[vertex]) > LINK_COSINE * distance
        opposite = skin.normals[seen] @ skin.normals[vertex] < 0
        distance = np.where(behind & opposite, distance, np.inf)
        if distance.min() < LINK_REACH:
            links.append((vertex, seen[distance.argmin()]))
    return np.array(links).reshape(-1, 2).astype(np.int32)


def laplacian(count: int, edges: np.ndarray) -> sparse.csr_matrix:
    """Return the matrix that takes from each vertex the mean of its neighbours."""
    graph = sparse.coo_matrix((np.ones(len(edges)), edges.T), (count, count))
    graph = ((graph + graph.T) > 0).astype(float)
    degree = np.maximum(np.asarray(graph.sum(1)).ravel(), 1)
    return sparse.csr_matrix(sparse.identity(count) - sparse.diags(1 / degree) @ graph)


def vertex_normals(vertices: np.ndarray, triangles: np.ndarray) -> np.ndarray:
    """Return unit normals."""
    corners = vertices[triangles]
    faces = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    normals = np.zeros_like(vertices)
    for corner in range(3):
        np.add.at(normals, triangles[:, corner], faces)
    return normals / (np.linalg.norm(normals, axis=1, keepdims=True) + 1e-12)


def register(pack: HeadPack, target: Target, held: Held) -> np.ndarray:
    """Return the template's vertices (dm) on the ICT neutral head."""
    skin, rest = template_skin(), pack.vertices.astype(float)
    body = pack.part_vertices("body")
    eager = eager_vertices(pack)
    smooth = laplacian(len(rest), skin_edges(wall_links(seen_vertices(pack))))
    smooth = sparse.kron(smooth.T @ smooth, sparse.identity(3))
    holding = sparse.kron(point_matrix(held.points, len(rest)), sparse.identity(3)).tocsr()
    weighted = holding.T @ sparse.diags(held.weights.ravel())
    fixed = np.ones(len(rest), bool)
    fixed[body] = (rest[body, 1] < FIXED_BELOW_Y) | (np.abs(rest[body, 0]) > FIXED_BEYOND_X)
    base = weighted @ holding + sparse.diags(np.repeat(PIN_WEIGHT * fixed, 3))
    pull = weighted @ (held.goals - held.points.at(pack.vertices)).ravel()
    moved = rest
    for stiffness in np.repeat(SMOOTHNESS, STEPS_EACH):
        where, bary, distance = target.closest(moved[eager], vertex_normals(moved, skin.triangles)[eager], SAME_WAY)
        used = distance < REACH_DM
        spot = np.einsum("nc,ncd->nd", bary, target.vertices[target.triangles[where]])
        normal = target.normals[where]
        metric = normal[:, :, None] * normal[:, None, :] + SLIDE_WEIGHT * np.eye(3)
        metric *= used[:, None, None]
        data = block_diagonal(eager, metric, len(rest))
        gap = np.zeros((len(rest), 3))
        gap[eager] = np.einsum("nij,nj->ni", metric, np.where(used[:, None], spot, 0) - rest[eager])
        solution = splu((base + data + stiffness * smooth).tocsc()).solve(pull + gap.ravel()).reshape(-1, 3)
        moved = rest + (solution + solution[mirror_vertices()] * FLIP_X) / 2
    return moved


def eager_vertices(pack: HeadPack) -> np.ndarray:
    """Return the vertices that seek the ICT skin: outer skin that can be seen, above the shoulders."""
    skin = template_skin()
    outer = np.intersect1d(np.unique(skin.triangles[skin.outer]), seen_vertices(pack))
    return outer[pack.vertices[outer, 1] > FREE_BELOW_Y]


def point_matrix(points: Surface, count: int) -> sparse.csr_matrix:
    """Return the matrix that reads points off vertices."""
    rows = np.repeat(np.arange(len(points.corners)), 3)
    return sparse.csr_matrix((points.barycentric.ravel(), (rows, points.corners.ravel())), (len(points.corners), count))


def block_diagonal(rows: np.ndarray, blocks: np.ndarray, count: int) -> sparse.csr_matrix:
    """Put [N,3,3] blocks on the diagonal at the given vertices."""
    i = (3 * rows[:, None, None] + np.arange(3)[None, :, None]).repeat(3, 2)
    j = (3 * rows[:, None, None] + np.arange(3)[None, None, :]).repeat(3, 1)
    return sparse.csr_matrix((blocks.ravel(), (i.ravel(), j.ravel())), (3 * count, 3 * count))


def correspondence(pack: HeadPack, target: Target, moved: np.ndarray, held: Held) -> dict[str, np.ndarray]:
    """Return the arrays of the asset: rows of the body part, ICT corners, barycentrics, offsets; right mirrors left.

    Skin that reached the surface lies on it; rims and other skin that can be seen keep what is missing as an offset.
    """
    normals = vertex_normals(moved, template_skin().triangles)
    seen, held_rows = eager_vertices(pack), held.points.corners[held.points.barycentric > 0]
    left = np.union1d(seen, np.intersect1d(held_rows, pack.part_vertices("body")))
    left = left[pack.vertices[left, 0] >= 0]
    on = [target.closest(moved[left], normals[left], SAME_WAY_FINAL), target.closest(moved[left], normals[left], -2.0)]
    good = on[0][2] < NEAR_DM
    where, bary = np.where(good, on[0][0], on[1][0]), np.where(good[:, None], on[0][1], on[1][1])
    spot = np.einsum("nc,ncd->nd", bary, target.vertices[target.triangles[where]])
    offset = np.where(good[:, None], 0, moved[left] - spot)
    near = np.linalg.norm(offset, axis=1) < RIM_DM
    left, where, bary, offset = left[near], where[near], bary[near], offset[near]
    corners = target.triangles[where]
    twins = cKDTree(target.vertices[:ICT_SKIN_END]).query(target.vertices[:ICT_SKIN_END] * FLIP_X)[1]
    off = pack.vertices[left, 0] > 0
    rows = np.concatenate([left, mirror_vertices()[left[off]]])
    order = np.argsort(rows)
    body = pack.part_vertices("body")
    return {
        "body_rows": np.searchsorted(body, rows[order]).astype(np.uint16),
        "corners": np.concatenate([corners, twins[corners[off]]])[order].astype(np.uint16),
        "barycentric": np.concatenate([bary, bary[off]])[order][:, 1:].astype(np.float32),
        "offset": np.concatenate([offset, offset[off] * FLIP_X])[order].astype(np.float16),
        "links": np.searchsorted(body, wall_links(seen_vertices(pack))).astype(np.uint16),
        "body_digest": np.array(body_digest(pack)),
    }


def npz_bytes(arrays: dict[str, np.ndarray]) -> bytes:
    """Write arrays as an npz whose bytes depend on nothing else."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        for name in sorted(arrays):
            member = io.BytesIO()
            np.lib.format.write_array(member, arrays[name], version=(1, 0), allow_pickle=False)
            info = zipfile.ZipInfo(f"{name}.npy", date_time=(2020, 1, 1, 0, 0, 0))
            info.create_system, info.external_attr, info.compress_type = 3, 0o644 << 16, zipfile.ZIP_DEFLATED
            archive.writestr(info, member.getvalue(), compresslevel=9)
    return buffer.getvalue()


def write_atomic(path: Path, data: bytes) -> None:
    """Write through a temporary name in the same folder."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_bytes(data)
    os.replace(temporary, path)


def read_quads(path: Path) -> np.ndarray:
    """Return the faces of the neutral mesh, from the .obj or the packed form."""
    if path.suffix == ".npz":
        with np.load(path, allow_pickle=False) as data:
            return data["quads"]
    return read_obj(path).quads


def main(arguments: list[str]) -> None:
    """Fit and write the asset and its provenance."""
    if len(arguments) not in (1, 2):
        raise SystemExit(__doc__)
    default = Path(__file__).parents[1] / "src" / "facsimile" / "assets"
    out = Path(arguments[1]) if len(arguments) == 2 else default
    pack, model = load_head_pack(), read_ict(required_ict_path())
    quads = read_quads(Path(arguments[0]))
    ict, scale = ict_in_template(model.vertices)
    jaw_open = scale * model.expressions[EXPRESSION_NAMES.index("jawOpen")]
    target = target_of(ict, quads)
    held = held_points(pack, ict, quads, jaw_open)
    moved = register(pack, target, held)
    arrays = correspondence(pack, target, moved, held)
    data = npz_bytes(arrays)
    facts = {
        "file": "ict_correspondence.npz",
        "sha256": hashlib.sha256(data).hexdigest(),
        "bytes": len(data),
        "licence": "MIT",
        "built_by": "scripts/fit_ict.py",
        "fitted_to": {"name": "ICT-FaceKit, ICT Face Model Light", "url": "https://github.com/ICT-VGL/ICT-FaceKit"},
        "neutral_sha256": hashlib.sha256(np.round(model.vertices, 3).astype(np.float32).tobytes()).hexdigest(),
        "vertices_placed": len(arrays["body_rows"]),
        "vertices_beside_the_surface": int((arrays["offset"] != 0).any(1).sum()),
    }
    write_atomic(out / "ict_correspondence.npz", data)
    write_atomic(out / "ict_correspondence.json", (json.dumps(facts, indent=2) + "\n").encode())
    print(f"{len(arrays['body_rows'])} of {len(pack.part_vertices('body'))} skin vertices, {len(data)} bytes")


if __name__ == "__main__":
    main(sys.argv[1:])
