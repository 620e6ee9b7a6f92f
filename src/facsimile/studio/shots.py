"""Fix everything about a sample but its pixels: who, which expression, head pose, gaze, light and camera.

Each thing has its own random stream, keyed by (seed, stream, identity, position), so that sample ``i`` depends only on
(recipe, seed, i): never on the number of workers, on the size of the data set or on what came before.
"""

import dataclasses
import functools

import numpy as np
from jaxtyping import Float

from facsimile.studio.clips import AFFECT_NAMES, Clip, draw_clip
from facsimile.studio.recipe import Recipe
from facsimile.studio.sampling import sample_action_units

(
    PERSON_STREAM,
    LIGHT_STREAM,
    SHOT_STREAM,
    PIXEL_STREAM,
    CLIP_STREAM,
    COVER_STREAM,
    COVER_LOOK_STREAM,
    GESTURE_STREAM,
) = range(8)
"""Separate random streams: changing how one is used leaves the others' draws alone."""

GAZE_PITCH_RATIO = 0.6
"""Vertical over horizontal spread: people look aside more than up and down; our choice."""
MAX_GAZE_RAD = (0.6, 0.4)
"""Greatest yaw and pitch, 34 and 23 degrees: beyond, people turn the head; our choice."""


@dataclasses.dataclass(frozen=True)
class Shot:
    """Describe one sample before rendering."""

    index: int
    """Place in the data set."""
    identity: int
    """Number of the person: index // images_per_identity."""
    light: int
    """Number of the light among the person's lights."""
    action_units: Float[np.ndarray, "A 2"]
    """Intensity 0-5 of each unit, sides (left, right)."""
    head_pose_rad: Float[np.ndarray, " 3"]
    """Pitch, yaw, roll."""
    gaze_rad: Float[np.ndarray, "2 2"]
    """Left and right eye; yaw, pitch relative to the head."""
    distance_dm: float
    """Camera to face."""
    frame_dm: float
    """Width of the frame at the face."""
    offset: tuple[float, float]
    """Shift of the face in the frame, right and down, in frame widths."""
    rest_pose_rad: Float[np.ndarray, " 3"]
    """Head pose the camera was set up for: a moving head moves in the picture."""
    clip: int
    """Number of the clip in the data set; a single image is a clip of one frame."""
    frame: int = 0
    """Place in the clip."""
    time_s: float = 0.0
    """Time since the clip's beginning."""
    affect: str = ""
    """What the clip shows, if it shows an affect."""
    occluder: str = ""
    """Kind of thing that covers the face (``face.occluders.OCCLUDERS``); empty for none."""


def stream(seed: int, kind: int, identity: int, position: int = 0) -> np.random.Generator:
    """Return the random stream of one thing."""
    return np.random.default_rng(np.random.SeedSequence([seed, kind, identity, position]))


def shot(recipe: Recipe, seed: int, index: int) -> Shot:
    """Draw sample ``index``: a single image, or a frame of a clip."""
    if seed < 0 or index < 0:
        raise ValueError(f"seed and index must not be negative, got seed {seed}, index {index}")
    identity, position = divmod(index, recipe.images_per_identity)
    if recipe.clips is not None:
        return _frame(recipe, seed, index)
    rng = stream(seed, SHOT_STREAM, identity, position)
    pose = _head_pose(recipe, rng)
    distance = _distance(recipe, rng)
    return Shot(
        index=index,
        identity=identity,
        light=position // recipe.images_per_light,
        action_units=sample_action_units(recipe, rng, neutral_chance=_neutral_chance(recipe, position)),
        head_pose_rad=pose,
        gaze_rad=_gaze(recipe, rng, pose),
        distance_dm=distance,
        frame_dm=float(rng.uniform(recipe.min_frame_dm, recipe.max_frame_dm)),
        offset=(float(rng.normal() * recipe.offset_sd), float(rng.normal() * recipe.offset_sd)),
        rest_pose_rad=pose,
        clip=index,
        occluder=_occluder(recipe, seed, identity, position),
    )


def _frame(recipe: Recipe, seed: int, index: int) -> Shot:
    """Return one frame of a clip; the camera stands still."""
    clips = recipe.clips
    assert clips is not None
    number, frame = divmod(index, clips.frames)
    identity, position = divmod(number, clips.per_identity)
    rng = stream(seed, SHOT_STREAM, identity, position)
    pose = _head_pose(recipe, rng)
    affect = AFFECT_NAMES[position % len(AFFECT_NAMES)] if clips.are_affects else ""
    moves = _clip_of(recipe, seed, number)
    return Shot(
        index=index,
        identity=identity,
        light=position,
        action_units=moves.action_units[frame],
        head_pose_rad=moves.head_pose_rad[frame],
        gaze_rad=moves.gaze_rad[frame],
        distance_dm=_distance(recipe, rng),
        frame_dm=float(rng.uniform(recipe.min_frame_dm, recipe.max_frame_dm)),
        offset=(float(rng.normal() * recipe.offset_sd), float(rng.normal() * recipe.offset_sd)),
        rest_pose_rad=pose,
        clip=number,
        frame=frame,
        time_s=frame / clips.fps,
        affect=affect,
        occluder=_occluder(recipe, seed, identity, position),
    )


def _occluder(recipe: Recipe, seed: int, identity: int, position: int) -> str:
    """Draw what covers a face at one of a person's places: a person has one kind or none, image 0 is always free."""
    kind, chance = _occluder_of(recipe, seed, identity), recipe.occluders.part_of_images
    if recipe.clips is None:
        if position == 0:
            return ""
        chance *= recipe.images_per_identity / (recipe.images_per_identity - 1)
    return kind if kind and stream(seed, COVER_STREAM, identity, position + 1).random() < chance else ""


@functools.lru_cache(maxsize=4)
def _occluder_of(recipe: Recipe, seed: int, identity: int) -> str:
    """Draw what a person covers the face with, in some images."""
    place = stream(seed, COVER_STREAM, identity).random() * recipe.occluders.part_of_images
    for kind, share in recipe.occluders.shares.items():
        if place < share:
            return kind
        place -= share
    return ""


@functools.lru_cache(maxsize=4)
def _clip_of(recipe: Recipe, seed: int, number: int) -> Clip:
    """Draw a clip once for all of its frames."""
    clips = recipe.clips
    assert clips is not None
    identity, position = divmod(number, clips.per_identity)
    return draw_clip(
        recipe,
        stream(seed, CLIP_STREAM, identity, position),
        rest_pose_rad=_head_pose(recipe, stream(seed, SHOT_STREAM, identity, position)),
        gaze_sd_rad=(recipe.gaze_sd_rad / 2, recipe.gaze_sd_rad / 2 * GAZE_PITCH_RATIO),
        affect=AFFECT_NAMES[position % len(AFFECT_NAMES)] if clips.are_affects else "",
    )


def _distance(recipe: Recipe, rng: np.random.Generator) -> float:
    """Draw how far the camera stands, evenly in its logarithm."""
    return float(np.exp(rng.uniform(np.log(recipe.min_distance_dm), np.log(recipe.max_distance_dm))))


def _neutral_chance(recipe: Recipe, position: int) -> float:
    """Return the chance of a neutral face at a place among a person's images.

    Image 0 is neutral; image 1 and the first in the next light are not, so that everyone has a neutral and an
    expressive image in one light and in two. The others make neutral faces as frequent as the recipe says.
    """
    if position == 0:
        return 1.0
    expressive = {1, recipe.images_per_light} - {0}
    if position in expressive:
        return 0.0
    others = recipe.images_per_identity - 1 - len(expressive)
    return float(np.clip((recipe.neutral_share * recipe.images_per_identity - 1) / others, 0, 1))


def _head_pose(recipe: Recipe, rng: np.random.Generator) -> Float[np.ndarray, " 3"]:
    """Draw pitch, yaw, roll from normal distributions clipped at the recipe's limit."""
    spread = np.array([recipe.pitch_sd_rad, recipe.yaw_sd_rad, recipe.roll_sd_rad])
    return np.clip(rng.normal(size=3), -recipe.pose_limit_sd, recipe.pose_limit_sd) * spread


def _gaze(recipe: Recipe, rng: np.random.Generator, pose: Float[np.ndarray, " 3"]) -> Float[np.ndarray, "2 2"]:
    """Draw a gaze common to both eyes: into the camera (the head's turn undone) or anywhere."""
    spread = np.array([recipe.gaze_sd_rad, recipe.gaze_sd_rad * GAZE_PITCH_RATIO])
    into_camera = rng.random() < recipe.camera_gaze_share
    gaze = -pose[[1, 0]] if into_camera else rng.normal(size=2) * spread
    return np.tile(np.clip(gaze, [-limit for limit in MAX_GAZE_RAD], MAX_GAZE_RAD), (2, 1))
