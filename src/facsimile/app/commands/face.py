"""``facsimile face``: write a synthetic person's head as a GLB file."""

import json
from pathlib import Path

import click


@click.command(short_help="Write a synthetic person's head as a GLB file.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Who it is.")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="A .glb.")
@click.option("--json", "as_json", is_flag=True, help="Print what was written: path, bytes, person, shapes.")
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
def command(seed: int, output: Path, as_json: bool, force: bool) -> None:
    """Write the head of a synthetic person for three.js, Blender, Unity or Unreal.

    Skin, eyes, teeth, tongue, hair, brows, lashes and beard with their materials and textures, and ARKit's 52 shapes
    as morph targets. Metres, y up, the face towards +z; the origin is the pivot of the neck.

    \b
    facsimile face --seed 7 -o face.glb
    """
    from tqdm import tqdm

    from facsimile.app.output import refuse_overwrite, write_atomic
    from facsimile.facs.controllers import ARKIT
    from facsimile.render.gltf.head import head_glb
    from facsimile.render.scene import random_person

    if output.suffix.lower() != ".glb":
        raise click.UsageError(f"-o {output}: the name must end in .glb, got '{output.suffix}'")
    refuse_overwrite(output, force=force)
    with tqdm(total=len(ARKIT), unit="shape", delay=2, leave=False) as bar:
        person = random_person(seed)
        data = head_glb(person, say=lambda _: bar.update())
    write_atomic(output, data, force=force)
    if as_json:
        row = {"path": str(output), "bytes": len(data), "person": person.appearance.description, "shapes": ARKIT}
        click.echo(json.dumps(row))
