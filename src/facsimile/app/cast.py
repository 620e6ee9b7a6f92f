"""Find the person that ``--person`` or ``--blend`` names."""

from typing import Any

import click


def of_the_cast(person_name: str | None, blend_text: str | None) -> Any:
    """Return the named person or mixture; None where neither is asked for. ValueError names the nearest names."""
    from facsimile.face.presets import parse_blend, preset

    if person_name is not None and blend_text is not None:
        raise click.UsageError("--person and --blend: give one of them; --blend mixes several people")
    if person_name is not None:
        return preset(person_name)
    return None if blend_text is None else parse_blend(blend_text)
