"""``facsimile render``: draw a synthetic person making an expression."""

import io
import json
import math
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from facsimile.app.rig_option import RIG_CHOICES, RIG_HELP


@click.command(short_help="Draw a synthetic person making an expression.")
@click.argument("score")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Who is drawn, in which light.")
@click.option("--person", "person_name", metavar="NAME", help="One of the cast of 66 instead of the seed's person.")
@click.option("--blend", "blend_text", metavar="NAME:W,...", help="A mixture of the cast, such as Amara:0.6,Bao:0.4.")
@click.option("--size", type=click.IntRange(8, 2048), default=256, show_default=True, help="Width and height, pixels.")
@click.option("--yaw", type=click.FloatRange(-80, 80), default=0.0, help="Degrees; positive: to their own left.")
@click.option("--pitch", type=click.FloatRange(-40, 40), default=0.0, help="Degrees; positive: looks up.")
@click.option("--rig", type=click.Choice(RIG_CHOICES), default="makehuman", show_default=True, help=RIG_HELP)
@click.option(
    "--engine",
    type=click.Choice(["raster", "cycles"]),
    default="raster",
    show_default=True,
    help="raster, or Blender's path tracer; it needs FACSIMILE_BLENDER.",
)
@click.option(
    "--samples", type=click.IntRange(1, 4096), default=32, show_default=True, help="Light paths per pixel of cycles."
)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="A .png or .jpg.")
@click.option(
    "--labels",
    "labels_path",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Also write the labels as JSON; the keys of a data set's row.",
)
@click.option(
    "--buffers",
    "buffers_path",
    type=click.Path(path_type=Path),
    help="Also write the labels of every pixel: a .npz, or a folder for PNG files.",
)
@click.option("--json", "as_json", is_flag=True, help="Print the labels on standard output, on one line.")
@click.option("--force", is_flag=True, help="Replace files that exist.")
def command(
    score: str,
    seed: int,
    person_name: str | None,
    blend_text: str | None,
    size: int,
    yaw: float,
    pitch: float,
    rig: str,
    engine: str,
    samples: int,
    output: Path,
    labels_path: Path | None,
    buffers_path: Path | None,
    as_json: bool,
    force: bool,
) -> None:
    """Draw a synthetic person making the expression SCORE, a FACS score such as "6C+12D" or "L12B+U14A".

    \b
    facsimile render "6C+12D" --seed 7 -o smile.png
    facsimile render "1C+2C+5D+26C" --yaw 30 --labels surprise.json -o surprise.png
    facsimile render "12C" --person Amara -o amara.png
    facsimile render "12D" --buffers labels.npz -o smile.png
    facsimile render "6C+12D" --engine cycles --samples 64 -o smile.png
    """
    from facsimile.app.cast import of_the_cast
    from facsimile.app.output import refuse_overwrite, write_atomic
    from facsimile.facs.converters import with_unlabelled
    from facsimile.render.buffers import BUFFER_NAMES
    from facsimile.render.renderer import render
    from facsimile.render.scene import portrait_scene

    picture_format = _picture_format(output)
    refuse_overwrite(output, force=force)
    if labels_path is not None:
        refuse_overwrite(labels_path, force=force, option="--labels")
    if buffers_path is not None:
        refuse_overwrite(buffers_path, force=force, option="--buffers")
    state = _state(score)
    turn = {"yaw_rad": math.radians(yaw), "pitch_rad": math.radians(pitch)}
    try:
        person = of_the_cast(person_name, blend_text, rig=rig)
        scene = portrait_scene(state.to_action_units(), seed=seed, person=person, size=size, rig=rig, **turn)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    scene = replace(scene, expression=with_unlabelled(scene.expression, state))
    buffers = BUFFER_NAMES if buffers_path is not None else ()
    rendering = render(scene, buffers=buffers) if engine == "raster" else _path_traced(scene, samples, buffers)
    write_atomic(output, _encoded(rendering.image, picture_format), force=force)
    row = _row(scene, rendering, output)
    if labels_path is not None:
        write_atomic(labels_path, (json.dumps(row, indent=1) + "\n").encode(), force=force, option="--labels")
    if buffers_path is not None:
        _write_buffers(buffers_path, rendering, force=force)
    if as_json:
        click.echo(json.dumps(row))


def _path_traced(scene: Any, samples: int, buffers: tuple[str, ...]) -> Any:
    """Draw with Cycles; what is missing or goes wrong is told in one line."""
    from facsimile.render.cycles.blender import BlenderError
    from facsimile.render.cycles.painter import render_cycles
    from facsimile.render.cycles.scene_file import Quality

    try:
        return render_cycles(scene, quality=Quality(samples=samples), buffers=buffers)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    except BlenderError as error:
        raise click.ClickException(str(error)) from error


def _write_buffers(path: Path, rendering: Any, *, force: bool) -> None:
    """Write the labels of every pixel to a .npz or, as PNG files, into a folder."""
    from facsimile.app.output import write_atomic
    from facsimile.render.buffer_files import npz_bytes, png_files

    if path.suffix.lower() == ".npz":
        write_atomic(path, npz_bytes(rendering), force=force, option="--buffers")
        return
    for name, content in png_files(rendering).items():
        write_atomic(path / name, content, force=force, option="--buffers")


def _picture_format(path: Path) -> str:
    formats = {".png": "PNG", ".jpg": "JPEG", ".jpeg": "JPEG"}
    if path.suffix.lower() not in formats:
        raise click.UsageError(f"-o {path}: the name must end in .png or .jpg, got '{path.suffix}'")
    return formats[path.suffix.lower()]


def _state(score: str) -> Any:
    """Parse a score; say on stderr what a label cannot hold of it."""
    from facsimile.facs.converters import UNLABELLED
    from facsimile.facs.notation import parse

    try:
        state = parse(score)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    if not state.face_seen:
        raise click.UsageError("score: '?' means that no face was seen; use 0 for a neutral face (example: 6C+12D)")
    for note in state.lost_in_action_units():
        click.echo(f"note: {_drawn_note(note, UNLABELLED)}", err=True)
    return state


def _drawn_note(note: str, unlabelled: dict[int, str]) -> str:
    """Say of units that are drawn but not labelled that only the label leaves them out."""
    is_drawn = any(re.match(rf"\D*{code}\D", note) for code in unlabelled)
    return note.replace("left out", "drawn, but left out of the labels") if is_drawn else note


def _encoded(image: Any, picture_format: str) -> bytes:
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(image).save(stream, picture_format, **({"quality": 95} if picture_format == "JPEG" else {}))
    return stream.getvalue()


def _row(scene: Any, rendering: Any, output: Path) -> dict[str, Any]:
    """Return the labels under the names of a data set's columns; the picture is named, not included."""
    from facsimile.facs.expression import ActionUnits
    from facsimile.facs.notation import write

    arrays = (
        "controllers",
        "au",
        "au_visible",
        "landmarks",
        "landmark_visible",
        "head_pose_rad",
        "gaze_rad",
    )
    camera, light = scene.camera, scene.light
    return {
        "image": {"bytes": None, "path": str(output)},
        "identity": scene.seed,
        "index": 0,
        **{name: getattr(rendering, name).tolist() for name in arrays},
        "camera": {"distance_dm": camera.distance, "frame_dm": camera.frame, "offset": list(camera.offset)},
        "light": {"number": 0, "kind": light.kind},
        "appearance": scene.appearance.description,
        "rig": scene.identity.rig,
        "notation": write(ActionUnits(rendering.au)),
        "recipe": "portrait",
        "seed": scene.seed,
    }
