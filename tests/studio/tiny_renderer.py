"""Stand-ins for the renderer, importable by worker processes."""

import os
from pathlib import Path

import cv2
import numpy as np

from facsimile.facs.action_units import LABEL_UNITS
from facsimile.facs.expression import ActionUnits
from facsimile.facs.notation import write
from facsimile.studio.settings import Settings
from facsimile.studio.shards import encode_image
from facsimile.studio.shots import PIXEL_STREAM, shot, stream


def render_group(settings: Settings, group: int) -> list[dict]:
    return [tiny_row(settings, index) for index in settings.indices_of(group)]


def fail_on_person_two(settings: Settings, group: int) -> list[dict]:
    if group == 2:
        raise FloatingPointError("bad geometry")
    return render_group(settings, group)


def die_once_on_person_two(settings: Settings, group: int) -> list[dict]:
    """Kill the worker the first time person 2 comes up; the mark lies in the folder named by the environment."""
    mark = Path(os.environ["TINY_MARK"])
    if group == 2 and not mark.exists():
        mark.touch()
        os._exit(9)
    return render_group(settings, group)


def die_on_person_two(settings: Settings, group: int) -> list[dict]:
    if group == 2:
        os._exit(9)
    return render_group(settings, group)


def tiny_row(settings: Settings, index: int) -> dict:
    """Make a row with a picture of noise."""
    s = shot(settings.recipe, settings.seed, index)
    rng = stream(settings.seed, PIXEL_STREAM, s.identity, index)
    image = cv2.GaussianBlur(rng.integers(0, 256, (settings.size, settings.size, 3), dtype=np.uint8), (0, 0), 3)
    return {
        "image": {"bytes": encode_image(image, settings.image_format), "path": f"{index:08d}.jpg"},
        "identity": s.identity,
        "index": index,
        "clip": s.clip,
        "frame": s.frame,
        "time_s": s.time_s,
        "affect": s.affect,
        "controllers": [0.0] * 66,
        "au": s.action_units.tolist(),
        "au_visible": np.ones((len(LABEL_UNITS), 2), bool).tolist(),
        "landmarks": (rng.random((70, 2)) * settings.size).tolist(),
        "landmark_visible": [True] * 70,
        "head_pose_rad": s.head_pose_rad.tolist(),
        "gaze_rad": s.gaze_rad.tolist(),
        "camera": {"distance_dm": s.distance_dm, "frame_dm": s.frame_dm, "offset": list(s.offset)},
        "light": {"number": s.light, "kind": "flat"},
        "appearance": {"age_years": 30.0, "sex": 0.5, "ancestry": [0.2, 0.3, 0.5], "description": "{}"},
        "occluder": s.occluder,
        "rig": settings.rig,
        "notation": write(ActionUnits(s.action_units)),
        "recipe": settings.recipe.name,
        "seed": settings.seed,
    }
