"""Tables that print on a terminal, in Markdown and in HTML."""

import html
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Table:
    """A title, one row of heads, rows of cells that are text already, and a note on how to read it."""

    title: str
    heads: tuple[str, ...]
    rows: Sequence[tuple[str, ...]]
    note: str = ""


def as_text(table: Table) -> str:
    """Lay a table out in columns of fixed width, the first to the left."""
    lines = [table.heads, *table.rows]
    widths = [max(len(line[i]) for line in lines) for i in range(len(table.heads))]
    body = [
        "  ".join(
            cell.ljust(width) if i == 0 else cell.rjust(width)
            for i, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    ]
    return "\n".join([table.title, *body, *([table.note] if table.note else [])])


def as_markdown(table: Table) -> str:
    """Lay a table out as Markdown under a heading."""
    lines = ["| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in [table.heads, *table.rows]]
    lines.insert(1, "|---" * len(table.heads) + "|")
    return "\n".join([f"### {table.title}", "", *lines, *(["", table.note] if table.note else [])])


def as_html(table: Table) -> str:
    """Lay a table out as HTML under a heading."""
    rows = [("th", table.heads), *(("td", row) for row in table.rows)]
    body = "\n".join(
        "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in row) + "</tr>" for tag, row in rows
    )
    note = f"<p>{html.escape(table.note)}</p>" if table.note else ""
    return f"<h3>{html.escape(table.title)}</h3>\n<table>\n{body}\n</table>\n{note}"


def cell(value: float | int | Sequence[float | None] | None, *, digits: int = 3) -> str:
    """Return a number, or the first of (value, low, high), with fixed digits; a dash for what is undefined."""
    if isinstance(value, Sequence):
        value = value[0]
    if isinstance(value, int):
        return str(value)
    return "-" if value is None or math.isnan(value) else f"{value:.{digits}f}"


def cell_with_interval(value: Sequence[float | None], *, digits: int = 2) -> str:
    """Return value (low-high); without an interval the value alone."""
    middle, low, high = value
    if middle is None or low is None or high is None or math.isnan(low):
        return cell(middle, digits=digits)
    between = " to " if low < 0 else "-"
    return f"{middle:.{digits}f} ({low:.{digits}f}{between}{high:.{digits}f})"


def plain(value: Any) -> Any:
    """Return JSON-able values: null for NaN, which JSON does not have, and lists for tuples."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain(item) for item in value]
    return None if isinstance(value, float) and math.isnan(value) else value
