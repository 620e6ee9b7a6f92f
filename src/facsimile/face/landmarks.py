"""Attach 70 landmarks to the surface: iBUG's 68 points and the two irises, and measure lips, lids and jaw.

Points 0-67 follow the iBUG 300-W order as seen in an unmirrored photo: 0-16 jaw from the subject's right ear over the
chin (8), 17-21 right brow, 22-26 left brow, 27-35 nose, 36-41 right eye, 42-47 left eye, 48-59 outer lips from the
right corner, 60-67 inner lips. 68 is the left iris, 69 the right iris. Each point is fixed to a triangle of the
template, found by looking at it from the front, and so means the same on every face and in every expression.
"""

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from jaxtyping import Bool, Float32, Int32

from facsimile.face.front_view import STEP, X_LOW, Y_HIGH, FrontView, look
from facsimile.face.pack import MM_PER_UNIT, load_head_pack, part_index
from facsimile.face.symmetry import mirror_vertices

LEFT_IRIS, RIGHT_IRIS = 68, 69

FLIP_LANDMARKS: tuple[int, ...] = (
    *range(16, -1, -1),
    *range(26, 16, -1),
    *range(27, 31),
    *range(35, 30, -1),
    *(45, 44, 43, 42, 47, 46, 39, 38, 37, 36, 41, 40),
    *(54, 53, 52, 51, 50, 49, 48, 59, 58, 57, 56, 55),
    *(64, 63, 62, 61, 60, 67, 66, 65),
    *(RIGHT_IRIS, LEFT_IRIS),
)
"""Point i of a mirrored face is point FLIP_LANDMARKS[i] of the face."""

JAW_Y = (7.28, 7.10, 6.92, 6.74, 6.58, 6.42, 6.30, 6.20)
JAW_DEPTH = ((6.2, 6.6, 6.9, 7.3), (1.05, 0.78, 0.72, 0.72))
"""Heights of jaw points 16-9 (dm, template), and the depth z of the face contour at four heights."""
CHIN_Y = 6.175
BROW_X = (0.135, 0.225, 0.315, 0.41, 0.495)
BROW_Y = (7.432, 7.462, 7.478, 7.472, 7.432)
"""Brow centre line of points 22-26, from the inner to the outer end (dm, template)."""
BRIDGE_Y = (7.27, 7.14, 7.02, 6.90)
NOSTRIL_X = (0.0, 0.065, 0.13)
NOSTRIL_Y = (6.79, 6.80, 6.82)
"""Points 33-35 under the nose."""
LID_COLUMNS = (1 / 3, 2 / 3)
OUTER_LIP_COLUMNS = (0.5, 0.64, 0.81)
INNER_LIP_COLUMNS = (0.5, 0.72)
"""Columns of contour points, as parts of the width of the eye or mouth, towards the subject's left."""
INNER_LIP_JAW_OPEN = 0.6
"""The inner lips are found on the template with the jaw this far open."""
LID_MARGIN = 2
LIP_MARGIN = 2
"""Contour points lie this many cells (0.2 mm) outside the opening, on skin."""

INCISOR_X = 0.08
"""Teeth nearer the mid-line than this (dm, template) are incisors."""

Cell = tuple[int, int]


@dataclass(frozen=True)
class Surface:
    """Hold points on the template: corner vertices [N,3] and barycentric coordinates [N,3]."""

    corners: Int32[np.ndarray, "N 3"]
    barycentric: Float32[np.ndarray, "N 3"]

    def at(self, vertices: Float32[np.ndarray, "V 3"]) -> Float32[np.ndarray, "N 3"]:
        """Return the points [N,3] on a posed head, in its units."""
        return np.einsum("nc,ncd->nd", self.barycentric, vertices[self.corners])

    def joined(self, other: "Surface") -> "Surface":
        """Return the points of both."""
        return Surface(
            np.concatenate([self.corners, other.corners]), np.concatenate([self.barycentric, other.barycentric])
        )

    def mirrored(self) -> "Surface":
        """Return the twins on the other side of the face."""
        return Surface(mirror_vertices()[self.corners], self.barycentric)

    def take(self, rows: list[int]) -> "Surface":
        """Return some of the points."""
        return Surface(self.corners[rows], self.barycentric[rows])


def pick(view: FrontView, cells: list[Cell]) -> Surface:
    """Return the front surface at (row, column) cells."""
    rows, columns = (np.array(part) for part in zip(*cells, strict=True))
    triangles = view.triangle[rows, columns]
    assert (triangles >= 0).all(), "a landmark missed the head"
    return Surface(view.corners[triangles], view.barycentric[rows, columns])


def pick_places(view: FrontView, places: list[tuple[float, float]]) -> Surface:
    """Return the front surface at (x, y) in decimetres."""
    return pick(view, [view.cell(x, y) for x, y in places])


def jaw_cells(view: FrontView) -> list[Cell]:
    """Find points 16 to 9: at each height the outermost place still in front of the jaw line's depth."""
    cells = []
    for y in JAW_Y:
        row, middle = view.cell(0.0, y)
        is_face = view.depth[row, middle:] > np.interp(y, *JAW_DEPTH)
        cells.append((row, middle + int(np.argmin(is_face)) - 1))
    return cells


def opening(mask: Bool[np.ndarray, "H W"], x: tuple[float, float], y: tuple[float, float]) -> Bool[np.ndarray, "H W"]:
    """Cut a mask to a window (dm)."""
    columns = X_LOW + (np.arange(mask.shape[1]) + 0.5) * STEP
    rows = Y_HIGH - (np.arange(mask.shape[0]) + 0.5) * STEP
    inside = ((rows > y[0]) & (rows < y[1]))[:, None] & ((columns > x[0]) & (columns < x[1]))[None]
    return mask & inside


def contour_cells(
    mask: Bool[np.ndarray, "H W"], columns: tuple[float, ...], margin: int
) -> tuple[Cell, Cell, list[Cell], list[Cell]]:
    """Return the low-x corner, the high-x corner, and top and bottom cells at ``columns`` of an opening."""
    used = np.flatnonzero(mask.any(0))
    first, last = int(used[0]), int(used[-1])

    def ends(column: int) -> tuple[int, int]:
        rows = np.flatnonzero(mask[:, column])
        return int(rows[0]), int(rows[-1])

    at = [round(first + part * (last - first)) for part in columns]
    corners = [(sum(ends(column)) // 2, column + side * margin) for column, side in ((first, -1), (last, 1))]
    top = [(ends(column)[0] - margin, column) for column in at]
    bottom = [(ends(column)[1] + margin, column) for column in at]
    return corners[0], corners[1], top, bottom


def left_eye(view: FrontView) -> Surface:
    """Return points 42-47: inner corner, upper lid outwards, outer corner, lower lid inwards."""
    mask = opening(view.where(view.part == part_index("left_eye")), (0.1, 0.55), (7.05, 7.5))
    inner, outer, top, bottom = contour_cells(mask, LID_COLUMNS, LID_MARGIN)
    return pick(view, [inner, *top, outer, *bottom[::-1]])


def left_outer_lips(view: FrontView) -> Surface:
    """Return points 51-57: middle top, upper lip to the left corner, lower lip back to the middle."""
    mask = opening(view.where(view.is_lip), (-0.4, 0.4), (6.3, 6.9))
    _, corner, top, bottom = contour_cells(mask, OUTER_LIP_COLUMNS, LIP_MARGIN)
    return pick(view, [*top, corner, *bottom[::-1]])


def mouth_opening(view: FrontView) -> Bool[np.ndarray, "H W"]:
    """Return the cells that see the inside of the mouth, the teeth or the tongue."""
    inner_parts = [part_index(name) for name in ("upper_teeth", "lower_teeth", "tongue")]
    return opening(view.where(view.in_mouth | np.isin(view.part, inner_parts)), (-0.4, 0.4), (6.0, 6.9))


def left_inner_lips() -> Surface:
    """Return points 62-66: middle top, upper lip to the left corner, lower lip back to the middle."""
    pack = load_head_pack()
    open_mouth = pack.vertices + INNER_LIP_JAW_OPEN * pack.shapes[pack.shape_index["fu:jawOpen"]]
    view = look(open_mouth.astype(np.float32))
    mask = mouth_opening(view)
    _, corner, top, bottom = contour_cells(mask, INNER_LIP_COLUMNS, LIP_MARGIN)
    return pick(view, [*top, corner, *bottom[::-1]])


def on_middle(points: Surface, rows: tuple[int, ...] = (0,)) -> Surface:
    """Move some points a hair's breadth onto the mid-line: corners off it lose their weight."""
    weights = points.barycentric.copy()
    weights[list(rows)] *= load_head_pack().vertices[points.corners[list(rows)], 0] == 0
    return Surface(points.corners, (weights / weights.sum(1, keepdims=True)).astype(np.float32))


def with_twins(left: Surface, order: list[tuple[int, bool]]) -> Surface:
    """Return points of ``left`` (row, False) and their twins on the right (row, True), in order."""
    both = left.joined(left.mirrored())
    count = len(left.corners)
    return both.take([row + count * is_right for row, is_right in order])


def arc(count: int, *, middle: bool) -> list[tuple[int, bool]]:
    """Order a left half [0..count) into right end .. middle .. left end; row 0 is the middle when there is one."""
    left = list(range(1 if middle else 0, count))
    centre = [(0, False)] if middle else []
    return [(row, True) for row in reversed(left)] + centre + [(row, False) for row in left]


@lru_cache(maxsize=1)
def landmark_surface() -> Surface:
    """Return where the 70 landmarks sit on the template; the right side is the exact mirror of the left."""
    view = look(load_head_pack().vertices)
    chin = on_middle(pick_places(view, [(0.0, CHIN_Y)]))
    jaw = with_twins(chin.joined(pick(view, jaw_cells(view)[::-1])), arc(9, middle=True))
    brows = with_twins(pick_places(view, list(zip(BROW_X, BROW_Y, strict=True))), arc(5, middle=False))
    bridge = on_middle(pick_places(view, [(0.0, y) for y in BRIDGE_Y]), (0, 1, 2, 3))
    under_nose = on_middle(pick_places(view, list(zip(NOSTRIL_X, NOSTRIL_Y, strict=True))))
    nostrils = with_twins(under_nose, arc(3, middle=True))
    eye = left_eye(view)
    eyes = with_twins(eye, [(row, True) for row in (3, 2, 1, 0, 5, 4)] + [(row, False) for row in range(6)])
    outer = with_twins(on_middle(left_outer_lips(view), (0, 6)), ring(3))
    inner = with_twins(on_middle(left_inner_lips(), (0, 4)), ring(2))
    iris = left_iris(view)
    points = jaw.joined(brows).joined(bridge).joined(nostrils).joined(eyes).joined(outer).joined(inner)
    return points.joined(iris).joined(iris.mirrored())


def ring(half: int) -> list[tuple[int, bool]]:
    """Order lip points 0..2*half (middle top, left corner, middle bottom) as iBUG does from the right corner."""
    top_right = [(row, True) for row in range(half, 0, -1)]
    left = [(row, False) for row in range(2 * half + 1)]
    bottom_right = [(row, True) for row in range(2 * half - 1, half, -1)]
    return top_right + left + bottom_right


def left_iris(view: FrontView) -> Surface:
    """Return the pole of the left eyeball: straight in front of its centre."""
    pack = load_head_pack()
    ball = pack.vertices[pack.part_vertices("left_eye")]
    centre = (ball.min(0) + ball.max(0)) / 2
    return pick_places(view, [(float(centre[0]), float(centre[1]))])


def landmarks(vertices: Float32[np.ndarray, "V 3"]) -> Float32[np.ndarray, "70 3"]:
    """Return the 70 landmarks of a posed head, in its units (dm)."""
    return landmark_surface().at(vertices)


def lip_gap_mm(vertices: Float32[np.ndarray, "V 3"]) -> float:
    """Return how far apart the edges of closed lips are at the middle, seen from the front; 0 where they pass."""
    points = landmarks(vertices)
    return float(max(points[62, 1] - points[66, 1], 0) * MM_PER_UNIT)


@lru_cache(maxsize=1)
def _incisors() -> tuple[np.ndarray, np.ndarray]:
    pack = load_head_pack()
    rows = (pack.part_vertices(part) for part in ("upper_teeth", "lower_teeth"))
    upper, lower = (row[np.abs(pack.vertices[row, 0]) < INCISOR_X] for row in rows)
    return upper, lower


def jaw_opening_mm(vertices: Float32[np.ndarray, "V 3"], neutral: Float32[np.ndarray, "V 3"]) -> float:
    """Return how much further apart the upper and lower incisors are than on the neutral face."""
    upper, lower = _incisors()
    opened, closed = (float(np.linalg.norm(v[upper].mean(0) - v[lower].mean(0))) for v in (vertices, neutral))
    return (opened - closed) * MM_PER_UNIT


def lid_aperture_mm(vertices: Float32[np.ndarray, "V 3"]) -> Float32[np.ndarray, "2"]:
    """Return the mean height of the eye opening (left, right) over two columns; closed lids give 0."""
    points = landmarks(vertices)
    upper, lower = points[[[43, 44], [37, 38]], 1], points[[[47, 46], [41, 40]], 1]
    return np.maximum((upper - lower).mean(1), 0) * np.float32(MM_PER_UNIT)
