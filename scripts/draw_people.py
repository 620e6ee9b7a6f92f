"""Draw docs/images/people.jpg: people who never existed, each with the notation of the expression they make."""

from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from facsimile.facs.notation import parse
from facsimile.render.renderer import render
from facsimile.render.scene import portrait_scene

PAGE = Path(__file__).resolve().parent.parent / "docs" / "images" / "people.jpg"
PEOPLE = (
    (21, "6D+12D+25C", -0.15),
    (11, "1D+2D+5D+25C+26C", 0.2),
    (7, "4D+7C+24C", 0.0),
    (46, "L12C+L14B+R2D", 0.25),
    (38, "9D+10C", -0.2),
)
SIZE, CAPTION = 300, 34


def main() -> None:
    sheet = Image.new("RGB", (SIZE * len(PEOPLE), SIZE + CAPTION), "white")
    pen = ImageDraw.Draw(sheet)
    font = ImageFont.load_default(18)
    for place, (seed, notation, yaw) in enumerate(PEOPLE):
        units = parse(notation).to_action_units()
        scene = portrait_scene(units, seed=seed, size=2 * SIZE, yaw_rad=float(yaw), pitch_rad=0.0)
        picture = Image.fromarray(np.asarray(render(scene).image)).resize((SIZE, SIZE), Image.Resampling.LANCZOS)
        sheet.paste(picture, (place * SIZE, 0))
        pen.text((place * SIZE + SIZE / 2, SIZE + CAPTION / 2), notation, fill="black", font=font, anchor="mm")
    PAGE.parent.mkdir(exist_ok=True)
    sheet.save(PAGE, quality=88)


if __name__ == "__main__":
    main()
