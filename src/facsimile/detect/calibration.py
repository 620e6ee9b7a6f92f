"""Apply what `facsimile calibrate` fitted: readings in, the levels that a data set's coders would give out.

A calibration is a JSON file of plain numbers that belongs to one weights file. Each of its units has a model of the
reader's numbers: a linear one, or a sum of small trees. Its answer is an intensity where the coders gave levels, or the
log-odds of presence where they only said there or not there.
"""

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import NormalDist
from typing import Any

import numpy as np
from jaxtyping import Float

from facsimile.detect.columns import FeatureMap, reading_columns, reading_values
from facsimile.detect.faces import Face
from facsimile.detect.reader import MAX_INTENSITY, SHIPPED_WEIGHTS, ReaderError
from facsimile.detect.regressors import Regressor, regressor_of_json
from facsimile.facs.action_units import UNITS
from facsimile.facs.intensity import PRESENT

FORMAT = "facsimile calibration"
VERSION = 1
MIN_SD = 0.05
"""Least deviation of a calibrated intensity: coders' levels are whole numbers."""
LOG_ODDS_LIMIT = 12.0
"""Chances beyond 1 in 160,000 are not told apart."""
VIEWS = ("face", "side")
TARGETS = ("intensity", "presence")


class CalibrationError(ValueError):
    """The calibration cannot be used; the message says why and what to do."""


@dataclass(frozen=True)
class UnitCalibration:
    """How one unit is read."""

    view: str
    """face: one level for the face, from features that a mirror does not change; side: one per side."""
    target: str
    """intensity: the model gives 0-5; presence: it gives log-odds."""
    model: Regressor
    sd: tuple[float, float] = (MIN_SD, 0.0)
    """Deviation of a calibrated intensity x: sd[0] + sd[1] x."""
    is_used: bool = True
    """False: it was no better than the reader on people it was not fitted on, so the reader's own number stays."""

    def levels(self, answers: Float[np.ndarray, " N"]) -> tuple[Float[np.ndarray, " N"], Float[np.ndarray, " N"]]:
        """Return intensities and deviations for the model's answers."""
        if self.target == "presence":
            return _levels_of_log_odds(answers)
        intensity = np.clip(answers, 0.0, MAX_INTENSITY)
        return intensity, np.maximum(self.sd[0] + self.sd[1] * intensity, MIN_SD)


@dataclass(frozen=True)
class Calibration:
    """A whole file, ready to be applied."""

    units: Mapping[int, UnitCalibration]
    features: FeatureMap
    weights_sha256: str
    about: Mapping[str, Any]
    """Where it comes from and what was measured; for people."""

    def apply(self, face: Face) -> Face:
        """Return the face with calibrated intensities; other units, and all else, stay as read."""
        values, read = reading_values(face)[None], face.intensity[None].astype(np.float64)
        intensity, sd = self.levels(values, read, units=face.units)
        is_told = np.isfinite(sd[0])
        return replace(
            face,
            intensity=np.where(is_told, intensity[0], face.intensity).astype(face.intensity.dtype),
            intensity_sd=np.where(is_told, sd[0], face.intensity_sd).astype(face.intensity_sd.dtype),
        )

    def levels(
        self, values: Float[np.ndarray, "N C"], read: Float[np.ndarray, "N U 2"], *, units: tuple[int, ...]
    ) -> tuple[Float[np.ndarray, "N U 2"], Float[np.ndarray, "N U 2"]]:
        """Return intensities and deviations of ``units`` from all ``reading_columns`` and the intensities read.

        Deviations are NaN, and intensities as read, for units that are not calibrated.
        """
        names = {name: i for i, name in enumerate(reading_columns(units))}
        chosen = values[:, [names[name] for name in self.features.columns]]
        face, sides = self.features.face(chosen), [self.features.side(chosen, k) for k in (0, 1)]
        intensity, sd = read.copy(), np.full(read.shape, np.nan)
        for i, code in enumerate(units):
            unit = self.units.get(code)
            if unit is None or not unit.is_used:
                continue
            if unit.view == "side":
                for k in (0, 1):
                    intensity[:, i, k], sd[:, i, k] = unit.levels(unit.model.predict(sides[k]))
            else:
                level, deviation = unit.levels(unit.model.predict(face))
                intensity[:, i], sd[:, i] = spread_over_sides(level, read[:, i]), deviation[:, None]
        return intensity, sd

    def check(self, units: tuple[int, ...]) -> None:
        """Raise CalibrationError unless the readings of weights with ``units`` have all columns and units asked for."""
        known = set(reading_columns(units))
        if lacking := [c for c in self.features.columns if c not in known]:
            raise CalibrationError(f"calibration: needs {lacking[0]}, which these weights do not read; calibrate again")
        if unread := [code for code in self.units if code not in units]:
            raise CalibrationError(f"calibration: has unit {unread[0]}, which these weights do not read")


def spread_over_sides(level: Float[np.ndarray, " N"], read: Float[np.ndarray, "N 2"]) -> Float[np.ndarray, "N 2"]:
    """Return left and right for the levels of whole faces: the larger side has it, the other in the proportion read.

    Half an intensity is added to both before they are compared, since below letter A a difference is noise.
    """
    return level[:, None] * (read + PRESENT) / (read.max(1, keepdims=True) + PRESENT)


def weights_hash(weights: str | Path | None = None) -> str:
    """Return the SHA-256 of a weights file (the shipped one if None) in hexadecimal digits."""
    path = SHIPPED_WEIGHTS if weights is None else Path(weights)
    try:
        return hashlib.sha256(path.read_bytes()).hexdigest()
    except OSError as error:
        raise ReaderError(f"weights {path}: {error.strerror or error}") from error


def read_calibration(path: str | Path, *, weights: str | Path | None = None) -> Calibration:
    """Load a calibration for ``weights`` (the shipped ones if None).

    Raises CalibrationError for a file that is missing, damaged, of another version, or made for other weights.
    """
    path = Path(path)
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise CalibrationError(f"calibration {path}: {error.strerror or error}") from error
    except ValueError as error:
        raise CalibrationError(f"calibration {path}: not a whole JSON file ({error}); calibrate again") from error
    calibration = calibration_of_json(content, name=str(path))
    if calibration.weights_sha256 != (found := weights_hash(weights)):
        raise CalibrationError(
            f"calibration {path}: made for weights {calibration.weights_sha256[:12]}..., these are {found[:12]}...; "
            "give those with --weights, or run `facsimile calibrate` again"
        )
    return calibration


def calibration_of_json(content: Any, *, name: str = "JSON") -> Calibration:
    """Check the content of a calibration file and return what it says."""
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise CalibrationError(f"calibration {name}: not a calibration; give a file written by `facsimile calibrate`")
    if content.get("version") != VERSION:
        raise CalibrationError(
            f"calibration {name}: version {content.get('version')}, this facsimile reads version {VERSION}"
        )
    try:
        features = FeatureMap(tuple(str(column) for column in content["columns"]))
        units = {int(code): _unit(content["units"][code], int(code), features) for code in content["units"]}
        sha256 = str(content["weights_sha256"])
    except (KeyError, TypeError, ValueError, IndexError, AttributeError) as error:
        reason = f"{error} is missing" if isinstance(error, KeyError) else str(error)
        raise CalibrationError(f"calibration {name}: damaged: {reason}; calibrate again") from error
    about = {key: value for key, value in content.items() if key not in ("columns", "units")}
    return Calibration(units, features, sha256, about)


def json_of_unit(unit: UnitCalibration) -> dict[str, Any]:
    """Return a unit as ``calibration_of_json`` takes it."""
    head = {"view": unit.view, "target": unit.target, "sd": list(unit.sd), "is_used": unit.is_used}
    return head | {"model": unit.model.as_json()}


def _unit(content: Any, code: int, features: FeatureMap) -> UnitCalibration:
    if code not in UNITS:
        raise ValueError(f"unit {code} is not a FACS code")
    view, target = content["view"], content["target"]
    if view not in VIEWS or target not in TARGETS:
        raise ValueError(f"unit {code}: view {view!r}, target {target!r}")
    num = len(features.face_names if view == "face" else features.side_names)
    low, slope = (float(value) for value in content["sd"])
    try:
        model = regressor_of_json(content["model"], num_features=num)
    except ValueError as error:
        raise ValueError(f"unit {code}: {error}") from error
    return UnitCalibration(view, target, model, (low, slope), bool(content["is_used"]))


def _levels_of_log_odds(answers: Float[np.ndarray, " N"]) -> tuple[Float[np.ndarray, " N"], Float[np.ndarray, " N"]]:
    """Return intensity and deviation whose chance to lie above ``PRESENT`` is the chance that the log-odds say.

    One standard normal deviate is one intensity. Where that would fall below 0 the intensity is 0 and the deviation
    shrinks instead: the surer the absence, the smaller it is.
    """
    odds = np.clip(answers, -LOG_ODDS_LIMIT, LOG_ODDS_LIMIT)
    normal = NormalDist()
    deviate = np.array([normal.inv_cdf(1 / (1 + math.exp(-x))) for x in odds])
    intensity = np.clip(PRESENT + deviate, 0.0, MAX_INTENSITY)
    clipped = intensity != PRESENT + deviate
    return intensity, np.where(clipped, (intensity - PRESENT) / np.where(clipped, deviate, 1.0), 1.0)
