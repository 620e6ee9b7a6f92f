"""Tables of conversation metrics that cannot be printed without the rows that put them in their place."""

from collections.abc import Mapping

from facsimile.evaluate.dialogue import Measured

BIT_BASELINES = ("marginal", "Markov", "AR(2)", "retrained without words", "retrained without partner")
"""Rows of every table of face bits."""

MOTION_BASELINES = ("random clip", "mean face", "copy partner", "frame-shuffled")
"""Rows of every table of motion metrics: each wins one of the published ones without skill."""

TEXT_BASELINES = ("unigram", "retrained without faces", "wrong partner")
"""Rows of every table of text bits."""

TASK_BASELINES = ("face removed", "face swapped", "chance", "repeating the last face")
"""Rows of every table of task scores: what an answer is worth that does not come from the face."""

ANSWER_BASELINES = ("face removed", "face swapped", "guessing")
"""Rows of every table of bits of right answers."""

TURN_BASELINES = ("always hold", "retrained without faces")
"""Rows of every table of turn-taking."""

ORACLE = "oracle"
"""The law of the world itself: a row of every table about synthetic data, where it is known."""

KINDS: dict[str, tuple[str, ...]] = {
    "bits": BIT_BASELINES,
    "motion": MOTION_BASELINES,
    "text": TEXT_BASELINES,
    "tasks": TASK_BASELINES,
    "answers": ANSWER_BASELINES,
    "turns": TURN_BASELINES,
}

SYNTHETIC_CAPTION = "Synthetic faces: this proves the machinery and says nothing about people."

Rows = Mapping[str, Mapping[str, Measured]]


def table(rows: Rows, *, kind: str, synthetic: bool) -> str:
    """Return rows of measurements as Markdown; a ValueError names every baseline row that is missing.

    ``kind`` is one of ``KINDS``. Empty cells are metrics that a row cannot have.
    """
    if kind not in KINDS:
        raise ValueError(f"kind: {kind!r} is unknown; choose from {', '.join(KINDS)}")
    required = KINDS[kind] + ((ORACLE,) if synthetic else ())
    if missing := [name for name in required if not rows.get(name)]:
        raise ValueError(
            f"a table of {kind} needs its baseline rows; missing: {', '.join(missing)}; measure them on the same "
            "dialogues"
        )
    columns = list(dict.fromkeys(name for row in rows.values() for name in row))
    lines = ["| | " + " | ".join(columns) + " |", "|---" * (len(columns) + 1) + "|"]
    for name, row in rows.items():
        lines.append(f"| {name} | " + " | ".join(str(row[c]) if c in row else "" for c in columns) + " |")
    caption = [SYNTHETIC_CAPTION, ""] if synthetic else []
    return "\n".join([*caption, *lines])


def as_json(rows: Rows) -> dict[str, dict[str, list[float | None]]]:
    """Return the rows as plain numbers: [value, low, high], null where undefined."""
    return {
        name: {column: [None if v != v else v for v in measured] for column, measured in row.items()}
        for name, row in rows.items()
    }
