"""Load labels from a plain table, for data sets that have no loader of their own.

A CSV file with a header, one row per picture. ``path`` (relative to the file's folder, or absolute) and ``subject``
are needed; ``sequence``, and ``frame`` (from 0) for videos, may follow. Then any of, for every unit: ``AU12`` intensity
0-5, ``AU12_L`` and ``AU12_R`` the same by side (the subject's own), ``AU12_present`` 0 or 1. Empty cells, 9, -1 and nan
are "not coded". Cells part at ',', ';' or tabs, whichever the header has.
"""

import csv
import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from facsimile.data.labelled.files import text_lines
from facsimile.data.labelled.findings import Findings
from facsimile.data.labelled.record import Labelled, level, nothing_coded
from facsimile.facs.action_units import LABEL_UNITS, UNITS, unit_index

NEEDED = ("path", "subject")
OPTIONAL = ("sequence", "frame")
SEPARATORS = ",;\t"
UNIT_COLUMN = re.compile(r"AU(\d+)(?:_(L|R|present))?")


@dataclass(frozen=True)
class UnitColumn:
    """What a column of labels holds."""

    unit: int
    kind: str
    """'' for the whole face, 'L', 'R' or 'present'."""


def load_table(path: Path, findings: Findings) -> Iterator[Labelled]:
    """Yield one record per row that has a label and whose picture exists; others are counted."""
    if not path.is_file():
        raise ValueError(f"data {path}: no such file; give the CSV file with the columns path, subject, AU12, ...")
    lines = text_lines(path, findings)
    if not lines or not lines[0].strip():
        raise ValueError(f"data {path}: the file has no header")
    separator = max(SEPARATORS, key=lines[0].count)
    rows = csv.reader(lines, delimiter=separator)
    header = [cell.strip() for cell in next(rows)]
    columns = _columns(path, header, findings)
    for number, cells in enumerate(rows, 2):
        if any(cell.strip() for cell in cells):
            where = f"{path}, line {number}"
            if len(cells) != len(header):
                raise ValueError(f"{where}: expected {len(header)} cells as in the header, got {len(cells)}")
            record = _record(path, where, dict(zip(header, map(str.strip, cells), strict=True)), columns, findings)
            if record is not None:
                yield record


def _columns(path: Path, header: list[str], findings: Findings) -> dict[str, UnitColumn]:
    """Return the columns of labels; ValueError for a header that cannot be meant."""
    if missing := [name for name in NEEDED if name not in header]:
        raise ValueError(f"data {path}: the header lacks {', '.join(missing)}; it has {', '.join(header[:8])}")
    if len(set(header)) < len(header):
        raise ValueError(f"data {path}: the header names {max(header, key=header.count)} twice")
    columns = {}
    for name in header:
        found = UNIT_COLUMN.fullmatch(name)
        if found and int(found[1]) in LABEL_UNITS:
            _check_sides(path, name, int(found[1]), found[2] or "")
            columns[name] = UnitColumn(int(found[1]), found[2] or "")
        elif found:
            raise ValueError(f"data {path}: column {name}: {found[1]} is not among the label units {LABEL_UNITS}")
        elif name not in NEEDED + OPTIONAL:
            findings.add("columns that are not used", name)
    if not columns:
        near = difflib.get_close_matches("AU12", header, n=1, cutoff=0.3)
        hint = f"; {near[0]!r} is not of the form AU12, AU12_L or AU12_present" if near else ""
        raise ValueError(f"data {path}: no column of labels{hint}")
    return columns


def _check_sides(path: Path, name: str, unit: int, kind: str) -> None:
    if kind in ("L", "R") and not UNITS[unit].is_sided:
        raise ValueError(f"data {path}: column {name}: unit {unit} has no sides; call the column AU{unit:02d}")


def _record(
    table: Path, where: str, row: dict[str, str], columns: dict[str, UnitColumn], findings: Findings
) -> Labelled | None:
    picture = table.parent / row["path"]
    if not row["path"] or not row["subject"]:
        raise ValueError(f"{where}: path and subject must not be empty")
    intensity, presence, sides = nothing_coded(), nothing_coded(), np.stack([nothing_coded()] * 2, 1)
    for name, column in columns.items():
        place = unit_index(column.unit)
        if column.kind == "present":
            presence[place] = level(row[name], f"{where}, {name}", highest=1)
        elif column.kind:
            sides[place, "LR".index(column.kind)] = level(row[name], f"{where}, {name}")
        else:
            intensity[place] = level(row[name], f"{where}, {name}")
    intensity = np.where(np.isnan(intensity), sides.max(1), intensity)
    presence = np.where(np.isnan(presence) & ~np.isnan(intensity), intensity > 0, presence).astype(np.float32)
    if np.isnan(presence).all():
        findings.add("rows with nothing coded", where)
        return None
    if not picture.is_file():
        findings.add("rows whose picture does not exist", picture)
        return None
    frame = _frame(row.get("frame", ""), where)
    return Labelled(
        row["subject"], row.get("sequence", ""), frame or 0, picture, frame, intensity, presence, sides
    )  # fmt: skip


def _frame(text: str, where: str) -> int | None:
    if not text:
        return None
    if not text.isdigit():
        raise ValueError(f"{where}: frame {text!r} is not a number from 0")
    return int(text)
