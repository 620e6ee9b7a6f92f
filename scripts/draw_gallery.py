"""Draw docs/gallery: every action unit, prototypes, lights, people, sides, ages, skin tones and a turntable.

Usage: python scripts/draw_gallery.py [SHEET ...]   (all sheets take about five minutes on one core)
"""

import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont
from tqdm import tqdm

from facsimile.face.appearance import random_appearance
from facsimile.face.identity import identity_from_seed
from facsimile.face.person import Person, random_person
from facsimile.face.presets import preset, preset_names
from facsimile.facs.action_units import LABEL_UNITS, UNITS
from facsimile.facs.converters import with_unlabelled
from facsimile.facs.notation import parse
from facsimile.render.background import background_of
from facsimile.render.environment import PLACES, place_of_kind
from facsimile.render.light import place_light
from facsimile.render.renderer import render
from facsimile.render.scene import Scene, portrait_scene, random_scene

FOLDER = Path(__file__).resolve().parent.parent / "docs" / "gallery"
CAPTION_PX, JPEG_QUALITY = 18, 82
MODEL, WOMAN, OLD = "Lars", "Aylin", "Adwoa"
"""Of the cast: who shows the units, the sides and the old face."""
PROTOTYPES = {
    "joy": "6D+12D+25C",
    "surprise": "1D+2D+5C+25D+26D",
    "fear": "1D+2C+4C+5D+20C+25C",
    "sadness": "1D+4C+15D+17B",
    "anger": "4D+5C+7D+23D",
    "disgust": "9D+10C+17B",
    "contempt": "R12B+R14D",
    "pain": "4D+6D+7D+9C+43D",
}
SIDED = ("1", "2", "4", "5", "6", "7", "9", "10", "11", "12", "13", "14", "15", "16", "20", "34", "43")

Picture = tuple[str, Scene]


def portrait(person: Person, score: str, *, size: int, seed: int = 2, yaw_deg: float = 0.0) -> Scene:
    """Return a clean portrait of an expression."""
    state = parse(score)
    scene = portrait_scene(
        state.to_action_units(), seed=seed, person=person, size=size, yaw_rad=float(np.radians(yaw_deg))
    )
    return replace(scene, expression=with_unlabelled(scene.expression, state))


def units() -> Iterator[Picture]:
    """Every unit: neutral, C, E."""
    person = preset(MODEL)
    for code in sorted((*LABEL_UNITS, 31, 32)):
        for letter in ("", "C", "E"):
            score = f"{'L' if code == 30 else ''}{code}{letter}" if letter else "0"
            yield (f"{code} {UNITS[code].name}" if not letter else score), portrait(person, score, size=176)


def prototypes() -> Iterator[Picture]:
    """Published combinations on four people."""
    for name in (MODEL, WOMAN, OLD, "Kwame"):
        for word, score in PROTOTYPES.items():
            yield f"{word}: {score}", portrait(preset(name), score, size=208)


def lights() -> Iterator[Picture]:
    """One face in eight places."""
    for kind in [name for name in PLACES if name not in ("ring", "screen")]:
        scene = portrait(preset(WOMAN), "0", size=256)
        place = place_of_kind(np.random.default_rng([4, len(kind)]), kind)
        yield kind, replace(scene, light=place_light(place), background=background_of(place, scene.camera))


def people() -> Iterator[Picture]:
    """32 people at random: any pose, light and camera."""
    for seed in range(100, 132):
        yield str(seed), random_scene(seed, expression=parse("0").to_action_units(), size=224)


def expressive_people() -> Iterator[Picture]:
    """32 people at random making random expressions."""
    for seed in range(200, 232):
        yield str(seed), random_scene(seed, size=224)


def cast() -> Iterator[Picture]:
    """The 66 people with names."""
    for name in preset_names():
        yield name, portrait(preset(name), "0", size=144)


def sides() -> Iterator[Picture]:
    """Left and right of the sided units."""
    for code in SIDED:
        for side in "LR":
            yield f"{side}{code}E", portrait(preset(WOMAN), f"{side}{code}E", size=176)


def ages() -> Iterator[Picture]:
    """Two people at eight ages."""
    for seed, sex in ((12, 0.92), (31, 0.08)):
        for age in (7, 12, 18, 28, 40, 55, 70, 86):
            identity = identity_from_seed(seed, age_years=float(age), sex=sex)
            look = random_appearance(np.random.default_rng([seed, 1]), identity, with_accessories=False)
            yield f"{age} years", portrait(Person(seed, identity, look), "0", size=208)


def tones() -> Iterator[Picture]:
    """Eight amounts of melanin in the same light."""
    for seed in (44, 58):
        for tone in np.linspace(0.02, 1.2, 8):
            identity = identity_from_seed(seed, age_years=30.0)
            look = random_appearance(
                np.random.default_rng([seed, 1]), identity, tone=float(tone), with_accessories=False
            )
            yield f"melanin {tone:.2f}", portrait(Person(seed, identity, look), "0", size=208, seed=9)


def turntable() -> Iterator[Picture]:
    """Heads turned from side to side."""
    for name, score in ((MODEL, "0"), (WOMAN, "6C+12D+25C"), (OLD, "0")):
        for yaw in (-80, -55, -30, -10, 10, 30, 55, 80):
            yield f"{yaw:+d} degrees", portrait(preset(name), score, size=208, yaw_deg=float(yaw))


def rigs() -> Iterator[Picture]:
    """Sixteen people of the second rig; needs ICT-FaceKit."""
    for seed in range(300, 316):
        score = "0" if seed < 308 else ("6C+12D+25C", "1D+2D+5C+26C", "4D+7C+24C", "9D+10C")[seed % 4]
        yield score, portrait(random_person(seed, rig="ict"), score, size=208, seed=seed)


SHEETS: dict[str, tuple[int, Callable[[], Iterator[Picture]]]] = {
    "units": (9, units),
    "prototypes": (8, prototypes),
    "lights": (4, lights),
    "people": (8, people),
    "expressive_people": (8, expressive_people),
    "cast": (11, cast),
    "sides": (8, sides),
    "ages": (8, ages),
    "tones": (8, tones),
    "turntable": (8, turntable),
    "second_rig": (8, rigs),
}
"""Name -> columns, pictures."""


def draw(name: str) -> None:
    """Draw one sheet."""
    columns, make = SHEETS[name]
    font = ImageFont.load_default(11)
    pictures = []
    for caption, scene in tqdm(make(), desc=name, unit="picture", file=sys.stderr):
        tile = Image.new("RGB", (scene.size, scene.size + CAPTION_PX), "white")
        tile.paste(Image.fromarray(np.asarray(render(scene).image)))
        pen = ImageDraw.Draw(tile)
        pen.text((scene.size / 2, scene.size + CAPTION_PX / 2), caption, fill="black", font=font, anchor="mm")
        pictures.append(tile)
    width, height = pictures[0].size
    sheet = Image.new("RGB", (columns * width, -(-len(pictures) // columns) * height), "white")
    for place, tile in enumerate(pictures):
        sheet.paste(tile, (place % columns * width, place // columns * height))
    FOLDER.mkdir(exist_ok=True)
    sheet.save(FOLDER / f"{name}.jpg", quality=JPEG_QUALITY, optimize=True)


def main() -> None:
    unknown = [name for name in sys.argv[1:] if name not in SHEETS]
    if unknown:
        sys.exit(f"no sheet {', '.join(unknown)}; choose from {', '.join(SHEETS)}")
    for name in sys.argv[1:] or SHEETS:
        draw(name)


if __name__ == "__main__":
    main()
