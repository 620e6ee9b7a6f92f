"""Give people numbers that stay with them from frame to frame, and when they come back: by place, size and colour.

A face belongs to the person whose place, carried on by their last motion, it is nearest to. A person who was gone is
known again at once near the place where they left, and anywhere else if their colours say so and nobody else's do.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from facsimile.detect.faces import Face
from facsimile.detect.looks import Look, look_distance

REACH = 0.6
"""Face widths between the expected and the found place; a head moves by less than half its width in a frame."""
REACH_PER_S = 0.4
"""Face widths that the reach grows by for each second out of sight: people lean and shift on their chairs."""
MAX_RESIZE = 1.6
"""Largest change of a face's width between two sights near each other; colours may allow more."""
COAST_S = 0.3
"""A face out of sight is expected where its motion would have taken it in this time, and no further."""
NEAR_S = 2.0
"""Out of sight for less than this, a face is known again by its place: a hand, a turned head."""
REMEMBER_S = 30.0
"""Out of sight for less than this, a person is known again by their colours."""
SAME_LOOK, OTHER_LOOK = 0.40, 0.65
"""Colour distances: below the first the same person, above the second another one. On renders of ten people in one
place the same person, turned and smiling, is within 0.36 in 90 % and 0.42 at most, another one beyond 0.41 in 99 %
and 0.65 in half of the cases."""
CUT_LOOK = 1.0
"""The same for a face that was there a moment ago: light may be switched on, but a film may also cut to another place,
where most people are further away than this."""
LOOK_MARGIN = 1.3
"""Colours decide alone only when the next likely person is this much further: clear or not at all."""
LOOK_S = 1.0
"""Seconds over which a person's colours are averaged."""
MAX_ABSENT = 32
"""People remembered at most; the one out of sight the longest is forgotten first."""


@dataclass(frozen=True)
class Track:
    """Where a numbered face was last seen."""

    face_id: int
    box: Float[np.ndarray, "4"]
    landmarks: Float[np.ndarray, "L 2"]
    time_s: float
    velocity: Float[np.ndarray, "2"]
    """Pixels a second."""
    look: Look | None = None
    """Mean colours; None if there was no picture."""


class Tracker:
    """The people of one video so far; numbers count up from 0 and are never given twice."""

    def __init__(self) -> None:
        self.present: list[Track] = []
        """Faces of the last frame."""
        self._absent: list[Track] = []
        self._next_id = 0

    @property
    def known_ids(self) -> set[int]:
        """Return the numbers of all who are present or remembered."""
        return {track.face_id for track in self.present + self._absent}

    def misses_someone(self, time_s: float) -> bool:
        """Return whether someone was there until a moment ago."""
        return any(time_s - track.time_s <= NEAR_S for track in self._absent)

    def update(self, faces: Sequence[Face], *, time_s: float, looks: Sequence[Look] | None = None) -> list[Face]:
        """Return this frame's faces with their numbers, in order of number; ``looks`` are the faces' colours."""
        seen = looks if looks is not None else [None] * len(faces)
        known = self.present + [t for t in self._absent if time_s - t.time_s <= REMEMBER_S]
        owners = _owners(faces, seen, known, time_s)
        tracks = [self._track(f, look, owner, time_s) for f, look, owner in zip(faces, seen, owners, strict=True)]
        numbered = [replace(face, face_id=track.face_id) for face, track in zip(faces, tracks, strict=True)]
        taken = {track.face_id for track in tracks}
        gone = sorted((track for track in known if track.face_id not in taken), key=lambda track: track.time_s)
        self._absent = gone[-MAX_ABSENT:]
        self.present = sorted(tracks, key=lambda track: track.face_id)
        return sorted(numbered, key=lambda face: face.face_id)

    def _track(self, face: Face, look: Look | None, owner: Track | None, time_s: float) -> Track:
        if owner is None:
            self._next_id += 1
            return Track(self._next_id - 1, face.box, face.landmarks, time_s, np.zeros(2), look)
        step_s = max(time_s - owner.time_s, 1e-3)
        moved = (_middle(face.box) - _middle(owner.box)) / step_s
        velocity = moved if step_s <= COAST_S else np.zeros(2)
        return Track(owner.face_id, face.box, face.landmarks, time_s, velocity, _mixed(owner.look, look, step_s))


def _owners(
    faces: Sequence[Face], looks: Sequence[Look | None], tracks: Sequence[Track], time_s: float
) -> list[Track | None]:
    """Return each face's track: by place first, nearest pairs first, then by colour alone among those left over."""
    owners: list[Track | None] = [None] * len(faces)
    near = [
        (cost, i, j)
        for i, (face, look) in enumerate(zip(faces, looks, strict=True))
        for j, track in enumerate(tracks)
        if (cost := _cost_of_place(face, look, track, time_s)) is not None
    ]
    left = list(tracks)
    for _, i, j in sorted(near):
        if owners[i] is None and any(tracks[j] is track for track in left):
            owners[i] = tracks[j]
            left = [track for track in left if track is not tracks[j]]
    for _, i, owner in sorted(_by_colour(looks, owners, left), key=lambda pair: pair[0]):
        if any(owner is track for track in left):
            owners[i] = owner
            left = [track for track in left if track is not owner]
    return owners


def _cost_of_place(face: Face, look: Look | None, track: Track, time_s: float) -> float | None:
    """Return how far a face is from where the track expects it, in its reach; None beyond, or in other colours."""
    gone_s = time_s - track.time_s
    widths = float(face.box[2]), float(track.box[2])
    if gone_s > NEAR_S or max(widths) > MAX_RESIZE * min(widths):
        return None
    other = 0.0 if look is None or track.look is None else look_distance(look, track.look)
    expected = _middle(track.box) + track.velocity * min(gone_s, COAST_S)
    reach = (REACH + REACH_PER_S * gone_s) * max(widths)
    distance = float(np.linalg.norm(_middle(face.box) - expected)) / reach
    most = CUT_LOOK if gone_s <= COAST_S else OTHER_LOOK
    return distance + other / OTHER_LOOK if distance <= 1 and other <= most else None


def _by_colour(
    looks: Sequence[Look | None], owners: Sequence[Track | None], tracks: Sequence[Track]
) -> Iterator[tuple[float, int, Track]]:
    """Yield distance, face and track for each face without an owner that wears one track's colours clearly."""
    for i, look in enumerate(looks):
        if look is None or owners[i] is not None:
            continue
        near = sorted((look_distance(look, t.look), t.face_id, t) for t in tracks if t.look is not None)
        if near and near[0][0] <= SAME_LOOK and (len(near) == 1 or near[1][0] >= LOOK_MARGIN * near[0][0]):
            yield near[0][0], i, near[0][2]


def _mixed(mean: Look | None, look: Look | None, step_s: float) -> Look | None:
    if mean is None or look is None:
        return look if mean is None else mean
    return mean + min(step_s / LOOK_S, 0.5) * (look - mean)


def _middle(box: Float[np.ndarray, "4"]) -> Float[np.ndarray, "2"]:
    return box[:2] + box[2:] / 2
