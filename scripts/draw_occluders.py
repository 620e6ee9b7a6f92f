"""Draw docs/images/occluders.jpg: sixteen people with something at the face, from a recipe that covers most faces."""

import dataclasses
from collections import Counter
from pathlib import Path

import numpy as np
from PIL import Image

from facsimile.render.renderer import render
from facsimile.studio.people import person_of, scene_of
from facsimile.studio.recipe import Occluders, mixed
from facsimile.studio.shots import shot

PAGE = Path(__file__).resolve().parent.parent / "docs" / "images" / "occluders.jpg"
SEED, SIZE, COLUMNS = 11, 256, 4
WANTED = {"hand": 7, "mask": 3, "microphone": 3, "object": 3}
SAME = 2
"""Pictures of the same thing; of the same gesture one."""


def main() -> None:
    often = Occluders(hand=0.32, mask=0.12, microphone=0.18, object=0.18, part_of_images=0.8)
    recipe, left, seen = dataclasses.replace(mixed(), occluders=often), dict(WANTED), Counter[str]()
    pictures: list[np.ndarray] = []
    identity = 0
    while any(left.values()):
        this = shot(recipe, SEED, recipe.images_per_identity * identity + 3)
        identity += 1
        if not left.get(this.occluder):
            continue
        scene = scene_of(this, person_of(SEED, this.identity), seed=SEED, size=SIZE)
        name = scene.occluders[0].name
        if seen[name] >= (1 if this.occluder == "hand" else SAME):
            continue
        seen[name] += 1
        left[this.occluder] -= 1
        pictures.append(render(scene).image)
    rows = [np.concatenate(pictures[k : k + COLUMNS], 1) for k in range(0, len(pictures), COLUMNS)]
    Image.fromarray(np.concatenate(rows)).save(PAGE, quality=85)


if __name__ == "__main__":
    main()
