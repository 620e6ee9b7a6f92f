"""Close the lips of a neutral face: local form pulls them apart, and a slit would read as parted lips."""

from functools import lru_cache

import numpy as np
from jaxtyping import Float32

from facsimile.face.front_view import look
from facsimile.face.landmarks import Surface, contour_cells, mouth_opening, on_middle, pick
from facsimile.face.pack import load_head_pack
from facsimile.face.symmetry import mirror_displacements

SEAM_JAW_OPEN = 0.1
"""The seam of the lips is found on the template with the jaw this far open."""
SEAM_COLUMNS = (0.5, 0.58, 0.66, 0.74, 0.82, 0.89, 0.95)
"""Places along the left half of the mouth, as parts of its width."""
LIP_OVERLAP = 0.004
"""Closed lips overlap by this much (dm) in the front view."""
SEAL_HEIGHT = 0.05
"""Height (dm) of the bell round the seam inside which lip skin moves."""
SEAL_PASSES = 3
"""Edges follow their lips a little less than fully; three passes close what one leaves."""
SEAL_DEPTH_Z = 1.25
"""Skin behind this depth (dm, template) does not move."""


@lru_cache(maxsize=1)
def seam() -> tuple[Surface, Surface]:
    """Return the visible edges of the upper and the lower lip, left half, at ``SEAM_COLUMNS``."""
    pack = load_head_pack()
    opened = pack.vertices + np.float32(SEAM_JAW_OPEN) * pack.shapes[pack.shape_index["fu:jawOpen"]]
    view = look(opened)
    _, _, top, bottom = contour_cells(mouth_opening(view), SEAM_COLUMNS, 1)
    return on_middle(pick(view, top)), on_middle(pick(view, bottom))


@lru_cache(maxsize=1)
def lower_share() -> Float32[np.ndarray, " V"]:
    """Return how much each vertex belongs to the lower lip and jaw: 0 above the seam, 1 where it drops with the jaw."""
    pack = load_head_pack()
    _, lower_edge = seam()
    lower = lower_edge.at(pack.vertices)
    jaw = pack.shapes[pack.shape_index["fu:jawOpen"]]
    drop = -(jaw + mirror_displacements(jaw)) / 2
    edge_drop = np.interp(np.abs(pack.vertices[:, 0]), lower[:, 0], lower_edge.at(drop)[:, 1])
    return np.clip(drop[:, 1] / np.maximum(edge_drop, 1e-3), 0, 1).astype(np.float32)


@lru_cache(maxsize=1)
def seal_weights() -> tuple[Float32[np.ndarray, " V"], Float32[np.ndarray, " V"]]:
    """Return how much each vertex near the seam follows the upper and the lower lip."""
    pack = load_head_pack()
    upper_edge, lower_edge = seam()
    upper, lower = upper_edge.at(pack.vertices), lower_edge.at(pack.vertices)
    x, y, z = np.abs(pack.vertices[:, 0]), pack.vertices[:, 1], pack.vertices[:, 2]
    height = np.interp(x, upper[:, 0], (upper[:, 1] + lower[:, 1]) / 2)
    bell = np.exp(-0.5 * ((y - height) / SEAL_HEIGHT) ** 2) * (z > SEAL_DEPTH_Z)
    is_body = np.zeros(len(x), bool)
    is_body[pack.part_vertices("body")] = True
    bell = np.where(is_body, bell, 0)
    return (bell * (1 - lower_share())).astype(np.float32), (bell * lower_share()).astype(np.float32)


def seal_lips(vertices: Float32[np.ndarray, "V 3"]) -> Float32[np.ndarray, "V 3"]:
    """Return a head whose lips touch: where there is a gap each lip goes half the way; elsewhere nothing moves."""
    for _ in range(SEAL_PASSES):
        vertices = _seal_once(vertices)
    return vertices


def _seal_once(vertices: Float32[np.ndarray, "V 3"]) -> Float32[np.ndarray, "V 3"]:
    template_x = load_head_pack().vertices[:, 0]
    columns = seam()[0].at(load_head_pack().vertices)[:, 0]
    gaps = []
    for upper, lower in (seam(), tuple(edge.mirrored() for edge in seam())):
        gap = upper.at(vertices)[:, 1] - lower.at(vertices)[:, 1] + LIP_OVERLAP
        gaps.append(np.maximum(gap, 0))
    place = np.concatenate([-columns[::-1], columns])
    gap_at = np.interp(template_x, place, np.concatenate([gaps[1][::-1], gaps[0]]))
    follow_upper, follow_lower = seal_weights()
    sealed = vertices.copy()
    sealed[:, 1] += (gap_at / 2 * (follow_lower - follow_upper)).astype(np.float32)
    return sealed
