"""From labelled readings to a calibration file."""

import platform
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import sklearn
from jaxtyping import Float

import facsimile
from facsimile.calibrate.assess import coverage_90, deviation_rule, metrics, out_of_fold
from facsimile.calibrate.fitting import Rows, fit
from facsimile.calibrate.folds import outer_parts
from facsimile.calibrate.targets import Task, tasks
from facsimile.data.labelled.findings import Findings
from facsimile.data.labelled.folds import published_parts
from facsimile.data.labelled.record import Labelled
from facsimile.detect.calibration import FORMAT, VERSION, UnitCalibration, json_of_unit
from facsimile.detect.columns import FeatureMap
from facsimile.facs.action_units import UNITS


@dataclass(frozen=True)
class CalibrateOptions:
    """What is chosen by the user."""

    source: str
    """Name of the data set's form; published test parts are used where there are any."""
    family: str = "linear"
    """linear, trees, or best."""
    features: str = "controllers"
    """What models see beside the unit's own reading, head and gaze: controllers, units or all."""
    seed: int = 0
    """For trees and intervals."""


@dataclass(frozen=True)
class Readings:
    """What the detector said of the records, NaN where it saw no face."""

    columns: tuple[str, ...]
    values: Float[np.ndarray, "N C"]
    units: tuple[int, ...]
    """The units that the weights read."""
    weights_sha256: str

    def intensity(self) -> Float[np.ndarray, "N U 2"]:
        """Return the units' own readings; both sides alike where a unit has none."""
        place = {name: i for i, name in enumerate(self.columns)}
        names = [(f"AU{u:02d}_L", f"AU{u:02d}_R") if UNITS[u].is_sided else (f"AU{u:02d}",) * 2 for u in self.units]
        return np.stack([self.values[:, [place[left], place[right]]] for left, right in names], 1)


def calibrate(
    records: Sequence[Labelled],
    readings: Readings,
    findings: Findings,
    *,
    options: CalibrateOptions,
    told: Callable[[str], None],
) -> dict[str, Any]:
    """Fit every unit that is coded well enough and return the content of a calibration file.

    ``told`` gets the name of each unit when it is done. Raises ValueError where fewer than three people, or no unit at
    all, can be fitted on.
    """
    seen = np.isfinite(readings.values).all(1)
    if not seen.any():
        raise ValueError("no labelled picture has a reading: nothing to fit on")
    kept = [record for record, is_seen in zip(records, seen, strict=True) if is_seen]
    values = readings.values[seen]
    subjects = [record.subject for record in kept]
    part = outer_parts(options.source, subjects)
    feature_map = FeatureMap(readings.columns)
    found = tasks(
        kept, values, readings.intensity()[seen], features=feature_map, feature_set=options.features,
        units=readings.units, part=part, findings=findings,
    )  # fmt: skip
    units = {}
    for task in found:
        units[str(task.unit)] = _unit(task, options)
        told(f"AU{task.unit:02d}")
    if not units:
        raise ValueError("no unit is shown and absent in enough people: nothing to fit on")
    return {
        "format": FORMAT,
        "version": VERSION,
        "weights_sha256": readings.weights_sha256,
        "source": options.source,
        "num_pictures": len(kept),
        "num_people": len(set(subjects)),
        "parts": "published" if published_parts(options.source, subjects) is not None else "by number of pictures",
        "people_by_part": [sorted({s for s, p in zip(subjects, part, strict=True) if p == k}) for k in np.unique(part)],
        "model": options.family,
        "features": options.features,
        "seed": options.seed,
        "made_with": {
            "facsimile": facsimile.__version__, "scikit-learn": sklearn.__version__, "numpy": np.__version__,
            "python": platform.python_version(),
        },
        "findings": findings.lines(),
        "columns": list(readings.columns),
        "feature_names": {"face": list(feature_map.face_names), "side": list(feature_map.side_names)},
        "units": units,
    }  # fmt: skip


def _unit(task: Task, options: CalibrateOptions) -> dict[str, Any]:
    """Fit one unit on everybody, and measure the same procedure on people left out."""
    oof = out_of_fold(task, family=options.family, seed=options.seed)
    measured = metrics(task, oof, seed=options.seed)
    answers = oof.answers["calibrated"]
    is_level = task.target == "intensity"
    fitted = fit(
        Rows(task.features, task.truth, task.person, task.weight),
        target=task.target,
        family=options.family,
        seed=options.seed,
    )
    unit = UnitCalibration(
        task.view, task.target, fitted.model, deviation_rule(task, answers) if is_level else (0.0, 0.0),
        bool(measured["gain"]["icc" if is_level else "auc"].value >= 0),
    )  # fmt: skip
    return json_of_unit(unit) | {
        "num_rows": len(task.truth),
        "num_people": len(np.unique(task.person)),
        "share_shown": {
            f"at_{k}": float((task.truth >= k - 0.5).mean()) for k in (range(1, 6) if is_level else range(1, 2))
        },
        "family": fitted.family,
        "setting": fitted.setting,
        "coverage_90": coverage_90(task, unit, answers) if is_level else None,
        "metrics": {
            name: {key: list(value) for key, value in statistics.items()} for name, statistics in measured.items()
        },
    }
