"""Give people their own way of moving: smiles that go up or out, lively or still brows, one side stronger.

A style is one number per axis and side, in standard deviations. It changes how far and which way a person's own full
motion goes, never what a controller means; zero is the plain rig. How much people differ was set by eye.
"""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from facsimile.face.symmetry import SIDE_NAMES


@dataclass(frozen=True)
class StyleAxis:
    """Say what one axis does: per standard deviation, the log of the gain of some controllers, and what they borrow."""

    name: str
    gains: tuple[tuple[str, float], ...] = ()
    """(controller, change of the log of its reach)."""
    borrows: tuple[tuple[str, str, float], ...] = ()
    """(controller, other, part of the other's shape that is added)."""


AXES: tuple[StyleAxis, ...] = (
    StyleAxis("smile width", borrows=(("mouthSmile", "mouthStretch", 0.13), ("smileParted", "mouthStretch", 0.05))),
    StyleAxis("smile lift", borrows=(("mouthSmile", "sharpLipPull", 0.10), ("smileParted", "mouthUpperUp", 0.10))),
    StyleAxis("lower teeth", borrows=(("smileParted", "mouthLowerDown", 0.14),)),
    StyleAxis("smile reach", gains=(("mouthSmile", 0.07), ("mouthDimple", 0.08))),
    StyleAxis("inner brow", gains=(("browInnerUp", 0.13),)),
    StyleAxis("outer brow", gains=(("browOuterUp", 0.13),)),
    StyleAxis("frown", gains=(("browDown", 0.11), ("mouthFrown", 0.08))),
    StyleAxis("nose and lip", gains=(("noseSneer", 0.08), ("mouthUpperUp", 0.08))),
    StyleAxis("cheek", gains=(("cheekSquint", 0.09), ("eyeSquint", 0.05))),
)
"""Axis Q of ``Identity.style``."""

CLIP_SIGMAS = 2.0
"""No style goes further: everybody can make every unit."""
SIDE_SIGMA = 0.35
"""Difference of the sides, in standard deviations of the axis."""
STYLE_STREAM = 31
"""Second number of the seed of a person's style, so that it does not disturb the draws of form."""


def neutral_style() -> Float32[np.ndarray, "Q 2"]:
    """Return the style of the plain rig."""
    return np.zeros((len(AXES), 2), np.float32)


def random_style(seed: int) -> Float32[np.ndarray, "Q 2"]:
    """Draw the style of the person with this number: both sides (left, right) nearly alike."""
    rng = np.random.default_rng([seed, STYLE_STREAM])
    both = rng.normal(size=(len(AXES), 1))
    own = rng.normal(size=(len(AXES), 2)) * SIDE_SIGMA
    return np.clip(both + own, -CLIP_SIGMAS, CLIP_SIGMAS).astype(np.float32)


def apply_style(shapes: Float32[np.ndarray, "S V 3"], row: dict[str, int], style: Float32[np.ndarray, "Q 2"]) -> None:
    """Change a person's shapes in place; ``row`` finds a shape by its controller's name with its side."""
    if not style.any():
        return
    plain = {base + side: shapes[row[base + side]].copy() for base in _lenders() for side in SIDE_NAMES}
    for axis, values in zip(AXES, style, strict=True):
        for side, value in zip(SIDE_NAMES, values, strict=True):
            for base, gain in axis.gains:
                shapes[row[base + side]] *= np.exp(np.float32(gain) * value)
            for base, other, part in axis.borrows:
                shapes[row[base + side]] += np.float32(part) * value * plain[other + side]


def _lenders() -> set[str]:
    return {other for axis in AXES for _, other, _ in axis.borrows}
