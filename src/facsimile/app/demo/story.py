"""Run the loop once: a photo is read, said in words, shown on other people and answered with a face."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, UInt8

from facsimile.app.clip import draw_frames, encode_clip, sampled
from facsimile.app.drawing import draw_person, draw_state
from facsimile.app.photo import PhotoReading, read_photo
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
    is_sample: bool
    """Whether the photo is the one that comes with scikit-image."""
    reading: PhotoReading
    notation: str
    description: Description
    people: tuple[Person, ...]
    said: Turn
    reply: Turn
    reply_image: UInt8[np.ndarray, "H W 3"]
    told: Expressed
    clip: bytes
    """The sentence as a moving picture: a GIF."""
    seed: int


def tell(photo: Path | None, *, seed: int, progress: Progress, rig: str = "makehuman") -> Story:
    """Run every step on ``photo``, or on the sample photo if None; ``progress`` hears of each step before it starts."""
    image = sample_photo() if photo is None else photo
    progress("reading the photo")
    reading = read_photo(image)
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
        is_sample=photo is None,
        reading=reading,
        notation=notation.write(state),
        description=describe(state),
        people=people,
        said=conversation.turns[0],
        reply=reply,
        reply_image=draw_state(reply.face or State(), seed=seed + NUM_PEOPLE, size=PERSON_SIZE, rig=rig),
        told=told,
        clip=encode_clip(frames, ".gif"),
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


def sample_photo() -> UInt8[np.ndarray, "H W 3"]:
    """Return NASA's portrait of the astronaut Eileen Collins (public domain) that scikit-image carries."""
    try:
        from skimage import data
    except ImportError:
        raise ImportError(
            "the sample photo needs scikit-image; install it with: pip install 'facsimile[demo]', "
            "or name a photo of your own: facsimile demo PHOTO"
        ) from None
    return np.asarray(data.astronaut())
