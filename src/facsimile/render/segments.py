"""Name every pixel: sides of brows, eyes and ears, upper and lower lip, neck; the rest as the shader saw it."""

from functools import lru_cache

import numpy as np
from jaxtyping import UInt8

from facsimile.face.landmarks import landmark_surface
from facsimile.face.pack import load_head_pack
from facsimile.kernel import lean_kernel
from facsimile.render.shading import BROW, CLASS_NAMES, EYE_CLASS, LIPS, SKIN_CLASS
from facsimile.render.topology import topology

SEGMENT_NAMES = (
    "background",
    "skin",
    "left_brow",
    "right_brow",
    "left_eye",
    "right_eye",
    "upper_lip",
    "lower_lip",
    "mouth",
    "teeth",
    "tongue",
    "hair",
    "beard",
    "clothes",
    "left_ear",
    "right_ear",
    "neck",
    "glasses",
    "headwear",
    "jewellery",
    "hand",
    "mask",
    "object",
)
"""Index in this tuple = value in a segmentation; sides are the subject's own."""
FLIP_SEGMENTS = tuple(
    SEGMENT_NAMES.index(name.replace("left", "right") if "left" in name else name.replace("right", "left"))
    for name in SEGMENT_NAMES
)
"""Value v of a mirrored picture is FLIP_SEGMENTS[v] in the picture."""
RIGHT, LOWER, EAR, NECK = 1, 2, 4, 8
"""Bits of a triangle's region."""
NECK_BELOW, NECK_FORWARD = 6.45, 0.45
"""Skin is neck where y + NECK_FORWARD z of the template (dm) is lower: under the jaw (chin 6.7, jaw angle 6.8)."""
INNER_LIP = (60, 61, 62, 63, 64)
"""Landmarks along the seam of the lips."""
PARTED = {SKIN_CLASS: "skin", BROW: "left_brow", EYE_CLASS: "left_eye", LIPS: "upper_lip"}
"""Classes of the shader that are split, and the first of their parts."""


def segmentation(
    classes: UInt8[np.ndarray, "h w"], surface: np.ndarray, regions: UInt8[np.ndarray, " G"]
) -> UInt8[np.ndarray, "h w"]:
    """Return the segments of a picture; ``surface`` [2h,2w] is the triangle of each sample, ``regions`` its region."""
    out = np.empty_like(classes)
    split(classes, surface, regions, _plain_segments(), out)
    return out


@lru_cache(maxsize=1)
def triangle_regions() -> UInt8[np.ndarray, " G"]:
    """Return for each triangle drawn of the template which part of the head it belongs to, as bits."""
    shape, pack = topology(), load_head_pack()
    middle = shape.rest[shape.seen].mean(1)
    seam = landmark_surface().take(list(INNER_LIP)).at(pack.vertices)
    ears = pack.sample_mask("ears", shape.mask_uv.mean(1)) > 0.5
    is_body = np.arange(len(middle)) < shape.num_head
    region = np.where(middle[:, 0] < 0, RIGHT, 0)
    region |= np.where(middle[:, 1] < np.interp(middle[:, 0], seam[:, 0], seam[:, 1]), LOWER, 0)
    region |= np.where(ears & is_body, EAR, 0)
    region |= np.where(is_body & (middle[:, 1] + NECK_FORWARD * middle[:, 2] < NECK_BELOW), NECK, 0)
    return region.astype(np.uint8)


@lru_cache(maxsize=1)
def _plain_segments() -> UInt8[np.ndarray, " C"]:
    """Return the segment of each class of the shader; of split classes, the first part."""
    return np.array([SEGMENT_NAMES.index(PARTED.get(index, name)) for index, name in enumerate(CLASS_NAMES)], np.uint8)


_EAR = SEGMENT_NAMES.index("left_ear")
_NECK = SEGMENT_NAMES.index("neck")


@lean_kernel
def split(classes, surface, regions, plain, out):
    """Write segments [h,w] of classes [h,w]; the first triangle among a pixel's four samples tells its region."""
    for y in range(classes.shape[0]):
        for x in range(classes.shape[1]):
            label = classes[y, x]
            segment = plain[label]
            if label in (SKIN_CLASS, BROW, EYE_CLASS, LIPS):
                t = max(
                    max(surface[2 * y, 2 * x], surface[2 * y, 2 * x + 1]),
                    max(surface[2 * y + 1, 2 * x], surface[2 * y + 1, 2 * x + 1]),
                )
                region = regions[t] if 0 <= t < regions.shape[0] else np.uint8(0)
                right = 1 if region & RIGHT else 0
                if label == LIPS:
                    segment += 1 if region & LOWER else 0
                elif label != SKIN_CLASS:
                    segment += right
                elif region & EAR:
                    segment = np.uint8(_EAR + right)
                elif region & NECK:
                    segment = np.uint8(_NECK)
            out[y, x] = segment
