"""Build small closed shapes for accessories: tubes along lines, sheets over grids, fans; positions in dm."""

import numpy as np
from jaxtyping import Float, Int32

from facsimile.face.strands import unit

Mesh = tuple[Float[np.ndarray, "_ 3"], Int32[np.ndarray, "_ 3"]]
"""Vertices and triangles."""


def sheet(grid: Float[np.ndarray, "H W 3"], *, closed: bool = False) -> Mesh:
    """Return the surface through a grid of points; ``closed`` joins the last column to the first."""
    rows, columns = grid.shape[:2]
    index = np.arange(rows * columns).reshape(rows, columns)
    if closed:
        index = np.concatenate([index, index[:, :1]], 1)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, :-1], index[1:, 1:]
    faces = np.concatenate([np.stack([a, b, c], -1).reshape(-1, 3), np.stack([b, d, c], -1).reshape(-1, 3)])
    return grid.reshape(-1, 3).astype(np.float64), faces.astype(np.int32)


def tube(
    line: Float[np.ndarray, "N 3"], radius: Float[np.ndarray, "N 2"], *, closed: bool = False, sides: int = 8
) -> Mesh:
    """Return a tube along a line; ``radius`` are its half axes upwards and sideways at each point."""
    ahead = np.roll(line, -1, 0) - np.roll(line, 1, 0)
    if not closed:
        ahead[0], ahead[-1] = line[1] - line[0], line[-1] - line[-2]
    ahead = unit(ahead)
    up = np.array((0.0, 1.0, 0.02)) - ahead * (ahead @ np.array((0.0, 1.0, 0.02)))[:, None]
    up = unit(up)
    aside = np.cross(ahead, up)
    turn = np.arange(sides) / sides * 2 * np.pi
    ring = (np.cos(turn)[None, :, None] * up[:, None] * radius[:, None, :1]
            + np.sin(turn)[None, :, None] * aside[:, None] * radius[:, None, 1:])  # fmt: skip
    grid = line[:, None] + ring
    if closed:
        grid = np.concatenate([grid, grid[:1]])
    return sheet(grid, closed=True)


def frame_tube(line: Float[np.ndarray, "N 3"], outward: Float[np.ndarray, "N 3"], *, half: tuple[float, float]) -> Mesh:
    """Return a closed rim along a loop; ``outward`` points away from its middle, ``half`` are (across, deep) in dm."""
    deep = np.array((0.0, 0.0, 1.0))
    turn = np.arange(8) / 8 * 2 * np.pi
    ring = np.cos(turn)[None, :, None] * outward[:, None] * half[0] + np.sin(turn)[None, :, None] * deep * half[1]
    grid = line[:, None] + ring
    return sheet(np.concatenate([grid, grid[:1]]), closed=True)


def fan(loop: Float[np.ndarray, "N 3"]) -> Mesh:
    """Return the surface between a loop and its middle."""
    count = len(loop)
    middle = loop.mean(0, keepdims=True)
    index = np.arange(count)
    faces = np.stack([index, (index + 1) % count, np.full(count, count)], 1)
    return np.concatenate([loop, middle]).astype(np.float64), faces.astype(np.int32)


def joined(meshes: list[Mesh]) -> Mesh:
    """Return several meshes as one."""
    base, points, faces = 0, [], []
    for vertices, triangles in meshes:
        points.append(vertices)
        faces.append(triangles + base)
        base += len(vertices)
    return np.concatenate(points), np.concatenate(faces).astype(np.int32)


def mirrored(mesh: Mesh) -> Mesh:
    """Return the mesh of the other side."""
    return mesh[0] * np.array((-1.0, 1.0, 1.0)), np.ascontiguousarray(mesh[1][:, ::-1])
