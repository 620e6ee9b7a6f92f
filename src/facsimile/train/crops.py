"""How faces become crops: spoilt hard to train, as cameras do to choose weights, lightly to calibrate and report."""

import functools
import math
from typing import NamedTuple

import numpy as np

from facsimile.data.augment import Augmentation, augmented_crop
from facsimile.data.occlusion import Occlusion
from facsimile.data.photometric import Photometric
from facsimile.train.batches import Crop, CropMaker
from facsimile.train.faces import Faces

TRAIN = Augmentation(flip_share=0.0)
"""All that cameras and face finders do. Nothing is mirrored: the network is its own mirror image, and a person beside
its own reference must not change sides."""
CAMERA = Augmentation(flip_share=0.0, far_share=0.0, occlusion=Occlusion(glasses_share=0.0, cover_share=0.0))
"""Well-placed crops through every camera of training: the nearest to photographs that renders get."""
LIGHT = Augmentation(
    flip_share=0.0,
    far_share=0.0,
    scale_sd=(0.02, 0.02),
    angle_sd_rad=(math.radians(2), math.radians(2)),
    shift_sd=(0.012, 0.012),
    shear_sd=0.0,
    occlusion=Occlusion(glasses_share=0.0, cover_share=0.0),
    photometric=Photometric(
        resample_share=0.1, blur_share=0.1, sharpen_share=0.05, motion_share=0.0, gamma_spread=0.2,
        extreme_gamma_share=0.0, gradient_share=0.2, noise_share=0.2, noise_limit=0.03, jpeg_share=0.2,
    ),
)  # fmt: skip
"""Crops placed as well as at run time, through good cameras."""


class CropMakers(NamedTuple):
    """Ways to cut crops for the parts of a run."""

    train: CropMaker
    camera: CropMaker
    """To choose weights, and for the summary of the card."""
    light: CropMaker
    """To calibrate, and for the card's table of units."""


def augmented(faces: Faces, row: int, rng: np.random.Generator, *, options: Augmentation) -> Crop:
    """Cut one crop and move its labels along; hidden landmarks are kept, for the geometry knows where they are."""
    crop = augmented_crop(faces.images[row], faces.landmarks[row], rng, options=options)
    au = crop.sides(faces.au[row])
    return Crop(
        image=crop.image,
        au=au,
        au_observed=crop.sides(faces.au_visible[row]) & ~np.isnan(au),
        controllers=crop.controllers(faces.controllers[row]),
        landmarks=crop.landmarks,
        landmark_observed=np.isfinite(crop.landmarks).all(axis=1),
        pose=crop.pose(faces.pose[row]),
        gaze=crop.gaze(faces.gaze[row]).mean(axis=0),
    )


def crop_makers() -> CropMakers:
    """Return the augmentations of the recipes."""
    return CropMakers(*(functools.partial(augmented, options=options) for options in (TRAIN, CAMERA, LIGHT)))
