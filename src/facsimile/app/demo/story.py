"""Run the loop once: a photo is read, said in words, shown on other people and answered with a face."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import numpy as np
from jaxtyping import Float, UInt8

from facsimile.app.clip import draw_frames, encode_clip, sampled
from facsimile.app.demo.own_face import OwnFace, read_own_face
from facsimile.app.drawing import draw_person, draw_state
from facsimile.app.photo import PhotoReading, read_photo
from facsimile.app.report.reconstruction import SIZE, reconstruct
from facsimile.detect.pipeline import Detector
from facsimile.facs import notation
from facsimile.facs.expression import ActionUnits
from facsimile.facs.state import State
from facsimile.language.backends import Echo
from facsimile.language.chat import Conversation
from facsimile.language.describe import Description, describe
from facsimile.language.express import Expressed, express
from facsimile.language.prompt import Turn

NUM_PEOPLE = 3
PERSON_SIZE = 320
"""Pixels; about two per CSS pixel in a column of four."""

SAID = "Guess what happened today!"
"""What the person in the photo says in the last step; the photo itself is silent."""

TOLD = "I passed the exam! Can you believe it?"
"""What a synthetic person says in the moving picture."""

CLIP_SIZE = 256

Progress = Callable[[str], None]
Source = Literal["given", "astronaut", "drawn"]
"""Whose photo it is: the user's, scikit-image's, or one that was drawn because there is no other."""


@dataclass(frozen=True)
class Person:
    """A synthetic person making an expression."""

    seed: int
    image: UInt8[np.ndarray, "H W 3"]
    is_neutral: bool = False


@dataclass(frozen=True)
class Story:
    """All that the page shows."""

    photo_name: str
    source: Source
    reading: PhotoReading
    drawn: UInt8[np.ndarray, "S S 3"]
    """Everything that was read of the photo, unsure or not, on a synthetic person."""
    notation: str
    description: Description
    people: tuple[Person, ...]
    said: Turn
    reply: Turn
    reply_image: UInt8[np.ndarray, "H W 3"]
    told: Expressed
    clip: bytes
    """The sentence as a moving picture: a GIF."""
    own: OwnFace
    """The same loop on a face whose truth is known."""
    seed: int


def tell(photo: Path | None, *, seed: int, progress: Progress, rig: str = "makehuman") -> Story:
    """Run every step on ``photo``, or on the sample photo if None; ``progress`` hears of each step before it starts."""
    detector = Detector()
    progress("drawing a face and reading it")
    own = read_own_face(detector)
    progress("reading the photo")
    source, reading = _read(photo, own, detector)
    state = reading.state
    progress("drawing synthetic people")
    people = draw_people(state.to_action_units(), reading.face.head_pose_rad, seed=seed, rig=rig)
    progress("talking")
    conversation = Conversation(Echo())
    reply = conversation.say(SAID, state)
    progress("drawing a sentence")
    told = express(TOLD, seed=seed)
    frames = list(draw_frames(sampled(told.track, ".gif"), seed=seed, size=CLIP_SIZE))
    return Story(
        photo_name="the sample photo" if photo is None else photo.name,
        source=source,
        reading=reading,
        drawn=reconstruct(reading.face, size=2 * SIZE),
        notation=notation.write(state),
        description=describe(state),
        people=people,
        said=conversation.turns[0],
        reply=reply,
        reply_image=draw_state(reply.face or State(), seed=seed + NUM_PEOPLE, size=PERSON_SIZE, rig=rig),
        told=told,
        clip=encode_clip(frames, ".gif"),
        own=own,
        seed=seed,
    )


def draw_people(
    face: ActionUnits, head_pose_rad: Float[np.ndarray, "3"], *, seed: int, rig: str = "makehuman"
) -> tuple[Person, ...]:
    """Draw the expression on ``NUM_PEOPLE`` people with the photo's head pose; before it the first person at rest.

    A neutral expression needs no picture at rest.
    """
    pose = head_pose_rad.astype(np.float64)
    people = []
    if face != ActionUnits.neutral():
        rest = draw_person(ActionUnits.neutral(), seed=seed, size=PERSON_SIZE, head_pose_rad=pose, rig=rig)
        people.append(Person(seed, rest, is_neutral=True))
    for number in range(seed, seed + NUM_PEOPLE):
        people.append(Person(number, draw_person(face, seed=number, size=PERSON_SIZE, head_pose_rad=pose, rig=rig)))
    return tuple(people)


def _read(photo: Path | None, own: OwnFace, detector: Detector) -> tuple[Source, PhotoReading]:
    """Read the photo; without one the sample photo, and without that the drawn face."""
    if photo is not None:
        return "given", read_photo(photo, detector=detector)
    sample = sample_photo()
    return ("drawn", own.reading) if sample is None else ("astronaut", read_photo(sample, detector=detector))


def sample_photo() -> UInt8[np.ndarray, "H W 3"] | None:
    """Return NASA's portrait of the astronaut Eileen Collins (public domain) if scikit-image, which has it, is here."""
    try:
        from skimage import data
    except ImportError:
        return None
    return np.asarray(data.astronaut())
