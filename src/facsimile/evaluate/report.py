"""Say how good readers are: every measure of every answer to one set of faces, as plain numbers and as tables."""

from collections.abc import Sequence
from typing import Any

from facsimile.evaluate.bootstrap import draw_people
from facsimile.evaluate.calibration import calibration
from facsimile.evaluate.confusion import confusions
from facsimile.evaluate.geometry import geometry
from facsimile.evaluate.groups import group_rows
from facsimile.evaluate.sample import UNIT_SETS, Answer, Truth
from facsimile.evaluate.tables import Table, cell, cell_with_interval
from facsimile.evaluate.unit_scores import difference_rows, one_sided, score_units, set_rows, unit_rows
from facsimile.facs.action_units import UNITS

INTERVAL_NOTE = "Ranges: 95 % over people."
UNIT_NOTE = (
    "larger: the larger side, as a coder scores it; L, R: one side; F1 and AUC at B (intensity 1.5), F1 C at 2.5; "
    "shown: faces at B or above; L-R: r of left minus right."
)


def report(truth: Truth, answers: Sequence[Answer], *, seed: int = 0) -> dict[str, Any]:
    """Measure every answer over the same draws of people; numbers with an interval are (value, low, high).

    ``differences`` sets each further reader against the first over the same draws. Consumes ``seed`` for the draws.
    """
    people = draw_people(truth.identity, seed=seed)
    subjects, scored = {}, {}
    for answer in answers:
        scores = score_units(people, truth, answer)
        scored[answer.name] = scores
        subjects[answer.name] = {
            "is_baseline": answer.is_baseline,
            "is_variant": answer.is_variant,
            "found": float(answer.found.mean()) if len(truth) else 0.0,
            "sets": set_rows(scores),
            "units": unit_rows(scores),
            "one_sided": one_sided(people, truth, answer),
            "calibration": calibration(people, truth, answer),
            "confusions": confusions(people, truth, answer),
            "geometry": geometry(people, truth, answer),
            "groups": {} if answer.is_baseline else group_rows(people, truth, answer),
        }
    readers = [answer.name for answer in answers if not answer.is_baseline]
    return {
        "data": truth.name,
        "num_faces": len(truth),
        "num_people": people.counts.shape[1],
        "subjects": subjects,
        "differences": {name: difference_rows(scored[readers[0]], scored[name]) for name in readers[1:]},
    }


def tables(result: dict[str, Any], *, with_variants: bool = True) -> list[Table]:
    """Lay a report out: all subjects side by side, then each reader in detail; of variants if asked for."""
    subjects = result["subjects"]
    parts = [_set_table(subjects, name) for name in list(UNIT_SETS)[:3]]
    parts += [_side_table(subjects), _geometry_table(subjects), _honesty_table(subjects)]
    if result["differences"]:
        first = next(name for name in subjects if name not in result["differences"])
        parts.append(_difference_table(result["differences"], first))
    for name, subject in subjects.items():
        if not subject["is_baseline"] and (with_variants or not subject["is_variant"]):
            parts += [_unit_table(name, subject), _confusion_table(name, subject)]
            parts += [_group_table(name, subject)] if _divisions(subject) else []
    return parts


def heading(result: dict[str, Any]) -> str:
    """Say on what was measured."""
    return f"{result['data']}: {result['num_faces']} faces of {result['num_people']} people"


def _set_table(subjects: dict[str, Any], name: str) -> Table:
    rows = [
        (
            subject_name,
            *(cell_with_interval(of["larger"][stat]) for stat in ("icc", "r", "mae")),
            *(cell(of["larger"][stat]) for stat in ("slope", "f1_b", "f1_c", "auc")),
            *(cell(of[side]["r"]) for side in ("pooled", "L", "R", "L-R")),
        )
        for subject_name, of in ((n, s["sets"][name]) for n, s in subjects.items())
    ]
    heads = ("", "ICC(3,1)", "r", "MAE", "slope", "F1 B", "F1 C", "AUC", "r both sides", "r left", "r right", "r L-R")
    missing = sorted({code for s in subjects.values() for code in s["sets"][name]["not_read"]})
    unread = f" Not read by all and left out of their mean: {', '.join(map(str, missing))}." if missing else ""
    codes = ", ".join(map(str, UNIT_SETS[name]))
    return Table(f"Mean over the units of {name} ({codes})", heads, rows, f"Larger side. {INTERVAL_NOTE}{unread}")


def _side_table(subjects: dict[str, Any]) -> Table:
    rows = [
        (name, cell(s["one_sided"]["n"]), cell_with_interval(s["one_sided"]["right"])) for name, s in subjects.items()
    ]
    return Table(
        "Units at C or above on one side and absent on the other",
        ("", "n", "right side"),
        rows,
        "Right: the reading is larger on that side; a tie is wrong, a coin gets .5.",
    )


def _geometry_table(subjects: dict[str, Any]) -> Table:
    rows = []
    for name, subject in subjects.items():
        of = subject["geometry"]
        angles = [of["pose_deg"][k] for k in ("pitch", "yaw", "roll")] + [of["gaze_deg"]["angle"]]
        rows.append(
            (
                name,
                cell(subject["found"], digits=3),
                cell_with_interval(of["landmarks"], digits=4),
                cell(of["landmarks_95"], digits=4),
                *(cell(angle, digits=1) for angle in angles),
            )
        )
    heads = ("", "found", "landmarks", "95 % of faces", "pitch deg", "yaw deg", "roll deg", "gaze deg")
    return Table(
        "Geometry", heads, rows, "Landmarks: mean distance of visible points over that of the outer eye corners."
    )


def _honesty_table(subjects: dict[str, Any]) -> Table:
    rows = [
        (
            name,
            *(cell(of["coverage"][level]) for level in ("50%", "80%", "90%", "95%")),
            cell(of["coverage_shown"]["90%"]),
            cell(of["z_spread"]),
        )
        for name, of in ((n, s["calibration"]) for n, s in subjects.items())
    ]
    heads = ("", "in 50 %", "in 80 %", "in 90 %", "in 95 %", "in 90 %, at B or above", "z spread")
    return Table(
        "Truth inside the stated intervals", heads, rows, "Units of DISFA or BP4D, both sides. z spread: 1 is honest."
    )


def _difference_table(differences: dict[str, Any], first: str) -> Table:
    rows = [
        (f"{name}: {units}", *(cell_with_interval(of[stat], digits=3) for stat in ("icc", "r", "mae", "auc")))
        for name, sets in differences.items()
        for units, of in sets.items()
    ]
    return Table(f"Difference to {first}", ("", "ICC(3,1)", "r", "MAE", "AUC"), rows, "Over the same draws of people.")


def _unit_table(name: str, subject: dict[str, Any]) -> Table:
    rows = []
    for code, sides in subject["units"].items():
        for side, of in sides.items():
            if side in ("pooled", "L-R"):
                continue
            rows.append(
                (
                    f"AU{int(code):02d}" + ("" if side == "larger" else f" {side}"),
                    cell(of["n"]),
                    cell(of["shown"]),
                    cell_with_interval(of["icc"]),
                    cell_with_interval(of["r"]),
                    *(cell(of[stat], digits=2) for stat in ("mae", "slope", "f1_b", "f1_c", "auc")),
                    cell(sides["L-R"]["r"], digits=2) if side == "larger" and UNITS[int(code)].is_sided else "",
                )
            )
    heads = ("", "n", "shown", "ICC(3,1)", "r", "MAE", "slope", "F1 B", "F1 C", "AUC", "L-R")
    return Table(f"{name}: units", heads, rows, f"{UNIT_NOTE} {INTERVAL_NOTE}")


def _confusion_table(name: str, subject: dict[str, Any]) -> Table:
    rows = [
        (
            f"{of['missing']} where only {of['there']} is",
            cell(of["n"]),
            *(cell_with_interval(of[key]) for key in ("wrong", "swapped", "without")),
        )
        for of in subject["confusions"]
    ]
    heads = ("read", "n", "at B or above", "stronger than the right one", "at B or above where neither is")
    return Table(f"{name}: units that look alike", heads, rows)


def _divisions(subject: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the divisions that part the faces at all."""
    return {division: groups for division, groups in subject["groups"].items() if len(groups) > 1}


def _group_table(name: str, subject: dict[str, Any]) -> Table:
    rows = [
        _group_row(f"{division}: {group}", of)
        for division, groups in _divisions(subject).items()
        for group, of in groups.items()
    ]
    note = (
        "Larger side, mean over the units of DISFA or BP4D; gap: to the whole, over the same draws of people; few: "
        "fewer than five people."
    )
    return Table(f"{name}: groups", ("", "faces", "people", "r", "gap", "MAE", "gap"), rows, note)


def _group_row(group: str, of: dict[str, Any]) -> tuple[str, ...]:
    keys = ("r", "r_gap", "mae", "mae_gap")
    scores = [cell_with_interval(of[key]) for key in keys] if "r" in of else ["few"] + [""] * 3
    return (group, cell(of["n"]), cell(of["people"]), *scores)
