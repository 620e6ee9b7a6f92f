"""Load any of the data sets by its name."""

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from facsimile.data.labelled.bp4d import load_bp4d
from facsimile.data.labelled.ck_plus import load_ck_plus
from facsimile.data.labelled.disfa import load_disfa
from facsimile.data.labelled.disfa_plus import load_disfa_plus
from facsimile.data.labelled.findings import Findings
from facsimile.data.labelled.record import Labelled
from facsimile.data.labelled.table import load_table

SOURCES = ("disfa", "disfa+", "bp4d", "bp4d+", "ck+", "csv")


@dataclass(frozen=True)
class LoadOptions:
    """What only some sets ask for."""

    camera: str = "left"
    """DISFA: left or right."""
    frame_offset: int | None = None
    """BP4D, BP4D+: number of the picture minus number of the frame."""


def load(
    source: str, path: Path, findings: Findings, *, options: LoadOptions = LoadOptions()
) -> Iterator[Labelled]:  # fmt: skip
    """Yield the labelled pictures of the set called ``source`` under ``path``; what is lacking goes to ``findings``.

    Raises ValueError for an unknown name, a folder without labels, and label files that are damaged.
    """
    if source == "disfa":
        return load_disfa(path, findings, camera=options.camera)
    if source == "disfa+":
        return load_disfa_plus(path, findings)
    if source in ("bp4d", "bp4d+"):
        return load_bp4d(path, findings, frame_offset=options.frame_offset, is_plus=source == "bp4d+")
    if source == "ck+":
        return load_ck_plus(path, findings)
    if source == "csv":
        return load_table(path, findings)
    nearest = difflib.get_close_matches(source, SOURCES, n=1, cutoff=0.0)[0]
    raise ValueError(f"source {source!r}: choose one of {', '.join(SOURCES)}; nearest: {nearest!r}")
