"""Write the card that lies beside a data set."""

from pathlib import Path

from facsimile.studio.report import format_occurrence, occurrence, plan
from facsimile.studio.settings import Settings

CARD_PLAN_ROWS = 10_000
"""Samples counted for the card's table: every share is right to half a per cent."""


def card(folder: Path, settings: Settings) -> str:
    """Return the README of a data set, with the label counts of its first samples before rendering."""
    recipe = settings.recipe
    drawn = plan(recipe, settings.seed, min(settings.count, CARD_PLAN_ROWS))
    counts = format_occurrence(occurrence(drawn.action_units, drawn.head_pose_rad, occluder=drawn.occluder))
    return f"""---
license: apache-2.0
task_categories: [image-classification, keypoint-detection]
tags: [faces, facs, action-units, synthetic]
configs:
- config_name: default
  data_files: shard-*.parquet
---
# {folder.name}

{settings.count:,} synthetic faces, {settings.size} x {settings.size} pixels, {settings.num_identities:,} people who
never existed, {_arrangement(settings)}. Every label comes from the
scene, none from a detector. Split by `identity`, never by row.

Made by facsimile with recipe `{recipe.name}` and seed {settings.seed}; `manifest.json` holds the full recipe, versions
and a hash per shard. The same again:

    {_command(settings)}

## Columns

Action units and controllers are in the order of `units` and `controllers` in `manifest.json`. Left and right are the
subject's own. Pixel (0, 0) is the centre of the top-left pixel.

| column | meaning |
|---|---|
| `image` | {{bytes, path}}, {settings.image_format.upper()}, RGB |
| `identity`, `index` | person and sample number |
| `clip`, `frame`, `time_s`, `affect` | clip in the set, place in it, what it shows; a single image is its own clip |
| `controllers` [R] | rig controllers, 0-1 |
| `au` [A,2] | intensity 0-5, (left, right); 25 from the lip gap, 26 and 27 from the jaw, 43 from the lids |
| `au_visible` [A,2] | whether that side of the face shows |
| `landmarks` [70,2] | pixels; 68 iBUG points and two irises |
| `landmark_visible` [70] | whether the point shows |
| `head_pose_rad` [3] | pitch (up), yaw (to the left), roll (to the left shoulder) |
| `gaze_rad` [2,2] | left and right eye: yaw, pitch relative to the head |
| `camera`, `light`, `appearance` | how the picture was taken, and of whom |
| `occluder` | what covers the face: a hand and its gesture, a mask, a microphone, a cup, a phone; else empty |
| `rig` | the model of form the person is drawn from: makehuman or ict |
| `notation` | the expression as FACS text |
| `recipe`, `seed` | where the row comes from |
{_buffer_lines(settings)}
`datasets.load_dataset(PATH).cast_column("image", datasets.Image())` reads it; so do pandas, polars and DuckDB.

## Labels before rendering

```
{counts}
```
"""


def _arrangement(settings: Settings) -> str:
    """Say how a person's images belong together."""
    recipe = settings.recipe
    if recipe.clips is None:
        return f"{recipe.images_per_identity} images each; image 0 of each person is neutral"
    return f"{recipe.clips.per_identity} clips each of {recipe.clips.frames} frames at {recipe.clips.fps} a second"


def _command(settings: Settings) -> str:
    """Return the command that makes the same set."""
    recipe = settings.recipe
    words = ["facsimile dataset make OUT", f"-n {settings.count}", f"--seed {settings.seed}", f"--size {settings.size}"]
    words += [f"--recipe {recipe.name}", f"--rig {settings.rig}", f"--image-format {settings.image_format}"]
    words += [f"--jpeg-quality {settings.jpeg_quality}"] if settings.image_format == "jpeg" else []
    words += [f"--buffers {','.join(settings.buffers)}"] if settings.buffers else []
    if settings.render_engine != "raster":
        words += [f"--engine-render {settings.render_engine}", f"--samples {settings.samples}"]
    if recipe.clips is not None:
        words += [f"--fps {recipe.clips.fps}", f"--clip-seconds {recipe.clips.seconds:g}"]
    return " ".join(words)


def _buffer_lines(settings: Settings) -> str:
    """Describe the labels of every pixel that the set holds."""
    meaning = {
        "segmentation": "PNG, 8 bits: part of the face",
        "depth": "PNG, 16 bits: steps of 0.1 mm, 0 is background",
        "displacement": "PNG, 16 bits, by unit: 1/128 pixels right (red) and down (green) + 32768",
    }
    return "".join(f"| `{name}` | {meaning[name]} |\n" for name in settings.buffers)
