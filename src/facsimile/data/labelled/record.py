"""One labelled picture of a data set of real faces, whatever form its labels came in."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float

from facsimile.facs.action_units import NUM_LABEL_UNITS

MAX_INTENSITY = 5
NOT_CODED = frozenset({-1, 9})
"""What stands for "not coded": 9 in BP4D and CK+, -1 in lists made from them."""


@dataclass(frozen=True, eq=False)
class Labelled:
    """What a coder said of one picture; axis A is ``LABEL_UNITS``, and NaN means that nothing was said.

    ``intensity`` is 0-5 and ``presence`` 0 or 1. A unit can be known to be present without a level, and the other way
    round neither follows: sets code them apart. Values for the whole face are those of the larger side.
    """

    subject: str
    """The person, as the set names them."""
    sequence: str
    """Task, trial or video within the person; empty if the set has none."""
    frame: int
    """Number of the picture as the labels count it."""
    picture: Path
    """Photo or video."""
    video_frame: int | None
    """Frame of the video, from 0; None for a photo."""
    intensity: Float[np.ndarray, " A"]
    presence: Float[np.ndarray, " A"]
    side_intensity: Float[np.ndarray, "A 2"]
    """Left and right apart, where the set says them."""
    landmarks: Float[np.ndarray, "L 2"] | None = None
    """Pixels, where they come with the set."""


def nothing_coded() -> Float[np.ndarray, " A"]:
    """Return a row in which no unit was coded."""
    return np.full(NUM_LABEL_UNITS, np.nan, np.float32)


NO_SIDES = np.full((NUM_LABEL_UNITS, 2), np.nan, np.float32)
"""``side_intensity`` of sets that do not tell sides; shared by all their records."""
NO_SIDES.setflags(write=False)


def level(text: str, where: str, *, highest: int = MAX_INTENSITY) -> float:
    """Return a coder's number, or NaN for "not coded" (empty, 9, -1, nan); ValueError outside 0 to ``highest``."""
    try:
        value = float(text) if text.strip() else np.nan
    except ValueError:
        raise ValueError(f"{where}: {text.strip()!r} is not a number; expected 0-{highest}, 9 or -1") from None
    if np.isnan(value) or value in NOT_CODED:
        return float("nan")
    if not 0 <= value <= highest:
        raise ValueError(f"{where}: {text.strip()} is not a level; expected 0-{highest}, 9 or -1 for not coded")
    return value
