"""Visibility: triangles into a depth-buffered G-buffer, triangles and strands into depth maps, with numba.

Screen points are (x, y, depth): x right and y down in samples, sample centres at whole numbers, depth in decimetres
along the optical axis. All buffers are written in place.
"""

import math
from typing import NamedTuple

import numpy as np

from facsimile.kernel import lean_kernel

FAR = 1e9
"""Depth of an empty sample (dm)."""
EMPTY = -1
"""Surface of an empty sample; other values are triangles."""
NEAR = 0.05
"""Nothing nearer than this is drawn (dm)."""


class GBuffer(NamedTuple):
    """What each sample sees."""

    depth: np.ndarray
    """[H,W] f32, dm; FAR where empty."""
    surface: np.ndarray
    """[H,W] i32: triangle index or EMPTY."""
    weight1: np.ndarray
    """[H,W] f32: perspective-correct weight of the second corner."""
    weight2: np.ndarray
    """[H,W] f32: weight of the third corner."""


def empty_gbuffer(height: int, width: int) -> GBuffer:
    """Allocate a G-buffer that sees nothing."""
    shape = (height, width)
    return GBuffer(
        np.full(shape, FAR, np.float32),
        np.full(shape, EMPTY, np.int32),
        np.zeros(shape, np.float32),
        np.zeros(shape, np.float32),
    )


@lean_kernel
def vertex_normals(vertices, triangles, normals):
    """Write area-weighted unit normals [V,3]; vertices of no triangle get zeros."""
    normals[:] = 0
    for t in range(triangles.shape[0]):
        a, b, c = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        ux, uy, uz = (
            vertices[b, 0] - vertices[a, 0],
            vertices[b, 1] - vertices[a, 1],
            vertices[b, 2] - vertices[a, 2],
        )
        wx, wy, wz = (
            vertices[c, 0] - vertices[a, 0],
            vertices[c, 1] - vertices[a, 1],
            vertices[c, 2] - vertices[a, 2],
        )
        nx, ny, nz = uy * wz - uz * wy, uz * wx - ux * wz, ux * wy - uy * wx
        for i in (a, b, c):
            normals[i, 0] += nx
            normals[i, 1] += ny
            normals[i, 2] += nz
    for i in range(normals.shape[0]):
        length = math.sqrt(normals[i, 0] ** 2 + normals[i, 1] ** 2 + normals[i, 2] ** 2)
        if length > 0:
            normals[i, 0] /= length
            normals[i, 1] /= length
            normals[i, 2] /= length


@lean_kernel
def rasterise(screen, triangles, first, keep, one_sided, buffer):
    """Draw triangles [F,3] of screen points [V,3] into a G-buffer; the nearest wins, the earlier at equal depth.

    ``first`` is added to the triangle index stored. ``keep`` [V] discards samples where its interpolated value is
    negative (a neckline); an empty array keeps all. ``one_sided`` triangles are seen from outside alone, where their
    corners run counter-clockwise. Triangles that reach behind the camera are skipped.
    """
    depth, surface, weight1, weight2 = buffer.depth, buffer.surface, buffer.weight1, buffer.weight2
    height, width = depth.shape
    cut = keep.shape[0] > 0
    for t in range(triangles.shape[0]):
        i0, i1, i2 = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        x0, y0, z0 = screen[i0, 0], screen[i0, 1], screen[i0, 2]
        x1, y1, z1 = screen[i1, 0], screen[i1, 1], screen[i1, 2]
        x2, y2, z2 = screen[i2, 0], screen[i2, 1], screen[i2, 2]
        if z0 <= NEAR or z1 <= NEAR or z2 <= NEAR:
            continue
        area = np.float64(x1 - x0) * np.float64(y2 - y0) - np.float64(x2 - x0) * np.float64(y1 - y0)
        if area == 0 or (one_sided and area > 0):  # with y down, counter-clockwise from outside is clockwise
            continue
        left, right = max(0, math.ceil(min(x0, x1, x2))), min(width - 1, math.floor(max(x0, x1, x2)))
        top, bottom = max(0, math.ceil(min(y0, y1, y2))), min(height - 1, math.floor(max(y0, y1, y2)))
        if left > right or top > bottom:
            continue
        inverse = 1.0 / area
        step1, step2 = (y2 - y0) * inverse, (y0 - y1) * inverse
        near0, near1, near2 = 1.0 / z0, 1.0 / z1, 1.0 / z2
        for y in range(top, bottom + 1):
            base1 = ((left - x0) * (y2 - y0) - (x2 - x0) * (y - y0)) * inverse
            base2 = ((x1 - x0) * (y - y0) - (left - x0) * (y1 - y0)) * inverse
            for x in range(left, right + 1):
                w1 = base1 + (x - left) * step1
                w2 = base2 + (x - left) * step2
                w0 = 1.0 - w1 - w2
                if w0 < -1e-6 or w1 < -1e-6 or w2 < -1e-6:
                    continue
                z = 1.0 / (w0 * near0 + w1 * near1 + w2 * near2)
                if z < depth[y, x]:
                    w1 *= near1 * z
                    w2 *= near2 * z
                    if cut and (1.0 - w1 - w2) * keep[i0] + w1 * keep[i1] + w2 * keep[i2] < 0:
                        continue
                    depth[y, x] = z
                    surface[y, x] = first + t
                    weight1[y, x] = w1
                    weight2[y, x] = w2


@lean_kernel
def rasterise_depth(screen, triangles, depth):
    """Draw triangles of orthographic screen points [V,3] into a depth map [H,W] alone."""
    height, width = depth.shape
    for t in range(triangles.shape[0]):
        i0, i1, i2 = triangles[t, 0], triangles[t, 1], triangles[t, 2]
        x0, y0, z0 = screen[i0, 0], screen[i0, 1], screen[i0, 2]
        x1, y1, z1 = screen[i1, 0], screen[i1, 1], screen[i1, 2]
        x2, y2, z2 = screen[i2, 0], screen[i2, 1], screen[i2, 2]
        area = (x1 - x0) * (y2 - y0) - (x2 - x0) * (y1 - y0)
        if area >= 0:  # counter-clockwise from outside is clockwise with y down: only faces towards the light
            continue
        left, right = max(0, math.ceil(min(x0, x1, x2))), min(width - 1, math.floor(max(x0, x1, x2)))
        top, bottom = max(0, math.ceil(min(y0, y1, y2))), min(height - 1, math.floor(max(y0, y1, y2)))
        inverse = np.float32(1.0) / area
        for y in range(top, bottom + 1):
            for x in range(left, right + 1):
                w1 = ((x - x0) * (y2 - y0) - (x2 - x0) * (y - y0)) * inverse
                w2 = ((x1 - x0) * (y - y0) - (x - x0) * (y1 - y0)) * inverse
                if w1 < 0 or w2 < 0 or w1 + w2 > 1:
                    continue
                z = z0 + w1 * (z1 - z0) + w2 * (z2 - z0)
                if z < depth[y, x]:
                    depth[y, x] = z


@lean_kernel
def strands_depth(screen, depth):
    """Draw polylines [N,M,3] into a depth map [H,W], one sample wide."""
    height, width = depth.shape
    for i in range(screen.shape[0]):
        for k in range(screen.shape[1] - 1):
            x0, y0, z0 = screen[i, k, 0], screen[i, k, 1], screen[i, k, 2]
            dx, dy, dz = screen[i, k + 1, 0] - x0, screen[i, k + 1, 1] - y0, screen[i, k + 1, 2] - z0
            steps = int(max(abs(dx), abs(dy))) + 1
            for j in range(steps):
                f = (j + np.float32(0.5)) / steps
                x, y = int(x0 + dx * f + 0.5), int(y0 + dy * f + 0.5)
                if x < 0 or y < 0 or x >= width or y >= height:
                    continue
                z = z0 + dz * f
                if z < depth[y, x]:
                    depth[y, x] = z
