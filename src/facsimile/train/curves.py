"""Curves as CSV files: one row per report, in the order of the steps."""

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any


def append_row(path: Path, row: Mapping[str, Any]) -> None:
    """Add a row; the first one also writes the names of the columns."""
    is_new = not path.exists()
    with path.open("a", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(row))
        if is_new:
            writer.writeheader()
        writer.writerow(row)


def read_rows(path: Path) -> list[dict[str, str]]:
    """Return the rows of a curve, none if it is not begun."""
    if not path.exists():
        return []
    with path.open(newline="", encoding="utf-8") as file:
        return list(csv.DictReader(file))


def cut_after(path: Path, step: int) -> None:
    """Drop the rows of steps after ``step``."""
    rows = [row for row in read_rows(path) if int(row["step"]) <= step]
    path.unlink(missing_ok=True)
    for row in rows:
        append_row(path, row)
