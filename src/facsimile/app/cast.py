"""Find the person that ``--person`` or ``--blend`` names."""

from typing import Any

import click

DEFAULT_RIG = "makehuman"
"""The rig that the cast's forms are written for."""


def of_the_cast(person_name: str | None, blend_text: str | None, *, rig: str) -> Any:
    """Return the named person or mixture; None where neither is asked for.

    The cast belongs to one rig: another beside a name is a mistake of usage. ValueError names the nearest names.
    """
    from facsimile.face.presets import parse_blend, preset

    if person_name is not None and blend_text is not None:
        raise click.UsageError("--person and --blend: give one of them; --blend mixes several people")
    if (person_name is not None or blend_text is not None) and rig != DEFAULT_RIG:
        raise click.UsageError(f"--rig {rig}: people of the cast are of {DEFAULT_RIG}; leave out --person and --blend")
    if person_name is not None:
        return preset(person_name)
    return None if blend_text is None else parse_blend(blend_text)
