"""Find the faces that the cascades miss, tilted or turned, with a small network taught on composites of renders.

The picture is searched at several scales. Where the network sees the middle of a face it also tells the reader's crop
there: how large and how much turned. It is asked only about photos in which no upright face is found: it knows every
turn but, taught for two minutes, is less sure of upright ones (``docs/lab.md``).
"""

import functools
import json
import math
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
import onnxruntime
from jaxtyping import Float, Float32, UInt8

from facsimile.data.align import warp
from facsimile.detect.finder import intersection_over_union
from facsimile.detect.weights import WeightsError, open_model

SHIPPED_NETWORK = Path(__file__).parents[1] / "assets" / "finder.onnx"
METADATA_KEY = "facsimile-finder"
METADATA_VERSION = 1
STRIDE = 8
UNIT_SIDE = 36.0
"""Pixels between cells, and the unit of a cell's answer: as in the file's metadata (a test compares)."""
MARGIN = 16
"""Border repeated round the picture at every scale, in searched pixels: faces that fill or leave the frame."""
LEAST_SIDE = 8
"""A picture whose shorter side shrinks below this many pixels is not searched at that scale."""
MAX_LOG_SIDE = 1.0
"""Crops claimed to be larger than e times `UNIT_SIDE` were never taught."""

SEARCHED = (40, 80, 160, 320, 640)
"""Longer sides at which a picture is searched; each shows faces whose crops have a side of 20 to 60 pixels there."""
MIN_PROPOSAL = 0.3
"""Probability from which the network's first look at a place is looked at again."""
MIN_PROBABILITY = 0.65
"""Least geometric mean of the odds over `VIEW_SIDES`, as a probability: on renders, noise and empty rooms no wrong
proposal is left from .55 on (``docs/lab.md``)."""
VIEW_SIDES = (26.0, 34.0, 44.0)
"""A candidate is seen again upright, with its crop at these sides, each also mirrored. A face stays one; a pattern that
looks like a face by chance does so at one size and one way round."""
VIEW_PATCH, VIEW_CELL = 96, 5
"""Side of such a view in pixels, and the row and column of the cell whose middle the crop's middle is put on."""
OVERLAP = 0.3
"""Places whose intersection over union exceeds this are one face."""


@dataclass(frozen=True)
class Turned:
    """A place that may be a face, whichever way it is turned."""

    box: Float[np.ndarray, "4"]
    """x, y, width, height in pixels of the reader's crop before it is turned; may reach over the picture's border."""
    weight: float
    """Probability 0-1 that the network gives it, over several views."""
    angle_rad: float
    """By how much the crop turns the picture clockwise."""

    def crop(self, size: int, *, side: float | None = None, middle: float | None = None) -> Float[np.ndarray, "2 3"]:
        """Return the map from the picture's pixels to those of the reader's crop of ``size``.

        ``side`` makes the crop smaller within ``size``, ``middle`` puts its middle on another row and column.
        """
        scale, at = (side or size) / self.box[2], (size - 1) / 2 if middle is None else middle
        cosine, sine = scale * math.cos(self.angle_rad), scale * math.sin(self.angle_rad)
        linear = np.array([[cosine, -sine], [sine, cosine]])
        return np.column_stack([linear, at - linear @ (self.box[:2] + self.box[2:] / 2)])


def find_turned(image: UInt8[np.ndarray, "H W 3"], *, min_probability: float = MIN_PROBABILITY) -> list[Turned]:
    """Return the places that may be faces, largest first; RGB in, empty if there is none."""
    grey = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY)
    sides = sorted({min(side, max(grey.shape)) for side in SEARCHED})
    proposed = _distinct([place for side in sides for place in _search(grey, side, MIN_PROPOSAL)])
    found = [place for place in (_seen_again(image, p) for p in proposed) if place.weight >= min_probability]
    return sorted(found, key=lambda place: -place.box[2])


@functools.cache
def network() -> onnxruntime.InferenceSession:
    """Return the shipped network, loaded once; raise WeightsError if it is damaged or of another version."""
    model = open_model(SHIPPED_NETWORK)
    values = json.loads(model.get_modelmeta().custom_metadata_map.get(METADATA_KEY, "{}"))
    if values.get("version") != METADATA_VERSION:
        raise WeightsError(f"face finder {SHIPPED_NETWORK}: not of version {METADATA_VERSION}; install facsimile again")
    return model


def _search(grey: UInt8[np.ndarray, "H W"], side: int, min_probability: float) -> list[Turned]:
    """Return what the network sees in the picture shrunk to ``side``, in pixels of the picture."""
    scale = side / max(grey.shape)
    height, width = (max(1, round(n * scale)) for n in grey.shape)
    if min(width, height) < LEAST_SIDE:
        return []
    small = cv2.resize(grey, (width, height), interpolation=cv2.INTER_AREA) if scale < 1 else grey
    right, bottom = (MARGIN + -(n + 2 * MARGIN) % STRIDE for n in (width, height))
    framed = cv2.copyMakeBorder(small, MARGIN, bottom, MARGIN, right, cv2.BORDER_REPLICATE)
    (cells,) = network().run(["cells"], {"grey": framed[None, None].astype(np.float32)})
    found = decoded(cells[0], min_probability)
    factor = np.array([grey.shape[1] / width, grey.shape[0] / height])
    return [_moved(c, factor) for c in found]


def decoded(cells: Float32[np.ndarray, "6 h w"], min_probability: float) -> list[Turned]:
    """Return the peaks of the network's answer, in pixels of what it saw; the answer is as ``train.finder`` says."""
    logit = np.ascontiguousarray(cells[0])
    is_peak = logit >= cv2.dilate(logit, np.ones((3, 3), np.uint8))
    is_sure = logit > math.log(min_probability / (1 - min_probability))
    places = np.argwhere(is_peak & is_sure).tolist()
    return [_candidate(cells[:, i, j].astype(np.float64), i, j) for i, j in places]


def _candidate(cell: Float[np.ndarray, "6"], row: int, column: int) -> Turned:
    logit, dx, dy, log_side, cosine, sine = (float(value) for value in cell)
    side = UNIT_SIDE * math.exp(min(log_side, MAX_LOG_SIDE))
    x, y = (k * STRIDE + (STRIDE - 1) / 2 + d * UNIT_SIDE - side / 2 for k, d in ((column, dx), (row, dy)))
    return Turned(np.array([x, y, side, side]), 1 / (1 + math.exp(-logit)), math.atan2(sine, cosine))


def _seen_again(image: UInt8[np.ndarray, "H W 3"], candidate: Turned) -> Turned:
    """Return the candidate with the probability that all its views together give it."""
    logits = []
    for side in VIEW_SIDES:
        matrix = candidate.crop(VIEW_PATCH, side=side, middle=VIEW_CELL * STRIDE + (STRIDE - 1) / 2)
        view = cv2.cvtColor(warp(image, matrix, VIEW_PATCH), cv2.COLOR_RGB2GRAY)
        mirrored_cell = VIEW_PATCH // STRIDE - 1 - VIEW_CELL
        for seen, column in ((view, VIEW_CELL), (view[:, ::-1], mirrored_cell)):
            (cells,) = network().run(["cells"], {"grey": seen[None, None].astype(np.float32)})
            near = cells[0, 0, VIEW_CELL - 1 : VIEW_CELL + 2, column - 1 : column + 2]
            logits.append(float(near.max()))
    return replace(candidate, weight=1 / (1 + math.exp(-float(np.mean(logits)))))


def _moved(candidate: Turned, factor: Float[np.ndarray, "2"]) -> Turned:
    """Take the margin off and scale up; pixel centres lie at whole numbers."""
    middle = candidate.box[:2] + candidate.box[2:] / 2 - MARGIN
    middle = (middle + 0.5) * factor - 0.5
    side = candidate.box[2:] * factor.mean()
    return Turned(np.concatenate([middle - side / 2, side]), candidate.weight, candidate.angle_rad)


def _distinct(places: list[Turned]) -> list[Turned]:
    """Keep the surest of places that are one face."""
    kept: list[Turned] = []
    for place in sorted(places, key=lambda p: -p.weight):
        if all(intersection_over_union(place.box, k.box) <= OVERLAP for k in kept):
            kept.append(place)
    return kept
