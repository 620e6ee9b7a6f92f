"""Name the controllers of the face rig: ARKit's 52 and those ARKit lacks.

Every controller runs from 0 (rest) to 1 (full). ``Left`` and ``Right`` are the subject's own.
"""

import difflib

import numpy as np
from jaxtyping import Float

ARKIT: tuple[str, ...] = (
    "eyeBlinkLeft", "eyeLookDownLeft", "eyeLookInLeft", "eyeLookOutLeft", "eyeLookUpLeft", "eyeSquintLeft",
    "eyeWideLeft", "eyeBlinkRight", "eyeLookDownRight", "eyeLookInRight", "eyeLookOutRight", "eyeLookUpRight",
    "eyeSquintRight", "eyeWideRight", "jawForward", "jawLeft", "jawRight", "jawOpen", "mouthClose", "mouthFunnel",
    "mouthPucker", "mouthLeft", "mouthRight", "mouthSmileLeft", "mouthSmileRight", "mouthFrownLeft",
    "mouthFrownRight", "mouthDimpleLeft", "mouthDimpleRight", "mouthStretchLeft", "mouthStretchRight",
    "mouthRollLower", "mouthRollUpper", "mouthShrugLower", "mouthShrugUpper", "mouthPressLeft", "mouthPressRight",
    "mouthLowerDownLeft", "mouthLowerDownRight", "mouthUpperUpLeft", "mouthUpperUpRight", "browDownLeft",
    "browDownRight", "browInnerUp", "browOuterUpLeft", "browOuterUpRight", "cheekPuff", "cheekSquintLeft",
    "cheekSquintRight", "noseSneerLeft", "noseSneerRight", "tongueOut",
)  # fmt: skip
"""Apple's ARFaceAnchor.BlendShapeLocation, in the order of Apple's documentation."""

EXTRA: tuple[str, ...] = (
    "browInnerUpLeft", "browInnerUpRight", "nasolabialDeepenLeft", "nasolabialDeepenRight", "sharpLipPullLeft",
    "sharpLipPullRight", "lipTighten", "lipsPart", "neckTighten", "cheekPuffLeft", "cheekPuffRight", "cheekSuck",
    "nostrilDilate", "nostrilCompress", "mouthPuckerLeft", "mouthPuckerRight", "mouthFunnelLeft", "mouthFunnelRight",
    "jawClench", "lipBite",
)  # fmt: skip
"""Controllers for action units that ARKit cannot express, or cannot express per side."""

CONTROLLERS: tuple[str, ...] = ARKIT + EXTRA
"""The order of axis R everywhere; the first 66 are stored in older data sets, so that others may only be appended."""

UNSIDED_STEMS: tuple[str, ...] = ("browInnerUp", "cheekPuff", "mouthPucker", "mouthFunnel")
"""ARKit controllers without a side whose value adds to both of our sided ones, up to 1."""

NUM_CONTROLLERS = len(CONTROLLERS)

_INDEX = {name: index for index, name in enumerate(CONTROLLERS)}


def controller_index(name: str) -> int:
    """Find the place of a controller on axis R.

    >>> CONTROLLERS[controller_index("jawOpen")]
    'jawOpen'
    """
    if name in _INDEX:
        return _INDEX[name]
    close = difflib.get_close_matches(name, CONTROLLERS, n=1, cutoff=0.0)
    raise ValueError(f"name: no rig controller is called {name!r}; nearest: {close[0]!r}")


def _mirror_name(name: str) -> str:
    if name.endswith("Left"):
        return name.removesuffix("Left") + "Right"
    return name.removesuffix("Right") + "Left" if name.endswith("Right") else name


MIRROR: tuple[int, ...] = tuple(_INDEX[_mirror_name(name)] for name in CONTROLLERS)
"""For each controller, the place of its mirror image."""


def mirror_controllers(values: Float[np.ndarray, "*B R"]) -> Float[np.ndarray, "*B R"]:
    """Swap left and right controllers on the last axis, R = 72."""
    if values.shape[-1] != NUM_CONTROLLERS:
        raise ValueError(f"values: the last axis must have {NUM_CONTROLLERS} controllers, got shape {values.shape}")
    return values[..., MIRROR]
