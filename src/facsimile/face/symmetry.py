"""Mirror the template head: the mesh is exactly symmetric, so a mirror is a permutation of vertices and x -> -x."""

from functools import lru_cache

import numpy as np
from jaxtyping import Float32, Int32

from facsimile.face.pack import load_head_pack

SIDE_BLEND_DM = 0.24
"""Width of the band round the mid-line where left fades into right: the width of the philtrum and chin tuft."""

SIDE_NAMES = ("Left", "Right")
"""Endings of sided names, in the order of a side axis."""

FLIP_X = np.array((-1, 1, 1), np.float32)


@lru_cache(maxsize=1)
def mirror_vertices() -> Int32[np.ndarray, " V"]:
    """Return for each vertex the index of its twin on the other side (itself on the mid-line)."""
    vertices = load_head_pack().vertices
    mirrored = vertices * FLIP_X + np.float32(0)
    mine = np.lexsort(vertices.T + np.float32(0))
    theirs = np.lexsort(mirrored.T)
    twins = np.empty(len(vertices), np.int32)
    twins[mine] = theirs
    assert np.array_equal(vertices[twins], mirrored), "the template is not symmetric"
    return twins


def mirror_displacements(shape: Float32[np.ndarray, "*K V 3"]) -> Float32[np.ndarray, "*K V 3"]:
    """Mirror displacements or positions of vertices."""
    return shape[..., mirror_vertices(), :] * FLIP_X


@lru_cache(maxsize=1)
def left_mask() -> Float32[np.ndarray, " V"]:
    """Return 1 on the subject's left, 0 on the right, a smooth step across the mid-line; twins sum to 1."""
    step = np.clip(load_head_pack().vertices[:, 0] / SIDE_BLEND_DM + 0.5, 0, 1)
    return (step * step * (3 - 2 * step)).astype(np.float32)
