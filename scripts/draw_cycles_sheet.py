"""Draw sixteen scenes twice, by the raster above and by Cycles below, for the documentation.

FACSIMILE_BLENDER=... python scripts/draw_cycles_sheet.py docs/images/cycles.jpg --size 128 --samples 24
"""

import argparse
import io
import math
from pathlib import Path

import numpy as np
from PIL import Image
from tqdm import tqdm

from facsimile.facs.notation import parse
from facsimile.render.cycles.blender import Blender, blender_python
from facsimile.render.cycles.painter import CyclesPainter
from facsimile.render.cycles.scene_file import Quality
from facsimile.render.renderer import render
from facsimile.render.scene import Scene, portrait_scene

SHOWN = (
    ("6C+12D+25C", 3, -18), ("1C+2C+5D+25D+26D", 21, 12), ("4D+7C+24C", 8, 0), ("12C", 30, 35),
    ("9C+10C+25B", 14, -8), ("1C+4C+15C+17B", 27, 20), ("6D+12E+25E+26D", 41, 5), ("L12C+L14B", 12, -25),
    ("18D+22C+25B", 17, 0), ("0", 35, -40), ("43E", 5, 10), ("10D+12C+25D", 44, -12),
    ("19D+25E+26D", 52, 0), ("20D+25D+26C", 23, 18), ("R46D+R12D+6B", 9, -10), ("27E+25E", 60, 25),
)  # fmt: skip
"""Expression, person and yaw (degrees) of each scene."""
COLUMNS = 8
JPEG_QUALITY = 90


def scenes(size: int, shown: tuple) -> list[Scene]:
    """Return the scenes of the sheet."""
    return [
        portrait_scene(parse(score).to_action_units(), seed=seed, size=size, yaw_rad=math.radians(yaw))
        for score, seed, yaw in shown
    ]


def sheet(drawn: list[Scene], painter: CyclesPainter) -> np.ndarray:
    """Return rows of raster pictures, each above a row of the same scenes by Cycles."""
    pairs = [(render(scene).image, render(scene, painter=painter).image) for scene in tqdm(drawn)]
    rows = []
    for start in range(0, len(pairs), COLUMNS):
        row = pairs[start : start + COLUMNS]
        rows += [np.concatenate([pair[kind] for pair in row], 1) for kind in (0, 1)]
    return np.concatenate(rows)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("output", type=Path)
    parser.add_argument("--size", type=int, default=128)
    parser.add_argument("--samples", type=int, default=24)
    parser.add_argument("--only", help="Numbers of scenes, comma separated")
    options = parser.parse_args()
    shown = SHOWN if options.only is None else tuple(SHOWN[int(number)] for number in options.only.split(","))
    painter = CyclesPainter(Blender(blender_python()), Quality(samples=options.samples))
    picture = Image.fromarray(sheet(scenes(options.size, shown), painter))
    stream = io.BytesIO()
    kind = "PNG" if options.output.suffix == ".png" else "JPEG"
    picture.save(stream, kind, quality=JPEG_QUALITY, optimize=True)
    options.output.write_bytes(stream.getvalue())


if __name__ == "__main__":
    main()
