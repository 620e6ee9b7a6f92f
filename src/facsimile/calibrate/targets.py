"""Lay out what one unit's model is fitted on: features, the coders' answers, and who is in each row."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float, Int

from facsimile.data.labelled.findings import Findings
from facsimile.data.labelled.record import Labelled
from facsimile.detect.columns import FeatureMap
from facsimile.facs.action_units import UNITS, unit_index
from facsimile.facs.intensity import PRESENT

MIN_PEOPLE = 3
"""A unit must be shown by as many people, and coded as absent in as many: each fold then has seen both."""


FEATURE_SETS = ("controllers", "units", "all")
OWN_WEIGHT = 100.0
"""The unit's own reading is penalised 10,000 times less than the others: without evidence the line goes through it."""


def feature_weights(names: Sequence[str], unit: int, feature_set: str) -> Float[np.ndarray, " F"]:
    """Return 0 for features that are not in the set, 1 for those that are, ``OWN_WEIGHT`` for the unit's own reading.

    Head, gaze and the unit's own reading are in every set; the mean of the sides and half their difference are
    together the larger side, so a line can say just what the reader says.
    """
    if feature_set not in FEATURE_SETS:
        raise ValueError(f"features {feature_set!r}: choose one of {', '.join(FEATURE_SETS)}")
    left_out = {"controllers": "AU", "units": "rig_", "all": "-"}[feature_set]
    own = {f"AU{unit:02d}"} | {f"AU{unit:02d}_L {how}" for how in ("mean", "gap", "own")}
    return np.array([OWN_WEIGHT if name in own else float(not name.startswith(left_out)) for name in names])


@dataclass(frozen=True, eq=False)
class Task:
    """One unit; M rows are faces, or faces twice where the coders told the sides apart."""

    unit: int
    view: str
    """face or side."""
    target: str
    """intensity or presence."""
    features: Float[np.ndarray, "M F"]
    truth: Float[np.ndarray, " M"]
    """0-5, or 0 and 1."""
    read: Float[np.ndarray, " M"]
    """What the reader itself says, 0-5."""
    person: Int[np.ndarray, " M"]
    part: Int[np.ndarray, " M"]
    """Test part."""
    weight: Float[np.ndarray, " F"]
    """How freely a feature may be used, see ``feature_weights``."""

    def take(self, rows: np.ndarray) -> "Task":
        """Return some of the rows; itself if they are all."""
        if rows.dtype == bool and rows.all():
            return self
        names = ("features", "truth", "read", "person", "part")
        return replace(self, **{name: getattr(self, name)[rows] for name in names})


def tasks(
    records: Sequence[Labelled],
    values: Float[np.ndarray, "N C"],
    reading: Float[np.ndarray, "N U 2"],
    *,
    features: FeatureMap,
    feature_set: str,
    units: Sequence[int],
    part: Int[np.ndarray, " N"],
    findings: Findings,
) -> Iterator[Task]:
    """Yield one task for each of ``units`` (the reader's, axis U of ``reading``) that the set codes well enough.

    Levels are taken where there are any, sides where they are told apart; units without enough people are counted.
    """
    _, person = np.unique(np.array([record.subject for record in records]), return_inverse=True)
    intensity = np.stack([record.intensity for record in records]).astype(np.float64)
    presence = np.stack([record.presence for record in records]).astype(np.float64)
    sides = np.stack([record.side_intensity for record in records]).astype(np.float64)
    face = features.face(values)
    both = np.concatenate([features.side(values, k) for k in (0, 1)]) if np.isfinite(sides).any() else face
    for i, code in enumerate(units):
        a = unit_index(code)
        if UNITS[code].is_sided and np.isfinite(sides[:, a]).any():
            read, truth = reading[:, i].T.ravel(), sides[:, a].T.ravel()
            weight = feature_weights(features.side_names, code, feature_set)
            whole = Task(code, "side", "intensity", both, truth, read, np.tile(person, 2), np.tile(part, 2), weight)
        else:
            has_levels = bool((intensity[:, a] > 0).any())
            coded_as, said = ("intensity", intensity) if has_levels else ("presence", presence)
            weight = feature_weights(features.face_names, code, feature_set)
            whole = Task(code, "face", coded_as, face, said[:, a], reading[:, i].max(1), person, part, weight)
        coded = np.isfinite(whole.truth)
        if not coded.any():
            continue
        task = whole.take(coded)
        shown = task.truth >= PRESENT
        if min(len(np.unique(task.person[shown])), len(np.unique(task.person[~shown]))) < MIN_PEOPLE:
            findings.add(f"units shown, or absent, in fewer than {MIN_PEOPLE} people: not calibrated", f"AU{code:02d}")
        else:
            yield task
