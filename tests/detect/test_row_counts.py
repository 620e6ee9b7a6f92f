"""A photo without a face keeps one empty row; five people are five rows."""

import csv
import io

import numpy as np
from click.testing import CliRunner
from PIL import Image

from facsimile.app.commands.detect import command
from facsimile.facs.expression import ActionUnits
from facsimile.render.renderer import render
from facsimile.render.scene import portrait_scene

SEEDS = (7, 1, 2, 4, 5)
SIDE = 192


def rows_of(path):
    result = CliRunner().invoke(command, [str(path)])
    assert (result.exit_code, result.stderr) == (0, "")
    return list(csv.DictReader(io.StringIO(result.stdout)))


def test_five_people_are_five_rows(shipped, tmp_path):
    canvas = np.full((2 * SIDE, 3 * SIDE, 3), 128, np.uint8)
    for place, seed in enumerate(SEEDS):
        top, left = place // 3 * SIDE, place % 3 * SIDE
        scene = portrait_scene(ActionUnits.neutral(), seed=seed, size=SIDE)
        canvas[top : top + SIDE, left : left + SIDE] = render(scene).image
    Image.fromarray(canvas).save(tmp_path / "five.png")
    rows = rows_of(tmp_path / "five.png")
    assert [row["face_id"] for row in rows] == ["0", "1", "2", "3", "4"]
    middles = [(float(r["box_x"]) + float(r["box_w"]) / 2, float(r["box_y"]) + float(r["box_h"]) / 2) for r in rows]
    assert {(int(x // SIDE), int(y // SIDE)) for x, y in middles} == {(0, 0), (1, 0), (2, 0), (0, 1), (1, 1)}


def test_nobody_is_one_empty_row(shipped, tmp_path):
    ramp = np.linspace(0, 255, 400).astype(np.uint8)
    Image.fromarray(np.repeat(np.tile(ramp, (300, 1))[..., None], 3, axis=2)).save(tmp_path / "ramp.png")
    (row,) = rows_of(tmp_path / "ramp.png")
    assert (row["frame"], row["face_id"], row["AU12"], row["box_x"]) == ("0", "", "", "")
