"""Hold the second rig to the model it carries: landmarks, units, contact, speed, on people of a copy of ICT-FaceKit.

    FACSIMILE_ICT=.../FaceXModel python benchmarks/ict_rig.py [--json out.json] [--sheet people.jpg]

Landmarks: the model's own 68 vertices on each person against ours on the template's mesh, both projected by the camera
of a 256 px portrait, at rest. Brows are also measured where both mean the same: at the upper edge.
"""

import json
import platform
import resource
import time
from pathlib import Path
from typing import Any

import click
import numpy as np

from facsimile.face.contact import lid_penetration_mm, lip_penetration_mm, mouth_opening_mm
from facsimile.face.directions import CLAIMS, broken_claims
from facsimile.face.front_view import look
from facsimile.face.ict_correspondence import BROW_EDGE, ICT_LANDMARKS, correspondence, ict_in_template
from facsimile.face.ict_data import read_ict, required_ict_path
from facsimile.face.ict_identity import average_ict_identity, ict_identity_from_seed
from facsimile.face.ict_rig import IctRig, ict_rig
from facsimile.face.identity import Identity, average_identity, identity_from_seed, macro_weights
from facsimile.face.landmarks import BROW_X, BROW_Y, Surface, landmark_surface, lid_aperture_mm, pick_places
from facsimile.face.leakage import inside_and_outside_mm
from facsimile.face.pack import load_head_pack
from facsimile.face.rig import Rig, default_rig
from facsimile.face.symmetry import mirror_displacements
from facsimile.facs.action_units import LABEL_UNITS
from facsimile.facs.controllers import CONTROLLERS, controller_index
from facsimile.facs.expression import Expression
from facsimile.render.camera import Camera
from facsimile.render.scene import face_centre

PEOPLE = 20
STATES = 200
SIZE, DISTANCE_DM, FRAME_DM = 256, 10.0, 2.9
"""The camera of ``scene.portrait_scene``."""
GROUPS = {
    "jaw 0-4, 12-16": [*range(5), *range(12, 17)],
    "jaw 5-11": [*range(5, 12)],
    "brows, upper edge": [*range(17, 27)],
    "nose": [*range(27, 36)],
    "eyes": [*range(36, 48)],
    "outer lips": [*range(48, 60)],
    "inner lips": [*range(60, 68)],
}
SHEET_SCORES = ("6C+12D+25C", "1D+2D+5C+26D", "4D+7C+24C", "9D+10D+25C", "43E", "15D+17C", "L12D+R14B", "20D+25C")


def brow_edge_surface() -> Surface:
    """Return our 68 landmarks with brow points moved to the brow's upper edge, where the model has them."""
    edge = [(x, y + rise) for x, y, rise in zip(BROW_X, BROW_Y, BROW_EDGE, strict=True)]
    left = pick_places(look(load_head_pack().vertices), edge)
    points = landmark_surface().take(list(range(17)))
    points = points.joined(left.mirrored().take([4, 3, 2, 1, 0])).joined(left)
    return points.joined(landmark_surface().take(list(range(27, 68))))


def portrait(points: np.ndarray, identity: Identity) -> np.ndarray:
    """Project points (dm) as a frontal portrait does."""
    x, y, z = (float(value) for value in face_centre(identity, np.zeros(3, np.float32)))
    camera = Camera((x, y, z), distance=DISTANCE_DM, frame=FRAME_DM, offset=(0.0, 0.0))
    return camera.project(points.astype(np.float32), SIZE)[:, :2]


def landmark_errors(rig: IctRig, people: list[Identity]) -> dict[str, Any]:
    """Return the distance in pixels between the model's landmarks and ours, per group and per point."""
    model, surfaces = read_ict(required_ict_path()), (brow_edge_surface(), landmark_surface().take(list(range(68))))
    errors = np.zeros((2, len(people), 68))
    for row, who in enumerate(people):
        theirs = ict_in_template(model.vertices + np.tensordot(who.weights, model.identities, 1))[0]
        goal = portrait(theirs[list(ICT_LANDMARKS)], who)
        ours = rig.neutral_vertices(who)
        for kind, surface in enumerate(surfaces):
            errors[kind, row] = np.linalg.norm(portrait(surface.at(ours), who) - goal, axis=1)
    same, raw = errors
    groups = {name: _spread(same[:, rows]) for name, rows in GROUPS.items()}
    return {
        "all": _spread(same),
        "share_within_1_px": round(float((same <= 1).mean()), 3),
        "groups": {**groups, "brows, as labelled (middle)": _spread(raw[:, 17:27])},
        "median_px_per_point": same_list(np.median(same, 0)),
        "max_px_per_point": same_list(same.max(0)),
    }


def same_list(values: np.ndarray) -> list[float]:
    return [round(float(value), 2) for value in values]


def _spread(values: np.ndarray) -> dict[str, float]:
    return {"median_px": round(float(np.median(values)), 2), "max_px": round(float(values.max()), 2)}


def contact(rig: Rig, people: list[Identity]) -> dict[str, float]:
    """Return the deepest penetrations at rest and over random states, and how far blinks leave eyes open."""
    rng, deepest = (
        np.random.default_rng(0),
        {"lips_mm": 0.0, "lids_mm": 0.0, "open_when_shut_mm": 0.0, "lips_at_rest_mm": 0.0},
    )
    blink = np.zeros(len(CONTROLLERS), np.float32)
    blink[[controller_index("eyeBlinkLeft"), controller_index("eyeBlinkRight")]] = 1
    for number in range(STATES):
        who = people[number % len(people)]
        values = rng.random(len(CONTROLLERS)) * (rng.random(len(CONTROLLERS)) < 0.15)
        posed = rig.vertices(who, _expression(values.astype(np.float32)))
        shut = lid_aperture_mm(rig.vertices(who, _expression(blink))).max()
        found = (
            lip_penetration_mm(posed),
            lid_penetration_mm(posed),
            shut,
            mouth_opening_mm(rig.neutral_vertices(who)),
        )
        for name, value in zip(deepest, found, strict=True):
            deepest[name] = round(max(deepest[name], float(value)), 2)
    return deepest


def _expression(controllers: np.ndarray) -> Expression:
    neutral = Expression.neutral()
    return Expression(controllers, neutral.head_pose_rad, neutral.gaze_rad)


def preparation_ms(rig: Rig, people: list[Identity]) -> float:
    """Return the processor time to make one person ready."""
    start = time.process_time()
    for who in people:
        rig.neutral_vertices(who)
    return round((time.process_time() - start) / len(people) * 1000, 1)


def sex_cosine(rig: IctRig) -> float:
    """Return how well the first component agrees with the template's way from male to female form."""
    rows = correspondence().placed
    forms = []
    for sex in (0.0, 1.0):
        third = (1 / 3, 1 / 3, 1 / 3)
        weights = macro_weights(age_years=30.0, sex=sex, ancestry=third, muscle=0.5, weight=0.5)
        forms.append(default_rig().neutral_vertices(Identity(-1, 30.0, sex, third, 0.5, 0.5, weights))[rows])
    way, first = forms[1] - forms[0], rig.head.identities[0][rows]
    way, first = way - way.mean(0), first - first.mean(0)
    return round(float((way * first).sum() / np.linalg.norm(way) / np.linalg.norm(first)), 3)


def mirror_error_mm(rig: Rig) -> float:
    """Return the largest difference between a one-sided smile and its mirror image on the mean head."""
    sides = []
    for name in ("mouthSmileLeft", "mouthSmileRight"):
        values = np.zeros(len(CONTROLLERS), np.float32)
        values[controller_index(name)] = 1
        sides.append(rig.vertices(average_ict_identity(), _expression(values)))
    return round(float(np.abs(sides[0] - mirror_displacements(sides[1][None])[0]).max() * 100), 5)


def leakage(rig: Rig, people: list[Identity]) -> dict[str, float]:
    """Return each unit's largest motion outside its region as a part of the largest inside, worst of the people."""
    worst = {}
    for code in LABEL_UNITS:
        pairs = [inside_and_outside_mm(rig, who, code=code, side="L") for who in people]
        worst[str(code)] = round(max(outside / inside for inside, outside in pairs), 3)
    return worst


def measure() -> dict[str, Any]:
    start = time.process_time()
    rig = ict_rig()
    seconds = round(time.process_time() - start, 2)
    people = [ict_identity_from_seed(seed) for seed in range(PEOPLE)]
    broken = [claim for who in [average_ict_identity(), *people] for claim in broken_claims(rig, who)]
    fresh = [ict_identity_from_seed(1000 + seed) for seed in range(20)]
    default_rig().neutral_vertices(average_identity())
    return {
        "landmarks": landmark_errors(rig, people),
        "claims": {"held_per_person": len(CLAIMS), "people": PEOPLE + 1, "broken": broken},
        "contact": contact(rig, people),
        "outside_over_inside": leakage(rig, people),
        "mirror_error_mm": mirror_error_mm(rig),
        "first_component_and_sex_cosine": sex_cosine(rig),
        "shapes_borrowed": list(rig.head.borrowed),
        "start_s": seconds,
        "prepare_ms": preparation_ms(rig, fresh),
        "prepare_makehuman_ms": preparation_ms(default_rig(), [identity_from_seed(1000 + seed) for seed in range(20)]),
        "peak_mib": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "machine": platform.machine(),
        "python": platform.python_version(),
    }


def draw_sheet(path: Path) -> None:
    """Draw 16 people, each at rest and with an expression beside."""
    from PIL import Image

    from facsimile.facs.notation import parse
    from facsimile.render.renderer import render
    from facsimile.render.scene import portrait_scene

    side = 200
    sheet = Image.new("RGB", (side * 8, side * 4))
    for number in range(16):
        for column, score in enumerate(("0", SHEET_SCORES[number % 8])):
            units = parse(score).to_action_units()
            yaw = (0.0, 0.45, -0.3, 0.0)[number % 4]
            scene = portrait_scene(units, seed=100 + number, size=2 * side, yaw_rad=yaw, rig="ict")
            picture = Image.fromarray(np.asarray(render(scene).image)).resize((side, side), Image.Resampling.LANCZOS)
            sheet.paste(picture, ((number % 4 * 2 + column) * side, number // 4 * side))
    sheet.save(path, quality=85)


@click.command()
@click.option("--json", "json_path", type=click.Path(path_type=Path), help="Also write the figures to this file.")
@click.option("--sheet", "sheet_path", type=click.Path(path_type=Path), help="Also draw 16 people.")
def main(json_path: Path | None, sheet_path: Path | None) -> None:
    result = measure()
    print(json.dumps(result, indent=1))
    if json_path:
        json_path.write_text(json.dumps(result, indent=1) + "\n")
    if sheet_path:
        draw_sheet(sheet_path)


if __name__ == "__main__":
    main()
