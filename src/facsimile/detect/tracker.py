"""Give faces numbers that stay with them from frame to frame, by how much their boxes overlap."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from facsimile.detect.faces import Face
from facsimile.detect.finder import intersection_over_union

MIN_OVERLAP = 0.2
"""Least intersection over union of a face's boxes in two frames; a head moves by less than half its width."""
REMEMBER_S = 2.0
"""A face that comes back at the same place within this time keeps its number: a hand, a turned head."""


@dataclass(frozen=True)
class Track:
    """Where a numbered face was last seen."""

    face_id: int
    box: Float[np.ndarray, "4"]
    landmarks: Float[np.ndarray, "L 2"]
    time_s: float


class Tracker:
    """The faces of one video so far; numbers count up from 0 and are never given twice."""

    def __init__(self) -> None:
        self.present: list[Track] = []
        """Faces of the last frame."""
        self._absent: list[Track] = []
        self._next_id = 0

    def update(self, faces: Sequence[Face], *, time_s: float) -> list[Face]:
        """Return this frame's faces with their numbers, in order of number."""
        known = self.present + [t for t in self._absent if time_s - t.time_s <= REMEMBER_S]
        owners = _match(faces, known)
        numbered = [replace(face, face_id=self._number(owner)) for face, owner in zip(faces, owners, strict=True)]
        numbered.sort(key=lambda face: face.face_id)
        taken = {face.face_id for face in numbered}
        self._absent = [track for track in known if track.face_id not in taken]
        self.present = [Track(f.face_id, f.box, f.landmarks, time_s) for f in numbered]
        return numbered

    def _number(self, owner: Track | None) -> int:
        if owner is not None:
            return owner.face_id
        self._next_id += 1
        return self._next_id - 1


def _match(faces: Sequence[Face], tracks: Sequence[Track]) -> list[Track | None]:
    """Return each face's track: pairs are taken from the largest overlap down, each face and track once."""
    pairs = [(intersection_over_union(f.box, t.box), i, j) for i, f in enumerate(faces) for j, t in enumerate(tracks)]
    owners: list[Track | None] = [None] * len(faces)
    used: set[int] = set()
    for overlap, i, j in sorted(pairs, key=lambda pair: -pair[0]):
        if overlap >= MIN_OVERLAP and owners[i] is None and j not in used:
            owners[i] = tracks[j]
            used.add(j)
    return owners
