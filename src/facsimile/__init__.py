"""Give language models a face: read, render and speak facial action units.

Nothing heavy is imported here; import what you need from the rooms, for example
``from facsimile.facs.notation import parse``.
"""

__version__ = "0.1.0"
