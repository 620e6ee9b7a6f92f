"""Cut a mesh along the zero line of a number at its vertices, as the raster discards samples below it."""

import numpy as np
from jaxtyping import Float32, Int32

_TURNS = np.array([[0, 1, 2], [1, 2, 0], [2, 0, 1]])


def cut(
    vertices: Float32[np.ndarray, "V 3"],
    triangles: Int32[np.ndarray, "F 3"],
    keep: Float32[np.ndarray, " V"],
    corners: Float32[np.ndarray, "F 3 C"],
) -> tuple[Float32[np.ndarray, "W 3"], Int32[np.ndarray, "G 3"], Float32[np.ndarray, "G 3 C"]]:
    """Return what is left of a mesh where ``keep`` is not negative, with the values ``corners`` of its corners.

    Vertices that no triangle uses are left out; neighbours share the vertices of the cut.
    """
    inside = keep[triangles] >= 0
    count = inside.sum(1)
    odd = np.where(count == 1, inside.argmax(1), (~inside).argmax(1))
    order = _TURNS[odd]
    turned = np.take_along_axis(triangles, order, 1)
    values = np.take_along_axis(corners, order[..., None], 1)
    whole = count == 3
    pieces = [(triangles[whole], corners[whole])]
    points, made = [vertices], len(vertices)
    mixed = (count == 1) | (count == 2)
    if mixed.any():
        edges, share, new = _crossings(turned[mixed], keep)
        extra = vertices[edges[:, 0]] + share[:, None] * (vertices[edges[:, 1]] - vertices[edges[:, 0]])
        points.append(extra.astype(np.float32))
        new = new + made
        pieces += _pieces(turned[mixed], values[mixed], keep, new, count[mixed])
    all_points = np.concatenate(points)
    used, faces = np.unique(np.concatenate([piece[0] for piece in pieces]), return_inverse=True)
    return (
        np.ascontiguousarray(all_points[used], np.float32),
        faces.reshape(-1, 3).astype(np.int32),
        np.concatenate([piece[1] for piece in pieces]).astype(np.float32),
    )


def _crossings(turned: np.ndarray, keep: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the cut edges [K,2], where they are cut (0-1), and for each triangle the numbers of its two cuts [M,2].

    Corner 0 of a triangle is the one alone on its side; its edges go to corners 1 and 2.
    """
    pairs = np.stack([turned[:, [0, 1]], turned[:, [0, 2]]], 1).reshape(-1, 2)
    edges, number = np.unique(np.sort(pairs, axis=1), axis=0, return_inverse=True)
    first, second = keep[edges[:, 0]], keep[edges[:, 1]]
    return edges, (first / (first - second)).astype(np.float32), number.reshape(-1, 2)


def _pieces(
    turned: np.ndarray, values: np.ndarray, keep: np.ndarray, new: np.ndarray, count: np.ndarray
) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return what is left of triangles with one corner (a tip) or two (two triangles) inside."""
    alone = keep[turned[:, 0]]
    share = [(alone / (alone - keep[turned[:, k]]))[:, None] for k in (1, 2)]
    on_first, on_second = (values[:, 0] + s * (values[:, k] - values[:, 0]) for k, s in zip((1, 2), share, strict=True))
    tip, rest = count == 1, count == 2
    tips = np.stack([turned[:, 0], new[:, 0], new[:, 1]], 1), np.stack([values[:, 0], on_first, on_second], 1)
    near = np.stack([turned[:, 1], turned[:, 2], new[:, 0]], 1), np.stack([values[:, 1], values[:, 2], on_first], 1)
    far = np.stack([new[:, 0], turned[:, 2], new[:, 1]], 1), np.stack([on_first, values[:, 2], on_second], 1)
    return [(index[mask], value[mask]) for (index, value), mask in ((tips, tip), (near, rest), (far, rest))]
