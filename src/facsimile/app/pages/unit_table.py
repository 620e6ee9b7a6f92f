"""Write the readings of one face as a table: a bar, a number, a letter and an interval per unit and side."""

from collections.abc import Iterable, Sequence

from facsimile.app.pages.bars import Bar, bars_svg
from facsimile.app.pages.markup import percent
from facsimile.app.photo import MIN_PRESENCE, UnitReading
from facsimile.facs.action_units import UNITS
from facsimile.facs.intensity import letter_of

MIN_VISIBLE = 0.5
"""A unit counts as seen when the reader gives at least even odds that its place on the face is in view."""

KEY = (
    '<div class="key" aria-hidden="true"><span><i class="left"></i>left</span><span><i class="right"></i>right</span>'
    '<span><i class="both"></i>middle of the face</span>'
    "<span>whisker: 90&nbsp;% of the reader’s own belief</span></div>"
)
SCALE = (
    '<th scope="col"><span class="scale" aria-hidden="true"><span>0</span><span>A</span><span>B</span><span>C</span>'
    '<span>D</span><span>E</span></span><span class="aside">bar</span></th>'
)
HEAD = (
    f'<thead><tr><th scope="col">Action unit</th>{SCALE}<th scope="col" class="value">0–5 <span class="sd">± sd</span>'
    '</th><th scope="col" class="chance">present</th></tr></thead>'
)


def unit_tables(units: Sequence[UnitReading]) -> str:
    """Return a table of the units that are more likely present than not, and a closed one of all others."""
    present = [unit for unit in units if unit.presence >= MIN_PRESENCE]
    absent = [unit for unit in units if unit.presence < MIN_PRESENCE]
    shown = table(present) if present else "<p><b>None reaches even odds: a face at rest.</b></p>"
    summary = f"<summary>{len(absent)} units that are probably absent</summary>"
    return shown + (f"<details>{summary}{table(absent)}</details>" if absent else "")


def table(units: Iterable[UnitReading]) -> str:
    """Return one table."""
    return f'<table class="units">{HEAD}<tbody>{"".join(map(_row, units))}</tbody></table>'


def _row(unit: UnitReading) -> str:
    known = UNITS[unit.code]
    sides = ("left", "right") if known.is_sided else ("both",)
    bars = tuple(Bar(side, float(unit.intensity[i]), float(unit.sd[i])) for i, side in enumerate(sides))
    label = ", ".join(f"{bar.kind} {bar.intensity:.1f}".removeprefix("both ") for bar in bars) + " of 5"
    unseen = unit.visible is not None and unit.visible < MIN_VISIBLE
    note = ' <span class="unseen">not in view</span>' if unseen else ""
    return (
        f'<tr><th scope="row"><b>{unit.code}</b> {known.name}{note}</th><td>{bars_svg(bars, label=label)}</td>'
        f'<td class="value">{"".join(map(_number, bars))}</td><td class="chance">{percent(unit.presence)}</td></tr>'
    )


def _number(bar: Bar) -> str:
    side = "" if bar.kind == "both" else f'<i class="{bar.kind}">{bar.kind[0].upper()}</i> '
    doubt = "" if bar.sd is None else f' <span class="sd">± {bar.sd:.1f}</span>'
    return f"<span>{side}{bar.intensity:.1f} <b>{letter_of(bar.intensity) or '–'}</b>{doubt}</span>"
