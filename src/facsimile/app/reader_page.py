"""Show the outcome of ``facsimile evaluate reader`` as a page with small plots. It asks no server for anything."""

import html
from collections.abc import Iterable, Sequence
from typing import Any

from facsimile.app.pages.markup import POLICY
from facsimile.evaluate.report import heading
from facsimile.evaluate.tables import Table, as_html

COLOURS = ("#1b6ca8", "#d1495b", "#3a7d44", "#8d6a9f", "#c98b2b", "#555555")
"""One per subject, in turn; they differ in brightness too."""
WIDTH, ROW, LEFT, TOP = 640, 16, 60, 22
SQUARE = 220
STYLE = """
body { font: 14px/1.45 system-ui, sans-serif; max-width: 76rem; margin: 2rem auto; padding: 0 1rem; color: #222; }
table { border-collapse: collapse; display: block; overflow-x: auto; }
th, td { padding: .1rem .6rem; text-align: right; white-space: nowrap; border-bottom: 1px solid #ddd; }
th:first-child, td:first-child { text-align: left; position: sticky; left: 0; background: #fff; }
td { font-variant-numeric: tabular-nums; }
h3 + table { font-size: 13px; }
svg { max-width: 100%; height: auto; }
svg text { font: 11px system-ui, sans-serif; fill: #222; }
p { color: #555; }
"""


def html_page(title: str, blocks: Sequence[tuple[dict[str, Any], list[Table]]], probes: Iterable[Table]) -> str:
    """Return a page: per data set plots of units and of honesty, then all tables; at the end ``probes``."""
    body = [f"<h1>{html.escape(title)}</h1>"]
    for block, tables in blocks:
        body += [f"<h2>{html.escape(heading(block))}</h2>", unit_plot(block), honesty_plot(block)]
        body += [as_html(table) for table in tables]
    body += [as_html(table) for table in probes]
    return (
        f'<!doctype html>\n<html lang="en"><head><meta charset="utf-8">\n<title>{html.escape(title)}</title>\n'
        f'<meta http-equiv="Content-Security-Policy" content="{html.escape(POLICY)}">\n<style>{STYLE}</style></head>\n'
        "<body>\n" + "\n".join(body) + "\n</body></html>\n"
    )


def unit_plot(block: dict[str, Any]) -> str:
    """Draw the correlation of every unit, larger side, with its interval: a dot and a whisker per subject."""
    subjects = {name: of for name, of in block["subjects"].items() if any(_r(of, code)[0] for code in of["units"])}
    codes = sorted({int(code) for of in subjects.values() for code in of["units"]})
    if not codes:
        return ""
    height = TOP + ROW * len(codes) + 4
    marks = [_vertical(r, height, f"{r:g}") for r in (0.0, 0.25, 0.5, 0.75, 1.0)]
    for row, code in enumerate(codes):
        y = TOP + ROW * row + ROW / 2
        marks.append(f'<text x="4" y="{y + 4:.0f}">AU{code:02d}</text>')
        for k, of in enumerate(subjects.values()):
            value, low, high = _r(of, str(code))
            if value is None:
                continue
            level, colour = y + (k - (len(subjects) - 1) / 2) * 2.6, COLOURS[k % len(COLOURS)]
            if low is not None and high is not None:
                marks.append(f'<path d="M{_x(low):.1f} {level:.1f}H{_x(high):.1f}" stroke="{colour}"/>')
            marks.append(f'<circle cx="{_x(value):.1f}" cy="{level:.1f}" r="2" fill="{colour}"/>')
    plot = f'<svg viewBox="0 0 {WIDTH} {height}" width="{WIDTH}" role="img">{"".join(marks)}</svg>'
    return f"<h3>Correlation of every unit</h3>\n{plot}\n{_legend(subjects)}"


def honesty_plot(block: dict[str, Any]) -> str:
    """Draw the stated probability that a unit is there against how often it is, for readers."""
    readers = {name: of for name, of in block["subjects"].items() if not of["is_baseline"]}
    end = SQUARE - 10
    marks = [f'<path d="M30 {end}L{end} 30" stroke="#bbb"/><path d="M30 30V{end}H{end}" fill="none" stroke="#888"/>']
    for k, of in enumerate(readers.values()):
        points = [
            (30 + row["stated"] * (end - 30), end - row["observed"] * (end - 30))
            for row in of["calibration"]["presence"]
        ]
        colour = COLOURS[k % len(COLOURS)]
        path = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        marks.append(f'<path d="M{path}" fill="none" stroke="{colour}" stroke-width="1.5"/>' if points else "")
        marks += [f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{colour}"/>' for x, y in points]
    marks += [f'<text x="30" y="20">observed</text><text x="{end - 36}" y="{end + 10}">stated</text>']
    plot = f'<svg viewBox="0 0 {SQUARE} {SQUARE + 6}" width="{SQUARE}" role="img">{"".join(marks)}</svg>'
    return f"<h3>Probability that a unit is there, stated and observed</h3>\n{plot}\n{_legend(readers)}"


def _r(subject: dict[str, Any], code: str) -> Sequence[float | None]:
    of = subject["units"].get(code)
    return (None, None, None) if of is None else of["larger"]["r"]


def _x(value: float) -> float:
    return LEFT + max(0.0, value) * (WIDTH - LEFT - 20)


def _vertical(value: float, height: int, text: str) -> str:
    x = _x(value)
    return f'<line x1="{x}" x2="{x}" y1="{TOP}" y2="{height}" stroke="#ddd"/><text x="{x - 8}" y="14">{text}</text>'


def _legend(subjects: Iterable[str]) -> str:
    parts = [
        f'<span style="color:{COLOURS[k % len(COLOURS)]}">&#9679; {html.escape(name)}</span>'
        for k, name in enumerate(subjects)
    ]
    return f"<p>{' &nbsp; '.join(parts)}</p>"
