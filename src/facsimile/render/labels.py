"""Exact labels of a rendered scene: landmarks and their visibility, intensities and which of them can be seen."""

import math

import numpy as np
from jaxtyping import Bool, Float32

from facsimile.face.landmarks import FLIP_LANDMARKS, LEFT_IRIS, RIGHT_IRIS
from facsimile.facs.action_units import LABEL_UNITS, UNITS, unit_index
from facsimile.facs.controllers import controller_index
from facsimile.facs.expression import MAX_INTENSITY, ActionUnits, Expression
from facsimile.render.raster import EMPTY, GBuffer
from facsimile.render.topology import EYE, topology

SURFACE_TOLERANCE_DM = 0.008
"""A landmark this far behind what its sample sees still counts as seen, and TOLERANCE_SAMPLES times a sample's width
more, because the surface between sample and landmark slopes: 1.6 mm in 128 px. Of the landmarks that this hides, a
quarter is drawn half a pixel or more beside its place (``benchmarks/label_truth.py``)."""
TOLERANCE_SAMPLES = 1.0
PAST_OUTLINE_DM = 0.1
"""A sample that shows something this far behind a landmark has missed the surface that the landmark lies on."""
THIN_DM = 0.003
"""What is worn or held hides a landmark that lies this far behind it: a mask lies close to the skin."""
FULL_LIP_GAP_MM = 6.0
"""Opening of the lips, beyond the neutral face's, that is labelled AU25 at 5: what parting alone reaches on the rig
(5.1-6.0 mm on six people; a dropped jaw opens more)."""
JAW_DROP_LIMIT = 0.45
"""Jaw controller up to which the drop is AU26; beyond it is AU27."""
CLOSURE_LEVELS = (0.0, 0.23, 0.46, 0.69, 0.92, 1.0)
"""Part of the lid aperture lost at AU43 = 0..5, against the same face without AU43 (mean of six people)."""
FAR_SIDE_YAW_RAD = math.radians(60)
"""Beyond this yaw the side that faces away counts as hidden."""
SEEN_SHARE = 0.5
"""A unit is seen where at least this part of its landmarks is."""

_RIGHT_LEFT = {
    "brow": (range(17, 22), range(22, 27)),
    "eye": (range(36, 42), range(42, 48)),
    "cheek": ((36, 41, 31, 48, 2, 3), (45, 46, 35, 54, 14, 13)),
    "nose": ((27, 28, 29, 31, 32), (27, 28, 29, 34, 35)),
    "mouth": ((48, 49, 50, 58, 59, 60), (52, 53, 54, 55, 56, 64)),
    "chin": ((6, 7, 8, 58), (8, 9, 10, 56)),
    "jaw": ((5, 6, 7, 8), (8, 9, 10, 11)),
    "neck": ((5, 6, 7, 8), (8, 9, 10, 11)),
}
"""Landmarks (subject's right, left) that must be seen for a unit of a region to be seen."""


def landmark_visibility(
    points_px: Float32[np.ndarray, "70 3"], buffer: GBuffer, *, size: int, frame_dm: float
) -> Bool[np.ndarray, " 70"]:
    """Tell which landmarks (pixel x, y and depth) the camera sees.

    ``buffer`` has 2 samples per pixel and holds what can hide a landmark: skin, clothes and head hair, but not brows,
    lashes or beard; ``frame_dm`` is the height of the picture. Where a landmark's own sample shows what is behind the
    head, it lies on the outline, and the samples round it tell whether it is on the far side, hidden.
    """
    visible = np.zeros(len(FLIP_LANDMARKS), bool)
    inside = ((points_px[:, :2] >= -0.5) & (points_px[:, :2] < size - 0.5)).all(1)
    columns, rows = np.clip((points_px[:, :2] * 2 + 1).astype(int), 0, 2 * size - 1).T
    is_worn = buffer.surface[rows, columns] >= len(topology().seen)
    tolerance = np.where(is_worn, THIN_DM, SURFACE_TOLERANCE_DM + TOLERANCE_SAMPLES * frame_dm / (2 * size))
    depth = buffer.depth[rows, columns]
    around = [np.clip(at[:, None] + np.array((-1, 0, 1)), 0, 2 * size - 1) for at in (rows, columns)]
    nearby = buffer.depth[around[0][:, :, None], around[1][:, None]].min((1, 2))
    seen = np.where(depth - points_px[:, 2] < PAST_OUTLINE_DM, depth, nearby)
    visible[inside] = (points_px[:, 2] <= seen + tolerance)[inside]
    for iris in (LEFT_IRIS, RIGHT_IRIS):
        surface = buffer.surface[rows[iris], columns[iris]]
        visible[iris] &= bool(EMPTY < surface < len(topology().material) and topology().material[surface] == EYE)
    return visible


def measured_intensity(
    action_units: ActionUnits,
    expression: Expression,
    *,
    lip_opening_mm: float,
    lid_closure: Float32[np.ndarray, " 2"],
) -> Float32[np.ndarray, "A 2"]:
    """Return the label intensities [A,2]: nominal, but parted lips, jaw and closed eyes as they are measured.

    ``lip_opening_mm`` is beyond the neutral face's, ``lid_closure`` the part of each eye's aperture that is lost
    against the same expression without AU43.
    """
    intensity = np.nan_to_num(np.array(action_units.intensity, np.float32))
    intensity[unit_index(25)] = MAX_INTENSITY * np.clip(lip_opening_mm / FULL_LIP_GAP_MM, 0, 1)
    jaw = float(expression.controllers[controller_index("jawOpen")])
    stretched = jaw > JAW_DROP_LIMIT + 1e-6
    intensity[unit_index(26)] = 0 if stretched else MAX_INTENSITY * jaw / JAW_DROP_LIMIT
    intensity[unit_index(27)] = MAX_INTENSITY * (jaw - JAW_DROP_LIMIT) / (1 - JAW_DROP_LIMIT) if stretched else 0
    intensity[unit_index(43)] = np.interp(lid_closure, CLOSURE_LEVELS, range(len(CLOSURE_LEVELS)))
    return np.clip(intensity, 0, MAX_INTENSITY).astype(np.float32)


def unit_visibility(landmark_visible: Bool[np.ndarray, " 70"], yaw_rad: float) -> Bool[np.ndarray, "A 2"]:
    """Tell which units can be seen on which side (left, right): half of the region's landmarks, and not turned away."""
    seen = np.zeros((len(LABEL_UNITS), 2), bool)
    far_side = 0 if yaw_rad > 0 else 1
    of_region = {
        region: [landmark_visible[list(points)].mean() >= SEEN_SHARE for points in (left, right)]
        for region, (right, left) in _RIGHT_LEFT.items()
    }
    for row, code in enumerate(LABEL_UNITS):
        seen[row] = of_region[UNITS[code].region]
        if abs(yaw_rad) > FAR_SIDE_YAW_RAD:
            seen[row, far_side] = False
        if not UNITS[code].is_sided:
            seen[row] = seen[row].any()
    return seen
