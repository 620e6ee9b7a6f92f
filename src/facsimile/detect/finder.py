"""Find faces with the Haar cascades inside OpenCV's wheel: offline, small and fast, upright faces only.

A cascade is a first guess. Every candidate is judged again by the reader, which sees the aligned crop, so the finder
may propose a wall socket but must not miss a person.
"""

import functools
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import cv2
import numpy as np
from jaxtyping import Float, UInt8

MIN_FACE = 24
"""Smallest window in searched pixels; the cascades were trained on 20 and 24 px windows (Lienhart et al. 2003)."""

OVERLAP = 0.35
"""Candidates whose intersection over union exceeds this are one face."""


@dataclass(frozen=True)
class Search:
    """One pass of one cascade over the picture at one scale."""

    cascade: str
    """File stem after ``haarcascade_``."""
    size: int
    """Longer side of the searched picture in pixels; smaller is faster and blinder to small faces."""
    neighbours: int = 3
    """Overlapping windows needed; fewer finds more faces and more walls."""
    margin: float = 0.0
    """Border repeated around the picture, as a share of its longer side: finds faces that fill or leave the frame."""
    equalise: bool = False
    """Spread the grey values first: dark and flat pictures."""
    mirrored: bool = False
    """Search the mirror image: the profile cascade knows one side only."""


PHOTO_STAGES = (
    (Search("frontalface_alt2", 320), Search("frontalface_alt2", 640)),
    (Search("frontalface_alt2", 320, neighbours=2, margin=0.25, equalise=True),),
    (Search("frontalface_default", 320, neighbours=6),),
    (Search("profileface", 320, neighbours=5), Search("profileface", 320, neighbours=5, mirrored=True)),
    (Search("frontalface_alt2", 1280, neighbours=2),),
)
VIDEO_STAGES = (PHOTO_STAGES[0][:1], PHOTO_STAGES[1])
"""Searches of one stage are merged; later stages run only when the earlier ones found nothing. Ordered by speed and by
false candidates: in 18 of scikit-image's pictures other than its portrait alt2 proposed none, default nine (both at 3
neighbours)."""

Box = Float[np.ndarray, "4"]


@dataclass(frozen=True)
class Candidate:
    """A place that may be a face."""

    box: Box
    """x, y, width, height in pixels of the picture; may reach over its border."""
    weight: float
    """The cascade's last-stage sum: larger is surer; comparable within one cascade only."""


def find_faces(
    image: UInt8[np.ndarray, "H W 3"], *, stages: tuple[tuple[Search, ...], ...] = PHOTO_STAGES
) -> list[Candidate]:
    """Return the candidates of the first stage that has any, largest first; RGB in, empty if there is no face."""
    grey = cv2.cvtColor(np.ascontiguousarray(image), cv2.COLOR_RGB2GRAY)
    for stage in stages:
        searches = {replace(s, size=min(s.size, max(grey.shape))) for s in stage}
        candidates = [c for s in sorted(searches, key=lambda s: s.size) for c in _run(grey, s)]
        if found := suppress(candidates):
            return sorted(found, key=lambda c: -c.box[2])
    return []


def suppress(candidates: list[Candidate], *, overlap: float = OVERLAP) -> list[Candidate]:
    """Keep the surest of candidates that overlap by more than ``overlap``, or of which one lies inside the other."""
    kept: list[Candidate] = []
    for candidate in sorted(candidates, key=lambda c: -c.weight):
        if all(_shared(candidate.box, k.box) <= overlap for k in kept):
            kept.append(candidate)
    return kept


def intersection_over_union(a: Box, b: Box) -> float:
    """Return the shared area of two boxes divided by the area they cover together, 0-1."""
    shared = _intersection(a, b)
    union = float(a[2] * a[3] + b[2] * b[3]) - shared
    return shared / union if union > 0 else 0.0


def cascade_path(name: str) -> Path:
    """Return the file of a cascade in OpenCV's wheel."""
    folder = Path(getattr(cv2, "data").haarcascades)  # noqa: B009 - absent from OpenCV's type stubs
    return folder / f"haarcascade_{name}.xml"


@functools.cache
def _cascade(name: str) -> cv2.CascadeClassifier:
    path = cascade_path(name)
    classifier = cv2.CascadeClassifier(str(path))
    if classifier.empty():
        raise RuntimeError(
            f"face finder: OpenCV {cv2.__version__} has no {path.name}; install opencv-python-headless >=4.9,<5"
        )
    return classifier


def _run(grey: UInt8[np.ndarray, "H W"], search: Search) -> Iterator[Candidate]:
    """Yield one search's candidates in pixels of ``grey``."""
    scale = min(1.0, search.size / max(grey.shape))
    if scale * min(grey.shape) < 1:  # a line: nothing is left of it at this scale
        return
    small = cv2.resize(grey, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else grey
    margin = math.ceil(search.margin * max(small.shape))
    if margin:
        small = cv2.copyMakeBorder(small, margin, margin, margin, margin, cv2.BORDER_REPLICATE)
    if search.equalise:
        small = cv2.equalizeHist(small)
    if search.mirrored:
        small = np.ascontiguousarray(small[:, ::-1])
    if min(small.shape) < MIN_FACE:
        return
    boxes, _, weights = _cascade(search.cascade).detectMultiScale3(
        small, 1.1, search.neighbours, minSize=(MIN_FACE, MIN_FACE), outputRejectLevels=True
    )
    for box, weight in zip(np.asarray(boxes, np.float64).reshape(-1, 4), np.ravel(weights), strict=True):
        if search.mirrored:
            box[0] = small.shape[1] - box[0] - box[2]
        box[:2] -= margin
        yield Candidate(box / scale, float(weight))


def _shared(a: Box, b: Box) -> float:
    """Return the larger of the union's share and half the smaller box's share, so that a nested box counts as one."""
    smaller = min(float(a[2] * a[3]), float(b[2] * b[3]))
    nested = _intersection(a, b) / smaller if smaller > 0 else 0.0
    return max(intersection_over_union(a, b), nested / 2)


def _intersection(a: Box, b: Box) -> float:
    width = min(a[0] + a[2], b[0] + b[2]) - max(a[0], b[0])
    height = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    return float(max(width, 0.0) * max(height, 0.0))
