"""Print what a calibration gained, unit by unit, from the content of its file."""

from collections.abc import Mapping
from typing import Any

from facsimile.evaluate.tables import Table, as_text, cell, cell_with_interval

INTENSITY_HEADS = ("icc", "r", "mae", "f1_at_2", "f1_at_2_tuned", "f1_at_1", "auc")
PRESENCE_HEADS = ("f1_at_1", "f1_at_1_tuned", "auc")
ANSWERS = ("reader", "rescaled", "calibrated", "constant")


def report(content: Mapping[str, Any]) -> str:
    """Return the tables; every number is of people left out."""
    lines = [f"{content['num_pictures']} pictures of {content['num_people']} people; {content['source']}"]
    lines += [as_text(table) for table in tables(content)]
    return "\n\n".join(lines)


def tables(content: Mapping[str, Any]) -> list[Table]:
    """Return one table for units with levels and one for units with presence alone, where there are any."""
    found = []
    for target, heads in (("intensity", INTENSITY_HEADS), ("presence", PRESENCE_HEADS)):
        units = {int(code): unit for code, unit in content["units"].items() if unit["target"] == target}
        if units:
            found.append(_table(target, heads, dict(sorted(units.items()))))
    return found


def mean_of(units: Mapping[int, Any], answer: str, statistic: str) -> float:
    """Return the mean of a statistic over the units for which every answer defines it; NaN if there is none."""
    rows = [[unit["metrics"][a][statistic][0] for a in ANSWERS] for unit in units.values()]
    values = [row[ANSWERS.index(answer)] for row in rows if all(v is not None and v == v for v in row)]
    return sum(values) / len(values) if values else float("nan")


def _table(target: str, heads: tuple[str, ...], units: Mapping[int, Any]) -> Table:
    main = "icc" if target == "intensity" else "auc"
    rows = []
    for code, unit in units.items():
        for answer in ANSWERS:
            statistics = unit["metrics"][answer]
            name = f"AU{code:02d}" if answer == ANSWERS[0] else ""
            gain = ""
            if answer == "calibrated":
                gain = cell_with_interval(_numbers(unit["metrics"]["gain"][main]))
                gain += "" if unit["is_used"] else " not used"
            rows.append((name, answer, *(cell(_numbers(statistics[head])) for head in heads), gain))
    for answer in ANSWERS:
        means = tuple(cell(mean_of(units, answer, head)) for head in heads)
        rows.append(("mean" if answer == ANSWERS[0] else "", answer, *means, ""))
    title = "Levels 0-5" if target == "intensity" else "Presence"
    note = (
        "rescaled: a line through the reader's own number; constant: the mean of the people fitted on, tuned: always "
        f"shown.\ngain: {main} of calibrated minus reader, with 95 % over people; tuned: threshold from them."
    )
    return Table(title, ("AU", "", *heads, "gain"), rows, note)


def _numbers(measured: list[float | None]) -> tuple[float, ...]:
    return tuple(float("nan") if value is None else value for value in measured)
