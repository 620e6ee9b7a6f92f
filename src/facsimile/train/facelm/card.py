"""The model card of a face-aware language model."""

from collections.abc import Mapping
from typing import Any

from facsimile.train.facelm.recipes import FaceLMTraining

INTENDED_USE = """\
Research on conversation with faces: it reads words and the action units of two parties, continues the words and
forecasts both faces."""

LIMITS = """\
- It is as good as its dialogues. Made with generated tracks or the two-way world it shows that the machinery works and
  says nothing about people; its replies are then word lists, not conversation.
- A face is movements, not feelings. Do not use it to judge anyone: not in hiring, policing, medicine or school.
- The forecast of the own face is a choice of expression, not a measurement; the partner's is a guess."""


def model_card(config: FaceLMTraining, *, provenance: Mapping[str, Any], metrics: Mapping[str, Any]) -> str:
    """Return the card as Markdown."""
    facts = {"recipe": config.recipe, "steps": config.steps, "seed": config.seed, **provenance}
    if config.blind:
        facts["never sees"] = ", ".join(config.blind)
    made = "\n".join(f"| {key} | {value} |" for key, value in facts.items() if value is not None)
    controls = metrics["controls"]
    names = list(next(iter(controls.values())))
    head = "| input | " + " | ".join(name.replace("_", " ") for name in names) + " |"
    lines = [f"| {control} | " + " | ".join(_number(row[n]) for n in names) + " |" for control, row in controls.items()]
    return "\n".join(
        [
            "# Face-aware language model",
            "",
            INTENDED_USE,
            "",
            "## How it was made",
            "",
            "| | |",
            "|---|---|",
            made,
            "",
            "`training.json` holds every setting.",
            "",
            "## Held-out dialogues",
            "",
            "Bits; face bits are per frame of 0.32 s, the number at the end is the horizon in ticks. Wrong faces come "
            "from another dialogue. What faces are worth shows only against a model retrained without them.",
            "",
            head,
            "|---" * (len(names) + 1) + "|",
            *lines,
            "",
            "## Limits",
            "",
            LIMITS,
            "",
        ]
    )


def _number(value: float) -> str:
    return "-" if value != value else f"{value:.3f}"
