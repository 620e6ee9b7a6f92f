"""Hold strands of hair and move them with the head.

Two kinds. Surface strands (brows, lashes, beard) have every point tied to a triangle of the mesh, so they follow each
expression. Head hair is grown on the template and follows the skull: an affine fit of the scalp, corrected so that each
root stays in its skin.
"""

from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np
from jaxtyping import Float, Float32, Int32

from facsimile.face.rest import template_skin
from facsimile.kernel import lean_kernel

TIP_FOLLOW = 0.4
"""Share of the root's correction that the tip of a head hair follows; the rest hangs free."""
SCALP_BOTTOM = 7.0
"""Height (dm) above which skin counts as skull when the hair's affine fit is made."""


@dataclass(frozen=True)
class HairStrands:
    """Hold head hair: ``points`` [N,M,3] on the template (dm), root triangle and barycentrics, ``tint`` [N], width.

    ``tint`` is the log brightness of a strand against the hair colour, about -1 to 1; ``width_mm`` the width at
    the root of what one strand stands for (a few hairs), ``fineness`` [N] a factor on it (default 1). ``openness``
    [N,M] is the share of outside light that reaches a point (default 1), ``member`` [N] the lock of a strand,
    ``colour`` [N,2,3] the linear RGB at root and tip (default: the person's hair colour, tinted).
    """

    points: Float32[np.ndarray, "N M 3"]
    root_triangle: Int32[np.ndarray, " N"]
    root_bary: Float32[np.ndarray, "N 2"]
    tint: Float32[np.ndarray, " N"]
    width_mm: float
    fineness: Float32[np.ndarray, " N"] | None = None
    openness: Float32[np.ndarray, "N M"] | None = None
    member: Int32[np.ndarray, " N"] | None = None
    colour: Float32[np.ndarray, "N 2 3"] | None = None

    def of(self, chosen: slice | np.ndarray) -> "HairStrands":
        """Return some of the strands."""

        def some(values: np.ndarray | None) -> np.ndarray | None:
            return None if values is None else values[chosen]

        return replace(
            self,
            points=self.points[chosen],
            root_triangle=self.root_triangle[chosen],
            root_bary=self.root_bary[chosen],
            tint=self.tint[chosen],
            fineness=some(self.fineness),
            openness=some(self.openness),
            member=some(self.member),
            colour=some(self.colour),
        )


@dataclass(frozen=True)
class SurfaceStrands:
    """Hold strands tied to the mesh.

    Point m of strand n lies on triangle ``triangles[triangle[n, m]]`` at barycentrics (1 - b1 - b2, b1, b2) with
    ``bary`` = (b1, b2), raised by ``offset`` (dm) along the normal.
    """

    triangles: Int32[np.ndarray, "F 3"]
    triangle: Int32[np.ndarray, "N M"]
    bary: Float32[np.ndarray, "N M 2"]
    offset: Float32[np.ndarray, "N M"]
    tint: Float32[np.ndarray, " N"]
    width_mm: float


@lean_kernel
def _pose_surface(triangles, triangle, bary, offset, vertices, normals, out):
    for n in range(triangle.shape[0]):
        for m in range(triangle.shape[1]):
            i, j, k = triangles[triangle[n, m]]
            b1, b2 = bary[n, m, 0], bary[n, m, 1]
            b0 = np.float32(1) - b1 - b2
            for c in range(3):
                lift = b0 * normals[i, c] + b1 * normals[j, c] + b2 * normals[k, c]
                flat = b0 * vertices[i, c] + b1 * vertices[j, c] + b2 * vertices[k, c]
                out[n, m, c] = flat + offset[n, m] * lift


@lean_kernel
def _pose_hair(points, affine, correction, out):
    count, length = points.shape[0], points.shape[1]
    for n in range(count):
        for m in range(length):
            follow = np.float32(1 - (1 - TIP_FOLLOW) * m / (length - 1))
            for c in range(3):
                moved = affine[3, c] + follow * correction[n, c]
                for k in range(3):
                    moved += points[n, m, k] * affine[k, c]
                out[n, m, c] = moved


@lru_cache(maxsize=1)
def _scalp_fit() -> tuple[Int32[np.ndarray, " S"], Float32[np.ndarray, "4 S"]]:
    """Return the scalp's vertices and the pseudo-inverse that fits an affine map to where they went."""
    skin = template_skin()
    scalp = np.unique(skin.triangles[(skin.corners()[..., 1].mean(1) > SCALP_BOTTOM) & skin.outer])
    rest = np.concatenate([skin.vertices[scalp], np.ones((len(scalp), 1), np.float32)], 1)
    return scalp.astype(np.int32), np.linalg.pinv(rest.astype(np.float64)).astype(np.float32)


def head_affine(vertices: Float32[np.ndarray, "V 3"]) -> Float32[np.ndarray, "4 3"]:
    """Return the least-squares affine map [4,3] (rows x, y, z, 1) from the template's skull to ``vertices``."""
    scalp, inverse = _scalp_fit()
    return np.asarray(inverse @ vertices[scalp], np.float32)


def posed_strands(
    strands: HairStrands | SurfaceStrands,
    vertices: Float32[np.ndarray, "V 3"],
    normals: Float32[np.ndarray, "V 3"],
) -> Float32[np.ndarray, "N M 3"]:
    """Return the strands' points on a posed head: ``vertices`` and unit ``normals`` of the whole mesh, dm."""
    if isinstance(strands, SurfaceStrands):
        out = np.empty((*strands.triangle.shape, 3), np.float32)
        _pose_surface(strands.triangles, strands.triangle, strands.bary, strands.offset, vertices, normals, out)
        return out
    affine = head_affine(vertices)
    corners = template_skin().triangles[strands.root_triangle]
    b1, b2 = strands.root_bary[:, :1], strands.root_bary[:, 1:]
    roots = vertices[corners[:, 0]] * (1 - b1 - b2) + vertices[corners[:, 1]] * b1 + vertices[corners[:, 2]] * b2
    correction = roots - (strands.points[:, 0] @ affine[:3] + affine[3])
    out = np.empty_like(strands.points)
    _pose_hair(strands.points, affine, correction, out)
    return out


def concatenated(parts: list[SurfaceStrands]) -> SurfaceStrands:
    """Join surface strands that have the same number of points and the same triangles; the first's width is kept."""
    return SurfaceStrands(
        parts[0].triangles,
        np.concatenate([p.triangle for p in parts]),
        np.concatenate([p.bary for p in parts]),
        np.concatenate([p.offset for p in parts]),
        np.concatenate([p.tint for p in parts]),
        parts[0].width_mm,
    )


def unit(vectors: Float[np.ndarray, "*n 3"]) -> Float[np.ndarray, "*n 3"]:
    """Return vectors scaled to length one."""
    return vectors / (np.linalg.norm(vectors, axis=-1, keepdims=True) + 1e-9)
