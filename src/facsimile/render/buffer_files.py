"""Write the labels per pixel: all of them as one NPZ, or each as a PNG that any viewer opens."""

import io
from typing import Any

import cv2
import numpy as np
from jaxtyping import Float, UInt16

from facsimile.render.rendering import Rendering
from facsimile.render.segments import SEGMENT_NAMES

DEPTH_STEP_MM = 0.1
"""Depth in a PNG counts these; 0 is background."""
NORMAL_STEPS = 32767.0
"""A normal's component n is 32768 + NORMAL_STEPS n in a PNG; 0 in all three is none."""
SHIFT_STEPS = 128.0
"""A displacement of s pixels is 32768 + SHIFT_STEPS s in a PNG (right in red, down in green); 0 in both is none."""
MIDDLE = 32768
LARGEST = 65535


def npz_bytes(rendering: Rendering) -> bytes:
    """Return segmentation and all buffers of a rendering as a compressed NPZ."""
    stream = io.BytesIO()
    np.savez_compressed(stream, **_arrays(rendering))
    return stream.getvalue()


def _arrays(rendering: Rendering) -> dict[str, Any]:
    """Name the arrays; a displacement is called after its unit, as in ``displacement_AU12``."""
    buffers = rendering.buffers
    assert buffers is not None
    arrays = {
        "segmentation": rendering.segmentation,
        "segment_names": np.array(SEGMENT_NAMES),
        "depth_mm": buffers.depth_mm,
        "normals": buffers.normals,
        "landmarks": buffers.landmarks,
        "landmark_visible": buffers.landmark_visible,
        **{f"displacement_{name}": shift for name, shift in buffers.displacement.items()},
    }
    return {name: array for name, array in arrays.items() if array is not None}


def png_files(rendering: Rendering) -> dict[str, bytes]:
    """Return file names and contents: segmentation (8 bits), depth, normals, displacements (16 bits)."""
    buffers = rendering.buffers
    assert buffers is not None
    files = {"segmentation.png": _png(rendering.segmentation)}
    if buffers.depth_mm is not None:
        files["depth.png"] = _png(_counted(buffers.depth_mm, 1 / DEPTH_STEP_MM, 0))
    if buffers.normals is not None:
        files["normals.png"] = _png(_counted(buffers.normals, NORMAL_STEPS, MIDDLE)[..., ::-1])
    for name, shift in buffers.displacement.items():
        both = _counted(shift, SHIFT_STEPS, MIDDLE)
        files[f"displacement_{name}.png"] = _png(np.concatenate([np.zeros_like(both[..., :1]), both[..., ::-1]], -1))
    return files


def _counted(values: Float[np.ndarray, "*n"], steps: float, middle: int) -> UInt16[np.ndarray, "*n"]:
    """Return middle + steps x values, rounded; NaN becomes 0."""
    return np.where(np.isnan(values), 0, np.clip(np.round(middle + values * steps), 1, LARGEST)).astype(np.uint16)


def _png(picture: np.ndarray) -> bytes:
    return cv2.imencode(".png", picture)[1].tobytes()
