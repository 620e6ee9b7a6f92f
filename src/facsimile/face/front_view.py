"""Look at a head along -z, without perspective: which triangle is in front at (x, y)?"""

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float32, Int32

from facsimile.face.pack import PART_NAMES, load_head_pack, part_index
from facsimile.kernel import lean_kernel

X_LOW, X_HIGH, Y_LOW, Y_HIGH = -1.0, 1.0, 6.0, 8.0
"""Window (dm) that holds the face of the template."""
STEP = 0.002
"""Size of a cell: 0.2 mm."""
SOLID_PARTS = tuple(name for name in PART_NAMES if "lash" not in name and name not in ("hair_cap", "clothes"))


@dataclass(frozen=True)
class FrontView:
    """Hold a picture of the head: row 0 at the top, column 0 at the subject's right.

    ``corners`` [F,3] and ``part`` [F] of the drawn triangles, ``in_mouth`` [F]; ``triangle`` [H,W] row of the front
    triangle or -1, ``barycentric`` [H,W,3], ``depth`` [H,W] z or -inf.
    """

    corners: Int32[np.ndarray, "F 3"]
    part: Int32[np.ndarray, " F"]
    in_mouth: Bool[np.ndarray, " F"]
    is_lip: Bool[np.ndarray, " F"]
    triangle: Int32[np.ndarray, "H W"]
    barycentric: Float32[np.ndarray, "H W 3"]
    depth: Float32[np.ndarray, "H W"]

    def cell(self, x: float, y: float) -> tuple[int, int]:
        """Return (row, column) at a place in decimetres."""
        return round((Y_HIGH - y) / STEP - 0.5), round((x - X_LOW) / STEP - 0.5)

    def where(self, of_triangle: Bool[np.ndarray, " F"]) -> Bool[np.ndarray, "H W"]:
        """Return the cells whose front triangle is marked."""
        return (self.triangle >= 0) & of_triangle[np.maximum(self.triangle, 0)]


def look(vertices: Float32[np.ndarray, "V 3"]) -> FrontView:
    """Draw the solid parts of a head."""
    pack = load_head_pack()
    corners, uv_corners, part = pack.triangles(SOLID_PARTS)
    centre = pack.uv[uv_corners].mean(1)
    body = part == part_index("body")
    size = (round((Y_HIGH - Y_LOW) / STEP), round((X_HIGH - X_LOW) / STEP))
    triangle = np.full(size, -1, np.int32)
    barycentric = np.zeros((*size, 3), np.float32)
    depth = np.full(size, -np.inf, np.float32)
    _draw(vertices.astype(np.float64), corners, triangle, barycentric, depth)
    return FrontView(
        corners=corners,
        part=part.astype(np.int32),
        in_mouth=body & (pack.sample_mask("inside_mouth", centre) > 0.5),
        is_lip=body & (pack.sample_mask("lips", centre) > 0.5),
        triangle=triangle,
        barycentric=barycentric,
        depth=depth,
    )


@lean_kernel
def _draw(vertices, corners, triangle, barycentric, depth):
    height, width = triangle.shape
    for t in range(corners.shape[0]):
        i, j, k = corners[t, 0], corners[t, 1], corners[t, 2]
        x0, y0 = (vertices[i, 0] - X_LOW) / STEP, (Y_HIGH - vertices[i, 1]) / STEP
        x1, y1 = (vertices[j, 0] - X_LOW) / STEP, (Y_HIGH - vertices[j, 1]) / STEP
        x2, y2 = (vertices[k, 0] - X_LOW) / STEP, (Y_HIGH - vertices[k, 1]) / STEP
        area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        if area == 0:
            continue
        top, bottom = max(0, math.ceil(min(y0, y1, y2) - 0.5)), min(height - 1, math.floor(max(y0, y1, y2) - 0.5))
        left, right = max(0, math.ceil(min(x0, x1, x2) - 0.5)), min(width - 1, math.floor(max(x0, x1, x2) - 0.5))
        for row in range(top, bottom + 1):
            for column in range(left, right + 1):
                px, py = column + 0.5, row + 0.5
                b = ((px - x0) * (y2 - y0) - (x2 - x0) * (py - y0)) / area
                c = ((x1 - x0) * (py - y0) - (px - x0) * (y1 - y0)) / area
                a = 1 - b - c
                if a < -1e-9 or b < -1e-9 or c < -1e-9:
                    continue
                here = a * vertices[i, 2] + b * vertices[j, 2] + c * vertices[k, 2]
                if here > depth[row, column]:
                    depth[row, column] = here
                    triangle[row, column] = t
                    barycentric[row, column, 0] = a
                    barycentric[row, column, 1] = b
                    barycentric[row, column, 2] = c
