"""Roll lips in as far as this person's lips are full: what is shown of their red at full roll is the same for all."""

from functools import lru_cache

import numpy as np
from jaxtyping import Float32

from facsimile.face.landmarks import landmark_surface
from facsimile.face.lips import lower_share, seam
from facsimile.face.pack import load_head_pack

BORDERS = (51, 57)
"""Landmarks: middle of the upper and of the lower border of the lips."""
EDGES = (62, 66)
"""Landmarks: middle of the upper and of the lower edge at the seam."""
SHOWN_DM = 0.018
"""Each lip rolled in fully shows this much of its red."""
DROP_DM = 0.01
"""Rolled lips meet this far below the neutral seam, level with the corners."""
HALF_WIDTH, FADE = 0.20, 0.12
"""Standard deviations (dm) along the lip and over the skin beyond its border."""
BACK = 0.35
"""Red skin goes back by this part of what its border moves."""


@lru_cache(maxsize=1)
def _follow() -> Float32[np.ndarray, "2 V"]:
    """Return how much each vertex follows the border of the upper and of the lower lip, 0 at the seam, 1 at borders."""
    pack = load_head_pack()
    x, y, z = pack.vertices.T
    borders = landmark_surface().take(list(BORDERS)).at(pack.vertices)[:, 1]
    edges = [edge.at(pack.vertices)[0, 1] for edge in seam()]
    is_skin = np.zeros(len(x), bool)
    is_skin[pack.part_vertices("body")] = True
    along = np.exp(-((x / HALF_WIDTH) ** 2) / 2) * (z > 1.0) * is_skin
    lower = lower_share()
    weights = []
    for border, edge, share in zip(borders, edges, (1 - lower, lower), strict=True):
        way = np.clip((y - edge) / (border - edge), 0, 1)
        beyond = np.maximum((y - border) * np.sign(border - edge), 0)
        weights.append(way * way * (3 - 2 * way) * np.exp(-((beyond / FADE) ** 2) / 2) * along * share)
    return np.stack(weights).astype(np.float32)


def fit_rolls(
    neutral: Float32[np.ndarray, "V 3"], upper: Float32[np.ndarray, "V 3"], lower: Float32[np.ndarray, "V 3"]
) -> None:
    """Change the shapes of rolled lips, in place, so that both together hide the red of this face but a rim."""
    rolled = neutral + upper + lower
    borders = landmark_surface().take(list(BORDERS)).at(rolled)[:, 1]
    line = landmark_surface().take(list(EDGES)).at(neutral)[:, 1].mean() - DROP_DM
    for shape, weight, beyond, sign in zip((upper, lower), _follow(), borders - line, (-1, 1), strict=True):
        amount = np.float32(max(0.0, -sign * float(beyond) - SHOWN_DM))
        shape[:, 1] += sign * amount * weight
        shape[:, 2] -= np.float32(BACK) * amount * weight
