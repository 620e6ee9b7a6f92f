"""Say which faces a data set holds: shares of drawing methods, sides, head pose, camera.

A recipe is a function that returns a frozen `Recipe`. Sample ``i`` depends only on (recipe, seed, i).
"""

import dataclasses
import difflib
import math
from collections.abc import Callable
from typing import Any

_SHARES = ("neutral_share", "single_share", "prototype_share", "speech_share", "uniform_share", "smile_share")


FRAME_RATES = (25, 60)
"""Frames a second of European television and of fast cameras; those of the sources' data sets."""


@dataclasses.dataclass(frozen=True)
class Clips:
    """Say how people move; the images of a person are then frames of clips."""

    fps: int = 25
    """Frames a second, 25 or 60."""
    seconds: float = 4.0
    """Length of a clip, 0.5-120."""
    per_identity: int = 4
    """Clips of one person, each in its own light and before its own camera."""
    are_affects: bool = False
    """Whether the clips of a person show the seven affects in turn, or expressions drawn like single images."""

    def __post_init__(self) -> None:
        if self.fps not in FRAME_RATES:
            raise ValueError(f"fps must be one of {FRAME_RATES}, got {self.fps}")
        if not 0.5 <= self.seconds <= 120:
            raise ValueError(f"clip seconds must lie in 0.5..120, got {self.seconds}")
        if self.per_identity < 1:
            raise ValueError(f"per_identity must be at least 1 clip, got {self.per_identity}")

    @property
    def frames(self) -> int:
        """Return the number of frames of one clip."""
        return round(self.fps * self.seconds)


@dataclasses.dataclass(frozen=True)
class Occluders:
    """Say how often faces are covered by what does not belong to them (``face.occluders``): shares of all images."""

    hand: float = 0.03
    """Images with a hand at or before the face."""
    mask: float = 0.015
    """Images with a mask over nose and mouth."""
    microphone: float = 0.015
    """Images with a microphone in the hand or on a headset."""
    object: float = 0.015
    """Images with a cup at the lips, or a telephone at the ear or before the face."""
    part_of_images: float = 0.5
    """Part of the images of a person with one of these that show it; image 0 of a person shows none."""

    def __post_init__(self) -> None:
        for kind, share in self.shares.items():
            if not 0 <= share <= 1:
                raise ValueError(f"occluders: {kind} must lie in [0, 1], got {share}")
        if not 0 < self.part_of_images <= 0.8:
            raise ValueError(f"occluders: part_of_images must lie in (0, 0.8], got {self.part_of_images}")
        if sum(self.shares.values()) > self.part_of_images:
            raise ValueError(
                f"occluders: {', '.join(self.shares)} must add up to at most part_of_images = {self.part_of_images}, "
                f"got {sum(self.shares.values()):.3f}"
            )

    @property
    def shares(self) -> dict[str, float]:
        """Return the share of images of each kind, in the order of ``face.occluders.OCCLUDERS``."""
        return {"hand": self.hand, "mask": self.mask, "microphone": self.microphone, "object": self.object}


NO_OCCLUDERS = Occluders(0.0, 0.0, 0.0, 0.0)


@dataclasses.dataclass(frozen=True)
class Recipe:
    """Describe a population of images; every share is a probability, every angle is in radians.

    What the shares leave over is drawn unit by unit, independently, so that no expression prototype can stand in for
    the evidence of a single muscle.
    """

    name: str = "mixed"
    """Name under which the recipe is stored."""
    images_per_identity: int = 8
    """Images of one person; image 0 of each person is neutral, so that every expression has its pair."""
    images_per_light: int = 3
    """Images of one person under one light, counted from image 0; then the light changes."""
    neutral_share: float = 0.20
    """Images with no action unit at all, image 0 of each person included."""
    single_share: float = 0.02
    """Images with one action unit only."""
    prototype_share: float = 0.07
    """Images from the prototype table; half of them are broken: upper and lower face from different rows."""
    min_prototype_gain: float = 0.3
    """Least strength of a prototype as a whole, 0-1; the greatest is 1."""
    speech_share: float = 0.04
    """Images with a speaking mouth under independent brows and eyes."""
    uniform_share: float = 0.02
    """Images drawn uniformly over the sides of all units: the corners of the space."""
    smile_share: float = 0.0
    """Images with a smile of any size, cheeks and lips going along as they mostly do, and little else."""
    min_units: int = 4
    """Fewest units of an independent draw."""
    max_units: int = 7
    """Most units of an independent draw; the number is the larger of two even draws."""
    max_uniform_units: int = 20
    """Most sides of units of a uniform draw."""
    min_intensity: float = 0.5
    """Least intensity (0-5) of an active unit."""
    max_intensity: float = 5.0
    """Greatest intensity (0-5) of an active unit."""
    are_letters_even: bool = True
    """Whether each FACS letter is as frequent as the others, or intensities lie evenly over the scale."""
    asymmetric_share: float = 0.57
    """Expressive faces whose left and right are drawn apart."""
    one_sided_share: float = 0.40
    """Sided units of such a face that show on one side only; eye closure shows one-sided 1.5 times as often."""
    own_level_share: float = 0.45
    """Sided units of such a face that show on both sides with independent intensities."""
    yaw_sd_rad: float = math.radians(16)
    """Standard deviation of the head's yaw."""
    pitch_sd_rad: float = math.radians(9)
    """Standard deviation of the head's pitch."""
    roll_sd_rad: float = math.radians(5)
    """Standard deviation of the head's roll."""
    pose_limit_sd: float = 2.5
    """Head angles are clipped at this many standard deviations."""
    gaze_sd_rad: float = 0.20
    """Standard deviation of the gaze's yaw relative to the head; pitch has 0.6 of it."""
    camera_gaze_share: float = 0.35
    """Images that look into the camera."""
    min_distance_dm: float = 4.5
    """Nearest camera, decimetres from the face."""
    max_distance_dm: float = 16.0
    """Farthest camera, decimetres from the face."""
    min_frame_dm: float = 1.8
    """Narrowest width of the frame at the face, decimetres: eyes 44 px apart in 128 px."""
    max_frame_dm: float = 2.2
    """Widest frame: eyes 36 px apart in 128 px."""
    offset_sd: float = 0.015
    """Standard deviation of the face's place in the frame, in frame widths."""
    has_accessories: bool = True
    """Whether some people wear glasses, hats and scarves; without them the same people are drawn bare."""
    occluders: Occluders = Occluders()
    """How often hands, masks, microphones, cups and telephones cover a face; a clip shows one in all of its frames."""
    clips: Clips | None = None
    """How people move; None for single images."""
    max_identities: int | None = None
    """Most people a set can hold; None for no limit."""

    def __post_init__(self) -> None:
        for name in ("images_per_identity", "images_per_light", "min_units"):
            if getattr(self, name) < 1:
                raise ValueError(f"{name} must be at least 1, got {getattr(self, name)}")
        for name in (
            *_SHARES,
            "min_prototype_gain",
            "asymmetric_share",
            "one_sided_share",
            "own_level_share",
            "camera_gaze_share",
        ):
            if not 0 <= getattr(self, name) <= 1:
                raise ValueError(f"{name} must lie in [0, 1], got {getattr(self, name)}")
        self._check_sums()
        if self.clips is not None and self.images_per_identity != self.clips.frames * self.clips.per_identity:
            raise ValueError(
                f"images_per_identity must be clips x frames = {self.clips.frames * self.clips.per_identity}, "
                f"got {self.images_per_identity}"
            )
        for low, high in (
            ("min_units", "max_units"),
            ("min_intensity", "max_intensity"),
            ("min_distance_dm", "max_distance_dm"),
            ("min_frame_dm", "max_frame_dm"),
        ):
            if not 0 < getattr(self, low) <= getattr(self, high):
                raise ValueError(
                    f"{low} must be above 0 and at most {high} = {getattr(self, high)}, got {getattr(self, low)}"
                )
        if self.max_intensity > 5:
            raise ValueError(f"max_intensity must be at most 5 (FACS level E), got {self.max_intensity}")

    def _check_sums(self) -> None:
        total = sum(getattr(self, name) for name in _SHARES)
        if total > 1 + 1e-9:
            raise ValueError(f"{', '.join(_SHARES)} must add up to at most 1, got {total:.3f}")
        if self.one_sided_share + self.own_level_share > 1:
            raise ValueError(
                "one_sided_share + own_level_share must be at most 1, "
                f"got {self.one_sided_share + self.own_level_share:.3f}"
            )

    @property
    def images_per_group(self) -> int:
        """Return how many images are drawn together: those of a clip, or else of a person."""
        return self.images_per_identity if self.clips is None else self.clips.frames

    @property
    def lights_per_identity(self) -> int:
        """Return in how many lights a person is seen."""
        return -(-self.images_per_identity // self.images_per_light) if self.clips is None else self.clips.per_identity

    def to_dict(self) -> dict[str, Any]:
        """Return the fields as plain values for JSON."""
        return dataclasses.asdict(self)


def mixed() -> Recipe:
    """Return the recipe for training readers: 25 units about equally often, sides apart."""
    return Recipe()


def uniform() -> Recipe:
    """Return the plain draw: 1 to 20 sides of units without replacement, intensities uniform over the scale."""
    return Recipe(
        name="uniform",
        single_share=0.0,
        prototype_share=0.0,
        speech_share=0.0,
        uniform_share=0.8,
        min_intensity=1e-3,
        are_letters_even=False,
        asymmetric_share=0.0,
        occluders=NO_OCCLUDERS,
    )


def natural() -> Recipe:
    """Return few units at a time, weak ones too, mostly symmetric and frontal: nearer to what photos of people show."""
    return Recipe(
        name="natural", single_share=0.25, prototype_share=0.40, min_prototype_gain=0.1, speech_share=0.10,
        uniform_share=0.0, min_intensity=0.3, max_units=10, are_letters_even=False, asymmetric_share=0.2,
        yaw_sd_rad=math.radians(10), pitch_sd_rad=math.radians(7),
    )  # fmt: skip


def social() -> Recipe:
    """Return what photos of people among people show: smiles of all sizes, faces at rest, seldom anything else.

    Cheeks go along with smiles here, as they do in life; `mixed` and `natural` show each without the other.
    """
    return dataclasses.replace(
        natural(), name="social", neutral_share=0.30, smile_share=0.40, single_share=0.10, prototype_share=0.12,
        speech_share=0.06, camera_gaze_share=0.7,
    )  # fmt: skip


def moving(recipe: Recipe, clips: Clips) -> Recipe:
    """Return a recipe whose images are frames of clips."""
    return dataclasses.replace(recipe, clips=clips, images_per_identity=clips.frames * clips.per_identity)


def sequences() -> Recipe:
    """Return clips with onset, apex, offset and blinks: expressions as in ``mixed``, four clips a person."""
    return moving(dataclasses.replace(mixed(), name="sequences", min_frame_dm=2.0, max_frame_dm=2.6), Clips())


def affects() -> Recipe:
    """Return ten people who show seven affects for 35 seconds each at 60 frames a second, as FExGAN-Meta's data set.

    Siddiqui 2022, FExGAN-Meta (arXiv 2203.05975): ten heads, seven affects, about 162,000 frames.
    """
    recipe = dataclasses.replace(
        mixed(), name="affects", asymmetric_share=0.2, yaw_sd_rad=math.radians(6), pitch_sd_rad=math.radians(4),
        roll_sd_rad=math.radians(2), min_frame_dm=2.2, max_frame_dm=2.6, max_identities=10,
        occluders=NO_OCCLUDERS,
    )  # fmt: skip
    return moving(recipe, Clips(fps=60, seconds=35.0, per_identity=7, are_affects=True))


RECIPES: dict[str, Callable[[], Recipe]] = {
    "mixed": mixed,
    "natural": natural,
    "social": social,
    "uniform": uniform,
    "sequences": sequences,
    "affects": affects,
}


def recipe_named(name: str, *, fps: int | None = None, clip_seconds: float | None = None) -> Recipe:
    """Return the recipe called ``name``; a ValueError names the nearest one there is.

    ``fps`` and ``clip_seconds`` change the clips of a recipe that has some.
    """
    if name not in RECIPES:
        nearest = difflib.get_close_matches(name, RECIPES, n=1, cutoff=0)[0]
        raise ValueError(f"recipe {name!r} is unknown; did you mean {nearest!r}? (known: {', '.join(RECIPES)})")
    recipe = RECIPES[name]()
    changes = {key: value for key, value in (("fps", fps), ("seconds", clip_seconds)) if value is not None}
    if not changes:
        return recipe
    if recipe.clips is None:
        moving_ones = [known for known in RECIPES if RECIPES[known]().clips is not None]
        raise ValueError(
            f"recipe {name!r} holds single images: fps and clip seconds are for {' and '.join(moving_ones)}"
        )
    return moving(recipe, dataclasses.replace(recipe.clips, **changes))  # type: ignore[arg-type]
