"""Photos and videos in, faces with action units out: find, align, read, follow, subtract the neutral face.

>>> detector = Detector()                                            # doctest: +SKIP
>>> face = detector.detect("portrait.jpg")[0]                        # doctest: +SKIP
>>> face.action_units.of(12, "L")                                    # doctest: +SKIP
2.9
>>> for frame in detector.stream(["portrait.jpg", "talk.mp4"]):      # doctest: +SKIP
...     print(frame.time_s, frame.faces)
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from jaxtyping import Float, UInt8

from facsimile.data.align import rotation_of
from facsimile.detect import media
from facsimile.detect.aligner import PASSES, Aligned, align, crop_from_box, crop_from_landmarks
from facsimile.detect.baseline import Baseline, GivenNeutral, NoBaseline, baseline_maker
from facsimile.detect.calibration import read_calibration
from facsimile.detect.faces import Face, Frame, box_of
from facsimile.detect.finder import PHOTO_STAGES, VIDEO_STAGES, find_faces, intersection_over_union
from facsimile.detect.media import InputError
from facsimile.detect.people import People, Person
from facsimile.detect.reader import Reader
from facsimile.detect.streams import has_frames, is_stream, read_stream
from facsimile.detect.table import Layout
from facsimile.detect.tracks import tracks_of
from facsimile.detect.turned import find_turned
from facsimile.detect.writers import arrow_table
from facsimile.facs.track import Track

MIN_SCORE = 0.5
"""A face is kept when the reader gives it at least even odds."""
TRACKING_PASSES = 2
"""Passes for a face followed from the previous frame: one corrects its motion, one reads it."""
SAME_FACE = 0.4
"""Two readings whose boxes overlap by more (intersection over union) are one face; the surer one stays."""
FIND_EVERY_S = 0.5
"""Seconds of video between two searches for new faces while others are followed."""
FIND_MISSING_S = 0.15
"""The same while someone is missing who was there a moment ago."""
SMOOTH = True
"""Whether videos are smoothed when nobody says."""

Input = str | Path | np.ndarray
Reference = Float[np.ndarray, "2 D"] | None


class Detector:
    """Everything needed to read faces: weights loaded once, settings fixed; holds no state between inputs."""

    def __init__(
        self,
        weights: str | Path | None = None,
        *,
        neutral: Input | None = None,
        baseline: str = "none",
        smooth: bool = SMOOTH,
        calibration: str | Path | None = None,
        min_score: float = MIN_SCORE,
        threads: int = 1,
    ):
        """Load the reader.

        ``neutral`` shows the one person of the inputs at rest, and every face is read relative to it; ``baseline`` is
        one of BASELINES and finds each person's rest in the video itself (see ``detect.baseline``).
        ``smooth`` takes jitter out of videos (see ``detect.smoothing``). Photos are neither smoothed nor given a
        baseline other than ``neutral``. ``calibration`` is a file of `facsimile calibrate` for these weights; it is
        fitted on faces read alone and goes with neither ``neutral`` nor ``baseline``.
        """
        self._new_baseline = baseline_maker(baseline)
        if neutral is not None and baseline != "none":
            raise ValueError(f"neutral, baseline={baseline!r}: a face at rest is given or looked for; choose one")
        if calibration is not None and (neutral is not None or baseline != "none"):
            raise ValueError("calibration: is fitted on faces read alone; give it without neutral and baseline")
        self.calibration = None if calibration is None else read_calibration(calibration, weights=weights)
        self.reader = Reader(weights, threads=threads)
        self.units = self.reader.card.units
        if self.calibration is not None:
            self.calibration.check(self.units)
        self.min_score, self.smooth = min_score, smooth
        self._given: Baseline = NoBaseline()
        if neutral is not None:
            self._given = GivenNeutral(self._neutral_face(neutral))
            self._new_baseline = lambda: self._given

    def stream(
        self,
        inputs: Input | Iterable[Input],
        *,
        every: int = 1,
        on_error: Callable[[InputError], None] | None = None,
    ) -> Iterator[Frame]:
        """Yield one Frame per photo and per ``every``-th video frame, in order, holding one in memory at a time.

        An input that cannot be read goes to ``on_error`` and the next one follows; without it InputError is raised.
        """
        for item in _items(inputs):
            try:
                if isinstance(item, InputError):
                    raise item
                yield from self._frames(item, every)
            except InputError as error:
                if on_error is None:
                    raise
                on_error(error)

    def detect(self, inputs: Input | Iterable[Input], *, every: int = 1) -> list[Face]:
        """Return all faces of all inputs in order; ``stream`` tells which frame they are from and holds less."""
        return [face for frame in self.stream(inputs, every=every) for face in frame.faces]

    def table(self, inputs: Input | Iterable[Input], *, every: int = 1) -> Any:
        """Return a ``pyarrow.Table`` with the columns of ``facsimile detect``; ``.to_pandas()`` works on it."""
        layout = Layout(self.units)
        rows = [row for frame in self.stream(inputs, every=every) for row in layout.rows(frame)]
        return arrow_table(rows, layout.columns)

    def tracks(self, inputs: Input | Iterable[Input], *, every: int = 1) -> dict[tuple[str, int], Track]:
        """Return a `Track` for each input and ``face_id``: the curves of one person in one video.

        >>> smile = detector.tracks("talk.mp4")["talk.mp4", 0].curve(12, "L")  # doctest: +SKIP
        """
        return tracks_of(self.stream(inputs, every=every))

    def read_image(self, image: UInt8[np.ndarray, "H W 3"]) -> tuple[Face, ...]:
        """Return the faces of one RGB picture, largest first."""
        image = np.ascontiguousarray(image)
        size = self.reader.card.crop_size
        found = self._read_found(image, [crop_from_box(c.box, size) for c in find_faces(image, stages=PHOTO_STAGES)])
        if not found:
            found = self._read_found(image, [turned.crop(size) for turned in find_turned(image)])
        faces = sorted(found, key=lambda f: -float(f.box[2] * f.box[3]))
        person = Person(baseline=self._given, smooth=False)
        return tuple(person.told(replace(face, face_id=i), time_s=0.0) for i, face in enumerate(faces))

    def read_video(self, stills: Iterable[media.Still]) -> Iterator[tuple[media.Still, tuple[Face, ...]]]:
        """Yield each still with its faces, followed from still to still; ``face_id`` stays with the person."""
        people = People(new_baseline=self._new_baseline, smooth=self.smooth)
        last_search_s = -np.inf
        for still in stills:
            faces = self._follow(still.image, people)
            pause_s = FIND_MISSING_S if people.misses_someone(still.time_s) else FIND_EVERY_S
            if still.time_s - last_search_s >= pause_s or len(faces) < len(people.present) or not faces:
                faces = self._add_new(still.image, faces)
                last_search_s = still.time_s
            followed = {track.face_id for track in people.present}
            faces = people.numbered(faces, still.image, time_s=still.time_s)
            yield still, tuple(self._told(face, still, people, followed) for face in faces)

    def _told(self, face: Face, still: media.Still, people: People, followed: set[int]) -> Face:
        """Return a face as told; read again where it was read beside another's rest, or rest was not known before."""
        if face.is_relative and face.face_id not in followed:
            face = self._beside_own(face, still, people)
        people.learn(face, time_s=still.time_s)
        if not face.is_relative and people.reference(face.face_id) is not None:
            face = self._beside_own(face, still, people)
        return people.told(face, time_s=still.time_s)

    def _beside_own(self, face: Face, still: media.Still, people: People) -> Face:
        """Read a face again beside its own person's rest, or alone if that is not known."""
        again = self._read(still.image, [face.crop_from_image], 1, [people.reference(face.face_id)])
        return replace(again[0], face_id=face.face_id) if again else face

    def _frames(self, item: tuple[str, Path | np.ndarray], every: int) -> Iterator[Frame]:
        name, source = item
        if isinstance(source, Path) and has_frames(source):
            stills = read_stream(source, every=every) if is_stream(source) else media.read_video(source, every=every)
            for still, faces in self.read_video(stills):
                yield Frame(name, still.index, still.time_s, still.image, faces)
            return
        image = media.read_photo(source) if isinstance(source, Path) else media.rgb_of_array(source, name)
        yield Frame(name, 0, 0.0, image, self.read_image(image))

    def _read_found(self, image: UInt8[np.ndarray, "H W 3"], matrices: list[np.ndarray]) -> list[Face]:
        return self._read(image, matrices, PASSES, [self._given.reference] * len(matrices))

    def _follow(self, image: UInt8[np.ndarray, "H W 3"], people: People) -> list[Face]:
        """Return one face per person of the last frame, in order, where it is still a face."""
        size = self.reader.card.crop_size
        matrices = [crop_from_landmarks(track.landmarks, size) for track in people.present]
        references = [people.reference(track.face_id) for track in people.present]
        return self._read(image, matrices, TRACKING_PASSES, references)

    def _add_new(self, image: UInt8[np.ndarray, "H W 3"], faces: list[Face]) -> list[Face]:
        """Return ``faces`` and those that the finder sees elsewhere."""
        boxes = [c.box for c in find_faces(image, stages=VIDEO_STAGES)]
        elsewhere = [box for box in boxes if not any(_holds(box, face) for face in faces)]
        size = self.reader.card.crop_size
        return _distinct(faces + self._read_found(image, [crop_from_box(box, size) for box in elsewhere]))

    def _read(
        self, image: UInt8[np.ndarray, "H W 3"], matrices: list[np.ndarray], passes: int, references: list[Reference]
    ) -> list[Face]:
        if not matrices:
            return []
        alone = np.full((2, self.reader.card.num_features), np.nan, np.float32)
        reference = np.stack([alone if r is None else r for r in references])
        aligned = align(self.reader, image, np.stack(matrices), passes=passes, reference=reference)
        faces = [
            _face(aligned, i, self.units, is_relative=reference is not None) for i, reference in enumerate(references)
        ]
        kept = _distinct([face for face in faces if face.score >= self.min_score])
        return kept if self.calibration is None else [self.calibration.apply(face) for face in kept]

    def _neutral_face(self, neutral: Input) -> Face:
        frame = next(self.stream(neutral), None)
        if frame is None or not frame.faces:
            raise InputError(f"neutral {_name(neutral)}: no face found; give a frontal photo of the person at rest")
        return frame.faces[0]


def _face(aligned: Aligned, i: int, units: tuple[int, ...], *, is_relative: bool) -> Face:
    readings, matrix = aligned.readings, aligned.crop_from_image[i]
    pose = readings.head_pose_rad[i].astype(np.float64)
    pose[2] -= rotation_of(matrix)
    return Face(
        face_id=i,
        score=float(readings.score[i]) if aligned.is_plausible[i] else 0.0,
        box=box_of(aligned.landmarks[i]),
        landmarks=aligned.landmarks[i],
        head_pose_rad=pose,
        gaze_rad=readings.gaze_rad[i],
        intensity=readings.intensity[i],
        intensity_sd=readings.intensity_sd[i],
        units=units,
        crop_from_image=matrix,
        controllers=readings.controllers[i],
        controllers_sd=readings.controllers_sd[i],
        visible=readings.visible[i],
        features=readings.features[i],
        is_relative=is_relative,
    )


def _distinct(faces: list[Face]) -> list[Face]:
    """Drop the less sure of two readings of one face; order is kept."""
    kept: list[Face] = []
    for face in sorted(faces, key=lambda f: -f.score):
        if all(intersection_over_union(face.box, k.box) <= SAME_FACE for k in kept):
            kept.append(face)
    return [face for face in faces if any(face is k for k in kept)]


def _holds(box: Float[np.ndarray, "4"], face: Face) -> bool:
    """Return whether the middle of the face lies in the box."""
    middle = face.box[:2] + face.box[2:] / 2
    return bool((box[:2] <= middle).all() and (middle <= box[:2] + box[2:]).all())


def _items(inputs: Input | Iterable[Input]) -> Iterator[tuple[str, Path | np.ndarray] | InputError]:
    """Yield (name, file or array) for every input."""
    single = isinstance(inputs, str | Path) or (isinstance(inputs, np.ndarray) and inputs.ndim < 4)
    for number, given in enumerate([inputs] if single else inputs):  # type: ignore[arg-type]
        if isinstance(given, np.ndarray):
            yield f"array-{number}", given
            continue
        for path in media.expand([given]):
            yield path if isinstance(path, InputError) else (str(path), path)


def _name(given: Input) -> str:
    return "array" if isinstance(given, np.ndarray) else str(given)
