"""Measure the path tracer: CPU seconds per picture, and how well its masks agree with the raster's labels.

    FACSIMILE_BLENDER=... python benchmarks/cycles.py --people 4 --size 256 --samples 32
    FACSIMILE_BLENDER=... python benchmarks/cycles.py --people 4 --size 384 --masks-only
    FACSIMILE_BLENDER=... python benchmarks/cycles.py --people 4 --size 256 --masks-only --close-up

Masks are compared with hair, as labels have it, and of the same people without any hair: then only surfaces count.
"""

import argparse
import json
import resource
import time
from dataclasses import replace
from pathlib import Path

import numpy as np

from facsimile.face.landmarks import landmarks
from facsimile.face.strands import SurfaceStrands
from facsimile.render.cycles.blender import Blender, blender_python, blender_version
from facsimile.render.cycles.painter import CyclesPainter
from facsimile.render.cycles.scene_file import Quality
from facsimile.render.performance import perform
from facsimile.render.posing import pose_head
from facsimile.render.renderer import render
from facsimile.render.scene import Scene
from facsimile.render.segments import SEGMENT_NAMES
from facsimile.studio.people import person_of, scene_of
from facsimile.studio.recipe import recipe_named
from facsimile.studio.shots import shot

FACE = ("skin", "left_brow", "right_brow", "upper_lip", "lower_lip", "beard", "left_ear", "right_ear", "neck")
EYES = ("left_eye", "right_eye")
PARTS = {"face": (FACE, 0.375), "eyes": (EYES, 0.625)}
"""Members and least coverage: most of a pixel's four samples give its label, in a tie skin goes before eye, so
that two samples of four make a pixel skin, and three an eye."""
SEED = 77
EYE_LANDMARKS = slice(36, 48)
CLOSE_UP_DM = 1.0


def scenes(people: int, size: int) -> list[Scene]:
    """Draw one expressive picture of each person of recipe mixed."""
    recipe = recipe_named("mixed")
    drawn = []
    for identity in range(people):
        this = shot(recipe, SEED, identity * recipe.images_per_identity + 1)
        drawn.append(scene_of(this, person_of(SEED, identity), seed=SEED, size=size))
    return drawn


def bald(scene: Scene) -> Scene:
    """Return the scene without any hair, brow or lash."""
    look = scene.appearance
    brows, lashes = (_none_of(strands) for strands in (look.brows, look.lashes))
    return replace(scene, appearance=replace(look, hair=None, beard=None, brows=brows, lashes=lashes))


def _none_of(strands: SurfaceStrands) -> SurfaceStrands:
    names = ("triangle", "bary", "offset", "tint")
    return replace(strands, **{name: getattr(strands, name)[:0] for name in names})


def close_up(scene: Scene) -> Scene:
    """Return the scene seen from as far with both eyes filling the picture."""
    performance = perform(scene, scene.expression)
    pose = scene.expression.head_pose_rad
    head = pose_head(performance.vertices, scene.appearance, pose, 1.0, teeth=performance.teeth)
    x, y, z = (float(value) for value in landmarks(head.vertices)[EYE_LANDMARKS].mean(0))
    camera = replace(scene.camera, target=(x, y, z), frame=CLOSE_UP_DM, offset=(0.0, 0.0))
    return replace(scene, camera=camera)


def overlaps(scene: Scene, painter: CyclesPainter) -> dict[str, float]:
    """Return intersection over union of face and eyes; eyes that are shut are left out."""
    segments, masks = render(scene).segmentation, painter.masks(scene, perform(scene, scene.expression))
    out = {}
    for channel, (name, (members, least)) in enumerate(PARTS.items()):
        truth = np.isin(segments, [SEGMENT_NAMES.index(member) for member in members])
        seen = masks[..., channel] >= least
        if truth.sum() > 20:
            out[name] = float((truth & seen).sum() / (truth | seen).sum())
    return out


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--people", type=int, default=4)
    parser.add_argument("--size", type=int, default=256)
    parser.add_argument("--samples", type=int, default=32)
    parser.add_argument("--masks-only", action="store_true")
    parser.add_argument("--close-up", action="store_true", help="Masks of both eyes filling the picture")
    parser.add_argument("--json", dest="path", type=Path)
    options = parser.parse_args()
    blender = Blender(blender_python())
    painter = CyclesPainter(blender, Quality(samples=options.samples))
    found: dict = {"bpy": blender_version(), "size": options.size, "samples": options.samples, "people": options.people}
    drawn = scenes(options.people, options.size)
    if not options.masks_only:
        wall, own = time.perf_counter(), time.process_time()
        for scene in drawn:
            render(scene, painter=painter)
        found["wall_s_per_image"] = (time.perf_counter() - wall) / len(drawn)
        found["own_cpu_s_per_image"] = (time.process_time() - own) / len(drawn)
        blender.close()
        child = resource.getrusage(resource.RUSAGE_CHILDREN)
        found["blender_cpu_s_per_image"] = (child.ru_utime + child.ru_stime) / len(drawn)
        found["blender_memory_mb"] = child.ru_maxrss / 1024
    whole = {"with hair": lambda scene: scene, "surfaces alone": bald}
    close = {"close up, with hair": close_up, "close up, surfaces alone": lambda scene: close_up(bald(scene))}
    for name, change in (close if options.close_up else whole).items():
        pairs = [overlaps(change(scene), painter) for scene in drawn]
        for part in PARTS:
            values = [pair[part] for pair in pairs if part in pair]
            found[f"{part}, {name}"] = {"mean": float(np.mean(values)), "min": float(np.min(values)), "n": len(values)}
    text = json.dumps(found, indent=1)
    print(text)
    if options.path is not None:
        options.path.write_text(text + "\n")


if __name__ == "__main__":
    main()
