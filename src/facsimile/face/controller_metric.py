"""How much each rig controller moves the skin, and how alike two of them move it: a metric for their errors."""

from functools import lru_cache

import numpy as np
from jaxtyping import Float

from facsimile.face.identity import Identity, num_identity_shapes
from facsimile.face.pack import MM_PER_UNIT
from facsimile.face.rig import default_rig
from facsimile.face.shapes import skin_vertices
from facsimile.facs.controllers import MIRROR, NUM_CONTROLLERS
from facsimile.facs.expression import Expression


@lru_cache(maxsize=1)
def controller_metric() -> Float[np.ndarray, "R R"]:
    """Return the mean over the skin of the product (mm2) of the motions of each two controllers at 1.

    For a small error e of the controllers ``e @ metric @ e`` is about the mean squared motion of the skin that it
    causes; a controller that moves nothing has a row of zeros. Of the mean person, and its own mirror image.
    """
    rig, skin = default_rig(), skin_vertices()
    rest = Expression.neutral()
    person = _mean_person()
    neutral = rig.vertices(person, rest)[skin]
    motions = []
    for k in range(NUM_CONTROLLERS):
        controllers = np.zeros(NUM_CONTROLLERS, np.float32)
        controllers[k] = 1.0
        posed = rig.vertices(person, Expression(controllers, rest.head_pose_rad, rest.gaze_rad))[skin]
        motions.append((posed - neutral).ravel().astype(np.float64) * MM_PER_UNIT)
    stacked = np.stack(motions)
    metric = stacked @ stacked.T / len(skin)
    mirror = list(MIRROR)
    return (metric + metric[np.ix_(mirror, mirror)]) / 2


def _mean_person() -> Identity:
    """Return an adult half way between the sexes and ancestries, without local form."""
    third = 1 / 3
    return Identity(0, 30.0, 0.5, (third, third, third), 0.5, 0.5, np.zeros(num_identity_shapes(), np.float32))
