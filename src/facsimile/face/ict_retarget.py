"""Carry ICT-FaceKit onto the template's mesh: its mean head, identity components and expression shapes.

Skin is sampled through the fitted correspondence; eyeballs follow the model's eyeballs, the strips of teeth and the
tongue its jaws, lashes their lids, clothes and hair cap the skin beneath. Shapes the model lacks are the template's.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32, Int32

from facsimile.face.evidence import REGIONS
from facsimile.face.eyeballs import eye_vertices, fit_eyeball
from facsimile.face.ict_correspondence import (
    ICT_SCLERA,
    Correspondence,
    correspondence,
    ict_in_template,
    sphere_centre,
)
from facsimile.face.ict_data import EXPRESSION_NAMES, IctModel
from facsimile.face.landmarks import landmarks
from facsimile.face.pack import PART_NAMES, load_head_pack
from facsimile.face.symmetry import left_mask, mirror_displacements

UPPER_TEETH, LOWER_TEETH = (17039, 19247), (19247, 21451)
"""First and end vertex of the model's teeth (README of ICT-FaceKit, section Teeth Details)."""
JAW_OF_PART = {"upper_teeth": UPPER_TEETH, "lower_teeth": LOWER_TEETH, "tongue": LOWER_TEETH}
LASH_ROOTS = 0.35
"""Part of a lash card's vertices, those nearest the eyeball, that count as roots."""
NEIGHBOURS = 4
AT_ONCE = 20
"""Components carried over together: more take more memory."""
EYE_SHARE = 0.925
"""Size of our eyeball over the model's, whose lids and corners lie on it and partly in it."""

Sum = dict[str, float]
SIDED: dict[str, Sum] = {
    "browDown": {"browDown": 1.0},
    "browInnerUp": {"browInnerUp": 1.0},
    "browOuterUp": {"browOuterUp": 1.05, "browInnerUp": -0.15},
    "cheekPuff": {"cheekPuff": 1.0},
    "cheekSquint": {"cheekSquint": 1.0},
    "eyeBlink": {"eyeBlink": 1.0},
    "eyeLookDown": {"eyeLookDown": 1.0},
    "eyeLookIn": {"eyeLookIn": 1.0},
    "eyeLookOut": {"eyeLookOut": 1.0},
    "eyeLookUp": {"eyeLookUp": 1.0},
    "eyeSquint": {"eyeSquint": 1.0},
    "eyeWide": {"eyeWide": 1.0},
    "mouthDimple": {"mouthDimple": 1.1, "mouthSmile": -0.18},
    "mouthFrown": {"mouthFrown": 1.0},
    "mouthLowerDown": {"mouthLowerDown": 1.0},
    "mouthPress": {"mouthPress": 1.0},
    "mouthSmile": {"mouthSmile": 1.0},
    "mouthStretch": {"mouthStretch": 1.0},
    "mouthUpperUp": {"mouthUpperUp": 1.2},
    "noseSneer": {"noseSneer": 1.0},
}
"""Our sided shapes as sums of the model's, without the side. The scans' outer brow takes the inner one along, their
dimple lifts the corner as a smile does; a little of the other shape is taken away."""
FADED_BELOW = {"eyeSquint": (6.98, 7.12)}
"""Shapes that end between two heights of the template (dm): the scans' tight lids take the cheek along."""
TRIMMED = {
    "browInnerUp": 1, "cheekSquint": 6, "mouthUpperUp": 10, "mouthLowerDown": 16, "mouthStretch": 20, "jawForward": 29,
    "cheekPuff": 34, "mouthRollLower": 28, "mouthRollUpper": 28,
}  # fmt: skip
"""Shapes of the scans that spread further than their unit's region, and the unit."""
TRIM_INSIDE, TRIM_OUTSIDE, TRIM_KEPT = 0.08, 0.06, 0.15
"""Trimming begins this far (dm) inside a region's edge and ends this far outside it, where this part is left."""
MIDDLE: dict[str, Sum] = {
    name: {name: 1.0}
    for name in (
        "jawForward", "jawOpen", "mouthClose", "mouthFunnel", "mouthPucker", "mouthRollLower", "mouthRollUpper",
        "mouthShrugLower", "mouthShrugUpper",
    )
}  # fmt: skip
DIRECTED = ("jaw", "mouth")
"""Shapes whose side is where the jaw or the mouth goes, spelled Left and Right in both."""


@dataclass(frozen=True, eq=False)
class IctHead:
    """Hold the model on the template's mesh (dm): ``mean`` [V,3], ``identities`` [K,V,3], ``shapes`` [S,V,3].

    Mean, shapes and their mirror images agree exactly; a component is either even or odd. ``borrowed`` names the shapes
    that are the template's own. Shapes fit a face as large as the template's.
    """

    mean: Float32[np.ndarray, "V 3"]
    identities: Float32[np.ndarray, "K V 3"]
    shapes: Float32[np.ndarray, "S V 3"]
    borrowed: tuple[str, ...]


def retarget(model: IctModel, names: tuple[str, ...], own: Float32[np.ndarray, "S V 3"]) -> IctHead:
    """Carry the model over; ``names`` are the rig's shapes and ``own`` the template's displacements for each."""
    points, scale = ict_in_template(model.vertices)
    mean = mean_head(points)
    parts = (model.identities[first : first + AT_ONCE] for first in range(0, len(model.identities), AT_ONCE))
    identities = np.concatenate([_even_or_odd(_moves(part * np.float32(scale), points)) for part in parts])
    carried = dict(zip(EXPRESSION_NAMES, _moves(model.expressions * np.float32(scale), points), strict=True))
    size = face_size(mean) / face_size(load_head_pack().vertices)
    shapes, borrowed = np.array(own, np.float32), []
    for row, name in enumerate(names):
        shape = ict_shape(name, carried)
        if shape is None:
            borrowed.append(name)
            continue
        shape = shape / np.float32(size)
        _swing_lashes(shape, own[row])
        shapes[row] = shape
    return IctHead(mean, identities, shapes, tuple(borrowed))


def ict_shape(name: str, carried: dict[str, Float32[np.ndarray, "V 3"]]) -> Float32[np.ndarray, "V 3"] | None:
    """Return one of our shapes from the model's, exactly mirrored; None where it has no such movement."""
    if name in MIDDLE:
        shape = _total(MIDDLE[name], carried, "")
        return (shape + mirror_displacements(shape)) / 2 * _trim(name, "Left")[:, None]
    for side, letter, other in (("Left", "L", "R"), ("Right", "R", "L")):
        base = name.removesuffix(side)
        if base == name:
            continue
        if base in SIDED:
            twin = _total(SIDED[base], carried, f"_{other}")
            shape = (_total(SIDED[base], carried, f"_{letter}") + mirror_displacements(twin)) / 2
            return shape * (_fade(base) * _trim(base, side))[:, None]
        if base in MIDDLE:
            whole = ict_shape(base, carried)
            mask = left_mask() if side == "Left" else 1 - left_mask()
            return None if whole is None else whole * mask[:, None]
        if base in DIRECTED:
            opposite = "Right" if side == "Left" else "Left"
            return (carried[name] + mirror_displacements(carried[base + opposite])) / 2
    return None


def _fade(base: str) -> Float32[np.ndarray, " V"]:
    """Return the part of a shape that is kept at each vertex."""
    heights = load_head_pack().vertices[:, 1]
    low, high = FADED_BELOW.get(base, (-1.0, 0.0))
    step = np.clip((heights - low) / (high - low), 0, 1)
    return (step * step * (3 - 2 * step)).astype(np.float32)


def _trim(base: str, side: str) -> Float32[np.ndarray, " V"]:
    """Return the part of a spreading shape that is kept: all well inside its unit's region, little beyond its edges."""
    if base not in TRIMMED:
        return np.ones(len(load_head_pack().vertices), np.float32)
    low, high, bottom, top = REGIONS[TRIMMED[base]]
    x, y, _ = load_head_pack().vertices.T
    x = x if side == "Left" else -x
    beyond = np.hypot(
        *(
            np.maximum(np.maximum(first - v + TRIM_INSIDE, v - last + TRIM_INSIDE), 0)
            for v, first, last in ((x, low, high), (y, bottom, top))
        )
    )
    step = np.clip(beyond / (TRIM_INSIDE + TRIM_OUTSIDE), 0, 1)
    return (1 - (1 - TRIM_KEPT) * step * step * (3 - 2 * step)).astype(np.float32)


def _total(parts: Sum, carried: dict[str, Float32[np.ndarray, "V 3"]], ending: str) -> Float32[np.ndarray, "V 3"]:
    return np.asarray(sum(np.float32(weight) * carried[part + ending] for part, weight in parts.items()), np.float32)


def face_size(vertices: Float32[np.ndarray, "V 3"]) -> float:
    """Return the mean (dm) of the width over the outer corners of the eyes and the height from eyes to chin."""
    points = landmarks(vertices)
    return float(np.linalg.norm(points[[36, 27]] - points[[45, 8]], axis=1).mean())


def mean_head(points: Float32[np.ndarray, "N 3"]) -> Float32[np.ndarray, "V 3"]:
    """Return the model's mean head on the template's mesh, exactly symmetric; ``points`` are its vertices in dm."""
    rest, map_ = load_head_pack().vertices, correspondence()
    moves = map_.spread_out((map_.read(points) + map_.offset - rest[map_.placed])[None])[0]
    _follow_skin(moves[None], map_)
    head = rest + moves
    for side, (first, end) in enumerate(ICT_SCLERA):
        head[eye_vertices(side)] = _placed_eye(points[first:end], side)
    for part, (first, end) in JAW_OF_PART.items():
        head[load_head_pack().part_vertices(part)] = _placed_jaw(part, points[first:end])
    return (head + mirror_displacements(head)) / 2


def _placed_eye(sclera: Float32[np.ndarray, "N 3"], side: int) -> Float32[np.ndarray, "M 3"]:
    """Return the template's eyeball with the centre and about the radius of the model's."""
    ball, centre = fit_eyeball(load_head_pack().vertices, side), sphere_centre(sclera)
    radius = float(np.linalg.norm(sclera - centre, axis=1).mean())
    offset = load_head_pack().vertices[eye_vertices(side)] - ball.centre
    return (centre + offset * np.float32(EYE_SHARE * radius / ball.radius)).astype(np.float32)


def _placed_jaw(part: str, teeth: Float32[np.ndarray, "N 3"]) -> Float32[np.ndarray, "M 3"]:
    """Return a strip of teeth or the tongue, fitted to the width, the front and the biting edge of the model's arch."""
    pack = load_head_pack()
    strip = pack.vertices[pack.part_vertices("lower_teeth" if part == "tongue" else part)]
    edge = np.min if part == "upper_teeth" else np.max
    front, goal_front = strip[:, 2].max(), teeth[:, 2].max()
    height, goal_height = edge(strip[:, 1]), edge(teeth[:, 1])
    scale = np.ptp(teeth[:, 0]) / np.ptp(strip[:, 0])
    origin, goal = np.array((0, height, front)), np.array((0, goal_height, goal_front))
    return (goal + (pack.vertices[pack.part_vertices(part)] - origin) * scale).astype(np.float32)


def _moves(fields: Float32[np.ndarray, "n N 3"], points: Float32[np.ndarray, "N 3"]) -> Float32[np.ndarray, "n V 3"]:
    """Carry displacements (dm) of the model's vertices to the whole mesh."""
    map_ = correspondence()
    moves = map_.spread_out(map_.read(fields))
    _follow_skin(moves, map_)
    for side, (first, end) in enumerate(ICT_SCLERA):
        moves[:, eye_vertices(side)] = _eye_moves(fields[:, first:end], points[first:end], side)
    pack = load_head_pack()
    for part, (first, end) in JAW_OF_PART.items():
        rows = pack.part_vertices(part)
        moves[:, rows] = _affine_moves(
            fields[:, first:end], points[first:end], _placed_jaw(part, points[first:end]), rows
        )
    return moves


def _eye_moves(
    fields: Float32[np.ndarray, "n N 3"], sclera: Float32[np.ndarray, "N 3"], side: int
) -> Float32[np.ndarray, "n M 3"]:
    """Move and swell an eyeball as the model's: mean motion, and growth along the radius; turning is left out."""
    centre = sphere_centre(sclera)
    offset = sclera - centre
    shift = fields.mean(1)
    swelling = ((fields - shift[:, None]) * offset).sum((1, 2)) / (offset**2).sum()
    mine = _placed_eye(sclera, side) - centre
    return (shift[:, None] + swelling[:, None, None] * mine).astype(np.float32)


def _affine_moves(
    fields: Float32[np.ndarray, "n N 3"],
    teeth: Float32[np.ndarray, "N 3"],
    placed: Float32[np.ndarray, "M 3"],
    rows: Int32[np.ndarray, " M"],
) -> Float32[np.ndarray, "n M 3"]:
    """Return how parts ``placed`` among the model's teeth move when each field's best affine map takes them along."""
    middle = teeth.mean(0)
    system = np.concatenate([teeth - middle, np.ones((len(teeth), 1), np.float32)], 1).astype(np.float64)
    solution = np.linalg.pinv(system) @ fields.transpose(1, 0, 2).reshape(len(teeth), -1)
    mine = np.concatenate([placed - middle, np.ones((len(rows), 1), np.float32)], 1)
    return (mine @ solution).reshape(len(rows), -1, 3).transpose(1, 0, 2).astype(np.float32)


def _follow_skin(moves: Float32[np.ndarray, "n V 3"], map_: Correspondence) -> None:
    """Let lashes, clothes and hair cap follow the skin nearest to them (lashes: to their roots), in place."""
    pack = load_head_pack()
    skin = np.concatenate([map_.placed, np.setdiff1d(pack.part_vertices("body"), [*map_.placed, *map_.free])])
    for part in PART_NAMES:
        if "lash" in part or part in ("hair_cap", "clothes"):
            rows = pack.part_vertices(part)
            from_ = lash_roots(part) if "lash" in part else rows
            neighbours, weights = _nearest(pack.vertices[from_], pack.vertices[skin])
            moves[:, rows] = np.einsum("rk,nrkd->nrd", weights, moves[:, skin[neighbours]])


def _nearest(
    points: Float32[np.ndarray, "P 3"], skin: Float32[np.ndarray, "S 3"]
) -> tuple[Int32[np.ndarray, "P K"], Float32[np.ndarray, "P K"]]:
    """Return the nearest skin vertices and weights that fall with the square of the distance."""
    squares = (points**2).sum(1)[:, None] - 2 * points @ skin.T + (skin**2).sum(1)
    nearest = np.argpartition(squares, NEIGHBOURS, axis=1)[:, :NEIGHBOURS].astype(np.int32)
    distance = np.maximum(np.take_along_axis(squares, nearest, 1), np.float32(1e-5))
    weights = 1 / distance
    return nearest, (weights / weights.sum(1, keepdims=True)).astype(np.float32)


def lash_roots(part: str) -> Int32[np.ndarray, " N"]:
    """Return for each vertex of a lash card the root vertex at its place along the lid."""
    pack = load_head_pack()
    rows = pack.part_vertices(part)
    ball = fit_eyeball(pack.vertices, 0 if part.startswith("left") else 1)
    reach = np.linalg.norm(pack.vertices[rows] - ball.centre, axis=1)
    roots = rows[reach <= np.quantile(reach, LASH_ROOTS)]
    aside = np.abs(pack.vertices[rows, 0][:, None] - pack.vertices[roots, 0])
    return roots[aside.argmin(1)]


def _swing_lashes(shape: Float32[np.ndarray, "V 3"], own: Float32[np.ndarray, "V 3"]) -> None:
    """Add to lashes, in place, how the template's own shape turns them about their roots."""
    for part in PART_NAMES:
        if "lash" in part:
            rows = load_head_pack().part_vertices(part)
            shape[rows] += own[rows] - own[lash_roots(part)]


def _even_or_odd(moves: Float32[np.ndarray, "n V 3"]) -> Float32[np.ndarray, "n V 3"]:
    """Return components with the rounding of their symmetry removed."""
    twins = mirror_displacements(moves)
    sign = np.sign((moves * twins).sum((1, 2)))[:, None, None]
    return ((moves + sign * twins) / 2).astype(np.float32)
