"""``facsimile face``: write a synthetic person's head as a GLB file."""

import json
from pathlib import Path

import click

from facsimile.app.rig_option import RIG_CHOICES, RIG_HELP


@click.command(short_help="Write a synthetic person's head as a GLB file.")
@click.option("--seed", type=click.IntRange(min=0), default=0, show_default=True, help="Who it is.")
@click.option("--person", "person_name", metavar="NAME", help="One of the cast of 66 instead of the seed's person.")
@click.option("--blend", "blend_text", metavar="NAME:W,...", help="A mixture of the cast, such as Amara:0.6,Bao:0.4.")
@click.option("--rig", type=click.Choice(RIG_CHOICES), default="makehuman", show_default=True, help=RIG_HELP)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True, help="A .glb.")
@click.option("--json", "as_json", is_flag=True, help="Print what was written: path, bytes, person, shapes.")
@click.option("--force", is_flag=True, help="Replace the file if it exists.")
def command(
    seed: int, person_name: str | None, blend_text: str | None, rig: str, output: Path, as_json: bool, force: bool
) -> None:
    """Write the head of a synthetic person for three.js, Blender, Unity or Unreal.

    Skin, eyes, teeth, tongue, hair, brows, lashes, beard, clothes, glasses and hats with their materials and
    textures, and ARKit's 52 shapes as morph targets. Metres, y up, the face towards +z; the neck turns about the
    origin.

    \b
    facsimile face --seed 7 -o face.glb
    facsimile face --person Amara -o amara.glb
    """
    from tqdm import tqdm

    from facsimile.app.cast import of_the_cast
    from facsimile.app.output import refuse_overwrite, write_atomic
    from facsimile.face.person import random_person
    from facsimile.facs.controllers import ARKIT
    from facsimile.render.gltf.head import head_glb

    if output.suffix.lower() != ".glb":
        raise click.UsageError(f"-o {output}: the name must end in .glb, got '{output.suffix}'")
    refuse_overwrite(output, force=force)
    try:
        person = of_the_cast(person_name, blend_text, rig=rig) or random_person(seed, rig=rig)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    with tqdm(total=len(ARKIT), unit="shape", delay=2, leave=False) as bar:
        data = head_glb(person, say=lambda _: bar.update())
    write_atomic(output, data, force=force)
    if as_json:
        row = {"path": str(output), "bytes": len(data), "person": person.appearance.description, "shapes": ARKIT}
        click.echo(json.dumps(row))
