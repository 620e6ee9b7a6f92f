"""Measure whether labels are true: landmarks on the rendered feature, displacements that warp, notation that parses.

Run from the repository root: ``python benchmarks/label_truth.py``. Measured on samples of the recipe ``mixed``:

* landmarks: every visible landmark is compared with the place where its point of the surface is drawn: the sample, 16
  in a pixel, whose 3D place is nearest to the landmark's;
* displacement: the neutral picture warped by the map of one unit is nearer to the picture with that unit than the
  neutral picture itself, on the skin that moves;
* notation: the notation column parses back to the letters of the action units.
"""

import argparse
import dataclasses
import datetime
import json
import platform
from pathlib import Path

import cv2
import numpy as np

from facsimile.face.landmarks import landmarks
from facsimile.facs.action_units import LABEL_UNITS, UNITS
from facsimile.facs.converters import expression_from_action_units
from facsimile.facs.expression import ActionUnits
from facsimile.facs.notation import write
from facsimile.render.buffers import interpolated, pixel_buffer
from facsimile.render.performance import perform
from facsimile.render.posing import pose_head
from facsimile.render.postprocess import Sensor
from facsimile.render.renderer import render
from facsimile.render.scene import Scene
from facsimile.render.segments import SEGMENT_NAMES
from facsimile.render.visibility import below_neckline
from facsimile.studio.check import notation_agrees
from facsimile.studio.people import person_of, scene_of
from facsimile.studio.recipe import mixed
from facsimile.studio.settings import library_versions
from facsimile.studio.shots import shot

RESULT = Path(__file__).parent / "results" / "label_truth.json"
FINER = 4
"""Samples per pixel and axis of the pictures in which drawn points are looked for."""
REACH_PX = 3.0
"""How far from its label a drawn point is looked for."""
MOVING_SEGMENTS = ("skin", "left_brow", "right_brow", "upper_lip", "lower_lip")
"""Where a displacement is defined: not in the mouth or on the eyeballs, which a warp of the skin cannot show."""
HALF_PX = 0.5
"""The bar for landmarks."""
PARTS = {
    "outline": range(17),
    "brows": range(17, 27),
    "nose": range(27, 36),
    "lids": range(36, 48),
    "outer lips": range(48, 60),
    "inner lips": range(60, 68),
    "irises": range(68, 70),
}
STRENGTH = 4.0
"""Intensity of the unit whose displacement is tested."""


def sample_scene(index: int, size: int) -> Scene:
    """Return a scene of the recipe, drawn by a perfect camera, with nothing before the face."""
    this = shot(mixed(), 11, index)
    scene = scene_of(this, person_of(11, this.identity, with_accessories=False), seed=11, size=size)
    return dataclasses.replace(scene, sensor=Sensor(), occluders=())


def landmark_errors(scene: Scene) -> np.ndarray:
    """Return pixels between each visible landmark and where its point of the surface is drawn; NaN where hidden."""
    rendering = render(scene)
    done = perform(scene, scene.expression)
    head = pose_head(done.vertices, scene.appearance, scene.expression.head_pose_rad, 0.05, teeth=done.teeth)
    fine = scene.size * FINER
    buffer = pixel_buffer(head.vertices, scene.camera, fine, below_neckline=below_neckline(scene.appearance))
    places = interpolated(buffer, head.vertices)
    points = landmarks(head.vertices)
    errors = np.full(len(points), np.nan)
    for k in np.flatnonzero(rendering.landmark_visible):
        x, y = (rendering.landmarks[k] + 0.5) * FINER - 0.5
        x0, y0 = (int(max(0, v - REACH_PX * FINER)) for v in (x, y))
        x1, y1 = (int(min(fine, v + REACH_PX * FINER + 1)) for v in (x, y))
        distance = np.linalg.norm(places[y0:y1, x0:x1] - points[k], axis=-1)
        if distance.size and not np.isnan(distance).all():
            row, column = np.unravel_index(np.nanargmin(distance), distance.shape)
            errors[k] = np.hypot(column + x0 - x, row + y0 - y) / FINER
    return errors


def parts_over_half(errors: np.ndarray) -> dict[str, dict[str, float]]:
    """Return of errors [N,70] how many of each part's visible landmarks are half a pixel off or more, and the worst."""
    return {
        name: {
            "share": round(float((seen >= HALF_PX).mean()), 4),
            "of_all": round(float((seen >= HALF_PX).sum() / max(1, (errors >= HALF_PX).sum())), 3),
            "max": round(float(seen.max()), 2),
        }
        for name, rows in PARTS.items()
        if len(seen := errors[:, list(rows)][~np.isnan(errors[:, list(rows)])])
    }


def warp_gain(index: int, code: int, size: int) -> tuple[float, float]:
    """Return the mean error of the neutral picture against the expressive one, unwarped and warped by the map."""
    scene = sample_scene(index, size)
    units = ActionUnits.from_dict({code: STRENGTH} if code != 30 else {(30, "L"): STRENGTH})
    scenes = [
        dataclasses.replace(
            scene,
            action_units=state,
            expression=expression_from_action_units(
                state, head_pose_rad=scene.expression.head_pose_rad, gaze_rad=scene.expression.gaze_rad
            ),
        )
        for state in (ActionUnits.neutral(), units)
    ]
    neutral, moved = render(scenes[0]), render(scenes[1], buffers=("displacement",))
    assert moved.buffers is not None
    shift = moved.buffers.displacement["all"]
    warped, reached = forward_warp(neutral.image.astype(np.float32), shift)
    plain = np.abs(neutral.image.astype(np.float32) - moved.image).mean(2)
    better = np.abs(warped - moved.image).mean(2)
    is_skin = np.isin(moved.segmentation, [SEGMENT_NAMES.index(name) for name in MOVING_SEGMENTS])
    moves = reached & is_skin & (np.nan_to_num(np.hypot(*np.moveaxis(shift, -1, 0))) > 0.25)
    if moves.sum() < 20:
        return 0.0, 0.0
    return float(plain[moves].mean()), float(better[moves].mean())


def forward_warp(image: np.ndarray, shift: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Move pixels by ``shift``: the inverse map is found by fixed-point steps on the smoothly continued shift."""
    known = ~np.isnan(shift[..., 0])
    weight = cv2.GaussianBlur(known.astype(np.float32), (0, 0), 3)
    blurred = cv2.GaussianBlur(np.nan_to_num(shift), (0, 0), 3) / np.maximum(weight, 1e-4)[..., None]
    whole = np.where(known[..., None], np.nan_to_num(shift), blurred).astype(np.float32)
    y, x = np.mgrid[: len(image), : len(image)].astype(np.float32)
    back = np.zeros_like(whole)
    for _ in range(12):
        back = cv2.remap(whole, x - back[..., 0], y - back[..., 1], cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    source = (x - back[..., 0], y - back[..., 1])
    warped = cv2.remap(image, *source, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    reached = cv2.remap(known.astype(np.float32), *source, cv2.INTER_LINEAR) > 0.5
    return warped, reached


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--count", type=int, default=500, help="samples for landmarks and notation")
    parser.add_argument("--people", type=int, default=3, help="people for each unit's displacement")
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--output", type=Path, default=RESULT)
    options = parser.parse_args()
    scenes = [sample_scene(3 * k, options.size) for k in range(options.count)]
    errors = np.array([landmark_errors(scene) for scene in scenes])
    texts = [(write(ActionUnits(au)), au) for au in (render(scene).au for scene in scenes)]
    gains = {
        code: np.mean([warp_gain(8 * k + 1, code, options.size) for k in range(options.people)], 0)
        for code in LABEL_UNITS
    }
    result = {
        "what": "truth of labels of the recipe mixed",
        "samples": options.count,
        "size": options.size,
        "landmark_error_px": {
            "median": round(float(np.nanmedian(errors)), 3),
            "p95": round(float(np.nanpercentile(errors, 95)), 3),
            "max_of_landmark_medians": round(float(np.nanmax(np.nanmedian(errors, 0))), 3),
            "share_under_half": round(float((errors[~np.isnan(errors)] < HALF_PX).mean()), 4),
            "visible": round(float((~np.isnan(errors)).mean()), 4),
            "over_half_by_part": parts_over_half(errors),
        },
        "notation_agrees": sum(notation_agrees(text, au) for text, au in texts),
        "warp": {
            f"AU{code:02d} {UNITS[code].name}": {
                "unwarped": round(float(plain), 2),
                "warped": round(float(warped), 2),
                "is_better": bool(warped < plain),
            }
            for code, (plain, warped) in gains.items()
        },
        "units_better_warped": sum(bool(warped < plain) for plain, warped in gains.values()),
        "date": datetime.date.today().isoformat(),
        "machine": platform.machine(),
        "versions": library_versions(),
    }  # fmt: skip
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(result, indent=1) + "\n")
    print(json.dumps(result, indent=1))


if __name__ == "__main__":
    main()
