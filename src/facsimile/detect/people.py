"""Everything that is remembered about the people of one video: numbers, places, faces at rest, filters."""

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np
from jaxtyping import Float, UInt8

from facsimile.detect.baseline import Baseline
from facsimile.detect.faces import Face
from facsimile.detect.looks import looks_of
from facsimile.detect.smoothing import FaceSmoother
from facsimile.detect.tracker import Track, Tracker


class Person:
    """One person's baseline and, if wished, filter."""

    def __init__(self, *, baseline: Baseline, smooth: bool):
        self.baseline = baseline
        self._smoother = FaceSmoother() if smooth else None

    def told(self, face: Face, *, time_s: float) -> Face:
        """Return a reading smoothed and relative to rest, with the reading itself as ``raw`` where that differs."""
        smooth = face if self._smoother is None else self._smoother.smoothed(face, time_s=time_s)
        told = self.baseline.rested(smooth)
        return face if told is face else replace(told, raw=face)


class People:
    """The people of one video; those whom the tracker forgets are forgotten here."""

    def __init__(self, *, new_baseline: Callable[[], Baseline], smooth: bool):
        self._tracker = Tracker()
        self._people: dict[int, Person] = {}
        self._new_baseline, self._smooth = new_baseline, smooth

    @property
    def present(self) -> list[Track]:
        """Return where the faces of the last frame were, in order of number."""
        return self._tracker.present

    def misses_someone(self, time_s: float) -> bool:
        """Return whether someone was there until a moment ago."""
        return self._tracker.misses_someone(time_s)

    def reference(self, face_id: int) -> Float[np.ndarray, "2 D"] | None:
        """Return the features of a person's face at rest; None if they are not known."""
        person = self._people.get(face_id)
        return None if person is None else person.baseline.reference

    def numbered(self, faces: Sequence[Face], image: UInt8[np.ndarray, "H W 3"], *, time_s: float) -> list[Face]:
        """Return the faces of a frame with their people's numbers, in order of number."""
        faces = self._tracker.update(faces, time_s=time_s, looks=looks_of(image, faces))
        known = self._tracker.known_ids
        self._people = {number: person for number, person in self._people.items() if number in known}
        for face in faces:
            if face.face_id not in self._people:
                self._people[face.face_id] = Person(baseline=self._new_baseline(), smooth=self._smooth)
        return faces

    def learn(self, face: Face, *, time_s: float) -> None:
        """Let the baseline of a numbered face's person take in a reading."""
        self._people[face.face_id].baseline.learn(face, time_s=time_s)

    def told(self, face: Face, *, time_s: float) -> Face:
        """Return a numbered face smoothed and relative to rest."""
        return self._people[face.face_id].told(face, time_s=time_s)
