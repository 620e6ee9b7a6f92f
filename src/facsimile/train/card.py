"""The model card: what the reader was made from, how well it reads, and what it cannot know."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from facsimile.facs.action_units import UNITS
from facsimile.train.calibrate import UnitReport

INTENDED_USE = """\
Reading facial action units, landmarks, head pose and gaze from photos and video on ordinary computers, for research,
accessibility and interfaces with the consent of the people shown. Weights may be used for any purpose: nobody real was
photographed to make them."""

LIMITS = """\
- Trained on synthetic people alone. The numbers below are measured on synthetic people it never saw; on photographs
  expect less, and measure it before relying on it.
- A single picture cannot tell a person's resting face from a faint expression. Subtract a neutral picture of the same
  person where there is one.
- It says what the face does, not what the person feels. Emotion, intent, honesty, health and identity are not in it.
- Upper-face units see nothing below the nose, lower-face units nothing above its middle: a hidden half is not guessed
  from the other, and its variances grow instead.
- Units that look alike stay hard to tell apart: 6 and 7, 9 and 10, 11 and 10, 12 and 13, 23, 24 and 28, 26 and 27.
  Unit 21 is not read, because the neck is outside the crop.
- Not for decisions about people: hiring, policing, insurance, medical diagnosis, or surveillance."""

MADE = """\
`data` is a hash of the labels and of every 64th picture, `data_code` one of the code that drew them. A budget in
minutes takes as many steps as the machine manages: `--steps` with the number above in place of `--minutes` comes near
these weights on any machine. `config.json` of the run holds every setting."""


def model_card(
    *, provenance: Mapping[str, Any], summary: Mapping[str, float], alone: Sequence[UnitReport],
    beside: Sequence[UnitReport],
) -> str:  # fmt: skip
    """Return the card as Markdown; ``provenance`` as from `train.provenance.describe`."""
    facts = {key: value for key, value in provenance.items() if key != "commands"}
    made = "\n".join(f"| {key} | {'unknown' if value is None else value} |" for key, value in facts.items())
    commands = "\n".join(f"    {command}" for command in provenance["commands"])
    scores = "\n".join(f"| {key.replace('_', ' ')} | {_number(value)} |" for key, value in summary.items())
    return f"""# Reader of action units

## Intended use

{INTENDED_USE}

## How it was made

Made with facsimile {provenance["facsimile"]} by

{commands}

| | |
|---|---|
{made}

{MADE}

## How well it reads people it never saw

Synthetic people kept out of training, of the choice of weights and of calibration; crops with all the camera
faults of training for the summary, through good cameras for the table of units.

| | |
|---|---|
{scores}

"beside": read beside the same person at rest.

## Each unit, and whether its uncertainty is honest

r: Pearson; CCC: Lin's concordance; MAE beside that of always answering 0; L-R r: correlation of left minus right;
z: spread of error / stated standard deviation (1 is right); within 1, 90 %, 2: share of truths within one standard
deviation, the stated 90 % interval, two (.68, .90 and .95 are right in a Gaussian; errors are peaked with long tails).

### Faces read alone

{_table(alone)}

### Faces read beside the same person at rest

{_table(beside)}

## Limits, and what it cannot know

{LIMITS}
"""


def _table(reports: Sequence[UnitReport]) -> str:
    names = (
        "unit",
        "name",
        "values",
        "r",
        "CCC",
        "MAE",
        "MAE of 0",
        "bias",
        "L-R r",
        "z",
        "within 1",
        "90 %",
        "within 2",
    )
    head = f"| {' | '.join(names)} |\n|{'---|' * len(names)}"
    return "\n".join([head, *(_row(report) for report in reports)])


def _row(report: UnitReport) -> str:
    values = [_number(v) for v in report[2:]]
    return f"| {report.unit} | {UNITS[report.unit].name} | {report.num_values} | " + " | ".join(values) + " |"


def _number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.3f}"
